"""Weights from this machine: a file (with all parts of a split GGUF) or a folder."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from ..errors import EngineError
from .formats import licence_of_gguf
from .source import Progress, SourceUnavailable

__all__ = ["LocalSource"]

_SPLIT = re.compile(r"(.+)-(\d{5})-of-(\d{5})\.gguf")


class LocalSource:
    """A file or a folder; ``file:PATH`` or just the path."""

    scheme = "file"

    def files(self, rest: str) -> Sequence[str]:
        """The names of the files; for a split GGUF, of all its parts. Raises SourceUnavailable if one is missing."""
        path = Path(rest).expanduser()
        if path.is_dir():
            return sorted(
                p.relative_to(path).as_posix()
                for p in path.rglob("*")
                if p.is_file() and not any(part.startswith(".") for part in p.relative_to(path).parts)
            )
        if not path.is_file():
            raise SourceUnavailable(f"there is no file or folder {rest}")
        split = _SPLIT.fullmatch(path.name)
        if split is None:
            return [path.name]
        stem, _, count = split.groups()
        names = [f"{stem}-{number:05d}-of-{count}.gguf" for number in range(1, int(count) + 1)]
        missing = [name for name in names if not (path.parent / name).is_file()]
        if missing:
            raise SourceUnavailable(f"the split GGUF lacks the part {missing[0]}")
        return names

    def licence(self, rest: str) -> str | None:
        """The first line of a licence file beside the weights; else what a single GGUF file states of itself."""
        path = Path(rest).expanduser()
        folder = path if path.is_dir() else path.parent
        for name in ("LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE"):
            if (folder / name).is_file():
                lines = [
                    line.strip() for line in (folder / name).read_text(errors="replace").splitlines() if line.strip()
                ]
                return lines[0][:100] if lines else None
        if path.suffix.lower() == ".gguf" and path.is_file():
            with suppress(EngineError):  # `pull` checks the file itself, and says what is wrong
                return licence_of_gguf(path)
        return None

    def fetch(self, rest: str, name: str, target: Path, progress: Progress) -> None:
        """Copy the file."""
        path = Path(rest).expanduser()
        source = (path if path.is_dir() else path.parent) / name
        size, done = source.stat().st_size, 0
        with source.open("rb") as stream, target.open("wb") as out:
            while piece := stream.read(4 << 20):
                out.write(piece)
                done += len(piece)
                progress(done, size)
        shutil.copystat(source, target)
