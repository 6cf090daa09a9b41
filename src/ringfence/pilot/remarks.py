"""What a pilot's report has to say besides its figures: the worst errors, what was not tested, and what to be wary of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..evaluation.outcomes import Item
from ..tasks import Example
from .documents import PilotDocuments
from .outcome import ContenderOutcome, Failure
from .state import changed_terms

__all__ = ["untested", "warnings_of", "worst_failures"]

WORST = 12  # failures that are shown
AROUND = 160  # characters on either side of a span that is shown


def worst_failures(
    items: Sequence[Item],
    confidences: Mapping[tuple[str, str], float],
    results: Mapping[str, Mapping[str, Any]],
    docs: PilotDocuments,
) -> list[Failure]:
    """The errors that looked surest, and where their values came from."""
    wrong = [item for item in items if not item.right]
    wrong.sort(key=lambda item: (-confidences.get((item.document, item.entry or ""), -1.0), item.document, item.path))
    found = []
    for item in wrong[:WORST]:
        entry = (results.get(item.document, {}).get("fields") or {}).get(item.entry or "", {})
        text = docs.documents[item.document].text if item.document in docs.documents else ""
        start, end = entry["spans"][0] if entry.get("spans") else (0, 0)
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


def untested(
    docs: PilotDocuments, items: Sequence[Item], slices: Mapping[str, Mapping[str, str]], results: Mapping[str, Any]
) -> list[str]:
    """What the figures of the test part say nothing about."""
    tested = {item.document for item in items}
    found = []
    if docs.others:
        found.append(f"{docs.others} files of the pilot's folders have no gold and were not looked at.")
    if unread := len(docs.gold) - len(docs.documents):
        found.append(
            f"{unread} documents of the gold could not be read from the pilot's folders; they count as errors."
        )
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
        "Documents of other kinds, suppliers, languages or years than those of the gold; errors may differ there."
    )
    found.append("Whether the figures stay as they are: watch them with spot-checks.")
    return found


def warnings_of(
    terms: Sequence[Mapping[str, Any]],
    openings: Sequence[Mapping[str, Any]],
    found: Sequence[ContenderOutcome],
    chosen: ContenderOutcome,
    docs: PilotDocuments,
    pool: Sequence[Example],
) -> list[str]:
    """What a reader has to know before believing the verdict."""
    warnings = []
    if len(terms) > 1:
        changed = ", ".join(changed_terms(terms[0]["terms"], terms[-1]["terms"])) or "and back"
        warnings.append(
            f"The terms of the verdict were changed after the first run: {changed} (last {terms[-1]['at']})."
        )
    if len(openings) > 1:
        warnings.append(
            f"The test part was opened {len(openings)} times; a verdict after several looks promises less than its confidence says."
        )
    if leaks := docs.leaks():
        warnings.append(
            f"{len(leaks)} pairs of near-duplicates lie in two parts ({leaks[0][0]} and {leaks[0][1]}); figures may be flattered."
        )
    if twins := docs.twins_of(pool):
        warnings.append(
            f"{len(twins)} documents of the gold are nearly a text of the pool ({', '.join(twins[:3])}); figures with examples may be flattered."
        )
    best = max((one for one in found if one.baseline), key=lambda one: one.share.share, default=None)
    if best and best.share.share >= chosen.share.share:
        warnings.append(
            f"On dev the baseline {best.name}, which takes no language model, is at least as good: {best.share.share:.3f} to {chosen.share.share:.3f}."
        )
    guided = sum(entry.origin == "pre-filled" for entry in docs.gold.values())
    if guided:
        warnings.append(
            f"{guided} of {len(docs.gold)} documents were confirmed with answers in view; such gold leans towards the program."
        )
    if late := [i for i in docs.gold if docs.split.part_of(i) is None]:
        warnings.append(f"{len(late)} documents of gold came after the split and belong to no part.")
    return warnings
