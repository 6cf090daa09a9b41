"""The catalog: weights that Ringfence pulls by name, each file with its digest and its sources."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

__all__ = ["CatalogEmbedding", "CatalogEntry", "CatalogFile", "catalog", "digest_of", "find_entry"]


def digest_of(files: Iterable[tuple[str, str]]) -> str:
    """One digest over files (name, sha256): sha256 of the sorted ``sha256  name`` lines, as sha256sum prints them."""
    lines = "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(files))
    return hashlib.sha256(lines.encode()).hexdigest()


@dataclass(frozen=True)
class CatalogFile:
    """One file: its name in the store, its sources in order, its digest and its size in bytes if they are known."""

    name: str
    sources: tuple[str, ...]
    sha256: str | None = None
    size: int | None = None


@dataclass(frozen=True)
class CatalogEmbedding:
    """How embedding weights want to be used, where their files do not say.

    ``question`` and ``passage`` are prefixes; ``context`` is in tokens, 0 for all that the weights have.
    """

    question: str = ""
    passage: str = ""
    pooling: str = "mean"
    context: int = 0


@dataclass(frozen=True)
class CatalogEntry:
    """Weights by name. ``use`` is their purpose, and their short name: demo, tests, embedding, ocr; of one at most."""

    name: str
    licence: str
    files: tuple[CatalogFile, ...]
    makers: str = ""
    note: str = ""
    use: str = ""
    embedding: CatalogEmbedding | None = None

    @property
    def digest(self) -> str | None:
        """The digest of the weights; None if that of a file is not known."""
        if not all(file.sha256 for file in self.files):
            return None
        return digest_of((file.name, str(file.sha256)) for file in self.files)


@cache
def catalog() -> tuple[CatalogEntry, ...]:
    """Every entry, in the order of the file."""
    data = tomllib.loads((files(__package__) / "catalog.toml").read_text(encoding="utf-8"))
    return tuple(
        CatalogEntry(
            **{
                **entry,
                "files": tuple(CatalogFile(**{**file, "sources": tuple(file["sources"])}) for file in entry["files"]),
                "embedding": CatalogEmbedding(**entry["embedding"]) if "embedding" in entry else None,
            }
        )
        for entry in data["weights"]
    )


def find_entry(name: str) -> CatalogEntry | None:
    """The entry with this name or with this ``use``; None if there is none."""
    return next((entry for entry in catalog() if name and name in (entry.name, entry.use)), None)
