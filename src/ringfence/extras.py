"""Optional packages: an error with the command to install them if they are missing."""

from __future__ import annotations

import importlib.util

from .errors import InputError

__all__ = ["need"]


def need(extra: str, *modules: str) -> None:
    """Check that optional packages are installed.

    Raises InputError, with the command that installs the extra ``extra``, if one of ``modules`` is missing.
    """
    if missing := [module for module in modules if importlib.util.find_spec(module) is None]:
        raise InputError(
            f"This needs packages that are not installed ({', '.join(missing)}).",
            f"Install them: pip install 'ringfence[{extra}]'.",
        )
