"""Tables of gold: what a person, a spreadsheet or another tool makes of them comes back whole, or is refused."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from ringfence.contracts import DocumentFacts, FieldAnswer, GoldLine, Result
from ringfence.errors import InputError
from ringfence.gold.faults import unsupported_values
from ringfence.gold.file import GoldFile
from ringfence.gold.importer import GoldImport, ImportOptions, import_gold, import_rows, read_table
from ringfence.gold.label_studio import tasks_of
from ringfence.gold.workbook import Row, draft_rows, write_workbook
from ringfence.tasks import Task
from tests.conftest import document_of, ringfence, task_of

TASK = task_of(
    total={"kind": "money"},
    seller={"kind": "record", "fields": {"name": {"kind": "text"}, "amount": {"kind": "number"}}},
    lines={"kind": "list", "fields": {"name": {"kind": "text"}, "amount": {"kind": "number"}}},
)


def done(document: str, values: dict[str, Any]) -> Result:
    return Result(document=DocumentFacts(id=document, path=document), status="done", values=values)


def imported(path: Path, task: Task = TASK, columns: dict[str, str] | None = None) -> GoldImport:
    rows, _ = read_table(path, columns or {})
    return import_rows(rows, task, "", None, None)


def values_in(path: Path, text: str, task: Task = TASK) -> dict[str, Any]:
    path.write_bytes(text.encode())
    found = imported(path, task)
    assert found.faults == []
    return {identity: entry.values for identity, entry in found.entries.items()}


def workbook(path: Path, documents: list[Any], lines: list[list[Any]], facts: dict[str, Any]) -> Path:
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("gold")
    sheet.write_row(0, 0, ["document", "confirmed", "total"])
    for number, document in enumerate(documents, start=1):
        sheet.write_row(number, 0, [document, "x", "5.00"])
    sheet = book.add_worksheet("lines")
    sheet.write_row(0, 0, ["document", "name", "amount"])
    for number, line in enumerate(lines, start=1):
        sheet.write_row(number, 0, line)
    book.add_worksheet("ringfence").write_string(0, 0, json.dumps(facts))
    book.close()
    return path


def test_rows_of_a_list_find_their_document_however_the_spreadsheet_spells_it(tmp_path: Path) -> None:
    path = workbook(tmp_path / "g.xlsx", ["a.txt", 4711], [["a.txt ", "nut", 1], [4711, "bolt", 2]], {"task": "t"})
    found = imported(path)
    assert found.entries["a.txt"].values["lines"] == [{"name": "nut", "amount": "1"}]
    assert found.entries["4711"].values["lines"] == [{"name": "bolt", "amount": "2"}]


@pytest.mark.parametrize("line", [["b.txt", "nut", 1], ["", "nut", 1], ["a.txt", "", ""]])
def test_a_row_of_a_list_that_belongs_nowhere_is_a_fault(tmp_path: Path, line: list[Any]) -> None:
    found = imported(workbook(tmp_path / "g.xlsx", ["a.txt", "c.txt"], [line], {"task": "t"}))
    (fault,) = found.faults
    assert "row 2" in fault
    assert set(found.entries) == ({"a.txt", "c.txt"} - {line[0]})


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("g.csv", "document,name\na,x\nb,x,y\nc,x\n", "row 2 has 1 more cells"),
        ("g.csv", "document,name\na,x\nb,x\nc,x\nb,y\n", "b: listed twice"),
        ("g.jsonl", '{"document": "a", "name": "x"}\nnot gold\n{"document": "c", "name": "x"}\n', "line 2 is not gold"),
    ],
)
def test_a_row_that_cannot_be_read_blocks_no_other(tmp_path: Path, name: str, text: str, fault: str) -> None:
    (tmp_path / name).write_text(text)
    found = imported(tmp_path / name, task_of(name={"kind": "text"}))
    assert list(found.entries) == ["a", "c"]
    assert len(found.faults) == 1
    assert fault in found.faults[0]


@pytest.mark.parametrize("value", ["P14D", "PT45S", "-P1D", "P1Y2M", "P0D", "PT1.5H"])
def test_a_duration_of_a_draft_is_taken_back(tmp_path: Path, value: str) -> None:
    task = task_of(term={"kind": "duration"})
    write_workbook(
        draft_rows([done("a", {"term": value})], task, False), task, {"origin": "blind"}, tmp_path / "g.xlsx"
    )
    (row,), _ = read_table(tmp_path / "g.xlsx", {})
    assert import_rows([Row(row.document, row.cells)], task, "", None, None).entries["a"].values == {"term": value}


def test_an_account_with_wrong_check_digits_that_stands_on_the_paper_is_gold(tmp_path: Path) -> None:
    task = task_of(account={"kind": "iban"})
    (tmp_path / "g.csv").write_text(
        "document,account\na,DE88 3704 0044 0532 0130 00\nb,DE89370400440532013000\nc,DE8\n"
    )
    outcome = import_gold(tmp_path / "g.csv", tmp_path / "gold.jsonl", ImportOptions(task=task))
    gold = GoldFile(tmp_path / "gold.jsonl").latest()
    assert gold["a"].values == {"account": "DE88370400440532013000"}
    assert outcome.doubts == ["a: account: DE88370400440532013000 has wrong check digits"]
    assert outcome.faults == ["c: account: 'DE8' is not a valid iban"]
    paper = document_of("IBAN: DE88 3704 0044 0532 0130 00\n", "a")
    assert unsupported_values(gold["a"], task, paper) == []
    assert unsupported_values(gold["b"], task, paper) != []


def test_amounts_with_three_decimals_are_no_thousands(tmp_path: Path) -> None:
    task = task_of(locale={"decimal": ",", "date_order": "dmy"}, total={"kind": "money"})
    result = done("a", {"total": {"amount": "1.250", "currency": "EUR"}})
    write_workbook(draft_rows([result], task, False), task, {"origin": "blind"}, tmp_path / "g.xlsx")
    (row,), _ = read_table(tmp_path / "g.xlsx", {})
    found = import_rows([Row(row.document, row.cells)], task, "", None, None)
    assert found.entries["a"].values["total"] == {"amount": "1.250", "currency": "EUR"}
    text = '{"document": "a", "values": {"total": {"amount": "1.250", "currency": "EUR"}}}\n'
    assert values_in(tmp_path / "g.jsonl", text, task) == {"a": {"total": {"amount": "1.250", "currency": "EUR"}}}


def test_lists_come_as_json_lines_and_never_as_columns(tmp_path: Path) -> None:
    flat = '{"document": "a", "lines": [{"name": "nut", "amount": "1"}], "seller": {"name": "N", "amount": "3"}}'
    assert values_in(tmp_path / "g.jsonl", flat) == {
        "a": {"lines": [{"name": "nut", "amount": "1"}], "seller": {"name": "N", "amount": "3"}}
    }
    for column in ("lines", "lines.name"):
        (tmp_path / "g.csv").write_text(f"document,{column}\na,nut\n")
        assert "list" in imported(tmp_path / "g.csv").faults[0]


def test_doubled_quotes_and_line_separators_stay(tmp_path: Path) -> None:
    task = task_of(name={"kind": "text"})
    rows = "".join(f"d{n},plain\r\n" for n in range(40))
    found = values_in(tmp_path / "g.csv", f'document,name\r\n{rows}last,"the ""big"" one, twice\nover"\r\n', task)
    assert found["last"] == {"name": 'the "big" one, twice\nover'}
    line = json.dumps({"document": "a", "values": {"name": "one\u2028two"}}, ensure_ascii=False)
    assert values_in(tmp_path / "g.jsonl", line, task) == {"a": {"name": "one\u2028two"}}


def test_a_table_in_another_encoding_says_how_to_convert_it(tmp_path: Path) -> None:
    (tmp_path / "g.csv").write_bytes("document,name\na,Müller\n".encode("cp1252"))
    with pytest.raises(InputError, match="not encoded in UTF-8") as told:
        imported(tmp_path / "g.csv")
    assert "iconv" in str(told.value.hint)


def test_fields_may_be_called_like_our_columns_and_lists_like_our_sheets(tmp_path: Path) -> None:
    long = "a_list_with_quite_a_long_name_indeed"
    leaf: dict[str, Any] = {"kind": "list", "fields": {"x": {"kind": "text"}}}
    text = {"kind": "text"}
    fields: dict[str, Any] = {"note": text, "values": text, "document": text, "gold": leaf, long: leaf}
    task = task_of(**fields)
    stated = {"note": "n", "values": "v", "document": "d", "gold": [{"x": "1"}], long: [{"x": "2"}]}
    result = done("a", stated)
    write_workbook(draft_rows([result], task, False), task, {"origin": "blind"}, tmp_path / "g.xlsx")
    (row,), _ = read_table(tmp_path / "g.xlsx", {})
    found = import_rows([Row(row.document, row.cells, row.records)], task, "", None, None)
    assert found.entries["a"].values == stated


_NAMES = {"b": "N", "=c": "=1+1", "d": "Foo;=1+1;Bar", "e": "'=1", "f": "@x", "g": "+49 30", "h": "'"}


@pytest.mark.parametrize("ending", ["jsonl", "csv"])
def test_gold_that_was_exported_comes_back_the_same(tmp_path: Path, ending: str) -> None:
    (tmp_path / "task.yaml").write_text(
        "schema: 1\nkind: extract\nname: t\nfields: {total: {kind: money}, name: {kind: text}, due: {kind: date}}\n"
    )
    gold = GoldFile(tmp_path / "gold.jsonl")
    first = GoldLine(
        document="a",
        values={"total": {"amount": "1.250", "currency": "EUR"}, "due": None},
        by="ann",
        origin="pre-filled",
    )
    others = {name: GoldLine(document=name, values={"name": text}, by="bob") for name, text in _NAMES.items()}
    gold.add({"a": first, **others})
    out = tmp_path / f"out.{ending}"
    assert ringfence("gold", "export", "--gold", gold.path, "--task", tmp_path / "task.yaml", "--out", out) == 0
    back = tmp_path / "back.jsonl"
    assert ringfence("gold", "import", out, "--gold", back, "--task", tmp_path / "task.yaml") == 0
    known = GoldFile(back).latest()
    assert {i: dict(one.values) for i, one in known.items()} == {i: dict(e.values) for i, e in gold.latest().items()}
    if ending == "jsonl":
        assert [(one.by, one.origin) for one in known.values()] == [
            ("ann", "pre-filled"),
            *[("bob", "blind")] * len(_NAMES),
        ]
    else:
        for row in csv.DictReader(out.read_text("utf-8-sig").splitlines()):
            assert not row["document"].startswith("=")
            assert not (row["name"] or "").startswith(("=", "+", "@"))


def test_label_studio_says_who_saw_what_and_no_label_is_null(tmp_path: Path) -> None:
    task = task_of(total={"kind": "money"}, terms={"kind": "record", "fields": {"paid": {"kind": "boolean"}}})
    (tmp_path / "task.yaml").write_text(
        "schema: 1\nkind: extract\nname: t\n"
        "fields: {total: {kind: money}, terms: {kind: record, fields: {paid: {kind: boolean}}}}\n"
    )
    result = done("a.txt", {"total": None, "terms": {"paid": True}})
    result.fields = {name: FieldAnswer(kind="null") for name in ("total", "terms.paid")}
    (made,) = tasks_of({"a.txt": result}, [document_of("Paid in full.")], task, False)
    made["annotations"] = [{"result": made["predictions"][0]["result"]}]
    (tmp_path / "export.json").write_text(json.dumps([made]))
    gold = tmp_path / "gold.jsonl"
    assert ringfence("gold", "import", tmp_path / "export.json", "--gold", gold, "--task", tmp_path / "task.yaml") == 0
    entry = GoldFile(gold).latest()["a.txt"]
    assert (entry.values, entry.origin) == ({"total": None, "terms": {"paid": True}}, "pre-filled")
