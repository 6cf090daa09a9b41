"""Encoders on the onnx engine, with tiny weights that the tests make."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper
from tokenizers import Tokenizer

from ringfence.engines import EmbeddingRecipe, EngineSettings, FakeEngine
from ringfence.engines.conformance import conformance
from ringfence.engines.embedding_recipe import context_of
from ringfence.engines.encoder_graph import load_graph
from ringfence.engines.onnx import OnnxEngine
from ringfence.engines.protocol import EncoderRuntime
from ringfence.engines.text_batches import TOKENS, batches_of
from ringfence.errors import EngineError
from tests.encoders import make_encoder, tell

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


def test_an_encoder_conforms_and_everything_it_does_not_do_is_not_offered(encoder: Path) -> None:
    outcomes = {found.check: found.outcome for found in conformance(OnnxEngine(encoder, EngineSettings()))}
    assert outcomes.pop("embeddings") == "kept"
    assert set(outcomes.values()) == {"not offered"}


def test_a_question_and_a_passage_have_the_prefixes_that_the_recipe_or_the_folder_names(tmp_path: Path) -> None:
    plain = OnnxEngine(make_encoder(tmp_path / "plain"), EngineSettings())
    recipe = EmbeddingRecipe(question="query : ", passage="passage : ")
    told = OnnxEngine(tmp_path / "plain", EngineSettings(recipe=recipe))
    folder = make_encoder(tmp_path / "named")
    tell(folder, "config_sentence_transformers.json", {"prompts": {"query": "query : ", "document": "passage : "}})
    named = OnnxEngine(folder, EngineSettings(recipe=EmbeddingRecipe(question="of the catalog")))
    for engine in (told, named):
        assert (engine.embed(["a cat"], purpose="question") == plain.embed(["query : a cat"])).all()
        assert (engine.embed(["a cat"]) == plain.embed(["passage : a cat"])).all()
    assert (plain.embed(["a cat"], purpose="question") == plain.embed(["a cat"])).all()
    assert told.describe()["settings"]["recipe"]["question"] == "query : "


def test_the_folder_says_how_to_pool_how_long_rows_are_and_how_much_is_read(tmp_path: Path) -> None:
    folder = make_encoder(tmp_path / "cls")
    mean = OnnxEngine(folder, EngineSettings(runtime="onnxruntime"))
    tell(folder, "1_Pooling/config.json", {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False})
    tell(folder, "modules.json", [{"type": "sentence_transformers.models.Transformer"}, {"type": "s.models.Pooling"}])
    tell(folder, "sentence_bert_config.json", {"max_seq_length": 6})
    engine = OnnxEngine(folder, EngineSettings(runtime="onnxruntime", recipe=EmbeddingRecipe(context=32)))
    assert engine.capabilities.context == 6
    assert len(engine.tokenize("a cat sat on the mat")) == 6
    row = engine.embed(["a cat sat"])[0]
    assert np.linalg.norm(row) != pytest.approx(1, abs=1e-3)
    assert row @ mean.embed(["a cat sat"])[0] / np.linalg.norm(row) < 0.99
    assert (engine.embed(["a cat sat on the mat"]) == engine.embed(["a cat sat on dog dog dog"])).all()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("1_Pooling/config.json", {"pooling_mode_max_tokens": True}, "pooling_mode_max_tokens"),
        ("1_Pooling/config.json", {"pooling_mode_cls_token": True, "include_prompt": False}, "leaves the prefix out"),
        ("config.json", [], "do not read token ids"),
        ("modules.json", [{"type": "sentence_transformers.models.Dense"}], "'Dense'"),
        ("modules.json", "{", "modules.json of these weights cannot be read"),
    ],
)
def test_what_the_engine_does_not_run_is_refused_by_name(
    tmp_path: Path, name: str, content: object, message: str
) -> None:
    tell(make_encoder(tmp_path), name, content)
    with pytest.raises(EngineError, match=message):
        OnnxEngine(tmp_path, EngineSettings())


def test_a_graph_that_reads_other_things_than_texts_or_fails_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    folder = make_encoder(tmp_path / "other")
    model = onnx.load(str(folder / "model.onnx"))
    model.graph.input.append(helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["batch", "sequence"]))
    onnx.save(model, str(folder / "model.onnx"))
    with pytest.raises(EngineError, match="do not read token ids"):
        OnnxEngine(folder, EngineSettings(runtime="onnxruntime"))
    folder = make_encoder(tmp_path / "small")
    table = Tokenizer.from_file(str(folder / "tokenizer.json"))
    table.add_tokens(["beyond"])
    table.save(str(folder / "tokenizer.json"))
    with pytest.raises(EngineError, match="failed on texts of 32 tokens"):
        OnnxEngine(folder, EngineSettings(runtime="onnxruntime")).embed(["beyond"])


@pytest.mark.parametrize(
    ("config", "recipe", "tokens"),
    [
        ({"max_position_embeddings": 512}, EmbeddingRecipe(), 512),
        ({"max_position_embeddings": 512}, EmbeddingRecipe(context=256), 256),
        ({"max_position_embeddings": 514, "model_type": "xlm-roberta", "pad_token_id": 1}, EmbeddingRecipe(), 512),
        ({"max_position_embeddings": 64}, EmbeddingRecipe(context=256), 64),
        ({}, EmbeddingRecipe(), 512),
    ],
)
def test_a_text_has_no_more_tokens_than_the_weights_have_positions(
    config: dict[str, Any], recipe: EmbeddingRecipe, tokens: int
) -> None:
    assert context_of(config, recipe) == tokens


def test_the_fake_embeds_and_judges_by_script_and_conforms() -> None:
    fake = FakeEngine(
        lambda request, prompt: "x",
        embedder=lambda text, purpose: [float(len(text)), float(purpose == "question")],
        judgement=lambda one, other: [float(one == other)],
        labels=("same",),
    )
    assert fake.embed(["abc"], purpose="question").tolist() == [[3.0, 1.0]]
    assert fake.judge([("a", "a"), ("a", "b")]).tolist() == [[1.0], [0.0]]
    outcomes = {found.check: found for found in conformance(fake)}
    assert outcomes["embeddings"].outcome == "kept", outcomes["embeddings"]
    assert outcomes["judgements"].outcome == "kept", outcomes["judgements"]
    with pytest.raises(EngineError, match="does not embed"):
        FakeEngine(lambda request, prompt: "").embed(["a"])
    with pytest.raises(EngineError, match="does not judge"):
        FakeEngine(lambda request, prompt: "").judge([("a", "b")])


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
