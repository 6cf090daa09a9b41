"""Replay a run: the same documents in the same order, session by session, with an outcome for each."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast, get_args

from pydantic import ValidationError

from ..contracts import ModelOptions, Result, SessionFacts, TraceLine
from ..corpus import open_view
from ..documents import ReadingOptions
from ..engines import Engine, EngineOutput, EngineRequest, ScoreRequest
from ..errors import InputError, RunError
from ..inference import Answerer, AnswerOptions, Windowing, load_model
from ..inference.example_pool import read_examples
from ..learning import read_ranker
from ..locks import Difference, differences
from ..runs import Progress, RunControl, RunFolder, RunHooks, run_task
from ..runs.source_documents import sources_of
from ..runs.trace import traces_by_document
from ..tasks import Task, task_from
from .claims import differing_claims
from .flag_bounds import crossed_bound
from .outcome import (
    NEAR_TIE,
    OutcomeWord,
    RecordedAnswers,
    ReplayOutcome,
    compare_results,
)

__all__ = [
    "LockDiffersError",
    "ReplayOptions",
    "ReplayReport",
    "order_of",
    "replay_run",
    "session_options",
    "recorded_options",
]

OnProgress = Callable[[int, int], None]


class LockDiffersError(InputError):
    """Raised if this machine does not match the lock of a run; ``differences`` lists every difference."""

    def __init__(self, run: Path, lock_differences: Sequence[Difference]) -> None:
        super().__init__(
            f"This machine does not match the lock of {run}; {len(lock_differences)} differences:\n"
            + "\n".join(f"  {difference}" for difference in lock_differences),
            "Restore the locked state. --despite replays anyway, and reports the outcome.",
        )
        self.differences = list(lock_differences)


@dataclass(frozen=True)
class ReplayOptions:
    """How a run is replayed.

    ``sample`` is the largest number of documents: the first ones of a batched run, or evenly spaced ones of a solo run,
    whose answers do not depend on each other. Two tokens closer than ``threshold`` nats are a near tie. ``despite``
    replays although the lock does not match, with the model options in ``changed``.
    """

    sample: int | None = None
    threshold: float = NEAR_TIE
    despite: bool = False
    changed: Mapping[str, Any] = field(default_factory=dict)
    passwords: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReplayReport:
    """The outcomes in the order of the run. ``differences`` are the lock differences that ``despite`` accepted."""

    outcomes: Sequence[ReplayOutcome]
    mode: str
    threshold: float
    differences: Sequence[Difference]
    documents: int

    @property
    def totals(self) -> Counter[str]:
        """The number of documents by outcome."""
        return Counter(outcome.word for outcome in self.outcomes)

    @property
    def identical(self) -> bool:
        """True if every replayed document is identical, and there is at least one."""
        return bool(self.outcomes) and set(self.totals) == {"IDENTICAL"}

    @property
    def sentence(self) -> str:
        """The totals in one sentence."""
        words = [word for word in get_args(OutcomeWord) if self.totals[word]] or ["IDENTICAL"]
        counted = ", ".join(f"{self.totals[word]} {word}" for word in words)
        return f"{len(self.outcomes)} of {self.documents} documents replayed ({self.mode}): {counted}."

    def as_json(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "schema": 1,
            "mode": self.mode,
            "threshold": self.threshold,
            "documents": self.documents,
            "totals": dict(self.totals),
            "lock_differences": [difference.path for difference in self.differences],
            "verdicts": [outcome.as_json() for outcome in self.outcomes],
        }


class _RecordingEngine:
    """An engine that records its prompts, so that alternatives can be scored after them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.prompts: dict[str, list[tuple[int, ...]]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def lockstep(self, requests: Iterable[EngineRequest]) -> Iterator[EngineOutput]:
        return self._engine.lockstep(self._recorded(requests))

    def _recorded(self, requests: Iterable[EngineRequest]) -> Iterator[EngineRequest]:
        for request in requests:
            self.prompts.setdefault(request.id, []).append(request.prompt)
            yield request

    def margin(self, request: str, look: int, tokens: Sequence[int], first: int, second: int) -> tuple[float, str]:
        """Return the difference of two tokens' log-probabilities after the same prompt and tokens, and the method."""
        if not self._engine.capabilities.score:
            return 0.0, "not known"
        prompt = (*self.prompts[request][look], *tokens)
        (score,) = self._engine.score([ScoreRequest(request, prompt, ((first,), (second,)))])
        return (0.0, "not known") if score.error else (abs(score.logprobs[0] - score.logprobs[1]), "scored")


def order_of(trace: Iterable[TraceLine]) -> dict[str, tuple[int, int]]:
    """Return for each document of a trace its session, and the number of its first request in that session."""
    order: dict[str, tuple[int, int]] = {}
    for line in trace:
        known = order.get(line.document)
        if known is None or line.s > known[0]:
            order[line.document] = (line.s, line.n)
        elif line.s == known[0]:
            order[line.document] = (line.s, min(line.n, known[1]))
    return order


def session_options(folder: RunFolder, session: SessionFacts) -> ModelOptions:
    """Return the model options of a session, with weights and adapter as the lock's digests, and the lock's engine.

    Raises InputError if the run does not record its options.
    """
    options = session.made_with.model
    if options is None:
        raise InputError("The run does not record its model options.", "Run it again with this version to replay it.")
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
    """Replay a run folder under its lock, with the options of its sessions.

    Each session gets its own model, so that no cache contains data of an earlier session. New answers are in
    RUN/.replay until the end. An interrupted replay starts from the beginning: earlier answers are no evidence about
    the machine now. Raises RunError if the run has lost results or is not finished, and LockDiffersError if this
    machine does not match the lock.
    """
    options = options or ReplayOptions()
    folder = RunFolder.open(run)
    facts = folder.read_facts()
    if facts.totals is None or dict(folder.totals()) != facts.totals:
        raise RunError(
            f"The run in {folder.path} contains {folder.totals()}, but run.json counts {facts.totals or 'none yet'}.",
            "Finish it with --resume, or restore the folder from a copy.",
        )
    plan = _ReplayPlan.of(folder, options.sample)
    outcomes: list[ReplayOutcome] = []
    accepted: Sequence[Difference] = ()
    for number, results in sorted(plan.by_session.items()):
        session = facts.sessions[min(number, len(facts.sessions) - 1)]
        with _opened(folder, session, options) as (answerer, let_through):
            accepted, done = let_through, len(outcomes)
            outcomes += _replay_session(
                folder, answerer, _SessionPlan(number, session, results, plan, bool(let_through)),
                options, lambda seen, done=done: on_progress(done + seen, plan.chosen),  # type: ignore[misc]
            )  # fmt: skip
    return ReplayReport(outcomes, plan.mode, options.threshold, accepted, plan.documents)


@dataclass(frozen=True)
class _ReplayPlan:
    """The documents to replay, by the session that answered them."""

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
        mode = str(folder.lock().facts.engine.settings.get("mode", "solo"))
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
    under_other_lock: bool


def _changed(options: ModelOptions, changed: Mapping[str, Any]) -> ModelOptions:
    """Return the options with changes. Raises InputError for an option that does not exist or a wrong value."""
    try:
        return ModelOptions.model_validate({**options.model_dump(), **changed})
    except ValidationError as error:
        names = ", ".join(str(fault["loc"][0]) for fault in error.errors())
        known = ", ".join(ModelOptions.model_fields)
        raise InputError(f"These changed options are wrong: {names}.", f"The options are: {known}.") from None


@contextmanager
def _opened(
    folder: RunFolder, session: SessionFacts, options: ReplayOptions
) -> Iterator[tuple[Answerer, Sequence[Difference]]]:
    """Open the run's model with its task; yields the answerer and the accepted lock differences."""
    task = task_from(folder.read_facts().task)
    model_options = _changed(session_options(folder, session), options.changed)
    model = load_model(model_options, trust_changed=options.despite)
    try:
        engine = cast(Engine, _RecordingEngine(model.engine))
        answerer = Answerer(
            replace(model, engine=engine), task, recorded_options(folder, session, task, options.passwords)
        )
        expected = folder.lock().but(calibrator=None)
        lock_differences = differences(expected.data, answerer.lock.data)
        if lock_differences and not options.despite:
            raise LockDiffersError(folder.path, lock_differences)
        yield answerer, lock_differences
    finally:
        model.close()


def recorded_options(
    folder: RunFolder, session: SessionFacts, task: Task, passwords: tuple[str, ...] = ()
) -> AnswerOptions:
    """How a session of a run read and answered its documents, without its calibrator."""
    pool = folder.pool if folder.pool.exists() else None
    if pool is None and session.made_with.pool:  # an earlier version stored only the path
        pool = folder.base() / session.made_with.pool
    return AnswerOptions(
        reading=ReadingOptions.of_run(folder.read_facts().reading, passwords),
        windowing=Windowing(**folder.lock().facts.windows),
        pool=read_examples(pool, task) if pool else (),
        alternatives=folder.lock().facts.alternatives,
        ranker=read_ranker(folder.ranker) if folder.lock().facts.ranker else None,
        cascade=folder.lock().facts.cascade,
        corpus=open_view(session.made_with.corpus) if session.made_with.corpus else None,
    )


def _with_claims(
    outcome: ReplayOutcome,
    stored: Result,
    replayed: Result,
    answers: tuple[RecordedAnswers, RecordedAnswers],
    threshold: float,
) -> ReplayOutcome:
    """Return the outcome, or CHANGED if the results of one answer state different things of it.

    It is NEAR-TIE if nothing differs but flags of log-probabilities that were as near to their bounds.
    """
    before, _ = answers
    if len({line.s for lines in before.values() for line in lines}) > 1:  # it counts the last session's requests only
        replayed = replayed.model_copy(update={"usage": stored.usage})
    claims = differing_claims(stored, replayed, exact=outcome.drift == 0) if outcome.same else ()
    if not claims:
        return outcome
    why = f"the same answer, but the result states something else: {', '.join(claims)}"
    crossed = crossed_bound(stored, replayed, answers)
    if crossed is None:
        return replace(outcome, word="CHANGED", why=why)
    margin, flag = crossed
    why += f"; a token was {margin:.3f} from the bound of {flag}"
    word: OutcomeWord = "NEAR-TIE" if margin <= threshold else "CHANGED"
    return replace(outcome, word=word, why=why, margin=round(margin, 4), method="bound of a flag")


def _replay_session(
    folder: RunFolder,
    answerer: Answerer,
    session: _SessionPlan,
    options: ReplayOptions,
    on_document: Callable[[int], None],
) -> list[ReplayOutcome]:
    """Answer the documents of one session again, into a separate run folder, and compare them."""
    engine = cast(_RecordingEngine, answerer.engine)
    out = folder.path / ".replay"
    folder.exclusive()
    try:
        shutil.rmtree(out, ignore_errors=True)  # a killed replay leaves it
        base = folder.base()
        sources = sources_of(session.results, base)

        def on_progress(progress: Progress) -> None:
            on_document(progress.kept + sum(progress.seen.values()))

        only = {result.document.id for result in session.results}
        run_task(answerer, sources, out, RunControl(only=only), RunHooks(on_progress=on_progress))
        again = RunFolder.open(out)
        answered = {result.document.id: result for result in again.latest()}
        before = traces_by_document(session.plan.trace, session.plan.contents)
        after = traces_by_document(again.traces(), session.plan.contents)
        lock = folder.read_facts().lock.digest
        outcomes = []
        for stored in session.results:
            name = stored.document.id
            replayed = answered.get(name)
            if replayed is None or replayed.document.sha256 != stored.document.sha256:
                why = "its file is missing" if replayed is None else "its file has changed"
                outcomes.append(ReplayOutcome(name, "NOT REPLAYED", why))
            elif stored.lock != lock:
                why = "the stored answer has another lock than the run"
                outcomes.append(ReplayOutcome(name, "CHANGED", why))
            else:
                traces = before.get(name, {}), after.get(name, {})
                outcome = compare_results(stored, replayed, *traces, engine.margin, options.threshold)
                outcomes.append(
                    outcome
                    if session.under_other_lock
                    else _with_claims(outcome, stored, replayed, traces, options.threshold)
                )
        return outcomes
    finally:
        shutil.rmtree(out, ignore_errors=True)  # before another replay may begin
        folder.release()
