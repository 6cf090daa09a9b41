"""The values of style sheets: lengths, colours, fonts, and the media that a reader's screen is."""

from __future__ import annotations

import re
from functools import lru_cache

import tinycss2.color4

__all__ = ["BLACK", "WHITE", "Colour", "blend", "colour_of", "expanded", "family_of", "is_screen", "length", "near"]

BLACK, WHITE = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
_SCREEN = {"width": 1_200.0, "height": 800.0}  # pixels, of a window on a desk
_PIXELS = {"px": 1.0, "pt": 4 / 3, "rem": 16.0, "cm": 38.0, "mm": 3.8, "in": 96.0, "vw": 12.0, "vh": 8.0}
_UNITS = "px|pt|em|rem|ex|%|cm|mm|in|vw|vh"
_SHORT_FONT = re.compile(rf"(?:^|\s)(0|-?\d*\.?\d+(?:{_UNITS}))(?:\s*/\s*[\w.%]+)?\s+(.+)$")

Colour = tuple[float, ...]
"""Red, green and blue from 0 to 1; with a fourth part, below 1, if what is behind shows through."""


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
        return (*channels, float(alpha)) if alpha < 1 else tuple(channels)
    return None


def blend(colour: Colour, ground: Colour | None) -> Colour | None:
    """The colour that is seen of one on a ground; None if it lets an unknown ground through."""
    if len(colour) == 3:
        return colour
    if ground is None:
        return None
    share = colour[3]
    return tuple(share * own + (1 - share) * behind for own, behind in zip(colour[:3], ground, strict=True))


def near(colour: Colour, ground: Colour) -> bool:
    """True if nobody sees text of a colour on a ground."""
    seen = blend(colour, ground)
    return seen is not None and max(abs(a - b) for a, b in zip(seen, ground, strict=True)) < 0.02


def expanded(name: str, text: str) -> list[tuple[str, str]]:
    """A declaration as the properties that it sets, so that the last of several ways to say one thing counts."""
    if name == "font":
        short = _SHORT_FONT.search(text)
        return [("font-size", short[1]), ("font-family", short[2])] if short else []
    if name == "background":
        picture = text if re.search(r"url\(|gradient\(|image-set\(", text) else "none"
        known = "transparent" if picture != "none" or text in ("none", "0") else text
        return [("background-image", picture), ("background-color", text if colour_of(text) else known)]
    parts = text.split()
    if name in ("inset", "margin", "padding") and 1 <= len(parts) <= 4:
        # One length for all sides, two for the upright and the level ones, three leave the left one to the right one.
        sides = (
            parts[0],
            parts[1 % len(parts)],
            parts[2 % len(parts)],
            parts[3 if len(parts) == 4 else 1 % len(parts)],
        )
        prefix = "" if name == "inset" else f"{name}-"
        return [(f"{prefix}{side}", each) for side, each in zip(("top", "right", "bottom", "left"), sides, strict=True)]
    return [(name, text)]


def family_of(properties: dict[str, str]) -> str | None:
    """The first font that properties name."""
    return properties.get("font-family", "").partition(",")[0].strip(" \"'") or None


def is_screen(media: str) -> bool:
    """True if what a style sheet says for some media (``screen and (min-width: 600px)``) holds on a desk's screen."""
    return any(_matches(query.strip()) for query in media.lower().split(","))


def _matches(query: str) -> bool:
    words = re.match(r"(?:(only|not)\s+)?([a-z-]+)?", query)
    kind = (words[2] or "all") if words else "all"
    ways = [[_has(feature) for feature in re.findall(r"\(([^()]*)\)", way)] for way in re.split(r"\sor\s", query)]
    matches = kind in ("all", "screen") and any(all(features) for features in ways)
    return matches != (words is not None and words[1] == "not")


def _has(feature: str) -> bool:
    """Whether a screen has a feature; not if it is unknown."""
    name, _, text = (part.strip() for part in feature.partition(":"))
    if bound := re.fullmatch(r"(min|max)-(?:device-)?(width|height)", name):
        limit, own = length(text), _SCREEN[bound[2]]
        return limit is not None and (own >= limit if bound[1] == "min" else own <= limit)
    if compared := re.fullmatch(r"(width|height)\s*([<>])=?\s*([\w.]+)|([\w.]+)\s*([<>])=?\s*(width|height)", name):
        limit, own = length(compared[3] or compared[4]), _SCREEN[compared[1] or compared[6]]
        over = (compared[2] == ">") if compared[1] else compared[5] == "<"
        return limit is not None and (own > limit if over else own < limit)
    if re.fullmatch(r"(?:-webkit-min-device-pixel-ratio|min-resolution)", name):
        number = re.match(r"\d*\.?\d+", text)
        return number is not None and float(number[0]) <= (96 if text.endswith("dpi") else 1)
    return (name, text) in _FEATURES


_FEATURES = {
    ("prefers-color-scheme", "light"), ("orientation", "landscape"), ("hover", "hover"), ("any-hover", "hover"),
    ("pointer", "fine"), ("any-pointer", "fine"), ("prefers-reduced-motion", "no-preference"), ("hover", ""),
    ("pointer", ""), ("color", ""),
}  # fmt: skip
