"""Tasks: what is asked of a document, and how an answer is constrained, read and typed."""

from .answer import Answer, Part, blank_entry, merge, value_at
from .checks import run_check
from .classify import CLASSIFY_PROMPT, Example, classify_prompt, judge, label_scores, sentences_of, with_likeness
from .extract import AnswerError, Plan, Prepared, prepare
from .fields import ListField, RecordField
from .prompt import PROMPT_VERSION, Prompt
from .specs import OTHER, ClassifyTask, ExtractTask, SummariseTask, Task, columns_of
from .summarise import SUMMARISE_PROMPT
from .task import load_task, task_from, task_schema
from .windows import Window, windows_of

__all__ = [
    "CLASSIFY_PROMPT",
    "OTHER",
    "PROMPT_VERSION",
    "SUMMARISE_PROMPT",
    "Answer",
    "AnswerError",
    "ClassifyTask",
    "Example",
    "ExtractTask",
    "ListField",
    "Part",
    "Plan",
    "Prepared",
    "Prompt",
    "RecordField",
    "SummariseTask",
    "Task",
    "Window",
    "blank_entry",
    "classify_prompt",
    "columns_of",
    "judge",
    "label_scores",
    "load_task",
    "merge",
    "prepare",
    "run_check",
    "sentences_of",
    "task_from",
    "task_schema",
    "value_at",
    "windows_of",
    "with_likeness",
]
