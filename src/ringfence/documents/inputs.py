"""Turn INPUT arguments (files, folders, globs) into sources with stable ids."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..errors import InputError
from .reading import Source

__all__ = ["expand_inputs"]


def expand_inputs(inputs: Iterable[str | Path]) -> list[Source]:
    """Every file that the inputs name, sorted within each input, each once.

    The id of a document is its path relative to the folder that was given, with ``/``; for a file it is the file's
    name, with as many parent folders in front as are needed to keep two files of one run apart. Hidden files and
    folders inside a given folder are left out. Raises InputError for an input that names nothing.
    """
    found: dict[Path, str] = {}
    for given in inputs:
        matches = list(_matches(str(given)))
        if not matches:
            raise InputError(
                f"The input {str(given)!r} names no file.",
                "Give a file, a folder that holds files, or a glob in quotes.",
            )
        for path, identity in matches:
            found.setdefault(path, identity)
    return [Source(path, identity) for path, identity in _told_apart(found).items()]


def _matches(given: str) -> Iterator[tuple[Path, str]]:
    path = Path(given).expanduser()
    if path.is_dir():
        for child in sorted(path.rglob("*")):
            relative = child.relative_to(path)
            if child.is_file() and not any(part.startswith(".") for part in relative.parts):
                yield child, relative.as_posix()
    elif path.is_file():
        yield path, path.name
    elif glob.has_magic(given):
        for name in sorted(glob.glob(given, recursive=True)):
            if Path(name).is_file():
                yield Path(name), Path(name).name


def _told_apart(found: dict[Path, str]) -> dict[Path, str]:
    """Lengthen ids that two files share by their parent folders until they differ."""
    taken: dict[str, list[Path]] = {}
    for path, identity in found.items():
        taken.setdefault(identity, []).append(path)
    result = dict(found)
    for identity, paths in taken.items():
        depth = len(Path(identity).parts)
        while len(paths) > 1 and len({result[path] for path in paths}) < len(paths):
            depth += 1
            for path in paths:
                result[path] = "/".join(path.resolve().parts[1:][-depth:])
    return result
