"""Pairs of numbers whose order counts: from 400 to 500, 7 to 2, 1 in 4, 10 x 20."""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["turned_pairs"]

_NUMBER = r"\d+(?:[.,]\d+)*"
_BETWEEN = (
    ("to", r"[ ](?:to|zu|auf|bis|à|a)[ ]|[ ]?[-–:][ ]?"),
    ("of", r"[ ](?:in|of|out of|von|sur|de|su|di|van)[ ]|/"),
    ("by", r"[ ]?[x×][ ]?|[ ]by[ ]"),
)
_SIGN = r"(?:[$€£]|[A-Z]{3}[ ])?"
_UNIT = r"(?:[ ]?(?:%|percent|[€$£]|[A-Z]{3}\b|[mb]illions?\b|Mio\.?|Mrd\.?|[mc]?m\b|years?\b|days?\b)){0,2}"
_PAIRS = tuple(
    (kind, re.compile(rf"(?<![\w.,])({_NUMBER}){_UNIT}(?:{between}){_SIGN}(?={_SIGN}({_NUMBER})(?![^\W\d_]\d))"))
    for kind, between in _BETWEEN
)


def _pairs(text: str) -> Iterator[tuple[int, int, tuple[str, str, str]]]:
    for kind, pattern in _PAIRS:
        for match in pattern.finditer(text.replace("\u00a0", " ")):
            first, second = (re.sub(r"[.,](?=\d{3}(?!\d))|[.,]$", "", number) for number in match.groups())
            if first != second:
                yield match.start(1), match.end(2), (kind, first, second)


def turned_pairs(written: str, source: str) -> Iterator[tuple[int, int]]:
    """The pairs of a text that its source has in the other order only."""
    known = {pair for _, _, pair in _pairs(source)}
    for start, end, (kind, first, second) in _pairs(written):
        if (kind, second, first) in known and (kind, first, second) not in known:
            yield start, end
