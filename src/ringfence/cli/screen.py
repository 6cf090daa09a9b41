"""What people see on a terminal: progress bars and tables, on stderr."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from ..seal import UNIX_SOCKET
from ..weights import Listener

__all__ = ["bar", "data", "denied", "note", "pulling", "stderr"]

TOLD = 20
stderr = Console(stderr=True, highlight=False)
data = Console(highlight=False, soft_wrap=True)


def note(sentence: str) -> None:
    """One sentence to the person at the terminal."""
    stderr.print(sentence, markup=False, soft_wrap=True)


def denied(attempts: Sequence[Mapping[str, Any]] | None) -> None:
    """What a sealed command was denied, a line each, ways out of the machine first."""
    ordered = sorted(attempts or (), key=lambda one: one["what"] == UNIX_SOCKET)
    for one in ordered[:TOLD]:
        times = "once" if one["times"] == 1 else f"{one['times']} times"
        whose = f", to process {one['process']}: {one['command'][:100] or one['name']}" if one["process"] else ""
        note(f"Denied: {one['what']}, {times}{whose}")
    if len(ordered) > TOLD:
        note(f"Denied: {len(ordered) - TOLD} things more.")


@contextmanager
def bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar over documents; nothing without a terminal."""
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=stderr,
        disable=not stderr.is_terminal,
    ) as bars:  # fmt: skip
        task = bars.add_task(what, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


@contextmanager
def pulling() -> Iterator[Listener]:
    """A progress bar for a pull; without a terminal the sentences only."""
    with Progress(
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn(), console=stderr,
        disable=not stderr.is_terminal,
    ) as bars:  # fmt: skip
        tasks: dict[str, TaskID] = {}

        def progress(name: str, done: int, total: int | None) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(name, total=total)
            bars.update(tasks[name], completed=done, total=total)

        yield Listener(
            say=lambda sentence: bars.console.print(sentence, markup=False, soft_wrap=True), progress=progress
        )
