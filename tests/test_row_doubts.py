"""Records that contradict themselves carry a flag: headings, conditions of payment and sums are no items."""

from __future__ import annotations

import pytest

from ringfence.contracts import FieldAnswer
from ringfence.tasks import prepare
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
