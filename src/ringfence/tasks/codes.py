"""Codes in a text, compared letter by letter: part and file numbers, sections, addresses of mail and the web."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .units import unit_after

__all__ = ["codes_in", "squashed"]

_CODE = re.compile(
    r"(?<![\w./-])(?=[\w@:/.–‑-]*\d)[^\W_]+(?:[-‑/–.:][^\W_]+)+(?![\w/-])|(?<![\w./-])(?=\w*[^\W\d_])(?=\w*\d)\w{3,}(?![\w/-])"
)
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w|(?:https?://|www\.)[\w./-]*[\w/]")
_LABELLED = re.compile(
    r"(?:\b(?:sections?|articles?|art\.?|clauses?|items?|chapters?|paragraphs?|versions?|releases?|revisions?|rev\.?|"
    r"figures?|fig\.?|tables?|exhibits?|schedules?|annex|appendix|rooms?|floors?|units?|lots?|steps?|rules?|"
    r"ziffer|abschnitt|kapitel|tabelle|abbildung|anlage|raum|zimmer|nr\.?|no\.?)|§§?|(?<!\w)v(?=\d))[ \u00a0]?"
    r"(?P<number>\d+(?:\.\d+)+[a-z]?|\d+[a-z]|\d+(?:\([0-9a-z]+\))+)(?![\w(]|\.\d)",
    re.I,
)
_RANGE = re.compile(r"(\d+(?:[.,:]\d+)*)[-–](\d+(?:[.,:]\d+)*)")
_MEASURED = re.compile(r"\d+(?:[.,]\d+)?(?:[-–]\d+(?:[.,]\d+)?)?-?(?P<unit>[^\W\d_]\D*[²³\d]?)")
_GROUP = r"(?<=\d['’ \u00a0\u202f])\d{3}(?!\d)"  # 1'000, 1 000
_LEADING_ZERO = re.compile(rf"(?<![\w.,:/+–-])(?!{_GROUP})0\d{{2,}}(?![\w.,:/–-]*\d)")
_PHONE = re.compile(r"(?<![\w.,:/–-])(?:\+|0)\d[\d ()/–-]{5,}\d(?![\w/]|[.,]\d)")
_NO_CODES = tuple(
    re.compile(pattern)
    for pattern in (
        r"[\d.,]+",  # numbers
        r"\d+[xh×]\d+\w*",  # 10x20, 17h30
        r"(?:FY|[QH]\d?)\D?\d*(?:[/–-]\d\d(?:\d\d)?)?",  # years and quarters
        r"[A-Z]{1,3}\$?\d[\d.,]*",  # US$5
        r"\d[\d.,]*(?:k|m|mn|b|bn|K|M|B|MN|BN)",  # 5M
        r"\d{4}-\d\d(?:-\d\d.*)?|\d{1,2}[/.]\d{1,2}(?:[/.]\d{2,4})?",  # days
        r"\d{1,2}/\d{4}|(?:19|20)\d\d/\d\d(?:(?:19|20)\d\d)?",  # months and business years
        r"\d+:\d\d.*",  # times
        r"[^\W\d_]+-\d{1,2}|\d{1,2}-[^\W\d_]+|\d+(?:-[^\W\d_]{2,})+|[^\W\d_]+",  # COVID-19, 30-day
    )
)


def codes_in(text: str) -> Iterator[tuple[int, int, str]]:
    """The codes of a text: start, end, and what is compared."""
    for match in _LABELLED.finditer(text):
        yield *match.span("number"), f"§{match['number'].lower()}"
    for match in _ADDRESS.finditer(text):
        yield *match.span(), match.group().lower()
    for pattern in (_PHONE, _LEADING_ZERO):  # 030 123456 is 030/123456; 00123 is not 123
        for match in pattern.finditer(text):
            yield *match.span(), of_digits(match.group())
    for match in _CODE.finditer(text):
        if _is_code(match.group()):
            yield *match.span(), squashed(match.group())


def squashed(word: str) -> str:
    """A code without the signs that texts leave out: AB-1234 and AB1234 are one, AB-1234/5 and AB-12345 are not."""
    return "#" + re.sub(r"\W+", "", re.sub(r"(?<=\d)[^\w\s]+(?=\d)", "_", word)).lower()


def of_digits(number: str) -> str:
    """A telephone number, or one with a leading zero, without the signs between its digits."""
    return "#" + re.sub(r"\D", "", number)


def _is_code(word: str) -> bool:
    """True for a word of digits and other signs that is no value: AB-1234/5, 2023-0045, 316L, 64-17-5."""
    digits = sum(letter.isdigit() for letter in word)
    if digits < 2 or (digits < 3 and not re.search(r"[^\W\d_]", word)):
        return False
    if ends := _RANGE.fullmatch(word):
        low, high = ends.groups()
        falls = low.isdigit() and high.isdigit() and int(low) > int(high) and digits > 4
        return falls or low.startswith("0") or high.startswith("0") or len(low) == len(high) == 3
    if measured := _MEASURED.fullmatch(word):
        unit = measured["unit"]
        if unit_after(word, measured.start("unit")) or len(unit) > 3 or unit in ("st", "nd", "rd", "th"):
            return False
    return not any(pattern.fullmatch(word) for pattern in _NO_CODES)
