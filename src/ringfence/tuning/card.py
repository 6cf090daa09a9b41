"""The card of an adapter: what it was made from, how, and how far it got, as plain data."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ..locks import canonical_digest
from ..version import __version__

__all__ = ["code_digest", "configuration_digest", "packages"]


def packages() -> dict[str, str]:
    """The versions of the packages that determine the numbers of a training."""
    return {name: version(name) for name in ("torch", "transformers", "peft", "gguf", "numpy")}


def code_digest() -> str:
    """The sha256 over the code of training and its examples."""
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return f"sha256:{digest.hexdigest()}"


def configuration_digest(facts: dict[str, Any]) -> str:
    """The digest of everything that determines the adapter: base, plan, examples, code, packages."""
    return canonical_digest({**facts, "code": code_digest(), "packages": packages(), "ringfence": __version__})
