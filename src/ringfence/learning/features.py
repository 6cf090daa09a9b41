"""What stands around a place on the page: the features by which a ranker tells places apart.

Features are short texts such as ``left:total`` or ``line-from-top:2``; each is present or absent.
"""

from __future__ import annotations

import bisect
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..documents import Document, cells_of
from .places import Place

__all__ = ["Surroundings", "bin_of", "words_of"]

_WORD = re.compile(r"[^\W\d_]+|\d+|[^\w\s]")
_MOST_WORDS = 8
MOST_SAID = 400  # words of a document that speak for an option: its beginning says what it is


class Surroundings:
    """The lines and cells of one document, and the features of places in it."""

    def __init__(self, document: Document) -> None:
        self.document, text = document, document.text
        self.lines = [(line.start, line.end) for line in document.lines]
        self.starts = [start for start, _ in self.lines]
        self.cells = [cells_of(text, start, end) for start, end in self.lines]
        self.said = set(words_of(text)[:MOST_SAID])
        self._boxes: dict[tuple[int, int], tuple[float, float, float, float] | None] = {}

    def features(self, places: Sequence[Place], about: str) -> list[set[str]]:
        """The features of each of the places of one field; ``about`` is the field's name and description."""
        wanted = {word for word in words_of(about.replace("_", " ").replace(".", " ")) if len(word) > 2}
        counts = Counter(place.key for place in places)
        sizes = [_size(place.value) for place in places]
        known = sorted({size for size in sizes if size is not None})
        found = []
        for rank, (place, size) in enumerate(zip(places, sizes, strict=True)):
            if place.judged:
                found.append({f"option:{place.key}", *(f"option-and-word:{place.key} {word}" for word in self.said)})
                continue
            features = set(self._around(place, wanted))
            features |= set(self._position(place))
            raw = self.document.text[place.start : place.end]
            features |= set(_shape(raw))
            if "\n" in raw:
                features |= set(_line_shapes(raw))
            features.add(f"rank:{bin_of(rank)}")
            features.add(f"rank-from-end:{bin_of(len(places) - 1 - rank)}")
            features.add(f"occurrences:{min(counts[place.key], 4)}")
            if size is not None and known:
                features.add("largest" if size == known[-1] else "not-largest")
                features.add("smallest" if size == known[0] else "not-smallest")
                features.add(f"larger:{bin_of(len(known) - bisect.bisect_right(known, size))}")
            found.append(features)
        return found

    def _around(self, place: Place, wanted: set[str]) -> Iterator[str]:
        text = self.document.text
        number = self.line_at(place.start)
        line_start, line_end = self.lines[number] if self.lines else (0, len(text))
        cells = self.cells[number] if self.lines else []
        index = next((n for n, (start, end) in enumerate(cells) if start <= place.start < end), 0)
        cell_start, cell_end = cells[index] if cells else (line_start, line_end)
        inner = words_of(text[cell_start : place.start])
        left = words_of(text[line_start : place.start])
        right = words_of(text[place.end : max(place.end, self._line_end(place.end))])
        before = words_of(text[slice(*cells[index - 1])]) if index else []
        above = self._above(number, index, cell_start, cell_end)
        yield from _tail("left", left)
        yield from _head("right", right)
        if inner:
            yield f"label:{' '.join(inner[-4:])}"
            yield "starts:" + ("label" if text[cell_start : place.start].rstrip()[-1:] in ":#-–" else "inside")
        else:
            yield "starts:" + ("line" if index == 0 else "cell")
            if before:
                yield f"cell-before:{' '.join(before[-4:])}"
        yield "ends:" + ("line" if place.end >= line_end else "cell" if place.end >= cell_end else "inside")
        for word in {*left[-15:], *right[:15]}:
            yield f"in-line:{word}"
        yield f"above:{' '.join(above[:4])}"
        for word in above[:_MOST_WORDS]:
            yield f"above-word:{word}"
        for name, offset in (("line-before", -1), ("line-after", self._lines_spanned(place, number))):
            if 0 <= number + offset < len(self.lines):
                words = words_of(text[slice(*self.lines[number + offset])])
                yield f"{name}:{' '.join(words[:2])}"
                for word in words[:_MOST_WORDS]:
                    yield f"{name}-word:{word}"
            else:
                yield f"{name}:none"
        for name, words in (("left", left[-4:]), ("above", above[:6]), ("cell-before", before)):
            if overlap := wanted.intersection(words):
                yield f"named:{name}"
                yield f"named:{name}:{len(overlap)}"

    def line_at(self, position: int) -> int:
        """The number of the line that has a position of the text."""
        return max(0, bisect.bisect_right(self.starts, position) - 1)

    def _line_end(self, position: int) -> int:
        number = self.line_at(position - 1)
        return self.lines[number][1] if self.lines else position

    def _lines_spanned(self, place: Place, number: int) -> int:
        return max(1, bisect.bisect_left(self.starts, place.end) - number)

    def _above(self, number: int, index: int, start: int, end: int) -> list[str]:
        """The words of the nearest cell above: by geometry on paper, by the number of the cell elsewhere."""
        text = self.document.text
        box = self.box(start, end)
        for upper in range(number - 1, max(-1, number - 4), -1):
            cells = self.cells[upper]
            if box is None:
                if len(cells) > index:
                    return words_of(text[slice(*cells[index])])
                return words_of(text[slice(*cells[-1])]) if cells else []
            for cell in cells:
                other = self.box(*cell)
                if other and other[0] < box[2] and box[0] < other[2] and other[1] < box[1]:
                    return words_of(text[slice(*cell)])
        return []

    def box(self, start: int, end: int) -> tuple[float, float, float, float] | None:
        """The rectangle around a part of the text, in PDF points; None if it is not on paper."""
        if not self.document.on_paper:
            return None
        if (start, end) not in self._boxes:
            corners = self.document.char_boxes[start:end]
            corners = corners[~np.isnan(corners[:, 0])]
            low, high = (corners.min(axis=0), corners.max(axis=0)) if len(corners) else (None, None)
            self._boxes[start, end] = (
                None if low is None or high is None else (float(low[0]), float(low[1]), float(high[2]), float(high[3]))
            )
        return self._boxes[start, end]

    def _position(self, place: Place) -> Iterator[str]:
        number = self.line_at(place.start)
        page = self.document.page_of(place.start) if self.document.pages else 1
        pages = max(1, len(self.document.pages))
        yield f"page:{'first' if page == 1 else 'last' if page == pages else 'middle'}"
        yield f"line-from-top:{bin_of(number)}"
        yield f"line-from-end:{bin_of(len(self.lines) - 1 - number)}"
        yield f"depth:{int(10 * place.start / max(1, len(self.document.text)))}"
        yield f"lines:{self._lines_spanned(place, number)}"
        box = self.box(place.start, place.end)
        if box:
            sheet = self.document.pages[page - 1]
            if sheet.width and sheet.height:
                across, down = int(8 * box[0] / sheet.width), int(12 * box[1] / sheet.height)
                yield f"across:{across}"
                yield f"down:{page if page < 3 else 3}:{down}"
                yield f"at:{page if page < 3 else 3}:{across}:{down}"


def words_of(text: str) -> list[str]:
    """Words in lower case, numbers as 0 to show that they are numbers, and marks."""
    return [word.casefold() if word[0].isalpha() else "0" if word.isdigit() else word for word in _WORD.findall(text)]


def _tail(name: str, words: list[str]) -> Iterator[str]:
    letters = [word for word in words if word[0].isalpha()]
    if words:
        yield f"{name}1:{words[-1]}"
        yield f"{name}2:{' '.join(words[-2:])}"
        yield f"{name}3:{' '.join(words[-3:])}"
    else:
        yield f"{name}:nothing"
    if letters:
        yield f"{name}-word:{letters[-1]}"
    for word in letters[-4:]:
        yield f"{name}-near:{word}"


def _head(name: str, words: list[str]) -> Iterator[str]:
    if words:
        yield f"{name}1:{words[0]}"
        yield f"{name}2:{' '.join(words[:2])}"
    else:
        yield f"{name}:nothing"


def _shape(raw: str) -> Iterator[str]:
    shape = re.sub(r"(.)\1+", r"\1", "".join(map(_sort, raw[:40])))
    yield f"shape:{shape[:12]}"
    digits = sum(map(str.isdigit, raw))
    yield f"digits:{bin_of(digits)}"
    words = words_of(raw)
    yield f"length:{bin_of(len(words))}"
    yield f"characters:{bin_of(len(raw))}"
    letters = [character for character in raw if character.isalpha()]
    if letters:
        yield f"capitals:{int(4 * sum(map(str.isupper, letters)) / len(letters))}"
    for word in set(words):
        yield f"own:{word}"
    if words:
        yield f"own-first:{words[0]}"
        yield f"own-last:{words[-1]}"


def _sort(character: str) -> str:
    """What sort of character it is: no letter of any script stays, for a shape must not tell a value."""
    if character.isalpha() or unicodedata.category(character)[0] == "M":
        return "A" if character.isupper() else "a"
    return "9" if character.isnumeric() else character


def _line_shapes(raw: str) -> Iterator[str]:
    """What the first and the last of several lines look like."""
    rows = raw.split("\n")
    for name, row in (("first-row", rows[0]), ("last-row", rows[-1])):
        for word in set(words_of(row)):
            yield f"{name}:{word}"
        longest = max(map(len, re.findall(r"\d+", row)), default=0)
        yield f"{name}-digits:{longest}"
        yield f"{name}-length:{bin_of(len(row) // 4)}"


def _size(value: Any) -> Any:
    if isinstance(value, dict):
        value = value.get("amount")
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def bin_of(number: int) -> str:
    """A count as a feature names it: exact below six, then by powers of two."""
    return str(number) if number < 6 else f"2^{int(math.log2(number))}"
