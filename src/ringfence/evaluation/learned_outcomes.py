"""What of a labelled document is right by a ranker alone, by the language model, and by both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..contracts import DocumentFacts, GoldLine, Result
from ..learning import Labelled, LabelledList, ListMixture, Mixture, Ranker, answer_of, records_of, side_of, tables_of
from ..tasks import ExtractTask
from .items import list_items

__all__ = ["ALONE", "BOTH", "MODEL", "FieldOutcome", "outcomes_of"]

ALONE, MODEL, BOTH = 0, 1, 2


@dataclass(frozen=True)
class FieldOutcome:
    """One field in one labelled document: of ``stated`` values, how many are ``right`` by each side.

    The sides are the ranker alone; with an answer of the language model also the model, and both together.
    ``invented`` counts the values of records that the gold does not have. ``summary`` counts whole records, whose
    values other outcomes count one by one.
    """

    path: str
    stated: int
    right: tuple[int, ...]
    invented: tuple[int, ...]
    summary: bool = False

    def share(self, side: int) -> float:
        """The share right; an invented value counts as a wrong one."""
        total = self.stated + self.invented[side]
        return self.right[side] / total if total else 1.0

    @property
    def whole(self) -> tuple[bool, ...]:
        """Whether everything is right by each side."""
        return tuple(self.right[side] == self.stated + self.invented[side] for side in range(len(self.right)))


def outcomes_of(ranker: Ranker, task: ExtractTask, document: Labelled, result: Result | None) -> Iterator[FieldOutcome]:
    """The outcomes of a labelled document, by models that have not seen its family; without a result alone."""
    for table in tables_of(ranker, document, result):
        by_ranker = table.choice(Mixture())
        right = (by_ranker,) if result is None else (by_ranker, table.model_right, table.choice(ranker.mixture))
        yield FieldOutcome(table.path, 1, tuple(map(int, right)), (0,) * len(right))
    models = ranker.models[ranker.folds.get(document.text, 0)]
    for name, of in document.lists.items():
        if name in models:
            sides = [side_of(of.rows, models).ranked(ListMixture()).values()]
            if result is not None:
                model = (result.values or {}).get(name) or []
                written = records_of(name, answer_of(result))
                mixture = ranker.lists.get(name)
                if mixture is None or written is None:
                    sides += [model, model]
                else:
                    sides += [model, side_of(of.rows, models, written).ranked(mixture, written).values()]
            yield from _of_list(task, name, of, sides)


def _of_list(
    task: ExtractTask, name: str, of: LabelledList, sides: Sequence[Sequence[Mapping[str, Any]]]
) -> Iterator[FieldOutcome]:
    """The outcomes of a list, with records paired as an evaluation pairs them: of each field, and of whole records."""
    gold = GoldLine(document="", values={name: list(of.stated)})
    found = []
    for values in sides:
        result = Result(document=DocumentFacts(id=""), status="done", values={name: list(values)})
        found.append(list(list_items(name, task.answer_fields(), result, gold, "", of.compare)))
    for path in dict.fromkeys(item.field for items in found for item in items):
        mine = [[item for item in items if item.field == path] for items in found]
        extra = [[item for item in items if "[+" in item.path] for items in mine]
        stated = len(mine[0]) - len(extra[0])
        right = tuple(sum(item.right for item in items) for items in mine)
        yield FieldOutcome(path, stated, right, tuple(map(len, extra)))
    if of.stated:
        rows = [{item.path.partition("]")[0]: True for item in items} for items in found]
        for whole, items in zip(rows, found, strict=True):
            whole.update({item.path.partition("]")[0]: False for item in items if not item.right})
        stated = len(of.stated)
        right = tuple(sum(whole.values()) for whole in rows)
        yield FieldOutcome(name, stated, right, tuple(len(whole) - stated for whole in rows), summary=True)
