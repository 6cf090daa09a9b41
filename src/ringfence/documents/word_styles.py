"""The styles of a Word document, as far as they decide what is read: headings, numbers, hidden and raised text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from typing import Any

from .package import child, children, option, value

__all__ = ["ParagraphStyle", "RunStyle", "WordStyles"]

_RAISED_HALF_POINTS = 4
_TINY_HALF_POINTS = 2
_CHAIN = 20  # the longest chain of styles that is followed


@dataclass(frozen=True)
class RunStyle:
    """The look of a run; None is inherited."""

    hidden: bool | None = None
    struck: bool | None = None
    level: int | None = None
    colour: str | None = None
    fill: str | None = None  # behind the text
    marker: str | None = None
    font: str | None = None
    wide_font: str | None = None  # of letters beyond ASCII

    @property
    def white(self) -> bool:
        """True if the text has the colour of paper."""
        return self.colour == "ffffff"

    @property
    def shaded(self) -> bool:
        """True if the text stands on a colour."""
        return self.fill not in (None, "auto", "ffffff") or self.marker not in (None, "none", "white")

    @property
    def covered(self) -> bool:
        """True if the text has the colour that it stands on, or is blacked out."""
        if self.colour in (None, "auto"):
            return False
        return (self.shaded and self.colour == self.fill) or (self.marker == "black" and self.colour == "000000")

    def under(self, own: RunStyle) -> RunStyle:
        """Return this look with what ``own`` says instead."""
        chosen = {
            each.name: getattr(self, each.name) if getattr(own, each.name) is None else getattr(own, each.name)
            for each in fields(RunStyle)
        }
        return RunStyle(**chosen)


@dataclass
class ParagraphStyle:
    """What a paragraph says of itself or its style says of it; None is inherited.

    ``heading`` is the level of a heading, from 1; 0 if it is none.
    """

    heading: int | None = None
    numbering: str | None = None
    level: int | None = None
    run: RunStyle = field(default_factory=RunStyle)


class WordStyles:
    """The styles by their ids, with what they inherit."""

    def __init__(self, root: Any) -> None:
        self._styles = {value(style, "styleId") or "": style for style in children(root, "style")}
        self._known: dict[str, ParagraphStyle] = {}
        self.default = next(
            (n for n, s in self._styles.items() if value(s, "type") == "paragraph" and value(s, "default") == "1"), ""
        )

    def numberings(self) -> dict[str, str]:
        """Return the numbering that each style names, for the lists that take their levels from a style."""
        named = {name: value(child(style, "pPr", "numPr", "numId")) for name, style in self._styles.items()}
        return {name: number for name, number in named.items() if number}

    def style(self, name: str | None) -> ParagraphStyle:
        """Return a paragraph or character style with what it inherits."""
        name = name or ""
        if name not in self._known:
            found = ParagraphStyle()
            chain: list[Any] = []
            link: str | None = name
            while link in self._styles and len(chain) < _CHAIN:
                chain.append(self._styles[link])
                link = value(child(chain[-1], "basedOn"))
            for style in reversed(chain):
                own = paragraph_style(child(style, "pPr"), child(style, "rPr"))
                title = (value(child(style, "name")) or "").lower()
                if named := re.fullmatch(r"heading (\d)|title", title):
                    own.heading = int(named[1] or 1)
                found = merged(found, own)
            self._known[name] = found
        return self._known[name]


def merged(base: ParagraphStyle, own: ParagraphStyle) -> ParagraphStyle:
    """Return ``base`` with what ``own`` says instead."""
    return ParagraphStyle(
        base.heading if own.heading is None else own.heading,
        base.numbering if own.numbering is None else own.numbering,
        base.level if own.level is None else own.level,
        base.run.under(own.run),
    )


def paragraph_style(paragraph: Any, run: Any) -> ParagraphStyle:
    """Return what the properties of a paragraph and of its runs say."""
    outline = value(child(paragraph, "outlineLvl"))
    level = value(child(paragraph, "numPr", "ilvl"))
    return ParagraphStyle(
        heading=None if outline is None else int(outline) + 1 if outline.isdigit() and int(outline) < 9 else 0,
        numbering=value(child(paragraph, "numPr", "numId")),
        level=int(level) if level and level.isdigit() else None,
        run=run_style(run, paragraph),
    )


def run_style(run: Any, paragraph: Any = None) -> RunStyle:
    """Return what the properties of a run say, with the background of its paragraph."""
    aligned = value(child(run, "vertAlign"))
    position = value(child(run, "position"))
    level = None if aligned is None else {"superscript": 1, "subscript": -1}.get(aligned, 0)
    if level is None and position is not None and re.fullmatch(r"-?\d+", position):
        height = int(position)
        level = 0 if abs(height) < _RAISED_HALF_POINTS else 1 if height > 0 else -1
    size = value(child(run, "sz"))
    tiny = size is not None and size.isdigit() and int(size) <= _TINY_HALF_POINTS
    shade = child(run, "shd") if child(run, "shd") is not None else child(paragraph, "shd")
    lines = [option(run, "strike"), option(run, "dstrike")]
    fonts = child(run, "rFonts")
    return RunStyle(
        hidden=True if tiny else option(run, "vanish"),
        struck=None if lines == [None, None] else any(lines),
        level=level,
        colour=_lower(value(child(run, "color"))),
        fill=_lower(value(shade, "fill")),
        marker=value(child(run, "highlight")),
        font=_font(fonts, "ascii"),
        wide_font=_font(fonts, "hAnsi"),
    )


def _lower(text: str | None) -> str | None:
    return None if text is None else text.lower()


def _font(fonts: Any, script: str) -> str | None:
    """The font of letters; blank for one that the theme names, which is none of symbols."""
    return "" if value(fonts, f"{script}Theme") else value(fonts, script)
