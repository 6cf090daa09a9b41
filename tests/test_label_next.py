"""Which documents to label next: in doubt, unlike what is labelled, and never ten of one look."""

from __future__ import annotations

import itertools
import json
import re
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ringfence as front
from ringfence.contracts import Alternative, DocumentFacts, FieldAnswer, GoldLine, Result
from ringfence.documents import expand_inputs
from ringfence.engines import FakeEngine, Request
from ringfence.errors import InputError
from ringfence.evaluation.calibrator import Calibrator, Logistic
from ringfence.gold.draft import DraftOptions, draft_gold
from ringfence.gold.file import GoldFile
from ringfence.gold.importer import read_table
from ringfence.gold.split import SplitFile, draw_split
from ringfence.labels import NextTerms, Pool, Proposals, next_to_label
from ringfence.labels.candidates import Candidate
from ringfence.labels.doubts import Doubt, DoubtReader
from ringfence.labels.proposals import chosen_of
from ringfence.learning import fit_ranker, label
from ringfence.runs import RunFolder
from tests.conftest import answering, document_of, ringfence, task_of
from tests.fake_runs import run_fake
from tests.letters import TASK, gold_of, letter

WORDS = NextTerms(compare_by="words")


def result_of(total: str = "5", document: str = "a", **parts: Any) -> Result:
    """A result with one value; ``parts`` are those of its evidence."""
    entry = FieldAnswer(**{"kind": "span", "raw": total, "features": {"logprob_mean": -0.01}, **parts})
    return Result(document=DocumentFacts(id=document), status="done", values={"total": total}, fields={"total": entry})


NUMBER = task_of(total={"kind": "number"})


def doubt(*results: Result, task: Any = NUMBER) -> Doubt:
    return DoubtReader(task).of(document_of("Total 5"), results)


def test_a_value_that_the_model_or_a_calibrator_doubts_is_in_doubt_and_says_who_doubts_it() -> None:
    assert doubt(result_of()).reasons == ()
    assert doubt(result_of()).share < 0.05
    unsure = doubt(result_of(features={"logprob_mean": -1.0}))
    assert unsure.share == pytest.approx(0.632, abs=0.001)
    assert unsure.reasons == ("total: the model hesitates",)
    assert doubt(result_of(confidence=0.4)).reasons == ("total: probability 0.40 by the calibrator",)
    assert doubt(result_of(features={"mixed": 0.5, "ranker": 0.9})).reasons == (
        "total: probability 0.50 by ranker and model",
    )


def test_two_values_near_each_other_are_named() -> None:
    near = [Alternative(value="5", raw="5", probability=0.5), Alternative(value="6", raw="6", probability=0.45)]
    assert doubt(result_of(alternatives=near)).reasons == (
        "total: two values are near each other, 0.50 and 0.45 by the model",
    )


def test_what_two_sides_say_differently_is_disputed() -> None:
    assert doubt(result_of("5"), result_of("5.0")).reasons == ()
    assert doubt(result_of("5"), result_of("6")) == Doubt(0.5, ("total: the runs differ",))
    assert doubt(result_of(features={"mixed": 0.95, "model_chose": False})).reasons == (
        "total: ranker and model differ",
    )


def test_flags_and_broken_checks_are_reasons() -> None:
    flagged = result_of(flags=["ambiguous"]).model_copy(update={"checks": {"total > 9": "broken"}})
    assert doubt(flagged).reasons == ("total: ambiguous", "broken: total > 9")
    failed = Result(document=DocumentFacts(id="a"), status="abstained")
    assert doubt(failed) == Doubt(1.0, ("abstained: nothing was answered",))


def test_a_ranker_says_how_sure_it_is_where_there_is_no_run_and_weighs_the_answers_of_one() -> None:
    lines = [GoldLine(document=f"{n}.txt", values=gold_of(n)) for n in range(36)]
    labelled = [label(TASK, document_of(letter(n), f"{n}.txt"), lines[n], str(n)) for n in range(36)]
    reader = DoubtReader(TASK, fit_ranker(TASK, labelled, {}))
    known, odd = document_of(letter(101)), document_of("Paid 5.00 or 6.00 EUR on 01.02.2023 or 02.02.2023.\n")
    assert reader.of(known, []).share < reader.of(odd, []).share
    assert any("by the ranker" in reason for reason in reader.of(odd, []).reasons)


def folder_of(at: Path, texts: dict[str, str]) -> Path:
    at.mkdir()
    for name, text in texts.items():
        (at / name).write_text(text)
    return at


def ids(found: Proposals) -> list[str]:
    return [one.document for one in found.documents]


def test_documents_of_every_look_come_before_a_second_of_one(tmp_path: Path) -> None:
    letters = folder_of(tmp_path / "letters", {f"{n}.txt": letter(n) for n in range(12)})
    found = next_to_label(Pool(inputs=[str(letters)]), None, NextTerms(4))
    looks = [int(name.removesuffix(".txt")) % 3 for name in ids(found)]
    assert sorted(looks[:3]) == [0, 1, 2]
    assert all("stands for 3 others of its look" in one.reasons for one in found.documents)
    assert found.considered == 12
    assert sum(one.worth for one in found.documents) <= 1


def test_a_look_that_is_labelled_already_comes_last(tmp_path: Path) -> None:
    letters = folder_of(tmp_path / "letters", {f"{n}.txt": letter(n) for n in range(9)})
    GoldFile(tmp_path / "gold.jsonl").add({"0.txt": GoldLine(document="0.txt", values=gold_of(0))})
    found = next_to_label(Pool(inputs=[str(letters)]), tmp_path / "gold.jsonl", NextTerms(2))
    assert {int(name.removesuffix(".txt")) % 3 for name in ids(found)} == {1, 2}
    assert any(reason.startswith("unlike what is labelled") for reason in found.documents[0].reasons)
    assert found.left_out == {"in the gold": 1}


def test_what_the_gold_has_or_holds_out_is_never_proposed_not_under_another_name(tmp_path: Path) -> None:
    texts = {f"{n}.txt": letter(n) for n in range(9)}
    twins = {"copy of 1.txt": letter(1), "nearly 2.txt": letter(2) + "Copy\n", "nearly 3.txt": letter(3) + "Copy\n"}
    letters, gold = folder_of(tmp_path / "letters", {**texts, **twins}), tmp_path / "gold.jsonl"
    GoldFile(gold).add({f"{n}.txt": GoldLine(document=f"{n}.txt", values=gold_of(n)) for n in range(4)})
    split = draw_split({}, {}, {"calibration": 0.3, "dev": 0.2, "test": 0.5}, 0)
    parts: Any = split.parts
    parts.update({"calibration": ["0.txt", "1.txt", "3.txt"], "test": ["2.txt"]})
    SplitFile(gold).write(split)
    found = next_to_label(Pool(inputs=[str(letters)]), gold, NextTerms(99))
    assert set(ids(found)) == {f"{n}.txt" for n in range(4, 9)} | {"nearly 3.txt"}
    assert found.left_out == {
        "in the gold": 4, "the same text as gold": 1, "nearly the text of gold that is held out (dev, test)": 1,
    }  # fmt: skip
    assert not found.unread
    with pytest.raises(InputError, match="Cannot read the gold"):
        next_to_label(Pool(inputs=[str(letters)]), tmp_path / "none.jsonl")
    GoldFile(gold).add({f"{n}.txt": GoldLine(document=f"{n}.txt", values={}) for n in [*range(4, 9), 99]})
    GoldFile(gold).add({name: GoldLine(document=name, values={}) for name in twins})
    with pytest.raises(InputError, match="no document to label"):
        next_to_label(Pool(inputs=[str(letters)]), gold)


def test_no_document_of_a_family_that_the_gold_holds_out_is_proposed(tmp_path: Path) -> None:
    texts = {f"{name} {n}.txt": f"Name {name} {n * 'word '}" for name in ("Hansa", "Kiel") for n in (1, 2)}
    letters, gold = folder_of(tmp_path / "in", texts), tmp_path / "gold.jsonl"
    engine = FakeEngine(lambda request, prompt: f" {re.findall(r'Name (Hansa|Kiel)', prompt)[-1]}\ncity: null\n")
    run_fake(task_of(name={"kind": "text"}, city={"kind": "text"}), expand_inputs([letters]), engine, tmp_path / "run")
    GoldFile(gold).add({"Hansa 1.txt": GoldLine(document="Hansa 1.txt", values={"name": "HANSA"})})
    split = draw_split({"Hansa 1.txt": "x"}, {"Hansa 1.txt": ""}, {"test": 1.0}, 0, "name")
    SplitFile(gold).write(split)
    found = next_to_label(Pool([tmp_path / "run"]), gold)
    assert set(ids(found)) == {"Kiel 1.txt", "Kiel 2.txt"}
    assert found.left_out["of a family that gold holds out (dev, test)"] == 1
    assert set(ids(next_to_label(Pool([tmp_path / "run"]), gold, NextTerms(9, key="city")))) == set(ids(found))


@pytest.mark.parametrize("place", ["in/a.txt", "task.json", "gold.split.json"])
def test_a_list_never_replaces_what_it_was_made_from(
    place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder_of(tmp_path / "in", {"a.txt": letter(1), "b.txt": letter(2)})
    (tmp_path / "task.json").write_text(json.dumps(TASK.canonical()))
    SplitFile(tmp_path / "gold.jsonl").write(draw_split({"x": "x"}, {"x": ""}, {"test": 1.0}, 0))
    GoldFile(tmp_path / "gold.jsonl").add({"x": GoldLine(document="x", values={})})
    before = (tmp_path / place).read_bytes()
    how = ("--task", tmp_path / "task.json", "--gold", tmp_path / "gold.jsonl")
    assert ringfence("label", "next", tmp_path / "in", *how, "--out", tmp_path / place) == 2
    assert "would be overwritten" in capsys.readouterr().err
    assert (tmp_path / place).read_bytes() == before


def test_runs_that_differ_put_a_document_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = ["Nordwind", "Hansa", "Alster", "Brocken"]
    folder = folder_of(tmp_path / "in", {f"{name}.txt": f"Name {name}\nCity {name}burg\n" for name in names})
    task = task_of(name={"kind": "text"})

    def script(request: Request, prompt: str) -> str:
        name = re.findall(r"Name (\w+)", prompt)[-1]
        return f" {name}burg\n" if name == "Alster" else f" {name}\n"

    run_fake(task, expand_inputs([folder]), FakeEngine(lambda r, p: f" {re.findall(r'Name (.+)', p)[-1]}\n"), Path("a"))
    run_fake(task, expand_inputs([folder]), FakeEngine(script), Path("b"))
    found = front.next_to_label(runs=["a", "b"], terms=NextTerms(1, compare_by="words"))
    assert ids(found) == ["Alster.txt"]
    assert "name: the runs differ" in found.documents[0].reasons
    run_fake(task_of(other={"kind": "text"}), expand_inputs([folder]), answering(other="null"), Path("c"))
    with pytest.raises(InputError, match="answers another task"):
        next_to_label(Pool([Path("a"), Path("c")]))


def test_a_list_is_drafted_in_its_order_and_the_next_command_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    letters = folder_of(tmp_path / "letters", {f"{n}.txt": letter(n) for n in range(6)})
    run_fake(TASK, expand_inputs([letters]), answering(seller="null", day="null", total="null"), Path("run"))
    arguments = ("label", "next", "--run", "run", "--count", 3, "--compare-by", "words", "--out", "next.json")
    assert ringfence(*arguments) == 0
    shown = capsys.readouterr()
    assert "ringfence gold draft run --only next.json --out gold.xlsx" in " ".join(shown.err.split())
    assert stat.S_IMODE(Path("next.json").stat().st_mode) == 0o600
    listed = [one["document"] for one in json.loads(Path("next.json").read_text())["next"]]
    assert re.findall(r"^ +\d+  (\S+)$", shown.out, re.M) == listed
    assert ringfence("gold", "draft", "run", "--only", "next.json", "--out", "gold.xlsx") == 0
    assert [row.document for row in read_table(Path("gold.xlsx"), {})[0]] == listed
    draft = draft_gold(RunFolder.open(Path("run")), Path("one.xlsx"), DraftOptions(only=Path("next.json"), limit=1))
    assert draft.documents == 1
    assert ringfence(*arguments[:-2], letters, "--json") == 0
    assert [one["document"] for one in json.loads(capsys.readouterr().out)["next"]] == listed
    assert ringfence("purge", "run", "--yes", "--everything") == 0
    assert not Path("next.json").exists()


@pytest.mark.parametrize(
    ("text", "fault"), [("{}", "is no list of documents"), ('{"next":[{"document":"z"}]}', "has no document of")]
)
def test_what_is_no_list_of_the_run_is_refused(text: str, fault: str, tmp_path: Path) -> None:
    letters = folder_of(tmp_path / "letters", {"0.txt": letter(0)})
    run_fake(TASK, expand_inputs([letters]), answering(seller="null", day="null", total="null"), tmp_path / "run")
    (tmp_path / "next.json").write_text(text)
    for only in (tmp_path / "next.json", tmp_path / "none.json"):
        with pytest.raises(InputError, match=fault if only.exists() else "Cannot read"):
            draft_gold(RunFolder.open(tmp_path / "run"), tmp_path / "g.xlsx", DraftOptions(only=only))


def test_documents_whose_key_is_the_same_count_as_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    texts = {"a1.txt": "Name Hansa alpha beta", "a2.txt": "Name Hansa gamma delta", "b.txt": "Name Kiel epsilon zeta"}
    letters, task = folder_of(tmp_path / "in", texts), task_of(name={"kind": "text"})
    engine = FakeEngine(lambda request, prompt: f" {re.findall(r'Name (Hansa|Kiel)', prompt)[-1]}\n")
    run_fake(task, expand_inputs([letters]), engine, Path("run"))
    found = next_to_label(Pool([Path("run")]), None, NextTerms(2, key="name"))
    assert "b.txt" in ids(found)
    with pytest.raises(InputError, match="not a single field"):
        next_to_label(Pool([Path("run")]), None, NextTerms(2, key="city"))


def test_what_cannot_be_read_is_counted(tmp_path: Path) -> None:
    letters = folder_of(tmp_path / "letters", {"0.txt": letter(0), "1.pdf": "no PDF"})
    assert next_to_label(Pool(inputs=[str(letters)])).left_out == {"that cannot be read": 1}


def test_a_calibrator_of_another_run_is_refused(tmp_path: Path) -> None:
    letters, none = folder_of(tmp_path / "letters", {"0.txt": letter(0)}), (0.0,)
    run_fake(TASK, expand_inputs([letters]), answering(seller="null", day="null", total="null"), tmp_path / "run")
    lock = RunFolder.open(tmp_path / "run").read_facts().lock.digest
    for of, fault in ((lock, None), ("other", "under another lock")):
        calibrator = Calibrator({"*": Logistic(-1.0, none, none, (1.0,))}, None, None, 0.05, 0.95, 0.0, of, "", "")
        terms = NextTerms(calibrator=calibrator)
        if fault is None:
            (one,) = next_to_label(Pool([tmp_path / "run"]), None, terms).documents
            assert one.doubt == pytest.approx(0.73, abs=0.01)
            assert any("probability 0.27 by the calibrator" in reason for reason in one.reasons)
        else:
            with pytest.raises(InputError, match=fault):
                next_to_label(Pool([tmp_path / "run"]), None, terms)


def test_a_ranker_without_a_task_and_two_documents_of_one_name_are_refused(tmp_path: Path) -> None:
    first, second = (folder_of(tmp_path / name, {"0.txt": name}) for name in ("a", "b"))
    run_fake(task_of(x={"kind": "text"}), expand_inputs([first]), answering(x="null"), tmp_path / "run")
    with pytest.raises(InputError, match=r"Two documents are called 0\.txt"):
        next_to_label(Pool([tmp_path / "run"], [str(second)]))
    ranker = fit_ranker(TASK, [], {}, folds=False)
    with pytest.raises(InputError, match="none is given"):
        next_to_label(Pool(inputs=[str(first)]), None, NextTerms(ranker=ranker))


def test_texts_are_compared_by_meaning_where_there_is_an_embedder(tmp_path: Path) -> None:
    letters = folder_of(tmp_path / "letters", {f"{n}.txt": letter(n) for n in range(6)})

    def embed(texts: Sequence[str]) -> npt.NDArray[np.float32]:
        rows = np.zeros((len(texts), 2), np.float32)
        for row, text in enumerate(texts):
            rows[row, int("INVOICE" in text)] = 1
        return rows

    found = next_to_label(Pool(inputs=[str(letters)]), None, NextTerms(2), embed)
    assert found.compared == "meaning"
    assert [int(name.removesuffix(".txt")) % 3 == 2 for name in ids(found)] == [False, True]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.02, 1), st.lists(st.floats(0, 1), min_size=3, max_size=3)), min_size=1, max_size=9)
)
def test_each_document_is_proposed_once_and_none_is_worth_more_than_the_one_before(
    drawn: list[tuple[float, list[float]]],
) -> None:
    """The worth of a set is submodular, so the worth of what is added can only fall."""
    rows = np.array([[*row, 0.1] for _, row in drawn])
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    kept = [Candidate(str(n), "", Doubt(share)) for n, (share, _) in enumerate(drawn)]
    found = chosen_of(kept, (rows @ rows.T).astype(np.float32), np.zeros(len(kept), np.float32), 99, 0.5)
    assert sorted(one.document for one in found) == sorted(one.document for one in kept)
    worths = [one.worth for one in found]
    assert all(later <= earlier + 1e-3 for earlier, later in itertools.pairwise(worths))
    assert sum(worths) <= 1 + 1e-3 * len(worths)
