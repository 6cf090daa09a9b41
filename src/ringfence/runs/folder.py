"""A run folder: run.json, and results.jsonl that grows by one whole line a document.

The journal is the truth. A line is on disk before the next document is counted, a line that a crash cut short is
dropped when the folder is opened again, and of two lines with one document id the later counts.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from filelock import FileLock, Timeout

from ..documents import Document
from ..errors import RunError
from ..files import append_line, drop_cut_line, read_lines, write_whole
from ..locks import Lock

__all__ = ["Earlier", "RunFolder", "Totals"]

_LEFTOVERS = (".run.json.*", ".report.html", ".results.jsonl.purged")


class Totals(Counter[str]):
    """Documents by status; a document that was done again counts once, as it ended last."""

    def __str__(self) -> str:
        total = sum(self.values())
        return f"{total} documents: {self['done']} done, {self['failed']} failed, {self['abstained']} abstained"


class Earlier(NamedTuple):
    """What a journal says of a document: the content, how it ended, and its reader."""

    sha256: str | None
    status: str
    read_by: str | None


class RunFolder:
    """One run on disk. Use ``create`` or ``open``; ``exclusive`` guards against a second writer."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.results = path / "results.jsonl"
        self.windows = path / "windows.jsonl"
        self.trace = path / "trace.jsonl"
        self._lock: FileLock | None = None
        self._kept: dict[tuple[str, str], list[int]] = {}

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
        folder = cls(path)
        if folder.read_facts().get("purged_at"):
            raise RunError(f"The content of the run in {path} was purged.", "Only its digests and totals are left.")
        return folder

    def exclusive(self) -> None:
        """Become the only writer, and drop a last line that was cut short. Raises RunError if somebody else writes."""
        self._lock = FileLock(self.path / ".lock", mode=0o600)
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise RunError(f"Another process is working on {self.path}.", "Wait for it to end, or stop it.") from None
        for leftover in (path for pattern in _LEFTOVERS for path in self.path.glob(pattern)):  # of a kill in a write
            leftover.unlink(missing_ok=True)
        for journal in (self.results, self.windows, self.trace):
            drop_cut_line(journal)
        self._kept = self._index_windows()

    def release(self) -> None:
        """Let others write again."""
        if self._lock:
            self._lock.release()

    def append(self, result: dict[str, Any]) -> None:
        """Add one result; it is on disk when this returns."""
        append_line(self.results, result)

    def keep_trace(self, line: dict[str, Any]) -> None:
        """Keep what the engine said, for replays."""
        append_line(self.trace, line, sync=False)

    def traces(self) -> Iterator[dict[str, Any]]:
        """Every whole line of the trace; none of a run that kept none."""
        try:
            yield from read_lines(self.trace)
        except ValueError as fault:
            raise RunError(f"The trace cannot be read: {fault}.", "Restore the folder from a copy.") from None

    def keep_window(self, document: Document, window: tuple[int, int], part: dict[str, Any]) -> None:
        """Keep what one window of a long document gave, so that a kill costs no more than the windows under way."""
        line = {"document": document.id, "sha256": document.sha256, "window": window, "part": part}
        append_line(self.windows, line, sync=False)

    def _index_windows(self) -> dict[tuple[str, str], list[int]]:
        """Where windows.jsonl holds what earlier sessions kept of each document."""
        places: dict[tuple[str, str], list[int]] = {}
        if self.windows.exists():
            with self.windows.open("rb") as stream:
                while line := stream.readline():
                    entry = json.loads(line)
                    key = (entry["document"], entry["sha256"])
                    places.setdefault(key, []).append(stream.tell() - len(line))
        return places

    def kept_windows(self, document: Document) -> dict[tuple[int, int], dict[str, Any]]:
        """What the windows of a document gave that was under way when an earlier session was stopped."""
        found: dict[tuple[int, int], dict[str, Any]] = {}
        places = self._kept.get((document.id, document.sha256), [])
        if places:
            with self.windows.open("rb") as stream:
                for place in places:
                    stream.seek(place)
                    entry = json.loads(stream.readline())
                    found[tuple(entry["window"])] = entry["part"]
        return found

    def forget_windows(self) -> None:
        """What windows gave is of no use once their documents are done."""
        self.windows.unlink(missing_ok=True)

    def lines(self) -> Iterator[dict[str, Any]]:
        """Every whole line of the journal, in order."""
        try:
            yield from read_lines(self.results)
        except ValueError as fault:
            raise RunError(f"The results cannot be read: {fault}.", "Restore the folder from a copy.") from None

    def latest(self) -> Iterator[dict[str, Any]]:
        """The result that counts for each document, in the order of the journal."""
        last = {result["document"]["id"]: number for number, result in enumerate(self.lines())}
        for number, result in enumerate(self.lines()):
            if last[result["document"]["id"]] == number and result["status"] != "superseded":
                yield result

    def index(self) -> dict[str, Earlier]:
        """What the journal says of each document, by id."""
        found: dict[str, Earlier] = {}
        for line in self.lines():
            document = line["document"]
            if line["status"] == "superseded":
                found.pop(document["id"], None)
            else:
                found[document["id"]] = Earlier(document["sha256"], line["status"], document["read_by"])
        return found

    def totals(self) -> Totals:
        """Documents by status."""
        return Totals(earlier.status for earlier in self.index().values())

    def read_facts(self) -> dict[str, Any]:
        """run.json."""
        try:
            facts: dict[str, Any] = json.loads((self.path / "run.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise RunError(f"{self.path / 'run.json'} cannot be read.", "Restore the folder from a copy.") from None
        return facts

    def lock(self) -> Lock:
        """The lock that run.json holds. Raises RunError where it is not the one whose digest the run states."""
        stated = self.read_facts()["lock"]
        lock = Lock(**stated["data"])
        if lock.digest != stated["digest"]:
            raise RunError(f"The lock in {self.path / 'run.json'} was changed.", "Restore the folder from a copy.")
        return lock

    def base(self) -> Path:
        """What relative paths of the run's documents and arguments are relative to."""
        return Path(self.read_facts()["reading"].get("folder") or ".")

    def write_facts(self, facts: dict[str, Any]) -> None:
        """Replace run.json in one step."""
        write_whole(self.path / "run.json", json.dumps(facts, ensure_ascii=False, indent=1) + "\n", private=True)
