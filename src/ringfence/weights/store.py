"""The store: weights in content-addressed folders that appear whole or not at all.

<root>/weights/<digest>/manifest.json     name, files, licence, source; written last
<root>/weights/<digest>/files/...         their files
<root>/weights/<digest>/forms/<form>/...  forms that an engine made of them, with a manifest of their own
<root>/staging/...                        unfinished pulls, which resume where they stopped
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from filelock import FileLock

from ..errors import WeightsError
from ..files import data_home, write_whole
from . import catalog_entries

__all__ = ["FileRecord", "Manifest", "Store", "StoredWeights", "digest_of", "form_folder", "hash_file"]

PRIVATE, SHARED = 0o700, 0o777  # of folders, before the umask
_VERIFIED = "verified.json"


@dataclass(frozen=True)
class FileRecord:
    """One file by its name within the weights, its size in bytes and its sha256."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """The facts about weights, or about a form of them."""

    name: str
    digest: str
    files: tuple[FileRecord, ...]
    licence: str
    source: str
    made_at: str
    origin: str | None = None
    converter: str | None = None
    also: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every name of these bytes; the first is the one they were first pulled under."""
        return (self.name, *self.also)

    @property
    def file_digests(self) -> dict[str, str]:
        """The sha256 of each file, by name."""
        return {file.name: file.sha256 for file in self.files}

    @classmethod
    def read(cls, path: Path) -> Manifest:
        """Read a manifest file."""
        data = json.loads(path.read_text(encoding="utf-8"))
        files = tuple(FileRecord(**file) for file in data["files"])
        return cls(**{**data, "files": files, "also": tuple(data.get("also", ()))})

    def write(self, path: Path) -> None:
        """Write a manifest file."""
        write_whole(path, json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n")


def hash_file(path: Path, progress: Callable[[int], None] | None = None) -> str:
    """The sha256 of a file; ``progress`` hears the number of bytes of each piece."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(4 << 20):
            digest.update(piece)
            if progress:
                progress(len(piece))
    return digest.hexdigest()


def digest_of(files: tuple[FileRecord, ...]) -> str:
    """One digest over all files, by their names and digests."""
    return catalog_entries.digest_of((file.name, file.sha256) for file in files)


def record_files(folder: Path, progress: Callable[[int], None] | None = None) -> tuple[FileRecord, ...]:
    """Hash every file of ``folder``."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return tuple(FileRecord(p.relative_to(folder).as_posix(), p.stat().st_size, hash_file(p, progress)) for p in paths)


@dataclass(frozen=True)
class StoredWeights:
    """Weights in the store, or a form of them."""

    folder: Path
    manifest: Manifest

    @property
    def files(self) -> Path:
        """The folder of the files themselves."""
        return self.folder / "files"

    @property
    def signature(self) -> Path:
        """The path of the signature over the files, whether there is one or not."""
        return self.folder / "model.sig"

    @property
    def size(self) -> int:
        """The size of the files in bytes."""
        return sum(file.size for file in self.manifest.files)

    @property
    def private(self) -> bool:
        """Whether their folder is for its owner alone."""
        return not self.folder.stat().st_mode & 0o077

    def forms(self) -> list[StoredWeights]:
        """The forms that engines made of these weights."""
        paths = sorted(self.folder.glob("forms/*/manifest.json"))
        return [StoredWeights(path.parent, Manifest.read(path)) for path in paths]

    def as_json(self) -> dict[str, Any]:
        """Plain data for JSON: the manifest, the folder, the names of the forms, and the size."""
        forms = [form.folder.name for form in self.forms()]
        return {**asdict(self.manifest), "folder": str(self.folder), "forms": forms, "size": self.size}

    def verify(self, reread: bool = False, progress: Callable[[int], None] | None = None) -> None:
        """Check every file against its digest. Raises WeightsError with the name of a file that differs.

        Without ``reread``, skips files whose size, times and inode have not changed since the last check.
        """
        if digest_of(self.manifest.files) != self.manifest.digest:
            raise self._damaged("manifest.json", "does not add up to its digest")
        seen = self._seen()
        now: dict[str, list[int]] = {}
        for record in self.manifest.files:
            path = self.files / record.name
            try:
                stat = path.stat()
            except FileNotFoundError:
                raise self._damaged(record.name, "is missing") from None
            now[record.name] = [stat.st_size, stat.st_ctime_ns, stat.st_mtime_ns, stat.st_ino]
            if not reread and seen.get(record.name) == now[record.name]:
                if progress:
                    progress(stat.st_size)
                continue
            if stat.st_size != record.size or hash_file(path, progress) != record.sha256:
                raise self._damaged(record.name, "is not what was pulled")
        extra = {p.relative_to(self.files).as_posix() for p in self.files.rglob("*") if p.is_file()} - now.keys()
        if extra:
            raise self._damaged(min(extra), "does not belong to them")
        if seen != now:
            _remember(self.folder / _VERIFIED, json.dumps(now))

    def as_found(self) -> StoredWeights:
        """The same folder under the digest of the bytes that it holds now, whatever they should be."""
        files = record_files(self.files)
        return StoredWeights(self.folder, replace(self.manifest, files=files, digest=digest_of(files)))

    def _seen(self) -> dict[str, list[int]]:
        try:
            seen: dict[str, list[int]] = json.loads((self.folder / _VERIFIED).read_text())
            return seen
        except (OSError, ValueError):
            return {}

    def _damaged(self, name: str, what: str) -> WeightsError:
        return WeightsError(
            f"The weights {self.manifest.name} were changed: {name} {what}.",
            f"Remove them and pull them again: ringfence weights remove {self.manifest.name}",
        )


def _remember(path: Path, text: str) -> None:
    """Write a note into the store, unless the store is read-only."""
    with suppress(OSError):
        write_whole(path, text)


class Store:
    """The weights of one user. ``root`` defaults to RINGFENCE_HOME, else the user's data folder."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = root or data_home()

    @contextmanager
    def locked(self, key: str, waiting: Callable[[], None] | None = None) -> Iterator[None]:
        """Hold the lock of ``key`` against other processes; calls ``waiting`` once if another process holds it."""
        folder = self.root / "locks"
        lock = FileLock(folder / (re.sub(r"[^\w.-]", "_", key)[:120] + ".lock"))
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=0.2 if waiting else -1)
        except TimeoutError:
            waiting()  # type: ignore[misc]
        except OSError as error:
            raise disk_error(error) from None
        with lock:
            try:
                yield
            finally:
                if lock.lock_counter > 1:
                    lock.release()

    def staging(self, key: str) -> Path:
        """The folder that collects the files of an unfinished pull."""
        folder = self.root / "staging" / re.sub(r"[^\w.-]", "_", key)[:120]
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder

    def list(self) -> list[StoredWeights]:
        """All weights, by name."""
        found = []
        for path in (self.root / "weights").glob("*/manifest.json"):
            try:
                found.append(StoredWeights(path.parent, Manifest.read(path)))
            except PermissionError:
                raise WeightsError(
                    f"The manifest {path} cannot be read (permission denied).",
                    "Ask its owner to let you read the store, or set RINGFENCE_HOME to a folder of your own.",
                ) from None
            except (OSError, ValueError, TypeError, KeyError):
                raise WeightsError(
                    f"The manifest {path} is damaged.",
                    "Remove its folder, and pull these weights again.",
                ) from None
            if found[-1].manifest.digest != path.parent.name:
                raise WeightsError(
                    f"The manifest {path} does not belong to its folder.",
                    "Remove the folder, and pull these weights again.",
                )
        return sorted(found, key=lambda weights: weights.manifest.name)

    def find(self, name: str) -> StoredWeights | None:
        """Weights by name, by a short name of the catalog, or by the first 8 or more characters of their digest.

        None if they are not in the store.
        """
        beginning, stored = name.removeprefix("sha256:"), self.list()
        entry = catalog_entries.find_entry(name)
        for weights in stored:
            digest = weights.manifest.digest
            if name in weights.manifest.names or (len(beginning) >= 8 and digest.startswith(beginning)):
                return weights
        return next((weights for weights in stored if entry and weights.manifest.digest == entry.digest), None)

    def get(self, name: str) -> StoredWeights:
        """Weights by name or digest. Raises WeightsError if they are not in the store."""
        found = self.find(name)
        if found is None:
            raise WeightsError(
                f"The weights {name!r} are not in the store.", f"Pull them first: ringfence weights pull {name}"
            )
        return found

    def publish(self, folder: Path, manifest: Manifest, *, private: bool = False) -> StoredWeights:
        """Move the files in ``folder`` into the store as weights, in one step; ``private`` ones for their owner alone.

        If the same bytes are already there, they get the new name too.
        """
        target = self.root / "weights" / manifest.digest
        if not (target / "manifest.json").exists():
            self._publish(folder, manifest, target, PRIVATE if private else SHARED)
        return self.add_name(StoredWeights(target, Manifest.read(target / "manifest.json")), manifest.name)

    def add_name(self, weights: StoredWeights, name: str) -> StoredWeights:
        """Weights with one more name, unless they have it."""
        if name in weights.manifest.names:
            return weights
        manifest = replace(weights.manifest, also=(*weights.manifest.also, name))
        manifest.write(weights.folder / "manifest.json")
        return StoredWeights(weights.folder, manifest)

    def _publish(self, folder: Path, manifest: Manifest, target: Path, mode: int) -> None:
        whole = self.root / "staging" / f"whole-{uuid.uuid4().hex}"
        whole.mkdir(mode, parents=True)
        folder.rename(whole / "files")
        manifest.write(whole / "manifest.json")
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            shutil.rmtree(target)
        whole.rename(target)

    def verify(
        self, name: str | None = None, progress: Callable[[str, int, int], None] = lambda name, done, total: None
    ) -> Iterator[StoredWeights]:
        """Read every byte again of the weights ``name``, or of all weights, and of their forms.

        Yields weights once they are verified. ``progress`` hears a name, the bytes read, and their total. Raises
        WeightsError with the name of a file that differs.
        """
        for weights in [self.get(name)] if name else self.list():
            forms = weights.forms()
            read, total = 0, sum(stored.size for stored in (weights, *forms))
            label = weights.manifest.name

            def advance(size: int, label: str = label, total: int = total) -> None:
                nonlocal read
                read += size
                progress(label, read, total)

            for stored in (weights, *forms):
                stored.verify(reread=True, progress=advance)
            yield weights

    def form(
        self, origin: StoredWeights, form: str, converter: str, convert: Callable[[Path, Path], None], now: str
    ) -> StoredWeights:
        """The form that an engine runs; ``convert(origin_files, empty_folder)`` makes it unless it is there already."""
        target = origin.folder / "forms" / form_folder(form, converter)
        if (target / "manifest.json").exists():  # a store that belongs to another user cannot be locked
            return StoredWeights(target, Manifest.read(target / "manifest.json"))
        with self.locked(f"form-{origin.manifest.digest[:16]}-{form}"):
            if not (target / "manifest.json").exists():
                half = self.root / "staging" / f"form-{uuid.uuid4().hex}"
                mode = PRIVATE if origin.private else SHARED
                half.mkdir(mode, parents=True)
                try:
                    convert(origin.files, half)
                    files = record_files(half)
                    manifest = Manifest(
                        f"{origin.manifest.name} ({form})",
                        digest_of(files),
                        files,
                        origin.manifest.licence,
                        f"made from {origin.manifest.name}",
                        now,
                        origin.manifest.digest,
                        converter,
                    )
                    self._publish(half, manifest, target, mode)
                except OSError as error:
                    raise disk_error(error) from None
                finally:
                    shutil.rmtree(half, ignore_errors=True)
        return StoredWeights(target, Manifest.read(target / "manifest.json"))

    def remove(self, name: str) -> StoredWeights:
        """Remove weights and all their forms; if they have other names too, only the name. Returns what they were."""
        weights = self.get(name)
        if name in weights.manifest.names and weights.manifest.also:
            first, *others = (kept for kept in weights.manifest.names if kept != name)
            replace(weights.manifest, name=first, also=tuple(others)).write(weights.folder / "manifest.json")
            return weights
        self.erase(weights)
        return weights

    def erase(self, stored: StoredWeights) -> None:
        """Erase weights with their forms, or a form alone; a reader never sees a part of it."""
        dead = self.root / "staging" / f"dead-{uuid.uuid4().hex}"
        dead.parent.mkdir(parents=True, exist_ok=True)
        stored.folder.rename(dead)
        shutil.rmtree(dead)


def form_folder(form: str, converter: str) -> str:
    """The name of the folder of a form that a version of a converter makes."""
    return f"{form}-{hashlib.sha256(converter.encode()).hexdigest()[:12]}"


def disk_error(error: OSError) -> WeightsError:
    """The error, with its remedy, for a failure to write to the store."""
    if error.errno == 28:
        return WeightsError(
            "The disk is full.",
            "Free some space, or set RINGFENCE_HOME to a folder on another disk, then repeat the command; "
            "what was fetched is kept.",
        )
    return WeightsError(
        f"Cannot write to the store ({error.strerror or error}).",
        "Reading it is enough for weights that are there; otherwise check the rights of the folder, or set "
        "RINGFENCE_HOME to a folder of your own.",
    )
