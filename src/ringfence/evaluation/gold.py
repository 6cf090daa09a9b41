"""Gold: answers that a person has confirmed, in a journal of one JSON line a change.

A later line of the same document counts; the earlier ones stay, so that who changed what, when and why can be read.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from ..errors import InputError
from ..weights import now

__all__ = ["GoldEntry", "GoldFile", "Origin", "read_gold"]

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

    def add(self, fresh: Mapping[str, GoldEntry]) -> tuple[int, int]:
        """Append what is new or changed, all or nothing, on disk when this returns; returns how many of each."""
        known = self.latest() if self.path.exists() else {}
        lines, new, changed = [], 0, 0
        for identity, entry in fresh.items():
            before = known.get(identity)
            if before is not None:
                old = {
                    path: before.values.get(path)
                    for path in {**before.values, **entry.values}
                    if before.values.get(path) != entry.values.get(path)
                }
                if not old and (not entry.spans or entry.spans == before.spans):
                    continue
                entry = GoldEntry(**{**asdict(entry), "old": old})
                changed += 1
            else:
                new += 1
            lines.append(json.dumps(entry.as_json(), ensure_ascii=False, separators=(",", ":")) + "\n")
        if lines:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            before_it = self.path.read_bytes() if self.path.exists() else b""
            cut = b"\n" if before_it and not before_it.endswith(b"\n") else b""
            temporary = self.path.with_name(f".{self.path.name}.new")
            with open(temporary, "wb", opener=_owner_only) as stream:
                stream.write(before_it + cut + "".join(lines).encode("utf-8", "backslashreplace"))
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(temporary, self.path)
        return new, changed


def _owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def read_gold(path: Path) -> dict[str, Mapping[str, Any]]:
    """The values that count of each document, by its id. Raises InputError with the line that is wrong."""
    return {identity: entry.values for identity, entry in GoldFile(path).latest().items()}
