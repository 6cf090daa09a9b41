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
from ringfence.tasks.prompt import ANSWER_FORM, write_prompt
from ringfence.tasks.typed import type_date, type_number
from ringfence.weights import Store, pull

HERE = Path(__file__).parent
DATA = Path(os.environ.get("RINGFENCE_DATA", HERE.parent.parent / "shared" / "data"))
CHUNK = 8  # documents that both arms answer in turn, so that the second finds what they share in the prefix cache
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


class RingfenceArm:
    """Our own run, journaled by its run folder."""

    name = "ringfence"

    def __init__(self, bench: BenchSet, opened: Opened, weights: str, folder: Path) -> None:
        self.bench, self.opened, self.weights, self.out = bench, opened, weights, folder / "run"
        self.documents, self.seconds = 0, 0.0

    def work(self, sources: list[Source]) -> None:
        """Answer what the run does not hold yet."""
        started = time.monotonic()
        lock = lock_of(self.bench.task, self.opened)
        summary = run(
            self.bench.task, sources, self.opened.engine, lock, self.out, resume=True, weights_name=self.weights
        )
        if fresh := sum(summary.progress.seen.values()):
            self.documents += fresh
            self.seconds += time.monotonic() - started

    def answers(self) -> tuple[dict[str, dict[str, Any]], int]:
        """Values by document, and how many values the independent checker does not find in their document."""
        results = {r["document"]["id"]: r for r in RunFolder.open(self.out).latest()}
        findings = check_run(self.out).findings
        for finding in findings[:5]:
            print("  check:", finding)
        return {i: results[i]["values"] or {} for i in self.bench.gold if i in results}, len(findings)


class PlainArm:
    """The same weights, prompt and documents with a plain JSON schema: strings or null."""

    name = "plain"

    def __init__(self, bench: BenchSet, opened: Opened, weights: str, folder: Path) -> None:
        self.bench, self.opened, self.journal = bench, opened, folder / "plain.jsonl"
        rows = map(json.loads, self.journal.read_text(encoding="utf-8").splitlines()) if self.journal.exists() else []
        self.done: dict[str, dict[str, Any]] = {row["id"]: row for row in rows}
        properties = {name: {"anyOf": [{"type": "string"}, {"type": "null"}]} for name in bench.task.fields}
        shape = {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }
        self.schema = json.dumps(shape)
        self.documents, self.seconds = 0, 0.0  # not measured: what it reads was read for our arm just before

    def work(self, sources: list[Source]) -> None:
        """Answer what the journal does not hold yet."""
        texts: dict[str, str] = {}
        with self.journal.open("a", encoding="utf-8") as stream:
            for completion in self.opened.engine.generate(self._requests(sources, texts)):
                try:
                    values = json.loads(completion.text)
                except ValueError:
                    values = {}
                inside = " ".join(texts.pop(completion.id).split()).casefold()
                absent = sum(
                    " ".join(str(v).split()).casefold() not in inside for v in values.values() if v is not None
                )
                row = {"id": completion.id, "values": values, "absent": absent}
                self.done[completion.id] = row
                stream.write(json.dumps(row, ensure_ascii=False) + "\n")
                stream.flush()

    def _requests(self, sources: list[Source], texts: dict[str, str]) -> Iterator[Request]:
        engine = self.opened.engine
        for source in sources:
            if source.id in self.done:
                continue
            for document in read_documents(source):
                if not isinstance(document, Document):
                    continue
                texts[document.id] = document.text
                prompt = write_prompt(self.bench.task, document, engine.control_tokens)
                user = prompt.user.replace(ANSWER_FORM, "Answer with one JSON object with these fields, in this order.")
                messages = [{"role": "system", "content": prompt.system}, {"role": "user", "content": user}]
                text = render_chat(engine.chat_template, messages, engine.special_tokens)
                yield Request(document.id, engine.tokenize(text), 250, json_schema=self.schema)

    def answers(self) -> tuple[dict[str, dict[str, Any]], int]:
        """Typed values by document, and how many strings do not stand in their document."""
        rows = {i: self.done[i] for i in self.bench.gold if i in self.done}
        typed = {
            i: {name: type_plain(self.bench, name, row["values"].get(name)) for name in self.bench.task.fields}
            for i, row in rows.items()
        }
        return typed, sum(row["absent"] for row in rows.values())


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
            kinds = {"ringfence": RingfenceArm, "plain": PlainArm}
            working = [kinds[arm](bench, opened, weights.manifest.name, folder) for arm in options.arms.split(",")]
            for start in range(0, len(bench.sources), CHUNK):
                for arm in working:
                    arm.work(bench.sources[start : start + CHUNK])
            arms: dict[str, dict[str, list[bool]]] = {}
            for arm in working:
                answers, absent = arm.answers()
                arms[arm.name] = table(bench, answers)
                speed = f"{60 * arm.documents / arm.seconds:.1f} documents/min, " if arm.seconds else ""
                print(
                    f"\n{set_name}, {weights.manifest.name}, {arm.name}: {len(answers)} documents, {speed}{absent} values not in their document"
                )
                for field, marks in arms[arm.name].items():
                    low, high = wilson(sum(marks), len(marks))
                    print(f"  {field:14} {sum(marks):4}/{len(marks):<4} {np.mean(marks):.3f}  [{low:.3f}, {high:.3f}]")
                print(f"  {'mean':14} {'':9} {np.mean(list(arms[arm.name].values())):.3f}", flush=True)
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
