"""Raised and lowered text: footnote marks, exponents and raised cents stay apart from the number before them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["GUESSED_CENTS", "Run", "join_runs"]

_RAISED = str.maketrans("0123456789+-−=()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾")
_LOWERED = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
# A whole number with a currency sign before it. Behind "EUR 48" raised digits may be the mark of a note.
_PRICE = re.compile(r"[$€£¥₹]\s?\d{1,3}(?:[.,' ]?\d{3})*$")
_WHOLE = re.compile(r"(?<![.,\d])\d{1,3}(?:[.,' ]?\d{3})*$")
_SIGN_BEHIND = re.compile(r"\s?[$€£¥₹]")
_DIGITS = re.compile(r"[\d.,+\-−=()*\s]*\d[\d.,+\-−=()*\s]*")
_ORDINAL = r"(?i:st|nd|rd|th|er|re|ère|ème|e|o|a|os|as|º|ª)"
_SIGNS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_ANY_SIGN = tuple(f"{_SIGNS}₀₁₂₃₄₅₆₇₈₉")
GUESSED_CENTS = "guessed-cents"


@dataclass(frozen=True, slots=True)
class Run:
    """Text of one look. ``level`` is 1 if it is raised and -1 if it is lowered; ``note`` if it marks a note."""

    text: str
    level: int = 0
    note: bool = False


def join_runs(runs: Sequence[Run], cents: list[str] | None = None) -> str:
    """Return the text of runs. Raised digits become superscript characters, apart from a number before and after.

    Two raised digits behind a price without decimals ($19⁹⁹) are its cents; each such price is added to ``cents``.
    """
    pieces = ""
    runs = _merged(runs)
    if len({run.level for run in runs if run.text.strip()}) == 1:  # nothing is beside it that it is raised against
        runs = [run if run.note else Run(run.text) for run in runs]
    for place, run in enumerate(runs):
        text = run.text
        if run.level and text.strip():
            text = text.strip() if run.level > 0 else text
            if run.level > 0 and re.fullmatch(r"[.,]\d\d", text) and pieces[-1:].isdigit():  # 19 and a raised .99
                pieces += text
                continue
            following = runs[place + 1].text if place + 1 < len(runs) else ""
            if run.level > 0 and not run.note and re.fullmatch(r"\d\d", text):
                if re.search(r"\d[.,]$", pieces):  # 19,⁹⁹
                    pieces += text
                    continue
                if _PRICE.search(pieces) or (_WHOLE.search(pieces) and _SIGN_BEHIND.match(following)):
                    sign = "," if re.search(r"\.\d{3}$", pieces) else "."
                    pieces += f"{sign}{text}"
                    if cents is not None:
                        cents.append(pieces.rsplit(None, 1)[-1])
                    continue
            if _DIGITS.fullmatch(text):
                text = text.translate(_RAISED if run.level > 0 else _LOWERED)
            if _stands_apart(pieces, text, run.note):
                text = f" {text}"
        elif pieces[-1:] in _ANY_SIGN and text[:1].isdigit():
            pieces += " "
        pieces += text
    return pieces


def _stands_apart(before: str, text: str, note: bool) -> bool:
    """Return whether a space keeps raised text apart: behind a number, and behind a word that is no unit (m², km²)."""
    if note or re.search(r"\d[.,%)'’]?$", before):
        return note or re.fullmatch(_ORDINAL, text) is None
    return text[:1] in _SIGNS and re.search(r"[^\W\d_]{3,}$", before) is not None


def _merged(runs: Sequence[Run]) -> list[Run]:
    """Join neighbours of one look: word processors cut runs anywhere."""
    merged: list[Run] = []
    for run in runs:
        if not run.text:
            continue
        if merged and (merged[-1].level, merged[-1].note) == (run.level, run.note):
            merged[-1] = Run(merged[-1].text + run.text, run.level, run.note)
        else:
            merged.append(run)
    return merged
