"""Draft gold: the answers of a run in a workbook, a form or a Label Studio file, for a person to correct."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from ..contracts import Result
from ..errors import InputError
from ..runs import RunFolder, note_product, require_output
from ..tasks import task_from
from .form import write_gold_form
from .label_studio import tasks_of, write_label_studio
from .paper import papers_of
from .source import OnProgress, reread_documents
from .workbook import draft_rows, write_workbook

__all__ = ["DraftOptions", "GoldDraft", "draft_gold"]

SUFFIXES = (".xlsx", ".html", ".json")


@dataclass(frozen=True)
class DraftOptions:
    """What a draft holds. ``blind`` leaves the answers out; ``limit`` draws that many documents by ``seed``."""

    blind: bool = False
    limit: int | None = None
    seed: int = 0
    passwords: tuple[str, ...] = ()

    @property
    def origin(self) -> str:
        """Whether a person sees the program's answers first: blind or pre-filled."""
        return "blind" if self.blind else "pre-filled"


@dataclass(frozen=True)
class GoldDraft:
    """A draft that was written.

    ``comes_back_as`` is the file that a person's corrections end up in; ``config`` is the labelling interface for Label
    Studio.
    """

    path: Path
    documents: int
    comes_back_as: str
    config: Path | None = None


def draft_gold(
    folder: RunFolder, out: Path, options: DraftOptions | None = None, on_progress: OnProgress | None = None
) -> GoldDraft:
    """Write the answers of a run for a person to correct.

    The ending of ``out`` decides the form: .xlsx (a workbook), .html (a form that saves a file) or .json (tasks for
    Label Studio). Raises InputError for any other ending.
    """
    options, suffix = options or DraftOptions(), out.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(
            f"Cannot write a draft to {out.name}: unsupported file type.", "Name it .xlsx, .html or .json."
        )
    require_output(out, run=folder)
    facts = folder.read_facts()
    task = task_from(facts.task)
    results = _drawn(folder, options)
    rows = draft_rows(results.values(), task, options.blind)
    origin = {
        "origin": options.origin,
        "lock": facts.lock.digest,
        "asked": facts.task,
        "run": str(folder.path.resolve()),
    }
    note_product(folder, "draft", out)
    if suffix == ".xlsx":
        write_workbook(rows, task, origin, out)
        return GoldDraft(out, len(rows), str(out))
    documents = reread_documents(folder, results, options.passwords, on_progress or (lambda done, total: None))
    if suffix == ".html":
        papers = papers_of(folder, results, documents, options.passwords, options.blind)
        write_gold_form(rows, papers, task, origin, out)
        return GoldDraft(out, len(rows), f"gold-{task.name}.json")
    config = write_label_studio(tasks_of(results, documents.values(), task, options.blind), task, out)
    return GoldDraft(out, len(rows), "EXPORT.json", config)


def _drawn(folder: RunFolder, options: DraftOptions) -> dict[str, Result]:
    """The results of the draft by document, in the order of their ids."""
    results = sorted(folder.latest(), key=lambda result: result.document.id)
    if options.limit and options.limit < len(results):
        drawn = random.Random(options.seed).sample(results, options.limit)
        results = sorted(drawn, key=lambda result: result.document.id)
    return {result.document.id: result for result in results}
