"""The kinds of field in a task."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import regex
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
)

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

    description: str = Field("", description="What the value is, as you would explain it to a colleague.")
    required: bool = Field(False, description="Every document has this value: the model cannot answer null.")
    examples: tuple[str, ...] = Field((), description="Values as printed in your documents.")


class TextField(_Field):
    """A run of words in the document."""

    kind: Literal["text"]
    max_segments: int = Field(
        40,
        ge=1,
        le=400,
        description="The maximum number of words and punctuation marks in a value, unless it is a sentence.",
    )
    within: Literal["line", "block", "sentence"] = Field(
        "line",
        description="Whether a value stays on one line, may continue across the lines of a block, or is a whole "
        "sentence: then the model is not asked to copy it, but of the likely sentences whether each is the one.",
    )
    starts: Literal["line", "cell", "label", "anywhere"] | None = Field(
        None,
        description="Where values begin: at a line, at a cell of a line, behind the label of a cell if it has one, or "
        "anywhere. By default as in forms (label) or as in prose (anywhere), by what the document is.",
    )
    holds: Literal["words", "anything"] | None = Field(
        None,
        description="What a value consists of: words (of a row, the cell with words is meant where the model takes the "
        "code beside it), or anything. By default words for the only text of a list, if it is called name or the like.",
    )

    @model_serializer(mode="wrap")
    def _as_before(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what is not given of ``starts`` and ``holds``, so that earlier tasks keep their canonical form."""
        data: dict[str, Any] = handler(self)
        return {key: value for key, value in data.items() if value is not None or key not in ("starts", "holds")}


class PatternField(_Field):
    """A value that a recogniser finds in the document."""

    kind: Literal["number", "money", "percent", "date", "period", "duration", "email", "iban", "phone", "address"]


class CodeField(_Field):
    """A value with a fixed pattern, such as an order number."""

    kind: Literal["code"]
    pattern: str = Field(description="A regular expression that matches the whole value.")

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        try:
            compiled = regex.compile(pattern)
            regex.compile(rf"(?<!\w)(?<!\d[.,])(?:{pattern})(?!\w)(?![.,]\d)")  # the form that the recogniser uses
        except regex.error as error:
            raise ValueError(f"the pattern is not a regular expression ({error})") from None
        if compiled.fullmatch("") is not None:
            raise ValueError("the pattern matches empty text; make it require at least one character")
        return pattern


class ChoiceField(_Field):
    """One option of a closed list; the model judges it instead of reading it from the page."""

    kind: Literal["choice"]
    options: tuple[str, ...] = Field(min_length=2, max_length=200)

    @field_validator("options", mode="before")
    @classmethod
    def _as_text(cls, options: Any) -> Any:
        # YAML reads 2024 as a number, not as text.
        return (
            tuple(
                str(option) if isinstance(option, int | float) and not isinstance(option, bool) else option
                for option in options
            )
            if isinstance(options, list)
            else options
        )

    @field_validator("options")
    @classmethod
    def _distinct(cls, options: tuple[str, ...]) -> tuple[str, ...]:
        faults = ["an option is listed twice"] if len(set(options)) < len(options) else []
        faults += [
            f"the option {option!r} is blank, has outer spaces or contains a line break"
            for option in options
            if not option.strip() or option != option.strip() or "\n" in option
        ]
        if "null" in options:
            faults.append("the option null is not needed: every field may be null; remove it")
        if faults:
            raise ValueError("; ".join(faults))
        return options


class BooleanField(_Field):
    """True or false, as judged by the model."""

    kind: Literal["boolean"]


LeafSpec = Annotated[TextField | PatternField | CodeField | ChoiceField | BooleanField, Field(discriminator="kind")]


def is_field_name(name: str) -> bool:
    """Whether a field may have this name."""
    return _NAME.fullmatch(name) is not None


def check_names(fields: Mapping[str, Any]) -> None:
    """Check field names. Raises ValueError with every invalid name."""
    if bad := [name for name in fields if not is_field_name(name)]:
        raise ValueError(
            f"invalid names: {', '.join(bad)}; use lower-case letters, digits and _, starting with a letter"
        )


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    description: str = Field("", description="What the record is, as you would explain it to a colleague.")
    fields: dict[str, LeafSpec] = Field(min_length=1, max_length=40)

    @field_validator("fields")
    @classmethod
    def _named(cls, fields: dict[str, Any]) -> dict[str, Any]:
        check_names(fields)
        return fields


class RecordField(_Group):
    """Fields that belong together, such as the name and address of a seller."""

    kind: Literal["record"]


class ListField(_Group):
    """Repeated records, such as the lines of an invoice. Each has its own row or block."""

    kind: Literal["list"]
    anchor: Literal["row", "block"] = Field(
        "row", description="Whether a record is a table row (with its continuation lines) or a block."
    )
    summary_rows: bool = Field(
        False, description="Whether rows that only sum up others (subtotal, tax, total) are records too."
    )

    @model_serializer(mode="wrap")
    def _as_before(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out ``summary_rows`` if it is false, so that earlier tasks keep their canonical form."""
        data: dict[str, Any] = handler(self)
        return data if self.summary_rows else {key: value for key, value in data.items() if key != "summary_rows"}


FieldSpec = Annotated[
    TextField | PatternField | CodeField | ChoiceField | BooleanField | RecordField | ListField,
    Field(discriminator="kind"),
]


def flat_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields by path: record fields one by one (``seller.name``), each list as one field."""
    flat: dict[str, Any] = {}
    for name, spec in fields.items():
        if isinstance(spec, RecordField):
            flat.update({f"{name}.{inner}": leaf for inner, leaf in spec.fields.items()})
        else:
            flat[name] = spec
    return flat
