"""Gold: answers that a person has confirmed, one JSON line a document."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import InputError

__all__ = ["read_gold"]


def read_gold(path: Path) -> dict[str, Mapping[str, Any]]:
    """The values of each document by its id. Raises InputError with the line that is wrong."""
    found: dict[str, Mapping[str, Any]] = {}
    try:
        rows = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise InputError(
            f"The gold file {path} cannot be read ({error.strerror}).", "Give a JSONL file of gold."
        ) from None
    for number, row in enumerate(rows, start=1):
        if not row.strip():
            continue
        try:
            record = json.loads(row)
            found[record["document"]] = record["values"]
        except (ValueError, KeyError, TypeError):
            raise InputError(
                f"Line {number} of {path} is not gold.", 'Each line is {"schema":1,"document":...,"values":{...}}.'
            ) from None
    return found
