"""Facts about the machine and the installed packages, for the record of a run."""

from __future__ import annotations

import os
import platform
from importlib.metadata import distributions
from typing import Any

from .. import __version__

__all__ = ["host_facts", "package_versions"]

_THAT_MATTER = (
    "openvino",
    "openvino-genai",
    "openvino-tokenizers",
    "pypdfium2",
    "numpy",
    "jinja2",
    "babel",
    "regex",
    "gguf",
    "pydantic",
)


def host_facts() -> dict[str, Any]:
    """Operating system, Python, processors and memory; no name of the machine or of a person."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 0
    return {
        "system": platform.platform(),
        "python": platform.python_version(),
        "processors": os.cpu_count(),
        "memory_gib": round(memory / 2**30, 1),
        "ringfence": __version__,
    }


def package_versions() -> dict[str, str]:
    """The versions of the packages that can change an answer."""
    found = {d.metadata["Name"].lower().replace("_", "-"): d.version for d in distributions()}
    return {name: found[name] for name in _THAT_MATTER if name in found}
