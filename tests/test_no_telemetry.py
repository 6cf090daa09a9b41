"""Libraries that report home do not: no identifier, no queue, and from inside the seal not one attempt."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ringfence.seal import sealed_here
from tests.sealing import NAMESPACE

LOADS = """
import time
from PIL import Image, ImageDraw
from ringfence.documents.ocr import read_picture
page = Image.new("RGB", (600, 200), "white")
ImageDraw.Draw(page).text((40, 60), "Total EUR 12.00", fill="black", font_size=36)
assert read_picture(page, 450, 150)
from ringfence.engines.openvino_runtime import runtime
runtime()
import xllamacpp
time.sleep(12)  # ONNX Runtime looks for its collector ten seconds after it was loaded
"""


@pytest.mark.slow
@pytest.mark.skipif(sealed_here(), reason="this makes a seal of its own; it runs outside of one")
@pytest.mark.xdist_group("llamacpp")
def test_nothing_that_is_loaded_keeps_an_identifier_or_tries_to_leave(tmp_path: Path) -> None:
    """With an empty home, and outside of continuous integration, where one of them is quiet by itself."""
    seal = [sys.executable, "-m", "ringfence", "seal", "exec", "--strict", "--"] if NAMESPACE else []
    environment = {name: value for name, value in os.environ.items() if name in ("PATH", "PYTHONPATH", "LANG")}
    done = subprocess.run(
        [*seal, sys.executable, "-c", LOADS],
        capture_output=True, text=True, check=False, env={**environment, "HOME": str(tmp_path)}, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "DNS" not in done.stderr
    assert [path.name for path in tmp_path.rglob("*") if "onnxruntime" in path.name or "Microsoft" in path.name] == []
