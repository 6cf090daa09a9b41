"""ringfence replay: answer stored documents again, under their lock."""

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
from .console import bar, echo, note
from .options import json_option, password_option

__all__ = ["command"]


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--sample", type=click.IntRange(1), help="Replay only this many documents; the first ones of a batched run."
)
@click.option(
    "--threshold", type=click.FloatRange(0, 5), default=NEAR_TIE, show_default=True,
    help="Two tokens whose log-probabilities differ by less than this are a near tie.",
)  # fmt: skip
@click.option(
    "--despite", is_flag=True,
    help="Replay although this machine does not match the lock, and report the outcome.",
)  # fmt: skip
@click.option("--weights", help="With --despite: use other weights.")
@click.option("--adapter", help="With --despite: use another adapter.")
@click.option("--engine", type=click.Choice(engine_names()), help="With --despite: use another engine.")
@click.option("--mode", type=click.Choice(["solo", "batched"]), help="With --despite: use another mode.")
@click.option("--cache", type=click.IntRange(1, 512), help="With --despite: use another cache size, in GiB.")
@click.option("--prefix-cache/--no-prefix-cache", default=None, help="With --despite: use or omit the prefix cache.")
@click.option("--in-flight", type=click.IntRange(1, 256), help="With --despite: allow more or fewer requests at once.")
@click.option("--threads", type=click.IntRange(1, 256), help="With --despite: use another number of threads.")
@password_option
@json_option
def command(
    run: Path, sample: int | None, threshold: float, despite: bool, passwords: tuple[str, ...], as_json: bool,
    **options: Any,
) -> int:  # fmt: skip
    """Answer the documents of RUN again under its lock, and compare each: IDENTICAL, NEAR-TIE or CHANGED.

    Refuses if anything that determines an answer differs on this machine. A batched run is replayed in its original
    order. Fields whose value depends on a near tie are marked `fragile` in the results. Of a server that tells no
    tokens only the text can be compared (SAME TEXT), or the values (SAME VALUES). Exit code 1: an answer changed,
    or a document could not be replayed.
    """
    changed = {name: value for name, value in options.items() if value is not None}
    if changed and not despite:
        raise InputError(
            "A replay uses the settings of the run; other settings need --despite.",
            "Add --despite, or omit them.",
        )
    try:
        with bar("replaying") as on_progress:
            report = replay_run(run, ReplayOptions(sample, threshold, despite, changed, passwords), on_progress)
    except KeyboardInterrupt:
        note("Interrupted; the run is unchanged. --sample replays only a part.")
        return 130
    folder = RunFolder.open(run)
    marked = 0 if report.differences else mark_fragile(folder, report.outcomes)
    page = write_replay(report, folder, run / "replay.html")
    if as_json:
        click.echo(json.dumps(report.as_json()))
    else:
        for outcome in report.outcomes:
            if not outcome.same:
                echo(_line(outcome))
        for difference in report.differences:
            note(f"Accepted difference: {difference}")
        if marked:
            note(f"Documents with fields that depend on a near tie, now marked `fragile` in the results: {marked}.")
        note(report.sentence)
        for word in ("SAME TEXT", "SAME VALUES"):
            if why := next((outcome.why for outcome in report.outcomes if outcome.word == word), ""):
                note(f"{word}, not IDENTICAL: {why}.")
        note(f"Open this in a browser: {page.resolve().as_uri()}")
    return 1 if report.totals["CHANGED"] or report.totals["NOT REPLAYED"] else 0


def _line(outcome: ReplayOutcome) -> str:
    fields = f" [{', '.join(outcome.fields)}]" if outcome.fields else ""
    method = f" ({outcome.method})" if outcome.method else ""
    return f"{outcome.word}  {outcome.document}: {outcome.why}{method}{fields}"
