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
from ..evaluation.questions import read_questions
from ..evaluation.retrieval import RetrievalScores, score_retrieval
from ..evaluation.statistics import Verdict, verdict_on
from ..files import write_whole
from ..inference import AnswerOptions
from ..runs import Progress
from ..tasks import AnswerTask
from .corpus import default_task
from .model import Model

__all__ = ["CorpusEvaluation", "evaluate_corpus"]


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
