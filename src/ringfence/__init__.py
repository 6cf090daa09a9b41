"""Ringfence: open-weight language models inside your own walls.

    import ringfence
    results = ringfence.extract(["inbox/4711.pdf"], Invoice)     # Invoice: a pydantic model
    with ringfence.open_model("demo") as model:
        result = model.answer(ringfence.load_task("invoice.yaml"), "inbox/4711.pdf")

The public names are imported when they are first used, so that ``import ringfence`` stays fast.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .no_telemetry import switch_off_telemetry
from .version import __version__

if TYPE_CHECKING:
    from .api import LearnTerms as LearnTerms
    from .api import Model as Model
    from .api import NextTerms as NextTerms
    from .api import Run as Run
    from .api import TuneTerms as TuneTerms
    from .api import TuningOptions as TuningOptions
    from .api import TypedResult as TypedResult
    from .api import ask as ask
    from .api import extract as extract
    from .api import index_corpus as index_corpus
    from .api import learn as learn
    from .api import next_to_label as next_to_label
    from .api import open_corpus as open_corpus
    from .api import open_model as open_model
    from .api import open_run as open_run
    from .api import tune as tune
    from .contracts import FieldAnswer as FieldAnswer
    from .contracts import GoldLine as GoldLine
    from .contracts import ModelOptions as ModelOptions
    from .contracts import Result as Result
    from .contracts import RunFacts as RunFacts
    from .contracts import TrainingLabel as TrainingLabel
    from .documents import Document as Document
    from .documents import ReadingOptions as ReadingOptions
    from .documents import read_document as read_document
    from .errors import DocumentError as DocumentError
    from .errors import EngineError as EngineError
    from .errors import InputError as InputError
    from .errors import RingfenceError as RingfenceError
    from .errors import RunError as RunError
    from .errors import TaskError as TaskError
    from .errors import UserError as UserError
    from .errors import WeightsError as WeightsError
    from .inference import AnswerOptions as AnswerOptions
    from .inference import Windowing as Windowing
    from .labels import training_labels as training_labels
    from .learning import read_ranker as read_ranker
    from .replay import ReplayOptions as ReplayOptions
    from .tasks import Kind as Kind
    from .tasks import Money as Money
    from .tasks import Period as Period
    from .tasks import Task as Task
    from .tasks import load_task as load_task
    from .tasks import task_from as task_from

_HOMES = {
    "AnswerOptions": "inference",
    "Document": "documents",
    "DocumentError": "errors",
    "EngineError": "errors",
    "FieldAnswer": "contracts",
    "GoldLine": "contracts",
    "InputError": "errors",
    "Kind": "tasks",
    "LearnTerms": "api",
    "Model": "api",
    "ModelOptions": "contracts",
    "Money": "tasks",
    "NextTerms": "api",
    "Period": "tasks",
    "ReadingOptions": "documents",
    "ReplayOptions": "replay",
    "Result": "contracts",
    "RingfenceError": "errors",
    "Run": "api",
    "RunError": "errors",
    "RunFacts": "contracts",
    "Task": "tasks",
    "TaskError": "errors",
    "TrainingLabel": "contracts",
    "TypedResult": "api",
    "UserError": "errors",
    "WeightsError": "errors",
    "Windowing": "inference",
    "ask": "api",
    "extract": "api",
    "index_corpus": "api",
    "learn": "api",
    "load_task": "tasks",
    "next_to_label": "api",
    "open_corpus": "api",
    "open_model": "api",
    "open_run": "api",
    "read_document": "documents",
    "read_ranker": "learning",
    "task_from": "tasks",
    "training_labels": "labels",
    "tune": "api",
    "TuneTerms": "api",
    "TuningOptions": "api",
}
switch_off_telemetry()
__all__ = [
    "__version__", "extract", "learn", "next_to_label", "training_labels", "tune", "index_corpus", "open_corpus", "ask",
    "open_model", "open_run", "load_task", "task_from", "read_document", "read_ranker",
    "Model", "Run", "Task", "Result", "FieldAnswer", "TypedResult", "Document", "RunFacts", "GoldLine", "TrainingLabel",
    "ModelOptions", "AnswerOptions", "ReadingOptions", "ReplayOptions", "Windowing", "LearnTerms", "NextTerms",
    "TuneTerms", "TuningOptions", "Kind", "Money", "Period", "RingfenceError", "UserError", "DocumentError",
    "EngineError", "InputError", "RunError", "TaskError", "WeightsError",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'ringfence' has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
