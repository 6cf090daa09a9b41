"""ringfence pilot: a new pilot folder, and its run from contenders to the verdict."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import unicodedata
from pathlib import Path
from typing import Any

import click
import yaml

from ..documents import ReadingOptions
from ..errors import InputError
from ..evaluation.evaluating import fit_for, same_answers
from ..evaluation.gold import GoldFile
from ..evaluation.splitting import SplitFile
from ..extras import need
from ..files import write_whole
from ..pilot import Contender, PilotOutcome, load_pilot, run_pilot
from ..pilot.documents import PilotDocuments
from ..pilot.spec import PilotSpec
from ..reports.pilot_report import next_step, write_pilot_report
from ..runs import RunFolder, Windowing
from ..tasks import Example, Task, load_task
from ..weights import find_entry
from .options import open_embedder, passwords_from
from .screen import note
from .working import labelled_texts, work

__all__ = ["command", "pilot_work"]

TASK = """\
schema: 1
kind: extract            # or classify, summarise; `ringfence tasks schema` prints what may stand here
name: {name}
instructions: You read letters that a company receives.
locale: {{date_order: dmy}}
fields:
  sender:  {{kind: text, description: the company or person that sends it}}
  date:    {{kind: date, description: the date of the letter}}
  total:   {{kind: money, description: amount to pay including tax}}
"""
IGNORED = "# Documents and answers stay out of version control; the question, the bar and the split go in.\n/documents/\n/docs/\n/runs/\n/report.html\n/gold.jsonl\n/pool.jsonl\n.*.lock\n*.xlsx\n*.html\n"


@click.group()
def command() -> None:
    """Pilots: one task, a bar written down first, contenders, and one page with the verdict."""


@command.command("new")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--question",
    default="Can this task be done without a person reading each document?",
    show_default=True,
    help="What the pilot is to answer.",
)
@click.option(
    "--task",
    "task_file",
    type=click.Path(path_type=Path),
    help="A task file to copy; an example to change is written without it.",
)
@click.option(
    "--documents", multiple=True, help="Where the documents lie; they stay there. FOLDER/documents when left out."
)
@click.option("--gold", "gold_file", type=click.Path(path_type=Path), help="Gold to copy, where there is some.")
@click.option(
    "--weights", default="demo", show_default=True, help="Contenders: names of weights, with commas between them."
)
@click.option(
    "--bar",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.9,
    show_default=True,
    help="The share right that is good enough.",
)
@click.option(
    "--unit", type=click.Choice(["value", "document"]), default="value", show_default=True, help="Of the bar."
)
def new_command(
    folder: Path, question: str, task_file: Path | None, documents: tuple[str, ...], gold_file: Path | None, weights: str, bar: float, unit: str,
) -> int:  # fmt: skip
    """Make FOLDER with pilot.yaml, task.yaml and .gitignore. Keep it in git; documents and answers stay out."""
    if (folder / "pilot.yaml").exists():
        raise InputError(f"There is a pilot in {folder} already.", "Change its pilot.yaml, or name a new folder.")
    task = load_task(task_file) if task_file else None
    if gold_file and task:
        fit_for(task, GoldFile(gold_file).latest(), gold_file)
    elif gold_file:
        GoldFile(gold_file).latest()
    copies = [(task_file, folder / "task.yaml")] if task_file else []
    if gold_file:
        # The split and what is known of looks at its test part belong to the gold.
        beside = ("gold.jsonl", "gold.split.json", "gold.opened.jsonl")
        sources = (gold_file, SplitFile(gold_file).path, SplitFile(gold_file).openings_path)
        copies += [(one, folder / name) for one, name in zip(sources, beside, strict=True) if one.exists()]
    taken = [target for source, target in copies if target.exists() and not target.samefile(source)]
    if taken:
        raise InputError(
            f"{taken[0]} exists already, and is another file than the one that was given.",
            "Name a new folder; or leave the option out, and the file that lies there is used.",
        )
    where = [os.path.relpath(Path(one).expanduser().absolute(), folder.absolute()) for one in documents] or [
        "documents"
    ]
    spec = {
        "schema": 1, "name": _name(folder), "question": question, "task": "task.yaml", "documents": where, "gold": "gold.jsonl",
        "contenders": _contenders(weights),
        "bar": {"metric": "accuracy", "unit": unit, "at_least": bar, "part": "test", "confidence": 0.95},
        "target_error": 0.05,
        "costs": {"currency": "EUR", "review_minute": 0.75, "review_minutes_per_document": 2.0, "machine_hour": 0.5},
    }  # fmt: skip
    PilotSpec.model_validate(spec)
    folder.mkdir(parents=True, exist_ok=True)
    if not documents:
        (folder / "documents").mkdir(exist_ok=True)
    for source, target in copies:
        if not target.exists():
            shutil.copyfile(source, target)
    if not (folder / "task.yaml").exists():
        (folder / "task.yaml").write_text(TASK.format(name=_name(folder)), encoding="utf-8")
    if (folder / ".gitignore").exists():
        note(
            f"{folder}/.gitignore is left as it is; see that it keeps documents, gold and runs out of version control."
        )
    else:
        (folder / ".gitignore").write_text(IGNORED, encoding="utf-8")
    write_whole(folder / "pilot.yaml", yaml.safe_dump(spec, sort_keys=False, allow_unicode=True))
    note(f"Made {folder}. Next:")
    step = iter(range(1, 9))
    if not task_file:
        note(f"  {next(step)}. Say what you want in {folder}/task.yaml (ringfence tasks check {folder}/task.yaml).")
    if not documents:
        note(f"  {next(step)}. Put documents into {folder}/documents (they stay out of git).")
    note(
        f"  {next(step)}. Read the bar in {folder}/pilot.yaml; `ringfence budget --bar {bar}` says how many labels it takes."
    )
    if not gold_file:
        inputs = " ".join(documents) or f"{folder}/documents"
        note(f"  {next(step)}. Gold: ringfence run {folder}/task.yaml {inputs} --out {folder}/runs/first")
        note(
            f"           ringfence gold draft {folder}/runs/first --out gold.xlsx      (correct it, put an x behind each document)"
        )
        note(f"           ringfence gold import gold.xlsx --gold {folder}/gold.jsonl --by YOU")
    note(f"  {next(step)}. ringfence pilot run {folder}")
    return 0


def _name(folder: Path) -> str:
    return _slug(folder.absolute().name) or "pilot"


def _slug(text: str) -> str:
    """What of a name may stand in file names and tasks: ASCII letters, digits, and . _ - between them."""
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9._-]+", "-", ascii_only).strip("-._")


def _contenders(weights: str) -> list[dict[str, str]]:
    names: list[dict[str, str]] = []
    for one in filter(None, (part.strip() for part in weights.split(","))):
        slug = _slug(one) or "contender"
        twice = sum(slug.casefold() == known["name"].casefold() for known in names)
        names.append({"name": f"{slug}-{len(names) + 1}" if twice else slug, "weights": one})
    if not names:
        raise InputError("--weights names no weights.", "Name some: --weights demo,tests.")
    return names


@command.command("run")
@click.argument("folder", type=click.Path(path_type=Path), default=Path())
@click.option("--password-file", type=click.Path(path_type=Path), help="Passwords for encrypted documents, one a line.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def run_command(folder: Path, password_file: Path | None, as_json: bool) -> int:
    """Run every contender and the cheap baselines, choose on dev, and reach the verdict on test.

    Interrupted at any moment, it goes on when the command is given again. Exit code 1: FAIL or UNDECIDED.
    """
    reading = ReadingOptions(passwords_from(password_file))
    try:
        outcome = pilot_work(folder, reading)
    except KeyboardInterrupt:
        note(f"Interrupted. What was finished is kept in {folder}; go on with the same command.")
        return 130
    if as_json:
        click.echo(json.dumps(outcome.as_json()))
    else:
        click.echo(outcome.sentence)
        for one in outcome.accepted:
            note(f"Per {one.unit}: {one.sentence}")
        for warning in outcome.warnings:
            note(warning)
        note(f"Next: {next_step(outcome)}")
    note(f"Open this in a browser: {(folder / 'report.html').resolve().as_uri()}")
    return 0 if outcome.verdict.passed else 1


def pilot_work(folder: Path, reading: ReadingOptions) -> PilotOutcome:
    """Run the pilot in ``folder`` (paths are relative to it) and write pilot.json and report.html."""
    need("evaluation", "scipy", "sklearn", "matplotlib")
    spec = load_pilot(folder)
    with contextlib.chdir(folder):
        here = Path()
        task = load_task(spec.task)
        pool = labelled_texts(Path(spec.pool), task) if spec.pool else []

        def run_contender(contender: Contender, docs: PilotDocuments, out: Path) -> None:
            _contender(contender, task, pool, docs, reading, out)

        outcome = run_pilot(spec, here, task, pool, run_contender, _licence, _embed(task), reading, note)
        write_whole(here / "pilot.json", json.dumps(outcome.as_json(), ensure_ascii=False, indent=1) + "\n")
        write_pilot_report(outcome, here / "report.html")
    return outcome


def _contender(
    contender: Contender, task: Task, pool: list[Example], docs: PilotDocuments, reading: ReadingOptions, out: Path
) -> None:
    asked = load_task(contender.task) if contender.task else task
    if not same_answers(task, asked):
        raise InputError(
            f"The task of contender {contender.name} asks for other fields or labels than the pilot's.",
            "A contender may word the task differently; what it asks for must be the same.",
        )
    note(f"Contender {contender.name}: {contender.weights or contender.server}")
    arguments: dict[str, Any] = {
        "weights_name": contender.weights, "engine_name": contender.engine, "server": contender.server, "model": contender.model,
        "mode": contender.mode, "cache_gib": contender.cache, "in_flight": contender.in_flight, "threads": contender.threads,
        "adapter": contender.adapter,
    }  # fmt: skip
    done = _kept(out, docs)
    windowing = Windowing(contender.window, contender.relevant)
    work(
        asked,
        docs.sources,
        out,
        arguments,
        reading,
        windowing,
        pool,
        resume=True,
        aside=True,
        quiet=done,
        arguments={"pilot": True, **arguments},
    )


def _kept(out: Path, docs: PilotDocuments) -> bool:
    """Whether a run has every document of the gold already, so that no estimate of the rest is worth its time."""
    if not (out / "run.json").exists():
        return False
    return set(docs.documents) <= set(RunFolder.open(out).index())


def _licence(weights: str) -> str | None:
    entry = find_entry(weights)
    return entry.licence if entry else None


def _embed(task: Task) -> Any:
    """Embeddings for the baseline of a classify task; None where their engine is not installed."""
    import importlib.util

    if task.kind != "classify":
        return None
    if importlib.util.find_spec("onnxruntime") is None or importlib.util.find_spec("tokenizers") is None:
        note("The baseline on embeddings is left out: pip install 'ringfence[onnx]' brings what it needs.")
        return None
    opened = open_embedder()
    return opened.engine.embed
