"""The checker: each kind of lie in a run folder is found, and a true run passes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import answering, fake_lock, task_of

from ringfence.checking import check_run
from ringfence.documents import expand_inputs
from ringfence.errors import RunError
from ringfence.runs import run

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
        (put("values", {}), "None"),
        (put("status", "failed"), "None"),
        (put("document", "sha256", "00"), "None"),
    ],
)
def test_each_lie_is_found_and_named(true_run: Path, lie: Callable[[dict[str, Any]], None], named: str) -> None:
    found = tamper(true_run, lie)
    assert found
    assert found[0].startswith(f"{named}:")


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
