"""Send documents over a pipe as frames: a JSON head and the raw boxes.

Never pickles: a reader that a hostile file has taken over can send only data.
"""

from __future__ import annotations

import json
import math
import os
import struct
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ..contracts import UnreadPart
from .model import (
    Block,
    Document,
    Line,
    Page,
)
from .reader import ReadingLimits, ReadingOptions, Unreadable

__all__ = [
    "HEAD",
    "OVER_MEMORY",
    "Stopwatch",
    "document_from",
    "frame_of",
    "options_from",
    "pack",
    "resident_mib",
    "unpack_head",
]

OVER_MEMORY = 77  # exit code of a worker that exceeded its memory limit
HEAD = struct.Struct("<II")  # sizes in bytes of the JSON head and of the boxes that follow


def resident_mib(pid: int | str) -> float:
    """Return the resident memory of a process in MiB; 0 if the system does not report it."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _processor_seconds(pid: int) -> float:
    """Return the processor time that a process has had, in seconds; infinity if the system does not report it."""
    try:
        facts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(facts[11]) + int(facts[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return math.inf


class Stopwatch:
    """Counts the seconds that a process took, so that a busy machine fails no document.

    While the process waits for a processor, or for anything else, a second counts as a tenth. Several threads at work
    in one second count as one second. Every second counts where the system does not report processor time.
    """

    WAITED = 0.1

    def __init__(self, pid: int) -> None:
        self._pid, self._started, self._worked = pid, time.monotonic(), _processor_seconds(pid)

    def seconds(self) -> float:
        """Return the seconds so far."""
        passed, worked = time.monotonic() - self._started, _processor_seconds(self._pid)
        return passed if math.isinf(worked) else max(min(passed, worked - self._worked), passed * self.WAITED)


def pack(head: dict[str, Any], body: bytes = b"") -> bytes:
    """Return ``head`` and ``body`` as one frame."""
    data = json.dumps(head).encode()
    return HEAD.pack(len(data), len(body)) + data + body


def unpack_head(data: bytes) -> dict[str, Any]:
    """Parse the JSON head of a frame."""
    head: dict[str, Any] = json.loads(data)
    return head


def frame_of(outcome: Document | Unreadable) -> bytes:
    """Return an outcome as a frame."""
    if isinstance(outcome, Unreadable):
        return pack({"unreadable": asdict(outcome)})
    head = {
        "id": outcome.id,
        "path": outcome.path,
        "sha256": outcome.sha256,
        "text": outcome.text,
        "pages": [(page.number, page.width, page.height, page.start, page.end) for page in outcome.pages],
        "blocks": [(block.start, block.end) for block in outcome.blocks],
        "lines": [(line.start, line.end) for line in outcome.lines],
        "read_by": outcome.read_by,
        "metadata": outcome.metadata,
        "addresses": outcome.addresses,
        "ocr": outcome.ocr,
        "unread": [part.as_json() for part in outcome.unread],
    }
    return pack({"document": head}, np.ascontiguousarray(outcome.char_boxes, np.float32).tobytes())


def document_from(head: dict[str, Any], boxes: bytes) -> Document:
    """Restore the document from a frame."""
    return Document(
        id=head["id"],
        path=head["path"],
        sha256=head["sha256"],
        text=head["text"],
        pages=tuple(Page(*page) for page in head["pages"]),
        blocks=tuple(Block(*block) for block in head["blocks"]),
        lines=tuple(Line(*line) for line in head["lines"]),
        read_by=head["read_by"],
        metadata=head["metadata"],
        char_boxes=np.frombuffer(boxes, np.float32).reshape(-1, 4),
        addresses=tuple(map(tuple, head["addresses"])),
        ocr=tuple(map(tuple, head["ocr"])),
        unread=tuple(UnreadPart(**part) for part in head["unread"]),
    )


def options_from(data: dict[str, Any]) -> ReadingOptions:
    """Restore reading options from their JSON form."""
    return ReadingOptions(**{**data, "passwords": tuple(data["passwords"]), "limits": ReadingLimits(**data["limits"])})
