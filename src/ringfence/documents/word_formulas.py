"""The formulas of Office files, written on one line so that what belongs together stays together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .package import child, children, local, value
from .raised import Run, grouped

__all__ = ["formula_runs"]

_RAISED = {"sSup": (("sup", 1),), "sSub": (("sub", -1),), "sSubSup": (("sub", -1), ("sup", 1))}


def formula_runs(element: Any, inner: Callable[[Any], Iterator[Run]]) -> Iterator[Run] | None:
    """The runs of a part of a formula; ``inner`` gives those of its own parts. None if it is no such part."""
    name = local(element)
    if name in _RAISED:
        return _raised(element, inner)
    if name == "f" and child(element, "num") is not None:
        return _fraction(element, inner)
    if name == "d" and child(element, "e") is not None:
        return _parentheses(element, inner)
    if name in ("eqArr", "mr", "m") and child(element, "e" if name != "m" else "mr") is not None:
        return _rows(element, "\t" if name == "mr" else "\n", inner)
    maker = _MAKERS.get(name)
    return maker(element, inner) if maker is not None and child(element, "e") is not None else None


def _part(element: Any, name: str, inner: Callable[[Any], Iterator[Run]]) -> Iterator[Run]:
    part = child(element, name)
    return iter(()) if part is None else inner(part)


def _raised(element: Any, inner: Callable[[Any], Iterator[Run]]) -> Iterator[Run]:
    yield from _part(element, "e", inner)
    for name, level in _RAISED[local(element)]:
        yield from (Run(run.text, level) for run in _part(element, name, inner))


def _fraction(element: Any, inner: Callable[[Any], Iterator[Run]]) -> Iterator[Run]:
    yield Run(" ")  # 1 1/2
    yield from grouped(_part(element, "num", inner))
    yield Run("/")
    yield from grouped(_part(element, "den", inner))


def _root(element: Any, inner: Callable[[Any], Iterator[Run]]) -> Iterator[Run]:
    yield from (Run(run.text, 1) for run in _part(element, "deg", inner))
    yield Run("√")
    yield from grouped(_part(element, "e", inner))


def _parentheses(element: Any, inner: Callable[[Any], Iterator[Run]]) -> Iterator[Run]:
    marks = []
    for name, usual in (("begChr", "("), ("sepChr", "|"), ("endChr", ")")):
        given = child(child(element, "dPr"), name)
        marks.append(usual if given is None else value(given) or "")
    yield Run(marks[0])
    for number, part in enumerate(children(element, "e")):
        yield Run(marks[1] if number else "")
        yield from inner(part)
    yield Run(marks[2])


def _rows(element: Any, between: str, inner: Callable[[Any], Iterator[Run]]) -> Iterator[Run]:
    for number, part in enumerate(children(element, "e", "mr")):
        yield Run(between if number else "")
        yield from inner(part)


def _sum(element: Any, inner: Callable[[Any], Iterator[Run]]) -> Iterator[Run]:
    """A sum, a product or an integral with its limits."""
    given = child(child(element, "naryPr"), "chr")
    yield Run("∫" if given is None else value(given) or "")
    yield from grouped(Run(run.text, -1) for run in _part(element, "sub", inner))
    yield from (Run(run.text, 1) for run in _part(element, "sup", inner))
    yield Run(" ")
    yield from _part(element, "e", inner)


def _limit(element: Any, inner: Callable[[Any], Iterator[Run]]) -> Iterator[Run]:
    yield from _part(element, "e", inner)
    yield Run(" ")
    yield from grouped(_part(element, "lim", inner))
    yield Run(" ")


def _function(element: Any, inner: Callable[[Any], Iterator[Run]]) -> Iterator[Run]:
    yield from _part(element, "fName", inner)
    yield Run(" ")
    yield from _part(element, "e", inner)


def _before(element: Any, inner: Callable[[Any], Iterator[Run]]) -> Iterator[Run]:
    """What stands raised and lowered before a letter, such as the mass of an atom."""
    yield Run(" ")
    for name, level in (("sub", -1), ("sup", 1)):
        yield from (Run(run.text, level) for run in _part(element, name, inner))
    yield from _part(element, "e", inner)


_MAKERS = {
    "rad": _root, "nary": _sum, "limLow": _limit, "limUpp": _limit, "func": _function, "sPre": _before,
}  # fmt: skip
