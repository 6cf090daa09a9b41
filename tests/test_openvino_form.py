"""The form that OpenVINO runs holds the numbers of the GGUF file, and states how far each matrix is from it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from gguf import GGMLQuantizationType, GGUFReader, GGUFWriter
from gguf.quants import dequantize, quantize
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ringfence.cli import cli
from ringfence.engines import openvino_convert
from ringfence.engines.openvino_convert import make_form
from ringfence.engines.openvino_distance import FURTHEST, distances
from ringfence.engines.openvino_groups import WIDE, widen_groups
from ringfence.engines.openvino_runtime import runtime
from ringfence.engines.selection import OPENVINO_PRECISIONS, READ_EXACTLY
from ringfence.errors import EngineError
from ringfence.gguf_copy import copy_gguf
from ringfence.gguf_header import BLOCKS
from ringfence.weights import StoredWeights

ROWS, COLUMNS = 8, 64


def dice(seed: int, rows: int = ROWS) -> Any:
    return np.random.default_rng(seed).normal(size=(rows, COLUMNS)).astype(np.float32)


def write_gguf(path: Path, matrices: dict[str, tuple[Any, str]], alignment: int = 32) -> Path:
    """A llama file with two heads and the matrices (numbers, precision)."""
    writer = GGUFWriter(str(path), "llama")
    if alignment != 32:
        writer.add_custom_alignment(alignment)
    writer.add_head_count(2)
    writer.add_token_list(["a", "ä", "<|im_end|>"])
    writer.add_tensor("output_norm.weight", np.arange(COLUMNS, dtype=np.float32))
    for name, (numbers, precision) in matrices.items():
        kind = GGMLQuantizationType[precision]
        writer.add_tensor(name, quantize(numbers, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def numbers_of(path: Path) -> dict[str, Any]:
    return {tensor.name: dequantize(tensor.data, tensor.tensor_type) for tensor in GGUFReader(str(path)).tensors}


def rms(numbers: Any) -> float:
    return float(np.sqrt(np.mean(np.square(numbers, dtype=np.float64))))


@pytest.mark.parametrize("alignment", [32, 64])
@pytest.mark.parametrize("precision", ["F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0"])
def test_a_copy_changes_the_precision_of_matrices_and_nothing_else(
    tmp_path: Path, precision: str, alignment: int
) -> None:
    source = write_gguf(tmp_path / "a.gguf", {"m": (dice(1), precision), "n": (dice(2), "Q5_1")}, alignment)
    copy_gguf(source, tmp_path / "b.gguf", "q8_0", keep={"F16"})
    before, after = GGUFReader(str(source)), GGUFReader(str(tmp_path / "b.gguf"))
    kinds = {tensor.name: tensor.tensor_type.name for tensor in after.tensors}
    assert kinds == {"output_norm.weight": "F32", "m": "F16" if precision == "F16" else "Q8_0", "n": "Q8_0"}
    for key in ("llama.attention.head_count", "tokenizer.ggml.tokens", "general.architecture"):
        assert after.fields[key].contents() == before.fields[key].contents()
    old, new = numbers_of(source), numbers_of(tmp_path / "b.gguf")
    assert np.array_equal(old["output_norm.weight"], new["output_norm.weight"])
    for name in ("m", "n"):
        assert rms(old[name] - new[name]) < 0.013 * rms(old[name])
    if precision in ("F16", "Q8_0"):
        assert np.array_equal(old["m"], new["m"])


@given(arrays(np.float32, (2, 64), elements=st.floats(-1000, 1000, width=32).filter(lambda x: x == 0 or abs(x) > 0.1)))
def test_eight_bits_never_move_a_matrix_by_more_than_the_bound(numbers: Any) -> None:
    kind = GGMLQuantizationType.Q8_0
    assert rms(dequantize(quantize(numbers, kind), kind) - numbers) <= 0.0135 * rms(numbers) + 1e-9


def test_every_precision_that_the_form_can_be_made_of_is_read() -> None:
    for precision in OPENVINO_PRECISIONS:
        kind = GGMLQuantizationType[precision]
        size, packed = BLOCKS[int(kind)]
        raw = np.zeros((2, packed), np.uint8)
        assert dequantize(raw.view(np.float32) if precision == "F32" else raw, kind).size in (2 * size, 2 * packed)


def write_graph(path: Path, matrices: list[Any], build: Callable[[Any, Any], Any]) -> Path:
    """A graph that multiplies its input with each of the matrices; ``build(opset, numbers)`` is how it holds them."""
    ov = runtime().core
    ops = ov.opset13
    given_ = ops.parameter([-1, COLUMNS], np.float32)
    found = [ops.matmul(given_, build(ops, numbers), False, True) for numbers in matrices]
    ov.save_model(ov.Model(found, [given_]), str(path), compress_to_fp16=False)
    return path


def in_bytes(ops: Any, numbers: Any) -> Any:
    """A matrix as GenAI's reader writes one of Q8_0: bytes in groups of 32, a zero point, a scale for each group."""
    groups = numbers.reshape(len(numbers), -1, 32)
    scale = (np.abs(groups).max(axis=2, keepdims=True) / 127).astype(np.float16)
    whole = np.clip(np.round(groups / np.maximum(scale, 1e-9).astype(np.float32)) + 128, 0, 255).astype(np.uint8)
    zero = np.full_like(scale, 128, dtype=np.uint8)
    shifted = ops.subtract(ops.convert(ops.constant(whole), "f16"), ops.convert(ops.constant(zero), "f16"))
    scaled = ops.multiply(shifted, ops.constant(scale))
    return ops.convert(ops.reshape(scaled, np.array(numbers.shape), False), "f32")


def in_half_bytes(ops: Any, numbers: Any) -> Any:
    """A matrix as GenAI's reader writes one of Q4_0: two numbers in a byte, in groups of 32 with a scale each."""
    ov = runtime().core
    groups = numbers.reshape(len(numbers), -1, 32)
    scale = (np.abs(groups).max(axis=2, keepdims=True) / 7).astype(np.float16)
    whole = np.clip(np.round(groups / scale.astype(np.float32)) + 8, 0, 15).astype(np.uint8).reshape(-1)
    held = ov.op.Constant(ov.Type.u4, ov.Shape(list(groups.shape)), whole.tolist())
    zero = np.full(scale.shape, 8, np.float16)
    scaled = ops.multiply(ops.subtract(ops.convert(held, "f16"), ops.constant(zero)), ops.constant(scale))
    return ops.convert(ops.reshape(scaled, np.array(numbers.shape), False), "f32")


def plain(ops: Any, numbers: Any) -> Any:
    return ops.constant(numbers)


@pytest.mark.parametrize(("build", "most"), [(plain, 1e-7), (in_bytes, 0.013), (in_half_bytes, 0.13)])
def test_each_matrix_of_a_graph_is_compared_with_its_own_in_the_file(
    tmp_path: Path, build: Callable[[Any, Any], Any], most: float
) -> None:
    held = [dice(seed) for seed in (1, 2, 3)]
    file = write_gguf(tmp_path / "a.gguf", {f"m{at}": (numbers, "F32") for at, numbers in enumerate(held)})
    graph = write_graph(tmp_path / "graph.xml", [held[2], held[0], held[1]], build)
    found = distances(graph, [file])
    assert found.keys() == {"m0", "m1", "m2"}
    assert max(found.values()) < most
    bent = held[1] * np.where(np.arange(COLUMNS) % 2, 1.3, 0.7).astype(np.float32)
    graph = write_graph(tmp_path / "bent.xml", [held[2], held[0], bent], build)
    found = distances(graph, [file])
    assert found["m1"] == pytest.approx(0.3, abs=0.04)
    assert max(found["m0"], found["m2"]) < most


def test_queries_and_keys_are_compared_in_the_order_of_the_graph(tmp_path: Path) -> None:
    held = dice(1)
    interleaved = held.reshape(2, 2, ROWS // 4, COLUMNS).swapaxes(1, 2).reshape(held.shape)  # as llama.cpp's converter
    file = write_gguf(tmp_path / "a.gguf", {"blk.0.attn_q.weight": (interleaved, "F32")})
    assert distances(write_graph(tmp_path / "graph.xml", [held], plain), [file])["blk.0.attn_q.weight"] == 0


def test_a_graph_without_a_matrix_of_the_file_is_refused(tmp_path: Path) -> None:
    file = write_gguf(tmp_path / "a.gguf", {"m": (dice(1, rows=4), "F32")})
    graph = write_graph(tmp_path / "graph.xml", [dice(1)], plain)
    with pytest.raises(EngineError, match=r"lack a matrix of the file \(m\)"):
        distances(graph, [file])


def answers_of(graph: Path, rows: Any) -> list[Any]:
    """What a graph of ``write_graph`` makes of rows of numbers."""
    compiled = runtime().core.compile_model(str(graph), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    answers = compiled([rows])
    return [answers[number] for number in range(len(compiled.outputs))]


def test_matrices_share_a_scale_among_more_numbers_where_that_moves_them_no_further_than_before(tmp_path: Path) -> None:
    even, exact, uneven = dice(1), dice(2), dice(3)
    uneven[:, 0] = 60  # the others of its group have few of the steps up to it, and in a wide group all do
    file = write_gguf(tmp_path / "a.gguf", {"even": (even, "F32"), "exact": (exact, "Q8_0"), "uneven": (uneven, "F32")})
    exact = numbers_of(file)["exact"]
    graph = write_graph(tmp_path / "graph.xml", [even, exact, uneven], in_bytes)
    before, rows = distances(graph, [file]), dice(4, rows=3)
    assert widen_groups(graph, [file], keep={"Q8_0"}) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.gguf", "graph.bin", "graph.xml"]
    after = distances(graph, [file])
    assert after["exact"] == before["exact"]
    assert after["uneven"] == before["uneven"]
    assert before["even"] < after["even"] <= WIDE
    for numbers, answer in zip((even, exact, uneven), answers_of(graph, rows), strict=True):
        assert rms(answer - rows @ numbers.T) < 0.02 * rms(answer)


@pytest.mark.parametrize("build", [plain, in_half_bytes])
def test_matrices_that_are_not_held_in_bytes_stay_as_they_are(tmp_path: Path, build: Callable[[Any, Any], Any]) -> None:
    file = write_gguf(tmp_path / "a.gguf", {"m": (dice(1), "F32")})
    graph = write_graph(tmp_path / "graph.xml", [dice(1)], build)
    held = graph.read_bytes(), graph.with_suffix(".bin").read_bytes()
    assert widen_groups(graph, [file]) == 0
    assert (graph.read_bytes(), graph.with_suffix(".bin").read_bytes()) == held


@pytest.mark.slow
@pytest.mark.weights
def test_the_form_of_real_weights_states_its_distance(small_weights: StoredWeights, tmp_path: Path) -> None:
    heard: list[float] = []
    make_form(small_weights.files, tmp_path, heard.append)
    assert heard == sorted(heard)
    assert heard[-1] == 1
    assert not list(tmp_path.glob("*.gguf"))
    stated = json.loads((tmp_path / "distances.json").read_text())
    assert len(stated["matrices"]) == 211
    assert 0 < stated["mean"] <= stated["worst"] == max(stated["matrices"].values()) < 0.013
    assert stated["bound"] == FURTHEST


@pytest.mark.slow
@pytest.mark.weights
def test_a_form_that_the_reader_rounded_is_refused(
    small_weights: StoredWeights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openvino_convert, "READ_EXACTLY", READ_EXACTLY | {"Q4_1"})
    with pytest.raises(EngineError, match=r"is [89]\.[0-9]% from the file, and the bound is 2%"):
        make_form(small_weights.files, tmp_path)


@pytest.mark.weights
def test_weights_show_says_how_far_a_form_is(small_weights: StoredWeights, open_small: Any) -> None:
    open_small("batched")
    shown = CliRunner().invoke(cli, ["weights", "show", small_weights.manifest.name]).stdout
    assert "from the file on average" in shown
