"""Before a long run: about how many tokens, how long, how much disk."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from ..documents import Document, ReadingOptions, Source, read_documents
from ..engines import Engine, Request, ScoreRequest
from ..tasks import ClassifyTask, ExtractTask, SummariseTask, Task, classify_prompt, prepare
from .asking import Windowing, prompt_ids, request_for, windows_for

__all__ = ["Estimate", "estimate"]

SAMPLE = 6
LABEL_TOKENS = 3  # median over the labels of banking77 and clinc150
ANSWER_TOKENS_PER_FIELD = 9  # median over receipts, broadcast orders and the example papers
RESULT_BYTES_PER_FIELD = 420
PROBE = 192
PROBE_MESSAGES = (("user", " ".join(str(number) for number in range(PROBE // 2))),)


@dataclass(frozen=True)
class Estimate:
    """About what is ahead. ``seconds`` is None when no document of the sample could be read."""

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
    task: Task,
    sources: Sequence[Source],
    engine: Engine,
    options: ReadingOptions,
    limit: int | None = None,
    windowing: Windowing | None = None,
) -> Estimate:
    """Read a few files spread over ``sources``, count their tokens, and time the engine on a text of its own."""
    sampled: list[int] = []
    per_file = 0
    step = max(1, len(sources) // SAMPLE)
    chosen = list(sources)[::step][:SAMPLE]
    for source in chosen:
        for number, outcome in enumerate(read_documents(source, options), start=1):
            per_file += 1
            if isinstance(outcome, Document) and number <= 3:
                sampled.append(_tokens_of(task, outcome, engine, windowing or Windowing()))
    documents = round(len(sources) * per_file / len(chosen)) if chosen else 0
    documents = min(limit, documents) if limit else documents
    fields = len(task.flat) if isinstance(task, ExtractTask) else 1
    written = task.words * 2 if isinstance(task, SummariseTask) else ANSWER_TOKENS_PER_FIELD * fields
    answers = 0 if isinstance(task, ClassifyTask) else documents * written
    disk = documents * RESULT_BYTES_PER_FIELD * fields
    if not sampled:
        return Estimate(documents, 0, answers, None, disk)
    prompts = round(documents * sum(sampled) / len(sampled))
    prefill, decode = _speed(engine) if answers else (_scoring_speed(engine), 1.0)
    return Estimate(documents, prompts, answers, prompts / prefill + answers / decode, disk)


def _tokens_of(task: Task, document: Document, engine: Engine, windowing: Windowing) -> int:
    if isinstance(task, ClassifyTask):  # the labels are read once; what is scored is the text and the tree of labels
        prompt = classify_prompt(task, document.text[: 4 * windowing.tokens])
        shared = len(prompt_ids(classify_prompt(task, ""), engine))
        return len(prompt_ids(prompt, engine)) - shared + LABEL_TOKENS * len(task.options)
    if isinstance(task, SummariseTask):
        return len(engine.tokenize(document.text))
    try:
        prepared = prepare(task, document)
        windows = windows_for(prepared, engine, windowing)
        empty = len(request_for(prepared.plan((0, 0)), engine).prompt)
        chosen = windows[: windowing.relevant * len(task.flat)] if windowing.relevant else windows
        return sum(empty + len(engine.tokenize(document.text[window.start : window.end])) for window in chosen)
    except ValueError:
        return 0


def _scoring_speed(engine: Engine) -> float:
    """Tokens per second of scoring, on text that is not the user's."""
    words = engine.tokenize(" ".join(str(number) for number in range(2 * PROBE)))[:PROBE]
    started = time.monotonic()
    list(engine.score([ScoreRequest("probe", words, (words[:2],))]))
    return len(words) / (time.monotonic() - started)


def _speed(engine: Engine) -> tuple[float, float]:
    """Prompt and answer tokens per second on text that is not the user's. Several answers at once go about twice as fast."""
    words = engine.tokenize(" ".join(str(number) for number in range(2 * PROBE)))[:PROBE]
    solo = engine.describe()["settings"]["mode"] == "solo"
    started = time.monotonic()
    list(engine.generate([Request("probe-1", words, 1, messages=PROBE_MESSAGES)]))
    prefill = time.monotonic() - started
    started = time.monotonic()
    list(engine.generate([Request("probe-2", words[::-1], 13, messages=PROBE_MESSAGES)]))
    decode = max(time.monotonic() - started - prefill, prefill / PROBE)
    return len(words) / prefill, 12 / decode * (1 if solo else 2)
