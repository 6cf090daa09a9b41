"""Gold: answers that a person has confirmed, in a journal of one JSON line per change.

The last line of a document counts; earlier lines stay, so that anyone can read who changed what, when and why.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from filelock import FileLock
from pydantic import ValidationError

from ..contracts import TRAINING_ORIGINS, GoldLine
from ..errors import InputError
from ..files import line_of, parse_json, write_whole
from ..locks import canonical_digest

__all__ = ["GoldFile", "gold_digest", "read_gold", "refuse_training_label"]

_REQUIRED = ("document", "values")


class GoldFile:
    """The journal. ``latest`` returns the lines that count; ``add`` appends and never overwrites."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def entries(self) -> Iterator[GoldLine]:
        """Every line, in order. Raises InputError with the number of a line that is not gold."""
        try:
            data = self.path.read_bytes()
        except OSError as error:
            raise InputError(
                f"Cannot read the gold file {self.path} ({error.strerror}).",
                "Give a JSONL file of gold; `ringfence gold import` makes one.",
            ) from None
        for number, row in enumerate(data.split(b"\n"), start=1):
            if not row.strip():
                continue
            try:
                record = parse_json(row)
                refuse_training_label(record, self.path)
                entry = GoldLine.model_validate(
                    {key: value for key, value in record.items() if value or key in _REQUIRED}
                )
            except (ValueError, AttributeError, ValidationError):
                raise InputError(
                    f"Line {number} of {self.path} is not gold.",
                    'Each line is {"schema":1,"document":...,"values":{...}}; `ringfence gold import` reads tables.',
                ) from None
            if record.get("draft"):
                raise InputError(
                    f"Line {number} of {self.path} is a draft that nobody has confirmed.",
                    "Read it with its answer, correct or delete it, and set draft to false.",
                )
            yield entry

    def latest(self) -> dict[str, GoldLine]:
        """The line that counts for each document."""
        return {entry.document: entry for entry in self.entries()}

    def add(
        self, fresh: Mapping[str, GoldLine], replace: bool = False, records: Collection[str] = ()
    ) -> tuple[int, int]:
        """Append what is new or changed, all or nothing, on disk when this returns; returns how many of each.

        A value that a fresh line does not state stays as it is, unless ``replace``; a list is stated as a whole.
        ``records`` names the fields whose values have fields of their own.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self.path.with_name(f".{self.path.name}.lock"), mode=0o600):
            return self._add(fresh, replace, records)

    def _add(self, fresh: Mapping[str, GoldLine], replace: bool, records: Collection[str]) -> tuple[int, int]:
        known = self.latest() if self.path.exists() else {}
        lines, new, changed = [], 0, 0
        for identity, stated in fresh.items():
            before, entry = known.get(identity), stated
            if before is not None:
                if not replace:
                    entry = _merged(before, stated, records)
                names = dict.fromkeys([*before.values, *entry.values])
                old = {name: before.values.get(name) for name in names if not _as_before(name, before, entry)}
                if not old and entry.spans == before.spans and entry.origin == before.origin:
                    continue
                entry = entry.model_copy(update={"old": old})
                changed += 1
            else:
                new += 1
            lines.append(line_of(entry.as_json()))
        if lines:
            journal = self.path.read_bytes() if self.path.exists() else b""
            line_break = b"\n" if journal and not journal.endswith(b"\n") else b""
            write_whole(self.path, journal + line_break + b"".join(lines), private=True)
        return new, changed


def refuse_training_label(record: Any, path: Path) -> None:
    """Raise InputError if a line of ``path`` is a label for training, which no person confirmed as gold."""
    if isinstance(record, Mapping) and str(record.get("origin")) in TRAINING_ORIGINS:
        raise InputError(
            f"{path} holds training labels, which are never gold.",
            "Give answers that a person confirmed: ringfence gold draft RUN --out gold.xlsx.",
        )


def _as_before(name: str, before: GoldLine, entry: GoldLine) -> bool:
    """Whether two lines say the same about a field; a stated null differs from no statement."""
    return (name in before.values) == (name in entry.values) and before.values.get(name) == entry.values.get(name)


def _merged(before: GoldLine, entry: GoldLine, records: Collection[str]) -> GoldLine:
    """The known line with what a fresh one states; places of changed values are dropped."""
    values = dict(before.values)
    for name, value in entry.values.items():
        old = values.get(name)
        if name in records and isinstance(value, Mapping) and isinstance(old, Mapping):
            values[name] = {**old, **value}
        else:
            values[name] = value
    merged = entry.model_copy(update={"values": values})
    kept = {
        path: places
        for path, places in before.spans.items()
        if _as_before(re.split(r"[.\[]", path)[0], before, merged) and path not in entry.spans
    }
    return merged.model_copy(update={"spans": {**kept, **entry.spans}})


def gold_digest(entries: Mapping[str, GoldLine]) -> str:
    """The sha256 of what gold says about which documents (values and marked places), whoever said it and whenever."""
    said = {identity: [entry.values, entry.spans] for identity, entry in entries.items()}
    return canonical_digest(said)


def read_gold(path: Path) -> dict[str, dict[str, Any]]:
    """The values that count for each document, by its id. Raises InputError with the line that is not gold."""
    return {identity: entry.values for identity, entry in GoldFile(path).latest().items()}
