"""Inference without a folder: every kind of task counts, explains and answers through the same door."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, cast

import pytest

from ringfence.contracts import CorpusChoice, FoundPassage, Result
from ringfence.documents import Document, ReadingOptions
from ringfence.engines import FakeEngine, Request
from ringfence.errors import EngineError
from ringfence.inference import (
    Answerer,
    AnswerOptions,
    BoardHooks,
    CorpusReader,
    JobBoard,
    LoadedModel,
    ResultStream,
    TaskExecutor,
    explain_document,
)
from ringfence.tasks import task_from, task_kinds
from tests.conftest import document_of

TASKS: dict[str, dict[str, Any]] = {
    "extract": {"name": "t", "fields": {"total": {"kind": "number"}, "who": {"kind": "text"}}},
    "classify": {"kind": "classify", "name": "t", "labels": ["letter", "invoice"], "evidence": 1},
    "summarise": {"kind": "summarise", "name": "t"},
    "answer": {"kind": "answer", "name": "t"},
}
PASSAGE = FoundPassage(number=1, document="a.txt", path="a.txt", sha256="0", span=(0, 14), text="Ann pays 12.50.")


class OnePassage:
    """A corpus of one passage."""

    name, version, libraries = "one", 1, ()
    reading: ClassVar[dict[str, Any]] = {}
    choice, facts = CorpusChoice(name="one", version=1), {"digest": "sha256:one"}

    def note_run(self, run: object) -> None:
        pass

    def find(self, question: str, count: int) -> list[FoundPassage]:
        return [PASSAGE]


WRITTEN = {"answer": "Ann pays 12.50.", "extract": " 12.50\nwho: Ann\n", "summarise": "Ann pays 12.50. [1]\n"}
DOCUMENT = document_of("Ann pays 12.50 to the office.\n")


def answerer(kind: str) -> Answerer:
    good = ("invoice", "yes", " supported")
    engine = FakeEngine(
        lambda request, prompt: WRITTEN[kind], scorer=lambda prompt, text: -1.0 if text.startswith(good) else -3.0
    )
    options = AnswerOptions(corpus=cast(CorpusReader, OnePassage()) if kind == "answer" else None)
    return Answerer(LoadedModel(engine, None, None), task_from(TASKS[kind]), options)


def test_every_kind_of_task_is_tried_here() -> None:
    assert set(TASKS) == {name for name, kind in task_kinds().items() if kind.executor.startswith("ringfence.")}


@pytest.mark.parametrize("kind", TASKS)
def test_every_kind_counts_what_it_reads_of_a_document(kind: str) -> None:
    executor = answerer(kind).executor
    longer = document_of(DOCUMENT.text * 20)
    assert 0 < executor.shared_tokens() < executor.prompt_tokens(DOCUMENT) < executor.prompt_tokens(longer)


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


class _Job:
    """A job of a broken executor: it fails where ``at`` says."""

    def __init__(self, document: Document, at: str) -> None:
        self.document, self.at, self.reason, self.usage = document, at, "", None
        self.done = False

    @property
    def finished(self) -> bool:
        return self.done or bool(self.reason)

    @property
    def progress(self) -> tuple[int, int]:
        return int(self.done), 1

    def first(self) -> Iterator[Request]:
        yield Request(self.document.id, (1,), 1)
        if self.at == "first":
            raise RuntimeError("broken")

    def take(self, output: object) -> tuple[()]:
        if self.at == "take":
            raise RuntimeError("broken")
        self.done = True
        return ()

    def result(self) -> Result:
        raise RuntimeError("broken")


@pytest.mark.parametrize("at", ["first", "take", "result"])
def test_a_fault_of_ours_on_one_document_fails_that_document_once_and_nothing_else(at: str) -> None:
    class Executor:
        def job(self, document: Document, keeper: object) -> _Job:
            return _Job(document, at)

    engine, found = FakeEngine(lambda request, prompt: ""), list[Result]()
    board = JobBoard(cast(TaskExecutor, Executor()), ("solo", "sha256:0"), BoardHooks(found.append))
    for output in engine.lockstep(board.requests([DOCUMENT, document_of("other", "b.txt")])):
        board.take(output)
    board.give_up()
    assert [(result.document.id, result.status) for result in found] == [("a.txt", "failed"), ("b.txt", "failed")]
    assert all(
        "internal error (RuntimeError)"
        in str(result.reason).replace("while it was read ", "").replace("while it was merged ", "")
        for result in found
    )


def test_two_documents_with_one_id_in_a_stream_are_both_accounted_for() -> None:
    made = answerer("extract")
    results = list(ResultStream(made, iter([DOCUMENT, DOCUMENT])))
    assert sorted(result.status for result in results) == ["done", "failed"]
    assert [result.reason for result in results if result.reason] == [
        "duplicate-id: a document with this id came before"
    ]


def test_what_decides_which_text_of_a_file_is_read_is_in_the_lock() -> None:
    def lock(**options: Any) -> str:
        engine = FakeEngine(lambda request, prompt: "")
        reading = AnswerOptions(ReadingOptions(**options))
        return Answerer(LoadedModel(engine, None, None), task_from(TASKS["extract"]), reading).lock.digest

    assert len({lock(), lock(csv_rows=True), lock(text_field="body"), lock(id_field="key")}) == 4
    assert lock(passwords=("secret",)) == lock()
