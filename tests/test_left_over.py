"""A second run answers what a first one leaves, and both together are one table of answers."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ringfence.api.model import Model, RunDetails
from ringfence.checker import check_run
from ringfence.contracts import Result
from ringfence.documents import expand_inputs
from ringfence.engines import FakeEngine
from ringfence.errors import InputError, RunError
from ringfence.evaluation.evaluator import evaluate_run
from ringfence.gold.corrections import corrected_run
from ringfence.inference import LoadedModel
from ringfence.labels.doubts import UNANSWERED, DoubtReader
from ringfence.labels.left_over import left_by
from ringfence.runs import RunFolder, export_run, products_of
from ringfence.runs.decisions import decide_again
from ringfence.runs.joined_run import join_runs
from tests.conftest import ringfence, task_of
from tests.fake_runs import latest, run_fake

TASK = task_of(total={"kind": "money"})
TOTALS = {"a.txt": "10.00", "b.txt": "20.00", "c.txt": "30.00"}


def reads(answers: dict[str, str]) -> FakeEngine:
    """An engine that answers each document, told by its letter, with an amount."""
    return FakeEngine(
        lambda request, prompt: f" {next(v for name, v in answers.items() if f'Letter {name}' in prompt)}\n"
    )


SMALL = reads({"a.txt": "10.00", "b.txt": "99.00", "c.txt": "99.00"})
LARGE = reads(TOTALS)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for name, total in TOTALS.items():
        (folder / name).write_text(f"Letter {name}\nTotal {total}\nDeposit 99.00\n")
    (folder / "d.txt").write_text("")
    return folder


@pytest.fixture
def first(inbox: Path, tmp_path: Path) -> RunFolder:
    """A decided run of the small model, which accepts only what it read of a.txt."""
    run_fake(TASK, expand_inputs([inbox]), SMALL, tmp_path / "first", weights={"name": "small"})

    def decide(result: Result) -> None:
        result.decision = "accept" if result.document.id == "a.txt" else "review"

    return decide_again(RunFolder.open(tmp_path / "first"), tmp_path / "decided", "sha256:0", decide)


@pytest.fixture
def second(first: RunFolder, tmp_path: Path) -> RunFolder:
    """A run of the large model over what the first leaves."""
    details = RunDetails(left_by=left_by(first.path, TASK))
    model = Model(LoadedModel(LARGE, None, None))
    return model.run(TASK, (), tmp_path / "second", details=details).folder


def totals(folder: RunFolder) -> dict[str, Any]:
    return {
        result["document"]["id"]: (result["values"] or {}).get("total", {}).get("amount") for result in latest(folder)
    }


def test_a_run_leaves_what_its_calibrator_did_not_accept_and_what_it_did_not_answer(first: RunFolder) -> None:
    left = left_by(first.path, TASK)
    assert left.documents == {"b.txt", "c.txt", "d.txt"}
    assert sorted(source.id for source in left.sources) == ["b.txt", "c.txt", "d.txt"]
    assert "leaves 3 of 4 documents" in left.sentence


def test_the_second_run_answers_only_what_was_left(second: RunFolder, first: RunFolder) -> None:
    assert totals(second) == {"b.txt": "20.00", "c.txt": "30.00", "d.txt": None}
    assert second.read_facts().sessions[0].made_with.left_by == str(first.path)
    assert check_run(second.path).findings == []


def test_both_runs_are_one_with_the_answer_of_the_first_that_answered(second: RunFolder, first: RunFolder) -> None:
    joined = join_runs([second, first])
    assert totals(joined) == {"a.txt": "10.00", "b.txt": "20.00", "c.txt": "30.00", "d.txt": None}
    assert str(joined.totals()).startswith("4 documents: 3 done, 1 failed")
    assert totals(join_runs([first, second])) == {"a.txt": "10.00", "b.txt": "99.00", "c.txt": "99.00", "d.txt": None}


def test_an_answer_counts_more_than_a_failure_of_an_earlier_run(first: RunFolder, inbox: Path, tmp_path: Path) -> None:
    fails = FakeEngine(lambda request, prompt: RuntimeError("no room"))
    run_fake(TASK, expand_inputs([inbox]), fails, tmp_path / "failed")
    assert totals(join_runs([RunFolder.open(tmp_path / "failed"), first]))["a.txt"] == "10.00"


def test_a_doubt_says_what_is_left_where_there_is_no_calibrator(first: RunFolder, tmp_path: Path) -> None:
    undecided = tmp_path / "first"
    doubts = {result.document.id: DoubtReader(TASK).about(result) for result in RunFolder.open(undecided).latest()}
    assert doubts["d.txt"] == UNANSWERED
    assert left_by(undecided, TASK, 1.0).documents == {"d.txt"}
    assert left_by(undecided, TASK, 0.0).documents == {"a.txt", "b.txt", "c.txt", "d.txt"}
    for name, doubt in doubts.items():
        if doubt <= 1:
            assert name not in left_by(undecided, TASK, doubt).documents
    with pytest.raises(InputError, match="which of its answers are good enough"):
        left_by(undecided, TASK)


def test_runs_that_cannot_be_joined_say_why(first: RunFolder, inbox: Path, tmp_path: Path) -> None:
    other = task_of(date={"kind": "date"})
    with pytest.raises(InputError, match="answers another task"):
        left_by(first.path, other)
    run_fake(other, expand_inputs([inbox]), FakeEngine(lambda request, prompt: " null\n"), tmp_path / "other")
    with pytest.raises(InputError, match="answers another task"):
        join_runs([first, RunFolder.open(tmp_path / "other")])
    (inbox / "b.txt").write_text("Letter b.txt\nTotal 20.00 EUR\n")
    run_fake(TASK, expand_inputs([inbox]), LARGE, tmp_path / "later")
    with pytest.raises(RunError, match=r"b\.txt has another content"):
        join_runs([first, RunFolder.open(tmp_path / "later")])


def test_a_run_that_is_not_finished_leaves_nothing_yet(first: RunFolder) -> None:
    facts = first.read_facts()
    facts.totals = None
    first.write_facts(facts)
    with pytest.raises(RunError, match="not finished"):
        left_by(first.path, TASK)


def test_an_export_of_both_names_who_answered_and_both_remember_it(
    second: RunFolder, first: RunFolder, tmp_path: Path
) -> None:
    for folder, weights in ((first, "small"), (second, "large")):
        facts = folder.read_facts()
        facts.weights = weights
        folder.write_facts(facts)
    table = tmp_path / "both.csv"
    assert export_run(join_runs([second, first]), table) == 4
    with table.open(encoding="utf-8-sig", newline="") as stream:
        rows = {row["document"]: row for row in csv.DictReader(stream)}
    assert {name: row["answered_by"] for name, row in rows.items()} == {
        "a.txt": "small", "b.txt": "large", "c.txt": "large", "d.txt": "large",
    }  # fmt: skip
    assert rows["a.txt"]["decision"] == "accept"
    assert rows["b.txt"]["total_amount"] == "20.00"
    assert [product.path for folder in (first, second) for product in products_of(folder)] == [table, table]


def gold_of(tmp_path: Path) -> Path:
    path = tmp_path / "gold.jsonl"
    values = ({"document": name, "values": {"total": {"amount": total}}} for name, total in TOTALS.items())
    path.write_text("".join(json.dumps(line) + "\n" for line in values))
    return path


def test_both_are_evaluated_together_and_by_who_answered(second: RunFolder, first: RunFolder, tmp_path: Path) -> None:
    gold = gold_of(tmp_path)
    alone, both = evaluate_run(first, gold), evaluate_run(join_runs([second, first]), gold)
    assert [one.evaluation.fields[0].exact.right for one in (alone, both)] == [1, 3]
    assert str(first.path) in both.facts.run
    assert str(second.path) in both.facts.run
    assert set(both.slices["answered by"]) >= set(TOTALS)
    assert "answered by" not in alone.slices


def test_corrections_cover_documents_of_both(second: RunFolder, first: RunFolder, tmp_path: Path) -> None:
    corrected = corrected_run(join_runs([second, first]), gold_of(tmp_path))
    assert len(corrected.corrections) == 3
    assert len(totals(corrected)) == 4


def test_the_command_line_goes_on_with_what_is_left(
    first: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @contextmanager
    def opened(options: Any) -> Iterator[Model]:
        yield Model(LoadedModel(LARGE, None, None))

    monkeypatch.setattr("ringfence.cli.run.opened", opened)
    task, out, gold = tmp_path / "task.yaml", tmp_path / "second", gold_of(tmp_path)
    task.write_text(json.dumps(TASK.canonical()))
    assert ringfence("run", task, "--left-by", first.path, "--out", out) == 3  # the empty file fails again
    assert "leaves 3 of 4 documents" in capsys.readouterr().err
    assert ringfence("run", task, "--left-by", first.path, "--out", out, "--resume") == 3
    assert ringfence("export", out, first.path, "--out", tmp_path / "both.csv") == 0
    assert ringfence("evaluate", out, first.path, "--gold", gold, "--json") == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["run"] == f"{out}, {first.path}"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--left-by", "RUN", "in"], "takes its documents from the run"),
        (["--doubt", "0.5", "in"], "Name the run: --left-by RUN"),
        (["--left-by", "nowhere"], "There is no run"),
    ],
)
def test_what_does_not_go_together_is_refused(
    first: RunFolder, tmp_path: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    task = tmp_path / "task.yaml"
    task.write_text(json.dumps(TASK.canonical()))
    given = [str(first.path) if one == "RUN" else one for one in arguments]
    assert ringfence("run", task, *given, "--out", tmp_path / "out") == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
