"""Estimate the tokens, the time and the disk space of a long run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..documents import Document, Source, read_documents
from ..inference import Answerer
from ..runs import Pace

__all__ = ["Estimate", "estimate"]

SAMPLE = 6
WRITTEN_TOKEN = 8.0  # the cost of a written token in tokens read, in batched mode (1.5B and 135M, OpenVINO)
RESULT_BYTES_PER_VALUE = 420


@dataclass(frozen=True)
class Estimate:
    """The estimate of a run. ``seconds`` is None if no document of the sample can be read."""

    documents: int
    prompt_tokens: int
    answer_tokens: int
    seconds: float | None
    disk_bytes: int

    def __str__(self) -> str:
        if self.seconds is None:
            return f"{self.documents} files; no estimate, because none of the {SAMPLE} sampled files can be read."
        return (
            f"About {self.documents} documents, {self.prompt_tokens + self.answer_tokens:,} tokens, "
            f"{_span(self.seconds)}, "
            f"{self.disk_bytes / 1e6:.1f} MB of results."
        )


def _span(seconds: float) -> str:
    if seconds > 90 * 60:
        return f"{seconds / 3600:.1f} hours"
    return f"{round(seconds / 60)} min" if seconds > 90 else f"{max(1, round(seconds))} s"


def estimate(answerer: Answerer, sources: Sequence[Source], pace: Pace, limit: int | None = None) -> Estimate:
    """Estimate a run from its pace, and from the token counts of a few files, evenly spaced over ``sources``."""
    sampled: list[int] = []
    per_file = 0
    chosen = list(sources)[:: max(1, len(sources) // SAMPLE)][:SAMPLE]
    for source in chosen:
        for number, outcome in enumerate(read_documents(source, answerer.options.reading), start=1):
            per_file += 1
            if isinstance(outcome, Document) and number <= 3:
                sampled.append(answerer.executor.prompt_tokens(outcome))
    documents = round(len(sources) * per_file / len(chosen)) if chosen else 0
    documents = min(limit, documents) if limit else documents
    answers = documents * answerer.task.answer_tokens
    disk = documents * RESULT_BYTES_PER_VALUE * len(answerer.task.answer_fields())
    if not sampled:
        return Estimate(documents, 0, answers, None, disk)
    settings = answerer.engine.describe()["settings"]
    known = answerer.executor.shared_tokens() if settings.get("prefix_caching") else 0
    prompts = round(documents * sum(max(0, tokens - known) for tokens in sampled) / len(sampled))
    # In solo mode, an answer takes about twice as long as in batched mode.
    written = WRITTEN_TOKEN * (2 if answerer.model.mode == "solo" else 1)
    seconds = pace.seconds * (prompts + written * answers) / (pace.prompt_tokens + written * pace.written_tokens)
    return Estimate(documents, prompts, answers, seconds, disk)
