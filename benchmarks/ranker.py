"""What a ranker brings on real documents: alone and with the model, by labels; what a cascade lets through.

    python benchmarks/ranker.py --sets receipts,adbuys --labels 25,50 --draws 5
    python benchmarks/ranker.py --sets invoices --labels others

Documents of one company (receipts), advertiser (orders) or number (invoices) stay together: those of the test have none
that was labelled. With ``--labels others`` each such family is tested once, and all others are labelled. ``--random``
splits at random instead, so that looks and companies of the test may have been labelled. ``--runs FOLDER`` holds the
model's answers, as benchmarks/quality.py leaves them (FOLDER/receipts-demo/run); without it the ranker stands alone.
The cascade's bound is tried over ``--splits`` draws: how often the share of documents with a wrong value among those
that the ranker answered alone is above the target on documents that it has not seen. With ``--once`` a ranker is fitted
once, each document is judged by folds that have not seen its family, and the draws only split what they said.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from ringfence.contracts import GoldLine, Result
from ringfence.documents import Document, ReadingOptions, read_documents
from ringfence.evaluation.calibration import choose_threshold
from ringfence.evaluation.learned_outcomes import ALONE, BOTH, MODEL, FieldOutcome, outcomes_of
from ringfence.evaluation.learned_proof import Proof
from ringfence.evaluation.statistics import bootstrap_ratio
from ringfence.learning import Labelled, fit_ranker, label
from ringfence.learning import ranker as ranker_module
from ringfence.learning.features import Surroundings
from ringfence.learning.places import Place
from ringfence.runs import RunFolder
from ringfence.tasks.fields import ListField
from ringfence.tasks.values import type_date
from sets import GOLD_ORDER, BenchSet, load_set

KEYS = {"receipts": "company", "adbuys": "advertiser", "invoices": "invoice_number"}
TESTED = 100
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Set:
    """The labelled documents of a set.

    By the sha256 of their text, ``results`` are the model's answers and ``sources`` the documents with their gold;
    ``texts`` has it by id.
    """

    bench: BenchSet
    documents: Sequence[Labelled]
    results: Mapping[str, Result]
    sources: Mapping[str, tuple[Document, GoldLine]]
    texts: Mapping[str, str]


def typed(bench: BenchSet, gold: Mapping[str, Any]) -> dict[str, Any]:
    """Gold of a set in the form of the contract. Invoices state some fields and lists of others not at all."""
    values: dict[str, Any] = {}
    for path, spec in bench.task.flat.items():
        record, _, leaf = path.rpartition(".")
        stated = ((gold.get(record) or {}) if record else gold).get(leaf)
        if bench.base == "invoices" and not stated:
            continue
        holder = values.setdefault(record, {}) if record else values
        holder[leaf] = stated if isinstance(spec, ListField) else _typed(bench, spec.kind, stated)
    return values


def _typed(bench: BenchSet, kind: str, stated: Any) -> Any:
    if stated in (None, ""):
        return None
    if kind == "money":
        return {"amount": re.sub(r"[^\d.-]", "", stated), "currency": None}
    if kind == "date" and not re.fullmatch(r"\d{4}-\d\d-\d\d", stated):
        return type_date(stated, GOLD_ORDER[bench.base]).value
    return stated


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
    labelled, sources = {}, {}
    for identity, document in documents.items():
        gold = bench.gold[identity]
        family = re.sub(r"\W", "", str(gold.get(KEYS[name])).casefold())
        line = GoldLine(document=identity, values=typed(bench, gold))
        labelled[identity] = label(bench.task, document, line, family, "letters")
        sources[labelled[identity].text] = document, line
    results: dict[str, Result] = {}
    folder = runs / f"{name}-demo" / "run" if runs else None
    if folder and folder.exists():
        latest = RunFolder.open(folder).latest()
        results = {
            labelled[one.document.id].text: one for one in latest if one.answered and one.document.id in labelled
        }
    kept = [each for each in labelled.values() if every or not results or each.text in results]
    return Set(bench, kept, results, sources, {identity: each.text for identity, each in labelled.items()})


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


def parts(of: Set, size: str, draws: int, at_random: bool) -> Iterator[tuple[Sequence[Labelled], Sequence[Labelled]]]:
    """The labelled and the tested documents of each draw, or of each family that is left out."""
    if size != "others":
        yield from (split(of.documents, int(size), seed, at_random) for seed in range(draws))
        return
    for family in sorted({each.family for each in of.documents}):
        yield tuple([each for each in of.documents if (each.family == family) == out] for out in (False, True))  # type: ignore[misc]


def measure(of: Set, size: str, draws: int, at_random: bool) -> None:
    """Print field accuracy on documents that were not labelled, over draws."""
    task = of.bench.task
    found: list[tuple[str, FieldOutcome]] = []
    whole_gain: list[tuple[str, float]] = []
    for inside, tested in parts(of, size, draws, at_random):
        results = {each.text: of.results[each.text] for each in inside if each.text in of.results}
        ranker = Proof(task, fit_ranker(task, inside, results), inside, results, of.sources).with_lists_that_gain()[0]
        for each in tested:
            outcomes = list(outcomes_of(ranker, task, each, of.results.get(each.text)))
            found += [(each.family, outcome) for outcome in outcomes]
            counted = [outcome for outcome in outcomes if not outcome.summary and len(outcome.right) > BOTH]
            if counted:
                whole_gain.append((each.family, float(np.mean([o.share(BOTH) - o.share(MODEL) for o in counted]))))
    how = "each family once" if size == "others" else f"{draws} draws, {'at random' if at_random else 'new families'}"
    print(f"\n{of.bench.name}, {size} labels, {how}, families by {KEYS[of.bench.name]}")
    for who, side in (("model", MODEL), ("ranker", ALONE), ("both", BOTH)):
        shares: dict[str, list[float]] = {}
        for _, outcome in found:
            if len(outcome.right) > side:
                shares.setdefault(outcome.path, []).append(outcome.share(side))
        if shares:
            means = {path: float(np.mean(each)) for path, each in sorted(shares.items())}
            listed = "  ".join(f"{path} {share:.3f}" for path, share in means.items())
            print(f"  {who:7} mean {np.mean(list(means.values())):.3f}   {listed}")
    if whole_gain:
        _print_gain("both less the model", whole_gain)
    for path in sorted({outcome.path for _, outcome in found if "." in outcome.path or outcome.summary}):
        of_path = [(family, o) for family, o in found if o.path == path and len(o.right) > BOTH]
        _print_gain(f"{path}, the same", [(family, o.share(BOTH) - o.share(MODEL)) for family, o in of_path])


def _print_gain(name: str, gains: Sequence[tuple[str, float]]) -> None:
    if gains:
        families, differences = zip(*gains, strict=True)
        low, high = bootstrap_ratio(differences, [1.0] * len(gains), families)
        print(f"  {name}: {np.mean(differences):+.3f} [{low:+.3f}, {high:+.3f}], {len(set(families))} families")


class Remembered(Surroundings):
    """Surroundings that work out the features of a field once: splits ask for them again and again."""

    def __init__(self, document: Document) -> None:
        super().__init__(document)
        self._known: dict[tuple[int, str], list[set[str]]] = {}

    def features(self, places: Sequence[Place], about: str) -> list[set[str]]:
        """As always; the places of a document are the same objects each time."""
        key = id(places), about
        if key not in self._known:
            self._known[key] = super().features(places, about)
        return self._known[key]


def remember() -> None:
    """Let rankers prepare each document once in this process."""
    prepared: dict[str, Any] = {}
    around: dict[str, Remembered] = {}
    places: dict[int, Any] = {}
    prepare, places_of = ranker_module.prepare, ranker_module.places_of  # type: ignore[attr-defined]

    def prepare_once(task: Any, document: Document) -> Any:
        if document.id not in prepared:
            prepared[document.id] = prepare(task, document)
        return prepared[document.id]

    def around_once(document: Document) -> Remembered:
        if document.id not in around:
            around[document.id] = Remembered(document)
        return around[document.id]

    def places_once(of: Any) -> Any:
        if id(of) not in places:
            places[id(of)] = places_of(of)
        return places[id(of)]

    for name, once in (("prepare", prepare_once), ("Surroundings", around_once), ("places_of", places_once)):
        setattr(ranker_module, name, once)


def one_split(of: Set, size: int, target: float, seed: int) -> tuple[float, bool] | None:
    """The share of a draw that the ranker answers alone, and whether its bound is broken; None without a threshold."""
    task = of.bench.task
    order = drawn(of.documents, seed, at_random=True)
    inside, tested = order[:size], order[size:]
    proof = Proof(task, fit_ranker(task, inside, {}), inside, {}, of.sources, "letters")
    found = proof.sureness(target, CONFIDENCE)
    if found is None:
        return None
    alone = replace(proof, ranker=replace(proof.ranker, folds={}))
    outside = [alone.judged_alone(each) for each in tested]
    accepted = [right is False for least, right in outside if least >= found.at]
    return len(accepted) / len(outside), bool(accepted) and float(np.mean(accepted)) > target


def cascade(of: Set, size: int, splits: int, target: float) -> None:
    """Print the share that the ranker answers alone, and how often its bound is broken."""
    remember()
    with ProcessPoolExecutor(mp_context=get_context("fork")) as pool:
        done = []
        for each in pool.map(partial(one_split, of, size, target), range(splits)):
            done.append(each)
            print(
                f"\r{len(done)} of {splits} splits, above the target in {sum(split[1] for split in done if split)}",
                end="",
                file=sys.stderr,
            )
    drawn_shares = [each for each in done if each is not None]
    shares, without = [share for share, _ in drawn_shares], len(done) - len(drawn_shares)
    broken = sum(is_broken for _, is_broken in drawn_shares)
    print(
        f"\n{of.bench.name}, cascade at {target:.0%}, {size} labels, {splits} splits: no threshold in {without}; "
        f"share answered alone {np.mean(shares) if shares else 0:.2f}; above the target in {broken}"
    )


def bound_of_splits(of: Set, splits: int, targets: Sequence[float]) -> None:
    """Print what half of all documents promises of the other half, each judged by folds without its family."""
    task = of.bench.task
    proof = Proof(task, fit_ranker(task, of.documents, {}), of.documents, {}, of.sources, "letters")
    with ProcessPoolExecutor(mp_context=get_context("fork")) as pool:
        judged = list(pool.map(proof.judged_alone, of.documents, chunksize=8))
    scores = np.array([least for least, _ in judged])
    wrong = np.array([right is False for _, right in judged])
    families = [each.family for each in of.documents]
    names = sorted(set(families))
    print(f"\n{of.bench.name}, {len(scores)} documents, {len(names)} families; wrong alone {wrong.mean():.3f}")
    for by in ("document", "family"):
        for target in targets:
            shares, errors, without = [], [], 0
            for seed in range(splits):
                draw = np.random.default_rng(seed)
                kept = {*draw.permutation(names)[: len(names) // 2]}
                inside = draw.random(len(scores)) < 0.5 if by == "document" else np.array([f in kept for f in families])
                within = [family for family, is_inside in zip(families, inside, strict=True) if is_inside]
                found = choose_threshold(scores[inside], wrong[inside], within, target, CONFIDENCE)
                without += found is None
                if found is not None:
                    accepted = scores[~inside] >= found.at
                    shares.append(accepted.mean())
                    errors.append(wrong[~inside][accepted].mean() if accepted.any() else 0.0)
            print(
                f"  split by {by}, target {target:.0%}: a threshold in {splits - without} of {splits}, of the others "
                f"{np.mean(shares or [0]):.2f} accepted, {np.mean(errors or [0]):.3f} wrong, above the target in "
                f"{int(np.sum(np.array(errors) > target))}"
            )


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
    parser.add_argument("--once", action="store_true")
    options = parser.parse_args()
    for name in options.sets.split(","):
        of = load(name, options.limit, options.runs)
        print(json.dumps({"set": name, "documents": len(of.documents), "with the model": len(of.results)}))
        if options.once:
            bound_of_splits(of, options.splits, sorted({0.05, options.target, 0.3}))
            continue
        for size in options.labels.split(","):
            measure(of, size, options.draws, options.random)
            if options.splits and size != "others":
                cascade(of, int(size), options.splits, options.target)


if __name__ == "__main__":
    main()
