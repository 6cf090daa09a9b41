"""Tasks: what to ask of a document, and how to constrain, read and type the answer; one package per kind."""

from .answer.task import AnswerTask
from .classify.labels import classify_prompt, judge, label_scores, sentences_of, with_likeness
from .classify.task import OTHER, ClassifyTask
from .example import Example
from .extract.answer import Answer, WindowAnswer
from .extract.checks import run_check
from .extract.merge import merge
from .extract.plan import AnswerError, ExtractionPlan, Prepared, prepare
from .extract.pydantic_model import Kind, Money, Period
from .extract.task import ExtractTask
from .fields import ListField, RecordField
from .kind import TaskKind, kind_of, task_kinds
from .load import load_task, task_from, task_schema
from .prompt import Prompt
from .summarise.task import SummariseTask
from .task import AnswerField, Task
from .windows import Window, windows_of

LIBRARIES = ("babel", "phonenumberslite", "pydantic", "regex", "text2num")
"""The Python distributions whose code recognises, types and constrains values; the lock records their versions."""

__all__ = [
    "LIBRARIES",
    "OTHER",
    "Answer",
    "AnswerError",
    "AnswerField",
    "AnswerTask",
    "ClassifyTask",
    "Example",
    "ExtractTask",
    "Kind",
    "ListField",
    "Money",
    "Period",
    "WindowAnswer",
    "ExtractionPlan",
    "Prepared",
    "Prompt",
    "RecordField",
    "SummariseTask",
    "Task",
    "TaskKind",
    "Window",
    "classify_prompt",
    "judge",
    "kind_of",
    "label_scores",
    "load_task",
    "merge",
    "prepare",
    "run_check",
    "sentences_of",
    "task_from",
    "task_kinds",
    "task_schema",
    "windows_of",
    "with_likeness",
]
