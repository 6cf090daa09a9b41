"""Evaluate a corpus on gold questions: what is found, what is answered, and whether a bar is reached."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..contracts import Result
from ..corpus import CorpusView
from ..documents import ReadingOptions
from ..errors import InputError
from ..evaluation.answers import AnswerScores, score_answers
from ..evaluation.bounds import LAX, Bounds, choose_bounds, dev_part
from ..evaluation.check_errors import CheckErrors, Journal, check_pairs, measure_check
from ..evaluation.questions import GoldQuestion, read_questions
from ..evaluation.retrieval import RetrievalScores, score_retrieval
from ..evaluation.statistics import Verdict, verdict_on
from ..files import write_whole
from ..inference import AnswerOptions
from ..inference.prompts import request_of
from ..runs import Progress, RunFolder
from ..tasks import AnswerTask
from ..tasks.answer.prompt import question_prompt
from .corpus import default_task
from .model import Model, RunDetails

__all__ = ["CorpusEvaluation", "EvaluationTerms", "draft_questions", "evaluate_corpus"]

QUESTION_TOKENS = 64


def draft_questions(
    view: CorpusView, model: Model, count: int, on_question: Callable[[int, int], None] = lambda done, of: None
) -> list[GoldQuestion]:
    """Let a model write questions for passages from all over a corpus, as drafts that a person must confirm.

    Each comes with its passage as the answer. Nothing takes a draft for gold.
    """
    passages = {str(passage.number): passage for passage in view.search.spread(count)}
    engine = model.loaded.engine
    requests = (
        request_of(question_prompt(passage, engine.control_tokens), engine, name, QUESTION_TOKENS)
        for name, passage in passages.items()
    )
    drafts = []
    for done, completion in enumerate(engine.generate(requests), 1):
        passage, lines = passages[completion.id], completion.text.strip().split("\n")
        if question := lines[0].strip():
            text = " ".join(passage.text.split())
            drafts.append(
                GoldQuestion(
                    id=f"{passage.document}#{passage.span[0]}",
                    question=question,
                    answers=(text,),
                    documents=(passage.document,),
                    sentences=(text,),
                    draft=True,
                )
            )
        on_question(done, len(passages))
    return sorted(drafts, key=lambda draft: draft.id)


@dataclass(frozen=True)
class CorpusEvaluation:
    """What was found and answered. ``answers`` and ``verdict`` are None for an evaluation of the search alone.

    ``bounds`` were chosen on questions that the figures do not use; None if they were not to be chosen. ``check`` says
    how often the check of claims errs.
    """

    retrieval: RetrievalScores
    answers: AnswerScores | None = None
    verdict: Verdict | None = None
    bounds: Bounds | None = None
    check: Sequence[CheckErrors] = ()

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        facts: dict[str, Any] = {"schema": 1, "retrieval": asdict(self.retrieval)}
        if self.answers:
            facts["answers"] = self.answers.as_json()
        if self.verdict:
            facts["verdict"] = asdict(self.verdict)
        if self.bounds:
            facts["bounds"] = self.bounds.as_json()
        if self.check:
            facts["check"] = [errors.as_json() for errors in self.check]
        return facts


@dataclass(frozen=True)
class EvaluationTerms:
    """What is asked, and what is good enough.

    ``bar`` is the share of questions that must be handled: answered right, or refused where the documents do not answer
    them. ``fit`` is the share of the questions, drawn by ``seed``, on which the bounds of the task are chosen; the
    figures use the others only.
    """

    task: AnswerTask | None = None
    bar: float | None = None
    fit: float = 0.0
    seed: int = 0


def evaluate_corpus(
    view: CorpusView,
    gold: str | Path,
    *,
    model: Model | None = None,
    out: str | Path | None = None,
    terms: EvaluationTerms | None = None,
    on_event: Callable[[Progress], None] = lambda progress: None,
    on_pair: Callable[[int, int], None] = lambda done, total: None,
) -> CorpusEvaluation:
    """Search for the gold questions, and with a ``model`` answer them into the run folder ``out``.

    The run can be interrupted and goes on with the same call; so does the check of claims on pairs of the gold, of
    which ``on_pair`` hears those done and all. Bounds are chosen on a run of its own, beside ``out``.
    Writes evaluation.json into ``out``. Raises InputError if ``fit`` leaves no questions to choose on, or none to ask.
    """
    questions, terms = read_questions(Path(gold)), terms or EvaluationTerms()
    dev = dev_part(questions, terms.fit, terms.seed) if terms.fit else []
    held = {question.id for question in dev}
    rest = [question for question in questions if question.id not in held]
    if terms.fit and not (dev and rest):
        raise InputError(
            f"{terms.fit:g} of {len(questions)} questions leaves none to choose bounds on, or none to ask.",
            "Write more questions, or choose another share.",
        )
    retrieval = score_retrieval(view, rest)
    if model is None or out is None:
        return CorpusEvaluation(retrieval)
    task, out = terms.task or default_task(), Path(out)
    asked = _Asked(model, view, Path(gold), on_event)
    bounds = None
    if dev:
        lax = task.model_copy(update={"answerable": LAX, "support": LAX, "relevance": LAX})
        bounds = choose_bounds(dev, asked.results(lax, dev, out.with_name(f"{out.name}-bounds")))
        chosen = {"answerable": bounds.answerable, "support": bounds.support, "relevance": bounds.relevance}
        task = task.model_copy(update=chosen)
    answers = score_answers(rest, asked.results(task, rest, out))
    journal = Journal(out / "check.jsonl", RunFolder.open(out).lock().digest)
    check = measure_check(model.loaded.engine, task, check_pairs(view, rest), journal, on_pair)
    verdict = verdict_on(answers.handled, terms.bar) if terms.bar is not None else None
    evaluation = CorpusEvaluation(retrieval, answers, verdict, bounds, check)
    write_whole(out / "evaluation.json", json.dumps(evaluation.as_json(), ensure_ascii=False, indent=1), private=True)
    return evaluation


@dataclass(frozen=True)
class _Asked:
    """Questions of a gold file, put to a corpus."""

    model: Model
    view: CorpusView
    gold: Path
    on_event: Callable[[Progress], None]

    def results(self, task: AnswerTask, questions: Sequence[GoldQuestion], out: Path) -> dict[str, Result]:
        """Answer the questions into a run folder; what it has already stays."""
        options = AnswerOptions(reading=ReadingOptions(text_field="question"), corpus=self.view)
        only = {question.id for question in questions}
        details = RunDetails(only=only)
        run = self.model.run(
            task, self.gold, out, resume=True, options=options, on_event=self.on_event, details=details
        )
        return {result.document.id: result for result in run.results()}
