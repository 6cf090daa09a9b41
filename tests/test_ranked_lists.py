"""A ranker learns which rows of a list are records, and which of their cells is which field."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ringfence.checker import check_run
from ringfence.contracts import GoldLine
from ringfence.documents import Document, expand_inputs, read_documents
from ringfence.engines import FakeEngine, Request
from ringfence.evaluation.evaluator import evaluate_run
from ringfence.evaluation.learned import LearnedRanker, LearnTerms, learn
from ringfence.gold.source import GoldSource
from ringfence.inference import Answerer, AnswerOptions, LoadedModel
from ringfence.labels.doubts import DoubtReader
from ringfence.learning import Labelled, ListMixture, Ranker, Sureness, answer_of, fit_ranker, label, read_ranker
from ringfence.pilot.baselines import BaselineData, write_baselines
from ringfence.runs import RunFolder
from ringfence.tasks import ExtractTask
from ringfence.tasks.extract.answer import Answer
from tests.bills import BILL, bill, gold_of_bill, write_bills
from tests.conftest import document_of, ringfence, task_of
from tests.fake_runs import opens_engine
from tests.test_ranker import answers, run_on

LABELLED = 24
FRESH = range(100, 109)
NAMES: dict[str, Any] = {"kind": "list", "fields": {"name": {"kind": "text"}}}


def labelled(task: ExtractTask, papers: list[tuple[str, dict[str, Any]]]) -> list[Labelled]:
    """Labelled papers, each its own family."""
    return [
        label(task, document_of(text, f"{n}.txt"), GoldLine(document=f"{n}.txt", values=values), str(n))
        for n, (text, values) in enumerate(papers)
    ]


def learned_from(task: ExtractTask, papers: list[tuple[str, dict[str, Any]]]) -> Ranker:
    return fit_ranker(task, labelled(task, papers), {})


@pytest.fixture(scope="module")
def ranker() -> Ranker:
    return learned_from(BILL, [(bill(n), gold_of_bill(n)) for n in range(LABELLED)])


def number_of(prompt: str) -> int:
    """The number of the bill in a prompt."""
    return next(n for n in itertools.chain(range(LABELLED), FRESH) if f" {4000 + n} " in " ".join(prompt.split()))


def written(number: int, rows: slice = slice(None), cut: bool = False) -> str:
    """What a model writes about a bill: some of its rows, with the names cut to a word or not."""
    gold = gold_of_bill(number)
    lines = "".join(
        f"\n- {line['name'].split()[0] if cut else line['name']} | {line['quantity']} | {line['price']} | "
        f"{line['amount']}"
        for line in gold["lines"][rows]
    )
    return f" {gold['total']['amount']}\nlines:{lines}\n"


def poor_engine() -> FakeEngine:
    """An engine that sees only the first row of each table, and half of its name."""

    def script(request: Request, prompt: str) -> str:
        return written(number_of(prompt), slice(1), cut=True)

    return FakeEngine(script)


def good_engine() -> FakeEngine:
    return FakeEngine(lambda request, prompt: written(number_of(prompt)))


def fresh_bills(folder: Path) -> Path:
    bills = folder / "new"
    bills.mkdir()
    for number in FRESH:
        (bills / f"{number}.txt").write_text(bill(number), encoding="utf-8")
    return bills


def learn_beside(engine: FakeEngine, folder: Path) -> LearnedRanker:
    bills, gold = write_bills(folder, LABELLED)
    run_on(engine, folder / "run", bills, BILL)
    return learn(gold, GoldSource(), [folder / "run"], LearnTerms(curve=False))


@pytest.fixture
def learned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LearnedRanker:
    monkeypatch.chdir(tmp_path)
    return learn_beside(poor_engine(), tmp_path)


def test_it_finds_the_records_of_documents_that_it_has_not_seen(ranker: Ranker) -> None:
    for number in FRESH:
        document = document_of(bill(number))
        found = ranker.alone(BILL, document)
        assert found is not None
        answer = found[0]
        assert answer.values == gold_of_bill(number)
        rows = answer.rows["lines"]
        assert [document.text[start:].split("\n")[0] for start in rows] == [
            next(line for line in bill(number).split("\n") if line.endswith(row["amount"]) and row["price"] in line)
            for row in gold_of_bill(number)["lines"]
        ]
        assert {entry.chosen_by for entry in answer.fields.values()} == {"ranker"}


LINES = sorted({line for n in range(9) for line in bill(n).split("\n")})


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(LINES), max_size=30))
@example([])
@example(
    ["Article   Quantity   Price   Amount", "Drill black   9   50.00   450.00", "Drill black   9   50.00   450.00"]
)
def test_whatever_the_page_every_value_stands_in_its_own_row(ranker: Ranker, lines: list[str]) -> None:
    """Rows are in order and disjoint, each begins at a line, and each value is the text at its span."""
    document = document_of("\n".join(["A page", *lines]))
    ranked = ranker.ranked_lists(BILL, document)["lines"]
    anchors = ranked.anchors()
    assert all(first < second for first, second in itertools.pairwise(anchors))
    assert {line.start for line in document.lines}.issuperset(anchors)
    assert 0 <= ranked.least <= 1
    for path, entry, weighed in ranked.entries("lines"):
        row = int(path[len("lines[") : path.index("]")])
        end = anchors[row + 1] if row + 1 < len(anchors) else len(document.text)
        assert sum(math.exp(each.logprob) for each in weighed) == pytest.approx(1)
        if entry.kind != "null":
            ((start, stop),) = entry.spans
            assert anchors[row] <= start < stop <= end
            assert document.text[start:stop] == entry.raw


def test_no_value_of_the_gold_can_be_read_from_it() -> None:
    def renamed(text: str, number: int) -> str:
        return text.replace("Bucket", "Zwirnspule") if number < 13 else text

    rare = [(renamed(bill(n), n), json.loads(renamed(json.dumps(gold_of_bill(n)), n))) for n in range(LABELLED)]
    assert sum("Zwirnspule" in text for text, _ in rare) == 2  # of two colours
    stored = json.dumps(learned_from(BILL, rare).as_json()).casefold()
    assert "hammer" in stored  # a word of many values
    assert "zwirnspule" not in stored


def test_a_labelled_document_is_answered_by_models_that_have_not_seen_its_family() -> None:
    """All bills of a family have a table that no other family has: seen by models of their own, it would be found."""
    odd = [
        (f"Zeile {n}\n9   9   {word}\n", {"total": None, "lines": [
            {"name": word, "quantity": "9", "price": "9", "amount": None}]})
        for n, word in enumerate(["Anton", "Berta", "Caesar", "Dora"])
    ]  # fmt: skip
    papers = [*((bill(n), gold_of_bill(n)) for n in range(12)), *odd]
    families = [str(n) if n < 12 else "odd" for n in range(16)]
    documents = [dataclasses.replace(each, family=family) for each, family in
                 zip(labelled(BILL, papers), families, strict=True)]  # fmt: skip
    ranker = fit_ranker(BILL, documents, {})
    assert len({ranker.folds[each.text] for each in documents[12:]}) == 1
    held_out = ranker.ranked_lists(BILL, document_of(odd[0][0]))["lines"]
    assert held_out.values() == []
    everything = dataclasses.replace(ranker, folds={})
    assert len(everything.ranked_lists(BILL, document_of(odd[0][0]))["lines"].records) == 1


def test_a_run_with_it_is_right_checked_and_replayed(
    learned: LearnedRanker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, out = poor_engine(), tmp_path / "with"
    run_on(engine, out, fresh_bills(tmp_path), BILL, ranker=learned.ranker)
    for result in answers(out):
        assert result.values == gold_of_bill(int(result.document.id.removesuffix(".txt")))
        assert set((result.checks or {}).values()) == {"holds"}
        name, amount = result.field("lines[0].name"), result.field("lines[0].amount")
        assert (name.chosen_by, name.features["model_chose"]) == ("ranker", False)
        assert (amount.chosen_by, amount.features["model_chose"]) == (None, True)
    assert [(one.field, one.fault) for one in check_run(out).findings] == []
    opens_engine(monkeypatch, engine)
    assert ringfence("replay", out) == 0
    assert ringfence("report", out) == 0
    assert ringfence("export", out, "--format", "csv", "--out", tmp_path / "values.csv") == 0


def test_learning_counts_values_and_whole_records_as_an_evaluation_does(learned: LearnedRanker, tmp_path: Path) -> None:
    records = sum(len(gold_of_bill(n)["lines"]) for n in range(LABELLED))
    found = {each.field: each for each in learned.fields}
    assert sorted(found) == ["lines", "lines.amount", "lines.name", "lines.price", "lines.quantity", "total"]
    assert {each.total for name, each in found.items() if name != "total"} == {records}
    assert {(each.ranker, each.both) for name, each in found.items() if name != "total"} == {(records, records)}
    assert found["lines"].model == 0
    figures = evaluate_run(RunFolder.open(tmp_path / "run"), tmp_path / "gold.jsonl").evaluation.fields
    right = {each.name: each.exact.right for each in figures}
    assert right == {name: each.model for name, each in found.items() if name != "lines"}
    (lines,) = learned.lists
    assert lines.used
    assert lines.gain[1] > 0.5
    assert learned.as_json()["lists"] == [{"name": "lines", "gain": lines.gain, "used": True}]
    assert learned.gain is not None
    assert learned.gain[1] > 0.4


def test_records_stay_as_the_model_wrote_them_where_labels_show_no_gain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    learned = learn_beside(good_engine(), tmp_path)
    assert [(each.used, each.gain) for each in learned.lists] == [(False, (0.0, 0.0, 0.0))]
    assert "no gain" in str(learned.lists[0])
    assert learned.ranker.lists == {}
    assert "lines" not in json.loads(json.dumps(learned.ranker.as_json())).get("lists", {})
    document = document_of(bill(101))
    said = Answerer(LoadedModel(poor_engine(), None, None), BILL).answer(document).result
    answer = answer_of(said)
    weighed = learned.ranker.weigh(BILL, document, answer)
    assert (weighed.values["lines"], weighed.rows) == (answer.values["lines"], answer.rows)
    assert all(weighed.fields[path] is entry for path, entry in answer.fields.items() if path.startswith("lines["))


def test_a_record_that_only_the_model_sees_counts_by_its_weight(ranker: Ranker) -> None:
    """What a weight fitted on gold says decides, in both directions."""
    document = document_of(bill(102))
    said = Answerer(LoadedModel(good_engine(), None, None), BILL).answer(document).result
    blind = dataclasses.replace(
        ranker, models=[{**ranker.models[0], "lines": dataclasses.replace(ranker.models[0]["lines"], null=50.0)}]
    )
    trusting = dataclasses.replace(blind, lists={"lines": ListMixture(1.0, 200.0, 0.0)})
    doubting = dataclasses.replace(blind, lists={"lines": ListMixture(1.0, 1.0, 0.0)})
    assert trusting.weigh(BILL, document, answer_of(said)).values["lines"] == gold_of_bill(102)["lines"]
    assert doubting.weigh(BILL, document, answer_of(said)).values["lines"] == []


def test_an_answer_that_does_not_tell_where_its_records_begin_keeps_them(learned: LearnedRanker) -> None:
    document = document_of(bill(101))
    said = Answerer(LoadedModel(poor_engine(), None, None), BILL).answer(document).result
    assert said.values is not None
    assert said.fields is not None
    weighed = learned.ranker.weigh(BILL, document, Answer(said.values, said.fields, {}, {}))
    assert weighed.values["lines"] == said.values["lines"]


def test_a_cascade_answers_tasks_with_lists(ranker: Ranker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    sure = dataclasses.replace(ranker, sureness=Sureness(0.8, LABELLED, LABELLED, 0, 0.1, 0.1))
    bills, out = fresh_bills(tmp_path), tmp_path / "run"
    wrong = bill(102).replace("Total   ", "Total   9")  # then the amounts do not sum up to it
    (bills / "102.txt").write_text(wrong, encoding="utf-8")

    def script(request: Request, prompt: str) -> str:
        assert number_of(prompt) == 102
        return " null\nlines: null\n"

    run_on(FakeEngine(script), out, bills, BILL, ranker=sure, cascade=True)
    by = {result.document.id: result for result in answers(out)}
    assert by.pop("102.txt").grounding == "decoded"
    assert {result.grounding for result in by.values()} == {"ranked"}
    assert all(result.values == gold_of_bill(int(name.removesuffix(".txt"))) for name, result in by.items())
    assert [(one.field, one.fault) for one in check_run(out).findings] == []


def test_how_sure_a_document_is_covers_its_rows_and_cells(ranker: Ranker) -> None:
    clear = ranker.alone(BILL, document_of(bill(103)))
    assert clear is not None
    for doubtful in (
        bill(103).replace("To pay   ", "5   6   sold   as seen   it is\nTo pay   "),  # a row?
        bill(103).replace("   30.00   ", "   30.00   31.00   "),  # which cell?
    ):
        found = ranker.alone(BILL, document_of(doubtful))
        assert found is not None
        assert found[1] < clear[1] - 0.05
        doubt = DoubtReader(BILL, ranker).of(document_of(doubtful), [])
        assert doubt.share > DoubtReader(BILL, ranker).of(document_of(bill(103)), []).share


def test_the_command_prints_what_it_brings_to_lists(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bills, gold = write_bills(tmp_path, LABELLED)
    run_on(poor_engine(), tmp_path / "run", bills, BILL)
    (tmp_path / "task.json").write_text(json.dumps(BILL.canonical()), encoding="utf-8")
    out = tmp_path / "ranker.json"
    assert ringfence("learn", tmp_path / "task.json", "--gold", gold, "--run", tmp_path / "run", "--out", out) == 0
    said = capsys.readouterr().out
    assert re.search(r"\nlines +0/\d+ +(\d+)/\1 +\1/\1", said)
    assert re.search(r"\nlines\.name +0/\d+ +(\d+)/\1 +\1/\1", said)
    assert "Records of lines: +" in said
    assert "lines" in read_ranker(out).lists


def test_the_baseline_of_a_pilot_has_the_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    bills, gold = write_bills(tmp_path, 12)
    run_on(good_engine(), tmp_path / "runs" / "good", bills, BILL)
    documents = {each.id: each for source in expand_inputs([bills]) for each in read_documents(source)
                 if isinstance(each, Document)}  # fmt: skip
    lines = [GoldLine.model_validate_json(line) for line in gold.read_text().splitlines()]
    data = BaselineData(BILL, documents, {line.document: line for line in lines})
    names = write_baselines(data, tmp_path / "runs", RunFolder.open(tmp_path / "runs" / "good").read_facts())
    assert "baseline-ranker" in names
    out = tmp_path / "runs" / "baseline-ranker"
    for result in answers(out):
        assert result.values == gold_of_bill(int(result.document.id.removesuffix(".txt")))
    assert [(one.field, one.fault) for one in check_run(out).findings] == []


def parties(n: int) -> tuple[str, dict[str, Any]]:
    """A contract between two parties, named in one line and again further down."""
    first, second = f"{'Abcdefgh'[n % 8]}lfa {n} GmbH", f"{'Stuvwxyz'[n % 8]}eta {n} AG"
    text = f"Contract {n}\nbetween   {first}   and   {second}\nWitness   Otto {n}\nSigned: {first}\n"
    return text, {"parties": [{"name": first}, {"name": second}]}


def test_the_records_of_a_list_of_one_field_are_its_places(tmp_path: Path) -> None:
    """One line may hold several; what overlaps or is named again is no further record."""
    task = task_of(parties=NAMES)
    ranker = learned_from(task, [parties(n) for n in range(24)])
    for n in range(100, 106):
        text, values = parties(n)
        found = ranker.alone(task, document_of(text))
        assert found is not None
        assert found[0].values == values
        assert found[0].rows["parties"] == [text.index(each["name"]) for each in values["parties"]]
    weighing = dataclasses.replace(ranker, lists={"parties": ListMixture(1.0, 20.0, 0.0)})
    engine = FakeEngine(lambda request, prompt: "\n- Contract\n")
    (tmp_path / "a.txt").write_text(parties(100)[0], encoding="utf-8")
    answer = Answerer(LoadedModel(engine, None, None), task, AnswerOptions(ranker=weighing))
    said = answer.answer(document_of(parties(100)[0])).result
    assert said.values == {"parties": [{"name": "Contract"}, *parties(100)[1]["parties"]]}


def test_a_block_is_a_record_and_an_option_is_judged_by_its_words() -> None:
    def clauses(n: int) -> tuple[str, dict[str, Any]]:
        kinds = [("fee", f"You pay {50 + n}.00 EUR as a fee\nevery year"), ("fine", f"Late?\nA fine of {9 + n}.00 EUR")]
        shown = kinds if n % 2 else kinds[::-1]
        text = "\n\n".join([f"Terms {n}", *(body for _, body in shown), "That is all"])
        values = [{"sort": kind, "sum": {"amount": re.findall(r"\d+\.00", body)[0], "currency": "EUR"}}
                  for kind, body in shown]  # fmt: skip
        return text, {"clauses": values}

    task = task_of(
        clauses={
            "kind": "list",
            "anchor": "block",
            "fields": {"sort": {"kind": "choice", "options": ["fee", "fine"]}, "sum": {"kind": "money"}},
        }
    )
    ranker = learned_from(task, [clauses(n) for n in range(16)])
    for n in (40, 41):
        text, values = clauses(n)
        found = ranker.alone(task, document_of(text))
        assert found is not None
        assert found[0].values == values
        assert found[0].fields["clauses[0].sort"].kind == "judged"


def test_an_empty_list_in_the_gold_is_learned_from(ranker: Ranker) -> None:
    letters: list[tuple[str, dict[str, Any]]] = [
        (f"Dear Sir {n},\nthanks for all.\nYours, Otto\n", {"total": None, "lines": []}) for n in range(12)
    ]
    mixed = learned_from(BILL, [*((bill(n), gold_of_bill(n)) for n in range(12)), *letters])
    found = mixed.alone(BILL, document_of("Dear Sir 77,\nthanks for all.\nYours, Otto\n"))
    assert found is not None
    assert found[0].values == {"total": None, "lines": []}
    assert found[0].rows == {"lines": []}


def test_cells_may_be_of_every_kind_that_a_recogniser_finds() -> None:
    def stays(n: int) -> tuple[str, dict[str, Any]]:
        rows = [(n % 9 + row, f"r{n}{row}@inn.de", f"K-{n}{row}") for row in range(1, 4)]
        text = "Stays\nKey   When   Rebate   Mail   Rate\n" + "".join(
            f"{key}   0{day % 9 + 1}.03.2024 - 2{day % 9}.03.2024   {day} %   {mail}   {day}0.00 EUR\n"
            for day, mail, key in rows
        )
        values = [
            {
                "key": key,
                "when": {"from": f"2024-03-0{day % 9 + 1}", "to": f"2024-03-2{day % 9}"},
                "rebate": str(day),
                "mail": mail,
                "rate": {"amount": f"{day}0.00", "currency": "EUR"},
            }
            for day, mail, key in rows
        ]
        return f"{text}See you soon\n", {"stays": values}

    kinds = {"when": "period", "rebate": "percent", "mail": "email", "rate": "money"}
    fields: dict[str, Any] = {"key": {"kind": "code", "pattern": r"K-\d+"}}
    task = task_of(
        locale={"date_order": "dmy", "decimal": "."},
        stays={"kind": "list", "fields": fields | {name: {"kind": kind} for name, kind in kinds.items()}},
    )
    ranker = learned_from(task, [stays(n) for n in range(12)])
    found = ranker.alone(task, document_of(stays(40)[0]))
    assert found is not None
    assert found[0].values == stays(40)[1]
