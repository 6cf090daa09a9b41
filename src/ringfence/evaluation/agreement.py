"""Whether a value is the one that the gold states."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from typing import Any, Literal

__all__ = ["Compare", "same_value"]

Compare = Literal["words", "letters"]


def same_value(kind: str, value: Any, gold: Any, compare: Compare = "words") -> bool:
    """Whether a typed value is the gold one. Text is compared without case and with white space collapsed, or, with
    ``letters``, by its letters and digits only; money by amount, and by currency where both state one."""
    if value is None or gold is None:
        return value is None and gold is None
    if kind == "money":
        currencies = {value.get("currency"), gold.get("currency")} - {None}
        return Decimal(value["amount"]) == Decimal(gold["amount"]) and len(currencies) <= 1
    if kind == "number":
        return Decimal(value) == Decimal(gold)
    if kind in ("text", "code", "email"):
        fold = _letters if compare == "letters" else _plain
        return fold(value) == fold(gold)
    return bool(value == gold)


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFC", text).casefold()))
