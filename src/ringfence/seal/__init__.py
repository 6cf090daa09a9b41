"""Sealed work: processes that cannot reach any network, and the evidence of it.

The words are: evidence for this run on this host. A seal is as good as the kernel that keeps it.
"""

from .attempted import UNIX_SOCKET
from .evidence import evidence, evidence_at_the_end, require_seal, sealed_here
from .launching import launch, mechanism_here, split_exit

__all__ = [
    "UNIX_SOCKET",
    "evidence",
    "evidence_at_the_end",
    "launch",
    "mechanism_here",
    "require_seal",
    "sealed_here",
    "split_exit",
]
