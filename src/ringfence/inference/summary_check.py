"""Check the sentences of a summary like claims: their places, their numbers and names, their meaning, the length."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace

from ..contracts import FoundPassage, Span
from ..documents import Document
from ..engines import Engine, Score, ScoreRequest
from ..tasks import SummariseTask
from ..tasks.evidence import as_document, passages_that_say
from ..tasks.names import nouns_have_capitals
from ..tasks.printed_names import PrintedNames
from ..tasks.summarise.length import chosen
from ..tasks.summarise.notes import Passage, Sentence
from ..tasks.unsupported import unsupported
from .support import EMPTY, SupportCheck, judged

__all__ = ["CheckedSentence", "SummaryCheck"]

WHAT = "What is said?"  # the question of a task without one
MOST_CHECKED = 2  # times the words asked for; sentences after that are not checked, and left out
UNKNOWN = 0.5  # the worth of a sentence whose support is not known
PER_FAULT = 0.2  # that a number or a name without a place takes off the worth of a sentence
UNCHECKED = "not checked"  # the engine could not score it
_SPEAKER = re.compile(r"[^:\n.!?]{1,40}(?=:\s)")


ELSEWHERE = " elsewhere: "  # of a fault: the document says it, but not there


@dataclass(frozen=True)
class CheckedSentence(Sentence):
    """A sentence with the spans of the passages that it rests on, its support, and its faults."""

    support: float | None = None
    faults: tuple[str, ...] = ()

    @property
    def stated(self) -> bool:
        """False if its places do not say it or contradict it, or if that could not be asked."""
        return not {"not stated", "contradicted", UNCHECKED} & set(self.faults)

    @property
    def supported(self) -> bool:
        """False if it is not stated, or if it has a number or a name that stands nowhere in the document."""
        return self.stated and all(ELSEWHERE in fault for fault in self.faults)

    @property
    def worth(self) -> float:
        """How well it is supported, to choose among the sentences of a summary that is too long."""
        known = UNKNOWN if self.support is None else self.support
        return known - PER_FAULT * sum(":" in fault for fault in self.faults)


@dataclass
class SummaryCheck:
    """The check of one summary: ``begin`` with its sentences, ``take`` the scores, then read ``sentences``.

    ``sections`` are the passages of each section that was read. ``changes`` are names that were written otherwise than
    printed; ``dropped`` counts sentences that were left out because nothing supports them.
    """

    task: SummariseTask
    engine: Engine
    document: Document
    sections: Sequence[Sequence[Passage]]
    sentences: list[CheckedSentence] = field(default_factory=list)
    changes: list[tuple[str, str]] = field(default_factory=list)
    dropped: int = 0
    _scores: dict[str, Score] = field(default_factory=dict)
    _asked: list[str] = field(default_factory=list)

    def begin(self, sentences: Sequence[Sentence]) -> list[ScoreRequest]:
        """Check sentences by code; returns the requests that score their meaning, none if it is not asked."""
        names = PrintedNames(self.document.text)
        written = 0
        for sentence in sentences:
            if written >= MOST_CHECKED * self.task.words and not self.task.outline:
                break
            written += len(sentence.text.split())
            text, changes = names.mend(sentence.text)
            self.changes += [change for change in changes if change not in self.changes]
            self.sentences.append(CheckedSentence(text, self._places(text, sentence.spans), sentence.heading))
        self._look_up()
        if not (self.task.support and self.engine.capabilities.score):
            self._choose()
            return []
        check, question = SupportCheck(self.engine), self.task.question.strip() or WHAT
        self._asked = [f"{self.document.id}\0support {number}" for number in range(len(self.sentences))]
        pairs = [
            check.requests(identity, question, sentence.text, list(self._sources(sentence.spans)))
            for identity, sentence in zip(self._asked, self.sentences, strict=True)
        ]
        return [request for requests in zip(*pairs, strict=True) for request in requests]  # like prompts together

    def take(self, score: Score) -> None:
        """Process a score; after the last one, choose the sentences."""
        self._scores[score.id] = score
        if self.waiting:
            return
        for number, identity in enumerate(self._asked):
            sentence = self.sentences[number]
            pair = self._scores[identity], self._scores[f"{identity}{EMPTY}"]
            if any(each.error for each in pair):
                self.sentences[number] = replace(sentence, faults=(UNCHECKED, *sentence.faults))
                continue
            support, faults = judged(*pair, self.task.support)
            self.sentences[number] = replace(sentence, support=support, faults=(*faults, *sentence.faults))
        self._choose()

    @property
    def waiting(self) -> bool:
        """True until the last score."""
        return len(self._scores) < 2 * len(self._asked)

    def flags(self) -> list[str]:
        """What the summary says about its sentences."""
        text = "\n".join(sentence.text for sentence in self.sentences)
        flags = [f"name-as-printed: {written} is {printed}" for written, printed in self.changes if printed in text]
        for fault in ("not stated", "contradicted", UNCHECKED):
            numbers = [str(n) for n, sentence in enumerate(self.sentences, 1) if fault in sentence.faults]
            if numbers:
                flags.append(f"{fault.replace(' ', '-')}: sentence {', '.join(numbers)}")
        elsewhere = (any(ELSEWHERE in fault for fault in sentence.faults) for sentence in self.sentences)
        if doubted := [str(number) for number, doubtful in enumerate(elsewhere, 1) if doubtful]:
            flags.append(f"elsewhere: sentence {', '.join(doubted)}")
        return [*flags, *([f"dropped-sentences: {self.dropped}"] if self.dropped else [])]

    def _places(self, text: str, cited: Sequence[Span]) -> tuple[Span, ...]:
        """The passages that say a sentence, of the sections that it rests on."""
        touched = [
            section
            for section in self.sections
            if any(section[0].spans[0][0] <= start < section[-1].spans[-1][1] for start, _ in cited)
        ]
        passages = {passage.spans[0]: passage.text for section in touched for passage in section}
        return passages_that_say(text, passages, cited)

    def _sources(self, spans: Sequence[Span]) -> Iterator[FoundPassage]:
        """The places of a sentence in the order of the document, each after the one who speaks."""
        document = self.document
        for number, (start, end) in enumerate(sorted(spans)):
            line = document.text.rfind("\n", 0, start) + 1
            speaker = _SPEAKER.match(document.text, line, start)
            yield FoundPassage(
                number=number,
                document=document.id,
                path=document.path,
                sha256=document.sha256,
                span=(start, end),
                lead=speaker.group() if speaker else "",
                text=document.text[start:end],
            )

    def _look_up(self) -> None:
        """Note which numbers, dates, amounts and names of each sentence its places do not say."""
        locale, told, nouns = self.task.locale, self.task.question, nouns_have_capitals(self.document.text)
        found_missing = []
        for sentence in self.sentences:
            said = "\n".join([f"{source.lead}: {source.text}" for source in self._sources(sentence.spans)] + [told])
            found_missing.append(unsupported(as_document(sentence.text), as_document(said), locale, nouns))
        if not any(found_missing):
            return
        everything = as_document("\n".join(sentence.text for sentence in self.sentences))
        nowhere = {(found.kind, found.text) for found in unsupported(everything, self.document, locale)}
        for number, (sentence, missing) in enumerate(zip(self.sentences, found_missing, strict=True)):
            faults = (
                f"{found.kind}: {found.text}"
                if (found.kind, found.text) in nowhere
                else f"{found.kind} elsewhere: {found.text}"
                for found in missing
            )
            self.sentences[number] = replace(sentence, faults=tuple(dict.fromkeys(faults)))

    def _choose(self) -> None:
        """Leave out what the task drops, and what is too much for the length."""
        if self.task.unsupported == "drop":
            before = len(self.sentences)
            self.sentences = [sentence for sentence in self.sentences if sentence.supported]
            self.dropped = before - len(self.sentences)
        words = [len(sentence.text.split()) for sentence in self.sentences]
        worth = [sentence.worth * size for sentence, size in zip(self.sentences, words, strict=True)]
        kept = chosen(words, worth, self.task.words, self._heads()) if self.sentences else []
        self.sentences = [self.sentences[number] for number in kept]

    def _heads(self) -> Collection[int]:
        """The best sentence under each heading."""
        best: dict[str, int] = {}
        for number, sentence in enumerate(self.sentences):
            if sentence.heading and sentence.worth > (
                self.sentences[best[sentence.heading]].worth if sentence.heading in best else -9
            ):
                best[sentence.heading] = number
        return set(best.values())
