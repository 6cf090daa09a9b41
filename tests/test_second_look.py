"""What the model's log-probabilities say against its answer: flags, and a second look."""

from __future__ import annotations

from typing import Any

import pytest

from ringfence.contracts import FieldAnswer
from ringfence.tasks import ExtractionPlan, prepare
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


def plan_of(text: str = PAPER, **fields: Any) -> ExtractionPlan:
    return prepare(task_of(**fields), document_of(text)).plan()


def tokens(*parts: tuple[str, float]) -> tuple[str, tuple[int, ...], tuple[float, ...]]:
    """A text with the ends and log-probabilities of its tokens."""
    text, ends = "", []
    for part, _ in parts:
        text += part
        ends.append(len(text))
    return text, tuple(ends), tuple(logprob for _, logprob in parts)


DOUBTED = tokens((" null", -1.5), ("\nwho:", 0.0), (" null", -0.1), ("\n", 0.0))
DATES = {"day": {"kind": "date"}, "who": {"kind": "text"}}
DATED = "Signed 2024-03-01 by Ann\nPaid 2024-05-05\n"


def doubted(value: float, null: float = -1.5) -> tuple[ExtractionPlan, Any]:
    """The second look at a null of the probability ``null``, and what it found with the probability ``value``."""
    plan = plan_of(DATED, **DATES)
    look = plan.second_look(DOUBTED[0], DOUBTED[1], (null, *DOUBTED[2][1:]))
    assert look is not None
    return look, tokens((" 2024-03-01", value), ("\nwho:", 0.0), (" Ann", -0.1), ("\n", 0.0))


@pytest.mark.parametrize(
    ("value", "null", "found"),
    [
        (-1.4, -1.5, "2024-03-01"),  # likelier than null
        (-2.2, -1.5, "2024-03-01"),  # less likely, but one of several dates that share the belief
        (-2.4, -1.5, None),
        (-15.0, -12.0, None),  # the model expects something that the document does not have
        (-11.0, -12.0, "2024-03-01"),
    ],
)
def test_an_unlikely_null_gives_way_only_to_a_value_that_is_likelier_or_notable(
    value: float, null: float, found: str | None
) -> None:
    look, second = doubted(value, null)
    got = look.read(*second).single
    assert got["day"].value == found
    assert got["who"].value == ("Ann" if found else None)  # the rest belongs to the answer that counts
    assert got["day"].answer.features["null_logprob"] == null
    assert look.second_look(*second) is None


def test_a_null_that_stands_against_the_model_says_that_its_value_was_not_recognised() -> None:
    look, second = doubted(-15.0, -12.0)
    assert look.read(*second).single["day"].answer.flags == ["nothing-recognised"]


LED = tokens((" 4", -0.2), ("4", -6.6), ("938", 0.0), ("\n", 0.0))


@pytest.mark.parametrize(("logprob", "value"), [(-1.0, "48812"), (-7.0, "44938")])
def test_a_value_that_was_led_astray_is_asked_again_without_it_and_the_likelier_one_counts(
    logprob: float, value: str
) -> None:
    look = plan_of(value=CODE).second_look(*LED)
    assert look is not None
    assert look.written.text == ""
    assert "44938" not in look.grammar
    assert "null" not in look.grammar
    assert look.read(*tokens((" 48812", logprob), ("\n", 0.0))).single["value"].value == value


def test_a_text_that_was_led_astray_is_asked_again_without_its_first_word() -> None:
    plan = plan_of("Lieferantenstra\u00dfe 20\nLieferant GmbH\n", seller={"kind": "text"})
    look = plan.second_look(*tokens((" Lieferanten", -0.1), ("stra\u00dfe", -15.5), (" 20", 0.0), ("\n", 0.0)))
    assert look is not None
    assert look.read(*tokens((" Lieferant", -0.3), (" GmbH", -0.1), ("\n", 0.0))).single["seller"].value == (
        "Lieferant GmbH"
    )
    assert look.rules == plan.rules  # what stands is read as before


@pytest.mark.parametrize(
    "spec", [{"kind": "code", "pattern": "44938"}, {"kind": "text", "max_segments": 200}, {"kind": "boolean"}]
)
def test_a_value_without_a_choice_or_a_whole_sentence_or_a_judgement_is_not_asked_again(spec: dict[str, Any]) -> None:
    text = "true" if spec["kind"] == "boolean" else "44938"
    assert plan_of(value=spec).second_look(*tokens((f" {text}", -9.0), ("\n", 0.0))) is None
