"""A run folder: run.json, and results.jsonl that grows by one whole line a document.

The journal is the truth. A line is on disk before the next document is counted, a line that a crash cut short is
dropped when the folder is opened again, and of two lines with one document id the later counts.
"""

from __future__ import annotations

import json
import os
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ..errors import RunError

__all__ = ["RunFolder", "Totals"]


class Totals(Counter[str]):
    """Documents by status; a document that was done again counts once, as it ended last."""

    def __str__(self) -> str:
        total = sum(self.values())
        return f"{total} documents: {self['done']} done, {self['failed']} failed, {self['abstained']} abstained"


class RunFolder:
    """One run on disk. Use ``create`` or ``open``; ``exclusive`` guards against a second writer."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.results = path / "results.jsonl"
        self._lock: FileLock | None = None

    @classmethod
    def create(cls, path: Path) -> RunFolder:
        """A new folder that only its owner can read. Raises RunError when it holds something already."""
        if (path / "run.json").exists():
            raise RunError(
                f"There is a run in {path} already.", "Go on with it by --resume, or give --out another folder."
            )
        # What a kill in the first moments of a run leaves behind does not count.
        if path.exists() and (
            not path.is_dir() or any(not child.name.startswith((".lock", ".run.json")) for child in path.iterdir())
        ):
            raise RunError(f"{path} is not an empty folder.", "Give --out a folder that does not exist yet.")
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.chmod(0o700)
        return cls(path)

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """An existing run. Raises RunError when there is none."""
        if not (path / "run.json").exists():
            raise RunError(f"There is no run in {path}.", "Give the folder that --out named.")
        return cls(path)

    def exclusive(self) -> None:
        """Become the only writer, and drop a last line that was cut short. Raises RunError if somebody else writes."""
        self._lock = FileLock(self.path / ".lock", mode=0o600)
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise RunError(f"Another process is working on {self.path}.", "Wait for it to end, or stop it.") from None
        if self.results.exists():
            with self.results.open("r+b") as stream:
                size = stream.seek(0, os.SEEK_END)
                whole = size
                while whole > 0:
                    start = max(0, whole - (1 << 16))
                    stream.seek(start)
                    newline = stream.read(whole - start).rfind(b"\n")
                    if newline >= 0:
                        whole = start + newline + 1
                        break
                    whole = start
                if whole < size:
                    stream.truncate(whole)

    def release(self) -> None:
        """Let others write again."""
        if self._lock:
            self._lock.release()

    def append(self, result: dict[str, Any]) -> None:
        """Add one result; it is on disk when this returns."""
        line = (json.dumps(result, ensure_ascii=False, separators=(",", ":")) + "\n").encode("utf-8", "surrogatepass")
        descriptor = os.open(self.results, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            view = memoryview(line)
            while view:
                view = view[os.write(descriptor, view) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def lines(self) -> Iterator[dict[str, Any]]:
        """Every whole line of the journal, in order."""
        if not self.results.exists():
            return
        with self.results.open("rb") as stream:
            for number, line in enumerate(stream, start=1):
                if not line.endswith(b"\n"):
                    return
                try:
                    yield json.loads(line)
                except ValueError:
                    raise RunError(
                        f"Line {number} of {self.results} is damaged.", "Restore the folder from a copy."
                    ) from None

    def latest(self) -> Iterator[dict[str, Any]]:
        """The result that counts for each document, in the order of the journal."""
        last = {result["document"]["id"]: number for number, result in enumerate(self.lines())}
        for number, result in enumerate(self.lines()):
            if last[result["document"]["id"]] == number:
                yield result

    def index(self) -> dict[str, tuple[str | None, str]]:
        """For each document id its sha256 and its status."""
        return {line["document"]["id"]: (line["document"]["sha256"], line["status"]) for line in self.lines()}

    def totals(self) -> Totals:
        """Documents by status."""
        return Totals(status for _, status in self.index().values())

    def read_facts(self) -> dict[str, Any]:
        """run.json."""
        try:
            facts: dict[str, Any] = json.loads((self.path / "run.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise RunError(f"{self.path / 'run.json'} cannot be read.", "Restore the folder from a copy.") from None
        return facts

    def write_facts(self, facts: dict[str, Any]) -> None:
        """Replace run.json in one step."""
        temporary = self.path / f".run.json.{uuid.uuid4().hex}"
        temporary.write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        temporary.chmod(0o600)
        os.replace(temporary, self.path / "run.json")
