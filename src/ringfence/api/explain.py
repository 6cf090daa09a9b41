"""Explain one document: candidates, prompt, grammar, raw output, and the reason for each value."""

from __future__ import annotations

from pathlib import Path

from ..documents import Document, ReadingOptions, Source, read_documents
from ..errors import InputError
from ..inference import AnswerOptions, Explanation, explain_document
from ..tasks import kind_of, load_task
from .model import Model, TaskLike

__all__ = ["explain", "explain_before_model", "read_one"]

MOST_NAMED = 50  # documents of a file that an error lists


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
    """Return what precedes the model, without loading one: the prompt, and for an extract task also what it may choose.

    Raises InputError for a kind of task that needs a model for this.
    """
    loaded = load_task(task)
    before_model = getattr(kind_of(loaded.kind).load_executor(), "before_model", None)
    if before_model is None:
        raise InputError(f"A {loaded.kind} task cannot be explained without a model.", "Omit --no-model.")
    return Explanation(document.id, 1, before_model(loaded, document))


def read_one(path: str | Path, record: str | None = None, reading: ReadingOptions | None = None) -> Document:
    """Read the only document of a file, or the one with the id ``record``.

    Raises InputError if there is no such document, if there are several, or if it cannot be read.
    """
    path = Path(path)
    inside = list(read_documents(Source(path, path.name), reading or ReadingOptions()))
    outcomes = [outcome for outcome in inside if record in (None, outcome.id)]
    if len(outcomes) != 1:
        what = f"{len(inside)} documents" if outcomes else f"no document with the id {record!r}"
        listed = "".join(f"\n  {outcome.id}" for outcome in inside[:MOST_NAMED])
        more = f"\n  and {len(inside) - MOST_NAMED} more" if len(inside) > MOST_NAMED else ""
        raise InputError(f"{path} contains {what}; inside are:{listed}{more}", "Choose one with --record ID.")
    (outcome,) = outcomes
    if not isinstance(outcome, Document):
        raise InputError(
            f"Cannot read {path}: {outcome.reason}.", "Choose a document that `ringfence documents read` can read."
        )
    return outcome
