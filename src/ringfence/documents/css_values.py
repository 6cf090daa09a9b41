"""The values of style sheets: lengths, colours, fonts, and the media that a reader's screen is."""

from __future__ import annotations

import re
from functools import lru_cache

import tinycss2.color4

__all__ = ["BLACK", "WHITE", "Colour", "colour_of", "family_of", "is_screen", "length", "near", "size_of"]

BLACK, WHITE = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
_SCREEN = {"width": 1_200.0, "height": 800.0}  # pixels, of a window on a desk
_PIXELS = {"px": 1.0, "pt": 4 / 3, "rem": 16.0, "cm": 38.0, "mm": 3.8, "in": 96.0, "vw": 12.0, "vh": 8.0}
_UNITS = "px|pt|em|rem|ex|%|cm|mm|in|vw|vh"
_SHORT_FONT = re.compile(rf"(?:^|\s)(0|-?\d*\.?\d+(?:{_UNITS}))(?:\s*/\s*[\w.%]+)?\s+(.+)$")

Colour = tuple[float, ...]
"""Red, green and blue from 0 to 1; with a fourth part 0 if it is transparent."""


@lru_cache(maxsize=4_096)
def length(text: str | None, base: float | None = None) -> float | None:
    """Return a length in pixels, about; None if it is relative to something unknown."""
    match = re.fullmatch(rf"(-?\d*\.?\d+)({_UNITS})?", (text or "").strip())
    if not match:
        return None
    number, unit = float(match[1]), match[2] or "px"
    if number == 0:
        return 0.0
    if unit in ("em", "%", "ex"):
        return number / (100 if unit == "%" else 1) * (16 if base is None else base)
    return number * _PIXELS[unit]


@lru_cache(maxsize=4_096)
def colour_of(text: str) -> Colour | None:
    """Return the colour that a value names; None for none that is known."""
    for part in re.findall(r"[\w-]+\([^)]*\)|#?[\w-]+", text):
        parsed = tinycss2.color4.parse_color(part)
        if parsed == "currentcolor" or parsed is None:
            continue
        try:
            *channels, alpha = parsed.to("srgb")
        except (AttributeError, ValueError, NotImplementedError):
            continue
        return (*channels, 0.0) if alpha == 0 else tuple(channels)
    return None


def near(colour: Colour, ground: Colour) -> bool:
    """True if nobody sees text of a colour on a ground."""
    if len(colour) == 4:  # transparent
        return True
    return len(ground) == 3 and max(abs(a - b) for a, b in zip(colour, ground, strict=True)) < 0.02


def size_of(properties: dict[str, str]) -> str | None:
    """The size of letters that properties state, as it is written."""
    short = _SHORT_FONT.search(properties.get("font", ""))
    return properties.get("font-size", short[1] if short else None)


def family_of(properties: dict[str, str]) -> str | None:
    """The first font that properties name."""
    short = _SHORT_FONT.search(properties.get("font", ""))
    names = properties.get("font-family", short[2] if short else "")
    return names.partition(",")[0].strip(" \"'") or None


def is_screen(media: str) -> bool:
    """True if what a style sheet says for some media (``screen and (min-width: 600px)``) holds on a desk's screen."""
    return any(_matches(query.strip()) for query in media.lower().split(","))


def _matches(query: str) -> bool:
    words = re.match(r"(?:(only|not)\s+)?([a-z-]+)?", query)
    kind = (words[2] or "all") if words else "all"
    features = [_has(feature) for feature in re.findall(r"\(([^()]*)\)", query)]
    matches = kind in ("all", "screen") and all(features)
    return matches != (words is not None and words[1] == "not")


def _has(feature: str) -> bool:
    """Whether a screen has a feature; not if it is unknown."""
    name, _, text = (part.strip() for part in feature.partition(":"))
    if bound := re.fullmatch(r"(min|max)-(?:device-)?(width|height)", name):
        limit, own = length(text), _SCREEN[bound[2]]
        return limit is not None and (own >= limit if bound[1] == "min" else own <= limit)
    if compared := re.fullmatch(r"(width|height)\s*([<>])=?\s*([\w.]+)", name):
        limit, own = length(compared[3]), _SCREEN[compared[1]]
        return limit is not None and (own > limit if compared[2] == ">" else own < limit)
    return (name, text) in (("prefers-color-scheme", "light"), ("orientation", "landscape"))
