"""What is wrong with gold: its form, contradicting near-duplicates, and values that documents do not contain."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ..contracts import GoldLine
from ..documents import Document
from ..errors import InputError
from ..tasks import AnswerField, Task
from ..tasks.fields import PatternField
from ..tasks.recognisers import find_candidates
from .agreement import values_match
from .near_duplicates import Pair
from .values import DURATION, is_decimal

__all__ = ["GoldFault", "form_faults", "iter_values", "require_gold_fits", "twin_faults", "unsupported_values"]


@dataclass(frozen=True)
class GoldFault:
    """One fault of gold. A ``grave`` one makes figures wrong; the others are worth a look."""

    document: str
    field: str
    what: str
    grave: bool = True


def iter_values(task: Task, values: Mapping[str, Any]) -> Iterator[tuple[AnswerField, str, Any]]:
    """Every stated value as (field, path, value); the path includes the row, such as ``lines[0].amount``."""
    for path, spec in task.answer_fields().items():
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


def form_faults(entries: Mapping[str, GoldLine], task: Task) -> list[GoldFault]:
    """Find names that the task does not have, and values and places that are not in the form of the contract."""
    fields = task.answer_fields()
    lists = {spec.of_list for spec in fields.values() if spec.of_list}
    found = []
    for identity, entry in entries.items():
        shapes = [fault for name, value in entry.values.items() for fault in _shape(name, value, fields, lists, task)]
        shapes += [
            (path, "is not a list of places [[start, end], ...]")
            for path, s in entry.spans.items()
            if not _is_places(s)
        ]
        found += [GoldFault(identity, path, what) for path, what in shapes]
        for spec, path, value in iter_values(task, entry.values):
            if value is not None and (what := _form(spec, value)):
                found.append(GoldFault(identity, path, what))
    return found


def require_gold_fits(task: Task, gold: Mapping[str, GoldLine], path: Path) -> None:
    """Raise InputError if the gold states a name, value or place that the task does not allow; it lists the faults."""
    if faults := form_faults(gold, task):
        shown = "\n".join(f"  {fault.document}: {fault.field}: {fault.what}" for fault in faults[:20])
        raise InputError(
            f"{path} has {len(faults)} faults:\n{shown}", "Correct them; `ringfence gold check` lists all of them."
        )


def _shape(
    name: str, value: Any, fields: Mapping[str, AnswerField], lists: AbstractSet[str | None], task: Task
) -> Iterator[tuple[str, str]]:
    """What is wrong with the outer form of one value: (path, what)."""
    leaf_names = {path.partition(".")[2] for path in fields if path.startswith(f"{name}.")}
    if name in lists:
        if value is not None and not (isinstance(value, list) and all(isinstance(record, Mapping) for record in value)):
            yield name, "is not a list of records"
            return
        for row, record in enumerate(value or []):
            for leaf in record:
                if leaf not in leaf_names:
                    yield f"{name}[{row}].{leaf}", "the task has no such field"
    elif name in fields or name in task.gold_extras:
        return
    elif not leaf_names:
        yield name, "the task has no such field"
    elif value is not None and not isinstance(value, Mapping):
        yield name, "is not a record"
    else:
        for leaf in value or ():
            if leaf not in leaf_names:
                yield f"{name}.{leaf}", "the task has no such field"


def _is_places(spans: Any) -> bool:
    return isinstance(spans, list) and all(
        isinstance(span, list) and len(span) == 2 and all(type(edge) is int for edge in span) and 0 <= span[0] < span[1]
        for span in spans
    )


def _form(spec: AnswerField, value: Any) -> str | None:
    kind = spec.kind
    if kind == "boolean":
        return None if isinstance(value, bool) else "is neither true nor false"
    if kind == "choices":
        good = isinstance(value, list) and all(label in spec.options for label in value)
        return None if good else "is not a list of the task's labels"
    if kind == "money":
        good = isinstance(value, Mapping) and set(value) <= {"amount", "currency"} and _is_number(value.get("amount"))
        return None if good else 'is not {"amount": "12.50", "currency": "EUR"}'
    if kind == "period":
        days = [value.get(end) for end in ("from", "to")] if isinstance(value, Mapping) and len(value) == 2 else [None]
        return None if all(map(_is_date, days)) else 'is not {"from": "2024-03-01", "to": "2024-03-31"}'
    if not isinstance(value, str):
        return "is not text"
    if kind == "choice":
        return None if value in spec.options else "is not one of the options"
    well_formed, fault = _TEXT_FORMS.get(kind, (lambda text: True, ""))
    return None if well_formed(value) else fault


def _is_date(value: Any) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_number(value: Any) -> bool:
    return isinstance(value, str) and is_decimal(value)


_TEXT_FORMS: dict[str, tuple[Callable[[str], object], str]] = {
    "number": (_is_number, "is not a decimal number"),
    "percent": (_is_number, "is not a decimal number"),
    "duration": (DURATION.fullmatch, "is not an ISO 8601 duration"),
    "date": (_is_date, "is not a date in the form 2024-03-12"),
    "phone": (re.compile(r"\+\d{5,15}").fullmatch, "is not a telephone number in the form +4930901820"),
    "iban": (re.compile(r"[A-Z]{2}\d\d[A-Z0-9]+").fullmatch, "is not an IBAN in capitals without spaces"),
}


def twin_faults(entries: Mapping[str, GoldLine], pairs: list[Pair]) -> list[GoldFault]:
    """Find near-duplicates in the gold; grave if the same text has different values."""
    found = []
    for pair in pairs:
        if pair.first not in entries or pair.second not in entries:
            continue
        same = entries[pair.first].values == entries[pair.second].values
        if pair.likeness >= 0.9999:
            what = f"is the same text as {pair.second}" + ("" if same else ", with other values")
            found.append(GoldFault(pair.first, "", what, not same))
        else:
            found.append(GoldFault(pair.first, "", f"is nearly the same as {pair.second} ({pair.likeness:.2f})", False))
    return found


def unsupported_values(entry: GoldLine, task: Task, document: Document) -> list[GoldFault]:
    """Find values that the document does not contain: a typing error, a wrong document, or a gap in the text."""
    found = []
    folded = " ".join(document.text.casefold().split())
    candidates: dict[str, list[Any]] = {}
    for spec, path, value in iter_values(task, entry.values):
        if value is None or spec.judged or spec.kind == "written":
            continue
        if spec.kind == "iban":  # one with wrong check digits is no candidate, but stands there
            said = str(value).casefold() in re.sub(r"[\s\-‐‑–]", "", folded)
        elif spec.kind in ("text", "code", "email"):
            said = " ".join(str(value).casefold().split()) in folded
        else:
            if spec.path not in candidates:
                candidates[spec.path] = _candidates(spec, document, task)
            said = any(values_match(spec.kind, candidate, value) for candidate in candidates[spec.path])
        if not said:
            found.append(GoldFault(entry.document, path, "is not in the document", False))
    return found


def _candidates(spec: AnswerField, document: Document, task: Task) -> list[Any]:
    field = PatternField.model_validate({"kind": spec.kind})
    return [found.value for found in find_candidates(field, document, task.locale) if found.value is not None]
