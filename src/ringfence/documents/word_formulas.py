"""The parts of a formula of Word, written on one line so that what belongs together stays together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .package import child, value
from .raised import Run

__all__ = ["delimiters", "grouped"]


def delimiters(properties: Any) -> tuple[str, str, str]:
    """What stands before, between and behind the parts of a formula in parentheses; a mark may be blank."""
    marks = []
    for name, usual in (("begChr", "("), ("sepChr", "|"), ("endChr", ")")):
        given = child(properties, name)
        marks.append(usual if given is None else value(given) or "")
    return marks[0], marks[1], marks[2]


def grouped(runs: Iterator[Run]) -> Iterator[Run]:
    """The runs of a part of a formula, in parentheses if it is more than a number or a name."""
    found = list(runs)
    whole = re.fullmatch(r"\s*[\w.,]*\s*", "".join(run.text for run in found)) is not None
    yield from found if whole else [Run("("), *found, Run(")")]
