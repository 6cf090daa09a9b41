"""What the model's own log-probabilities say against an answer, as flags."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ...contracts import FieldAnswer
from .grammar import CandidateRule, Choice, Rule

__all__ = [
    "DOUBTFUL_VALUE",
    "EVEN",
    "UNLIKELY",
    "UNLIKELY_TOKEN",
    "belief_doubts",
    "belief_in",
    "is_the_only_one",
    "null_doubts",
    "null_rivals",
    "value_doubts",
]

UNLIKELY = -4.0  # of 985 right values 4 have such a token, of 347 wrong ones 40 (receipts, adbuys, invoices; 1.5B)
UNLIKELY_TOKEN = "unlikely-token"
LIKELIER_NULL = "likelier-null"
DOUBTFUL_VALUE = "doubtful-value"
# Everything else together is likelier than a value below it. Of 996 values of 60 receipts, 60 orders and 45 invoices
# 148 have such a token; 54 of them are wrong, of the others 74 (1.5B, 8 bits).
EVEN = math.log(0.5)
IMPOSSIBLE = -10.0
LEAST_KNOWN = 5e-7  # probabilities of alternatives have six digits
DOUBTFUL = math.log(0.75)  # of such nulls with candidates 5 were wrong and 1 right (orders, example papers; 1.5B)


def is_the_only_one(rule: Rule | None) -> bool:
    """True if the document has one candidate for the field, so that its text had to be written."""
    return isinstance(rule, CandidateRule) and len({candidate.surface for candidate in rule.candidates}) == 1


def value_doubts(rule: Rule | None, logprobs: Sequence[float], ending: float | None = None) -> list[str]:
    """``unlikely-token`` for a value that the grammar led somewhere else than the model began, or ended too early.

    ``logprobs`` are those of its tokens (nats), ``ending`` that of its end, where it is known: it was -7 for ``Mike
    Bloomberg 2020,`` in a cell whose next line has ``INC``. A model may go on behind an option of a closed list. An
    only candidate is right however unlikely its text: of 8 VAT numbers with a token below -10, all are.
    """
    weighed = [*logprobs] if ending is None or isinstance(rule, Choice) else [*logprobs, ending]
    return [UNLIKELY_TOKEN] if weighed and min(weighed) < UNLIKELY and not is_the_only_one(rule) else []


def null_rivals(logprobs: Sequence[float], null: float | None) -> list[str]:
    """``likelier-null`` for a value that a second look took though its ``null`` (nats) was likelier."""
    return [LIKELIER_NULL] if null is not None and sum(logprobs) < null else []


def null_doubts(rule: Rule | None, logprobs: Sequence[float], asked: bool) -> list[str]:
    """``nothing-recognised`` for a null against the model, whose value is not among the candidates.

    There were none, or a second look (``asked``) found only less likely ones. A null that the model only rather
    believes is a ``doubtful-null`` where values were recognised that could be meant.
    """
    belief = sum(logprobs)
    if belief < IMPOSSIBLE and (rule is None or asked):
        return ["nothing-recognised"]
    return ["doubtful-null"] if isinstance(rule, CandidateRule) and belief < DOUBTFUL else []


def belief_in(answer: FieldAnswer, value: Any) -> float | None:
    """The log-probability (nats) of a ``value`` against all others; None where it is not known, or of a null.

    It is that among the alternatives, where they were weighed, else that of the value's least likely token. An only
    candidate had to be written, so its tokens tell nothing.
    """
    if answer.kind == "null":
        return None
    weighed = answer.probability_of(value)
    if weighed is not None:
        return math.log(max(weighed, LEAST_KNOWN))
    return None if answer.features.get("candidates") == 1 else answer.features.get("logprob_min")


def belief_doubts(answer: FieldAnswer, value: Any) -> list[str]:
    """``doubtful-value`` for a value that is less likely than all others together.

    What a check, a label or a range chose rests on the page: of 10 such doubtful values of 28 papers all are right.
    """
    if answer.chosen_by not in (None, "ranker"):
        return []
    belief = belief_in(answer, value)
    return [DOUBTFUL_VALUE] if belief is not None and belief < EVEN and UNLIKELY_TOKEN not in answer.flags else []
