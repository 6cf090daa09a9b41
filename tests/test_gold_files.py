"""Gold files from draft to split: each operation is one call of the library and one verb."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import xlsxwriter

from ringfence.cli import main
from ringfence.contracts import GoldLine
from ringfence.documents import expand_inputs
from ringfence.errors import InputError
from ringfence.gold.check import check_gold
from ringfence.gold.draft import DraftOptions, draft_gold
from ringfence.gold.export import export_gold
from ringfence.gold.file import GoldFile
from ringfence.gold.importer import import_gold, import_rows, read_table
from ringfence.gold.source import GoldSource
from ringfence.gold.split import SplitFile
from ringfence.gold.splitter import SplitOptions, split_gold
from ringfence.gold.workbook import draft_rows
from ringfence.runs import RunFolder
from tests.conftest import answering, ringfence, task_of
from tests.fake_runs import run_fake


def a_run(folder: Path) -> RunFolder:
    task = task_of(supplier={"kind": "text"}, total={"kind": "money"})
    for name in "ab":
        (folder / f"{name}.txt").write_text(f"Supplier Nordwind {name}\nTotal EUR 1,250.00\n")
    engine = answering(supplier="Nordwind", total="1,250.00")
    sources = expand_inputs([folder / "a.txt", folder / "b.txt"])
    run_fake(task, sources, engine, folder / "run")
    return RunFolder.open(folder / "run")


@pytest.mark.parametrize("ending", ["xlsx", "html", "json"])
def test_a_draft_shows_the_answers(tmp_path: Path, ending: str) -> None:
    a_run(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["gold", "draft", str(tmp_path / "run"), "--out", str(tmp_path / f"gold.{ending}")])
    assert ended.value.code == 0
    if ending == "xlsx":
        rows, facts = read_table(tmp_path / "gold.xlsx", {})
        assert facts["origin"] == "pre-filled"
        assert [(row.document, row.confirmed, row.cells["total"]) for row in rows] == [
            ("a.txt", False, "1250.00 EUR"),
            ("b.txt", False, "1250.00 EUR"),
        ]
    else:
        text = (tmp_path / f"gold.{ending}").read_text()
        assert "Supplier Nordwind a" in text


def test_only_confirmed_rows_of_a_draft_become_gold(tmp_path: Path) -> None:
    rows = draft_rows(a_run(tmp_path).latest(), task_of(supplier={"kind": "text"}, total={"kind": "money"}), False)
    book = xlsxwriter.Workbook(tmp_path / "back.xlsx")
    sheet = book.add_worksheet("gold")
    sheet.write_row(0, 0, ["document", "confirmed", "supplier", "total", "note"])
    sheet.write_row(1, 0, [rows[0].document, "x", "Nordwind a", "1,250.00 EUR", ""])
    sheet.write_row(2, 0, [rows[1].document, "", "Nordwind b", "rubbish", ""])
    book.close()
    found = import_rows(
        read_table(tmp_path / "back.xlsx", {})[0],
        task_of(supplier={"kind": "text"}, total={"kind": "money"}),
        "ann",
        "pre-filled",
        None,
    )
    assert found.unconfirmed == ["b.txt"]
    assert found.entries["a.txt"].values == {
        "supplier": "Nordwind a",
        "total": {"amount": "1250.00", "currency": "EUR"},
    }
    assert found.entries["a.txt"].origin == "pre-filled"


@pytest.mark.parametrize(("rest", "code", "taken"), [("", 2, []), ("c,1.00,no\n", 3, ["c"])])
def test_faults_of_a_table_are_told_all_at_once_and_block_no_other_row(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rest: str, code: int, taken: list[str]
) -> None:
    (tmp_path / "t.csv").write_text(f"document,total,paid\na,much,perhaps\nb,12.00,perhaps\n{rest}")
    (tmp_path / "task.yaml").write_text(
        "schema: 1\nkind: extract\nname: t\nfields: {total: {kind: money}, paid: {kind: boolean}}\n"
    )
    with pytest.raises(SystemExit) as ended:
        main(
            [
                "gold",
                "import",
                str(tmp_path / "t.csv"),
                "--task",
                str(tmp_path / "task.yaml"),
                "--gold",
                str(tmp_path / "gold.jsonl"),
            ]
        )
    said = "".join(capsys.readouterr())
    assert ended.value.code == code
    assert "3 faults" in said
    assert all(place in said for place in ("a: total", "a: paid", "b: paid"))
    gold = tmp_path / "gold.jsonl"
    assert (list(GoldFile(gold).latest()) if gold.exists() else []) == taken


def gold_of_run(folder: Path) -> Path:
    gold = folder / "gold.jsonl"
    total = {"amount": "1250.00", "currency": "EUR"}
    GoldFile(gold).add(
        {f"{n}.txt": GoldLine(document=f"{n}.txt", values={"supplier": "Nordwind", "total": total}) for n in "ab"}
    )
    return gold


def test_gold_is_checked_against_its_documents(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, gold = a_run(tmp_path).path, gold_of_run(tmp_path)
    assert check_gold(gold, GoldSource(run)).grave == 0
    wrong = {"supplier": "Südwind", "total": {"amount": "1250.00", "currency": "EUR"}}
    GoldFile(gold).add(
        {"b.txt": GoldLine(document="b.txt", values=wrong), "c.txt": GoldLine(document="c.txt", values=wrong)}
    )
    found = check_gold(gold, GoldSource(run))
    told = {(fault.document, fault.field, fault.grave) for fault in found.faults}
    assert {("c.txt", "", True), ("b.txt", "supplier", False)} <= told
    assert ringfence("gold", "check", "--gold", gold, "--run", run, "--json") == 1
    assert json.loads(capsys.readouterr().out) == found.as_json()
    assert ringfence("gold", "check", "--gold", gold, "--run", run) == 1
    assert "look   b.txt: supplier: is not in the document" in capsys.readouterr().out
    assert ringfence("gold", "check", "--gold", gold) == 2
    assert "Cannot tell which task" in capsys.readouterr().err
    task = tmp_path / "task.yaml"
    task.write_text("schema: 1\nkind: extract\nname: t\nfields: {supplier: {kind: text}, total: {kind: money}}\n")
    assert ringfence("gold", "check", "--gold", gold, "--task", task) == 0
    assert "The documents were not checked" in capsys.readouterr().err
    inputs = GoldSource(task=task, inputs=(str(tmp_path / "*.txt"),))
    assert check_gold(gold, inputs).faults == found.faults


def test_a_split_of_a_gold_file_keeps_near_duplicates_together(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, gold = a_run(tmp_path).path, gold_of_run(tmp_path)
    halves = ("--share", "dev=0.5", "--share", "test=0.5")
    assert ringfence("gold", "split", "--gold", gold, "--run", run, *halves, "--key", "supplier") == 0
    assert "1 families of 2 documents" in capsys.readouterr().err
    assert ringfence("gold", "split", "--gold", gold, "--run", run) == 2
    task = task_of(supplier={"kind": "text"}, total={"kind": "money"})
    again = split_gold(gold, GoldSource(task=task), SplitOptions({"dev": 0.5, "test": 0.5}, again=True))
    assert not again.read_documents
    assert sorted(map(len, again.split.parts.values())) == [0, 1, 1]
    assert [opening["command"] for opening in SplitFile(gold).openings()] == ["split drawn anew"]
    for shares in ({"dev": 0.5}, {"dev": 0.5, "trial": 0.5}, {"dev": 1.5, "test": -0.5}):
        with pytest.raises(InputError, match="do not divide"):
            split_gold(gold, GoldSource(task=task), SplitOptions(shares))
    assert ringfence("gold", "split", "--gold", gold, "--run", run, "--share", "dev") == 2
    (tmp_path / "none.jsonl").touch()
    with pytest.raises(InputError, match="holds no gold"):
        split_gold(tmp_path / "none.jsonl", GoldSource(task=task))


def test_gold_is_exported_for_label_studio_with_its_marked_places(tmp_path: Path) -> None:
    run, gold = a_run(tmp_path).path, gold_of_run(tmp_path)
    values = {"supplier": "Nordwind a"}
    GoldFile(gold).add({"a.txt": GoldLine(document="a.txt", values=values, spans={"supplier": [[9, 19]]})})
    out = tmp_path / "tasks.json"
    assert export_gold(gold, out, GoldSource(run)).documents == 2
    first = json.loads(out.read_text())[0]["predictions"][0]["result"][0]["value"]
    assert (first["start"], first["end"], first["text"]) == (9, 19, "Nordwind a")
    assert (tmp_path / "tasks.config.xml").exists()
    task = task_of(supplier={"kind": "text"}, total={"kind": "money"})
    with pytest.raises(InputError, match="texts of the documents"):
        export_gold(gold, out, GoldSource(task=task))
    with pytest.raises(InputError, match="unsupported file type"):
        export_gold(gold, tmp_path / "gold.doc")


def test_a_draft_of_a_draw_is_blind_on_request_and_knows_its_task(tmp_path: Path) -> None:
    folder = a_run(tmp_path)
    draft = draft_gold(folder, tmp_path / "gold.xlsx", DraftOptions(blind=True, limit=1))
    rows, facts = read_table(tmp_path / "gold.xlsx", {})
    assert (draft.documents, len(rows), rows[0].cells["total"], facts["origin"]) == (1, 1, "", "blind")
    assert "1,250.00" in draft_gold(folder, tmp_path / "gold.html").path.read_text()
    with pytest.raises(InputError, match="unsupported file type"):
        draft_gold(folder, tmp_path / "gold.doc")
    saved = {"rows": [{"document": "a.txt", "confirmed": "x", "values": {"supplier": "N"}}], "facts": facts}
    (tmp_path / "saved.json").write_text(json.dumps(saved))
    found = import_gold(tmp_path / "saved.json", tmp_path / "gold.jsonl")
    assert (found.new, found.changed, found.unchanged, found.unconfirmed) == (1, 0, 0, [])
    assert GoldFile(tmp_path / "gold.jsonl").latest()["a.txt"].origin == "blind"
    (tmp_path / "t.csv").write_text("document,supplier\na.txt,N\n")
    with pytest.raises(InputError, match="Cannot tell which task"):
        import_gold(tmp_path / "t.csv", tmp_path / "gold.jsonl")
