"""Read files in worker processes with limits: one bad file ends as failed with its reason, and nothing else suffers.

Workers are kept for the next file, because starting one costs more than reading most files.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..errors import DocumentError
from ..hardware import processors
from .model import Document
from .reader import (
    ReadingOptions,
    Source,
    Unreadable,
    sha256_of_file,
)
from .worker_protocol import (
    HEAD,
    OVER_MEMORY,
    document_from,
    resident_mib,
    unpack_head,
)

__all__ = ["PagePicture", "page_pictures", "read_ahead", "read_document", "read_documents"]

POLL = 0.2  # seconds between looks at a worker's memory
AHEAD = 1  # files that are begun while another is being taken


class _Stopped(Exception):
    """The worker was stopped or died; ``code`` and the message are the file's."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class _Worker:
    """One worker process and the request that it works on."""

    def __init__(self) -> None:
        environment = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
        environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
        # OCR in a worker runs beside the engine: more threads than this slow both down.
        environment.setdefault("OMP_NUM_THREADS", str(max(1, processors() // 2)))
        self.process = subprocess.Popen(
            [sys.executable, "-c", "from ringfence.documents.worker import main; main()", str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd="/",
            start_new_session=True,
        )
        self._buffer = bytearray()

    def ask(self, request: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:  # it died while idle; the reading side says so
            pass

    def frames(self, options: ReadingOptions) -> Iterator[tuple[dict[str, Any], bytes]]:
        """The frames of the answer. The clock runs only while this waits. Raises _Stopped."""
        waited = 0.0
        while True:
            head, body, seconds = self._frame(options, waited)
            waited += seconds
            if head.get("end"):
                return
            if not head.get("progress"):
                yield head, body

    def _frame(self, options: ReadingOptions, waited: float) -> tuple[dict[str, Any], bytes, float]:
        started = time.monotonic()
        sizes = HEAD.unpack(self._take(HEAD.size, options, started, waited))
        head = unpack_head(self._take(sizes[0], options, started, waited))
        body = self._take(sizes[1], options, started, waited)
        return head, body, time.monotonic() - started

    def _take(self, count: int, options: ReadingOptions, started: float, waited: float) -> bytes:
        assert self.process.stdout is not None
        limits = options.limits
        while len(self._buffer) < count:
            if select.select([self.process.stdout], [], [], POLL)[0]:
                piece = os.read(self.process.stdout.fileno(), 1 << 20)
                if not piece:
                    raise self._died(limits.memory_mib)
                self._buffer += piece
                continue
            seconds = time.monotonic() - started
            if seconds > limits.seconds or waited + seconds > limits.total_seconds:
                bound = limits.seconds if seconds > limits.seconds else limits.total_seconds
                raise _Stopped("took-too-long", f"reading it made no end within {bound:g} seconds")
            if resident_mib(self.process.pid) > limits.memory_mib:
                raise _Stopped("too-much-memory", f"reading it takes more than {limits.memory_mib:,} MiB of memory")
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def _died(self, memory_mib: int) -> _Stopped:
        code = self.process.wait()
        if code == OVER_MEMORY:
            return _Stopped("too-much-memory", f"reading it takes more than {memory_mib:,} MiB of memory")
        how = f"ended on signal {-code}" if code < 0 else f"ended with code {code}"
        return _Stopped("reader-crashed", f"the process that read it {how}")

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                try:
                    pipe.close()
                except OSError:
                    pass


class _Pool:
    """Idle workers, for this process only (a fork starts its own)."""

    def __init__(self) -> None:
        self._idle: list[_Worker] = []
        self._lock = threading.Lock()
        self._owner = os.getpid()
        atexit.register(self.close)

    def get(self) -> _Worker:
        with self._lock:
            if self._owner != os.getpid():
                self._idle, self._owner = [], os.getpid()
            while self._idle:
                worker = self._idle.pop()
                if worker.process.poll() is None:
                    return worker
                worker.stop()
        return _Worker()

    def put(self, worker: _Worker) -> None:
        with self._lock:
            self._idle.append(worker)

    def close(self) -> None:
        if self._owner == os.getpid():
            with self._lock:
                for worker in self._idle:
                    worker.stop()
                self._idle.clear()


_pool = _Pool()


class _Reading:
    """One file that a worker has begun to read."""

    def __init__(self, source: Source, options: ReadingOptions) -> None:
        self.source, self.options = source, options
        self._worker: _Worker | None = _pool.get()
        self._worker.ask({"do": "read", **_asked(source, options)})

    def outcomes(self) -> Iterator[Document | Unreadable]:
        """What the file holds; where the worker had to be stopped, an Unreadable says so last."""
        assert self._worker is not None
        own = False
        try:
            for head, body in self._worker.frames(self.options):
                outcome = (
                    Unreadable(**head["unreadable"]) if "unreadable" in head else document_from(head["document"], body)
                )
                own = own or outcome.id == self.source.id
                yield outcome
        except _Stopped as error:
            self.cancel()
            source = self.source
            sha256 = sha256_of_file(source.path, self.options.limits.file_mib)
            identity, root = (f"{source.id}!rest", source.id) if own else (source.id, None)
            yield Unreadable(identity, source.path.as_posix(), error.code, str(error), sha256, root)
            return
        except BaseException:  # abandoned in the middle: what is left in the pipe belongs to nobody
            self.cancel()
            raise
        _pool.put(self._worker)
        self._worker = None

    def cancel(self) -> None:
        """Stop the worker: what is left in its pipe belongs to nobody."""
        if self._worker:
            self._worker.stop()
            self._worker = None


def _asked(source: Source, options: ReadingOptions) -> dict[str, Any]:
    return {"path": str(source.path.absolute()), "id": source.id, "options": asdict(options)}


def read_documents(source: Source, options: ReadingOptions | None = None) -> Iterator[Document | Unreadable]:
    """Read one file; a mail, an archive, a JSONL file, and a CSV file taken by rows, yields many documents.

    What cannot be read is yielded as Unreadable with its reason, so that every input is accounted for.
    """
    for outcome in _Reading(source, options or ReadingOptions()).outcomes():
        yield _with_path(outcome, source)


def _with_path(outcome: Document | Unreadable, source: Source) -> Document | Unreadable:
    """The path as the caller wrote it: the worker needs an absolute one."""
    object.__setattr__(outcome, "path", source.path.as_posix())
    return outcome


def read_ahead(
    sources: Iterable[Source], options: ReadingOptions | None = None
) -> Iterator[tuple[Source, Iterator[Document | Unreadable]]]:
    """Each source with its outcomes, while the next files are being read already."""
    options = options or ReadingOptions()
    coming = iter(sources)
    begun: deque[_Reading] = deque()
    try:
        while True:
            while len(begun) <= AHEAD and (source := next(coming, None)) is not None:
                begun.append(_Reading(source, options))
            if not begun:
                return
            reading = begun.popleft()
            source = reading.source
            yield source, (_with_path(outcome, source) for outcome in reading.outcomes())
    finally:
        for reading in begun:
            reading.cancel()


def read_document(path: str | Path, options: ReadingOptions | None = None) -> Document:
    """Read a file that holds one document. Raises DocumentError when it cannot, or when it holds several."""
    path = Path(path)
    documents = list(read_documents(Source(path, path.name), options))
    if len(documents) != 1:
        raise DocumentError("several", "the file does not hold exactly one document; use read_documents")
    if isinstance(documents[0], Unreadable):
        raise DocumentError(documents[0].code, documents[0].reason)
    return documents[0]


@dataclass(frozen=True)
class PagePicture:
    """One page: its number from 1, its size in points, and its picture as WEBP."""

    number: int
    width: float
    height: float
    webp: bytes


def page_pictures(
    source: Source,
    document: str,
    sha256: str,
    pages: Sequence[int],
    scale: float,
    options: ReadingOptions | None = None,
) -> list[PagePicture]:
    """Pages (from 1) of a document in ``source``; none when it has changed or cannot be opened any more.

    ``document`` is the id of the document: that of the source, or of a child in it. ``scale`` is in pixels a point.
    """
    options = options or ReadingOptions()
    worker = _pool.get()
    asked = {"document": document, "sha256": sha256, "pages": list(pages), "scale": scale}
    worker.ask({"do": "pictures", **asked, **_asked(source, options)})
    found: list[PagePicture] = []
    try:
        for head, body in worker.frames(options):
            found.append(PagePicture(head["page"], head["width"], head["height"], body))
    except BaseException as error:
        worker.stop()
        if not isinstance(error, _Stopped):
            raise
        return found
    _pool.put(worker)
    return found
