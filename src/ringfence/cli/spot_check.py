"""ringfence spot-check: does the error among what was accepted stay within what was promised?"""

from __future__ import annotations

import json
from pathlib import Path

import click

from ..errors import InputError
from ..evaluation.calibrator import read_calibrator
from ..evaluation.evaluating import fit_for, run_results
from ..evaluation.gold import GoldFile, gold_digest
from ..evaluation.gold_tables import draft_rows, write_workbook
from ..evaluation.splitting import SplitFile
from ..evaluation.spot_checking import spot_check
from ..extras import need
from ..runs import RunFolder
from .screen import note

__all__ = ["command"]


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--calibrator", "calibrator_file", required=True, type=click.Path(path_type=Path), help="What decided the run."
)
@click.option(
    "--draft",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the drawn documents for a person to correct (.xlsx).",
)
@click.option("--blind", is_flag=True, help="With --draft: fill nothing in.")
@click.option(
    "--gold", "gold_path", type=click.Path(path_type=Path), help="The corrections, imported by `ringfence gold import`."
)
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def command(
    run: Path, calibrator_file: Path, draft: Path | None, blind: bool, gold_path: Path | None, as_json: bool
) -> int:
    """Hand out the accepted documents that were drawn for a spot-check (--draft), and take the corrections (--gold).

    Exit code 1: with the stated confidence more is wrong among the accepted than was promised. Then stop accepting,
    find out what changed, and calibrate again.
    """
    need("evaluation", "scipy")
    folder, calibrator = RunFolder.open(run), read_calibrator(calibrator_file)
    task, results, lock = run_results(folder)
    facts = folder.read_facts()
    if facts["lock"]["data"].get("calibrator") != calibrator.digest:
        raise InputError(
            "The run was not decided by this calibrator.", "Give the one that --calibrator named in the run."
        )
    drawn = {i: result for i, result in results.items() if result["decision"] == "spot-check"}
    if draft:
        about = {"origin": "blind" if blind else "pre-filled", "lock": lock, "asked": facts["task"]}
        write_workbook(draft_rows(drawn.values(), task, blind), task, about, draft)
        note(
            f"Wrote {len(drawn)} documents to {draft}. Correct them, then: ringfence gold import {draft} --gold spot.jsonl"
        )
    if gold_path is None:
        if not draft:
            for identity in drawn:
                click.echo(identity)
            note(f"{len(drawn)} documents were drawn for a spot-check. --draft spot.xlsx hands them out.")
        return 0
    latest = GoldFile(gold_path).latest()
    fit_for(task, latest, gold_path)
    file = SplitFile(gold_path)
    if (split := file.read()) and any(split.part_of(identity) == "test" for identity in drawn):
        file.opened(f"spot-check {run}", lock, gold_digest(latest))
    found = spot_check(task, results, latest, calibrator.target_error, calibrator.bound_confidence, calibrator.compare)
    low, high = found.bounds
    sentence = {
        "BROKEN": f"BROKEN: with {found.confidence:.0%} confidence more than {low:.1%} of the accepted are wrong; {found.target:.0%} was promised. Stop accepting and calibrate again.",
        "HOLDS": f"HOLDS: with {found.confidence:.0%} confidence at most {high:.1%} of the accepted are wrong; {found.target:.0%} was promised.",
        "OPEN": f"OPEN: the error lies between {low:.1%} and {high:.1%}; more checks are needed to hold it against {found.target:.0%}.",
    }[found.word]
    if as_json:
        click.echo(json.dumps({"schema": 1, "drawn": found.drawn, "checked": found.checked, "wrong": found.wrong, "bounds": [low, high], "target": found.target, "word": found.word}))  # fmt: skip
    else:
        for identity in found.wrong:
            click.echo(f"wrong: {identity}")
        note(f"{found.checked} of {found.drawn} drawn documents were checked, {len(found.wrong)} wrong. {sentence}")
    return 1 if found.word == "BROKEN" else 0
