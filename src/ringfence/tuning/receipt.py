"""The receipt of the loss mask: which tokens of an example are learned, for people to see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from .examples import Encoded

__all__ = ["ShownExample", "shown_examples", "trained_tokens"]

SHOWN = 3
EDGE = 700  # characters of the prompt's text


@dataclass(frozen=True)
class ShownExample:
    """An example for people: the end of its prompt, and the parts of its answer with whether they are learned."""

    document: str
    before: str
    parts: tuple[tuple[str, bool], ...]
    tokens: int
    trained: int
    missing: tuple[str, ...]


def shown_examples(examples: Sequence[Encoded]) -> list[ShownExample]:
    """The first, the middle and the longest of the examples."""
    if not examples:
        return []
    by_length = sorted(examples, key=lambda each: len(each.ids))
    chosen = dict.fromkeys((0, len(by_length) // 2, len(by_length) - 1))
    found = []
    for place in list(chosen)[:SHOWN]:
        each = by_length[place]
        prompt = f"{each.example.prompt.user}\n{each.example.prompt.answer_start}"
        parts = tuple(
            ("".join(piece.text for piece in group), learned)
            for learned, group in groupby(each.example.pieces, key=lambda piece: piece.learned)
        )
        before = prompt if len(prompt) <= EDGE else f"... {prompt[-EDGE:]}"
        found.append(
            ShownExample(each.example.document, before, parts, len(each.ids), each.trained, each.example.missing)
        )
    return found


def trained_tokens(examples: Sequence[Encoded]) -> tuple[int, int, int]:
    """The fewest, the middle and the most learned tokens of an example."""
    counts = sorted(each.trained for each in examples) or [0]
    return counts[0], counts[len(counts) // 2], counts[-1]
