"""Values leave a run as tables that programs open; content leaves it for good when it is purged."""

from __future__ import annotations

import csv
import importlib
import io
import json
import os
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow.parquet
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from ringfence.audit import make_log, recorder
from ringfence.checker import check_run
from ringfence.cli import cli, main
from ringfence.contracts import GoldLine
from ringfence.documents import expand_inputs
from ringfence.engines import FakeEngine
from ringfence.errors import InputError, RunError
from ringfence.gold.corrections import corrected_run
from ringfence.gold.file import GoldFile, read_gold
from ringfence.reports import write_report
from ringfence.runs import (
    Product,
    RunFolder,
    export_csv,
    export_json,
    export_parquet,
    export_run,
    export_xlsx,
    note_product,
    products_of,
    purge,
)
from ringfence.runs.cells import csv_cell, text_of_csv, write_cell
from ringfence.runs.decisions import decide_again
from ringfence.runs.export import print_run
from tests.conftest import fake_lock, ringfence, task_of
from tests.fake_runs import run
from tests.test_verified import TASK as FREE_TASK
from tests.test_verified import TEXT, Free

TASK = task_of(
    total={"kind": "money"},
    paid={"kind": "boolean"},
    seller={"kind": "record", "fields": {"name": {"kind": "text"}}},
    lines={
        "kind": "list",
        "fields": {"item": {"kind": "text"}, "qty": {"kind": "number"}, "amount": {"kind": "money"}},
    },
)
PAPER = "=ACME\n\n=cmd()   3   7.50\nNut   10   2.50\n\nTotal   EUR 10.00\n"
GOLD = {
    "document": "a.txt", "by": "ann", "at": "2026-11-01T10:00:00Z",
    "values": {
        "total": {"amount": "10.50", "currency": "EUR"},
        "seller": {"name": "ACME"},
        "lines": [{"item": "=cmd()", "qty": "3.0", "amount": {"amount": "8.00", "currency": None}}, {"item": "Nut"}],
    },
}  # fmt: skip
SECRET = "Ottilie Geheimnis"


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    inbox = tmp_path / "in"
    inbox.mkdir()
    (inbox / "a.txt").write_text(PAPER)
    (inbox / f"{SECRET}.txt").write_text(f"{SECRET} has no lines, 99.00\n")
    (inbox / "empty.txt").write_text("")

    def script(request: Any, prompt: str) -> str:
        if SECRET in prompt:
            return f" 99.00\npaid: null\nseller.name: {SECRET}\nlines: null\n"
        return " 10.00\npaid: true\nseller.name: ACME\nlines:\n- cmd | 3 | 7.50\n- Nut | 10 | 2.50\n"

    run(TASK, expand_inputs([inbox]), FakeEngine(script), fake_lock(TASK), tmp_path / "run")
    return RunFolder.open(tmp_path / "run")


@pytest.fixture
def corrected(folder: RunFolder, tmp_path: Path) -> RunFolder:
    (tmp_path / "gold.jsonl").write_text(json.dumps(GOLD) + "\n")
    return corrected_run(folder, tmp_path / "gold.jsonl")


def test_corrections_reach_the_table_with_who_when_and_the_former_value(corrected: RunFolder) -> None:
    rows = {row["document"]: row for row in table(corrected)}
    row = rows["a.txt"]
    assert (row["total_amount"], row["total_currency"], row["paid"]) == ("10.50", "EUR", "true")
    assert (row["confirmed_by"], row["confirmed_at"]) == ("ann", "2026-11-01T10:00:00Z")
    first = "lines[0].item: was cmd; lines[0].amount: was 7.50"
    assert row["corrected"] == f"total: was 10.00 EUR; {first}"
    other = rows[f"{SECRET}.txt"]
    assert (other["total_amount"], other["confirmed_by"], other["corrected"]) == ("99.00", "", "")
    lines = table(corrected, "lines")
    assert [(row["item"], row["qty"], row["amount_amount"]) for row in lines] == [
        ("'=cmd()", "3.0", "8.00"),  # the number that was answered, so no correction
        ("Nut", "10", "2.50"),
    ]
    assert [row["corrected"] for row in lines] == [first, ""]


def test_corrections_reach_every_format(corrected: RunFolder, tmp_path: Path) -> None:
    stream = io.StringIO()
    export_json(corrected, stream)
    data = {row["document"]: row for row in json.loads(stream.getvalue())}
    assert data["a.txt"]["gold"]["former"]["total"] == "10.00 EUR"
    assert "gold" not in data["empty.txt"]
    export_parquet(corrected, tmp_path / "t.parquet")
    rows = {row["document"]: row for row in pyarrow.parquet.read_table(tmp_path / "t.parquet").to_pylist()}
    assert (rows["a.txt"]["total"]["amount"], rows["a.txt"]["confirmed_by"]) == ("10.50", "ann")
    export_xlsx(corrected, tmp_path / "t.xlsx")
    sheet = CalamineWorkbook.from_path(str(tmp_path / "t.xlsx")).get_sheet_by_name("documents").to_python()
    assert "corrected" in sheet[0]


def test_the_verb_says_how_many_values_persons_changed(
    corrected: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ringfence("export", corrected.path, "--gold", tmp_path / "gold.jsonl") == 0
    shown = capsys.readouterr()
    assert "10.50" in shown.out
    assert "1 documents were confirmed by persons; in 1 of them values changed." in shown.err


def table(folder: RunFolder, of_list: str | None = None) -> list[dict[str, str]]:
    stream = io.StringIO()
    export_csv(folder, stream, of_list)
    return list(csv.DictReader(io.StringIO(stream.getvalue())))


def test_csv_has_a_row_for_each_document_or_for_each_record_of_a_list(folder: RunFolder) -> None:
    rows = {row["document"]: row for row in table(folder)}
    assert rows["a.txt"]["total_amount"] == "10.00"
    assert rows["a.txt"]["seller.name"] == "ACME"
    assert rows["a.txt"]["lines_count"] == "2"
    assert rows["empty.txt"]["status"] == "failed"
    lines = table(folder, "lines")
    assert [(line["document"], line["row"], line["item"], line["amount_amount"]) for line in lines] == [
        ("a.txt", "1", "cmd", "7.50"),
        ("a.txt", "2", "Nut", "2.50"),
    ]
    with pytest.raises(RunError, match="no list named"):
        table(folder, "total")


def test_a_workbook_has_a_sheet_for_each_list_with_numbers_as_numbers(folder: RunFolder, tmp_path: Path) -> None:
    assert export_xlsx(folder, tmp_path / "v.xlsx") == 3
    book = CalamineWorkbook.from_path(str(tmp_path / "v.xlsx"))
    assert book.sheet_names == ["documents", "lines"]
    header, *rows = book.get_sheet_by_name("documents").to_python()
    first = dict(zip(header, next(row for row in rows if row[0] == "a.txt"), strict=True))
    assert first["total_amount"] == 10.0
    assert first["total_currency"] == "EUR"
    assert first["paid"] is True
    lines = book.get_sheet_by_name("lines").to_python()
    assert lines[1][:6] == ["a.txt", 1.0, "cmd", 3.0, 7.5, ""]


def test_parquet_and_json_keep_records_and_lists_nested(folder: RunFolder, tmp_path: Path) -> None:
    assert export_parquet(folder, tmp_path / "v.parquet") == 3
    rows = {row["document"]: row for row in pyarrow.parquet.read_table(tmp_path / "v.parquet").to_pylist()}
    assert rows["a.txt"]["seller"] == {"name": "ACME"}
    assert rows["a.txt"]["lines"][1] == {"item": "Nut", "qty": "10", "amount": {"amount": "2.50", "currency": None}}
    assert rows["empty.txt"]["lines"] is None
    stream = io.StringIO()
    export_json(folder, stream)
    values = {row["document"]: row["values"] for row in json.loads(stream.getvalue())}
    assert values["a.txt"]["lines"][0]["item"] == "cmd"


def test_the_export_verb_takes_the_format_from_the_file_and_tells_of_lists(
    folder: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("v.xlsx", "v.parquet", "v.json", "v.csv"):
        with pytest.raises(SystemExit) as ended:
            main(["export", str(folder.path), "--out", str(tmp_path / name)])
        assert ended.value.code == 0
        assert (tmp_path / name).stat().st_size > 100
    assert "--list lines" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        main(["export", str(folder.path), "--format", "xlsx"])
    assert ended.value.code == 2


def tree(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != ".lock"}


@pytest.mark.parametrize("name", ["run/results.jsonl", "run/run.json", "in/a.txt", "gold.jsonl", "run", "in/a.txt/x"])
@pytest.mark.parametrize("verb", ["export", "draft", "evaluate", "calibrate", "gold export", "assess", "documents"])
def test_no_verb_writes_over_a_run_over_gold_or_over_an_input(
    folder: RunFolder, tmp_path: Path, verb: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    gold = tmp_path / "gold.jsonl"
    gold.write_text('{"schema":1,"document":"a.txt","values":{"paid":true},"by":"ann"}\n')
    before, out = tree(tmp_path), tmp_path / name
    words: dict[str, list[Any]] = {
        "export": ["export", folder.path, "--format", "json"],
        "draft": ["gold", "draft", folder.path],
        "evaluate": ["evaluate", folder.path, "--gold", gold],
        "calibrate": ["calibrate", folder.path, "--gold", gold],
        "gold export": ["gold", "export", "--gold", gold, "--run", folder.path],
        "assess": ["assess", "--pilot", tmp_path],
        "documents": ["documents", "read", tmp_path / "in"],
    }
    option = "--html" if verb == "documents" else "--out"
    if verb in ("assess", "documents") and name == "in/a.txt" and verb == "assess":
        pytest.skip("assess reads no documents")
    assert ringfence(*words[verb], option, out) == 2
    assert tree(tmp_path) == before
    assert "Internal error" not in capsys.readouterr().err


def test_every_written_file_is_private_and_makes_its_folder(folder: RunFolder, tmp_path: Path) -> None:
    made = [tmp_path / "new" / "deep" / name for name in ("v.csv", "v.json", "v.xlsx", "v.parquet")]
    for out in made:
        assert ringfence("export", folder.path, "--out", out) == 0
    for name in ("g.xlsx", "g.html", "g.json"):
        made.append(tmp_path / "drafts" / name)
        assert ringfence("gold", "draft", folder.path, "--out", made[-1]) == 0
    made.append(tmp_path / "pages" / "p.html")
    assert ringfence("documents", "read", tmp_path / "in" / "a.txt", "--html", made[-1]) == 0
    made.append(tmp_path / "run" / "report.html")
    assert ringfence("report", folder.path) == 0
    for path in made:
        assert path.stat().st_mode & 0o777 == 0o600, path
    assert ringfence("export", folder.path, "--out", made[0]) == 0  # an earlier export may be replaced


def test_a_device_is_not_replaced_and_a_link_is_followed(folder: RunFolder, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for out in (tmp_path / "pipe", Path("/dev/null")):
        assert ringfence("export", folder.path, "--out", out) == 2
        assert not out.is_file()
    (tmp_path / "target.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to("target.csv")
    assert ringfence("export", folder.path, "--out", tmp_path / "link.csv") == 0
    assert (tmp_path / "link.csv").is_symlink()
    assert "a.txt" in (tmp_path / "target.csv").read_text("utf-8-sig")


def test_an_export_that_fails_leaves_the_earlier_one(
    folder: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export_run(folder, tmp_path / "v.csv")
    before = tree(tmp_path)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ringfence.runs.export.csv_cell", full)
    with pytest.raises(OSError, match="No space"):
        export_run(folder, tmp_path / "v.csv")
    assert tree(tmp_path) == before


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"), ("-1+1", "'-1+1"), ("@SUM(A1)", "'@SUM(A1)"), ("-12.50", "-12.50"), ("-", "'-"),
        ("Foo;=1+1;Bar", "Foo;'=1+1;Bar"), ("a\n=1", "a\n'=1"), ("a; -3; b", "a; -3; b"), ("a b=c", "a b=c"),
        ("'=1", "''=1"), ("it's", "it's"),
    ],
)  # fmt: skip
def test_no_text_becomes_a_formula_whatever_separates_the_cells(text: str, cell: str) -> None:
    assert csv_cell(text) == cell
    assert text_of_csv(cell) == text


@given(st.text(alphabet="=+-@;\t\n' a1.＝", max_size=12))
def test_a_cell_is_read_back_as_the_text_that_it_was(text: str) -> None:
    cell = csv_cell(text)
    assert text_of_csv(cell) == text
    for part in re.split(r"[;\t\r\n]", cell):
        bare = part.strip()
        assert not bare.startswith(("=", "+", "@", "-", "＝")) or re.fullmatch(r"-\d*\.?\d+", bare)


def test_an_export_tells_what_was_left_out_and_what_was_not_read(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text(TEXT)
    rows = [{"item": "nails", "amount": "5.00"}, {"item": "gold bars", "amount": "900.00"}]
    written = json.dumps({"who": "Nordwind GmbH", "total": "EUR 12.50", "unit": "kg", "rows": rows})
    run(FREE_TASK, expand_inputs([tmp_path / "b.txt"]), Free(lambda *_: written), None, tmp_path / "free")
    free = RunFolder.open(tmp_path / "free")
    assert table(free)[0]["flags"].endswith("left out: rows[1]")
    stream = io.StringIO()
    export_json(free, stream)
    assert json.loads(stream.getvalue())[0]["left_out"] == ["rows[1]"]
    assert "Left out: rows[1]" in write_report(free.path).read_text()

    (tmp_path / "u.csv").write_text("a,b\n1,2\n3,4,5\nTotal,EUR 7.00\n")
    task = task_of(total={"kind": "money"})
    run(task, expand_inputs([tmp_path / "u.csv"]), FakeEngine(lambda *_: " 7.00\n"), fake_lock(task), tmp_path / "un")
    uneven = RunFolder.open(tmp_path / "un")
    assert table(uneven)[0]["flags"] == "not read: uneven-rows"
    stream = io.StringIO()
    export_json(uneven, stream)
    assert json.loads(stream.getvalue())[0]["unread"][0]["code"] == "uneven-rows"


def test_a_small_number_is_written_out_and_a_long_text_says_that_it_is_cut() -> None:
    assert csv_cell(Decimal("0.0000001")) == "0.0000001"
    written: list[str] = []
    sheet = SimpleNamespace(write_string=lambda row, column, text: written.append(text))
    write_cell(sheet, 0, 0, "x" * 40_000, None)
    assert len(written[0]) == 32_767
    assert written[0].endswith("[cut: a cell holds no more]")


def test_a_day_is_a_date_in_a_workbook(tmp_path: Path) -> None:
    task = task_of(due={"kind": "date"}, stay={"kind": "period"})
    (tmp_path / "a.txt").write_text("Due 2024-03-11, from 2024-05-01 to 2024-05-03\n")
    engine = FakeEngine(lambda request, prompt: " 2024-03-11\nstay: 2024-05-01 to 2024-05-03\n")
    run(task, expand_inputs([tmp_path / "a.txt"]), engine, fake_lock(task), tmp_path / "run")
    export_xlsx(RunFolder.open(tmp_path / "run"), tmp_path / "v.xlsx")
    header, row = CalamineWorkbook.from_path(str(tmp_path / "v.xlsx")).get_sheet_by_name("documents").to_python()
    found = dict(zip(header, row, strict=True))
    assert found["due"] == date(2024, 3, 11)
    assert found["stay_to"] == date(2024, 5, 3)


def test_purging_removes_every_word_of_the_documents_and_keeps_digests_and_totals(
    folder: RunFolder, tmp_path: Path
) -> None:
    (folder.path / "report.html").write_text(SECRET)
    (folder.path / "windows.jsonl").write_text(SECRET)
    before = {r.document.sha256: r.status for r in folder.latest()}
    totals = purge(folder)
    assert totals == {"done": 2, "failed": 1}
    left = b"".join(path.read_bytes() for path in folder.path.iterdir() if path.is_file())
    for word in (SECRET.encode(), b"Ottilie", b"ACME", b"99.00", b"a.txt", str(tmp_path).encode()):
        assert word not in left
    after = [json.loads(line) for line in (folder.path / "results.jsonl").read_text().splitlines()]
    assert {r["document"]["sha256"]: r["status"] for r in after} == before
    assert all(r["purged"].startswith("sha256:") for r in after)
    assert json.loads((folder.path / "run.json").read_text())["totals"] == {"done": 2, "failed": 1}
    with pytest.raises(RunError, match="purged"):
        RunFolder.open(folder.path)


def made_from(folder: RunFolder, tmp_path: Path) -> dict[str, Path]:
    """Everything that can be made from a run, by what it is; also gold of another document."""
    gold = tmp_path / "gold.jsonl"
    gold.write_text('{"schema":1,"document":"other.txt","values":{"paid":true},"by":"ann"}\n')
    GoldFile(gold).add({"a.txt": GoldLine(document="a.txt", values={"paid": True}, by="ann")})
    assert ringfence("export", folder.path, "--out", tmp_path / "v.csv") == 0
    assert ringfence("gold", "draft", folder.path, "--out", tmp_path / "d.xlsx") == 0
    assert ringfence("evaluate", folder.path, "--gold", gold, "--out", tmp_path / "e.html") == 0
    assert ringfence("calibrate", folder.path, "--gold", gold, "--out", tmp_path / "c.json") in (0, 1, 2)
    note_product(folder, "calibrator", tmp_path / "c.json")
    (tmp_path / "c.json").write_text("{}")
    assert ringfence("gold", "export", "--gold", gold, "--run", folder.path, "--out", tmp_path / "g.csv") == 0
    return {
        "export": tmp_path / "v.csv", "draft": tmp_path / "d.xlsx", "report of an evaluation": tmp_path / "e.html",
        "gold": gold, "calibrator": tmp_path / "c.json", "gold export": tmp_path / "g.csv",
    }  # fmt: skip


def test_a_purge_names_everything_that_was_made_from_the_run_and_leaves_it_unless_asked(
    folder: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = made_from(folder, tmp_path)
    capsys.readouterr()
    assert ringfence("purge", folder.path, "--yes") == 0
    said = "".join(capsys.readouterr().err.split("\n"))
    for what, path in made.items():
        assert f"  {what}: {path}" in said
        assert path.exists()
    assert "were not erased" in said
    assert not (folder.path / "made.jsonl").exists()


def test_a_purge_of_everything_erases_it_and_of_gold_only_the_lines_of_its_documents(
    folder: RunFolder, tmp_path: Path
) -> None:
    made = made_from(folder, tmp_path)
    assert ringfence("purge", folder.path, "--yes", "--everything") == 0
    for what, path in made.items():
        assert path.exists() == (what == "gold")
    assert read_gold(made["gold"]) == {"other.txt": {"paid": True}}
    with pytest.raises(RunError, match="purged"):
        RunFolder.open(folder.path)


@pytest.mark.parametrize(("answers", "gone"), [("y\ny\n", True), ("y\nn\n", False)])
def test_a_purge_offers_to_erase_the_others(folder: RunFolder, tmp_path: Path, answers: str, gone: bool) -> None:
    export_run(folder, tmp_path / "v.csv")
    assert CliRunner().invoke(cli, ["purge", str(folder.path)], input=answers).exit_code == 0
    assert (tmp_path / "v.csv").exists() != gone
    with pytest.raises(RunError, match="purged"):
        RunFolder.open(folder.path)


def test_gold_that_came_from_a_draft_is_known_to_its_run(folder: RunFolder, tmp_path: Path) -> None:
    form = {
        "facts": {"asked": TASK.canonical(), "run": str(folder.path)},
        "rows": [{"document": "a.txt", "confirmed": "x", "paid": "yes"}],
    }
    (tmp_path / "saved.json").write_text(json.dumps(form))
    assert ringfence("gold", "import", tmp_path / "saved.json", "--gold", tmp_path / "new.jsonl") == 0
    assert Product("gold", tmp_path / "new.jsonl") in products_of(folder)


def test_a_decided_run_and_values_in_the_audit_log_are_named(
    folder: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RINGFENCE_AUDIT", str(tmp_path / "audit"))
    log = make_log(content=True)
    record = recorder(log, "run")
    for result in folder.latest():
        record(result)
    decided = decide_again(folder, tmp_path / "decided", "sha256:0", lambda result: None)
    assert ringfence("purge", folder.path, "--yes", "--everything") == 0
    assert "values of 3 of these documents" in "".join(capsys.readouterr().err.split("\n"))
    with pytest.raises(RunError, match="purged"):
        RunFolder.open(decided.path)


def test_what_a_kill_left_behind_is_removed_at_the_next_start(folder: RunFolder, tmp_path: Path) -> None:
    for name in (".report.html", ".run.json.abc", ".results.jsonl.purged"):
        (folder.path / name).write_text(SECRET)
    engine = FakeEngine(lambda request, prompt: " null\npaid: null\nseller.name: null\nlines: null\n")
    run(TASK, expand_inputs([tmp_path / "in"]), engine, fake_lock(TASK), folder.path, resume=True)
    assert not [path for path in folder.path.iterdir() if path.name.startswith((".report", ".run.json", ".results"))]


def test_a_purge_that_is_cut_off_can_be_given_again(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(importlib.import_module("ringfence.runs.erasure"), "overwrite", killed)
        with pytest.raises(KeyboardInterrupt):
            purge(folder)
    assert purge(RunFolder.open(folder.path)) == {"done": 2, "failed": 1}
    assert SECRET not in (folder.path / "results.jsonl").read_text()
    with pytest.raises(RunError, match="purged"):
        check_run(folder.path)


def test_fields_may_have_the_names_of_columns_and_sheets(tmp_path: Path) -> None:
    task = task_of(
        status={"kind": "choice", "options": ["paid", "open"]},
        documents={"kind": "list", "fields": {"row": {"kind": "number"}}},
    )
    (tmp_path / "a.txt").write_text("1\n")
    engine = FakeEngine(lambda request, prompt: " paid\ndocuments:\n- 1\n")
    run(task, expand_inputs([tmp_path / "a.txt"]), engine, fake_lock(task), tmp_path / "run")
    folder = RunFolder.open(tmp_path / "run")
    (row,) = table(folder)
    assert (row["status"], row["status_2"]) == ("done", "paid")
    export_xlsx(folder, tmp_path / "v.xlsx")
    assert CalamineWorkbook.from_path(str(tmp_path / "v.xlsx")).sheet_names == ["documents", "documents_2"]
    export_parquet(folder, tmp_path / "v.parquet")
    (row,) = pyarrow.parquet.read_table(tmp_path / "v.parquet").to_pylist()
    assert (row["status"], row["status_2"]) == ("done", "paid")


def test_a_run_is_exported_by_the_ending_of_the_file_or_by_a_named_format(folder: RunFolder, tmp_path: Path) -> None:
    assert export_run(folder, tmp_path / "v.csv") == 3
    assert (tmp_path / "v.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert export_run(folder, tmp_path / "lines.csv", of_list="lines") == 2
    assert export_run(folder, tmp_path / "v.txt", "json") == 3
    assert len(json.loads((tmp_path / "v.txt").read_text())) == 3
    with pytest.raises(InputError, match="only with CSV"):
        export_run(folder, tmp_path / "v.json", of_list="lines")
    with pytest.raises(InputError, match="Unknown format"):
        export_run(folder, tmp_path / "v.csv", "ods")
    with pytest.raises(InputError, match="Cannot print xlsx"):
        print_run(folder, io.StringIO(), "xlsx")
    stream = io.StringIO()
    assert print_run(folder, stream) == 3
    assert stream.getvalue().startswith("document,status")
