"""Documents a minute: the model alone, with alternatives, with a ranker, and in a cascade, in one run as ratios.

    python benchmarks/cascade.py --sets receipts,adbuys --documents 20 --runs FOLDER

The first documents of a set are answered by every arm; the ranker learns from all others, so their looks may be
labelled. ``--runs FOLDER`` holds the model's answers to some of those, as benchmarks/quality.py leaves them
(FOLDER/receipts-demo/run): by them the ranker is weighed with the model, and the model's own error on whole documents,
its upper bound, is the target of the cascade. The arms take turns over parts of the documents, each with an empty
prefix cache, so that other work on the machine slows all of them alike.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ranker import CONFIDENCE, Set, load
from ringfence.documents import Source
from ringfence.engines import EngineSettings
from ringfence.engines.openvino import OpenVinoEngine
from ringfence.evaluation.learned_proof import Proof
from ringfence.evaluation.statistics import exact_bound
from ringfence.inference import Answerer, AnswerOptions, LoadedModel, open_engine
from ringfence.learning import Labelled, Ranker, fit_ranker, tables_of
from ringfence.runs import RunControl, RunFolder, run_task
from ringfence.weights import Listener, Store, pull
from sets import BenchSet, load_set

PART = 5  # documents of a turn


def learned(of: Set, others: Sequence[Labelled], target: float | None) -> Ranker:
    """The ranker of ``others``, with the threshold of its cascade if it has one."""
    results = {each.text: of.results[each.text] for each in others if each.text in of.results}
    ranker = fit_ranker(of.bench.task, others, results)
    answered = [each for each in others if each.text in results]
    failed = [not all(t.model_right for t in tables_of(ranker, each, results[each.text])) for each in answered]
    target = target if target is not None else exact_bound(sum(failed), len(failed), "upper", CONFIDENCE)
    found = Proof(of.bench.task, ranker, others, results, of.sources, "letters").sureness(target, CONFIDENCE)
    print(f"  {len(others)} labelled, {len(failed)} answered by the model, target {target:.3f}: {found}", flush=True)
    return replace(ranker, sureness=found)


def arms_of(ranker: Ranker, with_checks: bool) -> dict[str, AnswerOptions]:
    """What is compared, by name; the first is the base of the ratios."""
    arms = {"model alone": AnswerOptions(alternatives="off")}
    if with_checks:
        arms["alternatives for checks"] = AnswerOptions()
    arms["alternatives for all"] = AnswerOptions(alternatives="all")
    arms["model with ranker"] = AnswerOptions(ranker=ranker)
    if ranker.sureness:
        arms["cascade"] = AnswerOptions(ranker=ranker, cascade=True)
    return arms


def run_arms(model: LoadedModel, bench: BenchSet, arms: Mapping[str, AnswerOptions], scratch: Path) -> dict[str, float]:
    """The seconds of each arm over all documents of the set; its results go to a folder of its name."""
    engine = model.engine
    assert isinstance(engine, OpenVinoEngine)
    _seconds(Answerer(model, bench.task, next(iter(arms.values()))), bench.sources[:1], scratch / "warm")
    seconds = dict.fromkeys(arms, 0.0)
    parts = [bench.sources[at : at + PART] for at in range(0, len(bench.sources), PART)]
    for number, part in enumerate(parts):
        turn = number % len(arms)
        for name in (*list(arms)[turn:], *list(arms)[:turn]):
            engine._build()
            seconds[name] += _seconds(Answerer(model, bench.task, arms[name]), part, scratch / name)
            print(f"  part {number + 1} of {len(parts)}, {name}: {seconds[name]:.0f} s so far", flush=True)
    return seconds


def _seconds(answerer: Answerer, part: Sequence[Source], out: Path) -> float:
    started = time.monotonic()
    run_task(answerer, part, out, RunControl(resume=True))
    return time.monotonic() - started


def main() -> None:
    """Run the bench."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", default="receipts,adbuys")
    parser.add_argument("--documents", type=int, default=20)
    parser.add_argument("--limit", type=int, default=465)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--weights", default="demo")
    parser.add_argument("--target", type=float)
    options = parser.parse_args()
    store = Store()
    model = open_engine(
        "openvino", pull(options.weights, store), store, EngineSettings(cache_gib=2), listener=Listener(say=print)
    )
    for name in options.sets.split(","):
        with tempfile.TemporaryDirectory() as scratch:
            bench = load_set(name, options.documents, Path(scratch) / "texts")
            print(name, flush=True)
            of = load(name, options.limit, options.runs, every=True)
            tested = {of.texts[source.id] for source in bench.sources}
            ranker = learned(of, [each for each in of.documents if each.text not in tested], options.target)
            arms = arms_of(ranker, bool(bench.task.checks))
            seconds = run_arms(model, bench, arms, Path(scratch))
            base = seconds["model alone"]
            for arm, spent in seconds.items():
                results = {each.document.id: each for each in RunFolder.open(Path(scratch) / arm).latest()}
                shares = [
                    [score for score in bench.score(bench, results[i], bench.gold[i]).values() if score is not None]
                    for i in results
                ]
                ranked = sum(each.grounding == "ranked" for each in results.values())
                print(
                    f"{name}, {arm}: {60 * len(results) / spent:.2f} documents/min, {base / spent:.2f} times the model "
                    f"alone; right {np.mean([np.mean(each) for each in shares]):.3f}, whole documents "
                    f"{sum(min(each) == 1 for each in shares)} of {len(results)}; by the ranker alone {ranked}",
                    flush=True,
                )
    model.close()


if __name__ == "__main__":
    main()
