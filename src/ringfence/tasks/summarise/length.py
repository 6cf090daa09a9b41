"""Choose the sentences of a summary so that it has the length that was asked for."""

from __future__ import annotations

from collections.abc import Collection, Sequence

__all__ = ["TOLERANCE", "chosen", "least_words", "most_words"]

TOLERANCE = 0.1  # of the words asked for


def least_words(asked: int) -> int:
    """The fewest words that are within a tenth of those asked for."""
    return round(asked * (1 - TOLERANCE))


def most_words(asked: int) -> int:
    """The most words that are within a tenth of those asked for."""
    return round(asked * (1 + TOLERANCE))


def chosen(words: Sequence[int], worth: Sequence[float], asked: int, needed: Collection[int] = ()) -> list[int]:
    """Return the numbers of the sentences to keep, in order: of the most worth whose words are within a tenth.

    If no choice is so long, the one that is nearest. All are kept if they are not longer than that. ``needed`` are
    always kept, and one is kept in any case.
    """
    if sum(words) <= most_words(asked):
        return list(range(len(words)))
    best: dict[int, tuple[float, int]] = {sum(words[n] for n in needed): (0.0, sum(1 << n for n in needed))}
    for number, size in enumerate(words):
        if number in needed:
            continue
        for total, (value, mask) in list(best.items()):
            more = (value + max(worth[number], 1e-6), mask | 1 << number)
            if total <= asked and more[0] > best.get(total + size, (-1.0, 0))[0]:
                best[total + size] = more
    within = {total: row for total, row in best.items() if least_words(asked) <= total <= most_words(asked)}
    if within:
        mask = -max((value, -mask) for value, mask in within.values())[1]  # of equals the first sentences
    else:
        mask = min((abs(total - asked), -value, mask) for total, (value, mask) in best.items() if mask)[2]
    return [number for number in range(len(words)) if mask >> number & 1]
