"""The card of an adapter: what it was made from, how, and how far it got, as plain data."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ..hardware import gpu_names
from ..locks import canonical_digest
from ..version import __version__
from .plan import Plan

__all__ = ["COMPUTED", "configuration_digest", "made_with"]

COMPUTED = ("numbers", "micro")  # settings that say how, not what


def made_with(plan: Plan) -> dict[str, Any]:
    """What determines the numbers of a training beside what is trained: code, packages, and how it is computed."""
    packages = {name: version(name) for name in ("torch", "transformers", "peft", "gguf", "numpy")}
    return {
        "code": _code_digest(), "packages": packages, "ringfence": __version__, "gpus": gpu_names(),
        **{name: getattr(plan, name) for name in COMPUTED},
    }  # fmt: skip


def _code_digest() -> str:
    """The sha256 over the code of training and its examples."""
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return f"sha256:{digest.hexdigest()}"


def configuration_digest(facts: Mapping[str, Any], plan: Plan) -> str:
    """The digest of what is trained: ``facts`` of base and examples, and the plan without how it is computed."""
    settings = {name: value for name, value in plan.as_json().items() if name not in COMPUTED}
    return canonical_digest({**facts, "plan": settings})
