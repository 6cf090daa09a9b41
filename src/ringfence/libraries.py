"""The versions of the libraries that can change an answer, from what readers, engines and packages declare."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version

__all__ = ["library_versions"]


def library_versions(*declared: Iterable[str]) -> dict[str, str]:
    """The version of each declared distribution that is installed, by name; of optional ones that are not, nothing."""
    found = {}
    for name in sorted({name for names in declared for name in names}):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
