"""A pilot: the bar first, contenders on dev, one look at test, and a release only with its verdict."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from ringfence.cli import main
from ringfence.documents import ReadingOptions
from ringfence.engines import Request
from ringfence.engines.fake import FakeEngine
from ringfence.errors import InputError
from ringfence.evaluation.gold import GoldEntry, GoldFile
from ringfence.evaluation.splitting import SplitFile
from ringfence.locks import Lock
from ringfence.pilot import Contender, PilotOutcome, load_pilot, run_pilot
from ringfence.pilot.documents import PilotDocuments
from ringfence.pilot.readiness import QUESTIONS, Evidence, assess
from ringfence.pilot.releasing import write_release
from ringfence.reports.pilot_report import next_step, write_pilot_report
from ringfence.runs import RunFolder, run
from ringfence.tasks import Example, load_task

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
        gold[f"{n:03}.txt"] = GoldEntry(f"{n:03}.txt", {"number": str(n + 500)})
    GoldFile(folder / "gold.jsonl").add(gold)
    return folder


def do(folder: Path, wrong: dict[str, float], calls: list[str] | None = None) -> PilotOutcome:
    """Run the pilot with fake contenders, of which a share is wrong (they take the first number)."""
    task = load_task(folder / "task.yaml")

    def run_contender(contender: Contender, docs: PilotDocuments, out: Path) -> None:
        if calls is not None:
            calls.append(contender.name)

        def script(request: Request, prompt: str) -> str:
            first = int(next(word for word in prompt.split("first ")[-1].split()))
            return f" {first if (first * 7919) % 1000 < 1000 * wrong[contender.name] else first + 400}\n"

        engine = FakeEngine(script)
        lock = Lock(
            engine={**engine.describe(), "contender": contender.name, "wrong": str(wrong)}, task=task.canonical()
        )
        run(task, docs.sources, engine, lock, out, resume=True, weights_name=contender.weights)

    import contextlib

    with contextlib.chdir(folder):
        outcome = run_pilot(
            load_pilot(Path()),
            Path(),
            task,
            [],
            run_contender,
            lambda name: "Apache-2.0",
            None,
            ReadingOptions(),
            lambda said: None,
        )
        Path("pilot.json").write_text(json.dumps(outcome.as_json()))
        write_pilot_report(outcome, Path("report.html"))
    return outcome


def test_the_best_on_dev_gets_the_one_look_at_test(tmp_path: Path) -> None:
    folder = a_pilot(tmp_path / "p", 160)
    outcome = do(folder, {"good": 0.02, "bad": 0.6})
    assert outcome.chosen == "good"
    assert outcome.verdict.word == "PASS"
    assert outcome.test.documents.total == 80
    assert [one["command"] for one in outcome.openings] == ["pilot run letters: good"]
    assert {one.name for one in outcome.contenders} == {"good", "bad", "baseline-rules"}
    page = (folder / "report.html").read_text()
    for shown in (
        "PASS",
        "baseline-rules",
        "What was not tested",
        "<svg",
        "Apache-2.0",
        outcome.bar_digest,
        "bar dashed",
    ):
        assert shown in page


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
    assert any("bar was changed" in warning and "0.8 to 0.5" in warning for warning in outcome.warnings)


def test_what_is_accepted_is_judged_on_the_test_part(tmp_path: Path) -> None:
    outcome = do(a_pilot(tmp_path / "p", 300), {"good": 0.0, "bad": 0.6})
    documents = next(one for one in outcome.accepted if one.unit == "document")
    assert documents.accepted == documents.items == 150
    assert documents.wrong == 0
    assert documents.bound is not None
    assert documents.bound <= 0.05
    assert outcome.calibrator is not None
    assert outcome.costs["review"] < 0.1 * outcome.costs["by_hand"]


def test_a_release_takes_a_pass_or_a_name(tmp_path: Path) -> None:
    folder = a_pilot(tmp_path / "p")
    do(folder, {"good": 0.9, "bad": 0.95})
    with pytest.raises(InputError, match="is not released: FAIL"):
        write_release(folder, "good", None, None)
    path = write_release(folder, "good", "A. Person", "only for the archive")
    release = json.loads(path.read_text())
    assert release["override"] == {"by": "A. Person", "why": "only for the archive"}
    assert release["lock"]["digest"] == RunFolder.open(folder / "runs" / "good").read_facts()["lock"]["digest"]
    with pytest.raises(InputError, match="no contender"):
        write_release(folder, "baseline-rules", None, None)
    (folder / "pilot.yaml").write_text(yaml.safe_dump({**PILOT, "bar": {"at_least": 0.5}}))
    with pytest.raises(InputError, match="bar was changed"):
        write_release(folder, "good", "A. Person", "x")


def test_gold_that_is_not_fit_stops_the_pilot_before_anything_runs(tmp_path: Path) -> None:
    folder = a_pilot(tmp_path / "p")
    GoldFile(folder / "gold.jsonl").add({"000.txt": GoldEntry("000.txt", {"number": "many"})})
    calls: list[str] = []
    with pytest.raises(InputError, match="no decimal number"):
        do(folder, {"good": 0.1, "bad": 0.1}, calls)
    assert calls == []
    GoldFile(folder / "other.jsonl").add({"elsewhere.txt": GoldEntry("elsewhere.txt", {"number": "1"})})
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
    (folder / "pilot.yaml").write_text(yaml.safe_dump({**PILOT, "contenders": [{"name": "good", "weights": "a"}]}))
    gold = {}
    for n in range(40):
        label = "music" if n % 3 == 0 else "food"
        (folder / "docs" / f"{n}.txt").write_text(f"{label} {WORDS[n % 20]} {WORDS[(n * 7) % 20]} {n}")
        gold[f"{n}.txt"] = GoldEntry(f"{n}.txt", {"label": label})
    GoldFile(folder / "gold.jsonl").add(gold)
    task = load_task(folder / "task.yaml")

    def embed(texts: Sequence[str]) -> Any:
        return np.array([[1.0, 0.0] if text.startswith("music") else [0.0, 1.0] for text in texts], np.float32)

    def run_contender(contender: Contender, docs: PilotDocuments, out: Path) -> None:
        engine = FakeEngine(
            lambda request, prompt: "", scorer=lambda prompt, text: -1.0 if text.startswith(" food") else -2.0
        )
        run(task, docs.sources, engine, Lock(engine=engine.describe(), task=task.canonical()), out, resume=True)

    import contextlib

    with contextlib.chdir(folder):
        outcome = run_pilot(
            load_pilot(Path()),
            Path(),
            task,
            [Example("music of old", ("music",))],
            run_contender,
            lambda name: None,
            embed,
            ReadingOptions(),
            print,
        )
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


def answers(**words: str) -> dict[str, Any]:
    """All sub-questions of each question with one answer."""
    return {q.key: {part.key: (words.get(q.key, "yes"), "") for part in q.parts} for q in QUESTIONS}


def test_readiness_ends_in_one_of_four_recommendations() -> None:
    assert assess(answers(), {}, "PASS").recommendation == "ready to go past a pilot"
    assert assess(answers(), {}, None).recommendation == "start a pilot on this task"
    assert assess(answers(), {}, "FAIL").recommendation == "start a pilot on this task"
    assert (
        assess(answers(people="unknown", evaluation="unknown", cost="no"), {}, None).recommendation
        == "start a pilot on this task"
    )
    no_reason = answers()
    no_reason["need"] |= {"may_not_leave": ("no", ""), "api_falls_short": ("no", "")}
    assert assess(no_reason, {}, "PASS").recommendation == "use an API"
    nobody = answers()
    nobody["evaluation"]["judge"] = ("no", "")
    found = assess(nobody, {}, None)
    assert found.recommendation == "not yet"
    assert "find the person" in found.missing[0]


def test_what_was_looked_up_counts_before_what_was_said() -> None:
    found = assess(answers(), {"infrastructure": {"fits": Evidence("no", "25 GB needed, 20 GB here.")}}, "PASS")
    assert found.recommendation == "not yet"
    word, why = found.standings[1].parts["fits"]
    assert (word, why) == ("no", "25 GB needed, 20 GB here. (You said yes.)")


def test_one_reason_is_enough_to_need_weights_of_ones_own() -> None:
    one = answers()
    one["need"]["api_falls_short"] = ("no", "")
    assert assess(one, {}, None).standings[0].word == "yes"


def test_assess_reads_a_file_and_names_its_faults(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["assess", "--template"])
    template = capsys.readouterr().out
    (tmp_path / "a.yaml").write_text(template.replace("task: unknown", "task: {answer: yes, because: the ledger}"))
    with pytest.raises(SystemExit) as ended:
        main(["assess", str(tmp_path / "a.yaml"), "--weights", "tests", "--out", str(tmp_path / "a.html"), "--json"])
    assert ended.value.code == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["recommendation"] == "start a pilot on this task"
    assert facts["questions"][0]["parts"]["task"] == {"answer": "yes", "because": "the ledger"}
    assert facts["questions"][1]["parts"]["fits"]["answer"] == "yes"
    assert "the ledger" in (tmp_path / "a.html").read_text()
    (tmp_path / "b.yaml").write_text("need: {task: perhaps}\nmoney: {}\n")
    with pytest.raises(SystemExit) as ended:
        main(["assess", str(tmp_path / "b.yaml")])
    assert ended.value.code == 2
    assert "2 faults" in capsys.readouterr().err
