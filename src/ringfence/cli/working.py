"""The work of a run as the command line does it: engine, pool, lock, progress; shared by run, demo and pilot."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from ..audit import audit_here, recorder
from ..documents import ReadingOptions, Source, holds_several
from ..errors import InputError
from ..evaluation.calibrator import Calibrator
from ..locks import Lock, read_lock, require
from ..runs import ExamplePool, Opened, RunFolder, RunSummary, Windowing, chooser, estimate, lock_of, read_pool, run
from ..runs import Progress as RunProgress
from ..tasks import ClassifyTask, Example, Task
from ..weights.policy import policy_here
from .options import open_embedder, open_for
from .screen import note, stderr

__all__ = ["Bar", "labelled_texts", "locked_by", "require_lock", "signature_of", "work"]


def labelled_texts(pool_file: Path | None, task: Task) -> list[Example]:
    """The labelled texts that were given. Raises InputError where the task has no use for them."""
    if pool_file is None:
        return []
    if not isinstance(task, ClassifyTask) or not (task.examples or task.likeness):
        raise InputError(
            "Only a classify task that shows examples or weighs likeness takes a pool.", "Leave --pool out."
        )
    return read_pool(pool_file, task)


def work(
    task: Task,
    sources: Sequence[Source],
    out: Path,
    engine_arguments: dict[str, Any],
    reading: ReadingOptions,
    windowing: Windowing,
    labelled: Sequence[Example] = (),
    calibrator: Calibrator | None = None,
    *,
    limit: int | None = None,
    resume: bool = False,
    arguments: dict[str, Any] | None = None,
    quiet: bool = False,
    aside: bool = False,
    locked: Path | None = None,
) -> RunSummary:
    """Open the engine, make the lock, and run, with a bar. Raises InputError where the lock is not the one in the file
    ``locked``. With ``aside`` a run in ``out`` that another lock made is moved beside it, instead of being refused."""
    audit = audit_here()
    opened = open_for(**engine_arguments)
    with closing(opened.engine):
        lock, embedder, pool = locked_by(task, opened, reading, windowing, labelled, calibrator)
        if locked:
            require_lock(locked, lock)
        if not quiet and len(sources) >= 10:
            note(str(estimate(task, list(sources), opened.engine, reading, limit, windowing)))
        if aside:
            _make_room(out, lock.digest)
        with Bar(len(sources) if limit is None else min(limit, len(sources)), sources) as bar:
            return run(
                task, sources, opened.engine, lock, out, resume=resume, limit=limit, options=reading,
                windowing=windowing, choose=chooser(embedder.engine) if embedder and windowing.relevant else None, pool=pool,
                decide=calibrator.decide if calibrator else None, arguments=arguments, weights_name=opened.name,
                on_progress=bar.update, record=recorder(audit, str(out)) if audit else None,
            )  # fmt: skip


def require_lock(path: Path, found: Lock) -> None:
    """Raises InputError where the lock in a file does not hold here, WeightsError where a policy demands a signature over it
    and none holds."""
    if policy := policy_here():
        policy.require_signature(path, signature_of(path))
    require(read_lock(path), found, str(path))


def signature_of(path: Path) -> Path:
    """Where the signature of a lock lies."""
    return path.with_name(f"{path.name}.sig")


def locked_by(
    task: Task,
    opened: Opened,
    reading: ReadingOptions,
    windowing: Windowing,
    labelled: Sequence[Example] = (),
    calibrator: Calibrator | None = None,
) -> tuple[Lock, Opened | None, ExamplePool | None]:
    """The lock of a run, with the embeddings and the pool that it takes. Raises InputError where a calibrator was fitted on
    answers under another lock: its confidences would mean nothing here."""
    embedder = open_embedder() if windowing.relevant or labelled else None
    pool = ExamplePool(labelled, embedder.engine) if labelled and embedder else None
    digest = embedder.facts["digest"] if embedder else None
    lock = lock_of(task, opened, reading, windowing, digest, pool.digest if pool else None)
    if calibrator and calibrator.for_lock != lock.digest:
        raise InputError(
            "The calibrator was fitted on answers under another lock (other weights, task, settings or machine).",
            "Run the gold's documents as this run would, and `ringfence calibrate` that.",
        )
    return lock.but(calibrator=calibrator.digest) if calibrator else lock, embedder, pool


def _make_room(out: Path, digest: str) -> None:
    if (out / "run.json").exists() and (old := RunFolder.open(out).read_facts()["lock"]["digest"]) != digest:
        beside = out.with_name(f"{out.name}-{old.removeprefix('sha256:')[:8]}")
        while beside.exists():
            beside = beside.with_name(beside.name + "+")
        out.rename(beside)
        note(f"An earlier run was made under another lock; it is now in {beside}.")


class Bar:
    """Documents per minute, time left and failures, while a run is under way."""

    def __init__(self, total: int, sources: Sequence[Source]) -> None:
        many = any(holds_several(source) for source in sources)
        self._bars = Progress(
            SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
            TextColumn("{task.fields[rate]}"), console=stderr, disable=not stderr.is_terminal,
        )  # fmt: skip
        self._task = self._bars.add_task("documents", total=None if many else total, rate="")
        self._started = time.monotonic()
        self._spoken = self._started

    def __enter__(self) -> Bar:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def update(self, progress: RunProgress) -> None:
        ended = sum(progress.seen.values())
        minutes = (time.monotonic() - self._started) / 60
        rate = f"{ended / minutes:.1f}/min" if minutes > 0.02 else ""
        failed = f", {progress.seen['failed']} failed" if progress.seen["failed"] else ""
        where = ""
        if progress.window and progress.window[1] < progress.window[2]:
            where = f", {progress.window[0][-30:]}: window {progress.window[1]} of {progress.window[2]}"
        self._bars.update(self._task, completed=ended + progress.kept, rate=rate + failed + where)
        if not stderr.is_terminal and time.monotonic() - self._spoken > 30:
            self._spoken = time.monotonic()
            note(f"{ended} documents ended, {rate}{failed}{where}")
