"""A file of vectors, one row a passage, searched exactly."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..hardware import processors
from .database import damaged

__all__ = ["VectorFile", "best_products"]

Rows = npt.NDArray[np.float32]
CHUNK = 32_768  # rows that one thread searches at once: 50 MB of 384 numbers


class VectorFile:
    """Rows of float32, appended and never moved; row ``n`` belongs to passage ``n``, row 0 to none.

    An exact search reads every row: 100,000 rows of 384 take about 20 ms on two cores. The
    database says how many rows count; rows after that are left from a write that was cut, and are written over.
    """

    def __init__(self, path: Path, width: int) -> None:
        self._path, self._width = path, width
        self._map: Rows | None = None

    def write(self, first: int, rows: Rows) -> None:
        """Write rows from number ``first`` on."""
        self._map = None
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.pwrite(descriptor, np.ascontiguousarray(rows, np.float32).tobytes(), first * self._width * 4)
        finally:
            os.close(descriptor)

    def sync(self) -> None:
        """Wait until what was written is on the disk."""
        if self._path.exists():
            with self._path.open("rb") as stream:
                os.fsync(stream.fileno())

    def erase(self, first: int, count: int) -> None:
        """Overwrite rows with zeros."""
        self.write(first, np.zeros((count, self._width), np.float32))

    @property
    def rows(self) -> Rows:
        """All rows, mapped into memory and read-only."""
        if self._map is None:
            size = self._path.stat().st_size // (self._width * 4) if self._path.exists() else 0
            self._map = (
                np.memmap(self._path, np.float32, "r", shape=(size, self._width))
                if size
                else np.zeros((0, self._width), np.float32)
            )
        return self._map

    def nearest(self, vector: Rows, numbers: npt.NDArray[np.int64], count: int) -> tuple[npt.NDArray[np.int64], Rows]:
        """Return the ``count`` rows among ``numbers`` (ascending) with the largest products, best first.

        Rows with equal products come in the order of their numbers.
        """
        if not len(numbers):
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        rows, products = self.rows, np.empty(len(numbers), np.float32)
        if int(numbers[-1]) >= len(rows):
            raise damaged(self._path, "vectors are missing")

        def fill(start: int) -> None:
            part = numbers[start : start + CHUNK]
            first, last = int(part[0]), int(part[-1]) + 1
            chosen = rows[first:last] if last - first == len(part) else rows[part]
            # einsum and not matmul: BLAS adds up a row in another order by its place among the others, and the last
            # bits would then depend on documents that are not in view.
            np.einsum("ij,j->i", chosen, vector, out=products[start : start + CHUNK])

        starts = range(0, len(numbers), CHUNK)
        if len(starts) == 1:
            fill(0)
        else:
            with ThreadPoolExecutor(processors()) as pool:
                list(pool.map(fill, starts))
        return best_products(numbers, products, count)


def best_products(numbers: npt.NDArray[np.int64], products: Rows, count: int) -> tuple[npt.NDArray[np.int64], Rows]:
    """Return the ``count`` largest products with their numbers (ascending), best first, equal ones by number."""
    least = np.partition(products, -count)[-count] if 0 < count < len(products) else -np.inf
    best = np.flatnonzero(products >= least)  # all that equal the last one, so that the lowest numbers can be taken
    best = best[np.lexsort((numbers[best], -products[best]))][:count]
    return numbers[best], products[best]
