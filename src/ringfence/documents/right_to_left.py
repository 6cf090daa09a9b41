"""Turn a line of glyphs from the order on the page (left to right) into the order in which it is read.

Only lines with letters of right-to-left scripts change. A line reads leftwards if most of its letters do; in it, runs
of Latin words keep their order, and numbers always do.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Callable, Sequence

from .page_words import Glyph, reads_leftwards

__all__ = ["in_reading_order"]

_BRACKETS = dict(zip("()[]{}<>«»", ")(][}{><»«", strict=True))
_ENDS = ".,:;!?"
Token = list[Glyph]


def in_reading_order(line: list[Glyph]) -> list[Glyph]:
    """Return the glyphs of a line in reading order; the line itself if no letter in it reads leftwards."""
    leftward = sum(reads_leftwards(glyph.text) for glyph in line)
    if not leftward:
        return line
    rightward = sum(glyph.text.isalpha() for glyph in line) - leftward
    tokens = _tokens(line)
    if rightward > leftward:
        ordered = [token for turns, run in _runs(tokens, _turns_leftwards) for token in (run[::-1] if turns else run)]
    else:
        ordered = [
            token
            for straight, run in reversed(_runs(tokens, _keeps_order))
            for token in (run if straight and _has_latin(run) else run[::-1])
        ]
    return [glyph for token in ordered for glyph in _letters_in_order(token, rightward > leftward)]


def _tokens(line: list[Glyph]) -> list[Token]:
    """Split a line into words and the spaces between them."""
    return [list(run) for _, run in itertools.groupby(line, key=lambda glyph: glyph.text == " ")]


def _runs(tokens: list[Token], belongs: Callable[[Token], bool]) -> list[tuple[bool, list[Token]]]:
    """Group words that ``belong`` together with the spaces between them; other words stand alone."""
    runs: list[tuple[bool, list[Token]]] = []
    for position, token in enumerate(tokens):
        if token[0].text == " ":
            around = [tokens[beside] for beside in (position - 1, position + 1) if 0 <= beside < len(tokens)]
            member = len(around) == 2 and len(token) == 1 and all(map(belongs, around))
        else:
            member = belongs(token)
        if runs and member and runs[-1][0]:
            runs[-1][1].append(token)
        else:
            runs.append((member, [token]))
    return runs


def _turns_leftwards(token: Token) -> bool:
    return any(reads_leftwards(glyph.text) for glyph in token)


def _keeps_order(token: Token) -> bool:
    return not _turns_leftwards(token) and any(glyph.text.isalnum() for glyph in token)


def _has_latin(run: Sequence[Token]) -> bool:
    return any(glyph.text.isalpha() for token in run for glyph in token)


def _letters_in_order(token: Token, in_latin_line: bool) -> list[Glyph]:
    if not _turns_leftwards(token):
        if in_latin_line or _has_latin([token]):
            return token
        start = next((n for n, glyph in enumerate(token) if glyph.text not in _ENDS), 0)
        return token[start:] + token[:start][::-1]
    ordered: list[Glyph] = []
    for number, letters in itertools.groupby(token[::-1], key=_is_of_a_number):
        run = list(letters)
        ordered += run[::-1] if number else run
    return _with_brackets_closed(ordered)


def _is_of_a_number(glyph: Glyph) -> bool:
    return unicodedata.bidirectional(glyph.text[0]) in ("EN", "AN", "ES", "CS", "ET", "L") and glyph.text not in ":;"


def _with_brackets_closed(token: Token) -> Token:
    """Mirror the brackets of a word if the first one closes."""
    first = next((glyph.text for glyph in token if glyph.text in _BRACKETS), "")
    if first not in ")]}>»":
        return token
    return [glyph._replace(text=_BRACKETS.get(glyph.text, glyph.text)) for glyph in token] if first else token
