"""A value that text states, and a place in a document that could be the value of a field."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

__all__ = ["Candidate", "ParsedValue", "candidate_at"]


@dataclass(frozen=True)
class ParsedValue:
    """A value in its contract form, or None with a flag; ``readings`` holds the possible values of ambiguous text."""

    value: Any
    flags: tuple[str, ...] = ()
    readings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Candidate:
    """``text[start:end]`` as a possible value.

    ``surface`` is the text that the model writes for it: as printed. ``other_surfaces`` are other texts that models
    write for the same value: an amount without grouping, a date in ISO form. (Limited to the printed form, the 1.5B
    wrote "1" for 1985.00 in a document with 1,985.00, and then had to end on 11.51.)
    """

    start: int
    end: int
    surface: str
    value: Any
    flags: tuple[str, ...] = ()
    readings: tuple[str, ...] = ()

    @property
    def other_surfaces(self) -> tuple[str, ...]:
        """Other ways to write the value, closest to the printed form first."""
        if isinstance(self.value, dict) and "amount" not in self.value:
            return ()
        value = self.value["amount"] if isinstance(self.value, dict) else self.value
        if not isinstance(value, str) or (self.flags and "unusual-decimal-sign" in self.flags):
            return ()
        ways = [value]
        if re.fullmatch(r"-?\d+\.\d+", value):
            ways.insert(0, value.replace(".", ","))
        return tuple(way for way in ways if way != self.surface and re.fullmatch(r"[\w.,@+-]+", way))


def candidate_at(text: str, start: int, end: int, parsed: ParsedValue, surface: str | None = None) -> Candidate:
    """Return the candidate for ``text[start:end]``; its surface is the text there unless one is given."""
    written = " ".join((surface if surface is not None else text[start:end]).split())
    return Candidate(start, end, written, parsed.value, parsed.flags, parsed.readings)
