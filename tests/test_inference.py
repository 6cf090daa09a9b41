"""Inference without a folder: every kind of task warms up, counts, explains and answers through the same door."""

from __future__ import annotations

from typing import Any

import pytest

from ringfence.engines import FakeEngine, Request, ScoreRequest
from ringfence.errors import EngineError
from ringfence.inference import Answerer, LoadedModel, explain_document
from ringfence.tasks import task_from, task_kinds
from tests.conftest import document_of

TASKS: dict[str, dict[str, Any]] = {
    "extract": {"name": "t", "fields": {"total": {"kind": "number"}, "who": {"kind": "text"}}},
    "classify": {"kind": "classify", "name": "t", "labels": ["letter", "invoice"], "evidence": 1},
    "summarise": {"kind": "summarise", "name": "t"},
}
WRITTEN = {"extract": " 12.50\nwho: Ann\n", "summarise": "Ann pays 12.50. [1]\n"}
DOCUMENT = document_of("Ann pays 12.50 to the office.\n")


def answerer(kind: str) -> Answerer:
    engine = FakeEngine(
        lambda request, prompt: WRITTEN[kind], scorer=lambda prompt, text: -1.0 if "invoice" in text else -3.0
    )
    return Answerer(LoadedModel(engine, None, None), task_from(TASKS[kind]))


def test_every_kind_of_task_is_tried_here() -> None:
    assert set(TASKS) == {name for name, kind in task_kinds().items() if kind.executor.startswith("ringfence.")}


@pytest.mark.parametrize("kind", TASKS)
def test_every_kind_warms_up_with_its_empty_prompt(kind: str) -> None:
    made = answerer(kind)
    request = made.executor.warm_up()
    assert isinstance(request, Request | ScoreRequest)
    text = "".join(map(chr, request.prompt))
    assert "Ann" not in text
    assert made.warm_up() > 0


@pytest.mark.parametrize("kind", TASKS)
def test_every_kind_counts_what_it_reads_of_a_document(kind: str) -> None:
    executor = answerer(kind).executor
    longer = document_of(DOCUMENT.text * 20)
    assert 0 < executor.prompt_tokens(DOCUMENT) < executor.prompt_tokens(longer)


@pytest.mark.parametrize("kind", TASKS)
def test_every_kind_answers_with_a_trace_and_explains_the_same_answer(kind: str) -> None:
    made = answerer(kind)
    traced = made.answer(DOCUMENT)
    assert traced.result.status == "done", traced.result.reason
    assert traced.result.lock == made.lock.digest
    assert traced.result.usage is not None
    assert traced.result.usage.looks == len(traced.trace)
    assert [line.n for line in traced.trace] == list(range(1, len(traced.trace) + 1))
    explained = explain_document(answerer(kind), DOCUMENT)
    assert explained.result is not None
    assert explained.result.values == traced.result.values
    assert set(explained.why) == set(traced.result.fields or {})
    assert explained.as_json()["values"] == traced.result.values


def test_a_window_that_a_document_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="1 window"):
        explain_document(answerer("extract"), DOCUMENT, window=3)


def test_a_document_whose_request_fails_is_failed_and_the_next_one_is_answered() -> None:
    engine = FakeEngine(lambda request, prompt: RuntimeError("no room") if "BAD" in prompt else WRITTEN["extract"])
    made = Answerer(LoadedModel(engine, None, None), task_from(TASKS["extract"]))
    bad = made.answer(document_of("BAD 12.50\n")).result
    assert (bad.status, bad.reason) == ("failed", "engine: no room")
    assert made.answer(DOCUMENT).result.answered


def test_an_engine_that_cannot_score_is_refused_for_a_task_that_needs_scores() -> None:
    engine = FakeEngine(lambda request, prompt: "")
    with pytest.raises(EngineError, match="cannot score"):
        Answerer(LoadedModel(engine, None, None), task_from(TASKS["classify"])).answer(DOCUMENT)
