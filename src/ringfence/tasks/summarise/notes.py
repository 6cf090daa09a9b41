"""Summarise: turn passages into sentences, each with the passages that support it.

Every stage is the same step: numbered passages in, sentences with the numbers of their passages out. The sentences of
one stage are the passages of the next, and keep their spans of the document.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ...documents import Document
from ...documents.reader import canonical
from ..gbnf import literal, one_of
from ..prompt import Prompt, break_control_tokens
from ..written_text import NEXT_TURN, own_turn, with_parted_numbers
from .length import most_words
from .task import SummariseTask

__all__ = ["Passage", "Sentence", "Stage", "groups_of", "passages_of", "sections_of"]

WORDS_A_SENTENCE = 18
NOTES_A_GROUP = 6
LEAST_PASSAGE, MOST_PASSAGE = 160, 600  # characters; short turns of a transcript are joined
SHORT_SENTENCE = 12  # words; with sentences so short the summary still has room for the length asked for
# Without bounds small models do not stop: two notes of the 1.5B ran to the 976 tokens that a section had.
MOST_WORDS, MOST_WORDS_OF_NOTE = 40, 30
MOST_LETTERS = 30  # of a word without a full stop; longer ones are written in parts
TOKENS_A_WORD = 2
FURTHER = "Write up to {count} further sentences, in the same form, with what they say and you have not said yet."
NOTHING = "none"
_LINE = re.compile(r"(?P<text>.*?)(?P<cites>(?:\s*\[\d+(?:\s*,\s*\d+)*\])*)[\s.]*")
_BULLET = re.compile(r"\A(?:[-*•–]\s+)+")  # and no minus: -5 °C
_BREAK = re.compile(r"(?<=[.!?;:])\s+|\n+")


@dataclass(frozen=True)
class Passage:
    """A text with its spans of the document."""

    text: str
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Sentence(Passage):
    """A written sentence with the spans that support it, and its heading."""

    heading: str | None = None


def passages_of(document: Document, start: int, end: int) -> list[Passage]:
    """Split ``document.text[start:end]`` into passages of one or a few sentences that cover all of it."""
    text, passages = document.text, []
    begin = start
    for match in [*_BREAK.finditer(text, start, end), None]:
        stop = match.start() if match else end
        while stop - begin > MOST_PASSAGE:
            space = text.rfind(" ", begin + LEAST_PASSAGE, begin + MOST_PASSAGE)
            middle = space if space > 0 else begin + MOST_PASSAGE
            passages.append((begin, middle))
            begin = middle
        if stop - begin >= LEAST_PASSAGE or match is None or "\n\n" in match.group():
            passages.append((begin, stop))
            begin = match.end() if match else end
    return [
        Passage(
            " ".join(text[a:b].split()), ((a + len(text[a:b]) - len(text[a:b].lstrip()), a + len(text[a:b].rstrip())),)
        )
        for a, b in passages
        if text[a:b].strip()
    ]


def groups_of(passages: Sequence[Passage], most_tokens: int, count: Callable[[str], int]) -> list[list[Passage]]:
    """Group passages, in order, so that each group fits a prompt of ``most_tokens`` tokens."""
    groups: list[list[Passage]] = [[]]
    held = 0
    for number, passage in enumerate(passages):
        tokens = count(f"[{number}] {passage.text}\n") + 2
        if groups[-1] and held + tokens > most_tokens:
            groups.append([])
            held = 0
        groups[-1].append(passage)
        held += tokens
    return groups


def sections_of(groups: Sequence[Sequence[Passage]]) -> list[tuple[int, int]]:
    """The span in the document of each group of passages."""
    return [(group[0].spans[0][0], group[-1].spans[-1][1]) for group in groups]


@dataclass(frozen=True)
class Stage:
    """One step that summarises ``passages``. The ``final`` step writes the summary, earlier ones write notes."""

    task: SummariseTask
    passages: Sequence[Passage]
    final: bool

    @property
    def sentences(self) -> int:
        """The maximum number of sentences; with an outline, under each heading."""
        if not self.final:
            return min(NOTES_A_GROUP, max(2, len(self.passages)))
        wanted = max(1, round(self.task.words / WORDS_A_SENTENCE))
        return math.ceil(wanted / len(self.task.outline)) if self.task.outline else wanted

    @property
    def lines(self) -> int:
        """The number of sentences that may be written; the best of those that are too many for the length are kept."""
        if not self.final:
            return self.sentences
        wanted = max(1, math.ceil(self.task.words / SHORT_SENTENCE))
        return math.ceil(wanted / len(self.task.outline)) if self.task.outline else wanted

    @property
    def words_a_line(self) -> int:
        """The most words of a sentence: at most about half of those asked for, so that a choice of sentences fits."""
        if not self.final:
            return MOST_WORDS_OF_NOTE
        return min(MOST_WORDS, max(20, self.task.words // 2), most_words(self.task.words))

    @property
    def _headings(self) -> Sequence[str]:
        return self.task.outline if self.final else ()

    @property
    def max_new_tokens(self) -> int:
        """The token limit for all sentences."""
        line = TOKENS_A_WORD * self.words_a_line + 12
        return 16 + line * self.lines * max(1, len(self._headings)) + 16 * len(self._headings)

    def prompt(self, control_tokens: tuple[str, ...] = ()) -> Prompt:
        """The prompt of this step."""
        task = self.task
        about = f" about this question: {task.question.strip()}" if task.question.strip() else ""
        system = (
            f"{task.instructions.strip()} You summarise texts{about}. "
            "You state only what the passages say, in sentences of your own. "
            "Behind each sentence you write the numbers of the passages that it rests on."
        ).strip()
        listed = "\n".join(
            f"[{n}] {break_control_tokens(p.text, control_tokens)}" for n, p in enumerate(self.passages, 1)
        )
        what = f"what they say{about}" if about else "them"
        if not self.final:
            asked = f"Write the {self.sentences} most important points of {what}."
        elif self._headings:
            heads = "\n".join(f"## {heading}" for heading in self._headings)
            asked = f"Summarise {what} in about {task.words} words, under these headings:\n{heads}\n"
        else:
            asked = f"Summarise {what} in about {task.words} words, in {self._count} sentences."
        nothing = (
            f" Write {NOTHING} where they say nothing{' about it' if about else ''}." if self._may_be_empty else ""
        )
        # No example sentence: the 1.5B took one for a fact from the meeting.
        form = "One sentence a line, and behind each the numbers of its passages in brackets: [2][5]"
        return Prompt(system, f"Passages:\n{listed}\n\n{asked}{nothing} {form}", "")

    @property
    def _count(self) -> str:
        return f"{self.sentences} to {self.lines}" if self.sentences < self.lines else f"at most {self.lines}"

    @property
    def _may_be_empty(self) -> bool:
        return bool(self.task.question.strip()) or bool(self._headings)

    def grammar(self) -> str:
        """GBNF: sentences with at least one number of an existing passage."""
        lines = " ".join(["line", *["line?"] * (self.lines - 1)])
        body = f"({literal(NOTHING)} {literal(chr(10))} | {lines})" if self._may_be_empty else f"({lines})"
        root = " ".join(f"{literal(f'## {heading}' + chr(10))} {body}" for heading in self._headings) or body
        numbers = one_of((str(number), "") for number in range(1, len(self.passages) + 1))
        # A full stop ends the sentence: only its numbers may follow. (Without this, the 1.5B filled its line with the
        # prompt.) A full stop inside a number or after a short word such as Mr. does not end the sentence.
        return (
            f"root ::= {root}\n"
            f'line ::= first (" " word){{1,{self.words_a_line - 1}}} [.!?]? " " cite cite? cite? "\\n"\n'
            f"first ::= [^\\[\\]\\n #*.!?\\-] more? inner{{0,3}} | short\n"
            f"word ::= more inner{{0,3}} | short\n"
            f"more ::= [^\\[\\]\\n .!?]{{1,{MOST_LETTERS}}}\n"
            f"inner ::= [.!?] more\n"
            f'short ::= [A-Za-z] [a-z]? [a-z]? "."\n'
            f'cite ::= "[" {numbers} "]"\n'
        )

    def read(self, text: str, whole: bool) -> tuple[list[Sentence], list[str]]:
        """Parse the written sentences; returns them with their faults.

        If the text was cut off (``whole`` is false), the last line is dropped and reported as a fault.
        """
        printed = "\n".join(passage.text for passage in self.passages)
        written = canonical(text)
        own = own_turn(written, printed)
        faults = [NEXT_TURN] if own != written else []
        lines = own.split("\n")
        if not whole and own == written and lines[-1].strip():
            lines.pop()
            faults.append("cut-off")
        heading: str | None = None
        found: list[Sentence] = []
        for line in filter(None, map(str.strip, lines)):
            if self._headings and line.startswith("#"):
                named = line.removeprefix("##").strip()
                named = named if named in self._headings else line.lstrip("# ").strip()
                heading = named if named in self._headings else heading
                continue
            if line.lower().strip(".") == NOTHING:
                continue
            match = _LINE.fullmatch(_BULLET.sub("", line))
            assert match is not None  # the pattern matches every line
            sentence_text = with_parted_numbers(match["text"].strip(), printed)
            numbers = [int(n) for n in re.findall(r"(?<!\d)\d{1,6}(?!\d)", match["cites"])]
            spans = tuple(
                dict.fromkeys(
                    span for n in numbers if 1 <= n <= len(self.passages) for span in self.passages[n - 1].spans
                )
            )
            if not sentence_text or any(sentence_text == earlier.text for earlier in found):
                continue
            if not spans:
                faults.append("no-source")
            found.append(Sentence(sentence_text, spans, heading))
        missing = [heading for heading in self._headings if heading not in {s.heading for s in found}]
        faults += [f"nothing-under: {heading}" for heading in missing]
        if not found and not self._may_be_empty:
            faults.append("empty")
        return found, list(dict.fromkeys(faults))


def as_text(sentences: Sequence[Sentence]) -> str:
    """The summary as text: paragraphs under their headings."""
    parts: list[str] = []
    heading: str | None = None
    for sentence in sentences:
        if sentence.heading != heading:
            heading = sentence.heading
            parts.append(f"\n\n## {heading}\n\n" if parts else f"## {heading}\n\n")
        elif parts:
            parts.append(" ")
        parts.append(sentence.text)
    return "".join(parts)


def as_json(sentence: Sentence) -> dict[str, Any]:
    """A sentence as plain data."""
    return {"text": sentence.text, "heading": sentence.heading, "spans": [list(span) for span in sentence.spans]}
