"""Find plugins by entry point. Built-ins and third-party packages register in the same way."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

__all__ = ["load_plugin", "load_plugins", "plugin_names", "resolve"]


@cache
def _entries(group: str) -> tuple[EntryPoint, ...]:
    return tuple(sorted(entry_points(group=f"ringfence.{group}"), key=lambda entry: entry.name))


def plugin_names(group: str) -> list[str]:
    """Return the names registered in ``ringfence.<group>``, sorted, without importing the plugins."""
    return [entry.name for entry in _entries(group)]


@cache
def load_plugins(group: str) -> dict[str, Any]:
    """Load every object registered in ``ringfence.<group>`` and return them by name."""
    return {entry.name: entry.load() for entry in _entries(group)}


def load_plugin(group: str, name: str) -> Any:
    """Load the object registered as ``name`` in ``ringfence.<group>``; None if no plugin has that name."""
    return next((entry.load() for entry in _entries(group) if entry.name == name), None)


def resolve(reference: str) -> Any:
    """Return the object that ``package.module:name`` refers to."""
    return pkgutil.resolve_name(reference)
