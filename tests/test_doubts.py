"""The end of a run says what to look at: a document that is done is not yet right."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ringfence.contracts import DocumentFacts, FieldAnswer, Result, UnreadPart
from ringfence.documents import expand_inputs
from ringfence.engines import Request
from ringfence.engines.fake import FakeEngine
from ringfence.runs import RunFolder
from ringfence.runs.doubts import WORST, doubts_of
from tests.conftest import answering, ringfence, task_of
from tests.fake_runs import run_fake
from tests.standins import Standin, running

TASK = task_of(["net + tax == total"], **{name: {"kind": "number"} for name in ("net", "tax", "total")})
REQUIRED = task_of(total={"kind": "number", "required": True})


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    for n in range(22):
        (tmp_path / f"{n:02}.txt").write_text("net 10\ntax 2\ntotal 13\n")
    run_fake(TASK, expand_inputs([tmp_path]), answering(net="10", tax="2", total="13"), tmp_path / "run")
    return RunFolder.open(tmp_path / "run")


def test_broken_checks_are_counted_by_document_and_by_check(folder: RunFolder) -> None:
    found = doubts_of(folder)
    assert folder.totals() == {"done": 22}
    assert found.documents == {"broken-check": 22}
    assert found.checks == {"net + tax == total": 22}
    assert str(found) == "22 with a broken check"
    assert [str(one) for one in found.worst] == [f"{n:02}.txt: broken: net + tax == total" for n in range(WORST)]


def test_the_worst_come_first_and_each_kind_of_doubt_is_named(folder: RunFolder) -> None:
    first = next(folder.latest())
    answers = {
        "net": FieldAnswer(kind="derived", ocr=0.5),
        "tax": FieldAnswer(kind="null", flags=["two readings"]),
        "total": FieldAnswer(kind="null"),
    }
    document = DocumentFacts(id="scan.pdf", unread=[UnreadPart(code="annotations", what="two notes")])
    doubtful = first.model_copy(update={"document": document, "fields": answers, "checks": {}})
    failed = Result(document=DocumentFacts(id="bad.pdf"), status="failed", reason="encrypted: it needs a password")
    folder.append(doubtful)
    folder.append(failed)
    found = doubts_of(folder)
    assert found.documents == {"unread": 1, "ocr": 1, "flag": 1, "broken-check": 22}
    assert [one.document for one in found.worst] == ["bad.pdf", "scan.pdf", "00.txt", "01.txt", "02.txt"]
    assert found.worst[0].reasons == ("failed (encrypted): it needs a password",)
    assert found.worst[1].reasons == ("net: OCR in doubt", "tax: two readings", "not read: annotations")


def test_an_empty_required_field_is_a_doubt(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("nothing here\n")
    run_fake(REQUIRED, expand_inputs([tmp_path]), answering(total="null"), tmp_path / "run")
    assert doubts_of(RunFolder.open(tmp_path / "run")).documents == {"empty-required": 1}


@pytest.mark.parametrize(("total", "step"), [("13", "ringfence gold draft"), ("12", "ringfence check")])
def test_the_verb_says_what_is_in_doubt_and_what_to_do_next(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], total: str, step: str
) -> None:
    (tmp_path / "a.txt").write_text(f"net 10\ntax 2\ntotal {total}\n")
    (tmp_path / "task.yaml").write_text(json.dumps({"schema": 1, **TASK.canonical()}))

    def script(request: Request, prompt: str) -> str:
        return json.dumps({"net": "10", "tax": "2", "total": total})

    with running(Standin("plain", FakeEngine(script), context=100_000)) as server:
        arguments = ("run", tmp_path / "task.yaml", tmp_path / "a.txt", "--server", server, "--out")
        assert ringfence(*arguments, tmp_path / "run") == 0
        shown = capsys.readouterr().err
        assert ringfence(*arguments, tmp_path / "again", "--json") == 0
        data = json.loads(capsys.readouterr().out)
    assert ("Look at: 1 with a broken check." in shown) == (total == "13")
    assert f"Next: {step} {tmp_path / 'run'}" in shown
    assert data["doubts"]["documents"] == ({"broken-check": 1} if total == "13" else {})
    assert data["next"].startswith(step)


def test_where_every_document_failed_the_reason_is_said_and_there_is_nothing_to_correct(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.pdf").write_bytes(b"no page")
    (tmp_path / "task.yaml").write_text(json.dumps({"schema": 1, **TASK.canonical()}))
    with running(Standin("plain", FakeEngine(lambda request, prompt: "{}"), context=100_000)) as server:
        arguments = ("run", tmp_path / "task.yaml", tmp_path / "a.pdf", "--server", server)
        assert ringfence(*arguments, "--out", tmp_path / "run") == 3
    shown = capsys.readouterr().err
    assert re.search(r"  a\.pdf: failed \([a-z-]+\): \w+", shown)
    assert "Next: mend what failed, then give the same command with --resume" in shown
