"""Check that a derived value follows from its raw text, the other way round than the code that derives values.

Nothing here reads a value from a text. Each function takes the stated value, works out what a text with this meaning
must contain, and looks for it in the raw text. It returns the fault as a sentence, or None.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import babel.dates

__all__ = ["fault_of_derived", "names_a_currency"]

_LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt")
_MARKS = {
    "EUR": "€", "GBP": "£", "JPY": "¥", "USD": "US$", "INR": "₹ Rs", "MYR": "RM", "PLN": "zł",
}  # fmt: skip
_WORDS = {
    1: "one ein", 2: "two zwei", 3: "three drei", 4: "four vier", 5: "five fünf", 6: "six sechs", 7: "seven sieben",
    8: "eight acht", 9: "nine neun", 10: "ten zehn", 11: "eleven elf", 12: "twelve zwölf", 30: "thirty dreißig",
    60: "sixty sechzig", 90: "ninety neunzig",
}  # fmt: skip
_UNIT_STARTS = {
    "Y": "year yr jahr an jaar año anno", "M": "month monat mo mes maand", "W": "week woche wee sem sett",
    "D": "day tag jour gior día dag calendar business working",
    "TH": "hour hr stunde heure or uur", "TM": "min",
}  # fmt: skip


def fault_of_derived(kind: str, value: Any, raw: str, locale: Mapping[str, Any]) -> str | None:
    """Why ``value`` of a field of ``kind`` cannot come from ``raw``; None if it can."""
    check = _CHECKS.get(kind)
    if check is None:
        return f"a {kind} is never derived from text"
    try:
        return check(value, raw, locale)
    except (ValueError, TypeError, KeyError, InvalidOperation):
        return f"{value!r} is not a value of kind {kind}"


def _date(value: str, raw: str, locale: Mapping[str, Any]) -> str | None:
    day = date.fromisoformat(value)
    numbers = re.findall(r"\d+", raw)
    if len(numbers) == 3:
        orders = {
            "dmy": (day.day, day.month, day.year),
            "mdy": (day.month, day.day, day.year),
            "ymd": (day.year, day.month, day.day),
        }
        if len(numbers[0]) == 4:
            possible = ["ymd"]
        else:
            possible = [locale["date_order"]] if locale.get("date_order") in ("dmy", "mdy") else list(orders)
        if any(
            all(_same_number(n, part) for n, part in zip(numbers, orders[order], strict=True)) for order in possible
        ):
            return None
        return f"{value} is not what {raw!r} says"
    if (
        len(numbers) == 2
        and int(numbers[0]) == day.day
        and _same_number(numbers[1], day.year)
        and _month_named(day, raw, locale.get("language"))
    ):
        return None
    return f"{value} is not what {raw!r} says"


def _same_number(digits: str, part: int) -> bool:
    return int(digits) == part or (
        len(digits) == 2 and part > 99 and int(digits) == part % 100 and 1969 <= part <= 2068
    )


def _month_named(day: date, raw: str, declared: str | None) -> bool:
    letters = raw.casefold()
    for language in (*([declared.replace("-", "_")] if declared else []), *_LANGUAGES):
        for pattern in ("MMMM", "LLLL", "MMM", "LLL"):
            if babel.dates.format_date(day, pattern, locale=language).casefold().rstrip(".") in letters:
                return True
    return day.month == 9 and "sept" in letters


def _number(value: str, raw: str, locale: Mapping[str, Any]) -> str | None:
    number = Decimal(value)
    sign, digits, exponent = number.as_tuple()
    places = -int(exponent)
    printed = re.sub(r"\D", "", raw)
    stated = "".join(map(str, digits))
    if printed.lstrip("0") != stated.lstrip("0"):
        return f"{value} has other digits than {raw!r}"
    if places not in _printed_places(raw, locale.get("decimal")):
        return f"{value} has its decimal sign elsewhere than {raw!r}"
    if bool(sign) != bool(re.search(r"[-−–(]", raw)) and number != 0:
        return f"{value} has another sign than {raw!r}"
    return None


def _printed_places(raw: str, decimal: str | None) -> set[int]:
    """The possible numbers of digits after the decimal sign of a printed number."""
    body = "".join(re.findall(r"[\d.,]", raw)).rstrip(".,") if re.search(r"\d", raw) else ""
    body = re.sub(r"^[.,](?=[.,])", "", body)
    signs = re.findall(r"[.,]", body)
    if not signs:
        return {0}
    after = len(body) - 1 - max(body.rfind("."), body.rfind(","))
    if len(set(signs)) == 2:
        return {after} if signs.count(signs[-1]) == 1 else set()
    if len(signs) > 1:
        return {0}
    before = len(body) - 1 - after
    if after != 3 or not 1 <= before <= 3 or body.startswith("0"):
        return {after}
    if decimal in (".", ","):
        return {3 if signs[0] == decimal else 0}
    return {0, 3}


def _money(value: dict[str, Any], raw: str, locale: Mapping[str, Any]) -> str | None:
    currency = value["currency"]
    if currency and not any(mark in raw for mark in [currency, *_MARKS.get(currency, "").split()]):
        return f"the currency {currency} does not stand in {raw!r}"
    return _number(value["amount"], raw, locale)


def names_a_currency(raw: str) -> bool:
    """Whether a text names a currency that this module knows."""
    return any(mark in raw for code, marks in _MARKS.items() for mark in [code, *marks.split()])


def _duration(value: str, raw: str, locale: Mapping[str, Any]) -> str | None:
    match = re.fullmatch(r"P(T?)(\d+(?:\.\d+)?)([YMWDH])", value)
    if not match:
        return f"{value} is not an ISO 8601 duration of one unit"
    unit, amount, letters = match[1] + match[3], match[2], raw.casefold()
    said = re.findall(r"\d+(?:[.,]\d+)?", raw)
    as_word = any(word in letters for word in _WORDS.get(int(float(amount)), "").split())
    if not (amount in [number.replace(",", ".") for number in said] or (as_word and not said)):
        return f"{value} is not the number in {raw!r}"
    words = re.findall(r"[^\W\d_]+", letters)
    if not any(word.startswith(start) for word in words for start in _UNIT_STARTS[unit].split()):
        return f"{value} is not the unit in {raw!r}"
    return None


def _email(value: str, raw: str, locale: Mapping[str, Any]) -> str | None:
    return None if value == raw.lower() else f"{value} is not {raw!r}"


def _iban(value: str, raw: str, locale: Mapping[str, Any]) -> str | None:
    if "".join(raw.split()) != value:
        return f"{value} is not {raw!r}"
    rest = 0
    for character in value[4:] + value[:4]:
        digits = str(int(character, 36))
        rest = (rest * 10 ** len(digits) + int(digits)) % 97
    return None if rest == 1 else f"{value} has wrong check digits"


def _text(value: str, raw: str, locale: Mapping[str, Any]) -> str | None:
    return None if value.split() == raw.split() else f"{value!r} is not {raw!r}"


_CHECKS: dict[str, Callable[[Any, str, Mapping[str, Any]], str | None]] = {
    "date": _date,
    "number": _number,
    "money": _money,
    "duration": _duration,
    "email": _email,
    "iban": _iban,
    "text": _text,
    "code": _text,
}
