"""A new pilot folder: pilot.yaml, a task, and a .gitignore that keeps documents and answers out of version control."""

from __future__ import annotations

import os
import re
import shutil
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ..corpus import Corpus
from ..errors import InputError
from ..files import write_whole
from ..gold.faults import require_gold_fits
from ..gold.file import GoldFile
from ..gold.split import SplitFile
from ..tasks import load_task
from .spec import PilotSpec

__all__ = ["DEFAULT_QUESTION", "CreatedPilot", "NewPilot", "create_pilot"]

DEFAULT_QUESTION = "Can this task be done without a person reading each document?"
TASK = """\
schema: 1
kind: extract            # or classify, summarise; `ringfence tasks schema` prints the format
name: {name}
instructions: You read letters that a company receives.
locale: {{date_order: dmy}}
fields:
  sender:  {{kind: text, description: the company or person that sends it}}
  date:    {{kind: date, description: the date of the letter}}
  total:   {{kind: money, description: amount to pay including tax}}
"""
QUESTIONS = """\
schema: 1
kind: answer
name: {name}
instructions: You answer questions of technicians.
"""
IGNORED = """\
# Documents and answers stay out of version control; the question, the bar and the split go in.
/documents/
/docs/
/runs/
/report.html
/gold.jsonl
/pool.jsonl
.*.lock
*.xlsx
*.html
"""


@dataclass(frozen=True)
class NewPilot:
    """What goes into a new pilot.

    ``documents`` stay where they are; without any, the folder gets one for them. A task file and gold are copied;
    without a task file, the folder gets an example to change. ``weights`` name one contender each; ``at_least`` is the
    share of the ``unit`` (value or document) that must be right. With a ``corpus`` the gold are questions to it, and so
    the documents; the pilot asks the version that is the newest now.
    """

    question: str = DEFAULT_QUESTION
    task_file: Path | None = None
    documents: Sequence[str] = ()
    gold_file: Path | None = None
    weights: Sequence[str] = ("demo",)
    at_least: float = 0.9
    unit: str = "value"
    corpus: str = ""


@dataclass(frozen=True)
class CreatedPilot:
    """A new pilot folder; ``kept_gitignore`` says that it already had a .gitignore, which stays as it is."""

    folder: Path
    spec: PilotSpec
    kept_gitignore: bool


def create_pilot(folder: Path, new: NewPilot) -> CreatedPilot:
    """Make a pilot folder; existing files stay as they are.

    Raises InputError if the folder has a pilot already, if a copy would replace a different file, or if the gold does
    not fit the task.
    """
    asked = _choice(new.corpus) if new.corpus else None
    if (folder / "pilot.yaml").exists():
        raise InputError(f"{folder} already holds a pilot.", "Change its pilot.yaml, or name a new folder.")
    _require_fitting_gold(new)
    copies = _copies(folder, new)
    where = [os.path.relpath(Path(path).expanduser().absolute(), folder.absolute()) for path in new.documents]
    content = {
        "schema": 1, "name": _name(folder), "question": new.question, "task": "task.yaml",
        "documents": where or (["gold.jsonl"] if asked else ["documents"]), "gold": "gold.jsonl",
        **({"corpus": asked} if asked else {}), "contenders": _contenders(new.weights),
        "bar": {"metric": "accuracy", "unit": new.unit, "at_least": new.at_least, "part": "test", "confidence": 0.95},
        "target_error": 0.05,
        "costs": {"currency": "EUR", "review_minute": 0.75, "review_minutes_per_document": 2.0, "machine_hour": 0.5},
    }  # fmt: skip
    spec = PilotSpec.model_validate(content)
    folder.mkdir(parents=True, exist_ok=True)
    if not new.documents and not asked:
        (folder / "documents").mkdir(exist_ok=True)
    for source, target in copies:
        if not target.exists():
            shutil.copyfile(source, target)
    task, ignored = folder / "task.yaml", folder / ".gitignore"
    if not task.exists():
        task.write_text((QUESTIONS if asked else TASK).format(name=_name(folder)), encoding="utf-8")
    kept = ignored.exists()
    if not kept:
        ignored.write_text(IGNORED, encoding="utf-8")
    write_whole(folder / "pilot.yaml", yaml.safe_dump(content, sort_keys=False, allow_unicode=True))
    return CreatedPilot(folder, spec, kept)


def _choice(corpus: str) -> dict[str, Any]:
    """The corpus of this name or folder, and its newest version. Raises InputError if there is none."""
    with Corpus.open(corpus) as opened:
        return {"name": str(Path(corpus).absolute()) if "/" in corpus else corpus, "version": opened.version().number}


def _require_fitting_gold(new: NewPilot) -> None:
    task = load_task(new.task_file) if new.task_file else None
    if new.gold_file:
        gold = GoldFile(new.gold_file).latest()
        if task:
            require_gold_fits(task, gold, new.gold_file)


def _copies(folder: Path, new: NewPilot) -> list[tuple[Path, Path]]:
    """What to copy where. Raises InputError if a different file is in the way."""
    copies = [(new.task_file, folder / "task.yaml")] if new.task_file else []
    if new.gold_file:
        # The split, and the record of looks at its test part, belong to the gold.
        names = ("gold.jsonl", "gold.split.json", "gold.opened.jsonl")
        sources = (new.gold_file, SplitFile(new.gold_file).path, SplitFile(new.gold_file).openings_path)
        copies += [(source, folder / name) for source, name in zip(sources, names, strict=True) if source.exists()]
    taken = [target for source, target in copies if target.exists() and not target.samefile(source)]
    if taken:
        raise InputError(
            f"{taken[0]} already exists and differs from the given file.",
            "Name a new folder; or leave the option out, to use the file in the folder.",
        )
    return copies


def _name(folder: Path) -> str:
    return _slug(folder.absolute().name) or "pilot"


def _slug(text: str) -> str:
    """The name as file names and tasks allow it: ASCII letters and digits, with . _ - between them."""
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9._-]+", "-", ascii_only).strip("-._")


def _contenders(weights: Sequence[str]) -> list[dict[str, str]]:
    contenders: list[dict[str, str]] = []
    for name in filter(None, (name.strip() for name in weights)):
        slug = _slug(name) or "contender"
        twice = any(slug.casefold() == known["name"].casefold() for known in contenders)
        contenders.append({"name": f"{slug}-{len(contenders) + 1}" if twice else slug, "weights": name})
    if not contenders:
        raise InputError("A pilot needs weights for at least one contender.", "Name some: --weights demo,tests.")
    return contenders
