"""The model of task files of the kind ``extract``."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from ..example import Example, Shown
from ..fields import CodeField, FieldSpec, LeafSpec, ListField, RecordField, TextField, check_names, flat_fields
from ..task import AnswerField, Task
from .checks import CheckSyntaxError, parse_check, paths_of

__all__ = ["ExtractTask"]


MOST_WORDS_OF_A_NAME = 60  # words and punctuation marks; fields that allow more are for sentences


class ExtractTask(Task):
    """Typed fields, records and lists; each value is an exact span of the document or derived from one."""

    prompt_version: ClassVar[str] = "extract/25"
    later: ClassVar[frozenset[str]] = Task.later | {"examples", "shown", "sentence_bound"}

    kind: Literal["extract"] = "extract"
    fields: dict[str, FieldSpec] = Field(min_length=1, max_length=100)
    examples: int = Field(2, ge=0, le=20, description="How many examples to show, if the run has a pool.")
    shown: Shown = Field(
        "nearest", description="Show the examples most like the document, or the first of the pool for every document."
    )
    checks: tuple[str, ...] = Field((), description="Comparisons between fields that must hold: net + tax == total.")

    sentence_bound: float = Field(
        0.85,
        gt=0,
        lt=1,
        description="A field of whole sentences is null where the model finds no sentence at least this probably the "
        "one that is asked for.",
    )

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
        faults += [
            f"the field {leaf} of the list {name} cannot be a sentence; let it be within a block"
            for name, spec in self.fields.items()
            if isinstance(spec, ListField)
            for leaf, inner in spec.fields.items()
            if _is_sentence(inner)
        ]
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @property
    def sentences(self) -> dict[str, TextField]:
        """The fields whose values are whole sentences, by path."""
        return {path: spec for path, spec in self.flat.items() if isinstance(spec, TextField) and _is_sentence(spec)}

    @property
    def written(self) -> ExtractTask | None:
        """The task of what the model writes: without the fields of whole sentences, and the checks that name one.

        None if nothing is left.
        """
        sentences = self.sentences
        if not sentences:
            return self
        fields: dict[str, Any] = {}
        for name, spec in self.fields.items():
            if isinstance(spec, RecordField):
                left = {leaf: inner for leaf, inner in spec.fields.items() if not _is_sentence(inner)}
                if left:
                    fields[name] = spec.model_copy(update={"fields": left})
            elif name not in sentences:
                fields[name] = spec
        checks = tuple(check for check in self.checks if sentences.keys().isdisjoint(paths_of(check)))
        return self.model_copy(update={"fields": fields, "checks": checks}) if fields else None

    @property
    def flat(self) -> dict[str, LeafSpec | ListField]:
        """The fields by path: record fields one by one (``seller.name``), each list as one field."""
        return flat_fields(self.fields)

    @property
    def kinds(self) -> dict[str, str]:
        """The kind of every value by path; for a list, its own kind and those of its fields (``lines.amount``)."""
        kinds: dict[str, str] = {name: spec.kind for name, spec in self.flat.items()}
        for name, spec in self.fields.items():
            if isinstance(spec, ListField):
                kinds.update({f"{name}.{inner}": leaf.kind for inner, leaf in spec.fields.items()})
        return kinds

    def columns(self) -> dict[str, dict[str, Any]]:
        """The fields as in the task file."""
        fields: dict[str, dict[str, Any]] = self.canonical()["fields"]
        return fields

    def answer_fields(self) -> dict[str, AnswerField]:
        """All fields by path; list fields as ``list.field``."""
        found: dict[str, AnswerField] = {}
        for path, spec in self.flat.items():
            leaves = spec.fields.items() if isinstance(spec, ListField) else [(None, spec)]
            for leaf, inner in leaves:
                name = f"{path}.{leaf}" if leaf else path
                options = tuple(getattr(inner, "options", ()))
                pattern = inner.pattern if isinstance(inner, CodeField) else ""
                found[name] = AnswerField(name, inner.kind, options, pattern, path if leaf else None)
        return found

    @property
    def takes_examples(self) -> bool:
        """True if the task shows examples."""
        return bool(self.examples) and self.written is not None

    @property
    def ranks_examples(self) -> bool:
        """True if the examples are the nearest ones."""
        return self.takes_examples and self.shown == "nearest"

    def example_fault(self, example: Example) -> str | None:
        """Why an example does not fit: its answer is not a line for each field that the model writes, in order."""
        asked = list(self.written.flat) if self.written else []
        named = [name for line in example.answer.splitlines() if (name := line.partition(":")[0]) in asked]
        return None if named == asked else "has no answer with a line for each field, in the task's order"

    @property
    def weighs_values(self) -> bool:
        """True: a field has a finite set of candidates."""
        return True

    @property
    def asks_sentences(self) -> bool:
        """True if a field is a whole sentence."""
        return bool(self.sentences)

    def describe(self) -> str:
        """The number of fields, with their names and kinds."""
        return f"{len(self.flat)} fields: {', '.join(f'{name} ({spec.kind})' for name, spec in self.flat.items())}"

    def advice(self) -> list[str]:
        """Which fields seem to ask for sentences that the model would have to copy."""
        long = [
            path
            for path, spec in self.flat.items()
            if isinstance(spec, TextField) and not _is_sentence(spec) and spec.max_segments > MOST_WORDS_OF_A_NAME
        ]
        if not long:
            return []
        return [
            f"If {', '.join(long)} ask for clauses or other whole sentences, set within: sentence. The model is then "
            "asked of single sentences, which finds them far more often than copying does."
        ]

    def questions(self) -> list[str]:
        """One search query for each field: its name and description."""
        found = []
        for path, spec in self.flat.items():
            inner = ", ".join(spec.fields) if isinstance(spec, ListField) else ""
            words = path.replace("_", " ").replace(".", " ") + ":"
            found.append(" ".join(filter(None, (words, spec.description, inner))))
        return found


def _is_sentence(spec: Any) -> bool:
    return isinstance(spec, TextField) and spec.within == "sentence"
