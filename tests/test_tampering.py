"""Edits of every kind, made by a program: what a verb promises to notice, it notices."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from benchmarks.tampering import REASONS, Edit, main, trials

# Every file of six kinds of folder is edited and checked: a minute, once for all tests of this file.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("tampering")]


@pytest.fixture(scope="module")
def edits() -> list[Edit]:
    return trials(seed=1, each=1, wanted=["run", "audit", "bundle", "weights", "corpus", "answers"])


def of(edits: list[Edit], subject: str, *names: str) -> list[Edit]:
    return [edit for edit in edits if edit.subject == subject and Path(edit.file).name in names]


def test_no_edit_is_an_internal_error_and_each_that_passes_has_a_reason(edits: list[Edit]) -> None:
    assert len(edits) > 90
    assert [edit for edit in edits if any("internal" in said for said in edit.noticed.values())] == []
    assert [edit for edit in edits if not edit.noticed and edit.reason in ("", "not known")] == []


def test_weights_bundles_and_records_of_the_audit_log_pass_no_edit(edits: list[Edit]) -> None:
    certain = [
        *of(edits, "weights", "model.gguf", "tokenizer.json"),
        *(edit for edit in edits if edit.subject == "bundle" and edit.file != "bundle.json"),
        *of(edits, "audit", "log.jsonl"),
    ]
    assert len(certain) > 30
    assert [edit for edit in certain if not edit.noticed] == []


def test_no_edit_of_an_answer_passes(edits: list[Edit]) -> None:
    results = of(edits, "run", "results.jsonl")
    assert {edit.kind for edit in results} >= {"byte", "word", "line gone", "line doubled", "older copy", "rewritten"}
    passed = [edit for edit in results if not edit.noticed and edit.kind != "line doubled"]
    assert [
        edit
        for edit in passed
        if edit.changed != "layout" and not edit.changed.startswith(("usage.seconds", "usage.cached_tokens"))
    ] == []


def test_no_edit_with_an_aim_passes_but_those_that_only_a_lock_or_a_signature_tells(edits: list[Edit]) -> None:
    aimed = [edit for edit in edits if edit.kind == "aimed"]
    assert len(aimed) > 25
    passed = [(edit.subject, edit.changed, edit.reason) for edit in aimed if not edit.noticed]
    assert passed == [("corpus", "a version gone", REASONS["a version gone"])]


def test_the_program_prints_a_table_and_writes_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["--subjects", "weights", "--each", "1", "--json", str(tmp_path / "t.json")])
    shown = capsys.readouterr().out
    assert "weights: weights/DIGEST/files/model.gguf" in shown
    data = json.loads((tmp_path / "t.json").read_text())
    assert {edit["subject"] for edit in data["edits"]} == {"weights"}
    assert f"of {len(data['edits'])} edits were noticed" in shown
