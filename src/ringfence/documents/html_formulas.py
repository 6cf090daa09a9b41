"""The formulas of web pages (MathML), written on one line so that what belongs together stays together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .raised import Run, grouped

__all__ = ["formula_runs"]

_SKIPPED = {"annotation", "annotation-xml", "mphantom"}
_SIGNS = str.maketrans(dict.fromkeys("\u2061\u2062\u2063\u2064"))  # unseen
_RAISED = {"msup": (1,), "msub": (-1,), "munder": (-1,), "mover": (1,), "msubsup": (-1, 1), "munderover": (-1, 1)}
_DEPTH = 100


def formula_runs(element: Any, depth: int = 0) -> Iterator[Run]:
    """Yield the runs of a formula or of a part of it."""
    parts = [one for one in element if isinstance(one.tag, str)]
    name = element.tag.rpartition(":")[2]
    if name in _SKIPPED or depth > _DEPTH:
        return
    if name in _RAISED and len(parts) > 1:
        yield from formula_runs(parts[0], depth + 1)
        for part, level in zip(parts[1:], _RAISED[name], strict=False):
            yield from (Run(run.text, level) for run in formula_runs(part, depth + 1))
    elif name == "mfrac" and len(parts) == 2:
        yield Run(" ")
        yield from grouped(formula_runs(parts[0], depth + 1))
        yield Run("/")
        yield from grouped(formula_runs(parts[1], depth + 1))
        yield Run(" ")
    elif name == "mroot" and len(parts) == 2:
        yield from (Run(run.text, 1) for run in formula_runs(parts[1], depth + 1))
        yield Run("√")
        yield from grouped(formula_runs(parts[0], depth + 1))
    elif name == "msqrt":
        yield Run("√")
        yield from grouped(run for part in parts for run in formula_runs(part, depth + 1))
    else:
        yield Run(re.sub(r"[ \t\r\n]+", " ", element.text or "").strip(" ").translate(_SIGNS))
        for place, part in enumerate(parts):
            yield Run({"mtd": "   ", "mtr": "\n", "mspace": " "}.get(part.tag, "") if place else "")
            yield from formula_runs(part, depth + 1)
