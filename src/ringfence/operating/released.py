"""Read a release, and get from it everything that a run under it needs."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field, ValidationError

from ..contracts import CorpusChoice, LockFacts, ModelOptions, ReadingFacts
from ..contracts.base import Contract
from ..corpus import open_view
from ..documents import ReadingOptions
from ..errors import InputError
from ..evaluation.calibrator import Calibrator, calibrator_from
from ..inference import AnswerOptions, Windowing
from ..inference.example_pool import read_examples
from ..learning import Ranker, ranker_from, read_ranker
from ..locks import Lock, canonical_digest, signature_of
from ..runs import RunFolder
from ..tasks import Task, task_from
from ..weights.policy import policy_here

__all__ = ["ReleasedWork", "read_release", "serving_release", "settings_of_release"]


class _Settings(Contract):
    """How the answers of a contender were made; ``calibrator`` and ``ranker`` are plain data."""

    optional: ClassVar[frozenset[str]] = frozenset({"corpus"})

    task: dict[str, Any]
    model: ModelOptions
    reading: ReadingFacts
    calibrator: dict[str, Any] | None = None
    ranker: dict[str, Any] | None = None
    corpus: CorpusChoice | None = None


class _File(Contract):
    """What a run needs of a release file."""

    schema_version: Literal[2] = Field(alias="schema")
    lock: LockFacts
    work: _Settings


@dataclass(frozen=True)
class ReleasedWork:
    """The task, the weights with their settings, and the lock of a release; it names calibrator and ranker, if any."""

    path: Path
    task: Task
    model: ModelOptions
    lock: Lock
    reading: ReadingFacts
    calibrator: Calibrator | None
    ranker: Ranker | None = None
    corpus: CorpusChoice | None = None

    def options(
        self, passwords: tuple[str, ...] = (), pool: Path | None = None, corpus: str | None = None
    ) -> AnswerOptions:
        """How documents are read and answered; ``corpus`` names where the corpus of the release lies now.

        Raises InputError if the release needs a pool and there is none, or if there is no such corpus or version.
        """
        if self.lock.data.get("few_shot") and pool is None:
            raise InputError("The released task shows examples from a pool.", "Give the pool's file: --pool FILE.")
        if corpus and self.corpus is None:
            raise InputError("The released task reads no corpus.", "Omit --corpus.")
        asked = self.corpus.model_copy(update={"name": corpus or self.corpus.name}) if self.corpus else None
        return AnswerOptions(
            ReadingOptions.of_run(self.reading, passwords),
            Windowing(**self.lock.facts.windows),
            read_examples(pool, self.task) if pool else (),
            self.calibrator,
            self.lock.facts.alternatives,
            self.ranker,
            self.lock.facts.cascade,
            open_view(asked) if asked else None,
        )


def settings_of_release(run: RunFolder, model: Callable[[], ModelOptions], calibrator: Calibrator | None) -> Any:
    """What a release must hold so that its work can be done again, as plain data; None if the run does not say how."""
    facts = run.read_facts()
    if not facts.sessions or facts.sessions[-1].made_with.model is None:
        return None
    reading = facts.reading.model_copy(update={"folder": "."})
    data = {**calibrator.as_json(), "digest": calibrator.digest} if calibrator else None
    ranker = read_ranker(run.ranker).signed() if facts.lock.data.get("ranker") else None
    return _Settings(
        task=facts.task,
        model=model(),
        reading=reading,
        calibrator=data,
        ranker=ranker,
        corpus=facts.sessions[-1].made_with.corpus,
    ).as_json()


def serving_release(path: Path) -> ReleasedWork:
    """Read a release to work under it.

    Raises InputError as `read_release` does, and WeightsError if the policy requires a signature of the file that no
    trusted key confirms.
    """
    if policy := policy_here():
        policy.require_signature(path, signature_of(path))
    return read_release(path)


def read_release(path: Path) -> ReleasedWork:
    """Read a release file. Raises InputError if it is none, is of an earlier version, or was changed."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        stated = data.pop("digest", None)
        if data.get("work") is None:
            raise InputError(
                f"{path} does not say how to run its lock.",
                "It comes from an earlier version: release the contender again (ringfence release PILOT).",
            )
        file = _File.model_validate(data)
    except OSError as error:
        raise InputError(f"Cannot read {path} ({error.strerror}).", "`ringfence release` writes a release.") from None
    except (ValueError, AttributeError, ValidationError):
        raise InputError(f"{path} is not a release.", "Give a file that `ringfence release` wrote.") from None
    lock = Lock(**file.lock.data)
    same_task = Lock(task=file.work.task).data["task"] == lock.data.get("task")
    if stated != canonical_digest(data) or lock.digest != file.lock.digest or not same_task:
        raise InputError(f"{path} was changed after it was written.", "Restore it, or release the contender again.")
    calibrator = calibrator_from(file.work.calibrator, str(path)) if file.work.calibrator else None
    ranker = ranker_from(file.work.ranker, str(path)) if file.work.ranker else None
    if (ranker.digest if ranker else None) != lock.facts.ranker:
        raise InputError(f"{path} holds another ranker than its lock.", "Release the contender again.")
    whole = lock.but(calibrator=calibrator.digest) if calibrator else lock
    work = file.work
    return ReleasedWork(path, task_from(work.task), work.model, whole, work.reading, calibrator, ranker, work.corpus)
