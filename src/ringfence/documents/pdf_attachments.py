"""Files inside a PDF: those of a portfolio, and those attached to the document or to a place on a page."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from pypdfium2 import PdfAttachment, PdfiumError, raw

from ..errors import DocumentError
from .containers import Child, ChildNames, unreadable
from .reader import Source, reader_for

__all__ = ["File", "children_of", "files_of", "pinned_file", "unread_names"]


File = tuple[str, bytes | None]  # its name and content; None if it is damaged


def files_of(pdf: Any) -> Iterator[File]:
    """Yield the files attached to a PDF as a whole."""
    for position in range(pdf.count_attachments()):
        yield _file_of(pdf.get_attachment(position))


def pinned_file(pdf: Any, annotation: Any) -> File | None:
    """Return the file that an annotation pins to a page."""
    attached = raw.FPDFAnnot_GetFileAttachment(annotation)
    return _file_of(PdfAttachment(attached, pdf)) if attached else None


def children_of(files: Iterable[File], source: Source) -> Iterator[Child]:
    """Yield each file that a reader can read, with its content."""
    names = ChildNames()
    for name, data in files:
        if data is not None and not _is_readable(name, data, source):
            continue
        child = source.child(names.of(name, "attachment"))
        if data is None:
            yield unreadable(child, "damaged", "this file inside the PDF is damaged")
        else:
            if source.expansion:
                source.expansion.add_bytes(len(data))
            yield child, data


def unread_names(files: Iterable[File], source: Source) -> list[str]:
    """Return the names of the files that no reader can read, such as the data of an electronic invoice."""
    return [name for name, data in files if data is not None and not _is_readable(name, data, source)]


def _is_readable(name: str, data: bytes, source: Source) -> bool:
    try:
        reader_for(replace(source, id=f"{source.id}!{name}", depth=source.depth + 1), data)
    except DocumentError as error:
        return error.code != "unsupported"
    return True


def _file_of(attachment: Any) -> File:
    name = attachment.get_name()
    try:
        data = attachment.get_data()
    except PdfiumError:
        return name, None
    return name, ctypes.string_at(data, len(data)) if len(data) else b""
