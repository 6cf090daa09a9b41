"""Extract, one document under way: its windows, what was asked of each, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ..documents import Document
from ..engines import Completion, Engine, Request
from ..tasks import Answer, AnswerError, ExtractTask, Part, Plan, Prepared, Window, merge, prepare
from ..tasks.answer import Found, Record
from ..tasks.prompt import break_control_tokens
from ..tasks.verified import NOT_ANSWERED, NOT_FOUND, answer_schema, as_written, follow_up, in_json, stated_in
from . import results
from .asking import Chooser, Windowing, request_for, request_of, windows_for
from .folder import RunFolder
from .jobs import Told, add_usage

__all__ = ["ExtractJob", "Extracting", "part_from_json", "part_to_json"]

MOST_REPEATS = 2  # how often an engine without grammars is told what does not stand in the document


@dataclass
class ExtractJob:
    """What was asked of one document so far. ``parts`` holds what the windows gave, by their number; ``settled`` are those
    of which nothing more is asked; ``keep`` journals what a window of several gave."""

    prepared: Prepared
    engine: Engine
    windows: list[Window]
    chosen: list[int]
    keep: Callable[[Window, dict[str, Any]], None] = lambda window, part: None
    parts: dict[int, Part] = field(default_factory=dict)
    settled: set[int] = field(default_factory=set)
    reason: str = ""
    left_out: dict[int, list[str]] = field(default_factory=dict)  # by window, records that the document does not say
    usage: dict[str, Any] = field(default_factory=dict)
    asked: dict[str, tuple[int, Plan]] = field(default_factory=dict)
    turns: dict[str, list[tuple[str, str]]] = field(default_factory=dict)  # what was said since, by request

    @property
    def document(self) -> Document:
        """The document."""
        return self.prepared.document

    @property
    def finished(self) -> bool:
        """Whether every chosen window has ended, or one of them failed."""
        return bool(self.reason) or len(self.settled) == len(self.chosen)

    @property
    def moved(self) -> tuple[int, int]:
        """Windows that have ended, of all that are read."""
        return len(self.settled), len(self.chosen)

    def first(self) -> Iterator[Request]:
        """The request of each window that is still to be asked."""
        for number in self.chosen:
            if self.reason:
                return
            if number not in self.settled:
                window = self.windows[number]
                span = (window.start, window.end)
                plan = self.prepared.plan(span, self.engine.control_tokens, window.context)
                identity = self.document.id if len(self.windows) == 1 else f"{self.document.id}\0{number}"
                yield self._ask(identity, number, plan)

    def _ask(self, identity: str, number: int, plan: Plan) -> Request:
        self.asked[identity] = (number, plan)
        if not self._verified:
            return request_for(plan, self.engine, identity)
        task = self.prepared.task
        prompt = in_json(task, plan.prompt, self.engine.capabilities.json_schema)
        return request_of(
            prompt,
            self.engine,
            identity,
            2 * plan.max_new_tokens,
            None,
            json_schema=answer_schema(plan),
            turns=self.turns.setdefault(identity, []),
        )

    @property
    def _verified(self) -> bool:
        """Whether the engine takes no grammar, so that its answers have to be verified."""
        return not self.engine.capabilities.grammar

    def take(self, told: Told) -> Sequence[Request]:
        """Read a completion; a null in doubt is asked again.

        A second look that fails changes nothing: the answer before it stands.
        """
        assert isinstance(told, Completion)
        number, plan = self.asked.pop(told.id)
        if self.reason:  # a window of a document that has failed already
            return ()
        first = number not in self.parts
        self.usage = add_usage(self.usage, told, first)
        fault = ""
        if self._verified:
            return self._verify(told, number, plan)
        if told.finish_reason == "failed":
            fault = f"engine: {told.error}"
        else:
            try:
                self.parts[number] = plan.read(told.text, told.token_ends, told.logprobs)
            except AnswerError as error:
                fault = f"answer: {error}"
        if not fault and (look := plan.second_look(told.text, told.token_ends, told.logprobs)):
            return [self._ask(told.id, number, look)]
        if fault and first:
            where = f" (window {number + 1} of {len(self.windows)})" if len(self.windows) > 1 else ""
            self.reason = fault + where
        self._settle(number)
        return ()

    def _settle(self, number: int) -> None:
        self.settled.add(number)
        if len(self.chosen) > 1 and not self.reason:
            part = part_to_json(self.parts[number])
            self.keep(self.windows[number], {**part, "left_out": self.left_out.get(number, [])})

    def _verify(self, told: Completion, number: int, plan: Plan) -> Sequence[Request]:
        """Keep what the document says; ask again for the rest, and leave it null with a flag where it does not come.

        What could be read of an answer stands, also where a further one fails.
        """
        control, failed = self.engine.control_tokens, told.finish_reason == "failed"
        stated = None if failed else stated_in(self.prepared.task, told.text)
        faults: dict[str, str] = {}
        if stated is not None:
            reader, text, faults = as_written(plan, stated)
            part = reader.read(text)
            for path, found in part.single.items():
                if path in faults:
                    found.entry["flags"].append(NOT_FOUND)
                elif path not in stated:
                    found.entry["flags"].append(NOT_ANSWERED)
            self.parts[number] = part
            self.left_out[number] = [path for path in faults if path not in part.single]
        turns = self.turns[told.id]
        if not failed and (faults or stated is None) and len(turns) < 2 * MOST_REPEATS:
            turns += [("assistant", break_control_tokens(told.text, control)), ("user", follow_up(faults, control))]
            return [self._ask(told.id, number, plan)]
        if number not in self.parts:
            self.reason = f"engine: {told.error}" if failed else "answer: it has no form that can be read"
        self._settle(number)
        return ()

    def restore(self, number: int, part: Part) -> None:
        """Take over what a window gave in an earlier session."""
        self.parts[number] = part
        self.settled.add(number)

    def answer(self) -> Answer:
        """The answer over all windows that were read."""
        return merge(self.prepared.task, [self.parts[number] for number in self.chosen])

    def result(self, **about: Any) -> dict[str, Any]:
        """The line of results.jsonl."""
        answer = self.answer()
        spans = [(self.windows[number].start, self.windows[number].end) for number in self.chosen]
        grounding = "verified" if self._verified else "decoded"
        left_out = [path for number in sorted(self.left_out) for path in self.left_out[number]]
        more = {"left_out": left_out} if left_out else None
        return results.done(
            self.document,
            answer.values,
            answer.fields,
            spans,
            grounding,
            more=more,
            checks=answer.checks,
            rows=answer.rows,
            **about,
        )


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


class Extracting:
    """Extract over a run: prepares each document, cuts it into windows, and chooses those that are read."""

    def __init__(self, task: ExtractTask, engine: Engine, windowing: Windowing, choose: Chooser | None) -> None:
        self.task, self.engine, self.windowing, self.choose = task, engine, windowing, choose

    def ask(self, requests: Iterator[Any]) -> Iterator[Told]:
        """Hand requests to the engine."""
        return self.engine.generate(requests)

    def job(self, document: Document, folder: RunFolder) -> ExtractJob:
        """A document's job, with what earlier sessions kept of it. Raises ValueError where a recogniser cannot finish."""
        prepared = prepare(self.task, document)
        windows = windows_for(prepared, self.engine, self.windowing)
        chosen = list(range(len(windows)))
        if self.choose and self.windowing.relevant and len(windows) > self.windowing.relevant:
            chosen = self.choose(self.task, document, windows, self.windowing.relevant)
        job = ExtractJob(
            prepared,
            self.engine,
            windows,
            chosen,
            lambda window, part: folder.keep_window(document, (window.start, window.end), part),
        )
        if len(chosen) > 1:
            kept = folder.kept_windows(document)
            for number in chosen:
                window = windows[number]
                if (data := kept.get((window.start, window.end))) is not None:
                    job.restore(number, part_from_json(data))
                    job.left_out[number] = data.get("left_out", [])
        return job
