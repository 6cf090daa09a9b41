"""Find what is registered by entry point: built-ins and third-party packages come in through the same door."""

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
    """The names registered in ``ringfence.<group>``, in alphabetical order; nothing is imported."""
    return [entry.name for entry in _entries(group)]


@cache
def load_plugins(group: str) -> dict[str, Any]:
    """Every object registered in ``ringfence.<group>``, by name."""
    return {entry.name: entry.load() for entry in _entries(group)}


def load_plugin(group: str, name: str) -> Any:
    """One registered object; None if nothing has that name."""
    return next((entry.load() for entry in _entries(group) if entry.name == name), None)


def resolve(reference: str) -> Any:
    """The object that ``package.module:name`` refers to."""
    return pkgutil.resolve_name(reference)
