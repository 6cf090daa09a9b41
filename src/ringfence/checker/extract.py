"""Check results of extract tasks: the rows of lists, and the checks of the task."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from ..contracts import Result
from ..documents import Document
from .field_checks import faults_of_checks
from .kind import Fault, KindChecker

__all__ = ["CHECKER", "columns", "faults_of_result"]


def columns(task: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The fields of the task."""
    fields: dict[str, dict[str, Any]] = task["fields"]
    return fields


def faults_of_result(result: Result, task: Mapping[str, Any], document: Document) -> Iterator[Fault]:
    """Lists with records that lack a row or block of their own, in document order, and checks told otherwise."""
    if result.status != "done":
        return
    yield from _faults_of_rows(result, columns(task), document)
    if set(result.checks or {}) != set(task.get("checks", ())):
        yield None, "its checks are not those of the task"
    else:
        yield from faults_of_checks(result, task)


def _faults_of_rows(result: Result, specs: Mapping[str, Any], document: Document) -> Iterator[Fault]:
    names = [name for name, spec in specs.items() if spec["kind"] == "list"]
    if result.rows is None or result.values is None or set(result.rows) != set(names):
        yield "rows", "they are not those of the lists"
        return
    for name in names:
        rows = result.rows[name]
        parts = document.blocks if specs[name]["anchor"] == "block" else document.lines
        begins = {part.start for part in parts}
        begins |= {start for start, _ in result.windows}  # a window may begin inside a very long line
        if len(specs[name]["fields"]) == 1:  # several values of one field may share a line
            begins |= {
                span[0]
                for path, answer in (result.fields or {}).items()
                if path.startswith(f"{name}[")
                for span in answer.spans
            }
        if len(rows) != len(result.values[name]) or any(row >= after for row, after in itertools.pairwise(rows)):
            yield name, "a record is listed twice, out of order, or without a row"
        elif not begins.issuperset(rows):
            yield name, "a record begins where no row of the document does"


CHECKER = KindChecker(columns, faults_of_result)
