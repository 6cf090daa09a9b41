"""Lengths of time: a number, in digits or words, and a unit; also compounds, ranges and fractions."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import cache

import babel

from ..locale import Locale
from .candidate import Candidate, ParsedValue, candidate_at
from .characters import is_wrapped, plain
from .number import type_number

__all__ = ["find_durations", "type_duration"]

_UNITS = {
    "Y": r"years?|yrs?|jahr(?:e[ns]?|s)?|ans|années?|année|ann[io]|años?|anos?|jaar|jaren",
    "M": r"months?|mos|mths?|monat(?:e[ns]?|s)?|mois|mes[ei]|meses|mês|mes|maand(?:en)?",
    "W": r"weeks?|wks?|wochen?|semaines?|settiman[ae]|semanas?|weken|week",
    "D": r"(?:(?:calendar|business|working|consecutive|banking) )?days?|(?:kalender|werk|arbeits|bank)?tag(?:e[ns]?|s)?"
    r"|jours?|giorn[oi]|días?|dias?|dag(?:en)?",
    "TH": r"hours?|hrs?\.?|stunden?|std\.?|heures?|horas?|uur|uren|(?<=\d)h|(?<=\d )h",
    "TM": r"minutes?|mins?\.?|minuten?|minut[oi]s?",
}
# German joins a number to its unit: sechsmonatig, 14-tägig.
_ADJECTIVES = {"Y": "jährig", "M": "monatig", "W": "wöchig", "D": "tägig", "TH": "stündig", "TM": "minütig"}
_ORDER = ("Y", "M", "W", "D", "TH", "TM")
# These are units only in the language of the document: "25 an hour", "12 or more".
_FRENCH = re.compile(r"\b(?:années?|mois|jours?|durée)\b", re.I)
_VAGUE = frozenset("several few some many mehrere einige viele wenige plusieurs quelques varios alcuni".split())  # noqa: SIM905
_HALF_MORE = re.compile(r"[ ](?:et demie?|and a half|y medi[oa]|e mezz[oa]|en een half|und ein halb\w*)(?!\w)", re.I)
_ONES = {"one": 1, "eine": 1, "ein": 1, "einen": 1, "einem": 1, "einer": 1, "eines": 1, "un": 1, "une": 1, "una": 1,
         "uno": 1, "een": 1, "um": 1, "uma": 1}  # fmt: skip
_HALVES = {"half": "1/2", "half a": "1/2", "half an": "1/2", "a half": "1/2", "halbes": "1/2", "ein halbes": "1/2",
           "halben": "1/2", "eine halbe": "1/2", "a quarter of a": "1/4"}  # fmt: skip
_LAST_WORDS = frozenset(phrase.rpartition(" ")[2] for phrase in _HALVES)
_FRACTION_SIGNS = {"½": "1/2", "¼": "1/4", "¾": "3/4"}
_AND = r"(?:and|und|u\.|et|y|e|en|och|og|i|&)"
_JOINERS = rf"(?:,[ ]?(?:{_AND} )?|[ ]{_AND}[ ]|[ ]?)"
_RANGE = r"[ ]?(?:[-–]|(?<=[ ])(?:to|bis|à|a|tot|or|oder|and|und)(?=[ ]))[ ]?"
_DIGITS = r"\d+(?:[.,'\u00a0]\d+)*"
_LIST = rf"(?:,[ ]{_DIGITS}){{0,4}},?"  # 30, 60 and 90 days


@cache
def _units(language: str | None) -> dict[str, str]:
    """Unit code by pattern; a declared language adds the words that CLDR has for it."""
    units = {code: rf"{words}|{_ADJECTIVES[code]}(?:e[nrsm]?)?" for code, words in _UNITS.items()}
    if language:
        data = babel.Locale.parse(language)._data["unit_patterns"]
        for code, name in zip(_ORDER, ("year", "month", "week", "day", "hour", "minute"), strict=True):
            for width in ("long", "short"):
                for pattern in data.get(f"duration-{name}", {}).get(width, {}).values():
                    word = str(pattern).replace("{0}", "").strip(" \u00a0\u200e.")
                    if "{0}" in str(pattern) and len(word) >= (1 if not word.isascii() else 2):
                        units[code] += "|" + re.escape(word).replace(r"\ ", "[ ]").replace("\u00a0", "[ ]")
        if language.startswith("fr"):
            units["Y"] += "|an"
    return units


@cache
def _unit_pattern(language: str | None) -> re.Pattern[str]:
    parts = "|".join(f"(?P<{code}>{words})" for code, words in _units(language).items())
    return re.compile(rf"(?:{parts}|(?P<AN>an))(?![\w])", re.I)


@dataclass(frozen=True)
class _Amount:
    """The number before a unit: where it begins, its values (several for a range), and why it has none."""

    start: int
    values: tuple[str, ...]
    flags: tuple[str, ...] = ()
    readings: tuple[str, ...] = ()
    lower: tuple[str, ...] = ()  # the lower ends of a range or list


@dataclass(frozen=True)
class _Part:
    start: int
    end: int
    unit: str
    amount: _Amount


def type_duration(raw: str, locale: Locale | None = None) -> ParsedValue:
    """Parse a duration, such as "thirty (30) days", "14 Tage" or "2 years and 6 months", into ISO 8601."""
    text = raw.strip()
    for found in find_durations(text, locale or Locale()):
        if (found.start, found.end) == (0, len(text)) and found.surface == " ".join(text.split()):
            return ParsedValue(found.value, found.flags, found.readings)
    return ParsedValue(None, ("unparsed",))


def find_durations(text: str, locale: Locale) -> Iterator[Candidate]:
    """Yield the durations of ``text`` in order; both ends of a range such as 30-60 days."""
    form = re.sub(r"(?<!\d)\u00a0|\u00a0(?!\d{3}(?!\d))", " ", plain(text))  # the other hard spaces group digits
    parts = list(_parts(text, form, locale))
    number = 0
    while number < len(parts):
        group = [parts[number]]
        while number + len(group) < len(parts) and _continues(form, group, parts[number + len(group) :]):
            group.append(parts[number + len(group)])
        yield from _candidates(text, group)
        number += len(group)


def _parts(text: str, form: str, locale: Locale) -> Iterator[_Part]:
    decimal = locale.decimal_for(text)
    position = 0
    for match in _unit_pattern(locale.language).finditer(form):
        code = match.lastgroup or ""
        if form[match.start() : match.end()] == "ans" and form[match.end() : match.end() + 2].strip().isupper():
            continue  # German: ans Ufer
        gap = re.search(
            r"(?:(?<=\d)-|[ ]-?[ ]?|[ ]?\n|(?<=\w)-|\)[ -]?|(?<=\d))\Z",
            form[max(position, match.start() - 3) : match.start()],
        )
        if gap is None and _is_adjective(match.group()):
            gap = re.search(r"(?<=[^\W\d_])\Z", form[max(position, match.start() - 1) : match.start()])
        if gap is None:
            continue
        if "\n" in gap.group() and not is_wrapped(form, match.start() - 1):
            continue
        low = max(position, match.start() - 80)
        end = match.start() - len(gap.group().lstrip(")"))
        amount = _amount_before(form, low, end, decimal, "Y" if code == "AN" else code)
        if code == "AN":  # German and English have the word too: 12.500 an, 25 an hour
            if amount is None or amount.values != ("1",) or not _FRENCH.search(form):
                continue
            code = "Y"
        if amount is not None and _HALF_MORE.match(form, match.end()):
            amount = replace(amount, values=(), flags=("ambiguous-duration",), readings=amount.values)
        if amount is not None and not (amount.lower and "\n" in gap.group()):
            yield _Part(amount.start, match.end(), code, amount)
            position = match.end()


def _is_adjective(unit: str) -> bool:
    return unit.lower().startswith(tuple(_ADJECTIVES.values()))


def _amount_before(form: str, low: int, end: int, decimal: str | None, unit: str) -> _Amount | None:
    """The number that ends at ``end``: digits, a fraction, words, or words with digits in parentheses."""
    before = form[low:end]
    if in_words := re.search(r"(?P<words>[^\W\d_][^\d()\n]*?)[ ]?\((?P<digits>\d+)\)\Z", before):
        start, worth = _number_in_words(in_words["words"])
        if worth is not None:
            place = low + in_words.start("words") + start
            if str(worth) != in_words["digits"]:
                return _Amount(place, (), ("ambiguous-duration",), (str(worth), in_words["digits"]))
            return _Amount(place, (str(worth),))
    if digits := re.search(
        rf"(?<![\w.,/:$€£])(?<!\d-)(?P<low>{_DIGITS}{_LIST}{_RANGE}|\d+(?:/\d+)*/(?=\d{{2}}))?(?P<whole>\d+[ ])?"
        rf"(?P<digits>\d+/\d+|{_DIGITS}|[½¼¾])\Z",
        before,
    ):
        return _in_digits(digits, low, decimal, unit)
    if mixed := re.search(r"(?<![\w.,/])(?P<whole>\d+)[ ]?(?P<sign>[½¼¾])\Z", before):
        total = int(mixed["whole"]) + Fraction(_FRACTION_SIGNS[mixed["sign"]])
        return _Amount(low + mixed.start(), (str(total),))
    start, worth = _number_in_words(before)
    if worth is None:
        return None
    if joiner := re.search(rf"{_RANGE}\Z", before[:start]):  # two to three weeks
        begin, least = _number_in_words(before[: joiner.start()])
        if least is not None and least < worth:
            return _Amount(low + begin, (str(worth),), lower=(str(least),))
    return _Amount(low + start, (str(worth),))


def _in_digits(match: re.Match[str], low: int, decimal: str | None, unit: str) -> _Amount | None:
    text = match["digits"]
    if "/" in text or text in _FRACTION_SIGNS:
        before = re.fullmatch(r"(\d{1,2})[-–]", match["low"] or "")  # 2-1/2 years
        if before and int(before[1]) > 12:  # 30-1/2 hour sessions
            return None
        top, _, bottom = _FRACTION_SIGNS.get(text, text).partition("/")
        if not int(bottom) or int(top) >= int(bottom) or int(bottom) > 12:
            return None
        whole = before[1] if before else match["whole"]
        total = int(whole or 0) + Fraction(int(top), int(bottom))
        begins = "low" if before else "whole" if whole else "digits"
        return _Amount(low + match.start(begins), (str(total),))
    value = _number_value(text, decimal, unit)
    start = low + match.start("digits")
    if re.fullmatch(r"\d{3}", text) and (
        group := re.search(r"(?<![\w.,])\d{1,3} \Z", match.string[: match.start("digits")])
    ):
        joined = (group.group() + text).replace(" ", "")
        return _Amount(low + group.start(), (), ("ambiguous-number",), (joined, text))
    if value.value is None:
        return _Amount(start, (), value.flags, value.readings)
    if re.fullmatch(r"\d{4}", text) and (text.startswith("0") or unit == "TH" or 1900 <= int(text) <= 2100):
        return _Amount(start, (), ("ambiguous-duration",), (value.value,))  # a time of day, or a year
    lower = tuple(_number_value(each, decimal, unit).value for each in re.findall(_DIGITS, match["low"] or ""))
    if lower and None not in lower and _rises((*lower, value.value)):
        return _Amount(low + match.start("low"), (value.value,), lower=lower)
    if match["low"] and re.search(r"[-–]\Z", match.group()[: match.start("digits") - match.start()].rstrip()):
        return None  # 2024-03 days: a code
    return _Amount(start, (value.value,))


def _rises(values: tuple[str, ...]) -> bool:
    numbers = [Decimal(value) for value in values]
    return all(left < right for left, right in itertools.pairwise(numbers))


def _number_value(text: str, decimal: str | None, unit: str) -> ParsedValue:
    """Nobody counts days in thousandths: 1,095 days is 1095. Hours may have three decimals."""
    parsed = type_number(text, decimal)
    if parsed.value is None and parsed.readings and not unit.startswith("T"):
        return ParsedValue(max(parsed.readings, key=Decimal))
    return parsed


@cache
def _numbers_of(words: str) -> int | None:
    """The number that the words say, in any of the common languages; None if they say none, or two."""
    from text_to_num import text2num

    if words in _ONES:
        return _ONES[words]
    said = set()
    for language in ("en", "de", "fr", "es", "it", "nl", "pt"):
        try:
            said.add(int(text2num(words, language)))
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
    return said.pop() if len(said) == 1 else None


def _number_in_words(before: str) -> tuple[int, int | Fraction | None]:
    """Where the longest run of number words at the end of a text begins, and the number."""
    tail = re.search(r"[^\W\d_][^\W\d_'’\- ]*(?:[ -][^\W\d_]+)*\Z", before.rpartition("\n")[2])
    if tail is None:
        return 0, None
    begun = before[: len(before) - len(tail.group())]
    wrapped = begun.endswith("\n") and re.search(r"(?:-|\band|\bund|hundred|thousand)\n\Z", begun)
    offset = len(before) - len(tail.group())
    words = list(re.finditer(r"[^\W\d_]+", tail.group()))
    last = words[-1].group().lower()
    if last not in _LAST_WORDS and _numbers_of(last) is None:
        return 0, None
    for first in range(max(0, len(words) - 8), len(words)):
        place = words[first].start()
        said = tail.group()[place:].lower()
        worth: int | Fraction | None = Fraction(_HALVES[said]) if said in _HALVES else _numbers_of(said)
        if worth is None or worth == 0:
            continue
        if (place and tail.group()[place - 1] == "-") or (place == 0 and wrapped):
            return 0, None  # the end of a longer word
        if first and words[first - 1].group().lower() in _VAGUE:
            return 0, None
        if isinstance(worth, Fraction) and first and words[first - 1].group().lower() in ("and", "und"):
            return 0, None  # one and a half years
        return offset + place, worth
    return 0, None


def _continues(form: str, group: list[_Part], rest: list[_Part]) -> bool:
    """True if the next part belongs to the same duration: 10 years and 6 months; 2 years, 6 months and 10 days."""
    part, following = group[-1], rest[0]
    steps = _ORDER.index(following.unit) - _ORDER.index(part.unit)
    plain_amounts = not part.amount.lower and not following.amount.lower
    joiner = form[part.end : following.start]
    if steps <= 0 or not plain_amounts or re.fullmatch(_JOINERS, joiner) is None:
        return False
    # Two terms may stand side by side (5 years, 30 days notice); only "and" joins any two units, here or further on.
    if joiner.strip(" ,.") != "":
        return True
    if "," in joiner:
        if len(group) > 1 and (part.unit, following.unit) == ("M", "D"):
            return True  # 2 years, 6 months, 10 days
        return (
            len(rest) > 1
            and part.unit == "Y"
            and following.unit == "M"
            and _continues(form, [part, following], rest[1:])
        )
    return steps == 1 or (len(group) > 1 and (part.unit, following.unit) == ("M", "D"))


def _candidates(text: str, group: list[_Part]) -> Iterator[Candidate]:
    start, end = group[0].start, group[-1].end
    first = group[0]
    if first.amount.lower:
        unit = text[start:end][_unit_offset(text[start:end]) :].strip(" -")
        for value in (*first.amount.lower, first.amount.values[0]):
            yield candidate_at(text, start, end, _iso([(value, first.unit)]), f"{value} {unit}")
    elif _NOT_WHOLE.search(text[max(0, start - 14) : start]):
        yield candidate_at(text, start, end, ParsedValue(None, ("ambiguous-duration",), (text[start:end],)))
    elif broken := next((part for part in group if not part.amount.values), None):
        yield candidate_at(text, start, end, ParsedValue(None, broken.amount.flags, broken.amount.readings))
    else:
        yield candidate_at(text, start, end, _iso([(part.amount.values[0], part.unit) for part in group]))


_NOT_WHOLE = re.compile(  # -30 days, 5 / 12 months; but au moins 30 jours
    r"(?:\d[ \u00a0]?[/⁄][ \u00a0]?|(?:\A|[\s(:])[-−]"
    r"|(?<!au )(?<!al )(?<!ao )(?<!lo )(?<!plus )(?<![^\W\d_])(?:minus|moins|menos|meno)[ \u00a0])\Z",
    re.I,
)


def _unit_offset(raw: str) -> int:
    """Where the unit begins in the text of a range."""
    match = re.search(r"\d[ \u00a0-]*(?=[^\W\d_][^\d]*\Z)", raw)
    return match.end() if match else len(raw)


def _iso(parts: list[tuple[str, str]]) -> ParsedValue:
    """The duration in ISO 8601. Fractions of years are written in months, of hours in minutes."""
    days, times = "", ""
    for amount, unit in parts:
        whole = _whole(amount, unit)
        if whole is None:
            return ParsedValue(None, ("fraction-of-a-unit",), (f"{amount} {unit}",))
        number, smallest = whole
        if smallest.startswith("T"):
            times += f"{number}{smallest[1]}"
        else:
            days += f"{number}{smallest}"
    return ParsedValue(f"P{days}{'T' + times if times else ''}")


def _whole(amount: str, unit: str) -> tuple[str, str] | None:
    """The amount without a fraction, in a smaller unit if need be; None if no unit makes it whole."""
    if "/" not in amount:
        return amount, unit
    if unit not in ("Y", "TH"):
        return None
    smaller = Fraction(amount) * (12 if unit == "Y" else 60)
    return (str(smaller), "M" if unit == "Y" else "TM") if smaller.denominator == 1 else None
