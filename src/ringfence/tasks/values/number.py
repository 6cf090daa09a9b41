"""Numbers as they are printed: their digits, grouping, sign and place in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from ..locale import Locale
from .candidate import Candidate, ParsedValue, candidate_at
from .characters import HARD_SPACE, plain
from .currency import mark_after, mark_before
from .dates import date_places
from .distant_scales import scale_stands_elsewhere
from .ranges import is_tight_range
from .scales import scale_after, scaled
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

__all__ = [
    "PrintedNumber",
    "find_numbers",
    "has_raised_cents",
    "printed_numbers",
    "spaced_candidate",
    "type_number",
    "with_sign",
]


_STRAY_APOSTROPHE = re.compile(r"'(?!\d{3}(?!\d))|[.,]\d*'")  # it groups thousands and nothing else


def type_number(raw: str, decimal: str | None) -> ParsedValue:
    """Parse a printed number into a decimal string. ``decimal`` is the decimal sign in force, None if unknown.

    Parentheses and a trailing minus are negative, as in accounts. ``1,250`` without a known sign is ambiguous.
    """
    text = plain(raw).strip().replace("–", "-")
    negative = text.startswith(("-", "(")) or text.endswith("-")
    digits = re.sub(r"[\s'\u200e()+-]", "", text)
    if _STRAY_APOSTROPHE.search(text):
        return ParsedValue(None, ("unparsed",))
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
    last = signs[-1]
    grouping = "." if last == "," else ","
    if len(set(signs)) == 2:
        whole = digits.split(last, maxsplit=1)[0]
        if signs.count(last) > 1 or not _grouped(whole, grouping):
            return {}
        return {last: digits.replace(grouping, "").replace(last, ".")}
    if len(signs) > 1:
        return {grouping: digits.replace(last, "")} if _grouped(digits, last) else {}
    whole, fraction = digits.split(last)
    as_decimal: dict[str | None, str] = {last: f"{whole or '0'}.{fraction}"}
    if len(fraction) == 3 and 1 <= len(whole) <= 3 and not whole.startswith("0"):
        return {**as_decimal, grouping: whole + fraction}
    return as_decimal


def _grouped(digits: str, sign: str) -> bool:
    """True for groups of three, or, with commas, for the groups of India: 12,34,567."""
    first, *rest = digits.split(sign)
    threes = 1 <= len(first) <= 3 and all(len(group) == 3 for group in rest)
    if threes or sign != "," or len(rest) < 2:
        return threes
    return 1 <= len(first) <= 2 and all(len(group) == 2 for group in rest[:-1]) and len(rest[-1]) == 3


def _signed(digits: str, negative: bool) -> str:
    number = Decimal(digits)
    return str(-number if negative and number else number)


@dataclass(frozen=True)
class PrintedNumber:
    """The digits of a number, ``text[start:end]``, without sign.

    ``spaced`` if plain spaces group its digits, or part each digit from the next, as in the boxes of a form; ``torn``
    if it is one group of a run of them that is no number as a whole: 345 of R12 345.67.
    """

    start: int
    end: int
    spaced: bool = False
    torn: bool = False

    @property
    def span(self) -> tuple[int, int]:
        """The place of the digits."""
        return self.start, self.end


_BODY = re.compile(
    r"(?<!\d)(?<!\d[.,'])(?<!\d\u00a0)(?:"
    r"\d{1,3}(?:'\d{3})+(?:[.,]\d+)?(?![\d'])"
    rf"|\d{{1,3}}(?:{HARD_SPACE}\d{{3}})+(?:[.,]\d+)?(?!{HARD_SPACE}?\d)"
    r"|(?P<spaced>[1-9]\d{0,2}(?: \d{3})+(?:[.,]\d+)?(?! ?\d)|(?<!\S)\d(?: [\d.,]){2,} \d(?!\S))"
    r"|\d+(?:[.,]\d+)*|(?<![\w.,])[.,]\d+|(?<=RM)[.,]\d{2}(?!\d))"
)
_UNIT = re.compile(r"(?:[mk]?g|[mcdk]?m[²³]?|[mc]?l|k?Wh?|MWh|kVA|kHz|[MG]Hz|[kMGT]B|°C|Stk|Stck|pcs)(?![\w-])")  # 5kg
_AMOUNT = re.compile(r"[.,]\d{2}\Z|\d[.,'\u00a0]\d{3}")


def printed_numbers(text: str, locale: Locale) -> Iterator[PrintedNumber]:
    """Yield the numbers of a plain text in order: no parts of dates, times, words, codes or longer numbers."""
    dates = date_places(text, locale)
    position = power_end = 0
    for match in _BODY.finditer(text):
        start, end = match.span()
        if start < power_end:
            continue
        if (power := _POWER.match(text, start)) and power.end() > end:
            power_end = power.end()
            yield PrintedNumber(start, power_end, torn=True)
            continue
        while position < len(dates) and dates[position][1] <= start:
            position += 1
        if position < len(dates) and dates[position][0] < end:
            continue
        if match["spaced"] and not (_begins(text, start, end) and _ends(text, start, end)):
            yield from _parts(text, start, end)
        elif _begins(text, start, end) and _ends(text, start, end):
            yield PrintedNumber(start, end, bool(match["spaced"]))


# 1.2E+03, 1.2×10^6, 10⁶
_POWER = re.compile(
    r"\d+(?:[.,]\d+)?[eE][+-]\d{1,3}(?!\w)|\d+[.,]\d+[eE]\d{1,3}(?!\w)"
    r"|\d+(?:[.,]\d+)?[ \u00a0]?[x×*·∙][ \u00a0]?10(?:\^[-–]?\(?\d{1,3}\)?(?!\d)|[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3})"
    r"|10(?:\^[-–]?\d{1,3}|⁻[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,2}|[⁴⁵⁶⁷⁸⁹](?![⁰¹²³⁴⁵⁶⁷⁸⁹\d]))"  # 10¹ to 10³ may have a note
)


def _parts(text: str, start: int, end: int) -> Iterator[PrintedNumber]:
    """The numbers inside a run that is no number as a whole."""
    for part in re.finditer(r"\d+(?:[.,]\d+)*", text[start:end]):
        first, last = start + part.start(), start + part.end()
        if _begins(text, first, last) and _ends(text, first, last):
            yield PrintedNumber(first, last, torn=_is_torn(text, start, end))


def _is_torn(text: str, start: int, end: int) -> bool:
    """True for groups of three of which something right behind, or a currency right before, says that they are one.

    In A4 450,00 or 04/12 200.00 the first digits belong to what stands before them.
    """
    if re.search(r"\d \d", text[start:end]) is None:
        return False
    return (
        not _ends(text, start, end)
        or re.search(r"(?<![^\W_])(?:R|[Kk]r)\Z", text[max(0, start - 3) : start]) is not None
    )


def _begins(text: str, start: int, end: int) -> bool:
    """True if a number may begin at ``start``: not inside a word, a code, a date or a longer number."""
    before = text[max(0, start - 2) : start]
    last = before[-1:]
    if not last or last.isspace():
        return True
    if mark_before(text, start, touching=True):
        return True
    if last in ".,":
        return before[:1] in (".", " ") and text[start] not in ".,"  # dots that lead to a number
    if last in {"/", "_"} or last.isalpha() or (last == "·" and before[:1].isdigit()):
        return False
    if last == ":":
        return not before[:1].isdigit()
    if last in "-–":
        if mark_before(text, start - 1, touching=True):
            return True  # RM-0.02
        hyphen = before[:1].isalnum() or before[:1] in "./_"
        return not hyphen or _is_range_of_amounts(text, start - 1, end) or is_tight_range(text, start - 1)
    return True


def _is_range_of_amounts(text: str, dash: int, end: int) -> bool:
    """True if ``text[dash]`` is between two amounts, as in a range of prices: 12.50-15.00."""
    left = re.search(r"\d+(?:[.,]\d+)*[ \u00a0]?\S{0,3}\Z", text[max(0, dash - 24) : dash].rstrip(" "))
    right = re.match(r"[ \u00a0]?\D{0,4}(\d+(?:[.,'\u00a0]\d+)*)", text[dash + 1 : max(end, dash + 24)])
    return bool(left and right and _AMOUNT.search(left.group().rstrip("€$£ \u00a0")) and _AMOUNT.search(right.group(1)))


_FRACTION = re.compile(r"[ \u00a0](?:\d{1,2}/\d{1,2}(?![\d/])|[½¼¾⅓⅔⅛⅜⅝⅞])")


def _ends(text: str, start: int, end: int) -> bool:
    """True if a number may end at ``end``."""
    first, second = text[end : end + 1], text[end + 1 : end + 2]
    if text[start:end].isdigit() and _FRACTION.match(text, end):
        return False  # 4 1/2
    if not first or first.isspace():
        return True
    likely = bool(_AMOUNT.search(text[start:end])) or bool(mark_before(text, start))
    if first.isalpha():
        return likely or scale_after(text, end, None, True) is not None or _UNIT.match(text, end) is not None
    if first in "_½¼¾⅓⅔⅛⅜⅝⅞" or (first == "·" and second.isdigit()):
        return False
    if first in "/:":
        return likely and not second.isdigit()
    if first in "-–":
        return not second.isdigit() or _is_range_of_amounts(text, end, end) or is_tight_range(text, end)
    if first in ".,":
        return not second.isalnum() or (first == "," and second.isalpha() and likely)
    return True


def find_numbers(text: str, locale: Locale) -> Iterator[Candidate]:
    """Yield every number of ``text``, with a flag where it reads two ways."""
    decimal = locale.decimal_for(text)
    form = plain(text)
    for printed in printed_numbers(form, locale):
        start, end = printed.span
        if printed.spaced:
            yield spaced_candidate(text, (start, end), (start, end), decimal)
            continue
        if printed.torn:
            yield candidate_at(text, start, end, ParsedValue(None, ("ambiguous-number",), (text[start:end],)))
            continue
        yield _signed_number(text, form, printed, locale, decimal)


def _signed_number(text: str, form: str, printed: PrintedNumber, locale: Locale, decimal: str | None) -> Candidate:
    """The number with its sign and its scale word; null where nobody can tell the sign."""
    start, end = printed.span
    minus = minus_before(form, start)
    first = start if minus is None else minus
    trailing = trailing_minus(form, end)
    last = end + 1 if trailing else end
    negative: bool | None = None if trailing is None else first < start or last > end
    opens, closes = parentheses_around(form, start, end) if _AMOUNT.search(form[start:end]) else (None, None)
    if opens is not None and closes is not None and not negative:
        negative = sign_of_parentheses(form, opens)
        first, last = (opens, closes + 1) if negative is not False else (start, end)
    elif not negative and (is_lone_parenthesis(form, opens, closes) or has_sign_apart(form, start)):
        negative = None
    elif not negative and (dash := dash_before(form, start)):
        first, negative = dash if dash[1] else (start, None)
    if not negative and (
        _sign_is_elsewhere(form, start, last) or side_of_account(form, start, last, locale.language, money=False)
    ):
        negative = None
    parsed = type_number(form[start:end], decimal)
    if has_raised_cents(form, start, end) and parsed.value is not None:
        return candidate_at(text, first, last, ParsedValue(None, ("raised-digits",), (parsed.value,)))
    powers: tuple[int, ...] = (0,)
    scale = scale_after(form, last, locale.language, marked=False)
    if scale:
        last, powers = scale.end, scale.powers or (scale.power or 0,)
    elif _SCALE_OR_UNIT.match(form, last):
        return candidate_at(text, first, last, ParsedValue(None, ("ambiguous-scale",), (form[start:end],)))
    if parsed.value is not None and scale_stands_elsewhere(form, (start, last), locale.language, None, scale):
        return candidate_at(text, first, last, ParsedValue(None, ("scale-elsewhere",), (parsed.value,)))
    return candidate_at(text, first, last, with_sign(parsed, negative, powers), _surface(text[first:last], negative))


_SCALE_OR_UNIT = re.compile(r"[ \u00a0]?(?:[kKMBT](?![\w.])|[kKMT](?:EUR|€))|(?:Mio|Mrd|Tsd)€")


def _sign_is_elsewhere(form: str, start: int, end: int) -> bool:
    """True if a sign stands beside the currency of a number, not beside its digits: -EUR 350.00, 350.00 €-."""
    after = re.match(r"[ \u00a0]?[^\w\s]?(?:[A-Z]{3})?[ \u00a0]?-(?=\s|\Z)", form[end : end + 8])
    mark = mark_before(form, start)
    if mark and (
        minus_before(form, mark.start) is not None or dash_before(form, mark.start) or word_minus(form, mark.start)
    ):
        return True
    behind = mark_after(form, end)
    if mark or behind:
        place = (mark.start if mark else start, behind.end if behind else end)
        if None not in parentheses_around(form, *place):
            return True
    return (after is not None and after.end() > 1) or word_minus(form, start)


def with_sign(parsed: ParsedValue, negative: bool | None, powers: tuple[int, ...] = (0,)) -> ParsedValue:
    """The value with its sign and scale, or null with every reading; ``negative`` is None if nobody can tell."""
    if parsed.value is None and not all(re.fullmatch(r"\d+(?:\.\d+)?", reading) for reading in parsed.readings):
        return parsed
    stated = (parsed.value,) if parsed.value is not None else parsed.readings
    amounts = [scaled(each, power) if power else each for each in stated for power in powers]
    signs = ("", "-") if negative is None else ("-",) if negative else ("",)
    readings = tuple(f"{sign}{amount}" if Decimal(amount) else amount for amount in amounts for sign in signs)
    if parsed.value is None:
        return ParsedValue(None, parsed.flags, readings)
    if len(readings) == 1:
        return ParsedValue(readings[0], parsed.flags)
    return ParsedValue(None, ("ambiguous-sign" if negative is None else "ambiguous-scale",), readings)


def _surface(raw: str, negative: bool | None) -> str:
    """The digits, with a minus that touches them."""
    return re.sub(r"^[-–][ \u00a0]+", "-" if negative else "", raw.strip("()"))


def has_raised_cents(form: str, start: int, end: int) -> bool:
    """True if two raised digits follow a whole number: $12⁹⁹ is a price with cents, or a price with a note."""
    return re.search(r"[.,]\d{1,2}\Z", form[start:end]) is None and _RAISED_CENTS.match(form, end) is not None


_RAISED_CENTS = re.compile(r"[ \u00a0]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{2}(?![⁰¹²³⁴⁵⁶⁷⁸⁹])")


def spaced_candidate(text: str, span: tuple[int, int], digits: tuple[int, int], decimal: str | None) -> Candidate:
    """A number whose digits plain spaces group: 1 250,00 is one number, or a quantity and a price; 1 4 8 0 too."""
    whole = type_number(text[slice(*digits)], decimal).value
    last = text[slice(*digits)].rpartition(" ")[2]
    readings = tuple(dict.fromkeys(reading for reading in (whole, last) if reading))
    return candidate_at(text, *span, ParsedValue(None, ("ambiguous-number",), readings), text[slice(*digits)])
