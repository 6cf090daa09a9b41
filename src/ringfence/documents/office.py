"""Read Word, PowerPoint and Excel files, old and new, with headings, lists, table rows, slides and cell addresses.

DOCX, PPTX and XLSX are read from their XML; office-oxide parses the old DOC and PPT in memory-safe code.
docs/formats.md explains the choice.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ..contracts import UnreadPart
from ..errors import DocumentError
from .binary_workbook import read_xls, read_xlsb
from .flow_text import LayerBuilder, heading_mark
from .model import Document
from .package import Package
from .reader import ReadingOptions, Source, sha256_of
from .sheet import MAX_ROWS, Sheet, write_sheets
from .slides import write_slides
from .unread_counts import UnreadCounts
from .word import write_word
from .workbook import read_workbook

__all__ = ["OfficeReader"]

_FAMILY = {
    "docx": "docx", "docm": "docx", "dotx": "docx", "dotm": "docx", "doc": "doc", "dot": "doc",
    "pptx": "pptx", "pptm": "pptx", "ppsx": "pptx", "ppsm": "pptx", "potx": "pptx", "potm": "pptx", "ppt": "ppt",
    "pps": "ppt", "xlsx": "xlsx", "xlsm": "xlsx", "xltx": "xlsx", "xltm": "xlsx", "xlsb": "xlsb", "xls": "xls",
    "xlam": "xlsx",
}  # fmt: skip


class OfficeReader:
    """Reader for Microsoft Office files."""

    name = "office"
    version = 6
    libraries = ("lxml", "office-oxide", "olefile", "python-calamine", "xlrd")
    extensions = tuple(_FAMILY)

    def read(self, source: Source, data: bytes, options: ReadingOptions) -> Iterator[Document]:
        """Yield the file as one document; each slide or sheet is a page."""
        from .file_type import kind_of

        kind = _FAMILY[kind_of(data, source.extension) or source.extension]
        layer = LayerBuilder()
        if kind == "docx":
            write_word(layer, Package(data, source), options.hidden)
        elif kind == "pptx":
            write_slides(layer, Package(data, source), source, options.hidden)
        elif kind in ("xlsx", "xlsb", "xls"):
            unread = UnreadCounts()
            sheets = _sheets(data, kind, source, layer, unread)
            write_sheets(layer, sheets, options.hidden, unread)
            unread.write(layer)
            if layer.empty and kind == "xls" and not layer.unread:  # only text boxes, or older than Excel 97
                _write_sections(layer, _parsed(data, kind)["sections"], slides=False)
        else:
            _write_sections(layer, _parsed(data, kind)["sections"], slides=kind == "ppt")
            what = "whether text of this old format is raised, hidden or deleted"
            layer.unread.append(UnreadPart(code="look-of-text", what=what))
        yield layer.document(source, sha256_of(data), f"{self.name}/{self.version}")


def _sheets(data: bytes, kind: str, source: Source, layer: LayerBuilder, unread: UnreadCounts) -> list[Sheet]:
    if kind == "xlsx":
        return read_workbook(Package(data, source), MAX_ROWS, source, unread)
    with _panics_are_damage():
        if kind == "xlsb":
            layer.unread.append(UnreadPart(code="look-of-cells", what="the formats of the cells and hidden rows"))
            return read_xlsb(data, MAX_ROWS, source)
        try:
            return read_xls(data, MAX_ROWS, source)
        except DocumentError as error:
            if error.code == "damaged":
                _parsed(data, kind)  # raises the right error if the file is encrypted
            raise


@contextmanager
def _panics_are_damage() -> Iterator[None]:
    """Turn a panic of Rust code into a DocumentError.

    A panic is raised as a BaseException, which would otherwise end the worker.
    """
    try:
        yield
    except BaseException as error:
        if type(error).__name__ == "PanicException":
            raise DocumentError("damaged", "the file is damaged") from None
        raise


def _parsed(data: bytes, kind: str) -> Any:
    """Parse a file with office-oxide and return its intermediate form. Raises DocumentError with the reason."""
    from office_oxide import Document as OfficeDocument
    from office_oxide import OfficeOxideError

    try:
        with _panics_are_damage():
            parse: Any = OfficeDocument.from_bytes
            return json.loads(parse(data, kind).to_ir_json())
    except OfficeOxideError as error:
        message = str(error).lower()
        if "password" in message or "encrypted" in message:
            raise DocumentError(
                "encrypted", "the file is encrypted, and Ringfence cannot open encrypted Office files"
            ) from None
        raise DocumentError("damaged", "the file is damaged or truncated") from None


def _write_sections(layer: LayerBuilder, sections: Sequence[dict[str, Any]], slides: bool) -> None:
    paragraphs = 0
    for number, section in enumerate(sections, start=1):
        if slides:
            layer.page()
            layer.paragraph(f"Slide {number}", f"slide {number}")
        for part in ("header", "first_page_header"):
            if not slides and section.get(part):
                _write_elements(layer, section[part].get("content", []), "header", paragraphs)
        address = f"slide {number}" if slides else None
        paragraphs = _write_elements(layer, section.get("elements", []), address, paragraphs)
        for part in ("footer", "first_page_footer"):
            if not slides and section.get(part):
                _write_elements(layer, section[part].get("content", []), "footer", paragraphs)
        if notes := section.get("speaker_notes"):
            layer.paragraph(f"Notes: {_text(notes)}", f"notes of slide {number}")


def _write_elements(layer: LayerBuilder, elements: Any, address: str | None, paragraphs: int) -> int:
    """Write elements, addressed as numbered paragraphs if ``address`` is None; return the last paragraph number."""
    for element in elements if isinstance(elements, list) else []:
        kind = element.get("type")
        if kind in ("paragraph", "heading", "code_block", "quote"):
            paragraphs += 1
            mark = heading_mark(element.get("level") or 1) if kind == "heading" else ""
            layer.paragraph(_text(element.get("content")), address or f"paragraph {paragraphs}", mark)
        elif kind == "list":
            layer.end_block()
            paragraphs = _write_items(layer, element, address, paragraphs, 0)
            layer.end_block()
        elif kind == "table":
            paragraphs = _write_table(layer, element, address, paragraphs)
        elif kind in ("text_box", "footnote", "endnote", "comment"):
            paragraphs = _write_elements(layer, element.get("content"), address, paragraphs)
        elif kind == "image" and element.get("alt_text"):
            layer.paragraph(f"[{element['alt_text']}]", address)
    return paragraphs


def _write_items(layer: LayerBuilder, element: dict[str, Any], address: str | None, paragraphs: int, level: int) -> int:
    for item in element.get("items", []):
        paragraphs += 1
        layer.lines(_text(item.get("content")), address or f"paragraph {paragraphs}", f"{'  ' * level}- ")
        if isinstance(item.get("nested"), dict):
            paragraphs = _write_items(layer, item["nested"], address, paragraphs, level + 1)
    return paragraphs


def _write_table(layer: LayerBuilder, element: dict[str, Any], address: str | None, paragraphs: int) -> int:
    paragraphs += 1
    layer.end_block()
    place = address or f"table at paragraph {paragraphs}"
    layer.table(
        [
            (_text(cell.get("content")), f"{place}, row {number}, cell {position}")
            for position, cell in enumerate(row.get("cells", []), start=1)
        ]
        for number, row in enumerate(element.get("rows", []), start=1)
    )
    layer.end_block()
    return paragraphs


def _text(content: Any) -> str:
    """Return the text of a content tree, one line per paragraph."""
    if isinstance(content, str):
        return content
    if isinstance(content, dict):
        if "text" in content:
            return str(content["text"])
        if content.get("type") in ("line_break", "page_break"):
            return "\n"
        if content.get("type") == "list":
            return "\n".join(_text(item.get("content")) for item in content.get("items", [])) + "\n"
        if content.get("type") == "table":
            rows = content.get("rows", [])
            return "\n".join(" ".join(_text(c.get("content")) for c in row.get("cells", [])) for row in rows) + "\n"
        inner = _text(content.get("content"))
        return inner + "\n" if content.get("type") in ("paragraph", "heading") else inner
    if isinstance(content, list):
        return "".join(_text(part) for part in content).strip("\n")
    return ""
