"""What a task file may say, one class for each kind of task."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from .checks import CheckSyntaxError, parse_check
from .fields import FieldSpec, LeafSpec, ListField, check_names, flat_fields
from .locale import Locale

__all__ = ["OTHER", "ClassifyTask", "ExtractTask", "SummariseTask", "Task", "columns_of"]

OTHER = "other"


class _Task(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    schema_version: Literal[1] = Field(1, alias="schema", description="The version of this file format.")
    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", description="A short name for reports and folders.")
    instructions: str = Field("", description="Who the model is and what it reads, in a sentence or two.")
    locale: Locale = Locale()

    def canonical(self) -> dict[str, Any]:
        """The task as plain JSON data with every default written out: what the lock hashes."""
        return self.model_dump(mode="json", by_alias=True)


class ExtractTask(_Task):
    """Typed fields, records and lists; each value an exact span of its document or derived from one."""

    kind: Literal["extract"] = "extract"
    fields: dict[str, FieldSpec] = Field(min_length=1, max_length=100)
    checks: tuple[str, ...] = Field((), description="Comparisons that must hold between fields: net + tax == total.")

    @field_validator("fields")
    @classmethod
    def _names(cls, fields: dict[str, Any]) -> dict[str, Any]:
        check_names(fields)
        return fields

    @model_validator(mode="after")
    def _checks(self) -> ExtractTask:
        faults = []
        for check in self.checks:
            try:
                parse_check(check, self.kinds)
            except CheckSyntaxError as error:
                faults.append(f"the check {check!r} {error}")
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @property
    def flat(self) -> dict[str, LeafSpec | ListField]:
        """The fields that are asked one by one, by path (``seller.name``)."""
        return flat_fields(self.fields)

    @property
    def kinds(self) -> dict[str, str]:
        """The kind of every value by path; of a list its own, and those of its fields (``lines.amount``)."""
        kinds: dict[str, str] = {name: spec.kind for name, spec in self.flat.items()}
        for name, spec in self.fields.items():
            if isinstance(spec, ListField):
                kinds.update({f"{name}.{inner}": leaf.kind for inner, leaf in spec.fields.items()})
        return kinds


class ClassifyTask(_Task):
    """One label of a closed list, or several, with a score for every label of the list."""

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


class SummariseTask(_Task):
    """A text of about so many words, each sentence with the places of the document that it rests on."""

    kind: Literal["summarise"]
    words: int = Field(150, ge=10, le=2000, description="About how long, in words.")
    question: str = Field("", description="Summarise what the document says about this; without it, all of it.")
    outline: tuple[Annotated[str, Field(min_length=1, max_length=120)], ...] = Field(
        (), max_length=12, description="Headings to write under, in this order."
    )

    @field_validator("outline")
    @classmethod
    def _headings(cls, outline: tuple[str, ...]) -> tuple[str, ...]:
        if bad := [heading for heading in outline if heading != heading.strip() or "\n" in heading]:
            raise ValueError(f"the heading {bad[0]!r} has space at an end or a line break")
        if len(set(outline)) < len(outline):
            raise ValueError("a heading is listed twice")
        return outline


def columns_of(task: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What a run of a task (its canonical form) has for each document, by name: the fields of an extract task, else the
    label or the summary."""
    if task["kind"] == "extract":
        fields: dict[str, dict[str, Any]] = task["fields"]
        return fields
    if task["kind"] == "classify":
        return {"labels": {"kind": "choices"}} if task["several"] else {"label": {"kind": "choice"}}
    return {"summary": {"kind": "written"}}


Task = ExtractTask | ClassifyTask | SummariseTask


def _as_text(label: Any) -> Any:
    """YAML reads yes, no and 2024 as other things than text."""
    return str(label) if isinstance(label, int | float) and not isinstance(label, bool) else label
