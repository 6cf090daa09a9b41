"""What a pilot remembers between its runs: its terms before the first one, and every later change."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..clock import now
from ..errors import InputError
from ..files import add_chained_line, read_chained_lines
from .spec import PilotSpec

__all__ = ["changed_terms", "known_terms", "terms_history"]

_NAME = "pilot.terms.jsonl"


def terms_history(folder: Path, spec: PilotSpec) -> list[dict[str, Any]]:
    """Record the terms before anything runs, and return every version of them, the first one first.

    Raises InputError if the record is damaged.
    """
    known = known_terms(folder)
    if not known or known[-1]["digest"] != spec.terms_digest:
        entry = {"at": now(), "digest": spec.terms_digest, "terms": spec.terms}
        add_chained_line(folder / _NAME, entry)
        return known_terms(folder)
    return known


def known_terms(folder: Path) -> list[dict[str, Any]]:
    """Return every recorded version of the terms, the first one first. Raises InputError if the record is damaged."""
    try:
        return list(read_chained_lines(folder / _NAME))
    except ValueError as fault:
        raise InputError(f"Cannot read the pilot's terms: {fault}.", "Restore it from version control.") from None


def changed_terms(first: Mapping[str, Any], last: Mapping[str, Any]) -> list[str]:
    """The differences between two versions of the terms, such as ``at_least from 0.9 to 0.8``."""
    before, after = _flat(first), _flat(last)
    return [
        f"{name} from {before.get(name)} to {after.get(name)}"
        for name in dict.fromkeys([*before, *after])
        if before.get(name) != after.get(name)
    ]


def _flat(terms: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in terms.items():
        found.update(value if isinstance(value, Mapping) else {name: value})
    return found
