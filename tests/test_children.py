"""Documents inside documents are documents of a run: accounted for, checked, shown, resumed."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringfence.checking import check_run
from ringfence.documents import expand_inputs
from ringfence.reports import write_report
from ringfence.runs import RunFolder, RunSummary, run
from tests.conftest import answering, fake_lock, task_of
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
    results = {r["document"]["id"]: r for r in RunFolder.open(tmp_path / "run").latest()}
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
