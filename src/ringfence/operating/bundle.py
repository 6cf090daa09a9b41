"""Bundles: everything for a machine without a network, in one folder, checked file by file when it is installed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.metadata import distribution, distributions
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ..clock import now
from ..errors import InputError
from ..files import write_whole
from ..learning import read_ranker
from ..locks import read_lock, signature_of
from ..locks.bom import bill_of_materials
from ..version import __version__
from ..weights import Listener, Store, StoredWeights, pull
from ..weights.bundle import LIST, add_weights, install_weights, write_list
from ..weights.store import hash_file
from .released import read_release

__all__ = ["Bundle", "BundleContents", "install_bundle", "make_bundle"]

_README = """\
Ringfence for a machine without a network. With Python {python}:

    python{python} -m venv ringfence-env
    ringfence-env/bin/pip install --no-index --find-links wheels 'ringfence[{extras}]'
    ringfence-env/bin/ringfence bundle install .
    ringfence-env/bin/ringfence --sealed demo

bundle.json lists every file with its sha256; `bundle install` checks them all before it installs anything.
"""


@dataclass(frozen=True)
class BundleContents:
    """What a bundle holds: weights by name, the embedding weights, lock files, and the extras of Ringfence.

    ``rankers`` and ``releases`` are files, too. Both may hold words of documents.
    """

    weights: tuple[str, ...] = ("demo",)
    embedding: bool = True
    locks: tuple[Path, ...] = ()
    extras: str = "demo,llamacpp,onnx,signing"
    rankers: tuple[Path, ...] = ()
    releases: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Bundle:
    """A bundle on disk, and the weights that it holds."""

    folder: Path
    weights: list[StoredWeights]

    @property
    def size(self) -> int:
        """The size of all files in bytes."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())

    @property
    def digest(self) -> str:
        """The sha256 of its list, which has the sha256 of every other file."""
        return hash_file(self.folder / LIST)

    @property
    def locks(self) -> Path:
        """The folder of the lock files, their signatures and their bills of materials."""
        return self.folder / "locks"


def make_bundle(out: Path, contents: BundleContents | None = None, listener: Listener | None = None) -> Bundle:
    """Write a bundle from this installation: the same versions, for the same kind of machine and the same Python.

    Weights that are not in the store are pulled. Raises InputError if ``out`` is not empty, if a lock cannot be read,
    if a ranker or a release is none, or if the wheels cannot be collected.
    """
    contents, store = contents or BundleContents(), Store()
    for path in contents.rankers:
        read_ranker(path)
    for path in contents.releases:
        read_release(path)
    if out.exists() and any(out.iterdir()):
        raise InputError(f"{out} is not empty.", "Name a new folder.")
    out.mkdir(parents=True, exist_ok=True)
    names = [*contents.weights, *(["embedding"] if contents.embedding else [])]
    chosen = [store.find(name) or pull(name, store, listener) for name in names]
    add_weights(out, chosen)
    bundle = Bundle(out, chosen)
    _add_locks(bundle, contents.locks)
    _add_private(out / "rankers", contents.rankers)
    _add_private(out / "releases", contents.releases)
    _add_wheels(out / "wheels", contents.extras)
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    (out / "README.txt").write_text(_README.format(python=python, extras=contents.extras), encoding="utf-8")
    write_list(out, {"made_at": now(), "ringfence": __version__, "python": python})
    return bundle


def install_bundle(folder: Path, store: Store | None = None, digest: str | None = None) -> Bundle:
    """Check every file of a bundle, and put its weights into the store.

    ``digest`` is what `bundle make` said: whoever changes files of a bundle can write its list anew. Raises
    InputError if a file is wrong, before anything is installed; WeightsError if the policy or the catalog refuses the
    weights.
    """
    if digest and (folder / LIST).exists() and hash_file(folder / LIST) != digest.removeprefix("sha256:"):
        raise InputError(
            f"{folder} is not the bundle with the digest {digest}.", "Copy it again; nothing was installed."
        )
    return Bundle(folder, install_weights(folder, store or Store()))


def _add_locks(bundle: Bundle, locks: tuple[Path, ...]) -> None:
    bundle.locks.mkdir()
    for path in locks:
        bill = bill_of_materials(read_lock(path))
        shutil.copyfile(path, bundle.locks / path.name)
        (bundle.locks / f"{path.stem}.bom.json").write_text(bill, encoding="utf-8")
        if signature_of(path).exists():
            shutil.copyfile(signature_of(path), bundle.locks / signature_of(path).name)


def _add_private(folder: Path, files: tuple[Path, ...]) -> None:
    """Copy files that may hold words of documents, and their signatures, for their owner alone."""
    for path in (*files, *filter(Path.exists, map(signature_of, files))):
        if (folder / path.name).exists():
            raise InputError(f"Two files for {folder.name}/ are called {path.name}.", "Rename one of them.")
        write_whole(folder / path.name, path.read_bytes(), private=True)


def _add_wheels(folder: Path, extras: str) -> None:
    """Collect wheels of Ringfence and of everything it needs, at the versions that are installed here."""
    versions = {found.metadata["Name"]: found.version for found in distributions()}
    with tempfile.TemporaryDirectory() as scratch:
        constraints = Path(scratch) / "constraints.txt"
        constraints.write_text(
            "".join(f"{name}=={version}\n" for name, version in versions.items() if name.lower() != "ringfence")
        )
        command = [
            sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--wheel-dir", str(folder),
            "--constraint", str(constraints), f"ringfence[{extras}] @ {_checkout()}",
        ]  # fmt: skip
        done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["pip failed"])[-1][:200]
        raise InputError(
            f"Cannot collect the wheels: {reason}.",
            "This step needs a package index or its mirror, as pip is configured here.",
        )


def _checkout() -> str:
    """The URL of the checkout that Ringfence was installed from. Raises InputError if there is none."""
    try:
        url = str(json.loads(distribution("ringfence").read_text("direct_url.json") or "")["url"])
    except (ValueError, KeyError):
        url = ""
    if not url.startswith("file:") or not Path(unquote(urlsplit(url).path)).exists():
        raise InputError(
            "Cannot tell which checkout this Ringfence was installed from.", "Make the bundle in a checkout."
        )
    return url
