"""Every error that Ringfence raises on purpose.

RingfenceError                  something went wrong that has a name
├── UserError                   the person can mend it: a sentence and a remedy, exit code 2
│   ├── TaskError               faults of a task file, all of them at once
│   ├── InputError              an INPUT argument that names nothing
│   ├── RunError                a run folder that cannot be used as asked
│   ├── WeightsError            weights that cannot be had, read or trusted
│   └── EngineError             the engine cannot do what was asked of it
│       └── EngineBusyError     its queue is full
└── DocumentError               one document cannot be read; the run goes on and counts it as failed
"""

from __future__ import annotations

__all__ = [
    "DocumentError",
    "EngineBusyError",
    "EngineError",
    "InputError",
    "RingfenceError",
    "RunError",
    "TaskError",
    "UserError",
    "WeightsError",
]


class RingfenceError(Exception):
    """The root of the tree above."""


class UserError(RingfenceError):
    """A fault that the person who gave the command can mend.

    ``str(error)`` is one sentence that says what is wrong; ``hint`` is one sentence that says what to do.
    """

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class TaskError(UserError):
    """Faults of a task; ``faults`` holds every one, each with its line where the source is a file."""

    def __init__(self, faults: list[str], source: str) -> None:
        count = f"{len(faults)} fault{'s' if len(faults) > 1 else ''}"
        super().__init__(
            f"{source} has {count}:\n" + "\n".join(f"  {fault}" for fault in faults),
            "Correct the lines named above; `ringfence tasks schema` prints what is allowed.",
        )
        self.faults = faults


class InputError(UserError):
    """An input that names nothing, or nothing that can be read."""


class RunError(UserError):
    """A run folder that is missing, damaged, or belongs to another lock."""


class WeightsError(UserError):
    """Weights that cannot be found, fetched, verified or loaded."""


class EngineError(UserError):
    """An engine that is missing, or that cannot do what was asked."""


class EngineBusyError(EngineError):
    """The engine's queue is full; the same request may be accepted in a moment."""

    def __init__(self, waiting: int) -> None:
        super().__init__(f"The engine's queue is full ({waiting} requests wait).", "Ask again in a moment.")


class DocumentError(RingfenceError):
    """One document cannot be read. ``code`` is a stable word for totals; ``str(error)`` is the sentence for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
