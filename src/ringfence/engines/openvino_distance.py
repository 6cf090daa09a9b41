"""How far the matrices of an OpenVINO graph are from those of the GGUF file that it was made from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import EngineError
from ..gguf_header import GgufHeader, TensorPlace
from ..gguf_rows import in_halves, interleaved_heads
from .openvino_runtime import runtime

__all__ = ["FURTHEST", "distances"]

FURTHEST = 0.02
"""The bound for a matrix. Rounding blocks of 32 numbers to 8 bits moves it by at most sqrt(32 / 12) / 127 = 1.3 %, and
that only where one number in each block holds all of it; anything beyond is a fault of a conversion."""

Matrix = npt.NDArray[np.float32]


def distances(graph: Path, files: Sequence[Path]) -> dict[str, float]:
    """For every matrix of GGUF files: the root mean square of its differences, relative to that of its numbers.

    Raises EngineError if the graph lacks a matrix.
    """
    model = runtime().core.Core().read_model(graph)
    inside = [matrix for node in model.get_ops() if (matrix := _matrix(node)) is not None]
    found = {}
    for file in files:
        header = GgufHeader(file)
        data = np.memmap(file, np.uint8, mode="r")
        for name, place in header.places.items():
            if len(place.sides) < 2:
                continue
            numbers = _numbers(data, place)
            if heads := interleaved_heads(header, name):
                numbers = in_halves(numbers, heads)
            found[name] = _distance(name, numbers, inside)
    return found


def _numbers(data: Any, place: TensorPlace) -> Matrix:
    """The numbers of a matrix in a file; gguf's own reader takes 6 s for the tokens of a 1.5B before it has any."""
    from gguf import GGMLQuantizationType
    from gguf.quants import dequantize

    raw = data[place.start : place.start + place.size].reshape(-1, place.size // prod(place.sides[:-1]))
    plain = {0: np.float32, 1: np.float16}.get(place.kind)
    found: Matrix = (
        raw.view(plain).astype(np.float32) if plain else dequantize(raw, GGMLQuantizationType(place.kind))
    ).reshape(place.sides)
    return found


def _distance(name: str, numbers: Matrix, inside: list[_Constant]) -> float:
    """The distance to the matrix of the graph that is nearest in its first rows: the graph has no names for them."""
    alike = [matrix for matrix in inside if matrix.shape == numbers.shape]
    if not alike:
        raise EngineError(
            f"The converted weights lack a matrix of the file ({name}).",
            "Choose --engine llamacpp, and report this to Ringfence.",
        )
    head = numbers[:_SEEN]
    nearest = min(alike, key=lambda matrix: float(np.abs(matrix.rows(_SEEN) - head).sum()))
    scale = float(np.sqrt(np.mean(np.square(numbers, dtype=np.float64)))) or 1.0
    squares = sum(
        float(np.square(rows - numbers[at : at + len(rows)], dtype=np.float64).sum()) for at, rows in nearest.pieces()
    )
    return float(np.sqrt(squares / numbers.size)) / scale


_SEEN = 8  # rows that tell matrices of one shape apart
_PIECE = 4096  # rows of a matrix in memory at a time


@dataclass(frozen=True)
class _Constant:
    """A matrix of a graph: whole numbers in groups, or (without a scale) numbers as they are."""

    shape: tuple[int, int]
    node: Any
    zero: Any = None
    scale: Any = None

    def rows(self, stop: int, start: int = 0) -> Matrix:
        part: Matrix = _data(self.node, start, stop).astype(np.float32)
        if self.zero is not None:
            part -= _of(self.zero, start, stop)
        if self.scale is not None:
            part *= _of(self.scale, start, stop)
        return part.reshape(len(part), -1)

    def pieces(self) -> Iterator[tuple[int, Matrix]]:
        for start in range(0, self.shape[0], _PIECE):
            yield start, self.rows(start + _PIECE, start)


def _of(numbers: Any, start: int, stop: int) -> Any:
    return (numbers[start:stop] if numbers.ndim and len(numbers) > 1 else numbers).astype(np.float32)


def _matrix(node: Any) -> _Constant | None:
    """The matrix that a constant holds; None for any other constant, and for other nodes."""
    if node.get_type_name() != "Constant":
        return None
    shape = tuple(int(side) for side in node.get_output_shape(0))
    users = [place.get_node() for place in node.output(0).get_target_inputs()]
    if len(shape) == 2 and node.get_element_type().is_real() and min(shape) > 1:
        return _Constant((shape[0], shape[1]), node)
    if len(shape) != 3 or not users or users[0].get_type_name() != "Convert":
        return None
    zero = scale = None
    step = users[0]
    while (after := _only_user(step)) is not None and after.get_type_name() in ("Subtract", "Multiply"):
        if after.input_value(0).get_node().get_friendly_name() != step.get_friendly_name():
            return None  # the constant is the zero point or the scale of another one
        other = after.input_value(1).get_node()
        other = other.input_value(0).get_node() if other.get_type_name() == "Convert" else other
        if after.get_type_name() == "Subtract":
            zero = _data(other)
        else:
            scale = _data(other)
        step = after
    return None if scale is None else _Constant((shape[0], shape[1] * shape[2]), node, zero, scale)


def _only_user(node: Any) -> Any:
    users = [place.get_node() for place in node.output(0).get_target_inputs()]
    return users[0] if users else None


def _data(node: Any, start: int = 0, stop: int | None = None) -> Any:
    """Rows of a constant; of numbers of four bits, two lie in a byte, the first one in its lower half."""
    if node.get_element_type().to_string() != "u4":
        return node.data[start:stop]
    rows, *sides = (int(side) for side in node.get_output_shape(0))
    size, stop = prod(sides), rows if stop is None else min(stop, rows)
    first, last = start * size, stop * size
    packed = node.data[first // 2 : -(-last // 2)]
    return np.stack((packed & 15, packed >> 4), axis=-1).reshape(-1)[first % 2 :][: last - first].reshape(-1, *sides)
