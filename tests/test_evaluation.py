"""Evaluation: what is right, which error everything else is, and figures whose intervals count documents."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ringfence.cli import main
from ringfence.contracts import FieldAnswer, GoldLine, Result, SummarySentence, UnsupportedText
from ringfence.documents import expand_inputs
from ringfence.engines import Request
from ringfence.engines.fake import FakeEngine
from ringfence.errors import InputError
from ringfence.evaluation.comparison import compare_items, compare_runs, require_same_documents
from ringfence.evaluation.evaluator import (
    document_languages,
    evaluate,
    evaluate_run,
    gold_part,
    items_of_results,
)
from ringfence.evaluation.items import items_of
from ringfence.evaluation.metric import Evaluated
from ringfence.gold.file import GoldFile
from ringfence.gold.split import SplitFile, draw_split
from ringfence.runs import RunFolder
from ringfence.tasks import Task, task_from
from tests.conftest import answering, ringfence, task_of
from tests.fake_runs import run_fake

TASK = task_of(
    name={"kind": "text"},
    total={"kind": "money"},
    paid={"kind": "boolean"},
    lines={"kind": "list", "fields": {"item": {"kind": "text"}, "amount": {"kind": "number"}}},
)


def entry(**parts: Any) -> FieldAnswer:
    return FieldAnswer(**{"kind": "text", **parts})


def result_of(document: str = "a", status: str = "done", **values: Any) -> Result:
    fields: dict[str, FieldAnswer] = {}
    for name, value in values.items():
        if isinstance(value, list):
            fields.update({f"{name}[{row}].{leaf}": entry() for row, record in enumerate(value) for leaf in record})
        else:
            fields[name] = entry()
    facts = {"id": document, "sha256": document, "read_by": "text/1", "path": document}
    return Result.model_validate(
        {"document": facts, "status": status, "values": values, "fields": fields, "windows": [(0, 10)], "checks": {}}
    )


def fields_of(result: Result) -> dict[str, FieldAnswer]:
    assert result.fields is not None
    return result.fields


def outcomes(result: Result | None, gold: dict[str, Any], **marks: Any) -> dict[str, str]:
    return {
        item.path: item.outcome for item in items_of(TASK, result, GoldLine(document="a", values=gold, **marks), "a")
    }


def test_each_kind_of_error_has_its_name() -> None:
    gold = {"name": "Nordwind", "total": {"amount": "5.00", "currency": "EUR"}, "paid": None}
    right = result_of(name="NORDWIND", total={"amount": "5", "currency": None}, paid=None)
    assert set(outcomes(right, gold).values()) == {"right"}
    assert outcomes(result_of(name=None, total=gold["total"], paid=True), gold) == {
        "name": "missing",
        "total": "right",
        "paid": "invented",
    }
    wrong = result_of(name="Südwind", total=None, paid=None)
    fields_of(wrong)["total"] = entry(raw="5.000", flags=["ambiguous-number"])
    assert outcomes(wrong, gold) == {"name": "wrong", "total": "bad format", "paid": "right"}
    assert set(outcomes(None, gold).values()) == {"not answered"}
    assert set(outcomes(result_of(status="failed"), gold).values()) == {"not answered"}


def test_the_right_words_from_another_place_are_an_error_where_gold_marks_the_place() -> None:
    result = result_of(name="Nordwind")
    fields_of(result)["name"] = entry(spans=[[50, 58]])
    assert outcomes(result, {"name": "Nordwind"}, spans={"name": [[10, 18]]}) == {"name": "wrong place"}
    fields_of(result)["name"] = entry(spans=[[50, 58]], others=[[10, 18]])
    assert outcomes(result, {"name": "Nordwind"}, spans={"name": [[10, 18]]}) == {"name": "right"}


def test_records_are_matched_by_the_best_assignment() -> None:
    gold = {"lines": [{"item": "nut", "amount": "1"}, {"item": "bolt", "amount": "2"}, {"item": "pin", "amount": "3"}]}
    given = [{"item": "bolt", "amount": "2"}, {"item": "nut", "amount": "7"}, {"item": "saw", "amount": "9"}]
    assert outcomes(result_of(lines=given), gold) == {
        "lines[0].item": "right",
        "lines[0].amount": "wrong",
        "lines[1].item": "right",
        "lines[1].amount": "right",
        "lines[2].item": "missing",
        "lines[2].amount": "missing",
        "lines[+2].item": "invented",
        "lines[+2].amount": "invented",
    }


def test_an_empty_list_is_one_value() -> None:
    assert outcomes(result_of(lines=[]), {"lines": []}) == {"lines": "right"}
    assert outcomes(result_of(lines=[{"item": "nut", "amount": "1"}]), {"lines": []}) == {"lines": "invented"}
    assert outcomes(None, {"lines": []}) == {"lines": "not answered"}


def test_between_equal_records_the_one_with_the_same_nulls_is_meant() -> None:
    gold = {"lines": [{"item": "nut", "amount": None}, {"item": "nut", "amount": "2"}]}
    given = [{"item": "nut", "amount": "7"}, {"item": "nut", "amount": None}]
    assert outcomes(result_of(lines=given), gold)["lines[0].amount"] == "right"


def test_gold_that_states_nothing_is_refused_where_figures_are_made() -> None:
    with pytest.raises(InputError, match="states no value"):
        evaluate(TASK, {"a": result_of(name="x")}, {"a": GoldLine(document="a", values={})}, {})


def test_letters_compare_without_spaces_and_punctuation() -> None:
    result, gold = result_of(name="Taman Daya Sdn. Bhd"), GoldLine(document="a", values={"name": "TAMAN DAYA SDN BHD."})
    assert [item.right for item in items_of(TASK, result, gold, "a")] == [False]
    assert [item.right for item in items_of(TASK, result, gold, "a", "letters")] == [True]


def test_judged_values_are_counted_apart_and_failures_count_as_errors() -> None:
    gold = {name: GoldLine(document=name, values={"name": "x", "paid": True}) for name in "abc"}
    results = {"a": result_of("a", name="x", paid=True), "b": result_of("b", name="x", paid=False)}
    found = evaluate(TASK, results, gold, {})
    assert found.all_values is not None
    assert found.judged is not None
    assert (found.all_values.exact.right, found.all_values.exact.total) == (2, 3)
    assert (found.all_values.answered.right, found.all_values.answered.total) == (2, 2)
    assert (found.judged.exact.right, found.judged.exact.total) == (1, 3)
    assert (found.documents.right, found.documents.total) == (1, 3)
    assert found.all_values.f1 == pytest.approx(2 * 2 / (2 + 3))


def test_labels_have_a_confusion_matrix_and_out_of_scope_recall() -> None:
    task = task_from({"kind": "classify", "name": "t", "labels": ["a", "b"], "other": True})
    given = {"1": "a", "2": "b", "3": "b", "4": "other", "5": "a"}
    gold = {"1": "a", "2": "a", "3": "b", "4": "other", "5": "other"}
    results = {i: result_of(i, label=v) for i, v in given.items()}
    found = evaluate(task, results, {i: GoldLine(document=i, values={"label": v}) for i, v in gold.items()}, {})
    assert found.labels is not None
    assert found.labels.confusion[("a", "b")] == 1
    assert found.labels.macro_f1 == pytest.approx((1 / 2 + 2 / 3 + 2 / 3) / 3)
    assert found.labels.out_of_scope is not None
    assert (found.labels.out_of_scope.right, found.labels.out_of_scope.total) == (1, 2)


def test_a_label_called_other_is_out_of_scope_only_if_the_task_adds_it() -> None:
    results = {i: result_of(i, label="other") for i in "ab"}
    gold = {i: GoldLine(document=i, values={"label": "other"}) for i in "ab"}
    own = task_from({"kind": "classify", "name": "t", "labels": ["a", "other"]})
    added = task_from({"kind": "classify", "name": "t", "labels": ["a", "b"], "other": True})
    assert (own.out_of_scope, added.out_of_scope, TASK.out_of_scope) == (None, "other", None)
    for task, recall in ((own, None), (added, 1.0)):
        labels = evaluate(task, results, gold, {}).labels
        assert labels is not None
        assert (labels.out_of_scope and labels.out_of_scope.share) == recall


def test_summaries_have_rouge_unsupported_and_evidence_recall() -> None:
    task = task_from({"kind": "summarise", "name": "t"})
    result = result_of("a", summary="The cat sat on the mat.")
    result.unsupported = [UnsupportedText(kind="number", text="3", span=(0, 1))]
    result.sentences = [SummarySentence(text="The cat sat on the mat.", spans=[(0, 10)])]
    results = {"a": result}
    gold = {
        "a": GoldLine(
            document="a", values={"summary": "The cat sat on the mat."}, spans={"summary": [[5, 8], [40, 50]]}
        )
    }
    found = evaluate(task, results, gold, {}).summaries
    assert found is not None
    assert found["rouge1"]["mean"] == pytest.approx(1)
    assert found["unsupported numbers, dates, amounts"]["mean"] == 1
    assert found["evidence recall"]["mean"] == 0.5


class _Longest:
    """A metric of somebody else's package."""

    name = "longest name"

    def applies_to(self, task: Task) -> bool:
        return "name" in task.answer_fields()

    def compute(self, evaluated: Evaluated) -> int:
        return max(len(str(result.value("name"))) for result in evaluated.results.values())


def test_a_metric_of_another_package_is_part_of_the_evaluation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ringfence.evaluation.metric.load_plugins", lambda group: {"longest": _Longest()})
    gold = {"a": GoldLine(document="a", values={"name": "Nordwind"})}
    found = evaluate(TASK, {"a": result_of(name="Nordwind")}, gold, {})
    assert found.metrics == {"longest name": 8}
    assert found.as_json()["metrics"] == {"longest name": 8}
    other = evaluate(task_of(total={"kind": "text"}), {"a": result_of(total="x")}, {"a": _gold(total="x")}, {})
    assert other.metrics == {}


def _gold(**values: Any) -> GoldLine:
    return GoldLine(document="a", values=values)


def test_a_paired_comparison_counts_documents_and_lists_those_that_differ() -> None:
    gold = {f"{n}": GoldLine(document=f"{n}", values={"name": "x"}) for n in range(20)}
    good = {i: result_of(i, name="x") for i in gold}
    bad = {i: result_of(i, name="x" if int(i) < 8 else "y") for i in gold}
    runs = {
        name: [item for i in gold for item in items_of(TASK, results[i], gold[i], i)]
        for name, results in {"good": good, "bad": bad}.items()
    }
    (found,) = compare_items(runs)
    assert found.difference == pytest.approx(0.6)
    assert found.shown
    assert len(found.first_only) == 12
    assert not found.second_only
    assert found.p_value == pytest.approx(2 * 0.5**12)


def test_a_document_of_which_the_gold_states_nothing_compares_by_what_was_invented() -> None:
    gold = {"a": GoldLine(document="a", values={"lines": [{}]}), "b": GoldLine(document="b", values={"name": "x"})}
    careful = {"a": result_of("a", lines=[]), "b": result_of("b", name="x")}
    inventive = {"a": result_of("a", lines=[{"item": "i", "amount": "1"}]), "b": result_of("b", name="x")}
    items = {n: items_of_results(TASK, r, gold, {}) for n, r in (("one", careful), ("two", inventive))}
    (found,) = compare_items(items)
    assert found.first_only == ["a"]
    assert found.difference > 0


def test_labels_that_nobody_settled_are_left_out_of_the_figures() -> None:
    task = task_from({"kind": "classify", "name": "t", "labels": ["food", "music"]})
    unsettled = {"a": GoldLine(document="a", values={"label": None})}
    results = {name: result_of(name, label="food") for name in "ab"}
    assert evaluate(task, results, unsettled, {}).labels is None
    labels = evaluate(task, results, {**unsettled, "b": GoldLine(document="b", values={"label": "food"})}, {}).labels
    assert labels is not None
    assert labels.confusion == {("food", "food"): 1}


def test_runs_over_different_documents_are_not_compared() -> None:
    one = {"a": result_of("a")}
    with pytest.raises(InputError, match="read different documents"):
        require_same_documents({"one": one, "two": {"b": result_of("b")}})
    changed = result_of("a")
    changed.document.sha256 = "other"
    with pytest.raises(InputError, match="different content"):
        require_same_documents({"one": one, "two": {"a": changed}})


def test_a_look_at_the_test_part_is_recorded(tmp_path: Path) -> None:
    gold = GoldFile(tmp_path / "gold.jsonl")
    gold.add({name: GoldLine(document=name, values={"name": name}) for name in "abcd"})
    with pytest.raises(InputError, match="no parts"):
        gold_part(gold, "dev", "x", "", TASK)
    assert len(gold_part(gold, None, "x", "", TASK)[0]) == 4
    file = SplitFile(gold.path)
    file.write(draw_split({name: name for name in "abcd"}, dict.fromkeys("abcd", ""), {"dev": 0.5, "test": 0.5}, 0))
    with pytest.raises(InputError, match="split into parts"):
        gold_part(gold, None, "x", "", TASK)
    gold_part(gold, "dev", "evaluate", "sha256:1", TASK)
    assert file.openings() == []
    gold_part(gold, "test", "evaluate run", "sha256:1", TASK)
    assert [(one["command"], one["lock"]) for one in file.openings()] == [("evaluate run", "sha256:1")]


def test_the_verb_writes_a_table_a_page_and_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    task = task_of(name={"kind": "text"})
    for number in range(6):
        (tmp_path / f"{number}.txt").write_text(f"Name Nordwind{number}\n")

    def script(request: Request, prompt: str) -> str:
        name = next(word for word in prompt.split() if word.startswith("Nordwind"))
        return f" {name}\n" if name != "Nordwind3" else " Name\n"

    inputs = expand_inputs([tmp_path / f"{number}.txt" for number in range(6)])
    run_fake(task, inputs, FakeEngine(script), tmp_path / "run")
    GoldFile(tmp_path / "gold.jsonl").add(
        {f"{n}.txt": GoldLine(document=f"{n}.txt", values={"name": f"Nordwind{n}"}) for n in range(7)}
    )
    with pytest.raises(SystemExit) as ended:
        main(["evaluate", str(tmp_path / "run"), "--gold", str(tmp_path / "gold.jsonl"), "--json"])
    said = capsys.readouterr()
    assert ended.value.code == 0
    facts = json.loads(said.out)
    assert facts["all_values"]["exact_match"]["right"] == 5
    assert facts["all_values"]["exact_match"]["n"] == 7
    assert [error["document"] for error in facts["errors"]] == ["3.txt", "6.txt"]
    assert "not in the run" in said.err
    page = (tmp_path / "run" / "evaluation.html").read_text()
    assert "Nordwind3" in page
    assert RunFolder.open(tmp_path / "run").totals()["done"] == 6


def test_runs_are_compared_in_one_call_and_by_the_verb(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    task, gold = task_of(name={"kind": "text"}), tmp_path / "gold.jsonl"
    (tmp_path / "a.txt").write_text("Name Nordwind\nCity Lund\n")
    GoldFile(gold).add({"a.txt": GoldLine(document="a.txt", values={"name": "Nordwind"})})
    runs = []
    for answer in ("Nordwind", "Lund"):
        runs.append(tmp_path / answer)
        run_fake(task, expand_inputs([tmp_path / "a.txt"]), answering(name=answer), runs[-1])
    found = compare_runs(runs, gold)
    assert (found.documents, found.comparisons[0].difference, found.not_answered) == (
        1,
        1.0,
        dict.fromkeys(map(str, runs), 0),
    )
    for wrong in (runs[:1], [runs[0], runs[0]]):
        with pytest.raises(InputError):
            compare_runs(wrong, gold)
    assert ringfence("compare", *runs, "--gold", gold, "--json") == 0
    assert json.loads(capsys.readouterr().out) == found.as_json()
    assert ringfence("compare", *runs, "--gold", gold) == 0
    assert f"only {runs[0]} has all of a.txt" in capsys.readouterr().out


def test_figures_can_be_sliced_by_language(tmp_path: Path) -> None:
    texts = {"de": "Sehr geehrte Damen und Herren, hiermit bestellen wir", "en": "Dear sirs, we hereby order the goods"}
    for language, text in texts.items():
        (tmp_path / f"{language}.txt").write_text(f"{text}\nName Nordwind\n")
    run = tmp_path / "run"
    run_fake(
        task_of(name={"kind": "text"}), expand_inputs(sorted(tmp_path.glob("*.txt"))), answering(name="Nordwind"), run
    )
    gold = GoldFile(tmp_path / "gold.jsonl")
    gold.add({f"{name}.txt": GoldLine(document=f"{name}.txt", values={"name": "Nordwind"}) for name in texts})
    folder = RunFolder.open(run)
    found = evaluate_run(folder, gold.path, languages_of=lambda lines: document_languages(folder, lines))
    assert set(found.evaluation.slices["language"]) == {"de", "en"}


def test_gold_that_the_task_cannot_have_is_refused(tmp_path: Path) -> None:
    gold = GoldFile(tmp_path / "gold.jsonl")
    gold.add({"a": GoldLine(document="a", values={"total": "12.00"})})
    with pytest.raises(InputError, match="a: total"):
        gold_part(gold, None, "x", "", TASK)
