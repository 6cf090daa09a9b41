"""Cut text into segments: words, numbers with their inner punctuation, punctuation marks."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Segment", "cut_segments"]

# A number keeps the punctuation inside it (1,249.50 or 25/12/2018), a word its apostrophe; combining marks stay with
# their letter because text is NFC and \w covers them only partly.
_SEGMENT = re.compile(r"\d+(?:[.,:/'’-]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*|_+|[^\w\s]|\w")


@dataclass(frozen=True, slots=True)
class Segment:
    """``text[start:end]``: a word, a number or a punctuation mark."""

    start: int
    end: int


def cut_segments(text: str) -> tuple[Segment, ...]:
    """The segments of ``text`` in order. Together they cover every character that is not white space."""
    return tuple(Segment(match.start(), match.end()) for match in _SEGMENT.finditer(text))
