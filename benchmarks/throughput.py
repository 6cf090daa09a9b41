"""Compare the throughput of Ringfence with that of the bare OpenVINO GenAI pipeline, on the same prompts and grammars.

    python benchmarks/throughput.py [--weights tests] [--documents 28] [--rounds 3]

Ringfence reads the PDFs, finds candidates, writes prompts and grammars, and journals every answer with fsync. The bare
pipeline gets the finished token ids and grammars, and only generates. Both run in one process in alternating order
(A B B A ...). The printed ratio is the ratio of the medians.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any, cast

import numpy as np

from ringfence.documents import expand_inputs
from ringfence.engines import Engine, EngineOutput, EngineRequest, EngineSettings, Request
from ringfence.engines.openvino import OpenVinoEngine
from ringfence.engines.openvino_runtime import runtime
from ringfence.inference import Answerer, open_engine
from ringfence.runs import run_task
from ringfence.tasks import load_task
from ringfence.weights import Listener, Store, pull

EXAMPLES = Path(__file__).parents[1] / "examples" / "invoices"


def make_documents(folder: Path, count: int) -> Path:
    """Generate the example documents."""
    script = EXAMPLES / "make_documents.py"
    subprocess.run([sys.executable, script, folder, str(count)], check=True, capture_output=True)
    return folder / "documents"


def bare(engine: OpenVinoEngine, requests: list[Request]) -> float:
    """Return the seconds that the bare pipeline takes for ``requests``, all submitted at once."""
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


class RecordingEngine:
    """The engine, which also records every request of a run, including second looks."""

    def __init__(self, engine: OpenVinoEngine) -> None:
        self.engine = engine
        self.requests: list[Request] = []

    def lockstep(self, requests: Iterable[EngineRequest]) -> Iterator[EngineOutput]:
        """Answer requests as the engine does."""

        def recorded() -> Iterator[EngineRequest]:
            for request in requests:
                assert isinstance(request, Request)
                self.requests.append(request)
                yield request

        return self.engine.lockstep(recorded())

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
    model = open_engine(
        "openvino", pull(options.weights, store), store, EngineSettings(cache_gib=2), listener=Listener(say=print)
    )
    engine = model.engine
    assert isinstance(engine, OpenVinoEngine)
    task = load_task(EXAMPLES / "task.yaml")
    with tempfile.TemporaryDirectory() as scratch:
        sources = expand_inputs([make_documents(Path(scratch), options.documents)])
        recording = RecordingEngine(engine)
        answerer = Answerer(replace(model, engine=cast(Engine, recording)), task)
        seconds: dict[str, list[float]] = {"ringfence": [], "bare": []}

        def measure(name: str) -> None:
            engine._build()  # an empty prefix cache for both
            if name == "bare":
                seconds[name].append(bare(engine, requests))
                return
            started = time.monotonic()
            out = Path(scratch) / f"run-{time.monotonic_ns()}"
            run_task(answerer, sources, out)
            seconds[name].append(time.monotonic() - started)

        measure("ringfence")  # fills the page cache, does the imports, and records the requests for the bare pipeline
        requests = list(recording.requests)
        seconds["ringfence"].clear()
        for number in range(options.rounds):
            for name in ("ringfence", "bare") if number % 2 == 0 else ("bare", "ringfence"):
                measure(name)
                print(f"round {number + 1} {name}: {seconds[name][-1]:.1f} s", flush=True)
    count, (ours, theirs) = len(sources), (median(seconds[name]) for name in ("ringfence", "bare"))
    print(f"ringfence {60 * count / ours:.1f} documents/min, bare {60 * count / theirs:.1f} documents/min")
    print(
        f"ratio ringfence / bare: {theirs / ours:.2f} "
        f"(median of {options.rounds}, {count} documents, {len(requests)} requests, {model.name})"
    )
    model.close()


if __name__ == "__main__":
    main()
