"""ringfence label: which documents to label next, and labels that may train but are never gold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import click

from ..contracts import AcceptedBy
from ..labels import TakenLabels, TakeTerms, take_labels
from ..runs import RunFolder
from .console import note
from .options import json_option, password_option

__all__ = ["command"]


@click.group()
def command() -> None:
    """Choose which documents to label next, and take answers as labels that may train but are never gold."""


@command.command("take", short_help="Take answers of a run as training labels.")
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--accepted-by", required=True, type=click.Choice(get_args(AcceptedBy)),
    help="Who accepted the answers: a person (--corrections), the calibrator that decided RUN, the checks of the task, "
    "or nobody (synthetic labels).",
)  # fmt: skip
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), default=Path("labels.jsonl"), show_default=True,
    help="The file of training labels to make or to add to.",
)  # fmt: skip
@click.option(
    "--gold", type=click.Path(path_type=Path),
    help="The gold whose dev and test parts stay out, with near-duplicates of their documents.",
)  # fmt: skip
@click.option(
    "--corrections", type=click.Path(path_type=Path), help="What persons confirmed about RUN; by default the gold."
)
@password_option
@json_option
def take_command(
    run: Path, accepted_by: AcceptedBy, out: Path, gold: Path | None, corrections: Path | None,
    passwords: tuple[str, ...], as_json: bool,
) -> int:  # fmt: skip
    """Add answers of RUN to a file of training labels.

    Each line says where it comes from: corrected or accepted by a person, accepted by a calibrator or by checks, or
    synthetic. Commands that take gold refuse the file. Exit code 1: no answer was accepted.
    """
    taken = take_labels(RunFolder.open(run), out, TakeTerms(accepted_by, gold, corrections, passwords))
    if as_json:
        click.echo(json.dumps({**taken.as_json(), "labels": str(out)}))
    else:
        _say(taken, out)
    return 0 if taken.origins else 1


def _say(taken: TakenLabels, out: Path) -> None:
    listed = ", ".join(f"{count} {origin}" for origin, count in sorted(taken.origins.items()))
    note(f"Accepted: {listed or 'none'}. {taken.added} new in {out}; they may train, and are never gold.")
    if taken.left_out:
        note("Left out: " + ", ".join(f"{count} {why}" for why, count in sorted(taken.left_out.items())) + ".")
    if taken.unread:
        note(
            f"{len(taken.unread)} documents that the gold holds out are not in this run, so likeness to them was not "
            "checked here."
        )
