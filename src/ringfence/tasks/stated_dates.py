"""Dates that a text states in part: May 2021, 1 May, and years that share a day: December 31, 2023 and 2022."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from .values.months import month_pattern, months_in

__all__ = ["business_years", "partial_dates", "quarters", "shared_years", "two_years", "years"]

_LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt")


@cache
def _months() -> tuple[dict[str, frozenset[int]], re.Pattern[str]]:
    names = {name: numbers for name, numbers in months_in(_LANGUAGES).items() if len(name) > 2}
    month = rf"(?P<month>{month_pattern(names)})\.?"
    # "may" is a verb, and mars, mai, set are words: a day or a year beside it makes a month of it.
    return names, re.compile(
        rf"(?<![\w.])(?:(?P<day>[0-3]?\d)(?:st|nd|rd|th|er|\.)?[ \u00a0](?:of |de )?{month}(?![\w])"
        rf"|{month.replace('<month>', '<first>')}[ \u00a0](?:de |del )?(?P<year>(?:19|20)\d\d)(?![\w]|[.,]\d)"
        rf"|{month.replace('<month>', '<before>')}[ \u00a0](?P<after>[0-3]?\d)(?:st|nd|rd|th)?(?![\w]|[.,:]\d))",
        re.I,
    )


_DIGITS = re.compile(
    r"(?<![\d/.-])(?:(?P<m>0?[1-9]|1[0-2])/(?P<y>(?:19|20)\d\d)|(?P<y2>(?:19|20)\d\d)-(?P<m2>0[1-9]|1[0-2])"
    r"|(?P<d>[0-3]?\d)\.(?P<m3>0?[1-9]|1[0-2])\.)(?![\d/-]|\.\d)"
)


_DAY_FOLLOWS = re.compile(r"\b(?:am|vom|bis|zum|ab|den|dem|on|until|le|du|au|op|tot|il|al|el)[ \u00a0]\Z")


def partial_dates(text: str, dates: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int, str]]:
    """Months with a year (2021-05) or a day (--05-01) outside the places of whole dates: start, end, reading."""
    names, pattern = _months()
    for match in pattern.finditer(text):
        if any(start < match.end() and match.start() < end for start, end in dates):
            continue
        name = match["month"] or match["first"] or match["before"]
        if name.islower() and name == "may":
            continue
        (month, *others) = sorted(names[name.lower().rstrip(".")])
        if others:
            continue
        if match["year"]:
            yield match.start(), match.end(), f"{match['year']}-{month:02}"
        elif 1 <= (day := int(match["day"] or match["after"])) <= 31:
            yield match.start(), match.end(), f"--{month:02}-{day:02}"
    for match in _DIGITS.finditer(text):
        if any(start < match.end() and match.start() < end for start, end in dates):
            continue
        if match["d"]:
            # 4.2. also ends a sentence, so a word has to say that it is a day.
            if 1 <= int(match["d"]) <= 31 and _DAY_FOLLOWS.search(text, max(0, match.start() - 8), match.start()):
                yield match.start(), match.end(), f"--{int(match['m3']):02}-{int(match['d']):02}"
        else:
            yield match.start(), match.end(), f"{match['y'] or match['y2']}-{int(match['m'] or match['m2']):02}"


_ORDINALS = {
    "1": r"1st|1\.|first|erste[nsr]?|premier|première|primer|primo|eerste|I\.",
    "2": r"2nd|2\.|second|zweite[nsr]?|deuxième|segundo|secondo|tweede|II\.",
    "3": r"3rd|3\.|third|dritte[nsr]?|troisième|tercer|terzo|derde|III\.",
    "4": r"4th|4\.|fourth|vierte[nsr]?|quatrième|cuarto|quarto|vierde|IV\.",
}
_QUARTER = re.compile(
    r"(?<![\w])(?:(?P<kind>[QH])(?P<number>[1-4])|(?P<before>[1-4])(?P<after>[QH])|(?:"
    + "|".join(f"(?P<o{number}>{words})" for number, words in _ORDINALS.items())
    + r")[ \u00a0-](?P<what>fiscal quarter|quarter|quartal\w*|trimestre|trimestr[ei]|kwartaal|"
    r"half|halbjahr\w*|semestre|halfjaar))"
    r"(?![^\W\d_])",
    re.I,
)


def quarters(text: str) -> Iterator[tuple[int, int, str]]:
    """Quarters and halves of years, in digits and in words: start, end, and Q2 or H1."""
    for match in _QUARTER.finditer(text):
        number = match["number"] or match["before"] or next(n for n in _ORDINALS if match[f"o{n}"])
        half = (match["kind"] or match["after"] or match["what"] or "")[:1].lower() in ("h", "s")
        yield match.start(), match.end(), f"{'H' if half else 'Q'}{number}"


_BUSINESS_YEAR = re.compile(r"(?<![\d/–-])((?:19|20)\d\d)[/–-]((?:19|20)?\d\d)(?![\d/–-]|[.,]\d)")
_TWO_YEARS = re.compile(
    r"(?<![\d/–-])((?:19|20)\d\d)(?: to | and | und | bis | through |, )((?:19|20)\d\d)(?![\w/–-]|[.,]\d)"
)


def business_years(text: str) -> Iterator[tuple[int, int, str]]:
    """Years that begin in one calendar year and end in the next, 2022/23 or 2022-2023: start, end, and 2022/2023."""
    for match in _BUSINESS_YEAR.finditer(text):
        if years_in_a_row := _in_a_row(*match.groups()):
            yield *match.span(), years_in_a_row


def two_years(text: str) -> Iterator[str]:
    """What 2022 and 2023, named together, are as a business year."""
    yield from filter(None, (_in_a_row(*match.groups()) for match in _TWO_YEARS.finditer(text)))


def _in_a_row(first: str, second: str) -> str | None:
    whole = second if len(second) == 4 else f"{first[:2]}{second}"
    return f"{first}/{whole}" if int(whole) == int(first) + 1 else None


def years(text: str) -> Iterator[str]:
    """Years that no number states: FY2023, FY23, Q2'23, 2Q23, 2022/23."""
    for match in re.finditer(r"\b(?:FY[ ]?'?|[QH][1-4][ ]?[/'-]?|[1-4][QH][ ]?'?)((?:19|20)?\d\d)(?!\d)", text):
        yield match[1] if len(match[1]) == 4 else f"20{match[1]}"
    for match in re.finditer(r"(?<!\d)((?:19|20)\d\d)[/–-](\d\d(?:\d\d)?)(?![\d/-])", text):
        yield match[1]
        yield match[2] if len(match[2]) == 4 else f"{match[1][:2]}{match[2]}"


_MORE_YEARS = re.compile(r"(?:(?:,|,? (?:and|und|et|y|e|en|or|bzw\.)) (?P<year>(?:19|20)\d\d)(?![\w]|[.,]\d))+")
_HEAD = re.compile(r",?[ ]*(?:\n[ ]*\|?|\|)[ ]*(?:(?:19|20)\d\d[ ]*\|?[ ]*)+")


def shared_years(text: str, dates: Sequence[tuple[int, frozenset[str]]]) -> Iterator[str]:
    """The dates that further years make of a date, or of a day in the head of a table; ``dates``: end and readings."""
    for end, readings in dates:
        for reading in readings:
            whole, day = len(reading) == 10, reading.startswith("--")
            more = _MORE_YEARS.match(text, end) if whole else _HEAD.match(text, end) if day else None
            for year in re.findall(r"(?:19|20)\d\d", more.group()) if more else ():
                yield f"{year}-{reading[-5:]}"
