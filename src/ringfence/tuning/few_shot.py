"""Examples for the base without a training: from the documents that were trained on, and no others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..inference.prompts import LEAST_ROOM
from ..labels.likeness import Likeness
from ..tasks import Example
from .examples import Encoded

__all__ = ["fixed_examples", "pool_of"]

MOST_LOOKS = 3  # documents of different looks, where answers are no labels
MOST_LABELS = 50  # that a task shows
LABEL_TOKENS = 32  # what stands around a text in an example, and the label


def pool_of(train: Sequence[Encoded], context: int, count: int) -> list[Example]:
    """The examples that can be shown: the longest ``count`` of them would fit (see ``fixed_examples``)."""
    room = _room(train, context)
    return [example for example, size in _sizes(train).items() if count * size <= room]


def fixed_examples(train: Sequence[Encoded], context: int) -> list[Example]:
    """The same few examples for every document, most typical first, as many as fit.

    One for each label, the text that is most like the others of its label; where answers are no labels, one for each
    of the three commonest looks. They take at most half of the context, and leave room for the longest document.
    """
    sizes, room = _sizes(train), _room(train, context)
    pool = [example for example, size in sizes.items() if size <= room]
    if not pool:
        return []
    likeness = Likeness.by_words([example.text for example in pool])
    alike = likeness.between(slice(None), slice(None))
    found = []
    for place in _of_labels(pool, alike) if pool[0].labels else _of_looks(alike, likeness.same_look):
        if sizes[pool[place]] <= room:
            found.append(pool[place])
            room -= sizes[pool[place]]
    return found


def _room(train: Sequence[Encoded], context: int) -> int:
    longest = max((len(each.ids) for each in train), default=0)
    return min(context // 2, context - longest - LEAST_ROOM)


def _sizes(train: Sequence[Encoded]) -> dict[Example, int]:
    """The tokens of each example, a little too many: those of its own prompt, less what all prompts of labels share."""
    shortest = min((len(each.ids) for each in train), default=0)
    return {
        each.example.shown: len(each.ids) if each.example.shown.answer else len(each.ids) - shortest + LABEL_TOKENS
        for each in train
        if each.example.shown
    }


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
