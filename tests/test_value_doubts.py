"""A value that is less likely than everything else together says so."""

from __future__ import annotations

import math
from typing import Any

import pytest

from ringfence.contracts import Alternative, FieldAnswer
from ringfence.tasks.extract.doubts import belief_doubts

DOUBTED = ["doubtful-value"]


def answer(**facts: Any) -> FieldAnswer:
    """The answer of a field with a value at a place, whose features are the further ``facts``."""
    return FieldAnswer(raw="12", spans=[(5, 7)], kind="derived", features={"logprob_min": -0.1, **facts})


def weighed(**shares: float) -> FieldAnswer:
    """The answer 12, which is certain by its tokens, among the values with ``shares`` of the probability."""
    values = [Alternative(value=name[1:], raw=name[1:], spans=[(5, 7)], probability=p) for name, p in shares.items()]
    return answer().model_copy(update={"alternatives": values})


@pytest.mark.parametrize(("logprob", "flags"), [(math.log(0.51), []), (math.log(0.49), DOUBTED), (None, [])])
def test_a_token_below_one_half_makes_a_value_doubtful(logprob: float | None, flags: list[str]) -> None:
    assert belief_doubts(answer(logprob_min=logprob), "12") == flags


def test_the_probability_among_the_alternatives_counts_more_than_tokens() -> None:
    assert belief_doubts(weighed(_12=0.4, _13=0.35), "12") == DOUBTED
    assert belief_doubts(weighed(_12=0.0, _13=0.9), "12") == DOUBTED
    sure = weighed(_12=0.6, _13=0.3).model_copy(update={"features": {"logprob_min": -3.0}})
    assert belief_doubts(sure, "12") == []


def test_an_only_candidate_had_to_be_written() -> None:
    assert belief_doubts(answer(logprob_min=-2.0, candidates=1), "12") == []
    assert belief_doubts(answer(logprob_min=-2.0, candidates=2), "12") == DOUBTED


def test_a_null_has_doubts_of_its_own_and_an_unlikely_token_says_more() -> None:
    assert belief_doubts(FieldAnswer(kind="null", features={"logprob_min": -2.0}), None) == []
    assert belief_doubts(answer(logprob_min=-5.0).model_copy(update={"flags": ["unlikely-token"]}), "12") == []


@pytest.mark.parametrize(("who", "flags"), [("ranker", DOUBTED), ("check", []), ("label", []), ("period", [])])
def test_what_the_page_decided_is_not_doubted_for_its_log_probability(who: str, flags: list[str]) -> None:
    assert belief_doubts(weighed(_12=0.1, _13=0.8).model_copy(update={"chosen_by": who}), "12") == flags


def test_an_answer_from_a_closed_list_is_told_from_null_by_its_value() -> None:
    options = [Alternative(value=True, probability=0.55), Alternative(value=None, probability=0.45)]
    said = FieldAnswer(kind="judged", alternatives=options)
    assert belief_doubts(said, True) == []
    assert belief_doubts(said.model_copy(update={"alternatives": options[::-1]}), True) == []
