"""Estimate the tokens, the time and the disk space of a long run."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass

from ..documents import Document, Source, read_documents
from ..inference import Answerer
from ..runs import Costs, Pace

__all__ = ["Estimate", "Forecast", "span"]

SAMPLE = 6
RESULT_BYTES_PER_VALUE = 420
# A step takes about as long for one answer as for many side by side, and the last answers are written by ever fewer:
# those of the last batch take as long as four tenths more of them in a full one (1.5B, 20 documents).
SIDE_BY_SIDE, LONGER = 20, 0.4


@dataclass(frozen=True)
class Estimate:
    """The estimate of a run. ``seconds`` is None if no document of the sample can be read.

    ``basis`` says what it is worked out from before the first document has ended. ``corrected`` if it takes the place
    of an estimate that has proved wrong.
    """

    documents: int
    prompt_tokens: int
    answer_tokens: int
    seconds: float | None
    disk_bytes: int
    corrected: bool = False
    basis: str = ""

    def __str__(self) -> str:
        if self.seconds is None:
            return f"{self.documents} files; no estimate, because none of the {SAMPLE} sampled files can be read."
        tokens = self.prompt_tokens + self.answer_tokens
        return (
            f"{'Now about' if self.corrected else 'About'} {self.documents} documents, {tokens:,} tokens, "
            f"{span(self.seconds)}, "
            f"{self.disk_bytes / 1e6:.1f} MB of results{self.basis and f', {self.basis}'}."
        )


def span(seconds: float) -> str:
    """A duration in the unit that fits it."""
    if seconds > 90 * 60:
        return f"{seconds / 3600:.1f} hours"
    return f"{round(seconds / 60)} min" if seconds > 90 else f"{max(1, round(seconds))} s"


class Forecast:
    """What is known of a run beside its pace: how many documents its files hold, and how long their prompts are.

    It reads a few files, evenly spaced over ``sources``; ``limit`` is the largest number of documents. Those of
    ``kept`` (ids) have their results from an earlier session.
    """

    def __init__(
        self, answerer: Answerer, sources: Sequence[Source], limit: int | None = None, kept: Set[str] = frozenset()
    ) -> None:
        costs = Costs.of(answerer.engine, answerer.executor.shared_tokens, answerer.model.mode)
        self._longer = 0.0 if answerer.model.mode == "solo" else LONGER * costs.written
        sampled: list[int] = []
        per_file = 0
        left = [source for source in sources if source.id not in kept]
        chosen = left[:: max(1, len(left) // SAMPLE)][:SAMPLE]
        for source in chosen:
            read = read_documents(source, answerer.options.reading)
            for number, outcome in enumerate((one for one in read if one.id not in kept), start=1):
                per_file += 1
                if isinstance(outcome, Document) and number <= 3:
                    sampled.append(costs.reading(answerer.executor.prompt_tokens(outcome)))
        documents = round(len(left) * per_file / len(chosen)) if chosen else 0
        self._documents = min(limit, documents) if limit else documents
        self._readable = bool(sampled)
        self._prompts = round(self._documents * sum(sampled) / len(sampled)) if sampled else 0
        self._bytes = self._documents * RESULT_BYTES_PER_VALUE * len(answerer.task.answer_fields())

    def at(self, pace: Pace) -> Estimate:
        """The estimate of the whole run at this pace; one of a whole earlier run has no ``answered`` documents."""
        answers = round(self._documents * pace.written)
        last = min(SIDE_BY_SIDE, max(0, self._documents - pace.answered)) if pace.answered else 0
        work = self._prompts + self._documents * pace.more + last * self._longer * pace.written
        seconds = pace.before + pace.seconds * work / pace.work if self._readable and pace.work else None
        return Estimate(self._documents, self._prompts, answers, seconds, self._bytes)
