"""What contradicts itself carries a flag: headings and sums as items, one number as two values."""

from __future__ import annotations

from typing import Any

import pytest

from ringfence.contracts import FieldAnswer
from ringfence.tasks import prepare
from ringfence.tasks.extract.contradictions import flag_same_place
from ringfence.tasks.extract.merge import merge
from tests.conftest import document_of, task_of

NUMBERS = {"quantity": {"kind": "number"}, "price": {"kind": "number"}, "amount": {"kind": "number"}}
TABLE = "Name   3   3.50   10.50\nSpade   2   9.00   18.00\nHeading 2024 and 2025   8\n"


def flags(written: str, text: str = TABLE, row: int = 0) -> dict[str, list[str]]:
    """The flags of the values of a record."""
    task = task_of(lines={"kind": "list", "fields": {"name": {"kind": "text"}, **NUMBERS}})
    answer = merge(task, [prepare(task, document_of(text)).plan().read(f"\n- {written}\n")])
    record = f"lines[{row}]."
    return {path.removeprefix(record): entry.flags for path, entry in answer.fields.items() if path.startswith(record)}


def test_one_number_in_several_fields_makes_the_whole_record_doubtful() -> None:
    assert set(map(tuple, flags("Spade | 2 | 2 | 18.00").values())) == {("same-place",)}
    assert set(map(tuple, flags("Spade | 2 | 9.00 | 18.00").values())) == {()}


def test_a_null_shares_no_place() -> None:
    assert flags("Spade | null | null | 18.00")["name"] == []


def test_a_record_without_any_of_the_numbers_of_the_others_is_doubtful() -> None:
    assert flags("Name | 3 | 3.50 | 10.50\n- Spade | null | null | null", row=1)["name"] == ["bare-row"]
    assert flags("Spade | null | null | null")["name"] == []


def test_one_amount_may_be_the_price_and_the_sum_of_one_thing_and_a_number_printed_twice_is_two() -> None:
    once = "Hose   1   25.00\nSpade   2   9.00   18.00\n"
    assert flags("Hose | 1 | 25.00 | 25.00", once)["price"] == []
    assert flags("Hose | 2 | 25.00 | 25.00", once.replace("1 ", "2 "))["price"] == ["same-place"]
    assert flags("Hose | 2 | 25.00 | 25.00", once.replace("1 ", "2 ").replace("25.00", "25.00   25.00"))["price"] == []


def single(written: str, text: str, **fields: Any) -> dict[str, list[str]]:
    """The flags of single fields."""
    task = task_of(**fields)
    prepared = prepare(task, document_of(text))
    answer = merge(task, [prepared.plan().read(f" {written}\n")])
    flag_same_place(prepared, answer.values, answer.fields)
    return {path: [flag for flag in entry.flags if flag == "same-place"] for path, entry in answer.fields.items()}


MONEY, DATE, CODE = {"kind": "money"}, {"kind": "date"}, {"kind": "code", "pattern": r"[A-Z]{2}-\d{4}"}


@pytest.mark.parametrize(
    ("fields", "value"),
    [
        ({"net": MONEY, "total": MONEY}, "91.30"),
        ({"date": DATE, "due_date": DATE}, "2024-05-03"),
        ({"order": CODE, "invoice": CODE}, "RE-2024"),
    ],
)
def test_a_value_that_is_printed_once_is_not_that_of_two_fields(fields: dict[str, Any], value: str) -> None:
    first, second = fields
    written = f"{value}\n{second}: {value}"
    assert single(written, f"Total {value} EUR\n", **fields) == {first: ["same-place"], second: ["same-place"]}
    assert single(written, f"Net {value} EUR\nTotal {value} EUR\n", **fields) == {first: [], second: []}


def test_one_day_may_be_the_first_and_the_last_and_one_name_both_parties() -> None:
    days = {"flight_from": DATE, "flight_to": DATE}
    assert single("2024-05-03\nflight_to: 2024-05-03", "Flight 2024-05-03\n", **days) == {name: [] for name in days}
    names = {"seller": {"kind": "text"}, "buyer": {"kind": "text"}}
    assert single("Acme\nbuyer: Acme", "Acme\n", **names) == {name: [] for name in names}


@pytest.mark.parametrize(
    ("text", "fields", "values"),
    [
        ("Date 3 May 2024\nDue 03/05/2024\n", {"date": DATE, "due_date": DATE}, ("2024-05-03", "2024-05-03")),
        ("Net 1,234.00\nTotal 1234.00\n", {"net": MONEY, "total": MONEY}, ("1234.00", "1234.00")),
        ("Invoice / order no RE-2024\n", {"order": CODE, "invoice": CODE}, ("RE-2024", "RE-2024")),
        ("Stay 2024-05-03\n", {"check_in": DATE, "check_out": DATE}, ("2024-05-03", "2024-05-03")),
        ("Hire 2024-05-03\n", {"pickup_date": DATE, "return_date": DATE}, ("2024-05-03", "2024-05-03")),
    ],
)
def test_what_is_printed_twice_or_named_as_both_may_be_two_values(
    text: str, fields: dict[str, Any], values: tuple[str, str]
) -> None:
    first, second = fields
    assert single(f"{values[0]}\n{second}: {values[1]}", text, **fields) == {first: [], second: []}


def test_a_day_of_a_period_is_not_also_another_date() -> None:
    fields = {"date": DATE, "start_date": DATE, "end_date": DATE}
    found = single("2024-05-03\nstart_date: 2024-05-03\nend_date: 2024-05-09", "2024-05-03 to 2024-05-09\n", **fields)
    assert found == {"date": ["same-place"], "start_date": ["same-place"], "end_date": []}


@pytest.mark.parametrize(
    ("written", "found"), [("Name | 3 | 3.50 | 10.50", ["is-its-label"]), ("Spade | 2 | 9.00 | 18.00", [])]
)
def test_the_name_of_a_field_is_no_value_of_it(written: str, found: list[str]) -> None:
    assert flags(written)["name"] == found


def test_a_name_that_is_a_code_says_so() -> None:
    task = task_of(lines={"kind": "list", "fields": {"name": {"kind": "text"}, "amount": {"kind": "number"}}})
    document = document_of("TB100A4   9.00\n")
    entry: FieldAnswer = (
        prepare(task, document).plan().read("\n- TB100A4 | 9.00\n").lists["lines"][0].values["name"].answer
    )
    assert entry.flags == ["no-words"]
