"""Parse typed values from the exact text of a span. Unparsable or ambiguous text gets a flag, never a guess."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from .locale import DateOrder, month_names

__all__ = ["ParsedValue", "iban_is_valid", "type_date", "type_duration", "type_number"]


@dataclass(frozen=True)
class ParsedValue:
    """A value in its contract form, or None with a flag; ``readings`` holds the possible values of ambiguous text."""

    value: Any
    flags: tuple[str, ...] = ()
    readings: tuple[str, ...] = ()


def type_number(raw: str, decimal: str | None) -> ParsedValue:
    """Parse a printed number into a decimal string. ``decimal`` is the decimal sign in force, None if unknown.

    Parentheses and a trailing minus are negative, as in accounts. ``1,250`` without a known sign is ambiguous.
    """
    text = raw.strip().replace("−", "-").replace("–", "-")
    negative = text.startswith(("-", "(")) or text.endswith("-")
    digits = re.sub(r"[\s'’\u00a0\u202f()+-]", "", text)
    if not re.fullmatch(r"\d*(?:[.,]\d+)*", digits) or not any(character.isdigit() for character in digits):
        return ParsedValue(None, ("unparsed",))
    readings = _number_readings(digits)
    flags: tuple[str, ...] = ()
    if len(readings) > 1 and decimal is None:
        signed = tuple(_signed(reading, negative) for reading in readings.values())
        return ParsedValue(None, ("ambiguous-number",), signed)
    if not readings:
        return ParsedValue(None, ("unparsed",))
    if decimal in readings:
        chosen = readings[decimal]
    else:
        chosen = next(iter(readings.values()))
        if decimal and None not in readings:
            flags = ("unusual-decimal-sign",)
    return ParsedValue(_signed(chosen, negative), flags)


def _number_readings(digits: str) -> dict[str | None, str]:
    """Every possible reading of the digits, by the decimal sign that it assumes (None: the digits have no sign)."""
    signs = re.findall(r"[.,]", digits)
    if not signs:
        return {None: digits}
    if len(set(signs)) == 2:
        last = signs[-1]
        if signs.count(last) > 1:
            return {}
        grouping = "." if last == "," else ","
        return (
            {last: digits.replace(grouping, "").replace(last, ".")}
            if _grouped(digits.split(last, maxsplit=1)[0], grouping)
            else {}
        )
    sign = signs[0]
    grouping = "." if sign == "," else ","
    if len(signs) > 1:
        return {grouping: digits.replace(sign, "")} if _grouped(digits, sign) else {}
    whole, fraction = digits.split(sign)
    as_decimal = {sign: f"{whole or '0'}.{fraction}"}
    if len(fraction) == 3 and 1 <= len(whole) <= 3 and not whole.startswith("0"):
        return {**as_decimal, grouping: whole + fraction}
    return {**as_decimal}


def _grouped(digits: str, sign: str) -> bool:
    first, *rest = digits.split(sign)
    return 1 <= len(first) <= 3 and all(len(group) == 3 for group in rest)


def _signed(digits: str, negative: bool) -> str:
    number = Decimal(digits)
    return str(-number if negative and number else number)


_ISO = re.compile(r"(\d{4})\s?[-/.]\s?(\d{1,2})\s?[-/.]\s?(\d{1,2})")
_NUMERIC = re.compile(r"(\d{1,2})\s?([./-])\s?(\d{1,2})\s?[./-]\s?(\d{4}|\d{2})")
_NAMED = re.compile(
    r"(?:(\d{1,2})\D{0,6}?)?\b([^\W\d_]{3,})\.?\W{0,3}(?:(\d{1,2})(?:st|nd|rd|th)?\W{1,3})?'?(\d{4}|\d{2})", re.I
)


def type_date(raw: str, order: DateOrder | None, language: str | None = None) -> ParsedValue:
    """Parse a printed date into ISO 8601. ``order`` is the order of numeric dates, None if unknown.

    Two-digit years follow POSIX (69 to 99 are 19xx) and get a flag.
    """
    text = raw.strip()
    if match := _ISO.fullmatch(text):
        return _from_readings({_make(*map(int, match.groups()))}, ())
    if match := _NUMERIC.fullmatch(text):
        first, sign, second, last = match.group(1), match.group(2), match.group(3), match.group(4)
        flags = ("two-digit-year",) if len(last) == 2 else ()
        by_order: dict[str, date | None] = {
            "dmy": _make(_year(last), int(second), int(first)),
            "mdy": _make(_year(last), int(first), int(second)),
        }
        if len(last) == 2:
            by_order["ymd"] = _make(_year(first.zfill(2)), int(second), int(last))
        if order == "ymd" and len(last) == 4:
            order = None
        if order:
            return _from_readings({by_order[order]}, flags)
        if sign == ".":  # dates with dots, such as 12.03.2024, always have the day first
            return _from_readings({by_order["dmy"]}, flags)
        return _from_readings(set(by_order.values()), flags)
    spaced = re.sub(r"(?<=\d)(?=[^\W\d_]{3})|(?<=[^\W\d_]{3})(?=\d)", " ", text)
    spaced = re.sub(r"\s+(?:(?:day of|of|del?|the)\s+)?", " ", spaced, flags=re.I)
    if match := _NAMED.fullmatch(re.sub(r"(\d)(?:st|nd|rd|th|º|er)\b", r"\1", spaced, flags=re.I)):
        before, name, after, year = match.groups()
        month = month_names(language).get(name.lower())
        day = before or after
        if month and day and not (before and after):
            return _from_readings({_make(_year(year), month, int(day))}, ("two-digit-year",) if len(year) == 2 else ())
    return ParsedValue(None, ("unparsed",))


def _from_readings(readings: set[date | None], flags: tuple[str, ...]) -> ParsedValue:
    known = sorted(reading.isoformat() for reading in readings if reading)
    if not known:
        return ParsedValue(None, ("unparsed",))
    if len(known) > 1:
        return ParsedValue(None, ("ambiguous-date",), tuple(known))
    return ParsedValue(known[0], flags)


def _make(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _year(digits: str) -> int:
    year = int(digits)
    return year if len(digits) == 4 else year + (1900 if year >= 69 else 2000)


_UNITS = {
    "Y": r"years?|yrs?|jahre?[sn]?|ans?|années?|ann[io]|años?|jaar|jaren",
    "M": r"months?|monat(?:e[ns]?|s)?|mois|mes[ei]|mes(?:es)?|maand(?:en)?",
    "W": r"weeks?|wochen?|semaines?|settiman[ae]|semanas?|weken",
    "D": r"(?:(?:calendar|business|working) )?days?|tag(?:e[ns]?|s)?|jours?|giorn[oi]|días?|dag(?:en)?",
    "TH": r"hours?|hrs?|stunden?|heures?|or[ae]|horas?|uur",
    "TM": r"minutes?|mins?|minuten?|minut[oi]s?",
}
_NUMBER_WORDS = {
    word: number
    for words in (
        "one two three four five six seven eight nine ten eleven twelve",
        "eine zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
    )
    for number, word in enumerate(words.split(), start=1)
} | {"thirty": 30, "sixty": 60, "ninety": 90, "dreißig": 30, "sechzig": 60, "neunzig": 90}
DURATION_UNITS = {code: re.compile(units, re.I) for code, units in _UNITS.items()}
DURATION = re.compile(
    r"(?<![\w.,])(?:(?P<word>" + "|".join(_NUMBER_WORDS) + r")(?:\s*\((?P<paren>\d+)\))?|(?P<digits>\d+(?:[.,]\d+)?))"
    r"[\s-]{1,2}(?P<unit>(?:(?:calendar|business|working) )?[^\W\d_]+)(?![\w])",
    re.I,
)


def type_duration(raw: str) -> ParsedValue:
    """Parse a number and a unit, such as "thirty (30) days" or "14 Tage", into an ISO 8601 duration."""
    match = DURATION.fullmatch(raw.strip())
    unit = next((code for code, pattern in DURATION_UNITS.items() if match and pattern.fullmatch(match["unit"])), None)
    if match is None or unit is None:
        return ParsedValue(None, ("unparsed",))
    if match["digits"]:
        amount = match["digits"].replace(",", ".")
    else:
        amount = str(_NUMBER_WORDS[match["word"].lower()])
        if match["paren"] and match["paren"] != amount:
            return ParsedValue(None, ("ambiguous-duration",), (amount, match["paren"]))
    return ParsedValue(f"PT{amount}{unit[1]}" if unit.startswith("T") else f"P{amount}{unit}")


def iban_is_valid(compact: str) -> bool:
    """True if the check digits are right (ISO 13616): rearranged as a number, the IBAN modulo 97 is 1."""
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", compact):
        return False
    return int("".join(str(int(character, 36)) for character in compact[4:] + compact[:4])) % 97 == 1
