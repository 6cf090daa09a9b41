"""The protocol of a corpus that is read: what an answer needs of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from ..contracts import CorpusChoice, FoundPassage

__all__ = ["CorpusReader"]


class CorpusReader(Protocol):
    """One view of one version of a corpus.

    ``libraries`` are the distributions that find passages; the lock records their versions. ``choice`` is what opens
    the same view again; ``reading`` is how its documents are read, where that is not the default.
    """

    libraries: tuple[str, ...]
    choice: CorpusChoice
    reading: dict[str, Any]

    @property
    def name(self) -> str:
        """The name of the corpus."""
        ...

    @property
    def version(self) -> int:
        """The number of the version."""
        ...

    @property
    def facts(self) -> dict[str, Any]:
        """The corpus's part of a lock: its version by digest, the embedder, the view, and the rules of the search."""
        ...

    def note_run(self, run: Path) -> None:
        """Remember that a run asked this corpus."""
        ...

    def find(self, question: str, count: int) -> list[FoundPassage]:
        """Return the best passages for a question, best first."""
        ...
