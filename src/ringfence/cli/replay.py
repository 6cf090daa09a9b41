"""ringfence replay: stored answers again, under their lock."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from ..documents import ReadingOptions
from ..engines import engine_names
from ..errors import InputError
from ..locks import Difference, differences
from ..replay import NEAR_TIE, Replayed, Verdict, replay_run
from ..replay.marking import mark_fragile
from ..replay.replaying import Ready
from ..reports.replay_report import write_replay
from ..runs import RunFolder, Windowing, chooser
from ..tasks import Task
from .options import engine_options_of, open_for, passwords_from
from .screen import bar, note
from .working import labelled_texts, locked_by

__all__ = ["LockDiffers", "command", "replay_folder"]


class LockDiffers(InputError):
    """The lock of a run does not hold here; ``differences`` are all of them."""

    def __init__(self, run: Path, found: list[Difference]) -> None:
        super().__init__(
            f"The lock of {run} does not hold here; {len(found)} things differ:\n"
            + "\n".join(f"  {one}" for one in found),
            "Put back what was locked. --despite replays all the same, and reports it for what it is.",
        )
        self.differences = found


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--sample", type=click.IntRange(1), help="Only so many documents; of a batched run the first ones.")
@click.option(
    "--threshold", type=click.FloatRange(0, 5), default=NEAR_TIE, show_default=True,
    help="Two tokens closer than this (difference of log-probabilities) are a near tie.",
)  # fmt: skip
@click.option(
    "--despite", is_flag=True,
    help="Replay although the lock does not hold here, and report the answers for what they are: of another set-up.",
)  # fmt: skip
@click.option("--weights", "weights_name", help="With --despite: other weights.")
@click.option("--adapter", help="With --despite: another adapter.")
@click.option("--engine", "engine_name", type=click.Choice(engine_names()), help="With --despite: another engine.")
@click.option("--mode", type=click.Choice(["solo", "batched"]), help="With --despite: another mode.")
@click.option("--cache", "cache_gib", type=click.IntRange(1, 512), help="With --despite: another cache, in GiB.")
@click.option("--prefix-cache/--no-prefix-cache", default=None, help="With --despite: with or without it.")
@click.option("--in-flight", "in_flight", type=click.IntRange(1, 256), help="With --despite: another number at once.")
@click.option("--threads", type=click.IntRange(1, 256), help="With --despite: another number of threads.")
@click.option("--password-file", type=click.Path(path_type=Path), help="Passwords for encrypted documents, one a line.")
@click.option("--json", "as_json", is_flag=True, help="Print the verdicts as JSON.")
def command(
    run: Path, sample: int | None, threshold: float, despite: bool, password_file: Path | None, as_json: bool,
    **other: Any,
) -> int:  # fmt: skip
    """Run the answers of RUN again under their lock: IDENTICAL, NEAR-TIE or CHANGED, document by document.

    Refused where anything that determines an answer differs here. A batched run is replayed as it was composed, in the
    order in which it was asked. Fields whose value rests on a near tie are marked `fragile` in the results. Exit code 1:
    something changed, or could not be replayed.
    """
    changed = {name: value for name, value in other.items() if value is not None}
    if changed and not despite:
        raise InputError(
            "A replay runs under the lock of the run; other settings are another set-up.",
            "Add --despite if that is meant.",
        )
    try:
        replayed = replay_folder(run, sample, threshold, despite, changed, passwords_from(password_file))
    except KeyboardInterrupt:
        note("Interrupted; nothing of the run was changed. --sample replays a part.")
        return 130
    folder = RunFolder.open(run)
    if not replayed.differences:
        mark_fragile(folder, replayed.verdicts)
    page = write_replay(replayed, folder, run / "replay.html")
    if as_json:
        click.echo(json.dumps(as_data(replayed)))
    else:
        for verdict in replayed.verdicts:
            if verdict.word != "IDENTICAL":
                click.echo(_line(verdict))
        for difference in replayed.differences:
            note(f"Let through: {difference}")
        note(replayed.sentence)
        note(f"Open this in a browser: {page.resolve().as_uri()}")
    return 1 if replayed.totals["CHANGED"] or replayed.totals["NOT REPLAYED"] else 0


def as_data(replayed: Replayed) -> dict[str, Any]:
    """A replay for machines."""
    return {
        "schema": 1, "mode": replayed.mode, "threshold": replayed.threshold, "documents": replayed.of, "totals": dict(replayed.totals),
        "lock_differences": [d.path for d in replayed.differences], "verdicts": [one.as_json() for one in replayed.verdicts],
    }  # fmt: skip


def _line(verdict: Verdict) -> str:
    fields = f" [{', '.join(verdict.fields)}]" if verdict.fields else ""
    method = f" ({verdict.method})" if verdict.method else ""
    return f"{verdict.word}  {verdict.document}: {verdict.why}{method}{fields}"


def replay_folder(
    run: Path,
    sample: int | None,
    threshold: float,
    despite: bool,
    changed: Mapping[str, Any],
    passwords: tuple[str, ...] = (),
) -> Replayed:
    """Replay a run folder with what its lock and its sessions say. Raises InputError where the lock does not hold and
    ``despite`` is not given."""
    folder = RunFolder.open(run)
    facts = folder.read_facts()
    expected = folder.lock().but(calibrator=None)
    reading = ReadingOptions.of_run(facts["reading"], passwords)
    windowing = Windowing(**expected.data["windows"])
    if not any("weights_name" in session["arguments"] for session in facts["sessions"]):
        raise InputError(
            "The run does not say what it ran with.", "Only runs of `ringfence run` and pilots can be replayed."
        )

    def make_ready(task: Task, session: Mapping[str, Any]) -> tuple[Ready, Sequence[Difference]]:
        arguments = engine_options_of(session)
        if digest := expected.data["weights"].get("digest"):
            arguments["weights_name"] = digest.removeprefix("sha256:")
        if adapter := expected.data.get("adapter"):
            arguments["adapter"] = adapter["digest"].removeprefix("sha256:")
        opened = open_for(**{**arguments, "engine_name": expected.data["engine"]["name"], **changed}, trusting=despite)
        pool_file = session["arguments"].get("pool")
        labelled = labelled_texts(folder.base() / pool_file if pool_file else None, task)
        lock, embedder, pool = locked_by(task, opened, reading, windowing, labelled)
        found = differences(expected.data, lock.data)
        if found and not despite:
            opened.engine.close()
            raise LockDiffers(run, list(found))
        choose = chooser(embedder.engine) if embedder and windowing.relevant else None
        more = {"windowing": windowing, "choose": choose, "pool": pool, "weights_name": opened.name}
        return Ready(opened, lock, more), found

    with bar("replaying") as on_progress:
        return replay_run(folder, make_ready, reading, sample, threshold, on_progress)
