"""Locks: one digest over everything that determines an answer."""

from .canonical import Lock, accelerators, canonical_digest, canonical_json, processor_features
from .lock_file import Difference, differences, read_lock, require, write_lock

__all__ = [
    "Difference",
    "Lock",
    "accelerators",
    "canonical_digest",
    "canonical_json",
    "differences",
    "processor_features",
    "read_lock",
    "require",
    "write_lock",
]
