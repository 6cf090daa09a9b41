"""The sets of real documents for measuring quality: task, sources, gold, and the definition of a right answer."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Literal

import numpy as np
from scipy.optimize import linear_sum_assignment

from ringfence.contracts import Result
from ringfence.documents import Source
from ringfence.tasks import ExtractTask, load_task
from ringfence.tasks.values import type_date

__all__ = ["DATA", "SETS", "BenchSet", "load_set"]

HERE = Path(__file__).parent
DATA = Path(os.environ.get("RINGFENCE_DATA", HERE.parent.parent / "shared" / "data"))
SETS = ("receipts", "receipts-scanned", "receipts-transcribed", "adbuys", "invoices", "contracts")
GOLD_ORDER: dict[str, Literal["dmy", "mdy"]] = {
    "receipts": "dmy",
    "adbuys": "mdy",
    "invoices": "dmy",
    "contracts": "mdy",
}
CLAUSES = {
    "document_name": "Document Name",
    "agreement_date": "Agreement Date",
    "governing_law": "Governing Law",
    "expiration": "Expiration Date",
    "anti_assignment": "Anti-Assignment",
    "renewal_term": "Renewal Term",
    "cap_on_liability": "Cap On Liability",
}


@dataclass(frozen=True)
class BenchSet:
    """A set of documents with gold.

    ``score`` takes a result and the gold of its document, and returns the share (0 to 1) of each scored field that is
    right; None if the field does not count for this document. ``groups`` names the family of each document for
    resampling.
    """

    name: str
    task: ExtractTask
    sources: list[Source]
    gold: dict[str, dict[str, Any]]
    score: Callable[[BenchSet, Result, dict[str, Any]], dict[str, float | None]]
    groups: dict[str, str] = field(default_factory=dict)
    window: int = 6000

    @property
    def base(self) -> str:
        """The task's name among the sets."""
        return self.name.split("-")[0]


def load_set(name: str, limit: int, scratch: Path) -> BenchSet:
    """Return the first ``limit`` documents of a set."""
    base = name.split("-", maxsplit=1)[0]
    rows = [json.loads(line) for line in (DATA / base / "gold.jsonl").read_text(encoding="utf-8").splitlines()]
    task = load_task(HERE / "tasks" / f"{base}.yaml")
    assert isinstance(task, ExtractTask)
    if base == "receipts":
        if name != "receipts":
            rows = [row for row in rows if row["image"]]
        rows = rows[:limit]
        if name == "receipts-scanned":
            sources = [Source(DATA / base / row["image"], row["id"]) for row in rows]
        else:
            sources = [_as_text(scratch, row) for row in rows]
        return BenchSet(name, task, sources, {row["id"]: row["gold"] for row in rows}, score_fields)
    if base == "contracts":
        rows = sorted(rows, key=lambda row: len(row["text"]))[:limit]
        gold = {row["id"]: {**row["gold"], "text": row["text"]} for row in rows}
        return BenchSet(name, task, [_as_text(scratch, row) for row in rows], gold, score_spans, window=2500)
    rows = rows[:limit]
    sources = [Source(DATA / base / row["file"], row["id"]) for row in rows]
    gold = {row["id"]: row["gold"] for row in rows}
    groups = {row["id"]: str(row["gold"].get("invoice_number", row["id"])) for row in rows}
    return BenchSet(name, task, sources, gold, score_invoice if base == "invoices" else score_fields, groups)


def _as_text(scratch: Path, row: dict[str, Any]) -> Source:
    scratch.mkdir(parents=True, exist_ok=True)
    path = scratch / f"{row['id']}.txt"
    if not path.exists():
        path.write_text(row["text"], encoding="utf-8", newline="")
    return Source(path, row["id"])


def alphanumeric(text: str) -> str:
    """Return only letters and digits, in lower case: gold differs from the document in spaces and punctuation."""
    return re.sub(r"[\W_]", "", text.casefold())


def is_right(bench: BenchSet, kind: str, value: Any, gold: Any) -> bool:
    """Return whether a typed value equals the gold value, by its kind."""
    if value is None or gold is None:
        return value is None and gold is None
    try:
        if kind == "money":
            return Decimal(value["amount"]) == Decimal(re.sub(r"[^\d.-]", "", gold))
        if kind == "number":
            return Decimal(value) == Decimal(gold)
    except InvalidOperation:
        return False
    if kind == "date":
        stated = gold if re.fullmatch(r"\d{4}-\d\d-\d\d", gold) else type_date(gold, GOLD_ORDER[bench.base]).value
        return bool(value == stated)
    return alphanumeric(value) == alphanumeric(gold)


def score_fields(bench: BenchSet, result: Result, gold: dict[str, Any]) -> dict[str, float | None]:
    """Score every field by exact match."""
    values = result.values or {}
    return {
        name: float(result.values is not None and is_right(bench, spec.kind, values.get(name), gold.get(name)))
        for name, spec in bench.task.flat.items()
    }


def score_invoice(bench: BenchSet, result: Result, gold: dict[str, Any]) -> dict[str, float | None]:
    """Score single fields by exact match if the gold has a value, and lines by the best assignment of their values.

    The share of the lines is over the longer of the two lists, so a missing line and an invented one both count.
    """
    values = result.values or {}
    scores: dict[str, float | None] = {}
    for path, spec in bench.task.flat.items():
        name, _, leaf = path.partition(".")
        if spec.kind == "list":
            continue
        stated = (gold.get(name) or {}).get(leaf) if leaf else gold.get(name)
        got = (values.get(name) or {}).get(leaf) if leaf else values.get(name)
        scores[path] = None if stated is None else float(is_right(bench, spec.kind, got, stated))
    lines: Any = bench.task.fields["lines"]
    stated_lines, got_lines = gold["lines"], values.get("lines") or []
    right = np.array(
        [
            [[is_right(bench, leaf.kind, got[n], want[n]) for n, leaf in lines.fields.items()] for want in stated_lines]
            for got in got_lines
        ]
    )
    longer = max(len(stated_lines), len(got_lines), 1)
    if right.size:
        pairs = linear_sum_assignment(-right.sum(axis=2))
        shares = right[pairs].sum(axis=0) / longer
    else:
        shares = np.zeros(len(lines.fields))
    scores.update({f"lines.{name}": float(share) for name, share in zip(lines.fields, shares, strict=True)})
    return scores


def score_spans(bench: BenchSet, result: Result, gold: dict[str, Any]) -> dict[str, float | None]:
    """Score each clause by F1 over characters, between the spans of the answer and those that a lawyer marked.

    If neither has a span, the clause is right; if only one has, it is wrong. Every occurrence in the gold counts, and
    every place of the answer's value.
    """
    scores: dict[str, float | None] = {}
    for name, clause in CLAUSES.items():
        answer = (result.fields or {}).get(name)
        got = {c for start, end in [*answer.spans, *answer.others] for c in range(start, end)} if answer else set()
        want = {c for start, end in gold[clause]["spans"] for c in range(start, end)}
        if not got and not want:
            scores[name] = float(result.values is not None)
        else:
            scores[name] = 2 * len(got & want) / (len(got) + len(want))
    return scores
