"""Numbers as they are printed: their digits, grouping, sign and place in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from ..locale import Locale
from .candidate import Candidate, ParsedValue, candidate_at
from .characters import HARD_SPACE, plain
from .currency import mark_before
from .dates import date_places
from .scales import scale_after, scaled

__all__ = [
    "PrintedNumber",
    "find_numbers",
    "is_trailing_minus",
    "printed_numbers",
    "sign_of_parentheses",
    "spaced_candidate",
    "type_number",
]


def type_number(raw: str, decimal: str | None) -> ParsedValue:
    """Parse a printed number into a decimal string. ``decimal`` is the decimal sign in force, None if unknown.

    Parentheses and a trailing minus are negative, as in accounts. ``1,250`` without a known sign is ambiguous.
    """
    text = plain(raw).strip().replace("–", "-")
    negative = text.startswith(("-", "(")) or text.endswith("-")
    digits = re.sub(r"[\s'\u200e()+-]", "", text)
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
    """The digits of a number, ``text[start:end]``, without sign. ``spaced`` if plain spaces group its digits."""

    start: int
    end: int
    spaced: bool = False

    @property
    def span(self) -> tuple[int, int]:
        """The place of the digits."""
        return self.start, self.end


_BODY = re.compile(
    r"(?<!\d)(?<!\d[.,'])(?<!\d\u00a0)(?:"
    r"\d{1,3}(?:'\d{3})+(?:[.,]\d+)?(?![\d'])"
    rf"|\d{{1,3}}(?:{HARD_SPACE}\d{{3}})+(?:[.,]\d+)?(?!{HARD_SPACE}?\d)"
    r"|(?P<spaced>[1-9]\d{0,2}(?: \d{3})+(?:[.,]\d+)?(?! ?\d))"
    r"|\d+(?:[.,]\d+)*|(?<![.,])[.,]\d+)"
)
_LETTERS_BEFORE = re.compile(r"[^\W\d]\Z")
_AMOUNT = re.compile(r"[.,]\d{2}\Z|\d[.,'\u00a0]\d{3}")


def printed_numbers(text: str, locale: Locale) -> Iterator[PrintedNumber]:
    """Yield the numbers of a plain text in order: no parts of dates, times, words, codes or longer numbers."""
    dates = date_places(text, locale)
    position = 0
    for match in _BODY.finditer(text):
        start, end = match.span()
        while position < len(dates) and dates[position][1] <= start:
            position += 1
        if position < len(dates) and dates[position][0] < end:
            continue
        if match["spaced"] and not (_begins(text, start, end) and _ends(text, start, end)):
            yield from _parts(text, start, end)
        elif _begins(text, start, end) and _ends(text, start, end):
            yield PrintedNumber(start, end, bool(match["spaced"]))


def _parts(text: str, start: int, end: int) -> Iterator[PrintedNumber]:
    """The numbers inside a run that is no number as a whole."""
    for part in re.finditer(r"\d+(?:[.,]\d+)*", text[start:end]):
        first, last = start + part.start(), start + part.end()
        if _begins(text, first, last) and _ends(text, first, last):
            yield PrintedNumber(first, last)


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
    if last in {"/", "_"} or last.isalpha():
        return False
    if last == ":":
        return not before[:1].isdigit()
    if last in "-–":
        return not (before[:1].isalnum() or before[:1] in "./_") or number_after_dash(text, start - 1, end)
    return True


def number_after_dash(text: str, dash: int, end: int) -> bool:
    """True if ``text[dash]`` is between two amounts, as in a range of prices: 12.50-15.00."""
    left = re.search(r"\d+(?:[.,]\d+)*[ \u00a0]?\S{0,3}\Z", text[max(0, dash - 24) : dash].rstrip(" "))
    right = re.match(r"[ \u00a0]?\D{0,4}(\d+(?:[.,'\u00a0]\d+)*)", text[dash + 1 : max(end, dash + 24)])
    return bool(left and right and _AMOUNT.search(left.group().rstrip("€$£ \u00a0")) and _AMOUNT.search(right.group(1)))


def _ends(text: str, start: int, end: int) -> bool:
    """True if a number may end at ``end``."""
    after = text[end : end + 3]
    first, second = after[:1], after[1:2]
    likely = bool(_AMOUNT.search(text[start:end])) or bool(mark_before(text, start))
    if not first or first.isspace():
        return True
    if first.isalpha():
        return likely or bool(re.match(r"[€$£¥₹%]", first)) or scale_after(text, end, None, True) is not None
    if first == "_":
        return False
    if first == "/":
        return likely and not second.isdigit()
    if first == ":":
        return likely and not second.isdigit()
    if first in "-–":
        return not second.isdigit() or number_after_dash(text, end, end)
    if first in ".,":
        return not second.isalnum()
    return True


_LOSS = re.compile(
    r"\b(?:loss(?:es)?|less|minus|credit|discount|deficit|rebate|refund|verlust|abzgl|abzüglich|rabatt|gutschrift|perte|"
    r"pérdida|verlies|remise)\b[^.;]{0,40}\Z",
    re.I,
)


_IN_WORDS = re.compile(
    r"(?:hundred|thousand|million|billion|only|dollars?|euros?|pounds?|cents?|francs?|rupees|"
    r"\w*(?:hundert|tausend)\w*|millionen|pfund|franken|mille|millions?|mil|milioni?|honderd|duizend)\W*\Z",
    re.I,
)


def sign_of_parentheses(text: str, start: int) -> bool | None:
    """Whether an amount in parentheses that open at ``text[start]`` is negative; None if nobody can tell.

    In a column, or behind a colon or a loss, it is: accounts write -1,250.00 as (1,250.00). Behind an amount in words
    it is not: Five Thousand Dollars (USD 5,000.00).
    """
    line = text[text.rfind("\n", 0, start) + 1 : start]
    before = line.rstrip()
    gap = len(line) - len(before)
    if not before or gap > 1 or "\t" in line[len(before) :] or before[-1] in ":=|" or _LOSS.search(before):
        return True
    if mark_before(text, start):
        return True
    if before[-1].isdigit() or before[-1] in ")%":
        return True
    if _IN_WORDS.search(before):
        return False
    return None


def find_numbers(text: str, locale: Locale) -> Iterator[Candidate]:
    """Yield every number of ``text``, with a flag where it reads two ways."""
    decimal = locale.decimal_for(text)
    form = plain(text)
    for printed in printed_numbers(form, locale):
        start, end = printed.span
        if printed.spaced:
            yield spaced_candidate(text, (start, end), (start, end), decimal)
            continue
        first = start - 1 if _is_sign(form, start) else start
        last = end + 1 if is_trailing_minus(form, end) else end
        number = form[first:last]
        if form[first - 1 : first] == "(" and form[last : last + 1] == ")" and first == start and last == end:
            negative = sign_of_parentheses(form, start - 1)
            if _AMOUNT.search(number):
                if negative is None:
                    yield _either_sign(text, (start - 1, end + 1), number, decimal)
                    continue
                if negative:
                    first, last, number = start - 1, end + 1, f"-{number}"
        parsed = type_number(number, decimal)
        scale = scale_after(form, last, locale.language, marked=False)
        if scale and parsed.value is not None:
            last = scale.end
            parsed = (
                ParsedValue(scaled(parsed.value, scale.power), parsed.flags)
                if scale.power is not None
                else ParsedValue(
                    None, ("ambiguous-scale",), tuple(scaled(parsed.value, power) for power in scale.powers)
                )
            )
        yield candidate_at(text, first, last, parsed, text[first:last].strip("()"))


def spaced_candidate(text: str, span: tuple[int, int], digits: tuple[int, int], decimal: str | None) -> Candidate:
    """A number whose digits plain spaces group: 1 250,00 is one number, or a quantity and a price."""
    whole = type_number(text[slice(*digits)], decimal).value
    last = text[slice(*digits)].rpartition(" ")[2]
    readings = tuple(dict.fromkeys(reading for reading in (whole, last) if reading))
    return candidate_at(text, *span, ParsedValue(None, ("ambiguous-number",), readings), text[slice(*digits)])


def _either_sign(text: str, span: tuple[int, int], number: str, decimal: str | None) -> Candidate:
    value = type_number(number, decimal).value
    readings = (value, f"-{value}") if value else ()
    return candidate_at(text, *span, ParsedValue(None, ("ambiguous-sign",), readings), number)


def _is_sign(text: str, start: int) -> bool:
    """True if the character before ``start`` is the sign of the number, not a hyphen or the dash of a range."""
    if text[start - 1 : start] not in ("-", "–"):
        return False
    before = text[max(0, start - 2) : start - 1]
    return (
        not before
        or before.isspace()
        or before in "(:=\u200e€$£¥₹"
        or bool(mark_before(text, start - 1, touching=True))
    )


def is_trailing_minus(text: str, end: int) -> bool:
    """True if a minus of accounts follows the digits: 350.00-, but not 12.50-$15.00 or 100,-."""
    if text[end : end + 1] != "-":
        return False
    after = text[end + 1 : end + 2]
    if after and not (after.isspace() or after in ");|"):
        return False
    return not re.match(r"[ \u00a0]{0,2}\S{0,4}?\d", text[end + 1 : end + 8].split("\n", maxsplit=1)[0])
