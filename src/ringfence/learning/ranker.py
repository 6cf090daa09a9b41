"""A ranker: what was learned from gold about choosing among the places of a document. No language model is in it.

It is plain data (weights of features), saved as JSON; its digest is part of the lock.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from ..contracts import FieldAnswer, value_at
from ..documents import Document
from ..errors import InputError
from ..files import write_whole
from ..locks import canonical_digest
from ..tasks import ExtractTask, Task
from ..tasks.extract.answer import Answer, Weighed, copy_values, put_value
from ..tasks.extract.assignment import conclude
from ..tasks.extract.evidence import evidence_at
from ..tasks.fields import ListField
from .features import Surroundings
from .places import NOTHING, Place, places_of, value_key

__all__ = [
    "CHOSEN_BY_RANKER",
    "FieldModel",
    "Mixture",
    "Ranker",
    "RankerCard",
    "Sureness",
    "ranker_from",
    "read_ranker",
    "text_digest",
]

CHOSEN_BY_RANKER = "ranker"
NO_PLACE = "no place"
FLOOR = 1e-4  # the least probability that counts: a value that one side never thought of is unlikely, not impossible


@dataclass(frozen=True)
class FieldModel:
    """The weights of the features of one field; ``null`` is the score of no value."""

    weights: Mapping[str, float]
    null: float

    def score(self, features: set[str]) -> float:
        """The score of a place with these features."""
        return sum(self.weights.get(name, 0.0) for name in features)


@dataclass(frozen=True)
class Mixture:
    """How much each side counts: the log-probability by the ranker, that by the language model, and its choice."""

    ranker: float = 1.0
    model: float = 0.0
    choice: float = 0.0


@dataclass(frozen=True)
class Sureness:
    """A document is answered without the language model if the least probability of its values is ``at`` or more.

    On the gold, ``accepted`` of ``documents`` pass and ``errors`` of them have a wrong value: with the stated
    confidence, at most ``bound`` of such documents have one. ``target`` is the most that was allowed.
    """

    at: float
    documents: int
    accepted: int
    errors: int
    bound: float
    target: float


@dataclass(frozen=True)
class RankerCard:
    """What a ranker was made from: the digest of the gold, how much of it, and the locks of the runs."""

    gold: str
    documents: int
    families: int
    runs: tuple[str, ...]
    made_at: str


@dataclass(frozen=True)
class Ranker:
    """Models by fold and field. ``models[0]`` has seen all the gold.

    A labelled document belongs to a fold (``folds``, by the sha256 of its text) and is answered by the models of that
    fold, which have seen nothing of its family. So the answers to labelled documents are as good as those to others,
    and figures over them are honest.
    """

    task: str
    models: Sequence[Mapping[str, FieldModel]]
    folds: Mapping[str, int]
    mixture: Mixture
    card: RankerCard
    sureness: Sureness | None = None

    @property
    def digest(self) -> str:
        """The sha256 of everything that decides; the date of the fit does not."""
        data = self.as_json()
        return canonical_digest({**data, "card": {**data["card"], "made_at": None}})

    @property
    def fields(self) -> list[str]:
        """The fields that it ranks."""
        return sorted(self.models[0])

    def as_json(self) -> dict[str, Any]:
        """The ranker as plain data."""
        return {"schema": 1, **json.loads(json.dumps(asdict(self)))}

    def write(self, path: Path) -> None:
        """Save it, with its digest, for its owner alone: its weights name words of the documents."""
        write_whole(path, json.dumps(self.signed(), indent=1) + "\n", private=True)

    def signed(self) -> dict[str, Any]:
        """The ranker as plain data with its digest, as a file holds it."""
        return {**self.as_json(), "digest": self.digest}

    def require_task(self, task: Task) -> None:
        """Raise InputError if it was learned for another task."""
        if self.task != task_digest(task):
            raise InputError(
                "The ranker was learned for another task.", "Learn again: ringfence learn TASK --gold GOLD."
            )

    def models_for(self, document: Document) -> Mapping[str, FieldModel]:
        """The models that have not seen this document or one like it."""
        return self.models[self.folds.get(text_digest(document), 0)]

    def beliefs(self, task: ExtractTask, document: Document) -> dict[str, dict[str, Belief]]:
        """For each field, what the ranker alone holds of each value, by the key of the value.

        A required field is null only if nothing else is possible.
        """
        models, around = self.models_for(document), Surroundings(document)
        found = {
            path: beliefs_of(model, places, around.features(places, about(task, path)))
            for path, places in places_of(task, document).items()
            if (model := models.get(path)) is not None
        }
        return {
            path: {key: each for key, each in beliefs.items() if key != NOTHING or len(beliefs) == 1}
            if _is_required(task, path)
            else beliefs
            for path, beliefs in found.items()
        }

    def weigh(self, task: ExtractTask, document: Document, answer: Answer) -> Answer:
        """The answer with the distributions of ranker and language model together, and the values they prefer.

        A value that the model did not choose says ``chosen_by: ranker``. Fields that the ranker does not know, and
        lists, stay.
        """
        values, fields = copy_values(answer.values), dict(answer.fields)
        distributions = dict(answer.distributions)
        for path, beliefs in self.beliefs(task, document).items():
            entry = fields[path]
            chosen = Weighed(value_at(values, path), entry, 0.0)
            weighed = _mixed(self.mixture, beliefs, chosen, distributions.get(path, ()), document)
            best = weighed[0]
            mine = beliefs.get(key_of(best))
            features = {
                **entry.features,
                "ranker": round(mine.probability, 6) if mine else 0.0,
                "mixed": round(math.exp(best.logprob), 6),
                "model_chose": key_of(best) == key_of(chosen),
            }
            fields[path] = best.answer.model_copy(update={"features": features})
            if not features["model_chose"]:
                fields[path].chosen_by = CHOSEN_BY_RANKER
            put_value(values, path, best.value)
            distributions[path] = weighed
        return replace(answer, values=values, fields=fields, distributions=distributions)

    def require_cascade(self) -> None:
        """Raise InputError if the gold allows no answers without the language model."""
        if self.sureness is None:
            raise InputError(
                "This ranker answers no document alone: the gold allows no such threshold.",
                "Omit --cascade, or learn from more gold, or allow a larger --target-error.",
            )

    def sure_answer(self, task: ExtractTask, document: Document) -> Answer | None:
        """The answer of the ranker alone; None if it is not sure enough, or if a check speaks against it."""
        found = self.alone(task, document)
        if found is None or self.sureness is None or found[1] < self.sureness.at:
            return None
        answer = conclude(task, found[0])
        return None if answer.values != found[0].values or "broken" in answer.checks.values() else answer

    def alone(self, task: ExtractTask, document: Document) -> tuple[Answer, float] | None:
        """The answer without a language model, and its least probability; None if the task has other fields too."""
        if set(task.flat) - set(self.models[0]):
            return None
        values: dict[str, Any] = {}
        fields: dict[str, FieldAnswer] = {}
        distributions: dict[str, tuple[Weighed, ...]] = {}
        beliefs = self.beliefs(task, document)
        least = 1.0
        for path in task.flat:
            if path not in beliefs:  # its fold has seen no value of this field
                return None
            weighed = _mixed(Mixture(), beliefs[path], None, (), document)
            best = weighed[0]
            if _is_required(task, path) and best.answer.kind == "null":
                return None
            least = min(least, math.exp(best.logprob))
            features = {"ranker": round(math.exp(best.logprob), 6)}
            fields[path] = best.answer.model_copy(update={"features": features, "chosen_by": CHOSEN_BY_RANKER})
            distributions[path] = weighed
            record, _, leaf = path.rpartition(".")
            (values.setdefault(record, {}) if record else values)[leaf] = best.value
        return Answer(values, fields, {}, {}, distributions), least


@dataclass(frozen=True)
class Belief:
    """A value with its places and the probability that the ranker gives it."""

    value: Any
    places: Sequence[Place]
    probability: float


def beliefs_of(model: FieldModel, places: Sequence[Place], features: Sequence[set[str]]) -> dict[str, Belief]:
    """The probability of each value of a field, and of none, by the key of the value."""
    scores = [model.null, *(model.score(each) for each in features)]
    most = max(scores)
    weights = [math.exp(score - most) for score in scores]
    total = sum(weights)
    grouped: dict[str, list[tuple[float, Place]]] = {}
    for weight, place in zip(weights[1:], places, strict=True):
        grouped.setdefault(place.key, []).append((weight / total, place))
    found = {NOTHING: Belief(None, (), weights[0] / total)}
    for key, group in grouped.items():
        ordered = [place for _, place in sorted(group, key=lambda each: -each[0])]
        found[key] = Belief(ordered[0].value, ordered, sum(share for share, _ in group))
    return found


def _mixed(
    mixture: Mixture,
    beliefs: Mapping[str, Belief],
    chosen: Weighed | None,
    distribution: Sequence[Weighed],
    document: Document,
) -> tuple[Weighed, ...]:
    """The values of one field by both sides together, the most probable first."""
    evidence = {key_of(each): each for each in [*reversed(distribution), *([chosen] if chosen else [])]}
    keys = list(dict.fromkeys([*evidence, *beliefs]))
    said = model_shares(chosen, distribution, keys)
    scores = []
    for key in keys:
        ranked = math.log(max(FLOOR, beliefs[key].probability)) if key in beliefs else math.log(FLOOR)
        choice = chosen is not None and key == key_of(chosen)
        scores.append(mixture.ranker * ranked + mixture.model * said.get(key, 0.0) + mixture.choice * choice)
    most = max(scores)
    total = most + math.log(sum(math.exp(score - most) for score in scores))
    found = []
    for key, score in zip(keys, scores, strict=True):
        known = evidence.get(key)
        value, entry = (known.value, known.answer) if known else _evidence(beliefs[key], document)
        found.append(Weighed(value, entry, score - total))
    return tuple(sorted(found, key=lambda each: -each.logprob))


def model_shares(chosen: Weighed | None, distribution: Sequence[Weighed], keys: Sequence[str]) -> dict[str, float]:
    """The log-probability of each value by the language model.

    What it weighed, or at least wrote, has its own; the rest is shared out evenly.
    """
    if chosen is None:
        return {}
    known = {key_of(each): min(0.0, each.logprob) for each in distribution}
    if not known:
        stored = chosen.answer.features
        known = {key_of(chosen): min(0.0, (stored.get("logprob_mean") or 0.0) * (stored.get("tokens") or 1))}
    rest = max(FLOOR, 1 - sum(map(math.exp, known.values())))
    others = max(1, len(set(keys) - set(known)))
    return {key: max(math.log(FLOOR), known.get(key, math.log(rest / others))) for key in keys}


def _evidence(belief: Belief, document: Document) -> tuple[Any, FieldAnswer]:
    if not belief.places:
        return None, FieldAnswer(kind="null")
    first, *others = belief.places
    if first.judged:
        return first.value, FieldAnswer(kind="judged")
    spans = [(first.start, first.end), *sorted((place.start, place.end) for place in others)]
    answer = evidence_at(document, spans, first.value, first.flags)
    return first.value, answer.model_copy(update={"readings": list(first.readings) or None})


def key_of(each: Weighed) -> str:
    """What makes two values the same answer."""
    return value_key(each.value, each.answer.readings or ())


def _is_required(task: ExtractTask, path: str) -> bool:
    spec = task.flat[path]
    return not isinstance(spec, ListField) and spec.required


def about(task: ExtractTask, path: str) -> str:
    """The name and description of a field."""
    return f"{path} {task.flat[path].description}"


def task_digest(task: Task) -> str:
    """The digest of the task that a ranker is bound to."""
    return canonical_digest(task.canonical())


def text_digest(document: Document) -> str:
    """The sha256 of the text of a document: by it a labelled document is known again, whatever its name."""
    return hashlib.sha256(document.text.encode("utf-8", "surrogatepass")).hexdigest()


def read_ranker(path: Path) -> Ranker:
    """Read a saved ranker. Raises InputError if the file is not one, or was changed since it was learned."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            f"Cannot read {path} ({error.strerror}).", "Give the file that `ringfence learn` wrote."
        ) from None
    except ValueError:
        data = None
    return ranker_from(data, str(path))


def ranker_from(data: Any, source: str) -> Ranker:
    """The ranker in plain data of a file; ``source`` names the file. Raises InputError like ``read_ranker``."""
    try:
        data = dict(data)
        stated = data.pop("digest")
        data.pop("schema")
        found = TypeAdapter(Ranker).validate_python(data)
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{source} is not a ranker.", "Give the file that `ringfence learn` wrote.") from None
    if stated != found.digest:
        raise InputError(f"{source} was changed since it was learned.", "Learn again, or restore the file.")
    return found
