"""Cut a document into passages: what an index finds and an answer cites."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise

from ..documents import Block, Document
from ..documents.sentences import sentences_of
from .block_parts import Part, parts_of
from .headings import PLACE, Heading, heading_of, is_title, numbering_of, opens_section
from .mail_quotes import is_mail, quote_depth, quoted_mails
from .table_heads import Table, first_cells

__all__ = ["PASSAGE_RULES", "Passage", "cut_passages", "indexed_text"]

PASSAGE_RULES = "passages/4"
"""The version of the rules below; part of a corpus version's digest."""
TARGET = 480  # characters, about 110 tokens: encoders of sentences are trained on about so many
LONGEST = 720  # a single sentence or row may be so long before it is cut at a word
NOTHING = Heading(PLACE, "")  # follows the last block
OVERLAP = 200  # a sentence up to this long is repeated at the beginning of the next passage
LEAD = 160  # characters of headings that stand before a passage in the index

_FENCE = re.compile(r"^\s*```", re.MULTILINE)


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
    group: tuple[int, int, int]
    lead: str


def cut_passages(document: Document) -> list[Passage]:
    """Return the passages of a document, in order.

    A passage holds whole sentences or rows up to about 480 characters. It crosses no page, no heading, no label of
    rows, and no border between a mail and the mail that it quotes. A short last sentence is repeated at the beginning
    of the next passage of the same part. Every character that is neither white space nor a heading lies in a passage; a
    heading that nothing stands under is a line like others.
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


@dataclass
class _Place:
    """Where in a document the next lines stand: under which headings, in whose mail, in which table."""

    above: list[Heading] = field(default_factory=list)
    numbers: dict[str, tuple[int, ...]] = field(default_factory=dict)  # of the last heading of each kind
    writers: dict[int, str] = field(default_factory=dict)  # of quoted mails, by the marks of a quote before their lines
    section: int = 0
    table: Table | None = None

    def open(self, heading: Heading) -> None:
        """Go on under a heading, or only end those of its depth."""
        self.above = [entry for entry in self.above if entry.depth < heading.depth]
        if heading.words:
            self.above.append(heading)
            if (number := numbering_of(heading.words)) and number.parts:
                self.numbers[number.kind] = number.parts
        self.section += 1
        self.table = None

    def quote(self, writer: str, depth: int) -> None:
        """Go on in the mail of another writer."""
        self.above = []
        self.writers = {other: name for other, name in self.writers.items() if other < depth}
        self.writers[depth] = writer
        self.section += 1

    def lead(self, quoted: int = 0) -> str:
        """The headings, and the writer of lines with so many marks of a quote."""
        writer = self.writers.get(quoted, "")
        return " > ".join([*([writer] if writer else []), *(heading.words for heading in self.above)])[-LEAD:]


def _units(document: Document) -> Iterator[_Unit]:
    text, blocks, place, in_mail = document.text, document.blocks, _Place(), is_mail(document)
    headings = _headings(document, in_mail)
    for number, (block, found) in enumerate(zip(blocks, headings, strict=True)):
        following = headings[number + 1] if number + 1 < len(blocks) else NOTHING
        if found and not (following and following.depth <= found.depth):  # one that nothing stands under is a line
            place.open(found)
            continue
        begin = block.start
        if in_mail and number:
            after = text[blocks[number + 1].start : blocks[number + 1].end] if number + 1 < len(blocks) else ""
            for mail in quoted_mails(text[block.start : block.end], after):
                yield from _of_block(document, Block(begin, block.start + mail.start), place)
                place.quote(mail.writer, mail.depth)
                begin = block.start + mail.text_start
            if text.startswith("Attachments: ", begin):  # the reader's last line
                place.quote("", 0)
        yield from _of_block(document, Block(begin, block.end), place)


def _headings(document: Document, in_mail: bool) -> list[Heading | None]:
    """The heading that each block is, if it is one; none in code."""
    found: list[Heading | None] = []
    in_code = False
    for block in document.blocks:
        words = document.text[block.start : block.end]
        fences = len(_FENCE.findall(words))
        is_code = in_code or fences > 0
        found.append(None if is_code else heading_of(words, _opens_page(document, block), in_mail))
        in_code ^= fences % 2 == 1
    if len(found) > 1 and found[0] and found[1] and is_title(found[0], found[1]):
        found[0] = replace(found[0], depth=PLACE)
    return found


def _of_block(document: Document, block: Block, place: _Place) -> Iterator[_Unit]:
    for part in parts_of(document.text, block):
        yield from _of_table(document, part, place) if part.is_table else _of_prose(document, part, place)


def _of_prose(document: Document, part: Part, place: _Place) -> Iterator[_Unit]:
    place.table = None
    text = document.text
    begin, end = part.span
    before = ""
    for line, following in pairwise(part.lines):
        words = text[slice(*line)].strip()
        if found := opens_section(words, before, text[slice(*following)], place.numbers):
            yield from _sentences(document, begin, line[0], place)
            place.open(found)
            begin = line[1] if found.words else line[0]
        before = words
    yield from _sentences(document, begin, end, place)


def _sentences(document: Document, start: int, end: int, place: _Place) -> Iterator[_Unit]:
    text = document.text
    for sentence in sentences_of(text, start, end):
        quoted = quote_depth(text[text.rfind("\n", 0, sentence[0]) + 1 : sentence[1]])
        yield from _cut(document, *sentence, place.section, place.lead(quoted))


def _of_table(document: Document, part: Part, place: _Place) -> Iterator[_Unit]:
    lines = [document.text[start:end] for start, end in part.lines]
    place.table = Table.of(lines, place.table, document.on_paper)
    before = place.section
    for (start, end), head, section in zip(part.lines, place.table.heads, place.table.sections, strict=True):
        place.section = before + section
        lead = "\n".join(one for one in (place.lead(), head) if one)
        units = list(_cut(document, start, end, place.section, lead))
        yield from units[:1]
        key = first_cells(document.text[start:end])
        yield from (replace(unit, lead=f"{lead}\n{key}" if lead else key) for unit in units[1:])  # of a long row


def _opens_page(document: Document, block: Block) -> bool:
    return not document.on_paper and document.pages[document.page_of(block.start) - 1].start == block.start


def _cut(document: Document, start: int, end: int, section: int, lead: str) -> Iterator[_Unit]:
    """Yield a sentence or a row as units of at most LONGEST characters, which end at pages and at words."""
    text = document.text
    while start < end:
        page = document.page_of(start)
        stop = min(end, document.pages[page - 1].end if document.on_paper else end, start + LONGEST)
        if stop < end and not text[stop].isspace() and (space := text.rfind(" ", start + LONGEST // 2, stop)) > 0:
            stop = space
        stop = max(stop, start + 1)
        quoted = quote_depth(text[(line := text.rfind("\n", 0, start) + 1) : line + 40])
        if text[start:stop].strip():
            yield _Unit(start, stop, (page, section, quoted), lead)
        start = stop
        while start < end and text[start].isspace():
            start += 1


def indexed_text(title: str, lead: str, text: str) -> str:
    """Return the text of a passage as it is indexed: after the title of its document and its lead."""
    return "\n".join([*(part for part in (title if title != lead else "", lead) if part), text])
