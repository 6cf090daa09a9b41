"""Check dates, ranges of dates and durations against the text that they were read from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
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
        declared = locale.get("date_order")
        orders = {"dmy": (day.day, day.month, day.year), "mdy": (day.month, day.day, day.year),
                  "ymd": (day.year, day.month, day.day)}  # fmt: skip
        possible = ["ymd"] if len(numbers[0]) == 4 else [declared] if declared in ("dmy", "mdy") else list(_ORDERS)
        return any(all(map(_same_number, numbers, orders[order])) for order in possible)
    if len(numbers) != 2:
        return False
    pairs = (tuple(numbers), tuple(reversed(numbers)) if len(numbers[0]) == 4 else tuple(numbers))
    return any(int(first) == day.day and _same_number(last, day.year) for first, last in pairs) and _month_named(
        day, form, locale.get("language")
    )


def _is_in_range(day: date, form: str, locale: Mapping[str, Any]) -> bool:
    """True if the text is a range of days that ends with a year, and this day is one of its ends."""
    numbers = re.findall(r"\d+", form)
    named = _month_named(day, form, locale.get("language"))
    if not (3 if named else 4) <= len(numbers) <= 6:
        return False
    before_new_year = day.month > 1 and (named or len(numbers) > 4) and _same_number(numbers[-1], day.year + 1)
    if not before_new_year and not _same_number(numbers[-1], day.year):
        return False
    days = [int(number) for number in numbers[:-1] if len(number) <= 2]
    return day.day in days and (named or day.month in days)


def _same_number(digits: str, part: int) -> bool:
    short = len(digits) == 2 and part > 99 and int(digits) == part % 100 and 1969 <= part <= 2068
    return int(digits) == part or short


def _month_named(day: date, letters: str, declared: str | None) -> bool:
    for language in (*([declared.replace("-", "_")] if declared else []), *LANGUAGES):
        for pattern in ("MMMM", "LLLL", "MMM", "LLL"):
            name = folded(babel.dates.format_date(day, pattern, locale=language)).rstrip(".")
            if not name.isdigit() and name in letters:
                return True
    return any(name in letters for name in _MORE_MONTHS.get(day.month, "").split())


_UNIT_STARTS = {
    "Y": "year yr jahr an jaar jar año anno", "M": "month monat mo mes maand mê", "W": "week wk woche wee sem sett",
    "D": "day tag jour gior día dia dag kalender werk arbeits bank calendar business working consecutive banking",
    "TH": "hour hr stunde std heure or uur uren hora", "TM": "min",
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
    form = folded(raw)
    said = _amounts(form)
    for amount, unit in parts:
        if Fraction(amount) in said and _unit_named(unit, form, locale):
            continue
        wider = {"M": ("Y", 12), "TM": ("TH", 60)}.get(unit)
        if wider and _unit_named(wider[0], form, locale) and Fraction(amount) / wider[1] in _fractions(form):
            continue
        fault = "number" if Fraction(amount) not in said else "unit"
        return f"{value} is not the {fault} in {raw!r}"
    return None


def _amounts(form: str) -> set[Fraction]:
    """Every number that the text states, in digits or in words."""
    numbers = re.findall(r"\d+(?:[.,' ]\d+)*", form)
    numbers += re.findall(r"\d+", form)
    readings = {number.replace(",", ".") for number in numbers} | {re.sub(r"[.,' ]", "", number) for number in numbers}
    for language in ("en", "de", "fr", "es", "it", "nl", "pt"):
        for text in (form, form.replace("-", " ")):
            readings.update(re.findall(r"\d+", alpha2digit(text, language, threshold=0)))
    if _ONE.search(form):
        readings.add("1")
    return {Fraction(Decimal(reading)) for reading in readings if re.fullmatch(r"\d+(?:\.\d+)?", reading)}


def _fractions(form: str) -> set[Fraction]:
    found = {Fraction(int(top), int(bottom)) for top, bottom in re.findall(r"(\d+)[/⁄](\d+)", form) if int(bottom)}
    found |= {Fraction(1, 2)} if _HALF.search(form) or "½" in form else set()
    found |= {Fraction(1, 4)} if "quarter" in form else set()
    wholes = {Fraction(int(whole)) for whole in re.findall(r"(?<![/⁄\d])(\d+) (?=\d+[/⁄])", form)}
    return found | {whole + part for whole in wholes for part in found}


def _unit_named(unit: str, form: str, locale: Mapping[str, Any]) -> bool:
    words = re.findall(r"[^\W\d_]+", form)
    if any(word.startswith(start) for word in words for start in _UNIT_STARTS[unit].split()):
        return True
    if not locale.get("language"):
        return False
    data = babel.Locale.parse(str(locale["language"]).replace("-", "_"))._data["unit_patterns"]
    for width in ("long", "short"):
        for pattern in data.get(f"duration-{_NAMES[unit]}", {}).get(width, {}).values():
            word = folded(str(pattern).replace("{0}", "")).strip(" .")
            if word and word in form:
                return True
    return False
