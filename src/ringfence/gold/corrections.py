"""Put gold beside a run: what persons confirmed, and which answers they changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..contracts import GoldLine, field_of
from ..runs import RunFolder
from ..runs.corrections import CorrectedRun, Correction
from ..tasks import task_from
from .agreement import match_key, values_match
from .faults import require_gold_fits
from .file import GoldFile
from .values import as_text

__all__ = ["corrected_run"]

COMMON = 50  # records that share a value; beyond, it tells none apart


def corrected_run(folder: RunFolder, gold: Path) -> CorrectedRun:
    """The run with the values of its documents in the gold. Raises InputError for gold that does not fit its task."""
    task, lines = task_from(folder.read_facts().task), GoldFile(gold).latest()
    require_gold_fits(task, lines, gold)
    columns = task.columns()
    inner = {f"{name}.{leaf}": of for name, spec in columns.items() for leaf, of in spec.get("fields", {}).items()}
    kinds = {path: str(spec["kind"]) for path, spec in {**columns, **inner}.items()}
    corrections = {
        result.document.id: _correction(result.values or {}, lines[result.document.id], kinds)
        for result in folder.latest()
        if result.document.id in lines
    }
    return CorrectedRun(folder, corrections)


def _correction(answered: Mapping[str, Any], line: GoldLine, kinds: Mapping[str, str]) -> Correction:
    values: dict[str, Any] = {}
    former: dict[str, str | None] = {}
    for name, stated in line.values.items():
        if name not in kinds:
            continue  # what an evaluation alone reads
        before = answered.get(name)
        values[name] = _merged(name, before, stated, kinds)
        old, new = _leaves(name, before, kinds[name]), _leaves(name, values[name], kinds[name])
        paths = {**old, **new}
        changed = [path for path in paths if not _is_same(kinds[field_of(path)], old.get(path), new.get(path))]
        former |= {path: as_text(old.get(path)) or None for path in changed}
    return Correction(values, line.by, line.at, former)


def _is_same(kind: str, answered: Any, stated: Any) -> bool:
    """Whether a person left a value as it was: 280.8 is 280.80, and an amount that gets its currency is another."""
    if kind == "money" and answered and stated:
        return answered.get("currency") == stated.get("currency") and values_match(kind, answered, stated)
    return values_match(kind, answered, stated) if kind in ("number", "percent") else bool(answered == stated)


def _merged(name: str, before: Any, stated: Any, kinds: Mapping[str, str]) -> Any:
    """What the gold states, and the answer where it states nothing."""
    kind = kinds[name]
    if kind == "record":
        return {**(before or {}), **(stated or {})}
    if kind == "list":
        leaves = {path.removeprefix(f"{name}."): of for path, of in kinds.items() if path.startswith(f"{name}.")}
        own = _paired(before or (), stated or (), leaves)
        return [{**(before[own[row]] if row in own else {}), **said} for row, said in enumerate(stated or ())]
    return stated


def _paired(
    answered: Sequence[Mapping[str, Any]], stated: Sequence[Mapping[str, Any]], kinds: Mapping[str, str]
) -> dict[int, int]:
    """The answered record for each that the gold states, where that can be told.

    Records stay in their places, unless their number is another, or a text that only one other record has says that
    they moved. Then those belong together that share most values; of others nobody said what else stands in such a row.
    """
    places: dict[tuple[str, Any], list[int]] = {}
    for place, record in enumerate(answered):
        for key in _keys(record, kinds):
            places.setdefault(key, []).append(place)
    shared = [Counter(place for key in _keys(said, kinds) for place in places.get(key, ())[:COMMON]) for said in stated]
    moved = any(
        len(held := places.get(key, [])) == 1 and held[0] != row and not shared[row][row]
        for row, said in enumerate(stated)
        for key in _keys(said, kinds)
        if isinstance(key[1], str) and any(map(str.isalpha, key[1]))
    )
    if len(answered) == len(stated) and not moved:
        return {row: row for row in range(len(stated))}
    best = sorted((-same, abs(row - place), row, place) for row, of in enumerate(shared) for place, same in of.items())
    own: dict[int, int] = {}
    taken: set[int] = set()
    for _, _, row, place in best:
        if row not in own and place not in taken:
            own[row] = place
            taken.add(place)
    return own


def _keys(record: Mapping[str, Any], kinds: Mapping[str, str]) -> list[tuple[str, Any]]:
    """The values of a record as they are compared: 7.00 is 7."""
    return [
        (leaf, match_key(kinds[leaf], value)) for leaf, value in record.items() if value is not None and leaf in kinds
    ]


def _leaves(name: str, value: Any, kind: str) -> dict[str, Any]:
    """Every single value by path, such as ``lines[0].amount``."""
    records = {name: value} if kind == "record" else {}
    if kind == "list":
        records = {f"{name}[{number}]": record for number, record in enumerate(value or ())}
    if kind in ("record", "list"):
        return {f"{path}.{leaf}": inner for path, record in records.items() for leaf, inner in (record or {}).items()}
    return {name: value}
