"""Answer documents for a summarise task: notes of each section, notes of notes if they are many, then the summary."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..contracts import FieldAnswer, Result, Section, SummarySentence, UnsupportedText, Usage
from ..documents import Document, Source
from ..documents.text import document_from_text
from ..engines import Engine, EngineOutput, EngineRequest, Request, Score
from ..tasks import SummariseTask, Window
from ..tasks.prompt import break_control_tokens
from ..tasks.summarise.length import least_words, most_words
from ..tasks.summarise.notes import (
    FURTHER,
    Passage,
    Sentence,
    Stage,
    as_json,
    as_text,
    groups_of,
    passages_of,
    sections_of,
)
from ..tasks.summarise.repeats import without_repeats
from ..tasks.unsupported import unsupported
from . import result as results
from .executor import ExecutorSetup
from .job import NothingKept, WindowKeeper, add_usage, as_completion
from .prompts import AnswerForm, prompt_ids, request_of
from .summary_check import CheckedSentence, SummaryCheck

__all__ = ["SummariseJob", "SummariseExecutor"]

SHOWN = 2000  # characters of the document in a prompt that is explained without a model
CHECK_TOKENS = 500  # that a score of a sentence reads, with its places and without
MOST_REPEATS = 2  # times that a step is asked again if sentences lack their source
SAY_SOURCES = (
    "Write it again, each sentence on a line of its own with the numbers of its passages behind it, like: [2][5]"
)
MUCH = 2  # times the words asked for that a text has at least, if a summary of it that is too short is asked on


class SummariseExecutor:
    """The executor of summarise tasks: groups the passages of each document so that each group fits one step."""

    def __init__(self, task: SummariseTask, engine: Engine, setup: ExecutorSetup) -> None:
        self.task, self.engine, self.windowing = task, engine, setup.windowing
        self.select_windows = setup.select_windows
        self._rooms = {final: self._room(final) for final in (True, False)}

    def groups(self, passages: Sequence[Passage]) -> list[list[Passage]]:
        """Return one group if the final step has room for all passages, else the groups to take notes of."""
        whole = groups_of(passages, self._rooms[True], self._count)
        return whole if len(whole) <= 1 else groups_of(passages, self._rooms[False], self._count)

    def _count(self, text: str) -> int:
        return len(self.engine.tokenize(text))

    def _room(self, final: bool) -> int:
        """Return the number of tokens of passages that fit one step."""
        stage = Stage(self.task, [], final)
        empty = request_of(stage.prompt(), self.engine, "", 1)
        context = self.engine.capabilities.context
        return max(64, min(self.windowing.tokens, context - len(empty.prompt) - stage.max_new_tokens - 16))

    def job(self, document: Document, keeper: WindowKeeper) -> SummariseJob:
        """Return the job for a document, with the notes of earlier sessions.

        Raises ValueError if there is nothing to summarise.
        """
        passages = passages_of(document, 0, len(document.text))
        groups = self.groups(passages)
        chosen = list(range(len(groups)))
        sections = sections_of(groups)
        if self.select_windows and self.windowing.relevant and len(groups) > self.windowing.relevant:
            windows = [Window(start, end) for start, end in sections]
            chosen = self.select_windows(self.task, document, windows, self.windowing.relevant)
        job = SummariseJob(
            self, document, [groups[n] for n in chosen], [sections[n] for n in chosen], len(groups),
            lambda section, notes: keeper.keep_window(document, section, notes),
        )  # fmt: skip
        if len(chosen) > 1:
            for section, kept in keeper.kept_windows(document).items():
                if section in job.sections:
                    job.notes[job.sections.index(section)] = [_sentence(note) for note in kept["notes"]]
                    job.faults += [fault for fault in kept["faults"] if fault not in job.faults]
        return job

    def explain(self, document: Document, window: int) -> tuple[dict[str, Any], SummariseJob, int]:
        """Return an empty mapping (the steps show everything), the job, and the number of sections."""
        job = self.job(document, NothingKept())
        return {}, job, len(job.groups)

    @staticmethod
    def before_model(task: SummariseTask, document: Document) -> dict[str, Any]:
        """Return the prompt of the last step with the passages of the beginning of the document."""
        passages = passages_of(document, 0, min(SHOWN, len(document.text)))
        return {"prompt": asdict(Stage(task, passages, final=True).prompt())}

    def prompt_tokens(self, document: Document) -> int:
        """Return the tokens of the text, of one prompt without a passage, and of the check of each sentence."""
        checked = Stage(self.task, [], final=True).sentences if self.task.support else 0
        return len(self.engine.tokenize(document.text)) + self.shared_tokens() + CHECK_TOKENS * checked

    def shared_tokens(self) -> int:
        """Return the tokens of the prompt of the last step without a passage."""
        return len(prompt_ids(Stage(self.task, [], final=True).prompt(), self.engine))


def _sentence(data: dict[str, Any]) -> Sentence:
    return Sentence(data["text"], tuple(map(tuple, data["spans"])), data["heading"])


@dataclass
class SummariseJob:
    """The summary of one document.

    ``groups`` are the passages of each section. ``notes`` are the notes of each section, by number. ``level`` counts
    the rounds of notes of notes; ``higher`` holds the notes of the present round.
    """

    work: SummariseExecutor
    document: Document
    groups: list[list[Passage]]
    sections: list[tuple[int, int]]
    of_sections: int
    keep: Callable[[tuple[int, int], dict[str, Any]], None]
    reason: str = ""
    usage: Usage | None = None
    notes: dict[int, list[Sentence]] = field(default_factory=dict)
    level: int = 0
    higher: dict[int, list[Sentence]] = field(default_factory=dict)
    of_higher: int = 0
    written: list[Sentence] = field(default_factory=list)  # the sentences of the last step, before their check
    repeats: int = 0  # sentences that said the same again
    went_on: bool = False  # further sentences were asked for
    check: SummaryCheck | None = None
    faults: list[str] = field(default_factory=list)
    earlier: dict[tuple[bool, int, int], str] = field(default_factory=dict)  # a step's output before a repeat
    pending: dict[str, tuple[Stage, int, int]] = field(default_factory=dict)  # the step, its number, its repeats

    @property
    def finished(self) -> bool:
        """True if the summary is written, or if a step failed."""
        return bool(self.reason) or self._checked

    @property
    def progress(self) -> tuple[int, int]:
        """The number of finished steps, and of all steps: one for each section, and the summary."""
        return len(self.notes) + self._checked, len(self.groups) + 1

    @property
    def _checked(self) -> bool:
        return self.check is not None and not self.check.waiting

    def first(self) -> Iterator[EngineRequest]:
        """Yield a request for the summary of a short document, or for the notes of each section of a long one."""
        if len(self.groups) == 1:
            yield self._ask(Stage(self.work.task, self.groups[0], final=True), 0)
            return
        for number, group in enumerate(self.groups):
            if self.reason:
                return
            if number not in self.notes:
                yield self._ask(Stage(self.work.task, group, final=False), number)
        if not self.pending and not self.usage:  # all notes were kept
            yield from self._reduce([note for number in sorted(self.notes) for note in self.notes[number]])

    def _ask(self, stage: Stage, number: int, repeats: int = 0, turns: Sequence[tuple[str, str]] = ()) -> Request:
        what = "summary" if stage.final else f"notes {self.level}.{number}"
        how = "" if not turns else " further" if self.went_on else f" again {repeats}"
        identity = f"{self.document.id}\0{what}{how}"
        self.pending[identity] = (stage, number, repeats)
        engine = self.work.engine
        prompt = stage.prompt(engine.control_tokens)
        said = [(role, break_control_tokens(text, engine.control_tokens)) for role, text in turns]
        return request_of(prompt, engine, identity, stage.max_new_tokens, AnswerForm(stage.grammar()), turns=said)

    def take(self, output: EngineOutput) -> Sequence[EngineRequest]:
        """Process sentences; after the notes of all sections, go on to the summary, and then to its check."""
        if isinstance(output, Score):
            assert self.check is not None  # scores are asked for by the check alone
            self.usage = add_usage(self.usage, output)
            self.check.take(output)
            return ()
        output = as_completion(output)
        stage, number, repeats = self.pending.pop(output.id)
        if self.reason:
            return ()
        self.usage = add_usage(self.usage, output)
        if output.finish_reason == "failed" and self.went_on:
            return self._check()
        if output.finish_reason == "failed" and repeats:  # the earlier output stays
            return self._go_on(stage, number, self.earlier[stage.final, self.level, number], True)
        if output.finish_reason == "failed":
            where = "" if stage.final else f" (section {number + 1} of {len(self.groups)})"
            self.reason = f"engine: {output.error}{where}"
            return ()
        whole = output.finish_reason == "stop"
        if (
            {"no-source", "empty"} & set(stage.read(output.text, whole)[1])
            and not self.work.engine.capabilities.grammar
            and repeats < MOST_REPEATS
            and not self.went_on
        ):
            self.earlier[stage.final, self.level, number] = output.text
            return [self._ask(stage, number, repeats + 1, [("assistant", output.text), ("user", SAY_SOURCES)])]
        return self._go_on(stage, number, output.text, whole)

    def _go_on(self, stage: Stage, number: int, text: str, whole: bool) -> Sequence[EngineRequest]:
        """Store the sentences of a step, and return the requests of the next one."""
        sentences, faults = stage.read(text, whole)
        if "empty" in faults and not self.went_on:
            self.reason = "answer: the model wrote no sentence" + ("" if stage.final else f" of section {number + 1}")
            return ()
        self.faults += [fault for fault in faults if fault not in self.faults and fault != "empty"]
        if stage.final:
            new, repeats = without_repeats(self.written, sentences)
            self.written += new
            self.repeats += repeats
            if self.written and not (self.went_on or self.work.task.outline) and self._too_short(self.written):
                self.went_on = True
                further = FURTHER.format(count=max(1, stage.lines - len(self.written)))
                return [self._ask(stage, number, turns=[("assistant", text), ("user", further)])]
            return self._check()
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

    def _check(self) -> Sequence[EngineRequest]:
        """Check the sentences; returns the requests that score them."""
        self.check = SummaryCheck(self.work.task, self.work.engine, self.document, self.groups)
        return self.check.begin(self.written)

    def _too_short(self, sentences: Sequence[Sentence]) -> bool:
        """True if sentences are shorter than asked, though the document has much more."""
        words, asked = sum(len(sentence.text.split()) for sentence in sentences), self.work.task.words
        return words < least_words(asked) and len(self.document.text.split()) >= MUCH * asked

    def _reduce(self, notes: list[Sentence]) -> Iterator[EngineRequest]:
        """Summarise the notes, or take notes of the notes while they do not fit one step."""
        if not notes:
            yield from self._check()
            return
        groups = self.work.groups(notes)
        if len(groups) == 1 or self.level >= 8:
            yield self._ask(Stage(self.work.task, groups[0] if len(groups) == 1 else notes, final=True), 0)
            return
        self.level, self.higher, self.of_higher = self.level + 1, {}, len(groups)
        for number, group in enumerate(groups):
            yield self._ask(Stage(self.work.task, group, final=False), number)

    def result(self) -> Result:
        """Return the summary, with the sources of each sentence and the text that the document does not support."""
        sentences = self.check.sentences if self.check else []
        text = as_text(sentences)
        missing = self._unsupported(text)
        sections = [
            Section(
                span=section,
                notes=len(self.notes[number]) if number in self.notes else None,
                in_summary=any(
                    section[0] <= start and end <= section[1] for sentence in sentences for start, end in sentence.spans
                ),
            )
            for number, section in enumerate(self.sections)
        ]
        answer = FieldAnswer(kind="written" if sentences else "null", flags=self._flags(sentences, text, missing))
        answer.spans = list(dict.fromkeys(span for sentence in sentences for span in sentence.spans))
        answer.features = {
            "v": 1,
            "words": len(text.split()),
            "sentences": len(sentences),
            "unsupported": len(missing),
        }
        return results.done(
            self.document,
            {"summary": text or None},
            {"summary": answer},
            self.sections,
            grounding="decoded" if self.work.engine.capabilities.grammar else "verified",
            sentences=[self._placed(sentence) for sentence in sentences],
            unsupported=missing,
            sections=sections,
        )

    def _unsupported(self, text: str) -> list[UnsupportedText]:
        if not text:
            return []
        written = document_from_text(Source(Path(self.document.path), self.document.id), text, "", "summary")
        return [
            found
            for found in unsupported(written, self.document, self.work.task.locale)
            if not text[text.rfind("\n", 0, found.span[0]) + 1 :].startswith("## ")  # the task defines the headings
        ]

    def _flags(self, sentences: Sequence[CheckedSentence], text: str, missing: Sequence[UnsupportedText]) -> list[str]:
        flags = [*self.faults, *(self.check.flags() if self.check else [])]
        if self.repeats:
            flags.append(f"repeated-sentences: {self.repeats}")
        if missing:
            flags.append("unsupported: " + ", ".join(dict.fromkeys(found.text for found in missing)))
        if sum(len(sentence.text.split()) for sentence in sentences) > most_words(self.work.task.words):
            flags.append("longer-than-asked")
        if sentences and self._too_short(sentences):
            flags.append("shorter-than-asked")
        if len(self.sections) < self.of_sections:
            flags.append("read-in-part")
        if not sentences:
            flags.append("nothing-found")
        return flags

    def _placed(self, sentence: CheckedSentence) -> SummarySentence:
        return SummarySentence(
            text=sentence.text,
            spans=list(sentence.spans),
            heading=sentence.heading,
            boxes=[box.facts() for span in sentence.spans for box in self.document.boxes(*span)],
            support=None if sentence.support is None else round(sentence.support, 6),
            faults=list(sentence.faults),
        )
