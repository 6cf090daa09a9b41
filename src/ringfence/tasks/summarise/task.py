"""The model of task files of the kind ``summarise``."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator

from ..task import AnswerField, Task

__all__ = ["SummariseTask"]


class SummariseTask(Task):
    """A summary of about a given number of words, each sentence with the passages that support it."""

    prompt_version: ClassVar[str] = "summarise/8"
    gold_extras: ClassVar[frozenset[str]] = frozenset({"evidence"})

    kind: Literal["summarise"]
    words: int = Field(150, ge=10, le=2000, description="The approximate length in words.")
    question: str = Field("", description="Summarise what the document says about this; empty: the whole document.")
    outline: tuple[Annotated[str, Field(min_length=1, max_length=120)], ...] = Field(
        (), max_length=12, description="Headings of the summary, in this order."
    )

    # Of 39 sentences of the 1.5B about seven questions on meetings, labelled with their places alone, 23 were not
    # supported: 10 of these lie below 0.85, of the 16 supported ones none; below 0.5 lies none of either.
    support: float = Field(
        0.85, ge=0, lt=1, description="The least probability that its places support a sentence; 0: not asked."
    )
    unsupported: Literal["mark", "drop"] = Field(
        "mark", description="What happens to sentences that their places do not support: they are marked, or left out."
    )

    @field_validator("outline")
    @classmethod
    def _headings(cls, outline: tuple[str, ...]) -> tuple[str, ...]:
        if bad := [heading for heading in outline if heading != heading.strip() or "\n" in heading]:
            raise ValueError(f"the heading {bad[0]!r} has outer spaces or a line break")
        if len(set(outline)) < len(outline):
            raise ValueError("a heading is listed twice")
        return outline

    def canonical(self) -> dict[str, Any]:
        """The task as plain JSON data; without what happens to unsupported sentences where that is the default."""
        data = super().canonical()
        if data["unsupported"] == type(self).model_fields["unsupported"].default:
            del data["unsupported"]  # as before it was there
        return data

    def columns(self) -> dict[str, dict[str, Any]]:
        """The summary, the only value."""
        return {"summary": {"kind": "written"}}

    def answer_fields(self) -> dict[str, AnswerField]:
        """The summary, the only value."""
        return {"summary": AnswerField("summary", "written")}

    def describe(self) -> str:
        """The length and the question."""
        return f"a summary of about {self.words} words" + (f" about: {self.question}" if self.question else "")

    def questions(self) -> list[str]:
        """The question, or else the instructions or the name."""
        return [self.question or self.instructions or self.name]

    @property
    def calibratable(self) -> bool:
        """Always false: a whole summary is neither right nor wrong."""
        return False
