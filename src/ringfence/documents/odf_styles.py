"""The styles of an OpenDocument text, as far as they decide what is read: raised and hidden text, and numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any

from .package import child, descendants, local, value
from .symbol_fonts import item_mark
from .word_numbers import letters, roman

__all__ = ["OdfLook", "OdfNumbers", "OdfStyles"]

_CHAIN = 20
_LEVELS = 10


@dataclass(frozen=True)
class OdfLook:
    """How text looks; None is inherited."""

    level: int | None = None
    hidden: bool | None = None
    struck: bool | None = None
    colour: str | None = None
    ground: str | None = None  # behind the text; ``transparent`` shows what is behind the paragraph
    font: str | None = None

    @property
    def white(self) -> bool:
        """True if the text has the colour of paper."""
        return self.colour == "#ffffff"

    @property
    def shaded(self) -> bool:
        """True if the text stands on a colour."""
        return self.ground not in (None, "transparent", "#ffffff")

    @property
    def covered(self) -> bool:
        """True if the text has the colour that it stands on."""
        return self.shaded and self.colour == self.ground

    def under(self, own: OdfLook) -> OdfLook:
        """Return this look with what ``own`` says instead."""
        pairs = {each.name: (getattr(self, each.name), getattr(own, each.name)) for each in fields(OdfLook)}
        return OdfLook(**{name: outer if inner is None else inner for name, (outer, inner) in pairs.items()})


class OdfStyles:
    """The styles of the content and of the document by family and name."""

    def __init__(self, *roots: Any) -> None:
        self._styles: dict[tuple[str, str], Any] = {}
        self.list_styles: dict[str, Any] = {}
        self.outline: Any = None
        self.pages: dict[str | None, Any] = {}  # the masters of pages and slides
        self._fonts: dict[str, str] = {}  # families by the names that styles give them
        for root in roots:
            for style in descendants(root, "style"):
                self._styles.setdefault((value(style, "family") or "", value(style, "name") or ""), style)
            for style in descendants(root, "list-style"):
                self.list_styles.setdefault(value(style, "name") or "", style)
            self.pages |= {value(page, "name"): page for page in descendants(root, "master-page")}
            for face in descendants(root, "font-face"):
                self._fonts.setdefault(value(face, "name") or "", (value(face, "font-family") or "").strip("'"))
            self.outline = next(descendants(root, "outline-style"), None) if self.outline is None else self.outline
        self._known: dict[tuple[str, str], OdfLook] = {}

    def look(self, family: str, name: str | None) -> OdfLook:
        """Return the look of a style with what it inherits."""
        key = (family, name or "")
        if key not in self._known:
            found = OdfLook()
            for style in reversed(self._chain(family, name)):
                found = found.under(self._own_look(style))
            self._known[key] = found
        return self._known[key]

    def list_style_of(self, name: str | None) -> str | None:
        """Return the list style that a paragraph style names."""
        found = (value(style, "list-style-name") for style in self._chain("paragraph", name))
        return next((one for one in found if one is not None), None)

    def hides(self, family: str, name: str | None) -> bool:
        """Return whether a style keeps a slide or a section from being shown."""
        style = self._styles.get((family, name or ""))
        return any(
            value(one, "visibility") == "hidden" or value(one, "display") == "none"
            for one in ([] if style is None else style)
        )

    def shows(self, what: str, name: str | None) -> bool | None:
        """Return whether the slides of a style show something, such as ``display-footer``; None if it does not say."""
        said = value(child(self._styles.get(("drawing-page", name or "")), "drawing-page-properties"), what)
        return None if said is None else said == "true"

    def used_pages(self) -> list[Any]:
        """The master pages that a text may use: the first one, those that styles name, and those that follow them."""
        named = {value(style, "master-page-name") for style in self._styles.values()}
        waiting = [*({*self.pages} & named), *(["Standard"] if "Standard" in self.pages else [*self.pages][:1])]
        used: set[str | None] = set()
        while waiting:
            name = waiting.pop()
            if name in self.pages and name not in used:
                used.add(name)
                waiting.append(value(self.pages[name], "next-style-name"))
        return [page for name, page in self.pages.items() if name in used]

    def _chain(self, family: str, name: str | None) -> list[Any]:
        chain: list[Any] = []
        while name and (family, name) in self._styles and len(chain) < _CHAIN:
            chain.append(self._styles[family, name])
            name = value(chain[-1], "parent-style-name")
        return chain

    def _own_look(self, style: Any) -> OdfLook:
        text = child(style, "text-properties")
        position = value(text, "text-position")
        level = None
        if position is not None:
            height = re.match(r"(-?\d+(?:\.\d+)?)%", position)
            level = 1 if position.startswith("super") else -1 if position.startswith("sub") else 0
            if height:
                level = (float(height[1]) > 0) - (float(height[1]) < 0)
        colour, name = value(text, "color"), value(text, "font-name")
        grounds = [value(text, "background-color"), value(child(style, "paragraph-properties"), "background-color")]
        display = value(text, "display")
        lines = [value(text, f"text-line-through-{name}") for name in ("style", "type")]
        return OdfLook(
            level=level,
            hidden=None if display is None else display == "none",
            struck=None if lines == [None, None] else any(line not in (None, "none") for line in lines),
            colour="auto" if value(text, "use-window-font-color") == "true" else colour and colour.lower(),
            ground=next((ground.lower() for ground in grounds if ground not in (None, "transparent")), None),
            font=value(text, "font-family") or (self._fonts.get(name, name) if name else None),
        )


class OdfNumbers:
    """Counts the items of lists and the numbered headings in reading order."""

    def __init__(self, styles: OdfStyles) -> None:
        self._styles = styles
        self._counts: dict[str, list[int | None]] = {}
        self._outline: list[int | None] = [None] * (_LEVELS + 1)

    def restart(self, style: str, level: int) -> None:
        """Begin a list that does not continue the one before."""
        self._counts.setdefault(style, [None] * (_LEVELS + 1))[level:] = [None] * (_LEVELS + 1 - level)

    def item(self, style: str, level: int, start: str | None) -> str:
        """Count an item and return what stands before it: its number, or ``-``."""
        counts = self._counts.setdefault(style, [None] * (_LEVELS + 1))
        own = self._styles.list_styles.get(style)
        return self._count(own, counts, min(level, _LEVELS), start) or self._bullet(_level(own, min(level, _LEVELS)))

    def _bullet(self, level: Any) -> str:
        properties = child(level, "text-properties")
        font = value(properties, "font-family") or value(properties, "font-name") or ""
        return item_mark(value(level, "bullet-char") or "", font.strip("'"))

    def heading(self, level: int, start: str | None) -> str:
        """Count a heading and return its number; blank if headings have none."""
        return self._count(self._styles.outline, self._outline, min(max(level, 1), _LEVELS), start)

    def _count(self, style: Any, counts: list[int | None], level: int, start: str | None) -> str:
        own = _level(style, level)
        count = counts[level]
        if start is not None and start.isdigit():
            counts[level] = int(start)
        else:
            counts[level] = _start(own) if count is None else count + 1
        counts[level + 1 :] = [None] * (_LEVELS - level)
        if own is None or ("number" not in local(own) and local(own) != "outline-level-style"):
            return ""
        form = value(own, "num-format") or ""
        if not form:
            return ""
        shown = int(value(own, "display-levels") or 1)
        parts = []
        for place in range(max(level - shown + 1, 1), level + 1):
            higher = _level(style, place)
            form = value(higher, "num-format") or ("1" if place == level else "")
            number = counts[place]
            if form:
                parts.append(_formatted(_start(higher) if number is None else number, form))
        return f"{value(own, 'num-prefix') or ''}{'.'.join(parts)}{value(own, 'num-suffix') or ''}".strip()


def _level(style: Any, level: int) -> Any:
    levels = [] if style is None else list(style)
    return next((one for one in levels if value(one, "level") == str(level)), None)


def _start(level: Any) -> int:
    text = value(level, "start-value") or "1"
    return int(text) if text.isdigit() else 1


def _formatted(count: int, form: str) -> str:
    forms = {"a": letters(count), "A": letters(count).upper(), "i": roman(count).lower(), "I": roman(count)}
    return forms.get(form, str(count))
