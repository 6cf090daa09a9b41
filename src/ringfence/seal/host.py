"""Test this host: seal a process, try every way out from inside, and report the kernel's answers."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any

from .evidence import evidence
from .launcher import launch, mechanism_here

__all__ = ["HostSeal", "probe_host"]

_EVIDENCE = "import json; from ringfence.seal import evidence; print(json.dumps(evidence()))"
_SEALED = "import sys; from ringfence.seal.host import print_sealed_evidence; sys.exit(print_sealed_evidence())"


@dataclass(frozen=True)
class HostSeal:
    """What this host can do. ``mechanism`` is None if it cannot seal a process.

    ``reason`` says why it cannot do more. ``evidence`` is what a sealed process records: probes, limits, kernel.
    """

    mechanism: str | None
    reason: str
    kernel: str
    evidence: dict[str, Any] = field(default_factory=dict)

    @property
    def probes(self) -> list[dict[str, Any]]:
        """Each way out: ``what`` was tried, whether it was ``denied``, and what the kernel ``said``."""
        return list(self.evidence.get("probes", []))

    @property
    def limits(self) -> list[str]:
        """What a seal on this host cannot do, in sentences."""
        if self.mechanism is None or "watched" in self.mechanism:
            return list(self.evidence.get("limits", []))
        unwatched = "this kernel, or another filter, does not report which process was denied what"
        return [unwatched, *self.evidence.get("limits", [])]

    def as_json(self) -> dict[str, Any]:
        """Plain data for JSON."""
        if self.mechanism is None:
            return {"schema": 1, "mechanism": None, "reason": self.reason, "kernel": self.kernel}
        return {"schema": 1, **self.evidence}


def probe_host() -> HostSeal:
    """Seal a process on this host and probe the seal; a process that is sealed already probes its own.

    Raises UserError if this process should be sealed but is not.
    """
    if (here := evidence()) is not None:
        return _host_seal(here, "")
    mechanism, reason = mechanism_here()
    if mechanism is None:
        return HostSeal(None, reason, platform.release())
    # The launcher forks: it needs a process without threads.
    command = [sys.executable, "-P", "-c", _SEALED]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["the sealed process gave no reason"])[-1]
        return HostSeal(None, last.rpartition("Error: ")[2].rstrip("."), platform.release())
    return _host_seal(json.loads(done.stdout), reason)


def print_sealed_evidence() -> int:
    """Print the evidence of a sealed process as JSON, in a process that is free to fork. Returns its exit code."""
    return launch((), (sys.executable, "-P", "-c", _EVIDENCE))


def _host_seal(facts: dict[str, Any], reason: str) -> HostSeal:
    return HostSeal(str(facts["mechanism"]), reason, str(facts["kernel"]), facts)
