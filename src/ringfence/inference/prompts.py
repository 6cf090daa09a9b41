"""Make engine requests from prompts, and split long documents into windows, for every kind of task."""

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
"""(task, document, windows, windows per question) -> the numbers of the windows to read."""
LEAST_ROOM = 256  # tokens that a window leaves at least for the answer


@dataclass(frozen=True)
class Windowing:
    """How long documents are read: in windows of ``tokens`` tokens.

    ``relevant`` is the number of windows to read for each field, the most likely first; None reads all windows.
    """

    tokens: int = 6000
    relevant: int | None = None


@dataclass(frozen=True)
class AnswerForm:
    """The constraint on an answer: a grammar, or a JSON schema for engines that take no grammar."""

    grammar: str | None = None
    json_schema: str | None = None


FREE = AnswerForm()


def messages_of(prompt: Prompt) -> tuple[tuple[str, str], ...]:
    """Return the turns of a prompt as (role, text)."""
    return (("system", prompt.system), ("user", prompt.user))


def prompt_ids(prompt: Prompt, engine: Engine, written: str = "") -> tuple[int, ...]:
    """Return the token ids of a prompt in the weights' chat template, with the beginning of the answer."""
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
    """Return the request for a prompt.

    ``written`` is the beginning of the answer that is already fixed; ``turns`` are the turns after the prompt. The
    request has a grammar or a schema only if the engine takes one.
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
    """Return the request for one window of an extract task, with its grammar."""
    identity = identity or plan.document.id
    return request_of(plan.prompt, engine, identity, plan.max_new_tokens, AnswerForm(plan.grammar), plan.written.text)


def split_into_windows(
    document: Document,
    engine: Engine,
    windowing: Windowing,
    prompt_tokens: int,
    room: int = 0,
    *,
    with_head: bool = False,
) -> list[Window]:
    """Split a document into windows that fit the context beside the prompt and the answer.

    The prompt takes ``prompt_tokens``. The answer gets ``room`` tokens, but at least LEAST_ROOM and an eighth of the
    context. ``with_head`` shows the first lines of the document in every window.
    """
    context = engine.capabilities.context
    available = context - prompt_tokens - max(LEAST_ROOM, room, context // 8)
    most = max(64, min(windowing.tokens, available))
    return windows_of(document, most, lambda part: len(engine.tokenize(part)), with_head=with_head)


def windows_for(prepared: Prepared, engine: Engine, windowing: Windowing) -> list[Window]:
    """Return the windows of a document for an extract task."""
    text = prepared.document.text
    shown = sum(len(f"{example.text}{example.answer}".encode()) for example in prepared.examples)
    if len(text.encode()) + 4096 < min(windowing.tokens, engine.capabilities.context // 2 - shown):
        return [Window(0, len(text))]
    empty = request_for(prepared.plan(Window(0, 0)), engine)
    return split_into_windows(prepared.document, engine, windowing, len(empty.prompt), with_head=True)
