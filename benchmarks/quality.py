"""Compare Ringfence with plain JSON-schema decoding on real documents, with the same weights, paired by document.

    python benchmarks/quality.py --limit 60 --sets receipts,adbuys --weights demo,tests

Documents come from RINGFENCE_DATA (default ../shared/data). Every answer is journaled under bench-results/quality, so
the same command continues an interrupted measurement. It prints no content of the documents.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import bootstrap

from labels import LABEL_SETS, bench_labels, bench_time
from ringfence.checker import check_run
from ringfence.contracts import DocumentFacts, MadeWith, ModelOptions, Result
from ringfence.documents import Document, Source, read_documents
from ringfence.engines import EngineSettings, Request, render_chat
from ringfence.evaluation import wilson
from ringfence.inference import Answerer, AnswerOptions, LoadedModel, Windowing, load_embedder, open_engine
from ringfence.runs import RunControl, RunFolder, run_task
from ringfence.tasks.extract.prompt import answer_form, write_prompt
from ringfence.tasks.values import type_date, type_number
from ringfence.weights import Listener, Store, pull
from sets import SETS, BenchSet, load_set
from summaries import bench_meetings

HERE = Path(__file__).parent
CHUNK = 8  # documents per turn of an arm, so that the second arm finds their common prompts in the prefix cache
Scores = dict[str, dict[str, float | None]]  # by document, then by field


class RingfenceArm:
    """Ringfence, with a run folder as its journal."""

    name = "ringfence"

    def __init__(self, bench: BenchSet, model: LoadedModel, weights: str, folder: Path, relevant: int | None) -> None:
        self.bench, self.out = bench, folder / "run"
        options = AnswerOptions(windowing=Windowing(bench.window, relevant))
        self.answerer = Answerer(model, bench.task, options, load_embedder() if relevant else None)
        self.made_with = MadeWith(model=ModelOptions(weights=weights, engine="openvino", cache=3))

    def work(self, sources: list[Source]) -> None:
        """Answer the documents that have no result yet."""
        started = time.monotonic()
        control = RunControl(resume=True)
        summary = run_task(self.answerer, sources, self.out, control, made_with=self.made_with)
        if fresh := sum(summary.progress.seen.values()):
            with (self.out.parent / "seconds.jsonl").open("a") as stream:
                stream.write(json.dumps([fresh, time.monotonic() - started]) + "\n")

    def scores(self) -> tuple[Scores, str]:
        """Return the scores, and a remark on speed, failures and the independent check."""
        results = {result.document.id: result for result in RunFolder.open(self.out).latest()}
        findings = check_run(self.out).findings
        for finding in findings[:5]:
            print("  check:", finding)
        scores = {
            i: self.bench.score(self.bench, results[i], gold) for i, gold in self.bench.gold.items() if i in results
        }
        rows = [json.loads(row) for row in (self.out.parent / "seconds.jsonl").read_text().splitlines()]
        speed = 60 * sum(count for count, _ in rows) / sum(seconds for _, seconds in rows)
        failed = sum(not result.answered for result in results.values())
        windows = sum(len(result.windows) for result in results.values())
        return (
            scores,
            f"{speed:.2f} documents/min, {windows} windows, {failed} failed, {len(findings)} findings of the checker",
        )


class PlainArm:
    """The same weights, prompt and documents with a plain JSON schema of strings or null."""

    name = "plain"

    def __init__(self, bench: BenchSet, model: LoadedModel, weights: str, folder: Path, relevant: int | None) -> None:
        self.bench, self.engine, self.journal = bench, model.engine, folder / "plain.jsonl"
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

    def work(self, sources: list[Source]) -> None:
        """Answer the documents that are not in the journal yet."""
        texts: dict[str, str] = {}
        with self.journal.open("a", encoding="utf-8") as stream:
            for completion in self.engine.generate(self._requests(sources, texts)):
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
        engine = self.engine
        for source in sources:
            if source.id in self.done:
                continue
            for document in read_documents(source):
                if not isinstance(document, Document):
                    continue
                texts[document.id] = document.text
                prompt = write_prompt(self.bench.task, document.text, engine.control_tokens)
                user = prompt.user.replace(
                    answer_form(self.bench.task), "Answer with one JSON object with these fields, in this order."
                )
                messages = [{"role": "system", "content": prompt.system}, {"role": "user", "content": user}]
                text = render_chat(engine.chat_template, messages, engine.special_tokens)
                yield Request(document.id, engine.tokenize(text), 250, json_schema=self.schema)

    def scores(self) -> tuple[Scores, str]:
        """Return the scores, and a remark on the strings that are not in their document."""
        scores: Scores = {}
        for identity, row in self.done.items():
            if identity in self.bench.gold:
                values = {n: type_plain(self.bench, n, row["values"].get(n)) for n in self.bench.task.fields}
                result = Result(document=DocumentFacts(id=identity), status="done", values=values)
                scores[identity] = self.bench.score(self.bench, result, self.bench.gold[identity])
        return scores, f"{sum(row['absent'] for row in self.done.values())} values not in their document"


def type_plain(bench: BenchSet, field: str, value: Any) -> Any:
    """Type a string of the plain arm with Ringfence's own parser, so that only the decoding differs."""
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


def interval(bench: BenchSet, shares: dict[str, float]) -> tuple[float, float]:
    """Return the 95 % interval of the mean share.

    It is a Wilson interval if each document is right or wrong and a family of its own, else a bootstrap over families.
    """
    values = list(shares.values())
    if not bench.groups and set(values) <= {0.0, 1.0}:
        return wilson(int(sum(values)), len(values))
    families: dict[str, list[float]] = {}
    for identity, share in shares.items():
        families.setdefault(bench.groups.get(identity, identity), []).append(share)
    sums = np.array([sum(family) for family in families.values()])
    counts = np.array([len(family) for family in families.values()])
    draws = np.random.default_rng(0).integers(0, len(sums), (9999, len(sums)))
    low, high = np.percentile(sums[draws].sum(1) / counts[draws].sum(1), [2.5, 97.5])
    return float(low), float(high)


def report(bench: BenchSet, scores: Scores) -> None:
    """Print one line for each field, and the mean over the fields."""
    means = []
    for name in next(iter(scores.values())):
        shares = {i: share for i, fields in scores.items() if (share := fields[name]) is not None}
        low, high = interval(bench, shares)
        means.append(np.mean(list(shares.values())))
        print(f"  {name:20} {sum(shares.values()):7.1f}/{len(shares):<4} {means[-1]:.3f}  [{low:.3f}, {high:.3f}]")
    print(f"  {'mean':20} {'':12} {np.mean(means):.3f}", flush=True)


def paired(left: Scores, right: Scores) -> str:
    """Return the difference of the documents' means, with its bootstrap interval."""

    def mean(scores: dict[str, float | None]) -> float:
        return float(np.mean([share for share in scores.values() if share is not None]))

    difference = np.array([mean(left[i]) - mean(right[i]) for i in left if i in right])
    low, high = bootstrap((difference,), np.mean, n_resamples=9999, rng=np.random.default_rng(0)).confidence_interval
    return f"{difference.mean():+.3f} [{low:+.3f}, {high:+.3f}], n = {len(difference)}"


def main() -> None:
    """Make the missing answers, and print every figure with its interval."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--limit", type=int, default=60)
    parser.add_argument(
        "--sets", default="receipts,adbuys", help=f"of {', '.join([*SETS, *LABEL_SETS, 'label-time', 'meetings'])}"
    )
    parser.add_argument("--weights", default="demo,tests")
    parser.add_argument(
        "--arms",
        default="ringfence,plain",
        help="plain works only with receipts and adbuys; label sets also have examples and zero-shot",
    )
    parser.add_argument("--relevant", type=int, help="read only this many windows for each field of a long document")
    parser.add_argument("--out", type=Path, default=HERE.parent / "bench-results" / "quality")
    options = parser.parse_args()
    store = Store()
    for weights_name in options.weights.split(","):
        weights = store.find(weights_name) or pull(weights_name, store)
        model = open_engine("openvino", weights, store, EngineSettings(cache_gib=3), listener=Listener(say=print))
        every: dict[tuple[str, str], Scores] = {}
        if "label-time" in options.sets.split(","):
            bench_time(model, options.out)
        if "meetings" in options.sets.split(","):
            bench_meetings(model, weights_name, options.limit, options.relevant, options.out)
        for set_name in (name for name in options.sets.split(",") if name in LABEL_SETS):
            label_arms = [a for a in ("examples", "zero-shot") if a in options.arms or "ringfence" in options.arms]
            bench_labels(set_name, model, weights_name, options.limit, label_arms, options.out)
        for set_name in (name for name in options.sets.split(",") if name in SETS):
            bench = load_set(set_name, options.limit, options.out / f"{set_name.split('-')[0]}-text")
            chosen = f"-relevant{options.relevant}" if options.relevant else ""
            folder = options.out / f"{set_name}-{weights_name}{chosen}"
            folder.mkdir(parents=True, exist_ok=True)
            kinds: dict[str, type[RingfenceArm | PlainArm]] = {"ringfence": RingfenceArm, "plain": PlainArm}
            names = [
                arm for arm in options.arms.split(",") if arm == "ringfence" or bench.base in ("receipts", "adbuys")
            ]
            arms = [kinds[arm](bench, model, weights.manifest.name, folder, options.relevant) for arm in names]
            chunk = CHUNK if len(arms) > 1 else len(bench.sources)
            for start in range(0, len(bench.sources), chunk):
                for arm in arms:
                    arm.work(bench.sources[start : start + chunk])
            for arm in arms:
                scores, remark = arm.scores()
                every[set_name, arm.name] = scores
                print(f"\n{set_name}, {weights.manifest.name}, {arm.name}: {len(scores)} documents, {remark}")
                report(bench, scores)
            if len(arms) == 2:
                print("  ringfence less plain, paired:", paired(every[set_name, "ringfence"], every[set_name, "plain"]))
        scans = [every.get((f"receipts-{how}", "ringfence")) for how in ("scanned", "transcribed")]
        if scans[0] and scans[1]:
            print("\nreceipts, scanned less transcribed, paired:", paired(scans[0], scans[1]), flush=True)
        model.close()


if __name__ == "__main__":
    main()
