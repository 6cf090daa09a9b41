"""A calibrator: turns the stored features of a value into a confidence, and confidences into decisions.

It is plain data (logistic models, thresholds), saved as JSON; its digest is part of the lock.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter

from ..contracts import Result, field_of
from ..errors import InputError
from ..files import parse_json, write_whole
from ..gold.agreement import Compare
from ..locks import canonical_digest
from .features import FEATURES, feature_vector

__all__ = ["AcceptanceTerms", "Calibrator", "Logistic", "Threshold", "calibrator_from", "read_calibrator"]

POOLED = "*"
Decision = Literal["accept", "review", "spot-check"]


@dataclass(frozen=True)
class AcceptanceTerms:
    """What acceptance promises: with this ``confidence``, at most ``target_error`` of what is accepted is wrong.

    ``spot_check`` is the share of accepted documents that a person checks anyway.
    """

    target_error: float = 0.05
    confidence: float = 0.95
    spot_check: float = 0.05
    compare: Compare = "words"


@dataclass(frozen=True)
class Logistic:
    """intercept + sum(weight * (feature - mean) / scale); ``fields`` are further intercepts by field."""

    intercept: float
    weights: tuple[float, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]
    fields: Mapping[str, float] = field(default_factory=dict)

    def confidence(self, features: list[float], name: str) -> float:
        """The probability that the value is right."""
        total = self.intercept + self.fields.get(name, 0.0)
        for weight, feature, mean, scale in zip(self.weights, features, self.means, self.scales, strict=True):
            total += weight * (feature - mean) / scale
        return 1 / (1 + math.exp(-total)) if total > -700 else 0.0


@dataclass(frozen=True)
class Threshold:
    """Accept at ``at`` or more.

    On the calibration part, ``accepted`` of ``items`` pass and ``errors`` of them are wrong; with the stated confidence
    at most ``bound`` of what it accepts is wrong.
    """

    at: float
    items: int
    accepted: int
    errors: int
    bound: float

    @property
    def share(self) -> float:
        """The share of the calibration items that pass."""
        return self.accepted / self.items


@dataclass(frozen=True)
class Calibrator:
    """Models by field (the pooled one as ``*``), and a threshold for values and one for documents.

    A threshold is None if the labels allow none. ``fields`` are those that the gold states: nothing is known about
    others, so no value of them is accepted.
    """

    models: Mapping[str, Logistic]
    value: Threshold | None
    document: Threshold | None
    target_error: float
    bound_confidence: float
    spot_check: float
    for_lock: str
    gold: str
    made_at: str
    compare: Compare = "words"
    fields: tuple[str, ...] = ()

    @property
    def terms(self) -> AcceptanceTerms:
        """What the calibrator promises."""
        return AcceptanceTerms(self.target_error, self.bound_confidence, self.spot_check, self.compare)

    @property
    def digest(self) -> str:
        """The sha256 of everything that decides; the date of the fit does not."""
        decides = {name: value for name, value in self.as_json().items() if name != "made_at"}
        return canonical_digest(decides)

    def as_json(self) -> dict[str, Any]:
        """The calibrator as plain data."""
        return {"schema": 1, "features": list(FEATURES[: self._known]), **json.loads(json.dumps(asdict(self)))}

    @property
    def _known(self) -> int:
        """The number of features that the models read: an earlier version had fewer."""
        return len(self.models[POOLED].weights) if POOLED in self.models else len(FEATURES)

    def confidences(self, result: Result) -> dict[str, float]:
        """The confidence of every value of a result, by path."""
        found = {}
        for path in result.fields or {}:
            name = field_of(path)
            model = self.models.get(name, self.models[POOLED])
            found[path] = model.confidence(feature_vector(path, result)[: self._known], name)
        return found

    def decide(self, result: Result) -> None:
        """Write the confidence and decision of each value, and the decision of the document, into a result.

        It accepts a document if its least sure value reaches the threshold for documents and the gold states every
        field that the document has. A share of the accepted documents, drawn by id and this calibrator's digest, goes
        to a spot-check.
        """
        if not result.answered:
            result.decision = "review"
            return
        for path, confidence in self.confidences(result).items():
            answer = result.field(path)
            answer.confidence = round(confidence, 6)
            answer.decision = _decision(confidence, self.value) if field_of(path) in self.fields else "review"
        decision: Decision = _decision(self.least(result), self.document)
        if decision == "accept" and self._drawn(result.document.id):
            decision = "spot-check"
        result.decision = decision

    def least(self, result: Result) -> float:
        """The confidence of a document: that of its least sure value.

        0 if it has no value; -1, which is under every threshold, if the gold never states one of its fields.
        """
        return round(min(self.confidences(result).values(), default=0.0), 6) if self._covers(result) else -1.0

    def _covers(self, result: Result) -> bool:
        """Whether the gold states every field of a result; of an empty list, the list or one of its fields."""
        known = set(self.fields)
        if any(field_of(path) not in known for path in result.fields or {}):
            return False
        tops = known | {name.partition(".")[0] for name in known}
        return all(name in tops for name in result.values or {})

    def _drawn(self, identity: str) -> bool:
        mixed = hashlib.sha256(f"{self.digest}\0{identity}".encode()).digest()
        return int.from_bytes(mixed[:8], "big") / 2**64 < self.spot_check

    def write(self, path: Path) -> None:
        """Save it, with its digest."""
        write_whole(path, json.dumps({**self.as_json(), "digest": self.digest}, indent=1) + "\n")


def _decision(confidence: float, threshold: Threshold | None) -> Literal["accept", "review"]:
    return "accept" if threshold is not None and round(confidence, 6) >= threshold.at else "review"


def read_calibrator(path: Path) -> Calibrator:
    """Read a saved calibrator. Raises InputError if the file is not one, or was changed since the fit."""
    try:
        data = parse_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            f"Cannot read {path} ({error.strerror}).", "Give the file that `ringfence calibrate` wrote."
        ) from None
    except ValueError:
        data = None
    return calibrator_from(data, str(path))


def calibrator_from(data: Any, source: str) -> Calibrator:
    """The calibrator in plain data of a file; ``source`` names the file. Raises InputError like ``read_calibrator``."""
    try:
        data = dict(data)
        stated, features = data.pop("digest"), data.pop("features")
        data.pop("schema")
        found = TypeAdapter(Calibrator).validate_python(data)
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{source} is not a calibrator.", "Give the file that `ringfence calibrate` wrote.") from None
    if features != list(FEATURES[: len(features)]):
        raise InputError(f"{source} uses other features than this version stores.", "Calibrate again.")
    if stated != found.digest:
        raise InputError(f"{source} was changed since the fit.", "Calibrate again, or restore the file.")
    return found
