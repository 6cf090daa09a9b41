"""Weigh the values that fields could have: exact log-probabilities of whole values, from one prompt for all fields.

A request scores a tree: the written answer is its trunk, and at each field the field's other values branch off. So the
document is read once, however many fields are weighed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from ..engines import Engine, Score, ScoreRequest
from ..tasks import AnswerError, ExtractionPlan, ExtractTask
from ..tasks.extract.answer import Distribution, FieldValue, Weighed, WindowAnswer
from ..tasks.extract.assignment import fields_of_broken_checks
from ..tasks.extract.merge import gather, windows_of_values
from ..tasks.extract.rivals import Rival, rivals_of
from ..tasks.extract.slots import Slot
from .prompts import prompt_ids

__all__ = ["AlternativesOption", "AnswerTree", "in_doubt", "with_distributions"]

AlternativesOption = Literal["off", "checks", "all"]
"""Which values are weighed against others: none, those that break a check of the task, or also all in doubt."""
MOST_TEXTS = 400  # in one tree, about 2,000 tokens: a pass takes memory by their square; the rest makes another
PLAIN = math.log(0.9)  # a value at least this likely leaves no rival more than a tenth

Tokens = tuple[int, ...]


Fields = dict[int, dict[str, Distribution]]


def in_doubt(
    task: ExtractTask, parts: Sequence[WindowAnswer], which: AlternativesOption, known: bool
) -> tuple[Fields, dict[int, set[str]]]:
    """The values of the merged answer that are plain, and the paths of those to weigh, by window.

    A value is plain if it is not to blame for a broken check and its own probability, that of its text and of the end
    of its line, is at least that of PLAIN; ``known`` is False for an engine that does not tell it. A null over several
    windows is not weighed: its rivals are in all of them. Nor is a value of a row that breaks no check.
    """
    broken = fields_of_broken_checks(task, gather(task, parts).values)
    sure: Fields = {}
    doubtful: dict[int, set[str]] = {}
    for path, (number, there) in windows_of_values(task, parts).items():
        found = parts[number].single.get(there)
        if path in broken:
            doubtful.setdefault(number, set()).add(there)
        elif found and known and found.logprob is not None and found.logprob >= PLAIN:
            sure.setdefault(number, {})[there] = (Weighed(found.value, found.answer, found.logprob),)
        elif found and which == "all":
            doubtful.setdefault(number, set()).add(there)
    return sure, doubtful


@dataclass
class _Growing:
    """A tree to which values are added; ``continuations`` numbers its texts."""

    continuations: dict[Tokens, int] = field(default_factory=dict)
    trunks: dict[str, int] = field(default_factory=dict)
    branches: dict[str, list[tuple[Rival, list[int]]]] = field(default_factory=dict)

    def add(self, slot: Slot, trunk: Tokens, rivals: Sequence[Rival], engine: Engine) -> None:
        """Let the rivals of a slot branch off after ``trunk``."""
        if trunk:
            self.trunks[slot.path] = self._place(trunk)
        self.branches[slot.path] = [
            (rival, [self._place(trunk + ids) for surface in rival.surfaces for ids in _ways(surface, slot, engine)])
            for rival in rivals
        ]

    def _place(self, ids: Tokens) -> int:
        return self.continuations.setdefault(ids, len(self.continuations))


@dataclass(frozen=True)
class AnswerTree:
    """The request that weighs some fields of one window, and what its continuations stand for.

    ``trunks`` holds the continuation up to each field by path, ``branches`` those of each rival.
    """

    request: ScoreRequest
    trunks: dict[str, int]
    branches: dict[str, list[tuple[Rival, list[int]]]]

    @classmethod
    def all_of(
        cls, plan: ExtractionPlan, written: str, paths: Iterable[str], engine: Engine, identity: str
    ) -> list[AnswerTree]:
        """The trees of the values ``paths`` after the answer ``written``: one, unless it would be too large.

        Raises AnswerError if none of them can be weighed.
        """
        wanted, position = set(paths), 0
        trunk: Tokens = ()
        growing = [_Growing()]
        for slot in plan.slots(written):
            if slot.path not in wanted:
                continue
            # Values are cut off at their space and after what ends them: there a tokenizer cuts too.
            trunk += _ids(engine, written[position : slot.start])
            position = slot.start
            rivals = rivals_of(plan, slot, written[slot.start + 1 : slot.end])
            if len(growing[-1].continuations) > MOST_TEXTS:
                growing.append(_Growing())
            if rivals:
                growing[-1].add(slot, trunk, rivals, engine)
        trees = [each for each in growing if each.branches]
        if not trees:
            raise AnswerError("no field has a value to weigh")
        prompt = prompt_ids(plan.prompt, engine)
        return [
            cls(
                ScoreRequest(f"{identity} {n}" if n else identity, prompt, tuple(each.continuations)),
                each.trunks,
                each.branches,
            )
            for n, each in enumerate(trees)
        ]

    def distributions(self, score: Score) -> dict[str, Distribution]:
        """The values of each field with their log-probabilities, the most probable first."""
        return {path: self._distribution(path, rivals, score.logprobs) for path, rivals in self.branches.items()}

    def _distribution(
        self, path: str, rivals: Sequence[tuple[Rival, list[int]]], logprobs: Sequence[float]
    ) -> Distribution:
        before = logprobs[self.trunks[path]] if path in self.trunks else 0.0
        found = []
        for rival, places in rivals:
            level = float(np.logaddexp.reduce([logprobs[place] for place in places])) - before
            bound = round(level, 4)  # of each of its tokens, which are not known one by one
            features = {**rival.answer.features, "logprob_min": bound, "logprob_mean": bound}
            found.append(Weighed(rival.value, rival.answer.model_copy(update={"features": features}), level))
        return tuple(sorted(found, key=lambda each: -each.logprob))


def _ways(surface: str, slot: Slot, engine: Engine) -> Iterator[Tokens]:
    """The tokens of a value with each of its ends."""
    yield _ids(engine, f" {surface}{slot.ending}")
    if slot.ends and (end := engine.turn_end()):
        yield _ids(engine, f" {surface}") + end


def _ids(engine: Engine, text: str) -> Tokens:
    return engine.tokenize(text) if text else ()


def with_distributions(part: WindowAnswer, found: Mapping[str, Distribution]) -> WindowAnswer:
    """The answer of a window with the distributions of its values, by their paths in it."""

    def weighed(path: str, value: FieldValue) -> FieldValue:
        return replace(value, distribution=found.get(path, value.distribution))

    lists = {
        name: [
            replace(
                record, values={leaf: weighed(f"{name}[{n}].{leaf}", value) for leaf, value in record.values.items()}
            )
            for n, record in enumerate(records)
        ]
        for name, records in part.lists.items()
    }
    return replace(part, single={path: weighed(path, value) for path, value in part.single.items()}, lists=lists)
