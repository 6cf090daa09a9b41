"""Small files that once were read wrongly, and what is read of them today."""

from __future__ import annotations

from pathlib import Path

from ringfence.documents import Document, ReadingOptions, Source, Unreadable, read_here

CASES = Path(__file__).parent / "data" / "cases"


def case(name: str, options: ReadingOptions | None = None) -> Document:
    """Read the only document of a case, by the start of its name."""
    (path,) = CASES.glob(f"{name}.*")
    (document,) = read_here(Source(path, path.name), options)
    assert isinstance(document, Document), document
    return document


def read_file(path: Path, options: ReadingOptions | None = None) -> Document:
    """Read the first document of a file."""
    document = next(read_here(Source(path, path.name), options))
    assert isinstance(document, Document), document
    return document


def outcomes(path: Path) -> dict[str, str]:
    """Read all documents of a file: the text or the code of the failure, by id."""
    return {one.id: one.code if isinstance(one, Unreadable) else one.text for one in read_here(Source(path, path.name))}


def codes(document: Document) -> list[str]:
    """Return what the document names as not read."""
    return [part.code for part in document.unread]
