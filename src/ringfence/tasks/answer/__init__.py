"""Answer: a question answered from the passages of a corpus, in claims that each name what they rest on."""

from ..kind import TaskKind
from .task import AnswerTask

__all__ = ["KIND", "AnswerTask"]

KIND = TaskKind(
    AnswerTask,
    executor="ringfence.inference.answer:AnswerExecutor",
    checker="ringfence.checker.answer:CHECKER",
)
