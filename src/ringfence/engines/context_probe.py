"""How much of a prompt a server reads that does not report its context: some cut what is too long, without a word."""

from __future__ import annotations

import threading
from collections.abc import Callable

__all__ = ["ContextProbe"]

SMALLEST = 512  # tokens
FEW, MORE = 32, 160  # words of the two short texts that show how many tokens a word is


class ContextProbe:
    """Asks a server to count the tokens of texts of known length, before a prompt of that length is sent.

    ``count`` returns how many prompt tokens the server reports for a text; None if it reports none or refuses the text,
    because a refusal is loud. ``limit`` is the most that the server reads, once it is known. A server that reports no
    counts, or always the same, cannot be tried.
    """

    def __init__(self, count: Callable[[str], int | None]) -> None:
        self._count = count
        self._lock = threading.Lock()
        self._reads = 0
        self._base: tuple[int, float] | None = None  # tokens of FEW words, and of each word more
        self.limit: int | None = None
        self.counts: bool | None = None  # whether the server reports counts; None as long as it was not asked

    def ensure(self, tokens: int) -> None:
        """Find out whether the server reads a prompt of ``tokens``; sets ``limit`` if it does not."""
        with self._lock:
            if self.limit is not None or self.counts is False or tokens <= self._reads:
                return
            if self._base is None:
                few, more = self._count(_text(FEW)), self._count(_text(MORE))
                self.counts = few is not None and more is not None and more > few
                if few is None or more is None or more <= few:
                    return
                self._base = few, (more - few) / (MORE - FEW)
            size = SMALLEST
            while size < tokens:
                size *= 2
            few, each = self._base
            words = FEW + max(0, int((size - few) / each))
            read = self._count(_text(words))
            if read is not None and read < 0.99 * (few + each * (words - FEW)) - 8:
                self.limit = read
            else:
                self._reads = size


def _text(words: int) -> str:
    """Its first word differs, so that a server's cache of beginnings does not shorten the count."""
    return f"{words}" + " word" * words
