"""Terminal output for people: sentences and progress bars, on stderr."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console, RenderableType
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.style import StyleType
from rich.table import Table
from rich.text import Text

from ..api import Model, open_model
from ..contracts import ModelOptions
from ..documents import Source, holds_several
from ..planning import Estimate, span
from ..runs import Progress as RunProgress
from ..seal import UNIX_SOCKET
from ..weights import Listener

__all__ = [
    "PlainTable",
    "RunProgressBar",
    "bar",
    "data",
    "denied",
    "echo",
    "note",
    "opened",
    "pulling",
    "stderr",
    "visible",
]

SHOWN_ATTEMPTS = 20
# All but tab and line end, and what turns the direction of text.
_CONTROL = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u2028-\\u202e\\u2066-\\u2069]")
stderr = Console(stderr=True, highlight=False)
data = Console(highlight=False, soft_wrap=True)


def visible(text: str) -> str:
    """Text for a terminal: control characters, which names and documents may hold, are escaped as in Python."""
    return _CONTROL.sub(lambda found: found.group().encode("unicode_escape").decode("ascii"), text)


def echo(text: str) -> None:
    """Print data to stdout; to a terminal, without control characters."""
    click.echo(visible(text) if sys.stdout.isatty() else text)


class PlainTable(Table):
    """A table without lines. Cells are shown as they are, and whole: rich takes brackets for markup and cuts words.

    The ``columns`` of ``right`` are aligned to the right; ``gap`` is the number of spaces between two columns.
    """

    def __init__(self, *columns: str, right: Collection[str] = (), title: str | None = None, gap: int = 2) -> None:
        super().__init__(
            title=Text(title) if title else None, title_justify="left", box=None, pad_edge=False, padding=(0, gap, 0, 0)
        )
        for column in columns:
            self.add_column(column, justify="right" if column in right else "left", overflow="fold")

    def add_row(self, *cells: RenderableType | None, style: StyleType | None = None, end_section: bool = False) -> None:
        """Add a row."""
        shown = [Text(visible(cell)) if isinstance(cell, str) else cell for cell in cells]
        super().add_row(*shown, style=style, end_section=end_section)


def note(sentence: str) -> None:
    """Print one sentence to stderr."""
    stderr.print(visible(sentence), markup=False, soft_wrap=True)


def denied(attempts: Sequence[Mapping[str, Any]] | None) -> None:
    """Print what the seal denied, one line each, ways out of the machine first."""
    ordered = sorted(attempts or (), key=lambda attempt: attempt["what"] == UNIX_SOCKET)
    for attempt in ordered[:SHOWN_ATTEMPTS]:
        times = "once" if attempt["times"] == 1 else f"{attempt['times']} times"
        command = attempt["command"][:100] or attempt["name"] if attempt["process"] else ""
        process = f", to process {attempt['process']}: {command}" if command else ""
        note(f"Denied: {attempt['what']}, {times}{process}")
    if len(ordered) > SHOWN_ATTEMPTS:
        note(f"Denied: {len(ordered) - SHOWN_ATTEMPTS} other attempts.")


@contextmanager
def bar(title: str) -> Iterator[Callable[[int, int], None]]:
    """Show a progress bar over documents, if stderr is a terminal. Yields a function of (done, total)."""
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=stderr,
        disable=not stderr.is_terminal,
    ) as bars:  # fmt: skip
        task = bars.add_task(title, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


@contextmanager
def opened(options: ModelOptions) -> Iterator[Model]:
    """Open the model of a verb, with a progress bar for a pull; prints the chosen engine."""
    with pulling() as listener:
        model = open_model(say=note, listener=listener, **options.model_dump())
    with model:
        yield model


@contextmanager
def pulling() -> Iterator[Listener]:
    """Show a progress bar for a pull; if stderr is not a terminal, only sentences."""
    with Progress(
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn(),
        console=stderr, disable=not stderr.is_terminal,
    ) as bars:  # fmt: skip
        tasks: dict[str, TaskID] = {}

        def progress(name: str, done: int, total: int | None) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(escape(visible(name)), total=total)
            bars.update(tasks[name], completed=done, total=total)

        yield Listener(
            say=lambda sentence: bars.console.print(visible(sentence), markup=False, soft_wrap=True), progress=progress
        )


class RunProgressBar:
    """The progress of a run: documents per minute, time left and failures.

    Without a terminal, it prints a sentence every 30 seconds instead of a bar.
    """

    def __init__(self, total: int, sources: Sequence[Source]) -> None:
        many = any(holds_several(source) for source in sources)
        self._bars = Progress(
            SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"), console=stderr, disable=not stderr.is_terminal,
        )  # fmt: skip
        self._expected: float | None = None
        self._task = self._bars.add_task("documents", total=None if many else total, rate="")
        self._started = time.monotonic()
        self._noted_at = self._started

    def __enter__(self) -> RunProgressBar:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def expect(self, estimate: Estimate) -> None:
        """Print an estimate of the run."""
        note(str(estimate))

    def follow(self, seconds: float) -> None:
        """Show the time that is left if the whole run takes so many seconds."""
        self._expected = seconds

    def another(self, title: str) -> Callable[[int, int], None]:
        """Add work that is done besides the documents; returns the function that hears how much is done, and of what.

        Its bar appears when it begins.
        """
        task = self._bars.add_task(title, total=None, rate="", visible=False)

        def heard(done: int, total: int) -> None:
            self._bars.update(task, completed=done, total=total, visible=True)
            self._note(f"{done} of {total} {title}")

        return heard

    def update(self, progress: RunProgress) -> None:
        """Show the progress of the run."""
        ended = sum(progress.seen.values())
        seconds = time.monotonic() - self._started
        minutes, left = seconds / 60, (self._expected or 0.0) - seconds
        rate = f"{ended / minutes:.1f}/min" if minutes > 0.02 else ""
        failed = f", {progress.seen['failed']} failed" if progress.seen["failed"] else ""
        where = ""
        if progress.window and progress.window[1] < progress.window[2]:
            where = (
                f", {escape(visible(progress.window[0][-30:]))}: window {progress.window[1]} of {progress.window[2]}"
            )
        told = rate + (f", about {span(left)} left" if left > 0 else "") + failed + where
        self._bars.update(self._task, completed=ended + progress.kept, rate=told)
        self._note(f"{ended} document{'' if ended == 1 else 's'} finished, {told}")

    def _note(self, sentence: str) -> None:
        """Say it where no bar is seen, every 30 seconds."""
        if not stderr.is_terminal and time.monotonic() - self._noted_at > 30:
            self._noted_at = time.monotonic()
            note(sentence)
