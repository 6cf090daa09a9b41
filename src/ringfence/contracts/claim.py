"""The parts of an answer from a corpus: passages, claims, and what each claim rests on."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from .base import Contract
from .place import BoxFacts, Span

__all__ = ["Calculation", "Citation", "Claim", "ClaimVerdict", "CorpusAnswer", "FoundPassage"]

ClaimVerdict = Literal["supported", "unsupported"]


class FoundPassage(Contract):
    """A passage that search found: ``text`` is ``span`` of the text layer of ``document``, under ``lead``.

    ``boxes`` holds the span and the box of each of its lines. ``page`` is null in a format without pages. ``number`` is
    its number among the passages in view.
    """

    omitted: ClassVar[frozenset[str]] = frozenset({"boxes", "lead", "source", "score"})

    number: int
    document: str
    path: str
    sha256: str
    title: str = ""
    source: str | None = None
    span: Span
    page: int | None = None
    lead: str = ""
    text: str
    boxes: list[tuple[Span, BoxFacts]] = Field(default_factory=list)
    score: float | None = None


class Citation(Contract):
    """The place that a claim rests on: ``text`` is exactly ``span`` of the text layer of ``document``, under ``lead``.

    ``passage`` is the number of the passage among those that were read, from 1.
    """

    omitted: ClassVar[frozenset[str]] = frozenset({"boxes", "lead", "source"})

    document: str
    path: str
    sha256: str
    title: str = ""
    source: str | None = None
    span: Span
    page: int | None = None
    lead: str = ""
    text: str
    boxes: list[BoxFacts] = Field(default_factory=list)
    passage: int


class Calculation(Contract):
    """A number that the program worked out: ``expression`` over numbers of the cited places, and its ``result``."""

    expression: str
    result: str


class Claim(Contract):
    """A sentence of an answer with what it rests on.

    ``faults`` names what its places do not say: ``number: 12``, ``name: Acme``, ``order: 12`` (they give the value to
    something else, or the pair the other way round), ``role: ...`` (they say it of another party), ``negation: ...``
    (they say the contrary), ``not stated``, ``contradicted``, ``no citation``, ``no answer``. ``support`` is the
    probability that its places support it, ``relevance`` that they answer the question, by the checks. ``conflicts``
    are places in other documents that say the same with another value.
    """

    omitted: ClassVar[frozenset[str]] = frozenset({"faults", "relevance", "calculation", "conflicts"})

    text: str
    verdict: ClaimVerdict
    citations: list[Citation] = Field(default_factory=list)
    faults: list[str] = Field(default_factory=list)
    support: float | None = None
    relevance: float | None = None
    calculation: Calculation | None = None
    conflicts: list[Citation] = Field(default_factory=list)


class CorpusAnswer(Contract):
    """What stands behind an answer from a corpus.

    ``claims`` are all that the model wrote; the answer consists of those that are supported. ``parts`` are the
    questions that were searched for, ``nearest`` the passages that were read. ``answerable`` is the probability that
    they answer the question. ``reading`` is how the documents of the corpus are read, if otherwise than by default.
    """

    omitted: ClassVar[frozenset[str]] = frozenset({"parts", "asked_as", "reading"})

    corpus: str
    version: int
    claims: list[Claim] = Field(default_factory=list)
    nearest: list[Citation] = Field(default_factory=list)
    parts: list[str] = Field(default_factory=list)
    asked_as: str | None = None
    reading: dict[str, Any] = Field(default_factory=dict)
    answerable: float | None = None
