"""Signatures over weights in the store, and over the forms that engines made of them."""

from __future__ import annotations

from pathlib import Path

from ..signatures import SigningKey, TrustedKeys, sign_path, verify_path
from .store import Store, StoredWeights

__all__ = ["sign_weights", "verify_weights_signature"]


def sign_weights(name: str, signer: SigningKey, store: Store | None = None) -> list[StoredWeights]:
    """Sign weights and their forms, after reading every byte again. Returns what was signed.

    Raises WeightsError if a file was changed, InputError if the key cannot be used.
    """
    weights = (store or Store()).get(name)
    signed = [weights, *weights.forms()]
    for stored in signed:
        stored.verify(reread=True)
        sign_path(stored.files, stored.signature, signer)
    return signed


def verify_weights_signature(name: str, trusted: TrustedKeys, store: Store | None = None) -> Path:
    """Check the signature of weights. Returns the trusted key or authority that confirms it.

    Raises WeightsError if there is no signature, or if nothing that is trusted confirms it.
    """
    weights = (store or Store()).get(name)
    return verify_path(weights.files, weights.signature, trusted)
