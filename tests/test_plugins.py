"""A stranger's distribution in tests/plugin brings a reader, weights source, engine, metric and kind of task."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import REPOSITORY

PLUGIN = REPOSITORY / "tests" / "plugin"
HEADLINE = "BERTH 7 IS CLOSED ON MONDAY"


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own, where the plugin is installed and the store is empty."""
    environment = {"PYTHONPATH": str(PLUGIN), "RINGFENCE_HOME": str(folder / "store"), "PATH": os.environ["PATH"]}
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, cwd=folder, env=environment, check=False
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the plugin works."""
    return tmp_path_factory.mktemp("plugin")


@pytest.fixture(scope="module")
def told(folder: Path) -> dict[str, Any]:
    """What the plugin's parts did (tests/plugin/try_shout.py)."""
    done = _run(folder, str(PLUGIN / "try_shout.py"), str(folder))
    assert done.returncode == 0, done.stderr
    facts: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return facts


def test_a_strangers_reader_reads_its_files(told: dict[str, Any]) -> None:
    assert told["extensions"] == ["shout"]
    assert told["reader"] == "FROM: THE HARBOUR OFFICE\n\nBERTH 7 IS CLOSED ON MONDAY\n"
    assert told["results"]["a.shout"]["document"]["read_by"] == "shout/1"
    assert told["lock"]["readers"]["shout"] == 1


def test_weights_of_a_strangers_source_are_pulled_once(told: dict[str, Any]) -> None:
    assert told["weights"] == {"name": "loud", "licence": "Apache-2.0"}
    assert told["again"]


def test_a_strangers_engine_keeps_the_protocol(told: dict[str, Any]) -> None:
    assert "shout" in told["engines"]
    assert set(told["conformance"].values()) <= {"kept", "not offered"}, told["conformance"]
    for check in ("accounted", "limits", "cancellation", "serving", "control tokens"):
        assert told["conformance"][check] == "kept"
    assert told["lock"]["engine"]["name"] == "shout"
    assert told["replay"] == ["IDENTICAL", "IDENTICAL"]


def test_a_strangers_kind_of_task_runs_and_is_grounded(told: dict[str, Any]) -> None:
    assert "headline" in told["kinds"]
    assert told["in_schema"]
    assert told["task"]["most_words"] == 6
    assert told["lock"]["prompt"] == "headline/1"
    good, other = told["results"]["a.shout"], told["results"]["b.txt"]
    assert (good["status"], good["values"]) == ("done", {"headline": HEADLINE})
    ((start, end),) = good["fields"]["headline"]["spans"]
    assert told["reader"][start:end] == HEADLINE
    assert good["grounding"] == "verified"  # this engine takes no grammar
    assert other["values"] == {"headline": None}  # it wrote a line in capitals that the document does not have
    assert other["fields"]["headline"]["flags"] == ["not-in-document"]
    assert told["findings"] == []


def test_a_strangers_kind_is_held_to_the_grammar_of_an_engine_that_takes_one(told: dict[str, Any]) -> None:
    decoded = told["decoded"]
    assert decoded["grammar"] == 'root ::= "Minutes of the meeting"\n'  # the other line has more than six words
    assert decoded["result"]["values"] == {"headline": "Minutes of the meeting"}
    assert decoded["result"]["grounding"] == "decoded"


def test_a_strangers_checker_finds_a_wrong_span(told: dict[str, Any]) -> None:
    assert told["tampered"] == [["a.shout", "headline", "it is not a whole line of the document"]]


def test_a_strangers_metric_is_part_of_the_evaluation(told: dict[str, Any]) -> None:
    spoken = told["evaluation"]["metrics"]["spoken"]
    assert (spoken["right"], spoken["n"]) == (1, 2)


def test_the_command_line_knows_a_strangers_kind(folder: Path, told: dict[str, Any]) -> None:
    done = _run(folder, "-m", "ringfence", "tasks", "check", "notes.yaml")
    assert done.returncode == 0, done.stderr
    assert "a headline of at most 6 words" in done.stderr
    (folder / "bad.yaml").write_text("schema: 1\nkind: headline\nname: notes\nmost_words: 99\n")
    done = _run(folder, "-m", "ringfence", "tasks", "check", "bad.yaml")
    assert done.returncode == 2
    assert "line 4" in done.stderr
    done = _run(folder, "-m", "ringfence", "check", "run")
    assert done.returncode == 0, done.stderr


def test_without_the_plugin_the_kind_is_unknown_and_the_error_says_what_is_installed() -> None:
    from ringfence.errors import TaskError
    from ringfence.tasks import load_task

    with pytest.raises(TaskError) as caught:
        load_task({"kind": "headline", "name": "notes"})
    assert "extract" in str(caught.value)
