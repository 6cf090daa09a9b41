"""Check that the statistics keep their promises, in thousands of draws with small n and fields that fail together.

    python benchmarks/promises.py --draws 4000

Each document has its own probability that a value is right (beta-distributed), so errors come together: `rho` is the
correlation of two values of one document. Prints what was achieved beside what is promised; exit code 1 if a promise is
broken by more than the error of the simulation.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from ringfence.evaluation.calibration import choose_threshold
from ringfence.evaluation.statistics import Proportion, bootstrap_ratio, verdict_on

FIELDS = 5


def documents(
    draw: np.random.Generator, count: int, share: float, rho: float, fields: int = FIELDS
) -> tuple[npt.NDArray[np.bool_], list[str]]:
    """Draw which values of ``count`` documents are right; returns that and the document of each value."""
    if rho > 0:
        spread = (1 - rho) / rho
        chances = draw.beta(share * spread, (1 - share) * spread, count)
    else:
        chances = np.full(count, share)
    right = draw.random((count, fields)) < chances[:, None]
    return right.reshape(-1), [str(n) for n in range(count) for _ in range(fields)]


def print_figure(name: str, kept: int, draws: int, promise: float, at_least: bool, loose: bool = False) -> bool:
    """Print one figure. Returns whether it keeps the promise, give or take three standard errors of the simulation."""
    share = kept / draws
    error = math.sqrt(promise * (1 - promise) / draws)
    good = share >= promise - 3 * error if at_least else share <= promise + 3 * error
    word = "kept" if good else "close" if loose else "BROKEN"
    print(f"  {name:<64} {share:.3f}  (promised {'>=' if at_least else '<='} {promise:.2f})  {word}", flush=True)
    return good or loose


def settings() -> Iterator[tuple[int, float, float]]:
    """Every setting: number of documents, share right, and correlation."""
    for count in (20, 50, 100):
        for share in (0.9, 0.97):
            for rho in (0.0, 0.3, 0.8):
                yield count, share, rho


def intervals(draw: np.random.Generator, draws: int) -> list[bool]:
    """Coverage of the Wilson interval over the effective size, and of the bootstrap over documents.

    Intervals are shown, not promised: small samples near 1 cover less, which is why bounds decide.
    """
    kept = []
    for count, share, rho in settings():
        wilson = bootstrap = 0
        for number in range(draws):
            right, families = documents(draw, count, share, rho)
            low, high = Proportion.of(list(right), families).interval()
            wilson += low <= share <= high
            if number < draws // 10:
                low, high = bootstrap_ratio(list(right.astype(float)), [1.0] * len(right), families)
                bootstrap += low <= share <= high
        where = f"{count} documents x {FIELDS}, share {share}, rho {rho}"
        kept.append(print_figure(f"Wilson, effective size: {where}", wilson, draws, 0.95, True, loose=True))
        kept.append(print_figure(f"bootstrap: {where}", bootstrap, draws // 10, 0.95, True, loose=True))
    return kept


def verdicts(draw: np.random.Generator, draws: int) -> list[bool]:
    """How often a share at the bar passes, and how often it fails: both verdicts are wrong there."""
    kept = []
    for count, bar, rho in settings():
        passed = failed = 0
        for _ in range(draws):
            right, families = documents(draw, count, bar, rho)
            word = verdict_on(Proportion.of(list(right), families), bar).word
            passed += word == "PASS"
            failed += word == "FAIL"
        where = f"{count} documents x {FIELDS}, share = bar = {bar}, rho {rho}"
        kept.append(print_figure(f"false PASS: {where}", passed, draws, 0.05, False))
        kept.append(print_figure(f"false FAIL: {where}", failed, draws, 0.05, False))
    for count in (50, 100, 200):
        passed = sum(
            verdict_on(Proportion.of(list(draw.random(count) < 0.9), [str(n) for n in range(count)]), 0.9).passed
            for _ in range(draws)
        )
        kept.append(print_figure(f"false PASS: {count} documents alone, share = bar = 0.9", passed, draws, 0.05, False))
    return kept


def acceptance(draw: np.random.Generator, draws: int) -> list[bool]:
    """How often the true error among what a chosen threshold accepts exceeds the target.

    The score is informative but not calibrated. The true error of a threshold is known: it is the same in every draw.
    """
    kept = []
    big_scores, big_wrong, _ = scored(np.random.default_rng(99), 200_000, 0.0)
    order = np.argsort(-big_scores)
    cumulated = np.cumsum(big_wrong[order]) / np.arange(1, len(order) + 1)
    for count in (60, 150, 400):
        for rho in (0.0, 0.5):
            broken = found = 0
            share = 0.0
            for _ in range(draws // 4):
                scores, wrong, families = scored(draw, count, rho)
                chosen = choose_threshold(scores, wrong, families, 0.05)
                if chosen is None:
                    continue
                found += 1
                share += chosen.share
                truth = cumulated[np.searchsorted(-big_scores[order], -chosen.at, side="right") - 1]
                broken += truth > 0.05
            where = f"{count} documents x {FIELDS}, rho {rho}"
            passes = share / found if found else 0.0
            kept.append(print_figure(f"error over 5 %: {where}", broken, draws // 4, 0.05, False))
            print(f"    a threshold was found in {found / (draws // 4):.2f} of the draws; {passes:.2f} pass on average")
    return kept


def scored(
    draw: np.random.Generator, count: int, rho: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_], list[str]]:
    """Values with a score: the higher it is, the fewer errors. The values of a document share part of their luck."""
    from scipy.stats import norm

    scores = np.round(draw.beta(4, 1, (count, FIELDS)), 4)
    luck = math.sqrt(rho) * draw.standard_normal((count, 1)) + math.sqrt(1 - rho) * draw.standard_normal(
        (count, FIELDS)
    )
    wrong = norm.cdf(luck) < 0.6 * (1 - scores) ** 1.2
    return scores.reshape(-1), wrong.reshape(-1), [str(n) for n in range(count) for _ in range(FIELDS)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=4000)
    options = parser.parse_args()
    source = np.random.default_rng(0)
    every = []
    for title, part in (("Intervals", intervals), ("Verdicts", verdicts), ("Acceptance at 5 % error", acceptance)):
        print(f"\n{title}")
        every += part(source, options.draws)
    print(f"\n{sum(every)} of {len(every)} promises kept")
    sys.exit(0 if all(every) else 1)
