"""ringfence gold: draft, import, export, check and split what people have confirmed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.progress import track

from ..documents import Document, ReadingOptions, expand_inputs, read_ahead
from ..errors import InputError
from ..evaluation.evaluating import fit_for
from ..evaluation.families import Pair, families_of, near_duplicates
from ..evaluation.gold import GoldEntry, GoldFile, Origin
from ..evaluation.gold_check import Fault, form_faults, leaves, twin_faults, unsaid
from ..evaluation.gold_import import import_rows, read_table
from ..evaluation.gold_tables import NOT_JUDGED, column_of, draft_rows, write_workbook
from ..evaluation.gold_values import as_cell, fields_of
from ..evaluation.label_studio import is_label_studio, label_config, read_label_studio, tasks_of
from ..evaluation.splitting import PARTS, SplitFile, draw_split, key_of, stratum_of
from ..reports.gold_form import write_gold_form
from ..runs import RunFolder
from ..runs.rereading import reread
from ..tasks import Task, load_task, task_from
from .options import passwords_from
from .screen import note, stderr

__all__ = ["command"]

GOLD = click.option(
    "--gold", "gold_path", type=click.Path(path_type=Path), default=Path("gold.jsonl"), show_default=True,
    help="The gold file.",
)  # fmt: skip


@click.group()
def command() -> None:
    """Gold: answers that a person has confirmed, in a file that only grows."""


def _from_where(function: Callable[..., Any]) -> Callable[..., Any]:
    """Where task and documents are taken from: a run, or a task file and inputs."""
    for option in (
        click.option("--run", "run_path", type=click.Path(path_type=Path), help="A run: its task and its documents."),
        click.option(
            "--task", "task_file", type=click.Path(path_type=Path), help="A task file, where there is no run."
        ),
        click.option("--documents", multiple=True, help="Files, folders or globs, where there is no run."),
        click.option("--password-file", type=click.Path(path_type=Path), help="Passwords for encrypted documents."),
    ):
        function = option(function)
    return function


def _task(run_path: Path | None, task_file: Path | None, facts: Mapping[str, Any] | None = None) -> Task:
    if task_file:
        return load_task(task_file)
    if run_path:
        return task_from(RunFolder.open(run_path).read_facts()["task"])
    if facts and "asked" in facts:
        return task_from(facts["asked"])
    raise InputError("It is not known which task the gold belongs to.", "Give --run RUN or --task TASK.yaml.")


def _documents(
    run_path: Path | None, documents: tuple[str, ...], wanted: Mapping[str, Any], password_file: Path | None
) -> dict[str, Document]:
    """The documents of ``wanted`` that can be read, by id; none where neither a run nor inputs are given."""
    passwords = passwords_from(password_file)
    found: dict[str, Document] = {}
    if run_path:
        again = reread(RunFolder.open(run_path), wanted, passwords)
        for document in track(again, "reading documents", len(wanted), console=stderr, disable=not stderr.is_terminal):
            found[document.id] = document
    elif documents:
        for _, outcomes in read_ahead(iter(expand_inputs(documents)), ReadingOptions(passwords)):
            found |= {o.id: o for o in outcomes if isinstance(o, Document) and o.id in wanted}
    return found


@command.command("draft")
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--out", required=True, type=click.Path(path_type=Path, dir_okay=False),
    help="gold.xlsx, gold.html (a form that saves a file), or tasks.json for Label Studio.",
)  # fmt: skip
@click.option("--blind", is_flag=True, help="Fill nothing in: the person answers without seeing the program's answers.")
@click.option("--limit", type=click.IntRange(1), help="Only so many documents, drawn by --seed.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the draw.")
@click.option("--password-file", type=click.Path(path_type=Path), help="Passwords for encrypted documents, one a line.")
def draft_command(run: Path, out: Path, blind: bool, limit: int | None, seed: int, password_file: Path | None) -> None:
    """Write the answers of RUN for a person to correct.

    Only rows that the person confirms become gold. What a person saw before answering leans towards it: gold says
    whether it was pre-filled or blind, and --blind avoids the question.
    """
    import random

    folder = RunFolder.open(run)
    facts = folder.read_facts()
    task = task_from(facts["task"])
    results = sorted(folder.latest(), key=lambda result: str(result["document"]["id"]))
    if limit and limit < len(results):
        results = sorted(random.Random(seed).sample(results, limit), key=lambda result: result["document"]["id"])
    rows = draft_rows(results, task, blind)
    by_id = {result["document"]["id"]: result for result in results}
    about = {"origin": "blind" if blind else "pre-filled", "lock": facts["lock"]["digest"], "asked": facts["task"]}
    suffix = out.suffix.lower()
    if suffix == ".xlsx":
        write_workbook(rows, task, about, out)
    elif suffix in (".html", ".json"):
        documents = _documents(run, (), by_id, password_file)
        if suffix == ".html":
            texts = {identity: document.text for identity, document in documents.items()}
            write_gold_form(rows, texts, task, about, blind, out)
        else:
            out.write_text(json.dumps(tasks_of(by_id, documents.values(), task, blind), ensure_ascii=False))
            config = out.with_suffix(".config.xml")
            config.write_text(label_config(task), encoding="utf-8")
            note(f"The labelling interface for Label Studio is in {config}.")
    else:
        raise InputError(f"{out.name} is of no kind that a draft is written in.", "Name it .xlsx, .html or .json.")
    back = {".html": f"gold-{task.name}.json", ".json": "EXPORT.json"}.get(suffix, str(out))
    how = (
        "put an x under `confirmed`"
        if suffix == ".xlsx"
        else "confirm each and save"
        if suffix == ".html"
        else "label them there and export as JSON"
    )
    note(f"Wrote {len(rows)} documents to {out}. Correct them, {how}, then: ringfence gold import {back}")


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@GOLD
@click.option("--task", "task_file", type=click.Path(path_type=Path), help="The task; a draft knows its own.")
@click.option("--by", default="", help="Who confirmed it.")
@click.option("--note", "why", help="Why, for changes of gold that is there already.")
@click.option("--origin", type=click.Choice(["blind", "pre-filled"]), help="Whether answers were shown; a draft knows.")
@click.option("--replace", is_flag=True, help="Forget what a row does not state, instead of keeping it.")
@click.option(
    "--map", "mapping", multiple=True, metavar="COLUMN=FIELD", help="A column's field; FIELD - leaves it out."
)
def import_command(
    file: Path, gold_path: Path, task_file: Path | None, by: str, why: str | None, origin: Origin | None,
    mapping: tuple[str, ...], replace: bool,
) -> int:  # fmt: skip
    """Add what was confirmed in FILE (.xlsx, .csv, .jsonl, a saved form, a JSON export of Label Studio) to the gold.

    Values are typed by the same code as answers. A blank cell is null, ? is a value that nobody judged. What a row does
    not state stays as it was. Nothing is taken while one row has a fault.
    """
    columns = _columns(mapping)
    if file.suffix.lower() == ".json" and is_label_studio(file):
        task = _task(None, task_file)
        facts: dict[str, Any] = {}
        rows = read_label_studio(file, task)
    else:
        rows, facts = read_table(file, columns)
        task = _task(None, task_file, facts)
    imported = import_rows(rows, task, by, origin or facts.get("origin"), why)
    if imported.faults:
        raise InputError(
            f"{file} has {len(imported.faults)} faults:\n" + "\n".join(f"  {fault}" for fault in imported.faults[:40]),
            "Correct them and import again; nothing was taken.",
        )
    new, changed = GoldFile(gold_path).add(imported.entries, replace)
    left = len(imported.unconfirmed)
    note(f"{gold_path}: {new} new, {changed} changed, {len(imported.entries) - new - changed} as before.")
    if left:
        note(
            f"{left} rows have no x under `confirmed` and are left out ({', '.join(imported.unconfirmed[:5])}{' ...' if left > 5 else ''})."
        )
    return 0


def _columns(mapping: tuple[str, ...]) -> dict[str, str]:
    for one in mapping:
        if "=" not in one:
            raise InputError(f"--map {one} is no COLUMN=FIELD.", "Write it as --map 'Invoice total=total'.")
    return dict(one.rsplit("=", 1) for one in mapping)


@command.command("export")
@GOLD
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="gold.csv or gold.jsonl.")
@_from_where
def export_command(
    gold_path: Path, out: Path, run_path: Path | None, task_file: Path | None, documents: tuple[str, ...],
    password_file: Path | None,
) -> None:  # fmt: skip
    """Write the gold that counts as a table (.csv, single values), as lines (.jsonl), or for Label Studio (.json)."""
    import csv

    latest = GoldFile(gold_path).latest()
    suffix = out.suffix.lower()
    if suffix == ".jsonl":
        out.write_text("".join(json.dumps(entry.as_json(), ensure_ascii=False) + "\n" for entry in latest.values()))
    elif suffix == ".csv":
        task = _task(run_path, task_file)
        table = [
            {path: as_cell(spec, value) for spec, path, value in leaves(task, entry.values) if not spec.of_list}
            for entry in latest.values()
        ]
        names = list(dict.fromkeys(name for row in table for name in row))
        with out.open("w", encoding="utf-8-sig", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(["document", *map(column_of, names), "note"])
            for entry, row in zip(latest.values(), table, strict=True):
                writer.writerow([entry.document, *(row.get(name, NOT_JUDGED) for name in names), entry.note or ""])
        if lists := {spec.of_list for spec in fields_of(task).values() if spec.of_list}:
            note(
                f"A table of single values holds no lists: {', '.join(sorted(map(str, lists)))} are left out; .jsonl has them."
            )
    elif suffix == ".json":
        task = _task(run_path, task_file)
        if not (found := _documents(run_path, documents, latest, password_file)):
            raise InputError("Label Studio needs the documents' texts.", "Give --run RUN or --documents FOLDER.")
        confirmed = {identity: _as_result(task, entry) for identity, entry in latest.items()}
        out.write_text(json.dumps(tasks_of(confirmed, found.values(), task, False), ensure_ascii=False))
        out.with_suffix(".config.xml").write_text(label_config(task), encoding="utf-8")
    else:
        raise InputError(f"{out.name} is of no kind that gold is written in.", "Name it .csv, .jsonl or .json.")
    note(f"Wrote {len(latest)} documents to {out}.")


def _as_result(task: Task, entry: GoldEntry) -> dict[str, Any]:
    """Gold in the form of a result, with the places that it marks."""
    fields = {path: {"spans": entry.spans.get(path, [])} for _, path, _ in leaves(task, entry.values)}
    return {"status": "done", "values": entry.values, "fields": fields}


@command.command("check")
@GOLD
@_from_where
@click.option("--json", "as_json", is_flag=True, help="Print the faults as JSON.")
def check_command(
    gold_path: Path, run_path: Path | None, task_file: Path | None, documents: tuple[str, ...],
    password_file: Path | None, as_json: bool,
) -> int:  # fmt: skip
    """Name what is wrong with the gold: form, types, twins that contradict, values that their documents do not say.

    Exit code 1 where a fault makes figures wrong.
    """
    latest = GoldFile(gold_path).latest()
    task = _task(run_path, task_file)
    faults = form_faults(latest, task)
    found = _documents(run_path, documents, latest, password_file)
    bad = {(fault.document, fault.field) for fault in faults}
    if run_path or documents:
        pairs = near_duplicates({identity: one.text for identity, one in found.items()})
        faults += _leaks(gold_path, latest, pairs)
        faults += [Fault(identity, "", "its document cannot be read") for identity in latest if identity not in found]
        faults += twin_faults(latest, pairs)
        for identity, document in found.items():
            if not any(identity == where for where, _ in bad):
                faults += unsaid(latest[identity], task, document)
    if as_json:
        click.echo(json.dumps({"schema": 1, "documents": len(latest), "faults": [asdict(fault) for fault in faults]}))
    else:
        for fault in faults:
            where = f"{fault.document}{': ' + fault.field if fault.field else ''}"
            click.echo(f"{'fault' if fault.grave else 'look '}  {where}: {fault.what}")
        if not (run_path or documents):
            note("The documents were not looked at: give --run RUN or --documents FOLDER for twins and unsaid values.")
        grave = sum(fault.grave for fault in faults)
        note(f"{len(latest)} documents: {grave or 'no'} faults, {len(faults) - grave} to look at.")
    return 1 if any(fault.grave for fault in faults) else 0


def _leaks(gold_path: Path, latest: Mapping[str, GoldEntry], pairs: list[Pair]) -> list[Fault]:
    split = SplitFile(gold_path).read()
    leaks = split.leaks(families_of(latest, pairs, {})) if split else []
    return [
        Fault(one, "", f"lies in another part of the split than its near-duplicate {other}") for one, other in leaks
    ]


@command.command("split")
@GOLD
@_from_where
@click.option(
    "--share", "shares", multiple=True, metavar="PART=SHARE",
    help="calibration, dev and test; without it 0.3, 0.2 and 0.5.",
)  # fmt: skip
@click.option("--key", help="A field of the gold (such as supplier) whose equal values stay in one part.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the draw.")
@click.option(
    "--again", is_flag=True, help="Draw anew over an earlier split; it is recorded as an opening of the test."
)
def split_command(
    gold_path: Path, run_path: Path | None, task_file: Path | None, documents: tuple[str, ...],
    password_file: Path | None, shares: tuple[str, ...], key: str | None, seed: int, again: bool,
) -> int:  # fmt: skip
    """Draw calibration, dev and test parts: by seed, stratified, families of near-duplicates together."""
    latest = GoldFile(gold_path).latest()
    if not latest:
        raise InputError(
            f"{gold_path} holds no gold.", "Draft some from a run: ringfence gold draft RUN --out gold.xlsx."
        )
    task = _task(run_path, task_file)
    fit_for(task, latest, gold_path)
    found = _documents(run_path, documents, latest, password_file)
    if not found:
        note("Without the documents near-duplicates cannot be kept together; give --run RUN or --documents FOLDER.")
    texts = {identity: document.text for identity, document in found.items()}
    keys = {identity: key_of(entry, task, key) for identity, entry in latest.items()} if key else {}
    families = families_of(latest, near_duplicates(texts), keys)
    strata = {identity: stratum_of(entry, task) for identity, entry in latest.items()}
    file = SplitFile(gold_path)
    split = draw_split(families, strata, _shares(shares), seed, key)
    file.write(split, again)
    sizes = ", ".join(f"{name} {len(ids)}" for name, ids in split.parts.items())
    note(
        f"{file.path}: {sizes}; {len(set(families.values()))} families of {len(families)} documents; {split.digest[:19]}."
    )
    return 0


def _shares(given: tuple[str, ...]) -> dict[str, float]:
    if not given:
        return dict(zip(PARTS, (0.3, 0.2, 0.5), strict=True))
    try:
        shares = {name: float(share) for name, share in (one.split("=") for one in given)}
    except ValueError:
        shares = {}
    if not shares or set(shares) - set(PARTS) or abs(sum(shares.values()) - 1) > 1e-6 or min(shares.values()) < 0:
        raise InputError(
            f"--share {' --share '.join(given)} does not divide the gold.",
            "Give shares of calibration, dev and test that sum to 1: --share calibration=0.3 --share dev=0.2 --share test=0.5.",
        )
    return {name: shares.get(name, 0.0) for name in PARTS}
