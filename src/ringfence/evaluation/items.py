"""Compare one answer with its gold: each value is right, or an error of a named kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..contracts import FieldAnswer, GoldLine, Result
from ..gold.agreement import Compare, values_match
from ..tasks import AnswerField, Task
from .answers import judge_answer
from .questions import GoldQuestion
from .statistics import Proportion

__all__ = ["ERRORS", "NORMALISATION", "Item", "items_of", "list_items", "proportion_of", "states_all", "wholly_right"]

ERRORS = {
    "missing": "null where the gold has a value",
    "wrong": "a value that differs from the gold",
    "invented": "a value where the gold has none",
    "wrong place": "the gold's value, but not from a place that the gold marks",
    "bad format": "a place was found, but its text is not a value of the field: unparsed, ambiguous or too long",
    "not answered": "the document failed, or the task abstained",
}
_REST = (
    "numbers, amounts and dates by value; a currency only if both state one; choices exactly; several labels as sets."
)
NORMALISATION: dict[Compare, str] = {
    "words": f"Text is compared without case and with white space collapsed; {_REST}",
    "letters": f"Text is compared by its letters and digits only, without case; {_REST}",
}
_UNTYPED = ("unparsed", "ambiguous", "over-max-segments")


@dataclass(frozen=True)
class Item:
    """One value and its gold.

    ``field`` names it without the row, ``path`` with it; ``outcome`` is right or an error. ``entry`` is the path of
    the value in the answer; None if the answer has none (it leaves the record out).
    """

    document: str
    family: str
    field: str
    path: str
    outcome: str
    gold: Any
    value: Any
    judged: bool
    entry: str | None = None

    @property
    def right(self) -> bool:
        """Whether the value is the gold's."""
        return self.outcome == "right"

    @property
    def answered(self) -> bool:
        """Whether the document was processed at all."""
        return self.outcome != "not answered"


def proportion_of(items: Sequence[Item]) -> Proportion:
    """The values that are right."""
    return Proportion.of([item.right for item in items], [item.family for item in items])


def items_of(
    task: Task, result: Result | None, gold: GoldLine, family: str, compare: Compare = "words"
) -> Iterator[Item]:
    """Yield an item for every value that the gold states (null is a statement), and for every invented record.

    An empty list in the gold is one value, right if the answer lists nothing. Written text has no single right value:
    it yields the item ``supported``, right if the document supports all of it; an answer from a corpus has one right
    value, or none. ``result`` is None for a document that the run does not have: all its values are not answered.
    """
    fields = task.answer_fields()
    answered = result if result is not None and result.answered else None
    if any(spec.kind == "written" for spec in fields.values()):
        if task.asks_corpus:
            yield _answer_item(answered, gold, family)
        else:
            yield _supported_item(answered, gold, family)
    for path, spec in fields.items():
        if spec.kind == "written" or spec.of_list or not _states(gold.values, path):
            continue
        stated = _at(gold.values, path)
        if answered is None:
            yield Item(gold.document, family, path, path, "not answered", stated, None, spec.judged)
            continue
        value, answer = _at(answered.values or {}, path), (answered.fields or {}).get(path)
        outcome = _outcome(spec, value, stated, answer, gold.spans.get(path), compare)
        yield Item(gold.document, family, path, path, outcome, stated, value, spec.judged, path)
    for name in dict.fromkeys(spec.of_list for spec in fields.values() if spec.of_list):
        if name in gold.values:
            yield from list_items(name, fields, answered, gold, family, compare)


def states_all(task: Task, gold: GoldLine) -> bool:
    """True if the gold states every value of a document: only such a document can be wholly right.

    Of a list every record states every field of it; written text is judged apart.
    """
    for path, spec in task.answer_fields().items():
        if spec.kind == "written":
            continue
        if not spec.of_list:
            stated = _states(gold.values, path)
        else:
            records, leaf = gold.values.get(spec.of_list), path.removeprefix(f"{spec.of_list}.")
            stated = spec.of_list in gold.values and all(leaf in record for record in records or ())
        if not stated:
            return False
    return True


def wholly_right(task: Task, items: Sequence[Item], gold: GoldLine) -> bool | None:
    """Whether a document is right as a whole, by its items; None if nobody knows.

    One wrong value makes it wrong, whatever else is not stated; it is right if all are right and all are stated.
    """
    if not all(item.right for item in items):
        return False
    return True if items and states_all(task, gold) else None


def _supported_item(answered: Result | None, gold: GoldLine, family: str) -> Item:
    unsupported = None if answered is None else [found.text for found in answered.unsupported or []]
    outcome = "not answered" if unsupported is None else "invented" if unsupported else "right"
    return Item(gold.document, family, "supported", "supported", outcome, [], unsupported, False)


def _answer_item(answered: Result | None, gold: GoldLine, family: str) -> Item:
    """The item of a question: right if it was answered right, or refused where the documents do not answer it."""
    question = GoldQuestion.of_gold(gold)
    judged = judge_answer(question, answered)
    outcomes = {
        "failed": "not answered",
        "right": "right",
        "wrong": "wrong" if question.answerable else "invented",
        "refused": "missing" if question.answerable else "right",
    }
    stated = list(question.answers) or None
    return Item(gold.document, family, "answer", "answer", outcomes[judged.outcome], stated, judged.answer, False)


def _states(values: Mapping[str, Any], path: str) -> bool:
    record, _, leaf = path.rpartition(".")
    if not record:
        return path in values
    return isinstance(values.get(record), Mapping) and leaf in values[record]


def _at(values: Mapping[str, Any], path: str) -> Any:
    record, _, leaf = path.rpartition(".")
    return (values.get(record) or {}).get(leaf) if record else values.get(path)


def _outcome(
    spec: AnswerField,
    value: Any,
    gold: Any,
    answer: FieldAnswer | None,
    marked: list[list[int]] | None,
    compare: Compare,
) -> str:
    if _same(spec.kind, value, gold, compare):
        spans = [*answer.spans, *answer.others] if answer else []
        if marked and spans and not any(s < end and start < e for start, end in spans for s, e in marked):
            return "wrong place"
        return "right"
    if value is None:
        untyped = answer is not None and any(flag.startswith(_UNTYPED) for flag in answer.flags)
        return "bad format" if answer and untyped and answer.raw is not None else "missing"
    return "invented" if gold is None else "wrong"


def _same(kind: str, value: Any, gold: Any, compare: Compare) -> bool:
    if kind == "choices":
        return set(value or ()) == set(gold or ())
    return values_match(kind, value, gold, compare)


def list_items(
    name: str,
    fields: Mapping[str, AnswerField],
    answered: Result | None,
    gold: GoldLine,
    family: str,
    compare: Compare,
) -> Iterator[Item]:
    """Match records by the assignment that makes the most values right (Kuhn 1955; solved by scipy)."""
    specs = {path.removeprefix(f"{name}."): spec for path, spec in fields.items() if spec.of_list == name}
    values = (answered.values or {}) if answered else {}
    answers = (answered.fields or {}) if answered else {}
    wanted: list[Mapping[str, Any]] = list(gold.values[name] or [])
    given: list[Mapping[str, Any]] = list(values.get(name) or [])
    if not wanted:
        outcome = "not answered" if answered is None else "invented" if given else "right"
        yield Item(gold.document, family, name, name, outcome, None, given or None, False)
        return
    pairs = _assigned(specs, wanted, given, compare)
    for row, record in enumerate(wanted):
        match = pairs.get(row)
        for leaf, spec in specs.items():
            if leaf not in record:
                continue
            path, stated = f"{name}[{row}].{leaf}", record[leaf]
            where = None
            if match is None:
                outcome, value = ("missing" if answered else "not answered"), None
            else:
                value = given[match].get(leaf)
                where = f"{name}[{match}].{leaf}"
                outcome = _outcome(spec, value, stated, answers.get(where), gold.spans.get(path), compare)
            yield Item(gold.document, family, spec.path, path, outcome, stated, value, spec.judged, where)
    for place in sorted(set(range(len(given))) - set(pairs.values())):
        for leaf, spec in specs.items():
            if given[place].get(leaf) is not None:
                path, where, value = f"{name}[+{place}].{leaf}", f"{name}[{place}].{leaf}", given[place][leaf]
                yield Item(gold.document, family, spec.path, path, "invented", None, value, spec.judged, where)


def _assigned(
    specs: Mapping[str, AnswerField], wanted: list[Mapping[str, Any]], given: list[Mapping[str, Any]], compare: Compare
) -> dict[int, int]:
    """The position of the given record for each wanted record; records that share no value do not match.

    Equal nulls break ties between pairs that share as many values.
    """
    if not wanted or not given:
        return {}
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    tie = 1 / (len(specs) + 1)

    def gain(gold: Mapping[str, Any], record: Mapping[str, Any]) -> float:
        return sum(
            _same(spec.kind, record.get(leaf), gold[leaf], compare) * (1 if gold[leaf] is not None else tie)
            for leaf, spec in specs.items()
            if leaf in gold
        )

    gains = np.array([[gain(gold, record) for record in given] for gold in wanted])
    rows, columns = linear_sum_assignment(gains, maximize=True)
    return {int(row): int(column) for row, column in zip(rows, columns, strict=True) if gains[row, column] >= 1}
