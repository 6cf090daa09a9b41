"""Read the documents of a run again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from ..contracts import DocumentFacts, Result
from ..documents import Document, Source, read_ahead
from .run_folder import RunFolder

__all__ = ["reread", "source_of", "sources_of"]


def source_of(document: DocumentFacts, base: Path) -> Source:
    """Return the file that contains the document of a result. Relative paths start from ``base``."""
    return Source(base / document.path, document.source or document.id)


def sources_of(results: Iterable[Result], base: Path) -> list[Source]:
    """Return the files that contain the documents of results, each once."""
    return list(dict.fromkeys(source_of(result.document, base) for result in results))


def reread(
    folder: RunFolder, wanted: Collection[str] | None = None, passwords: tuple[str, ...] = ()
) -> Iterator[Document]:
    """Read each document of the run again, file by file; with ``wanted``, only the documents with these ids.

    Skips documents that are missing, changed or unreadable; the caller must look for missing ids.
    """
    base = folder.base()
    by_source: dict[Source, dict[str, str | None]] = {}
    for result in folder.latest():
        document = result.document
        if wanted is None or document.id in wanted:
            by_source.setdefault(source_of(document, base), {})[document.id] = document.sha256
    for source, outcomes in read_ahead(iter(by_source), folder.reading_options(passwords)):
        for outcome in outcomes:
            if isinstance(outcome, Document) and by_source[source].get(outcome.id) == outcome.sha256:
                yield outcome
