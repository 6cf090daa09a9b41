"""Find numbers, dates, amounts and names in a written text that are not in its source document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ..contracts import UnsupportedText
from ..documents import Document
from .evidence import stem
from .exchanged_values import exchanged_values
from .locale import Locale
from .names import NameSource, names_in, nouns_have_capitals
from .number_words import number_words
from .ordered_pairs import against_their_verb, turned_pairs
from .stated import StatedValue, is_part_of_code, is_stated, spoken_of, stated_values, written_values
from .table_claims import crosses
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
    spoken = spoken_of(values, stated, written.text, question)
    in_tables = sorted(spoken.values, key=lambda each: each[0])
    if crosses(written.text, in_tables):
        ends = {value.start: value.end for value in values}
        found += [(start, ends[start], "order") for start, _ in in_tables]
    for value in values:
        taken |= set(range(value.start, end_of_unit(written.text, value.end)))
        if not is_stated(value, stated, spoken) and not is_part_of_code(value, stated, written.text):
            found.append((value.start, value.end, value.kind))
    pairs = (*turned_pairs(written.text, document.text), *against_their_verb(written.text, document.text))
    found += [(start, end, "order") for start, end in (*pairs, *_turned_dates(written.text, values))]
    known = {(start, end) for start, end, _ in found}
    exchanged = exchanged_values(written.text, values, document.text, stated, question)
    found += [(start, end, "order") for start, end in exchanged if (start, end) not in known]
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


_TO = re.compile(r"[ \u00a0]?(?:to|until|till|through|bis(?: zum)?|au|jusqu'au|al|hasta|fino al|tot|[-–])[ \u00a0]")


# Not: moved from 30 June to 15 June.
_LASTS = re.compile(
    r"\b(?:runs?|lasts?|valid|open|closed|term|läuft|gilt|dauert|gültig)\b[^.;]{0,24}\b(?:from|von|vom)[ ]\Z", re.I
)


def _turned_dates(written: str, values: Sequence[StatedValue]) -> Iterator[tuple[int, int]]:
    """Where a text lets something last from a later day to an earlier one."""
    days = sorted(
        (value.start, value.end, day)
        for value in values
        if value.kind == "date" and len(value.readings) == 1 and len(day := next(iter(value.readings))) == 10
    )
    for (start, end, first), (begin, last, second) in pairwise(days):
        if first > second and _TO.fullmatch(written, end, begin) and _LASTS.search(written[max(0, start - 40) : start]):
            yield start, last


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
