"""The pool of a task: the examples that a prompt shows, and a document's likeness to the texts of each label."""

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
from ..tasks import Example, Task

__all__ = ["NO_POOL", "ExamplePool", "Neighbours", "read_examples", "read_pool", "write_pool"]


NO_POOL = "Only a classify or extract task that shows examples, or weighs likeness, takes a pool."
EMBEDDED = 2000  # characters of a text that are embedded
SHARPNESS = 20.0  # of the softmax over cosines; 10 to 40 gave similar results on 100 training messages of banking77


@dataclass(frozen=True)
class Neighbours:
    """The examples for a text in the order of the prompt, and the shares of its likeness by label (sum 1)."""

    examples: list[Example]
    likeness: dict[str, float]


class ExamplePool:
    """Labelled texts and, with an ``embedder``, their embeddings, of shape (texts, dimensions).

    With ``nearest``, which needs the embedder, a prompt shows the texts most like its document, else the first ones of
    the pool, the same for every document.
    """

    def __init__(self, examples: Sequence[Example], embedder: Engine | None, nearest: bool = True) -> None:
        self.examples, self.nearest = list(examples), nearest
        self._embedder = embedder
        self._places = embedder.embed([example.text for example in self.examples]) if embedder else None
        rows = [example.row for example in self.examples]
        self.digest = canonical_digest(sorted(rows) if nearest else rows)

    def around(self, text: str, count: int) -> Neighbours:
        """Return ``count`` examples for the beginning of ``text``, and its likeness to every label.

        An example with the same text is left out. Likeness is a softmax over the cosines with all examples, summed by
        label (an example with several labels counts for each); there is none without an embedder.
        """
        own = _folded(text)
        others = [place for place, example in enumerate(self.examples) if _folded(example.text) != own]
        if self._embedder is None or self._places is None or not own:
            return Neighbours([] if self.nearest else [self.examples[place] for place in others[:count]], {})
        nearness = self._places @ self._embedder.embed([text[:EMBEDDED]])[0]
        order = sorted(others, key=lambda place: -nearness[place]) if self.nearest else others
        weights = np.exp(SHARPNESS * (nearness - nearness.max()))
        likeness: dict[str, float] = {}
        for place in others:
            for label in self.examples[place].labels:
                likeness[label] = likeness.get(label, 0.0) + float(weights[place])
        total = sum(likeness.values())
        shares = {label: share / total for label, share in likeness.items()}
        chosen = [self.examples[place] for place in order[:count]]
        return Neighbours(chosen[::-1] if self.nearest else chosen, shares)


def _folded(text: str) -> str:
    """Return the embedded beginning of a text without white space, to recognise equal texts."""
    return "".join(text[:EMBEDDED].split())


def write_pool(path: Path, examples: Sequence[Example]) -> None:
    """Write labelled texts in the format of ``read_pool``, to a file that only its owner can read."""
    write_whole(path, b"".join(line_of(example.as_json()) for example in examples), private=True)


def read_examples(path: Path, task: Task) -> list[Example]:
    """Read the pool in a file. Raises InputError if the task takes no pool, or if the file is invalid."""
    if not task.takes_examples:
        raise InputError(NO_POOL, "Omit --pool.")
    return read_pool(path, task)


def read_pool(path: Path, task: Task) -> list[Example]:
    """Read a JSONL file of ``{"text": ..., "label": ...}``, or with ``labels`` or, for an extract task, ``answer``.

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
            example = Example.of_record(json.loads(row))
        except (ValueError, KeyError, TypeError):
            raise InputError(
                f"Line {number} of {path} is not a labelled text.",
                'Each line is {"text": ..., "label": ...}, or {"text": ..., "answer": ...} for an extract task.',
            ) from None
        if fault := task.example_fault(example):
            raise InputError(f"Line {number} of {path} {fault}.", "Correct the pool or the task.")
        examples.append(example)
    if not examples:
        raise InputError(f"The pool {path} contains no labelled text.", "Give a JSONL file of labelled texts.")
    return examples
