"""Compare values with gold."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import Any, Literal

__all__ = ["Compare", "match_key", "values_match"]

Compare = Literal["words", "letters"]
_TEXTS = ("text", "code", "email")


def values_match(kind: str, value: Any, gold: Any, compare: Compare = "words") -> bool:
    """Whether a typed value equals the gold's.

    Text compares without case and with white space collapsed; with ``letters``, by its letters and digits only. Money
    compares by amount, and by currency if both state one.
    """
    if value is None or gold is None:
        return value is None and gold is None
    key = match_key(kind, value, compare)
    if key != match_key(kind, gold, compare) or (key == "" and _words(str(value)) != _words(str(gold))):
        return False  # *** and -- have no letters, which does not make them one
    return kind != "money" or len({value.get("currency"), gold.get("currency")} - {None}) <= 1


def match_key(kind: str, value: Any, compare: Compare = "words") -> Any:
    """What a value shares with all that match it, so that they can be looked up."""
    if kind == "money":
        return Decimal(value["amount"])
    if kind in ("number", "percent"):
        return Decimal(value)
    if kind == "duration":
        return _length(value)
    if kind == "address":
        return _letters(_HOUSES.sub("x", value))
    if kind in _TEXTS and compare == "letters":
        return _letters(value)
    if kind == "period":
        return tuple(sorted(value.items()))
    return _words(value) if kind in _TEXTS else value


_UNITS = {"Y": ("months", 12), "M": ("months", 1), "W": ("days", 7), "D": ("days", 1)}
_TIMES = {"H": 3600, "M": 60, "S": 1}


def _length(duration: str) -> tuple[Decimal, Decimal, Decimal] | str:
    """Months, days and seconds of an ISO 8601 duration: P1Y is P12M, P2W is P14D."""
    found = re.fullmatch(r"P((?:[\d.]+[YMWD])*)(?:T((?:[\d.]+[HMS])+))?", duration)
    if not found:
        return duration
    sums = {"months": Decimal(0), "days": Decimal(0), "seconds": Decimal(0)}
    for number, unit in re.findall(r"([\d.]+)([YMWD])", found[1]):
        sums[_UNITS[unit][0]] += Decimal(number) * _UNITS[unit][1]
    for number, unit in re.findall(r"([\d.]+)([HMS])", found[2] or ""):
        sums["seconds"] += Decimal(number) * _TIMES[unit]
    return sums["months"], sums["days"], sums["seconds"]


_HOUSES = re.compile(r"(?<=\d)[-/–](?=\d)(?!(?<=\d\d-)\d{3}(?!\d))")  # 1-2 is not 12; 00-950 is a Polish postcode


# Marks that change no word: the dot that İ leaves in small letters, joiners, selectors, points of Hebrew and Arabic.
_POINTS = re.compile(r"[\u0307\u034f\ufe00-\ufe0f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed]")


def _words(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def _letters(text: str) -> str:
    # Signs for vowels are marks, not letters: without them many words of Indian and other scripts are one.
    letters = unicodedata.normalize("NFC", text).casefold()
    return "".join(each for each in letters if unicodedata.category(each)[0] in "LNM" and not _POINTS.match(each))
