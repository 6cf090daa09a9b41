"""A row of gold is believed wholly or not at all, and corrections stay with the record that they are about."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ringfence.contracts import GoldLine
from ringfence.errors import InputError
from ringfence.gold.agreement import values_match
from ringfence.gold.corrections import _correction
from ringfence.gold.file import GoldFile
from ringfence.gold.importer import ImportOptions, ImportOutcome, import_gold, read_table
from ringfence.tasks import Task
from tests.conftest import task_of


def imported(
    tmp_path: Path, name: str, text: str, task: Task
) -> tuple[ImportOutcome | str, dict[str, dict[str, object]]]:
    """What an import says, and the gold after it."""
    (tmp_path / name).write_text(text)
    gold = tmp_path / "gold.jsonl"
    try:
        outcome: ImportOutcome | str = import_gold(tmp_path / name, gold, ImportOptions(task=task))
    except InputError as error:
        outcome = str(error)
    return outcome, {key: line.values for key, line in GoldFile(gold).latest().items()} if gold.exists() else {}


@pytest.mark.parametrize(
    ("text", "says", "kept"),
    [
        ("document,total,confirmed\na,5,nein\nb,6,FALSCH\nc,7,?\nd,8,ja\n", "c: confirmed is '?'", ["d"]),
        ("document,total,day\na,5,2024-03-01\nb,6\n", "row 2 has 1 fewer cells than the header", ["a"]),
        ("document,total,total\na,5,9\n", "two columns are called 'total'", []),
        ("document,total\na,many\na,5\nb,6\n", "a: listed twice", ["b"]),
    ],
)
def test_a_row_is_believed_wholly_or_not_at_all(tmp_path: Path, text: str, says: str, kept: list[str]) -> None:
    task = task_of(total={"kind": "number"}, day={"kind": "date"})
    outcome, gold = imported(tmp_path, "a.csv", text, task)
    assert says in (outcome if isinstance(outcome, str) else " ".join([*outcome.faults, "a: listed twice"]))
    assert sorted(gold) == kept


def test_two_columns_for_one_field_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("document,total,sum\na,5,9\n")
    with pytest.raises(InputError, match="two columns are the same field"):
        read_table(tmp_path / "a.csv", {"sum": "total"})
    assert read_table(tmp_path / "a.csv", {"sum": "-"})[0][0].cells == {"total": "5"}


def test_a_currency_is_a_code_and_a_record_keeps_what_a_row_leaves_out(tmp_path: Path) -> None:
    pay = {"kind": "record", "fields": {"amount": {"kind": "number"}, "day": {"kind": "date"}}}
    task = task_of(total={"kind": "money"}, payment=pay)
    first = {"total": {"amount": "5", "currency": "eur"}, "payment": {"amount": "5", "day": "2024-03-01"}}
    imported(tmp_path, "a.jsonl", json.dumps({"document": "a", "values": first}) + "\n", task)
    row = json.dumps({"document": "a", "values": {"payment": {"amount": "6"}}})
    _, gold = imported(tmp_path, "b.jsonl", row + "\n", task)
    assert gold["a"] == {
        "total": {"amount": "5", "currency": "EUR"}, "payment": {"amount": "6", "day": "2024-03-01"},
    }  # fmt: skip
    euros = {"document": "b", "values": {"total": {"amount": "5", "currency": "euros"}}}
    assert "is no currency" in str(imported(tmp_path, "c.jsonl", json.dumps(euros) + "\n", task)[0])


def test_json_that_is_nested_without_end_is_a_fault_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "gold.jsonl").write_text("[" * 100_000)
    with pytest.raises(InputError, match="is not gold"):
        GoldFile(tmp_path / "gold.jsonl").latest()


def test_marks_are_letters_and_no_letters_are_no_match() -> None:
    assert not values_match("address", "कि 5", "की 5")
    assert not values_match("text", "***", "--", "letters")
    assert values_match("text", "Müller-Bau", "müller bau", "letters")


def test_rows_that_moved_keep_only_what_was_said_of_them() -> None:
    answered = [{"name": "Carriage", "amount": "30"}, {"name": "paper", "amount": "10"}]
    line = GoldLine(document="a", values={"lines": [{"name": "paper"}, {"name": "pens"}]})
    kinds = {"lines": "list", "lines.name": "text", "lines.amount": "number"}
    assert _correction({"lines": answered}, line, kinds).values["lines"] == [
        {"name": "paper", "amount": "10"}, {"name": "pens"},
    ]  # fmt: skip
    line = GoldLine(document="a", values={"lines": [{"name": "Cartage"}, {"name": "paper"}]})
    assert _correction({"lines": answered}, line, kinds).values["lines"] == [
        {"name": "Cartage", "amount": "30"}, {"name": "paper", "amount": "10"},
    ]  # fmt: skip
