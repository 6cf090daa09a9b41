"""An ONNX graph, compiled by OpenVINO or run by ONNX Runtime, whichever is faster here."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ..errors import EngineError
from ..hardware import has_bfloat16
from .openvino_runtime import build_digest, runtime
from .protocol import EncoderRuntime

__all__ = ["EncoderGraph", "load_graph"]

Arrays = dict[str, npt.NDArray[Any]]


class EncoderGraph(Protocol):
    """A loaded graph. ``run`` may be called from any thread, and what it returns is the caller's own."""

    runtime: str
    library: str
    version: str
    precision: str
    inputs: frozenset[str]

    def run(self, feed: Arrays) -> Arrays:
        """Run the graph on its ``inputs``; returns its outputs by name."""
        ...

    def build(self) -> str | None:
        """The digest of the shared libraries, if the version does not identify them."""
        ...


class _OnnxRuntimeGraph:
    runtime = library = "onnxruntime"
    precision = "f32"

    def __init__(self, path: Path, threads: int) -> None:
        import onnxruntime

        self.version = str(onnxruntime.__version__)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._outputs = [entry.name for entry in self._session.get_outputs()]
        self.inputs = frozenset(entry.name for entry in self._session.get_inputs())

    def run(self, feed: Arrays) -> Arrays:
        return dict(zip(self._outputs, self._session.run(self._outputs, feed), strict=True))

    def build(self) -> str | None:
        return None


class _OpenVinoGraph:
    runtime = library = "openvino"

    def __init__(self, path: Path, threads: int) -> None:
        openvino = runtime().core
        self.version = str(openvino.__version__)
        self.precision = "bf16" if has_bfloat16() else "f32"
        properties = {
            "INFERENCE_PRECISION_HINT": self.precision,
            "PERFORMANCE_HINT": "LATENCY",
            **({"INFERENCE_NUM_THREADS": threads} if threads else {}),
            # In f32 OpenVINO would round the activations of int8 weights: slower here, and ten times farther off.
            **({"DYNAMIC_QUANTIZATION_GROUP_SIZE": 0} if self.precision == "f32" else {}),
        }
        core = openvino.Core()
        self._request = core.compile_model(core.read_model(str(path)), "CPU", properties).create_infer_request()
        self._outputs = [output.get_any_name() for output in self._request.model_outputs]
        self.inputs = frozenset(entry.get_any_name() for entry in self._request.model_inputs)
        self._one_at_a_time = threading.Lock()

    def run(self, feed: Arrays) -> Arrays:
        with self._one_at_a_time:
            self._request.infer(feed)
            return {name: np.array(self._request.get_tensor(name).data) for name in self._outputs}

    def build(self) -> str | None:
        return build_digest()


def load_graph(path: Path, wanted: EncoderRuntime, threads: int) -> EncoderGraph:
    """Load a graph on ``wanted``; ``auto`` is OpenVINO where it is installed and the processor computes in bf16.

    Raises whatever the library raises. A graph that OpenVINO cannot compile runs on ONNX Runtime, unless forced.
    """
    if wanted == "onnxruntime" or (wanted == "auto" and not has_bfloat16()):
        return _OnnxRuntimeGraph(path, threads)
    try:
        return _OpenVinoGraph(path, threads)
    except (EngineError, RuntimeError):
        if wanted == "openvino":
            raise
        return _OnnxRuntimeGraph(path, threads)
