"""The files that verbs write where a person says: never over a run, over gold, or over what was read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from ..errors import InputError
from .run_folder import RunFolder

__all__ = ["require_output"]

_OWN = ("run.json", "results.jsonl", "windows.jsonl", "trace.jsonl", "pool.jsonl", "made.jsonl")


def require_output(out: Path, *inputs: Path, run: RunFolder | None = None) -> Path:
    """Return ``out``, whose folder exists from now on.

    Raises InputError if it is a folder or a device, or if writing it would replace a file of a run, gold, one of the
    ``inputs`` (or a file in a folder of inputs), or a document of ``run``.
    """
    if out.is_dir():
        raise InputError(f"{out} is a folder.", "Name a file.")
    if out.exists() and not out.is_file():
        raise InputError(f"{out} is a device or a pipe.", "Name a file; what goes to stdout needs no --out.")
    if out.exists() and (what := _treasure(out, inputs, run)):
        raise InputError(f"{out} is {what}, and would be overwritten.", "Name another file.")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise InputError(f"{out.parent} is not a folder.", "Name a file in a folder.") from None
    return out


def _treasure(out: Path, inputs: Iterable[Path], run: RunFolder | None) -> str | None:
    """What an existing file is that nothing may replace; None if it may be replaced."""
    place = out.resolve()
    if place.name in _OWN and (place.parent / "run.json").exists():
        return "part of a run"
    if any(place == path.resolve() or path.resolve() in place.parents for path in inputs):
        return "an input"
    if _holds_lines_of_documents(place):
        return "a file of gold or of results"
    base = run.base() if run else Path()
    if run and any((base / result.document.path).resolve() == place for result in run.latest()):
        return "a document of the run"
    return None


def _holds_lines_of_documents(path: Path) -> bool:
    """Whether the first line is JSON about a document, as in gold and in journals."""
    try:
        with path.open("rb") as stream:
            first = json.loads(stream.readline(1 << 24))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(first, dict) and "document" in first
