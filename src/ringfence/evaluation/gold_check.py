"""What is wrong with gold: its form, twins that contradict each other, and values that their documents do not say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from typing import Any

from ..documents import Document
from ..tasks import Task
from ..tasks.candidates import find_candidates
from ..tasks.fields import PatternField
from .agreement import same_value
from .families import Pair
from .gold import GoldEntry
from .gold_values import GoldField, fields_of, is_decimal

__all__ = ["Fault", "form_faults", "leaves", "twin_faults", "unsaid"]

_DURATION = re.compile(r"-?P(?=[\dT])(\d+(\.\d+)?[YMWD])*(T(\d+(\.\d+)?[HMS])+)?")


@dataclass(frozen=True)
class Fault:
    """One fault of gold. ``grave`` ones make figures wrong; the others are to be looked at."""

    document: str
    field: str
    what: str
    grave: bool = True


def leaves(task: Task, values: Mapping[str, Any]) -> Iterator[tuple[GoldField, str, Any]]:
    """Every stated value as (field, path with row, value): ``lines[0].amount``."""
    for path, spec in fields_of(task).items():
        if spec.of_list:
            leaf = path.removeprefix(f"{spec.of_list}.")
            records = values.get(spec.of_list)
            for number, record in enumerate(records if isinstance(records, list) else ()):
                if isinstance(record, Mapping) and leaf in record:
                    yield spec, f"{spec.of_list}[{number}].{leaf}", record[leaf]
            continue
        record, _, leaf = path.rpartition(".")
        holder = values.get(record) if record else values
        if isinstance(holder, Mapping) and leaf in holder:
            yield spec, path, holder[leaf]


def form_faults(entries: Mapping[str, GoldEntry], task: Task) -> list[Fault]:
    """Names that the task does not have, and values and places that are not in the form of the contract."""
    fields = fields_of(task)
    lists = {spec.of_list for spec in fields.values() if spec.of_list}
    found = []
    for identity, entry in entries.items():
        shapes = [fault for name, value in entry.values.items() for fault in _shape(name, value, fields, lists, task)]
        shapes += [(path, "marks no place [[start, end], ...]") for path, s in entry.spans.items() if not _is_places(s)]
        found += [Fault(identity, path, what) for path, what in shapes]
        for spec, path, value in leaves(task, entry.values):
            if value is not None and (what := _form(spec, value)):
                found.append(Fault(identity, path, what))
    return found


def _shape(
    name: str, value: Any, fields: Mapping[str, GoldField], lists: AbstractSet[str | None], task: Task
) -> Iterator[tuple[str, str]]:
    """What is wrong with the outer form of one value: (path, what)."""
    leaf_names = {path.partition(".")[2] for path in fields if path.startswith(f"{name}.")}
    if name in lists:
        if value is not None and not (isinstance(value, list) and all(isinstance(one, Mapping) for one in value)):
            yield name, "is no list of records"
            return
        for row, record in enumerate(value or []):
            for leaf in record:
                if leaf not in leaf_names:
                    yield f"{name}[{row}].{leaf}", "the task has no such field"
    elif name in fields or (task.kind == "summarise" and name == "evidence"):
        return
    elif not leaf_names:
        yield name, "the task has no such field"
    elif value is not None and not isinstance(value, Mapping):
        yield name, "is no record"
    else:
        for leaf in value or ():
            if leaf not in leaf_names:
                yield f"{name}.{leaf}", "the task has no such field"


def _is_places(spans: Any) -> bool:
    return isinstance(spans, list) and all(
        isinstance(one, list) and len(one) == 2 and all(type(edge) is int for edge in one) and 0 <= one[0] < one[1]
        for one in spans
    )


def _form(spec: GoldField, value: Any) -> str | None:
    kind = spec.kind
    if kind == "boolean":
        return None if isinstance(value, bool) else "is neither true nor false"
    if kind == "choices":
        good = isinstance(value, list) and all(one in spec.options for one in value)
        return None if good else "is no list of the task's labels"
    if kind == "money":
        good = isinstance(value, Mapping) and set(value) <= {"amount", "currency"} and _is_number(value.get("amount"))
        return None if good else 'is not {"amount": "12.50", "currency": "EUR"}'
    if not isinstance(value, str):
        return "is not a text"
    if kind == "choice":
        return None if value in spec.options else "is not one of the options"
    if kind == "number":
        return None if _is_number(value) else "is no decimal number"
    if kind == "duration":
        return None if _DURATION.fullmatch(value) else "is no ISO 8601 duration"
    if kind == "date":
        try:
            if not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
                raise ValueError
            date.fromisoformat(value)
        except ValueError:
            return "is no date written as 2024-03-12"
    if kind == "iban" and not re.fullmatch(r"[A-Z]{2}\d\d[A-Z0-9]+", value):
        return "is no IBAN in capitals without spaces"
    return None


def _is_number(value: Any) -> bool:
    return isinstance(value, str) and is_decimal(value)


def twin_faults(entries: Mapping[str, GoldEntry], pairs: list[Pair]) -> list[Fault]:
    """Near-duplicates in the gold; grave where the same text has different values."""
    found = []
    for pair in pairs:
        if pair.first not in entries or pair.second not in entries:
            continue
        same = entries[pair.first].values == entries[pair.second].values
        if pair.likeness >= 0.9999:
            what = f"is the same text as {pair.second}" + ("" if same else ", with other values")
            found.append(Fault(pair.first, "", what, not same))
        else:
            found.append(Fault(pair.first, "", f"is nearly {pair.second} ({pair.likeness:.2f})", False))
    return found


def unsaid(entry: GoldEntry, task: Task, document: Document) -> list[Fault]:
    """Values that do not stand in the document: a slip of the person, another document, or a text layer that lacks them."""
    found = []
    folded = " ".join(document.text.casefold().split())
    stated: dict[str, list[Any]] = {}
    for spec, path, value in leaves(task, entry.values):
        if value is None or spec.judged or spec.kind == "written":
            continue
        if spec.kind in ("text", "code", "email"):
            said = " ".join(str(value).casefold().split()) in folded
        else:
            key = spec.path
            if key not in stated:
                field = PatternField.model_validate({"kind": spec.kind})
                stated[key] = [c.value for c in find_candidates(field, document, task.locale) if c.value is not None]
                if spec.kind == "iban":
                    stated[key] += [one.replace(" ", "") for one in stated[key]]
            said = any(same_value(spec.kind, one, value) for one in stated[key])
        if not said:
            found.append(Fault(entry.document, path, "does not stand in the document", False))
    return found
