"""The place that a written text value stands for: the cell with words, the whole line, all lines of the cell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ...documents import Below, CellLines, ends_open, joined_lines
from .cell_words import is_code, with_words
from .party_names import has_more_than_a_name, lacks_a_name, name_below
from .starts import with_lines_above, with_whole_start, without_numbers_above
from .text_runs import Match, RunRule

__all__ = ["meant_place", "text_at"]

# The number of a customer. Of 22 orders that print one behind the advertiser the gold has it in 11, and lacks it in 11.
_NUMBER_BEHIND = re.compile(r" ?\((?!(?:19|20)\d\d\))\d{3,}\)")


def meant_place(
    rule: RunRule,
    match: Match,
    logprobs: Sequence[float],
    *,
    name: str,
    is_form: bool,
    cell_lines: CellLines,
    window_end: int,
) -> tuple[Match, dict[str, int]]:
    """The place that ``match`` stands for, and the features that say how it was moved there.

    ``name`` is that of the field, ``is_form`` says what the document is; ``logprobs`` are those of the tokens of the
    value, in nats. A value that stays on its line goes on in the further lines of its cell, as far as the window has
    them.
    """
    by_words = with_words if rule.one_line or rule.spec.holds else name_below
    if rule.words and (worded := by_words(rule, match)) != match:
        whole, moved = worded, {"cell_moved": 1}
    else:
        whole = with_whole_start(rule, match, is_form, logprobs)
        if not rule.one_line:
            whole = with_lines_above(rule, without_numbers_above(rule, whole, name), name)
        moved = {"start_moved": 1} if whole != match else {}
    stays = rule.spec.within == "line" or rule.one_line
    found = cell_lines.below(*whole.spans[0], in_row=rule.one_line) if stays else Below()
    lines = tuple(line for line in found.lines if line[1] <= window_end)
    whole = replace(whole, below=lines, more_below=found.more or lines != found.lines)
    return whole, {**moved, "cell_lines": 1 + len(lines)} if lines else moved


def text_at(rule: RunRule, match: Match) -> tuple[str | None, list[str]]:
    """The text value at a place, with its flags; None if it has more segments than the field allows."""
    places = [match.spans[0], *match.below]
    lines = [rule.document.text[start:end] for start, end in places]
    value = joined_lines(lines)
    if sum(rule.segment_count(*place) for place in places) > rule.spec.max_segments:
        return None, ["over-max-segments"]
    doubts = {
        "over-lines": bool(match.below) or match.from_above,
        "more-below": match.more_below,
        "ends-open": ends_open(value),
        "number-behind": rule.spec.within == "line" and _has_number_behind(rule.document.text, *places[-1]),
        "more-than-name": rule.words and not rule.one_line and has_more_than_a_name(value),
        "no-words": rule.words and (_lacks_words if rule.one_line else lacks_a_name)(value),
    }
    return value, [flag for flag, doubtful in doubts.items() if doubtful]


def _lacks_words(value: str) -> bool:
    """Whether a text is a number, or a code with at least as many digits as letters."""
    return is_code(value) and sum(map(str.isdigit, value)) >= sum(map(str.isalpha, value))


def _has_number_behind(text: str, start: int, end: int) -> bool:
    """Whether a number in parentheses follows a text, or ends it."""
    opens = text.rfind("(", start, end)
    return any(_NUMBER_BEHIND.match(text, place) for place in (end, *([opens] if text[end - 1] == ")" else [])))
