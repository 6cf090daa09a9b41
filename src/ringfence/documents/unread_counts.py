"""Count what a reader leaves out of a file, and name it for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ..contracts import UnreadPart
from .flow_text import LayerBuilder
from .raised import GUESSED_CENTS, RAISED_DIGITS

__all__ = ["UnreadCounts", "plural"]

_NAMES = {
    "hidden-text": "piece of hidden text",
    "deleted-text": "tracked deletion",
    "generated-text": "number that the styles count",
    "struck-text": "piece of struck-through text",
    "comments": "comment",
    "charts": "chart",
    "pictures": "large picture",
    "embedded-files": "embedded file",
    "hidden-sheet": "hidden sheet",
    "hidden-rows": "hidden row",
    "hidden-columns": "hidden column",
    "hidden-slides": "hidden slide",
    "formulas-without-values": "formula without a stored value",
    "stale-formulas": "formula that is calculated anew when the file is opened",
    "conditional-formats": "cell that a rule may hide, strike through or show in another format",
    "notes": "cell note",
    "form-buttons": "form button",
    "form-controls": "field of a form",
    "fields": "field without a stored result",
}
_PLURALS = {
    "field of a form": "fields of a form",
    "number that the styles count": "numbers that the styles count",
    "field without a stored result": "fields without stored results",
    "formula that is calculated anew when the file is opened": (
        "formulas that are calculated anew when the file is opened"
    ),
    "cell that a rule may hide, strike through or show in another format": (
        "cells that a rule may hide, strike through or show in another format"
    ),
    "piece of hidden text": "pieces of hidden text",
    "piece of struck-through text": "pieces of struck-through text",
    "formula without a stored value": "formulas without stored values",
}
_PLACES = 5


def plural(count: int, name: str) -> str:
    """Return a count with its noun: ``1 chart``, ``2 charts``."""
    return f"1 {name}" if count == 1 else f"{count:,} {_PLURALS.get(name, f'{name}s')}"


class UnreadCounts:
    """Counts the parts of each kind, with the first few places where they are."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._places: dict[str, dict[str, None]] = {}

    def add(self, code: str, text: str | None = None, place: str = "") -> None:
        """Count a part, unless its ``text`` is given and blank. The same ``place`` is named once."""
        if text is not None and not text.strip():
            return
        self._counts[code] += 1
        if place:
            self._places.setdefault(code, {}).setdefault(place)

    def write(self, layer: LayerBuilder, cents: Sequence[str] = ()) -> None:
        """Name what was counted in the layer, and the prices with raised ``cents``."""
        for code, count in self._counts.items():
            places = list(self._places.get(code, ()))
            more = f" and {len(places) - _PLACES} more places" if len(places) > _PLACES else ""
            where = f" ({', '.join(places[:_PLACES])}{more})" if places else ""
            layer.unread.append(UnreadPart(code=code, what=f"{plural(count, _NAMES.get(code, code))}{where}"))
        doubts = [amount for amount in cents if not amount[-1].isdecimal()]
        read = [amount for amount in cents if amount[-1].isdecimal()]
        if read:
            what = f"the decimal sign of {', '.join(read[:_PLACES])}: none is printed before the raised cents"
            layer.unread.append(UnreadPart(code=GUESSED_CENTS, what=what))
        if doubts:
            what = f"whether raised digits are cents or the mark of a note: {', '.join(doubts[:_PLACES])}"
            layer.unread.append(UnreadPart(code=RAISED_DIGITS, what=what))
