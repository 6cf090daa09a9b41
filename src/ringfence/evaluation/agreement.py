"""How many values agree with the gold, by field, each share with its interval."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from .statistics import wilson

__all__ = ["Agreement", "Compare", "agreement", "same_value"]

Compare = Literal["words", "letters"]


@dataclass(frozen=True)
class Agreement:
    """``right`` of ``total`` values; failed and abstained documents count as wrong."""

    field: str
    right: int
    total: int

    @property
    def share(self) -> float:
        """The share that is right."""
        return self.right / self.total if self.total else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Its 95 % Wilson interval."""
        return wilson(self.right, self.total)


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


def agreement(
    kinds: Mapping[str, str], results: Iterable[Mapping[str, Any]], gold: Mapping[str, Mapping[str, Any]]
) -> list[Agreement]:
    """One row a field over the documents that have gold."""
    values = {
        result["document"]["id"]: result["values"] or {} for result in results if result["document"]["id"] in gold
    }
    rows = []
    for name, kind in kinds.items():
        asked = [document for document in values if name in gold[document]]
        right = sum(
            name in values[document] and same_value(kind, values[document][name], gold[document][name])
            for document in asked
        )
        rows.append(Agreement(name, right, len(asked)))
    return rows
