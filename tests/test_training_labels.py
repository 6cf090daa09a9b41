"""Training labels: answers that may train a model, and that nothing takes for gold."""

from __future__ import annotations

import json
import re
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest

from ringfence.contracts import GoldLine, TrainingLabel
from ringfence.documents import expand_inputs
from ringfence.engines import FakeEngine, Request
from ringfence.errors import InputError
from ringfence.evaluation.calibrator import Calibrator, Logistic, Threshold
from ringfence.evaluation.features import FEATURES
from ringfence.gold.file import GoldFile
from ringfence.gold.source import GoldSource
from ringfence.gold.split import SplitFile, draw_split
from ringfence.labels import TakenLabels, TakeTerms, label_documents, take_labels, training_labels
from ringfence.runs import RunFolder
from ringfence.runs.decisions import decide_again
from tests.conftest import ringfence, task_of
from tests.fake_runs import run_fake
from tests.letters import TASK, gold_of, letter, write_letters

COUNT = 12
FIELDS: Any = {name: spec.model_dump() for name, spec in TASK.fields.items()}
CHECKED = task_of(checks=["total < 230"], locale={"date_order": "dmy", "decimal": "."}, **FIELDS)


def clerk() -> FakeEngine:
    """An engine that answers letters right, but takes the wrong date of every fourth."""

    def script(request: Request, prompt: str) -> str:
        name, number = re.findall(r"((?:\w+) (\d+) GmbH)", prompt)[-1]
        day, month, year = gold_of(int(number))["day"].split("-")[::-1]
        printed = "28.11.2024" if int(number) % 4 == 1 else f"{day}.{month}.{year}"
        return f" {name}\nday: {printed}\ntotal: {gold_of(int(number))['total']['amount']}\n"

    return FakeEngine(script)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with letters and a run over them; the totals of letters 10 and 11 break its check."""
    folder = tmp_path_factory.mktemp("office")
    letters, _ = write_letters(folder, COUNT)
    (letters / "twin.txt").write_text(letter(4) + "Copy\n")
    run_fake(CHECKED, expand_inputs([letters / f"{n}.txt" for n in range(COUNT)]), clerk(), folder / "run")
    run_fake(CHECKED, expand_inputs([letters / "twin.txt"]), clerk(), folder / "twin")
    return folder


@pytest.fixture
def run(office: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """The run; the working folder has the gold of its documents."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(office / "gold.jsonl", tmp_path)
    return RunFolder.open(office / "run")


def split(gold: Path, key: str | None = None, **parts: list[int]) -> None:
    """Put the numbered letters into these parts, the rest into calibration."""
    ids = {name: [f"{number}.txt" for number in numbers] for name, numbers in parts.items()}
    rest = [f"{n}.txt" for n in range(COUNT) if all(f"{n}.txt" not in each for each in ids.values())]
    drawn = draw_split({}, {}, {"calibration": 0.3, "dev": 0.2, "test": 0.5}, 0, key)
    drawn.parts.update({"calibration": rest, **ids})  # type: ignore[attr-defined]
    SplitFile(gold).write(drawn)


def take(run: RunFolder, by: Any, **terms: Any) -> tuple[TakenLabels, list[TrainingLabel]]:
    out = Path("labels.jsonl")
    taken = take_labels(run, out, TakeTerms(by, **terms))
    return taken, training_labels(out) if out.exists() else []


def test_a_correction_becomes_a_label_with_who_when_and_what_it_replaced(run: RunFolder) -> None:
    corrections = GoldFile(Path("review.jsonl"))
    lines = [
        GoldLine(document=f"{n}.txt", values=gold_of(n), by="ines", at="2026-11-02", note="letter") for n in (0, 1)
    ]
    corrections.add({line.document: line for line in lines})
    taken, (same, changed) = take(run, "person", corrections=corrections.path)
    assert taken.origins == {"accepted": 1, "corrected": 1}
    assert taken.left_out == {"that no person confirmed": 10}
    assert (same.origin, same.old) == ("accepted", None)
    assert (changed.document, changed.origin, changed.accepted_by) == ("1.txt", "corrected", "person")
    assert (changed.values, changed.old) == (gold_of(1), {"day": "2024-11-28"})
    assert (changed.by, changed.at, changed.note) == ("ines", "2026-11-02", "letter")
    assert changed.lock == run.read_facts().lock.digest
    assert Path(changed.run) == run.path.resolve()


def test_what_a_person_did_not_judge_is_not_in_the_label(run: RunFolder) -> None:
    GoldFile(Path("review.jsonl")).add({"0.txt": GoldLine(document="0.txt", values={"day": "2024-03-01"})})
    _, (label,) = take(run, "person", corrections=Path("review.jsonl"))
    assert label.values == {"day": "2024-03-01"}


def test_checks_accept_an_answer_of_which_one_holds_and_none_is_in_doubt(run: RunFolder) -> None:
    taken, labels = take(run, "checks")
    assert {label.document for label in labels} == {f"{n}.txt" for n in range(10)}
    assert taken.left_out == {"of which no check holds": 2}
    assert {(label.origin, label.accepted_by) for label in labels} == {("accepted", "checks")}
    assert labels[0].weights == run.read_facts().weights


def test_a_calibrator_accepts_by_its_decision_and_what_is_drawn_for_a_spot_check_stays_out(
    run: RunFolder, tmp_path: Path
) -> None:
    none, blank = (0.0,) * len(FEATURES), (1.0,) * len(FEATURES)
    every = Threshold(0.0, 100, 100, 0, 0.03)
    calibrator = Calibrator(
        {"*": Logistic(1.0, none, none, blank)}, every, every, 0.05, 0.95, 0.5, run.read_facts().lock.digest, "", "",
        fields=("day", "seller", "total"),
    )  # fmt: skip
    with pytest.raises(InputError, match="No calibrator decided"):
        take(run, "calibrator")
    decided = decide_again(run, tmp_path / "decided", calibrator.digest, calibrator.decide)
    drawn = {result.document.id for result in decided.latest() if result.decision == "spot-check"}
    taken, labels = take(decided, "calibrator")
    assert drawn
    assert {label.document for label in labels} == {f"{n}.txt" for n in range(COUNT)} - drawn
    assert {label.calibrator for label in labels} == {calibrator.digest}
    assert taken.left_out == {"drawn for a spot-check": len(drawn)}


def test_answers_that_nobody_accepted_are_synthetic(run: RunFolder) -> None:
    taken, labels = take(run, "nobody")
    assert taken.added == COUNT
    assert {(label.origin, label.accepted_by) for label in labels} == {("synthetic", "nobody")}


def test_a_label_gives_way_to_one_that_counts_as_much_or_more(run: RunFolder) -> None:
    take(run, "nobody")
    take(run, "checks")
    taken, labels = take(run, "nobody")
    assert taken.left_out == {"with a label that counts more": 10}
    assert {label.accepted_by for label in labels} == {"checks", "nobody"}
    assert take(run, "checks")[0].added == 0  # nothing is new


def test_documents_of_dev_and_test_and_their_near_duplicates_stay_out(run: RunFolder, office: Path) -> None:
    split(Path("gold.jsonl"), dev=[2, 3], test=[4])
    taken, labels = take(run, "nobody", gold=Path("gold.jsonl"))
    assert {label.document for label in labels} == {f"{n}.txt" for n in range(COUNT) if n not in (2, 3, 4)}
    assert taken.left_out == {"in the dev or test part of the gold": 3}
    shutil.copytree(office / "letters", "letters")
    run_fake(CHECKED, expand_inputs([Path("letters/4.txt"), Path("letters/twin.txt")]), clerk(), Path("again"))
    taken, _ = take(RunFolder.open(Path("again")), "nobody", gold=Path("gold.jsonl"))
    assert (taken.added, taken.unread) == (0, ["2.txt", "3.txt"])
    assert taken.left_out == {
        "in the dev or test part of the gold": 1, "nearly the same as a document of those parts": 1,
    }  # fmt: skip


def test_a_reader_refuses_labels_of_what_the_gold_holds_out(run: RunFolder, office: Path) -> None:
    take(RunFolder.open(office / "twin"), "nobody")
    gold, labels = Path("gold.jsonl"), Path("labels.jsonl")
    split(gold, test=[4])
    assert len(training_labels(labels, gold)) == 1  # by their names alone they are apart
    with pytest.raises(InputError, match=r"near-duplicates .* \(twin.txt \(\w+\) like 4.txt\)"):
        training_labels(labels, gold, GoldSource(inputs=(str(office / "letters"),)))
    take(run, "nobody")
    with pytest.raises(InputError, match=r"1 documents of the test part .* \(4.txt\)"):
        training_labels(labels, gold)


def test_documents_with_the_key_of_what_is_held_out_stay_out(run: RunFolder) -> None:
    """A split by company promises figures about companies that nothing trained on."""
    take(run, "nobody")
    Path("labels.jsonl").rename("all.jsonl")
    as_6_has = GoldLine(document="2.txt", values={"day": "2024-03-07"})
    GoldFile(Path("gold.jsonl")).add({"2.txt": as_6_has})
    split(Path("gold.jsonl"), key="day", test=[2, 3])
    taken, labels = take(run, "nobody", gold=Path("gold.jsonl"))
    assert taken.left_out["of a family that those parts hold"] == 1
    assert "6.txt" not in {label.document for label in labels}
    assert len(training_labels(Path("labels.jsonl"), Path("gold.jsonl"))) == 9
    (six,) = (line for line in Path("all.jsonl").read_text().splitlines() if '"6.txt"' in line)
    Path("six.jsonl").write_text(six)
    with pytest.raises(InputError, match=r"whose day is that of documents of the dev or test part .* \(6\.txt\)"):
        training_labels(Path("six.jsonl"), Path("gold.jsonl"))


def test_a_family_that_is_held_out_stays_out_where_a_person_judged_other_fields_only(run: RunFolder) -> None:
    day = {"day": gold_of(6)["day"]}
    GoldFile(Path("gold.jsonl")).add({"2.txt": GoldLine(document="2.txt", values={"seller": gold_of(6)["seller"]})})
    split(Path("gold.jsonl"), key="seller", test=[2])
    GoldFile(Path("review.jsonl")).add({"6.txt": GoldLine(document="6.txt", values=day)})
    taken, labels = take(run, "person", gold=Path("gold.jsonl"), corrections=Path("review.jsonl"))
    assert (taken.left_out["of a family that those parts hold"], labels) == (1, [])
    _, (six,) = take(run, "person", corrections=Path("review.jsonl"), gold=None)
    assert six.values == day
    taken, (three,) = take_of_three(run)
    assert three.family == " ".join(gold_of(3)["seller"].casefold().split())


def take_of_three(run: RunFolder) -> tuple[TakenLabels, list[TrainingLabel]]:
    Path("labels.jsonl").unlink()
    GoldFile(Path("third.jsonl")).add({"3.txt": GoldLine(document="3.txt", values={"day": gold_of(3)["day"]})})
    return take(run, "person", gold=Path("gold.jsonl"), corrections=Path("third.jsonl"))


def test_documents_of_two_archives_with_one_name_have_a_label_each(run: RunFolder, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "1.txt").write_text(letter(31))
    run_fake(CHECKED, expand_inputs([tmp_path / "other"]), clerk(), Path("second"))
    take(run, "nobody")
    taken, labels = take(RunFolder.open(Path("second")), "nobody")
    assert taken.added == 1
    assert len(labels) == COUNT + 1
    read = label_documents(labels)
    assert sorted(read[label.key].text for label in labels if label.document == "1.txt") == [letter(1), letter(31)]


def test_a_file_of_labels_below_a_file_is_refused_in_words(run: RunFolder) -> None:
    Path("file").write_text("x")
    with pytest.raises(InputError, match="file is not a folder"):
        take_labels(run, Path("file/labels.jsonl"), TakeTerms("nobody"))


def test_the_documents_of_labels_are_read_where_their_runs_found_them(run: RunFolder) -> None:
    _, labels = take(run, "nobody")
    changed = labels[0].model_copy(update={"sha256": "0" * 64})
    documents = label_documents([changed, *labels[1:]])
    assert set(documents) == {label.key for label in labels[1:]}
    assert documents[labels[1].key].text == letter(1)


TAKE_GOLD = (
    "gold check --run RUN --gold labels.jsonl",
    "gold split --run RUN --gold labels.jsonl",
    "gold export --gold labels.jsonl --out gold.csv --run RUN",
    "gold import labels.jsonl --task task.json --gold fresh.jsonl",
    "gold import saved.json --task task.json --gold fresh.jsonl",
    "gold import review.csv --task task.json --gold labels.jsonl",
    "evaluate RUN --gold labels.jsonl",
    "compare RUN again --gold labels.jsonl",
    "calibrate RUN --gold labels.jsonl",
    "learn task.json --gold labels.jsonl --run RUN",
    "export RUN --gold labels.jsonl --out out.csv",
    "pilot new pilot --task task.json --documents LETTERS --gold labels.jsonl",
    "label take RUN --accepted-by person --corrections labels.jsonl",
)


def test_every_command_that_takes_gold_refuses_them(
    run: RunFolder, office: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, labels = take(run, "nobody")
    shutil.copytree(run.path, "again")
    Path("task.json").write_text(json.dumps(CHECKED.canonical()))
    Path("saved.json").write_text(json.dumps({"rows": [label.as_json() for label in labels]}))
    Path("review.csv").write_text("document,day\n0.txt,2024-03-01\n")
    places = {"RUN": run.path, "LETTERS": office / "letters"}
    for command in TAKE_GOLD:
        assert ringfence(*(places.get(word, word) for word in command.split())) == 2, command
        assert "holds training labels, which are never gold" in capsys.readouterr().err, command
    assert not Path("fresh.jsonl").exists()


def test_gold_and_other_files_are_no_training_labels(run: RunFolder, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"Line 1 of .* is gold, not a training label"):
        training_labels(tmp_path / "gold.jsonl")
    with pytest.raises(InputError, match="is gold"):
        take_labels(run, tmp_path / "gold.jsonl", TakeTerms("nobody"))
    assert len(GoldFile(tmp_path / "gold.jsonl").latest()) == COUNT
    (tmp_path / "other").write_text('{"a":1}\n')
    with pytest.raises(InputError, match="is not a training label"):
        training_labels(tmp_path / "other")
    with pytest.raises(InputError, match="Cannot read"):
        training_labels(tmp_path / "none")


def test_the_file_is_its_owners_alone_and_a_purge_erases_the_lines_of_the_run(run: RunFolder, tmp_path: Path) -> None:
    shutil.copytree(run.path, "copy")
    take(RunFolder.open(Path("copy")), "nobody")
    out = tmp_path / "labels.jsonl"
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    other = TrainingLabel(document="x", values={}, origin="synthetic", accepted_by="nobody", run="other", lock="")
    with out.open("a") as file:
        file.write(json.dumps(other.as_json()) + "\n")
    assert ringfence("purge", "copy", "--yes", "--everything") == 0
    assert [label.document for label in training_labels(out)] == ["x"]


def test_the_command_says_what_it_took_and_what_it_left_out(run: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    assert ringfence("label", "take", run.path, "--accepted-by", "checks") == 0
    said = capsys.readouterr().err
    assert "Accepted: 10 accepted. 10 new in labels.jsonl; they may train, and are never gold." in " ".join(
        said.split()
    )
    assert "Left out: 2 of which no check holds." in said
    assert ringfence("label", "take", run.path, "--accepted-by", "person") == 2
    assert "Nothing says what a person confirmed" in capsys.readouterr().err
    GoldFile(Path("review.jsonl")).add({"gone.txt": GoldLine(document="gone.txt", values={})})
    arguments = ("label", "take", run.path, "--accepted-by", "person", "--corrections", "review.jsonl", "--json")
    assert ringfence(*arguments) == 1
    assert json.loads(capsys.readouterr().out)["left_out"] == {"that no person confirmed": COUNT}


def test_twins_of_gold_that_is_not_in_the_run_are_left_out_where_its_documents_are_named(
    run: RunFolder, tmp_path: Path
) -> None:
    gold = GoldFile(tmp_path / "other.jsonl")
    gold.add({f"{n}.txt": GoldLine(document=f"{n}.txt", values=gold_of(0)) for n in (20, 21)})
    (tmp_path / "other").mkdir()
    for number, text in ((20, letter(3)), (21, letter(90))):
        (tmp_path / "other" / f"{number}.txt").write_text(text)
    drawn = draw_split({}, {}, {"calibration": 0.3, "dev": 0.2, "test": 0.5}, 0, None)
    drawn.parts.update({"calibration": [], "dev": ["21.txt"], "test": ["20.txt"]})  # type: ignore[attr-defined]
    SplitFile(gold.path).write(drawn)
    taken, _ = take(run, "nobody", gold=gold.path)
    assert len(taken.unread) == 2
    Path("labels.jsonl").unlink()
    taken, labels = take(run, "nobody", gold=gold.path, documents=(str(tmp_path / "other"),))
    assert not taken.unread
    assert taken.left_out["nearly the same as a document of those parts"] >= 1
    assert "3.txt" not in {label.document for label in labels}
