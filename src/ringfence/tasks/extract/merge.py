"""Answers: typed values with their evidence, and merging the answers of several windows into one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...contracts import FieldAnswer
from ..fields import ListField, RecordField
from .checks import broken_rows, paths_of, run_check
from .task import ExtractTask

__all__ = ["Answer", "FieldValue", "WindowAnswer", "Record", "merge"]


@dataclass(frozen=True)
class FieldValue:
    """One value with its evidence."""

    value: Any
    answer: FieldAnswer

    @property
    def score(self) -> float:
        """The model's confidence in its text: the mean log-probability of the tokens."""
        mean = self.answer.features.get("logprob_mean")
        return float(mean) if mean is not None else float("-inf")

    def as_json(self) -> dict[str, Any]:
        """The value as plain data, for the journal of windows."""
        return {"value": self.value, "entry": self.answer.as_json()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> FieldValue:
        """Read what ``as_json`` wrote."""
        return cls(data["value"], FieldAnswer.model_validate(data["entry"]))


@dataclass(frozen=True)
class Answer:
    """A whole answer: typed values with their evidence.

    ``values`` are by field; ``fields`` holds the evidence of each value by path (``total``, ``seller.name``,
    ``lines[0].amount``); ``checks`` the outcome of each check by its text; ``rows`` the start of each record of a list.
    """

    values: dict[str, Any]
    fields: dict[str, FieldAnswer]
    checks: dict[str, str]
    rows: dict[str, list[int]]


@dataclass(frozen=True)
class Record:
    """One record of a list: the start of its row or block in the document, and its values."""

    anchor: int
    values: dict[str, FieldValue]

    @property
    def score(self) -> float:
        """Ranks records of the same row: first by the number of values, then by the model's confidence."""
        stated = [found.score for found in self.values.values() if found.answer.kind != "null"]
        return len(stated) + sum(stated) / len(stated) / 1000 if stated else 0.0


@dataclass(frozen=True)
class WindowAnswer:
    """The answer of one window: values by path, and the records of each list."""

    single: dict[str, FieldValue] = field(default_factory=dict)
    lists: dict[str, list[Record]] = field(default_factory=dict)


def merge(task: ExtractTask, parts: Sequence[WindowAnswer]) -> Answer:
    """Merge the answers of the windows, given in document order, into one.

    A single value is the one with the highest score, the earliest of equals; it is null only if it is null in every
    window. Lists are concatenated; of two records of the same row the one with more values wins, then the one with the
    higher score.
    """
    single = {path: _best([part.single[path] for part in parts if path in part.single]) for path in _single(task)}
    for path, spec in _single(task).items():
        found = single[path]
        absent = found.answer.kind == "null" and spec.required
        if absent and "required-but-absent" not in found.answer.flags:
            found.answer.flags.append("required-but-absent")
    lists = {
        name: _joined([part.lists[name] for part in parts if name in part.lists])
        for name, spec in task.fields.items()
        if isinstance(spec, ListField)
    }
    values: dict[str, Any] = {}
    entries: dict[str, FieldAnswer] = {}
    for name, spec in task.fields.items():
        if isinstance(spec, ListField):
            values[name] = [{leaf: found.value for leaf, found in record.values.items()} for record in lists[name]]
            for number, record in enumerate(lists[name]):
                entries.update({f"{name}[{number}].{leaf}": found.answer for leaf, found in record.values.items()})
        elif isinstance(spec, RecordField):
            values[name] = {leaf: single[f"{name}.{leaf}"].value for leaf in spec.fields}
            entries.update({f"{name}.{leaf}": single[f"{name}.{leaf}"].answer for leaf in spec.fields})
        else:
            values[name], entries[name] = single[name].value, single[name].answer
    rows = {name: [record.anchor for record in records] for name, records in lists.items()}
    return Answer(values, entries, _checked(task, values, entries), rows)


def _single(task: ExtractTask) -> dict[str, Any]:
    return {path: spec for path, spec in task.flat.items() if not isinstance(spec, ListField)}


def _best(found: Sequence[FieldValue]) -> FieldValue:
    stated = [candidate for candidate in found if candidate.answer.kind != "null"]
    if stated:
        return max(stated, key=lambda candidate: candidate.score)
    flags = list(dict.fromkeys(flag for null in found for flag in null.answer.flags))
    return FieldValue(None, found[0].answer.model_copy(update={"flags": flags}))


def _joined(lists: Sequence[list[Record]]) -> list[Record]:
    best: dict[int, Record] = {}
    for record in (record for records in lists for record in records):
        if record.anchor not in best or record.score > best[record.anchor].score:
            best[record.anchor] = record
    return [best[anchor] for anchor in sorted(best)]


def _checked(task: ExtractTask, values: Mapping[str, Any], entries: dict[str, FieldAnswer]) -> dict[str, str]:
    """The outcome of every check; a broken check flags the values in it."""
    checks: dict[str, str] = {}
    for check in task.checks:
        checks[check] = run_check(check, values, task.kinds)
        if checks[check] != "broken":
            continue
        listed, rows = broken_rows(check, values, task.kinds)
        for path in paths_of(check):
            name, _, leaf = path.partition(".")
            touched = [f"{name}[{row}].{leaf}" for row in rows] if listed and name == listed else [path]
            for entry in (entries[path] for path in touched if path in entries):
                entry.flags.append(f"check: {check}")
    return checks
