"""Gold as a workbook for a person to correct, and back from workbooks, CSV, JSONL and the saved form."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..tasks import Task
from ..tasks.answer import value_at
from .gold import GoldEntry, Origin
from .gold_values import GoldField, GoldValueError, as_text, fields_of, nested, typed

__all__ = ["Imported", "Row", "draft_rows", "import_rows", "read_table", "write_workbook"]

DOCUMENT, CONFIRMED, NOTE = "document", "confirmed", "note"
FACTS = "ringfence"  # the sheet that says what the draft was made from


@dataclass(frozen=True)
class Row:
    """One document of a draft or a table: ``cells`` by column; ``records`` the rows of each list."""

    document: str
    cells: Mapping[str, Any]
    records: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    confirmed: bool = True
    note: str | None = None
    path: str | None = None
    spans: Mapping[str, list[list[int]]] = field(default_factory=dict)


@dataclass
class Imported:
    """What came of a table: entries by document, rows that nobody confirmed, and every fault with its place."""

    entries: dict[str, GoldEntry] = field(default_factory=dict)
    unconfirmed: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


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
    columns = [DOCUMENT, CONFIRMED, *(one.path for one in single), NOTE]
    sheet = book.add_worksheet("gold")
    sheet.freeze_panes(1, 2)
    sheet.set_column(0, 0, 28, text)
    sheet.set_column(1, 1, 10, text)
    sheet.set_column(2, len(columns) - 1, 26, text)
    sheet.write_row(0, 0, columns, bold)
    sheet.write_comment(0, 1, "Put an x here when every value of the row is right. Rows without it are not imported.")
    for number, row in enumerate(rows, start=1):
        shown = [row.document, "", *(as_text(row.cells.get(one.path)) for one in single), row.note or ""]
        for column, cell in enumerate(shown):
            sheet.write_string(number, column, cell, text)
    last = max(1, len(rows))
    sheet.data_validation(1, 1, last, 1, {"validate": "list", "source": ["x"]})
    for column, one in enumerate(single, start=2):
        options = list(one.options) if one.kind == "choice" else ["yes", "no"] if one.kind == "boolean" else []
        if options and len(",".join(options)) <= 255:  # the most that the format takes
            sheet.data_validation(1, column, last, column, {"validate": "list", "source": options})
    for name in dict.fromkeys(one.of_list for one in fields.values() if one.of_list):
        _write_list(book.add_worksheet(name[:31]), name, rows, fields, bold, text)
    hidden = book.add_worksheet(FACTS)
    hidden.write_string(0, 0, json.dumps({"schema": 1, "task": task.name, **facts}))
    hidden.hide()
    book.close()
    target.chmod(0o600)


def _write_list(
    sheet: Any, name: str, rows: Sequence[Row], fields: Mapping[str, GoldField], bold: Any, text: Any
) -> None:
    leaves = [path.removeprefix(f"{name}.") for path, one in fields.items() if one.of_list == name]
    sheet.set_column(0, len(leaves), 26, text)
    sheet.freeze_panes(1, 1)
    sheet.write_row(0, 0, [DOCUMENT, *leaves], bold)
    number = 0
    for row in rows:
        for record in row.records.get(name, ()):
            number += 1
            for column, cell in enumerate([row.document, *(as_text(record.get(leaf)) for leaf in leaves)]):
                sheet.write_string(number, column, cell, text)


def read_table(path: Path, columns: Mapping[str, str]) -> tuple[list[Row], dict[str, Any]]:
    """The rows of an XLSX, CSV, JSONL or JSON (saved form) file, and the facts of the draft that it was made from.

    ``columns`` maps names in the file to fields, ``document``, ``confirmed`` and ``note``. Raises InputError.
    """
    suffix = path.suffix.lower()
    try:
        if suffix in (".xlsx", ".xlsm", ".xls", ".ods"):
            return _from_workbook(path, columns)
        if suffix in (".csv", ".tsv"):
            rows = path.read_text(encoding="utf-8-sig").splitlines(keepends=True)
            dialect = "excel-tab" if suffix == ".tsv" else _dialect(rows)
            return [_row(record, columns) for record in csv.DictReader(rows, dialect=dialect)], {}
        if suffix in (".jsonl", ".ndjson"):
            rows = path.read_text(encoding="utf-8").splitlines()
            return [_row(json.loads(row), columns) for row in rows if row.strip()], {}
        if suffix == ".json":
            saved = json.loads(path.read_text(encoding="utf-8"))
            return [_row(record, columns) for record in saved["rows"]], dict(saved.get("facts", {}))
    except OSError as error:
        reason = error.strerror or ("it is damaged" if path.exists() else "there is no such file")
        raise InputError(f"{path} cannot be read ({reason}).", "Give a file that exists.") from None
    except (ValueError, KeyError, TypeError, csv.Error) as error:
        raise InputError(
            f"{path} is no table of gold ({str(error)[:100]}).", "Give a workbook, a CSV or a JSONL file."
        ) from None
    raise InputError(f"{path.name} is of no kind that gold is read from.", "Give .xlsx, .csv, .jsonl or .json.")


def _dialect(rows: Sequence[str]) -> Any:
    try:
        return csv.Sniffer().sniff("".join(rows[:20]), delimiters=",;\t")
    except csv.Error:
        return "excel"


def _from_workbook(path: Path, columns: Mapping[str, str]) -> tuple[list[Row], dict[str, Any]]:
    import python_calamine

    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        sheets = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
    except python_calamine.CalamineError as error:
        raise ValueError(str(error)) from None
    facts: dict[str, Any] = {}
    if hidden := sheets.pop(FACTS, None):
        facts = json.loads(str(hidden[0][0]))
    first = next(iter(sheets))
    rows = [_row(record, columns) for record in _records(sheets.pop(first))]
    if facts:
        listed: dict[str, dict[str, list[dict[str, Any]]]] = {row.document: {} for row in rows}
        for name, sheet in sheets.items():
            for record in _records(sheet):
                document = str(record.pop(DOCUMENT))
                if document in listed:
                    listed[document].setdefault(name, []).append(record)
        names = list(sheets)
        rows = [
            Row(
                r.document, r.cells, {n: listed[r.document].get(n, []) for n in names}, r.confirmed, r.note,
            )
            for r in rows
        ]  # fmt: skip
    return rows, facts


def _records(sheet: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    if not sheet:
        return []
    names = [str(name).strip() for name in sheet[0]]
    return [
        {name: cell for name, cell in zip(names, row, strict=False) if name}
        for row in sheet[1:]
        if any(str(cell).strip() for cell in row)
    ]


def _row(record: Mapping[str, Any], columns: Mapping[str, str]) -> Row:
    cells = {columns.get(name, name): value for name, value in record.items() if name is not None}
    if DOCUMENT not in cells:
        shown = ", ".join(map(str, list(record)[:8]))
        raise ValueError(f"no column `document`; there are: {shown}; name it with --map COLUMN=document")
    document = cells.pop(DOCUMENT)
    if isinstance(document, float) and document.is_integer():
        document = int(document)
    confirmed = str(cells.pop(CONFIRMED, "x") or "").strip().casefold()
    note = cells.pop(NOTE, None)
    nested_values = cells.pop("values", None)
    spans = cells.pop("spans", None) or {}
    records: dict[str, list[dict[str, Any]]] = {}
    if isinstance(nested_values, Mapping):  # gold in its own form, or the saved form
        cells = {}
        for path, value in nested_values.items():
            if isinstance(value, list) and all(isinstance(one, Mapping) for one in value):
                records[path] = [dict(one) for one in value]
            elif isinstance(value, Mapping) and "amount" not in value:
                cells.update({f"{path}.{leaf}": inner for leaf, inner in value.items()})
            else:
                cells[path] = value
    sure = confirmed not in ("", "no", "false", "0")
    return Row(str(document).strip(), cells, records, sure, str(note) if note else None, None, spans)


def import_rows(rows: Iterable[Row], task: Task, by: str, origin: Origin, note: str | None) -> Imported:
    """Typed entries from the rows that were confirmed; every fault is told with its document."""
    found, fields = Imported(), fields_of(task)
    for row in rows:
        if not row.document:
            found.faults.append("a row has no document")
            continue
        if not row.confirmed:
            found.unconfirmed.append(row.document)
            continue
        if row.document in found.entries:
            found.faults.append(f"{row.document}: it stands twice")
            continue
        if unknown := [name for name in (*row.cells, *row.records) if not _known(name, fields)]:
            found.faults.append(
                f"{row.document}: the task has no field {unknown[0]!r}; leave it out with --map {unknown[0]}=-"
            )
            continue
        try:
            flat = {path: typed(fields[path], raw, task.locale) for path, raw in row.cells.items() if path in fields}
            lists = {name: [_record(name, one, fields, task) for one in listed] for name, listed in row.records.items()}
        except GoldValueError as fault:
            found.faults.append(f"{row.document}: {fault}")
            continue
        values = nested(flat, lists)
        found.entries[row.document] = GoldEntry(
            row.document, values, by, note=row.note or note, origin=origin, spans=row.spans
        )
    return found


def _known(name: str, fields: Mapping[str, GoldField]) -> bool:
    return name in fields or name == "-" or any(one.of_list == name for one in fields.values())


def _record(name: str, record: Mapping[str, Any], fields: Mapping[str, GoldField], task: Task) -> dict[str, Any]:
    typed_record = {}
    for leaf, raw in record.items():
        path = f"{name}.{leaf}"
        if path not in fields:
            raise GoldValueError(f"{name} has no field {leaf!r}")
        typed_record[leaf] = typed(fields[path], raw, task.locale)
    return typed_record
