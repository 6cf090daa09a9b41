"""Expand INPUT arguments (files, folders, globs) into sources with stable ids."""

from __future__ import annotations

import glob
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..errors import InputError
from .reader import Source

__all__ = ["expand_inputs"]


def expand_inputs(inputs: Iterable[str | Path]) -> list[Source]:
    """Return every file that the inputs name, sorted within each input and without duplicates.

    The id of a document is its path relative to the given folder, or to the part of a glob before its first wildcard,
    with ``/`` as separator; the id of a file given directly is its name. If two files get the same id, parent folders
    are prepended until the ids differ. Inside a given folder, hidden files and folders are skipped, and so are run
    folders, whose journals are not documents. A link is a file of its own, read even if what it points to is read too;
    a broken link, and a link to a folder, which is not followed, count as unreadable files.
    Raises InputError if an input matches no file.
    """
    files: dict[Path, tuple[Path, str]] = {}
    for given in inputs:
        matches = list(_matches(str(given)))
        if not matches:
            raise InputError(
                f"The input {str(given)[:200]!r} names no file.",
                "Give a file, a folder that contains files, or a glob in quotes.",
            )
        for path, identity in matches:
            files.setdefault(Path(os.path.abspath(path)), (path, identity))
    return _with_distinct_ids(list(files.values()))


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
    except (OSError, ValueError):  # the name is too long or contains a zero byte
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


def _with_distinct_ids(files: list[tuple[Path, str]]) -> list[Source]:
    """Prepend parent folders to ids that several files share until the ids differ."""
    count = Counter(short for _, short in files)
    taken: set[str] = set()
    sources = []
    for path, short in files:
        identity, parts, depth = short, path.absolute().parts[1:], len(Path(short).parts)
        while (count[identity] > 1 or identity in taken) and depth < len(parts):
            depth += 1
            identity = "/".join(parts[-depth:])
        identity = identity.encode("utf-8", "backslashreplace").decode()  # a name on disk need not be UTF-8
        taken.add(identity)
        sources.append(Source(path, identity))
    return sources
