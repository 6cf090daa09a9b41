"""Read OpenDocument files (ODT, ODP, ODS, flat variants): headings, lists, table rows, notes, slides and sheets."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Any

from ..errors import DocumentError
from .flow_text import LayerBuilder
from .model import Document
from .odf_styles import OdfLook, OdfStyles
from .odf_text import OdfWriter
from .ods import read_ods
from .package import children, descendants, value
from .reader import ReadingOptions, Source, sha256_of
from .sheet import MAX_ROWS, write_sheets
from .unread_counts import UnreadCounts
from .xml import DAMAGED_ZIP, parse_xml

__all__ = ["OpenDocumentReader"]

_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_ENCRYPTED = b"encryption-data"
_SURROUNDINGS = {
    "header": ("header", "header-first", "header-left"),
    "footer": ("footer", "footer-first", "footer-left"),
}


class OpenDocumentReader:
    """Reader for OpenDocument texts, presentations and spreadsheets."""

    name = "odf"
    version = 6
    libraries = ("lxml",)
    extensions = ("odt", "ott", "odp", "otp", "fodt", "fodp", "ods", "ots", "fods")

    def read(self, source: Source, data: bytes, options: ReadingOptions) -> Iterator[Document]:
        """Yield the file as one document; each slide or sheet is a page."""
        packed = data.startswith(b"PK")
        content = _member(source, data, "content.xml") if packed else data
        looks = _member(source, data, "styles.xml") if packed else None
        root = parse_xml(content or b"")
        styles_root = parse_xml(looks) if looks else root
        body = root.find(f".//{_OFFICE}body")
        if body is None:
            raise DocumentError("damaged", "it has no document body")
        stamp = f"{self.name}/{self.version}"
        if body.find(f"{_OFFICE}spreadsheet") is not None:
            yield _spreadsheet(root, styles_root, source, options).document(source, sha256_of(data), stamp)
            return
        styles = OdfStyles(root, styles_root)
        layer = OdfWriter(styles, options.hidden)
        for name in ("header", "body", "footer"):
            if name == "body":
                layer.write(body)
                continue
            for words in _surroundings(layer, styles.used_pages(), _SURROUNDINGS[name]):
                layer.paragraph(words, name)
        layer.name_unread()
        yield layer.document(source, sha256_of(data), stamp)


def _spreadsheet(root: Any, styles_root: Any, source: Source, options: ReadingOptions) -> LayerBuilder:
    styles, unread = OdfStyles(root, styles_root), UnreadCounts()
    layer = OdfWriter(styles, options.hidden)

    def words(paragraph: Any, cell_style: str | None = None) -> str:
        # A cell may have any background, so that white text counts as seen.
        own = styles.look("table-cell", cell_style)
        return layer.words(paragraph, OdfLook(struck=own.struck, ground="unknown", font=own.font))

    write_sheets(layer, read_ods(root, MAX_ROWS, words, styles.pages, source), options.hidden, unread)
    unread.write(layer)
    layer.name_unread()
    return layer


def _member(source: Source, data: bytes, name: str) -> bytes | None:
    """Return a part of the archive; None if a part other than the content is missing."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            if "META-INF/manifest.xml" in names and _ENCRYPTED in archive.read("META-INF/manifest.xml"):
                raise DocumentError(
                    "encrypted", "the file is encrypted, and Ringfence cannot open encrypted Office files"
                )
            if name not in names and name != "content.xml":
                return None
            info = archive.getinfo(name)
            if source.expansion:
                source.expansion.add_bytes(info.file_size)
            return archive.read(info)
    except DAMAGED_ZIP:
        raise DocumentError("damaged", "the file is damaged or truncated") from None


def _surroundings(layer: OdfWriter, pages: list[Any], names: tuple[str, ...]) -> list[str]:
    """Return the distinct headers or footers of pages, such as a letterhead."""
    found: dict[str, None] = {}
    for part in (part for page in pages for part in children(page, *names) if value(part, "display") != "false"):
        words = "\n".join(layer.words(paragraph) for paragraph in descendants(part, "p", "h"))
        if words.strip():
            found.setdefault(words)
    return list(found)
