"""Cut a document into passages: what an index finds and an answer cites."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..documents import Block, Document
from ..documents.model import lines_of
from ..documents.sentences import sentences_of
from .table_heads import goes_on, head_lines, table_head

__all__ = ["PASSAGE_RULES", "Passage", "cut_passages", "indexed_text"]

PASSAGE_RULES = "passages/3"
"""The version of the rules below; part of a corpus version's digest."""
TARGET = 480  # characters, about 110 tokens: encoders of sentences are trained on about so many
LONGEST = 720  # a single sentence or row may be so long before it is cut at a word
OVERLAP = 200  # a sentence up to this long is repeated at the beginning of the next passage
HEADING = 100  # characters that a heading has at most
LEAD = 160  # characters of headings that stand before a passage in the index

_NUMBERED = re.compile(
    r"^(?:#{1,6} |(?:\d+\.)*\d+\.? +|(?:Section|Article|Chapter|Part|Item|Annex|§+) )", re.IGNORECASE
)
_QUOTE = re.compile(r"^(?:> ?)+")


@dataclass(frozen=True, slots=True)
class Passage:
    """The passage ``text[start:end]`` of a document, on ``page``.

    ``lead`` says what it stands under: the headings above it, and in lines of their own the head of its table. It is
    indexed with the passage, but it is no part of its span.
    """

    start: int
    end: int
    page: int
    lead: str = ""


@dataclass(frozen=True, slots=True)
class _Unit:
    """A sentence or a row, what it belongs to, and the text that leads to it."""

    start: int
    end: int
    group: tuple[int, int, str]
    lead: str


def cut_passages(document: Document) -> list[Passage]:
    """Return the passages of a document, in order.

    A passage holds whole sentences or rows up to about 480 characters. It crosses no page, no heading, and no border
    between a mail and the mail that it quotes. A short last sentence is repeated at the beginning of the next passage
    of the same part. Every character that is neither white space nor a heading lies in a passage; a heading that
    nothing stands under is a line like others.
    """
    return list(_joined(_units(document)))


def _joined(units: Iterator[_Unit]) -> Iterator[Passage]:
    held: list[_Unit] = []
    new = 0  # units of ``held`` that no passage contains yet
    for unit in units:
        if held and (unit.group != held[0].group or unit.end - held[0].start > TARGET):
            if new:
                yield _passage(held)
            last = held[-1]
            near = unit.group == last.group and last.end - last.start <= OVERLAP
            held = [last] if near and unit.end - last.start <= LONGEST else []
            new = 0
        held.append(unit)
        new += 1
    if new:
        yield _passage(held)


def _passage(units: list[_Unit]) -> Passage:
    return Passage(units[0].start, units[-1].end, units[0].group[0], units[0].lead)


def _units(document: Document) -> Iterator[_Unit]:
    above: list[tuple[int, str]] = []  # headings with their depth
    section = 0
    head, table = "", list[str]()  # of the table that the last block was, and its lines
    headings = [_heading(document.text, block) for block in document.blocks]
    for block, found, following in zip(document.blocks, headings, [*headings[1:], (0, "")], strict=True):
        rows = _rows(document.text, block)
        if found and not (following and following[0] <= found[0]):
            depth, words = found
            above = [*(entry for entry in above if entry[0] < depth), (depth, words)]
            section += 1
            head, table = "", []
            continue
        lead = " > ".join(words for _, words in above)[-LEAD:]
        if rows:
            lines = [document.text[start:end] for start, end in rows]
            own = head_lines(lines)
            if own or not (table and goes_on(table, lines)):
                head, own = table_head(lines, own), own or 1
            table = lines
            under = "\n".join(part for part in (lead, head) if part)
            for number, (start, end) in enumerate(rows):
                yield from _cut(document, start, end, section, under if number >= own else lead)
            continue
        head, table = "", []
        for start, end in sentences_of(document.text, block.start, block.end):
            yield from _cut(document, start, end, section, lead)


def _cut(document: Document, start: int, end: int, section: int, lead: str) -> Iterator[_Unit]:
    """Yield a sentence or a row as units of at most LONGEST characters, which end at pages and at words."""
    text = document.text
    while start < end:
        page = document.page_of(start)
        stop = min(end, document.pages[page - 1].end if document.on_paper else end, start + LONGEST)
        if stop < end and not text[stop].isspace() and (space := text.rfind(" ", start + LONGEST // 2, stop)) > 0:
            stop = space
        stop = max(stop, start + 1)
        quote = _QUOTE.match(text[(line := text.rfind("\n", 0, start) + 1) : line + 40])
        if text[start:stop].strip():
            yield _Unit(start, stop, (page, section, quote.group().replace(" ", "") if quote else ""), lead)
        start = stop
        while start < end and text[start].isspace():
            start += 1


def _rows(text: str, block: Block) -> list[tuple[int, int]]:
    """Return the lines of a block that is a table: several lines, most of them with cells; else nothing."""
    lines = [(line.start, line.end) for line in lines_of(text[block.start : block.end], block.start)]
    cells = sum("\t" in text[start:end] or " | " in text[start:end] or "   " in text[start:end] for start, end in lines)
    return lines if len(lines) > 1 and cells * 2 > len(lines) else []


def indexed_text(title: str, lead: str, text: str) -> str:
    """Return the text of a passage as it is indexed: after the title of its document and its lead."""
    return "\n".join([*(part for part in (title if title != lead else "", lead) if part), text])


def _heading(text: str, block: Block) -> tuple[int, str] | None:
    """Return the depth and the words of a block that is a heading: one short line that is no sentence."""
    line = text[block.start : block.end].strip()
    marked = line.startswith("#")
    words = line.lstrip("#").strip()
    if not words or "\n" in words or "\t" in words or len(words) > HEADING:
        return None
    if marked:
        return len(line) - len(line.lstrip("#")), words
    numbered = _NUMBERED.match(line)
    letters = [c for c in words if c.isalpha()]
    titled = sum(w[0].isupper() for w in words.split() if w[0].isalpha()) * 2 >= len(words.split())
    if len(letters) * 2 < len(words) or words[-1] in ".,;:!?" or line.startswith(("- ", "> ")) or not titled:
        return None
    return (2 + numbered.group().count(".") if numbered else 9), words
