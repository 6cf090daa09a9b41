"""A pilot: the bar first, contenders on dev, one look at test, and a release only with its verdict."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from ringfence.audit import make_log
from ringfence.checker import check_run
from ringfence.cli import main
from ringfence.contracts import GoldLine, SessionFacts
from ringfence.documents import Document, ReadingOptions, expand_inputs, read_documents
from ringfence.engines import Request
from ringfence.engines.fake import FakeEngine
from ringfence.errors import InputError, RunError
from ringfence.evaluation.calibrator import read_calibrator
from ringfence.gold.file import GoldFile
from ringfence.gold.split import SplitFile
from ringfence.operating.release import Override, write_release
from ringfence.pilot import (
    Contender,
    PilotData,
    PilotOutcome,
    PilotSupport,
    load_pilot,
    load_setup,
    run_pilot,
)
from ringfence.pilot.baselines import BaselineData, write_baselines
from ringfence.pilot.data import read_data
from ringfence.pilot.readiness_evidence import gather_evidence
from ringfence.reports.pilot_report import next_step, write_pilot_report
from ringfence.runs import RunFolder
from ringfence.tasks import Example, load_task
from tests.conftest import answering, ringfence, task_of
from tests.fake_runs import run_fake

PILOT = {
    "schema": 1, "name": "letters", "question": "Can letters be read?", "documents": ["docs"],
    "contenders": [{"name": "good", "weights": "a"}, {"name": "bad", "weights": "b"}],
    "bar": {"unit": "document", "at_least": 0.8},
}  # fmt: skip
EXTRACT = "schema: 1\nkind: extract\nname: letters\nfields: {number: {kind: number}}\n"
WORDS = [
    "amber",
    "birch",
    "cedar",
    "delta",
    "ember",
    "frost",
    "grove",
    "haven",
    "islet",
    "junco",
    "knoll",
    "lemur",
    "maple",
    "north",
    "ochre",
    "pearl",
    "quilt",
    "ridge",
    "slate",
    "tulip",
]


def a_pilot(folder: Path, count: int = 80) -> Path:
    (folder / "docs").mkdir(parents=True)
    (folder / "pilot.yaml").write_text(yaml.safe_dump(PILOT))
    (folder / "task.yaml").write_text(EXTRACT)
    gold = {}
    draw = np.random.default_rng(0)
    for n in range(count):
        words = " ".join(draw.permutation(WORDS)[:9])
        (folder / "docs" / f"{n:03}.txt").write_text(f"{words}\nfirst {n + 100} then {n + 500}\n")
        gold[f"{n:03}.txt"] = GoldLine(document=f"{n:03}.txt", values={"number": str(n + 500)})
    GoldFile(folder / "gold.jsonl").add(gold)
    return folder


def do(
    folder: Path,
    wrong: dict[str, float],
    calls: list[str] | None = None,
    answers: dict[str, float] | None = None,
    more: str = "",
) -> PilotOutcome:
    """Run the pilot with fake contenders, of which a share is wrong (they take the first number).

    ``answers`` are other shares behind the same lock, ``more`` are lines of an answer behind the number.
    """
    task = load_task(folder / "task.yaml")

    def run_contender(contender: Contender, data: PilotData, out: Path) -> None:
        if calls is not None:
            calls.append(contender.name)

        share = {**wrong, **(answers or {})}[contender.name]

        def script(request: Request, prompt: str) -> str:
            first = int(next(word for word in prompt.split("first ")[-1].split()))
            return f" {first if (first * 7919) % 1000 < 1000 * share else first + 400}\n{more}"

        engine = FakeEngine(script)
        run_fake(task, data.sources, engine, out, resume=True, contender=[contender.name, str(wrong)])

    support = PilotSupport(licence_of=lambda weights: "Apache-2.0")
    outcome = run_pilot(folder, ReadingOptions(), run_contender, support)
    write_pilot_report(outcome, folder / "report.html")
    return outcome


def test_the_totals_of_the_page_leave_no_value_out_and_open_what_is_behind_them(tmp_path: Path) -> None:
    folder = a_pilot(tmp_path / "p", 60)
    (folder / "task.yaml").write_text(EXTRACT.replace("}}", "}, sort: {kind: choice, options: [letter, note]}}"))
    (folder / "pilot.yaml").write_text(yaml.safe_dump({**PILOT, "bar": {"unit": "value", "at_least": 0.8}}))
    gold = GoldFile(folder / "gold.jsonl")
    gold.add({n: GoldLine(document=n, values={**one.values, "sort": "note"}) for n, one in gold.latest().items()})
    do(folder, {"good": 0.02, "bad": 0.6}, more="sort: note\n")
    page = (folder / "report.html").read_text()
    totals = re.findall(r'<tr class="total"><td>(\w+ values)</td>.*?data-field="(.*?)" .*?>(\d+)</button>', page)
    assert [(name, key) for name, key, _ in totals] == [("found values", "*found"), ("judged values", "*judged")]
    assert f"{sum(int(right) for _, _, right in totals)} of 60 values right" in page


def test_the_best_on_dev_gets_the_one_look_at_test(tmp_path: Path) -> None:
    folder = a_pilot(tmp_path / "p", 160)
    outcome = do(folder, {"good": 0.02, "bad": 0.6})
    assert outcome.chosen == "good"
    assert outcome.verdict.word == "PASS"
    assert outcome.test.documents.total == 80
    assert [one["command"] for one in outcome.openings] == ["pilot run letters: good"]
    assert {one.name for one in outcome.contenders} == {"good", "bad", "baseline-rules", "baseline-ranker"}
    page = (folder / "report.html").read_text()
    for shown in (
        "PASS",
        "baseline-rules",
        "Not tested",
        "<svg",
        "Apache-2.0",
        outcome.terms_digest,
        "bar dashed",
    ):
        assert shown in page


def test_baselines_run_the_checks_of_their_task_and_pass_the_checker(tmp_path: Path) -> None:
    number = {"kind": "number"}
    rows = {"kind": "list", "fields": {"item": {"kind": "text"}}}
    task = task_of(["net <= total", "count(rows) == 0"], net=number, total=number, rows=rows)
    gold, run = {}, tmp_path / "runs" / "good"
    for n in range(8):
        (tmp_path / f"{n}.txt").write_text(f"Total {n + 700}\nNet {n + 500}\n")
        gold[f"{n}.txt"] = GoldLine(document=f"{n}.txt", values={"net": str(n + 700), "total": str(n + 500)})
    sources = expand_inputs([tmp_path / name for name in gold])
    run_fake(task_of(net=number), sources, answering(net="700"), run)
    documents = {one.id: one for source in sources for one in read_documents(source) if isinstance(one, Document)}
    names = write_baselines(BaselineData(task, documents, gold), run.parent, RunFolder.open(run).read_facts())
    assert names == ["baseline-rules", "baseline-ranker"]
    for name in names:
        results = list(RunFolder.open(run.parent / name).latest())
        assert {result.checks["net <= total"] for result in results if result.checks} == {"broken"}
        assert all("check: net <= total" in result.field("net").flags for result in results)
        found = check_run(run.parent / name).findings
        assert [(one.field, one.fault) for one in found] == []


def test_the_rules_of_the_baseline_are_chosen_on_the_calibration_part(tmp_path: Path) -> None:
    outcome = do(a_pilot(tmp_path / "p"), {"good": 0.5, "bad": 0.9})
    baseline = next(one for one in outcome.contenders if one.baseline)
    assert baseline.share.share == 1.0  # the last number, or the largest, is always the one
    assert any("baseline" in warning for warning in outcome.warnings)
    assert outcome.against is not None
    assert outcome.against.difference < 0


@pytest.mark.parametrize(("wrong", "word"), [(0.9, "FAIL"), (0.17, "UNDECIDED")])
def test_verdicts_say_what_to_do_next(tmp_path: Path, wrong: float, word: str) -> None:
    outcome = do(a_pilot(tmp_path / "p"), {"good": wrong, "bad": 0.95})
    assert outcome.verdict.word == word
    assert outcome.sentence.startswith(f"{word}: good")
    assert next_step(outcome)


def test_a_second_run_of_the_same_answers_is_no_second_look(tmp_path: Path) -> None:
    folder = a_pilot(tmp_path / "p")
    do(folder, {"good": 0.1, "bad": 0.6})
    assert len(do(folder, {"good": 0.1, "bad": 0.6}).openings) == 1


def test_a_bar_that_was_moved_after_the_first_run_is_shown(tmp_path: Path) -> None:
    folder = a_pilot(tmp_path / "p")
    do(folder, {"good": 0.1, "bad": 0.6})
    (folder / "pilot.yaml").write_text(yaml.safe_dump({**PILOT, "bar": {"unit": "document", "at_least": 0.5}}))
    outcome = do(folder, {"good": 0.1, "bad": 0.6})
    assert any("were changed after the first run: at_least from 0.8 to 0.5" in one for one in outcome.warnings)


@pytest.mark.parametrize("change", [{"compare": "letters"}, {"target_error": 0.2}, {"split": {"seed": 3}}])
def test_whatever_could_turn_a_verdict_is_among_its_terms(tmp_path: Path, change: dict[str, Any]) -> None:
    folder = a_pilot(tmp_path / "p")
    do(folder, {"good": 0.1, "bad": 0.6})
    (folder / "pilot.yaml").write_text(yaml.safe_dump({**PILOT, **change}))
    with pytest.raises(InputError, match="terms"):
        write_release(folder, "good", Override("A. Person", "x"))
    outcome = do(folder, {"good": 0.1, "bad": 0.6})
    name, value = next(iter(change.items()))
    shown = next(iter(value)) if isinstance(value, dict) else name
    assert any("terms of the verdict were changed" in one and shown in one for one in outcome.warnings)
    assert len(outcome.openings) == 2


def test_another_look_after_the_gold_was_changed_is_another_look(tmp_path: Path) -> None:
    folder = a_pilot(tmp_path / "p")
    test = do(folder, {"good": 0.1, "bad": 0.6}).test.items[0].document
    GoldFile(folder / "gold.jsonl").add({test: GoldLine(document=test, values={"number": "1"})})
    outcome = do(folder, {"good": 0.1, "bad": 0.6})
    assert len(outcome.openings) == 2
    assert any("opened 2 times" in warning for warning in outcome.warnings)


def test_the_same_pilot_again_makes_the_same_calibrator(tmp_path: Path) -> None:
    folder = a_pilot(tmp_path / "p")
    do(folder, {"good": 0.1, "bad": 0.6})
    before = (folder / "calibrator.json").read_bytes()
    do(folder, {"good": 0.1, "bad": 0.6})
    assert (folder / "calibrator.json").read_bytes() == before


def test_sessions_that_did_nothing_do_not_slow_a_contender_down(tmp_path: Path) -> None:
    folder = a_pilot(tmp_path / "p")
    do(folder, {"good": 0.1, "bad": 0.6})
    run = RunFolder.open(folder / "runs" / "good")
    facts = run.read_facts()
    session = facts.sessions[0]
    session.started_at, session.ended_at = "2026-01-01T00:00:00Z", "2026-01-01T00:30:00Z"
    idle = SessionFacts(started_at="2026-01-01T01:00:00Z", ended_at="2026-01-01T09:00:00Z", documents=0)
    facts.sessions = [session, idle, idle.model_copy(update={"ended_at": None})]
    run.write_facts(facts)
    again = do(folder, {"good": 0.1, "bad": 0.6})
    assert again.contenders[0].hourly == 2 * 80


def test_near_duplicates_in_two_parts_and_in_the_pool_are_told(tmp_path: Path) -> None:
    folder = a_pilot(tmp_path / "p")
    do(folder, {"good": 0.1, "bad": 0.6})
    split = SplitFile(folder / "gold.jsonl").read()
    assert split is not None
    test, dev = split.parts["test"][0], split.parts["dev"][0]
    (folder / "docs" / dev).write_text((folder / "docs" / test).read_text() + "end\n")
    setup = load_setup(folder)
    data = read_data(setup, ReadingOptions(), lambda said: None)
    assert [sorted(pair) for pair in data.leaks()] == [sorted([test, dev])]
    pool = [Example(data.documents[test].text, ("x",)), Example("other words altogether", ("x",))]
    assert set(dataclasses.replace(data, setup=dataclasses.replace(setup, pool=pool)).pool_twins()) == {test, dev}


def test_what_is_accepted_is_judged_on_the_test_part(tmp_path: Path) -> None:
    outcome = do(a_pilot(tmp_path / "p", 300), {"good": 0.0, "bad": 0.6})
    documents = next(one for one in outcome.accepted if one.unit == "document")
    assert documents.accepted == documents.items == 150
    assert documents.wrong == 0
    assert documents.bound is not None
    assert documents.bound <= 0.05
    assert outcome.calibrator is not None
    assert outcome.costs["review"] < 0.1 * outcome.costs["by_hand"]


def test_a_release_takes_a_pass_or_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = a_pilot(tmp_path / "p")
    do(folder, {"good": 0.9, "bad": 0.95})
    with pytest.raises(InputError, match="is not released: FAIL"):
        write_release(folder, "good")
    path = write_release(folder, "good", Override("A. Person", "only for the archive")).path
    release = json.loads(path.read_text())
    assert release["override"] == {"by": "A. Person", "why": "only for the archive"}
    assert release["lock"]["digest"] == RunFolder.open(folder / "runs" / "good").read_facts().lock.digest
    with pytest.raises(InputError, match="no contender"):
        write_release(folder, "baseline-rules")
    (folder / "pilot.yaml").write_text(yaml.safe_dump({**PILOT, "bar": {"at_least": 0.5}}))
    with pytest.raises(InputError, match="changed since: terms"):
        write_release(folder, "good", Override("A. Person", "x"))
    (folder / "pilot.yaml").write_text(yaml.safe_dump(PILOT))
    monkeypatch.setenv("RINGFENCE_AUDIT", str(tmp_path / "audit"))
    log = make_log(tmp_path / "key")
    for name in ("B. Person", "C. Person"):
        write_release(folder, "good", Override(name, "again"))
    assert [one["by"] for one in log.records() if one["event"] == "release"] == ["B. Person", "C. Person"]
    assert [path.name for path in (folder / "releases").iterdir()] == ["good.json"]


def test_the_verb_releases_with_a_name_and_a_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = a_pilot(tmp_path / "p")
    do(folder, {"good": 0.9, "bad": 0.95})
    assert ringfence("release", folder, "--contender", "good") == 2
    assert ringfence("release", folder, "--contender", "good", "--override-by", "A. Person") == 2
    assert "takes a name and a reason" in capsys.readouterr().err
    assert ringfence("release", folder, "--contender", "good", "--override-by", "A. Person", "--why", "a trial") == 0
    assert "Released good" in capsys.readouterr().err
    assert json.loads((folder / "releases" / "good.json").read_text())["verdict"] == "FAIL"


@pytest.mark.parametrize("what", ["gold", "split", "answers of good", "calibrator", "task"])
def test_a_release_rests_on_everything_that_the_verdict_did(tmp_path: Path, what: str) -> None:
    folder = a_pilot(tmp_path / "p", 160)
    assert do(folder, {"good": 0.0, "bad": 0.6}).verdict.word == "PASS"
    if what == "gold":
        GoldFile(folder / "gold.jsonl").add({"000.txt": GoldLine(document="000.txt", values={"number": "1"})})
    elif what == "split":
        file = SplitFile(folder / "gold.jsonl")
        split = file.read()
        assert split is not None
        file.write(dataclasses.replace(split, families={**split.families, "000.txt": "001.txt"}), again=True)
    elif what == "answers of good":
        path = folder / "runs" / "good" / "results.jsonl"
        path.write_text(path.read_text().replace('"number":"', '"number":"9', 1))
    elif what == "calibrator":
        made = read_calibrator(folder / "calibrator.json")
        dataclasses.replace(made, target_error=0.3).write(folder / "calibrator.json")
    else:
        (folder / "task.yaml").write_text(EXTRACT.replace("{kind: number}", "{kind: number, description: any}"))
    with pytest.raises(InputError, match=f"changed since: {what}"):
        write_release(folder, "good")
    assert not (folder / "releases").exists()


def edited(path: Path, before: str, after: str) -> None:
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))


@pytest.mark.parametrize(
    ("name", "before", "after", "said"),
    [
        ("pilot.json", '"verdict": "UNDECIDED"', '"verdict": "PASS"', "it is UNDECIDED, not PASS"),
        ("pilot.json", '"test_openings": [', '"test_openings": [{}, ', "record of openings"),
        ("pilot.json", '"at_least": 0.8', '"at_least": 0.7', "record of the terms"),
        ("gold.opened.jsonl", "sha256:", "sha256:0", "record of openings"),
        ("pilot.terms.jsonl", '"at_least":0.8', '"at_least":0.7', "record of the terms"),
    ],
)
def test_a_release_works_the_verdict_out_again(tmp_path: Path, name: str, before: str, after: str, said: str) -> None:
    folder = a_pilot(tmp_path / "p")
    assert do(folder, {"good": 0.17, "bad": 0.95}).verdict.word == "UNDECIDED"
    edited(folder / name, before, after)
    with pytest.raises(InputError, match=said):
        write_release(folder, "good")
    assert not (folder / "releases").exists()


def test_a_release_states_what_was_worked_out_and_not_what_pilot_json_says(tmp_path: Path) -> None:
    folder = a_pilot(tmp_path / "p")
    outcome = do(folder, {"good": 0.17, "bad": 0.95})
    edited(folder / "pilot.json", outcome.sentence, "PASS: all is well.")
    edited(folder / "pilot.json", outcome.bar, "1% of documents right")
    release = json.loads(write_release(folder, "good", Override("A. Person", "x")).path.read_text())
    assert (release["sentence"], release["bar"], release["looks"]) == (outcome.sentence, outcome.bar, 1)


@pytest.mark.parametrize("how", ["the weights behind the name", "results.jsonl"])
def test_other_answers_under_the_same_lock_are_another_look(tmp_path: Path, how: str) -> None:
    folder = a_pilot(tmp_path / "p", 160)
    first = do(folder, {"good": 0.17, "bad": 0.95})
    run = folder / "runs" / "good"
    if how == "results.jsonl":
        identity = next(item.document for item in first.test.items if not item.right)
        lines = [json.loads(line) for line in (run / "results.jsonl").read_text().splitlines()]
        for line in lines:
            if line["document"]["id"] == identity:
                line["values"]["number"] = str(int(identity[:3]) + 500)
        (run / "results.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        again = do(folder, {"good": 0.17, "bad": 0.95})
    else:
        (run / "results.jsonl").unlink()
        lock = RunFolder.open(run).read_facts().lock.digest
        again = do(folder, {"good": 0.17, "bad": 0.95}, answers={"good": 0.0})
        assert again.verdict.word == "PASS"
        assert RunFolder.open(run).read_facts().lock.digest == lock
        assert write_release(folder, "good").looks == 2
    assert len(again.openings) == 2
    assert any("opened 2 times" in warning for warning in again.warnings)


def test_an_opening_of_an_earlier_version_names_no_answers_and_still_counts(tmp_path: Path) -> None:
    folder = a_pilot(tmp_path / "p")
    do(folder, {"good": 0.1, "bad": 0.6})
    record = folder / "gold.opened.jsonl"
    opening = json.loads(record.read_text())
    for name in ("answers", "before"):
        del opening[name]
    record.write_text(json.dumps(opening) + "\n")
    outcome = json.loads((folder / "pilot.json").read_text())
    (folder / "pilot.json").write_text(json.dumps({**outcome, "test_openings": [opening]}))
    assert len(do(folder, {"good": 0.1, "bad": 0.6}).openings) == 1
    write_release(folder, "good", Override("A. Person", "x"))


def test_gold_that_is_not_fit_stops_the_pilot_before_anything_runs(tmp_path: Path) -> None:
    folder = a_pilot(tmp_path / "p")
    GoldFile(folder / "gold.jsonl").add({"000.txt": GoldLine(document="000.txt", values={"number": "many"})})
    calls: list[str] = []
    with pytest.raises(InputError, match="not a decimal number"):
        do(folder, {"good": 0.1, "bad": 0.1}, calls)
    assert calls == []
    GoldFile(folder / "other.jsonl").add({"elsewhere.txt": GoldLine(document="elsewhere.txt", values={"number": "1"})})
    (folder / "pilot.yaml").write_text(yaml.safe_dump({**PILOT, "gold": "other.jsonl"}))
    with pytest.raises(InputError, match="None of the pilot's documents"):
        do(folder, {"good": 0.1, "bad": 0.1}, calls)


def test_faults_of_pilot_yaml_are_all_told(tmp_path: Path) -> None:
    (tmp_path / "pilot.yaml").write_text(
        yaml.safe_dump({**PILOT, "bar": {"at_least": 2}, "target_error": 0, "colour": "red"})
    )
    with pytest.raises(InputError, match="3 faults") as told:
        load_pilot(tmp_path)
    assert "bar.at_least" in str(told.value)


def test_classify_pilots_have_the_majority_and_a_classifier_on_embeddings(tmp_path: Path) -> None:
    folder = tmp_path / "p"
    (folder / "docs").mkdir(parents=True)
    (folder / "task.yaml").write_text("schema: 1\nkind: classify\nname: t\nlabels: [food, music]\n")
    (folder / "pilot.yaml").write_text(
        yaml.safe_dump({**PILOT, "contenders": [{"name": "good", "weights": "a"}], "pool": "pool.jsonl"})
    )
    gold = {}
    for n in range(40):
        label = "music" if n % 3 == 0 else "food"
        (folder / "docs" / f"{n}.txt").write_text(f"{label} {WORDS[n % 20]} {WORDS[(n * 7) % 20]} {n}")
        gold[f"{n}.txt"] = GoldLine(document=f"{n}.txt", values={"label": label})
    GoldFile(folder / "gold.jsonl").add(gold)
    task = load_task(folder / "task.yaml")

    def embed(texts: Sequence[str]) -> Any:
        return np.array([[1.0, 0.0] if text.startswith("music") else [0.0, 1.0] for text in texts], np.float32)

    def run_contender(contender: Contender, data: PilotData, out: Path) -> None:
        engine = FakeEngine(
            lambda request, prompt: "", scorer=lambda prompt, text: -1.0 if text.startswith(" food") else -2.0
        )
        run_fake(task, data.sources, engine, out, resume=True)

    (folder / "pool.jsonl").write_text('{"text": "music of old", "label": "music"}\n')
    outcome = run_pilot(folder, ReadingOptions(), run_contender, PilotSupport(embedder=lambda: embed))
    shares = {one.name: one.share.share for one in outcome.contenders}
    assert shares["baseline-embeddings"] == 1.0
    assert shares["baseline-majority"] == shares["good"] < 1


def test_a_new_pilot_is_a_folder_for_git(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["pilot", "new", str(tmp_path / "letters"), "--weights", "tests,demo"])
    assert ended.value.code == 0
    spec = load_pilot(tmp_path / "letters")
    assert [one.name for one in spec.contenders] == ["tests", "demo"]
    assert load_task(tmp_path / "letters" / "task.yaml").name == "letters"
    ignored = (tmp_path / "letters" / ".gitignore").read_text()
    assert "/documents/" in ignored
    assert "gold.jsonl" in ignored
    assert "ringfence pilot run" in capsys.readouterr().err
    assert not SplitFile(tmp_path / "letters" / "gold.jsonl").path.exists()


def new(folder: Path, *arguments: str) -> int:
    return ringfence("pilot", "new", folder, *arguments)


def test_a_new_pilot_takes_the_split_of_its_gold_along(tmp_path: Path) -> None:
    folder = a_pilot(tmp_path / "old")
    do(folder, {"good": 0.1, "bad": 0.6})
    arguments = ("--gold", str(folder / "gold.jsonl"), "--task", str(folder / "task.yaml"))
    assert new(tmp_path / "new", *arguments, "--documents", str(folder / "docs")) == 0
    old, taken = SplitFile(folder / "gold.jsonl"), SplitFile(tmp_path / "new" / "gold.jsonl")
    assert taken.read() == old.read()
    assert taken.openings() == old.openings() != []


def test_a_new_pilot_overwrites_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "p"
    folder.mkdir()
    for name in ("task.yaml", ".gitignore"):
        (folder / name).write_text(EXTRACT)
    (tmp_path / "task.yaml").write_text(EXTRACT + "# other\n")
    assert new(folder, "--task", str(tmp_path / "task.yaml")) == 2
    assert "already exists" in capsys.readouterr().err
    assert not (folder / "pilot.yaml").exists()
    assert new(folder, "--task", str(folder / "task.yaml")) == 0
    assert (folder / "task.yaml").read_text() == (folder / ".gitignore").read_text() == EXTRACT


def test_a_new_pilot_loads_whatever_its_folder_and_weights_are_called(tmp_path: Path) -> None:
    assert new(tmp_path / "Verträge (2026)", "--weights", "org/model:q4, org/model:q4") == 0
    spec = load_pilot(tmp_path / "Verträge (2026)")
    assert spec.name == "Vertrage-2026"
    assert [(one.name, one.weights) for one in spec.contenders] == [
        ("org-model-q4", "org/model:q4"),
        ("org-model-q4-2", "org/model:q4"),
    ]
    assert load_task(tmp_path / "Verträge (2026)" / "task.yaml").name == "Vertrage-2026"
    assert new(tmp_path / "none", "--weights", " , ") == 2
    assert not (tmp_path / "none").exists()


def test_an_assessment_counts_no_verdict_that_no_longer_holds(tmp_path: Path) -> None:
    folder = a_pilot(tmp_path / "p", 160)
    assert do(folder, {"good": 0.0, "bad": 0.6}).verdict.word == "PASS"
    assert gather_evidence(["tests"], folder).verdict == "PASS"
    edited(folder / "task.yaml", "{kind: number}", "{kind: number, description: any}")
    found = gather_evidence(["tests"], folder)
    assert found.verdict is None
    assert "no longer holds" in found.parts["evaluation"]["bar"].what


def test_a_pilot_folder_that_was_moved_goes_on_and_asks_nothing_again(tmp_path: Path) -> None:
    folder = a_pilot(tmp_path / "p")
    before = do(folder, {"good": 0.1, "bad": 0.6})
    moved = tmp_path / "elsewhere" / "q"
    moved.parent.mkdir()
    folder.rename(moved)
    journal = (moved / "runs" / "good" / "results.jsonl").read_bytes()
    after = do(moved, {"good": 0.1, "bad": 0.6})
    assert (moved / "runs" / "good" / "results.jsonl").read_bytes() == journal
    assert (after.sentence, len(after.openings)) == (before.sentence, 1)
    assert RunFolder.open(moved / "runs" / "good").base() == moved
    (moved / "docs" / "000.txt").unlink()
    moved.rename(folder)
    with pytest.raises(RunError, match=r"1 are not in the same place seen from here: docs/000\.txt"):
        do(folder, {"good": 0.1, "bad": 0.6})


def test_a_look_or_a_change_of_terms_that_is_taken_away_is_missed(tmp_path: Path) -> None:
    folder = a_pilot(tmp_path / "p")
    do(folder, {"good": 0.5, "bad": 0.6})
    shutil.rmtree(folder / "runs")
    assert len(do(folder, {"good": 0.1, "bad": 0.6}).openings) == 2
    record = folder / "gold.opened.jsonl"
    whole = record.read_bytes()
    for kept in (b"", *whole.splitlines(keepends=True)):
        record.write_bytes(kept)
        with pytest.raises(InputError, match="record of openings"):
            do(folder, {"good": 0.1, "bad": 0.6})
    record.write_bytes(whole.splitlines(keepends=True)[1])
    with pytest.raises(InputError, match="does not follow the line before it"):
        SplitFile(folder / "gold.jsonl").openings()
    record.write_bytes(whole)
    (folder / "pilot.terms.jsonl").unlink()
    with pytest.raises(InputError, match="terms"):
        do(folder, {"good": 0.1, "bad": 0.6})


def test_openings_of_earlier_versions_are_read_and_go_on_in_a_chain(tmp_path: Path) -> None:
    file = SplitFile(tmp_path / "gold.jsonl")
    file.openings_path.write_text('{"at":"","command":"a","lock":""}\n{"at":"","command":"b","lock":""}\n')
    file.opened("c", "")
    file.opened("d", "")
    assert [one["command"] for one in file.openings()] == ["a", "b", "c", "d"]
    lines = file.openings_path.read_text().splitlines(keepends=True)
    for gone in (1, 2):
        file.openings_path.write_text("".join(lines[:gone] + lines[gone + 1 :]))
        with pytest.raises(InputError, match="does not follow"):
            file.openings()
