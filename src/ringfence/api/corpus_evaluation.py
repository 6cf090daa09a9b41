"""Evaluate a corpus on gold questions: what is found, what is answered, and whether a bar is reached."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..corpus import CorpusView
from ..documents import ReadingOptions
from ..evaluation.answers import AnswerScores, score_answers
from ..evaluation.questions import GoldQuestion, read_questions
from ..evaluation.retrieval import RetrievalScores, score_retrieval
from ..evaluation.statistics import Verdict, verdict_on
from ..files import write_whole
from ..inference import AnswerOptions
from ..inference.prompts import request_of
from ..runs import Progress
from ..tasks import AnswerTask
from ..tasks.answer.prompt import question_prompt
from .corpus import default_task
from .model import Model

__all__ = ["CorpusEvaluation", "draft_questions", "evaluate_corpus"]

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
    """What was found and answered. ``answers`` and ``verdict`` are None for an evaluation of the search alone."""

    retrieval: RetrievalScores
    answers: AnswerScores | None = None
    verdict: Verdict | None = None

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        facts: dict[str, Any] = {"schema": 1, "retrieval": asdict(self.retrieval)}
        if self.answers:
            facts["answers"] = self.answers.as_json()
        if self.verdict:
            facts["verdict"] = asdict(self.verdict)
        return facts


def evaluate_corpus(
    view: CorpusView,
    gold: str | Path,
    *,
    model: Model | None = None,
    out: str | Path | None = None,
    task: AnswerTask | None = None,
    bar: float | None = None,
    on_event: Callable[[Progress], None] = lambda progress: None,
) -> CorpusEvaluation:
    """Search for the gold questions, and with a ``model`` answer them into the run folder ``out``.

    The run can be interrupted and goes on with the same call. ``bar`` is the share of questions that must be handled:
    answered right, or refused where the documents do not answer them. Writes evaluation.json into ``out``.
    """
    questions = read_questions(Path(gold))
    retrieval = score_retrieval(view, questions)
    if model is None or out is None:
        return CorpusEvaluation(retrieval)
    options = AnswerOptions(reading=ReadingOptions(text_field="question"), corpus=view)
    run = model.run(task or default_task(), gold, out, resume=True, options=options, on_event=on_event)
    answers = score_answers(questions, {result.document.id: result for result in run.results()})
    verdict = verdict_on(answers.handled, bar) if bar is not None else None
    evaluation = CorpusEvaluation(retrieval, answers, verdict)
    write_whole(
        run.path / "evaluation.json", json.dumps(evaluation.as_json(), ensure_ascii=False, indent=1), private=True
    )
    return evaluation
