"""Pins: the digest that each name had when it was first pulled, so that a name cannot silently get other bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..errors import WeightsError
from ..files import write_whole
from .catalog_entries import find_entry

__all__ = ["check_catalog", "check_pin", "pin", "pins"]

FILE = "pins.json"


def pins(root: Path) -> dict[str, dict[str, Any]]:
    """The pins of a store, by name."""
    try:
        found: dict[str, dict[str, Any]] = json.loads((root / FILE).read_text(encoding="utf-8"))
        return found
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        raise WeightsError(
            f"The file {root / FILE} is damaged.",
            "Restore it from a copy; without it, a name may silently get other bytes.",
        ) from None


def check_pin(root: Path, name: str, digest: str) -> None:
    """Raises WeightsError if ``name`` had another digest before, or if the catalog knows it under another."""
    check_catalog(name, digest)
    pinned = pins(root).get(name)
    if pinned and pinned["digest"] != digest:
        raise WeightsError(
            f"{name} was sha256:{pinned['digest'][:12]}... when it was pulled on {pinned['at']}; "
            "its source now has other bytes.",
            "Give the new weights another name (--name NAME), or accept them with --repin.",
        )


def check_catalog(name: str, digest: str) -> None:
    """Raises WeightsError if the catalog knows ``name`` under another digest: nothing else may have that name."""
    entry = find_entry(name)
    if entry and entry.digest not in (None, digest):
        raise WeightsError(
            f"The catalog knows {name} as sha256:{str(entry.digest)[:12]}..., and these weights have other bytes "
            f"(sha256:{digest[:12]}...).",
            "Give them another name (--name NAME), or do not use their source.",
        )


def pin(root: Path, name: str, digest: str, source: str, at: str) -> None:
    """Record the digest of ``name``. The caller holds the store's lock."""
    kept = {**pins(root), name: {"digest": digest, "source": source, "at": at}}
    write_whole(root / FILE, json.dumps(kept, indent=1, sort_keys=True) + "\n")
