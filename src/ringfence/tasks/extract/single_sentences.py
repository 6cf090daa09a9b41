"""The single sentences of a document, as a model is asked of them: whole, without headings, and not too long."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ...contracts import Span
from ...documents import Document
from ...documents.sentences import sentences_of

__all__ = ["LONGEST", "Sentence", "sentences_in"]

SIGNS = 6  # of a sentence in Chinese or Japanese
LONGEST = 1500  # characters of a sentence in a prompt; longer ones are cut into parts
_WORDS = re.compile(r"[^\W\d_]{2,}")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")
_CELLS = re.compile(r"\S(?:\t| \| |   +)\S")
_IS_ENTRY = re.compile(r"[^\W\d_][\w /&-]{1,39}:[ \t]+\S")  # TERM: two years
_LISTED = re.compile(r"(?:[-–•*>·] |\(?(?:[a-z]{1,3}|\d{1,2})[.)] )")
_BEGINS_INSIDE = re.compile(r"(?:[-–•*>·] |\(?(?:[a-z]{1,3}|\d{1,2})\) )*[a-zß-ÿ]")
_ENDS = re.compile(r"[.!?…。！？][\"'”’»)\]」』）]*\Z")
_LEADS_IN = re.compile(r"(?::|[\w,])\Z")
_CUTS = re.compile(r"[;:]\s+|[.,]\s+(?=\((?:[a-z]{1,3}|\d{1,2})\)\s)|\n(?=[-–•*] )")


@dataclass(frozen=True)
class Sentence:
    """A sentence in every place where a document has it; ``is_part`` if it was cut out of one that is too long."""

    places: tuple[Span, ...]
    text: str
    is_part: bool = False
    is_row: bool = False

    @property
    def begins_open(self) -> bool:
        """True if it seems to begin before: in lower case, or with the mark of a list."""
        return self.is_part or _BEGINS_INSIDE.match(self.text) is not None

    @property
    def ends_open(self) -> bool:
        """True if it seems to go on: it ends in no mark, and is no entry of a list of labels or row of a table."""
        closed = _ENDS.search(self.text) or _IS_ENTRY.match(self.text) or self.is_row
        return self.is_part or not closed


def sentences_in(document: Document) -> list[Sentence]:
    """The different sentences of a document, in order."""
    found: dict[str, Sentence] = {}
    for start, end, is_part in _pieces(document):
        text = " ".join(document.text[start:end].split())
        if same := found.get(text):
            found[text] = replace(same, places=(*same.places, (start, end)))
        elif _says_something(text):
            is_row = _CELLS.search(document.text, start, end) is not None
            found[text] = Sentence(((start, end),), text, is_part, is_row)
    return list(found.values())


def _says_something(text: str) -> bool:
    """True for more than a heading or a number: three words, a label with its value, or signs without spaces."""
    words = _WORDS.findall(text)
    return len(words) > 2 or (len(words) == 2 and ":" in text[:-1]) or len(_UNSPACED.findall(text)) >= SIGNS


def _pieces(document: Document) -> Iterator[tuple[int, int, bool]]:
    """The sentences of all blocks; those that were cut at a line or a paragraph are joined again."""
    text = document.text
    held: Span | None = None
    for start, end in (piece for block in document.blocks for piece in _of_block(text, block.start, block.end)):
        if held and _goes_on(text, held, start):
            held = held[0], end
            continue
        if held:
            yield from _short(text, *held)
        held = start, end
    if held:
        yield from _short(text, *held)


def _of_block(text: str, start: int, end: int) -> Iterator[Span]:
    """The rows of a table and the entries of a list of labels one by one; else sentences."""
    lines = [(start + line.start(), start + line.end()) for line in re.finditer(r"\S[^\n]*(?<=\S)", text[start:end])]
    entries = sum(bool(_CELLS.search(text, *line) or _IS_ENTRY.match(text[slice(*line)])) for line in lines)
    if len(lines) > 1 and 2 * entries > len(lines):
        yield from lines
    else:
        yield from sentences_of(text, start, end)


def _goes_on(text: str, held: Span, start: int) -> bool:
    """True if what begins at ``start``, in the next line or paragraph, belongs to the sentence before it."""
    before, after = text[slice(*held)], text[start : start + 60]
    if held[1] - held[0] > LONGEST or text[held[1] : start].strip() or not _says_something(before):  # page 3 of 12
        return False
    if _ENDS.search(before) or _IS_ENTRY.match(before) or _CELLS.search(before):
        return False
    return bool(_BEGINS_INSIDE.match(after) or (_LEADS_IN.search(before) and _LISTED.match(after)))


def _short(text: str, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
    """A sentence, or its parts if it is longer than a prompt should be: at semicolons and list marks, else at words."""
    if end - start <= LONGEST:
        yield start, end, False
        return
    cuts = [start + cut.end() for cut in _CUTS.finditer(text[start:end])]
    cuts += [start + space.end() for space in re.finditer(rf"\S[^;:]{{{LONGEST},}}?\s", text[start:end])]
    first = start
    for cut, following in itertools.pairwise([*sorted(cuts), end]):
        if following - first > LONGEST and cut > first:
            yield first, first + len(text[first:cut].rstrip()), True
            first = cut
    yield first, end, True
