"""Answers: typed values with their evidence, the values that were possible instead, and the records of lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ...contracts import FieldAnswer, value_at

__all__ = [
    "Answer",
    "Distribution",
    "FieldValue",
    "Record",
    "Weighed",
    "WindowAnswer",
    "by_place",
    "copy_values",
    "in_rows",
    "put_value",
]


@dataclass(frozen=True)
class Weighed:
    """A value that a field could have, with its evidence.

    ``logprob`` is the natural log of its probability, given the document and the values written before it.
    """

    value: Any
    answer: FieldAnswer
    logprob: float


Distribution = tuple[Weighed, ...]
"""The values of one field, the most probable first; what is left to a probability of one belongs to no candidate."""


@dataclass(frozen=True)
class FieldValue:
    """One value with its evidence.

    ``logprob`` is the natural log of the probability that the model gave to the text of the value and the end of its
    line; None if that is not known. ``distribution`` holds the values that the field could have, if it was weighed.
    """

    value: Any
    answer: FieldAnswer
    logprob: float | None = None
    distribution: Distribution = ()

    @property
    def score(self) -> float:
        """The model's confidence in its text: the mean log-probability of the tokens."""
        mean = self.answer.features.get("logprob_mean")
        return float(mean) if mean is not None else float("-inf")

    def as_json(self) -> dict[str, Any]:
        """The value as plain data, for the journal of windows."""
        data = {"value": self.value, "entry": self.answer.as_json()}
        return data if self.logprob is None else {**data, "logprob": self.logprob}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> FieldValue:
        """Read what ``as_json`` wrote."""
        return cls(data["value"], FieldAnswer.model_validate(data["entry"]), data.get("logprob"))


@dataclass(frozen=True)
class Answer:
    """A whole answer: typed values with their evidence.

    ``values`` are by field; ``fields`` holds the evidence of each value by path (``total``, ``seller.name``,
    ``lines[0].amount``); ``checks`` the outcome of each check by its text; ``rows`` the start of each record of a list;
    ``distributions`` the values that a field could have, by the path of each value that was weighed.
    """

    values: dict[str, Any]
    fields: dict[str, FieldAnswer]
    checks: dict[str, str]
    rows: dict[str, list[int]]
    distributions: dict[str, Distribution] = field(default_factory=dict)


@dataclass(frozen=True)
class Record:
    """One record of a list: the start of its row or block in the document, and its values."""

    anchor: int
    values: dict[str, FieldValue]

    @property
    def score(self) -> float:
        """Ranks records of the same row: first by the number of values, then by the model's confidence."""
        stated = [found.score for found in self.values.values() if found.answer.kind != "null"]
        return len(stated) + sum(stated) / len(stated) / 1000 if stated else 0.0


def by_place(records: Sequence[Record]) -> list[Record]:
    """Records of one field, of which one line may have several: each begins at its value, and no place counts twice."""
    placed: dict[int, Record] = {}
    for record in records:
        (found,) = record.values.values()
        start = found.answer.spans[0][0] if found.answer.spans else record.anchor
        placed[start] = replace(record, anchor=start)
    return [placed[start] for start in sorted(placed)]


def in_rows(name: str, records: Sequence[Record]) -> Iterator[tuple[str, FieldValue]]:
    """The values in the records of the list ``name``, each with its path: ``lines[0].amount``."""
    for number, record in enumerate(records):
        for leaf, found in record.values.items():
            yield f"{name}[{number}].{leaf}", found


@dataclass(frozen=True)
class WindowAnswer:
    """The answer of one window: values by path, the records of each list, and the text that the model wrote."""

    single: dict[str, FieldValue] = field(default_factory=dict)
    lists: dict[str, list[Record]] = field(default_factory=dict)
    written: str = ""


def copy_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of an answer, so that any of them can be replaced."""
    return {name: _copied(value) for name, value in values.items()}


def _copied(value: Any) -> Any:
    if isinstance(value, list):
        return [_copied(each) for each in value]
    return dict(value) if isinstance(value, dict) else value


def put_value(values: dict[str, Any], path: str, value: Any) -> None:
    """Replace the value at a path (``total``, ``seller.name``, ``lines[0].amount``); its record is there already."""
    outer, _, inner = path.rpartition(".")
    (value_at(values, outer) if outer else values)[inner] = value
