"""The ranker alone as a baseline of a pilot: what the gold teaches without a language model."""

from __future__ import annotations

from functools import partial
from typing import cast

from ..documents import Document
from ..gold.near_duplicates import families_of, near_duplicates
from ..learning import Ranker, fit_ranker, label, with_lists
from ..tasks import Answer, ExtractTask
from ..tasks.extract.assignment import conclude
from .baselines import BaselineAnswers, BaselineData, PlacedValue

__all__ = ["ranker_alone"]


def ranker_alone(data: BaselineData) -> BaselineAnswers | None:
    """For each field, the place that a ranker learned from the calibration part prefers; of lists the records.

    None if the gold teaches nothing: no value stands in its document, or a recogniser cannot finish.
    """
    task = cast(ExtractTask, data.task)
    texts = {name: data.documents[name].text for name in data.gold if name in data.documents}
    families = families_of(texts, near_duplicates(texts), {})
    try:
        labelled = [label(task, data.documents[name], data.gold[name], families[name]) for name in sorted(texts)]
        ranker = fit_ranker(task, labelled, {})
        if not ranker.models[0]:
            return None
        answers: dict[str, dict[str, PlacedValue]] = {}
        lists: dict[str, Answer] = {}
        for identity, document in data.documents.items():
            answers[identity] = {path: (None, []) for path, field in task.answer_fields().items() if not field.of_list}
            for path, beliefs in ranker.beliefs(task, document).items():
                best = max(beliefs.values(), key=lambda each: each.probability)
                answers[identity][path] = best.value, [(place.start, place.end) for place in best.places[:1]]
            lists[identity] = _lists(ranker, task, document)
    except ValueError:
        return None
    return BaselineAnswers("ranker", {"ranker": ranker.digest}, answers, partial(conclude, task), lists)


def _lists(ranker: Ranker, task: ExtractTask, document: Document) -> Answer:
    """The records of the lists, as values without what a ranker says of them in a run."""
    found = with_lists(task, Answer({}, {}, {}, {}), ranker.ranked_lists(task, document))
    plain = {path: each.model_copy(update={"chosen_by": None, "features": {}}) for path, each in found.fields.items()}
    return Answer(found.values, plain, {}, found.rows)
