"""The values that a text states, with what they are measured in, so that two texts can be compared.

Values are compared as values: 12 March 2024 is 2024-03-12, 1,000 is 1000, three months are 3 months, and 1.25 billion
are 1,250 million. Not the same are 24 months and 24 days, 5 % and EUR 5, a profit and a loss.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from text_to_num import alpha2digit

from ..documents import Document
from .codes import codes_in, squashed
from .evidence import as_document
from .fields import PatternField
from .locale import Locale
from .number_words import number_words
from .recognisers import Candidate, find_candidates
from .stated_dates import partial_dates, quarters, shared_years, years
from .units import currencies_of, head_scale, scale_behind, scale_in, suffix_power, unit_after

__all__ = ["StatedValue", "is_part_of_code", "is_stated", "stated_values", "written_values"]

LEAST_IN_WORDS = 3  # "one of the parties" counts nothing
_FALLS = re.compile(
    r"loss|lost|fall|fell|drop|declin|decreas|reduc|lower|less|down|below|minus|negativ|deficit|shr[aiu]nk|cut|"
    r"verlust|fehlbetrag|sank|gesunken|rückgang|zurück|weniger|unter|abnahme|"
    r"perte|baisse|diminu|recul|pérdida|descen|baj[óa]|perdita|calo|ridu|verlies|daal|gedaald|afname|[-−–(]\s?\d",
    re.I,
)
_RANGE = re.compile(r"(?<![\w.,/–-])(\d{1,4}(?:[.,]\d{1,2})?)[-–](\d{1,4}(?:[.,]\d{1,2})?)(?![\w–-]|[.,/]\d)")
# EUR 5.2 and 4.8 million: the scale is that of both.
_SHARED = re.compile(
    r"(?<![\w.,])(\d+(?:[.,]\d+)?)[ ]?(?:and|or|to|und|oder|bis|bzw\.|et|à|[-–])[ ]?(?:[$€£]|EUR |USD )?\d+(?:[.,]\d+)?"
)
_CLOCK = re.compile(
    r"(?<![\w.,:/])(?P<hour>[01]?\d|2[0-4])(?:[:h](?P<minute>[0-5]\d)|\.(?P<dotted>[0-5]\d)(?=[ ](?:Uhr|[ap]\.?m)))?"
    r"(?:[ ]?(?P<half>[ap])\.?m\b\.?|[ ](?P<uhr>Uhr|o'clock)\b)?(?![\w:]|[.,]\d)",
    re.I,
)
_ORDINAL = re.compile(r"(?<![\w.,])(\d{1,3})(?:st|nd|rd|th|ème|er|º|ª)(?!\w)")
_TENS = r"(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)-"
# From the third on: "first" and "second" are also words of order and of time.
_ORDINAL_WORD = re.compile(
    rf"\b(?:{_TENS})?(?:third|fourth|fifth|sixth|seventh|eighth|ninth|"
    r"tenth|eleventh|twelfth|(?:thir|four|fif|six|seven|eigh|nine)teenth|twentieth|thirtieth)\b|"
    rf"\b{_TENS}(?:first|second)\b",
    re.I,
)
_FRACTION = re.compile(r"(?<![\w.,/:])(\d{1,3})[/:](\d{1,3})(?![\w/:]|[.,]\d)|[½⅓⅔¼¾⅛⅜⅝⅞]")
_SIGNS = {"½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅛": "1/8", "⅜": "3/8", "⅝": "5/8", "⅞": "7/8"}


@dataclass(frozen=True)
class StatedValue:
    """A value at ``start`` to ``end``: its possible readings without sign, and what it can be measured in.

    No ``units`` mean that the text does not say. ``bare`` numbers stand below the head of a table that has a scale.
    """

    start: int
    end: int
    kind: str
    readings: frozenset[str]
    negative: bool = False
    units: frozenset[str] = frozenset()
    bare: bool = False


def written_values(written: Document, locale: Locale) -> Iterator[StatedValue]:
    """The values that a claim states, in no order; none overlaps another."""
    taken: set[int] = set()
    words = (
        value for value in _in_words(written.text) if all(Decimal(one) >= LEAST_IN_WORDS for one in value.readings)
    )
    found = list(_found(written, locale))
    dates, others = ([value for value in found if (value.kind == "date") is whether] for whether in (True, False))
    for value in (*dates, *_literal(written.text), *others, *words):
        places = set(range(value.start, value.end))
        if not taken & places:
            taken |= places
            yield value


@lru_cache(maxsize=16)  # the claims of an answer rest on the same passages, which are read for each of them
def _stated_in(text: str, locale: Locale) -> tuple[StatedValue, ...]:
    return tuple(_all_values(as_document(text), locale))


def stated_values(document: Document, locale: Locale) -> Sequence[StatedValue]:
    """All values that a source states, in every reading."""
    return _stated_in(document.text, locale)


def _all_values(document: Document, locale: Locale) -> list[StatedValue]:
    """All values of a source in every reading: in digits and in words, the parts of dates, and scaled by its heads."""
    values = [*_literal(document.text), *_found(document, locale), *_in_words(document.text)]
    dates = [(value.end, value.readings) for value in values if value.kind == "date" and value.end]
    values += [StatedValue(0, 0, "date", frozenset({day})) for day in shared_years(document.text, dates)]
    values += [StatedValue(0, 0, "number", frozenset({year})) for year in years(document.text)]
    for shared in _SHARED.finditer(document.text):
        if power := scale_behind(document.text, shared.end()):
            reading = _plain(_decimal(shared[1]).scaleb(power))
            values.append(StatedValue(0, 0, "number", frozenset({reading})))
    for pair in re.finditer(r"(?<![\w-])([^\W\d_]{1,6})[ \u00a0-]?(\d+)([\w-]*)", document.text):
        codes = frozenset({squashed(pair[1] + pair[2]), squashed("".join(pair.groups()))})
        values.append(StatedValue(0, 0, "number", codes))
    for value in [value for value in values if value.kind == "date" and len(min(value.readings, default="")) == 10]:
        for reading in value.readings:
            parts = (("number", reading[:4]), ("date", reading[:7]), ("date", f"-{reading[4:]}"))
            values += [StatedValue(0, 0, kind, frozenset({part})) for kind, part in parts]
    if scale := head_scale(document.text):
        power, units = scale
        for place, value in [(place, value) for place, value in enumerate(values) if value.kind != "date"]:
            own = document.text[value.start : value.end]
            if value.end and re.fullmatch(r"[^\w\s]?[\d.,'\u00a0() -]+", own) and not value.units - units:
                scaled = frozenset(_plain(Decimal(each).scaleb(power)) for each in value.readings if _is_number(each))
                values.append(replace(value, kind="money", readings=scaled, units=units))
                if re.search(r"\d{3}", own) and not re.fullmatch(r"(?:19|20)\d\d", own):
                    values[place] = replace(value, bare=True)
    return values


def is_stated(value: StatedValue, source: Sequence[StatedValue], claim: str) -> bool:
    """True if a source states the value: in the same unit, or without one, and with its sign."""
    ways = (value, *_as_smaller_units(value))
    known = [one for one in source for way in ways if _agree(way, one)]
    if any(one.negative == value.negative for one in known):
        return True
    return bool(known) and not value.negative and _FALLS.search(claim) is not None


def _agree(value: StatedValue, one: StatedValue) -> bool:
    """True if both are the same but for the sign."""
    if not one.readings & value.readings or (value.kind == "date") != (one.kind == "date"):
        return False
    apart = value.units and one.units and not value.units & one.units
    return not apart and not (value.kind == "money" and one.bare)


def is_part_of_code(value: StatedValue, source: Sequence[StatedValue], claim: str) -> bool:
    """True if a number stands in a source at the word before it: ISO 9001 in ISO9001, ISO-9001 and ISO 9001:2015."""
    word = re.search(r"(?<!\w)([A-Z]{1,6})[ \u00a0-]?\Z", claim[: value.start])
    if not word or value.kind != "number" or value.units or currencies_of(word[1], 0, len(word[1])):
        return False
    code = squashed(word[1] + claim[value.start : value.end])
    return any(re.match(rf"{re.escape(code)}(?!\d)", reading) for one in source for reading in one.readings)


def _found(document: Document, locale: Locale) -> Iterator[StatedValue]:
    """Values that recognisers find: dates, amounts, durations, numbers; also ranges and numbers at their units."""
    text = document.text
    dates = _candidates("date", document, locale)
    for date in dates:
        readings = {date.value} if date.value else set(date.readings) or {" ".join(text[date.start : date.end].split())}
        yield StatedValue(date.start, date.end, "date", frozenset(readings))
    places = [(date.start, date.end) for date in dates]
    for start, end, partial in partial_dates(text, places):
        yield StatedValue(start, end, "date", frozenset({partial}))
        places.append((start, end))
    free = [True] * (len(text) + 1)
    for start, end in places:
        free[start:end] = [False] * (end - start)
    for money in _candidates("money", document, locale):
        amount = money.value["amount"] if isinstance(money.value, dict) else None
        stated = money.value["currency"] if isinstance(money.value, dict) else None
        units = frozenset({stated}) if stated else currencies_of(text, money.start, money.end)
        if units and free[money.start]:
            yield _value(money, "money", text, {amount} if amount else set(money.readings), units)
            free[money.start : money.end] = [False] * (money.end - money.start)
    for number in _candidates("number", document, locale):
        if free[number.start]:
            found = {number.value} if number.value else set(number.readings)
            units = unit_after(text, number.end) | currencies_of(text, number.start, number.end)
            value = _value(number, "number", text, found, units)
            yield value
            yield from _as_smaller_units(value)
    for match in _RANGE.finditer(text):
        low, high = map(_decimal, match.groups())
        if free[match.start()] and low < high and not re.match(r"0\d", match[2]):
            units = unit_after(text, match.end())
            for part, each in ((1, low), (2, high)):
                yield StatedValue(*match.span(part), "number", frozenset({_plain(each)}), False, units)
    for match in re.finditer(r"(?<![\w.,])(\d+(?:[.,]\d+)?)[x×](\d+(?:[.,]\d+)?)(?![\d.,])", text):
        for part in (1, 2):
            yield StatedValue(*match.span(part), "number", frozenset({_plain(_decimal(match[part]))}))
    for match in re.finditer(r"(?<![\w.,])(\d+(?:[.,]\d+)?)(?=[^\W\d_°])", text):
        if free[match.start()] and (units := unit_after(text, match.end())):
            reading = frozenset({_plain(_decimal(match[1]))})
            yield StatedValue(match.start(), match.end(), "number", reading, False, units)


def _candidates(kind: str, document: Document, locale: Locale) -> list[Candidate]:
    return find_candidates(PatternField.model_validate({"kind": kind}), document, locale)


def _value(candidate: Candidate, kind: str, text: str, found: set[str], units: frozenset[str]) -> StatedValue:
    raw = text[candidate.start : candidate.end]
    power = suffix_power(text, candidate.start, candidate.end) if "ambiguous-scale" in candidate.flags else None
    numbers = {_decimal(each) for each in found if _is_number(each)}
    if power is not None:
        digits = re.search(r"\d+(?:[.,]\d+)*", raw)
        stated = {_decimal(digits.group())} if digits and _is_number(digits.group()) else {*sorted(numbers)[:1]}
        numbers = {bare.scaleb(power) for bare in stated}
    if "ambiguous-number" in candidate.flags and units & {"percent"} == frozenset() and (units or scale_in(raw)):
        numbers = {max(numbers, key=abs)} if numbers else numbers  # EUR 1,250 million are hardly 1.25 million
    readings = frozenset(_plain(abs(number)) for number in numbers) or frozenset({raw})
    negative = any(number < 0 for number in numbers) and all(number <= 0 for number in numbers)
    negative = negative or ("(" in raw and ")" in raw and bool(units or candidate.value is None))
    return StatedValue(candidate.start, candidate.end, kind, readings, negative, units)


def _as_smaller_units(value: StatedValue) -> Iterator[StatedValue]:
    """The same length of time in months or days: 2 years are 24 months."""
    for unit, factor, smaller in (("year", 12, "month"), ("week", 7, "day")):
        if unit in value.units:
            smaller_readings = {_plain(Decimal(each) * factor) for each in value.readings if _is_number(each)}
            yield replace(value, readings=frozenset(smaller_readings), units=frozenset({smaller}))


def _literal(text: str) -> Iterator[StatedValue]:
    """Times, codes and numbers of sections, which are compared as they are written."""
    for match in _CLOCK.finditer(text):
        minute, half = match["minute"] or match["dotted"], (match["half"] or "").lower()
        if minute or half or match["uhr"]:
            hour = int(match["hour"]) % 12 + (12 if half == "p" else 0) if half else int(match["hour"])
            yield StatedValue(*match.span(), "number", frozenset({f"{hour:02}:{minute or '00'}"}))
    for start, end, reading in quarters(text):
        yield StatedValue(start, end, "number", frozenset({reading}))
    for match in _ORDINAL.finditer(text):
        yield StatedValue(*match.span(), "number", frozenset({f"{int(match[1])}th"}))
    for match in _ORDINAL_WORD.finditer(text):
        if number := re.match(r"\d+", alpha2digit(match.group().lower(), "en")):
            yield StatedValue(*match.span(), "number", frozenset({f"{number.group()}th"}))
    for match in re.finditer(r"\bFY[ ]?'?((?:19|20)?\d\d)(?!\d)", text):
        yield StatedValue(*match.span(), "number", frozenset({match[1] if len(match[1]) == 4 else f"20{match[1]}"}))
    for match in _FRACTION.finditer(text):
        part = _SIGNS.get(match.group()) or f"{match[1]}/{match[2]}"
        yield StatedValue(*match.span(), "number", frozenset({part}))
    for start, end, reading in codes_in(text):
        yield StatedValue(start, end, "number", frozenset({reading}))


def _in_words(text: str) -> Iterator[StatedValue]:
    """Numbers in words with the unit or scale behind them."""
    for start, end, digits in number_words(text):
        power = scale_behind(text, end)
        reading = _plain(Decimal(digits).scaleb(power or 0))
        units = unit_after(text, end) | currencies_of(text, start, end)
        value = StatedValue(start, end, "number", frozenset({reading}), False, units)
        yield value
        yield from _as_smaller_units(value)


def _decimal(text: str) -> Decimal:
    """A number without groups, with a point or a comma before its decimals."""
    return Decimal(text.replace(",", "."))


def _is_number(text: str) -> bool:
    try:
        return _decimal(text).is_finite()
    except InvalidOperation:
        return False


def _plain(number: Decimal) -> str:
    text = format(number.normalize(), "f")
    return text
