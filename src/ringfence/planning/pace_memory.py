"""The paces of earlier runs on this machine, so that a run can be estimated before its first document ends."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from ..files import data_home, write_whole
from ..hardware import host_facts
from ..inference import Answerer
from ..locks import canonical_digest
from ..runs import Pace

__all__ = ["recall_pace", "recall_spread", "remember_pace"]

KEPT = 5  # runs of one kind; the machine may have been busy in one of them, so the median of their speeds counts
MOST_KINDS = 200


@dataclass(frozen=True)
class _Kind:
    """The runs of one kind: ``digest`` stands for weights, engine, machine and shape of task; the last pace is last."""

    digest: str
    paces: Sequence[Pace]


_FORM = TypeAdapter(list[_Kind])


def recall_pace(answerer: Answerer) -> Pace | None:
    """The pace to expect of a run: the median speed of the last ones of its kind; None if there was none.

    A run is of the same kind if weights, engine, settings, machine and the names of the fields are the same. Its
    ``answered`` is 0: the pace of a whole run holds its last answers.
    """
    if not (paces := _recalled(answerer)):
        return None
    last = paces[-1]
    speed = statistics.median(map(_speed, paces))
    return Pace(last.before, last.work / speed, last.work, last.more, last.written)


def recall_spread(answerer: Answerer) -> float:
    """How many times as fast as the slowest of those runs the fastest was: what else the machine did may differ."""
    speeds = [_speed(pace) for pace in _recalled(answerer)]
    return max(speeds) / min(speeds) if speeds else 1.0


def remember_pace(answerer: Answerer, pace: Pace) -> None:
    """Keep the pace of a whole run. The file holds digests and numbers only; one that cannot be written is left."""
    if not _is_sound(pace):
        return
    kinds, digest = _read(), _digest(answerer)
    before = next((kind.paces for kind in kinds if kind.digest == digest), ())
    kept = [kind for kind in kinds if kind.digest != digest][1 - MOST_KINDS :]
    kept.append(_Kind(digest, [*before, pace][-KEPT:]))
    with suppress(OSError):
        write_whole(_file(), json.dumps([asdict(kind) for kind in kept], indent=1), private=True)


def _recalled(answerer: Answerer) -> list[Pace]:
    digest = _digest(answerer)
    return [pace for kind in _read() if kind.digest == digest for pace in kind.paces if _is_sound(pace)]


def _speed(pace: Pace) -> float:
    return pace.work / pace.seconds


def _is_sound(pace: Pace) -> bool:
    return all(math.isfinite(one) and one >= 0 for one in asdict(pace).values()) and pace.work > 0 < pace.seconds


def _file() -> Path:
    return data_home() / "paces.json"


def _read() -> list[_Kind]:
    try:
        return _FORM.validate_json(_file().read_bytes())
    except (OSError, ValidationError):
        return []


def _digest(answerer: Answerer) -> str:
    lock, task = answerer.lock.data, answerer.task
    parts = ("weights", "adapter", "engine", "processor", "gpu", "alternatives", "cascade")
    shape = [task.kind, sorted(task.answer_fields())]
    return canonical_digest([{part: lock.get(part) for part in parts}, host_facts(), shape])
