"""Tasks: what is asked of a document, and how an answer is constrained, read and typed."""

from .answer import Answer, Part, merge, value_at
from .checks import run_check
from .extract import AnswerError, Plan, Prepared, prepare
from .fields import ListField, RecordField
from .prompt import PROMPT_VERSION, Prompt
from .task import Task, load_task, task_from, task_schema
from .windows import Window, windows_of

__all__ = [
    "PROMPT_VERSION",
    "Answer",
    "AnswerError",
    "ListField",
    "Part",
    "Plan",
    "Prepared",
    "Prompt",
    "RecordField",
    "Task",
    "Window",
    "load_task",
    "merge",
    "prepare",
    "run_check",
    "task_from",
    "task_schema",
    "value_at",
    "windows_of",
]
