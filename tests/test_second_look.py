"""What the model's log-probabilities say against its answer: flags, and a second look."""

from __future__ import annotations

from typing import Any

import pytest

from ringfence.contracts import FieldAnswer
from ringfence.tasks import prepare
from tests.conftest import document_of, task_of

PAPER = "Order 44938 of Ann Lee\nOrder 48812 of Sam Hill\n"


def read(written: str, logprobs: tuple[float, ...], text: str = PAPER, **spec: Any) -> FieldAnswer:
    """The answer ``written``, whose first tokens are single characters with ``logprobs``, for one field."""
    plan = prepare(task_of(value=spec), document_of(text)).plan()
    full = f" {written}\n"
    ends = (*range(1, len(logprobs) + 1), len(full) - 1, len(full))
    return plan.read(full, ends, (*logprobs, 0.0, 0.0)).single["value"].answer


CODE = {"kind": "code", "pattern": r"\d{5}"}


def test_a_value_that_the_model_was_led_to_carries_a_flag() -> None:
    assert read("44938", (0.0, -0.3, -6.6), **CODE).flags == ["unlikely-token"]
    assert read("44938", (0.0, -0.3, -3.9), **CODE).flags == []
    assert read("Ann Lee", (0.0, -0.3, -6.6), kind="text").flags == ["unlikely-token"]


def test_an_only_candidate_carries_none_since_its_text_had_to_be_written() -> None:
    assert read("44938", (0.0, -18.0), "Order 44938, again 44938\n", **CODE).flags == []


@pytest.mark.parametrize(("logprobs", "flags"), [((-0.4, -9.5), []), ((-0.4, -9.7), ["nothing-recognised"])])
def test_a_null_against_the_model_where_nothing_was_recognised_carries_a_flag(
    logprobs: tuple[float, ...], flags: list[str]
) -> None:
    assert read("null", logprobs, kind="date").flags == flags
