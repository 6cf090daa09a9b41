"""Answer documents for an extract task: the fields that the model writes in windows, whole sentences one by one."""

from __future__ import annotations

from typing import Any

from ..documents import Document
from ..engines import Engine
from ..errors import EngineError
from ..tasks import ExtractTask, Prepared, Window, prepare
from ..tasks.extract.description import describe_plan
from ..tasks.extract.prompt import write_prompt
from .executor import ExecutorSetup
from .extract import ExtractJob, part_from_json
from .job import WindowKeeper
from .prompts import prompt_ids, request_for, windows_for
from .ranker import RankedJob
from .sentence_questions import SentencesJob, question_tokens

__all__ = ["ExtractExecutor"]


class ExtractExecutor:
    """The executor of extract tasks: prepares documents, splits them into windows, and chooses the windows to read.

    Raises EngineError if the task has fields of whole sentences and the engine cannot score.
    """

    def __init__(self, task: ExtractTask, engine: Engine, setup: ExecutorSetup) -> None:
        self.task, self.engine, self.windowing = task, engine, setup.windowing
        self.written = task.written
        self.select_windows, self.alternatives = setup.select_windows, setup.alternatives
        self.ranker, self.cascade, self.pool = setup.ranker, setup.cascade, setup.pool
        self.choose_sentences = setup.choose_sentences
        if task.sentences and not engine.capabilities.score:
            raise EngineError(
                f"The engine {engine.name} cannot score given answers, so it cannot find the sentences of "
                f"{', '.join(task.sentences)}.",
                "Use another engine, or let these fields be within a block.",
            )

    def _shown(self, text: str) -> Any:
        return self.pool.around(text, self.task.examples).examples if self.pool else ()

    def job(self, document: Document, keeper: WindowKeeper) -> ExtractJob | SentencesJob | RankedJob:
        """Return the job for a document, with the window answers of earlier sessions.

        Raises ValueError if a recogniser cannot finish.
        """
        if self.ranker and self.cascade and (sure := self.ranker.sure_answer(self.task, document)):
            return RankedJob(document, sure)
        written = self._in_windows(self.written, document, keeper) if self.written else None
        return self._with_sentences(document, written) if self.task.sentences else _some(written)

    def _with_sentences(self, document: Document, written: ExtractJob | None) -> SentencesJob:
        assert self.choose_sentences is not None  # the answerer has embedding weights for such a task
        return SentencesJob(self.task, document, self.engine, self.choose_sentences, written)

    def _in_windows(self, task: ExtractTask, document: Document, keeper: WindowKeeper) -> ExtractJob:
        prepared = prepare(task, document, self._shown(document.text))
        windows = windows_for(prepared, self.engine, self.windowing)
        chosen = list(range(len(windows)))
        if self.select_windows and self.windowing.relevant and len(windows) > self.windowing.relevant:
            chosen = self.select_windows(task, document, windows, self.windowing.relevant)
        job = ExtractJob(
            prepared,
            self.engine,
            windows,
            chosen,
            lambda window, part: keeper.keep_window(document, (window.start, window.end), part),
            alternatives=self.alternatives,
            ranker=self.ranker,
        )
        if len(chosen) > 1:
            kept = keeper.kept_windows(document)
            for number in chosen:
                window = windows[number]
                if (data := kept.get((window.start, window.end))) is not None:
                    job.restore(number, part_from_json(data))
                    job.left_out[number] = data.get("left_out", [])
        return job

    @staticmethod
    def before_model(task: ExtractTask, document: Document) -> dict[str, Any]:
        """Return segments, candidates, prompt and grammar of the whole document."""
        return _described(task, prepare(task.written, document)) if task.written else _described(task, None)

    def explain(self, document: Document, window: int) -> tuple[dict[str, Any], ExtractJob | SentencesJob, int]:
        """Return candidates, prompt and grammar of one window, a job for it alone, and the number of windows."""
        if self.written is None:
            if window:
                raise ValueError("it is read in 1 windows")
            return _described(self.task, None), self._with_sentences(document, None), 1
        prepared = prepare(self.written, document, self._shown(document.text))
        windows = windows_for(prepared, self.engine, self.windowing)
        if not 0 <= window < len(windows):
            raise ValueError(f"it is read in {len(windows)} windows")
        described = _described(self.task, prepared, windows[window], self.engine.control_tokens)
        job = ExtractJob(prepared, self.engine, windows, [window], alternatives=self.alternatives, ranker=self.ranker)
        return described, self._with_sentences(document, job) if self.task.sentences else job, len(windows)

    def prompt_tokens(self, document: Document) -> int:
        """Return the tokens in the prompts of all windows and questions; 0 if the document cannot be prepared."""
        asked = question_tokens(self.task, document, self.engine)
        if self.written is None:
            return asked
        try:
            prepared = prepare(self.written, document, self._shown(document.text))
        except ValueError:
            return 0
        windows = windows_for(prepared, self.engine, self.windowing)
        if self.windowing.relevant:
            windows = windows[: self.windowing.relevant * len(self.written.flat)]
        shared = len(request_for(prepared.plan(Window(0, 0), self.engine.control_tokens), self.engine).prompt)
        shown = [document.text[slice(*part)] for window in windows for part in window.parts]
        return asked + shared * len(windows) + sum(len(self.engine.tokenize(text)) for text in shown)

    def shared_tokens(self) -> int:
        """Return the tokens of the prompt without a document."""
        if self.written is None:
            return 0
        prompt = write_prompt(self.written, "", self.engine.control_tokens, "", self._shown(""))
        return len(prompt_ids(prompt, self.engine))


def _some(job: ExtractJob | None) -> ExtractJob:
    assert job is not None  # a task has fields that are written, or sentences
    return job


def _described(
    task: ExtractTask, prepared: Prepared | None, window: Window | None = None, control_tokens: tuple[str, ...] = ()
) -> dict[str, Any]:
    """What is fixed before the model starts: the plan of a window, and that sentences are asked for one by one."""
    described = describe_plan(prepared.plan(window, control_tokens)) if prepared else {}
    sentences = dict.fromkeys(task.sentences, "the likely sentences of the document, asked for one by one")
    return {**described, "candidates": {**described.get("candidates", {}), **sentences}} if sentences else described
