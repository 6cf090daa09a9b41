"""Everything for a machine without a network, in one folder: wheels, weights with their forms, locks, and a list of digests."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from ..errors import InputError, WeightsError
from ..files import write_whole
from .policy import require_allowed
from .store import Manifest, Store, StoredWeights, hash_file

__all__ = ["LIST", "add_weights", "install_weights", "seal_list", "verify_list"]

LIST = "bundle.json"


def add_weights(bundle: Path, chosen: Iterable[StoredWeights]) -> None:
    """Copy weights with their forms and signatures; files are linked where the disk is the same."""
    for weights in chosen:
        weights.verify()
        target = bundle / "weights" / weights.manifest.digest
        for path in sorted(weights.folder.rglob("*")):
            if path.is_file() and path.name != "verified.json":
                place = target / path.relative_to(weights.folder)
                place.parent.mkdir(parents=True, exist_ok=True)
                try:
                    os.link(path, place)
                except OSError:
                    shutil.copyfile(path, place)


def seal_list(bundle: Path, about: dict[str, object]) -> None:
    """Write the list of every file with its sha256, last."""
    files = {
        path.relative_to(bundle).as_posix(): hash_file(path)
        for path in sorted(bundle.rglob("*"))
        if path.is_file() and path.name not in (LIST, f"{LIST}.sig")
    }
    write_whole(bundle / LIST, json.dumps({"schema": 1, **about, "files": files}, indent=1) + "\n")


def verify_list(bundle: Path, on_file: Callable[[str], None] = lambda name: None) -> dict[str, str]:
    """Check every file against the list; returns it. Raises InputError where one is missing, added or changed."""
    try:
        files: dict[str, str] = json.loads((bundle / LIST).read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(f"{bundle} is no bundle.", "Give the folder that `ringfence bundle make` wrote.") from None
    faults = []
    for name, digest in files.items():
        on_file(name)
        path = bundle / name
        if not path.is_file():
            faults.append(f"{name} is missing")
        elif hash_file(path) != digest:
            faults.append(f"{name} was changed")
    own = (LIST, f"{LIST}.sig")
    added = {p.relative_to(bundle).as_posix() for p in bundle.rglob("*") if p.is_file() and p.name not in own} - set(
        files
    )
    faults += [f"{name} was added" for name in sorted(added)]
    if faults:
        shown = "\n".join(f"  {fault}" for fault in faults[:20])
        raise InputError(
            f"The bundle is not whole; {len(faults)} faults:\n{shown}", "Copy it again; nothing was installed."
        )
    return files


def install_weights(bundle: Path, store: Store) -> list[StoredWeights]:
    """Put the bundle's weights into the store, each in one step; the policy of this machine decides on them.

    Raises WeightsError.
    """
    found = []
    for manifest in sorted((bundle / "weights").glob("*/manifest.json")):
        source = StoredWeights(manifest.parent, Manifest.read(manifest))
        source.verify(reread=True)
        target = store.root / "weights" / source.manifest.digest
        if not (target / "manifest.json").exists():
            half = store.staging(f"bundle-{source.manifest.digest}")
            shutil.rmtree(half, ignore_errors=True)
            shutil.copytree(source.folder, half)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(target, ignore_errors=True)
            half.rename(target)
        weights = StoredWeights(target, source.manifest)
        try:
            require_allowed(weights, store)
        except WeightsError:
            store.remove(source.manifest.digest)
            raise
        found.append(weights)
    return found
