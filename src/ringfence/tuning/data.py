"""The labelled documents of a training by part, as training examples in the engine's own token ids."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..contracts import GoldLine, TrainingLabel
from ..documents import Document
from ..engines import Engine
from ..errors import InputError
from ..gold.faults import require_gold_fits
from ..gold.file import GoldFile
from ..gold.near_duplicates import Pair, families_of, near_duplicates
from ..gold.source import GoldSource
from ..gold.split import Split, SplitFile, key_of
from ..inference import Windowing
from ..labels import STRENGTH, label_documents, training_labels
from ..locks import canonical_digest
from ..tasks import Task
from .examples import Encoded, TrainingExample, encode, examples_of

__all__ = ["TRAIN", "Labels", "encoded", "label_name", "read_labels"]

TRAIN = "calibration"
"""The part of split gold that is trained on."""


@dataclass(frozen=True)
class Labels:
    """The gold of a training: its task, its lines and readable documents, and its split; ``pairs`` are near-duplicates.

    ``unread`` are labelled documents that cannot be read. The values of the test part are not looked at. ``more`` are
    training labels beside the gold, each with its document; they are trained on, and count for nothing else. ``lost``
    are those whose documents moved or changed. ``pairs`` name the document of a training label as ``trained`` does.
    """

    task: Task
    gold: Mapping[str, GoldLine]
    documents: Mapping[str, Document]
    split: Split
    pairs: Sequence[Pair]
    unread: Sequence[str]
    more: Sequence[tuple[TrainingLabel, Document]] = ()
    lost: Sequence[str] = ()

    def part(self, name: str) -> dict[str, GoldLine]:
        """The gold of the readable documents of a part."""
        return {i: self.gold[i] for i in self.split.parts.get(name, ()) if i in self.gold and i in self.documents}

    def trained(self) -> dict[str, tuple[Mapping[str, Any], Document]]:
        """The values and the document of everything that is trained on, by a name for people."""
        found = {name: (line.values, self.documents[name]) for name, line in self.part(TRAIN).items()}
        return found | {label_name(label): (label.values, document) for label, document in self.more}

    @property
    def trained_documents(self) -> dict[str, Document]:
        """The documents of everything that is trained on."""
        return {name: document for name, (_, document) in self.trained().items()}

    @property
    def origins(self) -> dict[str, int]:
        """The training labels beside the gold, by origin, by who accepted them, and by the weights that answered."""
        return dict(Counter(f"{one.origin}, {one.accepted_by}, {one.weights}" for one, _ in self.more))

    def families(self) -> dict[str, str]:
        """The family of each labelled document: near-duplicates, and documents with an equal key, are one."""
        keys = {i: key_of(self.gold[i], self.task, self.split.key) for i in self.documents} if self.split.key else {}
        pairs = [pair for pair in self.pairs if {pair.first, pair.second} <= self.documents.keys()]
        return families_of(self.documents, pairs, keys, self.split.families)

    def leaks(self) -> list[tuple[str, str]]:
        """Pairs of documents of one family in different parts."""
        return self.split.leaks(self.families())

    @property
    def digest_of_more(self) -> str | None:
        """The digest of the training labels beside the gold: who accepted which values of which document."""
        said = [label.model_dump(mode="json", exclude={"run", "at", "note"}) for label, _ in self.more]
        return canonical_digest(sorted(said, key=canonical_digest)) if said else None

    def digest(self, part: str) -> str:
        """The digest of a part: its gold values, and the sha256 of its documents."""
        return canonical_digest(
            {i: {"values": line.values, "document": self.documents[i].sha256} for i, line in self.part(part).items()}
        )


def read_labels(gold: Path, source: GoldSource, more: Sequence[Path] = ()) -> Labels:
    """Read the gold, its documents, and files of training labels.

    Raises InputError if the gold does not fit, is not split, or has no documents, or if a training label is of a
    document that chooses or proves.
    """
    task = source.load_task()
    lines = GoldFile(gold).latest()
    require_gold_fits(task, lines, gold)
    split = SplitFile(gold).read()
    if not lines:
        raise InputError(f"{gold} holds no gold.", "Draft some from a run: ringfence gold draft RUN --out gold.xlsx.")
    if split is None:
        raise InputError(
            f"{gold} is not split, so nothing would be left to prove the training on.",
            "Split it first, families together: ringfence gold split GOLD --run RUN (add --key FIELD for companies).",
        )
    documents = source.read_documents(lines)
    if not documents:
        raise InputError(
            "None of the labelled documents can be read.", "Say where they lie: --run RUN or --documents FOLDER."
        )
    known = {documents[name].sha256 for name in split.parts.get(TRAIN, ()) if name in documents}
    extra, lost = _with_documents(task, more, gold, source)
    extra = [(label, document) for label, document in extra if document.sha256 not in known]  # its gold counts
    texts = {name: each.text for name, each in documents.items()}
    pairs = near_duplicates(texts | {label_name(label): document.text for label, document in extra})
    return Labels(task, lines, documents, split, pairs, sorted(set(lines) - set(documents)), extra, lost)


def label_name(label: TrainingLabel) -> str:
    """A training label's document as people tell it from one of the gold."""
    return f"{label.document} (a training label, {(label.sha256 or '')[:8]})"


def _with_documents(
    task: Task, files: Sequence[Path], gold: Path, source: GoldSource
) -> tuple[list[tuple[TrainingLabel, Document]], list[str]]:
    """The labels of files with their documents, one for each document, and the documents that are not there any more.

    Of several labels of a document the one of the strongest acceptance counts, and of equal ones the last.
    """
    found: dict[str, tuple[TrainingLabel, Document]] = {}
    lost: list[str] = []
    for path in files:
        labels = training_labels(path, gold, source)
        for one in labels:
            require_gold_fits(task, {one.document: GoldLine(document=one.document, values=one.values)}, path)
        documents = label_documents(labels)
        lost += [label.document for label in labels if label.key not in documents]
        for label, document in ((one, documents[one.key]) for one in labels if one.key in documents):
            before = found.get(document.sha256)
            if before is None or STRENGTH.index(before[0].accepted_by) <= STRENGTH.index(label.accepted_by):
                found[document.sha256] = label, document
    return list(found.values()), lost


def encoded(
    labels: Labels,
    part: str,
    engine: Engine,
    windowing: Windowing,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[list[Encoded], list[str]]:
    """The examples of a part as token ids, in the order of the documents' names, and the documents without any."""
    found, left_out = [], []
    lines = labels.part(part)
    for number, name in enumerate(sorted(lines), 1):
        examples = _examples(labels.task, labels.documents[name], lines[name], engine, windowing)
        found += [encode(example, engine) for example in examples]
        if not examples:
            left_out.append(name)
        on_progress(number, len(lines))
    for label, document in labels.more if part == TRAIN else ():
        line = GoldLine(document=document.id, values=label.values)
        found += [
            encode(replace(each, document=label_name(label)), engine)
            for each in _examples(labels.task, document, line, engine, windowing)
        ]
    return found, left_out


def _examples(
    task: Task, document: Document, line: GoldLine, engine: Engine, windowing: Windowing
) -> list[TrainingExample]:
    try:
        return examples_of(task, document, line, engine, windowing)
    except ValueError:  # a recogniser cannot finish
        return []


def digest_of_examples(examples: Sequence[Encoded]) -> str:
    """The sha256 of the token ids of examples, and of what is learned of them."""
    digest = hashlib.sha256()
    for example in examples:
        digest.update(repr((example.ids, example.prompt, example.learned)).encode())
    return f"sha256:{digest.hexdigest()}"
