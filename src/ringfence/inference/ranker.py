"""What inference knows of a ranker, and the job of a document that a ranker answers without the language model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..contracts import Result, Usage
from ..documents import Document
from ..engines import EngineOutput, EngineRequest
from ..tasks import Answer, ExtractTask, Task
from . import result as results

__all__ = ["RANKED", "RankedJob", "Ranking"]

RANKED = "ranked"
"""The grounding of a result without a language model: each value is a place of the document, chosen by the ranker."""


class Ranking(Protocol):
    """The part of a ranker that inference uses."""

    @property
    def digest(self) -> str:
        """The digest of everything that determines what the ranker chooses."""
        ...

    def require_task(self, task: Task) -> None:
        """Raise InputError if the ranker was learned for another task."""
        ...

    def require_cascade(self) -> None:
        """Raise InputError if the gold allows no answers without the language model."""
        ...

    def weigh(self, task: ExtractTask, document: Document, answer: Answer) -> Answer:
        """Return the answer with what ranker and language model prefer together, before the checks decide."""
        ...

    def sure_answer(self, task: ExtractTask, document: Document) -> Answer | None:
        """Return the answer of the ranker alone, after the checks; None if it is not sure enough."""
        ...

    def write(self, path: Path) -> None:
        """Save the ranker, for its owner alone."""
        ...


@dataclass
class RankedJob:
    """A document that the ranker answered: it sends no request."""

    document: Document
    answer: Answer
    reason: str = ""
    usage: Usage | None = None

    @property
    def finished(self) -> bool:
        """True: nothing is left to do."""
        return True

    @property
    def progress(self) -> tuple[int, int]:
        """One part, finished."""
        return 1, 1

    def first(self) -> Iterator[EngineRequest]:
        """Yield nothing."""
        return iter(())

    def take(self, output: EngineOutput) -> Sequence[EngineRequest]:
        """Do nothing: no output belongs to this job."""
        return ()

    def result(self) -> Result:
        """Return the result."""
        return results.done(
            self.document,
            self.answer.values,
            self.answer.fields,
            [(0, len(self.document.text))],
            grounding=RANKED,
            checks=self.answer.checks,
            rows=self.answer.rows,
        )
