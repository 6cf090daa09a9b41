"""Check dates, ranges of dates and durations against the text that they were read from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

import babel
import babel.dates
from text_to_num import alpha2digit

from .written_forms import LANGUAGES, folded

__all__ = ["fault_of_date", "fault_of_duration", "fault_of_period"]

_MORE_MONTHS = {1: "jänner jän", 2: "feber", 3: "mrz mär maerz", 9: "sept setiembre"}
_ORDERS = ("dmy", "mdy", "ymd")


def fault_of_date(value: str, raw: str, locale: Mapping[str, Any]) -> str | None:
    """Why a text does not state a date; the first day of 1.-15.03.2024 has its year from the last."""
    day = date.fromisoformat(value)
    form = folded(raw)
    if _is_stated(day, form, locale) or _is_in_range(day, form, locale):
        return None
    return f"{value} is not what {raw!r} says"


def fault_of_period(value: dict[str, Any], raw: str, locale: Mapping[str, Any]) -> str | None:
    """Why a text does not state a range of dates: both days stand in it, the earlier one first."""
    first, last = date.fromisoformat(value["from"]), date.fromisoformat(value["to"])
    form = folded(raw)
    if first > last:
        return f"{value['from']} is after {value['to']}"
    for cut in range(len(form)):
        if _is_stated(last, form[cut:], locale) and (
            any(_is_stated(first, form[:end], locale) for end in range(4, cut + 1)) or _is_in_range(first, form, locale)
        ):
            return None
    return f"{value['from']} to {value['to']} is not what {raw!r} says"


def _is_stated(day: date, form: str, locale: Mapping[str, Any]) -> bool:
    """True if the whole text is this date."""
    numbers = re.findall(r"\d+", form)
    if len(numbers) == 3:
        declared = locale.get("date_order") or _order_of(locale.get("language"))
        orders = {"dmy": (day.day, day.month, day.year), "mdy": (day.month, day.day, day.year),
                  "ymd": (day.year, day.month, day.day)}  # fmt: skip
        dotted = re.fullmatch(r"\d{1,2}\. ?\d{1,2}\. ?\d{2,4}", form) is not None  # always has the day first
        if len(numbers[0]) == 4:
            possible = ["ymd"]
        elif declared == "mdy" and dotted and not locale.get("date_order"):
            possible = ["mdy", "dmy"]  # a foreign date in an American text
        elif declared in ("dmy", "mdy"):
            possible = [declared]
        elif dotted:
            possible = ["dmy"] if int(numbers[1]) <= 12 else ["mdy"]
        else:
            possible = list(_ORDERS)
        return any(all(map(_same_number, numbers, orders[order])) for order in possible)
    if len(numbers) != 2:
        return False
    pairs = (tuple(numbers), tuple(reversed(numbers)) if len(numbers[0]) == 4 else tuple(numbers))
    return any(int(first) == day.day and _same_number(last, day.year) for first, last in pairs) and _month_named(
        day, form, locale.get("language")
    )


def _is_in_range(day: date, form: str, locale: Mapping[str, Any]) -> bool:
    """True if the text is a range of days that ends with a year, and this day is its first.

    Each day has the month beside it, or the month of the last day.
    """
    numbers = re.findall(r"\d+", form)
    later = False  # the range ends in the next year
    if len(numbers) == 3:
        days = numbers[:1] if form[:1].isdigit() else numbers[:2]  # March 1-3, 2024 has its month first
        stated = _month_named(day, form, locale.get("language")) and day.day in map(int, days)
        later = stated and _earlier_month_named(day, form, locale)
    elif len(numbers) == 4:  # 1.-15.03.2024
        stated = (int(numbers[0]), int(numbers[2])) == (day.day, day.month)
    elif len(numbers) == 5:  # 28.12.-03.01.2025 and 12/28-1/3/2025
        first, second, third, fourth = map(int, numbers[:4])
        day_first = (first, second) == (day.day, day.month)
        stated = day_first or (second, first) == (day.day, day.month)
        later = day.month > (fourth if day_first else third)
    else:
        return False
    return stated and _same_number(numbers[-1], day.year + int(later))


def _earlier_month_named(day: date, form: str, locale: Mapping[str, Any]) -> bool:
    others = (date(day.year, month, 1) for month in range(1, day.month))
    return any(_month_named(other, form, locale.get("language")) for other in others)


@cache
def _order_of(language: str | None) -> str | None:
    if not language or language == "en":
        return None
    pattern = str(babel.Locale.parse(language.replace("-", "_")).date_formats["short"].pattern)
    return "".join(dict.fromkeys(re.findall(r"[dMy]", pattern))).lower()


def _same_number(digits: str, part: int) -> bool:
    short = len(digits) == 2 and part > 99 and int(digits) == part % 100 and 1969 <= part <= 2068
    return int(digits) == part or short


def _month_named(day: date, letters: str, declared: str | None) -> bool:
    for language in (*([declared.replace("-", "_")] if declared else []), *LANGUAGES):
        for pattern in ("MMMM", "LLLL", "MMM", "LLL"):
            name = folded(babel.dates.format_date(day, pattern, locale=language)).rstrip(".")
            if not name.isdigit() and _has_word(name, letters):
                return True
    return any(_has_word(name, letters) for name in _MORE_MONTHS.get(day.month, "").split())


def _has_word(name: str, letters: str) -> bool:
    """True if the name stands there whole, not as a part of a weekday: "ag" is in Montag."""
    ending = "[^\\W\\d_]{0,3}" if len(name) > 4 else ""  # Basque declines it: apirilaren
    return re.search(rf"(?<![^\W\d_]){re.escape(name)}{ending}(?![^\W\d_])", letters) is not None


_UNIT_STARTS = {
    "Y": "year yr jahr jähr an jaar jar año ano anno anni", "M": "month monat mo mes maand mê mois mese",
    "W": "week wk woche wöch wee sem sett",
    "D": "day tag täg jour gior día dia dag kalender werk arbeits bank calendar business working consecutive banking",
    "TH": "hour hr stunde stünd std heure uur uren hora h", "TM": "min",
}  # fmt: skip
_NAMES = {"Y": "year", "M": "month", "W": "week", "D": "day", "TH": "hour", "TM": "minute"}
_ONE = re.compile(r"(?<!\w)(?:one|ein|eine|einen|einem|einer|eines|un|une|una|uno|een|um|uma)(?!\w)")
_HALF = re.compile(r"(?<!\w)(?:half|halbes|halben|halbe)(?!\w)")


def fault_of_duration(value: str, raw: str, locale: Mapping[str, Any]) -> str | None:
    """Why a text does not state a duration of one or more parts, such as P10Y6M."""
    match = re.fullmatch(r"P(?!\Z)((?:\d+(?:\.\d+)?[YMWD])*)(?:T((?:\d+(?:\.\d+)?[HM])+))?", value)
    if not match:
        return f"{value} is not an ISO 8601 duration"
    parts = re.findall(r"([\d.]+)([YMWD])", match.group(1))
    parts += [(amount, f"T{unit}") for amount, unit in re.findall(r"([\d.]+)([HM])", match.group(2) or "")]
    form, begin = re.sub(r"(?<=[^\W\d_])(?=(?:jähr|monat|wöch|täg|stünd|minüt)ig)", " ", folded(raw)), 0
    for amount, unit in parts:
        place = _place_of_unit(unit, form, begin, locale)
        if place and Fraction(amount) in _amounts(form[begin : place[0]]):
            begin = place[1]
            continue
        wider = {"M": ("Y", 12), "TM": ("TH", 60)}.get(unit)
        place = _place_of_unit(wider[0], form, begin, locale) if wider else None
        if wider and place and Fraction(amount) / wider[1] in _fractions(form[begin : place[0]]):
            begin = place[1]
            continue
        return f"{value} is not what {raw!r} says"
    return None


def _amounts(form: str) -> set[Fraction]:
    """Every number that the text states, in digits or in words."""
    numbers = re.findall(r"\d+(?:[.,' ]\d+)*", form)
    readings = {number.replace(",", ".") for number in numbers} | {re.sub(r"[.,' ]", "", number) for number in numbers}
    readings |= {re.sub(r"[.,' ](?=.*[.,])", "", number).replace(",", ".") for number in numbers}  # 62'752.5
    for language in ("en", "de", "fr", "es", "it", "nl", "pt"):
        for text in (form, form.replace("-", " ")):
            readings.update(re.findall(r"(?<![\d.,'])\d+(?![.,']?\d)", alpha2digit(text, language, threshold=0)))
    if _ONE.search(form):
        readings.add("1")
    return {Fraction(Decimal(reading)) for reading in readings if re.fullmatch(r"\d+(?:\.\d+)?", reading)}


def _fractions(form: str) -> set[Fraction]:
    found = {Fraction(int(top), int(bottom)) for top, bottom in re.findall(r"(\d+)[/⁄](\d+)", form) if int(bottom)}
    found |= {Fraction(1, 2)} if _HALF.search(form) or "½" in form else set()
    found |= {Fraction(1, 4)} if "quarter" in form else set()
    wholes = {Fraction(int(whole)) for whole in re.findall(r"(?<![/⁄\d])(\d+) (?=\d+[/⁄])", form)}
    found |= {  # 1½, whose sign is folded to 1⁄2
        int(whole) + Fraction(int(top), int(bottom)) for whole, top, bottom in re.findall(r"(\d+)([1-7])⁄([2-8])", form)
    }
    return found | {whole + part for whole in wholes for part in found}


def _place_of_unit(unit: str, form: str, begin: int, locale: Mapping[str, Any]) -> tuple[int, int] | None:
    """Where the first word for a unit stands behind ``begin``; None if another unit comes before it."""
    for word in re.finditer(r"[^\W\d_]+", form[begin:]):
        units = [code for code in _UNIT_STARTS if _is_unit(code, word.group(), locale)]
        if units:
            return (begin + word.start(), begin + word.end()) if unit in units else None
    for name in _declared_units(unit, locale):
        if name in form[begin:]:
            return form.index(name, begin), form.index(name, begin) + len(name)
    return None


def _is_unit(unit: str, word: str, locale: Mapping[str, Any]) -> bool:
    starts = _UNIT_STARTS[unit].split()
    return word in _declared_units(unit, locale) or any(
        word in (start, f"{start}s") or (len(start) > 2 and word.startswith(start)) for start in starts
    )


def _declared_units(unit: str, locale: Mapping[str, Any]) -> frozenset[str]:
    language = locale.get("language")
    return _units_of(unit, str(language).replace("-", "_")) if language else frozenset()


@cache
def _units_of(unit: str, language: str) -> frozenset[str]:
    data = babel.Locale.parse(language)._data["unit_patterns"]
    words = {
        folded(str(pattern).replace("{0}", "")).strip(" .")
        for width in ("long", "short")
        for pattern in data.get(f"duration-{_NAMES[unit]}", {}).get(width, {}).values()
    }
    return frozenset(words - {""})
