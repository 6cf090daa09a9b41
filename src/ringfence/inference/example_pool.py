"""The pool of a classify task: the texts nearest to a document, and its likeness to the texts of each label."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..engines import Engine
from ..errors import InputError
from ..files import line_of, write_whole
from ..locks import canonical_digest
from ..tasks import ClassifyTask, Example, Task

__all__ = ["ExamplePool", "Neighbours", "read_examples", "read_pool", "write_pool"]


EMBEDDED = 2000  # characters of a text that are embedded
SHARPNESS = 20.0  # of the softmax over cosines; 10 to 40 gave similar results on 100 training messages of banking77


@dataclass(frozen=True)
class Neighbours:
    """A text's neighbours in the pool: the examples, nearest last, and each label's share of the likeness (sum 1)."""

    examples: list[Example]
    likeness: dict[str, float]


class ExamplePool:
    """Labelled texts and their embeddings, of shape (texts, dimensions)."""

    def __init__(self, examples: Sequence[Example], embedder: Engine) -> None:
        self.examples = list(examples)
        self._embedder = embedder
        self._places = embedder.embed([example.text for example in self.examples])
        rows = sorted([example.text, *example.labels] for example in self.examples)
        self.digest = canonical_digest(rows)

    def around(self, text: str, count: int) -> Neighbours:
        """Return the ``count`` examples nearest to the beginning of ``text``, and its likeness to every label.

        An example with the same text is left out. Likeness is a softmax over the cosines with all examples, summed by
        label (an example with several labels counts for each).
        """
        own = _folded(text)
        if not own:
            return Neighbours([], {})
        nearness = self._places @ self._embedder.embed([text[:EMBEDDED]])[0]
        others = [place for place, example in enumerate(self.examples) if _folded(example.text) != own]
        order = sorted(others, key=lambda place: -nearness[place])
        weights = np.exp(SHARPNESS * (nearness - nearness.max()))
        likeness: dict[str, float] = {}
        for place in others:
            for label in self.examples[place].labels:
                likeness[label] = likeness.get(label, 0.0) + float(weights[place])
        total = sum(likeness.values())
        shares = {label: share / total for label, share in likeness.items()}
        return Neighbours([self.examples[place] for place in order[:count]][::-1], shares)


def _folded(text: str) -> str:
    """Return the embedded beginning of a text without white space, to recognise equal texts."""
    return "".join(text[:EMBEDDED].split())


def write_pool(path: Path, examples: Sequence[Example]) -> None:
    """Write labelled texts in the format of ``read_pool``, to a file that only its owner can read."""
    lines = (line_of({"text": example.text, "labels": list(example.labels)}) for example in examples)
    write_whole(path, b"".join(lines), private=True)


def read_examples(path: Path, task: Task) -> list[Example]:
    """Read the pool in a file. Raises InputError if the task takes no pool, or if the file is invalid."""
    if not isinstance(task, ClassifyTask) or not task.takes_examples:
        raise InputError("Only a classify task that shows examples or weighs likeness takes a pool.", "Omit --pool.")
    return read_pool(path, task)


def read_pool(path: Path, task: ClassifyTask) -> list[Example]:
    """Read a JSONL file of ``{"text": ..., "label": ...}`` or ``{"text": ..., "labels": [...]}``.

    Raises InputError with the number of the first invalid line.
    """
    try:
        rows = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise InputError(f"Cannot read the pool {path} ({reason}).", "Give a JSONL file of labelled texts.") from None
    examples = []
    for number, row in enumerate(rows, start=1):
        if not row.strip():
            continue
        try:
            record = json.loads(row)
            labels = tuple(record["labels"] if "labels" in record else [record["label"]])
            text = record["text"]
            if not isinstance(text, str) or not text.strip() or not labels:
                raise ValueError
        except (ValueError, KeyError, TypeError):
            raise InputError(
                f"Line {number} of {path} is not a labelled text.", 'Each line is {"text": ..., "label": ...}.'
            ) from None
        if unknown := [label for label in labels if label not in task.options]:
            raise InputError(
                f"Line {number} of {path} has the label {unknown[0]!r}, which the task does not define.",
                "Correct the pool, or add the label to the task.",
            )
        if len(labels) > 1 and not task.several:
            raise InputError(f"Line {number} of {path} has several labels.", "Set `several: true` in the task.")
        examples.append(Example(text, labels))
    if not examples:
        raise InputError(f"The pool {path} contains no labelled text.", "Give a JSONL file of labelled texts.")
    return examples
