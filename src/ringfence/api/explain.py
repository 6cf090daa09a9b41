"""Explain one document: candidates, prompt, grammar, what the engine wrote, and why each value is what it is."""

from __future__ import annotations

from pathlib import Path

from ..documents import Document, ReadingOptions, Source, read_documents
from ..errors import InputError
from ..inference import AnswerOptions, Explanation, explain_document
from ..tasks import ExtractTask, load_task, prepare
from ..tasks.extract.description import describe_plan
from .model import Model, TaskLike

__all__ = ["explain", "explain_before_model", "read_one"]


def explain(
    model: Model, task: TaskLike, document: Document, window: int = 1, options: AnswerOptions | None = None
) -> Explanation:
    """Answer one document (of an extract task its ``window``, from 1), and keep every step and its reason."""
    try:
        return explain_document(model.answerer(task, options), document, window - 1)
    except ValueError as error:
        raise InputError(
            f"{document.id} has no window {window}: {error}.", "Give --window one of its numbers."
        ) from None


def explain_before_model(task: TaskLike, document: Document) -> Explanation:
    """Segments, candidates, prompt and grammar of a document, without loading a model. For extract tasks only."""
    loaded = load_task(task)
    if not isinstance(loaded, ExtractTask):
        raise InputError("Only an extract task fixes something before the model is asked.", "Leave --no-model out.")
    return Explanation(document.id, 1, describe_plan(prepare(loaded, document).plan()))


def read_one(path: str | Path, record: str | None = None, reading: ReadingOptions | None = None) -> Document:
    """The one document of a file, or its ``record``. Raises InputError if there is none, several, or it is unreadable."""
    path = Path(path)
    outcomes = [
        outcome
        for outcome in read_documents(Source(path, path.name), reading or ReadingOptions())
        if record in (None, outcome.id)
    ]
    if len(outcomes) != 1:
        what = "no document with that id" if not outcomes else f"{len(outcomes)} documents"
        raise InputError(f"{path} holds {what}.", "Name one of them with --record.")
    (outcome,) = outcomes
    if not isinstance(outcome, Document):
        raise InputError(
            f"{path} cannot be read: {outcome.reason}.", "Give a document that `ringfence documents read` can read."
        )
    return outcome
