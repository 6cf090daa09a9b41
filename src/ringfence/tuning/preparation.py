"""Before a training: what is trained where, the examples that the serving engine makes, the plan, and the faults."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ..contracts import ModelOptions
from ..engines import engine_type
from ..engines.selection import require_engine
from ..errors import InputError
from ..gold.agreement import Compare
from ..gold.source import GoldSource
from ..hardware import machine
from ..inference import AnswerOptions, Windowing, load_model
from ..inference.model import stored_weights
from ..locks import canonical_digest
from ..weights import Store, StoredWeights, require_file_name
from ..weights.model_files import files_of
from .base import base_faults, computing, require_torch, served_form, tokens_apart
from .card import configuration_digest
from .checkpoint import Epoch
from .data import TRAIN, Labels, digest_of_examples, encoded, read_labels
from .examples import Encoded, parity_fault, tunable
from .guards import Guarded, guard
from .plan import Computing, Plan, Settings, needed_gb, plan_for
from .trainer import Step

__all__ = ["Prepared", "TuneHooks", "TuneTerms", "prepare"]

MOST_APART = 0.05  # of the labelled documents: the odd letter that only one tokenizer normalises


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
    """Everything that is known before the training: labels, examples, plan, and what the guards found.

    ``base`` is what is trained from; ``served`` is what an engine here runs of it: the same weights, or the GGUF file
    that was made of safetensors; ``context`` is that of the engine, in tokens.
    """

    labels: Labels
    base: StoredWeights
    served: StoredWeights
    terms: TuneTerms
    train: list[Encoded]
    dev: list[Encoded]
    plan: Plan
    guarded: Guarded
    engine: str
    context: int
    needed_gb: float

    def options(self, weights: StoredWeights) -> ModelOptions:
        """How weights of this training are loaded."""
        return ModelOptions(weights=weights.manifest.name, engine=self.engine)

    @property
    def answer_options(self) -> AnswerOptions:
        """How documents are read and answered, in training and proof alike."""
        return AnswerOptions(windowing=self.terms.windowing)

    @property
    def digest(self) -> str:
        """The digest of what is trained. The same one, code and packages give the same adapter on the same machine."""
        return configuration_digest(
            {"base": self.base.manifest.digest, "train": digest_of_examples(self.train)}, self.plan
        )

    @property
    def choice(self) -> str:
        """The digest of what the share right on the dev part rests on, beside the adapter."""
        facts = {
            "task": self.labels.task.canonical(), "dev": self.labels.digest("dev"), "engine": self.engine,
            "windows": asdict(self.terms.windowing), "compare": self.terms.compare,
        }  # fmt: skip
        return canonical_digest(facts)


def prepare(gold: Path, source: GoldSource, terms: TuneTerms, hooks: TuneHooks) -> Prepared:
    """Read the labels, make the examples with the engine that will serve, choose the plan, and look for faults.

    Raises InputError for a task, gold or settings that cannot be trained on, all faults of the settings at once.
    """
    require_torch()
    if terms.name:
        require_file_name(terms.name)
    task = source.load_task()
    if not tunable(task):
        if task.asks_sentences:
            raise InputError(
                "The model writes no field of this task: it is asked of single sentences.",
                "Tune for a task that has other fields too.",
            )
        raise InputError(f"A {task.kind} task has no labels to train on.", "Tune for an extract or classify task.")
    labels = read_labels(gold, source, terms.labels)
    require_engine(terms.engine)
    if terms.engine != "auto" and not getattr(engine_type(terms.engine), "reads_gguf", True):
        raise InputError(
            f"While training, the dev part is answered from a GGUF file, which {terms.engine} does not run.",
            "Omit --engine; the adapter that is published runs there.",
        )
    base = stored_weights(terms.weights, Store())
    served = served_form(base, terms.settings.merged, hooks.say)
    with closing(load_model(ModelOptions(weights=served.manifest.name, engine=terms.engine), hooks.say)) as model:
        if model.weights is None:
            raise InputError("Weights behind a server cannot be tuned.", "Name weights of the store.")
        engine = model.engine
        train, _ = encoded(labels, TRAIN, engine, terms.windowing, hooks.on_documents)
        dev, _ = encoded(labels, "dev", engine, terms.windowing, hooks.on_documents)
        parity = [
            f"{each.example.document}, {fault}" for each in [*train, *dev] if (fault := parity_fault(each, engine))
        ]
        read = {i: labels.documents[i].text for part in (TRAIN, "dev") for i in labels.part(part)}
        apart = tokens_apart(base, engine, read)
        context, name = engine.capabilities.context, engine.name
    train = _share_of(train, terms)
    longest = max((len(each.ids) for each in [*train, *dev]), default=0)
    here, parameters = computing(), files_of(base).parameters
    plan = plan_for(
        terms.settings,
        parameters=parameters,
        context=context,
        longest=longest,
        documents=len({each.example.document for each in train}),
        computing=here,
        options=max(len(each.options) for each in labels.task.answer_fields().values()),
    )
    guarded = guard(labels, train, dev, parity, plan)
    guarded.faults.extend(base_faults(base, plan.numbers))
    if apart:
        grave = len(apart) > MOST_APART * len(read)
        (guarded.faults if grave else guarded.warnings).append(
            f"{len(apart)} labelled documents have other tokens by the base's own tokenizer.json, such as {apart[0]}"
        )
    needed = needed_gb(parameters, plan.numbers, max(plan.micro, plan.length))
    if memory := _memory_fault(needed, here):
        guarded.faults.append(memory)
    return Prepared(labels, base, served, terms, guarded.kept, dev, plan, guarded, name, context, needed)


def _share_of(train: list[Encoded], terms: TuneTerms) -> list[Encoded]:
    names = sorted({each.example.document for each in train})
    random.Random(f"share {terms.settings.seed or 0}").shuffle(names)
    kept = set(names[: max(1, round(terms.share * len(names)))])
    return [each for each in train if each.example.document in kept]


def _memory_fault(needed: float, here: Computing) -> str | None:
    available, of = (here.gpu_gb, "its GPU has") if here.gpu_gb else (machine().memory_gb, "this machine has")
    if needed <= available:
        return None
    return (
        f"the training needs about {needed:.1f} GB of memory, and {of} {available:.1f} GB; "
        "choose smaller weights or a smaller micro"
    )
