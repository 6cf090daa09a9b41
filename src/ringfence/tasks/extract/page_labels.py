"""The words that stand around a value on a page, and the label that names it and nothing else.

On paper, what stands above a value is found by geometry; in plain text, by the number of its cell.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ...contracts import Span
from ...documents import Document, cells_of
from ..recognisers import Candidate

__all__ = ["PageLabels", "letters_of", "printed_ranges", "wanted_words"]

# Words of the names of fields that many labels have.
_GENERAL = frozenset("num number date day amount code name value id from until first last the and for".split())  # noqa: SIM905
LINES_ABOVE = 3
NEAR = 1.5  # heights of a line between a label and the value below it, at most
MOST_WORDS_OF_A_LABEL = 6
MOST_CELLS = 60  # of a line; one with more is no row of labels and values
_RANGE = re.compile(r"\s*(?:-|–|—|to|until|through|bis|au|/)\s*")
SIDE = 200  # characters of a cell before and behind a place that are looked at
_TO_VALUE = re.compile(r"[\s:#.=*°º/]*")  # between a label and its value
_BEHIND = re.compile(r"[\s.,;/]*")  # what may follow a value in its cell: more would be part of it
_HEADS = re.compile(
    r"[#/]|\b(?:no|nr|num|number|nummer|numero|número|numéro|id|code|dates?|datum|day)\b", re.IGNORECASE
)
_OTHER_PART = frozenset({"revision", "rev", "version", "amendment", "mod"})  # of a label such as *Contract / Revision*
_BYGONE = re.compile(
    r"^\s*>|\b(?:previous\w*|prior|former\w*|original\w*|old|earlier|supersede\w*|replace[sd]?|cancel\w*|void|missed|alte[mnrs]?|"
    r"bisherig\w*|ursprünglich\w*|storn\w*|ersetzt|précédent\w*|ancien\w*|annulé\w*)\b",
    re.IGNORECASE,
)
EXACT, ENDING = "exact", "ending"
_ARTICLES = frozenset(
    ["the", "of", "our", "your", "name", "der", "die", "das", "ihr", "unser", "le", "la", "l", "du", "de", "el"]
)
_BEHIND_A_LABEL = frozenset(["name", "details", "s"])
_PREPOSITIONS = frozenset(
    [
        "to",
        "by",
        "for",
        "at",
        "from",
        "with",
        "an",
        "von",
        "für",
        "bei",
        "beim",
        "vom",
        "par",
        "du",
        "au",
        "del",
        "al",
        "dal",
    ]
)
_OF_A_SIGNATURE = frozenset(["signature", "signed", "unterschrift", "firma", "relationship", "e", "email", "web"])
_SIGNED = re.compile(r"(?:date|datum|data|fecha|signature|unterschrift)\W*", re.IGNORECASE)  # a row to sign has it
_NO_NAME = re.compile(
    r"@|\bwww\.|https?:|^(?:yes|no|ja|nein|oui|non|sí|si|see\b.*|siehe\b.*|as above|none|n/a)$", re.IGNORECASE
)
_DIGIT = re.compile(r"\d")
_LETTERS = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[^\W\d_]+")


def wanted_words(path: str) -> frozenset[str]:
    """The words that name a field on a page."""
    words = re.findall(r"[^\W\d_]{3,}", path.casefold())
    return frozenset(words) - _GENERAL


def letters_of(text: str) -> str:
    """The letters and digits of a text, by which spellings are one."""
    return "".join(filter(str.isalnum, text)).casefold()


def printed_ranges(candidates: Sequence[Candidate], document: Document) -> Iterator[tuple[Candidate, Candidate]]:
    """The dates that stand together as the first and the last day of a range."""
    for first, last in pairwise(candidates):
        if _RANGE.fullmatch(document.text, first.end, last.start) and str(first.value) <= str(last.value):
            yield first, last


class PageLabels:
    """Finds the labels of the places of one document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._starts = [line.start for line in document.lines]
        self._cut: dict[int, list[Span]] = {}

    def words_around(self, start: int, end: int) -> frozenset[str]:
        """The words around a place, up to the next numbers, which have labels of their own.

        They are those of its cell, of the cell before and of that below it, and of the heads above: the nearest line
        and those right above it, three at most.
        """
        text = self.document.text
        number, index = self._at(start)
        if index is None:
            return frozenset()
        first, last = self._cells(number)[index]
        near = [_DIGIT.split(text[max(first, start - SIDE) : start])[-1], text[end : min(last, end + SIDE)]]
        near += [text[slice(*cell)] for cell in self._cells(number)[index - 1 : index]]
        near += (text[slice(*cell)] for cell in self._beside(self._next(number, 1), index, (start, end)))
        near = [said for said in near if not _DIGIT.search(said)]
        upper = number
        for _ in range(LINES_ABOVE):
            lower, upper = upper, self._next(upper, -1)
            heads = [text[slice(*cell)] for cell in self._beside(upper, index, (start, end))]
            apart = upper < 0 or (lower != number and self._starts[upper + 1] - self.document.lines[upper].end > 1)
            if apart or any(map(_DIGIT.search, heads)):
                break
            near += heads
        return frozenset(_words(" ".join(near)))

    def label(self, start: int, end: int, candidates: Sequence[Candidate]) -> frozenset[str]:
        """The words of the label that a place has to itself; none if it has no such label."""
        return frozenset(_words(self.label_text(start, end, candidates)))

    def label_text(self, start: int, end: int, candidates: Sequence[Candidate]) -> str:
        """The label that a place has to itself; empty if it has no such label.

        The label stands before it in its cell, or is the cell before it, or, where neither has words, the one cell
        right above. Such a head names only a value without another of the ``candidates`` below: a column has several.
        Of a label in two parts (*Contract / Revision*) the first counts. Nothing earlier (*Previous order*) has one.
        """
        text = self.document.text
        number, index = self._at(start)
        if index is None:
            return ""
        first, last = self._cells(number)[index]
        if not _BEHIND.fullmatch(text, end, min(last, end + SIDE)) or self._is_bygone(number):
            return ""
        said = _DIGIT.split(text[max(first, start - SIDE) : start])[-1]
        behind = start - len(said)  # another value may stand before the label, but no number of a row
        if behind > first and (not _LETTERS.search(said) or all(each.end != behind for each in candidates)):
            return ""
        left = text[slice(*self._cells(number)[index - 1])] if index else ""
        if not _LETTERS.search(said) and not _DIGIT.search(left):
            said = left
        if not _LETTERS.search(said):
            said = self._head(number, index, (start, end), candidates)
        name, _, more = said.rstrip(" /").partition("/")
        ends = max((letter.end() for letter in _LETTERS.finditer(said)), default=0)
        if _DIGIT.search(said) or not _TO_VALUE.fullmatch(said, ends) or not _OTHER_PART.issuperset(_words(more)):
            return ""
        return name

    def named_texts(self, wanted: frozenset[str]) -> list[Span]:
        """Where the page has the text that it names with the ``wanted`` words; nothing where none stands beside them.

        Such a text stands behind a label of these words, or in the cell beside one that ends with them; heads of
        columns stand beside each other too, so what is below a label, or above it like a signature, may be meant.
        """
        found: list[Span] = []
        is_named = False
        for number in range(len(self._starts)):
            for index, (start, end) in enumerate(self._cells(number)):
                head, colon, rest = self.document.text[start:end].partition(":")
                kind = "" if _DIGIT.search(head) else _kind_of_label(_words(head), wanted)
                if not kind or (colon and kind != EXACT):
                    continue
                own = [(end - len(rest.lstrip()), end)] if _LETTERS.search(rest) else []
                beside = own or self._cells(number)[index + 1 : index + 2]
                has_text = any(_is_text(self._said(each)) for each in beside)
                if kind == EXACT and beside and not own and not has_text:
                    has_text = self._heads_one_text(number, index, (start, end))
                if has_text or kind == EXACT:
                    is_named |= has_text
                    found += beside
                    around = () if own else self._around_column(number, index, (start, end), above=not colon)
                    found += [each for each in around if ":" not in self._said(each)]
        return found if is_named else []

    def _heads_one_text(self, number: int, index: int, place: Span) -> bool:
        """Whether a text stands right below a head, and none below that: the rows of a table are of many."""
        first = self._next(number, 1)
        below, further = (self._beside(line, index, place) for line in (first, self._next(first, 1)))
        texts = [any(_is_text(self._said(cell)) for cell in cells) for cells in (below, further)]
        heads = self._cells(number)
        are_heads = not any(_DIGIT.search(self._said(cell)) or _SIGNED.fullmatch(self._said(cell)) for cell in heads)
        counted = first < len(self._starts) and len(self._cells(first)) == len(heads)
        as_many = counted or bool(self.document.boxes(*place))  # else an empty cell may be lost
        return are_heads and as_many and len(below) == 1 and texts == [True, False]

    def _around_column(self, number: int, index: int, place: Span, *, above: bool) -> Iterator[Span]:
        """The cells of the next lines in a column, and of the line ``above``.

        A cell that has none to its left, or a number, is no value beside a label of its own: it may be of any column.
        """
        if above:
            yield from self._beside(self._next(number, -1), index, place)
        for _ in range(LINES_ABOVE):
            number = self._next(number, 1)
            if number < len(self._starts):
                yield from self._beside(number, index, place)
                cells = self._cells(number)
                yield from cells[:1] if above else ()
                yield from (cell for left, cell in pairwise(cells) if above and not _LETTERS.search(self._said(left)))

    def _said(self, cell: Span) -> str:
        return self.document.text[slice(*cell)]

    def cell_at(self, start: int) -> Span | None:
        """The cell of a place."""
        number, index = self._at(start)
        return None if index is None else self._cells(number)[index]

    def _is_bygone(self, number: int) -> bool:
        """Whether a line, or one beside it of one cell, says that it is about something earlier."""
        beside = {each for step in (-1, 1) if 0 <= (each := self._next(number, step)) < len(self._starts)}
        texts = (
            self.document.lines[each] for each in {number, *(each for each in beside if len(self._cells(each)) == 1)}
        )
        return any(_BYGONE.search(self.document.text[line.start : line.end][: 2 * SIDE]) for line in texts)

    def _next(self, number: int, step: int) -> int:
        """The number of the next line with a letter or a digit: rules of signs are none; of no line where it ends."""
        number += step
        while 0 <= number < len(self._starts):
            line = self.document.lines[number]
            if any(map(str.isalnum, self.document.text[line.start : line.end])):
                break
            number += step
        return number

    def _head(self, number: int, index: int, place: Span, candidates: Sequence[Candidate]) -> str:
        """The text of the one cell right above a place, if it heads nothing else, and is a label and no title."""
        upper = self._next(number, -1)
        above = self._beside(upper, index, place)
        boxes = self.document.boxes(*place)[:1]
        if len(above) != 1 or not _HEADS.search(self.document.text, *above[0]):
            return ""
        same_cells = len(self._cells(upper)) == len(self._cells(number))
        if same_cells and self._cells(upper).index(above[0]) != index:
            return ""
        if boxes:
            (head,) = self.document.boxes(*above[0])[:1] or (None,)
            if head is None or boxes[0].y0 - head.y1 > NEAR * (boxes[0].y1 - boxes[0].y0):
                return ""
        elif not same_cells or upper != number - 1 or self._starts[number] - self.document.lines[upper].end > 1:
            return ""
        for below in (number + 1, number + 2):
            for first, last in self._beside(below, index, place):
                at = bisect.bisect_left(candidates, first, key=lambda each: each.start)
                if at < len(candidates) and candidates[at].start < last:
                    return ""
        return self.document.text[slice(*above[0])]

    def _beside(self, number: int, index: int, place: Span) -> list[Span]:
        """The cells of another line that stand above or below a place."""
        if not 0 <= number < len(self._starts):
            return []
        cells = self._cells(number)
        boxes = self.document.boxes(*place)[:1]
        if not boxes:
            return cells[index : index + 1]
        (box,) = boxes
        found = []
        for cell in cells:
            other = self.document.boxes(*cell)[:1]
            if other and other[0].page == box.page and other[0].x0 < box.x1 and box.x0 < other[0].x1:
                found.append(cell)
        return found

    def _at(self, start: int) -> tuple[int, int | None]:
        """The numbers of the line and the cell of a place."""
        number = bisect.bisect_right(self._starts, start) - 1
        cells = self._cells(number) if number >= 0 else []
        return number, next((at for at, (first, last) in enumerate(cells) if first <= start < last), None)

    def _cells(self, number: int) -> list[Span]:
        if number not in self._cut:
            line = self.document.lines[number]
            cells = list(cells_of(self.document.text, line.start, line.end))
            self._cut[number] = cells if len(cells) <= MOST_CELLS else []
        return self._cut[number]


def _kind_of_label(words: list[str], wanted: frozenset[str]) -> str:
    """What a cell with these words is: a label of the ``wanted`` ones, one that only ends with them, or none."""
    while words and words[-1] in _BEHIND_A_LABEL and words[-1] not in wanted:
        words = words[:-1]
    if (
        not wanted
        or not words
        or len(words) > MOST_WORDS_OF_A_LABEL
        or words[-1] not in wanted
        or not wanted <= {*words}
    ):
        return ""
    others = [word for word in words if word not in wanted]
    if _ARTICLES.issuperset(others):
        return EXACT
    return "" if words[-len(wanted) - 1] in _PREPOSITIONS or words[0] in _OF_A_SIGNATURE else ENDING


def _is_text(said: str) -> bool:
    """Whether a cell is the value of a text field, and no label, code, address on the net or yes."""
    said = said.strip()
    letters, digits = len(_LETTERS.findall(said)), len(_DIGIT.findall(said))
    is_head = said.endswith(":") or (not digits and _HEADS.search(said.replace("/", " ")))
    is_code = " " not in said and digits > 0
    return letters > max(1, digits) and not is_head and not is_code and not _NO_NAME.search(said)


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]
