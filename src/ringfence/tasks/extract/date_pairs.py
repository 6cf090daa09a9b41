"""First and last day of one range: two date fields whose values are printed together.

A small model takes one day from one range and the other from another. In 276 of 286 advertising orders the right pair
is one printed range; of 14 answered pairs that are none, none was right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..recognisers import Candidate
from .answer import FieldValue

__all__ = ["FIRST_AND_LAST", "DatePair", "date_pairs", "with_one_range"]

# A check such as due_date >= date does not make a pair: the two are seldom printed as one range.
FIRST_AND_LAST = (
    ("from", "to"),
    ("from", "until"),
    ("from", "till"),
    ("start", "end"),
    ("begin", "end"),
    ("first", "last"),
    ("von", "bis"),
)


@dataclass(frozen=True)
class DatePair:
    """The paths of the first and the last day."""

    first: str
    last: str


def date_pairs(fields: Mapping[str, Any]) -> list[DatePair]:
    """The pairs among ``fields`` (by path): dates whose names differ in one word, such as ``from`` and ``to``."""
    dates = [path for path, spec in fields.items() if spec.kind == "date"]
    return [DatePair(path, other) for path in dates for other in _partners(path) if other in dates]


def _partners(path: str) -> Iterator[str]:
    record, dot, name = path.rpartition(".")
    words = name.split("_")
    for number, word in enumerate(words):
        for first, last in FIRST_AND_LAST:
            if word == first:
                yield record + dot + "_".join([*words[:number], last, *words[number + 1 :]])


def with_one_range(
    pair: DatePair,
    values: dict[str, FieldValue],
    periods: Sequence[Candidate],
    ground: Callable[[str, str, Candidate], FieldValue | None],
) -> dict[str, FieldValue]:
    """``values`` with both days of one printed range, where only one of the two is an end of a range.

    Of several such ranges the one that holds all others counts: the lines of an order have ranges within its own. If
    none does, both days stay as they are, with a flag. ``ground`` finds a day (path, ISO date) within a range.
    """
    found = {path: values[path] for path in (pair.first, pair.last) if path in values}
    days = [value.value for value in found.values()]
    if len(days) < 2 or None in days:
        return values
    first, last = days
    ranges = {(period.value["from"], period.value["to"]): period for period in reversed(periods) if period.value}
    fitting = [days for days in ranges if days[0] == first or days[1] == last]
    if not fitting or (first, last) in ranges:
        return values
    widest = (min(begin for begin, _ in fitting), max(end for _, end in fitting))
    if widest not in fitting:
        for value in found.values():
            value.answer.flags.append("ambiguous-period")
        return values
    changed = dict(values)
    for path, day, stated in zip(found, widest, days, strict=True):
        if day != stated:
            taken = ground(path, day, ranges[widest])
            if taken is None:
                return values
            taken.answer.features = found[path].answer.features
            taken.answer.chosen_by = "period"
            changed[path] = taken
    return changed
