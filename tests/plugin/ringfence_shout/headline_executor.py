"""Answer documents for headline tasks: one request for each, whose grammar allows the document's own lines only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ringfence.contracts import FieldAnswer, Result, Span, Usage
from ringfence.documents import Document
from ringfence.engines import Engine, EngineOutput, EngineRequest
from ringfence.inference import ExecutorSetup, NothingKept, WindowKeeper
from ringfence.inference.job import add_usage, as_completion
from ringfence.inference.prompts import AnswerForm, prompt_ids, request_of, split_into_windows
from ringfence.inference.result import done
from ringfence.tasks import Prompt
from ringfence.tasks.gbnf import one_of
from ringfence.tasks.prompt import break_control_tokens

from .headline import HeadlineTask

__all__ = ["HeadlineExecutor", "HeadlineJob"]

ANSWER_TOKENS = 200


class HeadlineExecutor:
    """One headline task on one engine."""

    def __init__(self, task: HeadlineTask, engine: Engine, setup: ExecutorSetup) -> None:
        self.task, self.engine, self.windowing = task, engine, setup.windowing

    def job(self, document: Document, keeper: WindowKeeper) -> HeadlineJob:
        """The work on one document. Raises ValueError if no line is short enough."""
        return HeadlineJob(self, document)

    def prompt_tokens(self, document: Document) -> int:
        """The text and its prompt, for estimates."""
        return len(self.engine.tokenize(document.text)) + self.shared_tokens()

    def shared_tokens(self) -> int:
        """The prompt without a document."""
        return len(prompt_ids(self.prompt(""), self.engine))

    def explain(self, document: Document, window: int) -> tuple[dict[str, Any], HeadlineJob, int]:
        """The candidates, a job, and the number of windows: only the beginning of a long document is read."""
        job = self.job(document, NothingKept())
        return {"candidates": {"headline": list(job.lines)}}, job, 1

    def prompt(self, text: str) -> Prompt:
        """What the model is told."""
        system = self.task.instructions or "You read documents."
        ask = f"Write the line of this document that says best what it is about.\n\n{text}"
        return Prompt(system, ask, "")

    def window(self, document: Document) -> Span:
        """The part of the document that is read: the first window."""
        first = split_into_windows(document, self.engine, self.windowing, self.shared_tokens(), ANSWER_TOKENS)[0]
        return first.start, first.end


class HeadlineJob:
    """The work on one document: its request, then its result. `lines` holds the candidates and their places."""

    def __init__(self, executor: HeadlineExecutor, document: Document) -> None:
        self.executor, self.document = executor, document
        self.reason = ""
        self.usage: Usage | None = None
        self.window = executor.window(document)
        self.lines = _candidates(document, self.window, executor.task.most_words)
        self.chosen: str | None = None
        self.finished = False
        if not self.lines:
            raise ValueError(f"no line has at most {executor.task.most_words} words")

    @property
    def progress(self) -> tuple[int, int]:
        """One part."""
        return int(self.finished), 1

    def first(self) -> Iterator[EngineRequest]:
        """The request: the prompt, held to the lines of the document by a grammar if the engine takes one."""
        engine = self.executor.engine
        start, end = self.window
        prompt = self.executor.prompt(break_control_tokens(self.document.text[start:end], engine.control_tokens))
        grammar = f"root ::= {one_of((line, '') for line in self.lines)}\n"
        yield request_of(prompt, engine, self.document.id, ANSWER_TOKENS, AnswerForm(grammar))

    def take(self, output: EngineOutput) -> Sequence[EngineRequest]:
        """Read the answer. Without a grammar it may be no line of the document; then the headline is null."""
        completion = as_completion(output)
        self.usage = add_usage(self.usage, completion)
        self.finished = True
        if completion.finish_reason == "failed":
            self.reason = f"engine: {completion.error}"
        elif completion.text.strip() in self.lines:
            self.chosen = completion.text.strip()
        return ()

    def result(self) -> Result:
        """The headline with its place, or null with a flag."""
        grounding = "decoded" if self.executor.engine.capabilities.grammar else "verified"
        answer = FieldAnswer(kind="null", flags=["not-in-document"])
        if self.chosen is not None:
            span, *others = self.lines[self.chosen]
            answer = FieldAnswer(
                kind="span",
                raw=self.chosen,
                spans=[span],
                others=others,
                boxes=[box.facts() for box in self.document.boxes(*span)],
                address=self.document.address(*span),
                ocr=self.document.ocr_confidence(*span),
            )
        return done(self.document, {"headline": self.chosen}, {"headline": answer}, [self.window], grounding=grounding)


def _candidates(document: Document, window: Span, most_words: int) -> dict[str, list[Span]]:
    """The lines of the window that are short enough, each with all its places."""
    found: dict[str, list[Span]] = {}
    for line in document.lines:
        raw = document.text[line.start : line.end]
        start = line.start + len(raw) - len(raw.lstrip())
        text = raw.strip()
        if window[0] <= start and start + len(text) <= window[1] and len(text.split()) <= most_words:
            found.setdefault(text, []).append((start, start + len(text)))
    return found
