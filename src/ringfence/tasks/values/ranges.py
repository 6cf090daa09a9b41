"""Ranges of two numbers that share one unit: 5-10 %, EUR 10 to 15."""

from __future__ import annotations

import re

from .currency import mark_after, mark_before

__all__ = ["is_tight_range", "joins_range"]

_LOW = re.compile(r"(?<![\w.,/:_-])(?P<low>\d+(?:[.,]\d+)?)\Z")
_HIGH = re.compile(r"(?P<high>\d+(?:[.,]\d+)?)(?![\d/-]|[.,]\d)")
_IN_YEAR = re.compile(  # 46 million in 2023 to EUR 52 million
    r"\b(?:in|im jahre?|jahre?|(?:fiscal |calendar )?years?|fiscal|fy|en|année|nel|dans|since|seit|depuis)"
    r"[ \u00a0](?:19|20)\d\d\Z",
    re.IGNORECASE,
)
_JOINER = re.compile(
    r"[ \u00a0]?(?:(?P<dash>[-–])|(?<=[ \u00a0])(?:to|bis|à|a|tot|or|oder|ou|o)(?=[ \u00a0]))[ \u00a0]?"
)


def is_tight_range(text: str, dash: int) -> bool:
    """True if ``text[dash]`` joins two numbers of which one has a unit beside it: 5-10 %, 10-15 €, $10-15."""
    low, high = _LOW.search(text, max(0, dash - 12), dash), _HIGH.match(text, dash + 1)
    if low is None or high is None or _worth(low["low"]) >= _worth(high["high"]):
        return False
    return (
        re.match(r"[ \u00a0]?%", text[high.end() : high.end() + 2]) is not None
        or mark_after(text, high.end()) is not None
        or mark_before(text, low.start(), touching=True) is not None
    )


def joins_range(text: str, start: int, end: int) -> bool | None:
    """Whether ``text[start:end]`` joins two numbers to a range; None for a dash with spaces, which may be any dash."""
    joiner = _JOINER.fullmatch(text, start, end)
    if joiner is None or _IN_YEAR.search(text, max(0, start - 24), start):
        return False
    return None if joiner["dash"] and end - start > 1 else True


def _worth(digits: str) -> float:
    return float(digits.replace(",", "."))
