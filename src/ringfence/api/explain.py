"""Explain one document: candidates, prompt, grammar, raw output, and the reason for each value."""

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
    """Answer one document, and keep every step and the reason for each value.

    An extract task answers only the window ``window``, counted from 1. Raises InputError if there is no such window.
    """
    try:
        return explain_document(model.answerer(task, options), document, window - 1)
    except ValueError as error:
        raise InputError(
            f"{document.id} has no window {window}: {error}.", "Choose one of these windows with --window."
        ) from None


def explain_before_model(task: TaskLike, document: Document) -> Explanation:
    """Return the segments, candidates, prompt and grammar of a document, without loading a model.

    Raises InputError for a task that is not an extract task.
    """
    loaded = load_task(task)
    if not isinstance(loaded, ExtractTask):
        raise InputError("Only an extract task can be explained without a model.", "Omit --no-model.")
    return Explanation(document.id, 1, describe_plan(prepare(loaded, document).plan()))


def read_one(path: str | Path, record: str | None = None, reading: ReadingOptions | None = None) -> Document:
    """Read the only document of a file, or the one with the id ``record``.

    Raises InputError if there is no such document, if there are several, or if it cannot be read.
    """
    path = Path(path)
    outcomes = [
        outcome
        for outcome in read_documents(Source(path, path.name), reading or ReadingOptions())
        if record in (None, outcome.id)
    ]
    if len(outcomes) != 1:
        what = "no document with that id" if not outcomes else f"{len(outcomes)} documents"
        raise InputError(f"{path} contains {what}.", "Choose one with --record.")
    (outcome,) = outcomes
    if not isinstance(outcome, Document):
        raise InputError(
            f"Cannot read {path}: {outcome.reason}.", "Choose a document that `ringfence documents read` can read."
        )
    return outcome
