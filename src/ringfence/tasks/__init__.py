"""Tasks: what is asked of a document, and how an answer is constrained, read and typed."""

from .checks import run_check
from .extract import Answer, AnswerError, Plan, plan
from .prompt import PROMPT_VERSION, Prompt
from .task import Task, load_task, task_from, task_schema

__all__ = [
    "PROMPT_VERSION",
    "Answer",
    "AnswerError",
    "Plan",
    "Prompt",
    "Task",
    "load_task",
    "plan",
    "run_check",
    "task_from",
    "task_schema",
]
