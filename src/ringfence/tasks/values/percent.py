"""Percentages, as a decimal string of the percent figure: 7.5 % is 7.5."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..locale import Locale
from .candidate import Candidate, ParsedValue, candidate_at
from .characters import has_cents_at, plain
from .number import printed_numbers, type_number, with_sign
from .ranges import joins_range
from .signs import dash_before, has_sign_apart, is_minus, minus_before, sign_of_parentheses, word_minus

__all__ = ["find_percents"]

_AFTER = re.compile(
    r"[ \u00a0\u200e]{0,2}(?:%|(?:per ?cent|pct|prozent|v\. ?h\.|pour ?cent|por ?ciento|per ?cento|por ?cento|procent)"
    r"(?!\w))",
    re.I,
)
_MINUS_BEHIND = re.compile(r"[-–](?=[ \u00a0]{2}|[ \u00a0]*(?:\n|\Z))")
_RATE = re.compile(
    r"(?:vat|ust|mwst|steuer|tva|iva|btw|moms|gst|tax|rate|discount|rabatt|skonto|remise|interest|zins\w*|intérêt|"
    r"ownership|share|anteil|quote)\b[^\n]{0,12}\Z",
    re.I,
)
_PER_MILLE = re.compile(r"[ \u00a0]?(?:‰|%[o₀])(?!\w)")
_BASIS_POINTS = re.compile(r"[ \u00a0](?:basis points|bps|bp)(?!\w)", re.I)
_BEFORE = re.compile(r"%[ \u00a0\u200e]?\Z")


def find_percents(text: str, locale: Locale) -> Iterator[Candidate]:
    """Yield numbers with a percent sign or word; per mille and basis points are null with a flag."""
    decimal = locale.decimal_for(text)
    form = plain(text)
    sign_first = (locale.language or "")[:2] in _SIGN_FIRST
    lower: tuple[int, int] | None = None  # a number that may be the lower end of a range
    for printed in printed_numbers(form, locale):
        start, end = printed.span
        minus = minus_before(form, start)
        first = start if minus is None else minus
        negative: bool | None = first < start
        before, after = _BEFORE.search(form, max(0, first - 2), first), _AFTER.match(form, end)
        if after and sign_first and _SIGN_OF_NEXT.match(form, end):
            after = None
        behind_digit = before and re.search(r"\d[ \u00a0]?\Z", form[max(0, before.start() - 2) : before.start()])
        if before and not after and (sign_first or not behind_digit):
            sign_before = is_minus(form, before.start() - 1)
            negative = first < start or sign_before
            first, last = before.start() - sign_before, end  # Turkish and Basque: %7,5 and -%3
        elif other := _PER_MILLE.match(form, end) or _BASIS_POINTS.match(form, end):
            yield candidate_at(text, first, other.end(), ParsedValue(None, ("not-percent",)), text[start:end])
            continue
        elif after:
            last = after.end()
        else:
            lower = first, end
            continue
        if first == start and (dash := dash_before(form, start)):
            first, negative = dash if dash[1] else (start, None)
        elif first == start and (_has_doubtful_sign(form, start, last) or has_sign_apart(form, start)):
            negative = None
        if after and not negative and _MINUS_BEHIND.match(form, last) and re.search(r"[.,]\d{1,2}\Z", form[start:end]):
            negative = True if has_cents_at(form, end) else None  # 2,50%-
            last += 1 if negative else 0
        parsed = type_number(form[start:end], decimal)
        both = type_number(form[start:end], None)
        if len(both.readings) > 1 and not (
            locale.language or locale.decimal
        ):  # nobody pays 3,125 %, but a growth may be 1,250 %
            parsed = both
        if printed.spaced or printed.torn or _may_be_torn(form, start, end) or _SIGN_OF_NEXT.match(form, end):
            parsed = ParsedValue(None, ("ambiguous-number",), (text[start:end],))
        surface = f"-{text[start:end]}" if negative else text[start:end]
        if lower and (joined := joins_range(form, lower[1], first)) is not False:
            digits = text[slice(*lower)]
            least = type_number(digits, decimal).value
            if least is not None:
                shared = ParsedValue(least) if joined else ParsedValue(None, ("ambiguous-range",), (least,))
                yield candidate_at(text, lower[0], last, shared, digits)
        lower = None
        yield candidate_at(text, first, last, with_sign(parsed, negative), surface)


_TORN = re.compile(r"(?:\A|[^\w.,][ ]?|[ ]{2}|(?<![^\W\d_])(?:tax|vat|ust|mwst)[ ])\d{1,3}[ ]\Z", re.I)


def _may_be_torn(form: str, start: int, end: int) -> bool:
    """True for the last digit of 1 7 %: a number and a rate, or a rate with a gap."""
    return end - start == 1 and _TORN.search(form[max(0, start - 9) : start]) is not None


_SIGN_FIRST = ("tr", "eu")  # Turkish and Basque
_SIGN_OF_NEXT = re.compile(r"[ \u00a0]+%\d")  # 100,00 %18: in Turkish the sign stands before its number


def _has_doubtful_sign(form: str, start: int, end: int) -> bool:
    """True behind a word for minus, and for (2.5 %) in a column: to accounts a loss, to others a rate."""
    if word_minus(form, start):
        return True
    in_parentheses = form[start - 1 : start] == "(" and form[end : end + 1] == ")"
    if not in_parentheses or _RATE.search(form[form.rfind("\n", 0, start) + 1 : start]):
        return False
    return sign_of_parentheses(form, start - 1) is True
