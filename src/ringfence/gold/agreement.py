"""Compare values with gold."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from typing import Any, Literal

__all__ = ["Compare", "values_match"]

Compare = Literal["words", "letters"]


def values_match(kind: str, value: Any, gold: Any, compare: Compare = "words") -> bool:
    """Whether a typed value equals the gold's.

    Text compares without case and with white space collapsed; with ``letters``, by its letters and digits only. Money
    compares by amount, and by currency if both state one.
    """
    if value is None or gold is None:
        return value is None and gold is None
    if kind == "money":
        currencies = {value.get("currency"), gold.get("currency")} - {None}
        return Decimal(value["amount"]) == Decimal(gold["amount"]) and len(currencies) <= 1
    if kind in ("number", "percent"):
        return Decimal(value) == Decimal(gold)
    if kind == "address":
        return _letters(value) == _letters(gold)
    if kind in ("text", "code", "email"):
        fold = _letters if compare == "letters" else _words
        return fold(value) == fold(gold)
    return bool(value == gold)


def _words(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFC", text).casefold()))
