"""Ask the model whether places support a statement: exact scores of closed answers, with the places and without.

Of a claim it is also asked whether its places answer the question.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..contracts import FoundPassage
from ..engines import Engine, Score, ScoreRequest
from ..tasks.answer.prompt import SUPPORTS, support_prompt
from .prompts import prompt_ids

__all__ = ["ANSWER", "EMPTY", "ClaimScores", "SupportCheck", "judged", "share_of_first", "support_of"]

EMPTY = " without source"
ANSWER = "answer "
LEAST_GAIN = 1.0  # nats that a source must add to a claim's log-odds for an even chance of support


class SupportCheck:
    """The requests that score whether places support a statement, on one engine."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._supports = tuple(engine.tokenize(word) + engine.turn_end() for word in SUPPORTS)

    def requests(self, identity: str, question: str, claim: str, sources: Sequence[FoundPassage]) -> list[ScoreRequest]:
        """Return the requests ``identity`` and ``identity + EMPTY``: with the places, and without any."""
        return [
            self._request(identity, question, claim, sources),
            self._request(f"{identity}{EMPTY}", question, claim, ()),
        ]

    def _request(self, identity: str, question: str, claim: str, sources: Sequence[FoundPassage]) -> ScoreRequest:
        prompt = support_prompt(question, claim, sources, self.engine.control_tokens)
        return ScoreRequest(identity, prompt_ids(prompt, self.engine), self._supports)


@dataclass
class ClaimScores:
    """What a model says of one claim: ``asked`` scores, whose ids end in what they are about."""

    asked: int
    by_what: dict[str, Score] = field(default_factory=dict)

    def take(self, score: Score) -> bool:
        """Keep a score; returns whether all are there."""
        self.by_what[score.id.rpartition(": ")[2]] = score
        return len(self.by_what) == self.asked

    def judged(self, bound: float) -> tuple[float, list[str]]:
        """Return the support of the claim, and its fault if that is under ``bound``."""
        return judged(self.by_what[""], self.by_what[EMPTY], bound)

    @property
    def relevance(self) -> float | None:
        """The probability that its places answer the question, or the part of it that they answer best."""
        answers = [score for what, score in self.by_what.items() if what.startswith(ANSWER)]
        return max((share_of_first(score.logprobs) for score in answers), default=None)


def judged(score: Score, empty: Score, bound: float) -> tuple[float, list[str]]:
    """Return the support of a statement, and as its fault, if that is under ``bound``: not stated, or contradicted."""
    support = support_of(score.logprobs, empty.logprobs)
    if support >= bound:
        return support, []
    return support, ["contradicted" if score.logprobs[1] > score.logprobs[2] else "not stated"]


def support_of(logprobs: Sequence[float], empty: Sequence[float]) -> float:
    """Return the probability that a claim is supported, from the log-probabilities of SUPPORTS.

    Without a source a small model calls nearly every claim supported too; what it says then is subtracted (contextual
    calibration, Zhao et al. 2021, "Calibrate Before Use").
    """
    margin = _margin(logprobs) - _margin(empty) - LEAST_GAIN
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, margin))))


def share_of_first(logprobs: Sequence[float]) -> float:
    """Return the share of the first of closed answers in the probability of all."""
    top = max(logprobs)
    weights = [math.exp(logprob - top) for logprob in logprobs]
    return weights[0] / sum(weights)


def _margin(logprobs: Sequence[float]) -> float:
    """Return the log-odds of the first of the closed answers."""
    top = max(logprobs[1:])
    return logprobs[0] - top - math.log(sum(math.exp(logprob - top) for logprob in logprobs[1:]))
