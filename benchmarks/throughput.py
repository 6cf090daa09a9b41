"""Throughput: Ringfence's whole line against the bare OpenVINO GenAI pipeline with the same prompts and grammars.

    python benchmarks/throughput.py [--weights tests] [--documents 28] [--rounds 3]

Ringfence reads the PDFs, finds candidates, writes prompts and grammars, journals every answer with fsync. The bare
side is given the finished token ids and grammars and only generates. Both run in one process in turns (A B B A ...);
the printed ratio is that of the medians.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import median
from typing import Any, cast

import numpy as np

from ringfence.documents import expand_inputs
from ringfence.engines import (
    Completion,
    Engine,
    EngineSettings,
    Request,
)
from ringfence.engines.openvino import OpenVinoEngine
from ringfence.engines.openvino_runtime import runtime
from ringfence.runs import lock_of, open_engine, run
from ringfence.tasks import load_task
from ringfence.weights import Store, pull

EXAMPLES = Path(__file__).parents[1] / "examples" / "invoices"


def make_documents(folder: Path, count: int) -> Path:
    """The example documents."""
    spec = importlib.util.spec_from_file_location("make_documents", EXAMPLES / "make_documents.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_documents"] = module
    spec.loader.exec_module(module)
    documents: Path = module.make(folder, count)
    return documents


def bare(engine: OpenVinoEngine, requests: list[Request]) -> float:
    """Seconds that the bare pipeline takes for ``requests``, all handed over at once."""
    core, genai = runtime()
    pipeline = engine._pipeline
    started = time.monotonic()
    handles = []
    for number, request in enumerate(requests):
        config = genai.GenerationConfig()
        config.max_new_tokens = request.max_new_tokens
        config.logprobs = 1
        config.stop_token_ids = set(engine._facts.end_ids)
        structure = genai.StructuredOutputConfig()
        structure.grammar = request.grammar
        config.structured_output_config = structure
        handles.append(
            pipeline.add_request(10_000_000 + number, core.Tensor(np.array([request.prompt], dtype=np.int64)), config)
        )
    while pipeline.has_non_finished_requests():
        pipeline.step()
    tokens = sum(len(handle.read_all()[0].generated_ids) for handle in handles)
    assert tokens
    return time.monotonic() - started


class Recording:
    """The engine, keeping every request that a run makes of it (second looks too)."""

    def __init__(self, engine: OpenVinoEngine, requests: list[Request]) -> None:
        self.engine, self.requests = engine, requests

    def generate(self, requests: Iterable[Request]) -> Iterator[Completion]:
        """As the engine does."""

        def kept() -> Iterator[Request]:
            for request in requests:
                self.requests.append(request)
                yield request

        return self.engine.generate(kept())

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)


def main() -> None:
    """Print the medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", default="tests")
    parser.add_argument("--documents", type=int, default=28)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    store = Store()
    opened = open_engine("openvino", pull(options.weights, store), store, EngineSettings(cache_gib=2), print)
    engine = opened.engine
    assert isinstance(engine, OpenVinoEngine)
    task = load_task(EXAMPLES / "task.yaml")
    with tempfile.TemporaryDirectory() as scratch:
        sources = expand_inputs([make_documents(Path(scratch), options.documents)])
        requests: list[Request] = []
        ours: list[float] = []
        theirs: list[float] = []
        lock = lock_of(task, opened)

        def once(name: str) -> None:
            engine._build()  # an empty prefix cache for both
            if name == "bare":
                theirs.append(bare(engine, requests[:asked]))
                return
            started = time.monotonic()
            run(task, sources, cast(Engine, recording), lock, Path(scratch) / f"run-{time.monotonic_ns()}")
            ours.append(time.monotonic() - started)

        recording = Recording(engine, requests)
        once("ringfence")  # warm up: imports, page cache; and what the bare side is to be asked
        asked = len(requests)
        ours.clear()
        for number in range(options.rounds):
            for name in ("ringfence", "bare") if number % 2 == 0 else ("bare", "ringfence"):
                once(name)
                print(f"round {number + 1} {name}: {(ours if name == 'ringfence' else theirs)[-1]:.1f} s", flush=True)
    count = len(sources)
    print(
        f"ringfence {60 * count / median(ours):.1f} documents/min, bare {60 * count / median(theirs):.1f} documents/min"
    )
    print(
        f"ratio ringfence / bare: {median(theirs) / median(ours):.2f} (median of {options.rounds}, {count} documents, {asked} requests, {opened.weights.manifest.name})"
    )


if __name__ == "__main__":
    main()
