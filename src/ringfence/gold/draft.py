"""Draft gold: the answers of a run in a workbook, a form or a Label Studio file, for a person to correct."""

from __future__ import annotations

import json
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
    """What a draft holds. ``blind`` leaves the answers out; ``limit`` draws that many documents by ``seed``.

    ``only`` is a list of documents that `ringfence label next` wrote; the draft keeps its order, and ``limit`` its
    beginning.
    """

    blind: bool = False
    limit: int | None = None
    seed: int = 0
    passwords: tuple[str, ...] = ()
    only: Path | None = None

    @property
    def origin(self) -> str:
        """Whether a person sees the program's answers first: blind or pre-filled."""
        return "blind" if self.blind else "pre-filled"


@dataclass(frozen=True)
class GoldDraft:
    """A draft that was written.

    ``comes_back_as`` is the file that a person's corrections end up in; ``config`` is the labelling interface for Label
    Studio. ``absent`` are documents of the list that the run does not have.
    """

    path: Path
    documents: int
    comes_back_as: str
    config: Path | None = None
    absent: tuple[str, ...] = ()


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
    require_output(out, *([options.only] if options.only else []), run=folder)
    facts = folder.read_facts()
    task = task_from(facts.task)
    results, absent = _drawn(folder, options)
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
        return GoldDraft(out, len(rows), str(out), absent=absent)
    documents = reread_documents(folder, results, options.passwords, on_progress or (lambda done, total: None))
    if suffix == ".html":
        papers = papers_of(folder, results, documents, options.passwords, options.blind)
        write_gold_form(rows, papers, task, origin, out)
        return GoldDraft(out, len(rows), f"gold-{task.name}.json", absent=absent)
    config = write_label_studio(tasks_of(results, documents.values(), task, options.blind), task, out)
    return GoldDraft(out, len(rows), "EXPORT.json", config, absent)


def _drawn(folder: RunFolder, options: DraftOptions) -> tuple[dict[str, Result], tuple[str, ...]]:
    """The results of the draft by document, and the listed documents that the run does not have.

    They are in the order of the list, else of their ids. Raises InputError if the run has none of the list.
    """
    results = {result.document.id: result for result in folder.latest()}
    if options.only is None:
        names = sorted(results)
        if options.limit and options.limit < len(names):
            names = sorted(random.Random(options.seed).sample(names, options.limit))
        return {name: results[name] for name in names}, ()
    listed = _listed(options.only)
    if not any(name in results for name in listed):
        raise InputError(
            f"The run in {folder.path} has no document of {options.only}.",
            "Draft from the run that the list was made of.",
        )
    drawn = [name for name in listed if name in results][: options.limit]
    return {name: results[name] for name in drawn}, tuple(name for name in listed if name not in results)


def _listed(path: Path) -> list[str]:
    """The documents of a list, in its order. Raises InputError if the file is none."""
    try:
        return [str(one["document"]) for one in json.loads(path.read_text(encoding="utf-8"))["next"]]
    except OSError as error:
        raise InputError(
            f"Cannot read {path} ({error.strerror}).", "Give the file of `ringfence label next`."
        ) from None
    except (ValueError, KeyError, TypeError):
        raise InputError(
            f"{path} is no list of documents.", "Give the file that `ringfence label next --out` wrote."
        ) from None
