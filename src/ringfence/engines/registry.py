"""Find engines by name: built-in and third-party ones come through the same entry points."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import cast

from ..errors import EngineError
from .protocol import EngineType

__all__ = ["engine_names", "engine_type"]


def engine_names() -> list[str]:
    """The names of the installed engines."""
    return sorted(entry.name for entry in entry_points(group="ringfence.engines"))


def engine_type(name: str) -> EngineType:
    """The class of an engine. Raises EngineError for a name that is not installed."""
    for entry in entry_points(group="ringfence.engines", name=name):
        return cast(EngineType, entry.load())
    raise EngineError(f"There is no engine named {name!r}.", f"Choose one of: {', '.join(engine_names())}.")
