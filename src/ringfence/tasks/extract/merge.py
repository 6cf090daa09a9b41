"""Answers: typed values by field, what each rests on, and how the answers of several windows become one."""

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
    """One value and what it rests on."""

    value: Any
    answer: FieldAnswer

    @property
    def score(self) -> float:
        """How sure the model was of what it wrote: the mean log-probability of its tokens."""
        mean = self.answer.features.get("logprob_mean")
        return float(mean) if mean is not None else float("-inf")

    def as_json(self) -> dict[str, Any]:
        """Plain data, for the journal of windows."""
        return {"value": self.value, "entry": self.answer.as_json()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> FieldValue:
        """The other way round."""
        return cls(data["value"], FieldAnswer.model_validate(data["entry"]))


@dataclass(frozen=True)
class Answer:
    """The typed ``values`` by field, and in ``fields`` what each rests on, by path: ``total``, ``seller.name``,
    ``lines[0].amount``; ``checks`` by their text; ``rows`` the places at which the records of each list begin.
    """

    values: dict[str, Any]
    fields: dict[str, FieldAnswer]
    checks: dict[str, str]
    rows: dict[str, list[int]]


@dataclass(frozen=True)
class Record:
    """One record of a list: the place in the document where its row or block begins, and its values."""

    anchor: int
    values: dict[str, FieldValue]

    @property
    def score(self) -> float:
        """How sure the model was of its values; a record that says more counts before one that says less."""
        stated = [found.score for found in self.values.values() if found.answer.kind != "null"]
        return len(stated) + sum(stated) / len(stated) / 1000 if stated else 0.0


@dataclass(frozen=True)
class WindowAnswer:
    """What one window gave: values by path, and the records of each list."""

    single: dict[str, FieldValue] = field(default_factory=dict)
    lists: dict[str, list[Record]] = field(default_factory=dict)


def merge(task: ExtractTask, parts: Sequence[WindowAnswer]) -> Answer:
    """One answer from those of the windows, in the order of the document.

    Of single values the one that the model was surest of, the earlier of equals; null only where every window says null.
    Lists are put one after the other; of two records on the same row the one that says more counts, then the surer one.
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
    stated = [one for one in found if one.answer.kind != "null"]
    if stated:
        return max(stated, key=lambda one: one.score)
    flags = list(dict.fromkeys(flag for one in found for flag in one.answer.flags))
    return FieldValue(None, found[0].answer.model_copy(update={"flags": flags}))


def _joined(lists: Sequence[list[Record]]) -> list[Record]:
    best: dict[int, Record] = {}
    for record in (record for records in lists for record in records):
        if record.anchor not in best or record.score > best[record.anchor].score:
            best[record.anchor] = record
    return [best[anchor] for anchor in sorted(best)]


def _checked(task: ExtractTask, values: Mapping[str, Any], entries: dict[str, FieldAnswer]) -> dict[str, str]:
    """The outcome of every check; a broken one flags the values that it speaks of."""
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
