"""ringfence spot-check: check that the error among accepted documents stays within the promise."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ..evaluation.calibrator import read_calibrator
from ..evaluation.spot_check import draft_spot_check, drawn_documents, spot_check_run
from ..runs import RunFolder
from .console import echo, note
from .options import json_option

__all__ = ["command"]


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--calibrator", "calibrator_file", required=True, type=click.Path(path_type=Path),
    help="The calibrator that decided the run.",
)  # fmt: skip
@click.option(
    "--draft", type=click.Path(path_type=Path, dir_okay=False),
    help="Write the drawn documents to a workbook (.xlsx) for a person to correct.",
)  # fmt: skip
@click.option("--blind", is_flag=True, help="With --draft: omit the answers.")
@click.option(
    "--gold", "gold_path", type=click.Path(path_type=Path), help="The corrections, imported by `ringfence gold import`."
)
@json_option
def command(
    run: Path, calibrator_file: Path, draft: Path | None, blind: bool, gold_path: Path | None, as_json: bool
) -> int:
    """Write the documents of RUN that were drawn for a spot-check (--draft), and check the corrections (--gold).

    Exit code 1: with the stated confidence, more of the accepted documents are wrong than promised. In that case, stop
    accepting answers, find out what changed, and calibrate again.
    """
    folder, calibrator = RunFolder.open(run), read_calibrator(calibrator_file)
    if draft:
        drafted = draft_spot_check(folder, calibrator, draft, blind)
        note(
            f"Wrote {len(drafted)} documents to {draft}. "
            f"Correct them, then: ringfence gold import {draft} --gold spot.jsonl"
        )
    if gold_path is None:
        if not draft:
            drawn = drawn_documents(folder, calibrator).results
            for identity in drawn:
                echo(identity)
            note(f"{len(drawn)} documents were drawn for a spot-check. --draft spot.xlsx writes a workbook of them.")
        return 0
    spot_check = spot_check_run(folder, calibrator, gold_path)
    if as_json:
        click.echo(json.dumps(spot_check.as_json()))
    else:
        for identity in spot_check.wrong:
            echo(f"wrong: {identity}")
        note(f"{spot_check.checked} of {spot_check.drawn} drawn documents were checked, {len(spot_check.wrong)} wrong.")
        note(spot_check.sentence)
    return 1 if spot_check.word == "BROKEN" else 0
