"""A ranker: what was learned from gold about choosing among the places of a document. No language model is in it.

It is plain data (weights of features), saved as JSON; its digest is part of the lock.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from ..contracts import FieldAnswer, value_at
from ..documents import Document
from ..errors import InputError
from ..files import parse_json, write_whole
from ..locks import canonical_digest
from ..tasks import ExtractTask, Prepared, Task, prepare
from ..tasks.extract.answer import Answer, Weighed, copy_values, put_value
from ..tasks.extract.assignment import conclude
from ..tasks.fields import ListField, TextField
from .beliefs import Belief, FieldModel, Mixture, beliefs_of, key_of, mixed, without_null
from .features import Surroundings
from .lists import CHOSEN_BY_RANKER, ListMixture, RankedList, records_of, side_of
from .places import MOST_PLACES, NOTHING, places_of
from .rows import rows_of

__all__ = [
    "CHOSEN_BY_RANKER",
    "FieldModel",
    "Mixture",
    "Ranker",
    "RankerCard",
    "Sureness",
    "known_by",
    "ranker_from",
    "read_ranker",
    "text_digest",
]


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
    """Models by fold and path. ``models[0]`` has seen all the gold.

    A list has a model of its rows (``lines``), and one of each of its fields (``lines.amount``).
    A labelled document belongs to a fold (``folds``, by what ``known_by`` says) and is answered by the models of that
    fold, which have seen nothing of its family. So the answers to labelled documents are as good as those to others,
    and figures over them are honest. ``lists`` says how both sides count in a list; beside a language model, a list
    that it does not name stays as the model wrote it.
    """

    task: str
    models: Sequence[Mapping[str, FieldModel]]
    folds: Mapping[str, int]
    mixture: Mixture
    card: RankerCard
    sureness: Sureness | None = None
    lists: Mapping[str, ListMixture] = field(default_factory=dict)

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
        """The ranker as plain data; without lists it is as it was before there were any."""
        data = json.loads(json.dumps(asdict(self)))
        return {"schema": 1, **{name: value for name, value in data.items() if value or name != "lists"}}

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
        return self.models[next((self.folds[key] for key in known_by(document) if key in self.folds), 0)]

    def beliefs(self, task: ExtractTask, document: Document) -> dict[str, dict[str, Belief]]:
        """For each single field, what the ranker alone holds of each value, by the key of the value.

        A required field is null only if nothing else is possible.
        """
        found, _ = self._beliefs(prepare(task, document), Surroundings(document))
        return {path: without_null(beliefs) if _is_required(task, path) else beliefs for path, beliefs in found.items()}

    def _beliefs(self, prepared: Prepared, around: Surroundings) -> tuple[dict[str, dict[str, Belief]], set[str]]:
        """What is held of each field, and the fields of which not every place was looked at."""
        task, models = prepared.task, self.models_for(prepared.document)
        known = {path: places for path, places in places_of(prepared).items() if path in models}
        found = {
            path: beliefs_of(models[path], places, around.features(places, about(task, path)))
            for path, places in known.items()
        }
        texts = {path for path in known if isinstance(task.flat[path], TextField)}  # of others every place is looked at
        return found, {path for path in texts if len(known[path]) >= MOST_PLACES}

    def ranked_lists(self, task: ExtractTask, document: Document) -> dict[str, RankedList]:
        """The records of each list by the ranker alone, for the lists that it knows."""
        return self._ranked_lists(prepare(task, document), Surroundings(document), None)

    def _ranked_lists(self, prepared: Prepared, around: Surroundings, answer: Answer | None) -> dict[str, RankedList]:
        """The records of each list, with those of an answer or alone."""
        models, found = self.models_for(prepared.document), {}
        names = models.keys() if answer is None else models.keys() & self.lists.keys()
        for name, rows in rows_of(prepared, around, names).items():
            if answer is None:
                found[name] = side_of(rows, models).ranked(ListMixture())
            elif (written := records_of(name, answer)) is not None:
                found[name] = side_of(rows, models, written).ranked(self.lists[name], written)
        return found

    def weigh(self, task: ExtractTask, document: Document, answer: Answer) -> Answer:
        """The answer with the distributions of ranker and language model together, and the values they prefer.

        A value that the model did not choose says ``chosen_by: ranker``. Fields and lists that the ranker does not
        know stay, and so do lists of which the answer does not tell where their records begin.
        """
        prepared, around = prepare(task, document), Surroundings(document)
        values, fields = copy_values(answer.values), dict(answer.fields)
        distributions = dict(answer.distributions)
        held, cut = self._beliefs(prepared, around)
        for path, every in held.items():
            entry = fields[path]
            beliefs = without_null(every) if _is_required(task, path) else every
            chosen = Weighed(value_at(values, path), entry, 0.0)
            if path in cut and key_of(chosen) not in beliefs:
                continue  # it may stand where nobody looked, which does not make it unlikely
            weighed = mixed(self.mixture, beliefs, chosen, distributions.get(path, ()), document)
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
        mixed_answer = replace(answer, values=values, fields=fields, distributions=distributions)
        return with_lists(task, mixed_answer, self._ranked_lists(prepared, around, answer))

    def knows_all(self, task: ExtractTask, models: Mapping[str, FieldModel] | None = None) -> bool:
        """True if every field was learned, those of lists too: what no gold states is not surely empty.

        By the models that have seen all gold, or by ``models``.
        """
        leaves = {
            f"{name}.{leaf}"
            for name, spec in task.flat.items()
            if isinstance(spec, ListField) and len(spec.fields) > 1  # the records of one field are its places
            for leaf in spec.fields
        }
        return {*task.flat, *leaves} <= set(self.models[0] if models is None else models)

    def require_cascade(self) -> None:
        """Raise InputError if the gold allows no answers without the language model."""
        if self.sureness is None:
            raise InputError(
                "This ranker answers no document alone: the gold allows no such threshold.",
                "Omit --cascade, or learn from more gold, or allow a larger --target-error.",
            )

    def sure_answer(self, task: ExtractTask, document: Document) -> Answer | None:
        """The answer of the ranker alone; None if it is not sure enough, or if a check speaks against it."""
        found = self.checked(task, document)
        return None if found is None or self.sureness is None or found[1] < self.sureness.at else found[0]

    def checked(self, task: ExtractTask, document: Document) -> tuple[Answer, float] | None:
        """The answer of the ranker alone and its least probability; None where a check speaks against it."""
        found = self.alone(task, document)
        if found is None:
            return None
        answer = conclude(task, found[0])
        against = answer.values != found[0].values or "broken" in answer.checks.values()
        return None if against else (answer, found[1])

    def alone(self, task: ExtractTask, document: Document) -> tuple[Answer, float] | None:
        """The answer without a language model, and its least probability; None if the task has other fields too."""
        if not self.knows_all(task, self.models_for(document)):
            return None
        prepared, around = prepare(task, document), Surroundings(document)
        held, cut = self._beliefs(prepared, around)
        if cut:
            return None
        lists = self._ranked_lists(prepared, around, None)
        values: dict[str, Any] = {}
        fields: dict[str, FieldAnswer] = {}
        distributions: dict[str, tuple[Weighed, ...]] = {}
        least = min((each.least for each in lists.values()), default=1.0)
        for path in task.flat:
            if path in lists:
                continue
            if path not in held:  # its fold has seen no value of this field
                return None
            weighed = mixed(Mixture(), held[path], None, (), document)
            if _is_required(task, path):
                weighed = tuple(each for each in weighed if key_of(each) != NOTHING)
                if not weighed or weighed[0].value is None:
                    return None
            best = weighed[0]
            probability = round(math.exp(best.logprob), 6)  # a required value is no surer for being required
            least = min(least, probability)
            features = {"ranker": probability}
            fields[path] = best.answer.model_copy(update={"features": features, "chosen_by": CHOSEN_BY_RANKER})
            distributions[path] = weighed
            record, _, leaf = path.rpartition(".")
            (values.setdefault(record, {}) if record else values)[leaf] = best.value
        answer = with_lists(task, Answer(values, fields, {}, {}, distributions), lists)
        return replace(answer, values={name: answer.values[name] for name in task.fields}), least


def with_lists(task: ExtractTask, answer: Answer, lists: Mapping[str, RankedList]) -> Answer:
    """The answer with these records in place of its own; the fields in the order of the task."""
    values, rows = dict(answer.values), dict(answer.rows)
    fields, distributions = dict(answer.fields), dict(answer.distributions)
    for name, ranked in lists.items():
        for path in [path for path in fields if path.startswith(f"{name}[")]:
            del fields[path]
            distributions.pop(path, None)
        values[name], rows[name] = ranked.values(), ranked.anchors()
        for path, entry, distribution in ranked.entries(name):
            fields[path] = entry
            if distribution:
                distributions[path] = distribution
    if lists:
        order = {name: number for number, name in enumerate(task.fields)}
        fields = dict(sorted(fields.items(), key=lambda item: order[re.split(r"[.\[]", item[0])[0]]))
    return replace(answer, values=values, fields=fields, rows=rows, distributions=distributions)


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


def known_by(document: Document) -> tuple[str, ...]:
    """What a labelled document is known again by: its text, or its words, however a reader spaces them."""
    words = " ".join(document.text.split())
    return text_digest(document), f"words:{hashlib.sha256(words.encode('utf-8', 'surrogatepass')).hexdigest()}"


def read_ranker(path: Path) -> Ranker:
    """Read a saved ranker. Raises InputError if the file is not one, or was changed since it was learned."""
    try:
        data = parse_json(path.read_text(encoding="utf-8"))
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
