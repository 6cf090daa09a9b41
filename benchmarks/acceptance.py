"""Compare the promised error bound with the error that occurs, over many random splits of stored answers.

    python benchmarks/acceptance.py /tmp/pilots/receipts/runs/demo /tmp/pilots/receipts/gold.jsonl --compare letters

Each split fits a calibrator and chooses a threshold on one half of the documents. The other half, which neither has
seen, shows the error among what is accepted. Families of near-duplicates stay on one side. It prints no content of the
documents.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import numpy as np

from ringfence.evaluation.calibration import fit
from ringfence.evaluation.calibrator import Calibrator
from ringfence.evaluation.evaluator import items_of_results, run_results
from ringfence.gold.agreement import Compare
from ringfence.gold.file import GoldFile
from ringfence.gold.near_duplicates import families_of, near_duplicates
from ringfence.runs import RunFolder
from ringfence.runs.source_documents import reread


def measure(run: Path, gold_path: Path, compare: Compare, target: float, splits: int, share: float) -> None:
    """Print, for values and for documents, how often the error on the unseen half exceeds the target."""
    folder = RunFolder.open(run)
    task, results, lock = run_results(folder)
    gold = GoldFile(gold_path).latest()
    texts = {document.id: document.text for document in reread(folder, gold)}
    families = families_of(gold, near_duplicates(texts), {})
    names = sorted(set(families.values()))
    for unit in ("value", "document"):
        rows = []
        for seed in range(splits):
            chosen = set(random.Random(seed).sample(names, round(share * len(names))))
            seen = {i: entry for i, entry in gold.items() if families[i] in chosen}
            unseen = {i: entry for i, entry in gold.items() if families[i] not in chosen}
            fitted = fit(items_of_results(task, results, seen, families, compare), results, seed)
            threshold = fitted.threshold(unit, target, 0.95)
            if threshold is None:
                continue
            calibrator = Calibrator(fitted.models, None, None, target, 0.95, 0.0, lock, "", "")
            items = [item for item in items_of_results(task, results, unseen, families, compare) if item.answered]
            confidence = {i: calibrator.confidences(results[i]) for i in {item.document for item in items}}
            if unit == "value":
                accepted = [
                    item.right
                    for item in items
                    if item.entry and round(confidence[item.document][item.entry], 6) >= threshold.at
                ]
                total = len(items)
            else:
                right: dict[str, bool] = {}
                for item in items:
                    right[item.document] = right.get(item.document, True) and item.right
                accepted = [good for i, good in right.items() if round(min(confidence[i].values()), 6) >= threshold.at]
                total = len(right)
            if accepted:
                rows.append((1 - sum(accepted) / len(accepted), len(accepted) / total, threshold.bound, len(accepted)))
        print(f"\nper {unit}: a threshold at {target:.0%} in {len(rows)} of {splits} splits")
        if rows:
            errors, shares, bounds, sizes = (np.array(column) for column in zip(*rows, strict=True))
            print(f"  accepted on the unseen half: mean {shares.mean():.3f} ({shares.min():.3f} to {shares.max():.3f})")
            print(
                f"  promised bound: mean {bounds.mean():.4f}; error among the accepted: mean {errors.mean():.4f}, "
                f"median {np.median(errors):.4f}, 95th percentile {np.quantile(errors, 0.95):.4f}, "
                f"most {errors.max():.4f}"
            )
            print(
                f"  over the target in {np.mean(errors > target):.3f} of them "
                f"(including chance, on about {int(np.median(sizes))} accepted)"
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("gold", type=Path)
    parser.add_argument("--compare", choices=["words", "letters"], default="words")
    parser.add_argument("--target", type=float, default=0.05)
    parser.add_argument("--splits", type=int, default=200)
    parser.add_argument("--share", type=float, default=0.5)
    options = parser.parse_args()
    measure(options.run, options.gold, options.compare, options.target, options.splits, options.share)
