"""Check what a result states beside its values: how it was made and decided, and what was read of the document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..contracts import Result
from ..contracts.base import Contract
from ..documents import Document
from .kind import Fault, KindChecker

__all__ = ["fault_of_mode", "faults_of_claims"]


def faults_of_claims(
    result: Result, document: Document, lock: Mapping[str, Any], checker: KindChecker | None
) -> Iterator[Fault]:
    """Claims of a done result that neither the lock nor the document bears out; ``lock`` is the lock's data."""
    if unknown := sorted({name for part in _parts(result) for name in part.model_extra or ()}):
        yield None, f"it has names that no result has: {', '.join(unknown[:4])}"
    if result.reason is not None:
        yield None, "it is done but carries a reason"
    ranked = bool(lock.get("cascade")) and result.grounding == "ranked"
    if checker is not None and not ranked and result.grounding != (expected := _grounding(lock, checker)):
        yield None, f"its grounding says {result.grounding}, but under the lock it is {expected}"
    if not lock.get("ranker") and any(one.chosen_by == "ranker" for one in (result.fields or {}).values()):
        yield None, "a value says that a ranker chose it, but the lock names no ranker"
    if not lock.get("calibrator") and _decided(result):
        yield None, "it carries a decision or a confidence, but the lock names no calibrator"
    if any(not 0 <= start <= end <= len(document.text) for start, end in result.windows):
        yield None, "a window lies outside the document"
    yield from _faults_of_reading(result, document, lock)


def fault_of_mode(result: Result, lock: Mapping[str, Any]) -> str | None:
    """Why the mode is not that of the lock; None if it is."""
    mode = lock.get("engine", {}).get("settings", {}).get("mode")
    return None if mode in (None, result.mode) else f"its mode says {result.mode}, but the lock says {mode}"


def _parts(result: Result) -> Iterator[Contract]:
    yield from (result, result.document)
    for answer in (result.fields or {}).values():
        yield answer
        yield from answer.alternatives


def _grounding(lock: Mapping[str, Any], checker: KindChecker) -> str:
    if "fitted" in lock:  # rules learned from gold, without a language model
        return "rule"
    takes_grammar = lock.get("engine", {}).get("settings", {}).get("grammar", True)
    return "decoded" if takes_grammar or checker.scored else "verified"


def _decided(result: Result) -> bool:
    answers = (result.fields or {}).values()
    return result.decision is not None or any(one.decision or one.confidence is not None for one in answers)


def _faults_of_reading(result: Result, document: Document, lock: Mapping[str, Any]) -> Iterator[Fault]:
    stated, readers = result.document, lock.get("readers") or {}
    if stated.read_by != document.read_by:
        named = re.findall(r"([\w-]+)/(\d+)", stated.read_by or "")
        if readers and not (named and all(readers.get(name) == int(version) for name, version in named)):
            yield None, f"it says that {stated.read_by} read the document, which the lock does not name"
        return  # another version of the reader: what it read of the document may differ
    metadata = document.metadata
    found = {
        "pages": len(document.pages),
        "unread": list(document.unread),
        **{name: metadata.get(name) or None for name in ("line", "pages_without_text", "pages_by_ocr", "source")},
    }
    for name, value in found.items():
        if getattr(stated, name) != value:
            yield None, f"what it says of the document is not so: {name}"
