"""What a text states in a form that is compared as such: times, weekdays, ordinals, codes; and fractions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from text_to_num import alpha2digit

from .codes import codes_in
from .stated_dates import business_years, quarters

__all__ = ["fractions", "literals"]

_CLOCK = re.compile(
    r"(?:(?<![\w.,:/])|(?<=\dT))(?P<hour>[01]?\d|2[0-4])(?:[:h](?P<minute>[0-5]\d)|"
    r"\.(?P<dotted>[0-5]\d)(?=[ ](?:Uhr|[ap]\.?m)))?"
    r"(?:[ ]?(?P<half>[ap])\.?m\b\.?|[ ](?P<uhr>Uhr|o'clock)\b)?(?![\w:]|[.,]\d)",
    re.I,
)
_MIDDLE = re.compile(r"\b(?:12[ ])?(?:(?P<noon>noon|midday|midi|mediodía)|midnight|mitternacht|minuit)\b", re.I)
_ORDINAL = re.compile(r"(?<![\w.,])(\d{1,3})(?:st|nd|rd|th|ème|er|º|ª)(?!\w)")
_TENS = r"(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)-"
# From the third on: "first" and "second" are also words of order and of time.
_ORDINAL_WORD = re.compile(
    rf"\b(?:{_TENS})?(?:third|fourth|fifth|sixth|seventh|eighth|ninth|"
    r"tenth|eleventh|twelfth|(?:thir|four|fif|six|seven|eigh|nine)teenth|twentieth|thirtieth)\b|"
    rf"\b{_TENS}(?:first|second)\b",
    re.I,
)
_DAYS = (
    "monday montag lundi lunes lunedì maandag",
    "tuesday dienstag mardi martes martedì dinsdag",
    "wednesday mittwoch mercredi miércoles mercoledì woensdag",
    "thursday donnerstag jeudi jueves giovedì donderdag",
    "friday freitag vendredi viernes venerdì vrijdag",
    "saturday samstag sonnabend samedi sábado sabato zaterdag",
    "sunday sonntag dimanche domingo domenica zondag",
)
_SHORT_DAYS = ("mon", "tue tues", "wed", "thu thur thurs", "fri", "sat", "sun")
_NUMBER_OF_DAY = {
    name: number for days in (_DAYS, _SHORT_DAYS) for number, names in enumerate(days, 1) for name in names.split()
}
_WEEKDAY = re.compile(
    rf"\b(?P<day>{'|'.join(' '.join(_DAYS).split())})s?\b|\b(?P<short>{'|'.join(' '.join(_SHORT_DAYS).split())})"
    r"\b\.?,?(?=[ ]\d)",
    re.I,
)
_SIGNS = {"½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅛": "1/8", "⅜": "3/8", "⅝": "5/8", "⅞": "7/8"}
_FRACTION = re.compile(
    rf"(?<![\w.,/:])(?:(?P<whole>\d{{1,4}})[ -]?(?=[{''.join(_SIGNS)}]|\d/[2-9]|\d/1[06]|\d\d/1[06]))?"
    rf"(?:(?P<over>\d{{1,3}})[/:⁄](?P<under>\d{{1,3}})(?![\w/:]|[.,]\d)|(?P<sign>[{''.join(_SIGNS)}]))"
)
_PARTS = {
    "half": 2, "halves": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fourth": 4, "fourths": 4, "fifth": 5,
    "fifths": 5, "tenth": 10, "tenths": 10, "drittel": 3, "viertel": 4, "fünftel": 5, "zehntel": 10, "tiers": 3,
    "quart": 4, "quarts": 4,
}  # fmt: skip
_COUNTS = {
    "a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "ein": 1, "einem": 1, "zwei": 2, "drei": 3, "vier": 4, "un": 1,
    "deux": 2, "trois": 3,
}  # fmt: skip
_PART = re.compile(
    rf"\b(?<!first )(?<!last )(?<!past )(?<!next )(?<!ersten )(?<!letzten )(?P<count>{'|'.join(_COUNTS)})[ -]"
    rf"(?P<part>{'|'.join(_PARTS)})\b(?! (?:of )?(?:19|20)\d\d)|(?P<half>\bhalf (?:of|the)\b|\bhälfte\b|\bla moitié\b)",
    re.I,
)
PARTS = frozenset({"part"})


def literals(text: str) -> Iterator[tuple[int, int, str]]:
    """Times, weekdays, quarters, ordinals, business years and codes: start, end, and what is compared."""
    for match in _CLOCK.finditer(text):
        minute, half = match["minute"] or match["dotted"], (match["half"] or "").lower()
        if minute or half or match["uhr"]:
            hour = int(match["hour"]) % 12 + (12 if half == "p" else 0) if half else int(match["hour"])
            yield *match.span(), f"{hour:02}:{minute or '00'}"
    for match in _MIDDLE.finditer(text):
        yield *match.span(), "12:00" if match["noon"] else "00:00"
    for match in _WEEKDAY.finditer(text):
        if match["day"] or match["short"][0].isupper():
            yield *match.span(), f"weekday {_NUMBER_OF_DAY[(match['day'] or match['short']).lower()]}"
    yield from quarters(text)
    yield from business_years(text)
    for match in _ORDINAL.finditer(text):
        yield *match.span(), f"{int(match[1])}th"
    for match in _ORDINAL_WORD.finditer(text):
        if number := re.match(r"\d+", alpha2digit(match.group().lower(), "en")):
            yield *match.span(), f"{number.group()}th"
    for match in re.finditer(r"\bFY[ ]?'?((?:19|20)?\d\d)(?![\d/–-])", text):
        yield *match.span(), match[1] if len(match[1]) == 4 else f"20{match[1]}"
    yield from codes_in(text)


def fractions(text: str) -> Iterator[tuple[int, int, str, frozenset[str]]]:
    """Fractions in digits, signs and words: start, end, the number, and the unit of parts of a whole.

    Those that have no end as a decimal number, and pairs such as 7/12, keep their two numbers.
    """
    for match in _FRACTION.finditer(text):
        over, under = (_SIGNS[match["sign"]] if match["sign"] else f"{match['over']}/{match['under']}").split("/")
        if match["whole"] and int(over) >= int(under):
            continue
        yield *match.span(), _number(int(over), int(under), int(match["whole"] or 0)), frozenset()
    for match in _PART.finditer(text):
        count, part = (1, 2) if match["half"] else (_COUNTS[match["count"].lower()], _PARTS[match["part"].lower()])
        if count < part:
            yield *match.span(), _number(count, part), PARTS


def _number(over: int, under: int, whole: int = 0) -> str:
    if under and not 1000 % under and (over < under or whole):
        value = whole + Fraction(over, under)
        return f"{float(value):g}"
    return f"{over + whole * under}/{under}"
