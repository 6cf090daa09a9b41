"""Export the values of a run: CSV and XLSX for spreadsheets, Parquet and JSON for programs."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, TextIO

from ..errors import RunError
from ..tasks import columns_of
from .folder import RunFolder

__all__ = ["export_csv", "export_json", "export_parquet", "export_xlsx", "list_names"]

_Fields = dict[str, dict[str, Any]]
_TOLD = ("scores", "evidence", "sentences", "unsupported", "sections")
MOST_SHEET_ROWS = 1_048_576


def list_names(folder: RunFolder) -> list[str]:
    """The lists that the task asks for."""
    return [name for name, spec in _fields(folder).items() if spec["kind"] == "list"]


def export_json(folder: RunFolder, stream: TextIO) -> int:
    """One JSON array with the values, spans and flags of every document; returns the number of documents."""
    count = 0
    stream.write("[")
    for result in folder.latest():
        row = {key: result[key] for key in ("status", "reason", "values", "checks", "decision", "lock")}
        row["document"] = result["document"]["id"]
        row.update({key: result[key] for key in _TOLD if key in result})
        for key in ("flags", "spans", "address", "ocr"):
            row[key] = {path: entry[key] for path, entry in (result["fields"] or {}).items() if entry[key]}
        stream.write((",\n" if count else "\n") + json.dumps(row, ensure_ascii=False))
        count += 1
    stream.write("\n]\n")
    return count


def export_csv(folder: RunFolder, stream: TextIO, of_list: str | None = None) -> int:
    """One row a document, or with ``of_list`` one row a record of that list; money as two columns; flags as text.

    Returns the number of rows. Raises RunError for a list that the task does not have.
    """
    header, rows = _table(folder, of_list)
    writer = csv.writer(stream)
    writer.writerow(_distinct(header))
    count = 0
    for row in rows:
        writer.writerow([_cell(value) for value in row])
        count += 1
    return count


def export_xlsx(folder: RunFolder, target: Path) -> int:
    """A workbook with a sheet for the documents and one for each list; returns the number of documents.

    Numbers, dates and amounts are cells of their kind; texts are written as text, whatever they begin with.
    """
    import xlsxwriter

    names: list[str | None] = [None, *list_names(folder)]
    titles = _distinct([(name or "documents")[:28] for name in names])  # a title may have 31 characters
    counts = []
    with xlsxwriter.Workbook(str(target), {"strings_to_formulas": False, "strings_to_urls": False}) as workbook:
        bold = workbook.add_format({"bold": True, "bottom": 1})
        for name, title in zip(names, titles, strict=True):
            sheet = workbook.add_worksheet(title)
            header, rows = _table(folder, name)
            header = _distinct(header)
            sheet.write_row(0, 0, header, bold)
            sheet.freeze_panes(1, 1)
            widths = [len(title) for title in header]
            number = 0
            for number, row in enumerate(rows, start=1):
                if number >= MOST_SHEET_ROWS:
                    raise RunError(
                        f"A worksheet holds {MOST_SHEET_ROWS:,} rows, and there are more.",
                        "Write CSV or Parquet instead.",
                    )
                for column, value in enumerate(row):
                    _write_cell(sheet, number, column, value)
                    widths[column] = min(60, max(widths[column], len(str(value if value is not None else ""))))
            for column, width in enumerate(widths):
                sheet.set_column(column, column, width + 2)
            sheet.autofilter(0, 0, max(number, 1), len(header) - 1)
            counts.append(number)
    return counts[0]


_DECIDED = ("decision", "for_review")  # columns of a run that a calibrator decided


def export_parquet(folder: RunFolder, target: Path) -> int:
    """One row a document with its records and lists nested as they are; returns the number of documents."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise RunError(
            "Writing Parquet needs a package that is not installed.", "Install it: pip install 'ringfence[parquet]'."
        ) from None
    fields = _fields(folder)
    extra = _DECIDED if _is_decided(folder) else ()
    names = _distinct(["document", "status", "reason", *fields, "flags", *extra])
    columns = dict(zip(fields, names[3:], strict=False))
    flags, *decided = names[3 + len(fields) :]
    schema = pyarrow.schema(
        [
            ("document", pyarrow.string()),
            ("status", pyarrow.string()),
            ("reason", pyarrow.string()),
            *((columns[name], _arrow_type(pyarrow, spec)) for name, spec in fields.items()),
            (flags, pyarrow.list_(pyarrow.string())),
            *([(name, pyarrow.string()) for name in decided]),
        ]
    )
    count = 0
    with pyarrow.parquet.ParquetWriter(target, schema) as writer:
        for batch in _batches(folder, 1_000):
            rows = [
                {
                    "document": result["document"]["id"],
                    "status": result["status"],
                    "reason": result["reason"],
                    **{columns[name]: value for name, value in {**dict.fromkeys(fields), **_values(result)}.items()},
                    flags: _flags(result["fields"] or {}),
                    **dict(zip(decided, _decision(result), strict=False)),
                }
                for result in batch
            ]
            writer.write_table(pyarrow.Table.from_pylist(rows, schema))
            count += len(rows)
    return count


def _arrow_type(pyarrow: Any, spec: dict[str, Any]) -> Any:
    if spec["kind"] in ("record", "list"):
        inner = pyarrow.struct([(name, _arrow_type(pyarrow, leaf)) for name, leaf in spec["fields"].items()])
        return pyarrow.list_(inner) if spec["kind"] == "list" else inner
    if spec["kind"] == "money":
        return pyarrow.struct([("amount", pyarrow.string()), ("currency", pyarrow.string())])
    if spec["kind"] == "choices":
        return pyarrow.list_(pyarrow.string())
    return pyarrow.bool_() if spec["kind"] == "boolean" else pyarrow.string()


def _batches(folder: RunFolder, size: int) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for result in folder.latest():
        batch.append(result)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _fields(folder: RunFolder) -> _Fields:
    task = folder.read_facts()["task"]
    score = {"score": {"kind": "number"}} if task["kind"] == "classify" else {}
    return {**columns_of(task), **score}


def _values(result: dict[str, Any]) -> dict[str, Any]:
    """The values of a document; of a classified one with the best score (which an abstention has too)."""
    best = {"score": str(max(result["scores"].values()))} if result.get("scores") else {}
    return {**(result["values"] or {}), **best}


def _table(folder: RunFolder, of_list: str | None) -> tuple[list[str], Iterator[list[Any]]]:
    """Header and rows: of the documents, or of the records of one list."""
    fields = _fields(folder)
    if of_list is None:
        leaves = _leaves(fields)
        counted = [name for name, spec in fields.items() if spec["kind"] == "list"]
        header = ["document", "status", "reason", *_columns(leaves), *(f"{name}_count" for name in counted), "flags"]
        extra = _DECIDED if _is_decided(folder) else ()
        return [*header, *extra], _document_rows(folder, leaves, counted, bool(extra))
    if fields.get(of_list, {}).get("kind") != "list":
        have = ", ".join(name for name, spec in fields.items() if spec["kind"] == "list") or "none"
        raise RunError(f"The task has no list named {of_list!r}.", f"The lists of this run: {have}.")
    inner: _Fields = fields[of_list]["fields"]
    return ["document", "row", *_columns(inner), "flags"], _record_rows(folder, of_list, inner)


def _distinct(names: list[str]) -> list[str]:
    """Names of columns or sheets with a number behind those that came before (a field may be called status)."""
    found: list[str] = []
    for name in names:
        distinct, number = name, 1
        while distinct.lower() in {one.lower() for one in found}:
            number += 1
            distinct = f"{name}_{number}"
        found.append(distinct)
    return found


def _leaves(fields: _Fields) -> _Fields:
    """Single values by path."""
    leaves: _Fields = {}
    for name, spec in fields.items():
        if spec["kind"] == "record":
            leaves.update({f"{name}.{leaf}": one for leaf, one in spec["fields"].items()})
        elif spec["kind"] != "list":
            leaves[name] = spec
    return leaves


def _columns(leaves: _Fields) -> list[str]:
    columns = []
    for path, spec in leaves.items():
        columns += [f"{path}_amount", f"{path}_currency"] if spec["kind"] == "money" else [path]
    return columns


def _is_decided(folder: RunFolder) -> bool:
    return bool(folder.read_facts()["lock"]["data"].get("calibrator"))


def _decision(result: dict[str, Any]) -> list[str]:
    """The document's decision, and the values that are for a person."""
    entries = result["fields"] or {}
    return [result["decision"] or "", "; ".join(p for p, entry in entries.items() if entry.get("decision") == "review")]


def _document_rows(folder: RunFolder, leaves: _Fields, counted: list[str], decided: bool) -> Iterator[list[Any]]:
    for result in folder.latest():
        values = _values(result)
        row: list[Any] = [result["document"]["id"], result["status"], result["reason"]]
        for path, spec in leaves.items():
            name, _, leaf = path.partition(".")
            value = (values.get(name) or {}).get(leaf) if leaf else values.get(name)
            row += _cells(value, spec["kind"])
        row += [Decimal(len(values[name])) if name in values else None for name in counted]
        yield [*row, "; ".join(_flags(result["fields"] or {})), *(_decision(result) if decided else [])]


def _record_rows(folder: RunFolder, name: str, leaves: _Fields) -> Iterator[list[Any]]:
    for result in folder.latest():
        for number, record in enumerate((result["values"] or {}).get(name) or []):
            row: list[Any] = [result["document"]["id"], Decimal(number + 1)]
            for leaf, spec in leaves.items():
                row += _cells(record[leaf], spec["kind"])
            prefix = f"{name}[{number}]."
            own = {path: entry for path, entry in result["fields"].items() if path.startswith(prefix)}
            yield [*row, "; ".join(_flags(own))]


def _cells(value: Any, kind: str) -> list[Any]:
    """The cells of one value: numbers as Decimal, all else as it is."""
    if kind == "money":
        return [_number(value["amount"]), value["currency"]] if value else [None, None]
    if isinstance(value, list):
        return ["; ".join(value)]
    return [_number(value) if kind == "number" and value is not None else value]


def _number(text: str) -> Decimal | str:
    try:
        return Decimal(text)
    except InvalidOperation:
        return text


def _flags(entries: dict[str, Any]) -> list[str]:
    return [f"{path}: {', '.join(entry['flags'])}" for path, entry in entries.items() if entry["flags"]]


def _write_cell(sheet: Any, row: int, column: int, value: Any) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, Decimal) and len(value.as_tuple().digits) <= 15:  # a spreadsheet keeps 15 digits
        sheet.write_number(row, column, float(value))
    else:
        sheet.write_string(row, column, str(value)[:32_767])


def _cell(value: Any) -> str:
    """A cell that no spreadsheet takes for a formula: text that begins like one gets an apostrophe; numbers stay."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    if text.startswith(("=", "+", "@", "\t", "\r")) or (text[:1] == "-" and not text[1:].replace(".", "", 1).isdigit()):
        return "'" + text
    return text
