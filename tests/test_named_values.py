"""A code or a date is flagged where the page gives the name of its field to another one."""

from __future__ import annotations

from typing import Any

import pytest

from ringfence.tasks import prepare
from ringfence.tasks.extract.merge import merge
from ringfence.tasks.extract.named_values import flag_named_elsewhere
from tests.conftest import document_of, task_of

CODE = {"kind": "code", "pattern": r"\d{5,6}"}
DATE = {"kind": "date"}


def flags(text: str, written: str, **fields: Any) -> list[str]:
    """The flags of the only value, after the model wrote ``written``."""
    ((name, spec),) = fields.items()
    task = task_of(**{name: spec})
    prepared = prepare(task, document_of(text))
    answer = merge(task, [prepared.plan().read(f" {written}\n")])
    flag_named_elsewhere(prepared, answer.fields)
    return answer.fields[name].flags


LABELS = "Invoice # 17402   Order # 297735\nDue date: 2024-05-03\nInvoice date: 2024-04-03\n"


@pytest.mark.parametrize(
    ("name", "spec", "written", "found"),
    [
        ("order_number", CODE, "17402", ["named-elsewhere"]),
        ("order_number", CODE, "297735", []),
        ("due_date", DATE, "2024-04-03", ["named-elsewhere"]),
        ("due_date", DATE, "2024-05-03", []),
        ("date", DATE, "2024-04-03", []),  # a word that every date has
        ("paid_on", DATE, "2024-04-03", []),  # a word that no date has
    ],
)
def test_a_value_beside_other_words_than_those_of_its_field(
    name: str, spec: dict[str, Any], written: str, found: list[str]
) -> None:
    assert flags(LABELS, written, **{name: spec}) == found


def test_a_label_may_stand_above_its_value_and_is_that_of_a_whole_range() -> None:
    table = "Flight Dates              Printed\n2024-05-01 - 2024-05-07   2024-04-03\n"
    assert flags(table, "2024-05-07", flight_to=DATE) == []
    assert flags(table, "2024-04-03", flight_to=DATE) == ["named-elsewhere"]


def test_a_value_that_is_named_once_is_named_wherever_it_stands() -> None:
    assert flags("2024-05-03\nDue 2024-05-03, sent 2024-04-03\n", "2024-05-03", due_date=DATE) == []


def test_a_null_and_an_amount_are_left_alone() -> None:
    assert flags(LABELS, "null", due_date=DATE) == []
    assert flags("Net 5.00\nTotal 6.00\n", "5.00", total={"kind": "money"}) == []
