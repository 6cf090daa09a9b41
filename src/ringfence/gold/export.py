"""Export gold: as a table of single values, as lines, or for Label Studio."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..contracts import GoldLine
from ..errors import InputError
from ..files import line_of, write_whole
from ..runs import RunFolder, note_product, require_output
from ..runs.cells import csv_cell
from ..tasks import Task
from .faults import iter_values
from .file import GoldFile
from .label_studio import gold_as_result, tasks_of, write_label_studio
from .source import GoldSource
from .values import as_cell
from .workbook import NOT_JUDGED, column_of

__all__ = ["GoldExport", "export_gold"]


@dataclass(frozen=True)
class GoldExport:
    """How many documents were written, and the names of the lists that a table cannot hold."""

    documents: int
    left_out: list[str]


def export_gold(gold: Path, out: Path, source: GoldSource | None = None) -> GoldExport:
    """Write the latest gold line of each document.

    The ending of ``out`` decides the form: .csv (single values), .jsonl (everything) or .json (for Label Studio, which
    needs the documents of ``source``). Raises InputError for any other ending, or if the file is one that nothing may
    replace (see ``require_output``).
    """
    source, latest = source or GoldSource(), GoldFile(gold).latest()
    require_output(out, gold, *source.paths, run=RunFolder.open(source.run) if source.run else None)
    left_out: list[str] = []
    suffix = out.suffix.lower()
    if suffix == ".jsonl":
        write_whole(out, b"".join(line_of(entry.as_json()) for entry in latest.values()), private=True)
    elif suffix == ".csv":
        task = source.load_task()
        write_whole(out, _table(latest, task).encode("utf-8-sig", "backslashreplace"), private=True)
        left_out = sorted({spec.of_list for spec in task.answer_fields().values() if spec.of_list})
    elif suffix == ".json":
        task = source.load_task()
        documents = source.read_documents(latest)
        if not documents:
            raise InputError("Label Studio needs the texts of the documents.", "Give --run RUN or --documents FOLDER.")
        confirmed = {identity: gold_as_result(task, entry) for identity, entry in latest.items()}
        write_label_studio(tasks_of(confirmed, documents.values(), task, blind=False), task, out)
    else:
        raise InputError(f"Cannot write gold to {out.name}: unsupported file type.", "Name it .csv, .jsonl or .json.")
    if source.run:
        note_product(RunFolder(source.run), "gold export", out)
    return GoldExport(len(latest), left_out)


def _table(latest: Mapping[str, GoldLine], task: Task) -> str:
    """The single values as CSV: a row for each document, a column for each field that the gold states anywhere."""
    table = [
        {path: as_cell(spec, value) for spec, path, value in iter_values(task, entry.values) if not spec.of_list}
        for entry in latest.values()
    ]
    names = list(dict.fromkeys(name for row in table for name in row))
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(["document", *map(column_of, names), "note"])
    for entry, row in zip(latest.values(), table, strict=True):
        cells = [entry.document, *(row.get(name, NOT_JUDGED) for name in names), entry.note or ""]
        writer.writerow(map(csv_cell, cells))
    return stream.getvalue()
