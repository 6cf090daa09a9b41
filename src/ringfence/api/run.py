"""A run on disk: its results, and every operation on them."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ..audit import audit_here, recorder
from ..checker import CheckReport, Finding, check_run
from ..contracts import Result, RunFacts
from ..errors import InputError
from ..evaluation.calibrator import AcceptanceTerms, Calibrator
from ..evaluation.comparison import RunComparison
from ..evaluation.metrics import Evaluation
from ..evaluation.run_calibration import RunCalibration
from ..evaluation.spot_check import SpotCheck
from ..gold.agreement import Compare
from ..gold.corrections import corrected_run
from ..gold.draft import DraftOptions, GoldDraft
from ..labels.left_over import LeftOver, left_by
from ..locks import Lock
from ..replay import ReplayOptions, ReplayReport, replay_run
from ..runs import Product, RunFolder, RunSummary, Totals, erase_product, products_of, purge
from ..runs.decisions import decide_again
from ..runs.export import export_run
from ..tasks import Task, task_from

__all__ = ["Run", "open_run"]


def open_run(path: str | Path) -> Run:
    """Open an existing run. Raises RunError if there is none, or if its content was purged."""
    return Run(RunFolder.open(Path(path)).path)


class Run:
    """One task over many documents under one lock, in a folder. ``summary`` is set by ``Model.run``, else None."""

    def __init__(self, path: Path, summary: RunSummary | None = None) -> None:
        self.path, self.summary = path, summary

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r}: {self.totals})"

    @property
    def folder(self) -> RunFolder:
        """The run folder, for code that reads its journals."""
        return RunFolder.open(self.path)

    @property
    def facts(self) -> RunFacts:
        """The content of run.json: task, lock and sessions."""
        return self.folder.read_facts()

    @property
    def task(self) -> Task:
        """The task of the run."""
        return task_from(self.facts.task)

    @property
    def lock(self) -> Lock:
        """Everything that determined the answers."""
        return self.folder.lock()

    @property
    def totals(self) -> Totals:
        """The number of documents by status."""
        return self.folder.totals()

    def results(self) -> Iterator[Result]:
        """Yield the latest result of each document."""
        return self.folder.latest()

    def __iter__(self) -> Iterator[Result]:
        return self.results()

    def check(self, passwords: tuple[str, ...] = (), calibrator: Calibrator | None = None) -> CheckReport:
        """Read every document again and confirm every value, without the code that made them.

        With the run's ``calibrator``, its confidences and decisions are worked out again as well. Raises InputError if
        it is another one.
        """
        report = check_run(self.path, passwords)
        if calibrator is not None:
            from ..evaluation.decision_claims import decision_faults

            report.findings += [Finding(*fault) for fault in decision_faults(self.folder, calibrator)]
        return report

    def evaluate(self, gold: str | Path, part: str | None = None, compare: Compare = "words") -> Evaluation:
        """Compare the answers with gold. Each use of the test part of split gold is recorded.

        Raises InputError if the gold does not fit the task, or if it is split and no part is named.
        """
        from ..evaluation.evaluator import evaluate_run

        return evaluate_run(self.folder, Path(gold), part, compare).evaluation

    def draft_gold(self, out: str | Path, options: DraftOptions | None = None) -> GoldDraft:
        """Write the answers for a person to correct: .xlsx, .html (a form) or .json (Label Studio)."""
        from ..gold.draft import draft_gold

        return draft_gold(self.folder, Path(out), options)

    def calibrate(
        self, gold: str | Path, terms: AcceptanceTerms | None = None, part: str | None = None
    ) -> RunCalibration:
        """Fit confidences on gold, and find the threshold at which answers need no person."""
        from ..evaluation.run_calibration import calibrate_run

        return calibrate_run(self.folder, Path(gold), terms, part)

    def spot_check(self, calibrator: Calibrator, gold: str | Path) -> SpotCheck:
        """Compare the corrections of the documents drawn for a spot-check with the promised error."""
        from ..evaluation.spot_check import spot_check_run

        return spot_check_run(self.folder, calibrator, Path(gold))

    def compare(self, others: Sequence[str | Path], gold: str | Path, part: str | None = None) -> RunComparison:
        """Compare this run with others, paired over the gold's documents."""
        from ..evaluation.comparison import compare_runs

        return compare_runs([self.path, *map(Path, others)], Path(gold), part)

    def replay(
        self, options: ReplayOptions | None = None, on_progress: Callable[[int, int], None] = lambda done, total: None
    ) -> ReplayReport:
        """Answer the documents again under the lock of the run, and compare: IDENTICAL, NEAR-TIE or CHANGED."""
        return replay_run(self.path, options, on_progress)

    def decide(self, calibrator: Calibrator, out: str | Path) -> Run:
        """Copy the answers into a new folder, with a calibrator's decisions: accept, review, spot-check.

        Raises InputError if the calibrator was fitted under another lock.
        """
        folder = self.folder
        if calibrator.for_lock != folder.read_facts().lock.digest:
            raise InputError(
                "The calibrator was fitted on answers under another lock.", "Fit a calibrator on a run under this lock."
            )
        audit = audit_here()
        record = recorder(audit, str(out)) if audit else lambda result: None
        return Run(decide_again(folder, Path(out), calibrator.digest, calibrator.decide, record).path)

    def left(self, doubt: float | None = None) -> LeftOver:
        """What larger weights should answer, for ``RunDetails``: what this run did not answer, or not well enough.

        Well enough is what its calibrator accepted, or with ``doubt`` what has no more doubt than that.
        """
        return left_by(self.path, self.task, doubt)

    def export(
        self, out: str | Path, form: str | None = None, of_list: str | None = None, gold: str | Path | None = None
    ) -> int:
        """Write the values as CSV, XLSX, Parquet or JSON; the format is ``form``, or the ending of ``out``.

        ``of_list`` writes a CSV with one row for each record of that list. ``gold`` puts the values of a gold file in
        place of the answers, with who corrected what, and when. Returns the number of rows.
        """
        folder = corrected_run(self.folder, Path(gold)) if gold else self.folder
        return export_run(folder, Path(out), form, of_list)

    def report(self, passwords: tuple[str, ...] = ()) -> Path:
        """Write report.html into the run, with every document beside its values. Returns its path."""
        from ..reports import write_report

        return write_report(self.path, passwords)

    def made(self) -> list[Product]:
        """What was made from the run and still lies elsewhere: exports, drafts, gold, calibrators, copies."""
        return products_of(self.folder)

    def purge(self, everything: bool = False) -> Totals:
        """Delete the content of the run permanently; digests and totals stay.

        ``everything`` also erases what ``made`` names: from gold only the lines of the run's documents.
        """
        folder = self.folder
        if everything:
            documents = set(folder.index())
            for product in products_of(folder):
                erase_product(product, documents)
        return purge(folder)

    def rows(self) -> list[dict[str, Any]]:
        """Return one flat row for each document: id, status, and every value outside lists by path."""
        columns = [path for path, spec in self.task.answer_fields().items() if not spec.of_list]
        rows = []
        for result in self.results():
            row: dict[str, Any] = {"document": result.document.id, "status": result.status}
            for path in columns:
                row[path] = result.value(path) if result.answered else None
            rows.append(row)
        return rows

    def to_pandas(self) -> Any:
        """Return ``rows`` as a pandas DataFrame. Raises InputError if pandas is not installed."""
        return _library("pandas").DataFrame(self.rows())

    def to_polars(self) -> Any:
        """Return ``rows`` as a polars DataFrame. Raises InputError if polars is not installed."""
        return _library("polars").DataFrame(self.rows(), infer_schema_length=None)

    def _repr_html_(self) -> str:
        from html import escape

        shown = [result._repr_html_() for _, result in zip(range(5), self.results(), strict=False)]
        return f"<p><b>{escape(str(self.path))}</b>: {escape(str(self.totals))}</p>" + "".join(shown)


def _library(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise InputError(f"{name} is not installed.", f"Install it: pip install {name}.") from None
