"""How far the matrices of an OpenVINO graph are from those of the GGUF file that it was made from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..gguf_copy import Progress
from .openvino_matrices import GraphMatrix, Matrix, matrix_pairs
from .openvino_runtime import runtime

__all__ = ["FURTHEST", "distance", "distances"]

FURTHEST = 0.02
"""The bound for a matrix. Rounding blocks of 32 numbers to 8 bits moves it by at most sqrt(32 / 12) / 127 = 1.3 %, and
that only where one number in each block holds all of it; anything beyond is a fault of a conversion."""


def distances(graph: Path, files: Sequence[Path], progress: Progress = lambda done, matrices: None) -> dict[str, float]:
    """For every matrix of GGUF files: the root mean square of its differences, relative to that of its numbers.

    Raises EngineError if the graph lacks a matrix.
    """
    model = runtime().core.Core().read_model(graph)
    return {name: _distance(numbers, inside) for name, numbers, inside in matrix_pairs(model, files, progress)}


def distance(squares: float, numbers: Matrix) -> float:
    """The root mean square of differences with this sum of squares, relative to that of the numbers."""
    scale = float(np.sqrt(np.mean(np.square(numbers, dtype=np.float64)))) or 1.0
    return float(np.sqrt(squares / numbers.size)) / scale


def _distance(numbers: Matrix, inside: GraphMatrix) -> float:
    squares = sum(
        float(np.square(rows - numbers[at : at + len(rows)], dtype=np.float64).sum()) for at, rows in inside.pieces()
    )
    return distance(squares, numbers)
