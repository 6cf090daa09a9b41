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

from ..documents import Document
from .codes import squashed
from .columns import ColumnYear, column_years
from .evidence import as_document
from .fields import PatternField
from .literals import fractions, literals
from .locale import Locale
from .number_words import number_words
from .qualifiers import ABOUT, Qualifiers, contradict, date_qualifiers, qualifiers
from .recognisers import Candidate, find_candidates
from .stated_dates import partial_dates, shared_years, two_years, years
from .table_claims import Spoken
from .tables import TableCell, table_cells
from .units import (
    converted,
    currencies_of,
    end_of_unit,
    head_scale,
    scale_behind,
    scale_in,
    sign_power,
    suffix_power,
    unit_after,
)

__all__ = [
    "StatedValue",
    "is_calendar",
    "is_part_of_code",
    "is_stated",
    "places_stating",
    "spoken_of",
    "stated_values",
    "written_values",
]

_YEAR = frozenset({"calendar year"})  # 2023 in "since 2023" is neither EUR 2023 nor 2023 kg
_CALENDAR = re.compile(r"(?<![\d.,])(?:19|20)\d\d(?![\d]|[.,]\d)")
_IN_YEAR = re.compile(
    rf"\b(?:in|for|of|im|für|jahr|en|pour|nel|del|at|ended|from|to)\b[ ](?:\w+[ ]){{0,3}}({_CALENDAR.pattern})", re.I
)
_FISCAL = re.compile(r"\bfiscal|\bFY|geschäftsjahr|exercice", re.I)  # fiscal 2022 may end in January 2023
LEAST_IN_WORDS = 3  # "one of the parties" counts nothing
_FALLS = re.compile(
    r"loss|lost|fall|fell|drop|declin|decreas|reduc|lower|less|down|below|minus|negativ|deficit|shr[aiu]nk|cut|"
    r"verlust|fehlbetrag|sank|gesunken|rückgang|zurück|weniger|unter|abnahme|"
    r"perte|baisse|diminu|recul|pérdida|descen|baj[óa]|perdita|calo|ridu|verlies|daal|gedaald|afname|[-−–(]\s?\d",
    re.I,
)
_IN_PARENTHESES = re.compile(r"\(\s*\d[\d.,]*\s*\)?\s*%?\)?")  # as accounts write a loss
_MINUS = re.compile(r"(?<![\d%] )\b(?:minus|negative|moins|menos|meno|min)[ \u00a0]\Z", re.I)
_RANGE = re.compile(r"(?<![\w.,/–-])(\d{1,4}(?:[.,]\d{1,2})?)[-–](\d{1,4}(?:[.,]\d{1,2})?)(?![\w–-]|[.,/]\d)")
_GOES_ON = re.compile(r"[/–-](?!(?:19|20)\d\d\b)\d")  # a code: EN 12464 of EN 12464-1, but ISO 9001 of ISO 9001-2015
_BEFORE_COLON = re.compile(r"(?<![\w.,:/–-])\d{1,6}(?:[.,]\d{1,2})?(?=:(?!\d))")
# EUR 5.2 and 4.8 million: the scale is that of both.
_SHARED = re.compile(
    r"(?<![\w.,])(\d+(?:[.,]\d+)?)[ ]?(?:and|or|to|und|oder|bis|bzw\.|et|à|[-–])[ ]?(?:[$€£]|EUR |USD )?\d+(?:[.,]\d+)?"
)


@dataclass(frozen=True)
class StatedValue:
    """A value at ``start`` to ``end``: its possible readings without sign, and what it can be measured in.

    No ``units`` mean that the text does not say. ``bare`` numbers stand below the head of a table that has a scale.
    ``said`` is what the words around it say of it, ``year`` that over its column of a table, ``cell`` its place
    there.
    """

    start: int
    end: int
    kind: str
    readings: frozenset[str]
    negative: bool = False
    units: frozenset[str] = frozenset()
    bare: bool = False
    said: Qualifiers = frozenset()
    year: ColumnYear | None = None
    cell: TableCell | None = None


def written_values(written: Document, locale: Locale) -> Iterator[StatedValue]:
    """The values that a claim states, in no order; none overlaps another."""
    taken: set[int] = set()
    words = (
        value
        for value in _in_words(written.text)
        if value.units or all(Decimal(one) >= LEAST_IN_WORDS for one in value.readings)
    )
    found = list(_found(written, locale))
    dates, others = ([value for value in found if (value.kind == "date") is whether] for whether in (True, False))
    for value in (*dates, *_literal(written.text), *others, *words):
        places = set(range(value.start, value.end))
        if not taken & places:
            taken |= places
            yield _qualified(value, written.text)


@lru_cache(maxsize=16)  # the claims of an answer rest on the same passages, which are read for each of them
def _stated_in(text: str, locale: Locale) -> tuple[StatedValue, ...]:
    return tuple(_all_values(as_document(text), locale))


def _qualified(value: StatedValue, text: str) -> StatedValue:
    if not value.end:
        return value
    if value.kind == "date":
        return replace(value, said=date_qualifiers(text, value.start, value.end))
    return replace(value, said=qualifiers(text, value.start, end_of_unit(text, value.end)))


def stated_values(document: Document, locale: Locale) -> Sequence[StatedValue]:
    """All values that a source states, in every reading."""
    return _stated_in(document.text, locale)


def _all_values(document: Document, locale: Locale) -> list[StatedValue]:
    """All values of a source in every reading: in digits and in words, the parts of dates, and scaled by its heads."""
    values = [*_literal(document.text), *_found(document, locale), *_in_words(document.text)]
    dates = [(value.end, value.readings) for value in values if value.kind == "date" and value.end]
    values += [StatedValue(0, 0, "date", frozenset({day})) for day in shared_years(document.text, dates)]
    values += [StatedValue(0, 0, "number", frozenset({year}), units=_YEAR) for year in years(document.text)]
    values += [StatedValue(0, 0, "number", frozenset({both})) for both in two_years(document.text)]
    for shared in _SHARED.finditer(document.text):
        if power := scale_behind(document.text, shared.end()):
            reading = _plain(_decimal(shared[1]).scaleb(power))
            values.append(StatedValue(0, 0, "number", frozenset({reading})))
    for pair in re.finditer(r"(?<![\w-])([^\W\d_]{1,6})[ \u00a0-]?(\d+)([\w-]*(?:/\w+)*)", document.text):
        codes = {squashed("".join(pair.groups()))}
        if not _GOES_ON.match(document.text, pair.end(2)):
            codes.add(squashed(pair[1] + pair[2]))
        values.append(StatedValue(0, 0, "number", frozenset(codes)))
    for value in [value for value in values if value.kind == "date" and len(min(value.readings, default="")) == 10]:
        for reading in value.readings:
            values.append(StatedValue(0, 0, "number", frozenset({reading[:4]}), units=_YEAR))
            values += [StatedValue(0, 0, "date", frozenset({part})) for part in (reading[:7], f"-{reading[4:]}")]
    if scale := head_scale(document.text):
        power, units = scale
        for place, value in [(place, value) for place, value in enumerate(values) if value.kind != "date"]:
            own = document.text[value.start : value.end]
            if value.end and re.fullmatch(r"[^\w\s]?[\d.,'\u00a0() -]+", own) and not value.units - units:
                numbers = [Decimal(each) for each in value.readings if _is_number(each)]
                scaled = frozenset({_plain(max(numbers).scaleb(power))} if numbers else ())
                values.append(replace(value, kind="money", readings=scaled, units=units))
                if re.search(r"\d{3}", own) and not re.fullmatch(r"(?:19|20)\d\d", own):
                    values[place] = replace(value, bare=True)
    return _in_tables([_qualified(value, document.text) for value in values], document.text)


def _in_tables(values: list[StatedValue], text: str) -> list[StatedValue]:
    """The values with the years that stand over them, their rows and their columns."""
    years_over = {at: year for year in column_years(text) for at in range(year.start, year.end)}
    cells = {at: cell for cell in table_cells(text) for at in range(cell.start, cell.end)}

    def placed(value: StatedValue, at: int) -> StatedValue:
        value, cell = replace(value, year=years_over.get(at)), cells.get(at)
        if cell is None:
            return value
        units = value.units or (unit_after(f" {cell.unit}", 0) if cell.unit else frozenset())
        loss = value.kind != "date" and _IN_PARENTHESES.fullmatch(cell.text.strip()) is not None
        return replace(value, cell=cell, units=units, negative=value.negative or loss)

    found = [placed(value, value.end - 1) if value.end else value for value in values]
    in_units_of_heads = [value for value, bare in zip(found, values, strict=True) if value.units != bare.units]
    return [*found, *(way for value in in_units_of_heads for way in _converted(value))]


def is_stated(value: StatedValue, source: Sequence[StatedValue], spoken: Spoken) -> bool:
    """True if a source states the value: in the same unit, or without one, with its sign, and in its column and row.

    A claim without a year speaks of those of its question. A value that stands in a table alone is not one of a row or
    column that neither of them names, where they name others.
    """
    claim, question = spoken.claim, spoken.question
    if ABOUT in value.said:
        value = _rounded_to(value, source, claim)
    years_said = frozenset(() if spoken.without_years else _IN_YEAR.findall(claim) or _CALENDAR.findall(question))
    known = [
        one
        for one in places_stating(value, source)
        if not _of_another_year(one, years_said) and not (one.cell and spoken.is_of_another(one.cell, value.start))
    ]
    currencies = {code for one in source if one.kind == "money" and one.readings & value.readings for code in one.units}
    if value.kind == "money" and value.units and currencies and not currencies & value.units:
        return False  # a bare number elsewhere does not make USD 500 of EUR 500
    if any(one.negative == value.negative for one in known):
        return True
    return bool(known) and not value.negative and _FALLS.search(claim) is not None


def places_stating(value: StatedValue, source: Sequence[StatedValue]) -> list[StatedValue]:
    """Where a source states a value. A bare number elsewhere is none where a table has the amount with its currency."""
    ways = (value, *_converted(value))
    places = [one for one in source for way in ways if _agree(way, one)]
    in_currency = value.kind == "money" and any(one.cell and one.units for one in places)
    return [one for one in places if one.cell or one.units or not one.end] if in_currency else places


def is_calendar(value: StatedValue) -> bool:
    """True if it is a date or a year."""
    return value.kind == "date" or value.units == _YEAR


def spoken_of(values: Sequence[StatedValue], source: Sequence[StatedValue], claim: str, question: str) -> Spoken:
    """What a claim with these values speaks of."""
    stating = [(value.start, _cells_stating(value, source)) for value in values]
    return Spoken(claim, question, [each for each in stating if each[1]], _FISCAL.search(claim) is not None)


def _cells_stating(value: StatedValue, source: Sequence[StatedValue]) -> list[TableCell]:
    """The cells of tables that state a value; none if it stands anywhere else as well."""
    places = places_stating(value, source)
    cells = [one.cell for one in places if one.cell]
    return cells if len(cells) == len(places) else []


def _rounded_to(value: StatedValue, source: Sequence[StatedValue], claim: str) -> StatedValue:
    """The value with the readings that a source has and that are rounded to it: about 5.2 million are 5,243,100."""
    significant = len(re.sub(r"\D", "", claim[value.start : value.end]).strip("0"))
    numbers = {_decimal(reading) for reading in value.readings if _is_number(reading)}
    exact = {
        reading
        for one in source
        for reading in one.readings
        if _is_number(reading) and _round(_decimal(reading), max(2, significant)) in numbers
    }
    return replace(value, readings=value.readings | exact)


def _round(number: Decimal, digits: int) -> Decimal:
    return number.quantize(Decimal((0, (1,), number.adjusted() - digits + 1))) if number else number


def _of_another_year(one: StatedValue, spoken: frozenset[str]) -> bool:
    """True if a claim speaks of one column of a table, and the value stands in another."""
    return one.year is not None and one.year.year not in spoken and bool(one.year.years & spoken)


def _agree(value: StatedValue, one: StatedValue) -> bool:
    """True if both are the same but for the sign."""
    if not one.readings & value.readings or (value.kind == "date") != (one.kind == "date"):
        return False
    apart = value.units and one.units and not value.units & one.units
    return not apart and not (value.kind == "money" and one.bare) and not contradict(value.said, one.said)


def is_part_of_code(value: StatedValue, source: Sequence[StatedValue], claim: str) -> bool:
    """True if a number stands in a source at the word before it: ISO 9001 in ISO9001, ISO-9001 and ISO 9001:2015."""
    word = re.search(r"(?<!\w)([A-Z]{1,6})[ \u00a0-]?\Z", claim[: value.start])
    if not word or value.kind != "number" or value.units or currencies_of(word[1], 0, len(word[1])):
        return False
    code = squashed(word[1] + claim[value.start : value.end])
    return any(
        re.match(rf"{re.escape(code)}(?!\d|_(?!(?:19|20)\d\d\b))", reading)
        for one in source
        for reading in one.readings
    )


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
            value = _value(number, "number", text, found, units or _year(text, number.start, number.end))
            yield value
            yield from _converted(value)
    for match in _RANGE.finditer(text):
        low, high = map(_decimal, match.groups())
        if free[match.start()] and not re.match(r"0\d", match[2]):
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
    power = sign_power(text, candidate.start, candidate.end)
    if power is None and "ambiguous-scale" in candidate.flags:
        power = suffix_power(text, candidate.start, candidate.end)
    closed = candidate.end + (text[candidate.end : candidate.end + 1] == ")")
    if power is None and text[closed - 1] == ")":  # $(1.2) million
        power = scale_behind(text, closed)
    numbers = {_decimal(each) for each in found if _is_number(each)}
    if power is not None and not scale_in(raw):
        digits = re.search(r"\d+(?:[.,]\d+)*", raw)
        bare = digits.group() if digits else ""
        if power == 3 and re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", bare):  # TEUR 1.250 are hardly EUR 1,250
            bare = re.sub(r"\D", "", bare)
        stated = {_decimal(bare)} if _is_number(bare) else {*sorted(numbers)[:1]}
        numbers = {number.scaleb(power) for number in stated}
    if "ambiguous-number" in candidate.flags and units & {"percent"} == frozenset() and (units or scale_in(raw)):
        numbers = {max(numbers, key=abs)} if numbers else numbers  # EUR 1,250 million are hardly 1.25 million
    readings = frozenset(_plain(abs(number)) for number in numbers) or frozenset({raw})
    negative = any(number < 0 for number in numbers) and all(number <= 0 for number in numbers)
    negative = negative or _MINUS.search(text, max(0, candidate.start - 12), candidate.start) is not None
    negative = negative or ("(" in raw and ")" in raw and bool(units or candidate.value is None))
    return StatedValue(candidate.start, candidate.end, kind, readings, negative, units)


def _converted(value: StatedValue) -> Iterator[StatedValue]:
    """The same quantity in other units: 2 years are 24 months, 1.5 m are 150 cm, 50 basis points half a percent."""
    for factor, units in converted(value.units):
        readings = {_plain(Decimal(each) * factor) for each in value.readings if _is_number(each)}
        yield replace(value, readings=frozenset(readings), units=units, kind="money" if "EUR" in units else value.kind)


def _year(text: str, start: int, end: int) -> frozenset[str]:
    """What 2023 is measured in where no table has it as an amount."""
    line = text[text.rfind("\n", 0, start) + 1 : (text + "\n").index("\n", start)]
    return _YEAR if _CALENDAR.fullmatch(text[start:end]) and "|" not in line and "   " not in line else frozenset()


def _literal(text: str) -> Iterator[StatedValue]:
    """What is compared as it is written, fractions, which are also numbers, and numbers in front of a colon."""
    for start, end, reading in literals(text):
        yield StatedValue(start, end, "number", frozenset({reading}))
    for match in _BEFORE_COLON.finditer(text):  # Room 2: to a recogniser it might be the beginning of a time
        yield StatedValue(*match.span(), "number", frozenset({_plain(_decimal(match[0]))}))
    for start, end, reading, parts in fractions(text):
        units = unit_after(text, end) | currencies_of(text, start, end)
        value = StatedValue(start, end, "number", frozenset({reading}), units=units or parts)
        yield value
        yield from _converted(value)


def _in_words(text: str) -> Iterator[StatedValue]:
    """Numbers in words with the unit or scale behind them."""
    for start, end, digits in number_words(text):
        power = scale_behind(text, end)
        reading = _plain(Decimal(digits).scaleb(power or 0))
        units = unit_after(text, end) | currencies_of(text, start, end)
        value = StatedValue(start, end, "number", frozenset({reading}), False, units)
        yield value
        yield from _converted(value)


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
