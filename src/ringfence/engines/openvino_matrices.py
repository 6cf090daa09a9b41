"""The matrices of an OpenVINO graph, each beside its own of the GGUF file that the graph was made from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import EngineError
from ..gguf_copy import Progress
from ..gguf_header import GgufHeader, TensorPlace
from ..gguf_rows import in_halves, interleaved_heads

__all__ = ["GraphMatrix", "Matrix", "matrix_pairs"]

Matrix = npt.NDArray[np.float32]

_SEEN = 8  # rows that tell matrices of one shape apart
_PIECE = 4096  # rows of a matrix in memory at a time


@dataclass(frozen=True)
class GraphMatrix:
    """A matrix of a graph: whole numbers in groups, or (without a scale) numbers as they are.

    ``result`` is the operation that has the numbers of the groups, scaled.
    """

    shape: tuple[int, int]
    node: Any
    zero: Any = None
    scale: Any = None
    result: Any = None

    def rows(self, stop: int, start: int = 0) -> Matrix:
        """The numbers of rows, from ``start`` to before ``stop``."""
        part: Matrix = _data(self.node, start, stop).astype(np.float32)
        if self.zero is not None:
            part -= _of(self.zero, start, stop)
        if self.scale is not None:
            part *= _of(self.scale, start, stop)
        return part.reshape(len(part), -1)

    def pieces(self) -> Iterator[tuple[int, Matrix]]:
        """The whole matrix in pieces of rows, each with the number of its first row."""
        for start in range(0, self.shape[0], _PIECE):
            yield start, self.rows(start + _PIECE, start)


def matrix_pairs(
    model: Any, files: Sequence[Path], progress: Progress = lambda done, matrices: None
) -> Iterator[tuple[str, Matrix, GraphMatrix]]:
    """Every matrix of GGUF files: its name, its numbers, and the matrix of the graph that is nearest in its first rows.

    The graph has no names for them. Raises EngineError if the graph lacks a matrix.
    """
    inside = [matrix for node in model.get_ops() if (matrix := _matrix(node)) is not None]
    headers = [GgufHeader(file) for file in files]
    done, matrices = 0, sum(len(place.sides) >= 2 for header in headers for place in header.places.values())
    for file, header in zip(files, headers, strict=True):
        data = np.memmap(file, np.uint8, mode="r")
        for name, place in header.places.items():
            if len(place.sides) < 2:
                continue
            numbers = _numbers(data, place)
            if heads := interleaved_heads(header, name):
                numbers = in_halves(numbers, heads)
            yield name, numbers, _nearest(name, numbers, inside)
            done += 1
            progress(done, matrices)


def _nearest(name: str, numbers: Matrix, inside: list[GraphMatrix]) -> GraphMatrix:
    alike = [matrix for matrix in inside if matrix.shape == numbers.shape]
    if not alike:
        raise EngineError(
            f"The converted weights lack a matrix of the file ({name}).",
            "Choose --engine llamacpp, and report this to Ringfence.",
        )
    head = numbers[:_SEEN]
    return min(alike, key=lambda matrix: float(np.abs(matrix.rows(_SEEN) - head).sum()))


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


def _of(numbers: Any, start: int, stop: int) -> Any:
    return (numbers[start:stop] if numbers.ndim and len(numbers) > 1 else numbers).astype(np.float32)


def _matrix(node: Any) -> GraphMatrix | None:
    """The matrix that a constant holds; None for any other constant, and for other nodes."""
    if node.get_type_name() != "Constant":
        return None
    shape = tuple(int(side) for side in node.get_output_shape(0))
    users = [place.get_node() for place in node.output(0).get_target_inputs()]
    if len(shape) == 2 and node.get_element_type().is_real() and min(shape) > 1:
        return GraphMatrix((shape[0], shape[1]), node)
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
    return None if scale is None else GraphMatrix((shape[0], shape[1] * shape[2]), node, zero, scale, step)


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
