"""Locks: one digest over everything that determines an answer."""

from .canonical import (
    Lock,
    canonical_digest,
    canonical_json,
)
from .lock_file import (
    Difference,
    differences,
    read_lock,
    require,
    write_lock,
)
from .signature import VerifiedLock, sign_lock, signature_of, verify_lock

__all__ = [
    "Difference",
    "Lock",
    "VerifiedLock",
    "canonical_digest",
    "canonical_json",
    "differences",
    "read_lock",
    "require",
    "sign_lock",
    "signature_of",
    "verify_lock",
    "write_lock",
]
