"""The model of task files of the kind ``answer``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from ..task import AnswerField, Task

__all__ = ["AnswerTask"]


class AnswerTask(Task):
    """Questions answered from a corpus. Each document is one question."""

    prompt_version: ClassVar[str] = "answer/12"
    gold_extras: ClassVar[frozenset[str]] = frozenset({"question", "answers", "documents", "pages", "sentences"})

    kind: Literal["answer"]
    name: str = Field("answer", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    passages: int = Field(6, ge=1, le=24, description="How many passages the model reads.")
    claims: int = Field(4, ge=1, le=12, description="The largest number of sentences in an answer.")
    support: float = Field(
        0.85, gt=0, lt=1, description="The least probability that the cited places support a claim that is shown."
    )
    answerable: float = Field(
        0.7,
        ge=0,
        lt=1,
        description="The least probability that the passages answer the question at all; 0: not asked.",
    )
    relevance: float = Field(
        0.85,
        ge=0,
        lt=1,
        description="The least probability that the sentences a claim rests on answer the question; 0: not asked.",
    )
    parts: bool = Field(True, description="Search for each part of a question that asks for several things.")
    rerank: int = Field(0, ge=0, le=50, description="How many passages the model puts in order; 0: none.")

    def columns(self) -> dict[str, dict[str, Any]]:
        """The answer, the only value."""
        return {"answer": {"kind": "written"}}

    def answer_fields(self) -> dict[str, AnswerField]:
        """The answer, the only value."""
        return {"answer": AnswerField("answer", "written")}

    def describe(self) -> str:
        """How much is read and written."""
        return f"answers of up to {self.claims} claims from {self.passages} passages"

    def stratum(self, values: Mapping[str, Any]) -> str | None:
        """Whether the documents answer the question."""
        return "answerable" if values.get("answers") or values.get("answer") else "unanswerable"

    @property
    def calibratable(self) -> bool:
        """Always false: the support of each claim is its confidence."""
        return False

    @property
    def asks_corpus(self) -> bool:
        """Always true."""
        return True
