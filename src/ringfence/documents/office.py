"""Read Word, PowerPoint and Excel files, old and new, with headings, lists, table rows, slides and cell addresses.

office-oxide parses all six formats in memory-safe code; calamine provides the addresses of cells, which office-oxide
does not. docs/formats.md explains the choice.
"""

from __future__ import annotations

import datetime
import io
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ..errors import DocumentError
from .flow_text import LayerBuilder
from .model import Document
from .reader import ReadingOptions, Source, sha256_of

__all__ = ["OfficeReader", "column_name"]

_FAMILY = {
    "docx": "docx", "docm": "docx", "dotx": "docx", "dotm": "docx", "doc": "doc", "dot": "doc",
    "pptx": "pptx", "pptm": "pptx", "ppsx": "pptx", "ppsm": "pptx", "potx": "pptx", "potm": "pptx", "ppt": "ppt",
    "pps": "ppt", "xlsx": "xlsx", "xlsm": "xlsx", "xltx": "xlsx", "xltm": "xlsx", "xlsb": "xlsb", "xls": "xls",
    "ods": "ods", "xlam": "xlsx",
}  # fmt: skip
_SHEETS = ("xlsx", "xlsb", "xls", "ods")
MAX_ROWS = 200_000
_MARK = {"heading": "# "}


class OfficeReader:
    """Reader for Microsoft Office files and OpenDocument spreadsheets."""

    name = "office"
    version = 1
    libraries = ("lxml", "office-oxide", "olefile", "python-calamine")
    extensions = tuple(_FAMILY)

    def read(self, source: Source, data: bytes, options: ReadingOptions) -> Iterator[Document]:
        """Yield the file as one document; each slide or sheet is a page."""
        from .file_type import kind_of

        kind = _FAMILY[kind_of(data, source.extension) or source.extension]
        layer = LayerBuilder()
        if kind in _SHEETS:
            with _panics_are_damage():
                _write_sheets(layer, data, kind, source)
            if layer.empty and kind in ("xls", "xlsx"):  # only text boxes, or older than Excel 97
                _write_sections(layer, _parsed(data, kind)["sections"], slides=False)
        else:
            _write_sections(layer, _parsed(data, kind)["sections"], slides=kind in ("ppt", "pptx"))
        yield layer.document(source, sha256_of(data), f"{self.name}/{self.version}")


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
            layer.paragraph(_text(element.get("content")), address or f"paragraph {paragraphs}", _MARK.get(kind, ""))
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
    for number, row in enumerate(element.get("rows", []), start=1):
        cells = [
            (
                _text(cell.get("content")),
                f"{address or f'table at paragraph {paragraphs}'}, row {number}, cell {position}",
            )
            for position, cell in enumerate(row.get("cells", []), start=1)
        ]
        layer.line(cells)
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


def _write_sheets(layer: LayerBuilder, data: bytes, kind: str, source: Source) -> None:
    """Write each sheet as a page and each row as a line, with the address of every cell."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum

    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = [sheet.name for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
        displayed = _displayed_cells(data, kind)
        rows_left = MAX_ROWS
        sheets = {}
        for name in names:
            sheets[name] = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
            rows_left -= len(sheets[name])
            if rows_left < 0:
                raise DocumentError("too-long", f"it has more than {MAX_ROWS:,} rows")
            source.progress()
        for name, rows in sheets.items():  # after all are read: if one is damaged, none is written
            _write_sheet(layer, name, rows, displayed.get(name, []))
    except PasswordError:
        raise DocumentError(
            "encrypted", "the file is encrypted, and Ringfence cannot open encrypted Office files"
        ) from None
    except (CalamineError, OSError, ValueError, KeyError):
        if kind in ("xls", "xlsx"):
            _parsed(data, kind)  # raises the right error if the file is encrypted
        raise DocumentError("damaged", "the workbook is damaged or truncated") from None


def _write_sheet(layer: LayerBuilder, name: str, rows: list[list[Any]], displayed: list[list[str]]) -> None:
    filled = [number for number, row in enumerate(rows) if any(_cell(value) for value in row)]
    if not filled:
        return
    layer.page()
    layer.paragraph(f"Sheet: {name}", name)
    # The displayed text of a cell (1,249.50 EUR) says more than its value (1249.5). The two libraries count rows
    # differently, so the displayed text is used only if all rows correspond and have equally many filled cells.
    aligned = len(displayed) == len(filled) and all(
        [bool(text) for text in texts].count(True) == sum(bool(_cell(value)) for value in rows[number])
        for texts, number in zip(displayed, filled, strict=True)
    )
    previous = -2
    for position, number in enumerate(filled):
        if number > previous + 1:
            layer.end_block()
        previous = number
        columns = [column for column, value in enumerate(rows[number]) if _cell(value)]
        texts = [text for text in displayed[position] if text] if aligned else [_cell(rows[number][c]) for c in columns]
        layer.line(
            (text, f"{name}!{column_name(column)}{number + 1}") for text, column in zip(texts, columns, strict=True)
        )
    layer.end_block()


def _displayed_cells(data: bytes, kind: str) -> dict[str, list[list[str]]]:
    """Return the displayed text of the cells by sheet and non-empty row; empty if it is not available."""
    if kind not in ("xlsx", "xls"):
        return {}
    try:
        sections = _parsed(data, kind)["sections"]
    except DocumentError:
        return {}
    displayed: dict[str, list[list[str]]] = {}
    for section in sections:
        rows = [
            [" ".join(_text(cell.get("content")).split()) for cell in row.get("cells", [])]
            for element in section.get("elements", [])
            if element.get("type") == "table"
            for row in element.get("rows", [])
        ]
        displayed[section.get("title", "")] = [row for row in rows if any(row)]
    return displayed


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ", "seconds")
    return " ".join(str(value).split()) if value is not None else ""


def column_name(index: int) -> str:
    """Return the letters of a column from its index, counted from 0: A, B, ... Z, AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
