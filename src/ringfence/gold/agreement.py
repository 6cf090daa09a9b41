"""Compare values with gold."""

from __future__ import annotations

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
    if match_key(kind, value, compare) != match_key(kind, gold, compare):
        return False
    return kind != "money" or len({value.get("currency"), gold.get("currency")} - {None}) <= 1


def match_key(kind: str, value: Any, compare: Compare = "words") -> Any:
    """What a value shares with all that match it, so that they can be looked up."""
    if kind == "money":
        return Decimal(value["amount"])
    if kind in ("number", "percent"):
        return Decimal(value)
    if kind == "address" or (kind in _TEXTS and compare == "letters"):
        return _letters(value)
    if kind == "period":
        return tuple(sorted(value.items()))
    return _words(value) if kind in _TEXTS else value


def _words(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFC", text).casefold()))
