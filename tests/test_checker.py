"""The checker: each kind of lie in a run folder is found, and a true run passes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ringfence.checker import check_run
from ringfence.documents import expand_inputs
from ringfence.errors import RunError
from tests.conftest import answering, fake_lock, task_of
from tests.fake_runs import run

TASK = task_of(
    supplier={"kind": "text"},
    day={"kind": "date"},
    total={"kind": "money"},
    currency={"kind": "choice", "options": ["EUR", "USD"]},
    mail={"kind": "email"},
)


@pytest.fixture
def true_run(tmp_path: Path) -> Path:
    documents = tmp_path / "in"
    documents.mkdir()
    (documents / "a.txt").write_text("Nordwind GmbH\n12 March 2024\nTotal EUR 1,249.50\n")
    engine = answering(supplier="Nordwind GmbH", day="12 March 2024", total="1,249.50", currency="EUR", mail="null")
    run(TASK, expand_inputs([documents]), engine, fake_lock(TASK), tmp_path / "run")
    return tmp_path / "run"


def tamper(run_folder: Path, change: Callable[[dict[str, Any]], None]) -> list[str]:
    path = run_folder / "results.jsonl"
    result = json.loads(path.read_text())
    change(result)
    path.write_text(json.dumps(result) + "\n")
    return [f"{finding.field}: {finding.fault}" for finding in check_run(run_folder).findings]


def test_a_true_run_passes(true_run: Path) -> None:
    report = check_run(true_run)
    assert report.findings == []
    assert report.documents == 1
    assert report.values == {"span": 1, "derived": 2, "judged": 1, "null": 1}


def put(*path: Any) -> Callable[[dict[str, Any]], None]:
    *keys, last, value = path

    def change(result: dict[str, Any]) -> None:
        for key in keys:
            result = result[key]
        result[last] = value

    return change


@pytest.mark.parametrize(
    ("lie", "named"),
    [
        (put("values", "supplier", "Südwind GmbH"), "supplier"),
        (put("values", "total", "amount", "7250000"), "total"),
        (put("values", "total", "currency", "USD"), "total"),
        (put("values", "day", "2024-12-03"), "day"),
        (put("values", "currency", "GBP"), "currency"),
        (put("values", "mail", "a@b.example"), "mail"),
        (put("fields", "supplier", "spans", [[1, 14]]), "supplier"),
        (put("fields", "supplier", "spans", [[0, 9999]]), "supplier"),
        (put("fields", "supplier", "spans", []), "supplier"),
        (put("fields", "supplier", "raw", "Nordwind"), "supplier"),
        (put("fields", "supplier", "kind", "judged"), "supplier"),
        (put("fields", "total", "kind", "span"), "total"),
        (put("lock", "sha256:00"), "None"),
        (put("grounding", "verified"), "None"),
        (put("grounding", None), "None"),
        (put("mode", "solo"), "None"),
        (put("reason", "x: y"), "None"),
        (put("fields", "total", "flogs", []), "None"),
        (put("decision", "accept"), "None"),
        (put("fields", "total", "confidence", 0.99), "None"),
        (put("windows", [[0, 9999]]), "None"),
        (put("document", "pages", 7), "None"),
        (put("document", "unread", [{"code": "x", "what": "y"}]), "None"),
        (put("document", "pages_by_ocr", {"1": "no text layer"}), "None"),
        (put("values", {}), "None"),
        (put("status", "failed"), "None"),
        (put("status", "great"), "None"),
        (put("values", None), "None"),
        (put("fields", "supplier", None), "supplier"),
        (put("checks", {"net == total": "holds"}), "None"),
        (put("values", "total", "amount", "124950"), "total"),
        (put("values", "total", "currency", None), "total"),
        (put("fields", "supplier", "others", [[14, 22]]), "supplier"),
        (put("document", "sha256", "00"), "None"),
    ],
)
def test_each_lie_is_found_and_named(true_run: Path, lie: Callable[[dict[str, Any]], None], named: str) -> None:
    found = tamper(true_run, lie)
    assert found
    assert found[0].startswith(f"{named}:")


@pytest.mark.parametrize(("start", "end", "raw"), [(1, 13, "ordwind GmbH"), (0, 7, "Nordwin"), (0, 11, "Nordwind Gm")])
def test_a_span_that_cuts_a_word_is_found(true_run: Path, start: int, end: int, raw: str) -> None:
    def cut(result: dict[str, Any]) -> None:
        result["values"]["supplier"] = result["fields"]["supplier"]["raw"] = raw
        result["fields"]["supplier"]["spans"] = [[start, end]]

    assert "cuts a word" in tamper(true_run, cut)[0]


def test_a_span_that_cuts_a_number_is_found(true_run: Path) -> None:
    def cut(result: dict[str, Any]) -> None:
        result["values"]["total"] = {"amount": "249.50", "currency": None}
        result["fields"]["total"].update(raw="249.50", spans=[[40, 46]])

    found = tamper(true_run, cut)
    assert "cuts a word or a number" in found[0] or "the document says" in found[0]


def test_a_date_that_claims_to_be_its_own_span_is_checked_all_the_same(true_run: Path) -> None:
    def lie(result: dict[str, Any]) -> None:
        result["values"]["day"] = "Nordwind GmbH"
        result["fields"]["day"].update(raw="Nordwind GmbH", spans=[[0, 13]], kind="span")

    assert tamper(true_run, lie)


def test_a_task_that_was_edited_in_the_run_is_found(true_run: Path) -> None:
    facts = json.loads((true_run / "run.json").read_text())
    facts["task"]["fields"]["currency"]["options"].append("GBP")
    (true_run / "run.json").write_text(json.dumps(facts))
    assert check_run(true_run).findings[0].fault == "its task is not the task of the lock"


def test_a_document_that_changed_since_is_named(true_run: Path) -> None:
    path = true_run.parent / "in" / "a.txt"
    path.write_text(path.read_text() + "one more line\n")
    assert [finding.fault for finding in check_run(true_run).findings] == ["the document changed since the run"]


def test_a_lock_that_was_edited_is_found(true_run: Path) -> None:
    facts = json.loads((true_run / "run.json").read_text())
    facts["lock"]["data"]["engine"] = "another"
    (true_run / "run.json").write_text(json.dumps(facts))
    assert any(finding.document == "run.json" for finding in check_run(true_run).findings)


def test_a_folder_without_a_run_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(RunError) as caught:
        check_run(tmp_path)
    assert caught.value.hint
