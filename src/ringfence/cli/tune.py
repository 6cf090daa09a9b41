"""ringfence tune: train an adapter on gold, and prove whether it paid."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ..api.adapter import ProofTerms, TuneTerms, Tuning, TuningHooks, TuningOptions, tune
from ..gold.agreement import Compare
from ..inference import Windowing
from ..tuning import Epoch, OtherTask, Prepared, Settings, Step, next_labels, read_settings
from ..tuning.receipt import shown_examples, trained_tokens
from .console import PlainTable, data, echo, note, stderr
from .options import json_option

__all__ = ["command"]

TOLD_EVERY = 60.0  # seconds between two sentences where there is no terminal


@click.command()
@click.argument("task", type=click.Path(path_type=Path))
@click.option("--gold", required=True, type=click.Path(path_type=Path), help="The gold file, split into parts.")
@click.option("--run", type=click.Path(path_type=Path), help="A run over the labelled documents.")
@click.option("--documents", multiple=True, help="Files, folders or globs of the labelled documents.")
@click.option(
    "--labels", multiple=True, type=click.Path(path_type=Path),
    help="Training labels beside the gold, such as accepted answers of larger weights. Can be repeated.",
)  # fmt: skip
@click.option("--weights", default="demo", show_default=True, help="The base: weights in the store or the catalog.")
@click.option("--engine", default="auto", show_default=True, help="The engine that will serve.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The folder of the training.")
@click.option("--name", default="", help="The name of the tuned weights; by default that of base and task.")
@click.option("--settings", type=click.Path(path_type=Path), help="A YAML file with settings of the training.")
@click.option("--rank", type=int, help="The rank of LoRA.")
@click.option("--learning-rate", type=float, help="The highest learning rate.")
@click.option("--epochs", type=int, help="The most passes over the labels.")
@click.option("--batch", type=int, help="Prompts of one step.")
@click.option("--length", type=int, help="The most tokens of a prompt with its answer.")
@click.option("--seed", type=int, help="The seed of order and start.")
@click.option("--window", type=click.IntRange(64), default=6000, show_default=True, help="Tokens of a window.")
@click.option(
    "--compare", type=click.Choice(["words", "letters"]), default="words", show_default=True,
    help="Compare text by its words, without case, or by its letters and digits only.",
)  # fmt: skip
@click.option("--against", multiple=True, help="Weights to compare with, such as larger ones. Can be repeated.")
@click.option("--bar", type=click.FloatRange(0, 1), help="The share of right values that the tuned weights must reach.")
@click.option("--ranker/--no-ranker", default=True, show_default=True, help="Compare with a ranker of the same labels.")
@click.option(
    "--also", nargs=2, multiple=True, type=click.Path(path_type=Path), metavar="RUN GOLD",
    help="Another task that must not be forgotten: a run of it and its gold. Can be repeated.",
)  # fmt: skip
@click.option(
    "--reuse", type=click.Path(path_type=Path), metavar="FOLDER",
    help="The folder of another training on the same gold: contenders that are the same are not asked again.",
)  # fmt: skip
@click.option("--curve", is_flag=True, help="Also train on 25 and 50 % of the labels, with three seeds each.")
@click.option(
    "--plan", "plan_only", is_flag=True, help="Print the plan and what is wrong with the labels; train nothing."
)
@click.option(
    "--train-only", is_flag=True, help="Keep every epoch, and end; choose and prove with --resume, on any machine."
)
@click.option("--resume", is_flag=True, help="Go on with the training in the folder.")
@json_option
def command(
    *, task: Path, gold: Path, run: Path | None, documents: tuple[str, ...], labels: tuple[Path, ...], weights: str,
    engine: str, out: Path, name: str, settings: Path | None, window: int, compare: Compare, against: tuple[str, ...],
    bar: float | None, ranker: bool, also: tuple[tuple[Path, Path], ...], reuse: Path | None, curve: bool,
    plan_only: bool, train_only: bool, resume: bool, as_json: bool,
    **given: Any,
) -> int:  # fmt: skip
    """Fine-tune WEIGHTS on the calibration part of GOLD for TASK, and prove on its test part whether it paid.

    The dev part chooses the epoch. Exit code 1: not worth it, under the bar, or not published; 2, also
    with --plan: it cannot be trained.
    """
    chosen = Settings(**given).over(read_settings(settings))
    terms = TuneTerms(weights, engine, chosen, Windowing(window), name, compare=compare, labels=labels)
    proof_terms = ProofTerms(against, bar, ranker, [OtherTask(*pair) for pair in also], reuse)
    until: Literal["plan", "training", "proof"] = "plan" if plan_only else "training" if train_only else "proof"
    options = TuningOptions(run, proof_terms, (0.25, 0.5, 1.0) if curve else (), resume, until)
    faults: list[str] = []

    def on_plan(prepared: Prepared) -> None:
        faults.extend(prepared.guarded.faults)
        if plan_only or not as_json:
            _print_plan(prepared, as_json)

    with _progress() as bars:
        hooks = TuningHooks(
            say=note,
            on_plan=on_plan,
            on_step=bars.on_step,
            on_epoch=_print_epoch,
            on_documents=bars.on_documents,
            on_event=lambda name, total, progress: bars.on_answered(name, sum(progress.seen.values()), total),
        )
        done = tune(task, gold, out, documents=documents, terms=terms, options=options, hooks=hooks)
    if done is None:
        return 2 if faults else 0
    if as_json:
        proof = done.proof.as_json() if done.proof else None
        curve_rows = [
            {**asdict(point), "next": worth.as_json() if worth else None} for point, worth in next_labels(done.curve)
        ]
        click.echo(
            json.dumps({**done.tuned.card, "proof": proof, "curve": curve_rows, "report": str(done.report or "")})
        )
    else:
        _print(done)
    if train_only:
        note(f"Trained; no epoch is chosen yet. Copy {out} to the machine that will serve, and give the same command")
        note("there with --resume and without --train-only; task, gold, documents and weights must be the same ones.")
        return 0
    return 0 if done.proof and done.proof.word in ("PASS", "UNDECIDED") else 1


def _print_plan(prepared: Prepared, as_json: bool) -> None:
    guarded = prepared.guarded
    if as_json:
        facts = {
            "schema": 1, "plan": prepared.plan.as_json(), "faults": guarded.faults, "warnings": guarded.warnings,
            "examples": len(prepared.train), "training_labels": prepared.labels.origins,
            "memory_gb": round(prepared.needed_gb, 1),
        }  # fmt: skip
        click.echo(json.dumps(facts))
        return
    table = PlainTable("setting", "value", "why")
    for row in prepared.plan.rows():
        table.add_row(*row)
    data.print(table)
    fewest, middle, most = trained_tokens(prepared.train)
    tokens = sum(len(each.ids) for each in prepared.train)
    echo(
        f"{len(prepared.train)} examples of {tokens:,} tokens, {fewest} to {most} of them learned in each "
        f"({middle} in the middle); about {prepared.needed_gb:.1f} GB of memory."
    )
    for origin, count in prepared.labels.origins.items():
        echo(f"Beside the gold, {count} {'answer' if count == 1 else 'answers'}: {origin}.")
    for each in shown_examples(prepared.train)[:1]:
        answer = "".join(f"«{text}»" if learned else text for text, learned in each.parts)
        echo(f"Learned of {each.document} (between «»): {answer.strip()}")
    for warning in guarded.warnings:
        note(f"Warning: {warning}.")
    for fault in guarded.faults:
        note(f"Fault: {fault}.")


def _print_epoch(epoch: Epoch) -> None:
    dev = "" if epoch.dev is None else f" dev part {epoch.dev:.1%} right,"
    note(f"Epoch {epoch.number}: loss {epoch.loss:.3f},{dev} {epoch.seconds:.0f} s.")


def _print(done: Tuning) -> None:
    tuned = done.tuned
    if tuned.parity:
        table = PlainTable("served", "engine", "examples", "mean difference", right=("examples", "mean difference"))
        for each in tuned.parity:
            table.add_row(each.served, each.engine, str(each.examples), each.error or f"{each.mean:.4f}")
        data.print(table)
    if done.proof:
        figures = ("right", "a minute", "MB")
        table = PlainTable("contender", "right", "tuned less this", "a minute", "MB", right=figures)
        for one in (*done.proof.contenders, *(each.contender for each in done.proof.cascades)):
            gain = "" if one.gain is None else f"{one.gain[0]:+.3f} [{one.gain[1]:+.3f}, {one.gain[2]:+.3f}]"
            pace, size = f"{one.pace:.1f}" if one.pace else "-", f"{one.size / 1e6:.0f}" if one.size else "-"
            right = f"{one.share.right:.0f}/{one.share.total:.0f} {one.share.share:.3f}"
            table.add_row(one.name, right, gain, pace, size)
        data.print(table)
        for cascade in done.proof.cascades:
            echo(cascade.sentence)
        echo(f"{done.proof.word}. {done.proof.sentence}")
        for lost in done.proof.forgotten:
            echo(lost.sentence)
    for point, worth in next_labels(done.curve):
        echo(
            f"{point.documents:>5} labels: dev {point.middle:.1%} right (seeds {min(point.dev):.3f} to "
            f"{max(point.dev):.3f}){f'; {worth.sentence}' if worth else ''}."
        )
    if tuned.published:
        names = {what: each.manifest.name for what, each in tuned.published.by_name.items()}
        merged, engines = names.pop("merged"), {"adapter": "llama.cpp", "folder": "vLLM"}
        alone = ", ".join(f"{name} for {engines[what]}" for what, name in names.items())
        note(f"Weights: {merged}{f'; the adapter alone: {alone}' if alone else ''}.")
        pool = done.proof.pool if done.proof else None
        beside = f" --pool {pool}, with `examples: 0` in the task" if pool else ""
        note(f"Use them: ringfence run TASK INPUT --out RUN --weights {merged}{beside}")
    if done.report:
        note(f"Report: {done.report}. Tuned weights can repeat your documents; keep them like those.")


class _Bars:
    """The progress of a training: bars on a terminal, else a sentence every minute."""

    def __init__(self, bars: Progress) -> None:
        self.bars, self.terminal = bars, stderr.is_terminal
        self.tasks: dict[str, Any] = {}
        self.told = time.monotonic()

    def on_documents(self, done: int, total: int) -> None:
        self._show("preparing examples", done, total, "")

    def on_step(self, step: Step) -> None:
        self._show("training", step.number, step.total, f"epoch {step.epoch}, loss {step.loss:.3f}")

    def on_answered(self, name: str, done: int, total: int) -> None:
        self._show(f"answering: {name}", done, total, "")

    def _show(self, title: str, done: int, total: int, more: str) -> None:
        if not self.terminal:
            if time.monotonic() - self.told > TOLD_EVERY:
                self.told = time.monotonic()
                note(f"{title}: {done} of {total}{', ' + more if more else ''}")
            return
        if title not in self.tasks:
            self.tasks[title] = self.bars.add_task(title, total=total, more=more)
        self.bars.update(self.tasks[title], completed=done, total=total, more=more)


@contextmanager
def _progress() -> Iterator[_Bars]:
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        TextColumn("{task.fields[more]}"), console=stderr, disable=not stderr.is_terminal,
    ) as bars:  # fmt: skip
        yield _Bars(bars)
