"""What a ranker brings on real documents: alone and with the model, by labels; what a cascade lets through.

    python benchmarks/ranker.py --sets receipts,adbuys --labels 25,50 --draws 5

Documents of one company (receipts) or advertiser (orders) stay together: those of the test have none that was labelled.
``--random`` splits at random instead, so that looks and companies of the test may have been labelled. ``--runs FOLDER``
holds the model's answers, as benchmarks/quality.py leaves them (FOLDER/receipts-demo/run); without it the ranker stands
alone. The cascade's bound is tried over ``--splits`` draws: how often the share of documents with a wrong value among
those that the ranker answered alone is above the target on documents that it has not seen.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ringfence.contracts import GoldLine, Result
from ringfence.documents import Document, ReadingOptions, read_documents
from ringfence.evaluation.calibration import choose_threshold
from ringfence.evaluation.statistics import bootstrap_ratio
from ringfence.learning import Labelled, Mixture, fit_ranker, label, tables_of
from ringfence.runs import RunFolder
from ringfence.tasks.values import type_date
from sets import GOLD_ORDER, BenchSet, load_set

KEYS = {"receipts": "company", "adbuys": "advertiser"}
TESTED = 100


@dataclass(frozen=True)
class Set:
    """The labelled documents of a set with the model's answers, by the sha256 of their text; ``texts`` has it by id."""

    bench: BenchSet
    documents: Sequence[Labelled]
    results: Mapping[str, Result]
    texts: Mapping[str, str]


def typed(bench: BenchSet, gold: Mapping[str, Any]) -> dict[str, Any]:
    """Gold of a set in the form of the contract."""
    values: dict[str, Any] = {}
    for path, spec in bench.task.flat.items():
        stated = gold.get(path)
        if stated in (None, ""):
            values[path] = None
        elif spec.kind == "money":
            values[path] = {"amount": re.sub(r"[^\d.-]", "", stated), "currency": None}
        elif spec.kind == "date" and not re.fullmatch(r"\d{4}-\d\d-\d\d", stated):
            values[path] = type_date(stated, GOLD_ORDER[bench.base]).value
        else:
            values[path] = stated
    return values


def load(name: str, limit: int, runs: Path | None, every: bool = False) -> Set:
    """Read and label a set; of a set with answers only the documents that have one, or ``every`` document."""
    with tempfile.TemporaryDirectory() as scratch:
        bench = load_set(name, limit, Path(scratch))
        documents = {
            one.id: one
            for source in bench.sources
            for one in read_documents(source, ReadingOptions())
            if isinstance(one, Document)
        }
    labelled = {}
    for identity, document in documents.items():
        gold = bench.gold[identity]
        family = re.sub(r"\W", "", str(gold.get(KEYS[name])).casefold())
        line = GoldLine(document=identity, values=typed(bench, gold))
        labelled[identity] = label(bench.task, document, line, family, "letters")
    results: dict[str, Result] = {}
    folder = runs / f"{name}-demo" / "run" if runs else None
    if folder and folder.exists():
        latest = RunFolder.open(folder).latest()
        results = {
            labelled[one.document.id].text: one for one in latest if one.answered and one.document.id in labelled
        }
    kept = [each for each in labelled.values() if every or not results or each.text in results]
    return Set(bench, kept, results, {identity: each.text for identity, each in labelled.items()})


def drawn(documents: Sequence[Labelled], seed: int, at_random: bool) -> list[Labelled]:
    """The documents in the order of a draw, those of one family together unless ``at_random``."""
    draw = np.random.default_rng(seed)
    if at_random:
        return [documents[place] for place in draw.permutation(len(documents))]
    names = sorted({each.family for each in documents})
    order = {names[place]: rank for rank, place in enumerate(draw.permutation(len(names)))}
    return sorted(documents, key=lambda each: (order[each.family], each.text))


def split(
    documents: Sequence[Labelled], size: int, seed: int, at_random: bool
) -> tuple[list[Labelled], list[Labelled]]:
    """The labelled and the tested documents of a draw."""
    order = drawn(documents, seed, at_random)
    inside = order[:size]
    seen = set() if at_random else {each.family for each in inside}
    return inside, [each for each in order[size:] if each.family not in seen][-TESTED:]


def measure(of: Set, size: int, draws: int, at_random: bool) -> None:
    """Print field accuracy on documents that were not labelled, over draws."""
    right: dict[str, dict[str, list[float]]] = {"model": {}, "ranker": {}, "both": {}}
    gains: list[float] = []
    families: list[str] = []
    for seed in range(draws):
        inside, tested = split(of.documents, size, seed, at_random)
        ranker = fit_ranker(of.bench.task, inside, {each.text: of.results[each.text] for each in inside if of.results})
        for each in tested:
            gain = []
            for table in tables_of(ranker, each, of.results.get(each.text)):
                alone, both = table.choice(Mixture())[0], table.choice(ranker.mixture)[0]
                right["ranker"].setdefault(table.path, []).append(alone)
                if of.results:
                    right["model"].setdefault(table.path, []).append(table.model_right)
                    right["both"].setdefault(table.path, []).append(both)
                    gain.append(both - table.model_right)
            if gain:
                gains.append(float(np.mean(gain)))
                families.append(each.family)
    print(
        f"\n{of.bench.name}, {size} labels, {draws} draws, {'at random' if at_random else 'new ' + KEYS[of.bench.name]}"
    )
    for who, fields in right.items():
        if fields:
            shares = {path: float(np.mean(hits)) for path, hits in sorted(fields.items())}
            listed = "  ".join(f"{path} {share:.3f}" for path, share in shares.items())
            print(f"  {who:7} mean {np.mean(list(shares.values())):.3f}   {listed}")
    if gains:
        low, high = bootstrap_ratio(gains, [1.0] * len(gains), families)
        print(
            f"  both less the model, paired by {KEYS[of.bench.name]}: {np.mean(gains):+.3f} [{low:+.3f}, {high:+.3f}]"
        )


def cascade(of: Set, size: int, splits: int, target: float) -> None:
    """Print the share that the ranker answers alone, and how often its bound is broken."""
    task, broken, shares, without = of.bench.task, 0, [], 0
    for seed in range(splits):
        order = drawn(of.documents, seed, at_random=True)
        inside, tested = order[:size], order[size:]
        ranker = fit_ranker(task, inside, {})
        scores, wrong = zip(*(whole(each, ranker) for each in inside), strict=True)
        families = [each.family for each in inside]
        found = choose_threshold(np.array(scores), np.array(wrong, bool), families, target)
        if found is None:
            without += 1
            continue
        outside = [whole(each, replace(ranker, folds={})) for each in tested]
        accepted = [bad for score, bad in outside if score >= found.at]
        shares.append(len(accepted) / len(outside))
        broken += bool(accepted) and float(np.mean(accepted)) > target
    print(
        f"\n{of.bench.name}, cascade at {target:.0%}, {size} labels, {splits} splits: no threshold in {without}; "
        f"share answered alone {np.mean(shares) if shares else 0:.2f}; above the target in {broken}"
    )


def whole(document: Labelled, ranker: Any) -> tuple[float, bool]:
    """The least probability of a document's values by the ranker alone, and whether any value is wrong."""
    choices = [table.choice(Mixture()) for table in tables_of(ranker, document, None)]
    return min(probability for _, probability in choices), not all(right for right, _ in choices)


def main() -> None:
    """Run the bench."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", default="receipts,adbuys")
    parser.add_argument("--limit", type=int, default=465)
    parser.add_argument("--labels", default="25,50")
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--runs", type=Path)
    parser.add_argument("--random", action="store_true")
    parser.add_argument("--splits", type=int, default=0)
    parser.add_argument("--target", type=float, default=0.2)
    options = parser.parse_args()
    for name in options.sets.split(","):
        of = load(name, options.limit, options.runs)
        print(json.dumps({"set": name, "documents": len(of.documents), "with the model": len(of.results)}))
        for size in map(int, options.labels.split(",")):
            measure(of, size, options.draws, options.random)
            if options.splits:
                cascade(of, size, options.splits, options.target)


if __name__ == "__main__":
    main()
