"""What the styles of a web page take out of sight: removed, moved away, cut off, too faint."""

from __future__ import annotations

import re
from typing import Any

from .css_values import length

__all__ = ["is_removed"]

_FAR = -900  # pixels to the left of or above the page
_FAINT = 0.05  # opacity
_CUT_PATHS = re.compile(
    r"inset\((?:50|100)%|circle\(0(?:[a-z%]*)?[\s)]|polygon\(0(?:px)? 0(?:px)?(?:, ?0(?:px)? 0(?:px)?)*\)"
)


def is_removed(element: Any, properties: dict[str, str]) -> bool:
    """Return whether an element is not shown, with all that is in it."""
    if element.get("hidden") is not None and properties.get("display") in (None, "none"):
        return True
    if element.tag == "dialog" and element.get("open") is None:
        return True
    if not properties:
        return False
    if properties.get("display") == "none" or properties.get("mso-hide") == "all":
        return True
    if properties.get("content-visibility") == "hidden":
        return True
    return _is_faint(properties) or _is_away(properties) or _is_cut(element.tag, properties)


def _is_faint(properties: dict[str, str]) -> bool:
    filtered = re.search(r"opacity\(([^)]*)\)", properties.get("filter", ""))
    for text in (properties.get("opacity", ""), filtered[1] if filtered else ""):
        match = re.fullmatch(r"(\d*\.?\d+)(%?)", text.strip())
        if match and float(match[1]) / (100 if match[2] else 1) < _FAINT:
            return True
    return False


def _is_away(properties: dict[str, str]) -> bool:
    placed = properties.get("position") in ("absolute", "fixed", "relative")
    sides = ["left", "top", "right", "bottom"] if placed else []
    moved = [length(properties.get(side)) or 0 for side in ("text-indent", "margin-top", *sides)]
    moved.append((length(properties.get("margin-left")) or 0) + (length(properties.get("padding-left")) or 0))
    moved += [length(part) or 0 for part in _shifts(properties.get("transform", ""))]
    return min(moved) <= _FAR


def _shifts(transform: str) -> list[str]:
    return [part.strip() for shift in re.findall(r"translate[xy]?\(([^)]*)\)", transform) for part in shift.split(",")]


def _is_cut(tag: str, properties: dict[str, str]) -> bool:
    clip = re.sub(r"\s+", "", properties.get("clip", ""))
    if properties.get("position") in ("absolute", "fixed") and re.match(r"rect\((?:[01](?:px)?,?){4}\)", clip):
        return True
    if _CUT_PATHS.match(properties.get("clip-path", "")) or "scale(0)" in properties.get("transform", ""):
        return True
    if not any(properties.get(name, "").startswith(("hidden", "clip")) for name in _OVERFLOWS):
        return False
    names = [] if tag in ("td", "th") else ["width", "max-width"]  # a table makes its columns as wide as they need be
    names += [] if length(properties.get("padding-bottom")) else ["height", "max-height"]
    outside = properties.get("text-indent") == "100%" and properties.get("white-space") == "nowrap"
    return outside or any(_is_nothing(properties.get(name, "")) for name in names)


def _is_nothing(text: str) -> bool:
    """True for a length of a pixel or less; a percentage is one of something else, unless it is none of it."""
    size = length(text)
    return size is not None and size <= 1 and (size == 0 or not text.endswith("%"))


_OVERFLOWS = ("overflow", "overflow-x", "overflow-y")
