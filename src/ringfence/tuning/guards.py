"""What is wrong with labels and examples, said before any training: faults refuse it, warnings do not."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..contracts import value_at
from ..documents import Document
from ..gold.values import as_text
from .data import TRAIN, Labels
from .examples import Encoded, learned_share
from .plan import Plan

__all__ = ["Guarded", "guard"]

LEAST_TRAIN, FEW_TRAIN = 20, 100  # labelled documents
LEAST_DEV, FEW_DEV = 5, 20
FEW_TEST = 20
SAME_TEXT = 0.95  # likeness of two documents that must not have different answers
MOST_CONTRADICTIONS = 0.05  # of the training documents
LEAST_PRINTED = 0.5  # of the gold's values that the documents print


@dataclass(frozen=True)
class Guarded:
    """What refuses the training, and what only weakens it; ``kept`` are the examples with something to learn."""

    faults: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    kept: list[Encoded] = field(default_factory=list)


def guard(
    labels: Labels, train: Sequence[Encoded], dev: Sequence[Encoded], parity: Sequence[str], plan: Plan
) -> Guarded:
    """Look at labels, examples and plan. ``parity`` names examples whose tokens differ between training and serving."""
    kept = [example for example in train if example.trained]
    faults = [*_label_faults(labels), *_example_faults(train, kept, parity, plan)]
    if dev and not any(example.trained for example in dev):
        faults.append("no gold value of the dev part stands in its document, so what is served cannot be compared")
    warnings = [*_label_warnings(labels), *_example_warnings(train, kept)]
    return Guarded(faults, warnings, kept)


def _label_faults(labels: Labels) -> Iterator[str]:
    train, dev = labels.trained(), labels.part("dev")
    if len(train) < LEAST_TRAIN:
        yield f"only {len(train)} labelled documents to train on; at least {LEAST_TRAIN} are needed"
    if len(dev) < LEAST_DEV:
        yield f"only {len(dev)} labelled documents in the dev part; at least {LEAST_DEV} are needed"
    if leaks := labels.leaks():
        first, second = leaks[0]
        yield (
            f"{len(leaks)} documents of one family are in different parts, such as {first} and {second}; "
            "split again (ringfence gold split --again)"
        )
    if not labels.part("test"):
        yield "the test part has no readable document, so nothing could be proved"
    answers = Counter(_answer(values) for values, _ in train.values())
    if len(train) > 1 and len(answers) == 1:
        yield "all training documents have the same answer, so there is nothing to learn"
    contradictions = [pair for pair in _contradictions(labels) if {*pair} <= labels.gold.keys()]
    if len(contradictions) > MOST_CONTRADICTIONS * max(1, len(labels.part(TRAIN))):
        first, second = contradictions[0]
        yield f"{len(contradictions)} pairs of nearly equal documents have different answers: {first} and {second}, ..."


def _label_warnings(labels: Labels) -> Iterator[str]:
    train, dev, test = labels.trained(), labels.part("dev"), labels.part("test")
    if LEAST_TRAIN <= len(train) < FEW_TRAIN:
        yield f"{len(train)} labelled documents are few; the learning curve says what more would bring"
    if LEAST_DEV <= len(dev) < FEW_DEV:
        yield f"{len(dev)} documents of the dev part choose the epoch roughly"
    if 0 < len(test) < FEW_TEST:
        yield f"{len(test)} documents of the test part can show large differences only"
    if labels.lost:
        yield (
            f"{len(labels.lost)} training labels are not used: their documents moved or changed, such as "
            f"{labels.lost[0]}"
        )
    if labels.unread:
        yield f"{len(labels.unread)} labelled documents cannot be read, such as {labels.unread[0]}"
    if contradictions := _contradictions(labels):
        first, second = contradictions[0]
        more = f", and {len(contradictions) - 1} more pairs" if len(contradictions) > 1 else ""
        yield f"nearly equal documents have different answers: {first} and {second}{more}"
    for path, spec in labels.task.answer_fields().items():
        if not spec.options:
            continue
        stated = Counter(str(value) for values, _ in train.values() if (value := values.get(path)) is not None)
        if len(stated) == 1:
            yield f"{path} is {next(iter(stated))} in every training document"
        absent = [option for option in spec.options if option not in stated]
        if stated and absent and spec.kind == "choice":
            yield f"{path}: {len(absent)} options have no label, such as {absent[0]}"


def _example_faults(
    train: Sequence[Encoded], kept: Sequence[Encoded], parity: Sequence[str], plan: Plan
) -> Iterator[str]:
    cut = [each for each in kept if len(each.ids) > plan.length]
    if cut:
        yield (
            f"{len(cut)} examples are longer than {plan.length} tokens and would be cut, such as "
            f"{cut[0].example.document} ({len(cut[0].ids)}); read documents in smaller windows (--window)"
        )
    if parity:
        yield f"{len(parity)} examples have other tokens in training than in serving, such as {parity[0]}"
    if train and not kept:
        yield "no example has anything to learn: no gold value stands in its document"
    learned, stated = learned_share([each.example for each in train])
    if kept and stated and learned < LEAST_PRINTED * stated:
        yield f"only {learned} of {stated} gold values stand in their documents as the gold says"


def _example_warnings(train: Sequence[Encoded], kept: Sequence[Encoded]) -> Iterator[str]:
    if kept and (empty := len(train) - len(kept)):
        yield f"{empty} examples have nothing to learn and are left out"
    learned, stated = learned_share([each.example for each in train])
    if LEAST_PRINTED * stated <= learned < stated:
        yield f"{stated - learned} of {stated} gold values do not stand in their documents and are not learned"


def _answer(values: object) -> str:
    return json.dumps(values, sort_keys=True, default=str)


def _contradictions(labels: Labels) -> list[tuple[str, str]]:
    """Pairs of nearly equal training documents whose answers cannot both be right."""
    trained = labels.trained()
    return [
        (pair.first, pair.second)
        for pair in labels.pairs
        if pair.likeness >= SAME_TEXT and pair.first in trained and pair.second in trained
        and _contradict(labels, *(trained[name] for name in (pair.first, pair.second)))
    ]  # fmt: skip


def _contradict(labels: Labels, *answered: tuple[Mapping[str, Any], Document]) -> bool:
    """Whether a judged value differs, or a printed one where both documents print both values.

    Two receipts of one shop are nearly equal and rightly have other dates and totals.
    """
    texts = [_letters(document.text) for _, document in answered]
    for path, spec in labels.task.answer_fields().items():
        if spec.of_list:
            continue
        values = [_stated(stated, path) for stated, _ in answered]
        if values[0] == values[1]:
            continue
        if spec.judged or all(value and _letters(as_text(value)) in text for value in values for text in texts):
            return True
    return False


def _stated(values: Mapping[str, Any], path: str) -> Any:
    try:
        return value_at(values, path)
    except (KeyError, TypeError):
        return None


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))
