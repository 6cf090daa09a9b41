"""Check results of headline tasks. This shares no code with the executor: it reads the document for itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ringfence.checker.kind import Fault, KindChecker
from ringfence.contracts import Result
from ringfence.documents import Document

__all__ = ["CHECKER"]


def columns(task: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The values of a result, each with its specification; `ringfence check` checks their spans by it."""
    return {"headline": {"kind": "text", "required": False}}


def faults(result: Result, task: Mapping[str, Any], document: Document) -> Iterator[Fault]:
    """A headline that is only part of a line, or too long. That its span says what it claims is checked already."""
    if result.status != "done" or (headline := result.value("headline")) is None:
        return
    if headline not in [line.strip() for line in document.text.split("\n")]:
        yield "headline", "it is not a whole line of the document"
    if len(headline.split()) > task["most_words"]:
        yield "headline", f"it has more than {task['most_words']} words"


CHECKER = KindChecker(columns, faults)
