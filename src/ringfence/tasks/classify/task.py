"""The model of task files of the kind ``classify``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from ..example import Example, Shown
from ..task import AnswerField, Task

__all__ = ["OTHER", "ClassifyTask"]

OTHER = "other"


class ClassifyTask(Task):
    """One label of a closed list, or several, with a score for every label of the list."""

    prompt_version: ClassVar[str] = "classify/1"
    later: ClassVar[frozenset[str]] = Task.later | {"list_labels", "shown"}

    kind: Literal["classify"]
    labels: dict[str, str] = Field(
        min_length=2,
        max_length=500,
        description="Each label with its meaning, which may be empty; a plain list of labels also works.",
    )
    several: bool = Field(False, description="A document may have more than one label.")
    most: int = Field(5, ge=1, le=50, description="With several: the maximum number of labels per document.")
    other: bool = Field(False, description="Add the label `other`, for documents that fit none of the labels.")
    abstain_below: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="Abstain if the best score is lower. A score is not a probability; see evaluation.",
    )
    examples: int = Field(4, ge=0, le=50, description="How many examples to show, if the run has a pool.")
    shown: Shown = Field(
        "nearest", description="Show the examples most like the document, or the first of the pool for every document."
    )
    likeness: float = Field(
        1.0,
        ge=0,
        le=4,
        description="The weight of the likeness to the pool relative to the model's scores; 0 ignores it.",
    )
    evidence: int = Field(0, ge=0, le=10, description="How many sentences to list as evidence for the label.")
    calibrate: bool = Field(False, description="Subtract from each score what the label gets for an empty document.")
    read: Literal["first", "all"] = Field(
        "first", description="For a long document, use its first window or the mean over all windows."
    )

    list_labels: bool = Field(
        True, description="Show the labels in the prompt. Tuned weights know them, and read shorter prompts without."
    )

    @field_validator("labels", mode="before")
    @classmethod
    def _as_mapping(cls, labels: Any) -> Any:
        if isinstance(labels, list):
            names = [_as_text(label) for label in labels]
            if twice := [name for name in names if names.count(name) > 1]:
                raise ValueError(f"the label {twice[0]!r} is listed twice")
            return dict.fromkeys(names, "")
        return (
            {name: "" if text is None else text for name, text in labels.items()}
            if isinstance(labels, dict)
            else labels
        )

    @model_validator(mode="after")
    def _labels(self) -> ClassifyTask:
        faults = []
        for label in self.labels:
            if not label.strip() or label != label.strip() or "\n" in label:
                faults.append(f"the label {label!r} is blank, has outer spaces or contains a line break")
            if self.several and "," in label:
                faults.append(f"the label {label!r} has a comma, which separates several labels")
        if self.several and self.read == "all":
            faults.append("`several` works only with `read: first`")
        if self.other and OTHER in self.labels:
            faults.append(f"the label {OTHER} exists already; describe it in `labels` and remove `other`")
        if len({label.casefold() for label in self.labels}) < len(self.labels):
            faults.append("two labels differ only in upper and lower case")
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @property
    def options(self) -> dict[str, str]:
        """All possible labels with their meanings."""
        return {**self.labels, **({OTHER: "none of the other labels fits"} if self.other else {})}

    @property
    def value_name(self) -> str:
        """The name of the answer's only value: "labels" or "label"."""
        return "labels" if self.several else "label"

    def columns(self) -> dict[str, dict[str, Any]]:
        """The label or labels."""
        return {self.value_name: {"kind": "choices" if self.several else "choice"}}

    def answer_fields(self) -> dict[str, AnswerField]:
        """The label or labels."""
        kind = "choices" if self.several else "choice"
        return {self.value_name: AnswerField(self.value_name, kind, tuple(self.options))}

    def describe(self) -> str:
        """The number of labels, and the first of them."""
        shown = ", ".join(list(self.options)[:12]) + (", ..." if len(self.options) > 12 else "")
        return f"{len(self.options)} labels: {shown}"

    @property
    def takes_examples(self) -> bool:
        """True if the task shows examples or uses likeness."""
        return bool(self.examples or self.likeness)

    @property
    def ranks_examples(self) -> bool:
        """True if examples are the nearest ones, or if likeness is weighed."""
        return self.takes_examples and (self.shown == "nearest" or bool(self.likeness))

    def by_likeness(self) -> ClassifyTask | None:
        """The task without examples, with likeness weighed; None if documents have several labels."""
        # The product of scores and likeness presumes that they are shares of one whole.
        return None if self.several else self.model_copy(update={"examples": 0, "likeness": self.likeness or 1.0})

    def example_fault(self, example: Example) -> str | None:
        """Why an example does not fit: no label, one that is unknown, or several for a task of one."""
        if unknown := [label for label in example.labels if label not in self.options]:
            return f"has the label {unknown[0]!r}, which the task does not define"
        if len(example.labels) > 1 and not self.several:
            return "has several labels, and the task does not say `several: true`"
        return None if example.labels else "has no label"

    @property
    def scores_options(self) -> bool:
        """Always true: every label gets a score."""
        return True

    @property
    def out_of_scope(self) -> str | None:
        """The label ``other`` if the task adds it; an ``other`` in ``labels`` is an ordinary label."""
        return OTHER if self.other else None

    def stratum(self, values: Mapping[str, Any]) -> str | None:
        """The label or labels."""
        value = values.get(self.value_name)
        return ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)


def _as_text(label: Any) -> Any:
    """Turn a number back into text: YAML does not read 2024 as text."""
    return str(label) if isinstance(label, int | float) and not isinstance(label, bool) else label
