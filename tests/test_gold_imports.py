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
from ringfence.gold.workbook import Row, write_workbook
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


def test_rows_stay_in_their_places_unless_a_text_says_that_they_moved() -> None:
    kinds = {"lines": "list", "lines.name": "text", "lines.rate": "number"}
    answered = [{"name": "Desk", "rate": "19"}, {"name": "Book", "rate": "7"}]

    def merged(*stated: dict[str, str]) -> list[dict[str, str]]:
        line = GoldLine(document="a", values={"lines": list(stated)})
        return list(_correction({"lines": answered}, line, kinds).values["lines"])

    assert merged({"rate": "7"}, {"rate": "19"}) == [{"name": "Desk", "rate": "7"}, {"name": "Book", "rate": "19"}]
    assert merged({"rate": "7.00"}) == [{"name": "Book", "rate": "7.00"}]
    assert merged({"name": "Book"}, {"name": "Desk"}) == [answered[1], answered[0]]


def test_a_column_that_is_left_out_may_stand_twice_and_a_prefix_hides_no_double(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("document,total,remark,remark\na,5,x,y\n")
    assert read_table(tmp_path / "a.csv", {"remark": "-"})[0][0].cells == {"total": "5"}
    (tmp_path / "b.csv").write_text("document,total,field:total\na,4,5\n")
    with pytest.raises(InputError, match="same field"):
        read_table(tmp_path / "b.csv", {})
    task = task_of(total={"kind": "number"})
    line = '{"document": "a", "values": {"total": "4", "total": "5"}}\n'
    assert "is not gold" in str(imported(tmp_path, "c.jsonl", line, task)[0])


def test_the_draft_of_a_list_with_a_field_called_document_comes_back(tmp_path: Path) -> None:
    task = task_of(lines={"kind": "list", "fields": {"document": {"kind": "text"}, "amount": {"kind": "number"}}})
    record = {"document": "invoice 7", "amount": "5"}
    rows = [Row("a", {}, {"lines": [record]}, confirmed=True)]
    write_workbook(rows, task, {"asked": task.canonical()}, tmp_path / "a.xlsx")
    read, _ = read_table(tmp_path / "a.xlsx", {})
    assert read[0].records["lines"] == [record]


@pytest.mark.parametrize("said", ["✓", "ok", "J", "sí", "TRUE", "1"])
def test_consent_is_understood_in_a_confirmed_cell(tmp_path: Path, said: str) -> None:
    (tmp_path / "a.csv").write_text(f"document,total,confirmed\na,5,{said}\n")
    assert read_table(tmp_path / "a.csv", {})[0][0].confirmed
