"""The proof: tuned weights against their base, larger weights, the ranker and cheap baselines, on documents unseen."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from ..contracts import ModelOptions
from ..errors import InputError
from ..evaluation.comparison import Comparison, compare_items
from ..evaluation.evaluator import gold_part, items_of_results
from ..evaluation.items import Item
from ..evaluation.learned import LearnTerms, learn
from ..evaluation.metrics import document_proportion
from ..evaluation.statistics import Proportion
from ..gold.file import GoldFile
from ..gold.source import GoldSource
from ..inference import AnswerOptions
from ..learning import Ranker
from ..pilot.baselines import BaselineData, Embed, write_baselines
from ..runs import Progress, RunFolder
from ..tasks import Example
from .contender_runs import ContenderRuns, pace_of, sources_of
from .data import TRAIN
from .forgotten import Forgotten, OtherTask, forgotten
from .tuner import Tuned

__all__ = ["Contender", "Proof", "ProofHooks", "ProofTerms", "prove"]

Word = Literal["PASS", "FAIL", "UNDECIDED", "NOT WORTH IT"]
MIXED = 60  # labelled documents whose answers by the model weigh it against the ranker
NEEDLESS = 0.02  # a gain that is surely smaller than this is not worth a training


@dataclass(frozen=True)
class ProofTerms:
    """What the tuned weights are compared with: weights ``against``, the ``bar`` for the share right, the ranker.

    ``others`` are other tasks that they should not forget.
    """

    against: Sequence[str] = ()
    bar: float | None = None
    ranker: bool = True
    others: Sequence[OtherTask] = ()
    embedder: Callable[[], Embed | None] = lambda: None


@dataclass(frozen=True)
class ProofHooks:
    """Callbacks: sentences for the user, and (contender, documents, progress) of each run."""

    say: Callable[[str], None] = lambda sentence: None
    on_event: Callable[[str, int, Progress], None] = lambda name, documents, progress: None


@dataclass(frozen=True)
class Contender:
    """One way to answer the test part: its share of right values, paired with the tuned weights.

    ``gain`` is the tuned share less this one, with its 95 % interval; None for the tuned weights themselves. ``pace``
    is in documents a minute, ``size`` the bytes of the weights; None without a language model.
    """

    name: str
    share: Proportion
    documents: Proportion
    gain: tuple[float, float, float] | None
    pace: float | None = None
    size: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "name": self.name, "values": self.share.as_json(), "documents": self.documents.as_json(),
            "gain": self.gain, "documents_a_minute": self.pace, "bytes": self.size,
        }  # fmt: skip


@dataclass(frozen=True)
class Proof:
    """The verdict in one word and one sentence, and the figures behind it."""

    word: Word
    sentence: str
    contenders: Sequence[Contender]
    documents: int
    fields: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    forgotten: Sequence[Forgotten] = ()

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "schema": 1, "verdict": self.word, "sentence": self.sentence, "documents": self.documents,
            "contenders": [each.as_json() for each in self.contenders],
            "fields": {path: dict(shares) for path, shares in self.fields.items()},
            "forgotten": [each.as_json() for each in self.forgotten],
        }  # fmt: skip


def prove(tuned: Tuned, gold: Path, source: GoldSource, out: Path, terms: ProofTerms, hooks: ProofHooks) -> Proof:
    """Answer the test part with every contender, and reach a verdict. The look at the test part is recorded.

    Each contender leaves a run folder below ``out``, which goes on where it was stopped. Raises InputError if the
    tuned weights were not published.
    """
    if tuned.merged is None:
        raise InputError("There are no tuned weights to prove.", "See the parity table: serving differs from training.")
    prepared = tuned.prepared
    labels, base, task = prepared.labels, prepared.base.manifest.name, prepared.labels.task
    test = set(labels.part("test"))
    if not test:
        raise InputError("The test part has no readable document.", "Split the gold again, or name all its documents.")
    work = ContenderRuns(task, sources_of(source), out, hooks.say, hooks.on_event)
    windowing = AnswerOptions(windowing=prepared.terms.windowing)
    mine = ModelOptions(weights=tuned.merged.manifest.name, engine=prepared.engine)
    models = {base: ModelOptions(weights=base, engine=prepared.engine)} | {
        name: ModelOptions(weights=name) for name in terms.against
    }
    weighed = set(sorted(labels.part(TRAIN))[:MIXED]) if task.weighs_values and terms.ranker else set()
    runs = {"tuned": work.answer("tuned", mine, test, windowing)}
    for name, model in models.items():
        plain = runs[name] = work.answer(name, model, test | weighed, windowing)
        if weighed:
            both = replace(windowing, ranker=_ranker(gold, source, plain, tuned))
            runs[f"{name} + ranker"] = work.answer(f"{name} + ranker", model, test, both)
    if task.takes_examples:
        shown = replace(windowing, pool=_pool(tuned))
        runs[f"{base} + examples"] = work.answer(f"{base} + examples", models[base], test, shown)
    paces = {name: pace_of(run) for name, run in runs.items()}
    runs |= _baselines(tuned, out, runs["tuned"], terms)
    lines, split = gold_part(GoldFile(gold), "test", f"tune {out}", prepared.digest, task)
    lines = {name: line for name, line in lines.items() if name in test}
    families = split.families if split else {}
    items = {
        name: items_of_results(task, {r.document.id: r for r in run.latest()}, lines, families, prepared.terms.compare)
        for name, run in runs.items()
    }
    contenders = [_contender(name, items, paces.get(name), work.sizes.get(name)) for name in items]
    word, sentence = _verdict(contenders, terms)
    lost = forgotten(terms.others, models[base], mine, out, hooks)
    return Proof(word, sentence, contenders, len(lines), _by_field(items), lost)


def _ranker(gold: Path, source: GoldSource, run: RunFolder, tuned: Tuned) -> Ranker:
    """A ranker learned from the documents that were trained on, weighed against the model of a run."""
    terms = LearnTerms(TRAIN, tuned.prepared.terms.compare, curve=False)
    return learn(gold, source, [run.path], terms).ranker


def _pool(tuned: Tuned) -> list[Example]:
    labels = tuned.prepared.labels
    (field_name,) = labels.task.answer_fields()
    found = []
    for name, line in labels.part(TRAIN).items():
        value = line.values.get(field_name)
        if value:
            stated = tuple(value) if isinstance(value, list) else (str(value),)
            found.append(Example(labels.documents[name].text, stated))
    return found


def _baselines(tuned: Tuned, out: Path, like: RunFolder, terms: ProofTerms) -> dict[str, RunFolder]:
    labels = tuned.prepared.labels
    wanted = {**labels.part(TRAIN), **labels.part("test")}
    data = BaselineData(
        labels.task, {name: labels.documents[name] for name in wanted}, labels.part(TRAIN), (), terms.embedder
    )
    facts = like.read_facts()
    for name in ("baseline-majority", "baseline-embeddings", "baseline-rules", "baseline-ranker"):
        _forget(out / name)
    return {
        name.removeprefix("baseline-") + " alone": RunFolder.open(out / name)
        for name in write_baselines(data, out, facts)
    }


def _forget(folder: Path) -> None:
    """A baseline is worked out again in seconds; a folder that an interruption left would be in its way."""
    if folder.exists():
        shutil.rmtree(folder)


def _contender(name: str, items: Mapping[str, Sequence[Item]], pace: float | None, size: int | None) -> Contender:
    own = items[name]
    share = Proportion.of([item.right for item in own], [item.family for item in own])
    gain = None
    if name != "tuned":
        paired: Comparison = compare_items({"tuned": items["tuned"], name: own})[0]
        gain = (round(paired.difference, 6), round(paired.interval[0], 6), round(paired.interval[1], 6))
    return Contender(name, share, document_proportion(own), gain, pace, size)


def _by_field(items: Mapping[str, Sequence[Item]]) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for name, listed in items.items():
        groups: dict[str, list[bool]] = {}
        for item in listed:
            groups.setdefault(item.field, []).append(item.right)
        for path, right in groups.items():
            found.setdefault(path, {})[name] = round(sum(right) / len(right), 4)
    return found


def _verdict(contenders: Sequence[Contender], terms: ProofTerms) -> tuple[Word, str]:
    """PASS: better than every alternative of the same or no weights, and over the bar. NOT WORTH IT: surely not.

    Alternatives that take no training of weights count as much as larger weights: whoever is as good without a
    training makes it needless.
    """
    tuned, others = contenders[0], contenders[1:]
    best = max(others, key=lambda each: each.share.share)
    assert best.gain
    gain, low, high = best.gain
    shown = f"{100 * gain:+.1f} points [{100 * low:+.1f}, {100 * high:+.1f}]"
    if terms.bar is not None and tuned.share.interval()[1] < terms.bar:
        return "FAIL", f"Tuned weights are surely under the bar of {terms.bar:.0%}: {tuned.share.share:.1%} right."
    if high < NEEDLESS:
        other = f"{best.name[:1].upper()}{best.name[1:]}"
        return "NOT WORTH IT", f"{other} needs no training and is as good or better: tuned {shown} against it."
    over = terms.bar is None or tuned.share.interval()[0] >= terms.bar
    if low > 0 and over:
        return "PASS", f"Tuned weights are better than everything else tried; than the best, {best.name}, by {shown}."
    if low > 0:
        return "UNDECIDED", f"Better than {best.name} by {shown}, but the bar of {terms.bar:.0%} is not surely reached."
    return "UNDECIDED", f"Not shown to be better than {best.name}: {shown}. More test documents would tell."
