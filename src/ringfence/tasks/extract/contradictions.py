"""What an answer says against itself, as flags: one number in two fields, the head of a table as an item."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...contracts import FieldAnswer, field_of, value_at
from ..fields import ListField
from .date_pairs import FIRST_AND_LAST
from .page_labels import letters_of, wanted_words
from .plan import Prepared
from .task import ExtractTask

__all__ = ["flag_doubts", "flag_same_place", "records_of"]

# Of 20 invoices 8 rows had one number in several fields, none of them right. Of single fields 4 of 233 documents have
# one that is printed once, as net and as total: all wrong.
SAME_PLACE = "same-place"
BARE_ROW = "bare-row"
LABEL = "is-its-label"
_NUMBERS = frozenset({"number", "money", "percent"})
_FIRST = frozenset([first for first, _ in FIRST_AND_LAST] + ["beginn", "in", "arrival", "pickup"])
_LAST = frozenset([last for _, last in FIRST_AND_LAST] + ["ende", "out", "departure", "return"])
_ONCE = _NUMBERS | {"date", "code"}  # of single fields; one name may well be two parties


def flag_doubts(task: ExtractTask, fields: Mapping[str, FieldAnswer]) -> None:
    """Flag the values of doubtful records, and a text that is only the name of its field.

    A record is doubtful if one place of it is the value of several fields with numbers, or if it has none of the
    numbers that other records have.
    """
    for path, answer in fields.items():
        leaf = path.rpartition(".")[2]
        if (
            answer.kind != "null"
            and letters_of(answer.raw or "") == letters_of(leaf)
            and task.kinds.get(field_of(path)) == "text"
        ):
            answer.flags.append(LABEL)
    for name, spec in task.fields.items():
        if isinstance(spec, ListField):
            _flag_records(spec, list(records_of(name, spec, fields)))


def flag_same_place(prepared: Prepared, values: Mapping[str, Any], fields: Mapping[str, FieldAnswer]) -> None:
    """Flag a number, date or code that more single fields have than places of the document state it.

    The first and the last day of something may be one, and so may two fields that one label names.
    """
    flat, labels = prepared.task.flat, prepared.labels
    single = {
        path: fields[path]
        for path, spec in flat.items()
        if spec.kind in _ONCE and path in fields and fields[path].spans and prepared.candidates.get(path)
    }
    for path, answer in single.items():
        (start, end), *_ = answer.spans
        others = [
            other
            for other, entry in single.items()
            if other != path and entry.spans[0][0] < end and start < entry.spans[0][1] and not _is_period(path, other)
        ]
        said = labels.words_around(start, end) if others else frozenset()
        apart = [
            other for other in others if said.isdisjoint(wanted_words(path)) or said.isdisjoint(wanted_words(other))
        ]
        value = value_at(values, path)
        places = sum(value in (each.value, *each.readings) for each in prepared.candidates[path])
        if apart and len(apart) >= places:
            answer.flags.append(SAME_PLACE)


def _is_period(path: str, other: str) -> bool:
    """Whether two fields are the first and the last day of something."""
    one, two = (set(re.split(r"[_.]", each)) for each in (path, other))
    return bool((one & _FIRST and two & _LAST) or (two & _FIRST and one & _LAST))


def _flag_records(spec: ListField, records: Sequence[Mapping[str, FieldAnswer]]) -> None:
    numbers = [leaf for leaf, each in spec.fields.items() if each.kind in _NUMBERS]
    stated = [[record[leaf] for leaf in numbers if leaf in record and record[leaf].spans] for record in records]
    for record, answers in zip(records, stated, strict=True):
        is_bare = len(numbers) > 1 and not answers and any(stated)
        doubts = {SAME_PLACE: _shares_a_place(answers), BARE_ROW: is_bare}
        for answer in record.values():
            if answer.kind != "null":
                answer.flags += [flag for flag, doubtful in doubts.items() if doubtful]


def _shares_a_place(answers: Sequence[FieldAnswer]) -> bool:
    """Whether more fields have the value of one text than it is printed in the record.

    One of a thing costs its price: there the only amount may be both.
    """
    fields = Counter(tuple(answer.spans[:1]) for answer in answers)
    printed = {tuple(answer.spans[:1]): 1 + len(answer.others) for answer in answers}
    single = any(re.fullmatch(r"1(?:[.,]0+)?", answer.raw or "") for answer in answers)
    return any(count > max(printed[place], 2 if single else 1) for place, count in fields.items())


def records_of(name: str, spec: ListField, fields: Mapping[str, FieldAnswer]) -> Iterator[dict[str, FieldAnswer]]:
    """The records of the list ``name``, each with its answers by field."""
    number = 0
    while record := {leaf: found for leaf in spec.fields if (found := fields.get(f"{name}[{number}].{leaf}"))}:
        yield record
        number += 1
