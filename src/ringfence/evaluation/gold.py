"""Gold: answers that a person has confirmed, in a journal of one JSON line a change.

A later line of the same document counts; the earlier ones stay, so that who changed what, when and why can be read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock

from ..errors import InputError
from ..files import line_of, write_whole
from ..locks import canonical_digest
from ..weights import now

__all__ = ["GoldEntry", "GoldFile", "Origin", "gold_digest", "read_gold"]

Origin = Literal["blind", "pre-filled"]


@dataclass(frozen=True)
class GoldEntry:
    """What a person confirmed of one document.

    ``origin`` says whether the person saw the program's answer first (pre-filled) or not (blind); ``spans`` are places
    (``{path: [[start, end], ...]}``) where somebody marked them; ``old`` holds the values that the line replaced.
    """

    document: str
    values: Mapping[str, Any]
    by: str = ""
    at: str = field(default_factory=now)
    note: str | None = None
    origin: Origin = "blind"
    spans: Mapping[str, list[list[int]]] = field(default_factory=dict)
    old: Mapping[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        """The line."""
        line = {"schema": 1, **asdict(self)}
        return {key: value for key, value in line.items() if key not in ("spans", "old") or value}


class GoldFile:
    """The journal. ``latest`` is what counts; ``add`` appends and never overwrites."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def entries(self) -> Iterator[GoldEntry]:
        """Every line in order. Raises InputError with the line that is wrong."""
        try:
            data = self.path.read_bytes()
        except OSError as error:
            raise InputError(
                f"The gold file {self.path} cannot be read ({error.strerror}).",
                "Give a JSONL file of gold; `ringfence gold import` makes one.",
            ) from None
        for number, row in enumerate(data.split(b"\n"), start=1):
            if not row.strip():
                continue
            try:
                record = json.loads(row)
                known = {key: record[key] for key in ("by", "at", "note", "origin", "spans", "old") if record.get(key)}
                entry = GoldEntry(record["document"], record["values"], **known)
                if not isinstance(entry.document, str) or not isinstance(entry.values, dict):
                    raise TypeError
            except (ValueError, KeyError, TypeError):
                raise InputError(
                    f"Line {number} of {self.path} is not gold.",
                    'Each line is {"schema":1,"document":...,"values":{...}}; `ringfence gold import` reads tables.',
                ) from None
            yield entry

    def latest(self) -> dict[str, GoldEntry]:
        """The entry that counts for each document."""
        return {entry.document: entry for entry in self.entries()}

    def add(self, fresh: Mapping[str, GoldEntry], replace: bool = False) -> tuple[int, int]:
        """Append what is new or changed, all or nothing, on disk when this returns; returns how many of each.

        What an entry does not state stays as it was, unless ``replace``; a list is stated as a whole.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self.path.with_name(f".{self.path.name}.lock"), mode=0o600):
            return self._add(fresh, replace)

    def _add(self, fresh: Mapping[str, GoldEntry], replace: bool) -> tuple[int, int]:
        known = self.latest() if self.path.exists() else {}
        lines, new, changed = [], 0, 0
        for identity, entry in fresh.items():
            before = known.get(identity)
            if before is not None:
                if not replace:
                    entry = _merged(before, entry)
                names = dict.fromkeys([*before.values, *entry.values])
                old = {name: before.values.get(name) for name in names if not _as_before(name, before, entry)}
                if not old and dict(entry.spans) == dict(before.spans) and entry.origin == before.origin:
                    continue
                entry = GoldEntry(**{**asdict(entry), "old": old})
                changed += 1
            else:
                new += 1
            lines.append(line_of(entry.as_json()))
        if lines:
            before_it = self.path.read_bytes() if self.path.exists() else b""
            cut = b"\n" if before_it and not before_it.endswith(b"\n") else b""
            write_whole(self.path, before_it + cut + b"".join(lines), private=True)
        return new, changed


def _as_before(name: str, before: GoldEntry, entry: GoldEntry) -> bool:
    """Whether two entries say the same of a field; a null that is stated is not the same as nothing said."""
    return (name in before.values) == (name in entry.values) and before.values.get(name) == entry.values.get(name)


def _merged(before: GoldEntry, entry: GoldEntry) -> GoldEntry:
    """What was known of a document with what an entry states now; places of values that changed are forgotten."""
    values = dict(before.values)
    for name, value in entry.values.items():
        old = values.get(name)
        if isinstance(value, Mapping) and isinstance(old, Mapping) and not isinstance(value.get("amount"), str):
            value = {**old, **value}  # a record, not money
        values[name] = value
    merged = GoldEntry(**{**asdict(entry), "values": values})
    kept = {
        path: places
        for path, places in before.spans.items()
        if _as_before(re.split(r"[.\[]", path)[0], before, merged) and path not in entry.spans
    }
    return GoldEntry(**{**asdict(merged), "spans": {**kept, **entry.spans}})


def gold_digest(entries: Mapping[str, GoldEntry]) -> str:
    """The sha256 of what gold says of which documents (values and marked places), whoever said it and when."""
    said = {identity: [dict(entry.values), dict(entry.spans)] for identity, entry in entries.items()}
    return canonical_digest(said)


def read_gold(path: Path) -> dict[str, Mapping[str, Any]]:
    """The values that count of each document, by its id. Raises InputError with the line that is wrong."""
    return {identity: entry.values for identity, entry in GoldFile(path).latest().items()}
