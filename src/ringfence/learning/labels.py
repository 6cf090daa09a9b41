"""Labelled documents: the places of each field, and which of them state what the gold says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import numpy.typing as npt

from ..contracts import GoldLine, value_at
from ..documents import Document
from ..gold.agreement import Compare
from ..tasks import ExtractTask, prepare
from .features import Surroundings, words_of
from .labelled_field import LabelledField, states
from .list_labels import LabelledList, label_list
from .places import places_of
from .ranker import about, known_by, text_digest
from .rows import rows_of

__all__ = ["Labelled", "LabelledField", "label"]


@dataclass(frozen=True)
class Labelled:
    """A labelled document: its family, the sha256 of its text, its single fields by path, and its lists by name.

    ``said`` are the words that stand outside the values of the gold, ``values`` the words inside, each with its value.
    ``known_by`` are further digests by which the document is known again.
    """

    family: str
    text: str
    fields: Mapping[str, LabelledField]
    said: frozenset[str]
    values: frozenset[tuple[str, str]]
    known_by: tuple[str, ...] = ()
    lists: Mapping[str, LabelledList] = field(default_factory=dict)

    def examples(self) -> Iterator[tuple[str, LabelledExample]]:
        """What a model of each path learns from: of a list (``lines``) its units, of its fields its records."""
        for path, each in self.fields.items():
            yield path, (each.features, np.append(each.right, each.null))
        for name, of in self.lists.items():
            begun = of.begun
            for unit in np.flatnonzero(of.known).tolist():
                yield name, ([of.rows.features[unit]], np.array([unit in begun, unit not in begun]))
            for record in of.records:
                for leaf, each in record.fields.items():
                    yield f"{name}.{leaf}", (each.features, np.append(each.right, each.null))


LabelledExample = tuple[Sequence[set[str]], npt.NDArray[np.bool_]]
"""The features of each place, and which of them are right; the last one stands for no value."""


def label(task: ExtractTask, document: Document, gold: GoldLine, family: str, compare: Compare = "words") -> Labelled:
    """Find the places of a document, and mark those that state what the gold says.

    Raises ValueError if a recogniser takes too long on this document.
    """
    around, fields, lists = Surroundings(document), {}, {}
    prepared = prepare(task, document)
    for path, places in places_of(prepared).items():
        try:
            stated = value_at(gold.values, path)
        except (KeyError, TypeError):
            continue  # the gold says nothing about this field
        says = partial(states, task.flat[path].kind, stated, compare)
        right = np.array([says(place) for place in places], bool)
        fields[path] = LabelledField(places, around.features(places, about(task, path)), right, says)
    for name, rows in rows_of(prepared, around, gold.values).items():
        lists[name] = label_list(rows, gold.values[name] or [], compare)
    found = {
        (place.start, place.end)
        for each in fields.values()
        for place, right in zip(each.places, each.right, strict=True)
        if right
    }.union(*(each.spans() for each in lists.values()))
    values = {document.text[start:end] for start, end in found}.union(*(each.texts() for each in lists.values()))
    inside = frozenset(pair for value in values for pair in _worded(value))
    said = _outside(document.text, sorted(found))
    return Labelled(family, text_digest(document), fields, said, inside, known_by(document)[1:], lists)


def _worded(value: str) -> list[tuple[str, str]]:
    words = words_of(value)
    return [(word, " ".join(words)) for word in words]


def _outside(text: str, spans: Sequence[tuple[int, int]]) -> frozenset[str]:
    words: set[str] = set()
    position = 0
    for start, end in spans:
        words.update(words_of(text[position : max(position, start)]))
        position = max(position, end)
    return frozenset(words.union(words_of(text[position:])))
