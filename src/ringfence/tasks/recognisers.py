"""Recognisers find every span of a document that could be the value of a typed field."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import regex

from ..documents import Document
from .fields import CodeField, PatternField
from .locale import Locale
from .values import (
    Candidate,
    find_addresses,
    find_dates,
    find_durations,
    find_emails,
    find_ibans,
    find_money,
    find_numbers,
    find_percents,
    find_periods,
    find_phones,
)

__all__ = ["Candidate", "find_candidates"]

PATTERN_SECONDS = 5.0  # some user patterns backtrack without end

_FINDERS: dict[str, Callable[[str, Locale], Iterator[Candidate]]] = {
    "date": find_dates,
    "number": find_numbers,
    "money": find_money,
    "percent": find_percents,
    "duration": find_durations,
    "period": find_periods,
    "email": find_emails,
    "iban": find_ibans,
    "phone": find_phones,
    "address": find_addresses,
}


def find_candidates(field: PatternField | CodeField, document: Document, locale: Locale) -> list[Candidate]:
    """All candidates for ``field`` in reading order.

    Raises ValueError, with a message for people, if a user's pattern takes too long on this document.
    """
    if isinstance(field, CodeField):
        return list(_codes(field.pattern, document.text))
    return list(_FINDERS[field.kind](document.text, locale))


def _codes(pattern: str, text: str) -> Iterator[Candidate]:
    # Part of neither a word nor a number: 2018 is not a code in 05.03.2018.55 or 1.2018,00.
    bounded = regex.compile(rf"(?<!\w)(?<!\d[.,])(?:{pattern})(?!\w)(?![.,]\d)")
    try:
        for match in bounded.finditer(text, timeout=PATTERN_SECONDS):
            if match.group().strip() and "\n" not in match.group():
                yield Candidate(match.start(), match.end(), " ".join(match.group().split()), match.group())
    except TimeoutError:
        raise ValueError(f"the pattern {pattern!r} did not finish within {PATTERN_SECONDS:g} seconds") from None
