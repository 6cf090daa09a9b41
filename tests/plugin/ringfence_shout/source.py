"""A source of weights: `shout:NAME` gives a tiny safetensors file that is made on the spot."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from pathlib import Path

from ringfence.weights import Progress, SourceUnavailable

__all__ = ["ShoutSource"]

_FILES = ("model.safetensors", "LICENSE")
_MODELS = {"loud": "upper", "quiet": "lower"}  # name -> what the engine does with its words


class ShoutSource:
    """Weights by name. A real source downloads them and resumes a download that was interrupted."""

    scheme = "shout"

    def files(self, rest: str) -> Sequence[str]:
        """The files of the weights `rest`. Raises SourceUnavailable for a name that does not exist."""
        if rest not in _MODELS:
            raise SourceUnavailable(f"there are no weights named {rest!r}; known are {', '.join(sorted(_MODELS))}")
        return _FILES

    def licence(self, rest: str) -> str | None:
        """The licence of the weights."""
        return "Apache-2.0"

    def fetch(self, rest: str, name: str, target: Path, progress: Progress) -> None:
        """Write one file to `target`."""
        content = b"Apache-2.0\n" if name == "LICENSE" else _safetensors(_MODELS[rest])
        target.write_bytes(content)
        progress(len(content), len(content))


def _safetensors(voice: str) -> bytes:
    tensor = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}
    header = json.dumps({"__metadata__": {"voice": voice}, "one": tensor}).encode()
    return struct.pack("<Q", len(header)) + header + struct.pack("<f", 1.0)
