"""Scale words that stand apart from their number: in another cell or line, in brackets, behind the end of a range.

None of these is read as a part of its number; a number beside one is in doubt.
"""

from __future__ import annotations

import re

from .currency import Mark, mark_after
from .scales import CJK, Scale, scale_after

__all__ = ["scale_stands_elsewhere"]

_MONEY = r"(?:US\$|U\$S|R\$|[€£$₹¥]|(?:EUR|USD|GBP|CHF|SEK|NOK|DKK|PLN|INR|Rs|zł|Kč|руб|kr)\.?|[Ee]uros?|[Dd]ollars?)"
_WORD = (
    r"(?:[Tt]housands?|[Tt]ausend|[Tt]sd|[Tt]ys|[Tt]is|[Тт]ыс|[Тт]ис|[Mm]illions?|[Mm]illionen|[Mm]io|[Mm]il|[Mm]ln|[Мм]лн|"
    r"[Bb]illions?|[Mm]illiard(?:en|s)?|[Mm]rd|[Mm]ld|[Mm]ds?|mia|bn|mn|[Ll]akhs?|[Ll]acs?|[Cc]rores?|'000)\.?"
)
_BEFORE = re.compile(
    rf"(?<!\w)(?:\(?(?:in[ ])?(?:{_MONEY}[ \u00a0]?(?:in[ ])?{_WORD}|{_WORD}[ \u00a0]?{_MONEY}|{_WORD}|"
    rf"T[ \u00a0]?€|TEuro|[TkKM](?:EUR|USD|CHF|GBP|SEK|NOK|DKK|PLN)|[TKM][ \u00a0](?=(?:EUR|USD|CHF|GBP)[ \u00a0:])|"
    rf"(?:EUR|USD|CHF|GBP|SEK|NOK|DKK|PLN)m|[tmk]kr|k€|(?:US|[CA])?[€£$][mk]|[mM][€$])"
    rf"|in[ ]{_WORD}[ ]?\()(?<![\d ]'000)\)?[ \u00a0:)|]{{0,4}}(?:{_MONEY}[ \u00a0:(]{{0,2}})?\Z"
)
_LONG = (
    r"(?:thousands?|tausend|tsd|millions?|millionen|mill?ones|milioni|milion[yeóů]?\w*|mio|mln|billions?|billionen|"
    r"milliard\w*|miliard\w*|mrd|mld|bn|lakhs?|crores?|million[ei]s?)"
)
_TORN = re.compile(
    rf"(?:[ \u00a0]?[\t\n|()¹²³⁴⁵⁶⁷⁸⁹⁰*†]+[ \u00a0]{{0,3}}|[ \u00a0]{{2,6}})\(?(?:in[ ])?(?P<word>{_LONG})(?!\w)", re.I
)
_JOINER = re.compile(
    rf"[ \u00a0]?(?:(?P<comma>,)|[-–+]|(?:up[ ]to|to|bis|und|and|or|oder|bzw\.|à|a|et|ou|y|o|e|i|nach|statt|gegenüber|"
    rf"versus|vs\.?|from|von|against|compared[ ](?:to|with))(?=[ \u00a0])|\((?:[^\d()\n]{{0,24}}|(?:19|20)\d\d:?[ ]?))"
    rf"[ \u00a0]?(?:{_MONEY}[ \u00a0]?)?[-–]?\d[\d.,]*\)?",
    re.I,
)
_MOST_JOINED = 4
_YEAR = re.compile(r"(?:19|20)\d\d")
_DIGITS = re.compile(r"\d[\d.,']*")
# Numbers with cents, groups, and years share no scale.
_WHOLLY_PRINTED = re.compile(r"[.,]\d{2}\Z|\d[.,'\u00a0]\d{3}\Z|(?<!\d)(?:19|20)\d\d\Z")
_LOWER_PART = re.compile(r"[ \u00a0]?\d[\d.,]*")
_HIGHER_PART = re.compile(rf"(?<![\d.,])\d[\d.,]*(?=[ \u00a0]?[^\W\d_]+[ \u00a0]\Z|[{''.join(CJK)}]+\Z)")


def scale_stands_elsewhere(
    form: str, span: tuple[int, int], language: str | None, mark: Mark | None, scale: Scale | None
) -> bool:
    """True if another scale than its own may belong to the number whose digits and signs behind them are ``span``.

    It stands before it (TEUR 500), in the next cell, line or bracket, behind the last number of a range or list
    (5.2 to 5.4 million), or the number is one part of two that are added (2 crore 35 lakh).
    """
    start, end = span
    if _is_one_of_two_parts(form, start, end, language):
        return True
    if scale is not None:
        return False
    before = _BEFORE.search(form[max(0, start - 40) : start])
    if before and not re.search(r"\d[ \u00a0]?\Z", before.string[: before.start()]):  # not of 1.2 million 2023
        return True
    torn = None if mark is None and _YEAR.fullmatch(form, start, end) else _TORN.match(form, end)  # 2022 (in millions)
    if torn and ("\n" not in torn.group() or not torn["word"].istitle() or torn["word"].endswith("en")):
        return True
    printed = form[start:end].rstrip(" \u00a0€$£")
    return not _WHOLLY_PRINTED.search(printed) and _is_shared(form, end, language, mark is not None)


def _is_shared(form: str, end: int, language: str | None, marked: bool) -> bool:
    place = end
    for _ in range(_MOST_JOINED):
        joined = _JOINER.match(form, place)
        if joined is None or (joined["comma"] and not marked):
            return False
        place = joined.end()
        if scale_after(form, place, language, marked=True):
            return True
    return False


def _is_one_of_two_parts(form: str, start: int, end: int, language: str | None) -> bool:
    """True for a number between two scales: 2 crore 35 lakh, 3億5,000万."""
    if _YEAR.fullmatch(form, start, end):
        return False
    lower = _LOWER_PART.match(form, end)
    below = scale_after(form, lower.end(), language, marked=False) if lower else None
    if lower and (form[end - 1] in CJK or (below and _power(form, start, end, language) > (below.power or 0))):
        return True
    higher = _HIGHER_PART.search(form, max(0, start - 30), start)
    above = scale_after(form, higher.end(), language, marked=False) if higher else None
    if above is None or above.end < start - 1 or mark_after(form, above.end, language):
        return False
    own = scale_after(form, _end_of_digits(form, start), language, marked=False)
    return (above.power or 0) > ((own.power or 0) if own else 0)


def _end_of_digits(form: str, start: int) -> int:
    digits = _DIGITS.match(form, start)
    return digits.end() if digits else start


def _power(form: str, start: int, end: int, language: str | None) -> int:
    """The power of ten of the scale of a number itself; 0 without one."""
    scale = scale_after(form, _end_of_digits(form, start), language, marked=True)
    return (scale.power or 0) if scale and scale.end <= end else 0
