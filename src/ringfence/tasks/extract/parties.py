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
SHORT = 4  # words of a cell that may say who stands below it
SLACK = 2  # characters between the beginnings of cells of one column
LEAST_LETTERS = 3  # of a name that a letter may begin with
MOST_PARTIES = 40  # that are looked at: more are a directory
MOST_GAP = 3.0  # heights of a line between the tops of two parties side by side
# A line that ends with a town and its postcode, in either order, and at most a country behind.
_NO_TOWN = (
    r"(?!(?i:stück|stk|pcs|pieces|kg|eur|euro|konto|jan(?:uary?)?|feb(?:ruary?)?|march|mar|märz|mär|apr(?:il)?|ma[iy]|"
    r"jun[ei]?|jul[iy]?|aug(?:ust)?|sept?(?:ember)?|o[ck]t(?:ober)?|nov(?:ember)?|de[cz](?:ember)?)\b)"
)
_TOWN = re.compile(
    r"(?:^|[,;·•∙|/–—-] *)(?:[A-Z]{1,3}-? ?)?"
    rf"(?:\d{{4,5}}(?:-\d{{3}})?|\d{{3}} \d{{2}}|\d{{2}}-\d{{3}}|\d{{4}} [A-Z]{{2}}),? +{_NO_TOWN}[^\W\d]"
    r"(?:[^\d]*|[^\d]* (?i:cedex) \d\d?)$"
    r"|(?:^|[ ,])(?:[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d|[A-Z]\d[\dW] ?[A-Z\d]{4})"
    r"(?:,? [^\W\d][^\d]*)?$"
    r"|[^\W\d_]{2},? +(?:[A-Z]{2}\.?,? +\d{5}(?:-\d{4})?|(?:NSW|VIC|QLD|SA|WA|TAS|ACT|NT) \d{4})(?:,? [^\W\d][^\d]*)?$",
)
_BORDER = re.compile(r" *[·•∙|*;] *| [–—/-] |, *")
_WORD = re.compile(r"[^\W\d_]+")
_LABEL_BEFORE = re.compile(r"^[^:.]+(?=:|\. )")
# What says who a party is, and what may stand with it in a label: *Invoice to*, but INVOICE is a title.
_ROLE = re.compile(
    r"bill(?:ed)?|ship(?:ped|per)?|sold|to|from|by|at|customer|client|buyer|purchaser|seller|vendor|supplier|sender|"
    r"recipient|consignee|(?:im|ex)porter|pay(?:ee|er)|contractor|tenant|landlord|less(?:or|ee)|licens(?:or|ee)|"
    r"employ(?:er|ee)|insured|broker|address|name|company|party|att(?:entio)?n|"
    r"an|von|bei|kund(?:e|in)|(?:ver)?käufer|lieferant|abs(?:ender)?|(?:ver)?mieter(?:in)?|bauherr|architekt|"
    r"besteller|hersteller|\w*(?:anschrift|adresse|empfänger|nehmer|geber|stelle)(?:in)?|"
    r"(?:factur|livr|vend|expédi)[ée]e?|à|fournisseur|vendeur|acheteur|destinataire|expéditeur|locataire|bailleur|"
    r"société|nom|cliente|proveedor|a|dirección|vendedor|comprador|destinatario|remitente|arrendador|arrendatario|"
    r"emisor|receptor|fornitore|mittente|indirizzo|spett(?:abile)?|acquirente|venditore|locatore|conduttore"
)
_WITH_ROLE = re.compile(
    r"billing|shipping|deliver(?:ed|y)?|collect|invoiced?|remit|pay|payment|details|for|the|our|your|ihr|unser|of|"
    r"rechnung|lieferung|für|de[rs]?|die|du|l[ae]|facturation|livraison|facturer|livrer|facturad?[or]|enviad?[or]|"
    r"facturación|envío|fatturare|di|loading|unloading|point"
)
# What may stand above an address and is no name: a title, a place, how somebody is addressed.
_HEAD = re.compile(
    r"(?:purchase |sales |work )?order\b.*|(?:tax |pro forma )?invoice\b.*|credit note\b.*|quot(?:e|ation)|offer|"
    r"statement|receipt|rechnung|gutschrift|angebot|bestellung|auftrag|lieferschein|lieferung(?: .*)?|mahnung|"
    r"facture|avoir|devis|factura|fattura|"
    r"(?:job |building |construction )?site|delivery|objekt|bauvorhaben|baustelle|chantier|"
    r"(?:registered|head|branch|main) office|(?:haupt|firmen)?sitz.*|siège.*|sede.*|"
    r"herrn?|frau|firma|familie|mr|mrs|ms|messrs|mme|madame|monsieur|m\.|sr\.?|sra\.?|sig\.?",
    re.IGNORECASE,
)
_ADDRESSED = (
    r"dear|hello|hi|sehr|liebe[rs]?|guten|hallo|madame|monsieur|bonjour|ch(?:er|ère)|estimad[oa]|gentile|egregi[oa]"
)
_BANK = re.compile(r"bank|sparkasse|volksbank|caisse|banque|banco|banca|caixa", re.IGNORECASE)


@dataclass(frozen=True)
class _Party:
    """A name with an address below it, from the line ``first`` to ``last``, or behind it in the same one.

    A title or an address such as *Mr* may stand above the name, from the line ``top`` on.
    """

    name: Span
    first: int
    last: int
    top: int

    @property
    def is_line(self) -> bool:
        """Whether the address stands behind the name."""
        return self.first == self.last


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
        if other.is_line:
            stands = self._line_above(window.top, window.name) == other.first
        else:
            stands = self._side_by_side(window.name, other.name, abs(window.first - other.first))
        return stands and not (
            self._have_heads(window, other)
            or any(self._is_named(each) or self._is_addressed(each) for each in (window, other))
        )

    def _side_by_side(self, first: Span, second: Span, lines: int) -> bool:
        one, other = self._box(first), self._box(second)
        if one is None or other is None:
            return one is other and lines <= 1 and abs(self._offset(first) - self._offset(second)) > SLACK
        near = one.page == other.page and abs(one.y0 - other.y0) < MOST_GAP * (one.y1 - one.y0)
        return near and (one.x1 < other.x0 or other.x1 < one.x0)

    def _have_heads(self, window: _Party, other: _Party) -> bool:
        """Whether both have a short cell above them in one line: these say who they are, in whatever words."""
        upper = self._line_above(window.first, window.name)
        if other.is_line or upper != self._line_above(other.first, other.name):
            return False
        heads = {
            head
            for each in (window, other)
            for head in self._column(upper, each.name, self._index(each.first, each.name))
        }
        said = [self._said(head) for head in heads]
        is_short = all(len(each.split()) <= SHORT and not any(map(str.isdigit, each)) for each in said)
        return len(said) == 2 and is_short

    def _is_named(self, party: _Party) -> bool:
        """Whether words say which party it is: before, above or below it, or where its name stands again."""
        cells, index, name = self._cells(party.first), self._index(party.first, party.name), self._said(party.name)
        upper, lower = self._line_above(party.first, party.name), party.last + 1
        near = cells[max(0, index - 1) : index]
        for line in (upper, lower if lower < len(self.document.lines) else -1):
            near += self._column(line, cells[index], index) if cells else []
        behind = name.rpartition("(")[2] if name.endswith(")") else ""
        again = (each.start() for each in re.finditer(re.escape(name), self.text) if each.start() != party.name[0])
        return any(_is_label(each) for each in (name, behind, *map(self._said, near), *map(self._before, again)))

    def _before(self, place: int) -> str:
        """The text before a place in its line, from the cell before on."""
        return re.split(r" {3,}|[\t|]", self.text[self.text.rfind("\n", 0, place) + 1 : place].rstrip())[-1].strip()

    def _is_addressed(self, party: _Party) -> bool:
        """Whether a letter begins with its name: *Dear Ms Brown*."""
        words = _WORD.findall(self._said(party.name))
        if not words or len(words[-1]) < LEAST_LETTERS:
            return False
        greeting = rf"^\W*(?:{_ADDRESSED})\b[^\n]*\b{re.escape(words[-1])}\b"
        return re.search(greeting, self.text, re.IGNORECASE | re.MULTILINE) is not None

    def _parties(self) -> Iterator[_Party]:
        for number in range(len(self.document.lines)):
            for cell in [*self._cells(number), *self._with_bars(number)]:
                found = self._in_line(number, cell)
                if found is None and _TOWN.search(self._said(cell)):
                    found = self._block(number, cell)
                if found is not None and not _BANK.search(self._said(found.name)):
                    yield found

    def _in_line(self, number: int, cell: Span) -> _Party | None:
        """The party that stands in one line with its address: its parts end at the town."""
        text, (start, end) = self.text, cell
        parts, position = [], start
        for border in [*_BORDER.finditer(text, start, end), None]:
            stop = border.start() if border else end
            parts += [(position, stop)] if position < stop else []
            position = border.end() if border else end
        towns = [
            n for n, part in enumerate(parts) if n + 1 >= LEAST_PARTS and _TOWN.search(text[start : part[1]].strip())
        ]
        if not towns or not text[start].isalpha():
            return None
        count = 1
        if "," in text[parts[0][1] : parts[1][0]]:  # a name may have one too
            numbered = [n for n in range(towns[-1]) if any(map(str.isdigit, text[slice(*parts[n])]))]
            count = numbered[0] if numbered else max(1, towns[-1] - 1)
        name = (start, parts[count - 1][1])
        is_labelled = count and any(map(_is_label, _LABEL_BEFORE.findall(self._said(name))))
        return None if not count or is_labelled else _Party(name, number, number, number)

    def _with_bars(self, number: int) -> list[Span]:
        """A line whose parts stand between bars, which make cells of them."""
        line = self.document.lines[number]
        return [(line.start, line.end)] if " | " in self.text[line.start : line.end] else []

    def _block(self, number: int, cell: Span) -> _Party | None:
        """The party whose address ends with this cell: the cells right above it, without a gap."""
        cells, line = [cell], number
        while line and number - line < MOST_LINES and self._follows(line):
            above = self._above(line, cells[-1])
            if above is None or ":" in self._said(above) or _TOWN.search(self._said(above)):
                break
            cells.append(above)
            line -= 1
        top = line
        while len(cells) > 1 and _HEAD.fullmatch(self._said(cells[-1])):
            cells.pop()
            line += 1
        enough = len(cells) > 1 and len(cells) - 1 + len(_BORDER.split(self._said(cell))) >= LEAST_PARTS
        return _Party(cells[-1], line, number, top) if enough and self._said(cells[-1])[0].isalpha() else None

    def _index(self, line: int, name: Span) -> int:
        """The number of the cell of a line that holds a name."""
        return next((at for at, (start, end) in enumerate(self._cells(line)) if start <= name[0] < end), 0)

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
            below = [each for each in cells if abs(self._offset(each) - self._offset(cell)) <= SLACK]
            return below or (cells[index : index + 1] if len(cells) > 1 else [])
        height = box.y1 - box.y0
        boxes = [(each, self._box(each)) for each in cells]
        return [each for each, other in boxes if other and other.page == box.page and abs(other.x0 - box.x0) <= height]

    def _offset(self, cell: Span) -> int:
        """Where a cell begins in its line, in characters."""
        return cell[0] - self.text.rfind("\n", 0, cell[0]) - 1

    def _line_above(self, line: int, name: Span) -> int:
        """The number of the nearest line before that has a cell in the column of a name; -1 if there is none."""
        index = self._index(line, name)
        for upper in range(line - 1, max(-1, line - 1 - MOST_LINES), -1):
            if self._column(upper, name, index):
                return upper
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
