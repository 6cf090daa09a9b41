"""Turn INPUT arguments (files, folders, globs) into sources with stable ids."""

from __future__ import annotations

import glob
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..errors import InputError
from .reader import Source

__all__ = ["expand_inputs"]


def expand_inputs(inputs: Iterable[str | Path]) -> list[Source]:
    """Every file that the inputs name, sorted within each input, each file once.

    The id of a document is its path relative to the folder that was given, or to the part of a glob that has no magic
    in it, with ``/``; for a file it is the file's name. Where two inputs of one call give the same id, parent folders
    are put in front. Hidden files and folders inside a given folder are left out, and so are run folders (their own
    journal is no document). A link that leads nowhere is listed, so that it is counted as a file that cannot be read.
    Raises InputError for an input that names nothing.
    """
    found: dict[Path, tuple[Path, str]] = {}
    for given in inputs:
        matches = list(_matches(str(given)))
        if not matches:
            raise InputError(
                f"The input {str(given)[:200]!r} names no file.",
                "Give a file, a folder that holds files, or a glob in quotes.",
            )
        for path, identity in matches:
            found.setdefault(path.resolve(), (path, identity))
    return _told_apart(list(found.values()))


def _matches(given: str) -> Iterator[tuple[Path, str]]:
    path = Path(given).expanduser()
    try:
        if path.is_dir():
            yield from _files_below(path, path)
        elif path.is_file() or path.is_symlink():
            yield path, path.name
        elif glob.has_magic(given):
            fixed = Path(given)
            while glob.has_magic(str(fixed)):
                fixed = fixed.parent
            for name in sorted(glob.glob(given, recursive=True)):
                if Path(name).is_file():
                    yield Path(name), Path(name).relative_to(fixed).as_posix()
    except (OSError, ValueError):  # a name that is too long, or holds a zero byte
        return


def _files_below(folder: Path, base: Path) -> Iterator[tuple[Path, str]]:
    if (folder / "run.json").is_file() and (folder / "results.jsonl").exists():
        return
    for child in sorted(folder.iterdir()):
        if child.name.startswith("."):
            continue
        if child.is_dir() and not child.is_symlink():
            yield from _files_below(child, base)
        else:
            yield child, child.relative_to(base).as_posix()


def _told_apart(found: list[tuple[Path, str]]) -> list[Source]:
    """Lengthen ids that two files share by their parent folders until they differ."""
    count = Counter(identity for _, identity in found)
    taken: set[str] = set()
    sources = []
    for path, identity in found:
        parts, depth = path.absolute().parts[1:], len(Path(identity).parts)
        while (count[identity] > 1 or identity in taken) and depth < len(parts):
            depth += 1
            identity = "/".join(parts[-depth:])
        identity = identity.encode("utf-8", "backslashreplace").decode()  # a name on disk need not be UTF-8
        taken.add(identity)
        sources.append(Source(path, identity))
    return sources
