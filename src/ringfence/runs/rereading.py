"""The documents of a run, read again from where they lie."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..documents import Document, ReadingOptions, Source, read_ahead
from .folder import RunFolder

__all__ = ["reread", "source_of"]


def source_of(document: Mapping[str, Any], base: Path) -> Source:
    """The file that a document of a result came from."""
    return Source(base / document["path"], document.get("source") or document["id"])


def reread(
    folder: RunFolder, wanted: Collection[str] | None = None, passwords: tuple[str, ...] = ()
) -> Iterator[Document]:
    """Each document of the run (of ``wanted``, where given) whose content is still the same, file by file.

    What is gone, changed or unreadable does not come; the caller sees which ids are missing.
    """
    reading, base = folder.read_facts()["reading"], folder.base()
    by_source: dict[Source, dict[str, str | None]] = {}
    for result in folder.latest():
        document = result["document"]
        if wanted is None or document["id"] in wanted:
            by_source.setdefault(source_of(document, base), {})[document["id"]] = document["sha256"]
    for source, outcomes in read_ahead(iter(by_source), ReadingOptions.of_run(reading, passwords)):
        for outcome in outcomes:
            if isinstance(outcome, Document) and by_source[source].get(outcome.id) == outcome.sha256:
                yield outcome
