"""Find numbers, dates, amounts and names in a written text that are not in its source document."""

from __future__ import annotations

from ..contracts import UnsupportedText
from ..documents import Document
from .locale import Locale
from .names import NameSource, names_in, nouns_have_capitals
from .ordered_pairs import turned_pairs
from .stated import is_part_of_code, is_stated, stated_values, written_values
from .units import end_of_unit

__all__ = ["unsupported"]


def unsupported(
    written: Document, document: Document, locale: Locale, capital_nouns: bool | None = None, question: str = ""
) -> list[UnsupportedText]:
    """Texts in ``written`` without support in ``document``, in order; their spans are in ``written``.

    Numbers, amounts and dates are compared as values (see ``stated``), names by their words (see ``names``).
    In a language that capitalises nouns, only runs of two or more capitalised
    words and words with inner capitals count as names; ``capital_nouns`` says that where ``document`` is too short to
    tell. ``question`` is what ``written`` answers.
    """
    found: list[tuple[int, int, str]] = []
    taken: set[int] = set()
    stated = stated_values(document, locale)
    for value in written_values(written, locale):
        taken |= set(range(value.start, end_of_unit(written.text, value.end)))
        if not is_stated(value, stated, written.text, question) and not is_part_of_code(value, stated, written.text):
            found.append((value.start, value.end, value.kind))
    found += [(start, end, "order") for start, end in turned_pairs(written.text, document.text)]
    source = NameSource(document.text)
    nouns = nouns_have_capitals(document.text) if capital_nouns is None else capital_nouns
    for start, end in names_in(written.text, nouns):
        if not taken & set(range(start, end)) and not source.has(written.text[start:end]):
            found.append((start, end, "name"))
    return [
        UnsupportedText(kind=kind, text=written.text[start:end], span=(start, end))
        for start, end, kind in sorted(found)
    ]
