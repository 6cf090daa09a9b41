"""What a person should look at in a run: broken checks, empty required fields, unread parts, OCR in doubt."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ..contracts import Result, field_of
from ..tasks import task_from
from .run_folder import RunFolder

__all__ = ["DoubtfulDocument", "RunDoubts", "doubts_about", "doubts_of", "required_paths"]

OCR_DOUBT = 0.8  # a value with a word that OCR read with less confidence is in doubt
WORST = 5
KINDS = {
    "broken-check": "with a broken check",
    "empty-required": "with an empty required field",
    "unread": "with unread parts",
    "left-out": "with records that were left out",
    "ocr": "with values that OCR read in doubt",
    "flag": "with other flags",
}


@dataclass(frozen=True)
class DoubtfulDocument:
    """A document and the reasons to look at it, in words."""

    document: str
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        more = f" and {len(self.reasons) - 3} more" if len(self.reasons) > 3 else ""
        return f"{self.document}: {'; '.join(self.reasons[:3])}{more}"


@dataclass(frozen=True)
class RunDoubts:
    """``documents`` counts documents by kind of doubt, ``checks`` by broken check; ``worst`` come first."""

    documents: Mapping[str, int] = field(default_factory=dict)
    checks: Mapping[str, int] = field(default_factory=dict)
    worst: tuple[DoubtfulDocument, ...] = ()

    def __str__(self) -> str:
        found = {words: count for kind, words in KINDS.items() if (count := self.documents.get(kind))}
        return ", ".join(
            f"{n} {words if len(found) > 1 else words.replace('other ', '')}" for words, n in found.items()
        )

    def as_json(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)


def doubts_of(folder: RunFolder) -> RunDoubts:
    """Read the results of a run once, and count what is in doubt."""
    required = required_paths(task_from(folder.read_facts().task).columns())
    documents: Counter[str] = Counter()
    checks: Counter[str] = Counter()
    worst: list[tuple[bool, int, int, DoubtfulDocument]] = []
    for number, result in enumerate(folder.latest()):
        found = list(doubts_about(result, required))
        documents.update({kind for kind, _ in found if kind in KINDS})
        checks.update(_broken(result))
        if found:
            reasons = tuple(reason for _, reason in found)
            entry = (not result.answered, len(found), -number, DoubtfulDocument(result.document.id, reasons))
            (heapq.heappush if len(worst) < WORST else heapq.heappushpop)(worst, entry)
    return RunDoubts(dict(documents), dict(checks), tuple(entry[3] for entry in sorted(worst, reverse=True)))


def required_paths(columns: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """The paths that the columns of a task require, those inside records and lists too."""
    nested = {
        f"{name}.{leaf}": inner
        for name, spec in columns.items()
        if spec["kind"] in ("record", "list")
        for leaf, inner in spec["fields"].items()
    }
    return {path for path, spec in {**columns, **nested}.items() if spec.get("required")}


def _broken(result: Result) -> list[str]:
    return [check for check, outcome in (result.checks or {}).items() if outcome == "broken"]


def doubts_about(result: Result, required: set[str]) -> Iterator[tuple[str, str]]:
    """Yield the kind of each doubt about a document, and the doubt in words."""
    if not result.answered:
        code, _, why = (result.reason or "").partition(": ")
        yield "not-done", f"{result.status} ({code})" + (f": {why}" if why else "")
    for check in _broken(result):
        yield "broken-check", f"broken: {check}"
    for path, answer in (result.fields or {}).items():
        if field_of(path) in required and result.value(path) is None:
            yield "empty-required", f"{path} is empty"
        elif flags := [flag for flag in answer.flags if not flag.startswith("check: ")]:
            yield "flag", f"{path}: {', '.join(flags)}"
        if answer.ocr is not None and answer.ocr < OCR_DOUBT:
            yield "ocr", f"{path}: OCR in doubt"
    for part in result.document.unread:
        yield "unread", f"not read: {part.code}"
    for path in result.left_out or ():
        yield "left-out", f"left out: {path}, which the document does not have"
