"""Signatures over lock files: LOCK.sig beside the lock."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..signatures import SigningKey, TrustedKeys, sign_path, verify_path
from .canonical import Lock
from .lock_file import read_lock

__all__ = ["VerifiedLock", "sign_lock", "signature_of", "verify_lock"]


@dataclass(frozen=True)
class VerifiedLock:
    """A lock with a valid signature, and the trusted key or authority that confirms it."""

    lock: Lock
    confirmed_by: Path


def signature_of(path: Path) -> Path:
    """The path of the signature of a lock file."""
    return path.with_name(f"{path.name}.sig")


def sign_lock(path: Path, signer: SigningKey) -> Path:
    """Sign a lock file. Returns the path of the signature. Raises InputError for a file that is not a lock."""
    read_lock(path)
    sign_path(path, signature_of(path), signer)
    return signature_of(path)


def verify_lock(path: Path, trusted: TrustedKeys) -> VerifiedLock:
    """Check the signature and the digest of a lock file. Raises WeightsError or InputError if either is wrong."""
    confirmed_by = verify_path(path, signature_of(path), trusted)
    return VerifiedLock(read_lock(path), confirmed_by)
