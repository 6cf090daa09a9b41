"""Merge the answers of several windows into one."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from ...contracts import FieldAnswer
from ..fields import ListField, RecordField
from .answer import Answer, FieldValue, Record, WindowAnswer, in_rows
from .assignment import conclude
from .task import ExtractTask

__all__ = ["gather", "merge", "windows_of_values"]


EVEN = 0.5  # a window that doubts its value more does not tell its place
NEAR = 2.0  # times the doubt of the value that counts: another window is about as sure of another one


def merge(task: ExtractTask, parts: Sequence[WindowAnswer]) -> Answer:
    """Merge the answers of the windows, given in document order, into one, and let the checks of the task decide."""
    return conclude(task, gather(task, parts))


def gather(task: ExtractTask, parts: Sequence[WindowAnswer]) -> Answer:
    """Merge the answers of the windows, given in document order, into one; no check of the task has run yet.

    A single value is the one that the windows together believe in most, of equals the earliest, at its first place. The
    same place seen in several windows counts once. It carries a flag if another window is about as sure of another
    value. It is null only if it is null in every window. Lists are concatenated; of two records of the same row the one
    with more values wins, then the one with the higher score.
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
            entries.update({path: found.answer for path, found in in_rows(name, lists[name])})
        elif isinstance(spec, RecordField):
            values[name] = {leaf: single[f"{name}.{leaf}"].value for leaf in spec.fields}
            entries.update({f"{name}.{leaf}": single[f"{name}.{leaf}"].answer for leaf in spec.fields})
        else:
            values[name], entries[name] = single[name].value, single[name].answer
    rows = {name: [record.anchor for record in records] for name, records in lists.items()}
    found_in_rows = [each for name, records in lists.items() for each in in_rows(name, records)]
    distributions = {
        path: found.distribution for path, found in (*single.items(), *found_in_rows) if found.distribution
    }
    return Answer(values, entries, {}, rows, distributions)


def windows_of_values(task: ExtractTask, parts: Sequence[WindowAnswer]) -> dict[str, tuple[int, str]]:
    """Where each value of the merged answer comes from: a window, by its place in ``parts``, and the path there.

    A null of several windows comes from none.
    """
    windows: dict[str, tuple[int, str]] = {}
    for path in _single(task):
        found = {number: part.single[path] for number, part in enumerate(parts) if path in part.single}
        best = _best(list(found.values()))
        windows.update((path, (number, path)) for number, value in found.items() if value is best)
    there = {
        id(value): (number, path)
        for number, part in enumerate(parts)
        for name, records in part.lists.items()
        for path, value in in_rows(name, records)
    }
    for name in (name for name, spec in task.flat.items() if isinstance(spec, ListField)):
        records = _joined([part.lists[name] for part in parts if name in part.lists])
        windows.update((path, there[id(value)]) for path, value in in_rows(name, records))
    return windows


def _single(task: ExtractTask) -> dict[str, Any]:
    return {path: spec for path, spec in task.flat.items() if not isinstance(spec, ListField)}


def _best(found: Sequence[FieldValue]) -> FieldValue:
    stated = [candidate for candidate in found if candidate.answer.kind != "null"]
    if len(found) == 1:
        return found[0]
    if stated:
        # That a value is wrong is that all places which state it are; the same place in several windows is no more
        # evidence than the surest of them, for all windows show the head of the document.
        doubts: dict[str, dict[Any, float]] = {}
        for candidate in stated:
            places = doubts.setdefault(_key(candidate), {})
            place = tuple(candidate.answer.spans)  # a judged value has none: most windows say nothing of it
            places[place] = min(places.get(place, 1.0), _doubt(candidate))
        doubt = {key: math.prod(places.values()) for key, places in doubts.items()}
        least = min(doubt.values())
        believed = [each for each in stated if doubt[_key(each)] == least]
        surest = min(believed, key=_doubt)
        sure = [each for each in believed if _doubt(each) <= max(EVEN, _doubt(surest))]
        best = min(sure, key=lambda each: (each.answer.spans[:1], _doubt(each)))
        near = [each for each in stated if _key(each) != _key(best) and doubt[_key(each)] <= NEAR * doubt[_key(best)]]
        if near:
            rival = max(near, key=lambda each: (-doubt[_key(each)], each.score))
            flag = f"windows-differ: {rival.answer.raw or rival.value}"
            best.answer.flags += [flag] if flag not in best.answer.flags else []
        return best
    flags = list(dict.fromkeys(flag for null in found for flag in null.answer.flags))
    return FieldValue(None, found[0].answer.model_copy(update={"flags": flags}))


def _doubt(found: FieldValue) -> float:
    """How probable it is that a value is wrong, by the model: the mean over its tokens would prefer long values."""
    return -math.expm1(min(0.0, found.score if found.logprob is None else found.logprob))


def _key(found: FieldValue) -> str:
    """What makes the values of two windows the same answer: letters aside from their case, and white space."""
    stated = [found.value, found.answer.readings] if found.value is None else found.value
    return " ".join(json.dumps(stated, sort_keys=True, ensure_ascii=False).casefold().split())


def _joined(lists: Sequence[list[Record]]) -> list[Record]:
    best: dict[int, Record] = {}
    for record in (record for records in lists for record in records):
        if record.anchor not in best or record.score > best[record.anchor].score:
            best[record.anchor] = record
    return [best[anchor] for anchor in sorted(best)]
