"""What the report shows of labels and summaries: scores as bars, sentences with what they lack, sections left out."""

from __future__ import annotations

from typing import Any

__all__ = ["scores_of", "sections_of", "sentences_of"]

MOST_SCORES = 8


def scores_of(result: dict[str, Any]) -> list[dict[str, Any]]:
    """The labels with the best scores; those that were given are marked."""
    scores = result.get("scores") or {}
    values = result["values"] or {}
    given = values.get("labels") or [values.get("label")]
    best = sorted(scores, key=lambda label: (-scores[label], label))[:MOST_SCORES]
    return [{"label": label, "score": scores[label], "given": label in given} for label in best]


def sentences_of(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Each sentence in pieces, those that the document does not bear out marked."""
    text = (result["values"] or {}).get("summary") or ""
    position, shown = 0, []
    for number, sentence in enumerate(result.get("sentences") or [], start=1):
        start = text.find(sentence["text"], position)
        if start < 0:
            continue
        position = start + len(sentence["text"])
        marks = [one["span"] for one in result["unsupported"] if start <= one["span"][0] < position]
        pieces, at = [], start
        for low, high in marks:
            pieces += [(text[at:low], False), (text[low:high], True)]
            at = high
        pieces.append((text[at:position], False))
        entry = {"name": f"s{number}", "heading": sentence["heading"], "sourced": bool(sentence["spans"])}
        shown.append({**entry, "pieces": pieces, "hue": (number - 1) * 47 % 360})
    return shown


def sections_of(result: dict[str, Any]) -> dict[str, Any] | None:
    """How many sections a long document was read in, and which of them the summary rests on nothing of."""
    sections = result.get("sections") or []
    if len(sections) < 2:
        return None
    left_out = [number for number, section in enumerate(sections, start=1) if not section["in_summary"]]
    return {"count": len(sections), "left_out": left_out}
