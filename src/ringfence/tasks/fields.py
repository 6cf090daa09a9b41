"""The kinds of field that a task can ask for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import regex
from pydantic import BaseModel, ConfigDict, Field, field_validator

__all__ = [
    "BooleanField",
    "ChoiceField",
    "CodeField",
    "FieldSpec",
    "LeafSpec",
    "ListField",
    "PatternField",
    "RecordField",
    "TextField",
    "flat_fields",
]

_NAME = re.compile(r"[a-z][a-z0-9_]*")


class _Field(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    description: str = Field("", description="What the value is, in the words you would use to a colleague.")
    required: bool = Field(False, description="The document always has it: null is not offered to the model.")
    examples: tuple[str, ...] = Field((), description="Values as they are printed in documents like yours.")


class TextField(_Field):
    """A run of words of the document."""

    kind: Literal["text"]
    max_segments: int = Field(40, ge=1, le=400, description="The most words and marks that a value may have.")
    within: Literal["line", "block"] = Field("line", description="Whether a value may go on over line ends.")


class PatternField(_Field):
    """A value that a recogniser finds in the document."""

    kind: Literal["number", "money", "date", "duration", "email", "iban"]


class CodeField(_Field):
    """A value with a shape of its own, such as an order number."""

    kind: Literal["code"]
    pattern: str = Field(description="A regular expression that matches the whole value.")

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        try:
            compiled = regex.compile(pattern)
            regex.compile(rf"(?<!\w)(?<!\d[.,])(?:{pattern})(?!\w)(?![.,]\d)")  # how the recogniser uses it
        except regex.error as error:
            raise ValueError(f"the pattern is not a regular expression ({error})") from None
        if compiled.fullmatch("") is not None:
            raise ValueError("the pattern matches the empty text; make it ask for at least one character")
        return pattern


class ChoiceField(_Field):
    """One of a closed list; judged by the model, not read off the page."""

    kind: Literal["choice"]
    options: tuple[str, ...] = Field(min_length=2, max_length=200)

    @field_validator("options", mode="before")
    @classmethod
    def _as_text(cls, options: Any) -> Any:
        # YAML reads yes, no and 2024 as other things than text.
        return (
            tuple(str(o) if isinstance(o, int | float) and not isinstance(o, bool) else o for o in options)
            if isinstance(options, list)
            else options
        )

    @field_validator("options")
    @classmethod
    def _distinct(cls, options: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(options)) < len(options):
            raise ValueError("an option is listed twice")
        if bad := [option for option in options if not option.strip() or option != option.strip() or "\n" in option]:
            raise ValueError(f"the option {bad[0]!r} is blank, or has space at an end or a line break")
        if "null" in options:
            raise ValueError("the option null is what every field may be; leave it out")
        return options


class BooleanField(_Field):
    """True or false; judged by the model."""

    kind: Literal["boolean"]


LeafSpec = Annotated[TextField | PatternField | CodeField | ChoiceField | BooleanField, Field(discriminator="kind")]


def check_names(fields: Mapping[str, Any]) -> None:
    """Raises ValueError naming every field name that cannot be one."""
    if bad := [name for name in fields if not _NAME.fullmatch(name)]:
        raise ValueError(f"the names {', '.join(bad)} must be lower case letters, digits and _, with a letter first")


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    description: str = Field("", description="What the record is, in the words you would use to a colleague.")
    fields: dict[str, LeafSpec] = Field(min_length=1, max_length=40)

    @field_validator("fields")
    @classmethod
    def _named(cls, fields: dict[str, Any]) -> dict[str, Any]:
        check_names(fields)
        return fields


class RecordField(_Group):
    """Fields that belong together, such as the parts of a party."""

    kind: Literal["record"]


class ListField(_Group):
    """Records that repeat, such as the lines of an invoice. Each stands on a row or a block of its own."""

    kind: Literal["list"]
    anchor: Literal["row", "block"] = Field(
        "row", description="Whether a record is a row of a table (with the lines that continue it) or a block."
    )


FieldSpec = Annotated[
    TextField | PatternField | CodeField | ChoiceField | BooleanField | RecordField | ListField,
    Field(discriminator="kind"),
]


def flat_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that are asked one by one, by their path: those of a record as ``seller.name``, a list as one."""
    flat: dict[str, Any] = {}
    for name, spec in fields.items():
        if isinstance(spec, RecordField):
            flat.update({f"{name}.{inner}": leaf for inner, leaf in spec.fields.items()})
        else:
            flat[name] = spec
    return flat
