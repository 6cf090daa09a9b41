"""Slots: the places of the values in a written answer, of single fields and of the fields of rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..fields import LeafSpec
from .grammar import Rule
from .list_grammar import BETWEEN, ListRule, WrittenValue

__all__ = ["Slot", "WrittenRow", "rows_written", "slots_of_rows"]

WrittenRow = tuple[int, dict[str, WrittenValue]]
"""A record as it was written: the start of its row or block in the document, and its values by field."""


@dataclass(frozen=True)
class Slot:
    """The place of a value in a written answer, from the space before it to its end.

    ``path`` counts the rows of the answer's own window: ``lines[0].amount``. ``ending`` is what the model writes after
    the value, by which it is known to be complete. Behind the value that ``ends`` the answer it may also end its turn.
    """

    path: str
    start: int
    end: int
    spec: LeafSpec
    rule: Rule | None
    nullable: bool
    ending: str = "\n"
    ends: bool = False


def rows_written(rule: ListRule, text: str) -> list[WrittenRow] | None:
    """The records in the ``text`` of a list that hold a value; None if the text is no such list."""
    records = rule.read(text)
    if records is None:
        return None
    return [(anchor, row) for anchor, row in records if any(value.reading is not None for value in row.values())]


def slots_of_rows(name: str, rule: ListRule, rows: Sequence[WrittenRow], start: int) -> Iterator[Slot]:
    """The slots in the rows of the list ``name``, whose text begins at ``start`` of the answer.

    There are none in a list of one field: each of its values is a row of its own, so no row has another.
    """
    specs = rule.spec.fields
    if len(specs) == 1:
        return
    for number, (_, row) in enumerate(rows):
        last = list(row)[-1]
        for leaf, value in row.items():
            path, nullable = f"{name}[{number}].{leaf}", not specs[leaf].required
            ending = "\n" if leaf == last else BETWEEN
            yield Slot(path, start + value.start, start + value.end, specs[leaf], value.rule, nullable, ending)
