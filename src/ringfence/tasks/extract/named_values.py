"""Whether the page names another value with the words of a field: *Order # 297735* beside *Invoice # 120016938*.

Of the wrong codes and dates of 60 orders, 20 invoices and 60 receipts (1.5B, no labels) 6 of 23 stand where the page
names another value so, of the 251 right ones 1. Names of fields in another language than the document tell nothing.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator, Mapping, Sequence

from ...contracts import FieldAnswer
from ...documents import Document, cells_of
from ..recognisers import Candidate
from .plan import Prepared

__all__ = ["NAMED_ELSEWHERE", "flag_named_elsewhere"]

NAMED_ELSEWHERE = "named-elsewhere"
MOST_CANDIDATES = 400
_KINDS = frozenset({"date", "period", "code", "iban", "email", "phone"})  # every amount is a total of something
WORDS_BEFORE, LINES_ABOVE = 4, 3
_WORD = re.compile(r"[^\W\d_]{3,}")
_RANGE = re.compile(r"\s*(?:-|–|—|to|until|through|bis|au|/)\s*")
# Words of the names of fields that many labels have.
_GENERAL = frozenset("num number date day amount code name value id from until first last the and for".split())  # noqa: SIM905


def flag_named_elsewhere(prepared: Prepared, fields: Mapping[str, FieldAnswer]) -> None:
    """Flag the values that the page does not name as their field, where it names another candidate so."""
    labels = _Labels(prepared.document)
    for path, spec in prepared.task.flat.items():
        answer, candidates = fields.get(path), prepared.candidates.get(path, ())
        wanted = frozenset(_words(path.replace("_", " ").replace(".", " "))) - _GENERAL
        if spec.kind not in _KINDS or answer is None or not answer.spans or not wanted or answer.chosen_by:
            continue
        if len(candidates) <= MOST_CANDIDATES and labels.name_another(candidates, answer, wanted):
            answer.flags.append(NAMED_ELSEWHERE)


class _Labels:
    """The words that stand before and above the places of one document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.starts = [line.start for line in document.lines]

    def name_another(self, candidates: Sequence[Candidate], answer: FieldAnswer, wanted: frozenset[str]) -> bool:
        """Whether no place of the answer is named by ``wanted``, and one of another value is."""
        own = {*answer.spans, *answer.others}
        named = list(self._named(candidates, wanted))
        values = [candidate.value for candidate in candidates if (candidate.start, candidate.end) in own]
        others = [candidate for candidate in named if candidate.value is not None and candidate.value not in values]
        return bool(values and others) and not any(candidate.value in values for candidate in named)

    def _named(self, candidates: Sequence[Candidate], wanted: frozenset[str]) -> Iterator[Candidate]:
        before: Candidate | None = None
        is_named = False
        for candidate in candidates:
            goes_on = before is not None and _RANGE.fullmatch(self.document.text, before.end, candidate.start)
            is_named = (is_named and bool(goes_on)) or not wanted.isdisjoint(self._words_at(candidate))
            before = candidate
            if is_named:
                yield candidate

    def _words_at(self, candidate: Candidate) -> Iterator[str]:
        number = bisect.bisect_right(self.starts, candidate.start) - 1
        if number < 0:
            return
        text, cells = self.document.text, self._cells(number)
        index = next((at for at, (start, end) in enumerate(cells) if start <= candidate.start < end), 0)
        start = cells[index][0] if cells else candidate.start
        inner = _words(text[start : candidate.start])
        yield from inner[-WORDS_BEFORE:]
        before = (_words(text[slice(*cell)]) for cell in reversed(cells[:index]))
        if not inner:
            yield from next(filter(None, before), [])[-WORDS_BEFORE:]
        yield from _words(self._above(number, index, (start, candidate.end)))

    def _above(self, number: int, index: int, place: tuple[int, int]) -> str:
        """The nearest cell above that could be a label: by geometry on paper, by its number elsewhere."""
        text = self.document.text
        box = self.document.boxes(*place)[:1]
        for upper in range(number - 1, max(-1, number - 1 - LINES_ABOVE), -1):
            cells = self._cells(upper)
            over = [cells[index]] if len(cells) > index and not box else []
            for cell in cells if box else ():
                other = self.document.boxes(*cell)[:1]
                if other and other[0].page == box[0].page and other[0].x0 < box[0].x1 and box[0].x0 < other[0].x1:
                    over.append(cell)
            if over:
                said = " ".join(text[slice(*cell)] for cell in over)
                return "" if any(map(str.isdigit, said)) else said
        return ""

    def _cells(self, number: int) -> list[tuple[int, int]]:
        line = self.document.lines[number]
        return cells_of(self.document.text, line.start, line.end)


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]
