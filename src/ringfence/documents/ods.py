"""Read OpenDocument spreadsheets: each cell as it shows its value, and what is hidden."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..errors import DocumentError
from .odf_text import is_large
from .package import child, children, descendants, local, value
from .reader import Source
from .sheet import AMPERSAND, Note, Sheet, check_rows, fixed_words

__all__ = ["read_ods"]

_GROUPS = {
    "table-rows", "table-header-rows", "table-row-group", "table-columns", "table-column-group", "table-header-columns",
}  # fmt: skip
_OTHERS = {"object": "charts", "object-ole": "embedded-files", "plugin": "embedded-files", "control": "form-controls"}
_SHAPES = {
    "frame", "text-box", "custom-shape", "rect", "ellipse", "circle", "line", "polyline", "polygon", "path",
    "connector", "caption", "regular-polygon", "measure", *_OTHERS,
}  # fmt: skip
_MAX_COLUMNS = 16_384
_MAX_REPEATED = 1_000


def read_ods(root: Any, rows_left: int, words: Any, pages: dict[str | None, Any], source: Source) -> list[Sheet]:
    """Return the sheets of a spreadsheet's content.

    ``words`` returns the text of a paragraph, as the style of its cell shows it; ``pages`` are the masters by name.
    """
    body = child(root, "body", "spreadsheet")
    if body is None:
        raise DocumentError("damaged", "it has no document body")
    hidden_styles = {
        value(style, "name")
        for style in descendants(root, "style")
        if value(child(style, "table-properties"), "display") == "false"
    }
    masters = {
        value(style, "name"): value(style, "master-page-name")
        for style in descendants(root, "style")
        if value(style, "family") == "table"
    }
    sheets = []
    for table in children(body, "table"):
        sheet = Sheet(value(table, "name") or "", value(table, "style-name") in hidden_styles)
        _Reader(sheet, words, rows_left).read(table)
        page = pages.get(masters.get(value(table, "style-name")), next(iter(pages.values()), None))
        for kind, pieces in (("header", sheet.before), ("footer", sheet.after)):
            for part in children(page, kind, f"{kind}-left", f"{kind}-first"):
                text = "\t".join(fixed_words(_marked(p)).replace(AMPERSAND, "&") for p in descendants(part, "p"))
                if value(part, "display") != "false" and re.search(r"\w", text) and text not in pieces:
                    pieces.append(text)
        rows_left -= len(sheet.rows)
        sheets.append(sheet)
        source.progress()
    return sheets


class _Reader:
    """Reads one sheet; rows and cells that are repeated stand for many."""

    def __init__(self, sheet: Sheet, words: Any, rows_left: int) -> None:
        self._sheet, self._words, self._rows_left = sheet, words, rows_left
        self._row = 0
        self._column = 0

    def read(self, table: Any) -> None:
        for element in table:
            name = local(element)
            if name == "table-row":
                self._read_row(element)
            elif name == "table-column":
                repeated = _count(element, "number-columns-repeated")
                if value(element, "visibility") in ("collapse", "filter"):
                    last = min(self._column + repeated, _MAX_COLUMNS)
                    self._sheet.hidden_columns |= set(range(self._column, last))
                self._column += repeated
            elif name == "shapes":
                self._read_boxes(element)
            elif name in _GROUPS:
                self.read(element)

    def _read_row(self, row: Any) -> None:
        cells: dict[int, str] = {}
        covered: list[int] = []
        column = 0
        for cell in children(row, "table-cell", "covered-table-cell"):
            repeated = _count(cell, "number-columns-repeated")
            text = self._text(cell)
            if not text.strip() and value(cell, "formula") and value(cell, "value-type") != "string":
                self._sheet.without_value.append((self._row, column))
            hidden = value(cell, "value") if not text.strip() and cell.find("./{*}p") is not None else None
            if hidden:  # by the format of the cell
                self._sheet.unseen[self._row, column] = hidden
            if text.strip():
                for place in range(column, column + min(repeated, _MAX_REPEATED)):
                    cells[place] = text
                    if local(cell) == "covered-table-cell":
                        covered.append(place)
            for note in children(cell, "annotation"):
                words = "\n".join(self._words(p) for p in descendants(note, "p"))
                self._sheet.notes.append(Note(words, self._sheet.address(self._row, column)))
            self._read_boxes(cell)
            column += repeated
        repeated = _count(row, "number-rows-repeated")
        if cells:
            check_rows(self._rows_left - len(self._sheet.rows) - repeated)
            for number in range(self._row, self._row + repeated):
                self._sheet.rows[number] = dict(cells)
                self._sheet.covered |= {(number, place) for place in covered}
                if value(row, "visibility") in ("collapse", "filter"):
                    self._sheet.hidden_rows.add(number)
        self._row += repeated

    def _text(self, cell: Any) -> str:
        """Return what a cell shows; its plain value if the program that wrote it stored no text."""
        style = value(cell, "style-name")
        text = "\n".join(self._words(paragraph, style) for paragraph in children(cell, "p", "h"))
        amount = value(cell, "value")
        if not text.strip():
            plain = [value(cell, name) for name in ("string-value", "date-value", "time-value", "boolean-value")]
            currency = value(cell, "currency")
            plain.append(f"{amount} {currency}" if amount and currency else amount)
            return "" if cell.find("./{*}p") is not None else next((one for one in plain if one), "")
        negative = amount is not None and amount.startswith("-") and re.search(r"[1-9]", text)
        # The colour of a format may say minus.
        return f"-{text}" if negative and not re.search(r"[-−–(]", text) else text

    def _read_boxes(self, element: Any) -> None:
        """Read the words of shapes, and note what else they are."""
        for shape in (one for one in descendants(element, *_SHAPES) if not _inside_note(one)):
            name = local(shape)
            if name in _OTHERS or (name == "frame" and child(shape, "image") is not None and is_large(shape)):
                self._sheet.others.append(_OTHERS.get(name, "pictures"))
            paragraphs = [p for p in descendants(shape, "p", "h") if next(_shapes_around(p), None) is shape]
            words = "\n".join(self._words(p) for p in paragraphs)
            if words.strip():
                self._sheet.boxes.append(words)


def _shapes_around(element: Any) -> Iterator[Any]:
    return (up for up in element.iterancestors() if local(up) in _SHAPES)


def _inside_note(element: Any) -> bool:
    return local(element) == "annotation" or any(local(up) == "annotation" for up in element.iterancestors())


_CHANGING = {"page-number": "&P", "page-count": "&N", "date": "&D", "time": "&T", "sheet-name": "", "file-name": ""}


def _marked(paragraph: Any) -> str:
    """The words of a header, with marks for what changes from page to page or from day to day."""
    words = (paragraph.text or "").replace("&", AMPERSAND)
    for one in paragraph:
        name = local(one)
        words += _CHANGING[name] if name in _CHANGING else _marked(one) if name else ""
        words += (one.tail or "").replace("&", AMPERSAND)
    return words


def _count(element: Any, name: str) -> int:
    text = value(element, name) or "1"
    return max(int(text), 1) if text.isdigit() else 1
