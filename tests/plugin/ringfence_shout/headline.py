"""A kind of task: `headline` asks for the one line of a document that says what it is about."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from ringfence.tasks import AnswerField, Task, TaskKind

__all__ = ["KIND", "HeadlineTask"]


class HeadlineTask(Task):
    """What a task file of the kind `headline` says, beside name, instructions and locale."""

    prompt_version: ClassVar[str] = "headline/1"  # raise it whenever the wording of the prompt changes

    kind: Literal["headline"]
    most_words: int = Field(12, ge=1, le=40, description="The most words that a headline may have.")

    def columns(self) -> dict[str, dict[str, Any]]:
        """One value, a run of words."""
        return {"headline": {"kind": "text", "required": False}}

    def answer_fields(self) -> dict[str, AnswerField]:
        """The same for gold and evaluation."""
        return {"headline": AnswerField("headline", "text")}

    def describe(self) -> str:
        """For people."""
        return f"a headline of at most {self.most_words} words"


KIND = TaskKind(
    HeadlineTask,
    executor="ringfence_shout.headline_executor:HeadlineExecutor",
    checker="ringfence_shout.headline_checker:CHECKER",
)
