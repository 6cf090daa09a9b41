"""Sealed work: processes that cannot reach any network, and the evidence of it.

The claim is: evidence for this run on this host. A seal is as good as the kernel that enforces it.
"""

from .evidence import (
    evidence,
    evidence_at_the_end,
    require_seal,
    sealed_here,
)
from .host import HostSeal, probe_host
from .launcher import SealedRun, launch, mechanism_here, run_sealed, split_exit
from .syscalls_in_words import UNIX_SOCKET

__all__ = [
    "UNIX_SOCKET",
    "HostSeal",
    "SealedRun",
    "evidence",
    "evidence_at_the_end",
    "launch",
    "mechanism_here",
    "probe_host",
    "require_seal",
    "run_sealed",
    "sealed_here",
    "split_exit",
]
