"""The order of the rows of query and key matrices: llama.cpp interleaves the two halves of each head, others do not."""

from __future__ import annotations

from typing import Any, Protocol

__all__ = ["in_halves", "in_pairs", "interleaved_heads"]

ROTATED_BY_HALVES = ("attn_q.", "attn_k.")  # in GGUF files of the architecture llama


class _Shape(Protocol):
    @property
    def architecture(self) -> str: ...

    @property
    def heads(self) -> tuple[int, int]: ...


def interleaved_heads(files: _Shape, tensor: str) -> int:
    """For a query or key matrix whose rows llama.cpp interleaves, its number of heads; else 0."""
    if files.architecture != "llama" or not any(part in tensor for part in ROTATED_BY_HALVES):
        return 0
    return files.heads[0] if "attn_q." in tensor else files.heads[1]


def in_pairs(rows: Any, heads: int) -> Any:
    """The rows of a query or key matrix, or its bias, as llama.cpp stores them: the halves of each head interleaved."""
    return _turned(rows, heads, 2, rows.shape[0] // heads // 2)


def in_halves(rows: Any, heads: int) -> Any:
    """The rows that ``in_pairs`` interleaved, as they were: one half of each head after the other."""
    return _turned(rows, heads, rows.shape[0] // heads // 2, 2)


def _turned(rows: Any, heads: int, outer: int, inner: int) -> Any:
    import numpy as np

    return np.ascontiguousarray(rows.reshape(heads, outer, inner, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape))
