"""What every task says, whatever its kind, and what the rest of Ringfence asks of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from .locale import Locale

__all__ = ["AnswerField", "Task"]


@dataclass(frozen=True)
class AnswerField:
    """One value of an answer: its path (``seller.name``, ``lines.amount``), kind, and the list it repeats in.

    Kinds are those of the fields of a task, and three more: ``choices`` (several labels of a closed list), ``written``
    (text by the model), and whatever a third-party kind of task defines.
    """

    path: str
    kind: str
    options: tuple[str, ...] = ()
    pattern: str = ""
    of_list: str | None = None

    @property
    def judged(self) -> bool:
        """Whether the value comes from a closed list, so that it has no span."""
        return self.kind in ("choice", "choices", "boolean")


class Task(BaseModel):
    """The base of every kind of task: a subclass per kind, registered as a ``TaskKind``."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    prompt_version: ClassVar[str]
    """The version of the prompt's wording, part of the lock."""
    gold_extras: ClassVar[frozenset[str]] = frozenset()
    """Names that gold may state beside the answer fields."""

    schema_version: Literal[1] = Field(1, alias="schema", description="The version of this file format.")
    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", description="A short name for reports and folders.")
    instructions: str = Field("", description="Who the model is and what it reads, in a sentence or two.")
    locale: Locale = Locale()
    kind: str

    def canonical(self) -> dict[str, Any]:
        """The task as plain JSON data with every default written out: what the lock hashes."""
        return self.model_dump(mode="json", by_alias=True)

    def columns(self) -> dict[str, dict[str, Any]]:
        """The top-level values of an answer by name, each with its specification as plain data."""
        raise NotImplementedError

    def answer_fields(self) -> dict[str, AnswerField]:
        """Every value of an answer by path: what gold may state and evaluation compares."""
        raise NotImplementedError

    def describe(self) -> str:
        """The kind and size of the task in a few words, for people."""
        raise NotImplementedError

    def questions(self) -> list[str]:
        """What to look for in a long document, one text for each thing that is asked."""
        return [self.instructions or self.name]

    @property
    def takes_examples(self) -> bool:
        """Whether a pool of labelled texts can help the task."""
        return False

    @property
    def scores_options(self) -> bool:
        """Whether answers carry a score for every option, so that the engine must be able to score."""
        return False

    @property
    def out_of_scope(self) -> str | None:
        """The label that the task itself adds for documents that fit none of the others; None if it adds none."""
        return None

    @property
    def answer_tokens(self) -> int:
        """About how many tokens an answer takes; 0 if the model writes nothing."""
        return 0

    @property
    def calibratable(self) -> bool:
        """Whether a calibrator can be fitted on gold for this task."""
        return True

    def stratum(self, values: Mapping[str, Any]) -> str | None:
        """What a split of gold spreads evenly over its parts; None spreads which values are null."""
        return None
