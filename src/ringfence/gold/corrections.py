"""Put gold beside a run: what persons confirmed, and which answers they changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..contracts import GoldLine, field_of
from ..runs import RunFolder
from ..runs.corrections import CorrectedRun, Correction
from ..tasks import task_from
from .agreement import values_match
from .faults import require_gold_fits
from .file import GoldFile
from .values import as_text

__all__ = ["corrected_run"]


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
        values[name] = _merged(before, stated, kinds[name])
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


def _merged(before: Any, stated: Any, kind: str) -> Any:
    """What the gold states, and the answer where it states nothing."""
    if kind == "record":
        return {**(before or {}), **(stated or {})}
    if kind == "list":
        own = _paired(before or (), stated or ())
        return [{**(before[own[row]] if row in own else {}), **said} for row, said in enumerate(stated or ())]
    return stated


def _paired(answered: Sequence[Mapping[str, Any]], stated: Sequence[Mapping[str, Any]]) -> dict[int, int]:
    """The answered record for each that the gold states, where that can be told.

    Records that share most values belong together. What shares none belongs to the record in its place, unless records
    were added, left out or moved: nobody said what else stands in such a row.
    """
    shared = sorted(
        (-same, abs(row - place), row, place)
        for row, said in enumerate(stated)
        for place, record in enumerate(answered)
        if (same := sum(value is not None and record.get(leaf) == value for leaf, value in said.items()))
    )
    own: dict[int, int] = {}
    for _, _, row, place in shared:
        if row not in own and place not in own.values():
            own[row] = place
    in_place = len(answered) == len(stated) and all(row == place for row, place in own.items())
    return {row: row for row in range(len(stated))} if in_place else own


def _leaves(name: str, value: Any, kind: str) -> dict[str, Any]:
    """Every single value by path, such as ``lines[0].amount``."""
    records = {name: value} if kind == "record" else {}
    if kind == "list":
        records = {f"{name}[{number}]": record for number, record in enumerate(value or ())}
    if kind in ("record", "list"):
        return {f"{path}.{leaf}": inner for path, record in records.items() for leaf, inner in (record or {}).items()}
    return {name: value}
