"""An extraction plan as plain data for people: segments, candidates, prompt and grammar."""

from __future__ import annotations

from typing import Any

from .grammar import CandidateRule
from .list_grammar import ListRule
from .plan import ExtractionPlan
from .text_runs import RunRule

__all__ = ["describe_plan"]


def describe_plan(plan: ExtractionPlan) -> dict[str, Any]:
    """Everything about a window of a document that is fixed before the model starts."""
    text = plan.document.text
    return {
        "segments": [text[segment.start : segment.end] for segment in plan.document.segments],
        "candidates": {name: _candidates(rule, text) for name, rule in plan.rules.items()},
        "prompt": {
            "system": plan.prompt.system,
            "user": plan.prompt.user,
            "answer_start": plan.prompt.answer_start,
        },
        "grammar": plan.grammar,
    }


def _candidates(rule: Any, text: str) -> Any:
    if isinstance(rule, CandidateRule):
        return [
            {
                "raw": text[candidate.start : candidate.end],
                "span": [candidate.start, candidate.end],
                "value": candidate.value,
                "flags": list(candidate.flags),
            }
            for candidate in rule.candidates
        ]
    if isinstance(rule, RunRule):
        return f"any run of words within one {rule.spec.within}"
    if isinstance(rule, ListRule):
        rows = [text[unit.start : text.find("\n", unit.start)] for unit in rule.units]
        return f"records on {len(rows)} {rule.spec.anchor}s: " + "; ".join(row[:40] for row in rows)
    return list(rule.options) if rule else "none in this document, so null"
