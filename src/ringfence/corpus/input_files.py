"""The files of a corpus's inputs, with ids that stay whatever is added or goes."""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from pathlib import Path

from ..documents import Source, expand_inputs
from ..errors import InputError
from .access import SIDECAR
from .corpus import Corpus
from .store import View

__all__ = ["forget_missing_folders", "is_sidecar", "missing_folders", "place_of", "sources_of"]


def is_sidecar(path: Path) -> bool:
    """True for the groups of a file that is there; alone, such a file is a document like others."""
    return path.name.endswith(SIDECAR) and path.with_name(path.name.removesuffix(SIDECAR)).is_file()


def sources_of(corpus: Corpus, every: Sequence[str] | None = None, given: Sequence[str] = ()) -> list[Source]:
    """Return the files of all inputs of a corpus; those that no longer exist and are not ``given`` contain nothing.

    A file that the corpus knows keeps its id, whatever is added or goes: access rules name it. A new one has the id
    that its input gives it, with the name of the input's folder in front if another file has that id.
    """
    ids: dict[str, str] = {}
    for document in corpus.store.documents(View(corpus.next_version)):
        ids.setdefault(place_of(Path(document.path)), document.file)
    for failure in corpus.store.failures():
        ids.setdefault(place_of(Path(failure.path)), failure.source or failure.id)
    taken = {identity for place, identity in ids.items() if os.path.lexists(place)}
    seen: set[str] = set()
    sources: list[Source] = []
    for path in corpus.inputs if every is None else every:
        if path not in given and not _exists(path):
            continue
        for source in expand_inputs([path]):
            place = place_of(source.path)
            if place in seen:
                continue
            seen.add(place)
            if place not in ids:
                folder = _folder(Path(path))
                names = (source.id, f"{folder.name}/{source.id}", place.lstrip("/"), f"{place}#{len(sources)}")
                ids[place] = next(name for name in names if name not in taken)
                taken.add(ids[place])
            sources.append(Source(source.path, ids[place]))
    return sources


def missing_folders(corpus: Corpus) -> list[str]:
    """Return the inputs of a corpus that are folders, or lie in one, which is gone with documents that came from it."""
    places = [place_of(Path(document.path)) for document in corpus.store.documents(View(corpus.next_version))]
    missing = []
    for path in corpus.inputs:
        base = _above_wildcards(Path(path))
        inside = str(base).rstrip(os.sep) + os.sep
        if not os.path.lexists(base) and any(place.startswith(inside) for place in places):
            missing.append(path)
    return missing


def forget_missing_folders(corpus: Corpus) -> None:
    """Take the folders that are gone out of the inputs of a corpus; the next update takes out their documents."""
    missing = missing_folders(corpus)
    corpus.store.set("inputs", [path for path in corpus.inputs if path not in missing])


def place_of(path: Path) -> str:
    """Where a file lies, by whatever way it is named; a link lies where it stands, not where it points."""
    return os.path.join(os.path.realpath(path.parent), path.name)


def _folder(path: Path) -> Path:
    """The folder that an input stands for: itself, that of a file, or that above the first wildcard."""
    path = _above_wildcards(path)
    return path if path.is_dir() else path.parent


def _above_wildcards(path: Path) -> Path:
    while glob.has_magic(str(path)) and not path.exists():
        path = path.parent
    return path


def _exists(path: str) -> bool:
    try:
        return bool(expand_inputs([path]))
    except InputError:
        return False
