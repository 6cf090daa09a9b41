"""Summarise, one document under way: notes of every part, notes of notes while they are many, then the summary."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..documents import Document, Source
from ..documents.plain import document_from_text
from ..engines import Completion, Engine, Request
from ..tasks import SummariseTask, Window, blank_entry
from ..tasks.prompt import break_control_tokens
from ..tasks.summarise import Passage, Sentence, Stage, as_json, as_text, groups_of, passages_of, sections_of
from ..tasks.support import unsupported
from . import results
from .asking import Chooser, Windowing, request_of
from .folder import RunFolder
from .jobs import Told, add_usage

__all__ = ["SummariseJob", "Summarising"]

MOST_REPEATS = 2  # how often a step is asked again where sentences lack their source
SAY_SOURCES = (
    "Write it again, each sentence on a line of its own with the numbers of its passages behind it, like: [2][5]"
)
LONGER = 1.25  # times the words asked for, from which on a summary is flagged


class Summarising:
    """Summarise over a run."""

    def __init__(self, task: SummariseTask, engine: Engine, windowing: Windowing, choose: Chooser | None) -> None:
        self.task, self.engine, self.windowing, self.choose = task, engine, windowing, choose
        self._rooms = {final: self._room(final) for final in (True, False)}

    def ask(self, requests: Iterator[Any]) -> Iterator[Told]:
        """Hand requests to the engine."""
        return self.engine.generate(requests)

    def groups(self, passages: Sequence[Passage]) -> list[list[Passage]]:
        """Passages in one group where the final step holds them all, else in groups to take notes of."""
        whole = groups_of(passages, self._rooms[True], self._count)
        return whole if len(whole) <= 1 else groups_of(passages, self._rooms[False], self._count)

    def _count(self, text: str) -> int:
        return len(self.engine.tokenize(text))

    def _room(self, final: bool) -> int:
        """Tokens of passages that one step holds."""
        stage = Stage(self.task, [], final)
        empty = request_of(stage.prompt(), self.engine, "", 1, None)
        context = self.engine.capabilities.context
        return max(64, min(self.windowing.tokens, context - len(empty.prompt) - stage.max_new_tokens - 16))

    def job(self, document: Document, folder: RunFolder) -> SummariseJob:
        """A document's job, with the notes that earlier sessions kept. Raises ValueError where there is nothing to say."""
        passages = passages_of(document, 0, len(document.text))
        groups = self.groups(passages)
        chosen = list(range(len(groups)))
        sections = sections_of(groups)
        if self.choose and self.windowing.relevant and len(groups) > self.windowing.relevant:
            windows = [Window(start, end) for start, end in sections]
            chosen = self.choose(self.task, document, windows, self.windowing.relevant)
        job = SummariseJob(
            self, document, [groups[n] for n in chosen], [sections[n] for n in chosen], len(groups),
            lambda section, notes: folder.keep_window(document, section, notes),
        )  # fmt: skip
        if len(chosen) > 1:
            for section, kept in folder.kept_windows(document).items():
                if section in job.sections:
                    job.notes[job.sections.index(section)] = [_sentence(one) for one in kept["notes"]]
                    job.faults += [fault for fault in kept["faults"] if fault not in job.faults]
        return job


def _sentence(data: dict[str, Any]) -> Sentence:
    return Sentence(data["text"], tuple(map(tuple, data["spans"])), data["heading"])


@dataclass
class SummariseJob:
    """What was asked of one document so far. ``groups`` are the passages of each section; ``notes`` those of the sections
    by their number; ``level`` counts the rounds of notes of notes."""

    work: Summarising
    document: Document
    groups: list[list[Passage]]
    sections: list[tuple[int, int]]
    of_sections: int
    keep: Callable[[tuple[int, int], dict[str, Any]], None]
    reason: str = ""
    usage: dict[str, Any] = field(default_factory=dict)
    notes: dict[int, list[Sentence]] = field(default_factory=dict)
    level: int = 0
    higher: dict[int, list[Sentence]] = field(default_factory=dict)
    of_higher: int = 0
    summary: list[Sentence] | None = None
    faults: list[str] = field(default_factory=list)
    earlier: dict[tuple[bool, int, int], str] = field(default_factory=dict)  # what stood before a step was asked again
    asked: dict[str, tuple[Stage, int, int]] = field(default_factory=dict)  # the step, its number, how often

    @property
    def finished(self) -> bool:
        """Whether the summary is written, or something failed."""
        return bool(self.reason) or self.summary is not None

    @property
    def moved(self) -> tuple[int, int]:
        """Sections that are noted, of all, and the summary."""
        return len(self.notes) + (self.summary is not None), len(self.groups) + 1

    def first(self) -> Iterator[Request]:
        """The summary of a short document at once; of a long one the notes of every section."""
        if len(self.groups) == 1:
            yield self._ask(Stage(self.work.task, self.groups[0], final=True), 0)
            return
        for number, group in enumerate(self.groups):
            if self.reason:
                return
            if number not in self.notes:
                yield self._ask(Stage(self.work.task, group, final=False), number)
        if not self.asked and not self.usage:  # all notes were kept
            yield from self._reduce([note for number in sorted(self.notes) for note in self.notes[number]])

    def _ask(self, stage: Stage, number: int, repeats: int = 0, before: str = "") -> Request:
        what = "summary" if stage.final else f"notes {self.level}.{number}"
        identity = f"{self.document.id}\0{what}{f' again {repeats}' if repeats else ''}"
        self.asked[identity] = (stage, number, repeats)
        engine = self.work.engine
        prompt = stage.prompt(engine.control_tokens)
        turns = [("assistant", break_control_tokens(before, engine.control_tokens)), ("user", SAY_SOURCES)]
        return request_of(
            prompt, engine, identity, stage.max_new_tokens, stage.grammar(), turns=turns if repeats else ()
        )

    def take(self, told: Told) -> Sequence[Request]:
        """Read sentences; when all sections are noted, go on to the summary."""
        assert isinstance(told, Completion)
        stage, number, repeats = self.asked.pop(told.id)
        if self.reason:
            return ()
        self.usage = add_usage(self.usage, told)
        if told.finish_reason == "failed" and repeats:  # what was written before stands
            return self._go_on(stage, number, *stage.read(self.earlier[stage.final, self.level, number], True))
        if told.finish_reason == "failed":
            where = "" if stage.final else f" (section {number + 1} of {len(self.groups)})"
            self.reason = f"engine: {told.error}{where}"
            return ()
        sentences, faults = stage.read(told.text, told.finish_reason == "stop")
        if (
            {"no-source", "empty"} & set(faults)
            and not self.work.engine.capabilities.grammar
            and repeats < MOST_REPEATS
        ):
            self.earlier[stage.final, self.level, number] = told.text
            return [self._ask(stage, number, repeats + 1, told.text)]
        return self._go_on(stage, number, sentences, faults)

    def _go_on(self, stage: Stage, number: int, sentences: list[Sentence], faults: list[str]) -> Sequence[Request]:
        """Take over what a step has written, and ask for the next one."""
        if "empty" in faults:
            self.reason = "answer: the model wrote no sentence" + ("" if stage.final else f" of section {number + 1}")
            return ()
        self.faults += [fault for fault in faults if fault not in self.faults and (stage.final or fault != "empty")]
        if stage.final:
            self.summary = sentences
            return ()
        if self.level:
            self.higher[number] = sentences
            if len(self.higher) < self.of_higher:
                return ()
            return list(self._reduce([note for place in sorted(self.higher) for note in self.higher[place]]))
        self.notes[number] = sentences
        self.keep(self.sections[number], {"notes": [as_json(note) for note in sentences], "faults": faults})
        if len(self.notes) < len(self.groups):
            return ()
        return list(self._reduce([note for place in sorted(self.notes) for note in self.notes[place]]))

    def _reduce(self, notes: list[Sentence]) -> Iterator[Request]:
        """The summary from notes, by way of notes of notes while one step does not hold them."""
        if not notes:
            self.summary = []
            return
        groups = self.work.groups(notes)
        if len(groups) == 1 or self.level >= 8:
            yield self._ask(Stage(self.work.task, groups[0] if len(groups) == 1 else notes, final=True), 0)
            return
        self.level, self.higher, self.of_higher = self.level + 1, {}, len(groups)
        for number, group in enumerate(groups):
            yield self._ask(Stage(self.work.task, group, final=False), number)

    def result(self, **about: Any) -> dict[str, Any]:
        """The line of results.jsonl."""
        sentences = self.summary or []
        text = as_text(sentences)
        missing: list[dict[str, Any]] = []
        if text:
            written = document_from_text(Source(Path(self.document.path), self.document.id), text, "", "summary")
            missing = [
                one
                for one in unsupported(written, self.document, self.work.task.locale)
                if not text[text.rfind("\n", 0, one["span"][0]) + 1 :].startswith("## ")  # a heading of the task's own
            ]
        sections = [
            {
                "span": list(section),
                "notes": len(self.notes[number]) if number in self.notes else None,
                "in_summary": any(
                    section[0] <= start and end <= section[1] for one in sentences for start, end in one.spans
                ),
            }
            for number, section in enumerate(self.sections)
        ]
        flags = list(self.faults)
        if missing:
            flags.append("unsupported: " + ", ".join(dict.fromkeys(one["text"] for one in missing)))
        if len(text.split()) > LONGER * self.work.task.words:
            flags.append("longer-than-asked")
        if len(self.sections) < self.of_sections:
            flags.append("read-in-part")
        if not sentences:
            flags.append("nothing-found")
        entry = blank_entry(None, "written" if sentences else "null", flags)
        entry["spans"] = [list(span) for span in dict.fromkeys(span for one in sentences for span in one.spans)]
        entry["features"] = {
            "v": 1,
            "words": len(text.split()),
            "sentences": len(sentences),
            "unsupported": len(missing),
        }
        more = {"sentences": [self._told(one) for one in sentences], "unsupported": missing, "sections": sections}
        grounding = "decoded" if self.work.engine.capabilities.grammar else "verified"
        values = {"summary": text or None}
        return results.done(self.document, values, {"summary": entry}, self.sections, grounding, more=more, **about)

    def _told(self, sentence: Sentence) -> dict[str, Any]:
        boxes = [box.as_json() for span in sentence.spans for box in self.document.boxes(*span)]
        return {**as_json(sentence), "boxes": boxes}
