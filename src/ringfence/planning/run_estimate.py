"""Before a long run: about how many tokens, how long, how much disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..documents import Document, Source, read_documents
from ..inference import Answerer

__all__ = ["Estimate", "estimate"]

SAMPLE = 6
WRITTEN_TOKEN = (
    8.0  # what a written token costs, in tokens read, with several answers at once (1.5B and 135M, OpenVINO)
)
RESULT_BYTES_PER_VALUE = 420


@dataclass(frozen=True)
class Estimate:
    """About what is ahead. ``seconds`` is None if no document of the sample can be read."""

    documents: int
    prompt_tokens: int
    answer_tokens: int
    seconds: float | None
    disk_bytes: int

    def __str__(self) -> str:
        if self.seconds is None:
            return f"{self.documents} files ahead; none of the first {SAMPLE} can be read, so there is no estimate."
        minutes = self.seconds / 60
        span = f"{minutes / 60:.1f} hours" if minutes > 90 else f"{max(1, round(minutes))} min"
        return (
            f"About {self.documents} documents, {self.prompt_tokens + self.answer_tokens:,} tokens, {span}, "
            f"{self.disk_bytes / 1e6:.1f} MB of results."
        )


def estimate(
    answerer: Answerer, sources: Sequence[Source], tokens_per_second: float, limit: int | None = None
) -> Estimate:
    """Read a few files spread over ``sources`` and count their tokens.

    ``tokens_per_second`` is the speed of reading, as ``Answerer.warm_up`` measures it.
    """
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
    if not sampled or not tokens_per_second:
        return Estimate(documents, 0, answers, None, disk)
    prompts = round(documents * sum(sampled) / len(sampled))
    # One answer at a time costs about twice as much as several together.
    written = WRITTEN_TOKEN * (2 if answerer.model.mode == "solo" else 1)
    return Estimate(documents, prompts, answers, (prompts + written * answers) / tokens_per_second, disk)
