"""What tuned weights forgot of another task is counted on documents that can be read, and that nothing trained on."""

from __future__ import annotations

import random
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ringfence.contracts import GoldLine, ModelOptions
from ringfence.documents import Document, expand_inputs
from ringfence.engines import FakeEngine
from ringfence.errors import InputError
from ringfence.files import line_of
from ringfence.gold.split import Split, SplitFile
from ringfence.inference import LoadedModel
from ringfence.tuning import OtherTask, ProofHooks
from ringfence.tuning.forgotten import Forgotten, forgotten, labelled_documents
from tests.conftest import document_of
from tests.fake_runs import run_fake
from tests.letters import TASK, gold_of, letter
from tests.test_tune_proof import answer_of

NAMES = [f"{number}.txt" for number in range(12)]
BOTH = {"base": ModelOptions(weights="base"), "tuned": ModelOptions(weights="tuned")}


@pytest.fixture(autouse=True)
def model(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tuned weights get the seller of the other task wrong, the base gets all right."""

    def load(options: ModelOptions, *_: Any) -> LoadedModel:
        engine = FakeEngine(lambda request, prompt: answer_of(request, prompt, options.weights == "tuned"))
        return LoadedModel(engine, None, None, options=options)

    monkeypatch.setattr("ringfence.tuning.contender_runs.load_model", load)


def other_task(folder: Path, texts: Sequence[str], families: Sequence[str] = (), test: int = 0) -> OtherTask:
    """A run and gold of some letters; with ``families`` its gold is split, the last ``test`` of them into test."""
    (folder / "letters").mkdir(parents=True)
    for name, text in zip(NAMES, texts, strict=False):
        (folder / "letters" / name).write_text(text)
    names, gold = NAMES[: len(texts)], folder / "gold.jsonl"
    lines = [GoldLine(document=name, values=gold_of(3 if families else n)) for n, name in enumerate(names)]
    gold.write_bytes(b"".join(line_of(line.as_json()) for line in lines))
    if families:
        cut = len(names) - test
        parts = {"calibration": names[:cut], "dev": [], "test": names[cut:]}
        shares = {"calibration": 0.5, "dev": 0.0, "test": 0.5}
        SplitFile(gold).write(Split(parts, dict(zip(names, families, strict=True)), shares, 0, None, "now"))
    engine = FakeEngine(lambda request, prompt: answer_of(request, prompt, False))
    run_fake(TASK, expand_inputs([folder / "letters"]), engine, folder / "run")
    return OtherTask(folder / "run", gold)


def apart(number: int, of: int) -> str:
    """A letter that is like no other: most of it is words of its own."""
    words = random.Random(number)
    return letter(of) + " ".join("".join(words.choices("aeinorst", k=6)) for _ in range(80))


def lost(other: OtherTask, trained: dict[str, Document] | None = None) -> Forgotten:
    (found,) = forgotten([other], trained or {}, BOTH, other.run.parent / "out", ProofHooks())
    return found


def test_a_loss_over_many_documents_is_shown(tmp_path: Path) -> None:
    found = lost(other_task(tmp_path, [apart(n, n) for n in range(12)]))
    assert found.documents == found.families == 12
    assert found.sentence.startswith("Forgot: -")


def test_documents_that_are_gone_are_refused_and_prove_nothing(tmp_path: Path) -> None:
    other = other_task(tmp_path, [letter(n) for n in range(4)])
    shutil.rmtree(tmp_path / "letters")
    with pytest.raises(InputError, match="that can be read"):
        lost(other)


def test_a_loss_on_two_documents_may_be_chance(tmp_path: Path) -> None:
    assert lost(other_task(tmp_path, [letter(0), letter(1)])).sentence.startswith("Nothing is shown to be forgotten")


def test_copies_of_one_letter_count_once(tmp_path: Path) -> None:
    found = lost(other_task(tmp_path, [f"{letter(3)}Copy {n}\n" for n in range(12)]))
    assert found.families == 1
    assert found.sentence.startswith("Nothing is shown to be forgotten")


def test_families_are_those_of_the_other_split_too(tmp_path: Path) -> None:
    assert lost(other_task(tmp_path, [apart(n, 3) for n in range(12)], families=["a", "b"] * 6)).families == 2


def test_the_test_part_of_the_other_gold_stays_sealed(tmp_path: Path) -> None:
    texts = [f"{letter(3)}Copy {n}\n" for n in range(12)]
    other = other_task(tmp_path, texts, families=NAMES, test=4)
    assert lost(other).documents == 8
    assert SplitFile(other.gold).openings() == []


def test_what_was_trained_on_and_its_near_duplicates_stay_out(tmp_path: Path) -> None:
    other = other_task(tmp_path, [apart(n, n) for n in range(6)])
    whole = labelled_documents(other, {})
    assert len(whole.lines) == 6
    own = replace(document_of(apart(0, 0), "own.txt"), sha256="1" * 64)  # the same text in another file
    assert set(labelled_documents(other, {"own.txt": own}).lines) == {*NAMES[1:6]}
    with pytest.raises(InputError, match="was not trained on"):
        labelled_documents(other, {str(n): document_of(apart(n, n), str(n)) for n in range(6)})
