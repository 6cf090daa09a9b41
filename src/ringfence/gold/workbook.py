"""Gold as a table for a person to correct: rows, and the workbook that holds them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..contracts import Origin, Result
from ..files import fresh_file
from ..tasks import AnswerField, Task
from .values import as_cell

__all__ = ["NOT_JUDGED", "Row", "column_of", "draft_rows", "write_workbook"]

DOCUMENT, CONFIRMED, NOTE = "document", "confirmed", "note"
NOT_JUDGED = "?"  # in a cell: nobody has judged this value; a blank cell is null
FIELD = "field:"  # before the name of a field that shares the name of one of our columns
FACTS = "ringfence"  # the sheet that says where the draft comes from
_TAKEN = (DOCUMENT, CONFIRMED, NOTE, "values", "spans", "by", "at", "origin", "schema")


@dataclass(frozen=True)
class Row:
    """One document of a draft or a table: ``cells`` by column, and in ``records`` the rows of each list.

    With ``contract``, values have the form of results, not the form in which a person writes them. ``by`` and
    ``origin`` come from gold that names them. ``fault`` says why the row cannot be read.
    """

    document: str
    cells: Mapping[str, Any]
    records: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    confirmed: bool = True
    note: str | None = None
    path: str | None = None
    spans: Mapping[str, list[list[int]]] = field(default_factory=dict)
    by: str = ""
    origin: Origin | None = None
    contract: bool = False
    fault: str = ""


def column_of(path: str) -> str:
    """The column of a field; ``field:`` goes before the name of a field that shares the name of one of our columns."""
    return f"{FIELD}{path}" if path in _TAKEN else path


def draft_rows(results: Iterable[Result], task: Task, blind: bool) -> list[Row]:
    """A row for every document of a run: with the answers to correct or, if ``blind``, without them."""
    rows = []
    for result in results:
        values = {} if blind or not result.answered else result.values or {}
        cells: dict[str, Any] = {}
        records: dict[str, list[dict[str, Any]]] = {}
        for path, spec in task.answer_fields().items():
            if spec.of_list:
                leaf = path.removeprefix(f"{spec.of_list}.")
                given = values.get(spec.of_list) or []
                kept = records.setdefault(spec.of_list, [{} for _ in given])
                for place, record in enumerate(given):
                    kept[place][leaf] = record.get(leaf)
            else:
                cells[path] = result.value(path) if values else None
        document = result.document
        rows.append(Row(document.id, cells, records, confirmed=False, path=document.path))
    return rows


def write_workbook(rows: Sequence[Row], task: Task, facts: Mapping[str, Any], target: Path) -> None:
    """Write an XLSX: a row for each document, a sheet for each list, and a drop-down list for each choice."""
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False}
    with fresh_file(target) as fresh, xlsxwriter.Workbook(str(fresh), options) as book:
        _fill(book, rows, task, facts)


def _fill(book: Any, rows: Sequence[Row], task: Task, facts: Mapping[str, Any]) -> None:
    fields = task.answer_fields()
    bold = book.add_format({"bold": True, "bg_color": "#e5eefb"})
    text = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
    single = [spec for spec in fields.values() if not spec.of_list]
    columns = [DOCUMENT, CONFIRMED, *(column_of(spec.path) for spec in single), NOTE]
    sheet = book.add_worksheet("gold")
    sheet.freeze_panes(1, 2)
    sheet.set_column(0, 0, 28, text)
    sheet.set_column(1, 1, 10, text)
    sheet.set_column(2, len(columns) - 1, 26, text)
    sheet.write_row(0, 0, columns, bold)
    sheet.write_comment(0, 1, "Put an x here once every value of the row is right. Rows without it are not imported.")
    for number, row in enumerate(rows, start=1):
        shown = [row.document, "", *(as_cell(spec, row.cells.get(spec.path)) for spec in single), row.note or ""]
        for column, cell in enumerate(shown):
            sheet.write_string(number, column, cell, text)
    last = max(1, len(rows))
    sheet.data_validation(1, 1, last, 1, {"validate": "list", "source": ["x"]})
    for column, spec in enumerate(single, start=2):
        options = list(spec.options) if spec.kind == "choice" else ["yes", "no"] if spec.kind == "boolean" else []
        if options and len(",".join(options)) <= 255:  # the format's limit
            sheet.data_validation(1, column, last, column, {"validate": "list", "source": options})
    sheets: dict[str, str] = {}
    for number, name in enumerate(dict.fromkeys(spec.of_list for spec in fields.values() if spec.of_list), start=1):
        plain = len(name) <= 31 and name.casefold() not in ("gold", FACTS)  # 31: the format's limit
        title = name if plain else f"{name[:26]}-{number}"
        sheets[title] = name
        _write_list(book.add_worksheet(title), name, rows, fields, bold, text)
    hidden = book.add_worksheet(FACTS)
    hidden.write_string(0, 0, json.dumps({"schema": 1, "task": task.name, "sheets": sheets, **facts}))
    hidden.hide()


def _write_list(
    sheet: Any, name: str, rows: Sequence[Row], fields: Mapping[str, AnswerField], bold: Any, text: Any
) -> None:
    leaves = {path.removeprefix(f"{name}."): spec for path, spec in fields.items() if spec.of_list == name}
    sheet.set_column(0, len(leaves), 26, text)
    sheet.freeze_panes(1, 1)
    sheet.write_row(0, 0, [DOCUMENT, *map(column_of, leaves)], bold)
    number = 0
    for row in rows:
        for record in row.records.get(name, ()):
            number += 1
            cells = [row.document, *(as_cell(spec, record.get(leaf)) for leaf, spec in leaves.items())]
            for column, cell in enumerate(cells):
                sheet.write_string(number, column, cell, text)
