"""Gold as a table for a person to correct: rows, and the workbook that holds them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..tasks import Task
from ..tasks.answer import value_at
from .gold import Origin
from .gold_values import GoldField, as_cell, fields_of

__all__ = ["NOT_JUDGED", "Row", "column_of", "draft_rows", "write_workbook"]

DOCUMENT, CONFIRMED, NOTE = "document", "confirmed", "note"
NOT_JUDGED = "?"  # in a cell: nobody has said anything of this value; a blank cell is null
FIELD = "field:"  # before the name of a field that is called like one of the columns
FACTS = "ringfence"  # the sheet that says what the draft was made from
_TAKEN = (DOCUMENT, CONFIRMED, NOTE, "values", "spans", "by", "at", "origin", "schema")


@dataclass(frozen=True)
class Row:
    """One document of a draft or a table: ``cells`` by column; ``records`` the rows of each list. ``contract``: values
    are in the form of results, not as a person writes them. ``by`` and ``origin`` are what gold says of itself."""

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


def column_of(path: str) -> str:
    """The column of a field; one that is called like a column of ours stands behind ``field:``."""
    return f"{FIELD}{path}" if path in _TAKEN else path


def draft_rows(results: Iterable[Mapping[str, Any]], task: Task, blind: bool) -> list[Row]:
    """A row for every document of a run, with the answers to correct, or blank where the person is to answer blind."""
    rows = []
    for result in results:
        values = {} if blind or result["status"] != "done" else result["values"]
        cells: dict[str, Any] = {}
        records: dict[str, list[dict[str, Any]]] = {}
        for path, spec in fields_of(task).items():
            if spec.of_list:
                leaf = path.removeprefix(f"{spec.of_list}.")
                given = values.get(spec.of_list) or []
                kept = records.setdefault(spec.of_list, [{} for _ in given])
                for place, record in enumerate(given):
                    kept[place][leaf] = record.get(leaf)
            else:
                cells[path] = value_at(values, path) if values else None
        rows.append(Row(result["document"]["id"], cells, records, False, None, result["document"]["path"]))
    return rows


def write_workbook(rows: Sequence[Row], task: Task, facts: Mapping[str, Any], target: Path) -> None:
    """An XLSX with a row a document, a sheet for each list, and lists to choose from where a field is a choice."""
    import xlsxwriter

    fields = fields_of(task)
    book = xlsxwriter.Workbook(target, {"strings_to_formulas": False, "strings_to_urls": False})
    bold = book.add_format({"bold": True, "bg_color": "#e5eefb"})
    text = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
    single = [one for one in fields.values() if not one.of_list]
    columns = [DOCUMENT, CONFIRMED, *(column_of(one.path) for one in single), NOTE]
    sheet = book.add_worksheet("gold")
    sheet.freeze_panes(1, 2)
    sheet.set_column(0, 0, 28, text)
    sheet.set_column(1, 1, 10, text)
    sheet.set_column(2, len(columns) - 1, 26, text)
    sheet.write_row(0, 0, columns, bold)
    sheet.write_comment(0, 1, "Put an x here when every value of the row is right. Rows without it are not imported.")
    for number, row in enumerate(rows, start=1):
        shown = [row.document, "", *(as_cell(one, row.cells.get(one.path)) for one in single), row.note or ""]
        for column, cell in enumerate(shown):
            sheet.write_string(number, column, cell, text)
    last = max(1, len(rows))
    sheet.data_validation(1, 1, last, 1, {"validate": "list", "source": ["x"]})
    for column, one in enumerate(single, start=2):
        options = list(one.options) if one.kind == "choice" else ["yes", "no"] if one.kind == "boolean" else []
        if options and len(",".join(options)) <= 255:  # the most that the format takes
            sheet.data_validation(1, column, last, column, {"validate": "list", "source": options})
    sheets: dict[str, str] = {}
    for number, name in enumerate(dict.fromkeys(one.of_list for one in fields.values() if one.of_list), start=1):
        plain = len(name) <= 31 and name.casefold() not in ("gold", FACTS)  # 31: the most that the format takes
        title = name if plain else f"{name[:26]}-{number}"
        sheets[title] = name
        _write_list(book.add_worksheet(title), name, rows, fields, bold, text)
    hidden = book.add_worksheet(FACTS)
    hidden.write_string(0, 0, json.dumps({"schema": 1, "task": task.name, "sheets": sheets, **facts}))
    hidden.hide()
    book.close()
    target.chmod(0o600)


def _write_list(
    sheet: Any, name: str, rows: Sequence[Row], fields: Mapping[str, GoldField], bold: Any, text: Any
) -> None:
    leaves = {path.removeprefix(f"{name}."): one for path, one in fields.items() if one.of_list == name}
    sheet.set_column(0, len(leaves), 26, text)
    sheet.freeze_panes(1, 1)
    sheet.write_row(0, 0, [DOCUMENT, *leaves], bold)
    number = 0
    for row in rows:
        for record in row.records.get(name, ()):
            number += 1
            for column, cell in enumerate(
                [row.document, *(as_cell(one, record.get(leaf)) for leaf, one in leaves.items())]
            ):
                sheet.write_string(number, column, cell, text)
