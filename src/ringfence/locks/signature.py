"""Signatures over lock files and releases: LOCK.sig beside the lock."""

from __future__ import annotations

from collections.abc import Callable
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


def sign_lock(path: Path, signer: SigningKey, read: Callable[[Path], Lock] = read_lock) -> Path:
    """Sign a file that holds a lock. Returns the path of the signature. Raises InputError if ``read`` finds no lock."""
    read(path)
    sign_path(path, signature_of(path), signer)
    return signature_of(path)


def verify_lock(path: Path, trusted: TrustedKeys, read: Callable[[Path], Lock] = read_lock) -> VerifiedLock:
    """Check the signature and the digest of a file that ``read`` finds a lock in.

    Raises WeightsError or InputError if either is wrong.
    """
    confirmed_by = verify_path(path, signature_of(path), trusted)
    return VerifiedLock(read(path), confirmed_by)
