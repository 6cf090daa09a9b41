"""Split a long document into windows at blocks: one block of overlap, the headers of continued tables, the head."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ..documents import Block, Document, Line

__all__ = ["Window", "windows_of"]

OVERLAP_SHARE = 0.25  # of a window; a larger block is not repeated in the next window
HEAD_SHARE = 1 / 16  # of a window, at most, for the first lines of the document
HEAD_TOKENS = 160  # the title, the parties and the date of most contracts, the letterhead of most letters


@dataclass(frozen=True)
class Window:
    """The part ``text[start:end]``; ``context`` is the header row of a table that began in an earlier window.

    ``text[:head]`` is shown as well; 0 if it is not, or is part of the window.
    """

    start: int
    end: int
    context: str = ""
    head: int = 0

    @property
    def parts(self) -> tuple[tuple[int, int], ...]:
        """The parts of the text that the window shows, in order."""
        return (((0, self.head),) if self.head else ()) + ((self.start, self.end),)

    def shows(self, start: int, end: int) -> bool:
        """Whether ``text[start:end]`` is whole in one of the parts."""
        return any(first <= start and end <= last for first, last in self.parts)

    def clipped(self, parts: Sequence[Line | Block]) -> list[tuple[int, int]]:
        """The spans of lines or blocks, as far as the window shows them."""
        return [
            (max(part.start, start), min(part.end, end))
            for start, end in self.parts
            for part in parts
            if part.start < end and part.end > start
        ]


@dataclass(frozen=True)
class _Piece:
    start: int
    end: int
    tokens: int
    context: str = ""
    whole: bool = True  # a whole block, not part of one


def windows_of(
    document: Document, most_tokens: int, count: Callable[[str], int], *, with_head: bool = False
) -> list[Window]:
    """Split ``document`` into windows of at most ``most_tokens`` tokens, in order; together they cover all of it.

    ``count`` returns the number of tokens of a text. A block larger than a window is split at lines, a line larger than
    a window at white space. ``with_head`` shows the first lines of the document in every window: a later one says *the
    agreement* and *the supplier* where only the first page names them.
    """
    text = document.text
    if len(text) <= most_tokens or count(text) <= most_tokens:
        return [Window(0, len(text))]
    head = _head(document, min(HEAD_TOKENS, int(HEAD_SHARE * most_tokens)), count) if with_head else 0
    if head:
        most_tokens -= count(text[:head]) + 4  # and what stands between it and the window
    windows: list[Window] = []
    held: list[_Piece] = []
    for piece in _pieces(document, most_tokens, count):
        if held and sum(earlier.tokens for earlier in held) + piece.tokens > most_tokens:
            windows.append(_window(held))
            last = held[-1]
            again = len(held) > 1 and last.whole and last.tokens + piece.tokens <= most_tokens
            held = [last] if again and last.tokens <= OVERLAP_SHARE * most_tokens else []
        held.append(piece)
    if held:
        windows.append(_window(held))
    return [replace(window, head=head) if window.start >= head else window for window in windows]


def _head(document: Document, most_tokens: int, count: Callable[[str], int]) -> int:
    """Where the first lines that have at most so many tokens end; 0 if the first line alone has more."""
    end = 0
    for line in document.lines:
        if line.end > 8 * most_tokens or count(document.text[: line.end]) > most_tokens:
            break
        end = line.end
    return end


def _window(pieces: list[_Piece]) -> Window:
    return Window(pieces[0].start, pieces[-1].end, pieces[0].context)


def _pieces(document: Document, most_tokens: int, count: Callable[[str], int]) -> list[_Piece]:
    """Blocks, and parts of blocks that are too large; the white space around each costs a token or two."""
    pieces: list[_Piece] = []
    lines = iter(document.lines)
    line = next(lines, None)
    for block in document.blocks:
        rows = []
        while line is not None and line.end <= block.end:
            rows.append((line.start, line.end))
            line = next(lines, None)
        tokens = count(document.text[block.start : block.end]) + 2
        if tokens <= most_tokens:
            pieces.append(_Piece(block.start, block.end, tokens))
            continue
        first = document.text[slice(*rows[0])] if rows else ""
        header = first if first.count("   ") >= 2 and len(first) < 400 else ""
        for number, (start, end) in enumerate(_with_continuations(document.text, rows, most_tokens, count)):
            for cut_start, cut_end in _cut(document.text, start, end, most_tokens, count):
                tokens = count(document.text[cut_start:cut_end]) + 2
                pieces.append(_Piece(cut_start, cut_end, tokens, header if number else "", whole=False))
    return pieces


def _with_continuations(
    text: str, rows: list[tuple[int, int]], most_tokens: int, count: Callable[[str], int]
) -> list[tuple[int, int]]:
    """The rows, each with the indented lines behind it, which go on with its cells, as far as a window has room."""
    joined: list[tuple[int, int]] = []
    for start, end in rows:
        goes_on = bool(joined) and text[start : start + 2].isspace()
        if goes_on and count(text[joined[-1][0] : end]) <= OVERLAP_SHARE * most_tokens:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _cut(text: str, start: int, end: int, most_tokens: int, count: Callable[[str], int]) -> list[tuple[int, int]]:
    """Split a line into parts that fit."""
    if count(text[start:end]) + 2 <= most_tokens:
        return [(start, end)]
    middle = start + (end - start) // 2
    space = text.rfind(" ", start + 1, middle)
    cut = space if space > start else middle
    if cut <= start or cut >= end:
        return [(start, end)]
    return _cut(text, start, cut, most_tokens, count) + _cut(text, cut, end, most_tokens, count)
