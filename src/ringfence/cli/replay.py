"""ringfence replay: stored answers again, under their lock."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from ..engines import engine_names
from ..errors import InputError
from ..replay import NEAR_TIE, ReplayOptions, ReplayOutcome, replay_run
from ..replay.fragile import mark_fragile
from ..reports.replay_report import write_replay
from ..runs import RunFolder
from .console import bar, note
from .options import json_option, password_option

__all__ = ["command"]


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--sample", type=click.IntRange(1), help="Only so many documents; of a batched run the first ones.")
@click.option(
    "--threshold", type=click.FloatRange(0, 5), default=NEAR_TIE, show_default=True,
    help="Two tokens closer than this (difference of log-probabilities) are a near tie.",
)  # fmt: skip
@click.option(
    "--despite", is_flag=True,
    help="Replay although this machine does not match the lock, and report what comes out.",
)  # fmt: skip
@click.option("--weights", help="With --despite: other weights.")
@click.option("--adapter", help="With --despite: another adapter.")
@click.option("--engine", type=click.Choice(engine_names()), help="With --despite: another engine.")
@click.option("--mode", type=click.Choice(["solo", "batched"]), help="With --despite: another mode.")
@click.option("--cache", type=click.IntRange(1, 512), help="With --despite: another cache, in GiB.")
@click.option("--prefix-cache/--no-prefix-cache", default=None, help="With --despite: with or without it.")
@click.option("--in-flight", type=click.IntRange(1, 256), help="With --despite: another number at once.")
@click.option("--threads", type=click.IntRange(1, 256), help="With --despite: another number of threads.")
@password_option
@json_option
def command(
    run: Path, sample: int | None, threshold: float, despite: bool, passwords: tuple[str, ...], as_json: bool,
    **options: Any,
) -> int:  # fmt: skip
    """Answer the documents of RUN again under its lock: IDENTICAL, NEAR-TIE or CHANGED, document by document.

    Refuses if anything that determines an answer differs here. A batched run is replayed in the order in which it was
    asked. Fields whose value rests on a near tie are marked `fragile` in the results. Exit code 1: something changed, or
    could not be replayed.
    """
    changed = {name: value for name, value in options.items() if value is not None}
    if changed and not despite:
        raise InputError(
            "A replay runs what the run ran with; other settings go with --despite.",
            "Add --despite, or leave them out.",
        )
    try:
        with bar("replaying") as on_progress:
            report = replay_run(run, ReplayOptions(sample, threshold, despite, changed, passwords), on_progress)
    except KeyboardInterrupt:
        note("Interrupted; nothing of the run was changed. --sample replays a part.")
        return 130
    folder = RunFolder.open(run)
    marked = 0 if report.differences else mark_fragile(folder, report.outcomes)
    page = write_replay(report, folder, run / "replay.html")
    if as_json:
        click.echo(json.dumps(report.as_json()))
    else:
        for outcome in report.outcomes:
            if outcome.word != "IDENTICAL":
                click.echo(_line(outcome))
        for difference in report.differences:
            note(f"Let through: {difference}")
        if marked:
            note(f"Documents with fields that rest on a near tie, now marked `fragile` in the results: {marked}.")
        note(report.sentence)
        note(f"Open this in a browser: {page.resolve().as_uri()}")
    return 1 if report.totals["CHANGED"] or report.totals["NOT REPLAYED"] else 0


def _line(outcome: ReplayOutcome) -> str:
    fields = f" [{', '.join(outcome.fields)}]" if outcome.fields else ""
    method = f" ({outcome.method})" if outcome.method else ""
    return f"{outcome.word}  {outcome.document}: {outcome.why}{method}{fields}"
