"""A run beside its gold: which documents count, what they are sliced by, and all figures over them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..runs import RunFolder
from ..tasks import OTHER, ClassifyTask, SummariseTask, Task, task_from
from .agreement import Compare
from .figures import Evaluation, document_proportion, field_figures, label_figures, sliced
from .gold import GoldEntry, GoldFile, gold_digest
from .gold_check import form_faults
from .gold_values import fields_of
from .outcomes import Item, items_of
from .splitting import Split, SplitFile
from .summary_figures import summary_figures

__all__ = ["evaluate", "fit_for", "gold_part", "items_of_results", "run_results", "same_answers", "slices_of"]


def gold_part(
    gold: GoldFile, part: str | None, command: str, lock: str, task: Task
) -> tuple[dict[str, GoldEntry], Split | None]:
    """The gold of a part (of all of it where no split was drawn). Looking at the test part is recorded.

    Raises InputError where the part has no gold, there are parts and none was chosen, or the gold is not in the form of
    the task.
    """
    latest, file = gold.latest(), SplitFile(gold.path)
    fit_for(task, latest, gold.path)
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
        raise InputError(f"The part {part} of {gold.path} is empty.", "Add gold, or draw the split anew.")
    return chosen, split


def fit_for(task: Task, gold: Mapping[str, GoldEntry], path: Path) -> None:
    """Raises InputError naming values of the gold that the task cannot have."""
    if faults := form_faults(gold, task):
        shown = "\n".join(f"  {fault.document}: {fault.field}: {fault.what}" for fault in faults[:20])
        raise InputError(
            f"{path} has {len(faults)} faults:\n{shown}", "Correct them; `ringfence gold check` names all."
        )


def same_answers(task: Task, other: Task) -> bool:
    """Whether two tasks ask for the same values, so that one gold serves both."""
    return task.kind == other.kind and (isinstance(task, SummariseTask) or fields_of(task) == fields_of(other))


def items_of_results(
    task: Task,
    results: Mapping[str, Mapping[str, Any]],
    gold: Mapping[str, GoldEntry],
    families: Mapping[str, str],
    compare: Compare = "words",
) -> list[Item]:
    """All items of the gold's documents, in the order of the gold. Raises InputError where the gold states no value."""
    found = [
        item
        for identity, entry in gold.items()
        for item in items_of(task, results.get(identity), entry, families.get(identity, identity), compare)
    ]
    if gold and not found:
        raise InputError(
            f"The gold of {len(gold)} documents states no value that the task asks for.",
            "A value that is right to be null is stated as null; see `ringfence gold draft`.",
        )
    return found


def slices_of(results: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """What results tell of their documents: how they were read, from which folder, how long, by OCR or not."""
    found: dict[str, dict[str, str]] = {name: {} for name in ("format", "source", "length", "OCR")}
    for result in results:
        document = result["document"]
        identity = document["id"]
        found["format"][identity] = (document["read_by"] or "not read").partition("/")[0]
        found["source"][identity] = Path(identity).parts[0] if "/" in identity else "(top folder)"
        size = max((end for _, end in result.get("windows") or []), default=0)
        bounds = ((2_000, "up to 2,000 characters"), (10_000, "up to 10,000"), (50_000, "up to 50,000"))
        found["length"][identity] = next((name for most, name in bounds if size <= most), "over 50,000")
        found["OCR"][identity] = "read by OCR" if document.get("pages_by_ocr") else "text layer"
    return found


def evaluate(
    task: Task,
    results: Mapping[str, Mapping[str, Any]],
    gold: Mapping[str, GoldEntry],
    families: Mapping[str, str],
    slices: Mapping[str, Mapping[str, str]] | None = None,
    compare: Compare = "words",
) -> Evaluation:
    """All figures of a run. Documents that failed, were abstained from or are missing count as errors."""
    items = items_of_results(task, results, gold, families, compare)
    by_field: dict[str, list[Item]] = {}
    for item in items:
        by_field.setdefault(item.field, []).append(item)
    found = [item for item in items if not item.judged]
    judged = [item for item in items if item.judged]
    labels = None
    if isinstance(task, ClassifyTask) and not task.several:
        labels = label_figures(items, OTHER if task.other else None)
    summaries = summary_figures(results, gold, families) if isinstance(task, SummariseTask) else None
    return Evaluation(
        items,
        [field_figures(name, group) for name, group in by_field.items()],
        field_figures("all values", found) if found else None,
        field_figures("judged values", judged) if judged else None,
        document_proportion(items),
        document_proportion(items, answered_only=True),
        labels,
        summaries,
        sliced(items, slices or {}),
    )


def run_results(folder: RunFolder) -> tuple[Task, dict[str, dict[str, Any]], str]:
    """The task of a run, its results by document, and its lock's digest."""
    facts = folder.read_facts()
    return task_from(facts["task"]), {r["document"]["id"]: r for r in folder.latest()}, facts["lock"]["digest"]
