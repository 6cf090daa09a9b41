"""Export the values of a run: CSV and XLSX for spreadsheets, Parquet and JSON for programs."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

from ..contracts import FieldAnswer, Result
from ..errors import InputError, RunError
from ..files import fresh_file
from ..locks import Lock
from ..tasks import task_from
from .cells import cells_of, csv_cell, write_cell
from .claim_cells import CLAIM_COLUMNS, claim_cells
from .corrections import CorrectedRun
from .output import require_output
from .products import note_product
from .run_folder import RunFolder

__all__ = [
    "FORMATS",
    "export_csv",
    "export_format",
    "export_json",
    "export_parquet",
    "export_run",
    "export_xlsx",
    "list_names",
    "print_run",
]

FORMATS = ("csv", "json", "xlsx", "parquet")

_Columns = dict[str, dict[str, Any]]
"""The columns of a task by name, each with its specification."""
_PARTS = {"money": ("amount", "currency"), "period": ("from", "to")}  # kinds whose values fill two columns
_EXTRAS = ("left_out", "scores", "evidence", "sentences", "unsupported", "sections", "from_corpus")
_DECIDED = ("decision", "for_review")  # extra columns of a run with calibrator decisions
_ANSWERED = ("answered_by",)  # of several runs: the weights that answered
_CORRECTED = ("confirmed_by", "confirmed_at", "corrected")  # and of one with corrections of persons
MOST_SHEET_ROWS = 1_048_576


def list_names(folder: RunFolder) -> list[str]:
    """Return the names of the task's lists."""
    return [name for name, spec in _columns(folder).items() if spec["kind"] == "list"]


def export_format(out: Path | None, form: str | None = None) -> str:
    """Return the format to write: ``form``, or the ending of ``out``, or csv."""
    ending = out.suffix.lower().lstrip(".") if out else ""
    return form or (ending if ending in FORMATS else "csv")


def export_run(folder: RunFolder, out: Path, form: str | None = None, of_list: str | None = None) -> int:
    """Write the values of a run to a file that only its owner can read.

    The format is ``form``, or the ending of ``out``, or csv.

    ``of_list`` writes a CSV with one row for each record of that list. CSV is UTF-8 with a byte order mark. Returns the
    number of rows. Raises InputError for a list in another format, for an unknown format, or if the file is one that
    nothing may replace (see ``require_output``); RunError if the task has
    no such list, or if a package is missing.
    """
    form = _checked_format(out, form, of_list)
    with fresh_file(require_output(out, run=folder)) as fresh:
        count = _write_file(folder, fresh, form, of_list)
    note_product(folder, "export", out)
    return count


def _write_file(folder: RunFolder, target: Path, form: str, of_list: str | None) -> int:
    if form == "xlsx":
        return export_xlsx(folder, target)
    if form == "parquet":
        return export_parquet(folder, target)
    encoding = "utf-8-sig" if form == "csv" else "utf-8"
    with target.open("w", encoding=encoding, newline="", errors="backslashreplace") as stream:
        return _write_text(folder, stream, form, of_list)


def print_run(folder: RunFolder, stream: TextIO, form: str | None = None, of_list: str | None = None) -> int:
    """Write the values of a run as CSV or JSON to a stream. Returns the number of rows.

    Raises InputError for a format that is not text.
    """
    form = _checked_format(None, form, of_list)
    if form not in ("csv", "json"):
        raise InputError(f"Cannot print {form} to a terminal.", f"Name a file: --out values.{form}.")
    return _write_text(folder, stream, form, of_list)


def _checked_format(out: Path | None, form: str | None, of_list: str | None) -> str:
    chosen = export_format(out, form)
    if chosen not in FORMATS:
        raise InputError(f"Unknown format {chosen!r}.", f"The formats are: {', '.join(FORMATS)}.")
    if of_list and chosen != "csv":
        raise InputError("--list works only with CSV; other formats contain every list.", "Omit --list, or use CSV.")
    return chosen


def _write_text(folder: RunFolder, stream: TextIO, form: str, of_list: str | None) -> int:
    return export_csv(folder, stream, of_list) if form == "csv" else export_json(folder, stream)


def export_json(folder: RunFolder, stream: TextIO) -> int:
    """Write one JSON array with the values, spans and flags of every document; returns the number of documents."""
    count = 0
    stream.write("[")
    for result in folder.latest():
        line = result.as_json()
        row = {key: line[key] for key in ("status", "reason", "values", "checks", "decision", "lock")}
        row["document"] = result.document.id
        row.update({key: line[key] for key in _EXTRAS if key in line})
        if unread := line["document"].get("unread"):
            row["unread"] = unread
        if isinstance(folder, CorrectedRun) and (correction := folder.corrections.get(result.document.id)):
            row["gold"] = {"by": correction.by, "at": correction.at, "former": correction.former}
        for key in ("flags", "spans", "address", "ocr"):
            row[key] = {path: answer[key] for path, answer in (line["fields"] or {}).items() if answer[key]}
        stream.write((",\n" if count else "\n") + json.dumps(row, ensure_ascii=False))
        count += 1
    stream.write("\n]\n")
    return count


def export_csv(folder: RunFolder, stream: TextIO, of_list: str | None = None) -> int:
    """Write one row for each document, or with ``of_list`` one row for each record of that list.

    Money takes two columns, and flags are text. Returns the number of rows. Raises RunError if the task has no such
    list.
    """
    header, rows = _table(folder, of_list)
    writer = csv.writer(stream)
    writer.writerow([csv_cell(name) for name in _distinct(header)])
    count = 0
    for row in rows:
        writer.writerow([csv_cell(value) for value in row])
        count += 1
    return count


def export_xlsx(folder: RunFolder, target: Path) -> int:
    """Write a workbook with a sheet for the documents and one for each list; returns the number of documents.

    Numbers and amounts become numeric cells, days become dates; text stays text, whatever it begins with.
    """
    import xlsxwriter

    names: list[str | None] = [None, *list_names(folder)]
    titles = _distinct([(name or "documents")[:28] for name in names])  # a title may have 31 characters
    counts = []
    with xlsxwriter.Workbook(str(target), {"strings_to_formulas": False, "strings_to_urls": False}) as workbook:
        bold = workbook.add_format({"bold": True, "bottom": 1})
        day = workbook.add_format({"num_format": "yyyy-mm-dd"})
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
                        f"A worksheet holds at most {MOST_SHEET_ROWS:,} rows.",
                        "Write CSV or Parquet instead.",
                    )
                for column, value in enumerate(row):
                    write_cell(sheet, number, column, value, day)
                    widths[column] = min(60, max(widths[column], len(str(value if value is not None else ""))))
            for column, width in enumerate(widths):
                sheet.set_column(column, column, width + 2)
            sheet.autofilter(0, 0, max(number, 1), len(header) - 1)
            counts.append(number)
    return counts[0]


def export_parquet(folder: RunFolder, target: Path) -> int:
    """Write one row for each document, with records and lists nested; returns the number of documents."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise RunError(
            "Parquet needs a package that is not installed.", "Install it: pip install 'ringfence[parquet]'."
        ) from None
    specs = _columns(folder)
    extra, extra_of = _extra(folder)
    names = _distinct(["document", "status", "reason", *specs, "flags", *extra])
    columns = dict(zip(specs, names[3:], strict=False))
    flags, *decided = names[3 + len(specs) :]
    schema = pyarrow.schema(
        [
            ("document", pyarrow.string()),
            ("status", pyarrow.string()),
            ("reason", pyarrow.string()),
            *((columns[name], _arrow_type(pyarrow, spec)) for name, spec in specs.items()),
            (flags, pyarrow.list_(pyarrow.string())),
            *([(name, pyarrow.string()) for name in decided]),
        ]
    )
    count = 0
    with pyarrow.parquet.ParquetWriter(target, schema) as writer:
        for batch in _batches(folder, 1_000):
            rows = [
                {
                    "document": result.document.id,
                    "status": result.status,
                    "reason": result.reason,
                    **{columns[name]: value for name, value in {**dict.fromkeys(specs), **_values(result)}.items()},
                    flags: _flags_of(result),
                    **dict(zip(decided, extra_of(result), strict=True)),
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
    if spec["kind"] == "period":
        return pyarrow.struct([("from", pyarrow.string()), ("to", pyarrow.string())])
    if spec["kind"] == "choices":
        return pyarrow.list_(pyarrow.string())
    return pyarrow.bool_() if spec["kind"] == "boolean" else pyarrow.string()


def _batches(folder: RunFolder, size: int) -> Iterator[list[Result]]:
    batch: list[Result] = []
    for result in folder.latest():
        batch.append(result)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _columns(folder: RunFolder) -> _Columns:
    task = task_from(folder.read_facts().task)
    score = {"score": {"kind": "number"}} if task.scores_options else {}
    return {**task.columns(), **score}


def _values(result: Result) -> dict[str, Any]:
    """Return the values of a document, with the best score if options were scored; an abstention has a score too."""
    best = {"score": str(max(result.scores.values()))} if result.scores else {}
    return {**(result.values or {}), **best}


def _table(folder: RunFolder, of_list: str | None) -> tuple[list[str], Iterator[list[Any]]]:
    """Return header and rows, of the documents or of the records of one list."""
    columns = _columns(folder)
    if of_list is None:
        single = _single_values(columns)
        counted = [name for name, spec in columns.items() if spec["kind"] == "list"]
        header = ["document", "status", "reason", *_titles(single), *(f"{name}_count" for name in counted), "flags"]
        return [*header, *_extra(folder)[0]], _document_rows(folder, single, counted)
    if columns.get(of_list, {}).get("kind") != "list":
        known = ", ".join(name for name, spec in columns.items() if spec["kind"] == "list") or "none"
        raise RunError(f"The task has no list named {of_list!r}.", f"The lists of this run: {known}.")
    inner: _Columns = columns[of_list]["fields"]
    extra = _CORRECTED if isinstance(folder, CorrectedRun) else ()
    return ["document", "row", *_titles(inner), "flags", *extra], _record_rows(folder, of_list, inner)


def _distinct(names: list[str]) -> list[str]:
    """Make names of columns or sheets distinct by numbering repeated names: a field may be called status."""
    names_so_far: list[str] = []
    for name in names:
        distinct, number = name, 1
        while distinct.lower() in {earlier.lower() for earlier in names_so_far}:
            number += 1
            distinct = f"{name}_{number}"
        names_so_far.append(distinct)
    return names_so_far


def _single_values(columns: _Columns) -> _Columns:
    """Return the specification of every value outside lists, by path."""
    single: _Columns = {}
    for name, spec in columns.items():
        if spec["kind"] == "record":
            single.update({f"{name}.{leaf}": inner for leaf, inner in spec["fields"].items()})
        elif spec["kind"] != "list":
            single[name] = spec
    return single


def _titles(single: _Columns) -> list[str]:
    titles = []
    for path, spec in single.items():
        titles += [f"{path}_{part}" for part in _PARTS[spec["kind"]]] if spec["kind"] in _PARTS else [path]
    return titles


def _extra(folder: RunFolder) -> tuple[tuple[str, ...], Callable[[Result], list[str]]]:
    """The columns after the flags, and a result's cells in them.

    Claims, decisions of a calibrator, who answered if there are several runs, corrections of persons.
    """
    every = [run.read_facts() for run in folder.parts]
    parts: list[tuple[tuple[str, ...], Callable[[Result], list[str]]]] = []
    if task_from(every[0].task).asks_corpus:
        parts.append((CLAIM_COLUMNS, claim_cells))
    if any(Lock(**facts.lock.data).facts.calibrator is not None for facts in every):
        parts.append((_DECIDED, _decision))
    if len(every) > 1:
        weights = folder.weights_by_lock()
        parts.append((_ANSWERED, lambda result: [weights.get(result.lock or "", "")]))
    if isinstance(folder, CorrectedRun):
        parts.append((_CORRECTED, lambda result: _correction(folder, result)))
    names = tuple(name for columns, _ in parts for name in columns)
    return names, lambda result: [cell for _, cells in parts for cell in cells(result)]


def _correction(folder: RunFolder, result: Result, prefix: str = "") -> list[str]:
    """Who confirmed a document, when, and the former values of the cells under ``prefix`` that were corrected."""
    found = folder.corrections.get(result.document.id) if isinstance(folder, CorrectedRun) else None
    return [found.by, found.at, found.summary(prefix)] if found else ["", "", ""]


def _decision(result: Result) -> list[str]:
    """Return the decision on the document, and the paths of the values that need review."""
    review = [path for path, answer in (result.fields or {}).items() if answer.decision == "review"]
    return [result.decision or "", "; ".join(review)]


def _document_rows(folder: RunFolder, single: _Columns, counted: list[str]) -> Iterator[list[Any]]:
    extra_of = _extra(folder)[1]
    for result in folder.latest():
        values = _values(result)
        row: list[Any] = [result.document.id, result.status, result.reason]
        for path, spec in single.items():
            name, _, leaf = path.partition(".")
            value = (values.get(name) or {}).get(leaf) if leaf else values.get(name)
            row += cells_of(value, spec["kind"])
        row += [Decimal(len(values[name])) if name in values else None for name in counted]
        yield [*row, "; ".join(_flags_of(result)), *extra_of(result)]


def _record_rows(folder: RunFolder, name: str, single: _Columns) -> Iterator[list[Any]]:
    for result in folder.latest():
        for number, record in enumerate((result.values or {}).get(name) or []):
            row: list[Any] = [result.document.id, Decimal(number + 1)]
            for leaf, spec in single.items():
                row += cells_of(record.get(leaf), spec["kind"])
            prefix = f"{name}[{number}]."
            own = {path: answer for path, answer in (result.fields or {}).items() if path.startswith(prefix)}
            corrected = _correction(folder, result, prefix) if isinstance(folder, CorrectedRun) else ()
            yield [*row, "; ".join(_flags(own)), *corrected]


def _flags_of(result: Result) -> list[str]:
    """The flags of the values of a document, the records that the program left out, and what was not read."""
    left_out = [f"left out: {path}" for path in result.left_out or ()]
    return [*_flags(result.fields), *left_out, *(f"not read: {part.code}" for part in result.document.unread)]


def _flags(answers: Mapping[str, FieldAnswer] | None) -> list[str]:
    return [f"{path}: {', '.join(answer.flags)}" for path, answer in (answers or {}).items() if answer.flags]
