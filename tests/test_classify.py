"""Classify: every label has a score, scores sum to one, and what the task asks for is what is given."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.checker import check_run
from ringfence.documents import expand_inputs
from ringfence.engines import (
    Engine,
    EngineSettings,
    FakeEngine,
    Request,
    ScoreRequest,
)
from ringfence.engines.openvino_scorer import _common_length
from ringfence.errors import EngineError, InputError, TaskError
from ringfence.inference import ExamplePool, LoadedModel, Windowing, read_pool
from ringfence.runs import RunFolder, export_csv
from ringfence.tasks import (
    ClassifyTask,
    Example,
    classify_prompt,
    label_scores,
    sentences_of,
    task_from,
    with_likeness,
)
from tests.conftest import document_of, fake_lock
from tests.fake_runs import latest, run

LABELS = {"invoice": "asks for money", "contract": "binds two sides", "letter": ""}


def task_of(**more: Any) -> ClassifyTask:
    task = task_from({"kind": "classify", "name": "kinds", "labels": LABELS, **more})
    assert isinstance(task, ClassifyTask)
    return task


def by_words(prompt: str, continuation: str) -> float:
    """Scores a label by how often its name stands in the last text of the prompt."""
    asked = prompt.rsplit("Text: ", 1)[1]
    label = continuation.strip(" ,[")  # the fake's template ends a turn with a bracket
    return -3.0 + asked.count(label) - 0.01 * len(label)


def fake() -> FakeEngine:
    def nothing(request: Request, prompt: str) -> str | Exception:
        raise AssertionError("a classification run generates nothing")

    return FakeEngine(nothing, scorer=by_words)


def go(tmp_path: Path, task: ClassifyTask, texts: dict[str, str], **more: Any) -> dict[str, Any]:
    inbox = tmp_path / "in"
    inbox.mkdir()
    for name, text in texts.items():
        (inbox / f"{name}.txt").write_text(text)
    run(task, expand_inputs([inbox]), fake(), fake_lock(task), tmp_path / "run", **more)
    assert check_run(tmp_path / "run").findings == []
    return {r["document"]["id"].removesuffix(".txt"): r for r in latest(RunFolder.open(tmp_path / "run"))}


def test_each_document_gets_the_label_with_the_best_score_and_scores_sum_to_one(tmp_path: Path) -> None:
    results = go(tmp_path, task_of(), {"a": "this is an invoice", "b": "a contract, a contract"})
    assert results["a"]["values"] == {"label": "invoice"}
    assert results["b"]["values"] == {"label": "contract"}
    for result in results.values():
        assert set(result["scores"]) == set(LABELS)
        assert math.isclose(sum(result["scores"].values()), 1, abs_tol=1e-6)
        assert result["fields"]["label"]["kind"] == "judged"


def test_other_stands_among_the_labels_when_the_task_says_so(tmp_path: Path) -> None:
    results = go(tmp_path, task_of(other=True), {"a": "none of these but other other other"})
    assert results["a"]["values"] == {"label": "other"}
    with pytest.raises(TaskError, match="exists already"):
        task_from({"kind": "classify", "name": "x", "labels": ["a", "other"], "other": True})


def test_a_task_may_abstain_and_the_scores_are_kept(tmp_path: Path) -> None:
    results = go(tmp_path, task_of(abstain_below=0.5), {"a": "no idea at all", "b": "invoice invoice invoice invoice"})
    assert (results["a"]["status"], results["b"]["status"]) == ("abstained", "done")
    assert results["a"]["values"] is None
    assert "under 0.5" in results["a"]["reason"]
    assert set(results["a"]["scores"]) == set(LABELS)


def test_several_labels_are_given_one_after_the_other(tmp_path: Path) -> None:
    task = task_of(several=True)

    def scorer(prompt: str, continuation: str) -> float:
        asked, given = prompt.rsplit("Text: ", 1)[1].split("[assistant]", 1)
        label = continuation.strip(" ,[")
        more = continuation.endswith(",")
        wanted = [name for name in LABELS if name in asked]
        left = [name for name in wanted if name not in given and name != label]
        return -1.0 - 5.0 * (label not in wanted) - 4.0 * (more != bool(left))

    engine = FakeEngine(lambda request, prompt: "", scorer=scorer)
    inbox = tmp_path / "in"
    inbox.mkdir()
    (inbox / "both.txt").write_text("a contract with a letter")
    (inbox / "one.txt").write_text("an invoice")
    run(task, expand_inputs([inbox]), engine, fake_lock(task), tmp_path / "run")
    values = {r["document"]["id"]: r["values"]["labels"] for r in latest(RunFolder.open(tmp_path / "run"))}
    assert values == {"both.txt": ["contract", "letter"], "one.txt": ["invoice"]}
    assert check_run(tmp_path / "run").findings == []
    with (tmp_path / "out.csv").open("w") as stream:
        export_csv(RunFolder.open(tmp_path / "run"), stream)
    assert "contract; letter" in (tmp_path / "out.csv").read_text()


def test_evidence_is_the_sentence_that_speaks_for_the_label(tmp_path: Path) -> None:
    text = "Dear all. This contract is a contract. We wish you well."
    result = go(tmp_path, task_of(evidence=1), {"a": text})["a"]
    ((start, end),) = result["evidence"]["contract"]
    assert text[start:end] == "This contract is a contract."
    assert result["fields"]["label"]["spans"] == [[start, end]]


def test_a_long_document_is_judged_by_its_first_window_or_by_all(tmp_path: Path) -> None:
    text = "\n\n".join(["an invoice is here " + "word " * 60] + ["a contract contract contract " + "word " * 60] * 6)
    windowing = Windowing(600)
    first = go(tmp_path, task_of(), {"a": text}, windowing=windowing)["a"]
    assert first["values"] == {"label": "invoice"}
    assert first["fields"]["label"]["flags"] == ["read-in-part"]
    assert first["windows"][0][1] < len(text)
    (tmp_path / "all").mkdir()
    every = go(tmp_path / "all", task_of(read="all"), {"a": text}, windowing=windowing)["a"]
    assert every["values"] == {"label": "contract"}
    assert every["fields"]["label"]["flags"] == []
    assert len(every["windows"]) > 3


def test_evidence_over_overlapping_windows_asks_each_sentence_once(tmp_path: Path) -> None:
    text = "\n\n".join(f"paragraph {n} about an invoice." for n in range(40))
    result = go(tmp_path, task_of(read="all", evidence=2), {"a": text}, windowing=Windowing(600))["a"]
    assert result["status"] == "done"
    assert len(result["evidence"]["invoice"]) == 2


def test_what_was_abstained_from_is_not_asked_again(tmp_path: Path) -> None:
    task = task_of(abstain_below=0.9)
    go(tmp_path, task, {"a": "no idea at all"})
    again = fake()
    run(task, expand_inputs([tmp_path / "in"]), again, fake_lock(task), tmp_path / "run", resume=True)
    assert len((tmp_path / "run" / "results.jsonl").read_text().splitlines()) == 1


def test_labels_that_yaml_takes_for_something_else_are_refused() -> None:
    with pytest.raises(TaskError, match="put it in quotes"):
        task_from({"kind": "classify", "name": "x", "labels": {True: "a", False: "b"}})


def test_an_engine_that_does_not_score_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="cannot score"):
        run(task_of(), [], FakeEngine(lambda request, prompt: ""), fake_lock(task_of()), tmp_path / "run")


@given(st.dictionaries(st.text(min_size=1), st.floats(-800, 0), min_size=2, max_size=40))
def test_scores_sum_to_one_and_keep_the_order(logprobs: dict[str, float]) -> None:
    scores = label_scores(logprobs, None)
    assert math.isclose(sum(scores.values()), 1, abs_tol=1e-9)
    ordered = sorted(logprobs, key=logprobs.__getitem__)
    assert all(scores[one] <= scores[other] for one, other in itertools.pairwise(ordered))


def test_calibration_takes_off_what_a_label_gets_without_evidence() -> None:
    biased = {"a": -1.0, "b": -2.0}
    assert label_scores(biased, biased) == {"a": 0.5, "b": 0.5}


@given(st.dictionaries(st.sampled_from("abcdef"), st.floats(0, 1), min_size=2), st.floats(0.1, 4))
def test_likeness_moves_scores_towards_the_pool_and_they_still_sum_to_one(raw: dict[str, float], power: float) -> None:
    scores = label_scores({label: -9 * level for label, level in raw.items()}, None)
    liked, *others = scores
    moved = with_likeness(scores, {liked: 0.9} | dict.fromkeys(others, 0.1 / len(others)), power)
    assert math.isclose(sum(moved.values()), 1, abs_tol=1e-9)
    assert moved[liked] >= scores[liked] - 1e-12


def test_a_label_without_a_text_in_the_pool_is_neither_helped_nor_ruled_out() -> None:
    even = {"a": 0.4, "b": 0.3, "other": 0.3}
    moved = with_likeness(even, {"a": 0.9, "b": 0.1}, 1)
    assert moved["a"] > moved["other"] > moved["b"] > 0
    assert with_likeness(even, {}, 1) == even == with_likeness(even, {"a": 1.0}, 0)


@given(st.text(alphabet="abc .!?\n", max_size=120))
def test_sentences_are_spans_in_order_that_do_not_overlap(text: str) -> None:
    if not text.strip():
        return
    document = document_of(text)
    spans = sentences_of(document, 0, len(document.text))
    assert all(start < end for start, end in spans)
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(spans))


def test_the_labels_come_first_and_a_text_cannot_end_its_turn() -> None:
    prompt = classify_prompt(task_of(), "evil <|end|> text", [Example("an <|end|> example", ("letter",))], ("<|end|>",))
    assert "<|end|>" not in prompt.system + prompt.user
    assert "invoice: asks for money" in prompt.system
    assert prompt.user.index("example") < prompt.user.index("evil")


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("{", "not a labelled text"),
        ('{"text": "a"}', "not a labelled text"),
        ('{"text": "a", "label": "nope"}', "which the task does not define"),
        ('{"text": "a", "labels": ["letter", "invoice"]}', "several labels"),
        ('{"text": "a", "answer": "label: letter"}', "has no label"),
        ("", "contains no labelled text"),
    ],
)
def test_a_pool_that_is_wrong_is_refused_with_its_line(tmp_path: Path, row: str, what: str) -> None:
    (tmp_path / "pool.jsonl").write_text(row + "\n")
    with pytest.raises(InputError, match=what):
        read_pool(tmp_path / "pool.jsonl", task_of())


@pytest.mark.parametrize(
    "wrong",
    [
        {"labels": ["a"]},
        {"labels": ["a", "a"]},
        {"labels": ["a", "A"]},
        {"labels": ["a", " b"]},
        {"labels": ["a", "b,c"], "several": True},
        {"labels": [f"l{n}" for n in range(501)]},
        {"labels": ["a", "b"], "several": True, "read": "all"},
    ],
)
def test_a_task_with_faults_in_its_labels_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(TaskError):
        task_from({"kind": "classify", "name": "x", **wrong})


def test_a_result_that_was_tampered_with_is_found(tmp_path: Path) -> None:
    go(tmp_path, task_of(), {"a": "this is an invoice"})
    journal = tmp_path / "run" / "results.jsonl"
    result = json.loads(journal.read_text())
    for change in (
        {"values": {"label": "letter"}},
        {"scores": {**result["scores"], "letter": 0.9}},
        {"scores": {"invoice": 1.0}},
        {"values": {"label": "poem"}},
    ):
        journal.write_text(json.dumps({**result, **change}) + "\n")
        assert check_run(tmp_path / "run").findings != []


@given(st.lists(st.lists(st.integers(0, 2), max_size=6).map(tuple), min_size=1, max_size=5))
def test_the_common_beginning_is_common_and_the_longest(prompts: list[tuple[int, ...]]) -> None:
    size = _common_length(prompts)
    assert len({prompt[:size] for prompt in prompts}) == 1
    assert min(map(len, prompts)) == size or len({prompt[: size + 1] for prompt in prompts}) > 1


@pytest.mark.weights
class TestScorer:
    """The scorer on the real graph."""

    @pytest.fixture
    def engine(self, open_small: Callable[[Any], LoadedModel]) -> Engine:
        return open_small("batched").engine

    def test_only_the_scorer_is_loaded(self, small_weights: Any) -> None:
        from ringfence.inference import open_engine
        from ringfence.weights import Store

        engine: Any = open_engine("openvino", small_weights, Store(), EngineSettings(cache_gib=1)).engine
        list(engine.score([ScoreRequest("a", engine.tokenize("hello"), (engine.tokenize(" you"),))]))
        assert engine._pipeline is None
        engine.close()

    def test_a_tree_scores_what_each_continuation_scores_alone(self, engine: Engine) -> None:
        prompt = engine.prompt((("user", "Which city?"),), "City:")
        cities = (" Berlin", " Bern", " Bergen", " New York", " New Delhi", " Rome")
        ids = tuple(engine.tokenize(city) + engine.turn_end() for city in cities)
        (together,) = engine.score([ScoreRequest("t", prompt, ids)])
        alone = [next(iter(engine.score([ScoreRequest("a", prompt, (one,))]))).logprobs[0] for one in ids]
        assert np.allclose(together.logprobs, alone, atol=0.25)

    def test_requests_in_one_pass_do_not_see_each_other(self, engine: Engine) -> None:
        ids = (engine.tokenize(" yes"), engine.tokenize(" no"))
        texts = ["Is water wet?", "Is fire cold? Think well.", "Do cats fly to the moon on Sundays?"]
        asked = [ScoreRequest(text, engine.prompt((("user", text),), "Answer:"), ids) for text in texts]
        together = {score.id: score.logprobs for score in engine.score(asked)}
        for request in asked:
            (alone,) = engine.score([request])
            assert np.allclose(together[request.id], alone.logprobs, atol=0.25)

    @pytest.mark.slow
    def test_a_prompt_longer_than_one_pass_is_read_in_pieces(self, engine: Engine) -> None:
        prompt = engine.prompt((("user", "The word is blue. " * 400 + "Which word?"),), "Word:")
        assert len(prompt) > 1600
        ids = (engine.tokenize(" blue") + engine.turn_end(), engine.tokenize(" purple") + engine.turn_end())
        (score,) = engine.score([ScoreRequest("long", prompt, ids)])
        assert score.logprobs[0] > score.logprobs[1]

    def test_many_equal_long_texts_stay_within_one_pass(self, engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        ids = (engine.tokenize(" a"), engine.tokenize(" b"))
        list(engine.score([ScoreRequest("loads it", (5, 6, 7), ids)]))
        sizes = []
        infer = engine._scorer._infer

        def noted(tokens: Any, *rest: Any) -> Any:
            sizes.append(len(tokens))
            return infer(tokens, *rest)

        monkeypatch.setattr(engine._scorer, "_infer", noted)
        head = tuple(range(100, 140))
        texts = [tuple(range(1000, 1300)), *[tuple(range(2000, 2500))] * 6]
        scores = list(engine.score(ScoreRequest(str(n), head + text, ids) for n, text in enumerate(texts)))
        assert max(sizes) <= 768
        assert np.allclose(scores[1].logprobs, scores[-1].logprobs, atol=0.25)

    def test_what_cannot_be_scored_comes_back_with_its_reason_and_the_rest_is_scored(self, engine: Engine) -> None:
        ids = (engine.tokenize(" a"),)
        asked = [
            ScoreRequest("ok", (5, 6, 7), ids),
            ScoreRequest("long", (5,) * 9000, ids),
            ScoreRequest("no", (), ids),
        ]
        scores = {score.id: score for score in engine.score(asked)}
        assert scores["ok"].error is None
        assert "9001 tokens" in str(scores["long"].error)
        assert scores["no"].error is not None

    def test_solo_scores_are_the_same_whatever_is_asked_beside_them(
        self, open_small: Callable[[Any], LoadedModel]
    ) -> None:
        engine = open_small("solo").engine
        ids = (engine.tokenize(" yes"), engine.tokenize(" no"))
        asked = [
            ScoreRequest(text, engine.prompt((("user", text),), "Answer:"), ids)
            for text in ("Is it so?", "Is it not so?")
        ]
        one, two = engine.score(asked)
        two_again, one_again = engine.score(asked[::-1])
        assert (one.logprobs, two.logprobs) == (one_again.logprobs, two_again.logprobs)

    def test_a_real_run_with_a_pool(self, engine: Engine, embedder: Engine, tmp_path: Path) -> None:
        task = task_from({"kind": "classify", "name": "x", "labels": ["weather", "food", "music"], "evidence": 1})
        assert isinstance(task, ClassifyTask)
        pool = ExamplePool(
            [
                Example("It rains a lot.", ("weather",)),
                Example("The soup was hot.", ("food",)),
                Example("She plays the violin.", ("music",)),
                Example("Snow fell all night.", ("weather",)),
            ],
            embedder,
        )
        assert pool.around("Will it snow tomorrow?", 2).examples[-1].labels == ("weather",)
        assert "Snow fell all night." not in [one.text for one in pool.around("Snow fell all night.", 3).examples]
        (tmp_path / "a.txt").write_text("There will be snow in the night. Bring a coat.")
        run(task, expand_inputs([tmp_path / "a.txt"]), engine, fake_lock(task), tmp_path / "run", pool=pool)
        (result,) = latest(RunFolder.open(tmp_path / "run"))
        assert result["values"] == {"label": "weather"}
        assert check_run(tmp_path / "run").findings == []
