"""Training with torch, on a tiny random llama: the loss mask, resuming, merging, and the adapter as files."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ringfence.errors import InputError, WeightsError
from ringfence.weights import Store, StoredWeights
from ringfence.weights.lora import merge, publish_adapter
from ringfence.weights.store import Manifest, digest_of, record_files

# Importing peft here would import the hub's client, whose address other tests set before that.
if any(importlib.util.find_spec(name) is None for name in ("torch", "peft", "transformers")):
    pytest.skip("the extra tune is not installed", allow_module_level=True)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:Converting a tensor"),
    pytest.mark.filterwarnings("default"),
]

import torch  # noqa: E402

from ringfence.tuning.base import load_base, lora_of, require_torch, with_lora  # noqa: E402
from ringfence.tuning.checkpoint import Checkpoint  # noqa: E402
from ringfence.tuning.examples import Encoded, TrainingExample  # noqa: E402
from ringfence.tuning.plan import Computing, Plan, Settings, plan_for  # noqa: E402
from ringfence.tuning.trainer import Training  # noqa: E402
from tests.tiny_llama import VOCABULARY, write_tiny_llama  # noqa: E402

NOTHING: Any = None


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StoredWeights:
    """A tiny llama of random numbers, in a store of this test's own."""
    monkeypatch.setenv("RINGFENCE_HOME", str(tmp_path / "home"))
    require_torch()
    folder = tmp_path / "made"
    folder.mkdir()
    write_tiny_llama(folder / "tiny.gguf")
    records = record_files(folder)
    manifest = Manifest("tiny", digest_of(records), records, "Apache-2.0", "made here", "2026-01-01")
    return Store().publish(folder, manifest)


def a_plan(**settings: Any) -> Plan:
    given = Settings(**{"numbers": "float32", "epochs": 3, "batch": 2, "rank": 4, "learning_rate": 0.01, **settings})
    return plan_for(given, parameters=10**6, context=256, longest=32, documents=8, computing=Computing(bfloat16=False))


def some_examples(count: int = 8) -> list[Encoded]:
    dice = np.random.default_rng(0)
    found = []
    for number in range(count):
        prompt, answer = 5 + number % 4, 6
        ids = tuple(int(each) for each in dice.integers(1, VOCABULARY, prompt + answer))
        learned = (*[False] * prompt, *[True, True, False, True, True, True])
        found.append(Encoded(TrainingExample(f"d{number}", 0, NOTHING, ()), ids, prompt, learned))
    return found


def a_training(
    base: StoredWeights, folder: Path, plan: Plan | None = None, start: Checkpoint | None = None, *, asked: bool = True
) -> Training:
    plan = plan or a_plan()
    folder.mkdir(exist_ok=True)
    dev = iter([0.5, 0.7, 0.6, 0.6])
    return Training(
        with_lora(load_base(base, plan.numbers), plan),
        some_examples(),
        plan,
        folder,
        start or Checkpoint("one"),
        (lambda _: next(dev)) if asked else None,
    )


def test_training_learns_the_answers_and_takes_the_epoch_that_is_best_on_dev(
    base: StoredWeights, tmp_path: Path
) -> None:
    training = a_training(base, tmp_path / "out")
    losses = []
    training.run(lambda step: losses.append(step.loss))
    assert training.best.number == 2
    assert np.mean(losses[-4:]) < np.mean(losses[:4])
    taken = Checkpoint.read(tmp_path / "out" / "checkpoint.safetensors", Checkpoint("one")).numbers
    for name, numbers in training.lora().items():
        assert np.array_equal(numbers, taken[f"lora/{name}"].numpy())
    assert all((tmp_path / "out" / name).stat().st_mode & 0o777 == 0o600 for name in os.listdir(tmp_path / "out"))


def test_only_marked_tokens_are_learned(base: StoredWeights, tmp_path: Path) -> None:
    training = a_training(base, tmp_path / "out")
    (example,) = some_examples(1)
    with torch.no_grad():
        device = training.model.device
        logits = training.model(input_ids=torch.tensor([example.ids], device=device)).logits[0].log_softmax(-1)
    expected = -sum(float(logits[at - 1, example.ids[at]]) for at, learned in enumerate(example.learned) if learned)
    assert float(training.loss_of([example])) == pytest.approx(expected, rel=1e-4)


def test_padding_changes_no_loss(base: StoredWeights, tmp_path: Path) -> None:
    training = a_training(base, tmp_path / "out")
    examples = some_examples(4)
    alone = sum(float(training.loss_of([each])) for each in examples)
    assert float(training.loss_of(examples)) == pytest.approx(alone, rel=1e-4)


def test_a_gradient_that_is_no_number_spoils_nothing_and_many_of_them_end_the_training(
    base: StoredWeights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    training, right = a_training(base, tmp_path / "out"), Training.loss_of

    def at_times_wrong(self: Training, part: Any) -> Any:
        return right(self, part) * (float("nan") if self.state.step in wrong else 1.0)

    monkeypatch.setattr(Training, "loss_of", at_times_wrong)
    wrong: Any = {1, 4}
    training.run()
    assert training.state.skipped == 2
    assert all(np.isfinite(numbers).all() for numbers in training.lora().values())
    wrong = range(100)
    with pytest.raises(InputError, match="broke down at step 5"):
        a_training(base, tmp_path / "other").run()


def test_a_training_that_stops_early_on_dev_says_which_epoch_it_took(base: StoredWeights, tmp_path: Path) -> None:
    training = a_training(base, tmp_path / "out", a_plan(epochs=4, patience=1))
    training.run()
    assert [each.number for each in training.state.epochs] == [1, 2, 3]


@pytest.mark.parametrize("killed_at", [1, 4, 5, 11])
def test_an_interrupted_training_ends_with_the_same_numbers(
    base: StoredWeights, tmp_path: Path, killed_at: int
) -> None:
    whole = a_training(base, tmp_path / "whole")
    whole.run()

    class Stopped(Exception):
        pass

    def stop(step: Any) -> None:
        first.save()
        if step.number == killed_at:
            raise Stopped

    first = a_training(base, tmp_path / "parts")
    with pytest.raises(Stopped):
        first.run(stop)
    second = a_training(base, tmp_path / "parts")
    seen = [each.dev for each in first.state.epochs]
    dev = iter([0.5, 0.7, 0.6][len(seen) :])
    second.evaluate = lambda _: next(dev)
    assert second.resume()
    assert second.state.step == killed_at
    second.run()
    assert second.state.epochs[-1].loss == pytest.approx(whole.state.epochs[-1].loss, abs=0)
    for name, numbers in whole.lora().items():
        assert np.array_equal(numbers, second.lora()[name]), name


def test_a_kill_at_any_moment_leaves_a_checkpoint_that_goes_on_to_the_same_numbers(
    base: StoredWeights, tmp_path: Path
) -> None:
    script = textwrap.dedent(
        """
        import sys
        from pathlib import Path
        import ringfence.tuning.trainer as trainer
        from ringfence.weights import Store
        from tests.test_training import a_training
        trainer.SAVED_EVERY = 0
        training = a_training(Store().get("tiny"), Path(sys.argv[1]))
        dev = {1: 0.5, 2: 0.7, 3: 0.6}
        training.evaluate = lambda each: dev[len(each.state.epochs) + 1]
        training.resume()
        training.run(lambda step: print(step.number, flush=True))
        """
    )
    whole = a_training(base, tmp_path / "whole")
    whole.run()
    for stop in ("3", "7"):
        with subprocess.Popen(
            [sys.executable, "-c", script, tmp_path / "killed"], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout
            for line in process.stdout:
                if line.strip() == stop:
                    process.send_signal(signal.SIGKILL)
                    break
    subprocess.run([sys.executable, "-c", script, tmp_path / "killed"], check=True, stdout=subprocess.DEVNULL)
    ended = Checkpoint.read(tmp_path / "killed" / "checkpoint.safetensors", Checkpoint("one")).numbers
    for name, numbers in whole.lora().items():
        assert np.array_equal(numbers, ended[f"lora/{name}"].numpy()), name


def test_a_checkpoint_of_another_configuration_or_a_damaged_one_is_refused(base: StoredWeights, tmp_path: Path) -> None:
    training = a_training(base, tmp_path / "out")
    training.save()
    with pytest.raises(InputError, match="another training"):
        a_training(base, tmp_path / "out", start=Checkpoint("two")).resume()
    training.path.write_bytes(training.path.read_bytes()[:100])
    with pytest.raises(InputError, match="damaged"):
        a_training(base, tmp_path / "out").resume()


def test_a_finished_training_goes_on_to_serving_on_another_machine_and_an_unfinished_one_does_not(
    base: StoredWeights, tmp_path: Path
) -> None:
    here, there = (Checkpoint("one", made={"torch": version, "gpus": []}) for version in ("2.13", "2.11"))
    training = a_training(base, tmp_path / "out", start=there)
    training.save()
    with pytest.raises(InputError, match="unfinished training on something else: torch differ"):
        a_training(base, tmp_path / "out", start=here).resume()
    training.run()
    assert sorted(os.listdir(tmp_path / "out")) == ["checkpoint.safetensors"]
    moved = a_training(base, tmp_path / "out", start=here)
    assert moved.resume()
    moved.run()
    assert moved.best == training.best
    assert moved.state.made == there.made
    for name, numbers in training.lora().items():
        assert np.array_equal(numbers, moved.lora()[name]), name


def test_the_epoch_can_be_chosen_on_another_machine_after_the_training(base: StoredWeights, tmp_path: Path) -> None:
    """The machine with the GPU asks nobody; where the weights will serve, the dev part chooses among all epochs."""
    here, there = (Checkpoint("one", made={"torch": version, "gpus": []}) for version in ("2.13", "2.11"))
    whole = a_training(base, tmp_path / "whole")
    whole.run()
    out = tmp_path / "out"
    told: list[Any] = []
    a_training(base, out, start=there, asked=False).run(on_epoch=told.append)
    assert [(each.number, each.dev) for each in told] == [(1, None), (2, None), (3, None)]
    names = ["checkpoint.safetensors", *(f"epoch-{number}.safetensors" for number in (1, 2, 3))]
    assert sorted(os.listdir(out)) == names
    assert all((out / name).stat().st_mode & 0o777 == 0o600 for name in names)

    interrupted = a_training(base, out, start=here)

    def once(training: Training) -> float:
        if told[3:]:
            raise KeyboardInterrupt
        return 0.5

    interrupted.evaluate = once
    assert interrupted.resume()
    with pytest.raises(KeyboardInterrupt):
        interrupted.run(on_epoch=told.append)
    chosen = a_training(base, out, start=here)
    dev = iter([0.7, 0.6])
    chosen.evaluate = lambda _: next(dev)
    assert chosen.resume()
    chosen.run()
    assert [each.dev for each in chosen.state.epochs] == [0.5, 0.7, 0.6]
    assert os.listdir(out) == ["checkpoint.safetensors"]
    for name, numbers in whole.lora().items():
        assert np.array_equal(numbers, chosen.lora()[name]), name


def test_a_choice_among_epochs_needs_all_of_them(base: StoredWeights, tmp_path: Path) -> None:
    a_training(base, tmp_path / "out", asked=False).run()
    (tmp_path / "out" / "epoch-2.safetensors").unlink()
    training = a_training(base, tmp_path / "out")
    assert training.resume()
    with pytest.raises(InputError, match=r"epoch-2\.safetensors is missing"):
        training.run()


def test_merged_weights_answer_like_the_base_with_its_adapter(base: StoredWeights, tmp_path: Path) -> None:
    """transformers reads the merged file by its own code, so the order of rows in it must be llama.cpp's."""
    plan = a_plan()
    training = a_training(base, tmp_path / "out", plan)
    training.run()
    training.model.eval()
    ids = torch.tensor([some_examples(1)[0].ids], device=training.model.device)
    with torch.no_grad():
        tuned = training.model(input_ids=ids).logits
        plain = load_base(base, "float32")(input_ids=ids).logits
    store, lora = Store(), lora_of(training.lora(), plan)
    merged = merge(base, lora, store, "tuned", "f16")
    with torch.no_grad():
        served = load_base(merged, "float32")(input_ids=ids).logits
    assert float((tuned - plain).abs().max()) > 20 * float((tuned - served).abs().max())
    assert merged.manifest.origin == base.manifest.digest
    assert merged.manifest.licence == "Apache-2.0"


def test_an_adapter_file_holds_what_was_trained_and_names_its_base(base: StoredWeights, tmp_path: Path) -> None:
    from gguf import GGUFReader

    plan = a_plan()
    training = a_training(base, tmp_path / "out", plan)
    training.run()
    lora = lora_of(training.lora(), plan)
    adapter = publish_adapter(base, lora, Store(), "adapter")
    (file,) = adapter.files.glob("*.gguf")
    reader = GGUFReader(str(file))
    names = {tensor.name for tensor in reader.tensors}
    assert {"blk.0.attn_q.weight.lora_a", "blk.1.ffn_down.weight.lora_b"} <= names
    assert len(names) == 2 * len(lora.matrices)
    assert reader.fields["adapter.lora.alpha"].contents() == plan.alpha
    assert adapter.manifest.origin == base.manifest.digest


def test_an_adapter_of_other_weights_is_refused(base: StoredWeights, tmp_path: Path) -> None:
    plan = a_plan()
    lora = lora_of(a_training(base, tmp_path / "out", plan).lora(), plan)
    matrices = {f"model.layers.9.{name}": pair for name, pair in lora.matrices.items()}
    with pytest.raises(WeightsError, match="do not have"):
        merge(base, type(lora)(matrices, lora.rank, lora.alpha), Store(), "tuned")


def test_a_base_of_4_bits_without_a_gpu_is_refused(base: StoredWeights) -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(InputError, match="needs a GPU"):
        load_base(base, "4bit")
