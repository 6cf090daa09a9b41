"""Fields that are a whole sentence: the model is asked of single sentences, and the value is one as it stands."""

from __future__ import annotations

import itertools
import math
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.checker import check_run
from ringfence.contracts import MadeWith, ModelOptions, Result
from ringfence.documents import expand_inputs
from ringfence.engines import EngineSettings, FakeEngine, Score, ScoreRequest
from ringfence.errors import EngineError, TaskError
from ringfence.inference import Answerer, AnswerOptions, LoadedModel, Windowing, explain_document
from ringfence.inference.sentence_choice import sentence_choice
from ringfence.learning.places import places_of
from ringfence.replay import replay_run
from ringfence.runs import RunControl, RunFolder, run_task
from ringfence.tasks import Example, ExtractTask, prepare, task_from
from ringfence.tasks.extract.single_sentences import LONGEST, sentences_in
from tests.conftest import document_of, ringfence, task_of
from tests.fake_runs import opens_engine

LAW = {"kind": "text", "within": "sentence", "description": "the sentence that says which law governs"}
TERM = {"kind": "text", "within": "sentence", "description": "the sentence that says how long it lasts"}
TASK = task_of(law=LAW, title={"kind": "text"}, term=TERM)
CONTRACT = (
    "LEASE\n\n"
    "1. Term. This lease runs for three years. It then goes on from month to month.\n\n"
    "2. The tenant pays the rent on the first day of each month.\n\n"
    "3. This lease shall be governed by the laws\nof Denmark. Courts there decide on it.\n"
)
GOVERNED = "This lease shall be governed by the laws of Denmark."
RUNS = "This lease runs for three years."
MONTHLY = "It then goes on from month to month."
RENT = "The tenant pays the rent on the first day of each month."


class Lawyer(FakeEngine):
    """An engine that says yes to sentences with these log-odds, by question and sentence; -3 to all others."""

    def __init__(self, odds: dict[tuple[str, str], float], written: str = " LEASE\n", fault: str = "") -> None:
        self.odds, self.fault, self.asked = odds, fault, list[str]()
        super().__init__(
            lambda request, prompt: written, EngineSettings(), -0.1, self.level, embedder=lambda text, purpose: [1.0]
        )

    def level(self, prompt: str, text: str) -> float:
        found = (odds for (field, sentence), odds in self.odds.items() if field in prompt and sentence in prompt)
        odds = next(found, -3.0)
        return -math.log1p(math.exp(-odds if text.startswith("yes") else odds))

    def begin(self, ticket: Any) -> Any:
        output = super().begin(ticket)
        if isinstance(ticket.request, ScoreRequest):
            self.asked.append("".join(map(chr, ticket.request.prompt)))
            return Score(ticket.request.id, (), error=self.fault) if self.fault else output
        return output


def answerer(engine: FakeEngine, task: ExtractTask = TASK, options: AnswerOptions | None = None) -> Answerer:
    model = LoadedModel(engine, None, None)
    return Answerer(model, task, options or AnswerOptions(), model)


def answered(odds: dict[tuple[str, str], float], task: ExtractTask = TASK, written: str = " LEASE\n") -> Result:
    return answerer(Lawyer(odds, written), task).answer(document_of(CONTRACT)).result


def test_a_value_is_the_likeliest_sentence_where_it_stands() -> None:
    result = answered({("which law", GOVERNED): 2.5, ("which law", RENT): 1.0, ("lasts", RUNS): 2.0})
    assert result.values == {"law": GOVERNED, "title": "LEASE", "term": RUNS}
    assert list(result.fields or {}) == ["law", "title", "term"], "in the order of the task"
    law = result.field("law")
    assert [CONTRACT[start:end] for start, end in law.spans] == [GOVERNED.replace("laws of", "laws\nof")]
    assert law.kind == "derived"
    assert law.flags == []
    assert result.field("term").kind == "span"


def test_the_other_sentences_and_null_are_its_alternatives() -> None:
    law = answered({("which law", GOVERNED): 2.5, ("which law", RENT): 1.7}).field("law")
    assert [one.value for one in law.alternatives][:3] == [GOVERNED, None, RENT]
    assert sum(one.probability or 0.0 for one in law.alternatives) == pytest.approx(1, abs=0.01)
    assert law.alternatives[0].probability == pytest.approx(math.exp(law.features["logprob_mean"]), abs=0.001)


def test_null_where_no_sentence_is_likely_enough_and_a_flag_where_one_nearly_is() -> None:
    result = answered({("which law", GOVERNED): 1.5, ("lasts", RUNS): 0.0})
    assert result.values == {"law": None, "title": "LEASE", "term": None}
    assert result.field("law").flags == ["doubtful-null"]
    assert result.field("term").flags == []


def test_a_sentence_that_is_no_likelier_than_null_and_the_others_is_doubtful() -> None:
    law = answered({("which law", GOVERNED): 1.9, ("which law", RENT): 1.7}).field("law")
    assert law.raw is not None
    assert law.flags == ["doubtful-value"]


def test_the_bound_is_the_tasks() -> None:
    lax = TASK.model_copy(update={"sentence_bound": 0.5})
    assert answered({("which law", GOVERNED): 0.1}, lax).values["law"] == GOVERNED  # type: ignore[index]
    assert "sentence_bound" not in TASK.canonical(), "locks of earlier runs stay the same"
    assert lax.canonical()["sentence_bound"] == 0.5


def test_a_required_field_takes_the_likeliest() -> None:
    task = task_of(law={**LAW, "required": True})
    law = answered({("which law", GOVERNED): -1.0}, task).field("law")
    assert law.raw is not None
    assert law.flags == ["likelier-null", "doubtful-value"]
    assert None not in [one.value for one in law.alternatives]
    assert sum(one.probability or 0.0 for one in law.alternatives) < 0.1
    nothing = answerer(Lawyer({}), task).answer(document_of("LEASE\n")).result.field("law")
    assert nothing.flags == ["nothing-recognised", "required-but-absent"]


def test_sentences_side_by_side_that_are_likely_enough_are_one_value() -> None:
    term = answered({("lasts", RUNS): 2.5, ("lasts", MONTHLY): 1.9}).field("term")
    assert term.raw == f"{RUNS} {MONTHLY}"
    assert len(term.spans) == 1
    assert term.flags == []


def test_another_likely_sentence_elsewhere_is_told() -> None:
    term = answered({("lasts", RUNS): 2.5, ("lasts", RENT): 2.0}).field("term")
    assert term.raw == RUNS
    assert term.flags == [f"another-sentence: {RENT}"]


def test_a_sentence_that_is_printed_twice_has_both_places() -> None:
    text = f"{GOVERNED}\n\n{RENT}\n\n{GOVERNED}\n"
    engine = Lawyer({("which law", GOVERNED): 2.5})
    law = answerer(engine, task_of(law=LAW)).answer(document_of(text)).result.field("law")
    assert [text[start:end] for start, end in [*law.spans, *law.others]] == [GOVERNED, GOVERNED]
    assert sum(GOVERNED in prompt for prompt in engine.asked) == 1


def test_the_model_writes_only_the_other_fields() -> None:
    engine = Lawyer({})
    answerer(engine).answer(document_of(CONTRACT))
    (prompt,) = ["".join(map(chr, request.prompt)) for request in engine.seen]
    assert "title" in prompt
    assert "law" not in prompt.split("End of document")[1]
    assert not any("LEASE" in asked for asked in engine.asked), "one sentence for each question"


def test_a_task_of_sentences_alone_writes_nothing() -> None:
    engine = Lawyer({("which law", GOVERNED): 2.5})
    result = answerer(engine, task_of(law=LAW)).answer(document_of(CONTRACT)).result
    assert result.values == {"law": GOVERNED}
    assert result.status == "done"
    assert engine.seen == []
    assert result.usage is not None
    assert result.usage.prompt_tokens > 0


def test_a_sentence_can_belong_to_a_record() -> None:
    task = task_of(terms={"kind": "record", "fields": {"title": {"kind": "text"}, "law": LAW}})
    result = answered({("which law", GOVERNED): 2.5}, task)
    assert result.values == {"terms": {"title": "LEASE", "law": GOVERNED}}
    only = task_of(terms={"kind": "record", "fields": {"law": LAW}}, title={"kind": "text"})
    assert answered({("which law", GOVERNED): 2.5}, only).values == {"terms": {"law": GOVERNED}, "title": "LEASE"}


def test_checks_see_sentences_and_the_other_fields_together() -> None:
    task = task_of(["law != title"], law=LAW, title={"kind": "text"})
    assert answered({("which law", GOVERNED): 2.5}, task).checks == {"law != title": "holds"}


def test_a_document_without_sentences_has_nulls() -> None:
    result = answerer(Lawyer({}), task_of(law=LAW)).answer(document_of("LEASE\n")).result
    assert result.values == {"law": None}
    assert result.field("law").flags == ["nothing-recognised"]


def test_a_question_that_cannot_be_scored_fails_its_document() -> None:
    result = answerer(Lawyer({}, fault="too long")).answer(document_of(CONTRACT)).result
    assert result.status == "failed"
    assert result.reason == "engine: too long"


def test_every_window_of_a_long_document_is_read_and_any_sentence_of_it_found() -> None:
    filler = "".join(f"Clause {number} speaks of paint, nails and the colour of doors.\n\n" for number in range(60))
    text = f"LEASE\n\n{filler}{GOVERNED}\n"
    engine = Lawyer({("which law", GOVERNED): 2.5})
    options = AnswerOptions(windowing=Windowing(800))
    result = answerer(engine, task_of(law=LAW, title={"kind": "text"}), options).answer(document_of(text)).result
    assert len(engine.seen) > 3
    assert len(result.windows) > 3
    assert result.values["law"] == GOVERNED  # type: ignore[index]
    assert len(engine.asked) == 12, "only the likely ones are asked"


def test_an_engine_that_cannot_score_is_refused_with_a_remedy() -> None:
    engine = FakeEngine(lambda request, prompt: " LEASE\n", embedder=lambda text, purpose: [1.0])
    with pytest.raises(EngineError, match=r"cannot find the sentences of law, term") as refused:
        assert answerer(engine).executor
    assert "within a block" in str(refused.value.hint)


def test_a_field_of_a_list_is_no_sentence() -> None:
    lines = {"kind": "list", "fields": {"what": {"kind": "text", "within": "sentence"}, "price": {"kind": "money"}}}
    with pytest.raises(TaskError, match=r"what of the list lines cannot be a sentence"):
        task_from({"name": "test", "fields": {"lines": lines}})


def test_examples_have_a_line_for_what_is_written() -> None:
    assert TASK.example_fault(Example(CONTRACT, answer="title: LEASE")) is None
    assert TASK.example_fault(Example(CONTRACT, answer=f"law: {GOVERNED}\ntitle: LEASE\nterm: {RUNS}")) is None
    assert TASK.example_fault(Example(CONTRACT, answer="law: null")) is not None


def test_rankers_leave_sentences_alone() -> None:
    assert list(places_of(prepare(TASK, document_of(CONTRACT)))) == ["title"]


def test_runs_hold_check_and_replay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in").mkdir()
    for name in "ab":
        (tmp_path / "in" / f"{name}.txt").write_text(f"{name.upper()}\n\n{CONTRACT}", encoding="utf-8")
    engine = Lawyer({("which law", GOVERNED): 2.5, ("lasts", RUNS): 2.5, ("lasts", MONTHLY): 1.9}, " LEASE\n")
    out, made_with = tmp_path / "run", MadeWith(model=ModelOptions(weights="fake"))
    run_task(answerer(engine), expand_inputs([tmp_path / "in"]), out, RunControl(), made_with=made_with)
    assert [result.values for result in RunFolder.open(out).latest()] == [
        {"law": GOVERNED, "title": "LEASE", "term": f"{RUNS} {MONTHLY}"}
    ] * 2
    report = check_run(out)
    assert report.findings == []
    assert report.documents == 2
    monkeypatch.setattr("ringfence.inference.answerer.load_embedder", lambda: LoadedModel(engine, None, None))
    opens_engine(monkeypatch, engine)
    assert {outcome.word for outcome in replay_run(out).outcomes} == {"IDENTICAL"}


def test_explain_tells_of_the_sentences_that_lost() -> None:
    engine = Lawyer({("which law", GOVERNED): 2.5, ("which law", RENT): 1.7})
    explained = explain_document(answerer(engine), document_of(CONTRACT))
    assert explained.before["candidates"]["law"] == "the likely sentences of the document, asked for one by one"
    assert repr(RENT) in explained.why["law"]
    assert "lost" in explained.why["law"]


@given(st.lists(st.sampled_from([GOVERNED, RUNS, RENT, "1. Term.", "a b c " * 400, "\n", "x", "Nr. 5 vom 3. Mai"])))
def test_sentences_are_spans_of_their_document_in_order(parts: list[str]) -> None:
    document = document_of("\n\n".join(["Title", *parts]))
    found = sentences_in(document)
    starts = [sentence.places[0][0] for sentence in found]
    assert starts == sorted(starts)
    for sentence in found:
        for start, end in sentence.places:
            assert " ".join(document.text[start:end].split()) == sentence.text
            assert end - start <= LONGEST or not re.search(r"[;:]\s", document.text[start:end])
    every = sorted(place for sentence in found for place in sentence.places)
    assert all(one[1] <= two[0] for one, two in itertools.pairwise(every)), "none overlap"
    assert len({sentence.text for sentence in found}) == len(found)


def test_sentences_are_chosen_by_words_and_by_meaning() -> None:
    near = {"how long": [1.0, 0.0], RUNS: [1.0, 0.0]}
    engine = FakeEngine(lambda request, prompt: "", embedder=lambda text, purpose: near.get(text, [0.0, 1.0]))
    choose = sentence_choice(engine)
    sentences = [RENT, MONTHLY, RUNS, GOVERNED]
    (by_meaning,) = choose(["how long"], sentences)
    assert by_meaning[0] == 2
    (by_words,) = choose(["governing law"], sentences)
    assert by_words[0] == 3


def test_a_task_that_lets_sentences_be_copied_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    task = "schema: 1\nkind: extract\nname: t\nfields:\n  law: {kind: text, within: %s, max_segments: 200}\n"
    (tmp_path / "old.yaml").write_text(task % "block", encoding="utf-8")
    (tmp_path / "new.yaml").write_text(task % "sentence", encoding="utf-8")
    assert ringfence("tasks", "check", tmp_path / "old.yaml") == 0
    assert "If law ask for clauses" in " ".join(capsys.readouterr().err.split())
    assert ringfence("tasks", "check", tmp_path / "new.yaml") == 0
    assert "clauses" not in capsys.readouterr().err


WHOLE = [
    "> The parties agree that they will not\n> assign the contract to anybody else without consent.",
    "The tenant must never\n- sublet the rooms to anybody else at all\n- paint the doors without consent.",
    "The tenant shall not:\n(a) sublet the rooms to anybody else,\n(b) paint the doors.",
    "In that case the tenant is not\n- save with consent - allowed to sublet the rooms.",
    "Neither party shall be entitled to\n\nassign this contract to anybody else.",
    "Der Vertrag endet am 15. 3. 2027 und wird nicht verlängert.",
    "Dieser Mietvertrag läuft bis zum 30. 6. 2026 und nicht länger.",
    "El contrato no podrá cederse a terceros, salvo a la Sra. García.",
    "Il est régi par le droit français, cf. Article 12, sauf pour les tiers.",
    "Save to an affiliate within the meaning of Reg. S, nobody may assign it.",
    "Danish law applies.",
    "Es gilt BGB.",
    "Term: 24 months",
    "適用法は日本法とする。",
    "适用日本法。",
    "甲は「同意する。」と述べた。",
    "Danish law.",
    "10.1\tNeither party shall be entitled to\n\nassign this contract to anybody else.",
    "This lease is governed   by Danish law and   nothing else   applies to it in   any case whatsoever.",
    "Governing law: this lease is governed by the laws of the Kingdom of\n\nDenmark and no others.",
    "This agreement shall be\n\ngoverned by the laws of\n\nDenmark and the courts\n\nof Copenhagen decide.",
    "Der Mieter trägt ggf. Kosten der Reparatur.",
    "Am 1. 4. 2026 beginnt der Vertrag und endet am 30. 9. 2027.",
]


@pytest.mark.parametrize("text", WHOLE)
def test_a_sentence_is_found_whole(text: str) -> None:
    (sentence,) = sentences_in(document_of(text))
    assert sentence.text == " ".join(text.removeprefix("10.1").split())
    assert not sentence.begins_open


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        (
            "10.2 Transfer. (a) The lease lasts five years. (b) He may not sublet the rooms. (c) Danish law governs.",
            ["The lease lasts five years.", "He may not sublet the rooms.", "Danish law governs."],
        ),
        ("GOVERNING LAW: Denmark\nTERM: two years", ["GOVERNING LAW: Denmark", "TERM: two years"]),
        (
            "Clause   Text\nGoverning law   Danish law\nTerm   two years or more",
            ["Governing law Danish law", "Term two years or more"],
        ),
        ("適用法は日本法とする。契約期間は二年とする。", ["適用法は日本法とする。", "契約期間は二年とする。"]),
        ("7.1 Governing Law.\n\nDanish law governs it.", ["Danish law governs it."]),
        (
            "1. The seller delivers the goods\n2. The buyer pays the price\n3. Danish law governs the sale",
            ["The seller delivers the goods", "The buyer pays the price", "Danish law governs the sale"],
        ),
        ("The total was 12. 15 people came.", ["The total was 12.", "15 people came."]),
        ("It is as in Smith et al. The court agreed.", ["It is as in Smith et al.", "The court agreed."]),
        (
            "Limitation of Liability\n\n(a) Neither party is liable.",
            ["Limitation of Liability", "Neither party is liable."],
        ),
    ],
)
def test_list_clauses_entries_and_rows_are_sentences_of_their_own(text: str, sentences: list[str]) -> None:
    assert [sentence.text for sentence in sentences_in(document_of(text))] == sentences


@pytest.mark.parametrize(
    ("text", "piece", "flags"),
    [
        (
            "Neither party shall be entitled to\n\nPage 3 of 12\n\nassign this contract to anybody else.\n",
            "assign this contract to anybody else.",
            ["begins-open"],
        ),
        (
            "No party may assign this lease without the\n\nPage 3 of 12 pages\n\nconsent of the landlord.\n",
            "consent of the landlord.",
            ["begins-open"],
        ),
        (
            "Notice must be given within the period of\n\nPage 3 of 12\n\n24 months from the date of it.\n",
            "24 months from the date of it.",
            ["begins-open"],
        ),
        (
            "No party may assign this contract without\n\nPage 3 of 12\n\nConsent of the other one.\n",
            "No party may assign this contract without",
            ["ends-open"],
        ),
        (
            f"The supplier is not liable, {'whatever the reason of the loss may be, ' * 30};\nit is liable for intent, "
            f"{'whatever the reason of the loss may be, ' * 30}.",
            "it is liable for intent",
            ["begins-open", "ends-open"],
        ),
    ],
)
def test_what_may_be_half_a_sentence_says_so(text: str, piece: str, flags: list[str]) -> None:
    engine = Lawyer({("which law", piece): 2.5})
    law = answerer(engine, task_of(law=LAW)).answer(document_of(text)).result.field("law")
    assert piece in (law.raw or "")
    assert law.flags == flags


def test_sentences_are_joined_only_with_nothing_between_them() -> None:
    text = f"{RENT}\n\n{RUNS} {RENT} {MONTHLY}\n"
    engine = Lawyer({("lasts", RUNS): 2.5, ("lasts", MONTHLY): 2.0})
    term = answerer(engine, task_of(term=TERM)).answer(document_of(text)).result.field("term")
    assert term.raw == RUNS


@pytest.mark.parametrize("text", ["Key: " + "QUJD" * 25_000, "_" * 60_000, "甲方乙方，" * 20_000, "a\t" + "b" * 60_000])
def test_text_without_words_is_cut_as_well(text: str) -> None:
    found = sentences_in(document_of(text))
    assert all(len(sentence.text) <= LONGEST for sentence in found)
