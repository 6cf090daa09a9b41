"""Measure classification of messages and contracts: zero-shot, with examples chosen by likeness, and with baselines.

The pool holds 5 labelled messages for each label, drawn once with a fixed seed. Nearest neighbour and logistic
regression use the same pool and the same embeddings, so the model gets no credit for retrieval.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ringfence.checker import check_run
from ringfence.contracts import Result
from ringfence.documents import Source
from ringfence.engines import Engine, Request, ScoreRequest
from ringfence.evaluation import wilson
from ringfence.inference import (
    Answerer,
    AnswerOptions,
    ExamplePool,
    ExecutorSetup,
    LoadedModel,
    Windowing,
    load_embedder,
)
from ringfence.inference.classify import ClassifyExecutor
from ringfence.runs import RunControl, RunFolder, run_task
from ringfence.tasks import (
    ClassifyTask,
    Example,
    task_from,
    with_likeness,
)
from ringfence.tasks.gbnf import one_of
from sets import DATA

__all__ = ["LABEL_SETS", "bench_labels", "bench_time"]

LABEL_SETS = ("banking77", "clinc150", "contracts-by-type")
FOR_EACH = 5
OUT_OF_SCOPE = {"clinc150": "oos"}
INSTRUCTIONS = {
    "banking77": "You read messages that customers send to their bank.",
    "clinc150": "You read requests that people speak to an assistant.",
    "contracts-by-type": "You read the beginning of commercial contracts.",
}


@dataclass(frozen=True)
class LabelSet:
    """Texts with one label each, and the pool. ``other`` is the gold label of a text that fits none of the labels."""

    name: str
    task: ClassifyTask
    sources: list[Source]
    texts: dict[str, str]
    gold: dict[str, str]
    pool: list[Example]


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def load(name: str, limit: int, scratch: Path) -> LabelSet:
    """Write the first ``limit`` texts of a set into one JSONL file."""
    scratch.mkdir(parents=True, exist_ok=True)
    if name == "contracts-by-type":
        rows = sorted(_rows(DATA / "contracts" / "gold.jsonl"), key=lambda row: len(row["text"]))[:25]
        test = [{"id": row["id"], "text": row["text"], "label": row["contract_type"]} for row in rows]
        labels = sorted({row["contract_type"] for row in _rows(DATA / "contracts" / "gold.jsonl")})
        train: list[dict[str, Any]] = []
    else:
        test = _rows(DATA / name / ("test_sample.jsonl" if name == "banking77" else "val_sample.jsonl"))[:limit]
        train = _rows(DATA / name / "train.jsonl")
        labels = sorted({row["label"] for row in train})
    oos = OUT_OF_SCOPE.get(name)
    labels = [label for label in labels if label != oos]
    task = task_from(
        {"kind": "classify", "name": name, "instructions": INSTRUCTIONS[name], "labels": labels, "other": bool(oos)}
    )
    assert isinstance(task, ClassifyTask)
    shuffled = list(train)
    random.Random(0).shuffle(shuffled)
    pool, seen = [], dict.fromkeys([*labels, oos], 0)
    tested = {row["text"].strip() for row in test}
    for row in shuffled:
        if seen[row["label"]] < FOR_EACH and row["text"].strip() not in tested:
            seen[row["label"]] += 1
            pool.append(Example(row["text"], ("other" if row["label"] == oos else row["label"],)))
    path = scratch / f"{name}.jsonl"
    path.write_text("".join(json.dumps({"id": row["id"], "text": row["text"]}) + "\n" for row in test))
    gold = {row["id"]: "other" if row["label"] == oos else row["label"] for row in test}
    texts = {row["id"]: row["text"] for row in test}
    return LabelSet(name, task, [Source(path, path.name)], texts, gold, pool)


def report(name: str, bench: LabelSet, given: Mapping[str, str | None], remark: str) -> None:
    """Print accuracy with its Wilson interval, macro F1 with a bootstrap interval, and out-of-scope recall."""
    ids = [identity for identity in bench.gold if identity in given]
    right = sum(given[i] == bench.gold[i] for i in ids)
    low, high = wilson(right, len(ids))
    print(f"\n{bench.name}, {name}: {len(ids)} texts, {remark}")
    print(f"  accuracy      {right}/{len(ids)} {right / len(ids):.3f} [{low:.3f}, {high:.3f}]")
    draws = np.random.default_rng(0).integers(0, len(ids), (500, len(ids)))
    spread = np.percentile([macro_f1([ids[n] for n in draw], bench.gold, given) for draw in draws], [2.5, 97.5])
    print(f"  macro F1      {macro_f1(ids, bench.gold, given):.3f} [{spread[0]:.3f}, {spread[1]:.3f}]")
    outside = [i for i in ids if bench.gold[i] == "other"]
    if outside:
        hits = sum(given[i] == "other" for i in outside)
        answered = sum(given[i] == "other" for i in ids)
        low, high = wilson(hits, len(outside))
        print(
            f"  out of scope  recall {hits}/{len(outside)} {hits / len(outside):.3f} [{low:.3f}, {high:.3f}], "
            f"precision {hits}/{answered}"
        )


def macro_f1(ids: list[str], gold: Mapping[str, str], given: Mapping[str, str | None]) -> float:
    """Return the mean F1 over the labels that occur in the gold."""
    scores = []
    for label in {gold[i] for i in ids}:
        hits = sum(given[i] == label == gold[i] for i in ids)
        scores.append(2 * hits / (sum(gold[i] == label for i in ids) + sum(given[i] == label for i in ids)))
    return float(np.mean(scores))


def paired(bench: LabelSet, left: Mapping[str, str | None], right: Mapping[str, str | None], title: str) -> None:
    """Print the difference of the accuracies on the same texts, with its bootstrap interval."""
    ids = [i for i in bench.gold if i in left and i in right]
    gains = np.array([(left[i] == bench.gold[i]) - (right[i] == bench.gold[i]) for i in ids], float)
    draws = gains[np.random.default_rng(0).integers(0, len(gains), (9999, len(gains)))].mean(1)
    low, high = np.percentile(draws, [2.5, 97.5])
    print(f"  {title}, paired: {gains.mean():+.3f} [{low:+.3f}, {high:+.3f}], n = {len(ids)}", flush=True)


def baselines(bench: LabelSet, embedder: Engine) -> dict[str, dict[str, str | None]]:
    """Return the labels of nearest neighbour and logistic regression on the embeddings of the pool."""
    from sklearn.linear_model import LogisticRegression

    examples = embedder.embed([example.text for example in bench.pool])
    texts = embedder.embed([bench.texts[i] for i in bench.gold])
    labels = np.array([example.labels[0] for example in bench.pool])
    nearest = labels[(texts @ examples.T).argmax(1)]
    fitted = LogisticRegression(C=10, max_iter=2000).fit(examples, labels).predict(texts)
    return {
        "nearest neighbour": dict(zip(bench.gold, map(str, nearest), strict=True)),
        "logistic regression": dict(zip(bench.gold, map(str, fitted), strict=True)),
    }


def model_alone(bench: LabelSet, result: Result, pool: ExamplePool) -> str:
    """Return the label that the model's scores alone choose, by subtracting the likeness from the stored scores."""
    likeness = pool.around(bench.texts[result.document.id], 0).likeness
    scores = with_likeness(result.scores or {}, likeness, -bench.task.likeness)
    return max(scores, key=scores.__getitem__)


def bench_labels(name: str, model: LoadedModel, weights: str, limit: int, arms: list[str], out: Path) -> None:
    """Answer the texts of one set that have no answer yet, and print every figure."""
    bench = load(name, limit, out / "labels")
    embedder = load_embedder()
    cheap = baselines(bench, embedder.engine) if bench.pool else {}
    for title, given in cheap.items():
        report(title, bench, given, "no language model")
    for arm in arms:
        if arm == "examples" and not bench.pool:
            continue
        pool = ExamplePool(bench.pool, embedder.engine) if arm == "examples" else None
        options = AnswerOptions(windowing=Windowing(1000), pool=bench.pool if pool else ())
        folder = out / f"{name}-{weights}-{arm}"
        folder.mkdir(parents=True, exist_ok=True)
        answerer = Answerer(model, bench.task, options, embedder if pool else None)
        started = time.monotonic()
        summary = run_task(answerer, bench.sources, folder / "run", RunControl(resume=True))
        if fresh := sum(summary.progress.seen.values()):
            with (folder / "seconds.jsonl").open("a") as stream:
                stream.write(json.dumps([fresh, time.monotonic() - started]) + "\n")
        rows = [json.loads(row) for row in (folder / "seconds.jsonl").read_text().splitlines()]
        speed = 60 * sum(count for count, _ in rows) / sum(seconds for _, seconds in rows)
        results = {result.document.id: result for result in RunFolder.open(folder / "run").latest()}
        ours = {i: (result.values or {}).get("label") for i, result in results.items()}
        findings = check_run(folder / "run").findings
        report(f"{model.name}, {arm}", bench, ours, f"{speed:.1f} texts/min, {len(findings)} findings of the checker")
        if pool:
            alone = {i: model_alone(bench, result, pool) for i, result in results.items() if result.values}
            report(f"{model.name}, {arm}, the model alone", bench, alone, "the same run without the pool's likeness")
            paired(bench, ours, alone, "less the model alone")
        for title, given in cheap.items():
            paired(bench, ours, given, f"less {title}")
    embedder.close()


def bench_time(model: LoadedModel, out: Path, count: int = 8) -> None:
    """Compare scoring all 77 labels of a message with generating the label under a grammar, in one process."""
    bench, engine = load("banking77", count, out / "labels"), model.engine
    executor = ClassifyExecutor(bench.task, engine, ExecutorSetup(Windowing(1000)))
    labels = list(bench.task.options)
    score_requests = [executor.request(i, text, (), labels) for i, text in bench.texts.items()]
    grammar = "root ::= " + one_of((" " + label, "") for label in labels) + "\n"
    text_requests = [Request(request.id, request.prompt, 24, grammar=grammar) for request in score_requests]
    scoring: list[float] = []
    writing: list[float] = []

    def measure(seconds: list[float], work: Callable[[], Any]) -> None:
        started = time.monotonic()
        work()
        seconds.append((time.monotonic() - started) / count)

    list(engine.score(score_requests[:2]))
    list(engine.generate(text_requests[:2]))
    for _ in range(3):
        measure(scoring, lambda: list(engine.score(score_requests)))
        measure(writing, lambda: list(engine.generate(text_requests)))
    first = score_requests[0]
    one_by_one = [ScoreRequest(f"{n}", first.prompt, (ids,)) for n, ids in enumerate(first.continuations[:10])]
    started = time.monotonic()
    list(engine.score(one_by_one))
    alone = (time.monotonic() - started) / 10 * len(labels)
    scored, generated = float(np.median(scoring)), float(np.median(writing))
    print(
        f"\nscoring {len(labels)} labels {scored:.2f} s a message, generating one {generated:.2f} s: "
        f"ratio {scored / generated:.2f} (medians of 3, {model.name}); label by label it would take {alone:.1f} s"
    )
