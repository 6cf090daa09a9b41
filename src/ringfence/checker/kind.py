"""What the checker asks of a kind of task: the object that ``TaskKind.checker`` refers to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..contracts import Result
from ..documents import Document

__all__ = ["Fault", "KindChecker"]

Fault = tuple[str | None, str]
"""The field (None: the document as a whole) and what is wrong with it."""


@dataclass(frozen=True)
class KindChecker:
    """The two functions that check one kind of task. They share no code with the kind's decoder.

    ``columns(task)`` gives the specification of every top-level value of a result by name, from the task as plain data.
    ``faults(result, task, document)`` yields what is wrong with a result beyond its single values; it sees results that
    are done and whose values have the form of the columns, and abstained ones. ``scored`` says that the kind scores a
    closed list, so that its answers are held to it whether or not the engine takes a grammar.
    """

    columns: Callable[[Mapping[str, Any]], dict[str, dict[str, Any]]]
    faults: Callable[[Result, Mapping[str, Any], Document], Iterator[Fault]]
    scored: bool = False
