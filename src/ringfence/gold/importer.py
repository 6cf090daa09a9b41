"""Import gold from workbooks, CSV, JSONL, the saved form and Label Studio: rows of the file become typed gold lines."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..contracts import GoldLine, Origin
from ..errors import InputError
from ..files import parse_json
from ..runs import GOLD, RunFolder, note_product
from ..runs.cells import text_of_csv
from ..tasks import AnswerField, Task, load_task, task_from
from ..tasks.values.contacts import iban_is_valid
from .faults import iter_values
from .file import GoldFile, refuse_training_label
from .label_studio import is_label_studio, read_label_studio
from .values import GoldValueError, nested, parse_gold_value, says_yes
from .workbook import CONFIRMED, DOCUMENT, FACTS, FIELD, NOT_JUDGED, NOTE, Row

__all__ = ["GoldImport", "ImportOptions", "ImportOutcome", "import_gold", "import_rows", "read_table"]

_CONSENT = frozenset({"✓", "✔", "☑", "☒", "ok", "done", "j", "sí", "si", "sì", "waar", "erledigt"})
MOST_FAULTS = 40  # that an error lists


@dataclass(frozen=True)
class ImportOptions:
    """How a file becomes gold.

    ``task`` is the task of the gold; a draft holds its own. ``by`` and ``note`` say who confirmed it and why;
    ``origin``, whether that person saw the program's answers (a draft says so itself). ``replace`` drops what a row
    does not state instead of keeping it. ``columns`` maps columns to fields; the field ``-`` leaves a column out.
    """

    task: str | Path | dict[str, Any] | Task | None = None
    by: str = ""
    note: str | None = None
    origin: Origin | None = None
    replace: bool = False
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ImportOutcome:
    """How many documents are new in the gold, changed or unchanged.

    ``unconfirmed`` documents were left out, and so were rows with ``faults``. ``doubts`` are values that were taken but
    are worth a look.
    """

    new: int
    changed: int
    unchanged: int
    unconfirmed: list[str]
    faults: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)


@dataclass
class GoldImport:
    """What a table holds: gold lines by document, the unconfirmed documents, and every fault with its place."""

    entries: dict[str, GoldLine] = field(default_factory=dict)
    unconfirmed: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def import_gold(file: Path, gold: Path, options: ImportOptions | None = None) -> ImportOutcome:
    """Add what a person confirmed in a file to the gold. Rows with faults are left out and named.

    Raises InputError with the faults if there is no other row, or if nothing says which task the gold belongs to.
    """
    options = options or ImportOptions()
    if file.suffix.lower() == ".json" and is_label_studio(file):
        facts: dict[str, Any] = {}
        task = _task_of(options, facts)
        rows = read_label_studio(file, task)
    else:
        rows, facts = read_table(file, options.columns)
        task = _task_of(options, facts)
    found = import_rows(rows, task, options.by, options.origin or facts.get("origin"), options.note)
    if found.faults and not (found.entries or found.unconfirmed):
        listed = "\n".join(f"  {fault}" for fault in found.faults[:MOST_FAULTS])
        raise InputError(
            f"{file} has {len(found.faults)} faults:\n{listed}", "Correct them and import again; nothing was imported."
        )
    records = {name for name, spec in task.columns().items() if spec["kind"] == "record"}
    new, changed = GoldFile(gold).add(found.entries, options.replace, records)
    if "run" in facts and (Path(facts["run"]) / "run.json").exists():
        note_product(RunFolder(Path(facts["run"])), GOLD, gold)
    unchanged = len(found.entries) - new - changed
    return ImportOutcome(new, changed, unchanged, found.unconfirmed, found.faults, list(_doubts(found.entries, task)))


def _doubts(entries: Mapping[str, GoldLine], task: Task) -> Iterator[str]:
    """Accounts that are taken as they stand although their check digits are wrong."""
    for identity, entry in entries.items():
        for spec, path, value in iter_values(task, entry.values):
            if spec.kind == "iban" and value is not None and not iban_is_valid(value):
                yield f"{identity}: {path}: {value} has wrong check digits"


def _task_of(options: ImportOptions, facts: Mapping[str, Any]) -> Task:
    if options.task is not None:
        return load_task(options.task)
    if "asked" in facts:
        return task_from(facts["asked"])
    raise InputError(
        "Cannot tell which task this gold belongs to.", "Give --task TASK.yaml; only a draft holds its own."
    )


def read_table(path: Path, columns: Mapping[str, str]) -> tuple[list[Row], dict[str, Any]]:
    """The rows of an XLSX, CSV, JSONL or JSON (saved form) file, and the facts of the draft behind it.

    ``columns`` maps names in the file to fields, ``document``, ``confirmed`` and ``note``. Raises InputError.
    """
    suffix = path.suffix.lower()
    try:
        if suffix in (".xlsx", ".xlsm", ".xls", ".ods"):
            return _from_workbook(path, columns)
        if suffix in (".csv", ".tsv"):
            return _from_csv(path.read_bytes().decode("utf-8-sig"), suffix, columns), {}
        if suffix in (".jsonl", ".ndjson"):
            # A line ends at \n alone: splitlines also cuts at the line separators that texts may hold.
            rows = path.read_bytes().decode("utf-8-sig").split("\n")
            return [_line(number, row, columns, path) for number, row in enumerate(rows, start=1) if row.strip()], {}
        if suffix == ".json":
            saved = parse_json(path.read_text(encoding="utf-8"))
            for record in saved["rows"]:
                refuse_training_label(record, path)
            return [_row(record, columns) for record in saved["rows"]], dict(saved.get("facts", {}))
    except UnicodeDecodeError:
        raise InputError(
            f"{path} is not encoded in UTF-8.",
            "Save it as `CSV UTF-8`, or convert it: iconv -f cp1252 -t utf-8 OLD > NEW.",
        ) from None
    except OSError as error:
        reason = error.strerror or ("the file is damaged" if path.exists() else "no such file")
        raise InputError(f"Cannot read {path} ({reason}).", "Give a file that exists.") from None
    except (ValueError, KeyError, TypeError, csv.Error) as error:
        raise InputError(
            f"{path} is not a table of gold ({str(error)[:300]}).", "Give a workbook, a CSV or a JSONL file."
        ) from None
    raise InputError(
        f"Cannot import gold from {path.name}: unsupported file type.", "Give .xlsx, .csv, .jsonl or .json."
    )


def _line(number: int, text: str, columns: Mapping[str, str], path: Path) -> Row:
    try:
        record = parse_json(text)
        refuse_training_label(record, path)
        return _row(record, columns, contract=True)
    except (ValueError, TypeError, AttributeError):
        return Row("", {}, fault=f"line {number} is not gold")


def _from_csv(text: str, suffix: str, columns: Mapping[str, str]) -> list[Row]:
    try:
        # Only the delimiter is guessed: a sniffed dialect misses quotes that are doubled further down.
        delimiter = "\t" if suffix == ".tsv" else csv.Sniffer().sniff(text[:20_000], delimiters=",;\t").delimiter
    except csv.Error:
        delimiter = ","
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    _refuse_doubles(reader.fieldnames or (), columns)
    rows = []
    for number, record in enumerate(reader, start=1):
        if None in record or None in record.values():
            extra = record.pop(None, None)
            fault = f"{len(extra)} more" if extra else f"{list(record.values()).count(None)} fewer"
            rows.append(replace(_row(_plain(record), columns), fault=f"row {number} has {fault} cells than the header"))
            continue
        rows.append(_row(_plain(record), columns))
    return rows


def _refuse_doubles(names: Sequence[str], columns: Mapping[str, str]) -> None:
    names = [name for name in names if columns.get(name) != "-"]
    if doubled := next((name for place, name in enumerate(names) if name and name in names[:place]), None):
        raise ValueError(f"two columns are called {doubled!r}")


def _plain(record: Mapping[str, str | None]) -> dict[str, str]:
    return {name: text_of_csv(cell or "") for name, cell in record.items()}


def _from_workbook(path: Path, columns: Mapping[str, str]) -> tuple[list[Row], dict[str, Any]]:
    import python_calamine

    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        sheets = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
    except python_calamine.CalamineError as error:
        raise ValueError(str(error)) from None
    facts: dict[str, Any] = {}
    if hidden := sheets.pop(FACTS, None):
        facts = parse_json(str(hidden[0][0]))
    first = next(iter(sheets))
    rows = [_row(record, columns) for record in _records(sheets.pop(first), columns)]
    if not facts:
        return rows, facts
    listed: dict[str, dict[str, list[dict[str, Any]]]] = {row.document: {} for row in rows}
    names = {title: str(facts.get("sheets", {}).get(title, title)) for title in sheets}
    for title, sheet in sheets.items():
        for number, record in enumerate(_records(sheet, columns), start=2):
            document = _identity(record.pop(DOCUMENT, ""))
            where = f"sheet {title}, row {number}"
            if document not in listed:
                rows.append(Row(document, {}, fault=f"{where}: the first sheet has no document {document!r}"))
                continue
            if not any(str(cell).strip() for cell in record.values()):
                fault = f"{where}: the record of {document} has no value; delete the row"
                rows.append(Row(document, {}, fault=fault))
                continue
            leaves = {leaf.removeprefix(FIELD): cell for leaf, cell in record.items()}
            listed[document].setdefault(names[title], []).append(leaves)
    for row in (row for row in rows if not row.fault):
        row.records.update({name: listed[row.document].get(name, []) for name in names.values()})
    return rows, facts


def _records(sheet: Sequence[Sequence[Any]], columns: Mapping[str, str]) -> list[dict[str, Any]]:
    if not sheet:
        return []
    names = [str(name).strip() for name in sheet[0]]
    _refuse_doubles(names, columns)
    return [
        {name: cell for name, cell in zip(names, row, strict=False) if name}
        for row in sheet[1:]
        if any(str(cell).strip() for cell in row)
    ]


def _identity(cell: Any) -> str:
    """A document's id; a workbook holds 4711 as 4711.0."""
    return str(int(cell) if isinstance(cell, float) and cell.is_integer() else cell).strip()


def _row(record: Mapping[str, Any], columns: Mapping[str, str], contract: bool = False) -> Row:
    record = {name: value for name, value in record.items() if columns.get(name) != "-"}
    given = {columns.get(name, name): value for name, value in record.items()}
    if DOCUMENT not in given:
        shown = ", ".join(map(str, list(record)[:8]))
        raise ValueError(f"no column `document`; the columns are {shown}; name it with --map COLUMN=document")
    if len(given) < len(record):
        raise ValueError("two columns are the same field; leave one of them out with --map COLUMN=-")
    said = str(given.pop(CONFIRMED, "x") or "").strip()
    confirmed = True if said.casefold() in _CONSENT else says_yes(said) if said else False
    details: dict[str, Any] = {"document": _identity(given.pop(DOCUMENT)), "note": given.pop(NOTE, None) or None}
    if isinstance(given.get("values"), Mapping):  # gold in its own form, or the saved form
        origin = given.get("origin")
        details |= {"spans": given.get("spans") or {}, "by": given.get("by") or "", "contract": contract}
        details["origin"] = origin if origin in ("blind", "pre-filled") else None
        given = dict(given["values"])
    else:
        cells = {name.removeprefix(FIELD): value for name, value in given.items()}
        if len(cells) < len(given):
            raise ValueError("two columns are the same field; leave one of them out with --map COLUMN=-")
        given = cells
    unclear = (
        f"{details['document']}: {CONFIRMED} is {said!r}, which is neither yes nor no" if confirmed is None else ""
    )
    return Row(cells=given, confirmed=bool(confirmed), fault=unclear, **details)


def import_rows(rows: Iterable[Row], task: Task, by: str, origin: Origin | None, note: str | None) -> GoldImport:
    """Turn confirmed rows into typed gold lines, and collect every fault with its document.

    Without ``origin``, the origin of the row counts; a row without one is blind.
    """
    found = GoldImport()
    twice: set[str] = set()
    for row in rows:
        if row.fault:
            found.faults.append(row.fault)
            twice.add(row.document)  # what else it says of the document may be half of it
        elif not row.document:
            found.faults.append("a row names no document")
        elif not row.confirmed:
            found.unconfirmed.append(row.document)
        elif row.document in found.entries:
            found.faults.append(f"{row.document}: listed twice")
            twice.add(row.document)
        else:
            try:
                values = _values(row, task.answer_fields(), task)
                found.entries[row.document] = GoldLine(
                    document=row.document, values=values, by=by or row.by, note=row.note or note,
                    origin=origin or row.origin or "blind", spans=dict(row.spans),
                )  # fmt: skip
            except GoldValueError as fault:
                twice.add(row.document)
                found.faults.append(f"{row.document}: {fault}")
            except ExceptionGroup as faults:
                twice.add(row.document)
                found.faults += [f"{row.document}: {fault}" for fault in faults.exceptions]
            except ValidationError as error:
                twice.add(row.document)
                found.faults += [f"{row.document}: {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
    for document in twice:
        found.entries.pop(document, None)
    return found


def _values(row: Row, fields: Mapping[str, AnswerField], task: Task) -> dict[str, Any]:
    """The typed values of a row. Raises GoldValueError, or a group of them if several values do not fit."""
    lists = {spec.of_list for spec in fields.values() if spec.of_list}
    flat: dict[str, Any] = {}
    listed: dict[str, Any] = dict(row.records)
    for name, raw in row.cells.items():
        leaf_names = [path.partition(".")[2] for path in fields if path.startswith(f"{name}.")]
        if name == "-" or (isinstance(raw, str) and raw.strip() == NOT_JUDGED):
            continue
        if name in task.gold_extras:
            listed[name] = raw
        elif name in lists:
            if raw is not None and not (isinstance(raw, list) and all(isinstance(record, Mapping) for record in raw)):
                raise GoldValueError(
                    f"{name} is a list, which does not fit one cell; leave it out with --map {name}=-, "
                    "and give lists as JSONL"
                )
            listed[name] = raw or []
        elif name in fields and fields[name].of_list:
            raise GoldValueError(
                f"{name} belongs to a list, which does not fit a column; leave it out with --map {name}=-, "
                "and give lists as JSONL"
            )
        elif name in fields:
            flat[name] = raw
        elif leaf_names and (raw is None or isinstance(raw, Mapping)):
            if unknown := [leaf for leaf in raw or () if leaf not in leaf_names]:
                raise GoldValueError(f"{name} has no field {unknown[0]!r}")
            flat |= {f"{name}.{leaf}": None if raw is None else raw[leaf] for leaf in (raw or leaf_names)}
        else:
            raise GoldValueError(f"the task has no field {name!r}; leave it out with --map {name}=-")
    return _typed(flat, listed, lists & listed.keys(), fields, task, row.contract)


def _typed(
    flat: Mapping[str, Any], listed: Mapping[str, Any], lists: Set[str], fields: Mapping[str, AnswerField], task: Task,
    contract: bool,
) -> dict[str, Any]:  # fmt: skip
    """The values and the ``lists`` of a row, typed. Raises a group with every value that does not fit."""
    values, records, faults = {}, dict(listed), []
    for path, raw in flat.items():
        try:
            values[path] = parse_gold_value(fields[path], raw, task.locale, contract)
        except GoldValueError as fault:
            faults.append(fault)
    for name in lists:
        records[name] = []
        for record in listed[name]:
            try:
                records[name].append(_record(name, record, fields, task, contract))
            except GoldValueError as fault:
                faults.append(fault)
    if faults:
        raise ExceptionGroup("values that do not fit", faults)
    return nested(values, records)


def _record(
    name: str, record: Mapping[str, Any], fields: Mapping[str, AnswerField], task: Task, contract: bool
) -> dict[str, Any]:
    typed_record = {}
    for leaf, raw in record.items():
        path = f"{name}.{leaf}"
        if path not in fields:
            raise GoldValueError(f"{name} has no field {leaf!r}")
        if not (isinstance(raw, str) and raw.strip() == NOT_JUDGED):
            typed_record[leaf] = parse_gold_value(fields[path], raw, task.locale, contract)
    return typed_record
