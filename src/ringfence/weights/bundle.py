"""The files of a bundle: weights copied in and out, and a list of every file with its digest."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from ..clock import now
from ..errors import InputError
from ..files import write_whole
from .formats import check_files
from .pins import check_pin, pin
from .policy import require_allowed
from .store import (
    Manifest,
    Store,
    StoredWeights,
    digest_of,
    hash_file,
)

__all__ = ["LIST", "add_weights", "install_weights", "verify_list", "write_list"]

LIST = "bundle.json"
_OWN = (LIST, f"{LIST}.sig")


def add_weights(bundle: Path, chosen: Iterable[StoredWeights]) -> None:
    """Copy weights and their signatures into a bundle; files on the same disk are linked.

    Forms that engines made of them are left out: the other machine makes its own from files that it has checked.
    """
    for weights in chosen:
        weights.verify()
        target = bundle / "weights" / weights.manifest.digest
        names = ["manifest.json", *(f"files/{record.name}" for record in weights.manifest.files)]
        if weights.signature.exists():
            names.append(weights.signature.name)
        for name in names:
            place = target / name
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(weights.folder / name, place)
            except OSError:
                shutil.copyfile(weights.folder / name, place)


def write_list(bundle: Path, facts: dict[str, object]) -> None:
    """Write the list of every file with its sha256, beside ``facts``. Call it last."""
    files = {name: hash_file(bundle / name) for name in _names(bundle) if name not in _OWN}
    write_whole(bundle / LIST, json.dumps({"schema": 1, **facts, "files": files}, indent=1) + "\n")


def verify_list(bundle: Path) -> dict[str, str]:
    """Check every file against the list, and return the list.

    Raises InputError if a file is missing, added, changed, or not a plain file.
    """
    try:
        files = dict(json.loads((bundle / LIST).read_text(encoding="utf-8"))["files"])
        if not files or not all(isinstance(text, str) for pair in files.items() for text in pair):
            raise ValueError("the list is empty")
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(f"{bundle} is not a bundle.", "Give the folder that `ringfence bundle make` wrote.") from None
    found = _names(bundle)
    faults = [f"{name} was added" for name in sorted(set(found) - set(files) - set(_OWN))]
    for name, digest in files.items():
        if name not in found:
            faults.append(f"{name} is missing")
        elif hash_file(bundle / name) != digest:
            faults.append(f"{name} was changed")
    if faults:
        shown = "\n".join(f"  {fault}" for fault in faults[:20])
        raise InputError(
            f"The bundle is damaged; {len(faults)} faults:\n{shown}", "Copy it again; nothing was installed."
        )
    return files


def _names(bundle: Path) -> list[str]:
    """Every file below the bundle. Raises InputError if one is a link, which could lead anywhere."""
    found = []
    for folder, folders, files in os.walk(bundle):
        for name in (*folders, *files):
            if (Path(folder) / name).is_symlink():
                raise InputError(f"{Path(folder) / name} is a link.", "A bundle holds only plain files; copy it again.")
        found += [(Path(folder) / name).relative_to(bundle).as_posix() for name in files]
    return sorted(found)


def install_weights(bundle: Path, store: Store) -> list[StoredWeights]:
    """Check a bundle, and put its weights into the store, each in one step. Weights in the store stay.

    Raises InputError if the bundle is damaged, WeightsError if the policy or the pinned names of this machine do not
    allow its weights.
    """
    listed = verify_list(bundle)
    checked = []
    for name in sorted(name for name in listed if re.fullmatch(r"weights/[0-9a-f]{64}/manifest\.json", name)):
        folder = bundle / Path(name).parent
        try:
            manifest = Manifest.read(bundle / name)
        except (ValueError, KeyError, TypeError):
            raise InputError(
                f"{name} in the bundle is damaged.", "Copy it again; these weights were not installed."
            ) from None
        if manifest.digest != folder.name or digest_of(manifest.files) != manifest.digest:
            raise InputError(f"{name} does not belong to its folder.", "These weights were not installed.")
        for given in manifest.names:
            check_pin(store.root, given, manifest.digest)
        checked.append((folder, manifest))
    return [_install(folder, manifest, store) for folder, manifest in checked]


def _install(folder: Path, manifest: Manifest, store: Store) -> StoredWeights:
    half = store.staging(f"bundle-{manifest.digest}")
    shutil.rmtree(half, ignore_errors=True)
    (half / "files").mkdir(parents=True)
    try:
        for record in manifest.files:
            if PurePosixPath(record.name).is_absolute() or ".." in PurePosixPath(record.name).parts:
                raise InputError(f"{record.name} lies outside the weights.", "These weights were not installed.")
            (half / "files" / record.name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / "files" / record.name, half / "files" / record.name)
        shutil.copyfile(folder / "manifest.json", half / "manifest.json")
        fresh = StoredWeights(half, manifest)
        if (folder / fresh.signature.name).exists():
            shutil.copyfile(folder / fresh.signature.name, fresh.signature)
        fresh.verify(reread=True)
        check_files(fresh.files)
        require_allowed(fresh, store)
        target = StoredWeights(store.root / "weights" / manifest.digest, manifest)
        if not (target.folder / "manifest.json").exists():
            target.folder.parent.mkdir(parents=True, exist_ok=True)
            half.rename(target.folder)
        elif fresh.signature.exists() and not target.signature.exists():
            shutil.copyfile(fresh.signature, target.signature)
        target = StoredWeights(target.folder, Manifest.read(target.folder / "manifest.json"))
        for name in manifest.names:
            target = store.add_name(target, name)
            with store.locked("pins"):
                pin(store.root, name, manifest.digest, manifest.source, now())
        return target
    finally:
        shutil.rmtree(half, ignore_errors=True)
