"""ringfence bundle: carry everything to a machine without a network."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import distribution, distributions
from pathlib import Path
from urllib.parse import unquote, urlsplit

import click

from .. import __version__
from ..errors import InputError
from ..locks import read_lock
from ..locks.bom import bill_of_materials
from ..weights import Store, now, pull
from ..weights.bundling import add_weights, install_weights, seal_list
from .options import open_embedder
from .screen import note, pulling
from .working import signature_of

__all__ = ["command"]

README = """\
Ringfence for a machine without a network. With Python {python}:

    python{python} -m venv ringfence-env
    ringfence-env/bin/pip install --no-index --find-links wheels 'ringfence[{extras}]'
    ringfence-env/bin/ringfence bundle install .
    ringfence-env/bin/ringfence --sealed demo

bundle.json lists every file with its sha256; `bundle install` checks them all before it takes anything.
"""


@click.group()
def command() -> None:
    """Wheels, weights, catalog, locks, signatures and a bill of materials in one folder, for a machine without a network."""


@command.command("make")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The bundle, a new folder.")
@click.option("--weights", default="demo", show_default=True, help="Names of weights, with commas between them.")
@click.option("--embedding/--no-embedding", default=True, show_default=True, help="The embedding weights too.")
@click.option(
    "--lock", "locks", multiple=True, type=click.Path(path_type=Path), help="A lock to take along, with its signature."
)
@click.option(
    "--extras", default="demo,llamacpp,onnx,signing", show_default=True, help="Of Ringfence, with commas between them."
)
def make_command(out: Path, weights: str, embedding: bool, locks: tuple[Path, ...], extras: str) -> int:
    """Write a bundle from what is installed here: the same versions, for the same kind of machine and Python."""
    if out.exists() and any(out.iterdir()):
        raise InputError(f"{out} is not empty.", "Name a new folder.")
    out.mkdir(parents=True, exist_ok=True)
    store = Store()
    chosen = []
    for name in filter(None, (part.strip() for part in weights.split(","))):
        with pulling() as listener:
            chosen.append(store.find(name) or pull(name, store, listener))
    if embedding:
        opened = open_embedder()
        assert opened.weights is not None
        chosen.append(opened.weights)
    add_weights(out, chosen)
    (out / "locks").mkdir()
    for path in locks:
        lock = read_lock(path)
        shutil.copyfile(path, out / "locks" / path.name)
        (out / "locks" / f"{path.stem}.bom.json").write_text(bill_of_materials(lock, f"ringfence {__version__}"))
        if signature_of(path).exists():
            shutil.copyfile(signature_of(path), out / "locks" / signature_of(path).name)
    _wheels(out / "wheels", extras)
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    (out / "README.txt").write_text(README.format(python=python, extras=extras))
    seal_list(out, {"made_at": now(), "ringfence": __version__, "python": python})
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    note(f"{out}: {size / 2**20:,.0f} MiB, {len(chosen)} weights. README.txt says what to do on the other machine.")
    return 0


def _wheels(folder: Path, extras: str) -> None:
    """Wheels of Ringfence and of all that it needs, at the versions that are installed here."""
    pins = {d.metadata["Name"]: d.version for d in distributions()}
    with tempfile.TemporaryDirectory() as scratch:
        constraints = Path(scratch) / "constraints.txt"
        constraints.write_text("".join(f"{name}=={v}\n" for name, v in pins.items() if name.lower() != "ringfence"))
        command = [
            sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--wheel-dir", str(folder),
            "--constraint", str(constraints), f"ringfence[{extras}] @ {_source()}",
        ]  # fmt: skip
        done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise InputError(
            f"The wheels cannot be collected: {(done.stderr.strip().splitlines() or ['pip failed'])[-1][:200]}.",
            "This step takes a package index or its mirror, as pip is configured here.",
        )


def _source() -> str:
    """Where this installation of Ringfence came from: its checkout. Raises InputError where that is not known."""
    import json

    try:
        url = str(json.loads(distribution("ringfence").read_text("direct_url.json") or "")["url"])
    except (ValueError, KeyError):
        url = ""
    if not url.startswith("file:") or not Path(unquote(urlsplit(url).path)).exists():
        raise InputError("It is not known where this Ringfence was installed from.", "Make the bundle in a checkout.")
    return url


@command.command("install")
@click.argument("bundle", type=click.Path(path_type=Path), default=Path())
def install_command(bundle: Path) -> int:
    """Check every file of a bundle, and put its weights into the store. Nothing is taken while one file is wrong."""
    for weights in install_weights(bundle, Store()):
        note(f"{weights.manifest.name}: sha256:{weights.manifest.digest[:16]} ({weights.manifest.licence})")
    note(f"Every file is as it was packed. Locks lie in {bundle / 'locks'}.")
    return 0
