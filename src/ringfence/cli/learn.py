"""ringfence learn: fit a ranker on gold, and show what it brings before anyone uses it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import click

from ..evaluation.learned import FieldGain, LearnedRanker, LearnTerms, LookGain, learn
from ..gold.agreement import Compare
from ..gold.source import GoldSource
from ..runs import GOLD, RunFolder, note_product, require_output
from .console import PlainTable, bar, data, echo, note
from .options import json_option, password_option

__all__ = ["command"]


@click.command()
@click.argument("task", type=click.Path(path_type=Path))
@click.option("--gold", "gold_path", required=True, type=click.Path(path_type=Path), help="The gold file.")
@click.option(
    "--run", "runs", multiple=True, type=click.Path(path_type=Path),
    help="A run of the task without a ranker, for the model's answers and the documents. Can be repeated.",
)  # fmt: skip
@click.option("--documents", "inputs", multiple=True, help="Files, folders or globs, if there is no run.")
@click.option(
    "--part", type=click.Choice(["calibration", "dev", "all"]),
    help="The part to learn from, if the gold is split; by default calibration.",
)  # fmt: skip
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), default=Path("ranker.json"), show_default=True,
    help="The ranker to write.",
)  # fmt: skip
@click.option("--key", help="A field whose equal values are kept together: the company, the sender.")
@click.option(
    "--target-error", type=click.FloatRange(0.001, 0.9),
    help="With --cascade: the largest share of documents with a wrong value among those that the ranker answers alone; "
    "by default that of the model on this gold.",
)  # fmt: skip
@click.option(
    "--compare", type=click.Choice(["words", "letters"]), default="words", show_default=True,
    help="Compare text by its words, without case, or by its letters and digits only.",
)  # fmt: skip
@password_option
@json_option
def command(
    *, task: Path, gold_path: Path, runs: tuple[Path, ...], inputs: tuple[str, ...], part: str | None, out: Path,
    key: str | None, target_error: float | None, compare: Compare, passwords: tuple[str, ...], as_json: bool,
) -> int:  # fmt: skip
    """Learn from GOLD how to choose among the values of a document of TASK; write a ranker.

    Prints what it brings on documents that it has not seen. `ringfence run --ranker FILE` uses it. Exit code 1: it
    brings nothing that the gold shows.
    """
    folders = [RunFolder.open(run) for run in runs]
    require_output(out, gold_path)
    for folder in folders:
        require_output(out, gold_path, run=folder)
    source = GoldSource(None if inputs or not runs else runs[0], task, inputs, passwords)
    with bar("reading documents") as on_progress:
        learned = learn(
            gold_path, replace(source, on_progress=on_progress), runs, LearnTerms(part, compare, target_error, key=key)
        )
    learned.ranker.write(out)
    for folder in folders:
        note_product(folder, GOLD, gold_path)
        note_product(folder, "ranker", out)
    if as_json:
        click.echo(json.dumps({**learned.as_json(), "ranker": str(out)}))
    else:
        _print(learned, out)
    return 0 if learned.gain is None or learned.brings else 1


def _print(learned: LearnedRanker, out: Path) -> None:
    card, mixture = learned.ranker.card, learned.ranker.mixture
    if learned.unread:
        note(f"Not read: {len(learned.unread)} labelled documents, such as {learned.unread[0]}.")
    echo(
        f"Learned from {card.documents} documents of {card.families} families. Right on documents that it had not seen:"
    )
    rows: list[tuple[str, FieldGain | LookGain]] = [(each.field, each) for each in learned.fields]
    for look in learned.looks:
        name = "a look that was labelled" if look.known else "other looks"
        rows.append((f"{name} ({look.documents})", look))
    table = PlainTable("field", "model", "ranker", "both", right=("model", "ranker", "both"))
    for name, each in rows:
        shares = ["-" if right is None else f"{right}/{each.total}" for right in (each.model, each.ranker, each.both)]
        table.add_row(name, *shares)
    data.print(table)
    echo(learned.verdict)
    for gain in learned.lists:
        echo(str(gain))
    if learned.curve:
        echo("With fewer labels (values right by the ranker alone, and with the model):")
        for size, alone, both in learned.curve:
            echo(f"  {size:>4} documents  {alone:6.1%}" + (f"  {both:6.1%}" if both is not None else ""))
    echo(
        f"Weights, fitted on documents not seen: ranker {mixture.ranker:.2f}, model {mixture.model:.2f}, "
        f"the model's choice {mixture.choice:.2f}."
    )
    echo(_cascade(learned))
    note(f"Ranker: {out} ({learned.ranker.digest[:19]}). It holds words of your documents; keep it like them.")
    note(f"Use it: ringfence run TASK INPUT --out RUN --ranker {out}")


def _cascade(learned: LearnedRanker) -> str:
    sure = learned.ranker.sureness
    if sure is None and learned.gain is not None and learned.model_error is None and not learned.target:
        return (
            f"Cascade: the runs answer only {learned.answered[0]} of {learned.ranker.card.documents} labelled "
            "documents, too few to say how often the model is wrong. Run the others too, or give --target-error."
        )
    if sure is None:
        target = "the error that is allowed" if learned.model_error is None else "the model's own error"
        return f"Cascade: these labels let the ranker answer no document alone within {target}."
    return (
        f"Cascade: the ranker answers alone at {sure.at:.4f} or more: {sure.accepted} of {sure.documents} labelled "
        f"documents, {sure.errors} of them with a wrong value: at most {sure.bound:.1%}, where {sure.target:.1%} is "
        "allowed. The rest goes to the model."
    )
