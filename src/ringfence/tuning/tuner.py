"""Fine-tune weights on the gold of a task: from labels to an adapter and merged weights in the store."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..clock import now
from ..contracts import ModelOptions, Result
from ..documents import Document
from ..errors import EngineError, InputError, RingfenceError
from ..evaluation.evaluator import items_of_results
from ..evaluation.statistics import Proportion
from ..files import write_whole
from ..gold.agreement import Compare
from ..gold.source import GoldSource
from ..hardware import energy_joules, machine
from ..inference import Answerer, AnswerOptions, LoadedModel, ResultStream, Windowing, load_model, open_engine
from ..inference.model import settings_of
from ..locks import canonical_digest
from ..weights import Store, StoredWeights
from ..weights.lora import LoraMatrices, merge, publish_adapter
from .base import computing, load_base, lora_of, parameters_of, require_torch, with_lora
from .card import COMPUTED, configuration_digest, made_with
from .checkpoint import Checkpoint, Epoch
from .data import TRAIN, Labels, digest_of_examples, encoded, read_labels
from .examples import Encoded, learned_share, parity_fault, tunable
from .guards import Guarded, guard
from .parity import Parity, compare_with, trainer_logprobs
from .plan import Computing, Plan, Settings, needed_gb, plan_for
from .trainer import Step, Training

__all__ = ["Prepared", "TuneHooks", "TuneTerms", "Tuned", "prepare", "train"]

CARD = "adapter.json"
ESTIMATED_AFTER = 3  # steps


@dataclass(frozen=True)
class TuneTerms:
    """What is trained where: the weights and the engine that serves them, the settings, and the name of the result.

    ``share`` of the training documents is used, drawn by the seed (for a learning curve); ``compare`` says how text is
    compared with gold. ``labels`` are files of training labels, such as accepted answers of larger weights.
    """

    weights: str = "demo"
    engine: str = "auto"
    settings: Settings = field(default_factory=Settings)
    windowing: Windowing = field(default_factory=Windowing)
    name: str = ""
    share: float = 1.0
    compare: Compare = "words"
    labels: Sequence[Path] = ()


@dataclass(frozen=True)
class TuneHooks:
    """Callbacks: sentences for the user, each step, each epoch, and how many documents are prepared."""

    say: Callable[[str], None] = lambda sentence: None
    on_step: Callable[[Step], None] = lambda step: None
    on_epoch: Callable[[Epoch], None] = lambda epoch: None
    on_documents: Callable[[int, int], None] = lambda done, total: None


@dataclass(frozen=True)
class Prepared:
    """Everything that is known before the training: labels, examples, plan, and what the guards found."""

    labels: Labels
    base: StoredWeights
    terms: TuneTerms
    train: list[Encoded]
    dev: list[Encoded]
    plan: Plan
    guarded: Guarded
    engine: str
    needed_gb: float

    @property
    def digest(self) -> str:
        """The digest of what is trained. The same one, code and packages give the same adapter on the same machine."""
        return configuration_digest(
            {"base": self.base.manifest.digest, "train": digest_of_examples(self.train),
             "dev": self.labels.digest("dev"), "engine": self.engine},
            self.plan,
        )  # fmt: skip


@dataclass(frozen=True)
class Tuned:
    """What a training gave: the adapter and the merged weights in the store, its card, and its epochs.

    Both are None if serving them differs too much from the trainer (``parity``).
    """

    prepared: Prepared
    adapter: StoredWeights | None
    merged: StoredWeights | None
    epochs: Sequence[Epoch]
    best: Epoch
    before: float
    parity: Sequence[Parity]
    card: Mapping[str, Any]


def prepare(gold: Path, source: GoldSource, terms: TuneTerms, hooks: TuneHooks) -> Prepared:
    """Read the labels, make the examples with the engine that will serve, choose the plan, and look for faults.

    Raises InputError for a task, gold or settings that cannot be trained on, all faults of the settings at once.
    """
    require_torch()
    task = source.load_task()
    if not tunable(task):
        raise InputError(f"A {task.kind} task has no labels to train on.", "Tune for an extract or classify task.")
    labels = read_labels(gold, source, terms.labels)
    model = load_model(ModelOptions(weights=terms.weights, engine=terms.engine), hooks.say)
    with closing(model):
        if model.weights is None:
            raise InputError("Weights behind a server cannot be tuned.", "Name weights of the store.")
        engine = model.engine
        train, _ = encoded(labels, TRAIN, engine, terms.windowing, hooks.on_documents)
        dev, _ = encoded(labels, "dev", engine, terms.windowing, hooks.on_documents)
        parity = [
            f"{each.example.document}, {fault}" for each in [*train, *dev] if (fault := parity_fault(each, engine))
        ]
        context, base, name = engine.capabilities.context, model.weights, engine.name
    train = _share_of(train, terms)
    longest = max((len(each.ids) for each in [*train, *dev]), default=0)
    here, parameters = computing(), parameters_of(base)
    plan = plan_for(
        terms.settings,
        parameters=parameters,
        context=context,
        longest=longest,
        documents=len({each.example.document for each in train}),
        computing=here,
    )
    guarded = guard(labels, train, parity, plan)
    needed = needed_gb(parameters, plan.numbers, max(plan.micro, plan.length))
    if memory := _memory_fault(needed, here):
        guarded.faults.append(memory)
    return Prepared(labels, base, terms, guarded.kept, dev, plan, guarded, name, needed)


def _share_of(train: list[Encoded], terms: TuneTerms) -> list[Encoded]:
    import random

    names = sorted({each.example.document for each in train})
    random.Random(f"share {terms.settings.seed or 0}").shuffle(names)
    kept = set(names[: max(1, round(terms.share * len(names)))])
    return [each for each in train if each.example.document in kept]


def _memory_fault(prepared_gb: float, here: Computing) -> str | None:
    available, of = (here.gpu_gb, "its GPU has") if here.gpu_gb else (machine().memory_gb, "this machine has")
    if prepared_gb <= available:
        return None
    return (
        f"the training needs about {prepared_gb:.1f} GB of memory, and {of} {available:.1f} GB; "
        "choose smaller weights or a smaller micro"
    )


def train(prepared: Prepared, out: Path, hooks: TuneHooks, *, resume: bool = False, publish: bool = True) -> Tuned:
    """Train, choose the best epoch on the dev part by the task's own metric, compare what is served, and publish.

    The dev part is answered by the engine that will serve, with the weights merged as they will be. Without
    ``publish`` nothing goes to the store. Raises InputError if ``out`` holds a training and ``resume`` is not given,
    or holds another one.
    """
    if prepared.guarded.faults:
        raise InputError(f"Not trained: {'; '.join(prepared.guarded.faults)}.", "Mend this first.")
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    if (out / "checkpoint.safetensors").exists() and not resume:
        raise InputError(f"{out} holds a training.", "Continue it with --resume, or name another folder.")
    if resume and (finished := _finished(prepared, out / CARD, published=publish)):
        return finished
    energy, plan = energy_joules(), prepared.plan
    model = with_lora(load_base(prepared.base, plan.numbers), plan)

    def evaluate(training: Training) -> float:
        return _Dev(prepared, hooks).share_right(lora_of(training.lora(), plan))

    start = Checkpoint(prepared.digest, made=made_with(plan))
    training = Training(model, prepared.train, plan, out, start, evaluate)
    resumed = resume and training.resume()
    if resumed:
        hooks.say(f"Going on from step {training.state.step} of {training.total}.")
    else:
        training.state.before = _Dev(prepared, hooks).share_right(None)
        hooks.say(f"Dev part before the training: {training.state.before:.1%} right.")
    told = len(training.state.epochs)
    first: tuple[float, int] | None = None

    def on_step(step: Step) -> None:
        nonlocal told, first
        hooks.on_step(step)
        if first is None:
            first = time.monotonic(), step.number
        elif step.number == first[1] + ESTIMATED_AFTER:
            left = (time.monotonic() - first[0]) / ESTIMATED_AFTER * (step.total - step.number) / 60
            hooks.say(f"About {left:.0f} minutes of training on this machine, if all {plan.epochs} epochs are needed.")
        for epoch in training.state.epochs[told:]:
            hooks.on_epoch(epoch)
        told = len(training.state.epochs)

    best = training.run(on_step)  # an interruption may come within a step, so the last checkpoint counts
    for epoch in training.state.epochs[told:]:
        hooks.on_epoch(epoch)
    if skipped := training.state.skipped:
        hooks.say(f"{skipped} of {training.total} steps were left out: their gradients were no numbers.")
    lora = lora_of(training.lora(), plan)
    parity, adapter, merged = (
        _published(prepared, lora, training.state.made, trainer_logprobs(training, prepared.dev), hooks)
        if publish
        else ([], None, None)
    )
    card = _card(prepared, training, parity)
    used = energy_joules()
    # A counter that began again says nothing, nor does one that did not see the beginning.
    card["watt_hours"] = round((used - energy) / 3600, 2) if used and energy and used > energy and not resumed else None
    card["adapter"] = f"sha256:{adapter.manifest.digest}" if adapter else None
    card["merged"] = f"sha256:{merged.manifest.digest}" if merged else None
    write_whole(out / CARD, json.dumps(card, indent=1, ensure_ascii=False) + "\n", private=True)
    return Tuned(prepared, adapter, merged, training.state.epochs, best, card["dev_before"], parity, card)


def _finished(prepared: Prepared, path: Path, *, published: bool) -> Tuned | None:
    """The training that a card describes, if it is this one and, where it should be, in the store still."""
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if card.get("configuration") != prepared.digest:
        return None
    store, names = Store(), [card.get("merged"), card.get("adapter")]
    merged, adapter = (store.find(name) if name else None for name in names)
    if published and (merged is None or adapter is None):
        return None
    epochs = [Epoch(**each) for each in card["epochs"]]
    parity = [Parity(**{name: value for name, value in each.items() if name != "holds"}) for each in card["parity"]]
    best = next(each for each in epochs if each.number == card["best"])
    return Tuned(prepared, adapter, merged, epochs, best, card["dev_before"], parity, card)


class _Dev:
    """The dev part, answered by the engine that serves."""

    def __init__(self, prepared: Prepared, hooks: TuneHooks) -> None:
        self.prepared, self.hooks = prepared, hooks

    def share_right(self, lora: LoraMatrices | None) -> float:
        """The share of right values of the dev part, with the base alone or with an adapter merged into it."""
        prepared = self.prepared
        lines = prepared.labels.part("dev")
        with TemporaryDirectory(prefix="ringfence-tune-") as folder:
            store, weights = Store(), prepared.base
            if lora:
                store = Store(Path(folder))
                weights = merge(prepared.base, lora, store, "epoch", prepared.plan.merged)
            options = ModelOptions(weights=weights.manifest.name, engine=prepared.engine)
            with closing(open_engine(prepared.engine, weights, store, settings_of(options))) as model:
                results = answers_of(
                    replace(model, options=options), prepared, [prepared.labels.documents[i] for i in sorted(lines)]
                )
        items = items_of_results(prepared.labels.task, results, lines, {}, prepared.terms.compare)
        return Proportion.of([item.right for item in items], [item.family for item in items]).share


def answers_of(model: LoadedModel, prepared: Prepared, documents: Sequence[Document]) -> dict[str, Result]:
    """The results of documents on a loaded model, without a folder."""
    options = AnswerOptions(windowing=prepared.terms.windowing)
    with ResultStream(Answerer(model, prepared.labels.task, options), iter(documents)) as stream:
        return {result.document.id: result for result in stream}


def _published(
    prepared: Prepared, lora: LoraMatrices, made: Mapping[str, Any], trained: Sequence[float], hooks: TuneHooks
) -> tuple[list[Parity], StoredWeights | None, StoredWeights | None]:
    """Publish adapter and merged weights, unless the served answers differ from the trainer's."""
    store, name = Store(), prepared.terms.name or f"{prepared.base.manifest.name}-{prepared.labels.task.name}"
    short = canonical_digest([prepared.digest, made]).removeprefix("sha256:")[:8]
    merged = merge(prepared.base, lora, store, f"{name}-{short}", prepared.plan.merged)
    adapter = publish_adapter(prepared.base, lora, store, f"{name}-{short}-adapter")
    ways: list[tuple[str, str, StoredWeights, StoredWeights | None]] = [
        ("merged weights", engine, merged, None) for engine in dict.fromkeys((prepared.engine, "llamacpp"))
    ]
    ways.append(("adapter on its base", "llamacpp", prepared.base, adapter))
    parity = []
    for served, engine, weights, extra in ways:
        try:
            options = ModelOptions(weights=weights.manifest.name, engine=engine)
            with closing(open_engine(engine, weights, store, settings_of(options), adapter=extra)) as model:
                parity.append(compare_with(served, model.engine, prepared.dev, trained))
        except (EngineError, RingfenceError) as error:
            parity.append(Parity(served, engine, 0, 0.0, 0.0, str(error)))
    if parity[0].holds:
        return parity, adapter, merged
    hooks.say("Not published: what is served differs from what was trained.")
    store.remove(merged.manifest.name)
    store.remove(adapter.manifest.name)
    return parity, None, None


def _card(prepared: Prepared, training: Training, parity: Sequence[Parity]) -> dict[str, Any]:
    labels, examples, made = prepared.labels, prepared.train, training.state.made
    learned, stated = learned_share([each.example for each in examples])
    return {
        "schema": 1,
        "kind": "lora",
        "task": labels.task.name,
        "prompt": labels.task.prompt_version,
        "base": {"name": prepared.base.manifest.name, "digest": f"sha256:{prepared.base.manifest.digest}",
                 "licence": prepared.base.manifest.licence},
        "plan": {**prepared.plan.as_json(), **{name: made[name] for name in COMPUTED}},
        "configuration": prepared.digest,
        "code": made["code"],
        "packages": made["packages"],
        "gpus": made["gpus"],
        "data": {
            "train": labels.digest(TRAIN), "dev": labels.digest("dev"), "split": f"{labels.split.digest}",
            "documents": len({each.example.document for each in examples}), "examples": len(examples),
            "training_labels": _origins(labels), "values": learned, "stated": stated,
            "tokens": sum(len(each.ids) for each in examples), "trained": sum(each.trained for each in examples),
        },
        "warnings": prepared.guarded.warnings,
        "dev_before": round(training.state.before or 0.0, 6),
        "epochs": [vars(each) for each in training.state.epochs],
        "best": training.best.number,
        "skipped_steps": training.state.skipped,
        "parity": [each.as_json() for each in parity],
        "seconds": round(sum(each.seconds for each in training.state.epochs), 1),
        "made_at": now(),
    }  # fmt: skip


def _origins(labels: Labels) -> dict[str, int]:
    """The training labels beside the gold, by origin, by who accepted them, and by the weights that answered."""
    return dict(Counter(f"{one.origin}, {one.accepted_by}, {one.weights}" for one, _ in labels.more))
