"""Records that contradict themselves carry a flag: headings, conditions of payment and sums are no items."""

from __future__ import annotations

from typing import Any

import pytest

from ringfence.contracts import FieldAnswer
from ringfence.tasks import prepare
from ringfence.tasks.extract.merge import merge
from tests.conftest import document_of, task_of

NUMBERS = {"quantity": {"kind": "number"}, "price": {"kind": "number"}, "amount": {"kind": "number"}}
TABLE = "Name   3   3.50   10.50\nSpade   2   9.00   18.00\nHeading 2024 and 2025   8\n"


def flags(written: str, **fields: Any) -> dict[str, list[str]]:
    """The flags of the values of the first record."""
    task = task_of(lines={"kind": "list", "fields": {"name": {"kind": "text"}, **NUMBERS, **fields}})
    answer = merge(task, [prepare(task, document_of(TABLE)).plan().read(f"\n- {written}\n")])
    return {path.partition(".")[2]: entry.flags for path, entry in answer.fields.items()}


def test_one_number_in_several_fields_makes_the_whole_record_doubtful() -> None:
    assert set(map(tuple, flags("Spade | 2 | 2 | 18.00").values())) == {("same-place",)}
    assert set(map(tuple, flags("Spade | 2 | 9.00 | 18.00").values())) == {()}


def test_a_null_shares_no_place() -> None:
    assert flags("Spade | null | null | 18.00")["name"] == []


def test_a_record_without_any_of_its_numbers_is_doubtful() -> None:
    assert flags("Spade | null | null | null")["name"] == ["bare-row"]


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
