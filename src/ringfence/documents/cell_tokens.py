"""The tokens of a number format: placeholders, words, and the letters of dates and times."""

from __future__ import annotations

import re

__all__ = ["TOKEN", "is_date_token", "literal", "unit_of"]

TOKEN = re.compile(
    r'"[^"]*"?|\\.|_.|\*.|\[[^\]]*\]|General|AM/PM|A/P|[yY]+|[mM]+|[dD]+|[hH]+|[sS]+(?:\.0+)?|[eE][+-]|e+|[gb]+|.',
    re.S | re.I,
)
_ELAPSED = ("[h]", "[hh]", "[m]", "[mm]", "[s]", "[ss]")


def literal(token: str) -> str:
    """Return what a token that is no placeholder shows."""
    if token.startswith('"'):
        return token.strip('"')
    if token.startswith("\\"):
        return token[1:]
    if token.startswith(("_", "*")):  # a space as wide as a character; a character that fills the cell
        return " "
    if token.startswith("[$"):
        return token[2:-1].partition("-")[0]
    return "" if token.startswith("[") else token


def is_date_token(token: str) -> bool:
    """Return whether a token is a part of a date or a time."""
    small = token.lower()
    return small[:1] in ("y", "d", "h", "s", "m") or set(small) == {"e"} or small in _ELAPSED


def unit_of(token: str) -> str:
    """Return the letters of a date or time token; blank for other tokens."""
    inner = token.strip("[]").lower() if is_date_token(token) else ""
    return "yyyy" if inner.startswith("e") else inner.partition(".")[0]  # e is the year in East Asian formats
