"""Classify, one document under way: the scores of every label, the labels that it gets, and the sentences for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..documents import Document
from ..engines import Engine, Score, ScoreRequest
from ..errors import EngineError
from ..tasks import (
    ClassifyTask,
    Example,
    Window,
    blank_entry,
    classify_prompt,
    judge,
    label_scores,
    sentences_of,
    with_likeness,
)
from . import results
from .asking import Windowing, cut, prompt_ids
from .examples import ExamplePool, Neighbours
from .folder import RunFolder
from .jobs import Told, add_usage

__all__ = ["Classifying", "ClassifyJob"]


class Classifying:
    """Classify over a run: the token ids of the labels, what they score without a document, and the pool."""

    def __init__(self, task: ClassifyTask, engine: Engine, windowing: Windowing, pool: ExamplePool | None) -> None:
        if not engine.capabilities.score:
            raise EngineError(
                f"The engine {engine.name} does not score labels here.",
                "Choose an engine that does; `ringfence engines list` names them.",
            )
        self.task, self.engine, self.windowing, self.pool = task, engine, windowing, pool
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
                    f"The labels cannot be scored: {score.error}.",
                    "Shorten what is said of the labels, or take other weights.",
                )
            self.empty = {label: level for label, (level, _) in self.levels(score, list(task.options)).items()}

    def ask(self, requests: Iterator[Any]) -> Iterator[Told]:
        """Hand requests to the engine's scorer."""
        return self.engine.score(requests)

    def request(
        self, identity: str, text: str, examples: Sequence[Example], labels: Sequence[str], chosen: Sequence[str] = ()
    ) -> ScoreRequest:
        """The request that scores ``labels`` for a text."""
        prompt = classify_prompt(self.task, text, examples, self.engine.control_tokens, chosen)
        continuations = tuple(ids for label in labels for ids in self.continuations[label])
        return ScoreRequest(identity, prompt_ids(prompt, self.engine), continuations)

    def levels(self, score: Score, labels: Sequence[str]) -> dict[str, tuple[float, float]]:
        """For each label its log-probability, and the probability that the answer ends behind it."""
        each = len(score.logprobs) // len(labels)
        found = {}
        for number, label in enumerate(labels):
            ways = score.logprobs[number * each : (number + 1) * each]
            level = float(np.logaddexp.reduce(ways))
            found[label] = (level, float(np.exp(ways[0] - level)))
        return found

    def job(self, document: Document, folder: RunFolder) -> ClassifyJob:
        """A document's job."""
        near = self.pool.around(document.text, self.task.examples) if self.pool else Neighbours([], {})
        empty = self.request("", "", near.examples, list(self.task.options)[:1])
        room = max(len(ids) for ways in self.continuations.values() for ids in ways)
        windows = cut(document, self.engine, self.windowing, len(empty.prompt), room)
        return ClassifyJob(self, document, near, windows if self.task.read == "all" else windows[:1], len(windows))


@dataclass
class ClassifyJob:
    """What was asked of one document so far."""

    work: Classifying
    document: Document
    near: Neighbours
    windows: list[Window]
    of_windows: int
    reason: str = ""
    usage: dict[str, Any] = field(default_factory=dict)
    scores: list[dict[str, float]] = field(default_factory=list)  # of each window
    chosen: list[str] = field(default_factory=list)
    sentences: dict[str, tuple[int, int]] = field(default_factory=dict)  # by request
    strength: dict[str, list[tuple[float, tuple[int, int]]]] = field(default_factory=dict)  # by label
    waiting: int = 0
    asked: dict[str, list[str]] = field(default_factory=dict)

    @property
    def finished(self) -> bool:
        """Whether nothing more is to be asked."""
        return bool(self.reason) or (self.waiting == 0 and len(self.scores) == len(self.windows))

    @property
    def moved(self) -> tuple[int, int]:
        """Windows that are scored, of all that are read."""
        return len(self.scores), len(self.windows)

    def first(self) -> Iterator[ScoreRequest]:
        """All labels for every window that is read."""
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
        self.asked[identity] = labels
        self.waiting += 1
        return self.work.request(identity, text, examples, labels, chosen)

    def take(self, told: Told) -> Sequence[ScoreRequest]:
        """Read scores; ask for a further label, then for the sentences that speak for the labels."""
        assert isinstance(told, Score)
        self.waiting -= 1
        labels = self.asked.pop(told.id)
        if self.reason:
            return ()
        self.usage = add_usage(self.usage, told)
        if told.error:
            self.reason = f"engine: {told.error}"
            return ()
        levels = self.work.levels(told, labels)
        if told.id in self.sentences:
            self._weigh(levels, self.sentences[told.id])
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
        """The score of every label over the windows that were read."""
        return {
            label: sum(scores[label] for scores in self.scores) / len(self.scores) for label in self.work.task.options
        }

    def _evidence(self) -> Iterator[ScoreRequest]:
        """Each sentence alone: what speaks for a label raises its score over that of an empty document."""
        if not self.work.task.evidence:
            return
        spans = [span for window in self.windows for span in sentences_of(self.document, window.start, window.end)]
        for start, end in {start: (start, end) for start, end in spans}.values():  # windows overlap
            request = self._ask(f"sentence {start}", self.document.text[start:end], (), self.chosen)
            self.sentences[request.id] = (start, end)
            yield request

    def _weigh(self, levels: Mapping[str, tuple[float, float]], span: tuple[int, int]) -> None:
        assert self.work.empty is not None
        for label, (level, _) in levels.items():
            self.strength.setdefault(label, []).append((level - self.work.empty[label], span))

    def evidence(self, label: str) -> list[tuple[int, int]]:
        """The sentences that raise the score of a label most, the strongest first."""
        ranked = sorted(self.strength.get(label, ()), key=lambda one: (-one[0], one[1]))
        return [span for gain, span in ranked[: self.work.task.evidence] if gain > 0]

    def result(self, **about: Any) -> dict[str, Any]:
        """The line of results.jsonl."""
        task, scores = self.work.task, self.mean()
        judged = judge(task, scores, self.chosen)
        spans = [(window.start, window.end) for window in self.windows]
        more: dict[str, Any] = {"scores": {label: round(score, 9) for label, score in scores.items()}}
        if judged.abstained:
            return results.abstained(self.document, judged.abstained, spans, more, **about)
        flags = ["read-in-part"] if len(self.windows) < self.of_windows else []
        entry = blank_entry(None, "judged", flags)
        entry["features"] = {**judged.features, "examples": len(self.near.examples), "windows": len(self.windows)}
        if self.near.likeness:
            entry["features"]["likeness"] = round(self.near.likeness.get(judged.labels[0], 0.0), 6)
        if task.evidence:
            by_label = {label: self.evidence(label) for label in judged.labels}
            places = list(dict.fromkeys(span for found in by_label.values() for span in found))
            entry["spans"] = [list(span) for span in places]
            entry["boxes"] = [box.as_json() for span in places for box in self.document.boxes(*span)]
            more["evidence"] = {label: [list(span) for span in found] for label, found in by_label.items()}
        name = "labels" if task.several else "label"
        value: Any = list(judged.labels) if task.several else judged.labels[0]
        return results.done(self.document, {name: value}, {name: entry}, spans, "decoded", more=more, **about)
