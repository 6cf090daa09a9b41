"""Cut a long document into windows: at blocks, overlapping by one block, with the header of a table that goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..documents import Document

__all__ = ["Window", "windows_of"]

OVERLAP_SHARE = 0.25  # a block larger than this part of a window is not read twice


@dataclass(frozen=True)
class Window:
    """``text[start:end]``; ``context`` is the header row of a table that began in an earlier window."""

    start: int
    end: int
    context: str = ""


@dataclass(frozen=True)
class _Piece:
    start: int
    end: int
    tokens: int
    context: str = ""
    whole: bool = True  # a block, not a part of one


def windows_of(document: Document, most_tokens: int, count: Callable[[str], int]) -> list[Window]:
    """Windows of at most ``most_tokens`` tokens as ``count`` counts them, in order, together the whole document.

    A block that is larger than a window is cut at lines, a line that is larger at white space.
    """
    text = document.text
    if len(text) <= most_tokens or count(text) <= most_tokens:
        return [Window(0, len(text))]
    windows: list[Window] = []
    held: list[_Piece] = []
    for piece in _pieces(document, most_tokens, count):
        if held and sum(one.tokens for one in held) + piece.tokens > most_tokens:
            windows.append(_window(held))
            last = held[-1]
            again = len(held) > 1 and last.whole and last.tokens + piece.tokens <= most_tokens
            held = [last] if again and last.tokens <= OVERLAP_SHARE * most_tokens else []
        held.append(piece)
    if held:
        windows.append(_window(held))
    return windows


def _window(pieces: list[_Piece]) -> Window:
    return Window(pieces[0].start, pieces[-1].end, pieces[0].context)


def _pieces(document: Document, most: int, count: Callable[[str], int]) -> list[_Piece]:
    """Blocks, and parts of blocks that are too large; the white space around a block costs a token or two."""
    pieces: list[_Piece] = []
    lines = iter(document.lines)
    line = next(lines, None)
    for block in document.blocks:
        rows = []
        while line is not None and line.end <= block.end:
            rows.append((line.start, line.end))
            line = next(lines, None)
        tokens = count(document.text[block.start : block.end]) + 2
        if tokens <= most:
            pieces.append(_Piece(block.start, block.end, tokens))
            continue
        first = document.text[slice(*rows[0])] if rows else ""
        header = first if first.count("   ") >= 2 and len(first) < 400 else ""
        for number, (start, end) in enumerate(rows):
            for cut_start, cut_end in _cut(document.text, start, end, most, count):
                tokens = count(document.text[cut_start:cut_end]) + 2
                pieces.append(_Piece(cut_start, cut_end, tokens, header if number else "", whole=False))
    return pieces


def _cut(text: str, start: int, end: int, most: int, count: Callable[[str], int]) -> list[tuple[int, int]]:
    """A line in parts that fit."""
    if count(text[start:end]) + 2 <= most:
        return [(start, end)]
    middle = start + (end - start) // 2
    space = text.rfind(" ", start + 1, middle)
    cut = space if space > start else middle
    if cut <= start or cut >= end:
        return [(start, end)]
    return _cut(text, start, cut, most, count) + _cut(text, cut, end, most, count)
