"""ringfence gold: draft, import, export, check and split confirmed answers."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from ..contracts import Origin
from ..errors import InputError
from ..gold.check import GoldCheck, check_gold
from ..gold.draft import DraftOptions, draft_gold
from ..gold.export import export_gold
from ..gold.importer import ImportOptions, import_gold
from ..gold.source import GoldSource
from ..gold.splitter import SHARES, SplitOptions, split_gold
from ..runs import RunFolder
from .console import bar, echo, note
from .options import json_option, password_option

__all__ = ["command"]

GOLD = click.option(
    "--gold", "gold_path", type=click.Path(path_type=Path), default=Path("gold.jsonl"), show_default=True,
    help="The gold file.",
)  # fmt: skip
MOST_NAMES = 5  # documents that one sentence names
NEXT_STEPS = {
    ".xlsx": "put an x under `confirmed`",
    ".html": "confirm each document and save",
    ".json": "label them there and export as JSON",
}


def _source_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options for the task and the documents, and pass them on as one GoldSource, ``source``."""

    @password_option
    @click.option("--documents", "inputs", multiple=True, help="Files, folders or globs, if there is no run.")
    @click.option("--task", "task", type=click.Path(path_type=Path), help="A task file, if there is no run.")
    @click.option("--run", "run", type=click.Path(path_type=Path), help="A run, for its task and its documents.")
    @functools.wraps(function)
    def wrapped(
        run: Path | None, task: Path | None, inputs: tuple[str, ...], passwords: tuple[str, ...], **options: Any
    ) -> Any:
        return function(source=GoldSource(run, task, inputs, passwords), **options)

    return wrapped


@contextmanager
def _with_progress(source: GoldSource) -> Iterator[GoldSource]:
    """Yield the source with a progress bar for its documents, if it names any."""
    if not source.has_documents:
        yield source
        return
    with bar("reading documents") as on_progress:
        yield replace(source, on_progress=on_progress)


@click.group()
def command() -> None:
    """Manage gold: answers that a person has confirmed, in an append-only file."""


@command.command("draft", short_help="Write answers for a person to correct.")
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--out", required=True, type=click.Path(path_type=Path, dir_okay=False),
    help="gold.xlsx, gold.html (a form that saves a file), or tasks.json for Label Studio.",
)  # fmt: skip
@click.option("--blind", is_flag=True, help="Omit the answers, so that the person answers without seeing them.")
@click.option("--limit", type=click.IntRange(1), help="Draft only this many documents, drawn by --seed.")
@click.option("--seed", type=int, default=0, show_default=True, help="The seed of the draw.")
@click.option(
    "--only", type=click.Path(path_type=Path), help="Draft only the documents of this list (`ringfence label next`)."
)
@password_option
def draft_command(
    run: Path, out: Path, blind: bool, limit: int | None, seed: int, only: Path | None, passwords: tuple[str, ...]
) -> None:
    """Write the answers of RUN for a person to correct.

    Only rows that the person confirms become gold. People tend to agree with answers that they see first, so gold
    records whether it was pre-filled or blind. --blind avoids this bias.
    """
    options = DraftOptions(blind, limit, seed, passwords, only)
    with nullcontext() if out.suffix.lower() == ".xlsx" else bar("reading documents") as on_progress:
        draft = draft_gold(RunFolder.open(run), out, options, on_progress)
    if draft.config:
        note(f"The labelling interface for Label Studio is in {draft.config}.")
    if draft.absent:
        note(f"{len(draft.absent)} listed documents are not in this run ({_shown(draft.absent)}).")
    step = NEXT_STEPS[out.suffix.lower()]
    note(
        f"Wrote {draft.documents} documents to {out}. Correct them, {step}, "
        f"then: ringfence gold import {draft.comes_back_as} --by YOU"
    )


@command.command("import", short_help="Add confirmed values to the gold.")
@click.argument("file", type=click.Path(path_type=Path))
@GOLD
@click.option("--task", "task_file", type=click.Path(path_type=Path), help="The task; a draft contains its own.")
@click.option("--by", default="", help="Who confirmed the values.")
@click.option("--note", "why", help="Why; recorded with each new or changed document.")
@click.option(
    "--origin", type=click.Choice(["blind", "pre-filled"]),
    help="Whether the person saw the program's answers; a draft records it.",
)  # fmt: skip
@click.option("--replace", is_flag=True, help="Remove values that a row does not state, instead of keeping them.")
@click.option(
    "--map", "mapping", multiple=True, metavar="COLUMN=FIELD",
    help="Map a column to a field; FIELD - ignores the column.",
)  # fmt: skip
def import_command(
    *, file: Path, gold_path: Path, task_file: Path | None, by: str, why: str | None, origin: Origin | None,
    mapping: tuple[str, ...], replace: bool,
) -> int:  # fmt: skip
    """Add the confirmed values in FILE (.xlsx, .csv, .jsonl, a saved form, a Label Studio JSON export) to the gold.

    The code that parses answers also parses these values. A blank cell is null; ? is a value that nobody has judged.
    Values that a row does not state stay unchanged. Rows with faults are left out and named. Exit code 3: some rows
    were left out for their faults.
    """
    imported = import_gold(file, gold_path, ImportOptions(task_file, by, why, origin, replace, _columns(mapping)))
    note(f"{gold_path}: {imported.new} new, {imported.changed} changed, {imported.unchanged} unchanged.")
    if left_out := imported.unconfirmed:
        note(f"{len(left_out)} rows have no x under `confirmed` and were left out ({_shown(left_out)}).")
    for doubt in imported.doubts:
        note(f"Taken as it stands, but look again: {doubt}.")
    if imported.faults:
        note(f"{len(imported.faults)} faults; their rows were left out. Correct them and import the file again:")
        for fault in imported.faults:
            click.echo(fault)
    return 3 if imported.faults else 0


def _shown(names: Sequence[str]) -> str:
    return ", ".join(names[:MOST_NAMES]) + (", and more" if len(names) > MOST_NAMES else "")


def _columns(mapping: tuple[str, ...]) -> dict[str, str]:
    for pair in mapping:
        if "=" not in pair:
            raise InputError(f"--map {pair} is not COLUMN=FIELD.", "Write it as --map 'Invoice total=total'.")
    return dict(pair.rsplit("=", 1) for pair in mapping)


@command.command("export", short_help="Write the gold as a table or as lines.")
@GOLD
@click.option(
    "--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="gold.csv, gold.jsonl or tasks.json."
)
@_source_options
def export_command(gold_path: Path, out: Path, source: GoldSource) -> None:
    """Write the latest gold as a table (.csv, single values), as lines (.jsonl), or for Label Studio (.json)."""
    with _with_progress(source) as followed:
        exported = export_gold(gold_path, out, followed)
    if exported.left_out:
        note(f"A table cannot contain lists; omitted: {', '.join(exported.left_out)}. A .jsonl file contains them.")
    note(f"Wrote {exported.documents} documents to {out}.")


@command.command("check", short_help="List faults of the gold.")
@GOLD
@_source_options
@json_option
def check_command(gold_path: Path, source: GoldSource, as_json: bool) -> int:
    """List faults of the gold: format, types, contradicting near-duplicates, values that are not in their documents.

    Exit code 1: a fault makes figures wrong.
    """
    with _with_progress(source) as followed:
        report = check_gold(gold_path, followed)
    if as_json:
        click.echo(json.dumps(report.as_json()))
    else:
        _print_check(report)
    return 1 if report.grave else 0


def _print_check(report: GoldCheck) -> None:
    for fault in report.faults:
        where = f"{fault.document}{': ' + fault.field if fault.field else ''}"
        echo(f"{'fault' if fault.grave else 'look '}  {where}: {fault.what}")
    if not report.read_documents:
        note(
            "The documents were not checked. "
            "Give --run RUN or --documents FOLDER to find near-duplicates and unsupported values."
        )
    note(
        f"{report.documents} documents: {report.grave or 'no'} faults, {len(report.faults) - report.grave} to look at."
    )


@command.command("split", short_help="Draw calibration, dev and test parts.")
@GOLD
@_source_options
@click.option(
    "--share", "shares", multiple=True, metavar="PART=SHARE",
    help="The shares of calibration, dev and test; by default 0.3, 0.2 and 0.5.",
)  # fmt: skip
@click.option("--key", help="A field of the gold (such as supplier) whose equal values stay in one part.")
@click.option("--seed", type=int, default=0, show_default=True, help="The seed of the draw.")
@click.option("--again", is_flag=True, help="Replace an earlier split; recorded as an opening of the test part.")
def split_command(
    gold_path: Path, source: GoldSource, shares: tuple[str, ...], key: str | None, seed: int, again: bool
) -> int:
    """Draw calibration, dev and test parts: by seed, stratified, families of near-duplicates together."""
    with _with_progress(source) as followed:
        split = split_gold(gold_path, followed, SplitOptions(_shares(shares), key, seed, again))
    if not split.read_documents:
        note("Near-duplicates cannot be kept together without the documents; give --run RUN or --documents FOLDER.")
    note(f"{split.path}: {split}.")
    return 0


def _shares(pairs: tuple[str, ...]) -> dict[str, float]:
    if not pairs:
        return dict(SHARES)
    try:
        return {name: float(share) for name, share in (pair.split("=") for pair in pairs)}
    except ValueError:
        raise InputError(
            f"--share {' --share '.join(pairs)} is not PART=SHARE.", "Write it as --share calibration=0.3."
        ) from None
