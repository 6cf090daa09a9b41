"""Pairs of numbers whose order counts: from 400 to 500, 7 to 2, 1 in 4, 10 x 20."""

from __future__ import annotations

import re
from collections.abc import Iterator

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


_VERB = (
    r"(?P<rise>r[oi]ses?|risen|grew|grown?s?|increas(?:ed|es)|climb(?:ed|s)|jump(?:ed|s)|soar(?:ed|s)|stieg(?:en)?|steigt|wuchs(?:en)?)|"
    r"(?P<fall>f[ae]ll(?:s|en)?|declin(?:ed|es)|decreas(?:ed|es)|drop(?:ped|s)|shrank|shrunk|sank(?:en)?|sinkt|fiel(?:en)?|fällt|"
    r"plunged|slipped|tumbled|slumped)"
)
_FROM_TO = re.compile(
    rf"(?<!rank )(?<!place )\b(?:{_VERB})\b(?:[ ](?!\d)[\w.'’-]+){{0,2}}?[ ](?:from|von)[ ]{_SIGN}"
    rf"(?P<first>{_NUMBER})(?P<unit>{_UNIT})(?:[ ]in[ ](?:19|20)\d\d)?[ ](?:to|auf)[ ]{_SIGN}"
    rf"(?P<second>{_NUMBER})(?P<other>{_UNIT})",
    re.I,
)


def against_their_verb(written: str, source: str) -> Iterator[tuple[int, int]]:
    """Where a text lets something rise to less, or fall to more: it rose from 5,410 to 5,120.

    What the source says with the same pair is left alone, and so are numbers that read two ways.
    """
    known = {pair for _, _, pair in _pairs(source)}
    own = {start: pair for start, _, pair in _pairs(written)}
    for match in _FROM_TO.finditer(written.replace("\u00a0", " ")):
        first, second = (_worth(match[part]) for part in ("first", "second"))
        alike = match["unit"].strip(" .") in ("", match["other"].strip(" ."))
        if first is None or second is None or not alike or first == second or own.get(match.start("first")) in known:
            continue
        if (first < second) != (match["rise"] is not None):
            yield match.start("first"), match.end("second")


def _worth(number: str) -> float | None:
    """The worth of a number; None for 1.085, which may be a little more than one or a thousand."""
    if re.fullmatch(r"\d{1,3}\.\d{3}", number):
        return None
    plain = re.sub(r"[.,](?=\d{3}(?:[.,]|\Z))", "", number).replace(",", ".")
    return float(plain) if plain.count(".") <= 1 else None
