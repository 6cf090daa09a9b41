"""Fine-tune weights on the gold of a task: from labels to an adapter and merged weights in the store."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from filelock import FileLock, Timeout

from ..clock import now
from ..contracts import Result
from ..documents import Document
from ..errors import InputError
from ..evaluation.evaluator import items_of_results
from ..evaluation.items import proportion_of
from ..files import write_whole
from ..hardware import energy_joules
from ..inference import Answerer, LoadedModel, ResultStream, open_engine
from ..inference.model import settings_of
from ..weights import Store
from ..weights.lora import LoraMatrices, merge
from .base import load_base, lora_of, with_lora
from .card import COMPUTED, made_with
from .checkpoint import Checkpoint, Epoch
from .data import TRAIN
from .examples import learned_share
from .parity import Parity, trainer_logprobs
from .preparation import Prepared, TuneHooks
from .publication import Published, publish
from .trainer import Step, Training

__all__ = ["Tuned", "Until", "alone_in", "train"]

CARD = "adapter.json"
Until = Literal["trained", "chosen", "published"]
ESTIMATED_AFTER = 3  # steps


@dataclass(frozen=True)
class Tuned:
    """What a training gave: its card, its epochs, and what it ``published``.

    That is None if serving differs too much from the trainer (``parity``). ``best`` and ``before``, the share right on
    the dev part without an adapter, are None until the dev part is answered.
    """

    prepared: Prepared
    published: Published | None
    epochs: Sequence[Epoch]
    best: Epoch | None
    before: float | None
    parity: Sequence[Parity]
    card: Mapping[str, Any]


@contextmanager
def alone_in(out: Path) -> Iterator[None]:
    """Work in the folder of a training. Raises InputError if another process does."""
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = FileLock(out / ".lock", mode=0o600)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise InputError(f"Another training works in {out}.", "Wait until it ends, or name another folder.") from None
    try:
        yield
    finally:
        lock.release()


def train(
    prepared: Prepared, out: Path, hooks: TuneHooks, *, resume: bool = False, until: Until = "published"
) -> Tuned:
    """Train, choose the best epoch on the dev part by the task's own metric, compare what is served, and publish.

    The dev part is answered by the engine that will serve, with the weights merged as they will be. Until ``trained``
    it is not asked, every epoch is kept, and another machine can go on; until ``chosen`` nothing goes to the store.
    Raises InputError if ``out`` holds a training and ``resume`` is not given, or holds another one.
    """
    if prepared.guarded.faults:
        raise InputError(f"Not trained: {'; '.join(prepared.guarded.faults)}.", "Mend this first.")
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    if (out / "checkpoint.safetensors").exists() and not resume:
        raise InputError(f"{out} holds a training.", "Continue it with --resume, or name another folder.")
    if resume and (finished := _finished(prepared, out / CARD, until)):
        name = finished.published.merged.manifest.name if finished.published else ""
        if prepared.terms.name and not name.startswith(f"{prepared.terms.name}-"):
            hooks.say(f"This training is in the store as {name} already; its name stays.")
        return finished
    energy, plan = energy_joules(), prepared.plan
    prepared.base.verify()
    model = with_lora(load_base(prepared.base, plan.numbers), plan)

    def evaluate(training: Training) -> float:
        return _Dev(prepared, hooks).share_right(lora_of(training.lora(), plan))

    start = Checkpoint(prepared.digest, prepared.choice, made=made_with(plan))
    training = Training(model, prepared.train, plan, out, start, None if until == "trained" else evaluate)
    resumed = resume and training.resume()
    if resumed:
        hooks.say(f"Going on from step {training.state.step} of {training.total}.")
    if until != "trained" and training.state.before is None:
        training.state.before = _Dev(prepared, hooks).share_right(None)
        hooks.say(f"Dev part before the training: {training.state.before:.1%} right.")
    first: tuple[float, int] | None = None

    def on_step(step: Step) -> None:
        nonlocal first
        hooks.on_step(step)
        if first is None:
            first = time.monotonic(), step.number
        elif step.number == first[1] + ESTIMATED_AFTER and step.total - step.number > ESTIMATED_AFTER:
            minutes = (time.monotonic() - first[0]) / ESTIMATED_AFTER * (step.total - step.number) / 60
            left = f"About {minutes:.0f} minutes" if minutes >= 1.5 else "About a minute"
            hooks.say(f"{left} of training on this machine, if all {plan.epochs} epochs are needed.")

    training.run(on_step, hooks.on_epoch)
    if skipped := training.state.skipped:
        hooks.say(f"{skipped} of {training.total} steps were left out: their gradients were no numbers.")
    lora = lora_of(training.lora(), plan)
    parity, published = (
        publish(prepared, lora, training.state.made, trainer_logprobs(training, prepared.dev), hooks)
        if until == "published"
        else ([], None)
    )
    card = _card(prepared, training, parity)
    used = energy_joules()
    # A counter that began again says nothing, nor does one that did not see the beginning.
    card["watt_hours"] = round((used - energy) / 3600, 2) if used and energy and used > energy and not resumed else None
    made = published.by_name if published else {}
    for each in fields(Published):
        card[each.name] = f"sha256:{made[each.name].manifest.digest}" if each.name in made else None
    write_whole(out / CARD, json.dumps(card, indent=1, ensure_ascii=False) + "\n", private=True)
    best = training.best if training.chosen else None
    return Tuned(prepared, published, training.state.epochs, best, card["dev_before"], parity, card)


def _finished(prepared: Prepared, path: Path, until: Until) -> Tuned | None:
    """The training that a card describes, if it is this one and, where it should be, in the store still."""
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    published = Published.of_card(card, Store())
    if card.get("configuration") != prepared.digest or (until == "published" and published is None):
        return None
    if card["best"] is not None and card.get("choice") != prepared.choice:
        return None  # its checkpoint says what differs
    if until != "trained" and card["best"] is None:
        return None
    epochs = [Epoch(**each) for each in card["epochs"]]
    parity = [Parity(**{name: value for name, value in each.items() if name != "holds"}) for each in card["parity"]]
    best = next((each for each in epochs if each.number == card["best"]), None)
    return Tuned(prepared, published, epochs, best, card["dev_before"], parity, card)


class _Dev:
    """The dev part, answered by the engine that serves."""

    def __init__(self, prepared: Prepared, hooks: TuneHooks) -> None:
        self.prepared, self.hooks = prepared, hooks

    def share_right(self, lora: LoraMatrices | None) -> float:
        """The share of right values of the dev part, with the base alone or with an adapter merged into it."""
        prepared = self.prepared
        lines = prepared.labels.part("dev")
        with TemporaryDirectory(prefix="ringfence-tune-") as folder:
            store, weights = Store(), prepared.served
            if lora:
                store = Store(Path(folder))
                weights = merge(prepared.base, lora, store, "epoch", prepared.plan.merged)
            options = prepared.options(weights)
            with closing(open_engine(prepared.engine, weights, store, settings_of(options))) as model:
                results = answers_of(
                    replace(model, options=options), prepared, [prepared.labels.documents[i] for i in sorted(lines)]
                )
        items = items_of_results(prepared.labels.task, results, lines, {}, prepared.terms.compare)
        return proportion_of(items).share


def answers_of(model: LoadedModel, prepared: Prepared, documents: Sequence[Document]) -> dict[str, Result]:
    """The results of documents on a loaded model, without a folder."""
    answerer = Answerer(model, prepared.labels.task, prepared.answer_options)
    with ResultStream(answerer, iter(documents)) as stream:
        return {result.document.id: result for result in stream}


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
        "choice": prepared.choice,
        "compare": prepared.terms.compare,
        "code": made["code"],
        "packages": made["packages"],
        "gpus": made["gpus"],
        "data": {
            "train": labels.digest(TRAIN), "dev": labels.digest("dev"), "split": f"{labels.split.digest}",
            "labels": labels.digest_of_more,
            "documents": len({each.example.document for each in examples}), "examples": len(examples),
            "training_labels": labels.origins, "values": learned, "stated": stated,
            "tokens": sum(len(each.ids) for each in examples), "trained": sum(each.trained for each in examples),
        },
        "warnings": prepared.guarded.warnings,
        "dev_before": None if training.state.before is None else round(training.state.before, 6),
        "epochs": [vars(each) for each in training.state.epochs],
        "best": training.best.number if training.chosen else None,
        "skipped_steps": training.state.skipped,
        "parity": [each.as_json() for each in parity],
        "seconds": round(sum(each.seconds for each in training.state.epochs), 1),
        "made_at": now(),
    }  # fmt: skip
