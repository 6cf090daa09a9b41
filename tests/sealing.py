"""What the tests of the seal share: programs that are run inside of one."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from ringfence.seal import mechanism_here, sealed_here

MAKES_SEALS = [
    pytest.mark.skipif(sealed_here(), reason="these make seals of their own; they run outside of one"),
    pytest.mark.skipif(mechanism_here()[0] is None, reason=f"this host cannot seal: {mechanism_here()[1]}"),
]
NAMESPACE = (mechanism_here()[0] or "").startswith("user and network")
LAUNCH = (
    "import sys; from ringfence.seal import launch; sys.exit(launch(sys.argv[2:], (sys.executable, '-c', sys.argv[1])))"
)


def inside(program: str, *arguments: str, **how: Any) -> subprocess.CompletedProcess[str]:
    """Run a program sealed."""
    command = [sys.executable, "-c", LAUNCH, program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, **how)


def ringfence(*arguments: Any, **how: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ringfence", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=280, **how)


WATCH = """
import json, sys
from ringfence.seal import launch
tell = lambda tried: print(json.dumps(tried), file=sys.stderr)
code = launch(sys.argv[2:], (sys.executable, '-c', sys.argv[1]), tell=tell)
sys.exit(code)
"""


def tried(program: str) -> list[dict[str, Any]]:
    """What the launcher heard of a program."""
    done = subprocess.run(
        [sys.executable, "-c", WATCH, program], capture_output=True, text=True, check=False, timeout=60
    )
    return list(json.loads(done.stderr.splitlines()[-1]))
