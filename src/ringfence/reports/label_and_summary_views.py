"""Views of labels and summaries in the report: scores, sentences with unsupported text, and omitted sections."""

from __future__ import annotations

from dataclasses import dataclass

from ..contracts import Result

__all__ = ["ScoreView", "SectionsView", "SentenceView", "scores_of", "sections_of", "sentences_of"]

MOST_SCORES = 8


@dataclass(frozen=True)
class ScoreView:
    """A label with its score. ``given`` is True if the answer contains it."""

    label: str
    score: float
    given: bool


@dataclass(frozen=True)
class SentenceView:
    """A sentence of a summary in pieces: (text, True if the document does not support it), and what it lacks."""

    name: str
    heading: str | None
    sourced: bool
    pieces: list[tuple[str, bool]]
    hue: int
    faults: list[str]


@dataclass(frozen=True)
class SectionsView:
    """The number of sections of a long document, and the numbers of sections that the summary does not use."""

    count: int
    left_out: list[int]


def scores_of(result: Result) -> list[ScoreView]:
    """Return the labels with the best scores, the best first."""
    scores = result.scores or {}
    values = result.values or {}
    given = values.get("labels") or [values.get("label")]
    best = sorted(scores, key=lambda label: (-scores[label], label))[:MOST_SCORES]
    return [ScoreView(label, scores[label], label in given) for label in best]


def sentences_of(result: Result) -> list[SentenceView]:
    """Return each sentence of the summary, in pieces."""
    text = (result.values or {}).get("summary") or ""
    position, shown = 0, []
    for number, sentence in enumerate(result.sentences or [], start=1):
        start = text.find(sentence.text, position)
        if start < 0:
            continue
        position = start + len(sentence.text)
        marks = [mark.span for mark in result.unsupported or [] if start <= mark.span[0] < position]
        pieces, at = [], start
        for low, high in marks:
            pieces += [(text[at:low], False), (text[low:high], True)]
            at = high
        pieces.append((text[at:position], False))
        hue = (number - 1) * 47 % 360
        faults = sentence.faults or []
        shown.append(SentenceView(f"s{number}", sentence.heading, bool(sentence.spans), pieces, hue, faults))
    return shown


def sections_of(result: Result) -> SectionsView | None:
    """Return the sections of a document; None if there is only one."""
    sections = result.sections or []
    if len(sections) < 2:
        return None
    left_out = [number for number, section in enumerate(sections, start=1) if not section.in_summary]
    return SectionsView(len(sections), left_out)
