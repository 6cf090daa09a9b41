"""Examples that a prompt shows: texts with the answers that they should get."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["Example", "Shown"]

Shown = Literal["nearest", "first"]
"""Which examples of a pool a prompt shows: those most like the document, or the first ones, the same for all."""


@dataclass(frozen=True)
class Example:
    """A text from the pool with its answer: ``labels``, or the ``answer`` of an extract task as its lines."""

    text: str
    labels: tuple[str, ...] = ()
    answer: str = ""

    @property
    def row(self) -> list[str]:
        """What a digest covers."""
        return [self.text, *self.labels, *([self.answer] if self.answer else [])]

    def as_json(self) -> dict[str, Any]:
        """A line of a pool."""
        return {"text": self.text, **({"answer": self.answer} if self.answer else {"labels": list(self.labels)})}

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> Example:
        """The example of a line of a pool. Raises ValueError, KeyError or TypeError if it is none."""
        text, answer = record["text"], record.get("answer", "")
        labels = () if answer else tuple(record["labels"] if "labels" in record else [record["label"]])
        if not isinstance(text, str) or not text.strip() or not isinstance(answer, str) or not (labels or answer):
            raise ValueError("no text, or no answer")
        return cls(text, labels, answer)
