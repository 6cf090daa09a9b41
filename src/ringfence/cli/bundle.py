"""ringfence bundle: everything that a machine without a network needs."""

from __future__ import annotations

from pathlib import Path

import click

from ..operating.bundle import BundleContents, install_bundle, make_bundle
from .console import note, pulling

__all__ = ["command"]

PATH = click.Path(path_type=Path)


@click.group()
def command() -> None:
    """Pack wheels, weights, locks, signatures and a bill of materials for a machine without a network."""


@command.command("make")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The bundle: a new folder.")
@click.option("--weights", default="demo", show_default=True, help="Names of weights, separated by commas.")
@click.option("--embedding/--no-embedding", default=True, show_default=True, help="Include the embedding weights.")
@click.option("--lock", "locks", multiple=True, type=PATH, help="A lock to include, with its signature.")
@click.option(
    "--ranker", "rankers", multiple=True, type=PATH, help="A ranker to include: it holds words of your documents."
)
@click.option(
    "--release", "releases", multiple=True, type=PATH, help="A release to include, with its ranker if it has one."
)
@click.option(
    "--extras",
    default=BundleContents.extras,
    show_default=True,
    help="The extras of Ringfence to include, separated by commas.",
)
def make_command(
    *, out: Path, weights: str, embedding: bool, locks: tuple[Path, ...], rankers: tuple[Path, ...],
    releases: tuple[Path, ...], extras: str,
) -> int:  # fmt: skip
    """Write a bundle from this installation: the same versions, for the same kind of machine and Python."""
    names = tuple(name.strip() for name in weights.split(",") if name.strip())
    with pulling() as listener:
        bundle = make_bundle(out, BundleContents(names, embedding, locks, extras, rankers, releases), listener)
    note(
        f"{out}: {bundle.size / 2**20:,.0f} MiB, {len(bundle.weights)} weights. "
        "README.txt explains how to install it on the other machine."
    )
    if rankers or releases:
        note("It holds what was learned from your documents; keep it like them. A purge does not reach it.")
    note(
        f"Its digest is sha256:{bundle.digest}: keep it apart from the bundle, for `ringfence bundle install --digest`."
    )
    return 0


@command.command("install")
@click.argument("bundle", type=click.Path(path_type=Path), default=Path())
@click.option("--digest", help="What `ringfence bundle make` said, to detect a bundle whose list was written anew.")
def install_command(bundle: Path, digest: str | None) -> int:
    """Check every file of a bundle, then put its weights into the store. One wrong file stops everything."""
    installed = install_bundle(bundle, digest=digest)
    for weights in installed.weights:
        note(f"{weights.manifest.name}: sha256:{weights.manifest.digest[:16]} ({weights.manifest.licence})")
    note(f"Every file is as the list says. The locks are in {installed.locks}.")
    for what in ("rankers", "releases"):
        if (installed.folder / what).is_dir():
            note(f"The {what} are in {installed.folder / what}.")
    if not digest:
        note("Not checked: the list itself. Whoever can change the bundle can write it anew; only --digest shows that.")
    return 0
