"""Files that a kill leaves whole: replaced in one step, or grown by one whole line."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

__all__ = ["add_line", "append_line", "drop_cut_line", "line_of", "read_lines", "write_whole"]


def write_whole(path: Path, text: str | bytes, *, private: bool = False) -> None:
    """Replace a file in one step; it is on disk when this returns. ``private``: only its owner may read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:12]}")
    data = text if isinstance(text, bytes) else text.encode("utf-8", "backslashreplace")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666)
        with open(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def line_of(entry: Mapping[str, Any]) -> bytes:
    """The bytes of one line of a journal."""
    return (json.dumps(entry, ensure_ascii=False, separators=(",", ":")) + "\n").encode("utf-8", "backslashreplace")


def append_line(path: Path, entry: Mapping[str, Any], *, sync: bool = True) -> None:
    """Add one whole line of JSON to a journal that only its owner can read, and that has one writer at a time; where the
    disk takes no more, the journal is as it was. A last line that a kill cut short is the business of ``drop_cut_line``.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        try:
            view = memoryview(line_of(entry))
            while view:
                view = view[os.write(descriptor, view) :]
            if sync:
                os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, size)
            raise
    finally:
        os.close(descriptor)


def add_line(path: Path, entry: Mapping[str, Any]) -> None:
    """Add one whole line behind the last whole one, for journals that are opened for one line only."""
    drop_cut_line(path)
    append_line(path, entry)


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The whole lines of a journal; none where there is no such file. Raises ValueError where a whole line is damaged."""
    if not path.exists():
        return
    with path.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            if not line.endswith(b"\n"):
                return
            try:
                yield json.loads(line)
            except ValueError:
                raise ValueError(f"line {number} of {path} is damaged") from None


def drop_cut_line(journal: Path) -> None:
    """Cut a journal behind its last whole line."""
    if not journal.exists():
        return
    with journal.open("r+b") as stream:
        size = whole = stream.seek(0, os.SEEK_END)
        while whole > 0:
            start = max(0, whole - (1 << 16))
            stream.seek(start)
            newline = stream.read(whole - start).rfind(b"\n")
            if newline >= 0:
                whole = start + newline + 1
                break
            whole = start
        if whole < size:
            stream.truncate(whole)
