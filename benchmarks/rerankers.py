"""Measure what a reranker brings to the search of a corpus, paired with the fused order, and what it costs.

    python benchmarks/rerankers.py --rerankers tests demo --sets passages filings --limit 60

Passages: the answerable questions against the passages of all; one is right. Filings: gold names documents, so every
passage of them is right. Questions come by seed. Each question is a line of OUT/SET/rerank-NAME.jsonl, so the same
command goes on. Intervals are a bootstrap over questions.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from corpus import DATA, passage_question, passage_rows
from ringfence.api.corpus import index_corpus, open_corpus
from ringfence.evaluation.questions import GoldQuestion
from ringfence.evaluation.retrieval import DEPTH, MeanFigure, ndcg
from ringfence.files import add_line, read_lines


def passages_set(folder: Path) -> tuple[Path, list[GoldQuestion]]:
    """All questions of the passages, half of them without an answer."""
    file, rows = passage_rows(folder)
    return file, [passage_question(row) for row in rows]


def filings_set(folder: Path) -> tuple[Path, list[GoldQuestion]]:
    """All questions of the filings, with the documents that answer them."""
    rows = [json.loads(line) for line in (DATA / "filings/questions.jsonl").read_text(encoding="utf-8").splitlines()]
    return DATA / "filings/documents", [
        GoldQuestion(
            id=row["id"], question=row["question"], answers=(row["answer"],), documents=tuple(row["source_docs"])
        )
        for row in rows
    ]


EVERY_QUESTION = {"passages": passages_set, "filings": filings_set}


def work(folder: Path, reranker: str, questions: Sequence[GoldQuestion]) -> list[dict[str, Any]]:
    """Return a line for each question: which of the best are right, fused and reranked, and the seconds of each."""
    journal = folder / f"rerank-{reranker.replace('/', '_')}.jsonl"
    done = {line["id"]: line for line in read_lines(journal)}
    waiting = [question for question in questions if question.id not in done]
    if waiting:
        views = {
            stage: open_corpus(folder / "corpus", reranker=name)
            for stage, name in (("fused", None), ("reranked", reranker))
        }
    for question in waiting:
        line: dict[str, Any] = {"id": question.id, "load": round(os.getloadavg()[0], 1)}
        right: set[int] = set()
        for stage, view in views.items():
            started, worked = time.monotonic(), time.process_time()
            best = view.search.rank(question.question).best
            line[f"{stage} s"] = [time.monotonic() - started, time.process_time() - worked]
            line[stage] = [question.holds(passage) for passage in view.search.fetch(best[:DEPTH])]
            right |= {number for number, hit in zip(best, line[stage], strict=False) if hit}
        line["found"] = len(right)
        add_line(journal, line)
        done[question.id] = line
    return [done[question.id] for question in questions]


def report(name: str, reranker: str, lines: Sequence[dict[str, Any]]) -> None:
    """Print the measures of both orders and their paired differences."""
    measures = {
        "nDCG@10": lambda line, stage: ndcg(line[stage], line["found"]),
        "recall@1": lambda line, stage: float(any(line[stage][:1])),
        "recall@5": lambda line, stage: float(any(line[stage][:5])),
    }
    loads = [line["load"] for line in lines]
    print(f"\n{name}, {len(lines)} questions, {reranker}, load {min(loads):.0f} to {max(loads):.0f}")
    for measure, value in measures.items():
        fused, reranked = ([value(line, stage) for line in lines] for stage in ("fused", "reranked"))
        gain = MeanFigure.of([one - other for one, other in zip(reranked, fused, strict=True)])
        figures = f"{MeanFigure.of(fused)}, reranked {MeanFigure.of(reranked)}"
        print(f"  {measure:9} fused {figures}, difference {gain.value:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}]")
    for stage in ("fused", "reranked"):
        seconds, worked = (np.array([line[f"{stage} s"][part] for line in lines]) for part in (0, 1))
        print(
            f"  {stage}: a search takes {np.median(seconds):.3f} s (median), {np.percentile(seconds, 95):.3f} s (p95); "
            f"work of the processor {np.median(worked):.3f} s",
            flush=True,
        )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rerankers", nargs="+", required=True, help="weights: cross-encoders or language models")
    options.add_argument("--sets", nargs="+", choices=list(EVERY_QUESTION), default=list(EVERY_QUESTION))
    options.add_argument("--limit", type=int, default=150, help="questions of each set")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--out", type=Path, default=Path("bench-results/corpus"))
    chosen = options.parse_args()
    for name in chosen.sets:
        folder = chosen.out / name
        folder.mkdir(parents=True, exist_ok=True)
        files, questions = EVERY_QUESTION[name](folder)
        asked = sorted((question for question in questions if question.answerable), key=lambda question: question.id)
        random.Random(chosen.seed).shuffle(asked)
        index_corpus(folder / "corpus", [files])
        for reranker in chosen.rerankers:
            report(name, reranker, work(folder, reranker, asked[: chosen.limit]))


if __name__ == "__main__":
    main()
