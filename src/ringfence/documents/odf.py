"""Read OpenDocument texts and presentations (ODT, ODP, flat variants): headings, lists, table rows, slides."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Any

from ..errors import DocumentError
from .flow_text import LayerBuilder
from .model import Document
from .ods import read_ods
from .reader import ReadingOptions, Source, sha256_of
from .sheet import MAX_ROWS, write_sheets
from .unread_counts import UnreadCounts
from .xml import DAMAGED_ZIP, parse_xml

__all__ = ["OpenDocumentReader"]

_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_DRAW = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_PRESENTATION = "{urn:oasis:names:tc:opendocument:xmlns:presentation:1.0}"
_ENCRYPTED = b"encryption-data"
MAX_REPEATED_SPACES = 1_000


class OpenDocumentReader:
    """Reader for OpenDocument texts and presentations."""

    name = "odf"
    version = 2
    libraries = ("lxml",)
    extensions = ("odt", "ott", "odp", "otp", "fodt", "fodp", "ods", "ots", "fods")

    def read(self, source: Source, data: bytes, options: ReadingOptions) -> Iterator[Document]:
        """Yield the file as one document; each slide is a page."""
        content = _content(source, data) if data.startswith(b"PK") else data
        root = parse_xml(content)
        body = root.find(f".//{_OFFICE}body")
        if body is None:
            raise DocumentError("damaged", "it has no document body")
        if body.find(f"{_OFFICE}spreadsheet") is not None:
            yield _spreadsheet(root, source, options).document(source, sha256_of(data), f"{self.name}/{self.version}")
            return
        layer = _Writer()
        pieces = _headers_and_footers(source, data) if data.startswith(b"PK") else []
        for words in (words for name, words in pieces if name == "header"):
            layer.paragraph(words, "header")
        layer.walk(body)
        for words in (words for name, words in pieces if name == "footer"):
            layer.paragraph(words, "footer")
        yield layer.document(source, sha256_of(data), f"{self.name}/{self.version}")


def _spreadsheet(root: Any, source: Source, options: ReadingOptions) -> LayerBuilder:
    layer, unread = LayerBuilder(), UnreadCounts()
    write_sheets(layer, read_ods(root, MAX_ROWS, _words, source), options.hidden, unread)
    unread.write(layer)
    return layer


def _content(source: Source, data: bytes) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if _ENCRYPTED in archive.read("META-INF/manifest.xml"):
                raise DocumentError(
                    "encrypted", "the file is encrypted, and Ringfence cannot open encrypted Office files"
                )
            info = archive.getinfo("content.xml")
            if source.expansion:
                source.expansion.add_bytes(info.file_size)
            return archive.read(info)
    except DAMAGED_ZIP:
        raise DocumentError("damaged", "the file is damaged or truncated") from None


def _headers_and_footers(source: Source, data: bytes) -> list[tuple[str, str]]:
    """Return the distinct headers and footers of pages, such as a letterhead."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if "styles.xml" not in archive.namelist():
            return []
        if source.expansion:
            source.expansion.add_bytes(archive.getinfo("styles.xml").file_size)
        root = parse_xml(archive.read("styles.xml"))
    pieces: dict[tuple[str, str], None] = {}
    for name in ("header", "footer"):
        for part in root.iter(f"{_STYLE}{name}", f"{_STYLE}{name}-first", f"{_STYLE}{name}-left"):
            words = "\n".join(_words(paragraph) for paragraph in part.iter(f"{_TEXT}p", f"{_TEXT}h"))
            if words.strip():
                pieces.setdefault((name, words))
    return list(pieces)


class _Writer(LayerBuilder):
    """Writes the body of a document and numbers its paragraphs and slides."""

    def __init__(self) -> None:
        super().__init__()
        self._paragraphs = 0
        self._slides = 0

    def _address(self) -> str:
        self._paragraphs += 1
        return f"slide {self._slides}" if self._slides else f"paragraph {self._paragraphs}"

    def walk(self, element: Any, level: int = 0) -> None:
        """Write the descendants of ``element``."""
        for child in element:
            tag = child.tag
            if tag == f"{_TEXT}h":
                self.paragraph(_words(child), self._address(), "# ")
            elif tag == f"{_TEXT}p":
                self.paragraph(_words(child), self._address())
                self._boxes_in(child)
            elif tag == f"{_TEXT}list":
                if level == 0:
                    self.end_block()
                self._items(child, level)
                if level == 0:
                    self.end_block()
            elif tag == f"{_TABLE}table":
                self._table(child)
            elif tag == f"{_DRAW}page":
                self._slides += 1
                self.page()
                self.paragraph(f"Slide {self._slides}", f"slide {self._slides}")
                self.walk(child)
            elif tag == f"{_PRESENTATION}notes":
                words = "\n".join(_words(p) for p in child.iter(f"{_TEXT}p") if _words(p).strip())
                if words:
                    self.paragraph(f"Notes: {words}", f"notes of slide {self._slides}")
            elif isinstance(tag, str) and tag not in (f"{_TEXT}tracked-changes", f"{_TEXT}sequence-decls"):
                self.walk(child, level)

    def _boxes_in(self, paragraph: Any) -> None:
        """Write the text boxes anchored in a paragraph."""
        for frame in paragraph.iter(f"{_DRAW}text-box"):
            self.walk(frame)

    def _items(self, element: Any, level: int) -> None:
        for item in element:
            for child in item:
                if child.tag == f"{_TEXT}list":
                    self._items(child, level + 1)
                elif child.tag in (f"{_TEXT}p", f"{_TEXT}h"):
                    self.lines(_words(child), self._address(), f"{'  ' * level}- ")

    def _table(self, table: Any) -> None:
        self.end_block()
        address = self._address()
        for number, row in enumerate(table.iter(f"{_TABLE}table-row"), start=1):
            cells = [cell for cell in row if cell.tag in (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")]
            self.line(
                (
                    " ".join(_words(p) for p in cell.iter(f"{_TEXT}p", f"{_TEXT}h")),
                    f"{address}, row {number}, cell {position}",
                )
                for position, cell in enumerate(cells, start=1)
            )
        self.end_block()


def _words(element: Any) -> str:
    """Return the text of a paragraph with its spaces, tabs and line breaks, without its text boxes."""
    pieces = [element.text or ""]
    for child in element:
        if child.tag == f"{_TEXT}s":
            count = child.get(f"{_TEXT}c", "1")
            pieces.append(" " * min(int(count) if count.isdigit() else 1, MAX_REPEATED_SPACES))
        elif child.tag == f"{_TEXT}tab":
            pieces.append("   ")
        elif child.tag == f"{_TEXT}line-break":
            pieces.append("\n")
        elif isinstance(child.tag, str) and not child.tag.startswith((_DRAW, f"{_OFFICE}annotation")):
            pieces.append(_words(child))
        pieces.append(child.tail or "")
    return "".join(pieces)
