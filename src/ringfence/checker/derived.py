"""Check that a derived value follows from its raw text, the other way round than the code that derives values.

Nothing here reads a value from a text. Each function takes the stated value, works out what a text with this meaning
must contain, and looks for it in the raw text. It returns the fault as a sentence, or None.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from .calendar import fault_of_date, fault_of_duration, fault_of_period
from .written_forms import calling_code, folded, states_currency, states_scale

__all__ = ["fault_of_derived"]

_Locale = Mapping[str, Any]


def fault_of_derived(kind: str, value: Any, raw: str, locale: _Locale) -> str | None:
    """Why ``value`` of a field of ``kind`` cannot come from ``raw``; None if it can."""
    check = _CHECKS.get(kind)
    if check is None:
        return f"a {kind} is never derived from text"
    try:
        return check(value, raw, locale)
    except (ValueError, TypeError, KeyError, IndexError, InvalidOperation):
        return f"{value!r} is not a value of kind {kind}"


def _number(value: str, raw: str, locale: _Locale) -> str | None:
    number = Decimal(value)
    form = folded(raw)
    for power in _POWERS:
        if power == 0 and any(states_scale(form, other, certain=True) for other in _POWERS[1:]):
            continue  # 7.5 million is not 7.5
        unscaled = number if power == 0 else _shortest(number.scaleb(-power))
        if (power == 0 or states_scale(form, power)) and _has_digits(unscaled, form, locale, power > 0):
            break
    else:
        return _digit_fault(value, number, raw, form)
    if bool(number.is_signed()) != _is_negative(form) and number != 0:
        return f"{value} has another sign than {raw!r}"
    return None


_POWERS = (0, 2, 3, 4, 5, 6, 7, 8, 9, 12)


def _digit_fault(value: str, number: Decimal, raw: str, form: str) -> str:
    if _digits_of(number).lstrip("0") != re.sub(r"\D", "", form).lstrip("0"):
        return f"{value} has other digits than {raw!r}"
    return f"{value} has its decimal sign elsewhere than {raw!r}"


def _shortest(number: Decimal) -> Decimal:
    """The same number without trailing zeros behind the point."""
    return number.quantize(Decimal(1)) if number == number.to_integral() else number.normalize()


def _digits_of(number: Decimal) -> str:
    return "".join(map(str, number.as_tuple().digits))


def _has_digits(number: Decimal, form: str, locale: _Locale, scaled: bool) -> bool:
    """True if the text prints these digits with the decimal sign in this place."""
    printed, stated = re.sub(r"\D", "", form), _digits_of(number)
    places = -int(number.as_tuple().exponent)
    possible = _printed_places(form, locale.get("decimal"))
    if scaled:  # 7.50 million is 7500000: trailing zeros behind the point are gone
        for missing in range(4):
            if (printed.lstrip("0") == (stated + "0" * missing).lstrip("0")) and places + missing in possible:
                return True
        return False
    return printed.lstrip("0") == stated.lstrip("0") and places in possible


def _is_negative(form: str) -> bool:
    signs = re.sub(r"(?<=[^\W\d_])-(?=[^\W\d_])|(?<=\d)-(?=[^\W\d_]{5})|[.,]-+(?!\d)|/-|(?<=\d)-(?=\d)", "", form)
    return bool(re.search(r"[-(]", signs))


def _printed_places(form: str, decimal: str | None) -> set[int]:
    """The possible numbers of digits after the decimal sign of a printed number."""
    body = "".join(re.findall(r"(?<=\d)[.,](?=\d)|\d|(?<!\d)[.,](?=\d)", form))
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
    if after != 3 or not 1 <= before <= 3 or body.startswith("0") or re.search(r"\d[' ]\d", form):
        return {after}
    if decimal in (".", ","):
        return {3 if signs[0] == decimal else 0}
    return {0, 3}


_ABBREVIATED = re.compile(r"(?<![^\W\d_])(?:kr|rs|fr|sfr)\.", re.I)  # the dot of kr.74 is no decimal sign


def _money(value: dict[str, Any], raw: str, locale: _Locale) -> str | None:
    currency = value["currency"]
    if currency and not states_currency(raw, currency, locale.get("language")):
        return f"the currency {currency} does not stand in {raw!r}"
    raw = _ABBREVIATED.sub("", raw)
    return _number(value["amount"], re.sub(r"(?<=[^\W\d_])\.(?!\d\d(?!\d))", "", raw), locale)


def _percent(value: str, raw: str, locale: _Locale) -> str | None:
    form = folded(raw)
    if not re.search(r"%|per ?cen|pro[sz]en|procent|pct|v\. ?h|pour ?cent|por ?c|per ?cento", form):
        return f"{raw!r} says nothing of percent"
    return _number(value, re.sub(r"[^\W\d_]+\.?|%", "", form), locale)


_RANGE = re.compile(
    r"(?P<before>\D*?)(?P<low>[.,]?\d[\d.,]*?)(?P<low_unit>[^\d(‐‑–-]*?)"
    r"\s?(?:[-‐‑–]|\s(?:to|bis|à|a|tot|or|oder|ou|o)\s)\s?"
    r"(?P<high_unit>[^\d(‐‑–-]*?)(?P<high>\d[\d.,]*)(?P<behind>\D*)"
)


def _of_an_end(check: Callable[[Any, str, _Locale], str | None]) -> Callable[[Any, str, _Locale], str | None]:
    """Apply a check to each end of a range that shares one unit (5-10 %, 5-£10): the value may be either."""

    def checked(value: Any, raw: str, locale: _Locale) -> str | None:
        if shared := _RANGE.fullmatch(raw):
            behind = "".join(shared.group("low_unit", "high_unit", "behind"))
            unsigned = re.sub(r"[-‐‑–]", "", shared["before"])  # only the lower end has the sign
            ends = [f"{before}{shared[end]}{behind}" for before, end in ((shared["before"], "low"), (unsigned, "high"))]
            return None if any(check(value, end, locale) is None for end in ends) else f"{value} is no end of {raw!r}"
        return check(value, raw, locale)

    return checked


def _email(value: str, raw: str, locale: _Locale) -> str | None:
    return None if value == raw.lower() else f"{value} is not {raw!r}"


def _iban(value: str, raw: str, locale: _Locale) -> str | None:
    if re.sub(r"[\s\-‐‑–]", "", raw).upper() != value:
        return f"{value} is not {raw!r}"
    rest = 0
    for character in value[4:] + value[:4]:
        digits = str(int(character, 36))
        rest = (rest * 10 ** len(digits) + int(digits)) % 97
    return None if rest == 1 else f"{value} has wrong check digits"


def _phone(value: str, raw: str, locale: _Locale) -> str | None:
    """An international number has the same digits; of a national one the leading zero is replaced by the country."""
    form = folded(raw)
    digits = re.sub(r"\D", "", re.sub(r"\(0\)", "", form))
    number = value.removeprefix("+")
    if value == number or not number.isdigit():
        return f"{value} is not in international form"
    said = digits.removeprefix("00") if "+" not in form else digits
    if said == number:
        return None
    country = calling_code(locale.get("language"))
    national = re.split(r"ext|x|durchwahl|dw", form)[0] if re.search(r"ext|x|durchwahl|dw", form) else form
    digits = re.sub(r"\D", "", re.sub(r"\(0\)", "", national))
    if "+" in form or digits.startswith("00"):
        return None if digits.removeprefix("00") == number else f"{value} has other digits than {raw!r}"
    if country and number in (country + digits, country + digits.removeprefix("0"), digits):
        return None
    return f"{value} has other digits than {raw!r}"


def _address(value: str, raw: str, locale: _Locale) -> str | None:
    """An address is its lines, joined by commas."""
    words = [re.findall(r"[^\s,;]+", text) for text in (value, raw)]
    return None if words[0] == words[1] else f"{value!r} is not {raw!r}"


def _text(value: str, raw: str, locale: _Locale) -> str | None:
    whole = re.sub(r"(?<=\w[-/])\n", "", raw)  # a line that was broken at a hyphen or a slash
    same = value.split() in (raw.split(), whole.split())
    return None if same else f"{value!r} is not {raw!r}"


_CHECKS: dict[str, Callable[[Any, str, _Locale], str | None]] = {
    "date": fault_of_date,
    "period": fault_of_period,
    "number": _number,
    "money": _of_an_end(_money),
    "percent": _of_an_end(_percent),
    "duration": fault_of_duration,
    "email": _email,
    "iban": _iban,
    "phone": _phone,
    "address": _address,
    "text": _text,
    "code": _text,
}
