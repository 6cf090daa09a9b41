"""What a model wrote, before its sentences are read: its own turn only, and numbers that can be read."""

from __future__ import annotations

import re

__all__ = ["NEXT_TURN", "own_turn", "with_parted_numbers"]

NEXT_TURN = "next-turn"
# The 1.5B went on with a question and an answer of its own: "Human: Can you please summarize the key points".
_NEXT_TURN = re.compile(r"(?:^|\n)\W{0,3}((?:human|user|assistant|system|question|answer|ai|bot)\s?:)", re.IGNORECASE)
_JOINED = re.compile(r"\S*\d[.,][^\W\d_]{2}\S*")
_BEHIND_STOP = re.compile(r"(?<=\d[.,])(?=[^\W\d_]{2})")


def own_turn(text: str, printed: str) -> str:
    """The text up to a line that begins another turn, as it is named in no ``printed`` text."""
    known = printed.casefold()
    starts = (turn.start() for turn in _NEXT_TURN.finditer(text) if turn[1].casefold() not in known)
    return text[: next((start for start in starts if text[:start].strip()), len(text))]


def with_parted_numbers(text: str, printed: str) -> str:
    """The text with the space that lacks between a number with its stop and a word: *It cost 777.Then*.

    Otherwise no number is read there, so none is looked up. What is ``printed`` so stays.
    """
    known = printed.casefold()
    for token in _JOINED.findall(text):
        if token.casefold().strip(".,;:!?") not in known:
            text = text.replace(token, _BEHIND_STOP.sub(" ", token))
    return text
