"""The protocol of a source of weights: it fetches files, named by ``scheme:rest``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from ..errors import RingfenceError

__all__ = ["Progress", "SourceUnavailable", "WeightsSource"]

Progress = Callable[[int, int | None], None]
"""Hears the number of bytes fetched so far, and the total if it is known."""


class SourceUnavailable(RingfenceError):
    """A source cannot provide a file now; another source may. ``str(error)`` says why."""


class WeightsSource(Protocol):
    """A place that weights come from, registered as an entry point of ``ringfence.weights_sources``."""

    scheme: str

    def files(self, rest: str) -> Sequence[str]:
        """The files that ``rest`` names, as names within the weights. Raises SourceUnavailable."""
        ...

    def fetch(self, rest: str, name: str, target: Path, progress: Progress) -> None:
        """Write the file ``name`` to ``target``, resuming what an earlier attempt left beside it.

        Raises SourceUnavailable if the source cannot be reached or does not have the file.
        """
        ...

    def licence(self, rest: str) -> str | None:
        """The licence that the source states; None if it states none."""
        ...
