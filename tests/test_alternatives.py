"""AlternativesOption: what else a value could be, by exact probabilities of whole values; checks choose among them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ringfence.checker import check_run
from ringfence.contracts import MadeWith, ModelOptions, Result, Span
from ringfence.documents import Document, expand_inputs
from ringfence.engines import EngineSettings, FakeEngine, Score, ScoreRequest
from ringfence.inference import Answerer, AnswerOptions, BoardHooks, LoadedModel, Windowing, explain_document
from ringfence.inference.alternatives import AlternativesOption
from ringfence.replay import replay_run
from ringfence.reports import write_report
from ringfence.runs import RunFolder, run_task
from ringfence.tasks import prepare
from ringfence.tasks.extract.rivals import rivals_of
from tests.conftest import document_of, task_of
from tests.fake_runs import latest, opens_engine, run

MONEY = {"kind": "money"}
TASK = task_of(
    ["net + tax == total"],
    net=MONEY,
    tax=MONEY,
    total={"kind": "money", "required": True},
    paid={"kind": "boolean"},
    who={"kind": "text"},
)
PAPER = "Ann Smith Ltd\nnet 100.00\ntax 19.00\ntotal EUR 119.00\n"
WRITTEN = " 100.00\ntax: 100.00\ntotal: 119.00\npaid: true\nwho: Ann Smith\n"
BELIEF = {
    "net": {"100.00": 0.9, "null": 0.05},
    "tax": {"100.00": 0.6, "19.00": 0.3, "19,00": 0.05},
    "total": {"119.00": 0.8, "119,00": 0.1},
    "paid": {"true": 0.6, "false": 0.3, "null": 0.1},
    "who": {"Ann Smith": 0.5, "Ann Smith Ltd": 0.4},
}


class Believer(FakeEngine):
    """An engine that writes WRITTEN, and whose scores are those of BELIEF: a tenth of a percent for anything else."""

    def __init__(self, written: str = WRITTEN, logprob: float = -0.1, fault: str = "") -> None:
        super().__init__(lambda request, prompt: written, EngineSettings(), logprob, scorer=self.level)
        self.fault, self.scored = fault, list[ScoreRequest]()

    @staticmethod
    def level(prompt: str, text: str) -> float:
        """Behind the last value it ends its turn, ``[``, as often as it ends the line."""
        *lines, last = f"net:{text}".split("\n")
        lines += [last[:-1]] if last.endswith("[") else []
        pairs = [line.split(": ", 1) for line in lines]
        ended = math.log(0.5) * sum(name == "who" for name, _ in pairs)
        return sum(math.log(BELIEF[name].get(value, 0.001)) for name, value in pairs) + ended

    def begin(self, ticket: Any) -> Any:
        output = super().begin(ticket)
        if isinstance(ticket.request, ScoreRequest):
            self.scored.append(ticket.request)
            return Score(ticket.request.id, (), error=self.fault) if self.fault else output
        return output


def near(probability: float) -> Any:
    return pytest.approx(probability, abs=3e-3)


def answered(which: AlternativesOption, engine: FakeEngine) -> Result:
    made = Answerer(LoadedModel(engine, None, None), TASK, AnswerOptions(alternatives=which))
    return made.answer(document_of(PAPER)).result


def listed(result: Result, path: str) -> list[Any]:
    return [(one.raw, one.probability) for one in result.field(path).alternatives]


def test_values_that_break_a_check_are_weighed_and_the_check_chooses() -> None:
    engine = Believer()
    result = answered("checks", engine)
    assert result.value("tax") == {"amount": "19.00", "currency": None}
    assert result.checks == {"net + tax == total": "holds"}
    assert result.field("tax").chosen_by == "check"
    assert result.field("tax").features["logprob_mean"] == pytest.approx(math.log(0.35), abs=1e-3)
    assert listed(result, "tax") == [
        ("100.00", near(0.6)),
        ("19.00", near(0.35)),  # both ways to write it
        ("EUR 119.00", near(0.001)),
        (None, near(0.001)),
    ]
    assert listed(result, "who") == []  # in doubt, but in no check


def test_all_fields_share_one_prompt_and_one_request() -> None:
    engine = Believer()
    result = answered("all", engine)
    (request,) = engine.scored
    assert len(set(request.continuations)) == len(request.continuations)
    assert [raw for raw, _ in listed(result, "total")] == ["EUR 119.00", "100.00", "19.00"]  # it is required
    assert [(one.value, one.probability) for one in result.field("paid").alternatives] == [
        (True, near(0.6)), (False, near(0.3)), (None, near(0.1)),
    ]  # fmt: skip
    assert listed(result, "who")[:2] == [("Ann Smith", near(0.5)), ("Ann Smith Ltd", near(0.4))]
    for answer in (result.fields or {}).values():
        assert sum(one.probability or 0 for one in answer.alternatives) <= 1


def test_a_plain_value_is_listed_alone_with_its_own_probability_and_nothing_is_read_again() -> None:
    engine = Believer(WRITTEN.replace("tax: 100.00", "tax: 19.00"), logprob=-0.001)
    result = answered("all", engine)
    assert engine.scored == []
    assert listed(result, "net") == [("100.00", pytest.approx(math.exp(-0.008), abs=1e-4))]  # 7 signs and the line end


def test_weights_that_cannot_score_answer_as_before() -> None:
    engine = FakeEngine(lambda request, prompt: WRITTEN)
    result = answered("all", engine)
    assert result.answered
    assert listed(result, "net") == []
    assert result.field("tax").flags == ["check: net + tax == total", "same-place"]
    why = Answerer(LoadedModel(engine, None, None), TASK).why_unweighed
    assert why == "No alternatives: the engine fake cannot score given values here."
    assert not Answerer(LoadedModel(Believer(), None, None), TASK).why_unweighed


@pytest.mark.parametrize("which", ["checks", "all"])
def test_a_request_for_scores_that_fails_leaves_the_answer(which: AlternativesOption) -> None:
    result = answered(which, Believer(fault="it is too long"))
    assert result.value("tax") == {"amount": "100.00", "currency": None}
    assert result.field("tax").flags == ["check: net + tax == total", "same-place"]
    assert listed(result, "tax") == []


def test_the_lock_names_what_is_weighed_and_an_older_lock_weighs_nothing() -> None:
    def lock(which: AlternativesOption, engine: FakeEngine) -> Any:
        return Answerer(LoadedModel(engine, None, None), TASK, AnswerOptions(alternatives=which)).lock

    assert lock("checks", Believer()).data["alternatives"] == "checks"
    assert "alternatives" not in lock("off", Believer()).data
    assert "alternatives" not in lock("checks", FakeEngine(lambda request, prompt: "")).data
    assert lock("off", Believer()).facts.alternatives == "off"


def test_the_checker_accepts_what_a_check_chose_and_finds_what_is_not_in_the_document(tmp_path: Path) -> None:
    made = made_run(tmp_path)
    assert check_run(made).findings == []
    for lie, fault in LIES:
        results = made / "results.jsonl"
        before = results.read_text()
        line = json.loads(before)
        lie(line["fields"]["tax"])
        results.write_text(json.dumps(line) + "\n")
        assert [fault in finding.fault for finding in check_run(made).findings] == [True], fault
        results.write_text(before)


def made_run(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text(PAPER)
    run(TASK, expand_inputs([tmp_path / "in"]), Believer(), None, tmp_path / "run", arguments={"weights": "w"})
    return tmp_path / "run"


def _alternative(number: int, **changes: Any) -> Callable[[dict[str, Any]], None]:
    return lambda answer: answer["alternatives"][number].update(changes)


LIES: list[tuple[Callable[[dict[str, Any]], None], str]] = [
    (_alternative(0, raw="101.00"), "the document says '100.00' where an alternative says '101.00'"),
    (_alternative(0, probability=0.9), "probabilities"),
    (_alternative(1, raw="20.00"), "not among its alternatives"),
    (_alternative(0, spans=[]), "a text without a place"),
    (lambda answer: answer.update(chosen_by="nobody"), "chosen by 'nobody'"),
    (lambda answer: answer.update(alternatives=[]), "has no alternatives"),
]


def test_a_run_with_alternatives_replays_and_one_of_an_older_lock_is_replayed_without(tmp_path: Path) -> None:
    def words(run_folder: Path) -> list[str]:
        with pytest.MonkeyPatch.context() as patch:
            opens_engine(patch, Believer())
            return [outcome.word for outcome in replay_run(run_folder).outcomes]

    made = made_run(tmp_path)
    assert words(made) == ["IDENTICAL"]
    old = tmp_path / "old"
    answerer = Answerer(LoadedModel(Believer(), None, None), TASK, AnswerOptions(alternatives="off"))
    run_task(answerer, expand_inputs([tmp_path / "in"]), old, made_with=MadeWith(model=ModelOptions(weights="w")))
    assert "alternatives" not in RunFolder.open(old).lock().data
    assert words(old) == ["IDENTICAL"]
    assert next(latest(RunFolder.open(old)))["fields"]["tax"]["flags"] == ["check: net + tax == total", "same-place"]


def test_the_report_shows_the_alternatives_with_their_probabilities(tmp_path: Path) -> None:
    page = write_report(made_run(tmp_path)).read_text()
    assert "probability 35 % · or 100.00 (60 %)" in page
    assert "chosen by the check" in page


def test_explain_says_why_the_others_lost() -> None:
    made = Answerer(LoadedModel(Believer(), None, None), TASK, AnswerOptions())
    why = explain_document(made, document_of(PAPER)).why
    assert "chosen by the check" in why["tax"]
    assert "against its log-probability of -1.05 lost '100.00' (-0.51)" in why["tax"]


def test_an_amount_with_and_without_its_currency_is_one_rival() -> None:
    document = document_of("total 1119.00\ntotal EUR 1,119.00\n")
    plan = prepare(task_of(total=MONEY), document).plan()
    (slot,) = plan.slots(" 1119.00\n")
    rivals = rivals_of(plan, slot, "1119.00")
    assert [(rival.value, set(rival.surfaces)) for rival in rivals] == [
        ({"amount": "1119.00", "currency": None}, {"1119.00", "1119,00", "1,119.00", "EUR 1,119.00"}), (None, {"null"}),
    ]  # fmt: skip
    assert len([*rivals[0].answer.spans, *rivals[0].answer.others]) == 2


class Kept(dict[Any, dict[str, Any]]):
    """The windows' answers as the run folder keeps them: through JSON."""

    def keep_window(self, document: Document, window: Span, part: dict[str, Any]) -> None:
        self[window] = json.loads(json.dumps(part))

    def kept_windows(self, document: Document) -> dict[Span, dict[str, Any]]:
        return dict(self)


@pytest.mark.parametrize("answers_before_the_stop", [2, 100])
def test_a_long_document_that_was_interrupted_is_weighed_as_one_that_was_not(answers_before_the_stop: int) -> None:
    filler = "\n\n".join(f"Section {n}. " + "words without any worth. " * 30 for n in range(3))
    document = document_of(f"{PAPER}\n\n{filler}\n")

    def go(keeper: Kept, most: int = 1000) -> list[Result]:
        def script(request: Any, prompt: str) -> str:
            return WRITTEN if "Ann Smith" in prompt else " null\ntax: null\ntotal: null\npaid: null\nwho: null\n"

        engine, results = Believer(), list[Result]()
        engine.script = script
        answerer = Answerer(LoadedModel(engine, None, None), TASK, AnswerOptions(windowing=Windowing(1000)))
        board = answerer.board(BoardHooks(results.append), keeper=keeper)
        waiting = list(board.requests([document]))
        while waiting and most:
            request = waiting.pop(0)
            if isinstance(request, ScoreRequest) and most <= 100:
                break
            board.take(next(engine.lockstep([request])))
            waiting += board.requests([])
            most -= 1
        return results

    (whole,) = go(Kept())
    assert len(whole.windows) > 2
    assert whole.field("tax").chosen_by == "check"
    kept = Kept()
    assert go(kept, answers_before_the_stop) == []
    (again,) = go(kept)
    assert (again.values, again.fields) == (whole.values, whole.fields)
