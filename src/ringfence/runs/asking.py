"""One document under way: its windows, what was asked of each, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from ..documents import Document
from ..engines import Completion, Engine, Request, render_chat
from ..tasks import Answer, AnswerError, Part, Plan, Prepared, Window, merge, windows_of
from ..tasks.answer import Found, Record

__all__ = ["Asking", "Windowing", "part_from_json", "part_to_json", "request_for", "windows_for"]

LEAST_ROOM = 256  # tokens that a window leaves for the answer, at least


@dataclass(frozen=True)
class Windowing:
    """How long documents are read: in windows of ``tokens`` tokens, all of them or the ``relevant`` most likely ones for
    each field."""

    tokens: int = 6000
    relevant: int | None = None


def request_for(plan: Plan, engine: Engine, identity: str | None = None) -> Request:
    """The request of one window: its prompt in the weights' own chat template, and its grammar."""
    prompt = plan.prompt
    messages = [{"role": "system", "content": prompt.system}, {"role": "user", "content": prompt.user}]
    text = render_chat(engine.chat_template, messages, engine.special_tokens) + prompt.answer_start + plan.written.text
    return Request(identity or plan.document.id, engine.tokenize(text), plan.max_new_tokens, grammar=plan.grammar)


def windows_for(prepared: Prepared, engine: Engine, windowing: Windowing) -> list[Window]:
    """The windows of a document: no larger than the weights hold beside the prompt and an answer."""
    text = prepared.document.text
    context = engine.capabilities.context
    if len(text.encode()) + 4096 < min(windowing.tokens, context // 2):
        return [Window(0, len(text))]
    empty = request_for(prepared.plan((0, 0)), engine)
    room = context - len(empty.prompt) - max(LEAST_ROOM, context // 8)
    return windows_of(prepared.document, max(64, min(windowing.tokens, room)), lambda part: len(engine.tokenize(part)))


@dataclass
class Asking:
    """What was asked of one document so far. ``parts`` holds what the windows gave, by their number; ``settled`` are those
    of which nothing more is asked."""

    prepared: Prepared
    windows: list[Window]
    chosen: list[int]
    parts: dict[int, Part] = field(default_factory=dict)
    settled: set[int] = field(default_factory=set)
    reason: str = ""
    usage: dict[str, Any] = field(default_factory=dict)

    @property
    def document(self) -> Document:
        """The document."""
        return self.prepared.document

    @property
    def finished(self) -> bool:
        """Whether every chosen window has ended, or one of them failed."""
        return bool(self.reason) or len(self.settled) == len(self.chosen)

    def plans(self, control_tokens: tuple[str, ...]) -> Iterator[tuple[int, Plan]]:
        """The plan of each window that is still to be asked, made when it is needed."""
        for number in self.chosen:
            if self.reason:
                return
            if number not in self.settled:
                window = self.windows[number]
                span = (window.start, window.end)
                yield number, self.prepared.plan(span, control_tokens, window.context)

    def add(self, number: int, plan: Plan, completion: Completion) -> Plan | None:
        """Read a completion; returns what to ask on, None when the answer of this window stands.

        A second look that fails changes nothing: the answer before it stands.
        """
        used, first = self.usage, number not in self.parts
        self.usage = {
            "prompt_tokens": used.get("prompt_tokens", 0) + (completion.prompt_tokens if first else 0),
            "cached_tokens": completion.cached_tokens,
            "generated_tokens": used.get("generated_tokens", 0) + len(completion.tokens),
            "seconds": round(used.get("seconds", 0.0) + completion.seconds, 3),
            "looks": used.get("looks", 0) + 1,
        }
        fault = ""
        if completion.finish_reason == "failed":
            fault = f"engine: {completion.error}"
        else:
            try:
                self.parts[number] = plan.read(completion.text, completion.token_ends, completion.logprobs)
            except AnswerError as error:
                fault = f"answer: {error}"
        if fault:
            if first:
                where = f" (window {number + 1} of {len(self.windows)})" if len(self.windows) > 1 else ""
                self.reason = fault + where
            self.settled.add(number)
            return None
        look = plan.second_look(completion.text, completion.token_ends, completion.logprobs)
        if look is None:
            self.settled.add(number)
        return look

    def restore(self, number: int, part: Part) -> None:
        """Take over what a window gave in an earlier session."""
        self.parts[number] = part
        self.settled.add(number)

    def answer(self) -> Answer:
        """The answer over all windows that were read."""
        return merge(self.prepared.task, [self.parts[number] for number in self.chosen])

    def spans(self) -> list[tuple[int, int]]:
        """The windows that were read."""
        return [(self.windows[number].start, self.windows[number].end) for number in self.chosen]


def part_to_json(part: Part) -> dict[str, Any]:
    """What a window gave, as plain data."""
    return asdict(part)


def part_from_json(data: dict[str, Any]) -> Part:
    """The other way round."""
    return Part(
        {path: Found(**found) for path, found in data["single"].items()},
        {
            name: [
                Record(record["anchor"], {leaf: Found(**found) for leaf, found in record["values"].items()})
                for record in records
            ]
            for name, records in data["lists"].items()
        },
    )
