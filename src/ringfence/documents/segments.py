"""Split text into segments: words, numbers with their inner punctuation, and punctuation marks."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Segment", "cut_segments"]

# A number keeps its inner punctuation (1,249.50 or 25/12/2018) and a word its apostrophe. Combining marks stay with
# their letter because text is NFC; \w matches them only partly.
_SEGMENT = re.compile(r"\d+(?:[.,:/'’-]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*|_+|[^\w\s]|\w")


@dataclass(frozen=True, slots=True)
class Segment:
    """The range ``text[start:end]`` of a word, a number or a punctuation mark."""

    start: int
    end: int


def cut_segments(text: str) -> tuple[Segment, ...]:
    """Return the segments of ``text`` in order. Together they cover every non-whitespace character."""
    return tuple(Segment(match.start(), match.end()) for match in _SEGMENT.finditer(text))
