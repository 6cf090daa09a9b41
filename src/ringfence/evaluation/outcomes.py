"""One answer beside its gold: what is right, and what kind of error everything else is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..tasks import SummariseTask, Task
from .agreement import Compare, same_value
from .gold import GoldEntry
from .gold_values import GoldField, fields_of

__all__ = ["ERRORS", "NORMALISATION", "Item", "items_of"]

ERRORS = {
    "missing": "null where the gold has a value",
    "wrong": "another value than the gold's",
    "invented": "a value where the gold has none",
    "wrong place": "the gold's value, but not from a place that the gold marks",
    "bad format": "a place was found, but it could not be typed: unparsed, ambiguous or too long",
    "not answered": "the document failed or was abstained from",
}
_REST = "numbers, amounts and dates as values; a currency only where both state one; choices exactly; several labels as sets."
NORMALISATION: dict[Compare, str] = {
    "words": f"Text is compared without case and with white space collapsed; {_REST}",
    "letters": f"Text is compared by its letters and digits only, without case; {_REST}",
}
_UNTYPED = ("unparsed", "ambiguous", "over-max-segments")


@dataclass(frozen=True)
class Item:
    """One value beside its gold. ``field`` names it without the row, ``path`` with it; ``outcome`` is right or an error.

    ``entry`` is the path of the value in the answer, None where the answer has none to point at (a record left out).
    """

    document: str
    family: str
    field: str
    path: str
    outcome: str
    gold: Any
    value: Any
    judged: bool
    entry: str | None = None

    @property
    def right(self) -> bool:
        """Whether the value is the gold's."""
        return self.outcome == "right"

    @property
    def answered(self) -> bool:
        """Whether the document was processed at all."""
        return self.outcome != "not answered"


def items_of(
    task: Task, result: Mapping[str, Any] | None, gold: GoldEntry, family: str, compare: Compare = "words"
) -> Iterator[Item]:
    """Every value that the gold states (null is a statement), and every record that the answer has beyond it.

    A list that is stated to be empty is one value, right where the answer lists nothing.

    ``result`` is None for a document of the gold that the run does not have: all its values are not answered.
    """
    fields = fields_of(task)
    done = result is not None and result["status"] == "done"
    if isinstance(task, SummariseTask):
        said = [one["text"] for one in (result or {}).get("unsupported") or []] if done else None
        outcome = "not answered" if said is None else "invented" if said else "right"
        yield Item(gold.document, family, "supported", "supported", outcome, [], said, False)
        return
    for path, spec in fields.items():
        if spec.of_list or not _states(gold.values, path):
            continue
        stated = _at(gold.values, path)
        if not done:
            yield Item(gold.document, family, path, path, "not answered", stated, None, spec.judged)
            continue
        assert result is not None
        value = _at(result["values"], path)
        outcome = _outcome(spec, value, stated, result["fields"].get(path, {}), gold.spans.get(path), compare)
        yield Item(gold.document, family, path, path, outcome, stated, value, spec.judged, path)
    for name in dict.fromkeys(spec.of_list for spec in fields.values() if spec.of_list):
        if name in gold.values:
            yield from _list_items(name, fields, result if done else None, gold, family, compare)


def _states(values: Mapping[str, Any], path: str) -> bool:
    record, _, leaf = path.rpartition(".")
    if not record:
        return path in values
    return isinstance(values.get(record), Mapping) and leaf in values[record]


def _at(values: Mapping[str, Any], path: str) -> Any:
    record, _, leaf = path.rpartition(".")
    return (values.get(record) or {}).get(leaf) if record else values.get(path)


def _outcome(
    spec: GoldField,
    value: Any,
    gold: Any,
    entry: Mapping[str, Any],
    marked: list[list[int]] | None,
    compare: Compare,
) -> str:
    if _same(spec.kind, value, gold, compare):
        spans = [*entry.get("spans", []), *entry.get("others", [])]
        if marked and spans and not any(s < end and start < e for start, end in spans for s, e in marked):
            return "wrong place"
        return "right"
    if value is None:
        untyped = any(flag.startswith(_UNTYPED) for flag in entry.get("flags", ()))
        return "bad format" if untyped and entry.get("raw") is not None else "missing"
    return "invented" if gold is None else "wrong"


def _same(kind: str, value: Any, gold: Any, compare: Compare) -> bool:
    if kind == "choices":
        return set(value or ()) == set(gold or ())
    return same_value(kind, value, gold, compare)


def _list_items(
    name: str,
    fields: Mapping[str, GoldField],
    result: Mapping[str, Any] | None,
    gold: GoldEntry,
    family: str,
    compare: Compare,
) -> Iterator[Item]:
    """Records matched by the assignment that makes most values right (Kuhn 1955; scipy solves it)."""
    specs = {path.removeprefix(f"{name}."): spec for path, spec in fields.items() if spec.of_list == name}
    wanted: list[Mapping[str, Any]] = list(gold.values[name] or [])
    given: list[Mapping[str, Any]] = list((result["values"].get(name) or []) if result else [])
    if not wanted:
        outcome = "not answered" if result is None else "invented" if given else "right"
        yield Item(gold.document, family, name, name, outcome, None, given or None, False)
        return
    pairs = _assigned(specs, wanted, given, compare)
    for row, record in enumerate(wanted):
        match = pairs.get(row)
        for leaf, spec in specs.items():
            if leaf not in record:
                continue
            path, stated = f"{name}[{row}].{leaf}", record[leaf]
            where = None
            if match is None:
                outcome, value = ("missing" if result else "not answered"), None
            else:
                value = given[match].get(leaf)
                where = f"{name}[{match}].{leaf}"
                entry = result["fields"].get(where, {}) if result else {}
                outcome = _outcome(spec, value, stated, entry, gold.spans.get(path), compare)
            yield Item(gold.document, family, spec.path, path, outcome, stated, value, spec.judged, where)
    for place in sorted(set(range(len(given))) - set(pairs.values())):
        for leaf, spec in specs.items():
            if given[place].get(leaf) is not None:
                path, where, value = f"{name}[+{place}].{leaf}", f"{name}[{place}].{leaf}", given[place][leaf]
                yield Item(gold.document, family, spec.path, path, "invented", None, value, spec.judged, where)


def _assigned(
    specs: Mapping[str, GoldField], wanted: list[Mapping[str, Any]], given: list[Mapping[str, Any]], compare: Compare
) -> dict[int, int]:
    """The place of the given record for each wanted one; pairs that share no value are no pairs. Between pairs that
    share as many values, more equal nulls decide."""
    if not wanted or not given:
        return {}
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    tie = 1 / (len(specs) + 1)
    gains = np.array(
        [
            [
                sum(
                    _same(spec.kind, one.get(leaf), gold[leaf], compare) * (1 if gold[leaf] is not None else tie)
                    for leaf, spec in specs.items()
                    if leaf in gold
                )
                for one in given
            ]
            for gold in wanted
        ]
    )
    rows, columns = linear_sum_assignment(gains, maximize=True)
    return {int(row): int(column) for row, column in zip(rows, columns, strict=True) if gains[row, column] >= 1}
