"""The documents that could be labelled next: their texts, their doubts, and what the gold says of the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..contracts import GoldLine, Result
from ..documents import Document, ReadingOptions, expand_inputs, read_ahead
from ..errors import InputError
from ..evaluation.calibrator import Calibrator
from ..evaluation.evaluator import run_results
from ..gold.source import OnProgress
from ..gold.split import key_in
from ..learning import Ranker
from ..runs import RunFolder
from ..runs.source_documents import reread
from ..tasks import Task, load_task
from .doubts import Doubt, DoubtReader

__all__ = ["Candidate", "Candidates", "Pool"]


def _ignore(done: int, total: int) -> None:
    pass


@dataclass(frozen=True)
class Pool:
    """Where the documents are: finished ``runs`` of one task, and ``inputs`` (files, folders or globs) beside them.

    ``task`` is needed for a ranker where there is no run. ``on_progress`` follows the reading of documents.
    """

    runs: Sequence[Path] = ()
    inputs: Sequence[str] = ()
    task: Any = None
    passwords: tuple[str, ...] = ()
    on_progress: OnProgress = _ignore

    def folders(self) -> list[RunFolder]:
        """The runs. Raises RunError if one is missing or was purged."""
        return [RunFolder.open(run) for run in self.runs]

    def read(self, unread: list[str]) -> Iterator[Document]:
        """Every document that can be read, once; adds the ids of the others to ``unread``.

        Raises InputError if two documents have one id.
        """
        seen: dict[str, str | None] = {}
        sources, folders = expand_inputs(self.inputs) if self.inputs else [], self.folders()
        total = len(sources) + sum(len(folder.index()) for folder in folders)
        for folder in folders:
            entries = {identity: entry.sha256 for identity, entry in folder.index().items()}
            for identity in entries.keys() & seen.keys():
                self._require_same(identity, entries[identity], seen)
            missing = entries.keys() - seen.keys()
            for document in reread(folder, missing, self.passwords):
                missing.discard(document.id)
                seen[document.id] = document.sha256
                self.on_progress(len(seen), total)
                yield document
            unread += sorted(missing)
        for _, outcomes in read_ahead(iter(sources), ReadingOptions(self.passwords)):
            for one in outcomes:
                if one.id in seen:
                    self._require_same(one.id, one.sha256, seen)
                elif isinstance(one, Document):
                    seen[one.id] = one.sha256
                    self.on_progress(min(len(seen), total), total)
                    yield one
                else:
                    unread.append(one.id)

    @staticmethod
    def _require_same(identity: str, sha256: str | None, seen: Mapping[str, str | None]) -> None:
        if seen[identity] != sha256:
            raise InputError(
                f"Two documents are called {identity}.",
                "Give runs and folders in which a name stands for one document.",
            )


@dataclass(frozen=True)
class Candidate:
    """A document that could be labelled, or is: its text, its doubts, and the values that tell its families.

    ``key`` makes documents alike; ``family`` is that by which the gold was split.
    """

    document: str
    text: str
    doubt: Doubt
    key: str | None = None
    family: str | None = None


@dataclass(frozen=True)
class Candidates:
    """``documents`` could be labelled; ``labelled`` are those that the gold has, by their ids, where they were read.

    ``unread`` are documents that could not be read.
    """

    documents: Sequence[Candidate]
    labelled: Mapping[str, Candidate]
    unread: Sequence[str] = ()

    @classmethod
    def of(
        cls,
        pool: Pool,
        gold: Mapping[str, GoldLine],
        ranker: Ranker | None,
        calibrator: Calibrator | None,
        key: str | None,
        family: str | None = None,
    ) -> Candidates:
        """Read the documents of a pool once.

        ``key`` and ``family`` are fields whose equal values make a family. Raises InputError if the runs answer several
        tasks, or if the task has no such field.
        """
        answers, task = _answers(pool, calibrator)
        _require_field(task, key)
        if ranker is not None:
            if task is None:
                raise InputError("A ranker reads documents for a task, and none is given.", "Give --task TASK.yaml.")
            ranker.require_task(task)
        reader = DoubtReader(task, ranker)
        found: dict[str, Candidate] = {}
        labelled: dict[str, Candidate] = {}
        unread: list[str] = []
        for document in pool.read(unread):
            if line := gold.get(document.id):
                labelled[document.id] = Candidate(
                    document.id, document.text, Doubt(0.0), key_in(line.values, key), key_in(line.values, family)
                )
                continue
            results = [
                result for each in answers
                if (result := each.get(document.id)) and result.document.sha256 == document.sha256
            ]  # fmt: skip
            try:
                doubt = reader.of(document, results)
            except ValueError as error:
                doubt = Doubt(1.0, (str(error),))
            said = (
                next((value for result in results if (value := key_in(result.values or {}, field))), None)
                for field in (key, family)
            )
            found[document.id] = Candidate(document.id, document.text, doubt, *said)
        return cls(list(found.values()), labelled, unread)


def _require_field(task: Task | None, key: str | None) -> None:
    single = [path for path, spec in task.answer_fields().items() if not spec.of_list] if task else []
    if key and task and key not in single:
        raise InputError(f"The key {key!r} is not a single field of the task.", f"Name one of: {', '.join(single)}.")


def _answers(pool: Pool, calibrator: Calibrator | None) -> tuple[list[dict[str, Result]], Task | None]:
    """The answers of each run by document, with the confidences of a calibrator, and the task of them all."""
    task = load_task(pool.task) if pool.task is not None else None
    answers, decided = [], False
    for folder in pool.folders():
        of_run, results, lock = run_results(folder)
        task = task or of_run
        if not of_run.asks_as(task):
            raise InputError(f"The run in {folder.path} answers another task.", "Give runs of one task.")
        if calibrator is not None and calibrator.for_lock == lock:
            decided = True
            for result in results.values():
                calibrator.decide(result)
        answers.append(results)
    if calibrator is not None and not decided:
        raise InputError(
            "The calibrator was fitted on answers under another lock.", "Give the calibrator of one of the runs."
        )
    return answers, task
