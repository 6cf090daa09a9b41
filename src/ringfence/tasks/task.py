"""The base class of all tasks: the common part of task files, and the interface to the rest of Ringfence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from .example import Example
from .locale import Locale

__all__ = ["AnswerField", "Task"]


@dataclass(frozen=True)
class AnswerField:
    """One value of an answer: its path (``seller.name``, ``lines.amount``), kind, and the list that repeats it.

    Kinds are those of task fields, ``choices`` (several labels of a closed list), ``written`` (text by the model), and
    those that a third-party kind of task defines.
    """

    path: str
    kind: str
    options: tuple[str, ...] = ()
    pattern: str = ""
    of_list: str | None = None

    @property
    def judged(self) -> bool:
        """True if the value comes from a closed list and so has no span."""
        return self.kind in ("choice", "choices", "boolean")


class Task(BaseModel):
    """The base class of tasks: one subclass per kind, registered as a ``TaskKind``."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    prompt_version: ClassVar[str]
    """The version of the prompt wording; part of the lock."""
    later: ClassVar[frozenset[str]] = frozenset({"mail"})
    """Settings that came later: a lock leaves out their defaults, so that locks of earlier runs stay the same."""
    gold_extras: ClassVar[frozenset[str]] = frozenset()
    """Names that gold may contain beside the answer fields."""

    schema_version: Literal[1] = Field(1, alias="schema", description="The version of this file format.")
    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", description="A short name for reports and folders.")
    instructions: str = Field("", description="The role of the model and what it reads, in one or two sentences.")
    locale: Locale = Locale()
    mail: Literal["documents", "attachments", "case"] = Field(
        "documents",
        description="What a mail is: its words and its attachments are documents, or its attachments alone are, or all "
        "of it is one case.",
    )
    kind: str

    def canonical(self) -> dict[str, Any]:
        """The task as plain JSON data with all defaults, as hashed in the lock."""
        data = self.model_dump(mode="json", by_alias=True)
        for name in self.later:
            if data[name] == type(self).model_fields[name].default:
                del data[name]
        return data

    def columns(self) -> dict[str, dict[str, Any]]:
        """The top-level values of an answer by name, with their specifications as plain data."""
        raise NotImplementedError

    def answer_fields(self) -> dict[str, AnswerField]:
        """All values of an answer by path; gold may contain them, and evaluation compares them."""
        raise NotImplementedError

    def asks_as(self, other: Task) -> bool:
        """Whether two tasks ask for the same values, so that one gold serves both, and answers can be joined."""
        return self.kind == other.kind and self.answer_fields() == other.answer_fields()

    def describe(self) -> str:
        """A short description of the task, for people."""
        raise NotImplementedError

    def advice(self) -> list[str]:
        """What would probably serve the task better, as sentences for its author."""
        return []

    def questions(self) -> list[str]:
        """Search queries for the relevant parts of a long document, one per thing that the task asks."""
        return [self.instructions or self.name]

    @property
    def takes_examples(self) -> bool:
        """True if a pool of labelled texts can help the task."""
        return False

    @property
    def ranks_examples(self) -> bool:
        """True if the examples of a pool are chosen or weighed by their likeness to the document."""
        return self.takes_examples

    def by_likeness(self) -> Task | None:
        """The task without examples in its prompts, where the pool counts by likeness; None if it cannot."""
        return None

    def example_fault(self, example: Example) -> str | None:
        """Why an example of a pool has no answer to this task; None if it has one."""
        return "has no answer to this task"

    @property
    def scores_options(self) -> bool:
        """True if answers have a score for every option, so that the engine must support scoring."""
        return False

    @property
    def weighs_values(self) -> bool:
        """True if an answer has values that can be weighed against others of the document."""
        return False

    @property
    def asks_sentences(self) -> bool:
        """True if the model is asked of single sentences of a document, which embedding weights choose."""
        return False

    @property
    def asks_corpus(self) -> bool:
        """True if a document is a question that is answered from a corpus."""
        return False

    @property
    def out_of_scope(self) -> str | None:
        """The label that the task adds for documents that fit no other label; None if it adds none."""
        return None

    @property
    def calibratable(self) -> bool:
        """True if a calibrator can be fitted on gold for this task."""
        return True

    def stratum(self, values: Mapping[str, Any]) -> str | None:
        """The group of a gold line; a split spreads groups evenly. None: groups by which values are null."""
        return None
