"""Examples for the base without a training: from the documents that were trained on, and no others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..labels.likeness import Likeness
from ..tasks import Example
from ..tasks.classify.labels import EXAMPLE_CHARACTERS
from .examples import Encoded

__all__ = ["fixed_examples", "pool_of"]

MOST_LOOKS = 3  # documents of different looks, where answers are no labels
MOST_LABELS = 50  # that a task shows
SHARE = 4  # the examples get a quarter of the context
CHARACTERS = 2  # of a token at least, in documents full of digits


def pool_of(train: Sequence[Encoded], context: int, count: int) -> list[Example]:
    """The examples that can be shown: ``count`` of the longest together take at most a quarter of the context."""
    shown = dict.fromkeys(each.example.shown for each in train if each.example.shown)
    return [example for example in shown if count * _size(example) <= CHARACTERS * context // SHARE]


def fixed_examples(train: Sequence[Encoded], context: int) -> list[Example]:
    """The same few examples for every document, most typical first, as many as fit a quarter of the context.

    One for each label, the text that is most like the others of its label; where answers are no labels, one for each
    of the three commonest looks.
    """
    pool = pool_of(train, context, 1)
    if not pool:
        return []
    likeness = Likeness.by_words([example.text for example in pool])
    alike = likeness.between(slice(None), slice(None))
    chosen = _of_labels(pool, alike) if pool[0].labels else _of_looks(alike, likeness.same_look)
    found, room = [], CHARACTERS * context // SHARE
    for place in chosen:
        room -= _size(pool[place])
        if room >= 0:
            found.append(pool[place])
    return found


def _of_labels(pool: Sequence[Example], alike: np.ndarray) -> list[int]:
    groups: dict[tuple[str, ...], list[int]] = {}
    for place, example in enumerate(pool):
        groups.setdefault(example.labels, []).append(place)
    common = sorted(groups.values(), key=len, reverse=True)[:MOST_LABELS]
    return [max(group, key=lambda place: alike[place, group].sum()) for group in common]


def _of_looks(alike: np.ndarray, same: float) -> list[int]:
    left = set(range(len(alike)))
    chosen: list[int] = []
    while left and len(chosen) < MOST_LOOKS:
        best = max(sorted(left), key=lambda place: sum(alike[place, one] >= same for one in left))
        chosen.append(best)
        left -= {one for one in left if alike[best, one] >= same} | {best}
    return chosen


def _size(example: Example) -> int:
    """The characters of an example in a prompt; the text of a label is cut."""
    return len(example.text) + len(example.answer) if example.answer else min(len(example.text), EXAMPLE_CHARACTERS)
