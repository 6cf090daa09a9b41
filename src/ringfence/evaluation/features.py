"""The features of a value that a calibrator sees: what the run stored about it, never the document's text."""

from __future__ import annotations

import math
import re

from ..contracts import Result, field_of

__all__ = ["FEATURES", "feature_vector", "probability_of", "raw_confidence"]

FEATURES = (
    "logprob_min",  # of the least likely token
    "logprob_mean",
    "probability_min",  # the same as probabilities: errors are not linear in the logarithm alone
    "probability_mean",
    "null_probability",  # that the model gave to null at this place
    "is_null",
    "tokens",
    "candidates",  # of its kind in the document
    "occurrences",  # of the value in the document
    "ocr_doubt",  # of the least sure word
    "flags",
    "checks_broken",
    "checks_held",
    "score",  # of a label, as log-odds
    "margin",  # to the second label, as log-odds
    "entropy",
    "likeness",  # of the pool to the label, as log-odds
    "windows",  # that were read
    "choice",  # the probability of the value among its alternatives, as log-odds
    "weighed",  # whether it was weighed against others at all
    "ranker",  # the probability by the ranker alone, as log-odds
    "agreed",  # whether ranker and model chose the same value
    "by_check",  # whether a check chose it
)
"""In a fixed order; later versions append, so that earlier calibrators read the features that they know."""
_COUNTED_ELSEWHERE = ("check: ", "fragile", "doubtful-value")  # flags that follow other features


def feature_vector(path: str, result: Result) -> list[float]:
    """The features of one value, in the order of FEATURES; 0 for what the run did not store."""
    answer = result.field(path)
    stored = answer.features
    flags = [flag for flag in answer.flags if not flag.startswith(_COUNTED_ELSEWHERE)]
    name = re.compile(rf"\b{re.escape(field_of(path))}\b")
    checks = [outcome for check, outcome in (result.checks or {}).items() if name.search(check)]
    null = stored.get("null_logprob")
    found = {
        "logprob_min": max(-12.0, stored.get("logprob_min") or 0.0),
        "logprob_mean": max(-8.0, stored.get("logprob_mean") or 0.0),
        "probability_min": math.exp(min(0.0, stored.get("logprob_min") or 0.0)),
        "probability_mean": math.exp(min(0.0, stored.get("logprob_mean") or 0.0)),
        "null_probability": math.exp(min(0.0, null)) if null is not None else 0.0,
        "is_null": float(answer.kind == "null"),
        "tokens": math.log1p(stored.get("tokens") or 0),
        "candidates": math.log1p(stored.get("candidates") or 0),
        "occurrences": math.log1p(stored.get("occurrences") or 0),
        "ocr_doubt": 1.0 - answer.ocr if answer.ocr is not None else 0.0,
        "flags": float(len(flags)),
        "checks_broken": float(checks.count("broken")),
        "checks_held": float(checks.count("holds")),
        "score": _log_odds(stored.get("score")),
        "margin": _log_odds((1 + stored["margin"]) / 2) if "margin" in stored else 0.0,
        "entropy": stored.get("entropy") or 0.0,
        "likeness": _log_odds(stored.get("likeness")),
        "windows": math.log(max(1, len(result.windows))),
        "choice": _log_odds(answer.probability_of(result.value(path))),
        "weighed": float(bool(answer.alternatives)),
        "ranker": _log_odds(stored.get("ranker")),
        "agreed": float(bool(stored.get("model_chose"))),
        "by_check": float(answer.chosen_by == "check"),
    }
    return [float(found[name]) for name in FEATURES]


def raw_confidence(path: str, result: Result) -> float:
    """What the model itself says: the score of a label, or the mean probability of the tokens.

    This is not a confidence: it is the "before" in figures of reliability.
    """
    stored = result.field(path).features
    if "score" in stored:
        return float(stored["score"])
    return math.exp(min(0.0, stored.get("logprob_mean") or 0.0))


def probability_of(path: str, result: Result) -> tuple[float, str | None]:
    """The best that a run knows of the probability that a value is right, and who says so.

    That is the confidence by a calibrator, else what ranker and model hold together, else the model's weighing of
    alternatives. Nobody stands for the last resort, the mean probability of the tokens: it orders values, and is no
    probability that one is right.
    """
    answer = result.field(path)
    if answer.confidence is not None:
        return answer.confidence, "the calibrator"
    if "mixed" in answer.features:
        return float(answer.features["mixed"]), "ranker and model"
    if "ranker" in answer.features:
        return float(answer.features["ranker"]), "the ranker"
    own = answer.probability_of(result.value(path))
    return (own, "the model") if own is not None else (raw_confidence(path, result), None)


def _log_odds(share: float | None) -> float:
    if share is None:
        return 0.0
    kept = min(max(share, 1e-6), 1 - 1e-6)
    return math.log(kept / (1 - kept))
