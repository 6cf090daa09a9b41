"""What was made from a run and lies elsewhere: exports, drafts, gold, labels, calibrators, copies. A purge names it.

The run keeps a list, made.jsonl. It goes with the run's content, because it holds paths.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..clock import now
from ..files import add_line, overwrite, read_lines, write_whole
from .erasure import purge
from .run_folder import RunFolder

__all__ = ["GOLD", "TRAINING_LABELS", "Product", "erase_product", "note_product", "products_of"]

GOLD = "gold"
TRAINING_LABELS = "training labels"


@dataclass(frozen=True)
class Product:
    """A file or a folder that was made from a run: ``what`` it is, such as an export, and where it lies."""

    what: str
    path: Path


def note_product(folder: RunFolder, what: str, path: Path) -> None:
    """Remember that ``path`` was made from the run, unless it lies in the run or the run cannot be written.

    What was made from several runs is remembered by each.
    """
    place = path.resolve()
    for run in folder.parts:
        if run.path.resolve() in place.parents or Product(what, place) in _noted(run):
            continue
        with suppress(OSError):  # the run is somebody else's, or on a medium that is read-only
            add_line(run.made, {"schema": 1, "at": now(), "what": what, "path": str(place)})


def products_of(folder: RunFolder) -> list[Product]:
    """What was made from the run and still exists, in the order in which it was made."""
    return [product for product in dict.fromkeys(_noted(folder)) if product.path.exists()]


def _noted(folder: RunFolder) -> list[Product]:
    try:
        return [Product(str(line["what"]), Path(line["path"])) for line in read_lines(folder.made)]
    except (ValueError, KeyError, TypeError):
        return []


def erase_product(product: Product, documents: Collection[str]) -> None:
    """Erase a product: of gold and training labels the lines of these documents, of a run the content, else all."""
    path = product.path
    if (path / "run.json").exists():
        purge(RunFolder(path))
    elif path.is_dir():
        for file in (file for file in path.rglob("*") if file.is_file() and not file.is_symlink()):
            _erase_file(file)
        shutil.rmtree(path)
    elif product.what in (GOLD, TRAINING_LABELS):
        _erase_lines(path, documents)
    else:
        _erase_file(path)


def _erase_lines(gold: Path, documents: Collection[str]) -> None:
    """Rewrite a file of lines without those about these documents; its old bytes are overwritten."""
    kept = []
    for line in gold.read_bytes().splitlines(keepends=True):
        with suppress(ValueError, AttributeError):
            if json.loads(line).get("document") in documents:
                continue
        kept.append(line)
    with gold.open("r+b") as old:
        write_whole(gold, b"".join(kept), private=True)
        overwrite(old)


def _erase_file(path: Path) -> None:
    with path.open("r+b") as stream:
        overwrite(stream)
    os.unlink(path)
