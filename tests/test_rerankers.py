"""Rerankers: the best passages of a search, put in order by a cross-encoder or by a language model."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.api.corpus import ask
from ringfence.api.model import Model
from ringfence.contracts import CorpusChoice
from ringfence.corpus import RERANKED, AccessRules, Corpus, CorpusView, Reranker, open_reranker, reader
from ringfence.engines import FakeEngine, Score, ScoreRequest
from ringfence.errors import EngineError, RequestRefused
from ringfence.evaluation.questions import GoldQuestion
from ringfence.evaluation.retrieval import score_retrieval
from ringfence.inference import LoadedModel
from ringfence.weights import PullOptions, Store, StoredWeights, pull

from .conftest import ringfence
from .corpora import corpus_of, word_hashes, write_files
from .encoders import make_encoder, make_judge
from .test_ask import engine_of
from .test_corpus_cli import FakeEmbedder, facts_of

pytest.importorskip("apsw", reason="needs the extra corpus")

TEXTS = {f"{n:02}.txt": f"The mat of house {n} is red." for n in range(30)}
QUESTION = "Which mat is red?"
Judgement = Callable[[str, str], float]


def cross_encoder(judgement: Judgement) -> Reranker:
    """A reranker on a cross-encoder that judges by ``judgement(question, passage)``."""
    engine = FakeEngine(lambda request, prompt: "", judgement=lambda *pair: [judgement(*pair)], labels=("label_0",))
    return Reranker(LoadedModel(engine, None, None))


def language_model(judgement: Judgement) -> Reranker:
    """A reranker on a language model that says yes to a prompt by ``judgement(prompt, prompt)``."""

    def scorer(prompt: str, continuation: str) -> float:
        return judgement(prompt, prompt) if continuation.startswith("yes") else -1.0

    return Reranker(LoadedModel(FakeEngine(lambda request, prompt: "", scorer=scorer), None, None))


KINDS = pytest.mark.parametrize("kind", [cross_encoder, language_model])


def view_with(corpus: Corpus, reranker: Reranker | None, groups: list[str] | None = None) -> CorpusView:
    return CorpusView(corpus, word_hashes().engine, None, groups or [], reranker)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return corpus_of(tmp_path_factory.mktemp("rerankers"), TEXTS)


@KINDS
def test_the_passage_that_the_weights_prefer_comes_first(kind: Callable[[Judgement], Reranker], corpus: Corpus) -> None:
    plain = view_with(corpus, None).find(QUESTION, 30)
    wanted = plain[RERANKED - 1]
    view = view_with(corpus, kind(lambda question, text: 1.0 if wanted.text in text else 0.0))
    assert [one.text for one in view.find(QUESTION, 30)] == [
        wanted.text,
        *(one.text for one in plain if one.text != wanted.text),
    ]


@given(st.lists(st.integers(-2, 2), min_size=30, max_size=30))
def test_only_the_best_change_places_and_none_is_lost(corpus: Corpus, scores: list[int]) -> None:
    values = {text: float(score) for text, score in zip(TEXTS.values(), scores, strict=True)}
    reranker = cross_encoder(lambda question, text: values[text.rpartition("\n")[2]])
    ranked = view_with(corpus, reranker).search.rank(QUESTION)
    assert ranked.reranked is not None
    assert sorted(ranked.reranked[:RERANKED]) == sorted(ranked.fused[:RERANKED])
    assert ranked.reranked[RERANKED:] == ranked.fused[RERANKED:]


def test_equal_scores_change_nothing_and_a_deeper_search_scores_nothing_again(corpus: Corpus) -> None:
    seen: list[str] = []

    def judgement(question: str, text: str) -> float:
        seen.append(text)
        return 0.0

    view = view_with(corpus, cross_encoder(judgement))
    plain = view_with(corpus, None)
    assert view.find(QUESTION, 9) == plain.find(QUESTION, 9)
    assert view.find(QUESTION, 29) == plain.find(QUESTION, 29)
    assert len(seen) == RERANKED
    view.find("Which house is red?", 9)
    assert len(seen) == 2 * RERANKED


@KINDS
def test_nothing_of_a_closed_document_reaches_the_weights(
    kind: Callable[[Judgement], Reranker], tmp_path: Path
) -> None:
    rules = AccessRules((("closed/*", ("board",)), ("*", ("everyone",))))
    texts = {"closed/pay.txt": "The mat of the director is red.", "open.txt": "The mat of the hall is red."}
    corpus, seen = corpus_of(tmp_path, texts, rules), list[str]()

    def judgement(question: str, text: str) -> float:
        seen.append(text)
        return 0.0

    assert [one.document for one in view_with(corpus, kind(judgement)).find(QUESTION, 9)] == ["open.txt"]
    assert seen
    assert not any("director" in text or "pay" in text for text in seen)
    view_with(corpus, kind(judgement), ["board"]).find(QUESTION, 9)
    assert any("director" in text for text in seen)


def test_the_lock_names_the_reranker_and_without_one_is_what_it_was(corpus: Corpus) -> None:
    plain, view = (view_with(corpus, reranker) for reranker in (None, cross_encoder(lambda *_: 0.0)))
    assert view.facts == {**plain.facts, "reranker": view.facts["reranker"]}
    assert view.facts["reranker"]["passages"] == RERANKED
    assert language_model(lambda *_: 0.0).facts["prompt"].startswith("answer/")
    assert "reranker" not in CorpusChoice(name="x", version=1).as_json()


def test_what_the_reranker_brings_is_measured_beside_the_other_stages(corpus: Corpus) -> None:
    gold = [GoldQuestion(id="1", question=QUESTION, answers=("red",), documents=("23.txt",))]
    reranker = cross_encoder(lambda question, text: float("house 23 " in text))
    scores = score_retrieval(view_with(corpus, reranker), gold)
    assert [stage.stage for stage in scores.stages] == ["full text", "meaning", "fused", "reranked"]
    assert scores.stages[-1].recall[1].value == 1
    assert scores.gain is not None
    assert scores.gain.value == scores.stages[-1].ndcg.value - scores.stages[-2].ndcg.value > 0
    assert score_retrieval(view_with(corpus, None), gold).gain is None


def test_weights_that_cannot_put_passages_in_order_are_refused() -> None:
    def script(request: Any, prompt: str) -> str:
        return ""

    entailment = FakeEngine(script, judgement=lambda *_: [0.0, 0.0, 0.0], labels=("a", "b", "c"))
    for engine, reason in ((entailment, "judge by 3 labels"), (FakeEngine(script), "neither judge pairs")):
        with pytest.raises(EngineError, match=reason) as refused:
            Reranker(LoadedModel(engine, None, None))
        assert "cross-encoder" in str(refused.value.hint)


def test_a_question_that_cannot_be_scored_fails_alone(corpus: Corpus) -> None:
    class Short(FakeEngine):
        def score(self, requests: Iterable[ScoreRequest]) -> Iterator[Score]:
            return (Score(request.id, (), error="it is too long") for request in requests)

    view = view_with(corpus, Reranker(LoadedModel(Short(lambda *_: "", scorer=lambda *_: 0.0), None, None)))
    with pytest.raises(RequestRefused, match="too long"):
        view.find(QUESTION, 3)
    result = ask(Model(LoadedModel(engine_of("Red."), None, None)), view, QUESTION)
    assert (result.status, str(result.reason).startswith("engine: ")) == ("failed", True)


class TestVerbs:
    """A tiny cross-encoder that the tests make, in a store of its own."""

    @pytest.fixture(autouse=True)
    def home(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv("RINGFENCE_HOME", str(tmp_path / "home"))
        monkeypatch.setattr(reader, "load_embedder", lambda **_: FakeEmbedder())
        pull(str(make_judge(tmp_path / "judge", ("LABEL_0",))), Store(), options=PullOptions(name="tiny-judge"))
        pull(str(make_encoder(tmp_path / "encoder")), Store(), options=PullOptions(name="tiny-encoder"))
        texts = {"a.txt": "A cat sat on the mat.", "b.txt": "The dog ran on the mat.", "c.txt": "A dog sat."}
        assert ringfence("corpus", "add", "docs", write_files(tmp_path / "files", texts)) == 0
        return tmp_path

    def test_search_takes_the_order_of_the_cross_encoder(self, capsys: pytest.CaptureFixture[str]) -> None:
        found = facts_of(capsys, "corpus", "search", "docs", "dog on the mat", "--reranker", "tiny-judge")
        scores = open_reranker("tiny-judge").scores
        view = reader.open_view(CorpusChoice(name="docs", version=0))
        fused = view.find("dog on the mat", 3)
        order = sorted(fused, key=lambda one: -scores("dog on the mat", [one])[0])
        assert [one["document"] for one in found] == [one.document for one in order]
        assert order != fused

    @pytest.mark.parametrize(
        ("name", "reason"), [("nobody", "nobody"), ("tiny-encoder", "neither judge pairs of texts nor score")]
    )
    def test_other_weights_are_refused(self, name: str, reason: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert ringfence("corpus", "search", "docs", "dog", "--reranker", name) == 2
        assert reason in capsys.readouterr().err

    def test_a_run_without_a_corpus_takes_none(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        task = write_files(home, {"task.yaml": "schema: 1\nkind: answer\n"}) / "task.yaml"
        assert ringfence("run", task, home, "--out", home / "run", "--reranker", "tiny-judge") == 2
        assert "--corpus NAME" in capsys.readouterr().err

    @pytest.mark.weights
    @pytest.mark.slow
    def test_a_run_with_a_reranker_is_replayed(
        self, home: Path, small_weights: StoredWeights, capsys: pytest.CaptureFixture[str]
    ) -> None:
        pull(str(small_weights.files / small_weights.manifest.files[0].name), Store(), options=PullOptions(name="mine"))
        files = {"task.yaml": "schema: 1\nkind: answer\n", "q/q.jsonl": json.dumps({"id": "1", "text": "Which dog?"})}
        write_files(home, files)
        for reranker in ("tiny-judge", "mine"):
            how = ("--corpus", "docs", "--weights", "mine", "--cache", "1", "--reranker", reranker)
            run = home / f"run-{reranker}"
            assert ringfence("run", home / "task.yaml", home / "q", "--out", run, *how) == 0
            stored = json.loads((run / "run.json").read_text(encoding="utf-8"))
            digest = Store().get(reranker).manifest.digest
            assert stored["sessions"][0]["made_with"]["corpus"]["reranker"] == digest
            assert stored["lock"]["data"]["corpus"]["reranker"]["digest"] == f"sha256:{digest}"
            assert facts_of(capsys, "replay", run)["totals"] == {"IDENTICAL": 1}
