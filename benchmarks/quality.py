"""Quality on real documents: Ringfence beside plain JSON-schema decoding with the same weights, paired by document.

    python benchmarks/quality.py --limit 60 --sets receipts,adbuys --weights demo,tests

Documents come from RINGFENCE_DATA (default ../shared/data). Every answer is journaled under bench-results/quality, so
the benchmark runs in pieces: give the same command again and it goes on. Nothing of the documents is printed.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import bootstrap

from ringfence.checking import check_run
from ringfence.documents import Document, Source, read_documents
from ringfence.engines import EngineSettings, Request, render_chat
from ringfence.evaluation import wilson
from ringfence.runs import Opened, RunFolder, lock_of, open_engine, run
from ringfence.tasks import Task, load_task
from ringfence.tasks.prompt import write_prompt
from ringfence.tasks.typed import type_date, type_number
from ringfence.weights import Store, pull

HERE = Path(__file__).parent
DATA = Path(os.environ.get("RINGFENCE_DATA", HERE.parent.parent / "shared" / "data"))
GOLD_ORDER = {"receipts": "dmy", "adbuys": "mdy"}


@dataclass(frozen=True)
class BenchSet:
    """A set of documents with gold: its task, its sources and what is right for each document."""

    name: str
    task: Task
    sources: list[Source]
    gold: dict[str, dict[str, Any]]


def load_set(name: str, limit: int, scratch: Path) -> BenchSet:
    """The first ``limit`` documents of a set."""
    rows = [json.loads(line) for line in (DATA / name / "gold.jsonl").read_text(encoding="utf-8").splitlines()][:limit]
    task = load_task(HERE / "tasks" / f"{name}.yaml")
    if name == "receipts":
        scratch.mkdir(parents=True, exist_ok=True)
        sources = []
        for row in rows:
            path = scratch / f"{row['id']}.txt"
            if not path.exists():
                path.write_text(row["text"], encoding="utf-8")
            sources.append(Source(path, row["id"]))
    else:
        sources = [Source(DATA / name / row["file"], row["id"]) for row in rows]
    return BenchSet(name, task, sources, {row["id"]: row["gold"] for row in rows})


def alphanumeric(text: str) -> str:
    """Letters and digits only, lower case: gold of both sets differs from paper in spaces and punctuation."""
    return re.sub(r"[\W_]", "", text.casefold())


def is_right(bench: BenchSet, field: str, value: Any, gold: Any) -> bool:
    """Whether a typed value is the gold one, by the kind of the field."""
    if value is None or gold is None:
        return value is None and gold is None
    kind = bench.task.fields[field].kind
    if kind == "money":
        digits = re.sub(r"[^\d.-]", "", gold)
        return bool(digits) and Decimal(value["amount"]) == Decimal(digits)
    if kind == "date":
        stated = gold if re.fullmatch(r"\d{4}-\d\d-\d\d", gold) else type_date(gold, GOLD_ORDER[bench.name]).value
        return value == stated
    return alphanumeric(value) == alphanumeric(gold)


def ringfence_arm(
    bench: BenchSet, opened: Opened, weights: str, out: Path
) -> tuple[dict[str, dict[str, Any]], float, int]:
    """Values by document, documents per minute of this session (0 if all were journaled), values not in their document."""
    started = time.monotonic()
    summary = run(
        bench.task, bench.sources, opened.engine, lock_of(bench.task, opened), out, resume=True, weights_name=weights
    )
    fresh = sum(summary.progress.seen.values())
    rate = fresh / (time.monotonic() - started) * 60 if fresh else 0.0
    results = {r["document"]["id"]: r for r in RunFolder.open(out).latest()}
    findings = check_run(out).findings
    for finding in findings[:5]:
        print("  check:", finding)
    return {i: results[i]["values"] or {} for i in bench.gold if i in results}, rate, len(findings)


def plain_arm(bench: BenchSet, opened: Opened, journal: Path) -> tuple[dict[str, dict[str, Any]], float, int]:
    """The same weights, prompt and documents with a plain JSON schema: strings or null."""
    done = {row["id"]: row for row in map(json.loads, journal.read_text().splitlines())} if journal.exists() else {}
    properties = {name: {"anyOf": [{"type": "string"}, {"type": "null"}]} for name in bench.task.fields}
    schema = json.dumps(
        {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
    )
    texts: dict[str, str] = {}

    def requests() -> Iterator[Request]:
        for source in bench.sources:
            if source.id in done:
                continue
            for document in read_documents(source):
                if not isinstance(document, Document):
                    continue
                texts[document.id] = document.text
                prompt = write_prompt(bench.task, document, opened.engine.control_tokens)
                system = prompt.system.replace(
                    "with one line for each field, in this order, as name: value",
                    "with one JSON object with these fields, in this order",
                )
                messages = [{"role": "system", "content": system}, {"role": "user", "content": prompt.user}]
                text = render_chat(opened.engine.chat_template, messages, opened.engine.special_tokens)
                yield Request(document.id, opened.engine.tokenize(text), 250, json_schema=schema)

    started, fresh = time.monotonic(), 0
    with journal.open("a", encoding="utf-8") as stream:
        for completion in opened.engine.generate(requests()):
            fresh += 1
            try:
                values = json.loads(completion.text)
            except ValueError:
                values = {}
            inside = " ".join(texts.pop(completion.id).split()).casefold()
            absent = sum(" ".join(str(v).split()).casefold() not in inside for v in values.values() if v is not None)
            done[completion.id] = {"id": completion.id, "values": values, "absent": absent}
            stream.write(json.dumps(done[completion.id], ensure_ascii=False) + "\n")
            stream.flush()
    rate = fresh / (time.monotonic() - started) * 60 if fresh else 0.0
    typed = {
        i: {name: type_plain(bench, name, done[i]["values"].get(name)) for name in bench.task.fields}
        for i in bench.gold
        if i in done
    }
    return typed, rate, sum(done[i]["absent"] for i in typed)


def type_plain(bench: BenchSet, field: str, value: Any) -> Any:
    """A string of the plain arm, typed by the same code as ours, so that only the decoding differs."""
    if value is None:
        return None
    kind, locale = bench.task.fields[field].kind, bench.task.locale
    if kind == "date":
        match = re.search(r"\d{1,4}[-/. ]\w{1,9}[-/. ,]+\d{2,4}", value)
        return type_date(match.group() if match else value, locale.date_order).value
    if kind == "money":
        match = re.search(r"-?\d[\d.,' ]*", value)
        amount = type_number(match.group().rstrip(".,' "), locale.decimal).value if match else None
        return {"amount": amount, "currency": None} if amount else None
    return value


def table(bench: BenchSet, answers: dict[str, dict[str, Any]]) -> dict[str, list[bool]]:
    """For each field, right or wrong by document (missing documents are wrong)."""
    return {
        field: [
            is_right(bench, field, answers.get(i, {}).get(field), gold.get(field)) if i in answers else False
            for i, gold in bench.gold.items()
        ]
        for field in bench.task.fields
    }


def main() -> None:
    """Run what is missing and print every figure with its interval."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--limit", type=int, default=60)
    parser.add_argument("--sets", default="receipts,adbuys")
    parser.add_argument("--weights", default="demo,tests")
    parser.add_argument("--arms", default="ringfence,plain")
    parser.add_argument("--out", type=Path, default=HERE.parent / "bench-results" / "quality")
    options = parser.parse_args()
    store = Store()
    for weights_name in options.weights.split(","):
        weights = pull(weights_name, store)
        opened = open_engine("openvino", weights, store, EngineSettings(cache_gib=3), print)
        for set_name in options.sets.split(","):
            bench = load_set(set_name, options.limit, options.out / "receipts-text")
            folder = options.out / f"{set_name}-{weights_name}"
            folder.mkdir(parents=True, exist_ok=True)
            arms: dict[str, dict[str, list[bool]]] = {}
            for arm in options.arms.split(","):
                if arm == "ringfence":
                    answers, rate, absent = ringfence_arm(bench, opened, weights.manifest.name, folder / "run")
                else:
                    answers, rate, absent = plain_arm(bench, opened, folder / "plain.jsonl")
                arms[arm] = table(bench, answers)
                speed = f"{rate:.1f} documents/min" if rate else "all journaled before"
                print(
                    f"\n{set_name}, {weights.manifest.name}, {arm}: {len(answers)} documents, {speed}, {absent} values not in their document"
                )
                for field, marks in arms[arm].items():
                    low, high = wilson(sum(marks), len(marks))
                    print(f"  {field:14} {sum(marks):4}/{len(marks):<4} {np.mean(marks):.3f}  [{low:.3f}, {high:.3f}]")
                print(f"  {'mean':14} {'':9} {np.mean(list(arms[arm].values())):.3f}", flush=True)
            if len(arms) == 2:
                difference = np.mean(list(arms["ringfence"].values()), axis=0) - np.mean(
                    list(arms["plain"].values()), axis=0
                )
                interval = bootstrap(
                    (difference,), np.mean, n_resamples=9999, rng=np.random.default_rng(0)
                ).confidence_interval
                print(
                    f"  paired difference of the document means: {difference.mean():+.3f} [{interval.low:+.3f}, {interval.high:+.3f}], n = {len(difference)}",
                    flush=True,
                )
        opened.engine.close()


if __name__ == "__main__":
    main()
