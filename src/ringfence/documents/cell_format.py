"""What a cell of a workbook shows: its value under its number format (``#,##0.00 "EUR";[Red]#,##0.00``).

Separators are those of the format codes, which are English. A date with year, month and day is written as in ISO 8601
because its order is otherwise the reader's guess. A negative value always shows its sign: formats may say it by colour.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from .cell_date import Moment, shown_moment
from .cell_tokens import TOKEN, is_date_token, literal, unit_of

__all__ = ["BUILT_IN", "shown"]

BUILT_IN = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 5: '"$"#,##0_);("$"#,##0)',
    6: '"$"#,##0_);[Red]("$"#,##0)', 7: '"$"#,##0.00_);("$"#,##0.00)', 8: '"$"#,##0.00_);[Red]("$"#,##0.00)',
    9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??", 14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm",
    17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 22: "yyyy-mm-dd h:mm",
    37: "#,##0_);(#,##0)", 38: "#,##0_);[Red](#,##0)", 39: "#,##0.00_);(#,##0.00)", 40: "#,##0.00_);[Red](#,##0.00)",
    41: '_(* #,##0_);_(* (#,##0);_(* "-"_);_(@_)', 42: '_("$"* #,##0_);_("$"* (#,##0);_("$"* "-"_);_(@_)',
    43: '_(* #,##0.00_);_(* (#,##0.00);_(* "-"??_);_(@_)',
    44: '_("$"* #,##0.00_);_("$"* (#,##0.00);_("$"* "-"??_);_(@_)',
    45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0", 49: "@",
    **dict.fromkeys((*range(27, 32), 36, *range(50, 55), 57, 58), "yyyy-mm-dd"),
    **dict.fromkeys((32, 33, 34, 35, 55, 56), "h:mm"),
}  # fmt: skip
_CONDITION = re.compile(r"\[(<=|>=|<>|<|>|=)\s*(-?\d+(?:\.\d+)?)\]")
_MAX_FORMAT = 1_000
_COLOURS = {f"[{name}]" for name in ("black", "blue", "cyan", "green", "magenta", "red", "white", "yellow")}
_COLOURS |= {f"[color{number}]" for number in range(1, 57)}


class _Section(NamedTuple):
    """One of the parts of a format that semicolons separate."""

    tokens: tuple[str, ...]
    condition: tuple[str, float] | None
    kind: str  # date, general, scientific, fraction or decimal

    def meets(self, number: float) -> bool:
        sign, bound = self.condition or ("<>", number + 1)
        return {
            "<": number < bound, ">": number > bound, "=": number == bound, "<=": number <= bound,
            ">=": number >= bound, "<>": number != bound,
        }[sign]  # fmt: skip


@lru_cache(maxsize=4_096)
def _sections(code: str) -> tuple[_Section, ...]:
    parts: list[list[str]] = [[]]
    for token in TOKEN.findall(code[:_MAX_FORMAT]):
        if token == ";":
            parts.append([])
        else:
            parts[-1].append(token)
    sections = []
    for tokens in map(_without_stray_letters, parts):
        found = next((match for token in tokens if (match := _CONDITION.fullmatch(token))), None)
        condition = (found[1], float(found[2])) if found else None
        sections.append(_Section(tuple(tokens), condition, _kind(tokens)))
    return tuple(sections)


def _without_stray_letters(tokens: list[str]) -> list[str]:
    """The tokens of a section, in which letters beside places of digits are words, as in 0.00 EUR, and no date."""
    if not any(token in ("0", "#", "?") for token in tokens):
        return tokens
    return [f'"{token}"' if is_date_token(token) and not token.startswith("[") else token for token in tokens]


def _kind(tokens: list[str]) -> str:
    if any(is_date_token(token) for token in tokens):
        return "date"
    if any(token.lower() == "general" or token == "@" for token in tokens):
        return "general"
    if any(token[0] in "eE" and len(token) == 2 for token in tokens):
        return "scientific"
    if "/" in tokens and any(token in ("?", "#", "0") for token in tokens):
        return "fraction"
    return "decimal"


def shown(value: float | int | str | bool, code: str, epoch_1904: bool = False) -> str:
    """Return what a cell with ``value`` and the format ``code`` shows; blank if the format hides the value."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if code == "General" and not isinstance(value, str):
        return _general(value)
    sections = _sections(code)
    if isinstance(value, str):
        return _text(value, sections)
    section, magnitude = _section_for(float(value), sections)
    if not section.tokens and len(sections) > 1:
        return ""
    if section.kind == "date":
        moment = Moment.of(float(value), epoch_1904)
        dated = any(unit[0] in "yd" for token in section.tokens if (unit := unit_of(token)))
        if moment is None or (moment.date is None and dated):  # no day of the calendar
            return _general(value)
        return shown_moment(moment, section.tokens)
    text = " ".join(_number(value, magnitude, section).split())
    if value < 0 and re.search(r"[1-9]", text) and not _says_sign_in_words(section, sections):
        text = _with_sign(text)
    return text


def _section_for(value: float, sections: tuple[_Section, ...]) -> tuple[_Section, float]:
    """Return the section that applies, and the number that it formats: without its sign if the section says it."""
    if any(section.condition for section in sections):
        for section in sections[:3]:
            if section.condition and section.meets(value):
                return section, abs(value)
        plain = [section for section in sections[:3] if not section.condition]
        return (plain or list(sections))[-1], abs(value)
    sections = tuple(section for section in sections if "@" not in section.tokens) or sections  # @ is for text
    if value < 0 and len(sections) > 1:
        return sections[1], abs(value)
    if value == 0 and len(sections) > 2:
        return sections[2], 0.0
    return sections[0], value


def _says_sign_in_words(section: _Section, sections: tuple[_Section, ...]) -> bool:
    """True for the part of negative numbers in a format that has other words for them, such as DR and CR.

    A colour says it to those who see it, and another way to write a currency or a unit says nothing.
    """
    if section is sections[0] or section.condition or any(token.lower() in _COLOURS for token in section.tokens):
        return False
    negative, positive = (_words_of(one) for one in (section, sections[0]))
    return bool(negative) and bool(positive) and negative != positive and not re.fullmatch(r"[A-Z]{3}", negative)


def _words_of(section: _Section) -> str:
    """The letters that a section writes itself, without those of a currency."""
    quoted = (literal(token) for token in section.tokens if token[:1] in '"\\')
    return "".join(filter(str.isalpha, "".join(quoted))).upper()


def _text(value: str, sections: tuple[_Section, ...]) -> str:
    own = sections[3] if len(sections) > 3 else next((one for one in reversed(sections) if "@" in one.tokens), None)
    if own is None:
        return value
    return "".join(value if token == "@" else literal(token) for token in own.tokens)


def _with_sign(text: str) -> str:
    """Return a negative amount with its sign, and its currency inside the parentheses."""
    if match := re.fullmatch(r"([^\d()]*?)\s*\(\s*(.*?)\s*\)\s*([^\d()]*)", text):
        before, inner, after = match.groups()
        return f"({before}{' ' if before[-1:].isalpha() else ''}{inner}{f' {after}' if after else ''})"
    # The sign of an accounting format stands at the other end of the cell than the number.
    text = re.sub(r"^([-−–])\s+", r"\1", text)
    return text if _SIGNED.search(text) else f"-{text}"


# A sign beside the digits or at an end, or parentheses around digits; not the hyphen of US-$, nor (net).
_SIGNED = re.compile(r"(?:^|\s)[-−–]|[-−–]\s*[^\w\s]?\s*\d|\d\s*[-−–](?:\s|$)|\([^()]*\d[^()]*\)|minus")


def _general(value: float | int) -> str:
    if isinstance(value, int) or (value.is_integer() and abs(value) < 1e16):
        return str(int(value))
    return f"{value:.15g}".replace("e", "E")


def _number(value: float | int, magnitude: float, section: _Section) -> str:
    tokens = section.tokens
    if section.kind == "general":
        number = _general(abs(value) if magnitude >= 0 else value)
        return "".join(number if t.lower() == "general" or t == "@" else literal(t) for t in tokens)
    try:
        amount = Decimal(repr(float(magnitude)))
        if section.kind == "scientific":
            return _with_literals(_scientific(amount, tokens), tokens)
        if section.kind == "fraction":
            return _with_literals(_fraction(amount, tokens), tokens)
        return _decimal(amount, tokens)
    except (InvalidOperation, OverflowError):
        return _general(value)


def _with_literals(number: str, tokens: tuple[str, ...]) -> str:
    """A number with the words that the format puts before and behind its digits."""
    digits = [index for index, token in enumerate(tokens) if re.fullmatch(r"[0#?\d]", token)]
    before, behind = tokens[: digits[0]], tokens[digits[-1] + 1 :]
    return "".join([*map(literal, before), number, *map(literal, behind)])


def _decimal(amount: Decimal, tokens: tuple[str, ...]) -> str:
    """Fill the digits of a number into the placeholders of a format."""
    places = [index for index, token in enumerate(tokens) if token in ("0", "#", "?")]
    if not places:
        return "".join(literal(token) for token in tokens)
    point = next((index for index, token in enumerate(tokens) if token == "."), len(tokens))
    whole = [index for index in places if index < point]
    decimals = [index for index in places if index > point]
    last = whole[-1] if whole else -1
    grouped = any(token == "," and whole and whole[0] < i < last for i, token in enumerate(tokens))
    trailing = max(_commas_behind(tokens, last), _commas_behind(tokens, places[-1]))
    amount = amount.scaleb(2 * tokens.count("%") - 3 * trailing)
    rounded = abs(amount).quantize(Decimal(1).scaleb(-len(decimals)), ROUND_HALF_UP)
    integer, _, fraction = f"{rounded:f}".partition(".")
    filled = dict(zip(decimals, fraction, strict=False))
    for index in reversed(decimals):  # optional places at the end show no zeros
        if tokens[index] == "0" or filled[index] != "0":
            break
        filled[index] = ""
    filled |= _whole_digits(integer.lstrip("0"), whole, tokens, grouped)
    if not whole:  # .00 shows 12.25 with all its digits
        filled[point] = f"{integer.lstrip('0')}."
    sign = "-" if amount < 0 and re.search(r"[1-9]", integer + fraction) else ""
    pieces = [
        filled.get(index, "")
        if index in filled or token in ("0", "#", "?")
        else ("" if token == "," else token if token == "." else literal(token))
        for index, token in enumerate(tokens)
    ]
    return sign + "".join(pieces)


def _commas_behind(tokens: tuple[str, ...], place: int) -> int:
    """Return how many commas follow a placeholder at its end: each divides the number by 1,000."""
    count = 0
    while 0 <= place < len(tokens) - 1 - count and tokens[place + 1 + count] == ",":
        count += 1
    following = tokens[place + 1 + count] if 0 <= place < len(tokens) - 1 - count else ""
    return 0 if following in ("0", "#", "?") else count


def _whole_digits(digits: str, whole: list[int], tokens: tuple[str, ...], grouped: bool) -> dict[int, str]:
    """Return the digits of the integer part by placeholder, from the right; the first takes those left over."""
    filled: dict[int, str] = {}
    count = 0
    for order, index in enumerate(reversed(whole)):
        first = order == len(whole) - 1
        own = digits if first else digits[-1:]
        digits = "" if first else digits[:-1]
        if not own:
            own = "0" if tokens[index] == "0" else ""
        shown_digits = ""
        for digit in reversed(own):
            if grouped and count and count % 3 == 0:
                shown_digits = f",{shown_digits}"
            shown_digits = digit + shown_digits
            count += 1
        filled[index] = shown_digits
    return filled


def _scientific(amount: Decimal, tokens: tuple[str, ...]) -> str:
    text = "".join(token for token in tokens if token[:1] in "0#?.eE+-")
    mantissa, form, exponent = re.split(r"([eE][+-])", text, maxsplit=1)
    decimals = len(mantissa.partition(".")[2])
    places = sum(digit in "0#?" for digit in mantissa.partition(".")[0])
    step = max(places, 1)  # ##0.0E+0: exponents in threes
    power = (amount.adjusted() if amount else 0) // step * step
    digits = amount.scaleb(-power).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    if abs(digits) >= 10**step:
        power += step
        digits = amount.scaleb(-power).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    sign = "-" if power < 0 else "+" if "+" in form else ""
    return f"{digits:f}E{sign}{str(abs(power)).zfill(len(exponent))}"


def _fraction(amount: Decimal, tokens: tuple[str, ...]) -> str:
    slash = tokens.index("/")
    below = "".join(tokens[slash + 1 :]).strip()
    fixed = re.match(r"\d*[1-9]\d*", below)
    size = len(re.match(r"[?#0]*", below)[0]) or 1  # type: ignore[index]  # the pattern may match nothing
    exact = Fraction(amount)
    mixed = bool(re.search(r"[#0?]\s+[#0?]", "".join(literal(token) for token in tokens[:slash])))
    whole, rest = divmod(abs(exact), 1) if mixed else (0, abs(exact))
    if fixed:
        top, bottom = round(rest * int(fixed[0])), int(fixed[0])
    else:
        near = rest.limit_denominator(10**size - 1)
        top, bottom = near.numerator, near.denominator
    whole, top = (whole + 1, 0) if mixed and top == bottom else (whole, top)
    parts = [str(whole)] if mixed and (whole or not top) else []
    parts += [f"{top}/{bottom}"] if top or not mixed else []
    return ("-" if amount < 0 and (whole or top) else "") + " ".join(parts)
