"""The catalog: exact names, plausible shapes, arithmetic that can be checked, and names that keep their meaning."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from ringfence.cli import cli
from ringfence.engines import EngineSettings, Request
from ringfence.engines.selection import slow_precision
from ringfence.errors import WeightsError
from ringfence.hardware import Machine
from ringfence.inference import open_engine
from ringfence.planning.memory import cached_bytes, gpus_needed, machine_fit, need_of
from ringfence.weights import PullOptions, Store, StoredWeights, catalog, pull
from ringfence.weights.known import find_known, known_weights, source_of
from ringfence.weights.pins import pins
from ringfence.weights.requantisation import requantise

from .files import gguf

FAMILIES = ("llama-2", "llama-3", "qwen2.5", "qwen3", "mistral", "mixtral", "gemma-3", "phi-4", "smollm2")


def test_every_entry_is_whole_and_named_once() -> None:
    names = [known.name for known in known_weights()] + [entry.name for entry in catalog()]
    assert len(set(names)) == len(names)
    assert all(any(name.startswith(family) for name in names) for family in FAMILIES)
    assert {"chat", "embedding", "reranking"} == {known.kind for known in known_weights()}
    for known in known_weights():
        assert re.fullmatch(r"hf:[\w.-]+/[\w.-]+@(main|[0-9a-f]{40})", known.source), known.name
        assert not known.gguf or re.fullmatch(r"hf:[\w.-]+/[\w.-]+@[\w]+:[\w./-]+\.gguf", known.gguf), known.name
        assert known.licence
        assert known.engines
        assert known.heads % known.kv_heads == 0
        assert known.window_layers <= known.layers


@pytest.mark.parametrize("known", known_weights(), ids=lambda known: known.name)
def test_the_parameters_are_those_of_the_shape(known: object) -> None:
    known = find_known(known.name)  # type: ignore[attr-defined]
    assert known is not None
    attention = known.layers * known.hidden * known.head_size * (2 * known.heads + 2 * known.kv_heads)
    assert attention < known.parameters
    assert known.active_parameters < known.parameters
    if known.kind == "chat" and not known.active_parameters and known.parameters > 1e9:
        # What is left for the layers beside attention and words: two to five times the square of the width, thrice.
        left = (known.parameters - attention) / known.layers / known.hidden**2
        assert 4 < left < 30, left


def test_the_arithmetic_of_llama_2() -> None:
    known = find_known("meta-llama/Llama-2-70b-chat-hf")
    assert known is not None
    # 2 x 80 layers x 8 key-value heads x 128 numbers x 2 bytes = 320 KiB a token
    assert cached_bytes(known, 1, 2.0) == 320 * 1024
    need = need_of(known, 16.0, 2.0, 4096, 1)
    assert need.weights_gb == pytest.approx(137.95, abs=0.1)
    assert need.cache_gb == pytest.approx(1.34, abs=0.01)
    assert gpus_needed(need) == 4
    small = find_known("llama-2-7b-chat")
    assert small is not None
    assert gpus_needed(need_of(small, 16.0, 2.0, 4096, 8)) == 1


def test_a_sliding_window_bounds_what_its_layers_keep() -> None:
    known = find_known("gemma-3-4b-it")
    assert known is not None
    long, longer = cached_bytes(known, 8_192, 2.0), cached_bytes(known, 16_384, 2.0)
    assert longer < 1.9 * long


def test_what_fits_and_what_does_not_is_said_with_the_sum() -> None:
    known = find_known("llama-3.1-8b-instruct")
    assert known is not None
    fits, why = machine_fit(known, Machine(24.0), ["openvino"], 8192, 1)
    assert fits
    assert re.search(r"openvino in 8 bits: [\d.]+ \+ [\d.]+ = [\d.]+ GB of 20 GB", why)
    assert re.match(r"llamacpp in 4 bits", machine_fit(known, Machine(9.0), ["openvino", "llamacpp"], 8192, 1)[1])
    assert not machine_fit(known, Machine(4.0), ["openvino"], 8192, 1)[0]
    assert machine_fit(known, Machine(64.0, (80.0,)), ["openvino", "vllm"], 8192, 1)[1].startswith("vllm in 16 bits")
    fits, why = machine_fit(known, Machine(24.0), [], 8192, 1)
    assert not fits
    assert "not installed" in why


def test_one_gguf_file_or_the_makers_safetensors() -> None:
    known = find_known("qwen2.5-7b-instruct")
    assert known is not None
    assert source_of(known, safetensors=False).endswith(".gguf")
    assert source_of(known, safetensors=True) == known.source


def test_a_name_keeps_the_bytes_of_its_first_pull_even_when_they_are_removed(tmp_path: Path) -> None:
    store, file = Store(tmp_path / "store"), tmp_path / "model.gguf"
    gguf(file, "first")
    first = pull(str(file), store, options=PullOptions(name="mine"))
    assert pins(store.root)["mine"]["digest"] == first.manifest.digest
    store.remove("mine")
    gguf(file, "second")
    with pytest.raises(WeightsError, match="now has other bytes") as caught:
        pull(str(file), store, options=PullOptions(name="mine"))
    assert "--repin" in str(caught.value.hint)
    second = pull(str(file), store, options=PullOptions(name="mine", repin=True))
    assert pins(store.root)["mine"]["digest"] == second.manifest.digest
    store.remove("mine")
    assert pull(str(file), store, options=PullOptions(name="mine")).manifest.digest == second.manifest.digest


def test_the_catalog_is_shown_with_what_fits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGFENCE_HOME", str(tmp_path))
    told = json.loads(CliRunner().invoke(cli, ["weights", "list", "--catalog", "--json"]).output)
    rows = {row["name"]: row for row in told["known"]}
    assert rows["llama-2-70b-chat"]["gpus"] >= 4
    assert all(row["why"] for row in rows.values())
    assert not any(row["pulled"] for row in rows.values())
    monkeypatch.setenv("COLUMNS", "80")
    shown = CliRunner().invoke(cli, ["weights", "list", "--catalog"])
    assert len(shown.stdout.splitlines()) < 30
    assert re.search("tests +smollm2-135m-instruct-q4_1", shown.stdout)
    every = CliRunner().invoke(cli, ["weights", "list", "--catalog", "--all"]).stdout
    for known in known_weights():
        assert re.search(f"^{re.escape(known.name)} ", every, re.MULTILINE), "folded"
    assert len(every.splitlines()) < len(known_weights()) + len(catalog()) + 9


@pytest.mark.slow
@pytest.mark.weights
@pytest.mark.xdist_group("llamacpp")
def test_another_precision_is_other_weights_with_their_origin(small_weights: StoredWeights, tmp_path: Path) -> None:
    store = Store(tmp_path)
    source = str(small_weights.files / small_weights.manifest.files[0].name)
    origin = pull(source, store, options=PullOptions(name="small"))
    assert slow_precision(origin.files) == "Q4_1"
    new = requantise(origin, "q8_0", store)
    assert new.manifest.name == "small-as-q8_0"
    assert new.manifest.digest != origin.manifest.digest
    assert new.manifest.origin == origin.manifest.digest
    assert slow_precision(new.files) is None
    new.verify(reread=True)
    opened = open_engine("llamacpp", new, store, EngineSettings(cache_gib=1, max_in_flight=1))
    prompt = opened.engine.prompt((("user", "Is a cat an animal? Answer yes or no."),))
    (done,) = opened.engine.generate([Request("a", prompt, 4, grammar='root ::= "Yes" | "No"\n')])
    assert done.text in ("Yes", "No")
    opened.engine.close()
    (tmp_path / "two").mkdir()
    gguf(tmp_path / "two" / "a.gguf", "a")
    gguf(tmp_path / "two" / "b.gguf", "b")
    two = pull(str(tmp_path / "two"), store)
    with pytest.raises(WeightsError, match="not a single GGUF"):
        requantise(two, "q8_0", store)
