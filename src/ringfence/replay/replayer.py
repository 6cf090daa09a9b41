"""Run a run again: the same documents in the same order, session by session, with a verdict on each."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from ..contracts import ModelOptions, Result, SessionFacts, TraceLine
from ..documents import ReadingOptions
from ..engines import Engine, EngineOutput, EngineRequest, ScoreRequest
from ..errors import InputError, RunError
from ..inference import Answerer, AnswerOptions, Windowing, load_model
from ..inference.example_pool import read_examples
from ..locks import Difference, differences
from ..runs import Progress, RunControl, RunFolder, RunHooks, run_task
from ..runs.source_documents import source_of
from ..runs.trace import traces_by_document
from ..tasks import Task, task_from
from .outcome import NEAR_TIE, ReplayOutcome, compare_results

__all__ = ["LockDiffersError", "ReplayOptions", "ReplayReport", "order_of", "replay_run", "session_options"]

OnProgress = Callable[[int, int], None]


class LockDiffersError(InputError):
    """This machine does not match the lock of a run; ``differences`` holds all of them."""

    def __init__(self, run: Path, found: Sequence[Difference]) -> None:
        super().__init__(
            f"This machine does not match the lock of {run}; {len(found)} differences:\n"
            + "\n".join(f"  {one}" for one in found),
            "Put back what was locked. --despite replays all the same, and reports what comes out.",
        )
        self.differences = list(found)


@dataclass(frozen=True)
class ReplayOptions:
    """How a run is replayed.

    ``sample`` bounds the documents (of a batched run the first ones, of a solo run a spread of them: there none knows
    of another). Two tokens closer than ``threshold`` nats are a near tie. ``despite`` replays although the lock does
    not match, with ``changed`` options of the model.
    """

    sample: int | None = None
    threshold: float = NEAR_TIE
    despite: bool = False
    changed: Mapping[str, Any] = field(default_factory=dict)
    passwords: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReplayReport:
    """The outcomes in the order of the run; ``differences`` are those of the lock that were let through."""

    outcomes: Sequence[ReplayOutcome]
    mode: str
    threshold: float
    differences: Sequence[Difference]
    documents: int

    @property
    def totals(self) -> Counter[str]:
        """Documents by verdict."""
        return Counter(outcome.word for outcome in self.outcomes)

    @property
    def identical(self) -> bool:
        """Whether every replayed document came out the same, and there was at least one."""
        return bool(self.outcomes) and set(self.totals) == {"IDENTICAL"}

    @property
    def sentence(self) -> str:
        """The totals in one sentence."""
        words = ("IDENTICAL", "NEAR-TIE", "CHANGED", "NOT REPLAYED")
        counted = ", ".join(f"{self.totals[word]} {word}" for word in words if self.totals[word] or word == "IDENTICAL")
        return f"{len(self.outcomes)} of {self.documents} documents replayed ({self.mode}): {counted}."

    def as_json(self) -> dict[str, Any]:
        """The report for machines."""
        return {
            "schema": 1,
            "mode": self.mode,
            "threshold": self.threshold,
            "documents": self.documents,
            "totals": dict(self.totals),
            "lock_differences": [one.path for one in self.differences],
            "verdicts": [one.as_json() for one in self.outcomes],
        }


class _Remembering:
    """An engine that remembers the prompts it was given, so that alternatives can be scored behind them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.prompts: dict[str, list[tuple[int, ...]]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def lockstep(self, requests: Iterable[EngineRequest]) -> Iterator[EngineOutput]:
        return self._engine.lockstep(self._noted(requests))

    def _noted(self, requests: Iterable[EngineRequest]) -> Iterator[EngineRequest]:
        for request in requests:
            self.prompts.setdefault(request.id, []).append(request.prompt)
            yield request

    def margin(self, request: str, look: int, tokens: Sequence[int], first: int, second: int) -> tuple[float, str]:
        """The difference of two tokens' log-probabilities behind the same prompt and answer, and how it is known."""
        if not self._engine.capabilities.score:
            return 0.0, "not known"
        prompt = (*self.prompts[request][look], *tokens)
        (score,) = self._engine.score([ScoreRequest(request, prompt, ((first,), (second,)))])
        return (0.0, "not known") if score.error else (abs(score.logprobs[0] - score.logprobs[1]), "scored")


def order_of(trace: Iterable[TraceLine]) -> dict[str, tuple[int, int]]:
    """When each document was begun: (session, place in the order of asking), from a run's trace."""
    found: dict[str, tuple[int, int]] = {}
    for line in trace:
        known = found.get(line.document)
        if known is None or line.s > known[0]:
            found[line.document] = (line.s, line.n)
        elif line.s == known[0]:
            found[line.document] = (line.s, min(line.n, known[1]))
    return found


def session_options(folder: RunFolder, session: SessionFacts) -> ModelOptions:
    """What a session ran with: its own options, and the weights, adapter and engine of the lock by digest.

    Raises InputError for a run that does not say it.
    """
    options = session.made_with.model
    if options is None:
        raise InputError("The run does not say what it ran with.", "Run it again with this version to replay it.")
    lock = folder.lock().facts
    exact = {"engine": lock.engine.name}
    if lock.weights.digest:
        exact["weights"] = lock.weights.digest.removeprefix("sha256:")
    if lock.adapter:
        exact["adapter"] = lock.adapter.digest.removeprefix("sha256:")
    return options.model_copy(update=exact)


def replay_run(
    run: Path, options: ReplayOptions | None = None, on_progress: OnProgress = lambda done, total: None
) -> ReplayReport:
    """Replay a run folder with what its lock and its sessions say.

    Each session gets a model of its own, so that no cache holds what an earlier one left. New answers lie in RUN/.replay
    until the end; an interrupted replay begins anew: yesterday's answers say nothing about today. Raises RunError if the
    run lost results or was never finished, LockDiffersError if this machine does not match the lock.
    """
    options = options or ReplayOptions()
    folder = RunFolder.open(run)
    facts = folder.read_facts()
    if facts.totals is None or dict(folder.totals()) != facts.totals:
        raise RunError(
            f"The run in {folder.path} holds {folder.totals()}, and its own count is {facts.totals or 'not made'}.",
            "Finish it with --resume, or restore the folder from a copy.",
        )
    plan = _ReplayPlan.of(folder, options.sample)
    outcomes: list[ReplayOutcome] = []
    let_through: Sequence[Difference] = ()
    for number, results in sorted(plan.by_session.items()):
        session = facts.sessions[min(number, len(facts.sessions) - 1)]
        with _opened(folder, session, options) as (answerer, let_through):
            done = len(outcomes)
            outcomes += _replay_session(
                folder, answerer, _SessionPlan(number, session, results, plan),
                options, lambda seen, done=done: on_progress(done + seen, plan.chosen),  # type: ignore[misc]
            )  # fmt: skip
    return ReplayReport(outcomes, plan.mode, options.threshold, let_through, plan.documents)


@dataclass(frozen=True)
class _ReplayPlan:
    """Which documents of a run are replayed, by the session that answered them."""

    by_session: dict[int, list[Result]]
    contents: dict[str, str | None]
    trace: list[TraceLine]
    mode: str
    documents: int

    @property
    def chosen(self) -> int:
        return sum(map(len, self.by_session.values()))

    @classmethod
    def of(cls, folder: RunFolder, sample: int | None) -> _ReplayPlan:
        trace = list(folder.traces())
        order = order_of(trace)
        every = sorted(folder.latest(), key=lambda result: order.get(result.document.id, (len(order), 0)))
        mode = str(every[0].mode) if every else "solo"
        chosen = every
        if sample and sample < len(every):
            chosen = [every[len(every) * n // sample] for n in range(sample)] if mode == "solo" else every[:sample]
        by_session: dict[int, list[Result]] = {}
        for result in chosen:
            by_session.setdefault(order.get(result.document.id, (0, 0))[0], []).append(result)
        contents = {result.document.id: result.document.sha256 for result in every}
        return cls(by_session, contents, trace, mode, len(every))


@dataclass(frozen=True)
class _SessionPlan:
    number: int
    facts: SessionFacts
    results: Sequence[Result]
    plan: _ReplayPlan


@contextmanager
def _opened(
    folder: RunFolder, session: SessionFacts, options: ReplayOptions
) -> Iterator[tuple[Answerer, Sequence[Difference]]]:
    """The task of the run on its model again, with the differences of the lock that were let through."""
    task = task_from(folder.read_facts().task)
    model_options = session_options(folder, session).model_copy(update=dict(options.changed))
    model = load_model(model_options, trust_changed=options.despite)
    try:
        remembering = cast(Engine, _Remembering(model.engine))
        answerer = Answerer(replace(model, engine=remembering), task, _answer_options(folder, session, task, options))
        expected = folder.lock().but(calibrator=None)
        found = differences(expected.data, answerer.lock.data)
        if found and not options.despite:
            raise LockDiffersError(folder.path, found)
        yield answerer, found
    finally:
        model.close()


def _answer_options(folder: RunFolder, session: SessionFacts, task: Task, options: ReplayOptions) -> AnswerOptions:
    pool = folder.pool if folder.pool.exists() else None
    if pool is None and session.made_with.pool:  # a run of an earlier version names the file
        pool = folder.base() / session.made_with.pool
    return AnswerOptions(
        reading=ReadingOptions.of_run(folder.read_facts().reading, options.passwords),
        windowing=Windowing(**folder.lock().facts.windows),
        pool=read_examples(pool, task) if pool else (),
    )


def _replay_session(
    folder: RunFolder,
    answerer: Answerer,
    session: _SessionPlan,
    options: ReplayOptions,
    on_document: Callable[[int], None],
) -> list[ReplayOutcome]:
    """The documents of one session, answered again into a run folder of their own, and compared."""
    engine = cast(_Remembering, answerer.engine)
    out = folder.path / ".replay"
    folder.exclusive()
    try:
        shutil.rmtree(out, ignore_errors=True)  # of a replay that was killed
        base = folder.base()
        sources = list(dict.fromkeys(source_of(result.document, base) for result in session.results))

        def tell(progress: Progress) -> None:
            on_document(progress.kept + sum(progress.seen.values()))

        only = {result.document.id for result in session.results}
        control = RunControl(only=only, warm_up=session.facts.made_with.warmed)
        run_task(answerer, sources, out, control, RunHooks(on_progress=tell))
        again = RunFolder.open(out)
        answered = {result.document.id: result for result in again.latest()}
        before = traces_by_document(session.plan.trace, session.plan.contents)
        after = traces_by_document(again.traces(), session.plan.contents)
        lock = folder.read_facts().lock.digest
        outcomes = []
        for stored in session.results:
            name = stored.document.id
            found = answered.get(name)
            if found is None or found.document.sha256 != stored.document.sha256:
                why = "its file is gone" if found is None else "its file was changed since"
                outcomes.append(ReplayOutcome(name, "NOT REPLAYED", why))
            elif stored.lock != lock:
                why = "the stored answer is stamped with another lock than the run's"
                outcomes.append(ReplayOutcome(name, "CHANGED", why))
            else:
                traces = before.get(name, {}), after.get(name, {})
                outcomes.append(compare_results(stored, found, *traces, engine.margin, options.threshold))
        return outcomes
    finally:
        folder.release()
        shutil.rmtree(out, ignore_errors=True)
