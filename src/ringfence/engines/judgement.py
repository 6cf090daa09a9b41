"""What weights that judge pairs of texts say: their labels, and log-probabilities from their logits."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import EngineError

__all__ = ["judged", "labels_in"]

_REMEDY = "Use a cross-encoder or entailment weights whose config.json names one label of a pair in id2label."


def labels_in(config: dict[str, Any]) -> tuple[str, ...]:
    """The labels of a model ...ForSequenceClassification, in the order of its logits; none if it is no such model.

    Raises EngineError if the labels are not named, or are not alternatives.
    """
    if not any(str(name).endswith("ForSequenceClassification") for name in config.get("architectures") or ()):
        return ()
    names = config.get("id2label") or {}
    try:
        labels = tuple(str(names[str(number)]).lower() for number in range(len(names)))
    except (KeyError, TypeError):
        labels = ()
    if not labels or len(set(labels)) < len(labels):
        raise EngineError("The config.json of these weights does not name the labels that they judge by.", _REMEDY)
    if config.get("problem_type") == "multi_label_classification":
        raise EngineError("These weights give several labels at once, which do not exclude each other.", _REMEDY)
    return labels


def judged(outputs: dict[str, npt.NDArray[Any]], labels: tuple[str, ...]) -> npt.NDArray[np.float32]:
    """Rows of natural log-probabilities, one column per label; of raw logits if there is one label.

    Raises EngineError if the graph gives another number of logits.
    """
    logits = outputs.get("logits", next(iter(outputs.values())))
    if logits.ndim == 1:
        logits = logits[:, None]
    if logits.ndim != 2 or logits.shape[1] != len(labels):
        raise EngineError(
            f"The graph of these weights does not give {len(labels)} numbers for a pair, one for each label.", _REMEDY
        )
    if len(labels) > 1:
        logits = logits - np.logaddexp.reduce(logits.astype(np.float64), axis=1, keepdims=True)
    return np.asarray(logits, np.float32)
