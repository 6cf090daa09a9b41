"""What an engine answers that only writes and scores."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ..errors import EngineError
from .protocol import Purpose

__all__ = ["Writer"]


class Writer:
    """It neither embeds texts nor judges pairs; an engine that does overrides the method."""

    name: str

    def embed(self, texts: Sequence[str], *, purpose: Purpose = "passage") -> npt.NDArray[np.float32]:
        """Not offered: ``capabilities.embed`` is false. Raises EngineError."""
        raise EngineError(f"The {self.name} engine does not embed texts with these weights.", "Use embedding weights.")

    def judge(self, pairs: Sequence[tuple[str, str]]) -> npt.NDArray[np.float32]:
        """Not offered: ``capabilities.labels`` is empty. Raises EngineError."""
        raise EngineError(
            f"The {self.name} engine does not judge pairs of texts with these weights.",
            "Use a cross-encoder or entailment weights on the onnx engine: an ONNX export of a model "
            "...ForSequenceClassification.",
        )
