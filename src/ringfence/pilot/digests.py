"""What a verdict rests on: worked out from answers and gold, and the digests that are stored with it and compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..contracts import GoldLine, Result
from ..evaluation import Verdict, verdict_on
from ..evaluation.calibrator import Calibrator
from ..evaluation.evaluator import evaluate
from ..evaluation.metrics import Evaluation
from ..gold.file import gold_digest
from ..gold.split import Split
from ..locks import canonical_digest
from .outcome import share_of
from .setup import PilotSetup

__all__ = ["VerdictBasis", "answers_digest", "digests_of"]


@dataclass(frozen=True)
class VerdictBasis:
    """What a verdict rests on. ``lock`` and ``results`` belong to the run of the contender ``chosen``."""

    setup: PilotSetup
    gold: Mapping[str, GoldLine]
    split: Split
    chosen: str
    lock: str
    results: Mapping[str, Result]
    calibrator: Calibrator | None

    @property
    def test_gold(self) -> dict[str, GoldLine]:
        """The gold of the test part."""
        return {i: self.gold[i] for i in self.split.parts.get("test", ()) if i in self.gold}

    def evaluation(self, slices: Mapping[str, Mapping[str, str]] | None = None) -> Evaluation:
        """Compare the answers with the test part."""
        spec = self.setup.spec
        return evaluate(self.setup.task, self.results, self.test_gold, self.split.families, slices, spec.compare)

    def verdict(self, evaluation: Evaluation) -> Verdict:
        """The verdict on an evaluation, against the bar."""
        bar = self.setup.spec.bar
        return verdict_on(share_of(evaluation, bar.unit), bar.at_least, bar.confidence)


def digests_of(basis: VerdictBasis) -> dict[str, str]:
    """The digest of each part, by its plain name."""
    setup = basis.setup
    found = {
        "terms (bar, comparison, target error, gold, split)": setup.spec.terms_digest,
        "task": canonical_digest(setup.task.canonical()),
        "gold": gold_digest(basis.gold),
        "split": basis.split.digest,
        f"lock of {basis.chosen}": basis.lock,
        f"answers of {basis.chosen}": answers_digest(basis.results, basis.gold),
    }
    if setup.pool:
        found["pool"] = canonical_digest(sorted(example.row for example in setup.pool))
    if basis.calibrator:
        found["calibrator"] = basis.calibrator.digest
    return found


def answers_digest(results: Mapping[str, Result], gold: Mapping[str, GoldLine]) -> str:
    """The sha256 of what a run answered for the documents that have gold."""
    answers = {identity: [result.status, result.values] for identity, result in results.items() if identity in gold}
    return canonical_digest(answers)
