"""Versions of the libraries that can change an answer, as declared by readers, engines and packages."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version

__all__ = ["library_versions"]


def library_versions(*declared: Iterable[str]) -> dict[str, str]:
    """Return the version of each declared distribution by name; distributions that are not installed are left out."""
    versions = {}
    for name in sorted({name for names in declared for name in names}):
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions
