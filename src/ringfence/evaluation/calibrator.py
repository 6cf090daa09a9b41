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

from ..errors import InputError
from ..files import write_whole
from ..locks import canonical_digest
from .agreement import Compare
from .features import FEATURES, field_of, values_of

__all__ = ["Calibrator", "Logistic", "Threshold", "read_calibrator"]

POOLED = "*"
Decision = Literal["accept", "review", "spot-check"]


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
    """Accept at ``at`` or more. On the calibration part ``errors`` of ``accepted`` were wrong, of ``items``; with the
    stated confidence no more than ``bound`` of what it accepts is wrong."""

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
    """``models`` by field, and the pooled one as ``*``; thresholds are None where the labels allow none. ``fields`` are
    those that the gold stated: of others nothing is known, so nothing of them is accepted."""

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
    def digest(self) -> str:
        """The sha256 of everything that decides; when it was fitted does not."""
        decides = {name: value for name, value in self.as_json().items() if name != "made_at"}
        return canonical_digest(decides)

    def as_json(self) -> dict[str, Any]:
        """The calibrator as plain data."""
        return {"schema": 1, "features": list(FEATURES), **json.loads(json.dumps(asdict(self)))}

    def confidences(self, result: Mapping[str, Any]) -> dict[str, float]:
        """The confidence of every value of a result, by path."""
        found = {}
        for path in result["fields"] or {}:
            name = field_of(path)
            model = self.models.get(name, self.models[POOLED])
            found[path] = model.confidence(values_of(path, result), name)
        return found

    def decide(self, result: dict[str, Any]) -> None:
        """Write the confidence and decision of each value, and the decision of the document, into a result.

        A document is accepted when its least sure value reaches the threshold for documents, and the gold stated every
        field that it has. A share of the accepted, drawn by the document's id and this calibrator's digest, goes to a
        spot-check.
        """
        if result["status"] != "done":
            result["decision"] = "review"
            return
        confidences = self.confidences(result)
        for path, confidence in confidences.items():
            entry = result["fields"][path]
            entry["confidence"] = round(confidence, 6)
            entry["decision"] = _decision(confidence, self.value) if field_of(path) in self.fields else "review"
        decision: Decision = _decision(self.least(result), self.document)
        if decision == "accept" and self._drawn(result["document"]["id"]):
            decision = "spot-check"
        result["decision"] = decision

    def least(self, result: Mapping[str, Any]) -> float:
        """The confidence of a document: that of its least sure value; 0 where it has none, and -1, under every threshold,
        where the gold never stated one of its fields."""
        return round(min(self.confidences(result).values(), default=0.0), 6) if self._covers(result) else -1.0

    def _covers(self, result: Mapping[str, Any]) -> bool:
        """Whether the gold stated every field of a result; a list without rows counts where it, or a leaf of it, was."""
        known = set(self.fields)
        if any(field_of(path) not in known for path in result["fields"]):
            return False
        tops = known | {name.partition(".")[0] for name in known}
        return all(name in tops for name in result["values"])

    def _drawn(self, identity: str) -> bool:
        mixed = hashlib.sha256(f"{self.digest}\0{identity}".encode()).digest()
        return int.from_bytes(mixed[:8], "big") / 2**64 < self.spot_check

    def write(self, path: Path) -> None:
        """Save it, with its digest."""
        write_whole(path, json.dumps({**self.as_json(), "digest": self.digest}, indent=1) + "\n")


def _decision(confidence: float, threshold: Threshold | None) -> Literal["accept", "review"]:
    return "accept" if threshold is not None and round(confidence, 6) >= threshold.at else "review"


def read_calibrator(path: Path) -> Calibrator:
    """A saved calibrator. Raises InputError where it is none, or was changed since."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        stated = data.pop("digest")
        features = data.pop("features")
        data.pop("schema")
        found = TypeAdapter(Calibrator).validate_python(data)
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({error.strerror}).", "Give the file that `ringfence calibrate` wrote."
        ) from None
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{path} is no calibrator.", "Give the file that `ringfence calibrate` wrote.") from None
    if features != list(FEATURES):
        raise InputError(f"{path} was fitted on other features than this version stores.", "Calibrate again.")
    if stated != found.digest:
        raise InputError(f"{path} was changed since it was fitted.", "Calibrate again, or restore the file.")
    return found
