"""The embedding engine, with real weights: near in meaning is near in numbers, and windows are chosen by it."""

from __future__ import annotations

import numpy as np
import pytest

from ringfence.engines import Engine, EngineSettings, Request
from ringfence.engines.protocol import EncoderRuntime
from ringfence.errors import EngineError
from ringfence.inference import open_engine, window_selector
from ringfence.tasks import windows_of
from ringfence.weights import Store, pull
from tests.conftest import document_of, task_of

pytestmark = pytest.mark.weights


def test_rows_have_length_one_and_meaning_decides_how_near_they_are(embedder: Engine) -> None:
    rows = embedder.embed(["The contract ends in May.", "The agreement expires in spring.", "Bananas are yellow."])
    assert rows.shape == (3, 384)
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(3), abs=1e-4)
    assert rows[0] @ rows[1] > rows[0] @ rows[2] + 0.2


@pytest.mark.parametrize("runtime", ["openvino", "onnxruntime"])
def test_the_same_text_has_the_same_bits_whatever_stands_beside_it_in_the_batch(
    embedder: Engine, runtime: EncoderRuntime
) -> None:
    store = Store()
    engine = open_engine("onnx", pull("embedding", store), store, EngineSettings(runtime=runtime)).engine
    texts = ["The contract ends in May.", "word " * 400, "It ends.", *(f"Clause {n} ends in May." for n in range(70))]
    rows = engine.embed(texts)
    for text, row in zip(texts[:8], rows, strict=False):
        assert engine.embed([text])[0].tobytes() == row.tobytes()
    assert (1 - (rows * embedder.embed(texts)).sum(1)).max() < 1e-3
    assert embedder.embed([]).shape[0] == 0
    engine.close()


def test_the_catalog_says_how_many_tokens_of_a_text_are_read(embedder: Engine) -> None:
    assert embedder.capabilities.context == 256


def test_it_says_what_it_cannot_do(embedder: Engine) -> None:
    assert embedder.capabilities.embed
    assert not embedder.capabilities.grammar
    with pytest.raises(EngineError, match="does not write"):
        list(embedder.generate([Request("a", (1,), 1)]))


def test_the_windows_that_a_field_asks_for_are_chosen(embedder: Engine) -> None:
    filler = "The parties met several times and talked about the weather and the garden. " * 12
    law = "This agreement is governed by the laws of the State of New York. " + filler[:300]
    document = document_of("\n\n".join([filler, filler, law, filler, filler]))
    windows = windows_of(document, 190, lambda text: len(text.split()))
    assert len(windows) >= 5
    task = task_of(law={"kind": "text", "description": "which law governs the contract"})
    chosen = window_selector(embedder)(task, document, windows, 1)
    assert chosen[0] == 0
    assert any(windows[n].start <= document.text.index("New York") < windows[n].end for n in chosen)
    assert len(chosen) == 2
