"""The catalog: weights that Ringfence pulls by name, each file with its digest and its sources."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

__all__ = ["CatalogEntry", "CatalogFile", "catalog", "find_entry"]


@dataclass(frozen=True)
class CatalogFile:
    """One file: its name in the store, its sources in order, its digest and its size in bytes if they are known."""

    name: str
    sources: tuple[str, ...]
    sha256: str | None = None
    size: int | None = None


@dataclass(frozen=True)
class CatalogEntry:
    """Weights by name. ``use`` is their purpose: demo, tests, embedding, ocr."""

    name: str
    licence: str
    files: tuple[CatalogFile, ...]
    makers: str = ""
    note: str = ""
    use: str = ""


@cache
def catalog() -> tuple[CatalogEntry, ...]:
    """Every entry, in the order of the file."""
    data = tomllib.loads((files(__package__) / "catalog.toml").read_text(encoding="utf-8"))
    return tuple(
        CatalogEntry(
            **{
                **entry,
                "files": tuple(CatalogFile(**{**file, "sources": tuple(file["sources"])}) for file in entry["files"]),
            }
        )
        for entry in data["weights"]
    )


def find_entry(name: str) -> CatalogEntry | None:
    """The entry with this name or with this ``use``; None if there is none."""
    return next((entry for entry in catalog() if name in (entry.name, entry.use)), None)
