"""Locks: one digest over everything that determines an answer."""

from .canonical import Lock, canonical_json, processor_features

__all__ = ["Lock", "canonical_json", "processor_features"]
