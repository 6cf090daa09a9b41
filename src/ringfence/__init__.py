"""Ringfence: open-weight language models inside your own walls.

The public names are imported when they are first used, so that ``import ringfence`` stays fast.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .no_telemetry import switch_off_telemetry

if TYPE_CHECKING:
    from .documents import Document as Document
    from .documents import read_document as read_document
    from .runs import run as run
    from .tasks import Task as Task
    from .tasks import load_task as load_task

__version__ = "0.1.0"
_HOMES = {
    "Document": "documents",
    "read_document": "documents",
    "Task": "tasks",
    "load_task": "tasks",
    "run": "runs",
}
switch_off_telemetry()
__all__ = ["Document", "Task", "__version__", "load_task", "read_document", "run"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'ringfence' has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
