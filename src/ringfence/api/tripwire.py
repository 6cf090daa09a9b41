"""A tripwire: a solo run over a few documents, to be replayed from time to time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..documents import expand_inputs
from ..errors import InputError, UserError
from ..locks import Difference
from ..operating.tripwire import check_line, copy_documents, record_check
from ..replay import LockDiffersError, ReplayOptions, ReplayReport, replay_run
from ..replay.replayer import recorded_options, session_options
from ..runs import RunFolder, note_product
from ..tasks import task_from
from .model import RunDetails, open_model
from .run import Run

__all__ = ["check_tripwire", "set_tripwire"]


def set_tripwire(run: str | Path, out: str | Path, sample: int = 20, passwords: tuple[str, ...] = ()) -> Run:
    """Copy documents of a run into ``out``, and answer them in solo mode with the run's model and settings.

    Raises InputError if ``out`` already has a tripwire, or if none of the run's documents is in its place.
    """
    folder, out = RunFolder.open(Path(run)), Path(out)
    if (out / "run").exists():
        raise InputError(f"{out} already contains a tripwire.", "Check it, or choose another folder.")
    facts = folder.read_facts()
    session = facts.sessions[-1]
    options = session_options(folder, session).model_copy(update={"mode": "solo"})
    task = task_from(facts.task)
    answering = recorded_options(folder, session, task, passwords)
    copies = copy_documents(folder, sample, out / "documents")
    note_product(folder, "tripwire", out)
    details = RunDetails(sources=expand_inputs(copies), made_by="tripwire")
    with open_model(**options.model_dump()) as model:
        return model.run(task, copies, out / "run", options=answering, details=details)


def check_tripwire(folder: str | Path, passwords: tuple[str, ...] = ()) -> dict[str, Any]:
    """Replay the tripwire, append the outcome to its checks.jsonl, and return it.

    ``alarm`` is true if an answer differs, if this machine no longer matches the lock, or if the bytes of the weights
    have changed.
    """
    folder = Path(folder)
    RunFolder.open(folder / "run")
    report: ReplayReport | None = None
    differences: list[Difference] = []
    fault: str | None = None
    try:
        report = replay_run(folder / "run", ReplayOptions(passwords=passwords))
    except LockDiffersError as error:
        differences = error.differences
    except UserError as error:
        fault = str(error)
    line = check_line(report, differences, fault)
    record_check(folder, line)
    return line
