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
from ringfence.planning import Estimate, Forecast, recall_pace, recall_spread, remember_pace
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


def test_the_last_answers_take_longer_than_those_of_a_full_batch(sources: list[Source]) -> None:
    forecast = Forecast(answerer(), sources)
    plain = forecast.at(Pace(0.0, 1.0, 1_000, 100, 5))  # of a whole earlier run
    begun, half, ended = (forecast.at(Pace(0.0, 1.0, 1_000, 100, 5, answered)) for answered in (1, 20, 30))
    assert plain.seconds is not None
    more = [each.seconds - plain.seconds for each in (begun, half, ended) if each.seconds is not None]
    assert more == pytest.approx([0.4 * 8 * 5 * 20 / 1_000, 0.4 * 8 * 5 * 10 / 1_000, 0.0])


def test_a_score_reads_its_prompt_whole() -> None:
    scores = ScoreRequest("a", tuple(range(50)), ((1, 2), (1, 3)))
    assert Costs(shared=20).of_request(scores, again=True) == 50 + 3


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
    seconds: Iterator[float] = iter([2.0, 6.0, 20.0, 21.0, *[20.0] * 26])
    monkeypatch.setattr(Forecast, "at", lambda self, pace: Estimate(30, 0, 0, next(seconds), 0))
    told: list[Estimate] = []
    shown: list[float] = []
    details = RunDetails(sources=sources, on_estimate=told.append, on_duration=shown.append)
    with Model(LoadedModel(FakeEngine(lambda request, prompt: " 12.50\n"), None, None)) as model:
        model.run(TASK, (), tmp_path_factory.mktemp("run") / "run", details=details)
    assert [each.seconds for each in told] == [2.0, 20.0]
    assert shown[:4] == [2.0, 6.0, 20.0, 21.0]  # the time that is left is always shown by the newest


def test_a_run_is_estimated_before_its_first_document_by_the_pace_of_earlier_ones(
    sources: list[Source], own_paces: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    events: list[str] = []
    out = tmp_path_factory.mktemp("runs")
    details = RunDetails(sources=sources, on_estimate=lambda estimate: events.append(str(estimate)))
    with Model(LoadedModel(FakeEngine(lambda request, prompt: " 12.50\n"), None, None)) as model:
        for name in ("first", "second"):
            events.append(name)
            model.run(TASK, (), out / name, details=details, on_event=lambda progress: events.append("ended"))
    first, second = events[: events.index("second")], events[events.index("second") :]
    assert not any("earlier runs" in event for event in first)
    assert "by the pace of earlier runs here" in second[1]
    assert "12.50" not in own_paces.read_text()


def test_the_median_speed_counts_and_the_last_documents() -> None:
    for seconds in (9.0, 1.0, 2.0, 100.0, 1.0, 1.0):  # the first has been forgotten
        remember_pace(answerer(), Pace(3.0, seconds, 1_000, seconds, 5))
    found = recall_pace(answerer())
    assert found is not None
    assert found.work / found.seconds == pytest.approx(1_000)
    assert (found.before, found.more) == (3.0, 1.0)
    assert recall_spread(answerer()) == 100.0


def test_another_task_says_nothing_of_this_one_and_a_damaged_memory_is_none(own_paces: Path) -> None:
    remember_pace(answerer(), Pace(0.0, 1.0, 1_000, 100, 5))
    other = task_from({"name": "t", "fields": {"total": {"kind": "number"}, "day": {"kind": "date"}}})
    assert recall_pace(answerer()) == Pace(0.0, 1.0, 1_000, 100, 5)
    assert recall_pace(Answerer(answerer().model, other)) is None
    own_paces.write_text(own_paces.read_text().replace('"seconds": 1.0', '"seconds": 0.0'))
    assert recall_pace(answerer()) is None
    own_paces.write_text("[{]")
    assert recall_pace(answerer()) is None


def test_a_memory_that_cannot_be_written_stops_nothing(own_paces: Path) -> None:
    own_paces.mkdir(parents=True)
    remember_pace(answerer(), Pace(0.0, 1.0, 1_000, 100, 5))
    assert recall_pace(answerer()) is None


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.2, "1 s"), (10, "10 s"), (89, "89 s"), (120, "2 min"), (5400, "90 min"), (27_000, "7.5 hours")],
)
def test_the_time_is_said_in_a_unit_that_fits(seconds: float, said: str) -> None:
    assert f" {said}, " in str(Estimate(20, 100, 100, seconds, 0))
