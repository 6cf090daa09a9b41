"""Answer documents for a classify task: the score of each label, the chosen labels, and the sentences behind them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from ..contracts import FieldAnswer, Result, Usage
from ..documents import Document
from ..engines import Engine, EngineOutput, Score, ScoreRequest
from ..errors import EngineError
from ..tasks import (
    ClassifyTask,
    Example,
    Window,
    classify_prompt,
    judge,
    label_scores,
    sentences_of,
    with_likeness,
)
from . import result as results
from .example_pool import Neighbours
from .executor import ExecutorSetup
from .job import NothingKept, WindowKeeper, add_usage, as_score
from .prompts import prompt_ids, split_into_windows

__all__ = ["ClassifyExecutor", "ClassifyJob"]

SHOWN = 2000  # characters of the document in an explanation's prompt


class ClassifyExecutor:
    """The executor of classify tasks: the labels' token ids, their scores without a document, and the pool."""

    def __init__(self, task: ClassifyTask, engine: Engine, setup: ExecutorSetup) -> None:
        if not engine.capabilities.score:
            raise EngineError(
                f"The engine {engine.name} cannot score labels on this machine.",
                "Choose another engine; `ringfence engines list` names them.",
            )
        self.task, self.engine, self.windowing, self.pool = task, engine, setup.windowing, setup.pool
        end = engine.turn_end()
        comma = engine.tokenize(",")
        self.continuations: dict[str, list[tuple[int, ...]]] = {}
        for label in task.options:
            ids = engine.tokenize(" " + label)
            self.continuations[label] = [ids + end, ids + comma] if task.several else [ids + end]
        self.empty: dict[str, float] | None = None
        if task.calibrate or task.evidence:
            request = self.request("empty", "", (), list(task.options))
            (score,) = engine.score([request])
            if score.error:
                raise EngineError(
                    f"Cannot score the labels: {score.error}.",
                    "Shorten the descriptions of the labels, or use other weights.",
                )
            self.empty = {label: level for label, (level, _) in self.levels(score, list(task.options)).items()}

    def request(
        self, identity: str, text: str, examples: Sequence[Example], labels: Sequence[str], chosen: Sequence[str] = ()
    ) -> ScoreRequest:
        """Return the request that scores ``labels`` for a text."""
        prompt = classify_prompt(self.task, text, examples, self.engine.control_tokens, chosen)
        continuations = tuple(ids for label in labels for ids in self.continuations[label])
        return ScoreRequest(identity, prompt_ids(prompt, self.engine), continuations)

    def levels(self, score: Score, labels: Sequence[str]) -> dict[str, tuple[float, float]]:
        """Return for each label its log-probability, and the probability that the answer ends after it."""
        each = len(score.logprobs) // len(labels)
        levels = {}
        for number, label in enumerate(labels):
            continuations = score.logprobs[number * each : (number + 1) * each]
            level = float(np.logaddexp.reduce(continuations))
            levels[label] = (level, float(np.exp(continuations[0] - level)))
        return levels

    def job(self, document: Document, keeper: WindowKeeper) -> ClassifyJob:
        """Return the job for a document. It is short, so ``keeper`` is not used."""
        near = self.pool.around(document.text, self.task.examples) if self.pool else Neighbours([], {})
        empty = self.request("", "", near.examples, list(self.task.options)[:1])
        room = max(len(ids) for ways in self.continuations.values() for ids in ways)
        windows = split_into_windows(document, self.engine, self.windowing, len(empty.prompt), room)
        return ClassifyJob(self, document, near, windows if self.task.read == "all" else windows[:1], len(windows))

    def explain(self, document: Document, window: int) -> tuple[dict[str, Any], ClassifyJob, int]:
        """Return the prompt with the beginning of the document and its examples, the job, and the number of windows."""
        job = self.job(document, NothingKept())
        prompt = classify_prompt(self.task, document.text[:SHOWN], job.near.examples, self.engine.control_tokens)
        return {"prompt": asdict(prompt)}, job, job.of_windows

    @staticmethod
    def before_model(task: ClassifyTask, document: Document) -> dict[str, Any]:
        """Return the prompt with the beginning of the document, without examples."""
        return {"prompt": asdict(classify_prompt(task, document.text[:SHOWN]))}

    def prompt_tokens(self, document: Document) -> int:
        """Return the tokens of the prompt with the beginning of the text."""
        prompt = classify_prompt(self.task, document.text[: 4 * self.windowing.tokens])
        return len(prompt_ids(prompt, self.engine))

    def shared_tokens(self) -> int:
        """Return the tokens of the prompt without a text."""
        return len(prompt_ids(classify_prompt(self.task, ""), self.engine))


@dataclass
class ClassifyJob:
    """The classification of one document."""

    work: ClassifyExecutor
    document: Document
    near: Neighbours
    windows: list[Window]
    of_windows: int
    reason: str = ""
    usage: Usage | None = None
    scores: list[dict[str, float]] = field(default_factory=list)  # of each window
    chosen: list[str] = field(default_factory=list)
    sentences: dict[str, tuple[int, int]] = field(default_factory=dict)  # by request
    strength: dict[str, list[tuple[float, tuple[int, int]]]] = field(default_factory=dict)  # by label
    waiting: int = 0
    pending: dict[str, list[str]] = field(default_factory=dict)

    @property
    def finished(self) -> bool:
        """True if the job needs no further engine calls."""
        return bool(self.reason) or (self.waiting == 0 and len(self.scores) == len(self.windows))

    @property
    def progress(self) -> tuple[int, int]:
        """The number of scored windows, and of windows to read."""
        return len(self.scores), len(self.windows)

    def first(self) -> Iterator[ScoreRequest]:
        """Yield a request for all labels for each window."""
        for number, window in enumerate(self.windows):
            if self.reason:
                return
            yield self._ask(f"label {number}", self._text(window), self.near.examples, list(self.work.task.options))

    def _text(self, window: Window) -> str:
        return self.document.text[window.start : window.end]

    def _ask(
        self, what: str, text: str, examples: Sequence[Example], labels: list[str], chosen: Sequence[str] = ()
    ) -> ScoreRequest:
        identity = f"{self.document.id}\0{what}"
        self.pending[identity] = labels
        self.waiting += 1
        return self.work.request(identity, text, examples, labels, chosen)

    def take(self, output: EngineOutput) -> Sequence[ScoreRequest]:
        """Process scores; ask for a further label, then for the sentences that support the labels."""
        output = as_score(output)
        self.waiting -= 1
        labels = self.pending.pop(output.id)
        if self.reason:
            return ()
        self.usage = add_usage(self.usage, output)
        if output.error:
            self.reason = f"engine: {output.error}"
            return ()
        levels = self.work.levels(output, labels)
        if output.id in self.sentences:
            self._weigh(levels, self.sentences[output.id])
            return ()
        task, empty = self.work.task, self.work.empty if self.work.task.calibrate else None
        scores = label_scores({label: level for label, (level, _) in levels.items()}, empty)
        scores = with_likeness(scores, self.near.likeness, task.likeness)
        if not self.chosen:
            self.scores.append(scores)
            if len(self.scores) < len(self.windows):
                return ()
            scores = self.mean()
            if judge(task, scores, ()).abstained:
                return ()
        best = max(scores, key=scores.__getitem__)
        self.chosen.append(best)
        left = [label for label in task.options if label not in self.chosen]
        if task.several and levels[best][1] < 0.5 and left and len(self.chosen) < task.most:
            return [
                self._ask(
                    f"more {len(self.chosen)}", self._text(self.windows[0]), self.near.examples, left, self.chosen
                )
            ]
        return list(self._evidence())

    def mean(self) -> dict[str, float]:
        """Return each label's mean score over the windows."""
        return {
            label: sum(scores[label] for scores in self.scores) / len(self.scores) for label in self.work.task.options
        }

    def _evidence(self) -> Iterator[ScoreRequest]:
        """Score each sentence alone: a sentence supports a label if it raises the score over that of an empty text."""
        if not self.work.task.evidence:
            return
        spans = [span for window in self.windows for span in sentences_of(self.document, window.start, window.end)]
        for start, end in {start: (start, end) for start, end in spans}.values():  # windows overlap
            request = self._ask(f"sentence {start}", self.document.text[start:end], (), self.chosen)
            self.sentences[request.id] = (start, end)
            yield request

    def _weigh(self, levels: Mapping[str, tuple[float, float]], span: tuple[int, int]) -> None:
        empty = self.work.empty or {}
        for label, (level, _) in levels.items():
            self.strength.setdefault(label, []).append((level - empty[label], span))

    def evidence(self, label: str) -> list[tuple[int, int]]:
        """Return the spans of the sentences that raise a label's score most, the strongest first."""
        ranked = sorted(self.strength.get(label, ()), key=lambda gain_and_span: (-gain_and_span[0], gain_and_span[1]))
        return [span for gain, span in ranked[: self.work.task.evidence] if gain > 0]

    def result(self) -> Result:
        """Return the labels with their scores, or the abstention."""
        task, scores = self.work.task, self.mean()
        judged = judge(task, scores, self.chosen)
        spans = [(window.start, window.end) for window in self.windows]
        rounded = {label: round(score, 9) for label, score in scores.items()}
        if judged.abstained:
            return results.abstained(self.document, judged.abstained, spans, scores=rounded)
        answer = FieldAnswer(kind="judged", flags=["read-in-part"] if len(self.windows) < self.of_windows else [])
        answer.features = {**judged.features, "examples": len(self.near.examples), "windows": len(self.windows)}
        if self.near.likeness:
            answer.features["likeness"] = round(self.near.likeness.get(judged.labels[0], 0.0), 6)
        evidence = {label: self.evidence(label) for label in judged.labels} if task.evidence else None
        if evidence is not None:
            answer.spans = list(dict.fromkeys(span for label_spans in evidence.values() for span in label_spans))
            answer.boxes = [box.facts() for span in answer.spans for box in self.document.boxes(*span)]
        value: Any = list(judged.labels) if task.several else judged.labels[0]
        return results.done(
            self.document,
            {task.value_name: value},
            {task.value_name: answer},
            spans,
            grounding="decoded",
            scores=rounded,
            evidence=evidence,
        )
