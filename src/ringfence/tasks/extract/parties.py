"""Two parties of a letterhead that only their place tells apart: each is a name with its street and town.

Side by side, or a sender's line above the window of an envelope, they say by convention who writes to whom, and small
models do not know it. A field like *supplier* is the wrong one of the two as often as not.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ...contracts import FieldAnswer, Span
from ...documents import Box, Document, cells_of
from ..fields import TextField
from .plan import Prepared

__all__ = ["OTHER_PARTY", "flag_other_party"]

OTHER_PARTY = "other-party"
MOST_LINES = 6  # of a name with its address
LEAST_PARTS = 3  # of it: a name, a street, a town
MOST_PARTIES = 40  # that are looked at: more are a directory
MOST_GAP = 3.0  # heights of a line between the tops of two parties side by side
# A line that ends with a town and its postcode, in either order, and at most a country behind.
_TOWN = re.compile(
    r"(?:^|[,·•|–-] *)(?:[A-Z]{1,3}-? ?)?"
    r"(?:\d{4,5}(?:-\d{3})?|\d{3} \d{2}|\d{2}-\d{3}|\d{4} [A-Z]{2}),? +[^\W\d][^\d]*$"
    r"|(?:^|[ ,])(?:[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d|[A-Z]\d[\dW] ?[A-Z\d]{4})"
    r"(?:,? [^\W\d][^\d]*)?$"
    r"|[^\W\d_]{2},? +[A-Z]{2}\.?,? +\d{5}(?:-\d{4})?(?:,? [^\W\d][^\d]*)?$"
)
_BORDER = re.compile(r" *[·•|*] *| [–-] |, *")
_WORD = re.compile(r"[^\W\d_]+")
# What says who a party is, and what may stand with it in a label: *Invoice to*, but INVOICE is a title.
_ROLE = re.compile(
    r"bill(?:ed)?|ship(?:ped|per)?|sold|to|from|by|customer|client|buyer|purchaser|seller|vendor|supplier|sender|"
    r"recipient|consignee|pay(?:ee|er)|contractor|tenant|landlord|less(?:or|ee)|licens(?:or|ee)|employ(?:er|ee)|"
    r"address|name|company|party|att(?:entio)?n|"
    r"an|von|bei|kund(?:e|in)|(?:ver)?käufer|lieferant|absender|(?:ver)?mieter|firma|\w*(?:anschrift|adresse|"
    r"empfänger|nehmer|geber)(?:in)?|"
    r"facturée?|livrée?|à|fournisseur|vendeur|acheteur|destinataire|expéditeur|société|nom|"
    r"cliente|proveedor|a|dirección|vendedor|comprador|destinatario|remitente|"
    r"fornitore|mittente|indirizzo|spett(?:abile)?|acquirente|venditore"
)
_WITH_ROLE = re.compile(
    r"billing|shipping|deliver(?:ed|y)?|invoiced?|remit|pay|payment|for|the|our|your|of|rechnung|lieferung|für|de[rs]?|"
    r"die|du|l[ae]|facturation|livraison|facturer|livrer|facturar|enviar|facturación|envío|fatturare|di"
)


@dataclass(frozen=True)
class _Party:
    """A name with an address below it, or behind it (``is_line``). ``line`` is the number of its first line."""

    name: Span
    line: int
    is_line: bool


def flag_other_party(prepared: Prepared, fields: Mapping[str, FieldAnswer]) -> None:
    """Flag text values that are one of two parties which nothing on the page names, with the name of the other."""
    flat = prepared.task.flat
    texts = {path: entry for path, entry in fields.items() if isinstance(flat.get(path), TextField) and entry.spans}
    if not texts:
        return
    for name, other in _Letterheads(prepared.document).rivals():
        for entry in texts.values():
            start, end = entry.spans[0]
            if start < name[1] and name[0] < end:
                entry.flags.append(f"{OTHER_PARTY}: {prepared.document.text[slice(*other)].strip()}")


class _Letterheads:
    """Finds the parties of one document."""

    def __init__(self, document: Document) -> None:
        self.document, self.text = document, document.text
        self._cut: dict[int, list[Span]] = {}

    def rivals(self) -> Iterator[tuple[Span, Span]]:
        """The name of each party that may be taken for another, with the name of that other one."""
        parties = list(itertools.islice(self._parties(), MOST_PARTIES))
        found: dict[Span, Span] = {}
        for each in parties:
            for other in parties:
                apart = self._said(each.name).casefold() != self._said(other.name).casefold()
                if each is not other and not each.is_line and apart and self._are_rivals(each, other):
                    found.setdefault(each.name, other.name)
                    found.setdefault(other.name, each.name)
        yield from found.items()

    def _are_rivals(self, window: _Party, other: _Party) -> bool:
        """Whether only their place tells two parties apart."""
        if self._is_labelled(window) or self._is_labelled(other):
            return False
        if other.is_line:
            return self._line_above(window.line) == other.line
        first, second = self._box(window.name), self._box(other.name)
        if first is None or second is None:
            return first is second and window.line == other.line
        near = first.page == second.page and abs(first.y0 - second.y0) < MOST_GAP * (first.y1 - first.y0)
        return near and (first.x1 < second.x0 or second.x1 < first.x0)

    def _parties(self) -> Iterator[_Party]:
        for number in range(len(self.document.lines)):
            for cell in [*self._cells(number), *self._with_bars(number)]:
                said = self._said(cell)
                parts = _BORDER.split(said)
                if not _TOWN.search(said):
                    continue
                if len(parts) >= LEAST_PARTS and parts[0][:1].isalpha() and not any(map(str.isdigit, parts[0])):
                    start = cell[0] + self.text[slice(*cell)].index(parts[0])
                    yield _Party((start, start + len(parts[0])), number, True)
                elif (found := self._block(number, cell, len(parts))) is not None:
                    yield found

    def _with_bars(self, number: int) -> list[Span]:
        """A line whose parts stand between bars, which make cells of them."""
        line = self.document.lines[number]
        return [(line.start, line.end)] if " | " in self.text[line.start : line.end] else []

    def _block(self, number: int, cell: Span, parts: int) -> _Party | None:
        """The party whose address ends with this cell: the cells right above it, without a gap."""
        top, line = cell, number
        while line and number - line < MOST_LINES and self._follows(line):
            above = self._above(line, top)
            if above is None or ":" in self._said(above) or _TOWN.search(self._said(above)):
                break
            top, line = above, line - 1
        enough = line < number and number - line + parts >= LEAST_PARTS
        return _Party(top, line, False) if enough and self._said(top)[0].isalpha() else None

    def _is_labelled(self, party: _Party) -> bool:
        """Whether words say which party it is: in its place, before it or above it."""
        cells = self._cells(party.line)
        index = next((at for at, (start, end) in enumerate(cells) if start <= party.name[0] < end), 0)
        upper = self._line_above(party.line)
        beside = [*cells[max(0, index - 1) : index], *(self._column(upper, cells[index], index) if cells else [])]
        return _is_label(self._said(party.name)) or any(_is_label(self._said(each)) for each in beside)

    def _above(self, line: int, cell: Span) -> Span | None:
        """The cell of the line before that stands in the same column."""
        cells = self._cells(line)
        found = self._column(line - 1, cell, cells.index(cell)) if cell in cells else []
        return found[0] if len(found) == 1 else None

    def _column(self, line: int, cell: Span, index: int) -> list[Span]:
        """The cells of another line that begin where ``cell``, the ``index``-th of its line, begins."""
        cells = self._cells(line) if line >= 0 else []
        box = self._box(cell)
        if box is None:
            return cells[index : index + 1]
        height = box.y1 - box.y0
        boxes = [(each, self._box(each)) for each in cells]
        return [each for each, other in boxes if other and other.page == box.page and abs(other.x0 - box.x0) <= height]

    def _line_above(self, line: int) -> int:
        """The number of the nearest line before with anything on it; -1 if there is none."""
        while line > 0:
            line -= 1
            if self._cells(line):
                return line
        return -1

    def _follows(self, line: int) -> bool:
        """Whether a line stands right below the one before it."""
        lines = self.document.lines
        return self.text[lines[line - 1].end : lines[line].start].count("\n") == 1

    def _said(self, cell: Span) -> str:
        return self.text[slice(*cell)].strip()

    def _box(self, cell: Span) -> Box | None:
        return next(iter(self.document.boxes(*cell)), None)

    def _cells(self, number: int) -> list[Span]:
        if number not in self._cut:
            line = self.document.lines[number]
            self._cut[number] = list(cells_of(self.text, line.start, line.end))
        return self._cut[number]


def _is_label(said: str) -> bool:
    """Whether a text only says who stands beside or below it."""
    words = [word.casefold() for word in _WORD.findall(said)]
    others = [word for word in words if not _ROLE.fullmatch(word)]
    return said.endswith(":") or (len(others) < len(words) and all(map(_WITH_ROLE.fullmatch, others)))
