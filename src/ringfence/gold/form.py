"""A page to correct the answers of a run on; it saves one file for `ringfence gold import`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2

from ..files import write_whole
from ..locks import canonical_digest
from ..tasks import Task
from .paper import Paper
from .values import as_cell
from .workbook import Row

__all__ = ["write_gold_form"]


def write_gold_form(
    rows: Sequence[Row], papers: Mapping[str, Paper], task: Task, facts: Mapping[str, Any], target: Path
) -> None:
    """Write the page. ``papers`` holds what the page shows of each document, by id.

    ``facts`` say where the draft comes from; if their ``origin`` is blind, the page shows no answers.
    """
    environment = jinja2.Environment(loader=jinja2.PackageLoader("ringfence.gold", "."), autoescape=True)
    fields = task.answer_fields()
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
            "paper": papers[row.document],
        }
        for row in rows
    ]
    page = environment.get_template("form.html.j2").render(
        task=task.name,
        kept=canonical_digest([facts, [row.document for row in rows]]),
        rows=shown,
        single=single,
        lists=lists,
        facts=dict(facts),
        blind=facts.get("origin") == "blind",
    )
    write_whole(target, page, private=True)
