"""Run a pilot: every contender, then the verdict and its page."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from functools import cache
from pathlib import Path

from ..contracts import CorpusChoice
from ..corpus import CorpusView, open_view
from ..documents import ReadingOptions
from ..errors import WeightsError
from ..extras import need
from ..inference import AnswerOptions, Windowing, load_embedder
from ..pilot import PilotOutcome
from ..pilot.baselines import Embed
from ..pilot.data import PilotData
from ..pilot.runner import PilotSupport, run_pilot
from ..pilot.spec import Contender
from ..runs import Progress, RunFolder
from .model import RunDetails, open_model

__all__ = ["PilotHooks", "baseline_embedder", "run_pilot_folder"]


class PilotHooks:
    """Callbacks of a pilot.

    ``say`` receives sentences for the user. ``on_event`` receives the contender's name, the number of its documents,
    and the progress of its run.
    """

    def __init__(
        self,
        say: Callable[[str], None] = lambda sentence: None,
        on_event: Callable[[str, int, Progress], None] = lambda contender, documents, progress: None,
    ) -> None:
        self.say, self.on_event = say, on_event


def run_pilot_folder(
    folder: str | Path, reading: ReadingOptions | None = None, hooks: PilotHooks | None = None
) -> PilotOutcome:
    """Run every contender and the baselines, choose on dev, and reach the verdict on test.

    Writes pilot.json and report.html. A second call keeps finished work. Raises InputError if a package is missing.
    """
    need("evaluation", "scipy", "sklearn", "matplotlib")
    from ..reports.pilot_report import write_pilot_report

    hooks, folder = hooks or PilotHooks(), Path(folder)
    view = cache(_view)  # all contenders ask one view

    def run_contender(contender: Contender, data: PilotData, out: Path) -> None:
        corpus = data.setup.corpus
        options = AnswerOptions(
            data.reading,
            Windowing(contender.window, contender.relevant),
            data.setup.pool,
            ranker=data.ranker_of(contender),
            cascade=contender.cascade,
            corpus=view(corpus.model_dump_json()) if corpus else None,
        )
        _run_contender(contender, data, out, options, hooks)

    support = PilotSupport(embedder=lambda: baseline_embedder(hooks.say), say=hooks.say)
    outcome = run_pilot(folder, reading or ReadingOptions(), run_contender, support)
    write_pilot_report(outcome, folder / "report.html")
    return outcome


def _view(corpus: str) -> CorpusView:
    return open_view(CorpusChoice.model_validate_json(corpus))


def _run_contender(contender: Contender, data: PilotData, out: Path, options: AnswerOptions, hooks: PilotHooks) -> None:
    task = data.setup.task_of(contender)
    hooks.say(f"Contender {contender.name}: {contender.weights or contender.server}")
    details = RunDetails(sources=data.sources, made_by="pilot", on_estimate=None if data.all_in(out) else _tell(hooks))
    total = len(data.sources)
    with open_model(say=hooks.say, **contender.model_options.model_dump()) as model:
        _make_room(out, model.lock(task, options).digest, hooks.say)
        model.run(
            task, (), out, resume=True, options=options, details=details,
            on_event=lambda progress: hooks.on_event(contender.name, total, progress),
        )  # fmt: skip


def _tell(hooks: PilotHooks) -> Callable[[object], None]:
    return lambda estimate: hooks.say(str(estimate))


def _make_room(out: Path, digest: str, say: Callable[[str], None]) -> None:
    """Move a run under another lock out of the way, instead of failing."""
    if (out / "run.json").exists() and (old := RunFolder.open(out).read_facts().lock.digest) != digest:
        aside = out.with_name(f"{out.name}-{old.removeprefix('sha256:')[:8]}")
        while aside.exists():
            aside = aside.with_name(aside.name + "+")
        out.rename(aside)
        say(f"An earlier run was made under another lock; it is now in {aside}.")


def baseline_embedder(say: Callable[[str], None]) -> Embed | None:
    """Return the embedder for the baseline of a classify task; None, and why, if engine or weights cannot be had."""
    if importlib.util.find_spec("onnxruntime") is None or importlib.util.find_spec("tokenizers") is None:
        say("Skipping the embedding baseline: it needs pip install 'ringfence[onnx]'.")
        return None
    try:
        return load_embedder(say).engine.embed
    except WeightsError as error:
        say(f"Skipping the embedding baseline: {error} {error.hint or ''}")
        return None
