"""Every place of a document that could be the value of a field, for text fields too."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ..documents import Below, CellLines, cells_of, ends_open, joined_lines
from ..tasks import Prepared
from ..tasks.fields import BooleanField, ChoiceField, LeafSpec, ListField, TextField
from ..tasks.recognisers import Candidate

__all__ = ["MOST_PLACES", "Place", "places_of", "text_places", "typed_places", "value_key"]

SEPARATOR = re.compile(r"[,;] | [·•|/] ")  # between a name and its street on one line
SHORT_LABEL = re.compile(r"[^\W\d_]{2,5}\.? (?=\S)")  # "To Acme Ltd", "An Hotel Seeblick": a label without a colon
LABEL_END = re.compile(r":[ \u00a0]+|#[ ]+|[ ][-–][ ]")
CUT = re.compile(r"\(|[ ](?=\S*\d{4})")  # a name ends before its number or a remark in parentheses
CORE = re.compile(r"(?<!\S)[^\W\d_](?:.*[^\W\d_]\S*)?")  # from the first word of a cell to its last one
NOTHING = "\0"  # the key of null
MOST_LINES = 6  # of a text field that may continue over lines
MOST_PLACES = 2000  # of a text field; the values of a form stand on its first pages


@dataclass(frozen=True)
class Place:
    """``document.text[start:end]`` and the value that it states, in the form of the contract.

    ``below`` are the further lines of a cell that begins there.
    A text with several ``readings`` has no value and a flag. It is a place all the same: if it stood aside, a clear
    but wrong value would be taken instead. An option of a choice, and a boolean, has no place: it starts and ends at 0.
    """

    start: int
    end: int
    value: Any
    flags: tuple[str, ...] = ()
    readings: tuple[str, ...] = ()
    below: tuple[tuple[int, int], ...] = ()

    @property
    def judged(self) -> bool:
        """True if it is an option that the whole document speaks for, and no text of it."""
        return self.start == self.end

    @property
    def key(self) -> str:
        """What makes two places state the same value."""
        return value_key(self.value, self.readings)


def value_key(value: Any, readings: Sequence[str] = ()) -> str:
    """What makes two values the same answer: text without case and white space, an amount without its currency.

    A text that reads several ways is told apart by its ``readings``.
    """
    if isinstance(value, dict) and "amount" in value:
        value = value["amount"]
    if value is None:
        return f"\0{'|'.join(readings)}" if readings else NOTHING
    return " ".join(str(value).casefold().split())


def places_of(prepared: Prepared) -> dict[str, list[Place]]:
    """The places of every single field, by path, in reading order; the options of a field that is judged.

    Whole sentences are not ranked: they have no labels, heads and columns around them.
    """
    sentences = prepared.task.sentences
    return {
        path: list(text_places(prepared.cell_lines, spec))
        if isinstance(spec, TextField)
        else typed_places(spec, prepared.candidates.get(path, ()))
        for path, spec in prepared.task.flat.items()
        if not isinstance(spec, ListField) and path not in sentences
    }


def typed_places(spec: LeafSpec, candidates: Sequence[Candidate]) -> list[Place]:
    """The places of a field that recognisers found, or the options of a field that is judged."""
    if isinstance(spec, ChoiceField):
        return [Place(0, 0, option) for option in spec.options]
    if isinstance(spec, BooleanField):
        return [Place(0, 0, True), Place(0, 0, False)]
    return [
        Place(each.start, each.end, each.value, each.flags, each.readings)
        for each in candidates
        if each.value is not None or each.readings
    ]


def text_places(cells: CellLines, spec: TextField, in_rows: bool = False) -> Iterator[Place]:
    """Whole lines, cells, and what stands behind a label; in a block also runs of lines that begin at any of these.

    With ``in_rows`` also cells without the numbers before and after their words, names go on below as in answers, and
    there is no bound on the places.
    """
    document, text = cells.document, cells.document.text
    seen: set[tuple[int, int]] = set()
    segments = [segment.start for segment in document.segments]
    lines = [(line.start, line.end) for line in document.lines]
    blocks = {line: number for number, block in enumerate(document.blocks) for line in _lines_in(lines, block)}
    for number, (start, end) in enumerate(lines):
        beginnings = []
        for first, last in [(start, end), *cells_of(text, start, end)]:
            labels = list(LABEL_END.finditer(text, first, last))
            short = SHORT_LABEL.match(text, first, last)
            whole = [(first, last), *((each.end(), last) for each in [*labels, *([short] if short else [])])]
            beginnings += whole
            beginnings += [(first, cut.start()) for cut in [*labels, *CUT.finditer(text, first + 1, last)]]
            beginnings += [part for start, stop in whole for part in _parts(text, start, stop)]
            if in_rows and (core := CORE.search(text, first, last)):
                beginnings.append(core.span())
        reach = [last for _, last in lines[number + 1 : number + MOST_LINES]] if spec.within == "block" else []
        for first, last in beginnings:
            ends = [last]
            if last == end:
                for offset, stop in enumerate(reach, 1):
                    if blocks.get(number + offset) != blocks.get(number):
                        break
                    ends.append(stop)
            for stop in ends:
                place = _trimmed(text, first, stop)
                if place is None:
                    continue
                untrimmed = place[0], place[0] + len(text[place[0] : stop].rstrip())
                if {place, untrimmed} <= seen:
                    continue
                found = cells.below(*untrimmed, in_row=in_rows) if spec.within == "line" else Below()
                if below := found.lines:
                    place = untrimmed
                if place in seen:
                    continue
                seen.add(place)
                if sum(_count(segments, *part) for part in (place, *below)) > spec.max_segments:
                    break
                value = joined_lines([text[start:end] for start, end in (place, *below)])
                doubts = {"over-lines": below, "more-below": found.more, "ends-open": ends_open(value)}
                yield Place(*place, value, tuple(flag for flag, doubtful in doubts.items() if doubtful), below=below)
                if len(seen) >= MOST_PLACES and not in_rows:
                    return


def _parts(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The parts of a cell between commas, dots and the like, each alone, up to it, and from it on."""
    found = [(start, start), *(sign.span() for sign in SEPARATOR.finditer(text, start, end)), (end, end)]
    for (_, first), (last, after) in pairwise(found):
        yield first, last
        if start < first:
            yield start, last
        if after < end:
            yield first, end


def _lines_in(lines: list[tuple[int, int]], block: Any) -> list[int]:
    first = bisect.bisect_left(lines, (block.start, 0))
    last = bisect.bisect_left(lines, (block.end, 0))
    return list(range(first, last))


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    raw = text[start:end]
    body = raw.strip(" \u00a0\t|:;,")
    if not any(map(str.isalnum, body)):
        return None
    first = start + raw.index(body)
    return first, first + len(body)


def _count(segments: list[int], start: int, end: int) -> int:
    return bisect.bisect_left(segments, end) - bisect.bisect_left(segments, start)
