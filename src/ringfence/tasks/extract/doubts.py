"""What the model's own log-probabilities say against an answer, as flags."""

from __future__ import annotations

from collections.abc import Sequence

from .grammar import CandidateRule, Choice, Rule

__all__ = ["UNLIKELY", "UNLIKELY_TOKEN", "end_doubts", "is_the_only_one", "null_doubts", "value_doubts"]

UNLIKELY = -4.0  # of 985 right values 4 have such a token, of 347 wrong ones 40 (receipts, adbuys, invoices; 1.5B)
UNLIKELY_TOKEN = "unlikely-token"
IMPOSSIBLE = -10.0


def is_the_only_one(rule: Rule | None) -> bool:
    """True if the document has one candidate for the field, so that its text had to be written."""
    return isinstance(rule, CandidateRule) and len({candidate.surface for candidate in rule.candidates}) == 1


def value_doubts(rule: Rule | None, logprobs: Sequence[float]) -> list[str]:
    """``unlikely-token`` for a value that the grammar led somewhere else than the model began.

    ``logprobs`` are those of its tokens (nats). An only candidate is right however unlikely its text: of 8 VAT numbers
    with a token below -10, all are.
    """
    return [UNLIKELY_TOKEN] if logprobs and min(logprobs) < UNLIKELY and not is_the_only_one(rule) else []


def end_doubts(rule: Rule | None, ending: float | None, flags: Sequence[str]) -> list[str]:
    """``unlikely-token``, unless it is among ``flags``, for a value that the grammar ended where the model went on.

    ``ending`` is the log-probability of its end: ``Mike Bloomberg 2020,`` of a cell whose next line has ``INC``, at -7.
    """
    if ending is None or isinstance(rule, Choice) or UNLIKELY_TOKEN in flags:
        return []
    return value_doubts(rule, [ending])


def null_doubts(logprobs: Sequence[float]) -> list[str]:
    """``nothing-recognised`` for a null against the model, whose value is not among the candidates.

    There were none, or a second look found only less likely ones.
    """
    return ["nothing-recognised"] if sum(logprobs) < IMPOSSIBLE else []
