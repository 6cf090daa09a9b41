"""What the model's own log-probabilities say against an answer, as flags."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .grammar import CandidateRule, Choice, Rule

__all__ = ["UNLIKELY", "UNLIKELY_TOKEN", "is_the_only_one", "null_doubts", "null_rivals", "value_doubts"]

UNLIKELY = -4.0  # of 985 right values 4 have such a token, of 347 wrong ones 40 (receipts, adbuys, invoices; 1.5B)
UNLIKELY_TOKEN = "unlikely-token"
LIKELIER_NULL = "likelier-null"
IMPOSSIBLE = -10.0
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
