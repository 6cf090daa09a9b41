"""The values that a field could have in a document: each with its evidence and every way in which a model writes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...contracts import FieldAnswer
from ...documents import Document
from .grammar import NULL, CandidateRule, Choice, Rule
from .plan import ExtractionPlan
from .slots import Slot

__all__ = ["Rival", "rivals_of"]

MOST_SURFACES = 160  # texts of one field that are weighed: the written one, then those printed first


@dataclass(frozen=True)
class Rival:
    """A value that a field could have. ``surfaces`` are the texts, without the space before them, that stand for it."""

    value: Any
    answer: FieldAnswer
    surfaces: tuple[str, ...]


def rivals_of(plan: ExtractionPlan, slot: Slot, written: str) -> list[Rival]:
    """The values that could be in ``slot`` of an answer under ``plan``; ``written`` is what the model wrote there.

    The written value comes first. Texts of one value are one rival; null is one where the field may be null.
    """
    rule = slot.rule
    if rule is None:
        return []
    surfaces = [written, *([NULL] if slot.nullable else []), *_surfaces(rule, written)]
    printed = _printed(rule, plan.document) if isinstance(rule, CandidateRule) else {}
    groups: dict[Any, Rival] = {}
    for surface in list(dict.fromkeys(surfaces))[:MOST_SURFACES]:
        found = plan.value_of(slot, surface)
        rival = Rival(found.value, found.answer, (surface, *printed.get(surface, ())))
        identity = _identity(found.value, found.answer)
        groups[identity] = _joined(groups[identity], rival) if identity in groups else rival
    return list(_with_currency(groups))


def _printed(rule: CandidateRule, document: Document) -> dict[str, list[str]]:
    """The candidates as the page has them, by surface, where that is more than the surface.

    The model writes an amount without its currency because it must; its own belief is in "EUR 119.00" (of four letters
    the right total had 9 % without).
    """
    found: dict[str, list[str]] = {}
    for candidate in rule.candidates:
        whole = " ".join(document.text[candidate.start : candidate.end].split())
        if whole != candidate.surface and whole not in found.setdefault(candidate.surface, []):
            found[candidate.surface].append(whole)
    return {surface: [whole for whole in wholes if whole not in rule.by_surface] for surface, wholes in found.items()}


def _surfaces(rule: Rule, written: str) -> Sequence[str]:
    if isinstance(rule, Choice):
        return rule.options
    if isinstance(rule, CandidateRule):
        return list(rule.by_surface)
    return rule.wholes(written)


def _identity(value: Any, answer: FieldAnswer) -> Any:
    """What makes two texts the same value; amounts with and without a currency are told apart at first."""
    if isinstance(value, dict):
        return tuple(value.items())
    return value if value is not None or answer.raw is None else ("unclear", answer.raw)


def _joined(first: Rival, other: Rival) -> Rival:
    """One rival for two texts of a value; the evidence is that of the first, with the places of both."""
    places = {*first.answer.spans, *first.answer.others}
    more = [span for span in [*other.answer.spans, *other.answer.others] if span not in places]
    answer = first.answer.model_copy(update={"others": [*first.answer.others, *more]}) if more else first.answer
    return replace(first, answer=answer, surfaces=(*first.surfaces, *other.surfaces))


def _with_currency(groups: dict[Any, Rival]) -> Iterator[Rival]:
    """The rivals; an amount printed once with its currency and once without is one."""
    amounts: dict[str, list[Any]] = {}
    for identity, rival in groups.items():
        if isinstance(rival.value, dict) and "amount" in rival.value:
            amounts.setdefault(rival.value["amount"], []).append(identity)
    merged: dict[Any, Any] = {}
    for same in amounts.values():
        if len(same) == 2 and any(groups[identity].value["currency"] is None for identity in same):
            merged[same[1]] = same[0]
    for other, first in merged.items():
        groups[first] = _joined(groups[first], groups.pop(other))
    yield from groups.values()
