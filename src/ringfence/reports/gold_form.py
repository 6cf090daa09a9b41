"""A page on which a person corrects the answers of a run; it saves one file, which `ringfence gold import` reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2

from ..evaluation.gold_tables import Row
from ..evaluation.gold_values import as_cell, fields_of
from ..tasks import Task

__all__ = ["write_gold_form"]

MOST_TEXT = 200_000  # characters of a document that are shown


def write_gold_form(
    rows: Sequence[Row], texts: Mapping[str, str], task: Task, facts: Mapping[str, Any], blind: bool, target: Path
) -> None:
    """Write the page. ``texts`` are the documents' texts by id; one that is missing says so in its place."""
    environment = jinja2.Environment(loader=jinja2.PackageLoader("ringfence.reports", "."), autoescape=True)
    fields = fields_of(task)
    lists: dict[str, list[str]] = {}
    for path, spec in fields.items():
        if spec.of_list:
            lists.setdefault(spec.of_list, []).append(path.removeprefix(f"{spec.of_list}."))
    single = [spec for spec in fields.values() if not spec.of_list]
    shown = [
        {
            "document": row.document,
            "cells": {spec.path: as_cell(spec, row.cells.get(spec.path)) for spec in single},
            "records": {
                name: [
                    {leaf: as_cell(fields[f"{name}.{leaf}"], record.get(leaf)) for leaf in leaves}
                    for record in row.records.get(name, [])
                ]
                for name, leaves in lists.items()
            },
            "text": texts.get(row.document, "The document cannot be read again from where it was.")[:MOST_TEXT],
        }
        for row in rows
    ]
    page = environment.get_template("gold_form.html.j2").render(
        task=task.name, rows=shown, single=single, lists=lists, facts=dict(facts), blind=blind
    )
    target.write_text(page, encoding="utf-8", errors="backslashreplace")
    target.chmod(0o600)
