"""Find numbers, dates, amounts and names in a written text that are not in its source document."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..contracts import UnsupportedText
from ..documents import Document
from .evidence import stem
from .locale import Locale
from .names import NameSource, names_in, nouns_have_capitals
from .number_words import number_words
from .ordered_pairs import turned_pairs
from .stated import is_part_of_code, is_stated, rows_stating, stated_values, written_values
from .table_heads import crossed_rows
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
    values = list(written_values(written, locale))
    in_rows = sorted((value.start, value.end, rows) for value in values if (rows := rows_stating(value, stated)))
    if crossed_rows(written.text, [(start, rows) for start, _, rows in in_rows]):
        found += [(start, end, "order") for start, end, _ in in_rows]
    for value in values:
        taken |= set(range(value.start, end_of_unit(written.text, value.end)))
        if not is_stated(value, stated, written.text, question) and not is_part_of_code(value, stated, written.text):
            found.append((value.start, value.end, value.kind))
    found += [(start, end, "order") for start, end in turned_pairs(written.text, document.text)]
    found += [(start, end, "number") for start, end in _miscounted(written.text, document.text)]
    found += [(start, end, "number") for start, end in _mislabelled(written.text, document.text)]
    source = NameSource(document.text)
    nouns = nouns_have_capitals(document.text) if capital_nouns is None else capital_nouns
    for start, end in names_in(written.text, nouns):
        if not taken & set(range(start, end)) and not source.has(written.text[start:end]):
            found.append((start, end, "name"))
    return [
        UnsupportedText(kind=kind, text=written.text[start:end], span=(start, end))
        for start, end, kind in sorted(found)
    ]


def _miscounted(written: str, source: str) -> Iterator[tuple[int, int]]:
    """Where a text counts two of what its source counts in other numbers only.

    From three on, a number has to be stated anyway; "the two parties" may be counted by nobody.
    """
    two = [(noun, start, end) for number, noun, start, end in _counts(written) if number == "2"]
    if not two or re.search(r"(?<![\d.,])2(?![\d.,]\d|\d)", source):
        return
    of: dict[str, set[str]] = {}
    for number, noun, _, _ in _counts(source):
        of.setdefault(noun, set()).add(number)
    yield from ((start, end) for noun, start, end in two if noun in of and "2" not in of[noun])


_LABELS = {
    "section": r"sections?|sec\.?|abschnitt\w*|§§?|ziffern?",
    "article": r"articles?|art\.?|artikel\w*",
    "clause": r"clauses?|klausel\w*",
    "page": r"pages?|p\.|seiten?|s\.",
    "chapter": r"chapters?|kapitel\w*",
    "item": r"items?|no\.?|nr\.?",
    "annex": r"annex(?:es)?|appendix|anlagen?|anhang|exhibits?|schedules?",
}


def _labelled(text: str) -> Iterator[tuple[str, str, int, int]]:
    for label, words in _LABELS.items():
        for found in re.finditer(rf"(?<!\w)(?:{words})[ \u00a0]?(\d{{1,4}})(?![\w]|[.,]\d)", text, re.I):
            yield label, found[1], *found.span(1)


def _mislabelled(written: str, source: str) -> Iterator[tuple[int, int]]:
    """Where a text names a section, article or page that its source names by other numbers only."""
    own = list(_labelled(written))
    if not own:
        return
    of: dict[str, set[str]] = {}
    for label, number, _, _ in _labelled(source):
        of.setdefault(label, set()).add(number)
    heads = set(re.findall(r"(?m)^[ ]*(\d{1,4})[.)]?[ ]", source))
    for label, number, start, end in own:
        if label in of and number not in of[label] | heads:
            yield start, end


def _counts(text: str) -> Iterator[tuple[str, str, int, int]]:
    """The numbers directly in front of a word in small letters, with the beginning of that word."""
    digits = (
        (found.start(), found.end(), found.group()) for found in re.finditer(r"(?<![\w.,])\d{1,6}(?![\w.,])", text)
    )
    for start, end, number in (*number_words(text), *digits):
        if noun := re.match(r"[ \u00a0]([^\W\d_]{3,})", text[end : end + 40]):
            yield number, stem(noun[1]), start, end
