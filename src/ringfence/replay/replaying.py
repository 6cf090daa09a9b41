"""A run run again: the same documents in the same order, session by session, and a verdict on each."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..documents import ReadingOptions
from ..engines import Engine, Request, ScoreRequest
from ..errors import RunError
from ..locks import Difference
from ..runs import Opened, Progress, RunFolder, run
from ..runs.rereading import source_of
from ..runs.traces import traces_by_document
from ..tasks import Task, task_from
from .verdicts import NEAR_TIE, Verdict, verdict_on_document

__all__ = ["Ready", "Replayed", "order_of", "replay_run"]


@dataclass
class Ready:
    """What a session's replay runs with: made anew for each, so that no cache holds what an earlier one left."""

    opened: Opened
    lock: Any
    more: Mapping[str, Any]


@dataclass(frozen=True)
class Replayed:
    """The verdicts in the order of the run; ``differences`` are those of the lock that were let through."""

    verdicts: Sequence[Verdict]
    mode: str
    threshold: float
    differences: Sequence[Difference]
    of: int

    @property
    def totals(self) -> Counter[str]:
        """Documents by word."""
        return Counter(verdict.word for verdict in self.verdicts)

    @property
    def sentence(self) -> str:
        """The totals in one sentence."""
        words = ("IDENTICAL", "NEAR-TIE", "CHANGED", "NOT REPLAYED")
        counted = ", ".join(f"{self.totals[word]} {word}" for word in words if self.totals[word] or word == "IDENTICAL")
        return f"{len(self.verdicts)} of {self.of} documents replayed ({self.mode}): {counted}."


class _Remembering:
    """An engine that remembers the prompts it was given, so that alternatives can be scored behind them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.prompts: dict[str, list[tuple[int, ...]]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def generate(self, requests: Iterator[Request]) -> Iterator[Any]:
        return self._engine.generate(self._noted(requests))

    def _noted(self, requests: Iterator[Request]) -> Iterator[Request]:
        for request in requests:
            self.prompts.setdefault(request.id, []).append(request.prompt)
            yield request

    def alternatives(self, request: str, look: int, tokens: Sequence[int], one: int, other: int) -> tuple[float, str]:
        """The difference of two tokens' log-probabilities behind the same prompt and answer."""
        if not self._engine.capabilities.score:
            return 0.0, "not known"
        prompt = (*self.prompts[request][look], *tokens)
        (score,) = self._engine.score([ScoreRequest(request, prompt, ((one,), (other,)))])
        return (0.0, "not known") if score.error else (abs(score.logprobs[0] - score.logprobs[1]), "scored")


def order_of(trace: Iterable[Mapping[str, Any]]) -> dict[str, tuple[int, int]]:
    """When each document was begun: (session, place in the order of asking), from a run's trace."""
    found: dict[str, tuple[int, int]] = {}
    for line in trace:
        known = found.get(line["document"])
        if known is None or line["s"] > known[0]:
            found[line["document"]] = (line["s"], line["n"])
        elif line["s"] == known[0]:
            found[line["document"]] = (line["s"], min(line["n"], known[1]))
    return found


def replay_run(
    folder: RunFolder,
    make_ready: Callable[[Task, Mapping[str, Any]], tuple[Ready, Sequence[Difference]]],
    options: ReadingOptions,
    sample: int | None = None,
    threshold: float = NEAR_TIE,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Replayed:
    """Replay the run, or the first ``sample`` documents of it (of a solo run a spread of them: there none knows of another).

    ``make_ready(task, session)`` opens engine and lock for one session, with the differences that were let through. What
    was answered again lies in RUN/.replay until the end; an interrupted replay begins anew: answers of yesterday say
    nothing of today. Raises RunError where the run has lost results, or was never finished.
    """
    facts = folder.read_facts()
    if facts["totals"] is None or dict(folder.totals()) != facts["totals"]:
        raise RunError(
            f"The run in {folder.path} holds {folder.totals()}, and its own count is {facts['totals'] or 'not made'}.",
            "Finish it with --resume, or restore the folder from a copy.",
        )
    task = task_from(facts["task"])
    trace = list(folder.traces())
    order = order_of(trace)
    every = sorted(folder.latest(), key=lambda result: order.get(result["document"]["id"], (len(order), 0)))
    mode = str(every[0]["mode"]) if every else "solo"
    chosen = every
    if sample and sample < len(every):
        chosen = [every[len(every) * n // sample] for n in range(sample)] if mode == "solo" else every[:sample]
    shas = {result["document"]["id"]: result["document"]["sha256"] for result in every}
    before = traces_by_document(trace, shas)
    verdicts: list[Verdict] = []
    let_through: Sequence[Difference] = ()
    by_session: dict[int, list[dict[str, Any]]] = {}
    for result in chosen:
        by_session.setdefault(order.get(result["document"]["id"], (0, 0))[0], []).append(result)
    for number, results in sorted(by_session.items()):
        session = facts["sessions"][min(number, len(facts["sessions"]) - 1)]
        ready, let_through = make_ready(task, session)
        engine = _Remembering(ready.opened.engine)
        folder.exclusive()
        try:
            again = _again(
                folder, task, engine, ready, results, options, number, on_progress, len(verdicts), len(chosen)
            )
            answered = {result["document"]["id"]: result for result in again.latest()}
            after = traces_by_document(again.traces(), shas)
            for stored in results:
                name = stored["document"]["id"]
                other = answered.get(name)
                if other is None or other["document"]["sha256"] != stored["document"]["sha256"]:
                    why = "its file is gone" if other is None else "its file was changed since"
                    verdicts.append(Verdict(name, "NOT REPLAYED", why))
                    continue
                if stored["lock"] != facts["lock"]["digest"]:
                    verdicts.append(
                        Verdict(name, "CHANGED", "the stored answer is stamped with another lock than the run's")
                    )
                    continue
                verdicts.append(
                    verdict_on_document(
                        stored, other, before.get(name, {}), after.get(name, {}), engine.alternatives, threshold
                    )
                )
        finally:
            folder.release()
            shutil.rmtree(folder.path / ".replay", ignore_errors=True)
            ready.opened.engine.close()
    return Replayed(verdicts, mode, threshold, let_through, len(every))


def _again(
    folder: RunFolder,
    task: Task,
    engine: Any,
    ready: Ready,
    results: Sequence[Mapping[str, Any]],
    options: ReadingOptions,
    session: int,
    on_progress: Callable[[int, int], None],
    done: int,
    total: int,
) -> RunFolder:
    """The documents of one session, answered again into a run folder of their own."""
    out = folder.path / ".replay"
    shutil.rmtree(out, ignore_errors=True)  # of a replay that was killed
    base = folder.base()
    sources = list(dict.fromkeys(source_of(result["document"], base) for result in results))

    def told(progress: Progress) -> None:
        on_progress(done + progress.kept + sum(progress.seen.values()), total)

    run(
        task, sources, engine, ready.lock, out, only={result["document"]["id"] for result in results}, options=options,
        arguments={"session": session},
        on_progress=told, **ready.more,
    )  # fmt: skip
    return RunFolder.open(out)
