"""Amounts of money: a number with the currency, sign and scale that stand beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from ..locale import Locale
from .candidate import Candidate, ParsedValue, candidate_at
from .characters import plain
from .currency import MINOR, Mark, mark_after, mark_before, minor_digits, named_currencies
from .number import (
    PrintedNumber,
    printed_numbers,
    spaced_candidate,
    type_number,
    with_sign,
)
from .scales import Scale, scale_after
from .signs import dash_before, is_minus, is_trailing_minus, sign_of_parentheses

__all__ = ["find_money"]

_LIKELY = re.compile(r"[.,]\d{2}-?\Z|\d[’'.,\u00a0 ]\d{3}")
_NO_CENTS = re.compile(r"[.,][-–]{1,2}")  # 100,- and 50.–
_WHOLE = re.compile(r"/[-=]|[.,][-–]")  # 5,000/- and 5.000,-: no cents follow


def find_money(text: str, locale: Locale) -> Iterator[Candidate]:
    """Yield numbers that look like amounts (with a currency, cents or grouped thousands); if none do, all numbers.

    The span includes an adjacent currency, minus sign, scale word and accounting parentheses; the surface is the bare
    number, which models write best.
    """
    reader = _AmountReader(text, plain(text), locale, locale.decimal_for(text))
    likely: list[Candidate] = []
    unlikely: list[Candidate] = []
    for printed in printed_numbers(reader.form, locale):
        candidate = reader.amount(printed)
        marked = candidate.end - candidate.start > printed.end - printed.start
        looks_like_money = marked or _LIKELY.search(text[printed.start : printed.end])
        (likely if looks_like_money else unlikely).append(candidate)
    yield from likely or unlikely


@dataclass(frozen=True)
class _Part:
    """An amount under construction: its place, its digits and what stands beside them."""

    first: int
    last: int
    digits: str
    mark: Mark | None = None
    scale: Scale | None = None
    negative: bool | None = False  # None: nobody can tell
    whole: bool = False  # a sign for "no cents" follows


@dataclass(frozen=True)
class _AmountReader:
    text: str
    form: str
    locale: Locale
    decimal: str | None

    def amount(self, printed: PrintedNumber) -> Candidate:
        """The amount whose digits stand at ``printed``."""
        part = self._signed(self._marked(printed), printed)
        surface = self.text[printed.start : printed.end]
        if part.negative and surface and part.first < printed.start and self.form[printed.start - 1] in "-–":
            surface = f"-{surface}"
        if printed.spaced and not self._groups_by_spaces(part, printed):
            found = spaced_candidate(self.text, (part.first, part.last), printed.span, self.decimal)
            return replace(found, surface=" ".join(surface.split()))
        if self._may_be_longer(part, printed):
            readings = (surface, "grouped by spaces")
            return candidate_at(
                self.text, part.first, part.last, ParsedValue(None, ("ambiguous-number",), readings), surface
            )
        return candidate_at(self.text, part.first, part.last, self._value(part), surface)

    def _marked(self, printed: PrintedNumber) -> _Part:
        """Add the currency before or behind the digits, and the scale word."""
        start, end = printed.span
        no_cents = _NO_CENTS.match(self.form, end)
        if no_cents and not self.form[no_cents.end() : no_cents.end() + 1].isalnum():
            end = no_cents.end()
        before = self._mark_before(start, printed.end)
        scale = scale_after(self.form, end, self.locale.language, marked=before is not None)
        behind = scale.end if scale else end
        after = mark_after(self.form, behind, self.locale.language)
        if scale is None and after is None and (glued := self._glued_scale(end)):
            scale, after, behind = glued
        if before and after:
            # "100.00 USD 200.00 EUR": a mark right after another number belongs to that number.
            if re.search(r"\d[ \u00a0]?\Z", self.form[max(0, before.start - 2) : before.start]):
                before = None
            elif mark_after(self.form, after.end, self.locale.language) is None and re.match(
                r"[ \u00a0]?[\d.,]*\d", self.form[after.end :]
            ):
                after = None  # the mark of the next number: $12.50 $15.00
        mark = self._agreed(before, after)
        first = before.start if before else start
        last = after.end if after else behind
        whole = _WHOLE.match(self.form, printed.end) is not None
        return _Part(first, last, self.form[start : printed.end], mark, scale, whole=whole)

    def _mark_before(self, start: int, end: int) -> Mark | None:
        """The mark before the digits, also with a sign or a parenthesis between: EUR -350.00, USD (740,000)."""
        mark = mark_before(self.form, start, self.locale.language)
        between = re.search(r"[ \u00a0]?[-–(][ \u00a0]?\Z", self.form[max(0, start - 3) : start])
        if mark is None and between and ("(" not in between.group() or self.form[end : end + 1] == ")"):
            mark = mark_before(self.form, start - len(between.group()), self.locale.language)
            if mark and re.search(r"\d[ \u00a0]?\Z", self.form[max(0, mark.start - 2) : mark.start]):
                return None  # 12.50 EUR - 15.00: the mark of the number before
        if mark:
            wider = mark_before(self.form, mark.start, self.locale.language)  # CNY ¥1,234.00
            if wider and (mark.code is None or wider.code == mark.code) and wider.code:
                return Mark(wider.start, mark.end, wider.code)
        return mark

    def _glued_scale(self, end: int) -> tuple[Scale, Mark, int] | None:
        """A scale written against its currency: 5 k€, 3 TEUR, 2 Mio€."""
        match = re.match(r"[ \u00a0]?(k|T|Tsd|Mio|Mrd|M)(?=€|EUR)", self.form[end : end + 6])
        mark = mark_after(self.form, end + match.end(), self.locale.language) if match else None
        if match is None or mark is None:
            return None
        power = {"k": 3, "T": 3, "Tsd": 3, "Mio": 6, "Mrd": 9, "M": 6}[match.group(1)]
        return Scale(power, end + match.end()), mark, end + match.end()

    def _agreed(self, before: Mark | None, after: Mark | None) -> Mark | None:
        """The mark that states the currency: of two, the one that only one currency uses."""
        mark = before or after
        if mark and mark.code is None and after and after.code:
            return after
        if mark and mark.code is None and self.form[mark.start : mark.end] == "¥":
            named = named_currencies(self.text, ("CNY", "JPY"))
            return replace(mark, code=named.pop()) if len(named) == 1 else mark
        return mark

    def _signed(self, part: _Part, printed: PrintedNumber) -> _Part:
        """Add the minus sign or the parentheses of accounts."""
        form, first, last = self.form, part.first, part.last
        inner = form[first : printed.start]
        if re.search(r"[-–]", inner):  # between the mark and the digits
            part = replace(part, negative=True)
        elif is_minus(form, first - 1):
            part = replace(part, first=first - 1, negative=True)
        elif dash := dash_before(form, first):
            part = replace(part, first=dash[0] if dash[1] else first, negative=dash[1])
        behind_digits = last == printed.end and is_trailing_minus(form, last)
        behind_mark = last > printed.end and re.match(r"-(?=\s|\Z)", form[last : last + 2])  # 350.00 €-
        if behind_digits or behind_mark:
            part = replace(part, last=last + 1, negative=True)
        return self._in_parentheses(part, printed)

    def _in_parentheses(self, part: _Part, printed: PrintedNumber) -> _Part:
        form = self.form
        outside = form[part.first - 1 : part.first] == "(" and part.first > 0 and form[part.last : part.last + 1] == ")"
        inside = "(" in form[part.first : printed.start] and form[part.last : part.last + 1] == ")"  # USD (740,000)
        if not (outside or inside) or not (part.mark or _LIKELY.search(part.digits)):
            return part
        if inside:
            return replace(part, last=part.last + 1, negative=True)
        if part.negative:
            return part
        negative = sign_of_parentheses(form, part.first - 1)
        if negative is False:
            return part
        return replace(part, first=part.first - 1, last=part.last + 1, negative=negative)

    def _value(self, part: _Part) -> ParsedValue:
        parsed = type_number(part.digits, self.decimal)
        if part.whole and parsed.value is None and parsed.readings:
            parsed = ParsedValue(max(parsed.readings, key=Decimal))
        if parsed.value is None:
            return parsed
        code = part.mark.code if part.mark else None
        if self._has_too_many_decimals(part, code):
            return ParsedValue(None, ("unusual-decimals",), (parsed.value,))
        if MINOR.match(self.form, part.last) and not part.mark:
            return ParsedValue(None, ("minor-unit",), (parsed.value,))
        powers = (part.scale.powers or (part.scale.power or 0,)) if part.scale else (0,)
        amount = with_sign(parsed, part.negative, powers)
        if amount.value is None:
            return amount
        flags = (*amount.flags, "open-currency") if part.mark and code is None else amount.flags
        return ParsedValue({"amount": amount.value, "currency": code}, flags)

    def _has_too_many_decimals(self, part: _Part, code: str | None) -> bool:
        """True for 1,250.001 EUR: grouped, and with a digit more than the currency has. A mark may stick to it."""
        match = re.search(r"\d([.,'\u00a0])\d{3}(?!\1)[.,](\d+)\Z", part.digits)
        return match is not None and len(match.group(2)) > max(2, minor_digits(code)) and part.scale is None

    def _groups_by_spaces(self, part: _Part, printed: PrintedNumber) -> bool:
        """True if nothing but one number can be meant: a currency stands before it, or its language groups so.

        Without decimals, EUR 12 345 may still be two numbers.
        """
        decimals = re.search(r"[.,]\d+\Z", part.digits)
        led = part.first < printed.start and part.mark is not None and part.mark.start < printed.start
        return bool((led and decimals) or (self.locale.groups_by_spaces and part.mark))

    def _may_be_longer(self, part: _Part, printed: PrintedNumber) -> bool:
        """True if the number may be the end of a longer one that plain spaces group: 12 345 EUR."""
        if printed.spaced or not part.mark or not re.fullmatch(r"\d{3}", part.digits):
            return False
        return bool(re.search(r"(?<![\d.,])\d{1,3} \Z", self.form[max(0, printed.start - 5) : printed.start]))
