"""Read files in worker processes with limits: a bad file fails with its reason, and other files are not affected.

Workers are reused, because starting one takes longer than reading most files.
"""

from __future__ import annotations

import atexit
import base64
import json
import os
import platform
import select
import subprocess
import sys
import threading
import weakref
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..errors import DocumentError, UserError
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
    Stopwatch,
    document_from,
    resident_mib,
    unpack_head,
)

__all__ = ["PagePicture", "page_pictures", "read_ahead", "read_document", "read_documents", "start_worker"]

POLL = 0.2  # seconds between checks of a worker's memory
AHEAD = 1  # files to start reading while the caller handles another


class _Stopped(Exception):
    """The worker died or has to be stopped; ``code`` and the message are those of the file's failure."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class _Worker:
    """A worker process that handles one request at a time."""

    def __init__(self) -> None:
        if platform.system() == "Windows":  # select() there takes sockets only, and the worker needs `resource`
            raise UserError("Reading documents needs Linux or macOS.", "On Windows, run Ringfence in WSL 2.")
        environment = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
        environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
        # OCR in a worker runs alongside the engine; more threads than this slow both down.
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
        # A worker whose reading was dropped, as by Ctrl-C between two files, must not live on.
        self._end = weakref.finalize(self, _end_process, self.process, os.getpid())
        self._end.atexit = False

    def send(self, request: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:  # the worker died while idle; reading its answer reports that
            pass

    def frames(self, options: ReadingOptions) -> Iterator[tuple[dict[str, Any], bytes]]:
        """Yield the frames of the answer. Time counts against the limits only while this waits. Raises _Stopped."""
        waited = 0.0
        while True:
            head, body, seconds = self._frame(options, waited)
            waited += seconds
            if head.get("end"):
                return
            if not head.get("progress"):
                yield head, body

    def _frame(self, options: ReadingOptions, waited: float) -> tuple[dict[str, Any], bytes, float]:
        watch = Stopwatch(self.process.pid)
        sizes = HEAD.unpack(self._read(HEAD.size, options, watch, waited))
        head = unpack_head(self._read(sizes[0], options, watch, waited))
        body = self._read(sizes[1], options, watch, waited)
        return head, body, watch.seconds()

    def _read(self, count: int, options: ReadingOptions, watch: Stopwatch, waited: float) -> bytes:
        assert self.process.stdout is not None
        limits = options.limits
        while len(self._buffer) < count:
            if select.select([self.process.stdout], [], [], POLL)[0]:
                chunk = os.read(self.process.stdout.fileno(), 1 << 20)
                if not chunk:
                    raise self._died(limits.memory_mib)
                self._buffer += chunk
                continue
            seconds = watch.seconds()
            if seconds > limits.seconds:
                raise _Stopped("took-too-long", f"reading it made no progress for {limits.seconds:g} seconds")
            if waited + seconds > limits.total_seconds:
                raise _Stopped("took-too-long", f"reading it takes longer than {limits.total_seconds:g} seconds")
            if resident_mib(self.process.pid) > limits.memory_mib:
                raise _Stopped("too-much-memory", f"reading it takes more than {limits.memory_mib:,} MiB of memory")
        data = bytes(self._buffer[:count])
        del self._buffer[:count]
        return data

    def _died(self, memory_mib: int) -> _Stopped:
        code = self.process.wait()
        if code == OVER_MEMORY:
            return _Stopped("too-much-memory", f"reading it takes more than {memory_mib:,} MiB of memory")
        how = f"was killed by signal {-code}" if code < 0 else f"exited with code {code}"
        return _Stopped("reader-crashed", f"the worker process that read it {how}")

    def stop(self) -> None:
        self._end()


def _end_process(process: subprocess.Popen[bytes], owner: int) -> None:
    """Kill a worker and close its pipes; a forked process leaves those of its parent alone."""
    if os.getpid() != owner:
        return
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe:
            try:
                pipe.close()
            except OSError:
                pass


class _Pool:
    """The idle workers of this process; a forked process starts its own."""

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


def start_worker() -> None:
    """Start an idle worker ahead of the first file: this takes 0.25 s, in which the caller can do other things."""
    if platform.system() != "Windows":
        _pool.put(_pool.get())


class _Reading:
    """A file that a worker has started to read."""

    def __init__(self, source: Source, options: ReadingOptions) -> None:
        self.source, self.options = source, options
        self._worker: _Worker | None = _pool.get()
        self._worker.send({"do": "read", **_common_request(source, options)})

    def outcomes(self) -> Iterator[Document | Unreadable]:
        """Yield the outcomes of the file; if the worker stops early, the last one is an Unreadable with the reason."""
        assert self._worker is not None
        own_document_read = False
        try:
            for head, body in self._worker.frames(self.options):
                outcome = (
                    Unreadable(**head["unreadable"]) if "unreadable" in head else document_from(head["document"], body)
                )
                own_document_read = own_document_read or outcome.id == self.source.id
                yield outcome
        except _Stopped as error:
            self.cancel()
            source = self.source
            sha256 = sha256_of_file(source.path, self.options.limits.file_mib)
            identity, root = (f"{source.id}!rest", source.id) if own_document_read else (source.id, None)
            yield Unreadable(identity, source.path.as_posix(), error.code, str(error), sha256, root)
            return
        except BaseException:  # abandoned midway: the pipe still contains part of the answer
            self.cancel()
            raise
        _pool.put(self._worker)
        self._worker = None

    def cancel(self) -> None:
        """Stop the worker, whose pipe still contains part of the answer."""
        if self._worker:
            self._worker.stop()
            self._worker = None


def _common_request(source: Source, options: ReadingOptions) -> dict[str, Any]:
    return {"path": str(source.path.absolute()), "id": source.id, "options": asdict(options)}


def read_documents(source: Source, options: ReadingOptions | None = None) -> Iterator[Document | Unreadable]:
    """Read one file. Mails, archives, JSONL files, and CSV files read by row can yield several documents.

    A document that cannot be read is yielded as an Unreadable with the reason, so that every input is accounted for.
    Raises UserError on Windows, where worker processes cannot run.
    """
    for outcome in _Reading(source, options or ReadingOptions()).outcomes():
        yield _with_path(outcome, source)


def _with_path(outcome: Document | Unreadable, source: Source) -> Document | Unreadable:
    """Restore the path that the caller gave; the worker gets an absolute one."""
    object.__setattr__(outcome, "path", source.path.as_posix())
    return outcome


def read_ahead(
    sources: Iterable[Source], options: ReadingOptions | None = None
) -> Iterator[tuple[Source, Iterator[Document | Unreadable]]]:
    """Yield each source with its outcomes, while workers already read the next files."""
    options = options or ReadingOptions()
    remaining = iter(sources)
    started: deque[_Reading] = deque()
    try:
        while True:
            while len(started) <= AHEAD and (source := next(remaining, None)) is not None:
                started.append(_Reading(source, options))
            if not started:
                return
            reading = started.popleft()
            source = reading.source
            yield source, (_with_path(outcome, source) for outcome in reading.outcomes())
    finally:
        for reading in started:
            reading.cancel()


def read_document(path: str | Path, options: ReadingOptions | None = None) -> Document:
    """Read a file that contains one document.

    Raises DocumentError if the file cannot be read or does not contain exactly one document, and UserError on Windows.
    """
    path = Path(path)
    documents = list(read_documents(Source(path, path.name), options))
    if len(documents) != 1:
        raise DocumentError("several", "the file does not contain exactly one document; use read_documents")
    if isinstance(documents[0], Unreadable):
        raise DocumentError(documents[0].code, documents[0].reason)
    return documents[0]


PICTURE_SCALE = 1.4  # 100 dots per inch: body text stays legible


@dataclass(frozen=True)
class PagePicture:
    """A page image: the page number from 1, the page size in points, and the image as WEBP."""

    number: int
    width: float
    height: float
    webp: bytes

    @property
    def address(self) -> str:
        """The image as a data URL, for a page that holds it."""
        return "data:image/webp;base64," + base64.b64encode(self.webp).decode()


def page_pictures(
    source: Source,
    document: str,
    sha256: str,
    pages: Sequence[int],
    scale: float,
    options: ReadingOptions | None = None,
) -> list[PagePicture]:
    """Render pages (numbered from 1) of a document; empty if it has changed or can no longer be opened.

    ``document`` is the id of the source itself or of a child document in it. ``scale`` is in pixels per point.
    """
    options = options or ReadingOptions()
    worker = _pool.get()
    selection = {"document": document, "sha256": sha256, "pages": list(pages), "scale": scale}
    worker.send({"do": "pictures", **selection, **_common_request(source, options)})
    pictures: list[PagePicture] = []
    try:
        for head, body in worker.frames(options):
            pictures.append(PagePicture(head["page"], head["width"], head["height"], body))
    except BaseException as error:
        worker.stop()
        if not isinstance(error, _Stopped):
            raise
        return pictures
    _pool.put(worker)
    return pictures
