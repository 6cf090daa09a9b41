"""What a source of weights is: something that can fetch the bytes of files, named by ``scheme:rest``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from ..errors import RingfenceError

__all__ = ["Progress", "SourceUnavailable", "WeightsSource"]

Progress = Callable[[int, int | None], None]
"""Told the bytes fetched so far and, where it is known, how many there will be."""


class SourceUnavailable(RingfenceError):
    """This source cannot give these bytes now; another one may. ``str(error)`` is a sentence."""


class WeightsSource(Protocol):
    """One place that weights come from, behind an entry point of ``ringfence.weights_sources``."""

    scheme: str

    def files(self, rest: str) -> Sequence[str]:
        """The files that ``rest`` names, as names within the weights. Raises SourceUnavailable."""
        ...

    def fetch(self, rest: str, name: str, target: Path, progress: Progress) -> None:
        """Write the file ``name`` to ``target``, going on from what an earlier attempt left beside it.

        Raises SourceUnavailable when the source cannot be reached or does not have the file.
        """
        ...

    def licence(self, rest: str) -> str | None:
        """The licence that the source states, if it states one."""
        ...
