"""Cheap baselines that every pilot runs beside the models: what they reach needs no language model.

They are fitted on the calibration part of the gold alone, and leave run folders like any other run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..documents import Document
from ..evaluation import GoldEntry, same_value
from ..locks import Lock
from ..runs import RunFolder, results
from ..tasks import ClassifyTask, Example, ExtractTask, ListField, Task
from ..tasks.answer import blank_entry, value_at
from ..tasks.candidates import Candidate, find_candidates
from ..tasks.fields import BooleanField, ChoiceField, TextField

__all__ = ["Embed", "write_baselines"]

Embed = Callable[[Sequence[str]], npt.NDArray[np.float32]]
Answer = tuple[Any, list[list[int]]]  # a value and its spans
RULES = ("first", "last", "largest")


def write_baselines(
    task: Task,
    documents: Mapping[str, Document],
    gold: Mapping[str, GoldEntry],
    pool: Sequence[Example],
    embed: Embed | None,
    folder: Path,
    about: Mapping[str, Any],
) -> list[str]:
    """Write the run folders ``baseline-...`` below ``folder`` and return their names. ``gold`` is the calibration part."""
    answers: dict[str, tuple[dict[str, Any], dict[str, dict[str, Answer]]]] = {}
    if isinstance(task, ClassifyTask):
        answers["baseline-majority"] = _majority_label(task, documents, gold, pool)
        if embed and not task.several and (fitted := _embedding_classifier(task, documents, gold, pool, embed)):
            answers["baseline-embeddings"] = fitted
    elif isinstance(task, ExtractTask):
        answers["baseline-rules"] = _field_rules(task, documents, gold)
    for name, (rules, by_document) in answers.items():
        _write(folder / name, name, task, documents, rules, by_document, about)
    return list(answers)


def _majority_label(
    task: ClassifyTask, documents: Mapping[str, Document], gold: Mapping[str, GoldEntry], pool: Sequence[Example]
) -> tuple[dict[str, Any], dict[str, dict[str, Answer]]]:
    name = "labels" if task.several else "label"
    seen = [tuple(value) if isinstance(value := entry.values.get(name), list) else (value,) for entry in gold.values()]
    seen = [labels for labels in seen if labels != (None,)] or [example.labels for example in pool]
    common = Counter(seen).most_common(1)[0][0] if seen else (next(iter(task.options)),)
    value = list(common) if task.several else common[0]
    return {"majority": value}, {identity: {name: (value, [])} for identity in documents}


def _embedding_classifier(
    task: ClassifyTask,
    documents: Mapping[str, Document],
    gold: Mapping[str, GoldEntry],
    pool: Sequence[Example],
    embed: Embed,
) -> tuple[dict[str, Any], dict[str, dict[str, Answer]]] | None:
    """Logistic regression on the embeddings of the pool and the calibration part; None where they hold one label only."""
    from sklearn.linear_model import LogisticRegression

    texts = [example.text for example in pool] + [documents[i].text for i in gold if i in documents]
    labels = [example.labels[0] for example in pool] + [gold[i].values.get("label") for i in gold if i in documents]
    known = [(text[:2000], label) for text, label in zip(texts, labels, strict=True) if label is not None]
    if len({label for _, label in known}) < 2:
        return None
    model = LogisticRegression(C=10, max_iter=5000)
    model.fit(embed([text for text, _ in known]), [label for _, label in known])
    given = model.predict(embed([document.text[:2000] for document in documents.values()]))
    answers: dict[str, dict[str, Answer]] = {
        i: {"label": (str(label), [])} for i, label in zip(documents, given, strict=True)
    }
    return {"logistic regression on embeddings, labelled texts": len(known)}, answers


def _field_rules(
    task: ExtractTask, documents: Mapping[str, Document], gold: Mapping[str, GoldEntry]
) -> tuple[dict[str, Any], dict[str, dict[str, Answer]]]:
    """For each field the rule that is right most often on the calibration part."""
    chosen: dict[str, Any] = {}
    answers: dict[str, dict[str, Answer]] = {identity: {} for identity in documents}
    for path, spec in task.flat.items():
        if isinstance(spec, ListField):
            continue
        stated = {i: value_at(entry.values, path) for i, entry in gold.items() if _states(entry.values, path)}
        if isinstance(spec, ChoiceField | BooleanField):
            counts = Counter(stated.values())
            common = counts.most_common(1)[0][0] if counts else None
            chosen[path] = {"always": common}
            for identity in documents:
                answers[identity][path] = (common, [])
            continue
        by_rule = {identity: _ways(spec, document, task) for identity, document in documents.items()}
        hits = {
            rule: sum(same_value(spec.kind, by_rule[i][rule][0], value) for i, value in stated.items() if i in by_rule)
            for rule in RULES
        }
        chosen[path] = max(RULES, key=lambda rule: hits[rule])
        for identity in documents:
            answers[identity][path] = by_rule[identity][chosen[path]]
    return {"rules": chosen}, answers


def _states(values: Mapping[str, Any], path: str) -> bool:
    try:
        value_at(values, path)
    except (KeyError, TypeError):
        return False
    return True


def _ways(spec: Any, document: Document, task: ExtractTask) -> dict[str, Answer]:
    """What each rule takes: of candidates the first, the last and the largest; of text, lines."""
    if isinstance(spec, TextField):
        lines = [(line.start, line.end) for line in document.lines if document.text[line.start : line.end].strip()]
        if not lines:
            return dict.fromkeys(RULES, (None, []))
        picked = {"first": lines[0], "last": lines[-1], "largest": max(lines, key=lambda line: line[1] - line[0])}
        return {
            rule: (" ".join(document.text[start:end].split()), [[start, end]]) for rule, (start, end) in picked.items()
        }
    try:
        found = [one for one in find_candidates(spec, document, task.locale) if one.value is not None]
    except ValueError:
        found = []
    if not found:
        return dict.fromkeys(RULES, (None, []))
    picked_one = {"first": found[0], "last": found[-1], "largest": max(found, key=_size)}
    return {rule: (one.value, [[one.start, one.end]]) for rule, one in picked_one.items()}


def _size(candidate: Candidate) -> Any:
    value = candidate.value["amount"] if isinstance(candidate.value, dict) else candidate.value
    try:
        return (1, Decimal(value), "")
    except ArithmeticError:
        return (0, Decimal(0), str(value))


def _write(
    path: Path,
    name: str,
    task: Task,
    documents: Mapping[str, Document],
    rules: dict[str, Any],
    answers: Mapping[str, Mapping[str, Answer]],
    about: Mapping[str, Any],
) -> None:
    folder = RunFolder.create(path)
    folder.exclusive()
    try:
        engine = {"name": name, "version": "1", "build": None, "settings": {"mode": "solo"}}
        lock = Lock(engine=engine, task=task.canonical(), fitted=rules)
        facts = {
            "schema": 1,
            "task": task.canonical(),
            "weights": name,
            "lock": {"digest": lock.digest, "data": lock.data},
        }
        folder.write_facts({**facts, **about, "totals": None})
        for identity, document in documents.items():
            values: dict[str, Any] = {}
            entries: dict[str, dict[str, Any]] = {}
            for field, (value, spans) in answers[identity].items():
                record, _, leaf = field.rpartition(".")
                if record:
                    values.setdefault(record, {})[leaf] = value
                else:
                    values[field] = value
                raw = document.text[spans[0][0] : spans[0][1]] if spans else None
                entries[field] = {
                    **blank_entry(raw, "null" if value is None else "judged", []),
                    "spans": spans,
                    "features": {},
                }
            if isinstance(task, ExtractTask):
                values |= {list_name: [] for list_name, spec in task.fields.items() if isinstance(spec, ListField)}
            line = results.done(
                document, values, entries, [(0, len(document.text))], "rule", mode="solo", usage=None, lock=lock.digest
            )
            folder.append(line)
        folder.write_facts({**facts, **about, "totals": dict(folder.totals())})
    finally:
        folder.release()
