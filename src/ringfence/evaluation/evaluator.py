"""Evaluate a run against gold: select the documents, slice them, and compute every figure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ..contracts import GoldLine, Result
from ..errors import InputError
from ..extras import need
from ..gold.agreement import Compare
from ..gold.faults import require_gold_fits
from ..gold.file import GoldFile, gold_digest
from ..gold.split import Split, SplitFile
from ..runs import RunFolder
from ..runs.source_documents import reread
from ..tasks import Task, task_from
from .items import NORMALISATION, Item, items_of
from .metric import Evaluated, compute_metrics
from .metrics import Evaluation, document_proportion, field_figures, sliced
from .questions import GoldQuestion, slices_of_questions

__all__ = [
    "EvaluationFacts",
    "RunEvaluation",
    "RunResults",
    "document_languages",
    "evaluate",
    "evaluate_run",
    "gold_part",
    "gold_slices",
    "items_of_results",
    "run_results",
    "slices_of",
]

LANGUAGE_SAMPLE = 5000  # characters of a document from which its language is detected


class RunResults(NamedTuple):
    """The task of a run, the result that counts for each document, and the digest of the run's lock."""

    task: Task
    results: dict[str, Result]
    lock: str


def run_results(folder: RunFolder) -> RunResults:
    """Read what an evaluation needs from a run."""
    facts = folder.read_facts()
    results = {result.document.id: result for result in folder.latest()}
    return RunResults(task_from(facts.task), results, facts.lock.digest)


def gold_part(
    gold: GoldFile, part: str | None, command: str, lock: str, task: Task
) -> tuple[dict[str, GoldLine], Split | None]:
    """The gold of one part (all gold without a split), and the split. A look at the test part is recorded.

    Raises InputError if the part is empty, if the gold is split and ``part`` is None, or if the gold does not fit the
    task.
    """
    latest, file = gold.latest(), SplitFile(gold.path)
    require_gold_fits(task, latest, gold.path)
    if not latest:
        raise InputError(
            f"{gold.path} holds no gold.", "Draft some from a run: ringfence gold draft RUN --out gold.xlsx."
        )
    split = file.read()
    if split is None:
        if part not in (None, "all"):
            raise InputError(f"{gold.path} has no parts.", "Draw them first: ringfence gold split.")
        return latest, None
    if part is None:
        raise InputError(
            f"{gold.path} is split into parts.",
            "Say which: --part dev to compare and tune, --part test for the one look that counts, or --part all.",
        )
    chosen = latest if part == "all" else {i: latest[i] for i in split.parts[part] if i in latest}
    if part in ("test", "all"):
        file.opened(command, lock, gold_digest(chosen))
    if not chosen:
        raise InputError(f"The part {part} of {gold.path} is empty.", "Add gold, or draw a new split.")
    return chosen, split


def items_of_results(
    task: Task,
    results: Mapping[str, Result],
    gold: Mapping[str, GoldLine],
    families: Mapping[str, str],
    compare: Compare = "words",
) -> list[Item]:
    """All items of the gold's documents, in the order of the gold. Raises InputError if the gold states no value."""
    found = [
        item
        for identity, entry in gold.items()
        for item in items_of(task, results.get(identity), entry, families.get(identity, identity), compare)
    ]
    if gold and not found:
        raise InputError(
            f"The gold of {len(gold)} documents states no value that the task asks for.",
            "State null where null is right; see `ringfence gold draft`.",
        )
    return found


def slices_of(results: Iterable[Result]) -> dict[str, dict[str, str]]:
    """The slices of each document: format, source folder, length, and whether OCR read it."""
    found: dict[str, dict[str, str]] = {name: {} for name in ("format", "source", "length", "OCR")}
    for result in results:
        document = result.document
        found["format"][document.id] = (document.read_by or "not read").partition("/")[0]
        found["source"][document.id] = Path(document.id).parts[0] if "/" in document.id else "(top folder)"
        size = max((end for _, end in result.windows), default=0)
        bounds = ((2_000, "up to 2,000 characters"), (10_000, "up to 10,000"), (50_000, "up to 50,000"))
        found["length"][document.id] = next((name for most, name in bounds if size <= most), "over 50,000")
        found["OCR"][document.id] = "read by OCR" if document.pages_by_ocr else "text layer"
    return found


def gold_slices(task: Task, gold: Mapping[str, GoldLine]) -> dict[str, dict[str, str]]:
    """The slices that gold itself names: of questions to a corpus, by their columns and the folder of the answer."""
    if not task.asks_corpus:
        return {}
    return slices_of_questions([GoldQuestion.of_gold(entry) for entry in gold.values()])


def evaluate(
    task: Task,
    results: Mapping[str, Result],
    gold: Mapping[str, GoldLine],
    families: Mapping[str, str],
    slices: Mapping[str, Mapping[str, str]] | None = None,
    compare: Compare = "words",
) -> Evaluation:
    """Compute every figure of a run. A failed, abstained or missing document counts as an error."""
    items = items_of_results(task, results, gold, families, compare)
    by_field: dict[str, list[Item]] = {}
    for item in items:
        by_field.setdefault(item.field, []).append(item)
    found = [item for item in items if not item.judged]
    judged = [item for item in items if item.judged]
    return Evaluation(
        items=items,
        fields=[field_figures(name, group) for name, group in by_field.items()],
        all_values=field_figures("found values" if judged else "all values", found) if found else None,
        judged=field_figures("judged values", judged) if judged else None,
        documents=document_proportion(items),
        documents_answered=document_proportion(items, answered_only=True),
        metrics=compute_metrics(Evaluated(task, results, gold, families, items)),
        slices=sliced(items, slices or {}),
    )


@dataclass(frozen=True)
class EvaluationFacts:
    """What an evaluation compares, and what a reader must know to trust it.

    ``part`` is the part of split gold, ``openings`` every recorded look at its test part, ``normalisation`` how values
    are compared.
    """

    task: str
    run: str
    weights: str
    lock: str
    gold: str
    part: str | None
    warnings: list[str]
    openings: list[dict[str, Any]]
    normalisation: str


@dataclass(frozen=True)
class RunEvaluation:
    """The evaluation of a run, and the slice that each document belongs to, by slice name and document."""

    evaluation: Evaluation
    facts: EvaluationFacts
    slices: Mapping[str, Mapping[str, str]]

    def as_json(self) -> dict[str, Any]:
        """Every figure as plain data."""
        return {"schema": 1, **asdict(self.facts), **self.evaluation.as_json()}


def evaluate_run(
    folder: RunFolder,
    gold: Path,
    part: str | None = None,
    compare: Compare = "words",
    languages_of: Callable[[Mapping[str, GoldLine]], Mapping[str, str]] | None = None,
) -> RunEvaluation:
    """Compare the answers of a run with a gold file, or with one part of it. A look at the test part is recorded.

    Several runs seen as one (``join_runs``) are also sliced by the weights that answered.

    ``languages_of`` returns the language of each gold document, to slice by it (see ``document_languages``). Raises
    InputError like ``gold_part``.
    """
    need("evaluation", "scipy", "sklearn", "rouge_score")
    run = run_results(folder)
    lines, split = gold_part(GoldFile(gold), part, f"evaluate {folder.path}", run.lock, run.task)
    slices: dict[str, Mapping[str, str]] = {**slices_of(run.results.values()), **gold_slices(run.task, lines)}
    if languages_of:
        slices["language"] = languages_of(lines)
    every = [one.read_facts() for one in folder.parts]
    if len(every) > 1:
        weights = folder.weights_by_lock()
        slices["answered by"] = {i: weights.get(result.lock or "", "") for i, result in run.results.items()}
    evaluation = evaluate(run.task, run.results, lines, split.families if split else {}, slices, compare)
    facts = EvaluationFacts(
        task=run.task.name,
        run=", ".join(str(one.path) for one in folder.parts),
        weights=", ".join(facts.weights for facts in every),
        lock=", ".join(facts.lock.digest for facts in every),
        gold=str(gold),
        part=part,
        warnings=_warnings(run.results, lines, split),
        openings=SplitFile(gold).openings(),
        normalisation=NORMALISATION[compare],
    )
    return RunEvaluation(evaluation, facts, slices)


def document_languages(folder: RunFolder, wanted: Collection[str], passwords: tuple[str, ...] = ()) -> dict[str, str]:
    """Read the wanted documents of a run again, and return the language of each that can be read."""
    need("evaluation", "py3langid")
    import py3langid

    found: dict[str, str] = {}
    for run in folder.parts:
        for document in reread(run, set(wanted) - set(found), passwords):
            found[document.id] = py3langid.classify(document.text[:LANGUAGE_SAMPLE])[0]
    return found


def _warnings(results: Mapping[str, Result], gold: Mapping[str, GoldLine], split: Split | None) -> list[str]:
    found = []
    if absent := [identity for identity in gold if identity not in results]:
        found.append(
            f"{len(absent)} gold documents are not in the run and count as not answered: {', '.join(absent[:4])}."
        )
    if guided := sum(entry.origin == "pre-filled" for entry in gold.values()):
        found.append(
            f"{guided} of {len(gold)} documents were confirmed with the program's answers in view; "
            "such gold favours those answers."
        )
    if split is None:
        found.append(
            "Near-duplicates count as separate documents here; `ringfence gold split` groups them into families."
        )
    return found
