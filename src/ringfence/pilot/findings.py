"""What a pilot's report adds to its figures: the worst errors, what was not tested, and warnings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..contracts import Result
from ..evaluation.items import Item
from .data import PilotData
from .outcome import ContenderOutcome, Failure
from .terms import changed_terms

__all__ = ["Looks", "untested", "warnings_of", "worst_failures"]

WORST = 12  # failures that are shown
AROUND = 160  # characters on either side of a span that is shown


def worst_failures(
    items: Sequence[Item],
    confidences: Mapping[tuple[str, str], float],
    results: Mapping[str, Result],
    data: PilotData,
) -> list[Failure]:
    """The errors that looked surest, and where their values come from."""
    wrong = [item for item in items if not item.right]
    wrong.sort(key=lambda item: (-confidences.get((item.document, item.entry or ""), -1.0), item.document, item.path))
    found = []
    for item in wrong[:WORST]:
        result = results.get(item.document)
        answer = (result.fields or {}).get(item.entry or "") if result else None
        text = data.documents[item.document].text if item.document in data.documents else ""
        start, end = (answer.spans[0][0], answer.spans[-1][1]) if answer and answer.spans else (0, 0)
        before = text[max(0, start - AROUND) : start] if end else text[: 2 * AROUND]
        found.append(
            Failure(
                item,
                confidences.get((item.document, item.entry or "")),
                before,
                text[start:end],
                text[end : end + AROUND] if end else "",
            )
        )
    return found


def untested(data: PilotData, items: Sequence[Item], slices: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Sentences on what the figures of the test part do not cover."""
    tested = {item.document for item in items}
    found = []
    if data.without_gold:
        found.append(f"{data.without_gold} files of the pilot's folders have no gold; nobody has checked them.")
    if unread := len(data.gold) - len(data.documents):
        found.append(f"{unread} documents of the gold cannot be read from the pilot's folders; they count as errors.")
    for name, values in slices.items():
        seen: dict[str, int] = {}
        for identity in tested & set(values):
            seen[values[identity]] = seen.get(values[identity], 0) + 1
        if name in ("format", "OCR") and len(seen) == 1:
            found.append(f"Only one kind of {name} occurs in the test part: {next(iter(seen))}.")
        few = [value for value, count in seen.items() if count < 10]
        if few and len(seen) > 1:
            found.append(f"Fewer than 10 test documents by {name}: {', '.join(sorted(few)[:6])}.")
    found.append(
        "Documents of other kinds, suppliers, languages or years than those of the gold: errors may differ there."
    )
    found.append("Whether the figures stay as they are: watch them with spot-checks.")
    return found


@dataclass(frozen=True)
class Looks:
    """The history of a pilot: its terms, the first ones first, and every look at the test part."""

    terms: Sequence[Mapping[str, Any]]
    openings: Sequence[Mapping[str, Any]]


def warnings_of(
    data: PilotData, found: Sequence[ContenderOutcome], chosen: ContenderOutcome, looks: Looks
) -> list[str]:
    """What a reader must know before trusting the verdict."""
    warnings = []
    terms, openings = looks.terms, looks.openings
    if len(terms) > 1:
        changed = ", ".join(changed_terms(terms[0]["terms"], terms[-1]["terms"])) or "and back"
        warnings.append(
            f"The terms of the verdict were changed after the first run: {changed} (last {terms[-1]['at']})."
        )
    if len(openings) > 1:
        warnings.append(
            f"The test part was opened {len(openings)} times; "
            "after several looks a verdict is worth less than its confidence says."
        )
    if leaks := data.leaks():
        warnings.append(
            f"{len(leaks)} pairs of near-duplicates are in different parts ({leaks[0][0]} and {leaks[0][1]}); "
            "figures may be too good."
        )
    if twins := data.pool_twins():
        warnings.append(
            f"{len(twins)} documents of the gold nearly repeat a text of the pool ({', '.join(twins[:3])}); "
            "figures with examples may be too good."
        )
    best = max((one for one in found if one.baseline), key=lambda one: one.share.share, default=None)
    if best and best.share.share >= chosen.share.share:
        warnings.append(
            f"On dev the baseline {best.name}, without a language model, is at least as good: "
            f"{best.share.share:.3f} to {chosen.share.share:.3f}."
        )
    guided = sum(entry.origin == "pre-filled" for entry in data.gold.values())
    if guided:
        warnings.append(
            f"{guided} of {len(data.gold)} documents were confirmed with answers in view; "
            "such gold favours the program."
        )
    if late := [i for i in data.gold if data.split.part_of(i) is None]:
        warnings.append(f"{len(late)} documents of gold came after the split and belong to no part.")
    return warnings
