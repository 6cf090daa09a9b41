"""Files that the version of commit 6a1d0b8 wrote: run folders, gold and a lock are read, checked and exported."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import pytest

from ringfence.checker import check_run
from ringfence.contracts import Result, TraceLine
from ringfence.files import line_of, read_lines
from ringfence.gold.file import GoldFile
from ringfence.learning import read_ranker
from ringfence.locks import Lock, differences, read_lock
from ringfence.reports import write_report
from ringfence.runs import RunFolder, export_csv, export_json, export_parquet, export_xlsx, purge
from ringfence.tasks import load_task, task_from
from tests.conftest import REPOSITORY
from tests.letters import TASK

GOLDEN = REPOSITORY / "tests" / "golden" / "6a1d0b8"
DIGESTS = {
    "extract": "sha256:d927092046333416c4bfc3981094fd21736e6ec436fbbabf1980aff51a71be49",
    "classify": "sha256:ea3d4fed4d288b710b0d6a8c501f3862523bb36f972363d02ead84fda5727b70",
}


@pytest.fixture(params=sorted(DIGESTS))
def run_folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """A copy of each run; the paths in it are relative to the repository."""
    monkeypatch.chdir(REPOSITORY)
    return RunFolder.open(Path(shutil.copytree(GOLDEN / request.param, tmp_path / request.param)))


def test_totals_and_values_are_as_they_were_written(run_folder: RunFolder) -> None:
    results = {result.document.id: result for result in run_folder.latest()}
    assert dict(run_folder.totals()) == {"done": 2, "failed": 1} == run_folder.read_facts().totals
    assert (results["empty.txt"].status, results["empty.txt"].reason) == ("failed", "empty: the file is empty")
    assert results["empty.txt"].values is None
    paper = results["a.txt"]
    assert paper.usage is not None
    if run_folder.path.name == "classify":
        assert paper.values == {"label": "invoice"}
        assert paper.scores == {"invoice": 0.982819194, "complaint": 0.017180806}
        assert paper.field("label").kind == "judged"
    else:
        assert paper.value("total") == {"amount": "10.00", "currency": "EUR"}
        assert paper.value("lines[0].amount") == {"amount": "7.50", "currency": None}
        assert paper.field("seller").spans == [(0, 13)]
        assert paper.field("total").flags == ["check: sum(lines.amount) == total"]
        assert paper.rows is not None
        assert len(paper.rows["lines"]) == 2


def test_every_line_is_written_back_as_it_was(run_folder: RunFolder) -> None:
    for line in read_lines(run_folder.results):
        assert line_of(Result.model_validate(line).as_json()) == line_of(line)
    for line in read_lines(run_folder.trace):
        assert line_of(TraceLine.model_validate(line).as_json()) == line_of(line)


def test_the_session_of_schema_1_says_what_the_run_was_made_with(run_folder: RunFolder) -> None:
    facts = run_folder.read_facts()
    (session,) = facts.sessions
    assert facts.schema_version == 2
    assert session.made_with.inputs == ["in"]
    assert session.made_with.task_file == f"{run_folder.path.name}.yaml"
    model = session.made_with.model
    assert model is not None
    assert (model.weights, model.engine, model.mode, model.cache, model.threads) == (
        "tests", "openvino", "batched", 1, 1,
    )  # fmt: skip
    run_folder.write_facts(facts)
    assert run_folder.read_facts() == facts


def test_the_lock_keeps_its_digest(run_folder: RunFolder) -> None:
    lock = run_folder.lock()
    assert lock.digest == DIGESTS[run_folder.path.name]
    assert lock.facts.engine.name == "openvino"
    assert lock.facts.weights.licence == "Apache-2.0"
    assert len(lock.facts.packages) == 10


def test_the_checker_finds_nothing(run_folder: RunFolder) -> None:
    report = check_run(run_folder.path)
    assert report.findings == []
    assert report.statuses == {"done": 2, "failed": 1}
    counted = {"judged": 2} if run_folder.path.name == "classify" else {"span": 11, "derived": 7}
    assert report.values == counted


def test_the_run_is_exported_reported_and_purged(run_folder: RunFolder, tmp_path: Path) -> None:
    stream = io.StringIO()
    assert export_csv(run_folder, stream) == 3
    rows = {row["document"]: row for row in csv.DictReader(io.StringIO(stream.getvalue()))}
    if run_folder.path.name == "classify":
        assert (rows["b.txt"]["label"], rows["b.txt"]["score"]) == ("invoice", "0.990343532")
    else:
        assert (rows["b.txt"]["total_amount"], rows["b.txt"]["lines_count"]) == ("19.90", "2")
    stream = io.StringIO()
    assert export_json(run_folder, stream) == 3
    assert len(json.loads(stream.getvalue())) == 3
    assert export_xlsx(run_folder, tmp_path / "v.xlsx") == 3
    assert export_parquet(run_folder, tmp_path / "v.parquet") == 3
    assert "Nordwind GmbH" in write_report(run_folder.path).read_text(encoding="utf-8")
    assert purge(run_folder) == {"done": 2, "failed": 1}
    assert "Nordwind" not in run_folder.results.read_text(encoding="utf-8")


def test_task_files_give_the_task_of_the_run(run_folder: RunFolder) -> None:
    facts = run_folder.read_facts()
    task = load_task(GOLDEN / f"{run_folder.path.name}.yaml")
    assert task == task_from(facts.task)
    assert task.canonical() == facts.task


def test_a_lock_of_schema_1_is_read_and_compared_by_the_packages_that_it_names() -> None:
    lock = read_lock(GOLDEN / "extract.lock")
    assert lock.digest == DIGESTS["extract"]
    assert lock.facts.schema_version == 1
    here = Lock(**{**lock.data, "schema": 2, "packages": {**lock.data["packages"], "lxml": "6.0"}})
    assert differences(lock.data, here.data) == []
    assert here.digest != lock.digest


def test_gold_is_read() -> None:
    lines = GoldFile(GOLDEN / "gold.jsonl").latest()
    assert list(lines) == ["a.txt", "b.txt"]
    assert lines["a.txt"].values["total"] == {"amount": "10.00", "currency": "EUR"}
    assert (lines["b.txt"].by, lines["b.txt"].origin) == ("tester", "blind")


def test_a_ranker_from_before_there_were_lists_keeps_its_digest() -> None:
    ranker = read_ranker(REPOSITORY / "tests" / "golden" / "066d89c" / "ranker.json")
    assert ranker.digest == "sha256:862a3885765a8755aacbf51947b11d2486b258ef6aa232db834f01516855db8d"
    assert ranker.lists == {}
    ranker.require_task(TASK)
