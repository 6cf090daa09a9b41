"""Pairs of numbers whose order counts: from 400 to 500, 7 to 2, 1 in 4, 10 x 20."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .qualifiers import FALL, RISE

__all__ = ["against_their_verb", "turned_pairs"]

_NUMBER = r"\d+(?:[.,]\d+)*"
_BETWEEN = (
    ("to", r"[ ](?:to|zu|auf|bis|à|a)[ ]|[ ]?[-–:][ ]?"),
    ("of", r"[ ](?:in|of|out of|von|sur|de|su|di|van)[ ]|/"),
    ("by", r"[ ]?[x×][ ]?|[ ]by[ ]"),
)
_SIGN = r"(?:[$€£]|[A-Z]{3}[ ])?"
_UNIT = r"(?:[ ]?(?:%|[€$£°][CF]?|(?!(?:to|zu|auf|bis|in|of|by)\b)[^\W\d_]{1,12}\b\.?)){0,2}"
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


_FROM_TO = re.compile(
    rf"\b(?:(?P<rise>{RISE})|(?P<fall>{FALL}))\b(?:[ ](?!\d)[\w.'’-]+){{0,3}}?[ ](?:from|von|de|da|van)[ ]{_SIGN}"
    rf"(?P<first>{_NUMBER})(?P<unit>{_UNIT})(?:[ ]in[ ](?:19|20)\d\d)?[ ](?:to|auf|à|a|zu|naar)[ ]{_SIGN}"
    rf"(?P<second>{_NUMBER})(?P<other>{_UNIT})",
    re.I,
)


def against_their_verb(written: str) -> Iterator[tuple[int, int]]:
    """Where a text lets something rise to less, or fall to more: it rose from 5,410 to 5,120."""
    for match in _FROM_TO.finditer(written.replace("\u00a0", " ")):
        first, second = (_worth(match[part]) for part in ("first", "second"))
        alike = match["unit"].strip(" .") in ("", match["other"].strip(" ."))
        if first is None or second is None or not alike or first == second:
            continue
        if (first < second) != (match["rise"] is not None):
            yield match.start("first"), match.end("second")


def _worth(number: str) -> float | None:
    """The worth of a number; its last sign parts the decimals, unless three digits follow it."""
    plain = re.sub(r"[.,](?=\d{3}(?:[.,]|\Z))", "", number).replace(",", ".")
    return float(plain) if plain.count(".") <= 1 else None
