"""Embedding weights in GGUF on llama.cpp, with a tiny BERT that the tests make."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ringfence.engines import EmbeddingRecipe, EngineSettings, Request
from ringfence.engines.conformance import conformance
from ringfence.engines.llamacpp import LlamaCppEngine
from ringfence.engines.openvino_convert import make_form
from ringfence.errors import EngineError
from ringfence.inference import load_embedder
from ringfence.weights import PullOptions, Store, pull
from tests.encoders import make_gguf_encoder

pytestmark = pytest.mark.xdist_group("llamacpp")


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaCppEngine]:
    folder = tmp_path_factory.mktemp("encoder")
    make_gguf_encoder(folder / "tiny.gguf")
    recipe = EmbeddingRecipe(question="query ", passage="", context=16)
    engine = LlamaCppEngine(folder, EngineSettings(threads=1, max_in_flight=4, recipe=recipe))
    yield engine
    engine.close()


def test_rows_have_length_one_and_questions_their_prefix(encoder: LlamaCppEngine) -> None:
    rows = encoder.embed(["a cat sat", "query a cat sat", "the dog ran on the mat"])
    assert rows.shape == (3, 32)
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(3), abs=1e-5)
    assert encoder.embed(["a cat sat"], purpose="question")[0] == pytest.approx(rows[1], abs=1e-5)
    assert encoder.embed([]).shape == (0, 0)


def test_a_text_beyond_the_context_is_cut(encoder: LlamaCppEngine) -> None:
    assert encoder.capabilities.context == 16
    long = "cat dog " * 50
    assert encoder.embed([long, "cat dog " * 7]) == pytest.approx(encoder.embed(["cat dog " * 7] * 2), abs=1e-5)


def test_it_conforms_and_says_what_it_cannot_do(encoder: LlamaCppEngine) -> None:
    outcomes = {found.check: found.outcome for found in conformance(encoder)}
    assert outcomes.pop("embeddings") == "kept"
    assert set(outcomes.values()) == {"not offered"}
    assert encoder.describe()["settings"]["prefixes"]["question"] == "query "
    with pytest.raises(EngineError, match="they do not write"):
        list(encoder.generate([Request("a", (1,), 1)]))
    with pytest.raises(EngineError, match="does not judge"):
        encoder.judge([("a", "b")])


def test_openvino_refuses_them_with_the_engine_that_runs_them(tmp_path: Path) -> None:
    make_gguf_encoder(tmp_path / "tiny.gguf")
    with pytest.raises(EngineError, match="does not embed texts") as refused:
        make_form(tmp_path, tmp_path / "form")
    assert refused.value.hint == "Use --engine llamacpp."


def test_an_embedder_is_loaded_by_its_name_on_the_engine_that_reads_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RINGFENCE_HOME", str(tmp_path / "home"))
    pull(str(make_gguf_encoder(tmp_path / "tiny.gguf")), Store(), options=PullOptions(name="tiny"))
    loaded = load_embedder(weights="tiny", settings=EngineSettings(threads=1, max_in_flight=2))
    assert loaded.engine.name == "llamacpp"
    assert loaded.engine.embed(["a cat"]).shape == (1, 32)
    loaded.close()


@pytest.mark.parametrize("name", ["nomic-embed-text-v1.5", "multilingual-e5-large", "qwen3-embedding-0.6b"])
def test_well_known_weights_have_the_prefixes_that_they_were_trained_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("RINGFENCE_HOME", str(tmp_path / "home"))
    pull(str(make_gguf_encoder(tmp_path / "tiny.gguf")), Store(), options=PullOptions(name=name))
    loaded = load_embedder(weights=name, settings=EngineSettings(threads=1, max_in_flight=2))
    assert loaded.engine.describe()["settings"]["prefixes"]["question"]
    loaded.engine.embed(["a cat"])  # llama.cpp's server hangs if it is closed before its first answer
    loaded.close()
