"""A list that other fields stand behind is asked when these are answered: what a model wrote last it goes on with."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.api.model import Model
from ringfence.engines import Request
from ringfence.engines.fake import FakeEngine
from ringfence.inference import LoadedModel
from ringfence.tasks import AnswerError
from ringfence.tasks.extract.answer_places import list_turns

from .conftest import document_of, task_of
from .test_second_look import plan_of, tokens

PAPER = "Offer 44938\n1   Walk   3   20.00   60.00\n2   Ride   1   35.00   35.00\nNet 95.00\n"
LINES = {"kind": "list", "fields": {"name": {"kind": "text"}, "amount": {"kind": "number"}}}
FIELDS: dict[str, Any] = {"offer": {"kind": "code", "pattern": r"\d{5}"}, "lines": LINES, "net": {"kind": "money"}}
SINGLE = tokens((" 44938", -0.1), ("\n", 0.0), ("net:", 0.0), (" 95.00", -0.2), ("\n", 0.0))


def test_fields_behind_a_list_are_asked_before_it_and_the_list_where_it_stands() -> None:
    plan = plan_of(PAPER, **FIELDS)
    assert "lines:" not in plan.grammar
    assert not plan.is_last
    turn = plan.second_look(*SINGLE)
    assert turn is not None
    assert turn.written.text == " 44938\nlines:"
    assert turn.is_last
    part = turn.read(" - Walk | 60.00\n- Ride | 35.00\nnet:")
    assert [record.values["name"].value for record in part.lists["lines"]] == ["Walk", "Ride"]
    assert part.written == " 44938\nlines: - Walk | 60.00\n- Ride | 35.00\nnet: 95.00\n"
    assert part.single["net"].value["amount"] == "95.00"
    assert part.single["net"].logprob == pytest.approx(-0.2)


def test_no_list_leaves_the_other_values_as_they_are() -> None:
    turn = plan_of(PAPER, **FIELDS).second_look(*SINGLE)
    assert turn is not None
    part = turn.read(" null\nnet:")
    assert part.lists == {"lines": []}
    assert part.single["net"].value["amount"] == "95.00"


def test_a_second_look_comes_before_the_list_and_one_at_the_list_keeps_the_rest() -> None:
    doubted = tokens((" 44938", -0.1), ("\n", 0.0), ("net:", 0.0), (" null", -2.0), ("\n", 0.0))
    look = plan_of(PAPER, **FIELDS).second_look(*doubted)
    assert look is not None
    assert look.written.text == " 44938\nnet:"
    turn = look.second_look(*tokens((" 95.00", -0.1), ("\n", 0.0)))
    assert turn is not None
    again = turn.second_look(*tokens((" null", -3.0), ("\n", 0.0), ("net:", 0.0)))
    assert again is not None
    assert again.written.text == " 44938\nlines:"
    part = again.read(" - Walk | 60.00\nnet:")
    assert len(part.lists["lines"]) == 1
    assert part.single["net"].value["amount"] == "95.00"


def test_a_plan_that_is_not_the_last_has_no_whole_answer() -> None:
    with pytest.raises(AnswerError):
        plan_of(PAPER, **FIELDS).read(*SINGLE)


@pytest.mark.parametrize(
    "fields", [{"offer": FIELDS["offer"], "lines": LINES}, {"lines": LINES, "net": {"kind": "money"}}]
)
def test_a_list_at_the_end_or_at_the_beginning_is_asked_in_its_turn(fields: dict[str, Any]) -> None:
    assert plan_of(PAPER, **fields).is_last


@given(st.lists(st.booleans(), min_size=1, max_size=8))
def test_every_list_between_other_fields_has_one_turn_behind_what_it_follows(is_list: list[bool]) -> None:
    names = [f"f{number}" for number in range(len(is_list))]
    lists = {name for name, listed in zip(names, is_list, strict=True) if listed}
    turns = list_turns(names, lists)
    single = [n for n, name in enumerate(names) if name not in lists]
    assert [turn.name for turn in turns] == [n for n in names[1 : max(single, default=0)] if n in lists]
    for number, turn in enumerate(turns):
        waiting = {other.name for other in turns[number:]}
        assert list(turn.known) == [name for name in names if name not in waiting]
        assert list(turn.before) == [name for name in names[: names.index(turn.name)] if name not in waiting]
        assert turn.behind == turn.known[len(turn.before)]


def test_a_list_that_the_engine_cannot_answer_fails_its_document() -> None:
    def script(request: Request, prompt: str) -> str | Exception:
        return SINGLE[0] if "lines" not in request.answer_start else RuntimeError("out of memory")

    model = Model(LoadedModel(FakeEngine(script), None, None))
    result = model.answer(task_of(**FIELDS), document_of(PAPER))
    assert result.status == "failed"


def test_a_second_look_that_fails_before_the_list_leaves_the_first_answer() -> None:
    doubted = " 44938\nnet: null\n"

    def script(request: Request, prompt: str) -> str | Exception:
        if request.answer_start.endswith("lines:"):
            return " - Walk | 60.00\nnet:"
        return RuntimeError("out of memory") if request.answer_start.endswith("net:") else doubted

    model = Model(LoadedModel(FakeEngine(script, logprob=-1.0), None, None))
    result = model.answer(task_of(**FIELDS), document_of(PAPER))
    assert result.status == "done"
    assert result.value("net") is None
    assert len(result.value("lines")) == 1
