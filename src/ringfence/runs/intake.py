"""Select the documents that a session must process: new, changed or failed ones, up to the limit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from pathlib import Path
from typing import Protocol

from ..documents import Container, Document, ReadingOptions, Source, Unreadable, read_ahead, readers, sha256_of_file
from .run_folder import RunFolder

__all__ = ["Intake", "finished_in"]

FINAL = ("done", "abstained")  # a document with this status is processed again only if it changes


def finished_in(run: Path) -> Set[str]:
    """Return the ids of the documents that a run in ``run`` keeps when it is resumed unless they change."""
    if not (run / "run.json").exists():
        return frozenset()
    return {identity for identity, entry in RunFolder.open(run).index().items() if entry.status in FINAL}


class _Counts(Protocol):
    kept: int
    changed: list[str]


class Intake:
    """Reads the sources of a run, and yields documents that are new, have changed, or failed before."""

    def __init__(
        self, folder: RunFolder, options: ReadingOptions, limit: int | None, only: Set[str] | None, counts: _Counts
    ) -> None:
        self._folder, self._options, self._limit, self._only, self._counts = folder, options, limit, only, counts
        self._earlier = folder.index()
        self._inside: dict[str, list[str]] = {}  # by file, the ids of earlier documents inside it
        for identity, entry in self._earlier.items():
            if entry.source and entry.source != identity:
                self._inside.setdefault(entry.source, []).append(identity)
        self._begun: set[str] = set()
        self._kept: set[str] = set()
        self._repeats = 0

    def outcomes(self, sources: Iterable[Source]) -> Iterator[Document | Unreadable]:
        """Yield the documents to process, in order; worker processes read ahead."""
        fresh = (source for source in sources if not self._keeps_whole(source))
        for source, outcomes in read_ahead(fresh, self._options):
            seen: set[str] = set()
            unreadable = False
            for outcome in outcomes:
                unreadable |= isinstance(outcome, Unreadable) and outcome.id == source.id
                seen.add(outcome.id)
                if self._only is not None and outcome.id not in self._only:
                    continue
                if self._limit is not None and len(self._begun) >= self._limit:
                    return
                if outcome.id in self._begun or outcome.id in self._kept:
                    yield self._repeated(outcome)
                    continue
                if self._keeps(outcome.id, outcome.sha256):
                    continue
                if outcome.id in self._earlier and self._earlier[outcome.id].sha256 != outcome.sha256:
                    self._counts.changed.append(outcome.id)
                self._begun.add(outcome.id)
                yield outcome
            if not unreadable:  # a file that cannot be read today says nothing about what it contains
                self._take_back(source, seen)

    def _repeated(self, outcome: Document | Unreadable) -> Unreadable:
        self._repeats += 1
        return Unreadable(
            f"{outcome.id}#again-{self._repeats}",
            outcome.path,
            "duplicate-id",
            f"a document with the id {outcome.id} came before",
            outcome.sha256,
            outcome.metadata.get("source") if isinstance(outcome, Document) else outcome.source,
        )

    def _take_back(self, source: Source, seen: set[str]) -> None:
        """Withdraw earlier results of documents that a file no longer contains.

        Examples are a member that was removed, and the failure of a whole archive whose members can now be read.
        """
        for identity in [*self._inside.get(source.id, []), source.id]:
            if identity in self._earlier and identity not in seen:
                self._folder.supersede(identity)

    def _keeps_whole(self, source: Source) -> bool:
        """Return whether a file need not be read again: it is done, and it contains no other documents."""
        earlier = self._earlier.get(source.id)
        if (
            earlier is None
            or earlier.status not in FINAL
            or source.id in self._inside
            or _is_container(earlier.read_by)
        ):
            return False
        return self._keeps(source.id, sha256_of_file(source.path, self._options.limits.file_mib))

    def _keeps(self, identity: str, sha256: str | None) -> bool:
        earlier = self._earlier.get(identity)
        unchanged = earlier is not None and earlier.sha256 == sha256 and earlier.status in FINAL
        if unchanged and identity not in self._begun and identity not in self._kept:
            self._kept.add(identity)
            self._counts.kept = len(self._kept)
            return True
        return False


def _is_container(read_by: str | None) -> bool:
    """Return whether the files of this reader can contain further documents."""
    name = (read_by or "").partition("/")[0]
    return any(reader.name == name and isinstance(reader, Container) for reader in readers().values())
