"""Cross-encoders and entailment weights on the onnx engine, with tiny weights that the tests make."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ringfence.engines import EngineSettings
from ringfence.engines.conformance import conformance
from ringfence.engines.onnx import OnnxEngine
from ringfence.errors import EngineError
from tests.encoders import make_encoder, make_judge

PAIRS = [("the cat sat", "a cat sat on the mat"), ("a dog ran", "the cat"), ("the cat", "a dog ran"), ("", "mat " * 90)]
LABELS = ("Contradiction", "Entailment", "Neutral")


@pytest.mark.parametrize("runtime", ["openvino", "onnxruntime"])
def test_entailment_weights_give_the_log_probability_of_each_label(tmp_path: Path, runtime: Any) -> None:
    engine = OnnxEngine(make_judge(tmp_path, LABELS), EngineSettings(runtime=runtime))
    assert engine.capabilities.labels == ("contradiction", "entailment", "neutral")
    rows = engine.judge(PAIRS)
    assert rows.shape == (4, 3)
    assert rows.dtype == np.float32
    assert np.exp(rows).sum(1) == pytest.approx(np.ones(4), abs=1e-5)
    for pair, row in zip(PAIRS, rows, strict=True):
        assert engine.judge([pair])[0] == pytest.approx(row, abs=1e-5)
    assert engine.judge([]).shape == (0, 3)


def test_a_reranker_gives_its_logit_and_tells_the_two_texts_of_a_pair_apart(tmp_path: Path) -> None:
    engine = OnnxEngine(make_judge(tmp_path, ("LABEL_0",)), EngineSettings())
    assert engine.capabilities.labels == ("label_0",)
    ((one,), (other,)) = engine.judge(PAIRS[1:3])
    assert one == pytest.approx(-other, abs=0.5)  # the first text counts positive, the second negative
    assert one != pytest.approx(other, abs=1e-3)


def test_a_judge_conforms(tmp_path: Path) -> None:
    found = {one.check: one for one in conformance(OnnxEngine(make_judge(tmp_path, LABELS), EngineSettings()))}
    assert found.pop("judgements").outcome == "kept"
    assert {one.outcome for one in found.values()} == {"not offered"}


def test_weights_for_the_other_purpose_are_refused_with_what_to_use(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="does not embed texts with these weights") as refused:
        OnnxEngine(make_judge(tmp_path / "judge", LABELS), EngineSettings()).embed(["a cat"])
    assert refused.value.hint == "Use embedding weights."
    with pytest.raises(EngineError, match="does not judge pairs of texts with these weights") as refused:
        OnnxEngine(make_encoder(tmp_path / "encoder"), EngineSettings()).judge(PAIRS)
    assert "cross-encoder or entailment weights" in str(refused.value.hint)


@pytest.mark.parametrize(
    ("labels", "config", "message"),
    [
        ((), {}, "does not name the labels"),
        (("same", "Same"), {}, "does not name the labels"),
        (("a", "b"), {"id2label": {"1": "a", "2": "b"}}, "does not name the labels"),
        (("a", "b"), {"problem_type": "multi_label_classification"}, "several labels at once"),
    ],
)
def test_labels_that_are_not_named_or_not_alternatives_are_refused(
    tmp_path: Path, labels: tuple[str, ...], config: dict[str, Any], message: str
) -> None:
    with pytest.raises(EngineError, match=message):
        OnnxEngine(make_judge(tmp_path, labels, **config), EngineSettings())


def test_a_graph_with_other_logits_than_labels_is_refused(tmp_path: Path) -> None:
    make_judge(tmp_path, LABELS)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "id2label": {"0": "yes", "1": "no"}}))
    with pytest.raises(EngineError, match="does not give 2 numbers"):
        OnnxEngine(tmp_path, EngineSettings()).judge(PAIRS)
