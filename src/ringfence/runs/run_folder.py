"""A run folder: run.json, and results.jsonl, the journal, which grows by one whole line for each document.

The journal is the source of truth. Each line is on disk before the next document is counted. The next session drops a
line that a crash cut short. If two lines have the same document id, the later one counts.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from filelock import FileLock, Timeout
from pydantic import ValidationError

from ..contracts import Result, RunFacts, Span, TraceLine
from ..documents import Document, ReadingOptions
from ..errors import RunError
from ..files import (
    append_line,
    drop_cut_line,
    read_lines,
    write_whole,
)
from ..locks import Lock

__all__ = ["JournalEntry", "RunFolder", "Totals"]

_Line = TypeVar("_Line", Result, TraceLine)
_LEFTOVERS = (".run.json.*", ".report.html*", ".results.jsonl.purged")


class Totals(Counter[str]):
    """The number of documents by status. A document that was processed twice counts once, with its last status.

    ``unread`` is the number of documents with parts that were not read.
    """

    unread: int = 0

    def __str__(self) -> str:
        total = sum(self.values())
        unread = f"; {self.unread} with parts that were not read" if self.unread else ""
        count = f"{total} document{'' if total == 1 else 's'}"
        return f"{count}: {self['done']} done, {self['failed']} failed, {self['abstained']} abstained{unread}"


class JournalEntry(NamedTuple):
    """A journal's entry for a document: the digest of its content, its status, its reader, and the file it is in.

    ``unread`` is true if parts of the document were not read.
    """

    sha256: str | None
    status: str
    read_by: str | None
    source: str | None = None
    unread: bool = False


class RunFolder:
    """One run on disk. Call ``create`` or ``open``; ``exclusive`` locks out a second writer."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.results = path / "results.jsonl"
        self.windows = path / "windows.jsonl"
        self.trace = path / "trace.jsonl"
        self.made = path / "made.jsonl"  # what was made from the run and lies elsewhere
        self.pool = path / "pool.jsonl"  # the labelled texts for the examples of a classify task
        self.ranker = path / "ranker.json"  # the ranker of an extract task, if one was used
        self._lock: FileLock | None = None
        self._kept: dict[tuple[str, str], list[int]] = {}

    @property
    def parts(self) -> Sequence[RunFolder]:
        """The runs that a view of several consists of; a run consists of itself."""
        return (self,)

    def weights_by_lock(self) -> dict[str, str]:
        """Return the names of the weights of each run by the digest of its lock, which every result carries."""
        return {facts.lock.digest: facts.weights for facts in (run.read_facts() for run in self.parts)}

    @classmethod
    def create(cls, path: Path) -> RunFolder:
        """Create a folder that only its owner can read. Raises RunError if the folder is not empty."""
        if (path / "run.json").exists():
            raise RunError(f"{path} already holds a run.", "Continue it with --resume, or give --out another folder.")
        # A run that is killed in its first moments leaves these files.
        if path.exists() and (
            not path.is_dir()
            or any(not child.name.startswith((".lock", ".run.json", "pool.jsonl")) for child in path.iterdir())
        ):
            raise RunError(f"{path} is not an empty folder.", "Give --out a folder that does not exist yet.")
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.chmod(0o700)
        return cls(path)

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """Open an existing run. Raises RunError if there is none, or if its content was purged."""
        if not (path / "run.json").exists():
            raise RunError(f"There is no run in {path}.", "Give the run folder, the one that --out named.")
        folder = cls(path)
        if folder.read_facts().purged_at:
            raise RunError(f"The content of the run in {path} was purged.", "Only its digests and totals are left.")
        return folder

    def exclusive(self) -> None:
        """Become the only writer, and drop a last line that was cut short.

        Raises RunError if there is another writer.
        """
        self._lock = FileLock(self.path / ".lock", mode=0o600)
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise RunError(f"Another process is working on {self.path}.", "Wait until it ends, or stop it.") from None
        for leftover in (path for pattern in _LEFTOVERS for path in self.path.glob(pattern)):  # of a killed write
            leftover.unlink(missing_ok=True)
        for journal in (self.results, self.windows, self.trace):
            drop_cut_line(journal)
        self._kept = self._index_windows()

    def release(self) -> None:
        """Let other processes write again."""
        if self._lock:
            self._lock.release()

    def append(self, result: Result) -> None:
        """Append one result. It is on disk when this method returns."""
        append_line(self.results, result.as_json())

    def supersede(self, identity: str) -> None:
        """Withdraw the earlier result of a document that its file no longer contains."""
        document = {"id": identity, "sha256": None, "read_by": None}
        append_line(self.results, {"schema": 1, "document": document, "status": "superseded"})

    def keep_trace(self, line: TraceLine) -> None:
        """Append an answer of the engine to the trace, for replays."""
        append_line(self.trace, line.as_json(), sync=False)

    def traces(self) -> Iterator[TraceLine]:
        """Yield every whole line of the trace, in order; a run may have no trace. Raises RunError on a damaged line."""
        try:
            for number, line in enumerate(read_lines(self.trace), start=1):
                yield _parsed(TraceLine, line, f"line {number} of {self.trace}")
        except ValueError as fault:
            raise RunError(f"Cannot read the trace: {fault}.", "Restore the folder from a copy.") from None

    def keep_window(self, document: Document, window: Span, part: dict[str, Any]) -> None:
        """Store the answer for one window of a long document, so that a kill loses only the windows in progress."""
        line = {"document": document.id, "sha256": document.sha256, "window": window, "part": part}
        append_line(self.windows, line, sync=False)

    def _index_windows(self) -> dict[tuple[str, str], list[int]]:
        """Return the byte offsets in windows.jsonl of each document's stored windows."""
        places: dict[tuple[str, str], list[int]] = {}
        if self.windows.exists():
            with self.windows.open("rb") as stream:
                while line := stream.readline():
                    entry = json.loads(line)
                    key = (entry["document"], entry["sha256"])
                    places.setdefault(key, []).append(stream.tell() - len(line))
        return places

    def kept_windows(self, document: Document) -> dict[Span, dict[str, Any]]:
        """Return the stored answers by window of a document that an earlier session did not finish."""
        answers: dict[Span, dict[str, Any]] = {}
        places = self._kept.get((document.id, document.sha256), [])
        if places:
            with self.windows.open("rb") as stream:
                for place in places:
                    stream.seek(place)
                    entry = json.loads(stream.readline())
                    answers[tuple(entry["window"])] = entry["part"]
        return answers

    def forget_windows(self) -> None:
        """Delete the answers by window, which are not needed once their documents are done."""
        self.windows.unlink(missing_ok=True)

    def lines(self) -> Iterator[Result]:
        """Yield every whole line of the journal, in order. Raises RunError on a damaged line."""
        try:
            for number, line in enumerate(read_lines(self.results), start=1):
                yield _parsed(Result, line, f"line {number} of {self.results}")
        except ValueError as fault:
            raise RunError(f"Cannot read the results: {fault}.", "Restore the folder from a copy.") from None

    def latest(self) -> Iterator[Result]:
        """Yield the latest result of each document, in the order of the journal."""
        last = {result.document.id: number for number, result in enumerate(self.lines())}
        for number, result in enumerate(self.lines()):
            if last[result.document.id] == number and result.status != "superseded":
                yield result

    def index(self) -> dict[str, JournalEntry]:
        """Return the journal's entry for each document, by id."""
        entries: dict[str, JournalEntry] = {}
        for result in self.lines():
            document = result.document
            if result.status == "superseded":
                entries.pop(document.id, None)
            else:
                entries[document.id] = JournalEntry(
                    document.sha256, result.status, document.read_by, document.source, bool(document.unread)
                )
        return entries

    def totals(self) -> Totals:
        """Count the documents by status."""
        entries = self.index().values()
        totals = Totals(entry.status for entry in entries)
        totals.unread = sum(entry.unread for entry in entries)
        return totals

    def read_facts(self) -> RunFacts:
        """Read run.json of this version or an earlier one. Raises RunError if it is damaged."""
        path = self.path / "run.json"
        try:
            return RunFacts.model_validate(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            raise RunError(f"Cannot read {path}.", "Restore the folder from a copy.") from None

    def write_facts(self, facts: RunFacts) -> None:
        """Replace run.json in one step."""
        text = json.dumps(facts.as_json(), ensure_ascii=False, indent=1) + "\n"
        write_whole(self.path / "run.json", text, private=True)

    def lock(self) -> Lock:
        """Return the lock in run.json. Raises RunError if it does not match the digest beside it."""
        stated = self.read_facts().lock
        lock = Lock(**stated.data)
        if lock.digest != stated.digest:
            raise RunError(f"The lock in {self.path / 'run.json'} was changed.", "Restore the folder from a copy.")
        return lock

    def base(self) -> Path:
        """Return the folder from which the run's relative paths start."""
        return Path(self.read_facts().reading.folder or ".")

    def reading_options(self, passwords: tuple[str, ...] = ()) -> ReadingOptions:
        """Return the options with which the run read its documents."""
        return ReadingOptions.of_run(self.read_facts().reading, passwords)


def _parsed(contract: type[_Line], line: Any, place: str) -> _Line:
    """Parse a line into its contract. Raises ValueError with the place, but with no content of the line."""
    try:
        return contract.model_validate(line)
    except ValidationError:
        raise ValueError(f"{place} is damaged") from None
