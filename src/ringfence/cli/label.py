"""ringfence label: which documents to label next, and labels that may train but are never gold."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import click

from ..api.label import NextTerms, next_to_label
from ..contracts import AcceptedBy
from ..documents import expand_inputs
from ..evaluation.calibrator import read_calibrator
from ..gold.split import SplitFile
from ..labels import CompareBy, Proposals, TakenLabels, TakeTerms, take_labels
from ..learning import read_ranker
from ..runs import RunFolder, note_product, require_output
from .console import bar, echo, note
from .options import json_option, password_option

__all__ = ["command"]

MOST_REASONS = 4  # of one document


@click.group()
def command() -> None:
    """Choose which documents to label next, and take answers as labels that may train but are never gold."""


@command.command("next", short_help="Choose which documents to label next.")
@click.argument("inputs", nargs=-1, metavar="[INPUT]...")
@click.option(
    "--run", "runs", multiple=True, type=click.Path(path_type=Path),
    help="A finished run, for its documents and answers. Can be repeated: where runs differ, a label is worth more.",
)  # fmt: skip
@click.option("--gold", type=click.Path(path_type=Path), help="The gold so far; its documents are not proposed.")
@click.option("--count", type=click.IntRange(1), default=NextTerms.count, show_default=True, help="How many documents.")
@click.option("--task", type=click.Path(path_type=Path), help="The task of --ranker, if there is no run.")
@click.option(
    "--ranker", "ranker_file", type=click.Path(path_type=Path),
    help="A ranker, to say how sure it is of each document (`ringfence learn`).",
)  # fmt: skip
@click.option(
    "--calibrator", "calibrator_file", type=click.Path(path_type=Path),
    help="A calibrator, for the confidences of a run that has none.",
)  # fmt: skip
@click.option("--key", help="A field whose equal values make documents alike: the company, the sender.")
@click.option(
    "--compare-by", type=click.Choice(get_args(CompareBy)),
    help="Compare texts by embeddings or by words; by default embeddings, if their weights are here.",
)  # fmt: skip
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the list, for `ringfence gold draft --only`."
)
@password_option
@json_option
def next_command(
    *, inputs: tuple[str, ...], runs: tuple[Path, ...], gold: Path | None, count: int, task: Path | None,
    ranker_file: Path | None, calibrator_file: Path | None, key: str | None, compare_by: CompareBy | None,
    out: Path | None, passwords: tuple[str, ...], as_json: bool,
) -> None:  # fmt: skip
    """Choose which documents of INPUT (files, folders, globs) and of finished runs to label next.

    It prefers documents whose answers are unsure or disputed, and of which many others are alike but none is labelled.
    Documents of the gold, and near-duplicates of those that it holds out, are never proposed.
    """
    if out:
        named = [each for each in (gold, gold and SplitFile(gold).path, task, ranker_file, calibrator_file) if each]
        read = [source.path for source in expand_inputs(inputs)] if inputs else []
        require_output(out, *named, *read)
        for folder in map(RunFolder.open, runs):
            require_output(out, run=folder)
    ranker = read_ranker(ranker_file) if ranker_file else None
    calibrator = read_calibrator(calibrator_file) if calibrator_file else None
    with bar("reading documents") as on_progress:
        found = next_to_label(
            inputs, runs=runs, gold=gold, task=task, passwords=passwords, on_progress=on_progress,
            terms=NextTerms(count, ranker, calibrator, key, compare_by),
        )  # fmt: skip
    if out:
        found.write(out)
        for run in runs:
            note_product(RunFolder.open(run), "list of documents to label", out)
    if as_json:
        click.echo(json.dumps(found.as_json()))
    else:
        _list(found)
    note(_next_step(inputs, runs, out))


def _list(found: Proposals) -> None:
    for number, one in enumerate(found.documents, start=1):
        echo(f"{number:>3}  {one.document}")
        for reason in one.reasons[:MOST_REASONS]:
            echo(f"     {reason}")
        if len(one.reasons) > MOST_REASONS:
            echo(f"     and {len(one.reasons) - MOST_REASONS} more reasons")
    note(f"{len(found.documents)} of {found.considered} documents, compared by {found.compared}.")
    if found.left_out:
        note("Not proposed: " + ", ".join(f"{count} {why}" for why, count in sorted(found.left_out.items())) + ".")
    if found.unread:
        note(f"{len(found.unread)} documents of the gold are not among these, so likeness to them is not known.")


def _next_step(inputs: Sequence[str], runs: Sequence[Path], out: Path | None) -> str:
    listed = out or Path("next.json")
    first = "" if out else f"Save the list with --out {listed}. "
    if runs:
        return f"{first}Then label them: ringfence gold draft {runs[0]} --only {listed} --out gold.xlsx"
    return (
        f"{first}Answer them first: ringfence run TASK {' '.join(inputs)} --out RUN, "
        f"then: ringfence gold draft RUN --only {listed} --out gold.xlsx"
    )


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
@click.option("--documents", multiple=True, help="Files, folders or globs of the gold's documents, if not in RUN.")
@click.option(
    "--corrections", type=click.Path(path_type=Path), help="What persons confirmed about RUN; by default the gold."
)
@password_option
@json_option
def take_command(
    *, run: Path, accepted_by: AcceptedBy, out: Path, gold: Path | None, documents: tuple[str, ...],
    corrections: Path | None, passwords: tuple[str, ...], as_json: bool,
) -> int:  # fmt: skip
    """Add answers of RUN to a file of training labels.

    Each line says where it comes from: corrected or accepted by a person, accepted by a calibrator or by checks, or
    synthetic. Commands that take gold refuse the file. Exit code 1: no answer was accepted.
    """
    taken = take_labels(RunFolder.open(run), out, TakeTerms(accepted_by, gold, corrections, documents, passwords))
    if as_json:
        click.echo(json.dumps({**taken.as_json(), "labels": str(out)}))
    else:
        _say(taken, out)
        if not taken.held_out:
            note("Nothing was held out. Name split gold (--gold), so that no document that a figure rests on trains.")
    return 0 if taken.origins else 1


def _say(taken: TakenLabels, out: Path) -> None:
    listed = ", ".join(f"{count} {origin}" for origin, count in sorted(taken.origins.items()))
    note(f"Accepted: {listed or 'none'}. {taken.added} new in {out}; they may train, and are never gold.")
    if taken.left_out:
        note("Left out: " + ", ".join(f"{count} {why}" for why, count in sorted(taken.left_out.items())) + ".")
    if taken.unread:
        note(
            f"{len(taken.unread)} documents that the gold holds out are not in this run, so likeness to them was not "
            "checked here; say where they lie with --documents."
        )
