"""Confidence is fitted on gold, thresholds hold their bound, and decisions follow them."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.api.run import open_run
from ringfence.cli import main
from ringfence.contracts import GoldLine, LockFacts, Result, RunFacts, SessionFacts
from ringfence.documents import ReadingOptions
from ringfence.errors import InputError
from ringfence.evaluation.calibration import choose_threshold, fit, reliability
from ringfence.evaluation.calibrator import AcceptanceTerms, Calibrator, Logistic, Threshold, read_calibrator
from ringfence.evaluation.decision_claims import decision_faults, is_decided
from ringfence.evaluation.evaluator import items_of_results
from ringfence.evaluation.features import FEATURES, feature_vector
from ringfence.evaluation.items import items_of, states_all
from ringfence.evaluation.spot_check import spot_check, spot_check_run
from ringfence.gold.file import GoldFile
from ringfence.gold.importer import read_table
from ringfence.runs import RunFolder
from ringfence.runs.decisions import decide_again
from tests.conftest import fake_lock, task_of
from tests.test_evaluation import entry, fields_of, result_of

TASK = task_of(name={"kind": "text"}, total={"kind": "text"})


def answers(count: int, seed: int = 0) -> tuple[dict[str, Result], dict[str, GoldLine]]:
    """Answers whose stored log-probability tells how likely they are right; `total` is wrong twice as often."""
    draw = np.random.default_rng(seed)
    results, gold = {}, {}
    for number in range(count):
        name = f"d{number}"
        values = {}
        fields = {}
        for field, hard in (("name", 1.0), ("total", 2.0)):
            logprob = -float(draw.exponential(0.6))
            wrong = draw.random() < 1 / (1 + np.exp(4.5 / hard + 3 * logprob))
            values[field] = "wrong" if wrong else "right"
            fields[field] = entry(
                spans=[[0, 5]], features={"v": 1, "logprob_min": logprob, "logprob_mean": logprob / 2, "tokens": 3}
            )
        results[name] = result_of(name, **values)
        results[name].fields = fields
        gold[name] = GoldLine(document=name, values={"name": "right", "total": "right"})
    return results, gold


def fitted(count: int, seed: int = 0) -> Any:
    results, gold = answers(count, seed)
    items = [item for i in gold for item in items_of(TASK, results[i], gold[i], i)]
    return fit(items, results)


def test_a_fitted_confidence_is_calibrated_where_the_models_own_is_not() -> None:
    found = fitted(400)
    before, after = reliability(found.raw, found.right), reliability(found.confidence, found.right)
    assert None not in (before.brier, before.ece, after.brier, after.ece)
    assert (after.brier or 0) < (before.brier or 0)
    assert (after.ece or 0) < 0.05 < (before.ece or 0)


def test_few_labels_share_one_model_and_enough_labels_get_their_own() -> None:
    assert set(fitted(100).models) == {"*"}
    assert set(fitted(400).models) == {"*", "name", "total"}


def test_labels_that_all_agree_still_give_a_confidence() -> None:
    results = {f"d{n}": result_of(f"d{n}", name="x") for n in range(12)}
    items = [
        item for i in results for item in items_of(TASK, results[i], GoldLine(document=i, values={"name": "x"}), i)
    ]
    found = fit(items, results)
    assert np.all((found.confidence > 0.8) & (found.confidence < 1))


def test_too_few_labels_give_no_threshold_and_say_how_many_would() -> None:
    found = fitted(25)
    assert found.threshold("value", 0.02, 0.95) is None
    assert "labels" in found.needed("value", 0.02, 0.95)


def test_a_threshold_is_stated_with_its_bound() -> None:
    found = fitted(600, seed=3)
    threshold = found.threshold("value", 0.1, 0.95)
    assert threshold is not None
    accepted = found.confidence >= threshold.at
    assert threshold.accepted == accepted.sum() > 100
    assert threshold.errors == (~found.right[accepted]).sum()
    assert threshold.errors / threshold.accepted < threshold.bound <= 0.1


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(20, 200), st.floats(0.02, 0.3))
def test_a_threshold_never_exceeds_its_target_on_the_labels_it_was_chosen_on(
    seed: int, count: int, target: float
) -> None:
    draw = np.random.default_rng(seed)
    scores = draw.random(count).round(3)
    wrong = draw.random(count) > scores
    found = choose_threshold(scores, wrong, [str(n) for n in range(count)], target)
    if found is not None:
        accepted = scores >= found.at
        assert (accepted.sum(), wrong[accepted].sum()) == (found.accepted, found.errors)
        assert found.bound <= target


def calibrator(value: float | None, document: float | None, spot: float = 0.0) -> Calibrator:
    weights = tuple(1.0 if name == "logprob_min" else 0.0 for name in FEATURES)
    model = Logistic(3.0, weights, (0.0,) * len(FEATURES), (1.0,) * len(FEATURES))
    made = [Threshold(at, 100, 80, 1, 0.04) if at is not None else None for at in (value, document)]
    return Calibrator(
        {"*": model},
        made[0],
        made[1],
        0.05,
        0.95,
        spot,
        "sha256:x",
        "sha256:g",
        "2026-01-01T00:00:00Z",
        fields=("name", "total"),
    )


def test_a_document_is_accepted_when_its_least_sure_value_is() -> None:
    results, _ = answers(60)
    for result in results.values():
        calibrator(0.9, 0.9).decide(result)
        confidences = [answer.confidence or 0 for answer in fields_of(result).values()]
        assert result.decision == ("accept" if min(confidences) >= 0.9 else "review")
        assert all(
            answer.decision == ("accept" if (answer.confidence or 0) >= 0.9 else "review")
            for answer in fields_of(result).values()
        )


def test_without_a_threshold_and_without_an_answer_everything_goes_to_review() -> None:
    results, _ = answers(5)
    failed = result_of("f", status="failed")
    failed.fields = None
    for result in [*results.values(), failed]:
        calibrator(None, None).decide(result)
        assert result.decision == "review"


def test_what_the_gold_never_stated_is_never_accepted() -> None:
    results, _ = answers(3)
    sure = calibrator(0.0, 0.0)
    for result in results.values():
        result.values = {**(result.values or {}), "extra": "x"}
        fields_of(result)["extra"] = entry(features={"v": 1, "logprob_mean": 0.0})
        sure.decide(result)
        assert result.field("extra").decision == "review"
        assert result.field("name").decision == "accept"
        assert result.decision == "review"
    listed = result_of("l", name="x", total="y", lines=[])
    decisions = []
    for judge in (sure, dataclasses.replace(sure, fields=("lines.item", "name", "total"))):
        judge.decide(listed)
        decisions.append(listed.decision)
    assert decisions == ["review", "accept"]


def test_a_document_without_a_value_is_as_unsure_in_the_fit_as_in_use() -> None:
    results, gold = answers(40)
    task = task_of(
        name={"kind": "text"}, total={"kind": "text"}, lines={"kind": "list", "fields": {"x": {"kind": "text"}}}
    )
    results["empty"] = result_of("empty", lines=[])
    gold["empty"] = GoldLine(document="empty", values={"lines": []})
    items = [item for i in gold for item in items_of(task, results[i], gold[i], i)]
    least, right, _ = fit(items, results).documents["empty"]
    assert (least, right) == (0.0, True)


def test_when_it_was_fitted_is_no_part_of_a_calibrator() -> None:
    made = calibrator(0.9, None)
    assert dataclasses.replace(made, made_at="2027-01-01T00:00:00Z").digest == made.digest
    assert dataclasses.replace(made, gold="sha256:h").digest != made.digest


def test_spot_checks_are_drawn_by_document_and_the_same_every_time() -> None:
    results, _ = answers(400)
    decided = []
    for _ in range(2):
        for result in results.values():
            calibrator(0.0, 0.0, 0.2).decide(result)
        decided.append([result.decision for result in results.values()])
    assert decided[0] == decided[1]
    assert 40 < decided[0].count("spot-check") < 120


def test_a_calibrator_that_was_changed_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    made = calibrator(0.9, None)
    made.write(path)
    assert read_calibrator(path) == made
    assert read_calibrator(path).digest == made.digest
    path.write_text(path.read_text().replace('"at": 0.9', '"at": 0.1'))
    with pytest.raises(InputError, match="changed since"):
        read_calibrator(path)


def test_features_hold_no_words_of_the_document() -> None:
    result = result_of("a", name="Secret GmbH")
    assert all(isinstance(one, float) for one in feature_vector("name", result))


def decided(document: str, decision: str, **values: Any) -> Result:
    return result_of(document, **values).model_copy(update={"decision": decision})


@pytest.mark.parametrize(("wrong", "word", "code"), [(0, "HOLDS", 0), (2, "OPEN", 0), (9, "BROKEN", 1)])
def test_a_spot_check_alarms_when_the_promise_breaks(wrong: int, word: str, code: int) -> None:
    results = {f"d{n}": decided(f"d{n}", "spot-check", name="x") for n in range(60)}
    results["other"] = decided("other", "accept", name="y")
    gold = {
        i: GoldLine(document=i, values={"name": "z" if n < wrong else "x", "total": None})
        for n, i in enumerate(results)
    }
    found = spot_check(TASK, results, gold, AcceptanceTerms())
    assert (found.checked, len(found.wrong), found.word) == (60, wrong, word)


def test_one_wrong_of_one_proves_nothing_and_an_empty_correction_is_none() -> None:
    """Nor is one that leaves a value open, for nobody knows whether that is wrong."""
    results = {i: decided(i, "spot-check", name="x") for i in ("a", "b", "c")}
    said = {"a": {"name": "z", "total": None}, "b": {}, "c": {"name": "x"}}
    corrections = {name: GoldLine(document=name, values=values) for name, values in said.items()}
    found = spot_check(TASK, results, corrections, AcceptanceTerms())
    assert (found.checked, found.wrong, found.word) == (1, ["a"], "OPEN")


def write_run(folder: Path, results: dict[str, Result]) -> str:
    made = RunFolder.create(folder)
    made.exclusive()
    lock = fake_lock(TASK)
    made.write_facts(
        RunFacts(
            task=TASK.canonical(),
            weights="w",
            lock=LockFacts(digest=lock.digest, data=lock.data),
            reading=ReadingOptions().facts("."),
            sessions=[SessionFacts(started_at="")],
            totals={"done": len(results)},
        )
    )
    for result in results.values():
        made.append(result.model_copy(update={"lock": lock.digest, "mode": "batched", "grounding": "decoded"}))
    made.release()
    return lock.digest


def test_from_calibrate_over_decide_to_spot_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results, gold = answers(500, seed=2)
    digest = write_run(tmp_path / "run", results)
    GoldFile(tmp_path / "gold.jsonl").add(gold)

    def ringfence(*arguments: str) -> int:
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        return int(ended.value.code or 0)

    saved = str(tmp_path / "c.json")
    code = ringfence(
        "calibrate",
        str(tmp_path / "run"),
        "--gold",
        str(tmp_path / "gold.jsonl"),
        "--out",
        saved,
        "--target-error",
        "0.1",
        "--spot-check",
        "0.3",
        "--json",
    )
    facts = json.loads(capsys.readouterr().out)
    assert code == 0
    assert facts["thresholds"]["value"]["bound"] <= 0.1
    assert "<svg" in (tmp_path / "c.html").read_text()
    assert read_calibrator(Path(saved)).for_lock == digest
    assert ringfence("decide", str(tmp_path / "run"), "--calibrator", saved, "--out", str(tmp_path / "decided")) == 0
    decided = RunFolder.open(tmp_path / "decided")
    assert decided.read_facts().lock.data["calibrator"] == facts["digest"]
    drawn = [result.document.id for result in decided.latest() if result.decision == "spot-check"]
    capsys.readouterr()
    ringfence("export", str(tmp_path / "decided"))
    table = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["document"] for row in table if row["decision"] == "spot-check"] == drawn
    threshold = facts["thresholds"]["value"]["at"]
    for row, result in zip(table, decided.latest(), strict=True):
        doubted = [path for path, answer in fields_of(result).items() if (answer.confidence or 0) < threshold]
        assert row["for_review"] == "; ".join(doubted)
    ringfence("spot-check", str(tmp_path / "decided"), "--calibrator", saved)
    assert capsys.readouterr().out.split() == drawn
    spot = str(tmp_path / "spot.xlsx")
    assert ringfence("spot-check", str(tmp_path / "decided"), "--calibrator", saved, "--draft", spot, "--blind") == 0
    assert [row.document for row in read_table(Path(spot), {})[0]] == drawn
    gold_file = str(tmp_path / "gold.jsonl")
    arguments = ("spot-check", str(tmp_path / "decided"), "--calibrator", saved, "--gold", gold_file)
    capsys.readouterr()
    code = ringfence(*arguments, "--json")
    checked = spot_check_run(decided, read_calibrator(Path(saved)), tmp_path / "gold.jsonl")
    assert json.loads(capsys.readouterr().out) == checked.as_json()
    assert (checked.checked, code) == (len(drawn), int(checked.word == "BROKEN"))
    ringfence(*arguments)
    assert checked.sentence in capsys.readouterr().err
    assert ringfence("spot-check", str(tmp_path / "run"), "--calibrator", saved) == 2
    assert "was not decided by this calibrator" in capsys.readouterr().err
    calibrate = ("calibrate", "--gold", gold_file, "--out", saved)
    assert ringfence(*calibrate, str(tmp_path / "decided")) == 2
    assert "already has calibrator decisions" in capsys.readouterr().err
    assert ringfence("decide", str(tmp_path / "decided"), "--calibrator", saved, "--out", str(tmp_path / "no")) == 2
    facts = RunFolder.open(tmp_path / "run").read_facts()
    RunFolder.open(tmp_path / "run").write_facts(
        facts.model_copy(update={"totals": None})
    )  # as an interrupted run leaves it
    assert ringfence("decide", str(tmp_path / "run"), "--calibrator", saved, "--out", str(tmp_path / "half")) == 2
    assert "is not finished" in capsys.readouterr().err
    assert not (tmp_path / "half").exists()


def test_an_edited_decision_is_not_what_the_calibrator_says(tmp_path: Path) -> None:
    results, gold = answers(500, seed=2)
    write_run(tmp_path / "run", results)
    GoldFile(tmp_path / "gold.jsonl").add(gold)
    with pytest.raises(SystemExit):
        main(
            [
                "calibrate",
                str(tmp_path / "run"),
                "--gold",
                str(tmp_path / "gold.jsonl"),
                "--out",
                str(tmp_path / "c.json"),
            ]
        )
    calibrator = read_calibrator(tmp_path / "c.json")
    decided = open_run(tmp_path / "run").decide(calibrator, tmp_path / "decided")
    assert list(decision_faults(decided.folder, calibrator)) == []
    assert is_decided(decided.folder)
    journal = tmp_path / "decided" / "results.jsonl"
    journal.write_text(journal.read_text().replace('"decision":"review"', '"decision":"accept"', 1))
    ((document, _, fault),) = decision_faults(decided.folder, calibrator)
    assert "accept" in fault
    assert "the calibrator says review" in fault
    assert document
    with pytest.raises(InputError, match="another calibrator"):
        list(decision_faults(RunFolder.open(tmp_path / "run"), calibrator))


def test_a_run_whose_decisions_were_interrupted_is_not_there(tmp_path: Path) -> None:
    results, _ = answers(10)
    write_run(tmp_path / "run", results)
    seen: list[str] = []

    def killed(result: Result) -> None:
        seen.append(result.document.id)
        if len(seen) == 5:
            raise KeyboardInterrupt

    source = RunFolder.open(tmp_path / "run")
    with pytest.raises(KeyboardInterrupt):
        decide_again(source, tmp_path / "out", "sha256:c", killed)
    assert not (tmp_path / "out").exists()
    decided = decide_again(source, tmp_path / "out", "sha256:c", lambda result: None)
    assert len(list(decided.latest())) == 10


def test_one_document_is_too_little_to_fit_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results, gold = answers(1)
    write_run(tmp_path / "run", results)
    GoldFile(tmp_path / "gold.jsonl").add(gold)
    with pytest.raises(SystemExit) as ended:
        main(
            [
                "calibrate",
                str(tmp_path / "run"),
                "--gold",
                str(tmp_path / "gold.jsonl"),
                "--out",
                str(tmp_path / "c.json"),
            ]
        )
    assert ended.value.code == 2
    assert "fewer than two documents" in capsys.readouterr().err


def test_a_document_whose_gold_leaves_a_value_open_is_not_wholly_right() -> None:
    results, gold = answers(80)
    fitted = fit(items_of_results(TASK, results, gold, {}), results)
    half = {name: line for number, (name, line) in enumerate(gold.items()) if number % 2}
    partly = {
        name: line if name in half else line.model_copy(update={"values": {"name": line.values["name"]}})
        for name, line in gold.items()
    }
    complete = [name for name, line in partly.items() if states_all(TASK, line)]
    assert complete == list(half)
    left = fit(items_of_results(TASK, results, partly, {}), results, complete=complete)
    assert len(fitted.documents) == 80
    assert set(half) <= set(left.documents)
    others = {name: right for name, (_, right, _) in left.documents.items() if name not in half}
    assert others, "one stated value that is wrong makes a document wrong, whatever else is open"
    assert not any(others.values())
    assert "states no document wholly" in fit([], {}).needed("document", 0.05, 0.95)
