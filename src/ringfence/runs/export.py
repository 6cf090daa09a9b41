"""Export the values of a run: CSV for spreadsheets, JSON for programs."""

from __future__ import annotations

import csv
import json
from typing import Any, TextIO

from .folder import RunFolder

__all__ = ["export_csv", "export_json"]


def export_json(folder: RunFolder, stream: TextIO) -> int:
    """One JSON array with the values, spans and flags of every document; returns the number of documents."""
    count = 0
    stream.write("[")
    for result in folder.latest():
        row = {key: result[key] for key in ("status", "reason", "values", "checks", "decision", "lock")}
        row["document"] = result["document"]["id"]
        row["flags"] = {name: entry["flags"] for name, entry in (result["fields"] or {}).items() if entry["flags"]}
        row["spans"] = {name: entry["spans"] for name, entry in (result["fields"] or {}).items() if entry["spans"]}
        stream.write((",\n" if count else "\n") + json.dumps(row, ensure_ascii=False))
        count += 1
    stream.write("\n]\n")
    return count


def export_csv(folder: RunFolder, stream: TextIO) -> int:
    """One row a document; money as two columns; flags as text. Returns the number of documents."""
    fields: dict[str, dict[str, Any]] = folder.read_facts()["task"]["fields"]
    columns = ["document", "status", "reason"]
    for name, spec in fields.items():
        columns += [f"{name}_amount", f"{name}_currency"] if spec["kind"] == "money" else [name]
    writer = csv.writer(stream)
    writer.writerow([*columns, "flags"])
    count = 0
    for result in folder.latest():
        row: list[Any] = [result["document"]["id"], result["status"], result["reason"]]
        for name, spec in fields.items():
            value = (result["values"] or {}).get(name)
            if spec["kind"] == "money":
                row += [value["amount"], value["currency"]] if value else [None, None]
            else:
                row.append(value)
        flags = [
            f"{name}: {', '.join(entry['flags'])}" for name, entry in (result["fields"] or {}).items() if entry["flags"]
        ]
        writer.writerow([_cell(value) for value in [*row, "; ".join(flags)]])
        count += 1
    return count


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
