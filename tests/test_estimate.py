"""The estimate of a long run: from the first answer of the model, and a few sampled files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.documents import Source
from ringfence.engines import Completion, FakeEngine, Request
from ringfence.inference import Answerer, LoadedModel
from ringfence.planning import Estimate, estimate
from ringfence.runs import Pace
from ringfence.runs.pace import PaceMeter
from ringfence.tasks import task_from

TASK = task_from({"name": "t", "fields": {"total": {"kind": "number"}}})


def answerer() -> Answerer:
    return Answerer(LoadedModel(FakeEngine(lambda request, prompt: " 1\n"), None, None), TASK)


def requests(lengths: Iterable[int]) -> list[Request]:
    return [Request(str(number), tuple(range(length)), 8) for number, length in enumerate(lengths)]


def completion(tokens: int, seconds: float, error: str | None = None) -> Completion:
    written = tuple(range(tokens))
    return Completion("0", "", written, (), (), "failed" if error else "stop", 0, seconds=seconds, error=error)


@given(st.lists(st.integers(1, 500), min_size=1, max_size=40))
def test_the_pace_counts_all_requests_under_way_at_the_first_answer(lengths: list[int]) -> None:
    told: list[Pace] = []
    meter = PaceMeter(told.append)
    assert len(list(meter.count(requests(lengths)))) == len(lengths)
    meter.take(completion(0, 0.0, "the engine failed"))
    assert not told
    meter.take(completion(7, 2.0))
    meter.take(completion(9, 3.0))
    assert told == [Pace(2.0, sum(lengths), 7 * len(lengths))]


@pytest.fixture
def sources(tmp_path: Path) -> list[Source]:
    for number in range(30):
        (tmp_path / f"{number:02}.txt").write_text("The total is 12.50.\n")
    return [Source(path, path.name) for path in sorted(tmp_path.iterdir())]


def test_a_run_takes_as_long_as_its_tokens_at_the_pace_of_the_first_answer(sources: list[Source]) -> None:
    work = answerer()
    one = estimate(work, sources[:1], Pace(1.0, 1_000, 0))
    all_of_them = estimate(work, sources, Pace(1.0, 1_000, 0))
    assert one.seconds is not None
    assert all_of_them.seconds is not None
    assert all_of_them.seconds == pytest.approx(30 * one.seconds)
    assert all_of_them.documents == 30
    slower = estimate(work, sources, Pace(3.0, 1_000, 0))
    assert slower.seconds == pytest.approx(3 * all_of_them.seconds)
    assert "30 documents" in str(all_of_them)


def test_a_limit_bounds_the_estimate(sources: list[Source]) -> None:
    assert estimate(answerer(), sources, Pace(1.0, 1_000, 0), limit=4).documents == 4


def test_files_that_cannot_be_read_give_no_time(tmp_path: Path) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"no pdf")
    assert estimate(answerer(), [Source(broken, "broken.pdf")], Pace(1.0, 10, 0)).seconds is None


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.2, "1 s"), (10, "10 s"), (89, "89 s"), (120, "2 min"), (5400, "90 min"), (27_000, "7.5 hours")],
)
def test_the_time_is_said_in_a_unit_that_fits(seconds: float, said: str) -> None:
    assert f" {said}, " in str(Estimate(20, 100, 100, seconds, 0))
