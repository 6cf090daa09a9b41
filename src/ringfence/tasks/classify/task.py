"""What a task file of the kind ``classify`` says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from ..task import AnswerField, Task

__all__ = ["OTHER", "ClassifyTask"]

OTHER = "other"


class ClassifyTask(Task):
    """One label of a closed list, or several, with a score for every label of the list."""

    prompt_version: ClassVar[str] = "classify/1"

    kind: Literal["classify"]
    labels: dict[str, str] = Field(
        min_length=2,
        max_length=500,
        description="Each label with what it means, or with nothing; a plain list of labels will do.",
    )
    several: bool = Field(False, description="A document may have more than one label.")
    most: int = Field(5, ge=1, le=50, description="With several: the most labels that a document may have.")
    other: bool = Field(False, description="Add the label `other`, for documents that none of the labels fits.")
    abstain_below: float | None = Field(
        None, gt=0, lt=1, description="Abstain where the best score is lower. Scores are no confidence; see evaluation."
    )
    examples: int = Field(4, ge=0, le=50, description="How many examples to show, where the run is given a pool.")
    likeness: float = Field(
        1.0,
        ge=0,
        le=4,
        description="How much the likeness to the pool counts beside the model's scores; 0: not at all.",
    )
    evidence: int = Field(0, ge=0, le=10, description="How many sentences to name that speak most for the label.")
    calibrate: bool = Field(False, description="Take off each score what the label gets for an empty document.")
    read: Literal["first", "all"] = Field(
        "first", description="Of a long document, judge by its first window, or by the mean over all of them."
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
                faults.append(f"the label {label!r} is blank, or has space at an end or a line break")
            if self.several and "," in label:
                faults.append(f"the label {label!r} has a comma, which stands between several labels")
        if self.several and self.read == "all":
            faults.append("`several` goes with `read: first` only")
        if self.other and OTHER in self.labels:
            faults.append(f"{OTHER} is among the labels already; describe it there and leave `other` out")
        if len({label.casefold() for label in self.labels}) < len(self.labels):
            faults.append("two labels differ in upper and lower case only")
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @property
    def options(self) -> dict[str, str]:
        """Every label that may be given, with what it means."""
        return {**self.labels, **({OTHER: "none of the other labels fits"} if self.other else {})}

    @property
    def value_name(self) -> str:
        """The name of the answer's one value."""
        return "labels" if self.several else "label"

    def columns(self) -> dict[str, dict[str, Any]]:
        """The label, or the labels."""
        return {self.value_name: {"kind": "choices" if self.several else "choice"}}

    def answer_fields(self) -> dict[str, AnswerField]:
        """The label, or the labels."""
        kind = "choices" if self.several else "choice"
        return {self.value_name: AnswerField(self.value_name, kind, tuple(self.options))}

    def describe(self) -> str:
        """The number of labels, and what they are."""
        shown = ", ".join(list(self.options)[:12]) + (", ..." if len(self.options) > 12 else "")
        return f"{len(self.options)} labels: {shown}"

    @property
    def takes_examples(self) -> bool:
        """Whether it shows examples or weighs likeness."""
        return bool(self.examples or self.likeness)

    @property
    def scores_options(self) -> bool:
        """Every label is scored."""
        return True

    @property
    def out_of_scope(self) -> str | None:
        """The label ``other``, if the task adds it; a label of that name in ``labels`` is one like any other."""
        return OTHER if self.other else None

    def stratum(self, values: Mapping[str, Any]) -> str | None:
        """The label."""
        value = values.get(self.value_name)
        return ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)


def _as_text(label: Any) -> Any:
    """YAML reads yes, no and 2024 as other things than text."""
    return str(label) if isinstance(label, int | float) and not isinstance(label, bool) else label
