"""Ask of the likely sentences of a document whether each is the one that a field asks for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ..contracts import Result, Usage
from ..documents import Document
from ..engines import Engine, EngineOutput, EngineRequest, ScoreRequest
from ..tasks import Answer, ExtractTask
from ..tasks.extract.assignment import conclude
from ..tasks.extract.single_sentences import Sentence, sentences_in
from ..tasks.extract.whole_sentences import (
    ASKED,
    SAYS,
    sentence_prompt,
    sentence_value,
    with_values,
)
from . import result as results
from .extract import ExtractJob
from .job import add_usage, as_score, sum_usage
from .prompts import prompt_ids
from .sentence_choice import SentenceChoice

__all__ = ["SentencesJob", "question_tokens"]


@dataclass
class SentencesJob:
    """A document of a task with fields of whole sentences: its questions, and the job of the fields that are written.

    ``written`` is None if the task has no other fields. ``odds`` holds what the model said to the sentences, by field
    and number; ``waiting`` the questions under way.
    """

    task: ExtractTask
    document: Document
    engine: Engine
    choose: SentenceChoice
    written: ExtractJob | None
    reason: str = ""
    asked_usage: Usage | None = None
    sentences: list[Sentence] = field(default_factory=list)
    odds: dict[str, dict[int, float]] = field(default_factory=dict)
    waiting: dict[str, tuple[str, int]] = field(default_factory=dict)
    asked: bool = False

    @property
    def usage(self) -> Usage | None:
        """What the windows and the questions cost together."""
        parts = [part for part in (self.written.usage if self.written else None, self.asked_usage) if part]
        return sum_usage(parts) if parts else None

    @property
    def finished(self) -> bool:
        """True if the windows have ended and every question has its answer, or if one failed."""
        return bool(self.reason) or (self.asked and not self.waiting and (not self.written or self.written.finished))

    @property
    def progress(self) -> tuple[int, int]:
        """The number of windows that have ended, and of all; the questions together count as one."""
        ended, every = self.written.progress if self.written else (0, 0)
        return ended + (self.asked and not self.waiting), every + 1

    def first(self) -> Iterator[EngineRequest]:
        """Yield the requests about windows, then those about sentences."""
        if self.written:
            yield from self.written.first()
            self.reason = self.written.reason
        yield from self._questions()

    def _questions(self) -> list[ScoreRequest]:
        """The requests about the likely sentences of every field, all of which wait from now on."""
        self.asked = True
        self.odds = {path: {} for path in self.task.sentences}
        self.sentences = sentences_in(self.document)
        if self.reason or not self.sentences:
            return []
        questions = dict(zip(self.task.flat, self.task.questions(), strict=True))
        chosen = self.choose([questions[path] for path in self.odds], [each.text for each in self.sentences])
        says = tuple(self.engine.tokenize(word) + self.engine.turn_end() for word in SAYS)
        requests = []
        for path, likely in zip(self.odds, chosen, strict=True):
            for number in likely[:ASKED]:
                prompt = sentence_prompt(self.task, path, self.sentences[number], self.engine.control_tokens)
                identity = f"{self.document.id}\0{path} sentence {number}"
                self.waiting[identity] = path, number
                requests.append(ScoreRequest(identity, prompt_ids(prompt, self.engine), says))
        return requests

    def take(self, output: EngineOutput) -> Sequence[EngineRequest]:
        """Process what the model said to a sentence, or an output about a window."""
        if output.id not in self.waiting:
            assert self.written is not None
            further = self.written.take(output)
            self.reason = self.reason or self.written.reason
            return further
        path, number = self.waiting.pop(output.id)
        score = as_score(output)
        self.asked_usage = add_usage(self.asked_usage, score)
        if score.error:
            self.reason = self.reason or f"engine: {score.error}"
        else:
            self.odds[path][number] = score.logprobs[0] - score.logprobs[1]
        return ()

    def result(self) -> Result:
        """Return the result: the values of the windows and the sentences, after the checks."""
        found = {
            path: sentence_value(self.task, path, self.document, self.sentences, odds)
            for path, odds in self.odds.items()
        }
        answer = with_values(self.task, self.written.gathered() if self.written else Answer({}, {}, {}, {}), found)
        if self.written:
            return self.written.result_of(self.written.concluded(self.task, answer))
        answer = conclude(self.task, answer)
        whole = [(0, len(self.document.text))]
        return results.done(
            self.document, answer.values, answer.fields, whole, grounding="decoded", checks=answer.checks, rows={}
        )


def question_tokens(task: ExtractTask, document: Document, engine: Engine) -> int:
    """Return about how many tokens the questions about a document's sentences have; it chooses none."""
    if not task.sentences:
        return 0
    sentences = sentences_in(document)
    step = max(1, len(sentences) // ASKED)
    sample = sentences[::step][:ASKED]
    prompts = [sentence_prompt(task, path, each, engine.control_tokens) for path in task.sentences for each in sample]
    return sum(len(prompt_ids(prompt, engine)) for prompt in prompts)
