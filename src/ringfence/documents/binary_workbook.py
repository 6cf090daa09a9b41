"""Read the binary workbooks of Excel: XLS with the formats of its cells, XLSB with the plain values only."""

from __future__ import annotations

import datetime
import io
from typing import Any

from ..errors import DocumentError
from .cell_format import shown
from .raised import Run, join_runs
from .reader import Source
from .sheet import Note, Sheet, check_rows

__all__ = ["read_xls", "read_xlsb"]

_WHITE = {1, 9}  # the places of white in the palette


def read_xls(data: bytes, rows_left: int, source: Source) -> list[Sheet]:
    """Return the sheets of an XLS file. Raises DocumentError if it is damaged."""
    import xlrd

    try:
        book = xlrd.open_workbook(file_contents=data, formatting_info=True, logfile=io.StringIO(), on_demand=True)
        sheets = []
        for index in range(book.nsheets):
            grid = book.sheet_by_index(index)
            rows_left -= grid.nrows
            check_rows(rows_left)
            sheets.append(_xls_sheet(book, grid))
            book.unload_sheet(index)
            source.progress()
    except DocumentError:
        raise
    except Exception:  # the library raises arbitrary exceptions on malformed input
        raise DocumentError("damaged", "the workbook is damaged or truncated") from None
    return sheets


def _xls_sheet(book: Any, grid: Any) -> Sheet:
    import xlrd

    sheet = Sheet(grid.name, grid.visibility != 0)
    sheet.hidden_rows = {row for row, info in grid.rowinfo_map.items() if info.hidden}
    sheet.hidden_columns = {column for column, info in grid.colinfo_map.items() if info.hidden}
    for top, bottom, left, right in grid.merged_cells:
        rows, columns = range(top, min(bottom, grid.nrows)), range(left, min(right, 256))
        sheet.covered |= {(row, column) for row in rows for column in columns} - {(top, left)}
    for row in range(grid.nrows):
        for column, cell in enumerate(grid.row(row)):
            if cell.ctype in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
                continue
            look = book.xf_list[cell.xf_index]
            code = book.format_map[look.format_key].format_str
            plain: Any = cell.value
            if cell.ctype == xlrd.XL_CELL_TEXT:
                plain = _rich_text(book, grid, row, column, str(cell.value))
            elif cell.ctype == xlrd.XL_CELL_BOOLEAN:
                plain = bool(cell.value)
            elif cell.ctype == xlrd.XL_CELL_ERROR:
                plain = xlrd.error_text_from_code.get(cell.value, "#ERROR")
            text = shown(plain, code, book.datemode == 1)
            white = book.font_list[look.font_index].colour_index in _WHITE and look.background.fill_pattern == 0
            if white or not text.strip():
                sheet.unseen[row, column] = shown(plain, "General")
            else:
                sheet.rows.setdefault(row, {})[column] = text
    for (row, column), note in grid.cell_note_map.items():
        sheet.notes.append(Note(note.text, sheet.address(row, column)))
    return sheet


def _rich_text(book: Any, grid: Any, row: int, column: int, text: str) -> str:
    runs = grid.rich_text_runlist_map.get((row, column))
    if not runs:
        return text
    starts = [(0, None), *runs]
    pieces = []
    for (start, font), (end, _) in zip(starts, [*runs, (len(text), None)], strict=True):
        escapement = book.font_list[font].escapement if font is not None else 0
        pieces.append(Run(text[start:end], {1: 1, 2: -1}.get(escapement, 0)))
    return join_runs(pieces)


def read_xlsb(data: bytes, rows_left: int, source: Source) -> list[Sheet]:
    """Return the sheets of an XLSB file. Raises DocumentError if it is damaged or encrypted."""
    from python_calamine import (
        CalamineError,
        CalamineWorkbook,
        PasswordError,
        SheetTypeEnum,
        SheetVisibleEnum,
    )

    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = []
        for entry in workbook.sheets_metadata:
            if entry.typ != SheetTypeEnum.WorkSheet:
                continue
            rows = workbook.get_sheet_by_name(entry.name).to_python(skip_empty_area=False)
            rows_left -= len(rows)
            check_rows(rows_left)
            sheet = Sheet(entry.name, entry.visible != SheetVisibleEnum.Visible)
            for number, row in enumerate(rows):
                cells = {column: text for column, one in enumerate(row) if (text := _plain(one))}
                if cells:
                    sheet.rows[number] = cells
            sheets.append(sheet)
            source.progress()
    except PasswordError:
        raise DocumentError(
            "encrypted", "the file is encrypted, and Ringfence cannot open encrypted Office files"
        ) from None
    except (CalamineError, OSError, ValueError, KeyError):
        raise DocumentError("damaged", "the workbook is damaged or truncated") from None
    return sheets


def _plain(value: Any) -> str:
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ", "seconds")
    if isinstance(value, datetime.timedelta):
        minutes = int(value.total_seconds() // 60)
        return f"{minutes // 60}:{minutes % 60:02}"
    if isinstance(value, datetime.time):
        return value.isoformat("seconds")
    return "" if value is None else shown(value, "General") if isinstance(value, bool | int | float) else str(value)
