"""Encoders on the onnx engine, with tiny weights that the tests make."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.engines import EngineSettings
from ringfence.engines.encoder_graph import load_graph
from ringfence.engines.onnx import OnnxEngine
from ringfence.engines.protocol import EncoderRuntime
from ringfence.engines.text_batches import TOKENS, batches_of
from ringfence.errors import EngineError
from tests.encoders import make_encoder

RUNTIMES: tuple[EncoderRuntime, ...] = ("openvino", "onnxruntime")
SENTENCES = ["the cat sat on the mat", "a dog ran", "the dog sat on a cat " * 9, "", "mat"]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_encoder(tmp_path_factory.mktemp("encoder"))


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_text_has_the_same_row_alone_in_any_batch_and_in_any_thread(encoder: Path, runtime: EncoderRuntime) -> None:
    engine = OnnxEngine(encoder, EngineSettings(runtime=runtime, threads=1))
    rows = engine.embed(SENTENCES * 5)
    assert rows.shape == (25, 8)
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(25), abs=1e-5)
    with ThreadPoolExecutor(3) as threads:
        for alone, row in zip(threads.map(lambda text: engine.embed([text])[0], SENTENCES * 5), rows, strict=True):
            assert alone == pytest.approx(row, abs=1e-6)  # ONNX Runtime sums this graph in another order
    assert engine.embed([]).shape == (0, 0)


def test_both_runtimes_agree_and_the_lock_says_which_one_ran(encoder: Path) -> None:
    engines = [OnnxEngine(encoder, EngineSettings(runtime=runtime, threads=2)) for runtime in RUNTIMES]
    one, other = (engine.embed(SENTENCES) for engine in engines)
    assert (1 - (one * other).sum(1)).max() < 1e-3  # cosine distance; bf16 has eight bits
    for engine, runtime in zip(engines, RUNTIMES, strict=True):
        settings = engine.describe()["settings"]
        assert settings["runtime"] == runtime
        assert settings["threads"] == 2
        assert set(engine.libraries) == {"numpy", "tokenizers", runtime}
    assert engines[1].describe()["settings"]["precision"] == "f32"


@pytest.mark.parametrize(("fast", "runtime"), [(True, "openvino"), (False, "onnxruntime")])
def test_openvino_runs_where_the_processor_has_bf16(
    encoder: Path, monkeypatch: pytest.MonkeyPatch, fast: bool, runtime: str
) -> None:
    monkeypatch.setattr("ringfence.engines.encoder_graph.has_bfloat16", lambda: fast)
    assert load_graph(encoder / "model.onnx", "auto", 1).runtime == runtime


def test_a_graph_that_openvino_cannot_compile_runs_on_onnx_runtime_unless_openvino_is_forced(
    encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, threads: int) -> None:
        raise RuntimeError("no such operation")

    monkeypatch.setattr("ringfence.engines.encoder_graph.has_bfloat16", lambda: True)
    monkeypatch.setattr("ringfence.engines.encoder_graph._OpenVinoGraph", refuse)
    assert load_graph(encoder / "model.onnx", "auto", 1).runtime == "onnxruntime"
    with pytest.raises(EngineError, match="cannot load these weights"):
        OnnxEngine(encoder, EngineSettings(runtime="openvino"))


@given(st.lists(st.integers(0, 700), max_size=200), st.sampled_from([64, 250, 512]))
def test_batches_hold_every_text_once_with_a_padded_length_of_its_own(lengths: list[int], most: int) -> None:
    lengths = [min(length, most) for length in lengths]
    seen: dict[int, int] = {}
    for padded, positions in batches_of(lengths, most):
        assert len(positions) * padded <= max(TOKENS, padded)
        for position in positions:
            assert position not in seen
            assert lengths[position] <= padded <= most
            seen[position] = padded
    assert sorted(seen) == list(range(len(lengths)))
    for position, length in enumerate(lengths):
        (alone,) = batches_of([length], most)
        assert alone[0] == seen[position]
