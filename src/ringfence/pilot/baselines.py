"""Cheap baselines that every pilot runs with its contenders, to show what works without a language model.

They learn from the calibration part of the gold alone, and leave run folders like any other run. A kind of task names
its baselines; each is a function from ``BaselineData`` to ``BaselineAnswers``, or to None if it cannot serve the task.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from ..contracts import FieldAnswer, GoldLine, LockFacts, RunFacts, Span, value_at
from ..documents import Document
from ..gold.agreement import values_match
from ..inference.result import done
from ..locks import Lock
from ..runs import RunFolder
from ..tasks import Answer, AnswerField, Example, ExtractTask, Task, kind_of
from ..tasks.extract.assignment import conclude
from ..tasks.extract.evidence import evidence_at
from ..tasks.fields import CodeField, PatternField
from ..tasks.recognisers import Candidate, find_candidates

__all__ = [
    "BaselineAnswers",
    "BaselineData",
    "Embed",
    "embedding_classifier",
    "field_rules",
    "majority_label",
    "write_baselines",
]

Embed = Callable[[Sequence[str]], npt.NDArray[np.float32]]
PlacedValue = tuple[Any, list[Span]]
"""A value and its spans."""
RULES = ("first", "last", "largest")
EMBEDDED = 2000  # characters of a text that the embedding sees


@dataclass(frozen=True)
class BaselineData:
    """What a baseline learns from and answers.

    ``gold`` is the calibration part, ``pool`` labelled texts that the task shows as examples. ``embedder`` opens an
    embedding model; it returns None if none is installed.
    """

    task: Task
    documents: Mapping[str, Document]
    gold: Mapping[str, GoldLine]
    pool: Sequence[Example] = ()
    embedder: Callable[[], Embed | None] = lambda: None


@dataclass(frozen=True)
class BaselineAnswers:
    """The answers of a baseline, by document and path; ``rules`` is what it learned, as plain data for the lock.

    ``conclude`` does with an answer what the task asks for at its end: an extract task runs its checks. ``lists`` holds
    the records of lists, by document; a list that is not there has none.
    """

    name: str
    rules: Mapping[str, Any]
    answers: Mapping[str, Mapping[str, PlacedValue]]
    conclude: Callable[[Answer], Answer] = lambda answer: answer
    lists: Mapping[str, Answer] | None = None


def majority_label(data: BaselineData) -> BaselineAnswers | None:
    """Give every document the most frequent label, or set of labels."""
    field = next((spec for spec in data.task.answer_fields().values() if spec.options), None)
    if field is None:
        return None
    several = field.kind == "choices"
    stated = [entry.values.get(field.path) for entry in data.gold.values()]
    seen = [tuple(value) if isinstance(value, list) else (value,) for value in stated if value is not None]
    seen = seen or [example.labels for example in data.pool]
    common = Counter(seen).most_common(1)[0][0] if seen else (field.options[0],)
    value = list(common) if several else common[0]
    answers: dict[str, dict[str, PlacedValue]] = {identity: {field.path: (value, [])} for identity in data.documents}
    return BaselineAnswers("majority", {"majority": value}, answers)


def embedding_classifier(data: BaselineData) -> BaselineAnswers | None:
    """Logistic regression on embeddings of the pool and the calibration part.

    None for several labels at once, for fewer than two labels in the data, or without an embedding model.
    """
    field = next((spec for spec in data.task.answer_fields().values() if spec.kind == "choice"), None)
    if field is None:
        return None
    labelled = [(example.text, example.labels[0]) for example in data.pool]
    for identity, entry in data.gold.items():
        if identity in data.documents and (label := entry.values.get(field.path)) is not None:
            labelled.append((data.documents[identity].text, label))
    if len({label for _, label in labelled}) < 2:
        return None
    embed = data.embedder()
    if embed is None:
        return None
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=10, max_iter=5000)
    model.fit(embed([text[:EMBEDDED] for text, _ in labelled]), [label for _, label in labelled])
    given = model.predict(embed([document.text[:EMBEDDED] for document in data.documents.values()]))
    answers: dict[str, dict[str, PlacedValue]] = {
        identity: {field.path: (str(label), [])} for identity, label in zip(data.documents, given, strict=True)
    }
    rules = {"logistic regression on embeddings, labelled texts": len(labelled)}
    return BaselineAnswers("embeddings", rules, answers)


def field_rules(data: BaselineData) -> BaselineAnswers:
    """For each field, the rule that is right most often on the calibration part; lists stay empty."""
    rules: dict[str, Any] = {}
    answers: dict[str, dict[str, PlacedValue]] = {identity: {} for identity in data.documents}
    for path, field in data.task.answer_fields().items():
        if field.of_list:
            continue
        stated = {i: value_at(entry.values, path) for i, entry in data.gold.items() if _states(entry.values, path)}
        if field.judged:
            counts = Counter(stated.values())
            common = counts.most_common(1)[0][0] if counts else None
            rules[path] = {"always": common}
            for identity in data.documents:
                answers[identity][path] = (common, [])
            continue
        by_rule = {i: _answers_by_rule(field, document, data.task) for i, document in data.documents.items()}
        hits = {
            rule: sum(
                values_match(field.kind, by_rule[i][rule][0], value) for i, value in stated.items() if i in by_rule
            )
            for rule in RULES
        }
        rules[path] = max(RULES, key=lambda rule: hits[rule])
        for identity in data.documents:
            answers[identity][path] = by_rule[identity][rules[path]]
    return BaselineAnswers("rules", {"rules": rules}, answers, partial(conclude, cast(ExtractTask, data.task)))


def _states(values: Mapping[str, Any], path: str) -> bool:
    try:
        value_at(values, path)
    except (KeyError, TypeError):
        return False
    return True


def _answers_by_rule(field: AnswerField, document: Document, task: Task) -> dict[str, PlacedValue]:
    """The first, the last and the largest candidate; for a text field, line."""
    if field.kind == "text":
        lines = [(line.start, line.end) for line in document.lines if document.text[line.start : line.end].strip()]
        if not lines:
            return dict.fromkeys(RULES, (None, []))
        picked = {"first": lines[0], "last": lines[-1], "largest": max(lines, key=lambda line: line[1] - line[0])}
        return {
            rule: (" ".join(document.text[start:end].split()), [(start, end)]) for rule, (start, end) in picked.items()
        }
    candidates = _candidates(field, document, task)
    if not candidates:
        return dict.fromkeys(RULES, (None, []))
    chosen = {"first": candidates[0], "last": candidates[-1], "largest": max(candidates, key=_size)}
    return {rule: (candidate.value, [(candidate.start, candidate.end)]) for rule, candidate in chosen.items()}


def _candidates(field: AnswerField, document: Document, task: Task) -> list[Candidate]:
    try:
        spec = (
            CodeField.model_validate({"kind": "code", "pattern": field.pattern})
            if field.pattern
            else PatternField.model_validate({"kind": field.kind})
        )
        return [found for found in find_candidates(spec, document, task.locale) if found.value is not None]
    except ValueError:  # no recogniser finds this kind
        return []


def _size(candidate: Candidate) -> Any:
    value = candidate.value.get("amount") if isinstance(candidate.value, dict) else candidate.value
    try:
        return (1, Decimal(str(value)), "")
    except ArithmeticError:
        return (0, Decimal(0), str(value))


def write_baselines(data: BaselineData, folder: Path, like: RunFacts) -> list[str]:
    """Write a run folder ``baseline-...`` below ``folder`` for each baseline, and return their names.

    The reading options, sessions and packages in run.json are those of the run ``like``, over the same documents.
    """
    names = []
    for baseline in kind_of(data.task.kind).load_baselines():
        found: BaselineAnswers | None = baseline(data)
        if found is not None:
            names.append(f"baseline-{found.name}")
            _write(folder / names[-1], data, found, like)
    return names


def _write(path: Path, data: BaselineData, found: BaselineAnswers, like: RunFacts) -> None:
    folder = RunFolder.create(path)
    folder.exclusive()
    try:
        name = path.name
        engine = {"name": name, "version": "1", "build": None, "settings": {"mode": "solo"}}
        lock = Lock(engine=engine, task=data.task.canonical(), fitted=dict(found.rules))
        facts = RunFacts(
            task=data.task.canonical(),
            weights=name,
            lock=LockFacts(digest=lock.digest, data=lock.data),
            packages=like.packages,
            reading=like.reading,
            sessions=like.sessions,
        )
        folder.write_facts(facts)
        for identity, document in data.documents.items():
            single = _answer_of(data.task, document, found.answers[identity])
            answer = found.conclude(_with_records(single, (found.lists or {}).get(identity)))
            windows = [(0, len(document.text))]
            facts_of = {
                "checks": answer.checks,
                "rows": answer.rows,
                "grounding": "rule",
                "mode": "solo",
                "lock": lock.digest,
            }
            folder.append(done(document, answer.values, answer.fields, windows, **facts_of))
        folder.write_facts(facts.model_copy(update={"totals": dict(folder.totals())}))
    finally:
        folder.release()


def _with_records(answer: Answer, lists: Answer | None) -> Answer:
    if lists is None:
        return answer
    return Answer(answer.values | lists.values, answer.fields | lists.fields, {}, answer.rows | lists.rows)


def _answer_of(task: Task, document: Document, answers: Mapping[str, PlacedValue]) -> Answer:
    values: dict[str, Any] = {}
    fields: dict[str, FieldAnswer] = {}
    for path, (value, spans) in answers.items():
        record, _, leaf = path.rpartition(".")
        holder = values.setdefault(record, {}) if record else values
        holder[leaf] = value
        if spans:
            fields[path] = evidence_at(document, spans, value)
        else:
            fields[path] = (
                FieldAnswer(kind="judged")
                if value is not None
                else FieldAnswer(kind="null", flags=["nothing-recognised"])
            )
    lists = dict.fromkeys(spec.of_list for spec in task.answer_fields().values() if spec.of_list)
    return Answer({**values, **{name: [] for name in lists}}, fields, {}, {name: [] for name in lists})
