"""The documents of a run, read again from where they lie."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from ..documents import Document, ReadingOptions, Source, read_ahead
from .folder import RunFolder

__all__ = ["reread"]


def reread(
    folder: RunFolder, wanted: Collection[str] | None = None, passwords: tuple[str, ...] = ()
) -> Iterator[Document]:
    """Each document of the run (of ``wanted``, where given) whose content is still the same, file by file.

    What is gone, changed or unreadable does not come; the caller sees which ids are missing.
    """
    reading = folder.read_facts()["reading"]
    base = Path(reading.get("folder", "."))
    sources: dict[tuple[str, str], dict[str, str | None]] = {}
    for result in folder.latest():
        document = result["document"]
        if wanted is None or document["id"] in wanted:
            key = (document["path"], document.get("source", document["id"]))
            sources.setdefault(key, {})[document["id"]] = document["sha256"]
    by_source = {Source(base / path, source): expected for (path, source), expected in sources.items()}
    for source, outcomes in read_ahead(iter(by_source), ReadingOptions.of_run(reading, passwords)):
        for outcome in outcomes:
            if isinstance(outcome, Document) and by_source[source].get(outcome.id) == outcome.sha256:
                yield outcome
