"""The estimate of a long run: from the pace of its first documents, and a few sampled files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.api import Model
from ringfence.api.model import RunDetails
from ringfence.documents import Source
from ringfence.engines import Completion, EngineRequest, FakeEngine, Request, Score, ScoreRequest
from ringfence.inference import Answerer, LoadedModel
from ringfence.planning import Estimate, Forecast
from ringfence.runs import Pace
from ringfence.runs.pace import Costs, PaceMeter
from ringfence.tasks import task_from

TASK = task_from({"name": "t", "fields": {"total": {"kind": "number"}}})


def answerer() -> Answerer:
    return Answerer(LoadedModel(FakeEngine(lambda request, prompt: " 1\n"), None, None), TASK)


def generation(identity: str, prompt: int) -> Request:
    return Request(identity, tuple(range(prompt)), 8)


def written(identity: str, tokens: int) -> Completion:
    return Completion(identity, "", tuple(range(tokens)), (), (), "stop", 0, seconds=1.0)


class Watched:
    """A meter whose clock a test sets, and what it told."""

    def __init__(self, costs: Costs) -> None:
        self.time = 100.0
        self.told: list[Pace] = []
        self.meter = PaceMeter(costs, self.told.append, lambda: self.time)

    def ask(self, *requests: EngineRequest) -> None:
        assert list(self.meter.count(requests)) == list(requests)

    def answer(self, output: Completion | Score, *waiting: EngineRequest, ends: str = "") -> None:
        if ends:
            self.meter.end(ends)
        self.meter.take(output, waiting)


@given(st.lists(st.integers(30, 500), min_size=1, max_size=40))
def test_at_the_first_end_all_documents_under_way_have_come_about_as_far(lengths: list[int]) -> None:
    watched = Watched(Costs(shared=20, written=10.0))
    watched.time += 4
    watched.ask(*(generation(str(number), length) for number, length in enumerate(lengths)))
    watched.time += 6
    watched.answer(written("0", 7), ends="0")
    (pace,) = watched.told
    assert (pace.before, pace.seconds) == (4.0, 6.0)
    assert pace.work == pytest.approx(sum(length - 20 for length in lengths) + 10 * 7 * len(lengths))
    assert (pace.more, pace.written) == (70, 7)


def test_what_is_asked_because_of_an_answer_is_work_of_its_document_as_soon_as_it_is_known() -> None:
    watched = Watched(Costs(written=10.0, keeps_prompts=True))
    watched.ask(generation("a", 100), generation("b", 100), generation("c", 100), generation("d", 100))
    scores = ScoreRequest("b\0alternatives 0", tuple(range(50)), ((1, 2), (1, 3)))
    watched.time += 10
    watched.answer(written("b", 5), scores)
    watched.answer(written("c", 5), generation("c", 120), scores)
    watched.answer(written("a", 5), ends="a")
    (pace,) = watched.told
    written_for_a, scored_for_b, looked_again_for_c = 50, 50 + 53, 50 + 50  # the engine keeps the prompt of c
    assert pace.more == pytest.approx((written_for_a + scored_for_b + looked_again_for_c) / 3)
    assert pace.work == 4 * 150


def test_documents_in_progress_will_ask_at_least_what_those_that_have_ended_asked() -> None:
    watched = Watched(Costs(written=10.0))
    watched.ask(generation("a", 100), generation("b", 100))
    scores = ScoreRequest("a\0alternatives 0", tuple(range(50)), ((1, 2), (1, 3)))
    watched.time += 10
    watched.answer(written("a", 5), scores)
    watched.answer(written("b", 5), scores)
    watched.ask(scores)
    watched.answer(Score("a\0alternatives 0", (0.0, 0.0)), ends="a")
    assert [pace.more for pace in watched.told] == [50 + 53]


def test_a_document_that_asks_nothing_says_nothing() -> None:
    watched = Watched(Costs())
    watched.ask(generation("a", 100))
    watched.meter.end("unreadable.pdf")
    watched.answer(written("a", 5), generation("a", 100))
    assert watched.told == []


@pytest.fixture
def sources(tmp_path: Path) -> list[Source]:
    for number in range(30):
        (tmp_path / f"{number:02}.txt").write_text("The total is 12.50.\n")
    return [Source(path, path.name) for path in sorted(tmp_path.iterdir())]


def test_a_run_takes_as_long_as_its_work_at_the_pace_so_far(sources: list[Source]) -> None:
    work = answerer()
    one = Forecast(work, sources[:1]).at(Pace(0.0, 1.0, 1_000, 100, 5))
    all_of_them = Forecast(work, sources).at(Pace(0.0, 1.0, 1_000, 100, 5))
    assert one.seconds is not None
    assert all_of_them.seconds == pytest.approx(30 * one.seconds)
    assert (all_of_them.documents, all_of_them.answer_tokens) == (30, 150)
    slower = Forecast(work, sources).at(Pace(2.0, 3.0, 1_000, 100, 5))
    assert slower.seconds == pytest.approx(2 + 90 * one.seconds)
    assert "30 documents" in str(all_of_them)


def test_a_limit_bounds_the_estimate(sources: list[Source]) -> None:
    assert Forecast(answerer(), sources, limit=4).at(Pace(0.0, 1.0, 1_000, 0, 0)).documents == 4


def test_documents_that_are_kept_take_no_time(sources: list[Source]) -> None:
    kept = {source.id for source in sources[:18]}
    assert Forecast(answerer(), sources, kept=kept).at(Pace(0.0, 1.0, 1_000, 0, 0)).documents == 12
    inside = sources[0].path.with_name("all.jsonl")
    inside.write_text("".join(f'{{"id": "{n}", "text": "The total is 12.50."}}\n' for n in range(9)))
    lines = Forecast(answerer(), [Source(inside, inside.name)], kept={"0", "1"})
    assert lines.at(Pace(0.0, 1.0, 1_000, 0, 0)).documents == 7


def test_a_resumed_run_estimates_what_is_left(
    sources: list[Source], tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Estimate] = []
    out = tmp_path_factory.mktemp("run") / "run"
    with Model(LoadedModel(FakeEngine(lambda request, prompt: " 12.50\n"), None, None)) as model:
        model.run(TASK, (), out, details=RunDetails(sources=sources, limit=12))
        model.run(TASK, (), out, resume=True, details=RunDetails(sources=sources, on_estimate=told.append))
    assert told[0].documents == 18


def test_files_that_cannot_be_read_give_no_time(tmp_path: Path) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"no pdf")
    assert Forecast(answerer(), [Source(broken, "broken.pdf")]).at(Pace(0.0, 1.0, 10, 0, 0)).seconds is None


def test_an_estimate_is_told_again_when_it_has_proved_wrong(
    sources: list[Source], tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds: Iterator[float] = iter([1.0, 1.1, 2.0, 2.1, *[2.0] * 26])
    monkeypatch.setattr(Forecast, "at", lambda self, pace: Estimate(30, 0, 0, next(seconds), 0))
    told: list[Estimate] = []
    with Model(LoadedModel(FakeEngine(lambda request, prompt: " 12.50\n"), None, None)) as model:
        out = tmp_path_factory.mktemp("run") / "run"
        model.run(TASK, (), out, details=RunDetails(sources=sources, on_estimate=told.append))
    assert [each.seconds for each in told] == [1.0, 2.0]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.2, "1 s"), (10, "10 s"), (89, "89 s"), (120, "2 min"), (5400, "90 min"), (27_000, "7.5 hours")],
)
def test_the_time_is_said_in_a_unit_that_fits(seconds: float, said: str) -> None:
    assert f" {said}, " in str(Estimate(20, 100, 100, seconds, 0))
