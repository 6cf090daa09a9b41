"""The shared part of engines that run weights as they are, without converting them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from .protocol import ShareDone

__all__ = ["RunsOrigin"]


class RunsOrigin:
    """The engine runs the origin of the weights as it is."""

    form = "origin"

    @classmethod
    def converter_version(cls) -> str:
        """Always "none": nothing is converted."""
        return "none"

    @classmethod
    def convert(cls, origin: Path, target: Path, progress: ShareDone) -> None:
        """Link all files into ``target``, or copy them if the disk does not allow hard links."""
        for file in (path for path in origin.rglob("*") if path.is_file()):
            place = target / file.relative_to(origin)
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(file, place)
            except OSError:
                shutil.copy2(file, place)
