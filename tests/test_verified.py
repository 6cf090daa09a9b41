"""Engines without grammars: only what the document says is kept, asked again twice at most, and never guessed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ringfence.checker import check_run
from ringfence.documents import expand_inputs
from ringfence.engines import (
    Engine,
    EngineSettings,
    FakeEngine,
    Request,
)
from ringfence.engines.openai import OpenAiEngine
from ringfence.inference import open_engine
from ringfence.runs import RunFolder
from ringfence.tasks.extract.unconstrained import NOT_FOUND, stated_in
from ringfence.weights import Store, StoredWeights
from tests.conftest import task_of
from tests.fake_runs import latest, run
from tests.standins import Standin, running

TASK = task_of(
    who={"kind": "text"},
    total={"kind": "money", "required": True},
    unit={"kind": "choice", "options": ["kg", "m"]},
    rows={"kind": "list", "fields": {"item": {"kind": "text"}, "amount": {"kind": "money"}}},
)
TEXT = "Nordwind GmbH\nnails   5.00\nwood   7.50\nTotal EUR 12.50\n"
RIGHT = {
    "who": "Nordwind GmbH",
    "total": "EUR 12.50",
    "unit": "kg",
    "rows": [{"item": "nails", "amount": "5.00"}, {"item": "wood", "amount": "7.50"}],
}


class Free(FakeEngine):
    """A fake that takes no grammar."""

    def __init__(self, script: Callable[[Request, str], str | Exception], json_schema: bool = True) -> None:
        super().__init__(script)
        self.capabilities = replace(self.capabilities, grammar=False, json_schema=json_schema)


def go(tmp_path: Path, engine: Engine) -> dict[str, Any]:
    (tmp_path / "a.txt").write_text(TEXT)
    run(TASK, expand_inputs([tmp_path / "a.txt"]), engine, None, tmp_path / "run")
    assert check_run(tmp_path / "run").findings == []
    (result,) = latest(RunFolder.open(tmp_path / "run"))
    return result


def test_what_the_document_says_is_kept_with_its_spans(tmp_path: Path) -> None:
    engine = Free(lambda request, prompt: json.dumps(RIGHT))
    result = go(tmp_path, engine)
    assert result["grounding"] == "verified"
    assert result["values"]["who"] == "Nordwind GmbH"
    assert result["values"]["total"] == {"amount": "12.50", "currency": "EUR"}
    assert [row["item"] for row in result["values"]["rows"]] == ["nails", "wood"]
    assert result["usage"]["looks"] == 1
    assert engine.seen[0].grammar is None
    assert json.loads(str(engine.seen[0].json_schema))["required"] == list(RIGHT)


def test_what_the_document_does_not_say_is_asked_again_and_then_null_with_a_flag(tmp_path: Path) -> None:
    wrong = {**RIGHT, "total": "EUR 99.00", "rows": [{"item": "gold", "amount": "1.00"}, RIGHT["rows"][1]]}
    engine = Free(lambda request, prompt: json.dumps(wrong))
    result = go(tmp_path, engine)
    assert len(engine.seen) == 3
    assert "EUR 99.00" in engine.seen[1].messages[-1][1]
    assert result["values"]["total"] is None
    assert NOT_FOUND in result["fields"]["total"]["flags"]
    assert [row["item"] for row in result["values"]["rows"]] == ["wood"]
    assert result["left_out"] == ["rows[0]"]
    assert result["values"]["who"] == "Nordwind GmbH"


def test_a_second_answer_that_is_right_stands(tmp_path: Path) -> None:
    answers = iter([json.dumps({**RIGHT, "who": "Nord GmbH"}), json.dumps(RIGHT)])
    result = go(tmp_path, Free(lambda request, prompt: next(answers)))
    assert result["values"]["who"] == "Nordwind GmbH"
    assert result["fields"]["who"]["flags"] == []
    assert result["usage"]["looks"] == 2


def test_an_engine_that_knows_no_form_at_all_answers_in_lines(tmp_path: Path) -> None:
    text = "Here you are:\nwho: Nordwind GmbH\ntotal: EUR 12.50\nunit: kg\nrows:\n- nails | 5.00\n- wood | 7.50\n"
    result = go(tmp_path, Free(lambda request, prompt: text, json_schema=False))
    assert result["values"]["who"] == "Nordwind GmbH"
    assert len(result["values"]["rows"]) == 2


@pytest.mark.parametrize("text", ["", "{", "[]", "I cannot say.", '{"who": {"a": 1}}', '{"who": 5, "rows": "x"}'])
def test_any_answer_at_all_ends_as_a_result(tmp_path: Path, text: str) -> None:
    result = go(tmp_path, Free(lambda request, prompt: text))
    if stated_in(TASK, text) is None:
        assert result["status"] == "failed"
    else:
        assert result["values"]["who"] is None


@pytest.mark.slow
@pytest.mark.weights
@pytest.mark.parametrize("dialect", ["ollama", "tgi", "plain"])
@pytest.mark.xdist_group("llamacpp")
def test_a_real_run_over_a_server_without_grammars_is_grounded(
    small_weights: StoredWeights, tmp_path: Path, dialect: str
) -> None:
    inner = open_engine("llamacpp", small_weights, Store(), EngineSettings(cache_gib=1, max_in_flight=4)).engine
    with running(Standin(dialect, inner)) as address:
        engine = OpenAiEngine.open(Path(), EngineSettings(max_in_flight=2, server=address))
        assert (engine.capabilities.grammar, engine.capabilities.json_schema) == (False, dialect != "plain")
        result = go(tmp_path, engine)  # and what the checker finds is asserted there
        if result["status"] == "done":
            assert result["grounding"] == "verified"
        else:  # weights this small do not always come to the end of an answer
            assert result["reason"] in ("answer: it cannot be parsed", "answer: it was cut off before its end")
        assert result["usage"]["looks"] <= 3
        engine.close()
    inner.close()


REQUIRED = task_of(
    rows={"kind": "list", "fields": {"item": {"kind": "text"}, "amount": {"kind": "money", "required": True}}},
    who={"kind": "text"},
    count={"kind": "number"},
)


def ask(tmp_path: Path, text: str, *answers: Any) -> tuple[dict[str, Any], Free]:
    given = iter([json.dumps(answer) if isinstance(answer, dict) else answer for answer in answers])
    engine = Free(lambda request, prompt: next(given))
    (tmp_path / "a.txt").write_text(text)
    run(REQUIRED, expand_inputs([tmp_path / "a.txt"]), engine, None, tmp_path / "run")
    assert check_run(tmp_path / "run").findings == []
    (result,) = latest(RunFolder.open(tmp_path / "run"))
    return result, engine


def test_a_record_without_what_is_required_is_left_out_and_the_run_goes_on(tmp_path: Path) -> None:
    answer = {"rows": [{"item": "nails", "amount": None}], "who": None, "count": None}
    result, _ = ask(tmp_path, "nails   5.00", answer, answer, answer)
    assert (result["status"], result["values"]["rows"], result["left_out"]) == ("done", [], ["rows[0]"])


@pytest.mark.parametrize(
    ("field", "stated", "text"),
    [
        ("who", "Acme Holding 12 Ltd", "Nordwind GmbH\nPage 12 of 30"),
        ("count", "3 boxes of 4", "34 items"),
        ("count", "(12.50)", "paid 12.50"),
        ("count", "-12", "paid 12"),
    ],
)
def test_no_part_of_what_was_stated_stands_for_it(tmp_path: Path, field: str, stated: str, text: str) -> None:
    answer: dict[str, Any] = {"rows": [], "who": None, "count": None, field: stated}
    result, _ = ask(tmp_path, text, answer, answer, answer)
    assert result["values"][field] is None
    assert result["fields"][field]["flags"] == [NOT_FOUND]


def test_an_answer_that_was_cut_off_is_asked_again_and_then_fails(tmp_path: Path) -> None:
    cut = '{"rows": [], "who": "Nord'
    result, engine = ask(tmp_path, "Nordwind 5", cut, cut, cut)
    assert result["status"] == "failed"
    assert result["reason"] in ("answer: it cannot be parsed", "answer: it was cut off before its end")
    assert len(engine.seen) == 3


def test_a_further_look_that_fails_leaves_what_was_found(tmp_path: Path) -> None:
    answer = {"rows": [], "who": "Nordwind", "count": "99"}
    result, _ = ask(tmp_path, "Nordwind 5", answer, RuntimeError("too long"))
    assert result["values"]["who"] == "Nordwind"
    assert result["fields"]["count"]["flags"] == [NOT_FOUND]


def test_what_an_answer_passes_over_is_flagged(tmp_path: Path) -> None:
    result, _ = ask(tmp_path, "Nordwind 5", {"who": "Nordwind"})
    assert result["fields"]["count"]["flags"] == ["not-answered"]
