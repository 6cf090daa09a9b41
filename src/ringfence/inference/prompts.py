"""How a document is asked about, whatever the task: the request for a prompt, and the windows of a long document."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..documents import Document
from ..engines import Engine, Request
from ..tasks import (
    ExtractionPlan,
    Prepared,
    Prompt,
    Task,
    Window,
    windows_of,
)

__all__ = [
    "LEAST_ROOM",
    "AnswerForm",
    "WindowSelector",
    "Windowing",
    "split_into_windows",
    "prompt_ids",
    "request_for",
    "request_of",
    "windows_for",
]

WindowSelector = Callable[[Task, Document, list[Window], int], list[int]]
"""The numbers of the windows worth reading: (task, document, windows, how many for each question)."""
LEAST_ROOM = 256  # tokens that a window leaves for the answer, at least


@dataclass(frozen=True)
class Windowing:
    """How long documents are read: in windows of ``tokens`` tokens, all of them or the ``relevant`` most likely ones for
    each field.
    """

    tokens: int = 6000
    relevant: int | None = None


@dataclass(frozen=True)
class AnswerForm:
    """What holds an answer to its form: a grammar, or a JSON schema for engines that take no grammar."""

    grammar: str | None = None
    json_schema: str | None = None


FREE = AnswerForm()


def messages_of(prompt: Prompt) -> tuple[tuple[str, str], ...]:
    """The turns of a prompt."""
    return (("system", prompt.system), ("user", prompt.user))


def prompt_ids(prompt: Prompt, engine: Engine, written: str = "") -> tuple[int, ...]:
    """A prompt in the weights' own chat template, with the beginning of the answer."""
    return engine.prompt(messages_of(prompt), prompt.answer_start + written)


def request_of(
    prompt: Prompt,
    engine: Engine,
    identity: str,
    max_new_tokens: int,
    form: AnswerForm = FREE,
    written: str = "",
    turns: Sequence[tuple[str, str]] = (),
) -> Request:
    """The request for a prompt; ``written`` is the beginning of the answer that stands already, ``turns`` the turns
    since. An engine that takes no grammar, or no schema, gets none.
    """
    messages = (*messages_of(prompt), *turns)
    start = prompt.answer_start + written
    return Request(
        identity,
        engine.prompt(messages, start),
        max_new_tokens,
        grammar=form.grammar if engine.capabilities.grammar else None,
        json_schema=form.json_schema if engine.capabilities.json_schema else None,
        messages=messages,
        answer_start=start,
    )


def request_for(plan: ExtractionPlan, engine: Engine, identity: str | None = None) -> Request:
    """The request of one window of an extract task, with its grammar."""
    identity = identity or plan.document.id
    return request_of(plan.prompt, engine, identity, plan.max_new_tokens, AnswerForm(plan.grammar), plan.written.text)


def split_into_windows(
    document: Document, engine: Engine, windowing: Windowing, prompt_tokens: int, room: int = 0
) -> list[Window]:
    """The windows of a document: no larger than the weights hold beside a prompt of ``prompt_tokens`` and an answer of
    ``room`` tokens (at least LEAST_ROOM, and an eighth of the context).
    """
    context = engine.capabilities.context
    held = context - prompt_tokens - max(LEAST_ROOM, room, context // 8)
    return windows_of(document, max(64, min(windowing.tokens, held)), lambda part: len(engine.tokenize(part)))


def windows_for(prepared: Prepared, engine: Engine, windowing: Windowing) -> list[Window]:
    """The windows of a document for an extract task."""
    text = prepared.document.text
    if len(text.encode()) + 4096 < min(windowing.tokens, engine.capabilities.context // 2):
        return [Window(0, len(text))]
    empty = request_for(prepared.plan((0, 0)), engine)
    return split_into_windows(prepared.document, engine, windowing, len(empty.prompt))
