"""Readiness: five questions, what the machine says to them, and one recommendation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ringfence.cli import main
from ringfence.pilot.answers_file import parse_answer
from ringfence.pilot.readiness import QUESTIONS, Evidence, ReadinessEvidence, assess

PASSED = ReadinessEvidence(verdict="PASS")


def answers(**words: str) -> dict[str, Any]:
    """All sub-questions of each question with one answer."""
    return {q.key: {part.key: (words.get(q.key, "yes"), "") for part in q.parts} for q in QUESTIONS}


def test_readiness_ends_in_one_of_four_recommendations() -> None:
    assert assess(answers(), PASSED).recommendation == "ready to go past a pilot"
    assert assess(answers()).recommendation == "start a pilot on this task"
    assert assess(answers(), ReadinessEvidence(verdict="FAIL")).recommendation == "start a pilot on this task"
    assert (
        assess(answers(people="unknown", evaluation="unknown", cost="no")).recommendation
        == "start a pilot on this task"
    )
    no_reason = answers()
    no_reason["need"] |= {"may_not_leave": ("no", ""), "api_falls_short": ("no", "")}
    assert assess(no_reason, PASSED).recommendation == "use an API"
    nobody = answers()
    nobody["evaluation"]["judge"] = ("no", "")
    found = assess(nobody)
    assert found.recommendation == "not yet"
    assert "find the person" in found.missing[0]


def test_what_was_looked_up_counts_before_what_was_said() -> None:
    too_large = {"infrastructure": {"fits": Evidence("no", "25 GB needed, 20 GB here.")}}
    found = assess(answers(), ReadinessEvidence(too_large, "PASS"))
    assert found.recommendation == "not yet"
    word, why = found.standings[1].parts["fits"]
    assert (word, why) == ("no", "25 GB needed, 20 GB here. (You said yes.)")


def test_one_reason_is_enough_to_need_weights_of_ones_own() -> None:
    one = answers()
    one["need"]["api_falls_short"] = ("no", "")
    assert assess(one).standings[0].word == "yes"


def test_assess_reads_a_file_and_names_its_faults(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["assess", "--template"])
    template = capsys.readouterr().out
    (tmp_path / "a.yaml").write_text(template.replace("task: unknown", "task: {answer: yes, because: the ledger}"))
    with pytest.raises(SystemExit) as ended:
        main(["assess", str(tmp_path / "a.yaml"), "--weights", "tests", "--out", str(tmp_path / "a.html"), "--json"])
    assert ended.value.code == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["recommendation"] == "start a pilot on this task"
    assert facts["questions"][0]["parts"]["task"] == {"answer": "yes", "because": "the ledger"}
    assert facts["questions"][1]["parts"]["fits"]["answer"] == "yes"
    assert "the ledger" in (tmp_path / "a.html").read_text()
    assert parse_answer("y, the contract says so") == ("yes", "the contract says so")
    assert (parse_answer("?"), parse_answer("perhaps")) == (("unknown", ""), None)
    with pytest.raises(SystemExit) as ended:
        main(["assess"])
    assert ended.value.code == 2
    assert "not an interactive terminal" in capsys.readouterr().err
    (tmp_path / "b.yaml").write_text("need: {task: perhaps}\nmoney: {}\n")
    with pytest.raises(SystemExit) as ended:
        main(["assess", str(tmp_path / "b.yaml")])
    assert ended.value.code == 2
    assert "2 faults" in capsys.readouterr().err
