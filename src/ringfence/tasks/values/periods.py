"""Ranges of dates: two whole dates, or one year printed for two days (1.-15.03.2024, March 1-3, 2024)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache

from ..locale import DateOrder, Locale
from .candidate import Candidate, ParsedValue, candidate_at
from .characters import is_wrapped, plain
from .dates import dates_in, make_date, type_date
from .months import month_names, month_pattern

__all__ = ["ShortenedRange", "find_periods", "shortened_ranges"]

_AND = r"and|und|et|y|e|ed|en|och|og|и"  # between them, or two days
_WORDS = rf"to|until|till|til|through|thru|bis|au|à|al|a|tot|t/m|até|do|по|{_AND}"
_BETWEEN = re.compile(r"(?:between|zwischen|entre|tra|fra|tussen|mellan|mellem)(?: the| dem| le| el)?[ \u00a0]\Z", re.I)
_MONTH_FIRST = re.compile(
    r"(?P<name1>[^\W\d_]+)\.?[ \u00a0](?P<day>\d{1,2})[^\W\d_]{0,2}[ \u00a0]?[-–](?P<rest>.*)", re.S
)
_JOINS = re.compile(
    rf"[ \u00a0]{{0,2}}(?:[-–/~]|(?:\n|[ \u00a0]{{1,2}})(?:{_WORDS})(?=\n|[ \u00a0]))(?:[ \u00a0]{{0,2}}|\n)", re.I
)
_LABELS = re.compile(r"(?:[ \u00a0]?(?:the|le|il|el|den|dem|zum|to|date|:))*[ \u00a0]?", re.I)


@dataclass(frozen=True)
class ShortenedRange:
    """A range whose first day shares the year, and perhaps the month, of its last: ``text[start:end]``."""

    start: int
    end: int
    first: date | None
    join: str = "-"

    def is_period(self, form: str) -> bool:
        """True unless "and" joins the two days, without "between" before them."""
        return not re.fullmatch(_AND, self.join, re.I) or _BETWEEN.search(form, 0, self.start) is not None

    def first_day(self, text: str) -> Candidate:
        """The first day as a candidate; the whole range is its place, because only it states the year."""
        if self.first is None:
            return candidate_at(text, self.start, self.end, ParsedValue(None, ("unclear-range",)))
        return candidate_at(text, self.start, self.end, ParsedValue(self.first.isoformat()), self.first.isoformat())


def find_periods(text: str, locale: Locale) -> Iterator[Candidate]:
    """Yield every printed range of dates as ``{"from": ..., "to": ...}`` in ISO 8601."""
    form = plain(text)
    found = dates_in(form, locale)
    shortened = {each.end: each for each in shortened_ranges(form, locale)}
    position = 0
    for number, (start, end, parsed) in enumerate(found):
        if start < position:
            continue
        short = shortened.get(end)
        if short and short.is_period(form):
            first = ParsedValue(short.first.isoformat() if short.first else None)
            yield candidate_at(text, short.start, end, _period(first, parsed))
            position = end
        elif number + 1 < len(found) and _joined(form, end, found[number + 1][0]):
            _, last, final = found[number + 1]
            starts, ends = form[start:end], form[found[number + 1][0] : last]
            yield candidate_at(text, start, last, _agreed(parsed, final, (starts, ends), locale))
            position = last


def _joined(form: str, end: int, start: int) -> bool:
    """True if only a dash or a word for "until" is between two dates."""
    match = _JOINS.match(form, end)
    if match is None:
        return False
    if "\n" in match.group() and not is_wrapped(form, form.index("\n", end)):
        return False
    rest = _LABELS.match(form, match.end())
    return start in (match.end(), rest.end() if rest else start)


def _agreed(first: ParsedValue, last: ParsedValue, raws: tuple[str, str], locale: Locale) -> ParsedValue:
    """The range in the only order of day and month in which both dates exist and the first is not after the last."""
    if not (first.readings or last.readings):
        return _period(first, last)
    orders: tuple[DateOrder, ...] = ("dmy", "mdy")
    pairs = {tuple(type_date(raw, order, locale.language) for raw in raws) for order in orders}
    possible = [pair for pair in pairs if all(day.value for day in pair) and pair[0].value <= pair[1].value]
    return _period(*possible[0]) if len(possible) == 1 else _period(first, last)


def _period(first: ParsedValue, last: ParsedValue) -> ParsedValue:
    if first.value is None or last.value is None:
        readings = tuple(
            f"{begin}/{end}"
            for begin in (first.readings or (first.value or "?",))
            for end in (last.readings or (last.value or "?",))
        )
        return ParsedValue(None, ("ambiguous-period",), readings)
    if first.value > last.value:
        return ParsedValue(None, ("reversed-period",), (f"{first.value}/{last.value}",))
    flags = tuple(dict.fromkeys((*first.flags, *last.flags)))
    return ParsedValue({"from": first.value, "to": last.value}, flags)


@cache
def _day_before(language: str | None) -> re.Pattern[str]:
    """A day, with or without its month, and a word or dash before the last date."""
    names = month_pattern(month_names(language))
    ordinal = r"(?:\.|st|nd|rd|th|er|re|º|°)?"
    return re.compile(
        rf"(?<![\w./,-])(?:(?P<name1>{names})\.?[ \u00a0])?(?P<day>\d{{1,2}}){ordinal}"
        rf"(?:(?P<sep>[./])(?P<month>\d{{1,2}})\.?|[ \u00a0](?:de |del )?(?P<name2>{names})\.?)?"
        rf"(?:[ \u00a0]?[-–][ \u00a0]?|[ \u00a0](?P<join>{_WORDS})[ \u00a0](?:den |el |le |il )?)\Z",
        re.I,
    )


def shortened_ranges(form: str, locale: Locale) -> Iterator[ShortenedRange]:
    """Yield the ranges of a plain text in which only the last date has a year."""
    names = month_names(locale.language)
    for start, end, parsed in dates_in(form, locale):
        if inside := _MONTH_FIRST.fullmatch(form, start, end):
            first = (
                make_date(int(parsed.value[:4]), int(parsed.value[5:7]), int(inside["day"])) if parsed.value else None
            )
            yield ShortenedRange(start, end, first)
            continue
        low = max(0, start - 40)
        match = _day_before(locale.language).search(form[low:start].rpartition("\n")[2])
        if match is None or _is_number_before(form, start, match):
            continue
        begin = start - len(match.group())
        yield ShortenedRange(begin, end, _first_day(match, parsed, form[start:end], names), match["join"] or "-")


def _is_number_before(form: str, start: int, match: re.Match[str]) -> bool:
    """True if the match is the end of a longer number or code, or an amount: 12.50-15.03.2024."""
    before = form[max(0, start - len(match.group()) - 1) : start - len(match.group())]
    return bool(before) and (before.isalnum() or before in "-/.,:")


def _first_day(match: re.Match[str], last: ParsedValue, printed: str, names: object) -> date | None:
    if last.value is None:
        return None
    final = date.fromisoformat(last.value)
    name, day = match["name1"] or match["name2"], int(match["day"])
    month = final.month
    if name:
        months = names[name.lower().rstrip(".")]  # type: ignore[index]
        if len(months) > 1:
            return None
        month = next(iter(months))
    elif match["month"]:
        other = int(match["month"])
        month_first = match["sep"] == "/" and re.match(rf"0?{final.month}/", printed) and final.month != final.day
        day, month = (other, day) if month_first else (day, other)
    first = make_date(final.year, month, day)
    if first is not None and first > final:
        first = make_date(final.year - 1, month, day) if month > final.month else None
    return first
