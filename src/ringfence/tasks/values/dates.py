"""Dates as they are printed, with the order of day and month that the task or the document shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import cache, lru_cache

from ..locale import DateOrder, Locale
from .candidate import Candidate, ParsedValue, candidate_at
from .characters import is_wrapped, plain
from .currency import mark_after
from .months import date_forms, is_doubtful_month, month_names, month_pattern

__all__ = ["LATEST_YEAR", "date_places", "dates_in", "find_dates", "make_date", "type_date"]

LATEST_YEAR = 2200  # later years are a slip, or of another calendar: 2567 is 2024 in Thailand
EARLIEST_YEAR = 1700  # an earlier one is more often an amount than a year
_BUDDHIST = range(2400, 2700)

_ORDINAL = r"(?:\.|º|°|ª|(?:st|nd|rd|th|er|re|ère|ème|eme|e|de|ste|:e|-?го|\.?a)(?![^\W\d_]))?"
_GAP = r"(?:[ .,/\u00a0-]|\n(?!\n)){0,3}"
_NEAR = r"(?:[ ./\u00a0-]|\n(?!\n)){0,3}"  # between a day and its month stands no comma: No. 3, March 2024
_OF = r"(?:(?:day of|of|de|del|des|di|do|d['’])[ \u00a0]|d['’])?"
_YEAR = r"(?:(?P<y{0}>\d{{4}})|'?(?P<yy{0}>\d{{2}}))(?!\d|[:.,]\d)"


def type_date(raw: str, order: DateOrder | None, language: str | None = None) -> ParsedValue:
    """Parse a printed date into ISO 8601. ``order`` is the order of numeric dates, None if unknown.

    Two-digit years follow POSIX (69 to 99 are 19xx) and get a flag.
    """
    text = plain(raw).strip()
    for start, end, parsed in _dates(text, order, order or "dmy", language):
        if (start, end) == (0, len(text)):
            return parsed
    return ParsedValue(None, ("unparsed",))


def find_dates(text: str, locale: Locale) -> Iterator[Candidate]:
    """Yield every date of ``text`` in order, with a flag where it reads two ways.

    A range such as 1.-15.03.2024 or March 1-3, 2024 prints one year for two days: it yields both.
    """
    from .periods import shortened_ranges

    form = plain(text)
    ranges = {found.end: found for found in shortened_ranges(form, locale)}
    for start, end, parsed in dates_in(form, locale):
        if begin := ranges.get(end):
            yield begin.first_day(text)
        yield candidate_at(text, start, end, parsed)


def date_places(form: str, locale: Locale) -> list[tuple[int, int]]:
    """Return the places of the dates of a plain text, in order."""
    return [(start, end) for start, end, _ in dates_in(form, locale)]


@lru_cache(maxsize=4)
def dates_in(form: str, locale: Locale) -> tuple[tuple[int, int, ParsedValue], ...]:
    """Return place and reading of each date of a plain text, in order, without overlaps."""
    declared = locale.order_of_dates
    with_dots, others = _orders_seen(form)
    if declared is None:
        orders = _orders_shown(with_dots, others)
    elif declared == "mdy" and not locale.date_order and "dmy" in with_dots:
        orders = declared, "dmy"  # a foreign date in an American text
    else:
        orders = declared, declared
    return tuple(_dates(form, *orders, locale.language))


def _dates(
    form: str, order: DateOrder | None, dots: DateOrder | None, language: str | None
) -> Iterator[tuple[int, int, ParsedValue]]:
    found: list[tuple[int, int, ParsedValue]] = []
    for match in _NUMERIC.finditer(form):
        found.append((match.start(), match.end(), _numeric(match, dots if match["s"] == "." else order)))
    names = month_names(language)
    for match in _dates_with_names(form, language):
        parsed = _in_words(match, names)
        doubtful = is_doubtful_month(_name_in(match), language) or _may_end_with_a_time(form, match)
        if doubtful and parsed.value is not None:
            parsed = ParsedValue(None, ("ambiguous-date",), (parsed.value,))
        found.append((match.start(), match.end(), parsed))
    for pattern in date_forms(language) if language else ():
        if order is None and "m" in pattern.groupindex and "name" not in pattern.groupindex:
            continue  # English without a country: 03/04/24 reads two ways
        for match in pattern.finditer(form):
            found.append((match.start(), match.end(), _by_form(match, names)))
    taken = -1
    for start, end, parsed in sorted(found, key=lambda each: (each[0], -each[1], each[2].value is None)):
        if start < taken or (parsed.value is None and not parsed.readings):
            continue
        taken = end
        yield start, end, _across_lines(form, start, end, _plausible(parsed))


_WORD = re.compile(r"[^\W\d_]+")
_AROUND = 40  # characters beside the name of a month that can belong to its date


def _dates_with_names(form: str, language: str | None) -> Iterator[re.Match[str]]:
    """The dates with the name of a month. Looking only around such names is ten times as fast as looking everywhere."""
    by_first_word = _names_by_first_word(language)
    position = 0
    for word in _WORD.finditer(form):
        months = by_first_word.get(word.group().lower())
        if months is None or word.end() <= position:
            continue
        start = max(position, word.start() - _AROUND)
        end = word.end() + _AROUND
        while (match := _named(months).search(form, start, end)) and match.start() <= word.start():
            if _is_whole(form, match):
                yield match
                position = max(position, match.end())
            start = match.end() if _is_whole(form, match) else match.start() + 1


_SHORT_YEAR_ENDS = re.compile(
    r"\Z|\n|[);,.!?|]|[ \u00a0]{2}|[ \u00a0]?[-–]|[ \u00a0]?/|"
    r"[ \u00a0]\d{1,2}:\d{2}|[ \u00a0][^\W\d_]+:|"
    r"[ \u00a0](?:in|at|bis|to|and|und|from|on|de|by|for|um|et|au|von|through|until|is|was|ist|war)(?!\w)"
)
_TIME_BEFORE = re.compile(
    r"(?<!\w)(?:dep|arr|etd|eta|std|sta|depart\w*|arriv\w*|abflug|ankunft|abfahrt|boarding|check-?in|check-?out)"
    r"[.:]?[ \u00a0|]{1,4}(?:[^\W\d_]{2,3},?[ \u00a0])?\Z",
    re.I,
)
_COUNTED = re.compile(
    r"[ \u00a0]?(?:hrs?|lt|utc|z)(?!\w)|"
    r"[ \u00a0](?:%|units?|pieces|pcs|stück|stk|items|copies|shares|aktien|kg|km|m|cm|mm|g|t|l|hours?|stunden|days?|"
    r"tage|people|personen|uhr|[ap]\.?m)(?!\w)",
    re.I,
)


def _name_in(match: re.Match[str]) -> str:
    return next(name for number in "12345" if (name := match.groupdict().get(f"n{number}")))


def _may_end_with_a_time(form: str, match: re.Match[str]) -> bool:
    """True for Dep 12 MAR 1830: the last four digits may be a time of the day."""
    last = re.search(r"(?:[01]\d|2[0-3])[0-5]\d\Z", match.group())
    if last and last.group().startswith("20") and not re.search(r"\d{2}[ ]?[A-Z]{3}[ ]?\d{4}\Z", match.group()):
        return False  # Departure: 15 Mar 2024, but Arr 12 MAR 2015
    return last is not None and _TIME_BEFORE.search(form, max(0, match.start() - 24), match.start()) is not None


def _is_whole(form: str, match: re.Match[str]) -> bool:
    """True if the last digits of a date are its year, and no number of something that follows: 1. Mai 65 EUR."""
    if _COUNTED.match(form, match.end()) or mark_after(form, match.end()):
        return False
    short = next((group for number in "1235" if (group := match.groupdict().get(f"yy{number}"))), None)
    if short is None:
        return True
    before = form[match.start() : match.end() - len(short)]
    if re.match(r"\d{1,2}\S{0,3}[ \u00a0][-–]", before) or re.match(r",[ \u00a0]?\d{4}", form[match.end() :]):
        return False  # 4 - March 14, 2024
    joined_alike = re.fullmatch(r"\d{1,2}([-/])[^\W\d_]+\.?\1", before) is not None
    if before.endswith("'") or joined_alike:
        return True
    return not re.search(r"[-–,/][ \u00a0]*\Z", before) and _SHORT_YEAR_ENDS.match(form, match.end()) is not None


@cache
def _names_by_first_word(language: str | None) -> dict[str, tuple[str, ...]]:
    names: dict[str, tuple[str, ...]] = {}
    for name in month_names(language):
        if match := _WORD.search(name):
            names[match.group()] = (*names.get(match.group(), ()), name)
    return names


_NUMBERED = re.compile(
    r"(?<!\w)(?:page|seite|issue|ausgabe|table|tabelle|vol|volume|band|heft|version|rev|figure|abb|chapter|kapitel|"
    r"section|abschnitt|no|nr)\.?[ \u00a0]\Z",
    re.I,
)


def _across_lines(form: str, start: int, end: int, parsed: ParsedValue) -> ParsedValue:
    """Flag a date over a gap, or over a line end that is not inside running text: they may not belong together."""
    if parsed.value is not None and form[start].isdigit() and _NUMBERED.search(form[max(0, start - 14) : start]):
        return ParsedValue(None, ("ambiguous-date",), (parsed.value,))  # Page 1 - March 2024
    if parsed.value is not None and re.search(r"\d[ \u00a0]{2,}[^\W\d_]", form[start:end]):
        return ParsedValue(None, ("over-gap",), (parsed.value,))  # 1  January 2024: a row's number beside a month
    newline = form.find("\n", start, end)
    if newline < 0 or is_wrapped(form, newline) or parsed.value is None:
        return parsed
    return ParsedValue(None, ("over-line-end",), (parsed.value,))


def _plausible(parsed: ParsedValue) -> ParsedValue:
    if parsed.value is None or EARLIEST_YEAR <= int(parsed.value[:4]) <= LATEST_YEAR:
        return parsed
    year = int(parsed.value[:4])
    other = (f"{year - 543:04}{parsed.value[4:]}",) if year in _BUDDHIST else ()
    return ParsedValue(None, ("implausible-year",), (*other, parsed.value))


# A hyphen may join dates with slashes or dots into a range (06/02/20-06/08/20), but not dates with hyphens. Letters may
# follow a date (21/05/2018TIME), but not a short year (1.2.30x).
_NUMERIC = re.compile(
    r"""(?<!\w)(?:
      (?<!\d[./,]) (?P<a>\d{1,2})(?P<s>[./])[ ]?(?P<b>\d{1,2})(?P=s)[ ]? (?:(?P<c>\d{4})|(?P<cc>\d{2})(?![A-Za-z]))
        (?!\d|[./]\d)
    | (?<!\d[./,-]) (?:
        (?P<y>\d{4})(?P<t>[-/.])[ ]?(?P<m>\d{1,2})(?P=t)[ ]?(?P<d>\d{1,2}) (?=[T ]?\d\d:|(?!\d|[./-]\d))
      | (?P<e>\d{1,2})-[ ]?(?P<f>\d{1,2})-[ ]? (?:(?P<g>\d{4})|(?P<gg>\d{2})(?![A-Za-z])) (?!\d|[./-]\d)
      )
    | (?P<cjky>\d{4})[ ]?[年년][ ]?(?P<cjkm>\d{1,2})[ ]?[月월][ ]?(?P<cjkd>\d{1,2})[ ]?[日일]
    )""",
    re.X,
)


def _numeric(match: re.Match[str], order: DateOrder | None) -> ParsedValue:
    if match["cjky"]:
        return _from_readings({make_date(int(match["cjky"]), int(match["cjkm"]), int(match["cjkd"]))}, ())
    if match["y"]:
        return _from_readings({make_date(int(match["y"]), int(match["m"]), int(match["d"]))}, ())
    first, second = match["a"] or match["e"], match["b"] or match["f"]
    long, short = match["c"] or match["g"], match["cc"] or match["gg"]
    last = long or short
    flags = ("two-digit-year",) if short else ()
    by_order: dict[str, date | None] = {
        "dmy": make_date(_year(last), int(second), int(first)),
        "mdy": make_date(_year(last), int(first), int(second)),
    }
    if short and len(first) == 2:
        by_order["ymd"] = make_date(_year(first), int(second), int(last))
    if order == "ymd" and long:
        order = None
    if order:
        return _from_readings({by_order.get(order)}, flags)
    return _from_readings(set(by_order.values()), flags)


@cache
def _named(months: tuple[str, ...]) -> re.Pattern[str]:
    """A pattern for dates with one of these names. One for the names of all languages takes 0.3 s to compile."""
    names = month_pattern(months)
    day, article = r"(?P<d{0}>\d{{1,2}})", r"(?:[ \u00a0](?:m\.|gada|(?:e)?ko))?"
    gap, near = r"(?:[ \u00a0-]|\n(?!\n)){1,2}", r"[ \u00a0.,/-]{0,2}"
    first, third, fourth, fifth = (day.format(number) for number in (1, 3, 4, 5))
    dash = r"[ \u00a0]?[-–][ \u00a0]?"
    other_year = r"(?!\d|,?[ \u00a0](?:19|20)\d{2}(?!\d|[.,]\d|[ \u00a0]+[^\W\d_]))"  # Tax Year 2023 April 15, 2024
    forms = (
        rf"(?<!\d[.,:]){first}{_ORDINAL}{_NEAR}{_OF}(?P<n1>{names})(?!\w*[^\W\d_])\.?,?{_GAP}(?:de |del |of )?"
        rf"{_YEAR.format(1)}",
        rf"(?P<d2>\d{{1,2}})(?P<n2>{names}){_YEAR.format(2)}",
        rf"(?P<n3>{names})\.?{gap}{third}{_ORDINAL}(?:,{gap}|,|{gap}){_YEAR.format(3)}",
        rf"(?P<n5>{names})\.?[ \u00a0]\d{{1,2}}{_ORDINAL}{dash}{fifth}{_ORDINAL},?[ \u00a0]{_YEAR.format(5)}",
        rf"(?P<y4>\d{{4}})\.?{article}{near}(?P<n4>{names})\.?{near}{fourth}{other_year}",
    )
    # A year of two digits is no year before letters: 12 Mar 20kg.
    return re.compile(rf"(?<![\w])(?:{'|'.join(forms)})(?:(?<=\d{{4}})|(?![A-Za-z]))", re.I)


def _in_words(match: re.Match[str], names: object) -> ParsedValue:
    groups = match.groupdict()
    form = next(number for number in "12345" if groups.get(f"n{number}"))
    day, name = groups[f"d{form}"], groups[f"n{form}"]
    long, short = groups.get(f"y{form}"), groups.get(f"yy{form}")
    return _named_date(name, day, long, short, names)


def _by_form(match: re.Match[str], names: object) -> ParsedValue:
    groups = match.groupdict()
    if groups.get("name"):
        return _named_date(groups["name"], groups["d"], groups.get("y"), groups.get("yy"), names)
    short = groups.get("yy")
    year = _year(groups.get("y") or short or "")
    return _from_readings({make_date(year, int(groups["m"]), int(groups["d"]))}, ("two-digit-year",) if short else ())


def _named_date(name: str, day: str, long: str | None, short: str | None, names: object) -> ParsedValue:
    months = names[" ".join(name.replace("\u00a0", " ").split()).lower().rstrip(".")]  # type: ignore[index]
    year = _year(long or short or "")
    return _from_readings({make_date(year, month, int(day)) for month in months}, ("two-digit-year",) if short else ())


def _from_readings(readings: set[date | None], flags: tuple[str, ...]) -> ParsedValue:
    known = sorted(reading.isoformat() for reading in readings if reading)
    if not known:
        return ParsedValue(None, ("unparsed",))
    if len(known) > 1:
        return ParsedValue(None, ("ambiguous-date",), tuple(known))
    return ParsedValue(known[0], flags)


def make_date(year: int, month: int, day: int) -> date | None:
    """Return the date, or None if the calendar has no such day."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _year(digits: str) -> int:
    year = int(digits)
    return year if len(digits) == 4 else year + (1900 if year >= 69 else 2000)


def _orders_seen(form: str) -> tuple[set[DateOrder], set[DateOrder]]:
    """The orders of the unambiguous numeric dates of a document: of those with dots, and of the others."""
    seen: dict[bool, set[DateOrder]] = {True: set(), False: set()}
    for match in _NUMERIC.finditer(form):
        if match["c"] or match["g"]:
            first, second = int(match["a"] or match["e"]), int(match["b"] or match["f"])
            if max(first, second) > 12:
                seen[match["s"] == "."].add("mdy" if second > 12 else "dmy")
    return seen[True], seen[False]


def _orders_shown(with_dots: set[DateOrder], others: set[DateOrder]) -> tuple[DateOrder | None, DateOrder | None]:
    """The orders of a document's numeric dates, and of those with dots, as far as its unambiguous dates agree.

    Dates with dots have the day first; where others in the document have the month first, nobody can tell.
    """
    every = with_dots | others
    shown = next(iter(every)) if len(every) == 1 else None
    return shown, None if "mdy" in (with_dots or every) else "dmy"
