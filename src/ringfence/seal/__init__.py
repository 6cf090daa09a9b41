"""Sealed work: processes that cannot reach any network, and the evidence of it.

The words are: evidence for this run on this host. A seal is as good as the kernel that keeps it.
"""

from .evidence import evidence, require_seal, sealed_here
from .launching import launch, mechanism_here

__all__ = ["evidence", "launch", "mechanism_here", "require_seal", "sealed_here"]
