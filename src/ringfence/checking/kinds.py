"""What a result has to hold by the kind of its task, beside what holds for every value."""

from __future__ import annotations

import calendar
import math
import re
from typing import Any

from ..documents import Document

__all__ = ["asked", "faults_of_scores", "faults_of_summary"]

_NUMBER = re.compile(r"\d+(?:[.,'’\u00a0 ]\d{3})*(?:[.,]\d+)?")
_WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]


def asked(task: dict[str, Any]) -> dict[str, Any]:
    """The specification of everything that a result of this task holds, by name."""
    if task["kind"] == "extract":
        fields: dict[str, Any] = task["fields"]
        return fields
    if task["kind"] == "summarise":
        return {"summary": {"kind": "written", "required": False}}
    options = [*task["labels"], *(["other"] if task["other"] else [])]
    kind, name = ("choices", "labels") if task["several"] else ("choice", "label")
    return {name: {"kind": kind, "options": options, "required": True}}


def faults_of_scores(result: dict[str, Any], task: dict[str, Any]) -> list[str]:
    """Scores that are not those of the task's labels, do not sum to one, or do not bear out the label."""
    (spec,) = asked(task).values()
    scores = result["scores"]
    if set(scores) != set(spec["options"]):
        return ["its scores are not those of the task's labels"]
    if not all(0 <= score <= 1 for score in scores.values()) or not math.isclose(sum(scores.values()), 1, abs_tol=1e-4):
        return ["its scores do not sum to one"]
    best = max(scores.values())
    if result["status"] == "abstained":
        limit = task["abstain_below"]
        return (
            [] if limit is not None and best <= limit + 1e-6 else ["it abstained, and no rule of the task asks for it"]
        )
    first = result["values"]["labels"][0] if task["several"] else result["values"]["label"]
    return [] if scores[first] >= best - 1e-6 else ["the label is not the one with the best score"]


def faults_of_summary(result: dict[str, Any], document: Document) -> list[str]:
    """Sentences without a place in what was read, and numbers that stand nowhere and are not told of."""
    faults = []
    windows = result["windows"]
    for number, sentence in enumerate(result["sentences"], start=1):
        for start, end in sentence["spans"]:
            inside = any(low <= start and end <= high for low, high in windows)
            if not (0 <= start < end <= len(document.text) and inside):
                faults.append(f"sentence {number} rests on a place that was not read")
        if not sentence["spans"] and "no-source" not in result["fields"]["summary"]["flags"]:
            faults.append(f"sentence {number} rests on nothing, and no flag says so")
        if sentence["text"] not in (result["values"]["summary"] or ""):
            faults.append(f"sentence {number} is not in the summary")
    known = {_digits(raw) for raw in _NUMBER.findall(document.text)} | set(re.findall(r"\d+", document.text))
    known |= {one.lstrip("0") or "0" for one in known}
    known |= {str(n) for n, word in enumerate(_WORDS, 1) if re.search(rf"\b{word}\b", document.text, re.I)}
    months = [n for n in range(1, 13) if re.search(rf"\b{calendar.month_abbr[n]}", document.text, re.I)]
    known |= {str(n) for n in months} | {f"{n:02}" for n in months}
    known |= {f"{century}{short}" for short in re.findall(r"[./-](\d\d)\b", document.text) for century in (19, 20)}
    told = " ".join(one["text"] for one in result["unsupported"])
    for raw in _NUMBER.findall(result["values"]["summary"] or ""):
        if _digits(raw) not in known and (_digits(raw).lstrip("0") or "0") not in known and raw not in told:
            faults.append(f"the number {raw} stands nowhere in the document, and is not told of")
    return faults


def _digits(raw: str) -> str:
    """A number without its grouping and without zeros that end a fraction."""
    fraction = re.search(r"[.,](\d{1,2})$", raw)
    whole = re.sub(r"\D", "", raw[: fraction.start()] if fraction else raw)
    rest = (fraction.group(1).rstrip("0") if fraction else "") if fraction else ""
    return f"{whole}.{rest}" if rest else whole
