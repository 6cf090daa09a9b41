"""Amounts of money: a number with the currency, sign and scale that stand beside it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from ..locale import Locale
from .candidate import Candidate, ParsedValue, candidate_at
from .characters import plain
from .currency import MINOR, Mark, mark_after, mark_before, mark_in_next_cell, minor_digits, named_currencies
from .distant_scales import scale_stands_elsewhere
from .number import (
    PrintedNumber,
    has_raised_cents,
    printed_numbers,
    spaced_candidate,
    type_number,
    with_sign,
)
from .ranges import joins_range
from .scale_heads import under_scale_head
from .scales import Scale, scale_after
from .signs import (
    dash_before,
    has_sign_apart,
    is_lone_parenthesis,
    minus_before,
    parentheses_around,
    side_of_account,
    sign_of_parentheses,
    trailing_minus,
    word_minus,
)

__all__ = ["find_money"]

_LIKELY = re.compile(r"[.,]\d{2}-?\Z|\d[’'.,\u00a0 ]\d{3}")
_NO_CENTS = re.compile(r"[.,][-–]{1,2}")  # 100,- and 50.–
# Codes that are more often something else before whole numbers: a postcode, a version, a health insurer.
_WEAK = frozenset("PLZ AOK PHP CAD TRY AMD SDG CLP MVP BAD SAR INR FIM DEM DM Ft RM".split())  # noqa: SIM905
_GLUED = {
    "k": 3,
    "K": 3,
    "T": 3,
    "Tsd": 3,
    "Mio": 6,
    "M": 6,
    "Mrd": 9,
    "Mds": 9,
    "Md": 9,
    "Mn": 6,
    "Mia": 9,
    "bn": 9,
    "bln": 9,
}
_CENTS_BEHIND = re.compile(r"\d{2}(?!\d)|[ \u00a0]\d{2}(?=[ \u00a0]*(?:\n|\Z))")
_CENTS_IN_WORDS = re.compile(
    rf"(?:,|[ \u00a0](?:und|and|et|y|e|en|i|&))?[ \u00a0]\d{{1,2}}(?:{MINOR.pattern}|[ \u00a0]?p(?!\w))", re.I
)
_AMOUNT_BEFORE = re.compile(r"(?:\A|[\s(|])[-+]?\d[\d.,']*(?:\.?-|\))?[ \u00a0]{0,3}\Z")
_WHOLE_BEFORE = re.compile(  # of 12 € 50; in "Pos 1 EUR 20" it counts something else
    r"(?:\A|\n|[ \u00a0]{2}|[:|(][ \u00a0]?|[-–][ \u00a0]?)\d{1,7}[ \u00a0]?\Z|(?<![\d.,])\d{1,7}\Z"
)
_CENT_OF_MARK = re.compile(r"[ \u00a0-]?(?:cents?|cts?)(?!\w)", re.I)
_TRAILING_DASH = re.compile(r"[ \u00a0]{1,2}[-–][ \u00a0]*(?:\n|\Z)")
_WHOLE = re.compile(r"/[-=]|[.,][-–]")  # 5,000/- and 5.000,-: no cents follow


def find_money(text: str, locale: Locale) -> Iterator[Candidate]:
    """Yield numbers that look like amounts (with a currency, cents or grouped thousands); if none do, all numbers.

    The span includes an adjacent currency, minus sign, scale word and accounting parentheses; the surface is the bare
    number, which models write best.
    """
    form = plain(text)
    reader = _AmountReader(text, form, locale, locale.decimal_for(text), under_scale_head(form))
    likely: list[Candidate] = []
    unlikely: list[Candidate] = []
    for candidate, digits in reader.amounts():
        marked = candidate.end - candidate.start > digits
        looks_like_money = marked or _LIKELY.search(reader.form[candidate.start : candidate.end])
        (likely if looks_like_money else unlikely).append(candidate)
    if likely and unlikely:
        beside = _labelled_lines(reader.form, likely)
        likely += [each for each in unlikely if _labelled_lines(reader.form, [each], around=1) & beside]
        likely.sort(key=lambda candidate: candidate.start)
    yield from likely or unlikely


def _labelled_lines(form: str, candidates: list[Candidate], around: int = 0) -> set[int]:
    """The numbers of the lines that hold a label and one of the candidates alone, and of ``around`` lines beside each.

    Above "Tax 12.50", the 500 of "Subtotal 500" is an amount as well.
    """
    found: set[int] = set()
    for each in candidates:
        label = form[form.rfind("\n", 0, each.start) + 1 : each.start].rstrip()
        alone = form[each.end : each.end + 1] in ("", "\n") and re.fullmatch(r"(?:[^\W\d]|[.:/& -])+", label)
        if alone and "  " not in label:
            line = form.count("\n", 0, each.end)
            found.update(range(line - around, line + around + 1))
    return found


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
    digits_at: int = 0  # where the digits begin


@dataclass(frozen=True)
class _AmountReader:
    text: str
    form: str
    locale: Locale
    decimal: str | None
    has_head: Callable[[int], bool]

    def amounts(self) -> Iterator[tuple[Candidate, int]]:
        """All amounts in order with the length of their digits; the ends of a range have the currency of either."""
        before: Candidate | None = None
        digits = 0
        for printed in printed_numbers(self.form, self.locale):
            if self.form[printed.end : printed.end + 1].isalpha() and not self._marked(printed).mark:
                continue  # 5kg
            after = self.amount(printed)
            if before is not None:
                before, after = self._with_shared_currency(before, after)
                yield before, digits
            before, digits = after, printed.end - printed.start
        if before is not None:
            yield before, digits

    def _with_shared_currency(self, low: Candidate, high: Candidate) -> tuple[Candidate, Candidate]:
        """Give both ends of a range the currency that stands at one of them: 10-15 €, EUR 10 to 15."""
        joined = joins_range(self.form, low.end, high.start)
        if joined is False or not (isinstance(low.value, dict) and isinstance(high.value, dict)):
            return low, high
        marks = [len(end.surface) < end.end - end.start for end in (low, high)]
        least, most = low.value["amount"], high.value["amount"]
        if marks[0] == marks[1] or least.startswith("-") or Decimal(least) >= Decimal(most):
            return low, high
        bare, marked = (low, high) if marks[1] else (high, low)
        if marked.value["currency"] is None and not marked.flags:
            return low, high  # the longer end has a sign, no currency: - 401 bis 3105
        behind = self.form[high.end : high.end + 2]
        if bare is high and (behind[-1:].isalpha() or behind[:1] == "%"):
            return low, high  # EUR 10 to 15 days
        value: Any = {**bare.value, "currency": marked.value["currency"]}
        flags = marked.flags
        readings = bare.readings
        if joined is None and not _LIKELY.search(bare.surface):
            value, flags, readings = None, ("ambiguous-range",), (bare.value["amount"],)
        shared = replace(bare, start=low.start, end=high.end, value=value, flags=flags, readings=readings)
        return (shared, high) if bare is low else (low, shared)

    def amount(self, printed: PrintedNumber) -> Candidate:
        """The amount whose digits stand at ``printed``."""
        part = self._signed(self._marked(printed), printed)
        surface = self.text[printed.start : printed.end]
        if part.negative and surface and part.first < printed.start and self.form[printed.start - 1] in "-–":
            surface = f"-{surface}"
        if printed.spaced and not self._groups_by_spaces(part, printed):
            found = spaced_candidate(self.text, (part.first, part.last), printed.span, self.decimal)
            return replace(found, surface=" ".join(surface.split()))
        if printed.torn or self._may_be_longer(part, printed):
            grouped = re.fullmatch(r"[\d.,]+", surface) is not None
            readings = (surface, "grouped by spaces") if grouped else (surface,)
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
            # "100.00 USD 200.00 EUR": a mark right after another number belongs to that number, unless it touches this
            # one and the other does not: €100.00 €19.00.
            if before.end == start and after.start > end:
                after = None if re.match(r"[ \u00a0]?[\d.,]*\d", self.form[after.end :]) else after
            elif re.search(r"\d[ \u00a0]?\Z", self.form[max(0, before.start - 2) : before.start]):
                before = None
            elif mark_after(self.form, after.end, self.locale.language) is None and re.match(
                r"[ \u00a0]?[\d.,]*\d", self.form[after.end :]
            ):
                after = None  # the mark of the next number: $12.50 $15.00
        mark = self._agreed(before, after)
        mark = None if mark and self._is_no_currency(mark, self.form[start : printed.end]) else mark
        before = before if mark else None
        after = after if mark else None
        if mark is None and scale is None and _LIKELY.search(self.form[start : printed.end]):
            mark = mark_in_next_cell(self.form, start, end, self.locale.language)
            before, after = (mark, None) if mark and mark.end <= start else (None, mark)
        behind = behind if mark or scale else end
        first = before.start if before else start
        last = after.end if after else behind
        whole = _WHOLE.match(self.form, printed.end) is not None
        return _Part(first, last, self.form[start : printed.end], mark, scale, whole=whole, digits_at=start)

    def _mark_before(self, start: int, end: int) -> Mark | None:
        """The mark before the digits, also with a sign or a parenthesis between: EUR -350.00, USD (740,000)."""
        mark = mark_before(self.form, start, self.locale.language)
        between = re.search(r"[ \u00a0\u200e]{0,2}[-–(][ \u00a0\u200e]{0,2}\Z", self.form[max(0, start - 5) : start])
        closed = parentheses_around(self.form, start, end)[1] is not None
        if mark is None and between and ("(" not in between.group() or closed):
            mark = mark_before(self.form, start - len(between.group()), self.locale.language)
            if mark and re.search(r"\d[ \u00a0]?\Z", self.form[max(0, mark.start - 2) : mark.start]):
                return None  # 12.50 EUR - 15.00: the mark of the number before
        if mark:
            wider = mark_before(self.form, mark.start, self.locale.language)  # CNY ¥1,234.00
            if wider and _AMOUNT_BEFORE.search(self.form[max(0, wider.start - 20) : wider.start]):
                wider = None  # 95.00 EUR $103.20: the mark of the number before
            if wider and (mark.code is None or wider.code == mark.code) and wider.code:
                return Mark(wider.start, mark.end, wider.code)
        return mark

    def _glued_scale(self, end: int) -> tuple[Scale, Mark, int] | None:
        """A scale written against its currency: 5 k€, 3 TEUR, 2 Mio€."""
        match = re.match(
            r"[ \u00a0]?(?:(k|K|T|Tsd|Mio|Mrd|Mds|Md|M|bn)\.?[ \u00a0]?"
            r"(?=€|EUR|USD|GBP|CHF|SEK|NOK|DKK|PLN|CZK|HUF|£|\$)|([tTmMk]|[Mm](?:d|n|rd|io|ia))(?=kr(?!\w)))",
            self.form[end : end + 10],
        )
        mark = mark_after(self.form, end + match.end(), self.locale.language) if match else None
        if match is None or mark is None:
            return None
        power = _GLUED[match[1] or match[2].capitalize()]
        german = (self.locale.language or "").startswith("de") or (
            match[0][:1] in " \u00a0" and mark.start == end + match.end(1)
        )
        powers = () if match[1] != "T" or german else (3, 12)  # 2.5T EUR: a trillion, 2.5 TEUR: thousands
        return Scale(None if powers else power, end + match.end(), powers), mark, end + match.end()

    def _is_no_currency(self, mark: Mark, digits: str) -> bool:
        """True for a mark that is something else here: a form's PLZ, Fr. for Friday, one side of EUR/CHF."""
        word = self.form[mark.start : mark.end]
        if word in _WEAK and not _LIKELY.search(digits):
            return True
        beside = self.form[mark.start - 1 : mark.start] if mark.start else ""
        return beside == "/" or (word == "Fr." and beside in ("-", "–"))

    def _agreed(self, before: Mark | None, after: Mark | None) -> Mark | None:
        """The mark that states the currency: of two, the one that only one currency uses."""
        mark = before or after
        if mark and mark.code is None and after and after.code:
            return after
        if mark and mark.code is None and self.form[mark.start : mark.end] == "¥":
            named = named_currencies(self.text, ("CNY", "JPY"))
            return replace(mark, code=named.pop()) if len(named) == 1 else mark
        if mark and self.form[mark.start : mark.end] in ("Rs", "Rs."):
            others = named_currencies(self.text, ("PKR", "LKR", "NPR", "MUR"))
            return replace(mark, code=None if others else mark.code)
        return mark

    def _signed(self, part: _Part, printed: PrintedNumber) -> _Part:
        """Add the minus sign or the parentheses of accounts."""
        form, first, last = self.form, part.first, part.last
        inner = form[first : printed.start]
        if re.search(r"[-–]", inner):  # between the mark and the digits
            part = replace(part, negative=True)
        elif (minus := minus_before(form, first)) is not None:
            part = replace(part, first=minus, negative=True)
        elif dash := dash_before(form, first):
            part = replace(part, first=dash[0] if dash[1] else first, negative=dash[1])
        behind_digits = trailing_minus(form, last) if last == printed.end else False
        behind_mark = last > printed.end and re.match(r"-(?=[\s.,;)]|\Z)", form[last : last + 2])  # 350.00 €-
        if behind_digits or behind_mark:
            part = replace(part, last=last + 1, negative=True)
        elif behind_digits is None or (part.negative is False and has_sign_apart(form, part.first)):
            part = replace(part, negative=None)
        return self._in_parentheses(part, printed)

    def _in_parentheses(self, part: _Part, printed: PrintedNumber) -> _Part:
        form = self.form
        inside = "(" in form[part.first : printed.start]  # USD (740,000)
        opens, closes = parentheses_around(form, part.first, part.last)
        opens = form.index("(", part.first) if inside else opens
        if part.negative is None or not (part.mark or _LIKELY.search(part.digits)):
            return part
        if is_lone_parenthesis(form, opens, closes):
            return replace(part, negative=None)
        if opens is None or closes is None:
            return part
        negative = True if inside or part.negative else sign_of_parentheses(form, opens)
        if negative is False or (part.negative and not inside):
            return part
        scale = part.scale or scale_after(form, closes + 1, self.locale.language, part.mark is not None)
        last = scale.end if scale and scale is not part.scale else closes + 1  # $(2.8) billion
        return replace(part, first=min(opens, part.first), last=last, negative=negative, scale=scale)

    def _value(self, part: _Part) -> ParsedValue:
        code = part.mark.code if part.mark else None
        parsed = self._digits(part, code)
        powers = (part.scale.powers or (part.scale.power or 0,)) if part.scale else (0,)
        if parsed.value is None:
            return with_sign(parsed, part.negative, powers)
        if reason := self._doubt(part):
            return ParsedValue(None, (reason,), (parsed.value,))
        if self._has_too_many_decimals(part, code):
            return ParsedValue(None, ("unusual-decimals",), (parsed.value,))
        if self._is_in_minor_units(part):
            return ParsedValue(None, ("minor-unit",), (parsed.value,))
        amount = with_sign(parsed, part.negative, powers)
        if amount.value is None:
            return amount
        flags = (*amount.flags, "open-currency") if part.mark and code is None else amount.flags
        flags = (*flags, "scale-in-head") if part.scale is None and self.has_head(part.first) else flags
        return ParsedValue({"amount": amount.value, "currency": code}, flags)

    def _is_in_minor_units(self, part: _Part) -> bool:
        """True for 20 cents, 9,85 Euro-Cent and ¢9.85; not for £850 p/m."""
        marked_behind = part.mark is not None and part.mark.start > part.digits_at
        if part.mark and not marked_behind and re.match(r"[ \u00a0]?[pc]/", self.form[part.last : part.last + 3]):
            return False
        minor = _CENT_OF_MARK if marked_behind else MINOR
        return minor.match(self.form, part.last) is not None or self.form[part.first - 1 : part.first] == "¢"

    def _digits(self, part: _Part, code: str | None) -> ParsedValue:
        """The digits as a number. 12.500 is hardly 12.5 of a currency with cents, whatever the document shows."""
        parsed = type_number(part.digits, self.decimal)
        both = type_number(part.digits, None)
        if len(both.readings) < 2 or part.scale or not (part.mark or part.whole):
            return parsed
        thousands = ParsedValue(max(both.readings, key=Decimal))
        if part.whole or (code and minor_digits(code) == 0):
            return thousands
        read_as_decimal = parsed.value is not None and Decimal(parsed.value) < Decimal(thousands.value)
        unit_price = self.form[part.last : part.last + 1] == "/" or minor_digits(code) > 2
        return both if read_as_decimal and not unit_price else parsed

    def _doubt(self, part: _Part) -> str | None:
        """Why the digits alone do not tell the amount: its scale, its sign or its currency stands elsewhere."""
        after = self.form[part.last : part.last + 40]
        if scale_stands_elsewhere(self.form, (part.digits_at, part.last), self.locale.language, part.mark, part.scale):
            return "scale-elsewhere"
        side = side_of_account(self.form, part.first, part.last, self.locale.language)
        if side or word_minus(self.form, part.first) or _TRAILING_DASH.match(after):
            return "ambiguous-sign"
        if part.last == part.digits_at + len(part.digits) and has_raised_cents(self.form, part.digits_at, part.last):
            return "raised-digits"
        if part.digits[0] in ".," and part.negative:
            return "ambiguous-sign"  # -.50 is fifty cents in Switzerland
        behind_mark = part.last > part.digits_at + len(part.digits) and not re.search(r"[.,]\d{1,2}\Z", part.digits)
        marked_before = part.mark is not None and part.mark.end <= part.digits_at
        behind_whole = part.mark and _WHOLE_BEFORE.search(self.form, max(0, part.mark.start - 12), part.mark.start)
        if marked_before and behind_whole and re.fullmatch(r"\d{2}", part.digits):
            return "ambiguous-number"  # the cents of 12 € 50
        if part.mark and ((behind_mark and _CENTS_BEHIND.match(after)) or _CENTS_IN_WORDS.match(after)):
            return "ambiguous-number"  # 12€99, 123 zł 45 gr
        return None

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
