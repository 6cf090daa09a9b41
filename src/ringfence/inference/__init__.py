"""Inference: a loaded model answers documents, without a folder and without printing.

``Answerer`` is a task on a loaded model. Each kind of task registers a ``TaskExecutor``.
"""

from .alternatives import AlternativesOption
from .answerer import Answerer, AnswerOptions, Decider, TracedAnswer
from .board import BoardHooks, JobBoard
from .corpus_reader import CorpusReader
from .example_pool import ExamplePool, read_pool
from .executor import ExecutorSetup, TaskExecutor, executor_for
from .explain import Explanation, explain_document
from .job import Job, NothingKept, WindowKeeper
from .model import LoadedModel, load_embedder, load_model, load_reranker, open_engine, open_server
from .prompts import Windowing, request_for, windows_for
from .stream import ResultStream, astream
from .trace import Tracer, prompt_digest
from .window_selection import window_selector

__all__ = [
    "AlternativesOption",
    "AnswerOptions",
    "Answerer",
    "BoardHooks",
    "CorpusReader",
    "Decider",
    "ExamplePool",
    "ExecutorSetup",
    "Explanation",
    "Job",
    "JobBoard",
    "LoadedModel",
    "NothingKept",
    "ResultStream",
    "TaskExecutor",
    "TracedAnswer",
    "Tracer",
    "WindowKeeper",
    "Windowing",
    "astream",
    "executor_for",
    "explain_document",
    "load_embedder",
    "load_model",
    "load_reranker",
    "open_engine",
    "open_server",
    "prompt_digest",
    "read_pool",
    "request_for",
    "window_selector",
    "windows_for",
]
