"""The proof: tuned weights against their base, larger weights, the ranker and cheap baselines, on documents unseen."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from ..contracts import GoldLine, ModelOptions
from ..engines.selection import state_of
from ..errors import InputError, RingfenceError, WeightsError
from ..evaluation.evaluator import gold_part, items_of_results
from ..evaluation.items import Item
from ..evaluation.learned import LearnTerms, learn
from ..files import write_whole
from ..gold.file import GoldFile
from ..gold.source import GoldSource
from ..inference.model import stored_weights
from ..learning import Ranker
from ..pilot.baselines import BaselineData, Embed, write_baselines
from ..runs import Progress, RunFolder
from ..tasks import Example, Task
from ..weights import Store
from .cascade import Cascade, Side, by_document, cascade_of
from .contender import TUNED, TUNED_FORMS, WITH_LIKENESS, Contender, contender_of
from .contender_runs import ContenderRuns, pace_of, sources_of
from .data import TRAIN
from .few_shot import fixed_examples, pool_of
from .forgotten import Forgotten, OtherTask, forgotten, labelled_documents
from .preparation import Prepared
from .tuner import Tuned

__all__ = ["Proof", "ProofHooks", "ProofTerms", "proof_faults", "prove"]

Word = Literal["PASS", "FAIL", "UNDECIDED", "NOT WORTH IT"]
MIXED = 60  # labelled documents whose answers by the model weigh it against the ranker
MANY_FAMILIES = 20  # of test documents; with fewer a bootstrap takes a small difference for a sure one
NEEDLESS = 0.02  # a gain that is surely smaller than this is not worth a training


@dataclass(frozen=True)
class ProofTerms:
    """What the tuned weights are compared with: weights ``against``, the ``bar`` for the share right, the ranker.

    ``others`` are other tasks that they should not forget. ``like`` is the folder of another training on the same gold,
    whose proof has runs of the same contenders.
    """

    against: Sequence[str] = ()
    bar: float | None = None
    ranker: bool = True
    others: Sequence[OtherTask] = ()
    like: Path | None = None
    embedder: Callable[[], Embed | None] = lambda: None


@dataclass(frozen=True)
class ProofHooks:
    """Callbacks: sentences for the user, and (contender, documents, progress) of each run."""

    say: Callable[[str], None] = lambda sentence: None
    on_event: Callable[[str, int, Progress], None] = lambda name, documents, progress: None


@dataclass(frozen=True)
class Proof:
    """The verdict in one word and one sentence, and the figures behind it.

    ``form`` is the form of the tuned weights that is judged, the better one on the dev part; it is the first of the
    ``contenders``. ``pool`` is the file of labelled texts that it needs.
    """

    word: Word
    sentence: str
    contenders: Sequence[Contender]
    documents: int
    cascades: Sequence[Cascade] = ()
    fields: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    forgotten: Sequence[Forgotten] = ()
    form: str = TUNED
    pool: Path | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "schema": 1, "verdict": self.word, "sentence": self.sentence, "documents": self.documents,
            "form": self.form, "pool": str(self.pool) if self.pool else None,
            "contenders": [each.as_json() for each in self.contenders],
            "cascades": [each.as_json() for each in self.cascades],
            "fields": {path: dict(shares) for path, shares in self.fields.items()},
            "forgotten": [each.as_json() for each in self.forgotten],
        }  # fmt: skip


def proof_faults(terms: ProofTerms, prepared: Prepared) -> list[str]:
    """What is wrong with the terms of a proof, which is known before any training."""
    faults = []
    if terms.bar is not None and not 0 < terms.bar <= 1:
        faults.append(f"the bar {terms.bar} is not a share")
    if taken := {*TUNED_FORMS} & {prepared.base.manifest.name, *terms.against}:
        faults.append(f"the proof calls the tuned weights {', '.join(taken)}, and so are others called")
    if terms.like and not (terms.like / "proof").is_dir():
        faults.append(f"{terms.like} has no proof to reuse")
    for name in terms.against:
        try:
            stored_weights(name, Store())
        except RingfenceError as error:
            faults.append(str(error).rstrip("."))
    for other in terms.others:
        try:
            labelled_documents(other, prepared.labels.trained_documents)
        except RingfenceError as error:
            faults.append(str(error).rstrip("."))
    return faults


def prove(tuned: Tuned, gold: Path, source: GoldSource, out: Path, terms: ProofTerms, hooks: ProofHooks) -> Proof:
    """Answer the test part with every contender, and reach a verdict. The look at the test part is recorded.

    Each contender leaves a run folder below ``out``, which goes on where it was stopped. Raises InputError if the
    tuned weights were not published.
    """
    if tuned.published is None:
        raise InputError("There are no tuned weights to prove.", "See the parity table: serving differs from training.")
    prepared = tuned.prepared
    labels = prepared.labels
    test = set(labels.part("test"))
    if not test:
        raise InputError("The test part has no readable document.", "Split the gold again, or name all its documents.")
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    other = terms.like / "proof" if terms.like else None
    work = ContenderRuns(labels.task, sources_of(source), out, hooks.say, hooks.on_event, {}, other, TUNED_FORMS)
    models = {
        TUNED: prepared.options(tuned.published.merged),
        prepared.base.manifest.name: prepared.options(prepared.served),
        **{name: ModelOptions(weights=name) for name in terms.against},
    }
    runs = _model_runs(work, models, tuned, gold, source, terms)
    paces = {name: pace_of(run) for name, run in runs.items()}
    runs |= _baselines(tuned, out, runs[TUNED], terms)
    lines, _ = gold_part(GoldFile(gold), "test", f"tune {out}", prepared.digest, labels.task)
    lines = {name: line for name, line in lines.items() if name in test}
    changed = _note_test(out / "test.json", labels.digest("test"))
    dev, families = labels.part("dev"), labels.families()
    results = {name: {result.document.id: result for result in run.latest()} for name, run in runs.items()}

    def judged(name: str, gold: Mapping[str, GoldLine]) -> list[Item]:
        return items_of_results(labels.task, results[name], gold, families, prepared.terms.compare)

    def side(name: str) -> Side:
        return Side(name, results[name], by_document(judged(name, dev | lines)), paces[name], work.sizes.get(name))

    form = max(
        (name for name in TUNED_FORMS if name in runs), key=lambda name: sum(item.right for item in judged(name, dev))
    )
    items = {name: judged(name, lines) for name in (form, *(name for name in runs if name != form))}
    contenders = [contender_of(name, items, paces.get(name), work.sizes.get(name), form) for name in items]
    cascades = [cascade_of(labels.task, side(form), side(name), list(dev), list(lines)) for name in terms.against]
    word, sentence = _verdict(contenders, terms)
    if changed:
        sentence += " The test part has changed since the first proof in this folder, so it is no fresh one."
    both = {"base": models[prepared.base.manifest.name], "tuned": models[TUNED]}
    lost = forgotten(terms.others, labels.trained_documents, both, out, hooks, prepared.terms.compare)
    pool = runs[form].pool if form == WITH_LIKENESS else None
    return Proof(word, sentence, contenders, len(lines), cascades, _by_field(items), lost, form, pool)


def _note_test(path: Path, digest: str) -> bool:
    """Keep the digest of the first test part that was looked at; returns whether this is another one."""
    try:
        return bool(json.loads(path.read_text(encoding="utf-8"))["digest"] != digest)
    except (OSError, ValueError, KeyError):
        write_whole(path, json.dumps({"digest": digest}).encode(), private=True)
        return False


def _model_runs(
    work: ContenderRuns, models: Mapping[str, ModelOptions], tuned: Tuned, gold: Path, source: GoldSource,
    terms: ProofTerms,
) -> dict[str, RunFolder]:  # fmt: skip
    """Answer the test part with every model alone, all but the tuned with a ranker, and two with labelled texts.

    These are the base with examples, and the tuned with likeness. Sides of a cascade answer the dev part too, which
    chooses what is passed on, and so do the forms of the tuned, between which it chooses.
    """
    prepared, runs = tuned.prepared, {}
    labels = prepared.labels
    test, dev, plain = set(labels.part("test")), set(labels.part("dev")), prepared.answer_options
    weighed = set(sorted(labels.part(TRAIN))[:MIXED]) if labels.task.weighs_values and terms.ranker else set()
    whole = replace(work, task=with_settings(labels.task, list_labels=True))  # only tuned weights know a list unseen
    pooled = _with_pools(prepared, whole.task)
    cascaded = {TUNED, *terms.against} if terms.against else set()
    chosen_by_dev = cascaded | {form for form in TUNED_FORMS if any(each.name == WITH_LIKENESS for each in pooled)}
    for name, model in models.items():
        asked = work if name == TUNED else whole
        beside = (dev if name in chosen_by_dev else set()) | (weighed if name != TUNED else set())
        run = runs[name] = asked.answer(name, model, test | beside, plain)
        if weighed and name != TUNED:
            both = replace(plain, ranker=_ranker(gold, source, run, tuned))
            runs[f"{name} + ranker"] = asked.answer(f"{name} + ranker", model, test, both)
    for each in pooled:
        asked, both = replace(work, task=each.task), replace(plain, pool=each.pool)
        beside = dev if each.name in chosen_by_dev else set()
        try:
            runs[each.name] = asked.answer(each.name, models[each.model], test | beside, both)
        except WeightsError as error:  # a machine without a network may not have those that embed
            work.say(f"Left out: {each.name}. {error} {error.hint or ''}")
    return runs


def _ranker(gold: Path, source: GoldSource, run: RunFolder, tuned: Tuned) -> Ranker:
    """A ranker learned from the documents that were trained on, weighed against the model of a run."""
    terms = LearnTerms(TRAIN, tuned.prepared.terms.compare, curve=False)
    return learn(gold, source, [run.path], terms).ranker


def with_settings(task: Task, **settings: Any) -> Task:
    """The task with other settings, those of them that its kind has."""
    return task.model_copy(update={name: value for name, value in settings.items() if name in type(task).model_fields})


@dataclass(frozen=True)
class _WithPool:
    """A contender with a pool of documents that were trained on: the task says what is done with them."""

    name: str
    model: str
    task: Task
    pool: list[Example]


def _with_pools(prepared: Prepared, task: Task) -> list[_WithPool]:
    """The base with examples, fixed and retrieved, and the tuned weights with likeness, as far as the task allows."""
    found, base = [], prepared.base.manifest.name
    if fixed := fixed_examples(prepared.train, prepared.context):
        shown = with_settings(task, examples=len(fixed), shown="first", likeness=0.0)
        found.append(_WithPool(f"{base} + {len(fixed)} fixed examples", base, shown, fixed))
    if not state_of("onnx").usable:
        return found
    pool = pool_of(prepared.train, prepared.context, getattr(task, "examples", 0))
    if task.ranks_examples and pool:
        found.append(_WithPool(f"{base} + retrieved examples", base, task, pool))
    alike, pool = prepared.labels.task.by_likeness(), pool_of(prepared.train, prepared.context, 0)
    if alike and pool:
        found.append(_WithPool(WITH_LIKENESS, TUNED, alike, pool))
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
    training makes it needless. That a difference is small takes many families to show; that there is one, fewer.
    """
    tuned, others = contenders[0], [each for each in contenders if each.name not in TUNED_FORMS]
    best = max(others, key=lambda each: each.share.share)
    if terms.bar is not None and tuned.share.bound("upper") < terms.bar:
        return "FAIL", f"Tuned weights are surely under the bar of {terms.bar:.0%}: {tuned.share.share:.1%} right."
    needless = [each for each in others if _makes_needless(each)]
    if needless:
        other = max(needless, key=lambda each: each.share.share)
        told = f"tuned {_points(other)} against it"
        if other.gain and other.gain[1] > 0:
            return "NOT WORTH IT", (
                f"Tuned weights bring two points at most over {other.name}, which needs no training: {told}."
            )
        name = f"{other.name[:1].upper()}{other.name[1:]}"
        return "NOT WORTH IT", f"{name} needs no training and is as good or better: {told}."
    better = all(each.shown and each.gain and each.gain[1] > 0 for each in others)
    over = terms.bar is None or tuned.share.bound("lower") >= terms.bar
    if better and over:
        told = f"than the best, {best.name}, by {_points(best)}"
        return "PASS", f"Tuned weights are better than everything else tried; {told}."
    if better:
        told = f"but the bar of {terms.bar:.0%} is not surely reached"
        return "UNDECIDED", f"Better than {best.name} by {_points(best)}, {told}."
    rival = next((each for each in (best, *others) if not (each.shown and each.gain and each.gain[1] > 0)), best)
    return "UNDECIDED", f"Not shown to be better than {rival.name}: {_points(rival)}. More test documents would tell."


def _makes_needless(other: Contender) -> bool:
    """True if the tuned weights are surely no more than a little better than an alternative."""
    assert other.gain
    if other.gain[2] >= NEEDLESS:
        return False
    return other.shown or other.families >= MANY_FAMILIES


def _points(other: Contender) -> str:
    assert other.gain
    gain, low, high = other.gain
    return f"{100 * gain:+.1f} points [{100 * low:+.1f}, {100 * high:+.1f}]"
