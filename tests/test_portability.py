"""Systems without POSIX modules: importing works; what needs Linux says so."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ringfence.errors import UserError
from ringfence.seal import launch, mechanism_here, probe_host, sealed_here

WITHOUT = """
import socket, sys
for name in ("fcntl", "pwd", "grp", "termios"):
    sys.modules[name] = None
for name in ("AF_NETLINK", "AF_PACKET", "recv_fds", "send_fds"):
    delattr(socket, name)
import ringfence, ringfence.seal, ringfence.audit, ringfence.locks, ringfence.weights, ringfence.signatures
from ringfence.seal import evidence
from ringfence.audit import who
print(evidence(), bool(who()))
"""


@pytest.mark.skipif(sealed_here(), reason="this process is sealed, and finds evidence of it")
def test_the_library_can_be_imported_without_posix_modules() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["None", "True"], done.stderr


@pytest.mark.skipif(sealed_here(), reason="this process is sealed already")
def test_a_system_that_cannot_seal_says_what_sealing_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ringfence.seal.kernel.platform.system", lambda: "Windows")
    mechanism, reason = mechanism_here()
    assert mechanism is None
    assert "needs Linux" in reason
    assert "WSL" in probe_host().reason
    with pytest.raises(UserError, match="needs Linux"):
        launch(["--version"])
