"""Libraries that report home do not: no identifier, no queue, and from inside the seal not one attempt."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ringfence.seal import mechanism_here, sealed_here

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


def loaded(home: Path, *before: str) -> subprocess.CompletedProcess[str]:
    """Everything that computes, loaded with an empty home and outside of continuous integration, where one of them is quiet
    by itself."""
    kept = {
        name: value for name, value in os.environ.items() if name in ("PATH", "PYTHONPATH", "LANG", "RINGFENCE_SEAL")
    }
    command = [*before, sys.executable, "-c", LOADS]
    environment = {**kept, "HOME": str(home)}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=300)


def test_no_identifier_and_no_queue_is_written(tmp_path: Path) -> None:
    done = loaded(tmp_path)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.rglob("*") if "onnxruntime" in path.name or "Microsoft" in path.name] == []


@pytest.mark.skipif(sealed_here(), reason="this makes a seal of its own; it runs outside of one")
@pytest.mark.skipif(mechanism_here()[0] is None, reason="this host cannot seal")
def test_nothing_that_is_loaded_tries_to_leave(tmp_path: Path) -> None:
    seal = (sys.executable, "-m", "ringfence", "seal", "exec", "--strict", "--")
    done = loaded(tmp_path, *seal)
    assert done.returncode == 0, done.stderr
    assert "DNS" not in done.stderr
