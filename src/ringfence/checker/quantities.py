"""The checker's own reading of quantities in other units, as fractions and rounded: 2.5 m are 250 cm."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache

__all__ = ["is_stated_otherwise"]

_PREFIXES = {"m": -3, "c": -2, "k": 3, "M": 6, "G": 9, "µ": -6, "": 0}
_UNITS = re.compile(
    r"[ \u00a0-]?(?:(?P<metric>(?:[mckMGµ]?(?:m|g|l|W|V|A|Hz|Pa|Wh))|t|bar|ha)(?![\w²³])|"
    r"(?P<percent>%|per ?cent|prozent|pour cent|por ciento)|(?P<permille>‰)|(?P<points>basis ?points?|basispunkte|bps)|"
    r"(?P<cent>cents?|ct|centimes?|pence)\b|(?P<hour>hours?|stunden?|heures?|h)\b|(?P<minute>minutes?|minuten?|min)\b|"
    r"(?P<second>seconds?|sekunden?|secondes?|s)\b)",
    re.I,
)
_OWN = {"t": ("g", 6), "bar": ("pa", 5), "ha": ("m²", 4)}
_FACTORS = {
    "percent": Decimal("0.01"), "permille": Decimal("0.001"), "points": Decimal("0.0001"), "cent": Decimal("0.01"),
    "hour": Decimal(3600), "minute": Decimal(60), "second": Decimal(1),
}  # fmt: skip
_FAMILIES = {"permille": "percent", "points": "percent", "minute": "hour", "second": "hour", "cent": "money"}
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_VULGAR = {
    "½": (1, 2),
    "⅓": (1, 3),
    "⅔": (2, 3),
    "¼": (1, 4),
    "¾": (3, 4),
    "⅛": (1, 8),
    "⅜": (3, 8),
    "⅝": (5, 8),
    "⅞": (7, 8),
}
_WORDS = {"half": (1, 2), "hälfte": (1, 2), "third": (1, 3), "quarter": (1, 4), "fifth": (1, 5), "tenth": (1, 10)}
_TIMES = {"two": 2, "three": 3, "four": 4}
_BEHIND = re.compile(r"[ ]?(?:€|\$|£|EUR|USD|euros?|dollars?)")
_BEFORE = re.compile(r"(?:[€$£]|EUR|USD)[ ]?\Z")
_ABOUT = re.compile(
    r"(?:about|around|approx\w*\.?|roughly|nearly|almost|circa|ca\.?|rund|etwa|ungefähr|knapp|environ|unos|ongeveer|[~≈])"
    r"[ ]?(?:[A-Z]{3}[ ]|[$€£])?\Z",
    re.I,
)


def _decimal(raw: str) -> Decimal:
    """A number whose last sign with one or two digits behind it, or with more than three, is that of its decimals."""
    last = re.search(r"[.,](\d{1,2}|\d{4,})\Z", raw)
    whole = re.sub(r"\D", "", raw[: last.start()] if last else raw)
    return Decimal(f"{whole}.{last[1]}" if last else whole)


def _measured(raw: str, behind: str) -> tuple[str, Decimal] | None:
    """The family of a unit behind a number, and the number in that family's own unit."""
    unit = _UNITS.match(behind)
    if unit is None or unit.lastgroup is None:
        return None
    number, kind = _decimal(raw), unit.lastgroup
    if kind != "metric":
        return _FAMILIES.get(kind, kind), number * _FACTORS[kind]
    name = unit["metric"]
    own, power = _OWN.get(name, ("", 0))
    if not own:
        prefix = name[0] if len(name) > 1 and name[0] in _PREFIXES and name != "min" else ""
        own, power = name[len(prefix) :].lower(), _PREFIXES[prefix]
    return own, number.scaleb(power)


@lru_cache(maxsize=16)
def _quantities(source: str) -> frozenset[tuple[str, Decimal]]:
    return frozenset(_all_quantities(source))


def _all_quantities(source: str) -> Iterator[tuple[str, Decimal]]:
    for number in _NUMBER.finditer(source):
        yield "any", _decimal(number.group()).normalize()
        if measured := _measured(number.group(), source[number.end() : number.end() + 20]):
            yield measured[0], measured[1].normalize()
    for whole, sign in re.findall(rf"(\d*)[ ]?([{''.join(_VULGAR)}])", source):
        yield from _fraction(*_VULGAR[sign], int(whole or 0))
    for each in re.findall(r"(?:(\d+)[ -])?\b(\d{1,2})[/⁄](\d{1,3})\b", source):
        if int(each[2]):
            yield from _fraction(int(each[1]), int(each[2]), int(each[0] or 0))
    for count, word in re.findall(rf"(?:({'|'.join(_TIMES)})[ -])?({'|'.join(_WORDS)})", source.casefold()):
        over, under = _WORDS[word]
        yield from _fraction(over * _TIMES.get(count, 1), under, 0)


def _fraction(over: int, under: int, whole: int) -> Iterator[tuple[str, Decimal]]:
    value = whole + Decimal(over) / under
    yield from (("any", value.normalize()), ("percent", value.normalize()))


def is_stated_otherwise(raw: str, before: str, behind: str, source: str) -> bool:
    """True if a source states the number ``raw`` in another unit, as a fraction, or exactly where it is rounded."""
    known = _quantities(source)
    number = _decimal(raw)
    if ("any", number.normalize()) in known:
        return True
    if (measured := _measured(raw, behind)) and (measured[0], measured[1].normalize()) in known:
        return True
    if ("money", number.normalize()) in known and (_BEHIND.match(behind) or _BEFORE.search(before)):
        return True
    return bool(_ABOUT.search(before)) and any(_rounds_to(value, number) for kind, value in known if kind == "any")


def _rounds_to(value: Decimal, number: Decimal) -> bool:
    digits = max(2, len(str(number).replace(".", "").strip("0")))
    if not value or not number:
        return False
    rounded = value.quantize(Decimal((0, (1,), value.adjusted() - digits + 1)))
    return rounded.normalize() in {number.scaleb(power).normalize() for power in (0, 3, 6, 9)}
