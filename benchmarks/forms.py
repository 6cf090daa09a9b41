"""How near the form that OpenVINO runs is to the weights, beside GenAI's own reading of the same file.

    python benchmarks/forms.py --weights demo --limit 8

Both forms, and the same numbers in float32 (transformers, extra ``tune``), read the answers that the weights give about
receipts of RINGFENCE_DATA (default ../shared/data); their log-probabilities are compared token by token. It needs about
6 bytes of memory for each number of the weights. It prints no content of the documents.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from ringfence.documents import Document, read_documents
from ringfence.engines import EngineSettings, Request, openvino_convert
from ringfence.engines.openvino_runtime import runtime
from ringfence.engines.selection import OPENVINO_PRECISIONS
from ringfence.inference import open_engine
from ringfence.inference.prompts import prompt_ids
from ringfence.tasks import prepare
from ringfence.tuning.base import load_base
from ringfence.weights import Store, StoredWeights, pull
from sets import load_set

EXACT = {"DYNAMIC_QUANTIZATION_GROUP_SIZE": "0"}  # activations stay as they are
FLOAT = {**EXACT, "INFERENCE_PRECISION_HINT": "f32"}


@dataclass(frozen=True)
class Answered:
    """A prompt and an answer, as token ids."""

    prompt: tuple[int, ...]
    answer: tuple[int, ...]


def answers(weights: StoredWeights, set_name: str, limit: int, scratch: Path) -> list[Answered]:
    """The answers of the form in use about the first documents of a set, under their grammars."""
    bench = load_set(set_name, limit, scratch)
    engine = open_engine("openvino", weights, Store(), EngineSettings(cache_gib=1)).engine
    requests = []
    for source in bench.sources:
        (document,) = [read for read in read_documents(source) if isinstance(read, Document)]
        plan = prepare(bench.task, document).plan(control_tokens=engine.control_tokens)
        requests.append(Request(source.id, prompt_ids(plan.prompt, engine), plan.max_new_tokens, grammar=plan.grammar))
    tokens = {done.id: done.tokens for done in engine.generate(requests)}
    engine.close()
    return [Answered(request.prompt, tokens[request.id]) for request in requests if tokens[request.id]]


def log_softmax(rows: Any) -> Any:
    rows = rows.astype(np.float64)
    rows = rows - rows.max(axis=-1, keepdims=True)
    return rows - np.log(np.exp(rows).sum(axis=-1, keepdims=True))


def in_float32(weights: StoredWeights, asked: Sequence[Answered]) -> list[Any]:
    """The log-probabilities of every token at each place of each answer, by the weights as they are."""
    import torch

    model = load_base(weights, "float32").eval()
    with torch.no_grad():
        return [
            log_softmax(
                model(torch.tensor([each.prompt + each.answer]), logits_to_keep=len(each.answer) + 1)
                .logits[0, :-1]
                .numpy()
            )
            for each in asked
        ]


def by_openvino(form: Path, asked: Sequence[Answered], properties: dict[str, str]) -> tuple[list[Any], float]:
    """The same by a form, and its processor seconds."""
    core = runtime().core
    request = core.Core().compile_model(form / "openvino_model.xml", "CPU", properties).create_infer_request()
    found, seconds = [], 0.0
    for each in asked:
        ids = np.array([each.prompt + each.answer])
        places = np.arange(ids.shape[1])
        inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids), "position_ids": places[None],
                  "beam_idx": np.zeros(1, np.int32)}  # fmt: skip
        request.reset_state()
        started = time.process_time()
        request.infer(inputs)
        seconds += time.process_time() - started
        found.append(log_softmax(request.get_output_tensor(0).data[0, len(each.prompt) - 1 : -1]))
    return found, seconds


def read_by_genai(weights: StoredWeights, target: Path) -> Path:
    """GenAI's own reading of every precision, whatever it makes of it."""
    every = set(OPENVINO_PRECISIONS)
    with patch.multiple(openvino_convert, READ_EXACTLY=every, FURTHEST=1.0):
        openvino_convert.make_form(weights.files, target)
    return target


def show(label: str, form: Path, asked: Sequence[Answered], truth: Iterable[Any], properties: dict[str, str]) -> None:
    found, seconds = by_openvino(form, asked, properties)
    moved, apart, other = [], [], 0
    for each, ours, true in zip(asked, found, truth, strict=True):
        at = np.arange(len(each.answer))
        moved += list(np.abs(ours[at, each.answer] - true[at, each.answer]))
        apart += list((np.exp(true) * (true - ours)).sum(axis=-1))
        other += int((ours.argmax(axis=-1) != true.argmax(axis=-1)).sum())
    stated = json.loads((form / "distances.json").read_text(encoding="utf-8"))
    print(
        f"{label:36} matrices {stated['mean']:.2%} off, {stated['worst']:.2%} at worst; log-probabilities "
        f"{np.mean(moved):.4f} off, 95 % below {np.quantile(moved, 0.95):.3f}; KL divergence {np.mean(apart):.5f}; "
        f"another likeliest token {other} of {len(moved)}; {seconds:.0f} processor seconds"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--weights", default="demo")
    parser.add_argument("--set", default="receipts", choices=("receipts", "adbuys", "invoices"))
    parser.add_argument("--limit", type=int, default=8)
    options = parser.parse_args()
    store = Store()
    weights = store.find(options.weights) or pull(options.weights, store)
    with tempfile.TemporaryDirectory() as scratch:
        asked = answers(weights, options.set, options.limit, Path(scratch) / "texts")
        truth = in_float32(weights, asked)
        ours = Path(scratch) / "ours"
        theirs = Path(scratch) / "theirs"
        ours.mkdir()
        theirs.mkdir()
        openvino_convert.make_form(weights.files, ours)
        show("GenAI's reading", read_by_genai(weights, theirs), asked, truth, {})
        show("the form in use", ours, asked, truth, {})
        show("the same, exact activations", ours, asked, truth, EXACT)
        show("the same, all sums in float32", ours, asked, truth, FLOAT)


if __name__ == "__main__":
    main()
