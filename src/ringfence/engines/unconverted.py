"""What engines share that run the origin as it is, without a form of their own."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

__all__ = ["RunsOrigin"]


class RunsOrigin:
    """The form of weights is their origin."""

    form = "origin"

    @classmethod
    def converter_version(cls) -> str:
        """The origin runs as it is."""
        return "none"

    @classmethod
    def convert(cls, origin: Path, target: Path) -> None:
        """Take all files over as they are: hard links where the disk allows it, copies where it does not."""
        for file in (path for path in origin.rglob("*") if path.is_file()):
            place = target / file.relative_to(origin)
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(file, place)
            except OSError:
                shutil.copy2(file, place)
