"""The kinds of store, and which of them holds a corpus."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from ..errors import InputError
from ..files import write_whole
from .postgres_store import PostgresStore, new_schema
from .sqlite_store import SQLITE_FILE, SqliteStore
from .store import Store

__all__ = ["EMBEDDED", "STORES", "is_embedded", "is_store", "make_store", "open_store"]

EMBEDDED = "embedded"
_FACTS = "store.json"  # in the folder of a corpus that lies on a server: {"kind": "postgres", "schema": ...}


def _make_postgres(folder: Path) -> Store:
    if not (folder / _FACTS).exists():
        schema = new_schema(folder.name)
        PostgresStore(schema, make=True).close()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(folder / _FACTS, json.dumps({"kind": "postgres", "schema": schema}), private=True)
    return _open_postgres(folder)


def _open_postgres(folder: Path) -> Store:
    return PostgresStore(str(_facts(folder).get("schema", "")))


STORES: dict[str, tuple[Callable[[Path], Store], Callable[[Path], Store]]] = {
    EMBEDDED: (SqliteStore, SqliteStore),
    "postgres": (_make_postgres, _open_postgres),
}
"""By the name of a kind of store: what makes one for a folder, and what opens the one of a folder."""


def is_store(folder: Path) -> bool:
    """Return whether a folder holds or names a store."""
    return (folder / SQLITE_FILE).is_file() or (folder / _FACTS).is_file()


def is_embedded(folder: Path) -> bool:
    """Return whether all that a store holds lies in its folder."""
    return is_store(folder) and not (folder / _FACTS).is_file()


def make_store(folder: Path, kind: str | None) -> Store:
    """Open the store of a folder, which is made if there is none; by default an embedded one.

    Raises InputError if there is one of another kind.
    """
    if not is_store(folder):
        return STORES[kind or EMBEDDED][0](folder)
    held = _kind(folder)
    if kind not in (None, held):
        raise InputError(
            f"The corpus {folder.name} lies in the store {held}.", "Make another corpus for another store."
        )
    return open_store(folder)


def open_store(folder: Path) -> Store:
    """Open the store of a folder. Raises InputError if it cannot be opened."""
    return STORES[_kind(folder)][1](folder)


def _kind(folder: Path) -> str:
    if not (folder / _FACTS).is_file():
        return EMBEDDED
    kind = _facts(folder).get("kind")
    if kind not in STORES:
        raise InputError(f"{folder / _FACTS} names no known store.", f"Known are {', '.join(STORES)}.")
    return str(kind)


def _facts(folder: Path) -> dict[str, object]:
    try:
        facts = json.loads((folder / _FACTS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        facts = None
    return facts if isinstance(facts, dict) else {}
