"""How doubtful the answers to a document are, and why, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from ..contracts import FieldAnswer, Result, field_of
from ..documents import Document
from ..evaluation.features import probability_of
from ..gold.agreement import values_match
from ..learning import Ranker, answer_of
from ..runs.doubts import doubts_about, required_paths
from ..tasks import ExtractTask, Task

__all__ = ["UNANSWERED", "Doubt", "DoubtReader"]

UNANSWERED = 2.0  # more than any doubt about an answer
UNSURE = 0.9  # a value of less probability is named as a reason
NEAR = 0.25  # the most between two values that are said to be near each other
DISPUTED = 0.5  # the doubt about a value on which two sides differ, or that has a flag
LEAST = 0.02  # what is left of doubt where nothing speaks against an answer


@dataclass(frozen=True)
class Doubt:
    """How doubtful the answers to a document are, from 0 to 1, and the reasons in words, the gravest first."""

    share: float
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class DoubtReader:
    """Reads doubts from what runs answered to a document, and from what a ranker holds of it."""

    task: Task | None = None
    ranker: Ranker | None = None

    def of(self, document: Document, results: Sequence[Result]) -> Doubt:
        """The doubts about one document; ``results`` are the answers of the runs that have it.

        Where neither a run nor a ranker says anything, everything is in doubt. Raises ValueError if a recogniser takes
        too long on this document.
        """
        answered = [result for result in results if result.answered and result.fields]
        if results and not answered:
            return Doubt(1.0, (f"{results[0].status}: nothing was answered",))
        if answered:
            return self.of_answers([self._weighed(document, answered[0]), *answered[1:]])
        if self.ranker is None:
            return Doubt(1.0)
        found, task = {}, cast(ExtractTask, self.task)
        for path, beliefs in self.ranker.beliefs(task, document).items():
            shares = sorted((belief.probability for belief in beliefs.values()), reverse=True)
            found[path] = _about(path, shares, "the ranker")
        for name, ranked in self.ranker.ranked_lists(task, document).items():
            found[name] = _about(name, [ranked.least], "the ranker")
        return _summed(found)

    def about(self, result: Result) -> float:
        """How doubtful a result is, to four decimals; UNANSWERED if it answers nothing."""
        return round(self.of_answers([result]).share, 4) if result.answered else UNANSWERED

    def of_answers(self, answered: Sequence[Result]) -> Doubt:
        """The doubts about the first of several answers to one document, as the answers themselves tell them."""
        first = answered[0]
        found: dict[str, tuple[float, str]] = {}
        for path, answer in (first.fields or {}).items():
            probability, who = probability_of(path, first)
            rivals = sorted((each.probability or 0.0 for each in answer.alternatives), reverse=True)[1:2]
            found[path] = _about(path, [probability, *rivals], who)
            if answer.features.get("model_chose") is False:
                found[path] = _graver(path, found[path], f"{path}: ranker and model differ")
        kinds = {path: spec.kind for path, spec in self.task.answer_fields().items()} if self.task else {}
        for path in _disputed(answered, kinds):
            found[path] = _graver(path, found.get(path, (0.0, "")), f"{path}: the runs differ")
        required = required_paths(self.task.columns()) if self.task else set()
        for number, (kind, words) in enumerate(doubts_about(first, required)):
            path = words.partition(":")[0]
            key = path if path in found else f"{kind} {number}"
            found[key] = _graver(path, found.get(key, (0.0, "")), words)
        return _summed(found)

    def _weighed(self, document: Document, result: Result) -> Result:
        """The result with what the ranker holds of its values, unless a ranker or a calibrator has spoken already."""
        entries = (result.fields or {}).values()
        spoken = any("ranker" in entry.features or entry.confidence is not None for entry in entries)
        if self.ranker is None or spoken:
            return result
        answer = replace(answer_of(result), rows={})  # lists stay: other records could not be told apart by their paths
        fields = self.ranker.weigh(cast(ExtractTask, self.task), document, answer).fields
        mixed = {path: _as_chosen(entry, (result.fields or {})[path]) for path, entry in fields.items()}
        return result.model_copy(update={"fields": mixed})


def _as_chosen(weighed: FieldAnswer, entry: FieldAnswer) -> FieldAnswer:
    """The run's own answer with what the ranker adds to its features; its alternatives stay the model's."""
    return entry.model_copy(update={"features": weighed.features})


def _about(path: str, shares: Sequence[float], who: str | None) -> tuple[float, str]:
    """The doubt about one value from its probability and that of the next, by ``who``."""
    words = ""
    if shares[0] < UNSURE:
        words = f"{path}: probability {shares[0]:.2f} by {who}" if who else f"{path}: the model hesitates"
    if who and len(shares) > 1 and shares[0] - shares[1] < NEAR:
        words = f"{path}: two values are near each other, {shares[0]:.2f} and {shares[1]:.2f} by {who}"
    return 1 - shares[0], words


def _graver(path: str, known: tuple[float, str], words: str) -> tuple[float, str]:
    """A doubt with one more reason; the path is named once."""
    reasons = f"{known[1]}; {words.removeprefix(f'{path}: ')}" if known[1] else words
    return max(known[0], DISPUTED), reasons


def _summed(found: Mapping[str, tuple[float, str]]) -> Doubt:
    """The mean over the values of a document; the reasons with the most doubt first."""
    if not found:
        return Doubt(LEAST)
    ordered = sorted(found.values(), key=lambda each: -each[0])
    share = sum(doubt for doubt, _ in ordered) / len(ordered)
    return Doubt(max(LEAST, share), tuple(words for _, words in ordered if words))


def _disputed(answered: Sequence[Result], kinds: Mapping[str, str]) -> Iterator[str]:
    """The paths of the first result at which another run says something else."""
    first = answered[0]
    for path in first.fields or {}:
        kind = kinds.get(field_of(path), "text")
        if any(not _same(kind, first.value(path), _at(other, path)) for other in answered[1:]):
            yield path


def _same(kind: str, value: Any, other: Any) -> bool:
    if kind == "choices":
        return set(value or ()) == set(other or ())
    return values_match(kind, value, other)


def _at(result: Result, path: str) -> Any:
    try:
        return result.value(path)
    except (KeyError, IndexError, TypeError):
        return None
