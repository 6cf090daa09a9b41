"""No library that we load reports home: switched off here, before any of them is imported, in every process of ours.

Seen: ONNX Runtime (from 1.29) keeps a device id and a queue under ~/.cache/Microsoft and uploads names and hashes of weights;
OpenVINO sends an event on import; vLLM and the Hugging Face hub report use.
"""

from __future__ import annotations

import os
import sys

__all__ = ["SWITCHES", "switch_off_telemetry"]

SWITCHES = {
    "DO_NOT_TRACK": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "ORT_DISABLE_TELEMETRY": "1",  # read once, when the library is loaded
    "VLLM_NO_USAGE_STATS": "1",
}


def switch_off_telemetry() -> None:
    """For this process, and by its environment for those that it starts."""
    os.environ.update(SWITCHES)
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # OpenVINO goes on without it
