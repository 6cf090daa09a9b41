"""The proof of a training: contenders on the same documents, and tuned weights first with larger ones for the rest."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.contracts import FieldAnswer, GoldLine, ModelOptions, Result, Usage
from ringfence.contracts.result import DocumentFacts
from ringfence.engines import FakeEngine, Request
from ringfence.errors import WeightsError
from ringfence.evaluation.evaluator import items_of_results
from ringfence.gold.source import GoldSource
from ringfence.gold.split import Split, SplitFile
from ringfence.inference import LoadedModel, Windowing
from ringfence.reports.tune_report import _plan_rows
from ringfence.runs import RunFolder
from ringfence.tasks import task_from
from ringfence.tuning import Proof, ProofHooks, ProofTerms, prove
from ringfence.tuning.cascade import Cascade, Side, by_document, cascade_of, threshold
from ringfence.tuning.data import encoded, read_labels
from ringfence.tuning.plan import Computing, Settings, plan_for
from ringfence.tuning.preparation import Prepared, TuneTerms
from ringfence.tuning.proof import with_settings
from ringfence.tuning.tuner import Tuned
from ringfence.weights import StoredWeights
from ringfence.weights.store import Manifest
from tests.conftest import task_of
from tests.letters import TASK, gold_of, letter
from tests.test_tuning import labels, write_labels

TOTAL = task_of(total={"kind": "number"})
GOLD = {str(n): GoldLine(document=str(n), values={"total": "5"}) for n in range(40)}
DEV, TEST = [str(n) for n in range(20)], [str(n) for n in range(20, 40)]


def side(name: str, right: dict[str, bool], sure: dict[str, float], seconds: float, pace: float) -> Side:
    """A side that answers every document: ``right`` or not, with the probability ``sure``."""
    results = {}
    for document, hit in right.items():
        total = "5" if hit else "6"
        entry = FieldAnswer(kind="number", raw=total, confidence=sure.get(document, 0.9))
        results[document] = Result(
            document=DocumentFacts(id=document), status="done", values={"total": total}, fields={"total": entry},
            usage=Usage(seconds=seconds),
        )  # fmt: skip
    return Side(name, results, by_document(items_of_results(TOTAL, results, GOLD, {})), pace, 10**8)


def a_cascade(tuned: dict[str, bool], larger: dict[str, bool], sure: dict[str, float]) -> Cascade:
    fast, slow = side("tuned", tuned, sure, 1.0, 60.0), side("larger", larger, {}, 5.0, 6.0)
    return cascade_of(TOTAL, fast, slow, DEV, TEST)


def test_documents_of_which_the_tuned_weights_are_unsure_go_to_the_larger_ones() -> None:
    unsure = {name for name in GOLD if int(name) % 4 == 0}
    found = a_cascade(
        {name: name not in unsure for name in GOLD}, dict.fromkeys(GOLD, True), dict.fromkeys(unsure, 0.4)
    )
    assert (found.sent, found.documents) == (5, 20)
    assert found.contender.share.right == 20
    assert found.contender.gain
    assert found.contender.gain[0] == pytest.approx(-0.25)
    # 20 documents at 60 a minute, and 5 more at 6 a minute.
    assert found.contender.pace == pytest.approx(20 / (20 / 60 + 5 / 6), abs=0.1)
    assert found.contender.size == 2 * 10**8
    assert "5 of 20 documents are passed on" in found.sentence


def test_what_the_tuned_weights_left_unanswered_is_always_passed_on() -> None:
    right = dict.fromkeys(GOLD, True)
    fast, slow = side("tuned", right, {}, 1.0, 60.0), side("larger", right, {}, 5.0, 6.0)
    failed = fast.results["25"].model_copy(update={"status": "failed", "values": None, "fields": None})
    results = {**fast.results, "25": failed}
    fast = replace(fast, results=results, items=by_document(items_of_results(TOTAL, results, GOLD, {})))
    found = cascade_of(TOTAL, fast, slow, DEV, TEST)
    assert found.sent == 1
    assert found.contender.share.right == 20


def test_larger_weights_that_are_no_better_get_nothing() -> None:
    right = {name: int(name) % 3 > 0 for name in GOLD}
    found = a_cascade(right, right, {name: 0.5 + int(name) / 100 for name in GOLD if int(name) < 20})
    assert found.contender.gain == (0.0, 0.0, 0.0)
    assert found.contender.share.right == sum(right[name] for name in TEST)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.sampled_from([0.2, 0.5, 0.8])), max_size=12))
def test_on_the_dev_part_a_cascade_is_never_worse_than_the_tuned_weights_or_the_larger_ones(
    rows: list[tuple[int, int, float]],
) -> None:
    tuned = {str(n): row[0] for n, row in enumerate(rows)}
    larger = {str(n): row[1] for n, row in enumerate(rows)}
    doubts = {str(n): row[2] for n, row in enumerate(rows)}
    above = threshold(tuned, larger, doubts)
    taken = [larger[name] if doubt > above else tuned[name] for name, doubt in doubts.items()]
    assert sum(taken) >= max(sum(tuned.values()), sum(larger.values()))


def test_a_cascade_that_passes_nothing_on_says_so() -> None:
    found = a_cascade(dict.fromkeys(GOLD, True), dict.fromkeys(GOLD, False), {})
    assert found.sent == 0
    assert "nothing is passed on" in found.sentence


def test_weights_that_were_not_tuned_are_shown_the_labels_that_the_task_leaves_out() -> None:
    task = task_from(
        {"schema": 1, "kind": "classify", "name": "inbox", "labels": {"invoice": "", "offer": ""}, "list_labels": False}
    )
    assert with_settings(task, list_labels=True).canonical() == {
        name: value for name, value in task.canonical().items() if name != "list_labels"
    }
    assert with_settings(TASK, list_labels=True) == TASK


def answer_of(request: Request, prompt: str, wrong: bool) -> str:
    """The lines for the letter that the prompt ends with; without a seller if ``wrong``."""
    shown = prompt.rpartition("Document:")[2]
    number = next(n for n in range(60) if gold_of(n)["seller"] in shown)
    seller = "null" if wrong else gold_of(number)["seller"]
    day = f"{1 + number % 27:02}.03.2024"
    return f" {seller}\nday: {day}\ntotal: {gold_of(number)['total']['amount']}\n"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("proof")


@pytest.fixture(scope="module")
def proven(place: Path) -> Proof:
    """A proof on fake engines, of which only ``small`` leaves the seller out."""
    with pytest.MonkeyPatch.context() as patch:
        return proof_of_fakes(place, patch)


def proof_of_fakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, like: Path | None = None) -> Proof:
    of = labels(dev=6)
    gold = write_labels(tmp_path, of)

    def load(options: ModelOptions, *_: Any) -> LoadedModel:
        fake = FakeEngine(lambda request, prompt: answer_of(request, prompt, options.weights == "small"))
        return LoadedModel(fake, None, None, options=options)

    monkeypatch.setattr("ringfence.tuning.contender_runs.load_model", load)

    def no_network() -> LoadedModel:
        raise WeightsError("They cannot be pulled.", "Pull them elsewhere.")

    monkeypatch.setattr("ringfence.tuning.proof.state_of", lambda name: SimpleNamespace(usable=True))
    monkeypatch.setattr("ringfence.inference.answerer.load_embedder", no_network)
    weights = {
        name: StoredWeights(tmp_path, Manifest(name, name * 64, (), "Apache-2.0", "here", "now"))
        for name in ("small", "better")
    }
    engine = FakeEngine(lambda request, prompt: "")
    train, _ = encoded(of, "calibration", engine, Windowing())
    small = weights["small"]
    prepared = Prepared(
        of, small, small, TuneTerms(settings=Settings()), train, [], cast(Any, SimpleNamespace(as_json=dict)),
        cast(Any, None), "fake", 100_000, 1.0,
    )  # fmt: skip
    published = cast(Any, SimpleNamespace(merged=weights["better"]))
    tuned = Tuned(prepared, published, [], cast(Any, None), 0.0, [], {})
    terms = ProofTerms(against=("larger",), ranker=False, like=like)
    monkeypatch.setattr("ringfence.tuning.preparation.configuration_digest", lambda facts, plan: "sha256:0")
    source = GoldSource(None, TASK, (str(tmp_path / "letters"),))
    said: list[str] = []
    proof = prove(tuned, gold, source, tmp_path / "proof", terms, ProofHooks(said.append))
    assert "Left out: small + retrieved examples. They cannot be pulled. Pull them elsewhere." in said
    assert ("Answering: larger, from the other proof" in said) is (like is not None)
    return proof


def test_a_proof_asks_nothing_again_that_another_proof_on_the_same_gold_has(
    proven: Proof, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for run in (place / "proof").iterdir():  # results of its own show that they were copied
        assert run.name == "test.json" or (run / "results.jsonl").exists()
    again = proof_of_fakes(tmp_path, monkeypatch, place)
    assert [one.share for one in again.contenders] == [one.share for one in proven.contenders]
    for name in ("larger", "small", "small+3fixedexamples"):
        first, second = (at / "proof" / name / "results.jsonl" for at in (place, tmp_path))
        assert second.read_bytes() == first.read_bytes()


def test_the_base_is_tried_with_fixed_examples_which_its_run_keeps_and_its_lock_names(
    proven: Proof, place: Path
) -> None:
    by_name = {one.name: one for one in proven.contenders}
    assert list(by_name)[:4] == ["tuned", "small", "larger", "small + 3 fixed examples"]
    assert by_name["small"].gain
    assert by_name["small"].gain[0] == pytest.approx(1 / 3)
    folder = RunFolder.open(place / "proof" / "small+3fixedexamples")
    kept = [json.loads(line) for line in folder.pool.read_text().splitlines()]
    shown = {kept_one["text"] for kept_one in kept}
    assert len(shown) == 3
    assert shown <= {letter(number) for number in range(40)}, "only documents that were trained on"
    facts = folder.lock().data
    assert facts["few_shot"]
    assert (facts["task"]["shown"], facts["task"]["examples"]) == ("first", 3)


def test_both_sides_of_a_cascade_answer_the_dev_part_too_which_chooses_what_is_passed_on(
    proven: Proof, place: Path
) -> None:
    (cascade,) = proven.cascades
    assert cascade.contender.name == "tuned, then larger"
    assert cascade.documents == proven.documents == 10
    assert cascade.contender.documents.total == 10
    for name, count in (("tuned", 16), ("larger", 16), ("small", 10)):  # dev and test, and test alone
        assert len(list(RunFolder.open(place / "proof" / name).latest())) == count
    assert proven.as_json()["cascades"][0]["sent"] == cascade.sent


FRUIT = task_from({"kind": "classify", "name": "fruit", "labels": ["apple", "pear"], "list_labels": False})


def fruit(number: int) -> tuple[str, str]:
    """A note and its label; a third of the notes says nothing that the model knows."""
    label = ("apple", "pear")[number % 2]
    word = {"apple": "cider", "pear": "perry"}[label] if number % 3 == 0 else label
    return f"{word} {number}", label


def proof_of_fruit(place: Path, monkeypatch: pytest.MonkeyPatch, known: tuple[str, ...]) -> Proof:
    """The proof of weights that know some words, and an embedder that knows the kinds of fruit of all."""
    names = [f"{n}.txt" for n in range(60)]
    (place / "notes").mkdir()
    for number, name in enumerate(names):
        (place / "notes" / name).write_text(fruit(number)[0])
    lines = [GoldLine(document=name, values={"label": fruit(n)[1]}) for n, name in enumerate(names)]
    gold = place / "gold.jsonl"
    gold.write_text("".join(json.dumps(line.as_json()) + "\n" for line in lines))
    parts = {"calibration": names[:40], "dev": names[40:50], "test": names[50:]}
    SplitFile(gold).write(Split(parts, {name: name for name in names}, {}, 0, None, "2026-01-01T00:00:00+00:00"))

    def level(prompt: str, continuation: str) -> float:
        text = prompt.rpartition("Text:")[2] or prompt
        sure = any(word in text for word in known) and continuation.strip().startswith(fruit_of(text))
        return -0.1 if sure else -1.0 - 0.1 * ("pear" in continuation)

    def fruit_of(text: str) -> str:
        return "pear" if "perry" in text or "pear" in text else "apple"

    def load(options: ModelOptions, *_: Any) -> LoadedModel:
        return LoadedModel(FakeEngine(lambda *_: "", scorer=level), None, None, options=options)

    def meaning(text: str, _: str) -> list[float]:
        return [1.0, 0.0] if fruit_of(text) == "apple" else [0.0, 1.0]

    monkeypatch.setattr("ringfence.tuning.contender_runs.load_model", load)
    monkeypatch.setattr("ringfence.tuning.proof.state_of", lambda name: SimpleNamespace(usable=True))
    embedder = LoadedModel(FakeEngine(lambda *_: "", embedder=meaning), None, None)
    monkeypatch.setattr("ringfence.inference.answerer.load_embedder", lambda: embedder)
    source = GoldSource(None, FRUIT, (str(place / "notes"),))
    of = read_labels(gold, source)
    engine = FakeEngine(lambda *_: "", scorer=level)
    train, _ = encoded(of, "calibration", engine, Windowing())
    weights = StoredWeights(place, Manifest("small", "small" * 13, (), "Apache-2.0", "here", "now"))
    prepared = Prepared(
        of, weights, weights, TuneTerms(settings=Settings()), train, [], cast(Any, SimpleNamespace(as_json=dict)),
        cast(Any, None), "fake", 100_000, 1.0,
    )  # fmt: skip
    monkeypatch.setattr("ringfence.tuning.preparation.configuration_digest", lambda facts, plan: "sha256:0")
    tuned = Tuned(prepared, cast(Any, SimpleNamespace(merged=weights)), [], cast(Any, None), 0.0, [], {})
    return prove(tuned, gold, source, place / "proof", ProofTerms(ranker=False), ProofHooks())


def test_where_labels_are_chosen_the_tuned_weights_are_judged_in_the_form_that_the_dev_part_prefers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proof = proof_of_fruit(tmp_path, monkeypatch, known=("apple", "pear"))
    judged, by_name = proof.contenders[0], {each.name: each for each in proof.contenders}
    assert proof.form == judged.name == "tuned + likeness"
    assert judged.share.share > by_name["tuned"].share.share
    assert by_name["tuned"].gain
    assert by_name["tuned"].gain[0] > 0
    assert proof.pool == tmp_path / "proof" / "tuned+likeness" / "pool.jsonl"
    pool = [json.loads(line)["text"] for line in proof.pool.read_text().splitlines()]
    assert set(pool) == {fruit(number)[0] for number in range(40)}, "only documents that were trained on"
    task = RunFolder.open(tmp_path / "proof" / "tuned+likeness").lock().data["task"]
    assert (task["examples"], task["likeness"], task["list_labels"]) == (0, 1.0, False)
    assert "tuned" not in proof.sentence.removeprefix("Tuned").partition("than the best, ")[2], "a form is no rival"


def test_likeness_that_adds_nothing_is_not_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    proof = proof_of_fruit(tmp_path, monkeypatch, known=("apple", "pear", "cider", "perry"))
    assert (proof.form, proof.pool) == ("tuned", None)
    assert "tuned + likeness" in {each.name for each in proof.contenders}


def test_the_page_shows_the_plan_of_the_machine_that_trained() -> None:
    here = Computing(bfloat16=True)
    plan = plan_for(Settings(), parameters=10**8, context=2048, longest=300, documents=200, computing=here)
    tuned: Any = SimpleNamespace(prepared=SimpleNamespace(plan=plan), card={"plan": {**plan.as_json(), "micro": 16384}})
    shown = {name: (value, why) for name, value, why in _plan_rows(tuned)}
    assert shown["micro"] == ("16384", "chosen by the machine that trained")
    assert shown["rank"][1] == plan.reasons["rank"]
