"""Weights made from other weights: published with their own digest, and bound to the digest of their origin."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from ..clock import now
from ..errors import WeightsError
from .pins import check_catalog
from .store import Manifest, Store, StoredWeights, digest_of, disk_error, record_files

__all__ = ["publish_derived"]


def publish_derived(
    origin: StoredWeights, store: Store, name: str, relation: str, write: Callable[[Path], str]
) -> StoredWeights:
    """Make weights of ``origin``: ``write(empty folder)`` writes their files and returns the converter's version.

    They keep the licence of ``origin``; ``relation`` says what they are to it. Raises WeightsError if other weights
    have the name, or the disk is full.
    """
    staging = store.staging(f"{relation}-{name}")
    target = staging / "files"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    try:
        converter = write(target)
        records = record_files(target)
        manifest = Manifest(
            name, digest_of(records), records, origin.manifest.licence, f"{relation} {origin.manifest.name}", now(),
            origin.manifest.digest, converter,
        )  # fmt: skip
        check_catalog(name, manifest.digest)
        if (namesake := store.find(name)) and namesake.manifest.digest != manifest.digest:
            raise WeightsError(
                f"Other weights already have the name {name}.", "Give the new ones another name: --name NAME."
            )
        return store.publish(target, manifest)
    except OSError as error:
        raise disk_error(error) from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)
