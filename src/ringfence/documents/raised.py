"""Raised and lowered text: footnote marks, exponents and raised cents stay apart from the number before them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = ["GUESSED_CENTS", "RAISED_DIGITS", "SUPERSCRIPTS", "Run", "grouped", "join_runs"]

SUPERSCRIPTS = str.maketrans("0123456789+-−=()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾")
_LOWERED = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
# A whole number with a currency sign before it. Behind "EUR 48" raised digits may be the mark of a note.
_PRICE = re.compile(r"[$€£¥₹]\s?\d{1,3}(?:[.,' ]?\d{3})*$")
_WHOLE = re.compile(r"(?<![.,\d])\d{1,3}(?:[.,' ]?\d{3})*$")
_AMOUNT = re.compile(r"\b[A-Z]{3}\s?\d{1,3}(?:[.,' ]?\d{3})*$")
_CODE_BEHIND = re.compile(r"\s?[A-Z]{3}\b")
_SIGN_BEHIND = re.compile(r"\s?[$€£¥₹]")
_DIGITS = re.compile(r"[\d.,+\-−=()*\s]*\d[\d.,+\-−=()*\s]*")
_ORDINAL = r"(?i:st|nd|rd|th|er|re|ère|ème|e|o|a|os|as|º|ª)"
_SIGNS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_ANY_SIGN = tuple(f"{_SIGNS}₀₁₂₃₄₅₆₇₈₉")
_TAIL = 40  # characters that decide whether what follows stands apart
GUESSED_CENTS, RAISED_DIGITS = "guessed-cents", "raised-digits"


@dataclass(frozen=True, slots=True)
class Run:
    """Text of one look. ``level`` is 1 if it is raised and -1 if it is lowered; ``note`` if it marks a note."""

    text: str
    level: int = 0
    note: bool = False


def grouped(runs: Iterable[Run]) -> list[Run]:
    """The runs of a part of a formula, in parentheses if it is more than a number or a name."""
    found = list(runs)
    words = "".join(run.text for run in found)
    return found if re.fullmatch(r"\s*[\w.,]*\s*", words) else [Run("("), *found, Run(")")]


def join_runs(runs: Sequence[Run], cents: list[str] | None = None) -> str:
    """Return the text of runs. Raised digits become superscript characters, apart from a number before and after.

    Two raised digits behind a price without decimals ($19⁹⁹) are its cents; each such price is added to ``cents``, and
    each amount (EUR 48 ¹²) whose raised digits may be cents or the mark of a note.
    """
    if not any(run.level for run in runs):
        return "".join(run.text for run in runs)
    pieces: list[str] = []
    before = ""  # the end of what is joined so far
    merged = _merged(runs)
    if len({run.level for run in merged if run.text.strip()}) == 1:  # nothing is beside it that it is raised against
        merged = [run if run.note else Run(run.text) for run in merged]
    for place, run in enumerate(merged):
        text = run.text
        if run.level and text.strip():
            following = merged[place + 1].text if place + 1 < len(merged) else ""
            core = _raised(before, run, following)
            if cents is not None and not run.note and core != text.strip() and _is_doubtful(before, core, following):
                cents.append(f"{' '.join(before.split()[-2:])}{core}")
            text = f"{text[: len(text) - len(text.lstrip())]}{core}{text[len(text.rstrip()) :]}"
        elif before[-1:] in _ANY_SIGN and text[:1].isdigit():
            text = f" {text}"
        pieces.append(text)
        before = f"{before}{text}"[-_TAIL:]
    return "".join(pieces)


def _is_doubtful(before: str, core: str, following: str) -> bool:
    """Return whether raised digits were taken for cents, or may be cents as well as the mark of a note."""
    if re.fullmatch(r"[.,]\d\d", core):
        return _WHOLE.search(before) is not None
    amount = _AMOUNT.search(before) or (_WHOLE.search(before) and _CODE_BEHIND.match(following))
    return amount is not None and re.fullmatch(rf" [{_SIGNS}]{{2}}", core) is not None


def _raised(before: str, run: Run, following: str) -> str:
    """Return raised or lowered text as it is written behind ``before``."""
    text = run.text.strip()
    if run.level > 0 and not run.note and before == before.rstrip():
        if re.fullmatch(r"[.,]\d\d", text) and before[-1:].isdigit():  # 19 and a raised .99
            return text
        if re.fullmatch(r"\d\d", text):
            if re.search(r"\d[.,]$", before):  # 19, and a raised 99
                return text
            if _PRICE.search(before) or (_WHOLE.search(before) and _SIGN_BEHIND.match(following)):
                return f"{',' if re.search(r'[.][0-9]{3}$', before) else '.'}{text}"
    if _DIGITS.fullmatch(text):
        text = text.translate(SUPERSCRIPTS if run.level > 0 else _LOWERED)
    return f" {text}" if _stands_apart(before, text, run.note) else text


def _stands_apart(before: str, text: str, note: bool) -> bool:
    """Return whether a space keeps raised text apart: behind a number, and behind a word that is no unit (m², km²)."""
    if note or re.search(r"\d[.,%)'’]?$", before):
        return note or re.fullmatch(_ORDINAL, text) is None
    return text[:1] in _SIGNS and re.search(r"[^\W\d_]{3,}$", before) is not None


def _merged(runs: Sequence[Run]) -> list[Run]:
    """Join neighbours of one look: word processors cut runs anywhere."""
    filled = (run for run in runs if run.text)
    return [
        Run("".join(run.text for run in same), level, note)
        for (level, note), same in itertools.groupby(filled, key=lambda run: (run.level, run.note))
    ]
