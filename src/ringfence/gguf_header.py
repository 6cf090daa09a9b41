"""Read the header of a GGUF file: its metadata, and the precision and place of its tensors.

The ``gguf`` library makes an array of every string: 6.0 s for the 300,000 tokens and merges of a 1.5B, though a run
needs a single key. This module reads the same header in about 0.1 s. Format: ggml's docs/gguf.md, versions 2 and 3.
"""

from __future__ import annotations

import mmap
import struct
from collections import Counter
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

from .errors import EngineError

__all__ = ["GgufHeader", "TensorPlace"]

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
# For each precision of ggml, the numbers in a block and its bytes.
BLOCKS = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 9: (32, 40), 10: (256, 84),
    11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292), 16: (256, 66), 17: (256, 74),
    18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110), 22: (256, 82), 23: (256, 136), 24: (1, 1), 25: (1, 2),
    26: (1, 4), 27: (1, 8), 28: (1, 8), 29: (256, 56), 30: (1, 2), 34: (256, 54), 35: (256, 66), 39: (32, 17),
    40: (64, 36), 41: (128, 18),
}  # fmt: skip
MOST_KEYS = 100_000  # a damaged file may claim any number


class TensorPlace(NamedTuple):
    """Where the numbers of a tensor lie: the number of its precision, its sides (rows first), and its bytes."""

    kind: int
    sides: tuple[int, ...]
    start: int
    size: int


class GgufHeader:
    """The metadata of a GGUF file by key. Raises EngineError if the file is not GGUF, or is damaged.

    With ``only``, reading stops at that key and keeps no other (the architecture comes first in all files).
    """

    def __init__(self, file: Path, only: str | None = None) -> None:
        self._fields: dict[str, Any] = {}
        self._matrix_types: Counter[int] = Counter()
        self.places: dict[str, TensorPlace] = {}
        """Every tensor, by name."""
        self.parameters = 0
        self.end = 0
        """The size in bytes that the file needs at least: where its last tensor ends. 0 if only a key was read."""
        try:
            with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
                self._read(_Cursor(data), only)
        except (OSError, ValueError, struct.error, KeyError, IndexError, OverflowError, MemoryError):
            raise EngineError(
                f"{file.name} is not a GGUF file, or is damaged.", "Pull it again, or choose other weights."
            ) from None

    def get(self, key: str, default: Any = None) -> Any:
        """The value of ``key``, or ``default`` if the file does not have it."""
        return self._fields.get(key, default)

    @property
    def architecture(self) -> str:
        """The architecture that the header states."""
        return str(self.get("general.architecture"))

    @property
    def heads(self) -> tuple[int, int]:
        """The numbers of attention heads, and of heads of keys and values."""
        heads = int(self.get(f"{self.architecture}.attention.head_count", 1))
        shared = self.get(f"{self.architecture}.attention.head_count_kv", heads)
        return heads, shared if isinstance(shared, int) else heads

    @property
    def matrix_precision(self) -> str | None:
        """The precision of most tensors with two or more dimensions, such as ``Q4_K``; None if there are none."""
        if not self._matrix_types:
            return None
        from gguf import GGMLQuantizationType

        return str(GGMLQuantizationType(self._matrix_types.most_common(1)[0][0]).name)

    @property
    def tensors(self) -> dict[str, str]:
        """The precision of every tensor, by name."""
        from gguf import GGMLQuantizationType

        return {name: str(GGMLQuantizationType(place.kind).name) for name, place in self.places.items()}

    def _read(self, cursor: _Cursor, only: str | None) -> None:
        if cursor.take(4) != b"GGUF" or cursor.scalar("I") not in (2, 3):
            raise ValueError("not GGUF")
        tensors, keys = cursor.scalar("Q"), cursor.scalar("Q")
        if max(tensors, keys) > MOST_KEYS:
            raise ValueError("too many")
        for _ in range(keys):
            key = cursor.string()
            value = cursor.value(cursor.scalar("I"))
            if only is None or key == only:
                self._fields[key] = value
            if key == only:
                return
        length = 0
        for _ in range(tensors):
            name = cursor.string()
            sides = [cursor.scalar("Q") for _ in range(cursor.scalar("I"))]
            kind = cursor.scalar("I")
            numbers, size = BLOCKS.get(kind, (1, 0))
            self.parameters += prod(sides)
            held = prod(sides) // numbers * size
            start = cursor.scalar("Q")  # from the end of the header
            length = max(length, start + held)
            self.places[name] = TensorPlace(kind, tuple(reversed(sides)), start, held)
            if len(sides) > 1:
                self._matrix_types[kind] += 1
        alignment = int(self.get("general.alignment", 32)) or 1
        data = -(-cursor.at // alignment) * alignment
        self.end = data + length if tensors else cursor.at
        self.places = {name: place._replace(start=data + place.start) for name, place in self.places.items()}


class _Cursor:
    """Reads consecutive little-endian values."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data, self.at = data, 0

    def take(self, size: int) -> bytes:
        found = self._data[self.at : self.at + size]
        if len(found) != size:
            raise ValueError("cut short")
        self.at += size
        return found

    def scalar(self, form: str) -> Any:
        size = struct.calcsize(f"<{form}")
        (value,) = struct.unpack_from(f"<{form}", self._data, self.at)
        self.at += size
        return value

    def string(self) -> str:
        return self.take(self.scalar("Q")).decode("utf-8", "replace")

    def value(self, kind: int) -> Any:
        if kind == _STRING:
            return self.string()
        if kind != _ARRAY:
            return self.scalar(_SCALARS[kind])
        item, count = self.scalar("I"), self.scalar("Q")
        if item in _SCALARS:
            form = f"<{count}{_SCALARS[item]}"
            return list(struct.unpack(form, self.take(struct.calcsize(form))))
        if item == _STRING:
            return self._strings(count)
        return [self.value(item) for _ in range(count)]

    def _strings(self, count: int) -> list[str]:
        data, at, unpack = self._data, self.at, struct.Struct("<Q").unpack_from
        found = []
        for _ in range(count):
            (size,) = unpack(data, at)
            at += 8 + size
            text = data[at - size : at]
            if len(text) != size:
                raise ValueError("cut short")
            found.append(text.decode("utf-8", "replace"))
        self.at = at
        return found
