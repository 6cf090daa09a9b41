"""The place that a written text value stands for: the cell with words, the whole line, all lines of the cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...documents import CellLines
from .cell_words import with_words
from .starts import with_whole_start
from .text_runs import Match, RunRule

__all__ = ["meant_place"]


def meant_place(
    rule: RunRule, match: Match, logprobs: Sequence[float], *, is_form: bool, cell_lines: CellLines, window_end: int
) -> tuple[Match, dict[str, int]]:
    """The place that ``match`` stands for, and the features that say how it was moved there.

    ``is_form`` says what the document is; ``logprobs`` are those of the tokens of the value, in nats. A value that
    stays on its line goes on in the further lines of its cell, if the window has them all.
    """
    if (worded := with_words(rule, match)) != match:
        whole, moved = worded, {"cell_moved": 1}
    else:
        whole = with_whole_start(rule, match, is_form, logprobs)
        moved = {"start_moved": 1} if whole != match else {}
    below = (
        cell_lines.below(*whole.spans[0], in_row=rule.one_line) if rule.spec.within == "line" or rule.one_line else ()
    )
    if not below or below[-1][1] > window_end:
        return whole, moved
    return replace(whole, below=below), {**moved, "cell_lines": 1 + len(below)}
