"""Files of training labels: answers that may train a model and are never gold.

They come from corrections of a review, from answers that a person, a calibrator or the checks accepted, or from a
larger model alone. The last line of a document counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from filelock import FileLock
from pydantic import ValidationError

from ..contracts import TRAINING_ORIGINS, TrainingLabel
from ..documents import Document
from ..errors import InputError
from ..files import line_of, parse_json, write_whole
from ..gold.source import GoldSource, reread_documents
from ..runs import RunFolder
from .held_out import HeldOut

__all__ = ["STRENGTH", "add_labels", "label_documents", "read_labels", "training_labels"]

DocumentKey = tuple[str, str]  # of a TrainingLabel
STRENGTH = ("nobody", "checks", "calibrator", "person")  # a label gives way to one of the same strength or a greater
SHOWN = 4


def read_labels(path: Path) -> dict[DocumentKey, TrainingLabel]:
    """The label that counts for each document. Raises InputError with the number of a line that is none."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"Cannot read the training labels {path} ({error.strerror}).",
            "Give the file that `ringfence label take` wrote.",
        ) from None
    found: dict[DocumentKey, TrainingLabel] = {}
    for number, row in enumerate(data.split(b"\n"), start=1):
        if row.strip():
            label = _label(row, f"Line {number} of {path}")
            found.pop(label.key, None)
            found[label.key] = label
    return found


def _label(row: bytes, place: str) -> TrainingLabel:
    try:
        record = parse_json(row)
        if "document" in record and "values" in record and record.get("origin", "blind") not in TRAINING_ORIGINS:
            raise InputError(f"{place} is gold, not a training label.", "Give gold with --gold; it is split there.")
        return TrainingLabel.model_validate(record)
    except (ValueError, TypeError, AttributeError, ValidationError):
        raise InputError(
            f"{place} is not a training label.", "Give the file that `ringfence label take` wrote."
        ) from None


def add_labels(path: Path, fresh: Iterable[TrainingLabel]) -> tuple[int, list[str]]:
    """Append labels to a file for its owner alone; returns how many, and the documents that have a stronger label.

    A person's label counts more than a calibrator's, that more than the checks', and nobody's least. Raises InputError
    if the file exists and holds something else.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise InputError(f"{path.parent} is not a folder.", "Name a file in a folder.") from None
    with FileLock(path.with_name(f".{path.name}.lock"), mode=0o600):
        known = read_labels(path) if path.exists() else {}
        lines, weaker = [], []
        for label in fresh:
            before = known.get(label.key)
            if before and STRENGTH.index(before.accepted_by) > STRENGTH.index(label.accepted_by):
                weaker.append(label.document)
            elif before is None or before.model_copy(update={"at": label.at}) != label:
                lines.append(line_of(label.as_json()))
        if lines:
            journal = path.read_bytes() if path.exists() else b""
            line_break = b"\n" if journal and not journal.endswith(b"\n") else b""
            write_whole(path, journal + line_break + b"".join(lines), private=True)
        return len(lines), weaker


def training_labels(path: Path, gold: Path | None = None, source: GoldSource | None = None) -> list[TrainingLabel]:
    """The training labels of a file, sorted by document, for a model that is judged on ``gold``.

    Raises InputError if one of their documents is in the dev or test part of the gold, if one has the key of such a
    document (the gold was split by company, say) or, where ``source`` says where the gold's documents lie, if one is
    nearly the text of such a document.
    """
    labels, held = list(read_labels(path).values()), HeldOut.of(gold, source)
    if named := held.named(label.document for label in labels):
        parts = " or ".join(sorted({held.parts[identity] for identity in named}))
        raise InputError(
            f"{path} has labels for {len(named)} documents of the {parts} part of {gold} ({_shown(named)}).",
            "Take the labels again with --gold, which leaves them out: what a figure rests on never trains.",
        )
    if related := sorted(label.document for label in labels if held.holds_family_of(label)):
        raise InputError(
            f"{path} has labels for {len(related)} documents whose {held.key} is that of documents of the dev or test "
            f"part of {gold} ({_shown(related)}).",
            "Take the labels again with --gold, which leaves them out: what a figure rests on never trains.",
        )
    if held.texts:
        documents = label_documents(labels)
        if twins := held.twins({f"{name} ({sha256[:8]})": one.text for (name, sha256), one in documents.items()}):
            listed = [f"{identity} like {twin}" for identity, twin in sorted(twins.items())]
            raise InputError(
                f"{path} has labels for {len(twins)} near-duplicates of documents of the dev or test part of {gold} "
                f"({_shown(listed)}).",
                "Take the labels again with --gold and --documents (where the gold's documents lie), which leaves them "
                "out: what a figure rests on never trains.",
            )
    return sorted(labels, key=lambda label: label.key)


def _shown(names: list[str]) -> str:
    return ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")


def label_documents(labels: Iterable[TrainingLabel], passwords: tuple[str, ...] = ()) -> Mapping[DocumentKey, Document]:
    """Read the documents of labels again, each where its run found it; missing and changed ones are left out.

    Raises RunError if a run is gone or was purged.
    """
    by_run: dict[str, dict[str, TrainingLabel]] = {}
    for label in labels:
        by_run.setdefault(label.run, {})[label.document] = label
    found: dict[DocumentKey, Document] = {}
    for run, wanted in by_run.items():
        documents = reread_documents(RunFolder.open(Path(run)), wanted, passwords)
        found |= {
            wanted[identity].key: one for identity, one in documents.items() if one.sha256 == wanted[identity].sha256
        }
    return found
