"""Where the data of a user lies; files that stay intact if the process is killed: replaced whole, or a line longer."""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

__all__ = [
    "add_chained_line",
    "add_line",
    "append_line",
    "data_home",
    "drop_cut_line",
    "fresh_file",
    "line_of",
    "overwrite",
    "parse_json",
    "read_chained_lines",
    "read_lines",
    "write_whole",
]


def data_home() -> Path:
    """Return the folder of this user's weights and corpora: RINGFENCE_HOME, else the user's data folder."""
    import platformdirs

    home = os.environ.get("RINGFENCE_HOME")
    return Path(home).expanduser() if home else Path(platformdirs.user_data_dir("ringfence"))


def parse_json(text: str | bytes) -> Any:
    """The data of a JSON text that a user gives.

    Raises ValueError, also for one that is nested too deeply, or that names a key twice, of which the last would count.
    """
    try:
        return json.loads(text, object_pairs_hook=_without_doubles)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands there twice")
    return found


def write_whole(path: Path, text: str | bytes, *, private: bool = False) -> None:
    """Replace a file atomically, creating its folder if needed; the content is synced to disk on return.

    With ``private``, only the owner can read and write the file.
    """
    data = text if isinstance(text, bytes) else text.encode("utf-8", "backslashreplace")
    with fresh_file(path, private=private) as temporary, temporary.open("r+b") as stream:
        stream.write(data)


@contextmanager
def fresh_file(path: Path, *, private: bool = True) -> Iterator[Path]:
    """Yield an empty file to write, which replaces ``path`` atomically at the end; on an error, ``path`` is unchanged.

    Its folder is created if needed; with ``private``, only the owner can read and write the file. A link is followed.
    """
    path = Path(os.path.realpath(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:12]}")
    try:
        os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666))
        yield temporary
        with temporary.open("rb") as stream:
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def line_of(entry: Mapping[str, Any]) -> bytes:
    """Return ``entry`` as one line of a journal: compact JSON in UTF-8, ending in a newline."""
    return (json.dumps(entry, ensure_ascii=False, separators=(",", ":")) + "\n").encode("utf-8", "backslashreplace")


def append_line(path: Path, entry: Mapping[str, Any], *, sync: bool = True) -> None:
    """Append one line of JSON to a journal that only its owner can read.

    The journal must have a single writer. If the disk is full, the journal is left unchanged and OSError is raised.
    An incomplete last line, left by a kill, must be removed first with ``drop_cut_line``.
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
    """Drop an incomplete last line, then append ``entry``; for journals that get one line at a time."""
    drop_cut_line(path)
    append_line(path, entry)


def add_chained_line(path: Path, entry: Mapping[str, Any]) -> None:
    """Append ``entry`` with the digest of the line before it, so that a line that is taken away is missed."""
    drop_cut_line(path)
    lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    append_line(path, {**entry, "before": _digest(lines[-1]) if lines else ""})


def read_chained_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the complete lines of a chained journal; lines of earlier versions, without a chain, may stand first.

    Raises ValueError if a line is not valid JSON, or does not follow the line before it.
    """
    lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    chained = False
    for number, entry in enumerate(read_lines(path)):
        chained = chained or "before" in entry
        if chained and entry.get("before") != (_digest(lines[number - 1]) if number else ""):
            raise ValueError(f"line {number + 1} of {path} does not follow the line before it")
        yield entry


def _digest(line: bytes) -> str:
    return f"sha256:{hashlib.sha256(line).hexdigest()}"


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the complete lines of a journal, and nothing if the file does not exist.

    An incomplete last line is skipped. Raises ValueError if a complete line is not valid JSON.
    """
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
    """Truncate a journal after its last complete line."""
    if not journal.exists():
        return
    with journal.open("r+b") as stream:
        size = complete = stream.seek(0, os.SEEK_END)
        while complete > 0:
            start = max(0, complete - (1 << 16))
            stream.seek(start)
            newline = stream.read(complete - start).rfind(b"\n")
            if newline >= 0:
                complete = start + newline + 1
                break
            complete = start
        if complete < size:
            stream.truncate(complete)


def overwrite(stream: BinaryIO) -> None:
    """Write zeros over an open file, and sync them; flash disks and snapshots may still hold the old bytes."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    for start in range(0, size, 1 << 20):
        stream.write(b"\0" * min(1 << 20, size - start))
    stream.flush()
    os.fsync(stream.fileno())
