"""The features of a value that a calibrator sees: what the run stored of it, never the document's text."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

__all__ = ["FEATURES", "field_of", "raw_confidence", "values_of"]

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
)


def field_of(path: str) -> str:
    """The field of a path, without rows: ``lines[0].amount`` is of ``lines.amount``."""
    return re.sub(r"\[\d+\]", "", path)


def values_of(path: str, result: Mapping[str, Any]) -> list[float]:
    """The features of one value of a result, in the order of FEATURES; what was not stored is 0."""
    entry = result["fields"][path]
    stored = entry.get("features") or {}
    flags = [flag for flag in entry["flags"] if not flag.startswith(("check: ", "fragile"))]
    name = field_of(path)
    held = [
        outcome
        for check, outcome in (result.get("checks") or {}).items()
        if re.search(rf"\b{re.escape(name)}\b", check)
    ]
    null = stored.get("null_logprob")
    found = {
        "logprob_min": max(-12.0, stored.get("logprob_min") or 0.0),
        "logprob_mean": max(-8.0, stored.get("logprob_mean") or 0.0),
        "probability_min": math.exp(min(0.0, stored.get("logprob_min") or 0.0)),
        "probability_mean": math.exp(min(0.0, stored.get("logprob_mean") or 0.0)),
        "null_probability": math.exp(min(0.0, null)) if null is not None else 0.0,
        "is_null": float(entry["kind"] == "null"),
        "tokens": math.log1p(stored.get("tokens") or 0),
        "candidates": math.log1p(stored.get("candidates") or 0),
        "occurrences": math.log1p(stored.get("occurrences") or 0),
        "ocr_doubt": 1.0 - entry["ocr"] if entry.get("ocr") is not None else 0.0,
        "flags": float(len(flags)),
        "checks_broken": float(sum(outcome == "broken" for outcome in held)),
        "checks_held": float(sum(outcome == "holds" for outcome in held)),
        "score": _log_odds(stored.get("score")),
        "margin": _log_odds((1 + stored["margin"]) / 2) if "margin" in stored else 0.0,
        "entropy": stored.get("entropy") or 0.0,
        "likeness": _log_odds(stored.get("likeness")),
        "windows": math.log(max(1, len(result.get("windows") or []))),
    }
    return [float(found[name]) for name in FEATURES]


def raw_confidence(path: str, result: Mapping[str, Any]) -> float:
    """What the model itself would say: the score of the label, or the mean probability of the tokens. No confidence;
    it is what reliability is shown for before calibration."""
    stored = result["fields"][path].get("features") or {}
    if "score" in stored:
        return float(stored["score"])
    return math.exp(min(0.0, stored.get("logprob_mean") or 0.0))


def _log_odds(share: float | None) -> float:
    if share is None:
        return 0.0
    kept = min(max(share, 1e-6), 1 - 1e-6)
    return math.log(kept / (1 - kept))
