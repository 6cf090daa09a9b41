"""What a training refuses before it begins, and what another one may not go on from."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ringfence.api.adapter import TuningOptions
from ringfence.api.adapter import tune as tune_with
from ringfence.contracts import TrainingLabel
from ringfence.documents import expand_inputs
from ringfence.engines import FakeEngine
from ringfence.errors import InputError, WeightsError
from ringfence.gold.source import GoldSource
from ringfence.inference import LoadedModel, Windowing
from ringfence.runs import RunFolder, products_of
from ringfence.tasks import Task
from ringfence.tuning import Settings, TuneHooks, TuneTerms, prepare
from ringfence.tuning.checkpoint import Checkpoint, Epoch
from ringfence.tuning.data import Labels
from ringfence.tuning.plan import Computing, read_settings
from ringfence.tuning.preparation import Prepared
from ringfence.weights import Store, StoredWeights, file_name
from ringfence.weights.derivation import publish_derived
from ringfence.weights.store import Manifest, digest_of, record_files
from tests.conftest import document_of, ringfence, task_of
from tests.fake_runs import run_fake
from tests.letters import TASK, gold_of, letter
from tests.test_tuning import ENGINE, labels, write_labels
from tests.tiny_llama import write_tiny_llama

Prepare = Callable[..., Prepared]
FIELDS: Any = {name: spec.model_dump() for name, spec in TASK.fields.items()}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Split letters and a task; the weights are a fake engine's, and torch is not touched."""
    write_labels(tmp_path, labels())
    (tmp_path / "task.json").write_text(json.dumps(TASK.canonical()))
    stored = StoredWeights(tmp_path / "base", Manifest("base", "0" * 64, (), "Apache-2.0", "here", "now"))
    stored.files.mkdir(parents=True)
    write_tiny_llama(stored.files / "base.gguf")
    monkeypatch.setattr("ringfence.tuning.preparation.load_model", lambda *_: LoadedModel(ENGINE, stored, stored))
    monkeypatch.setattr("ringfence.tuning.preparation.stored_weights", lambda *_: stored)
    monkeypatch.setattr("ringfence.tuning.preparation.require_torch", lambda: None)
    monkeypatch.setattr("ringfence.tuning.preparation.computing", lambda: Computing(bfloat16=True))
    return tmp_path


def prepared(folder: Path, task: Task = TASK, **terms: Any) -> Prepared:
    source = GoldSource(None, task, (str(folder / "letters"),))
    return prepare(folder / "gold.jsonl", source, TuneTerms(**terms), TuneHooks())


def tune(folder: Path, *more: Any) -> int:
    how = ("--gold", folder / "gold.jsonl", "--documents", folder / "letters")
    return ringfence("tune", folder / "task.json", *how, "--out", folder / "tuned", *more)


@pytest.mark.parametrize(
    "changed",
    [
        {"compare": "letters"},
        {"windowing": Windowing(tokens=1500)},
        {"task": task_of(checks=["total < 230"], locale={"date_order": "dmy", "decimal": "."}, **FIELDS)},
    ],
)
def test_what_the_dev_part_is_judged_by_belongs_to_the_choice_and_not_to_what_is_trained(
    folder: Path, changed: dict[str, Any]
) -> None:
    one, other = prepared(folder), prepared(folder, **changed)
    assert one.digest == other.digest
    assert one.choice != other.choice


def test_another_engine_may_choose_among_epochs_that_nobody_asked(folder: Path) -> None:
    one = prepared(folder)
    other = replace(one, engine="llamacpp")
    assert one.digest == other.digest
    assert one.choice != other.choice


def read_again(path: Path, choice: str, **state: Any) -> Checkpoint:
    Checkpoint("digest", "words", finished=True, **state).write(path)
    return Checkpoint.read(path, Checkpoint("digest", choice))


def test_epochs_that_were_compared_otherwise_are_never_chosen_among(tmp_path: Path) -> None:
    pytest.importorskip("safetensors.torch")
    path, asked = tmp_path / "checkpoint.safetensors", Epoch(1, 0.5, 0.9, 1.0)
    unasked = replace(asked, dev=None)
    assert read_again(path, "words", before=0.3, epochs=[asked]).epochs == [asked]
    for state in ({"before": 0.3}, {"epochs": [asked]}):
        with pytest.raises(InputError, match="was answered otherwise"):
            read_again(path, "letters", **state)
    assert read_again(path, "letters", epochs=[unasked]).choice == "letters"


@pytest.mark.parametrize("name", ["a/b", "../../../outside", "/tmp/x", "", "a b", ".hidden", "x" * 200])
def test_derived_weights_have_names_that_a_file_can_have(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RINGFENCE_HOME", str(tmp_path / "home"))
    origin = StoredWeights(tmp_path, Manifest("base", "0" * 64, (), "MIT", "here", "now"))
    with pytest.raises(WeightsError, match="cannot be called"):
        publish_derived(origin, Store(), name, "tuned from", lambda target: pytest.fail("nothing is written"))
    assert not list(tmp_path.glob("**/*.gguf"))
    assert file_name("hub/Some Model 1.5B") == "hub-Some-Model-1.5B"


def test_a_bad_name_is_refused_before_the_training(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tune(folder, "--plan", "--name", "firma/rechnung") == 2
    assert "cannot be called 'firma/rechnung'" in capsys.readouterr().err


def test_weights_that_can_repeat_their_documents_are_for_their_owner_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RINGFENCE_HOME", str(tmp_path / "home"))
    (tmp_path / "public").mkdir()
    (tmp_path / "public" / "w.gguf").write_bytes(b"weights")
    records = record_files(tmp_path / "public")
    base = Store().publish(tmp_path / "public", Manifest("base", digest_of(records), records, "MIT", "here", "now"))

    def write(target: Path) -> str:
        assert target.parent.stat().st_mode & 0o077 == 0  # while it is written, too
        (target / "t.gguf").write_bytes(b"tuned")
        return "1"

    tuned = publish_derived(base, Store(), "tuned-1", "tuned from", write)
    smaller = publish_derived(tuned, Store(), "tuned-1-q4", "requantised from", lambda target: write(target) + "b")
    for private in (tuned, smaller):
        assert private.private
    assert not base.private

    def convert(origin: Path, target: Path) -> None:
        (target / "f").write_bytes(b"form")

    form = Store().form(tuned, "x", "1", convert, "now")
    assert form.private


def test_a_run_and_a_folder_of_documents_together_are_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tune(folder, "--run", folder / "run", "--plan") == 2
    assert "--run or --documents, not both" in capsys.readouterr().err


def test_a_file_in_the_place_of_the_folder_is_refused_with_the_plan(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tune(folder, "--out", folder / "gold.jsonl", "--plan") == 2
    assert "gold.jsonl is not a folder" in capsys.readouterr().err


def test_rates_are_read_as_people_write_them(tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text("learning_rate: 1e-4\n")
    assert read_settings(path) == Settings(learning_rate=1e-4)
    path.write_text("")
    assert read_settings(path) == Settings()


@pytest.mark.parametrize(
    "text", ["false", "0", "''", "seed: 2024-13-45", f"seed: {'9' * 401}", "a: " + "[" * 5000, "learning_rate: 1e999"]
)
def test_settings_that_are_none_are_refused_in_words(text: str, tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text(text)
    with pytest.raises(InputError):
        read_settings(path)


def test_the_digest_of_training_labels_is_that_of_what_they_say() -> None:
    def of(*values: dict[str, Any]) -> Labels:
        more = [
            TrainingLabel(document="x.txt", sha256=str(n), values=each, origin="synthetic", accepted_by="nobody",
                          run=f"run-{n}", lock="sha256:0")
            for n, each in enumerate(values)
        ]  # fmt: skip
        return replace(labels(), more=[(label, document_of(letter(n), "x.txt")) for n, label in enumerate(more)])

    assert of().digest_of_more is None
    assert of(gold_of(0)).digest_of_more != of({"seller": None}).digest_of_more
    two = of(gold_of(0), gold_of(1))
    assert len(two.trained()) == len(labels().part("calibration")) + 2  # two documents of one name


def test_near_duplicates_are_one_family_whatever_the_split_says() -> None:
    copies = {f"{n}.txt": f"{letter(50)}Copy {n}\n" for n in range(50, 60)}
    families = labels(texts=copies).families()
    assert len({families[name] for name in copies}) == 1
    assert families["1.txt"] == "1.txt"


def test_an_interrupted_training_is_known_to_the_run_that_it_came_from(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_fake(TASK, expand_inputs([folder / "letters"]), FakeEngine(lambda *_: " null\n"), folder / "run")

    def interrupted(*_: Any, **__: Any) -> None:
        (folder / "tuned" / "checkpoint.safetensors").write_bytes(b"numbers")
        raise KeyboardInterrupt

    monkeypatch.setattr("ringfence.api.adapter.train", interrupted)
    options = TuningOptions(run=folder / "run", until="training")
    with pytest.raises(KeyboardInterrupt):
        tune_with(TASK, folder / "gold.jsonl", folder / "tuned", options=options)
    assert [made.path.name for made in products_of(RunFolder.open(folder / "run"))] == ["tuned"]


def test_a_finished_training_is_not_proved_again_where_only_training_is_asked_for(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finished = SimpleNamespace(published=SimpleNamespace(by_name={}))
    monkeypatch.setattr("ringfence.api.adapter.train", lambda *_, **__: finished)
    monkeypatch.setattr("ringfence.api.adapter.prove", lambda *_, **__: pytest.fail("nothing is proved"))
    options, letters = TuningOptions(until="training"), [str(folder / "letters")]
    done = tune_with(TASK, folder / "gold.jsonl", folder / "tuned", documents=letters, options=options)
    assert done is not None
    assert done.proof is None
