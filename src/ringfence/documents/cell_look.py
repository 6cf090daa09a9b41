"""How the cells of a workbook look: formats, colours, fonts, lines through the text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .cell_format import BUILT_IN
from .package import child, children, descendants, value

__all__ = ["CellLook", "cell_looks", "is_struck", "is_white"]

_WHITE = {"ffffffff", "00ffffff"}


@dataclass(frozen=True)
class CellLook:
    """How the cells of one style show their values."""

    code: str
    unseen: bool  # its colour is that of its background
    struck: bool = False
    font: str = ""


def is_struck(font: Any) -> bool:
    """True for a font with a line through it."""
    return child(font, "strike") is not None and value(child(font, "strike")) not in ("0", "false")


def _plain_colour(colour: Any) -> str | None:
    """Six hexadecimal digits, or what else names a colour; black and white have one name each."""
    rgb = (value(colour, "rgb") or "").lower()
    if rgb:
        return rgb[-6:]
    if value(colour, "auto") in ("1", "true") or value(colour, "indexed") in ("0", "8", "64"):
        return "000000"
    if is_white(colour):
        return "ffffff"
    if value(colour, "theme") == "1" and value(colour, "tint") in (None, "0"):
        return "000000"
    return repr(sorted(colour.attrib.items()))


def is_white(colour: Any) -> bool:
    """True for the colour of the sheet."""
    if (value(colour, "rgb") or "").lower() in _WHITE or value(colour, "indexed") in ("1", "9"):
        return True
    return value(colour, "theme") == "0" and value(colour, "tint") in (None, "0")


def cell_looks(root: Any) -> list[CellLook]:
    """The looks of the styles of a workbook, in the order in which cells name them."""
    formats = {
        value(f, "numFmtId"): value(f, "formatCode") or "" for f in descendants(child(root, "numFmts"), "numFmt")
    }
    every = list(children(child(root, "fonts"), "font"))
    fonts = [child(font, "color") for font in every]
    struck = [is_struck(font) for font in every]
    names = [value(child(font, "name")) or "" for font in every]
    patterns = [child(fill, "patternFill") for fill in children(child(root, "fills"), "fill")]
    fills = [child(one, "fgColor") if value(one, "patternType") == "solid" else None for one in patterns]
    looks = []
    for cell in children(child(root, "cellXfs"), "xf"):
        number = value(cell, "numFmtId") or "0"
        code = formats.get(number) or BUILT_IN.get(int(number) if number.isdigit() else 0, "General")
        font = value(cell, "fontId") or ""
        colour = fonts[int(font)] if font.isdigit() and int(font) < len(fonts) else None
        white = is_white(colour)
        number = value(cell, "fillId") or "0"
        ground = fills[int(number)] if number.isdigit() and int(number) < len(fills) else None
        same = ground is not None and _plain_colour(ground) == (
            _plain_colour(colour) if colour is not None else "000000"
        )
        known = font.isdigit() and int(font) < len(every)
        crossed = known and struck[int(font)]
        looks.append(CellLook(code, same or (white and number == "0"), crossed, names[int(font)] if known else ""))
    return looks
