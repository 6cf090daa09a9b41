"""Worker process that reads files. It uses no network, starts no programs, writes no files and dies with its parent.

``worker_pool.py`` starts it with the parent's process id as the argument. Each request is a line of JSON on standard
input; the worker answers with frames (``worker_protocol.py``) on standard output.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

__all__ = ["main", "restrict_process"]

# Readers never need these. A library that tries one (a remote image in an HTML file, a helper program) gets an error.
_FORBIDDEN = (
    "socket.connect",
    "socket.getaddrinfo",
    "socket.sendto",
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "os.forkpty",
    "os.remove",
    "os.rename",
    "os.mkdir",
    "os.rmdir",
    "os.link",
    "os.symlink",
    "os.truncate",
    "shutil.rmtree",
)
_EXTRA_ADDRESS_SPACE = 8 << 30  # bytes; libraries map far more than they use, and the parent watches the actual use
_PR_SET_PDEATHSIG = 1
_QUIET_SECONDS = 1.0


def restrict_process() -> None:
    """Let this process, from now on, open files for reading only and use no network or other programs.

    An audit hook checks what Python code does. It is not a sandbox: it does not stop compromised native code.
    """
    sys.dont_write_bytecode = True

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            mode, flags = arguments[1], arguments[2]
            writes = (isinstance(mode, str) and any(c in mode for c in "wax+")) or (
                isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            )
            if writes and arguments[0] != os.devnull:
                raise PermissionError("readers may not write files")
        elif event in _FORBIDDEN:
            raise PermissionError(f"readers may not use {event}")

    sys.addaudithook(hook)


def _die_with_parent(parent: int) -> None:
    with contextlib.suppress(OSError, AttributeError, ImportError):
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # the parent died before prctl took effect
        os._exit(0)


def _limit_memory(mebibytes: int) -> None:
    with contextlib.suppress(ValueError, OSError):
        ceiling = mebibytes * 2**20 + _EXTRA_ADDRESS_SPACE
        resource.setrlimit(resource.RLIMIT_AS, (ceiling, resource.getrlimit(resource.RLIMIT_AS)[1]))


def _watch_memory(limit: list[int]) -> None:
    """End this process if it uses more than ``limit[0]`` MiB; the parent does not check while it is busy elsewhere."""
    from .worker_protocol import OVER_MEMORY, resident_mib

    while True:
        time.sleep(0.2)
        if resident_mib("self") > limit[0]:
            os._exit(OVER_MEMORY)


def _frames(request: dict[str, Any], out: BinaryIO) -> Iterator[bytes]:
    from .page_images import pictures_of
    from .reader import Source, read_here
    from .worker_protocol import frame_of, options_from, pack

    last = time.monotonic()

    def progress() -> None:
        nonlocal last
        if time.monotonic() - last > _QUIET_SECONDS:
            last = time.monotonic()
            out.write(pack({"progress": True}))
            out.flush()

    options = options_from(request["options"])
    _limit_memory(options.limits.memory_mib)
    source = Source(Path(request["path"]), request["id"])
    if request["do"] == "read":
        for outcome in read_here(source, options, progress):
            yield frame_of(outcome)
    else:
        selection = (request["document"], request["sha256"], request["pages"], request["scale"])
        for number, width, height, picture in pictures_of(source, *selection, options):
            yield pack({"page": number, "width": width, "height": height}, picture)


def main() -> None:
    """Serve requests until standard input ends."""
    from .worker_protocol import pack

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C
    _die_with_parent(int(sys.argv[1]))
    limit = [1 << 40]
    threading.Thread(target=_watch_memory, args=(limit,), daemon=True).start()
    requests, out = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # output printed by a library must not mix with the frames
    with open(os.devnull, "wb") as null:
        os.dup2(null.fileno(), 2)  # document content must not reach a terminal or a log
    restrict_process()
    for line in requests:
        request = json.loads(line)
        limit[0] = request["options"]["limits"]["memory_mib"]
        for frame in _frames(request, out):
            out.write(frame)
            out.flush()
        out.write(pack({"end": True}))
        out.flush()
