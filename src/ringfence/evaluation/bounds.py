"""Choose the bounds of an answer task on questions that the figures do not use."""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..contracts import Result
from .answers import AnswerScores, score_answers
from .questions import GoldQuestion

__all__ = ["LAX", "Bounds", "choose_bounds", "dev_part", "under_bounds"]

ANSWERABLE = (0.0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.85, 0.87, 0.9, 0.95, 0.98)
RELEVANCE = (0.0, 0.5, 0.7, 0.8, 0.85, 0.87, 0.9)
SUPPORT = (0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99)
LAX = 1e-9
"""A bound that everything reaches, so that every score is there to choose from."""
_OF_MEANING = {"not stated", "contradicted", "no answer"}


@dataclass(frozen=True)
class Bounds:
    """The bounds that handled most of ``questions`` questions, ``handled`` of them right."""

    answerable: float
    support: float
    relevance: float
    questions: int
    handled: int

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        return dict(vars(self))


def dev_part(questions: Sequence[GoldQuestion], share: float, seed: int) -> list[GoldQuestion]:
    """Return a share of the questions, drawn by seed: of those with an answer, and of those without, alike."""
    chosen: list[GoldQuestion] = []
    for answerable in (True, False):
        group = [question for question in questions if question.answerable is answerable]
        chosen += random.Random(seed).sample(group, round(share * len(group)))
    return chosen


def under_bounds(result: Result, answerable: float, support: float, relevance: float) -> Result:
    """Return what a result that was made with lax bounds is under these ones.

    A claim that the stricter bound refuses is left out; that the model would be asked once more is not counted.
    """
    behind = result.from_corpus
    if behind is None or not result.answered:
        return result
    enough = behind.answerable is None or behind.answerable >= answerable
    claims = [
        claim
        for claim in behind.claims
        if enough and (claim.support or 0.0) >= support and set(claim.faults) <= _OF_MEANING
        if claim.relevance is None or claim.relevance >= relevance
    ]
    kept = [claim.model_copy(update={"verdict": "supported", "faults": []}) for claim in claims]
    values = {"answer": "\n".join(claim.text for claim in kept) or None}
    return result.model_copy(update={"values": values, "from_corpus": behind.model_copy(update={"claims": kept})})


def choose_bounds(questions: Sequence[GoldQuestion], results: Mapping[str, Result]) -> Bounds:
    """Return the bounds that handle most questions; of equal ones those with fewest unsupported claims, then strictest.

    ``results`` were made with bounds that refuse nothing.
    """
    found: dict[tuple[float, float, float], AnswerScores] = {}
    known: dict[tuple[Any, ...], AnswerScores] = {}  # by the answers: most bounds are like others on a few questions
    for bounds in itertools.product(ANSWERABLE, SUPPORT, RELEVANCE):
        under = {name: under_bounds(result, *bounds) for name, result in results.items()}
        answers = tuple(result.value("answer") for result in under.values())
        if answers not in known:
            known[answers] = score_answers(questions, under)
        found[bounds] = known[answers]
    best = max(found, key=lambda bounds: (found[bounds].handled.right, -found[bounds].unsupported.right, *bounds))
    return Bounds(*best, len(questions), found[best].handled.right)
