"""Postal addresses: from the street, or the building before it, to the postcode with its town, and the country."""

from __future__ import annotations

import re
from collections.abc import Iterator

import babel

from ..locale import Locale
from .candidate import Candidate, ParsedValue, candidate_at
from .characters import plain
from .languages import COMMON

__all__ = ["find_addresses"]

_LINES_BEFORE = 4
_LONGEST_LINE = 90
_TOWN = r"[^\W\d_][\w.'’/ ()-]{1,40}?"
_POSTCODE = re.compile(
    r"(?<![\w.,/-])(?:[A-Z]{1,2}-)?(?:\d{5}(?:-\d{3,4})?|(?!(?:19|20)\d\d[ ,])\d{4}(?:[ ][A-Z]{2})?|"
    r"\d{3}[ ]\d{2}|\d{2}-\d{3}|\d{6})"
    rf"[ ,]{{1,2}}{_TOWN}(?=$|[,;.|\n]|\s{{2}})"
    rf"|{_TOWN},?[ ][A-Z]{{2}}[ ,]{{1,2}}\d{{5}}(?:-\d{{4}})?(?!\d)"
    rf"|{_TOWN},?[ ][A-Z]{{1,2}}\d[A-Z\d]?[ ]\d[A-Z]{{2}}(?!\w)"
    rf"|{_TOWN},?[ ][A-Z]{{2}}[ ][A-Z]\d[A-Z][ ]?\d[A-Z]\d(?!\w)",
    re.M,
)
_STREET = re.compile(
    r"\d|\b(?:str(?:aße|asse|\.)?|street|st|road|rd|avenue|ave|lane|ln|drive|square|platz|weg|allee|gasse|rue|via|viale|"
    r"calle|plaza|jalan|jln|lorong|taman|boulevard|blvd|p\.?o\.? ?box|postfach|no\.?|lot|suite|floor|building|house|"
    r"kaai|straat)\b",
    re.I,
)


def _countries() -> frozenset[str]:
    names = {
        name.casefold() for tag in COMMON for name in babel.Locale.parse(tag).territories.values() if len(name) > 3
    }
    return frozenset(names | {"usa", "uk", "u.s.a."})


def find_addresses(text: str, locale: Locale) -> Iterator[Candidate]:
    """Yield addresses in one line or several; where one may begin in several lines, each way to begin.

    The value joins the lines with commas.
    """
    form = plain(text)
    countries = _countries()
    for match in _POSTCODE.finditer(form):
        end = _with_country(form, match.start() + len(match.group().rstrip()), countries)
        for start in _beginnings(form, match.start()):
            raw = text[start:end]
            if not re.search(r"\d", raw[: match.start() - start]):
                continue  # no house number, no box: the town alone is no address
            yield candidate_at(text, start, end, ParsedValue(_joined(raw)))


def _with_country(form: str, end: int, countries: frozenset[str]) -> int:
    """The end of the address: behind the country, if one follows on the same line or the next."""
    match = re.match(r"[,;. ]{0,3}(?:\n)?(?P<name>[^\W\d_][\w. '’-]{2,40}?)\.?(?=$|[\n,;]|\s{2})", form[end : end + 60])
    if match and match["name"].strip().casefold() in countries:
        return end + match.end("name")
    return end


def _beginnings(form: str, town: int) -> Iterator[int]:
    """Where the address can begin: in the line of the town, then in each line before it that looks like a street."""
    line = form.rfind("\n", 0, town) + 1
    before = form[line:town]
    gap = max((found.end() for found in re.finditer(r"\s{3,}|[:|]\s+", before)), default=0)
    prose = re.search(r"(?<!\w)\d+[A-Za-z]?,? [A-Z][^\d]*\Z", before)  # in a sentence, from the house number on
    if prose and re.search(r"[a-z] \Z", before[: prose.start()]):
        gap = max(gap, prose.start())
    own = before[gap:]
    if own.strip(" ,"):
        if len(own) <= _LONGEST_LINE:
            yield line + gap + len(own) - len(own.lstrip(" ,"))
        if gap:
            return
    elif gap:
        return
    for _ in range(_LINES_BEFORE):
        if line == 0:
            return
        previous = form.rfind("\n", 0, line - 1) + 1
        row = form[previous : line - 1]
        if (
            not row.strip()
            or len(row) > _LONGEST_LINE
            or re.search(r"\S\s{3,}\S", row)
            or row.rstrip().endswith((":", "."))
        ):
            return
        if _STREET.search(row):
            yield previous + len(row) - len(row.lstrip())
        line = previous


def _joined(raw: str) -> str:
    rows = (" ".join(row.split()).strip(" ,;") for row in raw.split("\n"))
    return ", ".join(row for row in rows if row)
