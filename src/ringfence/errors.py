"""The errors that Ringfence raises on purpose.

RingfenceError                  base class of every error that Ringfence raises
├── UserError                   the user can fix it: one sentence and a hint; exit code 2
│   ├── TaskError               a task is invalid; reports all its faults at once
│   ├── InputError              an input is missing or invalid
│   ├── RunError                a run folder is missing, damaged or belongs to another lock
│   │   └── OtherLockError      it belongs to another lock
│   ├── WeightsError            weights cannot be found, fetched, verified or loaded
│   └── EngineError             an engine is missing or does not support the request
│       ├── EngineBusyError     the engine's queue is full
│       └── RequestRefused      the engine refuses one request; its document fails, and the run continues
└── DocumentError               a document cannot be read; the run continues and counts it as failed
"""

from __future__ import annotations

__all__ = [
    "DocumentError",
    "EngineBusyError",
    "EngineError",
    "InputError",
    "OtherLockError",
    "RequestRefused",
    "RingfenceError",
    "RunError",
    "TaskError",
    "UserError",
    "WeightsError",
]


class RingfenceError(Exception):
    """Base class of every error that Ringfence raises."""


class UserError(RingfenceError):
    """An error that the user can fix.

    ``str(error)`` describes the problem in one sentence; ``hint``, if given, describes the fix in one sentence.
    """

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class TaskError(UserError):
    """A task is invalid. ``faults`` lists every fault, with its line number if the task comes from a file."""

    def __init__(self, faults: list[str], source: str) -> None:
        count = f"{len(faults)} fault{'s' if len(faults) > 1 else ''}"
        super().__init__(
            f"{source} has {count}:\n" + "\n".join(f"  {fault}" for fault in faults),
            "Fix the lines above; `ringfence tasks schema` prints the schema of a task.",
        )
        self.faults = faults


class InputError(UserError):
    """An input is missing or invalid."""


class RunError(UserError):
    """A run folder is missing, damaged or belongs to another lock."""


class OtherLockError(RunError):
    """A run folder belongs to another lock: its answers would not come out the same."""


class WeightsError(UserError):
    """Weights cannot be found, fetched, verified or loaded."""


class EngineError(UserError):
    """An engine is missing or does not support the request."""


class EngineBusyError(EngineError):
    """The engine's queue is full; the same request may succeed a moment later."""

    def __init__(self, waiting: int) -> None:
        super().__init__(f"The engine's queue is full ({waiting} requests waiting).", "Try again in a moment.")


class RequestRefused(EngineError):
    """An engine refuses one request. Its document fails; the run continues."""


class DocumentError(RingfenceError):
    """A document cannot be read. ``code`` is a stable identifier for totals; ``str(error)`` is the reason in words."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
