"""Find engines by name. Built-in and third-party engines use the same entry points."""

from __future__ import annotations

from typing import cast

from ..errors import EngineError
from ..plugins import load_plugin, plugin_names
from .protocol import EngineType

__all__ = ["engine_names", "engine_type"]


def engine_names() -> list[str]:
    """The names of the installed engines."""
    return plugin_names("engines")


def engine_type(name: str) -> EngineType:
    """The class of an engine. Raises EngineError if no engine of that name is installed."""
    found = load_plugin("engines", name)
    if found is None:
        raise EngineError(f"There is no engine named {name!r}.", f"Choose one of: {', '.join(engine_names())}.")
    return cast(EngineType, found)
