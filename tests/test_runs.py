"""Runs: every input is accounted for, nothing is lost, nothing is done twice."""

from __future__ import annotations

import csv
import io
import json
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from ringfence.checker import check_run
from ringfence.documents import ReadingOptions, expand_inputs
from ringfence.engines import FakeEngine, Request
from ringfence.errors import RunError
from ringfence.reports import write_report
from ringfence.runs import RunFolder, RunSummary, export_csv, export_json
from tests.conftest import answering, fake_lock, task_of
from tests.fake_runs import latest, run

TASK = task_of(total={"kind": "money"}, who={"kind": "text"})


def engine() -> FakeEngine:
    def script(request: Request, prompt: str) -> str | Exception:
        if "break the engine" in prompt:
            return RuntimeError("no room")
        if "break the answer" in prompt:
            return " 99.99\nwho: null\n"
        return " 5.00\nwho: Ann\n"

    return FakeEngine(script)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in "abc":
        (folder / f"{name}.txt").write_text(f"Ann pays 5.00 for {name}")
    return folder


def go(inbox: Path, out: Path, fake: FakeEngine | None = None, **options: Any) -> RunSummary:
    return run(TASK, expand_inputs([inbox]), fake or engine(), fake_lock(TASK), out, **options)


def test_every_input_ends_with_a_status_and_the_totals_add_up(inbox: Path, tmp_path: Path) -> None:
    (inbox / "empty.txt").write_text("")
    (inbox / "engine.txt").write_text("break the engine 5.00")
    (inbox / "answer.txt").write_text("break the answer 5.00")
    (inbox / "odd.xyz").write_text("?")
    summary = go(inbox, tmp_path / "run")
    assert summary.totals == {"done": 3, "failed": 4}
    reasons = {r["document"]["id"]: r["reason"] for r in latest(RunFolder.open(tmp_path / "run"))}
    assert reasons["empty.txt"].startswith("empty:")
    assert reasons["engine.txt"] == "engine: no room"
    assert reasons["answer.txt"].startswith("answer: the field total holds something that is not in the document")
    assert reasons["odd.xyz"].startswith("unsupported:")
    assert json.loads((tmp_path / "run" / "run.json").read_text())["totals"] == {"done": 3, "failed": 4}


def test_a_result_has_the_form_of_the_contract(inbox: Path, tmp_path: Path) -> None:
    go(inbox, tmp_path / "run")
    result = next(latest(RunFolder.open(tmp_path / "run")))
    assert set(result) == {
        "schema",
        "document",
        "status",
        "reason",
        "values",
        "fields",
        "checks",
        "rows",
        "grounding",
        "decision",
        "mode",
        "windows",
        "usage",
        "lock",
    }
    assert set(result["document"]) == {"id", "path", "sha256", "pages", "read_by"}
    assert set(result["fields"]["total"]) == {
            "raw", "spans", "others", "boxes", "address", "ocr", "kind", "flags", "features",
        }  # fmt: skip
    assert result["values"]["total"] == {"amount": "5.00", "currency": None}
    assert result["lock"] == fake_lock(TASK).digest
    assert result["decision"] is None


def test_a_page_that_was_not_read_is_named_in_the_result_and_the_report(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    pen = Canvas(str(tmp_path / "in" / "half.pdf"))
    pen.drawString(100, 700, "Ann pays 5.00")
    pen.showPage()
    pen.rect(100, 100, 50, 50, fill=1)
    pen.save()
    go(tmp_path / "in", tmp_path / "run")
    result = next(latest(RunFolder.open(tmp_path / "run")))
    assert result["document"]["pages_without_text"] == [2]
    assert "No text on page 2" in write_report(tmp_path / "run").read_text()


def test_only_the_owner_can_read_a_run(inbox: Path, tmp_path: Path) -> None:
    go(inbox, tmp_path / "run")
    assert stat.S_IMODE((tmp_path / "run").stat().st_mode) == 0o700
    for path in (tmp_path / "run").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_a_folder_that_grew_is_run_for_what_is_new_and_changed_only(inbox: Path, tmp_path: Path) -> None:
    go(inbox, tmp_path / "run")
    (inbox / "d.txt").write_text("Ann pays 5.00 for d")
    (inbox / "a.txt").write_text("Ann pays 5.00 once more")
    fake = engine()
    summary = go(inbox, tmp_path / "run", fake, resume=True)
    assert sorted(request.id for request in fake.seen) == ["a.txt", "d.txt"]
    assert summary.progress.changed == ["a.txt"]
    assert summary.progress.kept == 2
    assert summary.totals == {"done": 4}


def test_what_failed_is_tried_again_on_resume(inbox: Path, tmp_path: Path) -> None:
    broken = FakeEngine(lambda request, prompt: RuntimeError("no") if request.id == "b.txt" else " 5.00\nwho: Ann\n")
    assert go(inbox, tmp_path / "run", broken).totals == {"done": 2, "failed": 1}
    assert go(inbox, tmp_path / "run", resume=True).totals == {"done": 3}


def test_an_interruption_keeps_what_was_finished(inbox: Path, tmp_path: Path) -> None:
    def script(request: Request, prompt: str) -> str:
        if request.id == "c.txt":
            raise KeyboardInterrupt
        return " 5.00\nwho: Ann\n"

    with pytest.raises(KeyboardInterrupt):
        go(inbox, tmp_path / "run", FakeEngine(script))
    assert RunFolder.open(tmp_path / "run").totals() == {"done": 2}
    fake = engine()
    assert go(inbox, tmp_path / "run", fake, resume=True).totals == {"done": 3}
    assert [request.id for request in fake.seen] == ["c.txt"]


@settings(max_examples=25, deadline=None)
@given(cut=st.integers(min_value=0, max_value=3000))
def test_a_journal_cut_at_any_byte_is_resumed_without_loss_or_repetition(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    tmp_path = tmp_path_factory.mktemp("cut")
    inbox = tmp_path / "in"
    inbox.mkdir()
    for name in "abc":
        (inbox / f"{name}.txt").write_text(f"Ann pays 5.00 for {name}")
    go(inbox, tmp_path / "run")
    journal = tmp_path / "run" / "results.jsonl"
    whole = journal.read_bytes()
    journal.write_bytes(whole[: min(cut, len(whole))])
    summary = go(inbox, tmp_path / "run", resume=True)
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    assert sorted(line["document"]["id"] for line in lines) == ["a.txt", "b.txt", "c.txt"]
    assert summary.totals == {"done": 3}


def test_another_lock_is_refused_and_what_differs_is_named(inbox: Path, tmp_path: Path) -> None:
    go(inbox, tmp_path / "run")
    other = task_of(total={"kind": "money", "required": True}, who={"kind": "text"})
    with pytest.raises(RunError, match=r"fields\.total\.required"):
        run(other, expand_inputs([inbox]), engine(), fake_lock(other), tmp_path / "run", resume=True)


def test_a_run_folder_is_not_overwritten_and_not_shared(inbox: Path, tmp_path: Path) -> None:
    go(inbox, tmp_path / "run")
    with pytest.raises(RunError, match="already holds a run"):
        go(inbox, tmp_path / "run")
    with pytest.raises(RunError, match="not an empty folder"):
        go(inbox, inbox)
    holder = RunFolder.open(tmp_path / "run")
    holder.exclusive()
    with pytest.raises(RunError, match="Another process"):
        go(inbox, tmp_path / "run", resume=True)
    holder.release()


def test_two_records_with_one_id_are_both_accounted_for(tmp_path: Path) -> None:
    rows = [json.dumps({"id": "k", "text": f"Ann 5.00 {number}"}) for number in range(4)]
    (tmp_path / "in.jsonl").write_text("\n".join(rows))
    summary = run(
        TASK,
        expand_inputs([tmp_path / "in.jsonl"]),
        engine(),
        fake_lock(TASK),
        tmp_path / "run",
        options=ReadingOptions(),
    )
    assert summary.totals == {"done": 1, "failed": 3}


def test_one_poisonous_record_fails_alone(tmp_path: Path) -> None:
    poison = '{"id": "p", "text": "Ann 5.00", "n": ' + "9" * 5000 + "}"
    (tmp_path / "in.jsonl").write_text(
        f'\ufeff{{"id": "a", "text": "Ann 5.00"}}\n{poison}\n{{"id": "\\ud800", "text": "Ann 5.00 b"}}\n'
    )
    summary = run(TASK, expand_inputs([tmp_path / "in.jsonl"]), engine(), fake_lock(TASK), tmp_path / "run")
    assert summary.totals == {"done": 2, "failed": 1}
    write_report(tmp_path / "run")
    assert check_run(tmp_path / "run").findings == []


def test_a_run_folder_inside_the_input_is_no_document(inbox: Path) -> None:
    go(inbox, inbox / "run")
    assert go(inbox, inbox / "run", resume=True).totals == {"done": 3}


def test_what_a_kill_in_the_first_moments_leaves_behind_can_be_resumed(inbox: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / ".lock").write_text("")
    (tmp_path / "run" / ".run.json.abc").write_text("{")
    assert go(inbox, tmp_path / "run", resume=True).totals == {"done": 3}


def test_a_run_is_resumed_only_with_the_same_way_of_reading(inbox: Path, tmp_path: Path) -> None:
    go(inbox, tmp_path / "run")
    with pytest.raises(RunError, match="text_field"):
        go(inbox, tmp_path / "run", resume=True, options=ReadingOptions(text_field="body"))


def test_records_in_a_subfolder_without_ids_are_checked_where_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in" / "sub").mkdir(parents=True)
    (tmp_path / "in" / "sub" / "r.jsonl").write_text('{"text": "Ann 5.00"}\n{"text": "Ann pays 5.00"}\n')
    (tmp_path / "in" / "sub" / "n#1.txt").write_text("Ann 5.00")
    monkeypatch.chdir(tmp_path)
    assert go(Path("in"), tmp_path / "run").totals == {"done": 3}
    monkeypatch.chdir("/")
    assert check_run(tmp_path / "run").findings == []


def test_a_limit_takes_so_many_and_the_next_session_goes_on(inbox: Path, tmp_path: Path) -> None:
    assert go(inbox, tmp_path / "run", limit=2).totals == {"done": 2}
    assert go(inbox, tmp_path / "run", resume=True, limit=2).totals == {"done": 3}


def test_exports_hold_every_document_and_no_formula(tmp_path: Path) -> None:
    inbox = tmp_path / "in"
    inbox.mkdir()
    (inbox / "a.txt").write_text("=SUM(A1) Ann -5.00")
    fake = answering(total="-5.00", who="SUM")
    go(inbox, tmp_path / "run", fake)
    stream = io.StringIO()
    assert export_csv(RunFolder.open(tmp_path / "run"), stream) == 1
    header, row = list(csv.reader(io.StringIO(stream.getvalue())))
    assert dict(zip(header, row, strict=True)) == {
        "document": "a.txt", "status": "done",
        "reason": "", "total_amount": "-5.00", "total_currency": "", "who": "SUM",
        "flags": "",
    }  # fmt: skip
    from ringfence.runs.cells import csv_cell

    assert [csv_cell(value) for value in ("=1+1", "+x", "@x", "-x", "-5.00", None, True, "plain")] == [
        "'=1+1",
        "'+x",
        "'@x",
        "'-x",
        "-5.00",
        "",
        "true",
        "plain",
    ]
    stream = io.StringIO()
    export_json(RunFolder.open(tmp_path / "run"), stream)
    assert json.loads(stream.getvalue())[0]["values"]["who"] == "SUM"


def test_a_report_shows_failures_first_and_escapes_what_documents_say(tmp_path: Path) -> None:
    inbox = tmp_path / "in"
    inbox.mkdir()
    (inbox / "a.txt").write_text("<script>alert(1)</script> Ann 5.00")
    (inbox / "z.txt").write_text("")
    go(inbox, tmp_path / "run")
    page = write_report(tmp_path / "run").read_text()
    assert page.index('data-name="z.txt"') < page.index('data-name="a.txt"')
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    assert "http://" not in page
    assert "https://" not in page


def test_a_report_over_many_documents_is_bounded_and_says_so(tmp_path: Path) -> None:
    rows = "".join(json.dumps({"id": f"n{number}", "text": f"Ann 5.00 {number}"}) + "\n" for number in range(700))
    (tmp_path / "in.jsonl").write_text(rows)
    run(TASK, expand_inputs([tmp_path / "in.jsonl"]), engine(), fake_lock(TASK), tmp_path / "run")
    page = write_report(tmp_path / "run").read_text()
    assert page.count("<section") == 300
    assert "300 of 700" in page


def doubting(second: str | Exception) -> FakeEngine:
    """An engine that writes an unlikely null for who, and ``second`` when it is asked on."""
    return FakeEngine(lambda request, prompt: second if prompt.endswith("who:") else " 5.00\nwho: null\n", logprob=-0.2)


def test_a_doubtful_null_is_asked_again_also_for_the_last_documents(inbox: Path, tmp_path: Path) -> None:
    fake = doubting(" Ann\n")
    assert go(inbox, tmp_path / "run", fake).totals == {"done": 3}
    results = list(latest(RunFolder.open(tmp_path / "run")))
    assert [r["values"]["who"] for r in results] == ["Ann"] * 3
    assert [r["usage"]["looks"] for r in results] == [2] * 3
    assert len(fake.seen) == 6
    assert check_run(tmp_path / "run").findings == []


@pytest.mark.parametrize("second", [RuntimeError("no room"), " Zoe\n"])
def test_where_the_second_look_fails_the_first_answer_stands(
    inbox: Path, tmp_path: Path, second: str | Exception
) -> None:
    assert go(inbox, tmp_path / "run", doubting(second)).totals == {"done": 3}
    assert {r["values"]["who"] for r in latest(RunFolder.open(tmp_path / "run"))} == {None}
