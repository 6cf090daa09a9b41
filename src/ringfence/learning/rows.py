"""Where the records of a list may begin in a document, what is to be seen there, and the places of their values."""

from __future__ import annotations

import bisect
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from copy import copy
from functools import cached_property

from ..documents import Block, Line, cells_of
from ..tasks import Prepared
from ..tasks.extract.summary_rows import is_summary_row
from ..tasks.fields import BooleanField, ChoiceField, ListField, TextField
from .features import Surroundings, bin_of, words_of
from .places import Place, text_places, typed_places

__all__ = ["MOST_LINES", "CellPlaces", "Rows", "rows_of"]

MOST_LINES = 8  # of a record: its values stand on the line where it begins, or soon after
MOST_UNITS = 2000  # lines of a document that are looked at; with more, its lists stay as the model wrote them
MOST_WORDS = 12  # of a line that speak for it or against it
HEAD_CELLS = 3  # without digits, that make a line the head of a table; two if no line has so many
HEAD_LINES = 2  # above and below that line, which may hold words of the head too
# Of a place in a row: what stands in its own line and cell. The lines around it are other rows, and say nothing of it.
_OWN = re.compile(
    r"(left|right|label|starts|ends|cell-before|across|shape|digits|length|characters|capitals|own|rank|occurrences|"
    r"largest|not-largest|smallest|not-smallest|larger|named:left|named:cell)"
)

CellPlaces = tuple[Sequence[Place], Sequence[set[str]]]
"""The places of one field in a row, and the features of each."""


class Rows:
    """The units of a document at which a record of one list may begin: lines, or blocks, by the anchor of the list.

    A record goes on to where the next one begins, over at most MOST_LINES lines. If the list has only one field, each
    of its places is a unit, since one line may hold several.
    """

    def __init__(self, name: str, spec: ListField, prepared: Prepared, around: Surroundings) -> None:
        self.name, self.spec, self.document, self.around = name, spec, prepared.document, around
        self.about = {leaf: f"{leaf} {inner.description}" for leaf, inner in spec.fields.items()}
        self.places = {leaf: _places(name, leaf, spec, prepared) for leaf in spec.fields}
        parts: Sequence[Place | Line | Block] = self.document.lines
        if self.of_places:
            (parts,) = self.places.values()
        elif spec.anchor == "block":
            parts = self.document.blocks
        self.units = [(part.start, part.end) for part in parts]
        self._starts = {leaf: [place.start for place in places] for leaf, places in self.places.items()}

    def with_places(self, more: Sequence[Place]) -> Rows:
        """The same list of one field, with further places as units."""
        found = copy(self)
        found.__dict__.pop("features", None)
        ((leaf, places),) = self.places.items()
        known = set(self.units)
        added = {(place.start, place.end): place for place in more if (place.start, place.end) not in known}
        found.places = {leaf: sorted([*places, *added.values()], key=lambda place: (place.start, place.end))}
        found.units = [(place.start, place.end) for place in found.places[leaf]]
        found._starts = {leaf: [start for start, _ in found.units]}
        return found

    @property
    def of_places(self) -> bool:
        """True if each unit is a place of the only field."""
        return len(self.spec.fields) == 1

    @property
    def of_parts(self) -> bool:
        """True if a record stays within its unit: a block, or a place."""
        return self.spec.anchor == "block" or self.of_places

    @cached_property
    def features(self) -> list[set[str]]:
        """What is to be seen at each unit."""
        if self.of_places:
            ((leaf, places),) = self.places.items()
            return self.around.features(places, f"{self.name} {self.about[leaf]}")
        return [set(self._seen(number)) for number in range(len(self.units))]

    def unit_of(self, place: Place) -> int:
        """The number of the unit that has a place."""
        if self.of_places:
            return bisect.bisect_left(self.units, (place.start, place.end))
        return self.unit_at(place.start)

    def unit_at(self, position: int) -> int:
        """The number of the unit that has a position of the text, or of the one before it."""
        return max(0, bisect.bisect_right(self.units, position, key=lambda unit: unit[0]) - 1)

    def ends(self, number: int, following: int | None) -> int:
        """The number of the unit that no longer belongs to the record at ``number``; ``following`` begins the next.

        A record of lines ends before a line that sums up, unless such lines are records.
        """
        if self.of_parts:
            return number + 1
        last = min(number + MOST_LINES, len(self.units), len(self.units) if following is None else following)
        for at in range(number + 1, last):
            if self._sums_up[at] and not self.spec.summary_rows:
                return at
        return last

    def stated(self, leaf: str, number: int) -> Sequence[Place]:
        """The places of a field in one unit."""
        return self._between(leaf, *self.units[number])

    def cells(self, number: int, following: int | None) -> dict[str, CellPlaces]:
        """The places of each field in the record that begins at a unit, with their features."""
        start, end = self.units[number][0], self.units[self.ends(number, following) - 1][1]
        found: dict[str, CellPlaces] = {}
        for leaf in self.spec.fields:
            places = self._between(leaf, start, end)
            if places and places[0].judged:
                words = words_of(self.document.text[start:end])
                found[leaf] = (
                    places,
                    [{f"option:{p.key}", *(f"option-and-word:{p.key} {w}" for w in words)} for p in places],
                )
                continue
            seen = self.around.features(places, self.about[leaf])
            own = [{name for name in names if _OWN.match(name)} for names in seen]
            for names, more in zip(own, self._columns(leaf, places, number), strict=True):
                names.update(more)
            found[leaf] = places, own
        return found

    def _between(self, leaf: str, start: int, end: int) -> Sequence[Place]:
        places, starts = self.places[leaf], self._starts[leaf]
        if places and places[0].judged:
            return places
        inside = places[bisect.bisect_left(starts, start) : bisect.bisect_left(starts, end)]
        return [place for place in inside if place.end <= end]

    def _columns(self, leaf: str, places: Sequence[Place], number: int) -> Iterator[set[str]]:
        """For each place its line in the row, its column in the line, and the head of the column."""
        first = self.around.line_at(self.units[number][0])
        lines = [self.around.line_at(place.start) for place in places]
        counts = Counter(lines)
        met: Counter[int] = Counter()
        wanted = {word for word in words_of(self.about[leaf].replace("_", " ")) if len(word) > 2}
        for place, line in zip(places, lines, strict=True):
            cells = self.around.cells[line]
            index = next((n for n, (start, end) in enumerate(cells) if start <= place.start < end), 0)
            offset = line - first
            found = {
                f"row-line:{bin_of(offset)}",
                f"column:{bin_of(index)}",
                f"column-from-end:{bin_of(len(cells) - 1 - index)}",
                f"row-line-and-column:{bin_of(offset)}:{bin_of(index)}",
                f"nth:{bin_of(met[line])}",
                f"nth-from-end:{bin_of(counts[line] - 1 - met[line])}",
                f"whole-cell:{cells[index] == (place.start, place.end) if cells else True}",
            }
            met[line] += 1
            words = self._head_of(line, index, place)
            found.update(f"head:{word}" for word in words)
            if words and wanted.intersection(words):
                found.add("named:head")
            yield found

    def _head_of(self, line: int, index: int, place: Place) -> list[str]:
        """The words at the head of the column of a place: by geometry on paper, by the number of the cell elsewhere."""
        head = self._heads[line]
        if head is None:
            return []
        text, cells = self.document.text, self.around.cells
        box = self.around.box(place.start, place.end)
        if box is None:
            same = len(cells[head]) == len(cells[line])
            at = index if same else len(cells[head]) - len(cells[line]) + index
            return words_of(text[slice(*cells[head][at])]) if 0 <= at < len(cells[head]) else []
        words: list[str] = []
        for near in range(max(0, head - HEAD_LINES), min(line, head + HEAD_LINES + 1)):
            for cell in cells[near] if near == head or _is_wordy(text, cells[near]) else ():
                other = self.around.box(*cell)
                if other and other[0] < box[2] and box[0] < other[2]:
                    words += words_of(text[slice(*cell)])[:4]
        return words

    @cached_property
    def _heads(self) -> list[int | None]:
        """For each line of the document, the nearest line above it that looks like the head of a table."""
        text, found = self.document.text, list[int | None]()
        many: int | None = None
        two: int | None = None
        for number, cells in enumerate(self.around.cells):
            found.append(two if many is None else many)
            if len(cells) > 1 and _is_wordy(text, cells):
                two = number
                many = number if len(cells) >= HEAD_CELLS else many
        return found

    @cached_property
    def _sums_up(self) -> list[bool]:
        return [is_summary_row(self.document.text[start:end]) for start, end in self.units]

    @cached_property
    def _shapes(self) -> list[str]:
        """The shape of each unit: of its cells whether they hold words, numbers or both."""
        return [_shape(self.document.text, cells_of(self.document.text, *unit)) for unit in self.units]

    @cached_property
    def _alike(self) -> Counter[str]:
        return Counter(self._shapes)

    def _seen(self, number: int) -> Iterator[str]:
        text, (start, end) = self.document.text, self.units[number]
        words = words_of(text[start:end])
        for word in words[:MOST_WORDS]:
            yield f"word:{word}"
        yield f"first:{' '.join(words[:1])}"
        yield f"second:{' '.join(words[1:2])}"
        yield f"last:{' '.join(words[-1:])}"
        yield f"length:{bin_of(len(words))}"
        shape = self._shapes[number]
        yield f"shape:{shape}"
        yield f"cells:{bin_of(shape.count('|') + 1)}"
        yield f"alike:{bin_of(self._alike[shape])}"
        filled: set[int] = set()
        for leaf in self.spec.fields:
            places = [place for place in self.stated(leaf, number) if not place.judged]
            yield f"places:{leaf}:{bin_of(len(places))}"
            if places and not isinstance(self.spec.fields[leaf], TextField):
                filled.add(places[-1].end if places[-1].end not in filled else places[0].end)
        yield f"filled:{len(filled)}"
        yield f"sums-up:{self._sums_up[number]}"
        yield f"after-sums:{bin_of(sum(self._sums_up[max(0, number - 40) : number]))}"
        for name, at in (("above", number - 1), ("below", number + 1), ("below-2", number + 2)):
            yield from self._neighbour(name, number, at)
        line = self.around.line_at(start)
        head = self._heads[line]
        yield f"since-head:{'none' if head is None else bin_of(line - head)}"
        if head is not None:
            for word in words_of(text[slice(*self.around.lines[head])])[:MOST_WORDS]:
                yield f"head:{word}"
        yield f"depth:{int(10 * start / max(1, len(text)))}"
        box = self.around.box(start, end)
        if box and self.document.pages[self.document.page_of(start) - 1].width:
            yield f"across:{int(16 * box[0] / self.document.pages[self.document.page_of(start) - 1].width)}"

    def _neighbour(self, name: str, number: int, at: int) -> Iterator[str]:
        if not 0 <= at < len(self.units):
            yield f"{name}:none"
            return
        text = self.document.text
        low, high = sorted((self.units[number], self.units[at]))
        gap = text[low[1] : high[0]].count("\n") > 1
        yield f"{name}-gap:{gap}"
        yield f"{name}-shape:{self._shapes[at]}"
        yield f"{name}-shapes:{self._shapes[number]}:{self._shapes[at]}:{gap}"
        yield f"{name}-sums-up:{self._sums_up[at]}"
        for word in words_of(text[slice(*self.units[at])])[:MOST_WORDS]:
            yield f"{name}-word:{word}"


def rows_of(prepared: Prepared, around: Surroundings, names: Collection[str]) -> dict[str, Rows]:
    """The rows of each list in ``names`` that can be ranked, by its name.

    A list of one judged field has no places, and a document of more than MOST_UNITS lines is not looked at.
    """
    if len(prepared.document.lines) > MOST_UNITS:
        return {}
    return {
        name: Rows(name, spec, prepared, around)
        for name, spec in prepared.task.fields.items()
        if name in names
        and isinstance(spec, ListField)
        and not (len(spec.fields) == 1 and isinstance(next(iter(spec.fields.values())), ChoiceField | BooleanField))
    }


def _places(name: str, leaf: str, spec: ListField, prepared: Prepared) -> list[Place]:
    inner = spec.fields[leaf]
    if isinstance(inner, TextField):
        line = inner.model_copy(update={"within": "line"})  # as in the grammar: a value of a row stays on its line
        return sorted(text_places(prepared.cell_lines, line, in_rows=True), key=lambda place: (place.start, place.end))
    return typed_places(inner, prepared.candidates.get(f"{name}.{leaf}", ()))


def _is_wordy(text: str, cells: Sequence[tuple[int, int]]) -> bool:
    """True if no cell has a digit."""
    return not any(any(map(str.isdigit, text[start:end])) for start, end in cells)


def _shape(text: str, cells: Sequence[tuple[int, int]]) -> str:
    return "|".join(
        re.sub(
            r"(.)\1+",
            r"\1",
            "".join("9" if word == "0" else "A" if word[0].isalpha() else "" for word in words_of(text[a:b])),
        )
        for a, b in cells[:MOST_WORDS]
    )
