"""Weights made from other weights: published with their own digest, and bound to the digest of their origin."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

from ..clock import now
from ..errors import WeightsError
from .pins import check_catalog
from .store import Manifest, Store, StoredWeights, digest_of, disk_error, record_files

__all__ = ["file_name", "publish_derived", "require_file_name"]

PRIVATE = frozenset({"tuned from", "adapter of"})
_FILE_NAME = re.compile(r"\w[\w.+-]{0,119}")


def file_name(text: str) -> str:
    """A text as a name that a file can have."""
    return re.sub(r"[^\w.+-]+", "-", text).lstrip(".+-")[:100] or "weights"


def require_file_name(name: str) -> None:
    """Raise WeightsError if derived weights cannot be called that: their files have this name."""
    if not _FILE_NAME.fullmatch(name):
        raise WeightsError(
            f"Weights cannot be called {name[:60]!r}.", "Give a name of letters, digits, dots, - and _: --name NAME."
        )


def publish_derived(
    origin: StoredWeights, store: Store, name: str, relation: str, write: Callable[[Path], str]
) -> StoredWeights:
    """Make weights of ``origin``: ``write(empty folder)`` writes their files and returns the converter's version.

    They keep the licence of ``origin``; ``relation`` says what they are to it. What was tuned can repeat its documents,
    and is for its owner alone. Raises WeightsError if the name is none for a file, if other weights have it, or if the
    disk is full.
    """
    require_file_name(name)
    private = relation in PRIVATE or origin.private
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
        return store.publish(target, manifest, private=private)
    except OSError as error:
        raise disk_error(error) from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)
