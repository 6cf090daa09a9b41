"""Switch off the telemetry of every library that Ringfence loads, in each process and before the first import.

Observed: ONNX Runtime (since 1.29) keeps a device id and a queue under ~/.cache/Microsoft and uploads the names and
hashes of weights; OpenVINO sends an event on import; vLLM and the Hugging Face hub report usage.
"""

from __future__ import annotations

import os
import sys

__all__ = ["SWITCHES", "switch_off_telemetry"]

SWITCHES = {
    "DO_NOT_TRACK": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "ORT_DISABLE_TELEMETRY": "1",  # read once, when the library loads
    "VLLM_NO_USAGE_STATS": "1",
}


def switch_off_telemetry() -> None:
    """Switch off telemetry in this process and, through the environment, in the processes that it starts."""
    os.environ.update(SWITCHES)
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # OpenVINO works without it
