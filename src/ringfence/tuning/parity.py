"""Whether what is served is what was trained: the probabilities of the dev part's answers, trainer against engines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from ..engines import Engine, ScoreRequest
from .examples import Encoded

__all__ = ["MOST_APART", "Parity", "compare_with", "trainer_logprobs"]

MOST_APART = 0.15
"""Nats a token, on average. Weights of 8 bits are within 0.02 of the trainer's, an engine that passes over an adapter
is several times further away than this, so the bound tells them apart."""
MOST_EXAMPLES = 12  # of the dev part; llama.cpp writes each token of a given answer by itself


@dataclass(frozen=True)
class Parity:
    """How far one way of serving is from the trainer, over ``examples`` of the dev part.

    ``mean`` is the mean absolute difference of an answer's log-probability per token, ``worst`` the largest; ``error``
    says why there is none.
    """

    served: str
    engine: str
    examples: int
    mean: float
    worst: float
    error: str = ""

    @property
    def holds(self) -> bool:
        """True if the mean difference is within the bound."""
        return not self.error and self.mean <= MOST_APART

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {**asdict(self), "holds": self.holds}


def sample_of(dev: Sequence[Encoded]) -> list[Encoded]:
    """The examples of the dev part that are compared, each with its whole answer: the first ones."""
    chosen = [each for each in dev if each.trained][:MOST_EXAMPLES]
    return [replace(each, learned=(*[False] * each.prompt, *[True] * (len(each.ids) - each.prompt))) for each in chosen]


def trainer_logprobs(training: Any, dev: Sequence[Encoded]) -> list[float]:
    """The log-probability of each answer, by the trainer's own numbers."""
    import torch

    training.model.eval()
    with torch.no_grad():
        return [-float(training.loss_of([each])) for each in sample_of(dev)]


def compare_with(served: str, engine: Engine, dev: Sequence[Encoded], trained: Sequence[float]) -> Parity:
    """Score the same answers on an engine that has the trained weights, and compare them with ``trained``."""
    sample = sample_of(dev)
    if not engine.capabilities.score:
        return Parity(served, engine.name, 0, 0.0, 0.0, "the engine cannot score given answers")
    requests = [
        ScoreRequest(str(number), each.ids[: each.prompt], (each.ids[each.prompt :],))
        for number, each in enumerate(sample)
    ]
    scores = {score.id: score for score in engine.score(requests)}
    apart: list[float] = []
    for number, (each, own) in enumerate(zip(sample, trained, strict=True)):
        score = scores[str(number)]
        if score.error:
            return Parity(served, engine.name, len(apart), 0.0, 0.0, score.error)
        apart.append(abs(score.logprobs[0] - own) / each.trained)
    return Parity(served, engine.name, len(apart), round(sum(apart) / len(apart), 5), round(max(apart), 5))
