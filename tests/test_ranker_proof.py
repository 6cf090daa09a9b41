"""What is said of a ranker holds of the run that uses it: the same answers, the same sureness, no gain by chance."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from ringfence.contracts import FieldAnswer, GoldLine
from ringfence.errors import InputError
from ringfence.evaluation.learned import LearnTerms, learn
from ringfence.gold.source import GoldSource
from ringfence.learning import Sureness, fit_ranker, label
from ringfence.learning.places import MOST_PLACES
from ringfence.tasks import ExtractTask
from ringfence.tasks.extract.answer import Answer
from tests.conftest import document_of, ringfence, task_of
from tests.letters import TASK, gold_of, letter, write_letters
from tests.test_ranker import labelled, run_on, wrong_engine

MONEY = {"kind": "money", "required": True}


def write(folder: Path, texts: dict[str, tuple[str, dict[str, Any]]]) -> tuple[Path, Path]:
    letters, gold = folder / "letters", folder / "gold.jsonl"
    letters.mkdir()
    for name, (text, _) in texts.items():
        (letters / name).write_text(text)
    lines = (json.dumps(GoldLine(document=name, values=values).as_json()) for name, (_, values) in texts.items())
    gold.write_text("".join(f"{line}\n" for line in lines))
    return letters, gold


def test_a_cascade_is_as_sure_as_its_proof_said_also_of_a_required_field(tmp_path: Path) -> None:
    """A required value is none the surer for being required."""
    task = task_of(locale={"decimal": "."}, total=MONEY)
    texts = {}
    for n in range(80):
        kind, named = ("unclear", "Paid") if n % 10 == 0 else ("clear", "Total")
        text = f"Letter {n} {kind}\n{named} {100 + n}.00 EUR\nOther {300 + n}.00 EUR\n"
        amount = f"{300 + n}.00" if n % 20 == 0 else f"{100 + n}.00"
        texts[f"{n}.txt"] = (text, {"total": {"amount": amount, "currency": "EUR"}})
    letters, gold = write(tmp_path, texts)
    terms = LearnTerms(target_error=0.1, curve=False)
    ranker = learn(gold, GoldSource(task=task, inputs=(str(letters),)), terms=terms).ranker
    assert ranker.sureness is not None
    alone = {}
    for name, (text, _) in texts.items():
        if (answer := ranker.sure_answer(task, document_of(text, name))) is not None:
            alone[name] = answer.values["total"]["amount"]
    wrong = [name for name, amount in alone.items() if amount != texts[name][1]["total"]["amount"]]
    assert (len(alone), len(wrong)) == (ranker.sureness.accepted, ranker.sureness.errors)


def test_what_may_stand_where_nobody_looked_is_not_unlikely() -> None:
    ranker = fit_ranker(TASK, labelled(range(36)), {})
    text = (
        "\n".join(f"line {n} of the annex, part {n}; see there" for n in range(MOST_PLACES // 4)) + "\n" + letter(103)
    )
    document = document_of(text)
    start = text.index("Lahn 103 GmbH")
    said = FieldAnswer(raw="Lahn 103 GmbH", spans=[(start, start + 13)], kind="span")
    null = FieldAnswer(kind="null")
    answer = Answer(
        {"seller": "Lahn 103 GmbH", "day": None, "total": None}, {"seller": said, "day": null, "total": null}, {}, {}
    )
    assert ranker.weigh(TASK, document, answer).values["seller"] == "Lahn 103 GmbH"
    sure = dataclasses.replace(ranker, sureness=Sureness(0.0, 36, 36, 0, 0.08, 0.1))
    assert sure.sure_answer(TASK, document) is None
    assert sure.sure_answer(TASK, document_of(letter(103))) is not None


def list_task() -> ExtractTask:
    fields = {"name": {"kind": "text"}, "amount": {"kind": "number"}, "discount": {"kind": "number"}}
    return task_of(lines={"kind": "list", "fields": fields})


def test_a_field_of_a_list_that_no_gold_states_is_not_surely_empty() -> None:
    task = list_task()
    documents = []
    for n in range(24):
        text = f"Bill {n}\nPaper   {10 + n}.00   5.00\nPens   {40 + n}.00   7.00\n"
        rows = [{"name": "Paper", "amount": f"{10 + n}"}, {"name": "Pens", "amount": f"{40 + n}"}]
        documents.append(
            label(task, document_of(text, str(n)), GoldLine(document=str(n), values={"lines": rows}), str(n))
        )
    ranker = fit_ranker(task, documents, {})
    assert not ranker.knows_all(task)
    assert ranker.alone(task, document_of("Bill 99\nPaper   77.00   5.00\n")) is None


def test_a_labelled_document_is_known_again_however_a_reader_spaces_it() -> None:
    ranker = fit_ranker(TASK, labelled(range(12)), {})
    assert ranker.models_for(document_of(letter(3) + "\n")) is ranker.models_for(document_of(letter(3)))
    assert ranker.models_for(document_of(letter(3) + "\n")) is not ranker.models[0]


def test_an_ambiguous_text_is_no_right_answer(tmp_path: Path) -> None:
    task = task_of(day={"kind": "date"})
    texts = {
        f"{n}.txt": (f"Letter {n}\nDay 03/{4 + n % 8:02}/2024\n", {"day": f"2024-{4 + n % 8:02}-03"}) for n in range(24)
    }
    letters, gold = write(tmp_path, texts)
    (gain,) = learn(gold, GoldSource(task=task, inputs=(str(letters),)), terms=LearnTerms(curve=False)).fields
    assert (gain.field, gain.total, gain.ranker) == ("day", 24, 0)


def test_one_family_is_refused_and_few_say_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    form = "Order form of the town, to be filled in by hand and sent back before the end of the month, please\n" * 6
    texts = {
        f"{n}.txt": (f"{form}Total {n}.00 EUR\n", {"total": {"amount": f"{n}.00", "currency": "EUR"}}) for n in range(9)
    }
    letters, gold = write(tmp_path, texts)
    with pytest.raises(InputError, match="one family"):
        learn(gold, GoldSource(task=task_of(total=MONEY), inputs=(str(letters),)))


def test_a_gain_on_a_few_families_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    letters, gold = write_letters(tmp_path, 30)
    some = tmp_path / "some"
    some.mkdir()
    for path in sorted(letters.iterdir())[:4]:
        (some / path.name).write_text(path.read_text())
    run_on(wrong_engine(), tmp_path / "run", some)
    found = learn(gold, GoldSource(task=TASK, inputs=(str(letters),)), [tmp_path / "run"], LearnTerms(curve=False))
    assert found.answered[0] == 4
    assert found.too_few
    assert not found.brings
    assert "Too few" in found.verdict
    assert found.model_error is None, "the model's error on 4 documents allows the ranker nothing on 30"
    assert found.ranker.sureness is None


def test_a_run_of_other_bytes_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    letters, gold = write_letters(tmp_path, 12)
    run_on(wrong_engine(), tmp_path / "run", letters)
    for path in letters.iterdir():
        path.write_text(path.read_text() + "\n")
    task = tmp_path / "task.json"
    task.write_text(json.dumps(TASK.canonical()))
    assert ringfence("learn", task, "--gold", gold, "--run", tmp_path / "run", "--documents", letters) == 2
    assert "12 files were changed since" in capsys.readouterr().err


def test_documents_that_repeat_labelled_ones_are_of_their_family(tmp_path: Path) -> None:
    texts = {f"{n}.txt": (letter(n), gold_of(n)) for n in range(12)}
    texts |= {f"copy {n}.txt": (letter(n), gold_of(n)) for n in range(12)}
    letters, gold = write(tmp_path, texts)
    found = learn(gold, GoldSource(task=TASK, inputs=(str(letters),)), terms=LearnTerms(curve=False))
    assert found.ranker.card.families == 12


def test_no_letter_of_any_script_stands_in_a_shape() -> None:
    task = task_of(name={"kind": "text"})
    documents = [
        label(
            task,
            document_of(f"No {n}\nName: Żóła Пётр Νίκο\n", str(n)),
            GoldLine(document=str(n), values={"name": "Żóła Пётр Νίκο"}),
            str(n),
        )
        for n in range(12)
    ]
    shapes = [
        name
        for model in fit_ranker(task, documents, {}).models
        for each in model.values()
        for name in each.weights
        if name.startswith("shape:")
    ]
    assert shapes
    assert not [
        name for name in shapes if any(letter.isalpha() and letter not in "Aa" for letter in name.partition(":")[2])
    ]
