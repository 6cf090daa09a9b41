"""Measure summaries of meetings: ROUGE against the reference, unsupported text, and evidence recall.

Each query about a meeting (a question, or the whole meeting) is a separate task. Evidence recall is the share of the
turns that annotators marked for a query which a cited place overlaps.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from ringfence.checker import check_run
from ringfence.contracts import SessionFacts
from ringfence.documents import Source
from ringfence.inference import Answerer, AnswerOptions, LoadedModel, Windowing, load_embedder
from ringfence.runs import RunControl, RunFolder, run_task
from ringfence.tasks import SummariseTask, task_from
from sets import DATA

__all__ = ["bench_meetings"]

WINDOW = 2500


@dataclass(frozen=True)
class Query:
    """A question about a meeting, with the reference and the character spans of the turns that are its evidence."""

    name: str
    source: Source
    task: SummariseTask
    answer: str
    turns: list[tuple[int, int]]


def queries(limit: int, scratch: Path) -> list[Query]:
    """Return the first specific query of the ``limit`` shortest meetings, and the general one of every third."""
    scratch.mkdir(parents=True, exist_ok=True)
    rows = [json.loads(line) for line in (DATA / "meetings" / "val.jsonl").read_text(encoding="utf-8").splitlines()]
    rows.sort(key=lambda row: sum(len(turn["text"]) for turn in row["transcript"]))
    found = []
    for number, row in enumerate(rows[:limit]):
        lines = [f"{turn['speaker']}: {' '.join(turn['text'].split())}" for turn in row["transcript"]]
        starts = np.cumsum([0, *(len(line) + 1 for line in lines)])
        path = scratch / f"{row['id']}.txt"
        path.write_text("\n".join(lines), encoding="utf-8", newline="")
        asked = [*row["specific_queries"][:1], *(row["general_queries"][:1] if number % 3 == 0 else [])]
        for place, query in enumerate(asked):
            whole = place == 1
            words = max(10, min(200, len(query["answer"].split())))
            question: dict[str, Any] = {} if whole else {"question": query["query"]}
            task = task_from(
                {
                    "kind": "summarise",
                    "name": "meetings",
                    "instructions": "You read transcripts of meetings.",
                    "words": words,
                    **question,
                }
            )
            assert isinstance(task, SummariseTask)
            ranges = [] if whole else [tuple(map(int, span)) for span in query.get("relevant_text_span", [])]
            turns = [
                (int(starts[turn]), int(starts[turn]) + len(lines[turn]))
                for low, high in ranges
                for turn in range(low, min(high + 1, len(lines)))
            ]
            found.append(Query(f"{row['id']}-{place}", Source(path, row["id"]), task, query["answer"], turns))
    return found


def rouge(summary: str, reference: str) -> dict[str, float]:
    """Return the F1 of ROUGE-1, ROUGE-2 and ROUGE-L (Lin 2004), on lower-case words without stemming."""
    left, right = (re.findall(r"\w+", text.lower()) for text in (summary, reference))

    def overlap(size: int) -> float:
        a, b = (Counter(zip(*(words[n:] for n in range(size)), strict=False)) for words in (left, right))
        return 2 * sum((a & b).values()) / max(1, sum(a.values()) + sum(b.values()))

    row = [0] * (len(right) + 1)
    for left_word in left:
        before = row
        row = [0]
        for place, right_word in enumerate(right, start=1):
            row.append(before[place - 1] + 1 if left_word == right_word else max(row[-1], before[place]))
    return {"rouge-1": overlap(1), "rouge-2": overlap(2), "rouge-l": 2 * row[-1] / max(1, len(left) + len(right))}


def minutes(session: SessionFacts) -> float:
    """Return how long a session took; the engine's seconds count requests that run at once again and again."""
    if session.ended_at is None:
        return 0.0
    start, end = map(datetime.fromisoformat, (session.started_at, session.ended_at))
    return (end - start).total_seconds() / 60


def bench_meetings(model: LoadedModel, weights: str, limit: int, relevant: int | None, out: Path) -> None:
    """Make the missing summaries, and print means with bootstrap intervals over the queries."""
    embedder = load_embedder() if relevant else None
    windowing = Windowing(WINDOW, relevant)
    folder = out / f"meetings-{weights}{f'-relevant{relevant}' if relevant else ''}"
    rows: list[dict[str, float]] = []
    findings = failed = 0
    for query in queries(limit, out / "meetings-text"):
        target = folder / query.name
        answerer = Answerer(model, query.task, AnswerOptions(windowing=windowing), embedder)
        run_task(answerer, [query.source], target, RunControl(resume=True))
        (result,) = RunFolder.open(target).latest()
        findings += len(check_run(target).findings)
        if not result.answered or result.usage is None:
            failed += 1
            print(f"  {query.name}: {result.reason}")
            continue
        summary = result.value("summary") or ""
        row = rouge(summary, query.answer)
        kinds = Counter(text.kind for text in result.unsupported or ())
        row |= {"unsupported names": kinds["name"], "unsupported numbers": sum(kinds.values()) - kinds["name"]}
        row["share without any"] = float(not kinds)
        row["words / asked"] = len(summary.split()) / query.task.words
        row["within a tenth of those asked"] = float(abs(row["words / asked"] - 1) <= 0.1)
        sentences = result.sentences or []
        row["sentences with a fault"] = float(np.mean([bool(one.faults) for one in sentences])) if sentences else 0.0
        row["places a sentence"] = float(np.mean([len(one.spans) for one in sentences])) if sentences else 0.0
        row["sections in summary"] = float(np.mean([section.in_summary for section in result.sections or ()]))
        spans = [span for sentence in result.sentences or () for span in sentence.spans]
        if query.turns:
            hit = [any(start < high and low < end for start, end in spans) for low, high in query.turns]
            row["evidence recall"] = float(np.mean(hit))
            inside = [any(start < high and low < end for low, high in query.turns) for start, end in spans]
            row["evidence precision"] = float(np.mean(inside)) if inside else 0.0
        row["tokens read"], row["tokens written"] = result.usage.prompt_tokens, result.usage.generated_tokens
        row["minutes"] = sum(map(minutes, RunFolder.open(target).read_facts().sessions))
        rows.append(row)
    print(f"\nmeetings, {model.name}: {len(rows)} queries, {failed} failed, {findings} findings of the checker")
    for name in dict.fromkeys(name for row in rows for name in row):
        values = np.array([row[name] for row in rows if name in row])
        draws = values[np.random.default_rng(0).integers(0, len(values), (9999, len(values)))].mean(1)
        low, high = np.percentile(draws, [2.5, 97.5])
        print(f"  {name:20} {values.mean():7.3f}  [{low:.3f}, {high:.3f}]  n = {len(values)}", flush=True)
    if embedder:
        embedder.close()
