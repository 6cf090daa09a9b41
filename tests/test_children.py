"""Documents inside documents are documents of a run: accounted for, checked, shown, resumed."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from ringfence.checker import check_run
from ringfence.documents import ReadingLimits, ReadingOptions, expand_inputs
from ringfence.reports import write_report
from ringfence.runs import RunFolder, RunSummary, export_csv
from tests.conftest import answering, fake_lock, task_of
from tests.fake_runs import latest, run
from tests.files import mail, zipped

TASK = task_of(who={"kind": "text"})


@pytest.fixture
def inbox(tmp_path: Path, examples: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    paper = (examples / "documents" / "01-classic-en.pdf").read_bytes()
    message = mail("Offer", "Ann writes", ("paper.pdf", paper), ("odd.qqq", b"?"))
    (folder / "m.eml").write_bytes(message.as_bytes())
    (folder / "z.zip").write_bytes(zipped(("a/Ann.txt", b"Ann was here"), ("b.txt", b"")))
    return folder


def go(inbox: Path, out: Path, resume: bool = False) -> RunSummary:
    engine = answering(who="null")
    engine.script = lambda request, prompt: " Ann\n" if "Ann" in prompt.partition("End of document")[0] else " null\n"
    return run(TASK, expand_inputs([inbox]), engine, fake_lock(TASK), out, resume=resume)


def test_every_child_ends_with_a_status_under_the_name_of_its_file(inbox: Path, tmp_path: Path) -> None:
    go(inbox, tmp_path / "run")
    results = {r["document"]["id"]: r for r in latest(RunFolder.open(tmp_path / "run"))}
    assert {identity: r["status"] for identity, r in results.items()} == {
        "m.eml": "done",
        "m.eml!paper.pdf": "done",
        "m.eml!odd.qqq": "failed",
        "z.zip!a/Ann.txt": "done",
        "z.zip!b.txt": "failed",
    }
    assert results["m.eml!paper.pdf"]["document"]["source"] == "m.eml"
    assert results["m.eml"]["fields"]["who"]["address"] == "header From"
    assert check_run(tmp_path / "run").findings == []


def test_the_report_shows_the_pages_of_an_attachment(inbox: Path, tmp_path: Path) -> None:
    go(inbox, tmp_path / "run")
    page = write_report(tmp_path / "run").read_text()
    assert page.count("data:image/webp") == 1
    assert "at header From" in page


def test_resuming_asks_again_only_for_what_failed_or_changed(inbox: Path, tmp_path: Path) -> None:
    go(inbox, tmp_path / "run")
    again = go(inbox, tmp_path / "run", resume=True)
    assert again.progress.kept == 3
    assert again.progress.seen == {"failed": 2}
    (inbox / "z.zip").write_bytes(zipped(("a/Ann.txt", b"Ann was there"), ("b.txt", b"now Ann")))
    third = go(inbox, tmp_path / "run", resume=True)
    assert third.progress.changed == ["z.zip!a/Ann.txt", "z.zip!b.txt"]
    assert third.totals == {"done": 4, "failed": 1}


def test_the_rest_of_a_file_that_is_too_much_has_its_own_name_and_reason(inbox: Path, tmp_path: Path) -> None:
    options = ReadingOptions(limits=ReadingLimits(children=1))
    engine = answering(who="null")
    run(TASK, expand_inputs([inbox / "m.eml"]), engine, fake_lock(TASK), tmp_path / "run", options=options)
    reasons = {r["document"]["id"]: r["reason"] for r in latest(RunFolder.open(tmp_path / "run"))}
    assert list(reasons) == ["m.eml", "m.eml!paper.pdf", "m.eml!rest"]
    assert reasons["m.eml!rest"].startswith("too-many-children")
    run(TASK, expand_inputs([inbox / "m.eml"]), engine, fake_lock(TASK), tmp_path / "run", resume=True)
    results = {r["document"]["id"]: r["status"] for r in latest(RunFolder.open(tmp_path / "run"))}
    assert results == {"m.eml": "done", "m.eml!paper.pdf": "done", "m.eml!odd.qqq": "failed"}


def test_a_failure_of_an_archive_does_not_outlive_its_mending(tmp_path: Path) -> None:
    (tmp_path / "z.zip").write_bytes(b"PK\x03\x04 broken")
    first = go(tmp_path / "z.zip", tmp_path / "run")
    assert first.totals == {"failed": 1}
    (tmp_path / "z.zip").write_bytes(zipped(("a.txt", b"Ann"), ("b.txt", b"Bob")))
    assert go(tmp_path / "z.zip", tmp_path / "run", resume=True).totals == {"done": 2}
    (tmp_path / "z.zip").write_bytes(zipped(("a.txt", b"Ann")))
    assert go(tmp_path / "z.zip", tmp_path / "run", resume=True).totals == {"done": 1}
    assert check_run(tmp_path / "run").findings == []


def test_a_mail_without_a_mail_ending_keeps_its_attachments_when_it_is_resumed(inbox: Path, tmp_path: Path) -> None:
    (inbox / "m.eml").rename(inbox / "letter")
    engine = answering(who="null")
    sources = expand_inputs([inbox / "letter"])
    run(TASK, sources, engine, fake_lock(TASK), tmp_path / "run", limit=1)
    summary = run(TASK, sources, engine, fake_lock(TASK), tmp_path / "run", resume=True)
    assert summary.totals == {"done": 2, "failed": 1}


def test_names_that_are_not_utf_8_go_through_everything(tmp_path: Path) -> None:
    inbox = tmp_path / "in"
    inbox.mkdir()
    (inbox / os.fsdecode(b"r\xe9sum\xe9.txt")).write_text("Ann")
    go(inbox, tmp_path / "run")
    assert check_run(tmp_path / "run").findings == []
    assert "sum" in write_report(tmp_path / "run").read_text()
    stream = io.StringIO()
    export_csv(RunFolder.open(tmp_path / "run"), stream)
    stream.getvalue().encode()
    assert go(inbox, tmp_path / "run", resume=True).progress.kept == 1


def test_a_pipe_in_a_folder_is_named_and_nothing_waits_for_it(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    os.mkfifo(tmp_path / "in" / "pipe.txt")
    go(tmp_path / "in", tmp_path / "run")
    (result,) = latest(RunFolder.open(tmp_path / "run"))
    assert result["reason"] == "unreadable: it is a pipe or a device, not a file"


def test_a_name_with_an_exclamation_mark_is_a_name_and_no_child_of_another_file(tmp_path: Path) -> None:
    inbox = tmp_path / "in"
    inbox.mkdir()
    (inbox / "Report").write_text("Ann")
    (inbox / "Report!.txt").write_text("Ann too")
    assert go(inbox, tmp_path / "run").totals == {"done": 2}
    assert go(inbox, tmp_path / "run", resume=True).totals == {"done": 2}
    (inbox / "Hello!.zip").write_bytes(zipped(("a.txt", b"Ann"), ("b.txt", b"Ann")))
    assert go(inbox, tmp_path / "run", resume=True).totals == {"done": 4}
    (inbox / "Hello!.zip").write_bytes(zipped(("a.txt", b"Ann")))
    assert go(inbox, tmp_path / "run", resume=True).totals == {"done": 3}


def test_an_archive_that_cannot_be_read_today_takes_no_finished_work_back(tmp_path: Path) -> None:
    inbox = tmp_path / "in"
    inbox.mkdir()
    content = zipped(("a.txt", b"Ann"), ("b.txt", b"Ann"))
    (inbox / "z.zip").write_bytes(content)
    assert go(inbox, tmp_path / "run").totals == {"done": 2}
    (inbox / "z.zip").write_bytes(b"PK\x03\x04 damaged")
    assert go(inbox, tmp_path / "run", resume=True).totals == {"done": 2, "failed": 1}
    (inbox / "z.zip").write_bytes(content)
    assert go(inbox, tmp_path / "run", resume=True).totals == {"done": 2}


def test_the_failure_of_a_whole_file_is_taken_back_when_its_records_can_be_read(tmp_path: Path) -> None:
    inbox = tmp_path / "in"
    inbox.mkdir()
    (inbox / "rows.jsonl").write_bytes(b"\xff\xfe\x00 not text")
    assert go(inbox, tmp_path / "run").totals == {"failed": 1}
    (inbox / "rows.jsonl").write_text('{"id": "one", "text": "Ann"}\n{"id": "two", "text": "Ann"}\n')
    assert go(inbox, tmp_path / "run", resume=True).totals == {"done": 2}
