"""The evaluation of a corpus: bounds chosen on other questions, the check's own error, slices."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.api.corpus_evaluation import EvaluationTerms, evaluate_corpus
from ringfence.api.model import Model
from ringfence.contracts import Claim, CorpusAnswer, DocumentFacts, Result
from ringfence.engines import FakeEngine
from ringfence.errors import InputError
from ringfence.evaluation.answers import judge_answer
from ringfence.evaluation.bounds import choose_bounds, dev_part, under_bounds
from ringfence.evaluation.check_errors import Journal, check_pairs, measure_check
from ringfence.evaluation.questions import GoldQuestion, read_questions
from ringfence.inference import LoadedModel
from ringfence.runs import RunFolder
from ringfence.tasks import AnswerTask

from .corpora import corpus_of, view_of, write_files
from .test_ask import TEXTS, passage

pytest.importorskip("apsw", reason="needs the extra corpus")

QUESTIONS = [
    GoldQuestion(id=f"{number}", question="What is paid?", answers=("1,200 euros",) if number % 2 else ())
    for number in range(20)
]


def answered(
    question: GoldQuestion,
    answerable: float,
    support: float,
    faults: tuple[str, ...] = (),
    relevance: float | None = None,
) -> Result:
    scores = {"support": support, "relevance": relevance}
    claim = Claim(text="They pay 1,200 euros.", verdict="supported", faults=list(faults), **scores)
    behind = CorpusAnswer(corpus="c", version=1, claims=[claim], answerable=answerable)
    values = {"answer": claim.text}
    return Result(document=DocumentFacts(id=question.id), status="done", values=values, from_corpus=behind)


class TestBounds:
    @given(st.floats(0.05, 0.9), st.integers(0, 99))
    def test_the_part_to_choose_on_has_questions_of_both_kinds_and_none_twice(self, share: float, seed: int) -> None:
        part = dev_part(QUESTIONS, share, seed)
        assert len({question.id for question in part}) == len(part)
        assert sum(question.answerable for question in part) == sum(not question.answerable for question in part)
        assert part == dev_part(QUESTIONS, share, seed)

    def test_they_lie_between_what_has_an_answer_and_what_has_none(self) -> None:
        results = {q.id: answered(q, 0.85 if q.answerable else 0.65, 0.75) for q in QUESTIONS}
        bounds = choose_bounds(QUESTIONS, results)
        assert (bounds.answerable, bounds.support, bounds.handled) == (0.85, 0.7, 20)

    @pytest.mark.parametrize(
        ("answerable", "support", "relevance", "faults", "shown"),
        [
            (0.9, 0.9, 0.9, (), True),
            (0.9, 0.9, None, (), True),
            (0.7, 0.9, 0.9, (), False),
            (0.9, 0.4, 0.9, (), False),
            (0.9, 0.9, 0.6, ("no answer",), False),
            (0.9, 0.9, 0.9, ("number: 5",), False),
        ],
    )
    def test_an_answer_under_stricter_bounds(
        self, answerable: float, support: float, relevance: float | None, faults: tuple[str, ...], shown: bool
    ) -> None:
        result = under_bounds(answered(QUESTIONS[1], answerable, support, faults, relevance), 0.8, 0.5, 0.7)
        assert (result.value("answer") is not None) == shown


SENTENCE = "The tenant, Acme Ltd, pays 1,200 euros a month."
OIL = "The pump AB-1234/5 is changed after 500 hours."


def gold_of(folder: Path, *lines: dict[str, Any]) -> Path:
    return write_files(folder, {"gold.jsonl": "\n".join(map(json.dumps, lines))}) / "gold.jsonl"


def lines_of(count: int) -> list[dict[str, Any]]:
    rent = {"question": "What does the tenant pay?", "answers": ["1,200 euros"], "sentences": [SENTENCE]}
    oil = {"question": "When is the oil of the pump changed?", "answers": ["500 hours"], "documents": ["b/oil.txt"]}
    return [
        {"id": "oil", "topic": "pumps", "sentences": [OIL], **oil},
        *({"id": f"rent {n}", "topic": "leases", **rent} for n in range(count)),
        *({"id": f"owner {n}", "topic": "leases", "question": "Who is the landlord?"} for n in range(count)),
    ]


def model_that(supports: Any) -> Model:
    def scorer(prompt: str, continuation: str) -> float:
        if "Do the passages contain the answer" in prompt:
            return -0.3 if continuation.startswith("yes") == ("landlord" not in prompt) else -1.5
        held = "Source:\n(empty)" not in prompt and supports(prompt)
        return -0.01 if continuation.startswith(" supported") == held else -5.0

    return Model(LoadedModel(FakeEngine(lambda request, prompt: SENTENCE, scorer=scorer), None, None))


@pytest.fixture
def view(tmp_path: Path) -> Any:
    return view_of(corpus_of(tmp_path, {**TEXTS, "b/oil.txt": f"# Pump\n\n{OIL}\n"}))


@pytest.mark.parametrize(
    ("said", "page", "holds"),
    [({}, 9, False), ({"pages": [9]}, 9, True), ({"pages": [9, 10]}, 11, False), ({"documents": ["b"]}, 9, False)],
)
def test_a_place_is_right_by_document_and_page(said: dict[str, Any], page: int, holds: bool) -> None:
    question = GoldQuestion(id="1", question="What?", answers=("x",), **said)
    assert question.holds(passage("It is x.", document="a", page=page)) == holds


def test_numbers_are_compared_with_their_sign_and_decimals() -> None:
    def right(answer: str, gold: str) -> bool:
        question = GoldQuestion(id="1", question="How many?", answers=(gold,))
        result = Result(document=DocumentFacts(id="1"), status="done", values={"answer": answer})
        return judge_answer(question, result).outcome == "right"

    assert not right("It is 125 percent.", "12,5 percent")
    assert not right("It is 5 degrees.", "-5 degrees")
    assert right("It is 12.5 percent.", "12,5 percent")
    assert right("It is 1,250 units.", "1250 units")


class TestCheck:
    def test_pairs_are_true_with_their_own_passage_only(self, view: Any, tmp_path: Path) -> None:
        questions = read_questions(gold_of(tmp_path, *lines_of(1)))
        pairs = check_pairs(view, questions)
        made = {(pair.kind, pair.claim, pair.passage.document) for pair in pairs}
        assert made == {
            ("its own passage", SENTENCE, "lease.txt"),
            ("a number changed", SENTENCE.replace("1,200", "1,203"), "lease.txt"),
            ("another passage", SENTENCE, "b/oil.txt"),
            ("its own passage", OIL, "b/oil.txt"),
            ("a number changed", OIL.replace("1234", "1237"), "b/oil.txt"),
            ("negated", OIL.replace("is changed", "is not changed"), "b/oil.txt"),
            ("another passage", OIL, "lease.txt"),
        }

    def test_what_code_and_meaning_let_pass_is_counted_apart(self, view: Any, tmp_path: Path) -> None:
        pairs = check_pairs(view, read_questions(gold_of(tmp_path, *lines_of(1))))
        engine = model_that(lambda prompt: "not changed" not in prompt).loaded.engine
        found = {row.kind: row for row in measure_check(engine, AnswerTask(kind="answer"), pairs)}
        assert (found["its own passage"].both.share, found["its own passage"].supported) == (1.0, True)
        assert (found["a number changed"].code.share, found["a number changed"].meaning.share) == (0.0, 1.0)
        assert (found["negated"].code.share, found["negated"].meaning.share) == (0.0, 0.0)
        assert found["another passage"].both.share == 0.0

    def test_an_interrupted_measurement_goes_on_and_changes_nothing(self, view: Any, tmp_path: Path) -> None:
        pairs = check_pairs(view, read_questions(gold_of(tmp_path, *lines_of(1))))
        task, file = AnswerTask(kind="answer"), tmp_path / "check.jsonl"
        asked: list[str] = []

        def judge(prompt: str) -> bool:
            asked.append(prompt)
            return "not changed" not in prompt

        def measured(lock: str = "a", stop: int = 99) -> list[Any]:
            asked.clear()

            def heard(done: int, total: int) -> None:
                assert total == len(pairs)
                if done == stop:
                    raise KeyboardInterrupt

            return measure_check(model_that(judge).loaded.engine, task, pairs, Journal(file, lock), heard)

        with pytest.raises(KeyboardInterrupt):
            measured(stop=3)
        kept = file.read_bytes()
        assert kept.count(b"\n") == 3
        assert SENTENCE.encode() not in kept
        file.write_bytes(kept + b'{"pair": "cut sho')  # as a kill leaves it
        whole = measured()
        assert 0 < len(asked) < 2 * len(pairs)
        assert whole == measure_check(model_that(judge).loaded.engine, task, pairs)
        assert measured() == whole
        assert not asked
        measured("another lock")
        assert asked


class TestEvaluation:
    def test_bounds_are_chosen_on_questions_that_no_figure_uses(self, view: Any, tmp_path: Path) -> None:
        gold = gold_of(tmp_path, *lines_of(4))
        task = AnswerTask(kind="answer", answerable=0.95)
        terms = EvaluationTerms(task, None, 0.5)
        found = evaluate_corpus(view, gold, model=model_that(lambda prompt: True), out=tmp_path / "run", terms=terms)
        assert found.bounds is not None
        assert found.answers is not None
        asked = [{r.document.id for r in RunFolder.open(tmp_path / name).latest()} for name in ("run-bounds", "run")]
        assert [len(asked[0]), len(asked[1]), asked[0] & asked[1]] == [4, 5, set()]
        assert found.answers.handled.total == 5
        assert found.answers.right.share >= 0.5  # a bound of 0.95 answers none
        assert set(found.answers.slices["topic"]) <= {"leases", "pumps"}
        written = json.loads((tmp_path / "run/evaluation.json").read_text(encoding="utf-8"))
        assert written["bounds"]["answerable"] == found.bounds.answerable < 0.95
        assert {row["kind"] for row in written["check"]} >= {"its own passage", "a number changed"}

    def test_a_share_that_leaves_none_is_refused(self, view: Any, tmp_path: Path) -> None:
        gold = gold_of(tmp_path, lines_of(1)[0])
        with pytest.raises(InputError, match="leaves none"):
            evaluate_corpus(view, gold, terms=EvaluationTerms(fit=0.1))
