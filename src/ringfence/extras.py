"""Optional packages: one sentence that says what to install, where a verb needs what is not there."""

from __future__ import annotations

import importlib.util

from .errors import InputError

__all__ = ["need"]


def need(extra: str, *modules: str) -> None:
    """Raises InputError where one of ``modules`` is not installed; ``extra`` is the extra that brings them."""
    if absent := [module for module in modules if importlib.util.find_spec(module) is None]:
        raise InputError(
            f"This needs packages that are not installed ({', '.join(absent)}).",
            f"Install them: pip install 'ringfence[{extra}]'.",
        )
