"""The audit log: it only grows, detects every edit and every cut, and holds only content that can be erased."""

from __future__ import annotations

import errno
import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ringfence.audit import AuditLog, audit_here, recorder
from ringfence.documents import expand_inputs
from ringfence.errors import InputError
from ringfence.runs import RunFolder
from tests.conftest import answering, fake_lock, ringfence, task_of
from tests.fake_runs import run


def a_log(folder: Path, records: int = 6, content: bool = False) -> AuditLog:
    log = AuditLog.make(folder / "audit", folder / "key", content)
    for number in range(records):
        log.append("answer", {"values": number}, lock=f"sha256:{number % 2}", document=f"d{number}", status="done")
    return log


def test_a_log_that_nobody_touched_has_no_fault(tmp_path: Path) -> None:
    log = a_log(tmp_path)
    assert log.verify() == []
    assert log.verify(log.anchor()) == []
    assert [record["n"] for record in log.records()] == [1, 2, 3, 4, 5, 6]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(place=st.floats(0, 0.999), byte=st.integers(0, 255))
def test_one_changed_byte_anywhere_is_found(tmp_path: Path, place: float, byte: int) -> None:
    shutil.rmtree(tmp_path / "audit", ignore_errors=True)
    log = a_log(tmp_path, 3)
    whole = bytearray(log.path.read_bytes())
    where = int(place * len(whole))
    if whole[where] == byte:
        return
    whole[where] = byte
    log.path.write_bytes(bytes(whole))
    assert log.verify(), (where, byte)


def test_a_record_that_was_taken_out_or_moved_is_found(tmp_path: Path) -> None:
    log = a_log(tmp_path)
    rows = log.path.read_text().splitlines(keepends=True)
    for damaged in (rows[:2] + rows[3:], [rows[1], rows[0], *rows[2:]], [*rows[:3], rows[2], *rows[3:]], rows[1:]):
        log.path.write_text("".join(damaged))
        assert log.verify()


@pytest.mark.parametrize("line", ["5", "null", '{"n":"x"}', '{"n":1,"mac":"é","before":""}', "NaN", "{", '{"n":1}'])
def test_what_is_no_record_is_a_fault_and_no_crash(tmp_path: Path, line: str) -> None:
    log = a_log(tmp_path)
    rows = log.path.read_text().splitlines()
    log.path.write_text("\n".join([*rows[:2], line, *rows[3:]]) + "\n")
    assert log.verify()[0].record == 3


def test_a_name_that_is_put_in_twice_is_found(tmp_path: Path) -> None:
    """Parsers take the last of two equal names: a reader's eye takes the first."""
    log = a_log(tmp_path)
    log.path.write_text(log.path.read_text().replace('{"n":1,', '{"status":"failed","n":1,', 1))
    assert log.verify()


def test_an_empty_log_an_empty_anchor_and_a_weak_key_are_no_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = a_log(tmp_path)
    with pytest.raises(InputError, match="not an anchor"):
        log.verify("")
    log.path.write_text("")
    assert log.verify()
    (tmp_path / "weak").write_text("")
    with pytest.raises(InputError, match="does not hold a key"):
        AuditLog.make(tmp_path / "other", tmp_path / "weak", False)
    monkeypatch.delenv("RINGFENCE_AUDIT", raising=False)
    monkeypatch.setattr(importlib.import_module("ringfence.audit.records"), "audit_folder", lambda: log.folder)
    (log.folder / "about.json").unlink()
    with pytest.raises(InputError, match="Cannot open"):
        audit_here()


def test_a_record_that_lacks_its_line_end_alone_is_kept(tmp_path: Path) -> None:
    log = a_log(tmp_path)
    log.path.write_bytes(log.path.read_bytes()[:-1])
    log.append("after")
    assert log.verify() == []
    assert [record["event"] for record in log.records()] == ["answer"] * 6 + ["after"]


def test_an_anchor_finds_a_tail_that_was_cut_and_a_log_that_was_rolled_back(tmp_path: Path) -> None:
    log = a_log(tmp_path)
    shutil.copy(log.path, tmp_path / "old")
    log.append("answer", lock="sha256:9")
    anchor = log.anchor()
    shutil.copy(tmp_path / "old", log.path)
    assert log.verify() == []  # whole in itself: only what was kept elsewhere tells
    assert [fault.record for fault in log.verify(anchor)] == [6]
    log.append("answer", lock="sha256:10")  # going on from the rolled-back log does not hide it
    assert log.verify(anchor)


def test_a_log_under_another_key_is_refused(tmp_path: Path) -> None:
    a_log(tmp_path)
    (tmp_path / "key").write_text("00" * 32 + "\n")
    with pytest.raises(InputError, match="not the key"):
        AuditLog(tmp_path / "audit")


def test_writers_at_once_and_killed_ones_lose_and_tear_nothing(tmp_path: Path) -> None:
    log = a_log(tmp_path, 0)
    program = (
        "import sys; from pathlib import Path; from ringfence.audit import AuditLog\n"
        "log = AuditLog(Path(sys.argv[1]))\n"
        "while True: print(log.append('answer', by=sys.argv[2])['n'], flush=True)"
    )
    writers = [
        subprocess.Popen([sys.executable, "-c", program, str(log.folder), name], stdout=subprocess.PIPE, text=True)
        for name in "abc"
    ]
    time.sleep(3)
    said: list[int] = []
    for writer in writers:
        writer.send_signal(signal.SIGKILL)
        out, _ = writer.communicate()
        said += [int(row) for row in out.split("\n")[:-1]]
    log.append("after")
    assert log.verify() == []
    numbers = [record["n"] for record in log.records()]
    assert len(said) > 10
    assert set(said) <= set(numbers)


def test_a_torn_record_of_a_killed_writer_is_dropped_by_the_next(tmp_path: Path) -> None:
    log = a_log(tmp_path)
    with log.path.open("a") as stream:
        stream.write('{"n":7,"at":"20')
    assert log.verify()
    log.append("answer")
    assert log.verify() == []


def test_a_full_disk_leaves_the_log_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = a_log(tmp_path)
    before, write = log.path.read_bytes(), os.write

    def full(descriptor: int, data: Any) -> int:
        if len(data) > 100:
            return write(descriptor, data[:50])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("ringfence.files.os.write", full)
        with pytest.raises(OSError, match="No space"):
            log.append("answer", what="x" * 100)
    assert log.path.read_bytes() == before
    log.append("answer")
    assert log.verify() == []


def test_content_is_erased_without_breaking_the_chain(tmp_path: Path) -> None:
    log = a_log(tmp_path, content=True)
    assert log.content() == {n: {"values": n - 1} for n in range(1, 7)}
    assert "values" not in log.path.read_text()
    assert log.erase("2099-01-01") == 6
    assert log.content() == {}
    assert log.content_path.read_text() == ""
    assert log.verify() == []
    assert [record["event"] for record in log.records()][-1] == "content erased"


def test_content_that_was_changed_is_none(tmp_path: Path) -> None:
    log = a_log(tmp_path, 2, content=True)
    log.content_path.write_text(log.content_path.read_text().replace('{"values":0}', '{"values":7}'))
    assert log.content() == {2: {"values": 1}}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(place=st.floats(0, 0.999), byte=st.integers(0, 255))
def test_one_changed_byte_of_the_content_is_found(tmp_path: Path, place: float, byte: int) -> None:
    shutil.rmtree(tmp_path / "audit", ignore_errors=True)
    log = a_log(tmp_path, 2, content=True)
    whole = bytearray(log.content_path.read_bytes())
    where = int(place * len(whole))
    if whole[where] == byte:
        return
    whole[where] = byte
    log.content_path.write_bytes(bytes(whole))
    assert log.verify(), (where, byte)


def test_content_that_was_changed_is_told_from_content_that_is_missing_and_from_content_that_was_erased(
    tmp_path: Path,
) -> None:
    log = a_log(tmp_path, 3, content=True)
    rows = log.content_path.read_text().splitlines(keepends=True)
    log.content_path.write_text(rows[0].replace('"values":0', '"values":7') + rows[2])
    changed, missing = log.verify()
    assert (changed.record, changed.what) == (1, "its content was edited: the commitment does not open")
    assert (missing.record, missing.what) == (2, "its content is missing, and no record says that it was erased")
    log.erase("2099-01-01")
    assert log.verify() == []
    assert log.erased() == {1, 2, 3}
    log.append("answer", {"values": 9})
    log.content_path.write_text("")
    assert [fault.record for fault in log.verify()] == [5]


def test_a_kill_while_content_is_erased_leaves_nothing_missing_without_a_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = a_log(tmp_path, 3, content=True)

    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("ringfence.audit.log.write_whole", killed)
        with pytest.raises(KeyboardInterrupt):
            log.erase("2099-01-01")
    assert log.verify() == []
    assert log.erase("2099-01-01") == 3


def forge(log: AuditLog) -> None:
    """Write the log anew under another key, and let about.json name that key."""
    records = [dict(record) for record in log.records()][:2]
    about = json.loads((log.folder / "about.json").read_text())
    (log.folder / "k2").write_text("11" * 32)
    about |= {"key": str(log.folder / "k2"), "fingerprint": AuditLog.fingerprint(bytes.fromhex("11" * 32))}
    (log.folder / "about.json").write_text(json.dumps(about))
    log.path.unlink()
    other = AuditLog(log.folder)
    for record in records:
        other.append(record["event"], who="somebody-else")


def test_a_log_that_was_written_anew_under_another_key_is_found_by_the_key_its_fingerprint_and_an_anchor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RINGFENCE_AUDIT", str(tmp_path / "audit"))
    log = a_log(tmp_path)
    anchor, fingerprint = log.anchor(), log.key_fingerprint
    assert ringfence("audit", "verify", "--key", tmp_path / "key", "--anchor", anchor) == 0
    assert "Not checked" not in capsys.readouterr().err
    assert ringfence("audit", "verify", "--key", fingerprint) == 0
    assert "Not checked: the tail" in capsys.readouterr().err
    forge(log)
    assert ringfence("audit", "verify") == 0
    assert "Not checked: the key itself" in capsys.readouterr().err
    assert ringfence("audit", "verify", "--json") == 0
    assert json.loads(capsys.readouterr().out)["unchecked"] == ["key", "tail"]
    assert ringfence("audit", "verify", "--key", tmp_path / "key") == 1
    assert "under another key" in capsys.readouterr().out
    assert ringfence("audit", "verify", "--key", fingerprint) == 1
    assert ringfence("audit", "verify", "--anchor", anchor) == 1
    assert ringfence("audit", "verify", "--key", tmp_path / "nowhere") == 2


def test_every_answer_of_a_run_is_recorded_and_can_be_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RINGFENCE_AUDIT", str(tmp_path / "audit"))
    assert ringfence("audit", "query") == 2
    assert ringfence("audit", "init", "--key", tmp_path / "key") == 0
    for name in "ab":
        (tmp_path / f"{name}.txt").write_text(f"Secret Nordwind {name}\n")
    task = task_of(supplier={"kind": "text"})
    lock = fake_lock(task)
    log = AuditLog(tmp_path / "audit")
    inputs = expand_inputs([tmp_path / "a.txt", tmp_path / "b.txt"])
    run(task, inputs, answering(supplier="Nordwind"), lock, tmp_path / "run", record=recorder(log, "run"))
    text = log.path.read_text()
    assert "Nordwind" not in text
    assert "a.txt" not in text
    capsys.readouterr()
    assert ringfence("audit", "query", "--document", tmp_path / "a.txt") == 0
    (row,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (row["event"], row["lock"], row["status"]) == ("answer", lock.digest, "done")
    stored = next(r for r in RunFolder.open(tmp_path / "run").latest() if r.document.id == "a.txt")
    assert row["document"] == stored.document.sha256
    assert ringfence("audit", "query", "--locks", "--since", "2020-01-01", "--until", "2099-01-01") == 0
    (span,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (span["lock"], span["records"]) == (lock.digest, 2)
    assert ringfence("audit", "query", "--until", "2020-01-01") == 0
    assert capsys.readouterr().out == ""
    assert ringfence("audit", "anchor") == 0
    anchor = capsys.readouterr().out.strip()
    assert ringfence("audit", "verify", "--anchor", anchor) == 0
    assert str(tmp_path / "key") in capsys.readouterr().err
    log.path.write_text(text.replace('"status":"done"', '"status":"fail"', 1))
    assert ringfence("audit", "verify") == 1
    assert "record 2: was edited" in capsys.readouterr().out
