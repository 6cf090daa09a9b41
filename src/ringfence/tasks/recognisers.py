"""Recognisers find every span of a document that could be the value of a typed field."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import regex

from ..documents import Document
from .fields import CodeField, PatternField
from .locale import DateOrder, Locale, month_names
from .parse import (
    DURATION,
    ParsedValue,
    iban_is_valid,
    type_date,
    type_duration,
    type_number,
)

__all__ = ["Candidate", "find_candidates"]

PATTERN_SECONDS = 5.0  # some user patterns backtrack without end


@dataclass(frozen=True)
class Candidate:
    """``text[start:end]`` as a possible value.

    ``surface`` is the text that the model writes for it: as printed. ``other_surfaces`` are other texts that models
    write for the same value: an amount without grouping, a date in ISO form. (Limited to the printed form, the 1.5B
    wrote "1" for 1985.00 in a document with 1,985.00, and then had to end on 11.51.)
    """

    start: int
    end: int
    surface: str
    value: Any
    flags: tuple[str, ...] = ()
    readings: tuple[str, ...] = ()

    @property
    def other_surfaces(self) -> tuple[str, ...]:
        """Other ways to write the value, closest to the printed form first."""
        value = self.value["amount"] if isinstance(self.value, dict) else self.value
        if not isinstance(value, str) or (self.flags and "unusual-decimal-sign" in self.flags):
            return ()
        ways = [value]
        if re.fullmatch(r"-?\d+\.\d+", value):
            ways.insert(0, value.replace(".", ","))
        return tuple(way for way in ways if way != self.surface and re.fullmatch(r"[\w.,@+-]+", way))


def find_candidates(field: PatternField | CodeField, document: Document, locale: Locale) -> list[Candidate]:
    """All candidates for ``field`` in reading order.

    Raises ValueError, with a message for people, if a user's pattern takes too long on this document.
    """
    text = document.text
    if isinstance(field, CodeField):
        return list(_codes(field.pattern, text))
    finders = {
        "date": _dates,
        "number": _numbers,
        "money": _money,
        "duration": _durations,
        "email": _emails,
        "iban": _ibans,
    }
    return list(finders[field.kind](text, locale))


def _surface(raw: str) -> str:
    return " ".join(raw.split())


def _candidate(text: str, start: int, end: int, parsed: ParsedValue) -> Candidate:
    return Candidate(start, end, _surface(text[start:end]), parsed.value, parsed.flags, parsed.readings)


def _codes(pattern: str, text: str) -> Iterator[Candidate]:
    # Part of neither a word nor a number: 2018 is not a code in 05.03.2018.55 or 1.2018,00.
    bounded = regex.compile(rf"(?<!\w)(?<!\d[.,])(?:{pattern})(?!\w)(?![.,]\d)")
    try:
        for match in bounded.finditer(text, timeout=PATTERN_SECONDS):
            if match.group().strip() and "\n" not in match.group():
                yield Candidate(match.start(), match.end(), _surface(match.group()), match.group())
    except TimeoutError:
        raise ValueError(f"the pattern {pattern!r} did not finish within {PATTERN_SECONDS:g} seconds") from None


_EMAIL = re.compile(r"(?<![\w.+-])[\w.+%-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}(?![\w-])")
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]){11,30}(?![A-Za-z0-9])")


def _emails(text: str, locale: Locale) -> Iterator[Candidate]:
    for match in _EMAIL.finditer(text):
        yield _candidate(text, match.start(), match.end(), ParsedValue(match.group().lower()))


def _ibans(text: str, locale: Locale) -> Iterator[Candidate]:
    """Yield the longest valid run of groups; if none is valid, the whole match with a flag."""
    for match in _IBAN.finditer(text):
        ends = [match.end(), *(match.start() + gap.start() for gap in reversed(list(re.finditer(" ", match.group()))))]
        for end in ends:
            compact = text[match.start() : end].replace(" ", "")
            if iban_is_valid(compact):
                yield _candidate(text, match.start(), end, ParsedValue(compact))
                break
        else:
            yield _candidate(text, match.start(), match.end(), ParsedValue(None, ("iban-check-digits",)))


def _durations(text: str, locale: Locale) -> Iterator[Candidate]:
    for match in DURATION.finditer(text):
        parsed = type_duration(match.group())
        if parsed.value is not None or parsed.readings:
            yield _candidate(text, match.start(), match.end(), parsed)


# A hyphen may join dates with slashes or dots into a range (06/02/20-06/08/20), but not dates with hyphens.
_NUMERIC_DATE = re.compile(
    r"(?<!\w)(?<!\d[./,])\d{1,2}([./])[ ]?\d{1,2}\1[ ]?(?:\d{4}|\d{2})(?!\d|[./]\d|[A-Za-z]{3})"
    r"|(?<!\w)(?<!\d[./,-])(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}-[ ]?\d{1,2}-[ ]?(?:\d{4}|\d{2}))"
    r"(?!\d|[./-]\d|[A-Za-z]{3})"
)


def _dates(text: str, locale: Locale) -> Iterator[Candidate]:
    spans = [(match.start(), match.end()) for match in _NUMERIC_DATE.finditer(text)]
    spans += [(match.start(), match.end()) for match in _named_date(locale.language).finditer(text)]
    order = locale.date_order or _date_order_of([text[start:end] for start, end in spans])
    taken = -1
    for start, end in sorted(spans):
        if start < taken:
            continue
        parsed = type_date(text[start:end], order, locale.language)
        if parsed.value is not None or parsed.readings:
            yield _candidate(text, start, end, parsed)
            taken = end


def _named_date(language: str | None) -> re.Pattern[str]:
    names = "|".join(sorted((re.escape(name) for name in month_names(language)), key=len, reverse=True))
    day, gap = r"\d{1,2}(?:st|nd|rd|th|º|er)?\.?", r"[ /.-]{0,2}"
    year = r"(?:\d{4}|'?\d{2})(?!\d|[:.,]\d)"
    return re.compile(
        rf"(?<![\w])(?:{day}{gap}(?:of |de |day of )?(?:{names})\b\.?,?{gap}(?:de )?{year}"
        rf"|\d{{1,2}}(?:{names}){year}|(?:{names})\.?[ -]{{1,2}}\d{{1,2}}(?:st|nd|rd|th)?,?[ -]{{1,2}}{year})"
        r"(?![A-Za-z])",
        re.I,
    )


def _date_order_of(raws: list[str]) -> DateOrder | None:
    """The order of the document's unambiguous dates, if they agree; else None."""
    seen: set[DateOrder] = set()
    for raw in raws:
        match = re.fullmatch(r"(\d{1,2})([./-]) ?(\d{1,2})[./-] ?\d{4}", raw)
        if match:
            first, second = int(match.group(1)), int(match.group(3))
            if first > 12 or match.group(2) == ".":
                seen.add("dmy")
            elif second > 12:
                seen.add("mdy")
    return seen.pop() if len(seen) == 1 else None


# A number, or its minus sign, may directly follow a currency mark (RM30.90, $20,400.00, £-350.44).
_AFTER_MARK = "|".join(
    rf"(?<={re.escape(mark)})" for mark in ("€", "£", "¥", "$", "₹", "RM", "EUR", "USD", "GBP", "CHF")
)
_NUMBER = re.compile(
    rf"(?:{_AFTER_MARK}|(?<![\w.,/:-])(?<!\w[-–]))[-−–]?"
    r"(?:\d{1,3}(?:['’]\d{3})+(?:[.,]\d+)?|\d{1,3}(?:[ \u00a0\u202f]\d{3})+,\d{2}|\d+(?:[.,]\d+)*|[.,]\d+)"
    r"(?![\w/:]|[.,-]\d|[.,]\w)(?:-(?!\w))?"
)
_SYMBOLS = {
    "€": "EUR",
    "£": "GBP",
    "¥": "JPY",
    "₹": "INR",
    "zł": "PLN",
    "RM": "MYR",
    "Rs": "INR",
    "US$": "USD",
    "USD$": "USD",
}
_CODES = [
    "EUR",
    "USD",
    "GBP",
    "CHF",
    "JPY",
    "CNY",
    "SEK",
    "NOK",
    "DKK",
    "PLN",
    "CZK",
    "HUF",
    "RON",
    "BGN",
    "TRY",
    "AUD",
    "CAD",
    "NZD",
    "SGD",
    "HKD",
    "INR",
    "MYR",
    "IDR",
    "THB",
    "ZAR",
    "BRL",
    "MXN",
    "AED",
    "SAR",
]
_CURRENCY = "|".join(re.escape(mark) for mark in sorted([*_SYMBOLS, *_CODES, "$", "kr"], key=len, reverse=True))
_BEFORE = re.compile(rf"(?<![A-Za-z])({_CURRENCY})[ :]{{0,2}}$")
_AFTER = re.compile(rf"[ ]?({_CURRENCY})(?![A-Za-z])")


def _number_spans(text: str, locale: Locale) -> Iterator[tuple[int, int]]:
    dates = [(candidate.start, candidate.end) for candidate in _dates(text, locale)]
    position = 0
    for match in _NUMBER.finditer(text):
        while position < len(dates) and dates[position][1] <= match.start():
            position += 1
        if position == len(dates) or dates[position][0] >= match.end():
            yield match.start(), match.end()


def _numbers(text: str, locale: Locale) -> Iterator[Candidate]:
    decimal = locale.decimal_for(text)
    for start, end in _number_spans(text, locale):
        yield _candidate(text, start, end, type_number(text[start:end], decimal))


def _money(text: str, locale: Locale) -> Iterator[Candidate]:
    """Yield numbers that look like amounts (with a currency, cents or grouped thousands); if none do, all numbers.

    The span includes an adjacent currency, minus sign and accounting parentheses; the surface is the bare number, which
    models write best.
    """
    decimal = locale.decimal_for(text)
    likely: list[Candidate] = []
    unlikely: list[Candidate] = []
    for start, end in _number_spans(text, locale):
        raw = text[start:end]
        candidate = _amount(text, start, end, decimal)
        marked = candidate.end - candidate.start > end - start
        looks_like_money = marked or re.search(r"[.,]\d{2}-?$", raw) or re.search(r"\d['’.,]\d{3}", raw)
        (likely if looks_like_money else unlikely).append(candidate)
    yield from likely or unlikely


def _amount(text: str, start: int, end: int, decimal: str | None) -> Candidate:
    """The amount whose number is ``text[start:end]``."""
    before, after = _BEFORE.search(text, max(0, start - 6), start), _AFTER.match(text, end)
    if before and after:  # "100.00 USD 200.00 EUR": a mark right after another number belongs to that number
        follows_a_number = re.search(r"\d ?$", text[max(0, before.start(1) - 2) : before.start(1)])
        before, after = (None, after) if follows_a_number else (before, None)
    mark = before or after
    first, last = before.start(1) if before else start, after.end(1) if after else end
    number, surface = text[start:end], _surface(text[start:end])
    if _grouped_by_spaces(text, start, end, bool(before), bool(after)):
        return Candidate(first, last, surface, None, ("ambiguous-number",), (number, "grouped by spaces"))
    if text[first - 1 : first] in ("-", "−", "–") and not text[max(0, first - 2) : first - 1].strip("( \n"):
        first, number, surface = first - 1, f"-{number}", f"-{surface}"
    elif first and text[first - 1] == "(" and text[last : last + 1] == ")" and re.search(r"[.,]\d{2}$", number):
        first, last, number = first - 1, last + 1, f"-{number}"
    parsed = type_number(number, decimal)
    if parsed.value is None:
        return Candidate(first, last, surface, None, parsed.flags, parsed.readings)
    currency = None
    if mark:
        currency = _SYMBOLS.get(mark.group(1), mark.group(1) if mark.group(1) in _CODES else None)
    flags = (*parsed.flags, "open-currency") if mark and currency is None else parsed.flags
    return Candidate(first, last, surface, {"amount": parsed.value, "currency": currency}, flags)


def _grouped_by_spaces(text: str, start: int, end: int, before: bool, after: bool) -> bool:
    """True if the number may be part of a longer one that is grouped by spaces: EUR 12 345, or 12 345 EUR."""
    longer = before and re.match(r"(?: \d{3})+(?![\d.,])", text[end : end + 12])
    begun = (
        after
        and re.fullmatch(r"\d{3}", text[start:end])
        and re.search(r"(?<![\d.,])\d{1,3} $", text[max(0, start - 5) : start])
    )
    return bool(longer or begun)
