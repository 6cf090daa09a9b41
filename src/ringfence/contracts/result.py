"""A line of results.jsonl: the result of one document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator

from .base import Contract
from .claim import CorpusAnswer
from .place import BoxFacts, Span

__all__ = [
    "Alternative",
    "Alternatives",
    "BoxFacts",
    "DocumentFacts",
    "FieldAnswer",
    "Result",
    "Section",
    "Span",
    "Status",
    "SummarySentence",
    "UnreadPart",
    "UnsupportedText",
    "Usage",
    "field_of",
    "value_at",
]

Status = Literal["done", "failed", "abstained", "superseded"]
Decision = Literal["accept", "review", "spot-check"]


class UnreadPart(Contract):
    """A part of a document that is not in its text layer.

    ``code`` is a stable identifier, such as ``annotations`` or ``hidden-text``; ``what`` says it for people.
    """

    code: str
    what: str


class DocumentFacts(Contract):
    """The document of a result.

    ``id`` is the join key. ``source`` is the id of the file that contains the document. ``unread`` names the parts of
    the document that were not read.
    """

    omitted: ClassVar[frozenset[str]] = frozenset({"line", "pages_without_text", "pages_by_ocr", "source", "unread"})

    id: str
    path: str = ""
    sha256: str | None = None
    pages: int | None = None
    read_by: str | None = None
    line: int | None = None
    pages_without_text: list[int] | None = None
    pages_by_ocr: dict[str, str] | None = None
    source: str | None = None
    unread: list[UnreadPart] = Field(default_factory=list)

    @field_validator("path", mode="before")
    @classmethod
    def _purged_path(cls, path: Any) -> Any:
        """Read the null that a purge leaves."""
        return "" if path is None else path


class Alternative(Contract):
    """A value that a field could have, with its probability given the document; null has no text and no spans."""

    value: Any = None
    raw: str | None = None
    spans: list[Span] = Field(default_factory=list)
    probability: float | None = None


Alternatives = list[Alternative]
"""The most probable values of a field, the chosen one among them, the most probable first.

Their probabilities and those of the values that are not listed sum to one.
"""


class FieldAnswer(Contract):
    """The evidence for one value.

    ``kind`` is ``span`` (the value is the document's text), ``derived`` (typed by code from that text), ``judged``
    (from a closed list), ``written`` (by the model) or ``null``. ``spans`` are the places of the value, ``others`` the
    other places of the same text. A value has several places only where a name goes on in the lines below it; its
    ``raw`` then has a line for each. ``address`` names the place in a format without pages. ``ocr`` is the lowest
    confidence of the words that were read by OCR, or null if there are none. ``readings`` are the possible meanings of
    an ambiguous text. ``alternatives`` holds up to five values; it is empty if the field was not weighed. ``chosen_by``
    names who chose the value if it is not the model's own first choice, such as ``check``.
    """

    omitted: ClassVar[frozenset[str]] = frozenset(
        {"readings", "confidence", "decision", "alternatives", "chosen_by", "features"}
    )

    raw: str | None = None
    spans: list[Span] = Field(default_factory=list)
    others: list[Span] = Field(default_factory=list)
    boxes: list[BoxFacts] = Field(default_factory=list)
    address: str | None = None
    ocr: float | None = None
    kind: str
    flags: list[str] = Field(default_factory=list)
    readings: list[str] | None = None
    features: dict[str, Any] = Field(default_factory=dict)
    confidence: float | None = None
    decision: Decision | None = None
    alternatives: Alternatives = Field(default_factory=list)
    chosen_by: str | None = None

    def probability_of(self, value: Any) -> float | None:
        """Return the probability of the field's own ``value`` among the alternatives; None if it was not weighed."""
        own = (each.probability for each in self.alternatives if each.value == value and each.raw == self.raw)
        return next(own, None)


class Usage(Contract):
    """The cost of a document: tokens read and written, engine seconds, and the number of requests (``looks``)."""

    prompt_tokens: int = 0
    cached_tokens: int | None = None
    generated_tokens: int = 0
    seconds: float = 0.0
    looks: int = 0


class SummarySentence(Contract):
    """A sentence of a summary, and the places in the document that it rests on.

    ``support`` is the probability that the places support it, by the check. ``faults`` names what they do not say:
    ``not stated``, ``contradicted``, ``number: 12``, or ``number elsewhere: 12`` if another place of the document says
    that. A result without ``faults`` was not checked sentence by sentence.
    """

    optional: ClassVar[frozenset[str]] = frozenset({"support", "faults"})

    text: str
    heading: str | None = None
    spans: list[Span]
    boxes: list[BoxFacts] = Field(default_factory=list)
    support: float | None = None
    faults: list[str] | None = None


class UnsupportedText(Contract):
    """A number, date, amount or name in a summary that does not occur in the document.

    ``span`` is its place in the summary.
    """

    kind: str
    text: str
    span: Span


class Section(Contract):
    """A part of a long document, with the number of notes taken of it, and whether the summary rests on it."""

    span: Span
    notes: int | None = None
    in_summary: bool = False


class Result(Contract):
    """The result of one document: its values with their evidence, or the reason why there are none.

    ``values`` holds plain JSON: numbers as decimal strings, dates as ISO 8601, money as ``{"amount", "currency"}``.
    ``fields`` is keyed by path: ``total``, ``seller.name``, ``lines[0].amount``. Each part from ``left_out`` to
    ``from_corpus`` belongs to one kind of task. ``purged`` is the digest of the line that a purge replaced.
    """

    optional: ClassVar[frozenset[str]] = frozenset(
        {"left_out", "scores", "evidence", "sentences", "unsupported", "sections", "from_corpus", "purged"}
    )

    schema_version: int = Field(default=1, alias="schema")
    document: DocumentFacts
    status: Status
    reason: str | None = None
    values: dict[str, Any] | None = None
    fields: dict[str, FieldAnswer] | None = None
    checks: dict[str, str] | None = None
    rows: dict[str, list[int]] | None = None
    left_out: list[str] | None = None
    scores: dict[str, float] | None = None
    evidence: dict[str, list[Span]] | None = None
    sentences: list[SummarySentence] | None = None
    unsupported: list[UnsupportedText] | None = None
    sections: list[Section] | None = None
    from_corpus: CorpusAnswer | None = None
    grounding: str | None = None
    decision: Decision | None = None
    mode: str | None = None
    windows: list[Span] = Field(default_factory=list)
    usage: Usage | None = None
    lock: str | None = None
    purged: str | None = None

    @property
    def answered(self) -> bool:
        """True if the document was processed and has values."""
        return self.status == "done"

    def field(self, path: str) -> FieldAnswer:
        """Return the evidence for the value at ``path``. Raises KeyError if the result has no such path."""
        return (self.fields or {})[path]

    def value(self, path: str) -> Any:
        """Return the value at a path such as ``seller.name`` or ``lines[0].amount``."""
        return value_at(self.values or {}, path)

    def _repr_html_(self) -> str:
        from html import escape

        head = f"<b>{escape(self.document.id)}</b>: {escape(self.status)}"
        if not self.answered:
            return f"<p>{head} ({escape(self.reason or '')})</p>"
        rows = "".join(
            f"<tr><td>{escape(path)}</td><td>{escape(str(self.value(path)))}</td><td>{escape(answer.raw or '')}</td>"
            f"<td>{escape(', '.join(answer.flags) or answer.kind)}</td></tr>"
            for path, answer in (self.fields or {}).items()
        )
        titles = "<tr><th>field</th><th>value</th><th>as printed</th><th>kind, or flags</th></tr>"
        return f"<p>{head}</p><table>{titles}{rows}</table>"


def value_at(values: Mapping[str, Any], path: str) -> Any:
    """Return the value at a path such as ``seller.name`` or ``lines[0].amount``."""
    value: Any = values
    for step in path.replace("[", ".").replace("]", "").split("."):
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value


def field_of(path: str) -> str:
    """Return the field of a path, without row numbers: ``lines[0].amount`` belongs to ``lines.amount``."""
    return re.sub(r"\[\d+\]", "", path)
