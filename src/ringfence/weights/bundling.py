"""Everything for a machine without a network, in one folder: wheels, weights, locks, and a list of digests."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from ..errors import InputError
from ..files import write_whole
from .pins import check_pin, pin
from .policy import require_allowed
from .pulling import now
from .store import Manifest, Store, StoredWeights, digest_of, hash_file

__all__ = ["LIST", "add_weights", "install_weights", "seal_list", "verify_list"]

LIST = "bundle.json"
_OWN = (LIST, f"{LIST}.sig")


def add_weights(bundle: Path, chosen: Iterable[StoredWeights]) -> None:
    """Copy weights with their signatures; files are linked where the disk is the same. Forms that engines made of them stay
    here: the other machine makes its own, of files that it has checked."""
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


def seal_list(bundle: Path, about: dict[str, object]) -> None:
    """Write the list of every file with its sha256, last."""
    files = {name: hash_file(bundle / name) for name in _names(bundle) if name not in _OWN}
    write_whole(bundle / LIST, json.dumps({"schema": 1, **about, "files": files}, indent=1) + "\n")


def verify_list(bundle: Path) -> dict[str, str]:
    """Check every file against the list; returns it. Raises InputError where one is missing, added, changed, or no plain
    file."""
    try:
        files = dict(json.loads((bundle / LIST).read_text(encoding="utf-8"))["files"])
        if not files or not all(isinstance(one, str) for pair in files.items() for one in pair):
            raise ValueError("it lists nothing")
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(f"{bundle} is no bundle.", "Give the folder that `ringfence bundle make` wrote.") from None
    there = _names(bundle)
    faults = [f"{name} was added" for name in sorted(set(there) - set(files) - set(_OWN))]
    for name, digest in files.items():
        if name not in there:
            faults.append(f"{name} is missing")
        elif hash_file(bundle / name) != digest:
            faults.append(f"{name} was changed")
    if faults:
        shown = "\n".join(f"  {fault}" for fault in faults[:20])
        raise InputError(
            f"The bundle is not whole; {len(faults)} faults:\n{shown}", "Copy it again; nothing was installed."
        )
    return files


def _names(bundle: Path) -> list[str]:
    """Every file below the bundle. Raises InputError where something is a link, which could lead anywhere."""
    found = []
    for folder, folders, files in os.walk(bundle):
        for name in (*folders, *files):
            if (Path(folder) / name).is_symlink():
                raise InputError(f"{Path(folder) / name} is a link.", "A bundle holds plain files only; copy it again.")
        found += [(Path(folder) / name).relative_to(bundle).as_posix() for name in files]
    return sorted(found)


def install_weights(bundle: Path, store: Store) -> list[StoredWeights]:
    """Put the weights that the bundle lists into the store, each in one step, where the policy and the names of this machine
    allow it; what the store has already stays. Raises InputError and WeightsError."""
    listed = verify_list(bundle)
    found = []
    for name in sorted(name for name in listed if re.fullmatch(r"weights/[0-9a-f]{64}/manifest\.json", name)):
        folder = bundle / Path(name).parent
        try:
            manifest = Manifest.read(bundle / name)
        except (ValueError, KeyError, TypeError):
            raise InputError(
                f"{name} of the bundle is damaged.", "Copy it again; these weights were not installed."
            ) from None
        if manifest.digest != folder.name or digest_of(manifest.files) != manifest.digest:
            raise InputError(f"{name} does not belong to its folder.", "These weights were not installed.")
        check_pin(store.root, manifest.name, manifest.digest)
        found.append(_install(folder, manifest, store))
    return found


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
        require_allowed(fresh, store)
        target = StoredWeights(store.root / "weights" / manifest.digest, manifest)
        if not (target.folder / "manifest.json").exists():
            target.folder.parent.mkdir(parents=True, exist_ok=True)
            half.rename(target.folder)
        elif fresh.signature.exists() and not target.signature.exists():
            shutil.copyfile(fresh.signature, target.signature)
        with store.locked("pins"):
            pin(store.root, manifest.name, manifest.digest, manifest.source, now())
        return target
    finally:
        shutil.rmtree(half, ignore_errors=True)
