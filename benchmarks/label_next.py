"""What `ringfence label next` brings: a ranker from labels that it chose against one from as many drawn at random.

    python benchmarks/label_next.py --sets receipts,adbuys --labels 10,25,50 --draws 10

Each draw holds out documents of companies (receipts) or advertisers (orders) of which none can be labelled, and takes a
pool of the others. Both ways label from this pool and are tested on the held out documents, so each draw is a pair. The
labels are chosen in rounds, one for each size; after each, a ranker of the labels so far says what is in doubt, and
before the first the model, where there is a run. ``--runs FOLDER`` holds the model's answers as benchmarks/quality.py
leaves them (FOLDER/receipts-demo/run); with them only documents that it answered are used. ``--by meaning`` compares
texts by embeddings. The interval is a t-interval over draws; draws share documents, so it is a little too narrow.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import stats

from ranker import KEYS, Set, load
from ringfence.inference import load_embedder
from ringfence.labels.candidates import Candidate
from ringfence.labels.doubts import LEAST, Doubt, DoubtReader
from ringfence.labels.likeness import Likeness
from ringfence.labels.proposals import chosen_of
from ringfence.learning import Labelled, Mixture, Ranker, fit_ranker, tables_of
from ringfence.learning.tables import ValueTable

WAYS = ("at random", "label next")


@dataclass(frozen=True)
class Bench:
    """A set with the likeness of its documents to each other."""

    of: Set
    by: str
    texts: Sequence[str]
    alone: dict[tuple[int, str], list[float]] = field(default_factory=dict)

    @cached_property
    def alike(self) -> npt.NDArray[np.float32]:
        """How alike each document is to each, by the order of the set."""
        if self.by == "meaning":
            with_embedder = load_embedder()
            likeness = Likeness.by_meaning(self.texts, with_embedder.engine.embed)
            with_embedder.close()
        else:
            likeness = Likeness.by_words(self.texts)
        whole = slice(0, len(self.texts))
        return likeness.between(whole, whole)

    def drawn(self, seed: int, tested: int, pool: int) -> tuple[list[int], list[int]]:
        """The pool in a random order, and the tested documents, by their places; no family is in both."""
        draw, documents = np.random.default_rng(seed), self.of.documents
        names = sorted({each.family for each in documents})
        order = {names[place]: rank for rank, place in enumerate(draw.permutation(len(names)))}
        places = sorted(range(len(documents)), key=lambda place: (order[documents[place].family], place))
        held, rest = places[-tested:], places[:-tested]
        families = {documents[place].family for place in held}
        free = [place for place in rest if documents[place].family not in families]
        return [free[place] for place in draw.permutation(len(free))[:pool]], held

    def fit(self, places: Sequence[int]) -> Ranker:
        """A ranker of the labels of these documents."""
        inside = [self.of.documents[place] for place in places]
        results = {each.text: self.of.results[each.text] for each in inside if each.text in self.of.results}
        return fit_ranker(self.of.bench.task, inside, results, folds=bool(results))

    def doubt(self, place: int, ranker: Ranker | None) -> float:
        """The doubt of a document as `DoubtReader` counts it: one less the mean probability of its values."""
        each = self.of.documents[place]
        result = self.of.results.get(each.text)
        if ranker is None:
            return DoubtReader(self.of.bench.task).of_answers([result]).share if result else 1.0
        shares = [_probability(table, ranker.mixture) for table in tables_of(ranker, each, result)]
        return max(LEAST, 1 - float(np.mean(shares))) if shares else 1.0

    def chosen(self, pool: Sequence[int], labelled: Sequence[int], count: int, ranker: Ranker | None) -> list[int]:
        """The next documents to label of a pool."""
        left = [place for place in pool if place not in set(labelled)]
        kept = [Candidate(str(place), "", Doubt(self.doubt(place, ranker))) for place in left]
        nearest = np.zeros(len(left), np.float32)
        if labelled:
            nearest = self.alike[np.ix_(left, labelled)].max(axis=1)
        return [int(one.document) for one in chosen_of(kept, self.alike[np.ix_(left, left)], nearest, count, 0.5)]

    def right(self, ranker: Ranker, places: Sequence[int]) -> tuple[float, float]:
        """Mean field accuracy of the ranker alone, and with the model; a field that it does not know is wrong."""
        alone: list[float] = []
        both: list[float] = []
        for place in places:
            each: Labelled = self.of.documents[place]
            tables = list(tables_of(ranker, each, self.of.results.get(each.text)))
            alone.append(sum(table.choice(Mixture()) for table in tables) / len(each.fields))
            both.append(sum(table.choice(ranker.mixture) for table in tables) / len(each.fields))
        return float(np.mean(alone)), float(np.mean(both))


def _probability(table: ValueTable, mixture: Mixture) -> float:
    """That of the value which both sides prefer."""
    scores = table.rows @ np.array([mixture.ranker, mixture.model, mixture.choice])
    return float(1 / np.exp(scores - scores.max()).sum())


def measure(bench: Bench, sizes: Sequence[int], draws: range, tested: int, pool: int) -> None:
    """Print accuracy by way of choosing and number of labels, and the paired differences."""
    found: dict[tuple[str, int], list[tuple[float, float]]] = {}
    started = time.monotonic()
    for seed in draws:
        places, held = bench.drawn(seed, tested, pool)
        for way in WAYS:
            labelled: list[int] = []
            ranker: Ranker | None = None
            for size in (size for size in sizes if size <= len(places)):
                if way == "at random":
                    labelled = places[:size]
                else:
                    labelled = labelled + bench.chosen(places, labelled, size - len(labelled), ranker)
                ranker = bench.fit(labelled)
                found.setdefault((way, size), []).append(bench.right(ranker, held))
        figures = "  ".join(
            f"{way} {size}: {values[-1][0]:.3f}/{values[-1][1]:.3f}" for (way, size), values in found.items()
        )
        print(f"draw {seed} ({time.monotonic() - started:.0f} s)  {figures}", flush=True)
    name = bench.of.bench.name
    print(f"\n{name}: {tested} documents of a new {KEYS[name]}, a pool of {pool}, {len(draws)} draws, by {bench.by}")
    for who, column in (("ranker", 0), ("ranker and model", 1)):
        if column and not bench.of.results:
            continue
        for size in sizes:
            if ("label next", size) in found:
                print(f"  {who}, {size} labels: {_compared(found, size, column)}", flush=True)


def _compared(found: dict[tuple[str, int], list[tuple[float, float]]], size: int, column: int) -> str:
    first, second = (np.array(found[way, size])[:, column] for way in WAYS)
    differences = second - first
    reach = float(stats.t.ppf(0.975, len(differences) - 1) * differences.std(ddof=1) / len(differences) ** 0.5)
    middle = float(differences.mean())
    return (
        f"at random {first.mean():.3f}, label next {second.mean():.3f}, "
        f"difference {middle:+.3f} [{middle - reach:+.3f}, {middle + reach:+.3f}], "
        f"better in {int((differences > 0).sum())}, worse in {int((differences < 0).sum())} of {len(differences)}"
    )


def main() -> None:
    """Run the bench."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", default="receipts,adbuys")
    parser.add_argument("--limit", type=int, default=465)
    parser.add_argument("--labels", default="10,25,50")
    parser.add_argument("--draws", default="0-10", help="the seeds, as FIRST-END")
    parser.add_argument("--tested", type=int, default=60)
    parser.add_argument("--pool", type=int, default=120)
    parser.add_argument("--by", choices=["words", "meaning"], default="words")
    parser.add_argument("--runs", type=Path)
    options = parser.parse_args()
    for name in options.sets.split(","):
        of = load(name, options.limit, options.runs)
        print(f"{name}: {len(of.documents)} documents, {len(of.results)} with the model's answers", flush=True)
        texts = [" ".join(sorted({*each.said, *(word for word, _ in each.values)})) for each in of.documents]
        bench = Bench(of, options.by, texts)
        draws = range(*map(int, options.draws.split("-")))
        measure(bench, sorted(map(int, options.labels.split(","))), draws, options.tested, options.pool)


if __name__ == "__main__":
    main()
