"""The styles of a web page, as far as they decide what a reader sees: what is hidden, and what stands apart.

Only styles inside the page count; none are fetched.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import cssselect2
import tinycss2
import tinycss2.color4

__all__ = ["LIBRARIES", "Look", "PageStyle", "Properties", "display_of", "is_removed", "level_of", "list_marks"]

LIBRARIES = ("cssselect2", "tinycss2")
_USED = {
    "display", "visibility", "opacity", "font-size", "color", "background-color", "background", "background-image",
    "position", "left", "top", "right", "text-indent", "clip", "clip-path", "width", "height", "max-height",
    "max-width", "overflow", "transform", "float", "margin-left", "margin-right", "padding-left", "padding-right",
    "vertical-align", "mso-hide", "content-visibility", "list-style-type", "list-style", "margin", "padding",
    "white-space", "text-decoration", "text-decoration-line", "content", "bottom", "mso-text-raise",
    "font-variant-position",
}  # fmt: skip
_MAX_RULES = 5_000
_FAR = -900  # pixels to the left of or above the page
_APART = 2  # pixels between words
_RAISES, _RAISES_MOST = 2.6, 15  # pixels above or below the line; Word raises by two points and more
_CONTAINERS = {"flex", "grid", "inline-flex", "inline-grid"}
_BLOCKS = {"block", "flex", "grid", "table", "list-item", "table-row", "table-caption", "flow-root"}
_ATTRIBUTES = (
    ("bgcolor", "background-color", "{}"),
    ("color", "color", "{}"),
    ("background", "background-image", "url({})"),
)
_WHITE = (1.0, 1.0, 1.0)

Properties = dict[str, str]


@dataclass(frozen=True, slots=True)
class Look:
    """What an element passes on to its descendants."""

    visible: bool = True
    size: float | None = None
    colour: tuple[float, ...] | None = None
    ground: tuple[float, ...] | None = _WHITE  # None: a picture or several colours
    outer: str = ""  # the display of the parent
    spaced: bool = False  # line ends and runs of spaces are kept
    struck: bool = False
    marks: str = ""  # the style of list marks

    @property
    def seen(self) -> bool:
        """True if text of this look can be seen."""
        same = self.colour is not None and self.ground is not None and _near(self.colour, self.ground)
        return self.visible and not same and (self.size is None or self.size > 1)


class PageStyle:
    """The properties of the elements of a page.

    ``sheets`` gives the text of a style sheet that the page names; None for one that is not at hand.
    """

    def __init__(self, root: Any, sheets: Callable[[str], str | None] = lambda name: None) -> None:
        self._properties: dict[Any, dict[str, tuple[str, bool]]] = {}
        self._generated: dict[tuple[Any, str], dict[str, str]] = {}
        self.first_look = Look()
        matcher = cssselect2.Matcher()
        count = 0
        for sheet in root.iter("style", "link"):
            linked = sheet.tag == "link"
            if linked and "stylesheet" not in (sheet.get("rel") or "").lower():
                continue
            if (sheet.get("media") or "all").strip().lower() not in ("all", "screen", ""):
                continue
            text = sheets(sheet.get("href") or "") if linked else sheet.text or ""
            if text is None:  # it may colour any background
                self.first_look = Look(ground=None)
                continue
            parsed = tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True)
            for selectors, declarations in _rules(parsed)[: _MAX_RULES - count]:
                count += 1
                for selector in _compiled(selectors):
                    matcher.add_selector(selector, declarations)
        if count:
            for element in cssselect2.ElementWrapper.from_html_root(root).iter_subtree():
                self._match(matcher, element)

    def _match(self, matcher: Any, element: Any) -> None:
        """Keep the declarations for an element, in the order of their weight; important ones come last."""
        own: dict[str, tuple[str, bool]] = {}
        for _, _, pseudo, declarations in matcher.match(element):
            if pseudo in ("before", "after"):
                said = self._generated.setdefault((element.etree_element, pseudo), {})
                said.update((name, value) for name, value, _ in declarations)
            for name, value, important in declarations if pseudo is None else ():
                if important or not own.get(name, ("", False))[1]:
                    own[name] = (value, important)
        if own:
            self._properties[element.etree_element] = own

    def of(self, element: Any) -> Properties:
        """Return the properties of an element that its own style and the page's styles give it."""
        matched = self._properties.get(element, {})
        found = {name: value for name, (value, _) in matched.items()}
        if inline := element.get("style"):
            for name, value, important in _declarations(tinycss2.parse_blocks_contents(inline)):
                if important or not matched.get(name, ("", False))[1]:
                    found[name] = value
        for attribute, name, form in _ATTRIBUTES:
            if element.get(attribute) and name not in found:
                found[name] = form.format(element.get(attribute).strip().lower())
        return found

    def generated(self, element: Any, place: str) -> tuple[str, bool, Properties]:
        """The text that styles draw ``before`` or ``after`` an element, whether that is all of it, and its properties.

        What they count, such as the numbers of clauses, is not worked out.
        """
        said = self._generated.get((element, place), {})
        if "content" not in said or is_removed(element, said):
            return "", True, said
        words, whole = "", True
        for token in tinycss2.parse_component_value_list(said["content"]):
            if token.type == "string":
                words += token.value
            elif token.type == "function" and token.lower_name == "attr":
                words += element.get(tinycss2.serialize(token.arguments).strip()) or ""
            elif token.type == "function" and token.lower_name in ("counter", "counters"):
                whole = False
        drawn = "".join(" " if unicodedata.category(each) == "Co" else each for each in words)  # signs of icon fonts
        return drawn, whole, said

    def look(self, properties: Properties, outer: Look) -> Look:
        """Return the look of an element inside one with the look ``outer``."""
        if not properties:
            return replace(outer, outer="") if outer.outer else outer
        spaced = outer.spaced
        if white := properties.get("white-space"):
            spaced = white.startswith(("pre", "break-spaces"))
        decoration = properties.get("text-decoration", "") + properties.get("text-decoration-line", "")
        own_line = properties.get("display", "").startswith("inline-") or "float" in properties
        struck = "line-through" in decoration or (outer.struck and not own_line)
        marks = list_marks(properties) or outer.marks
        visible = outer.visible
        if visibility := properties.get("visibility"):
            visible = visibility not in ("hidden", "collapse")
        size = outer.size
        if (own := properties.get("font-size")) is not None:
            size = _length(own, outer.size)
        colour = outer.colour
        if (named := properties.get("color")) is not None and named != "inherit":
            colour = _colour(named)
        return Look(
            visible, size, colour, _ground(properties, outer.ground), properties.get("display", ""), spaced,
            struck, marks,
        )  # fmt: skip


_MARKS = {
    "none": "none", "decimal": "1", "decimal-leading-zero": "1", "lower-alpha": "a", "lower-latin": "a",
    "upper-alpha": "A", "upper-latin": "A", "lower-roman": "i", "upper-roman": "I", "disc": "-", "circle": "-",
    "square": "-",
}  # fmt: skip


def list_marks(properties: Properties) -> str:
    """The marks of lists as the types of HTML name them: 1, a, A, i, I, ``-``, ``none``; blank if nothing says so."""
    words = f"{properties.get('list-style-type', '')} {properties.get('list-style', '')}".split()
    return next((_MARKS[word] for word in words if word in _MARKS), "")


def is_removed(element: Any, properties: Properties) -> bool:
    """Return whether an element is not shown, with all that is in it."""
    if element.get("hidden") is not None and properties.get("display") in (None, "none"):
        return True
    if element.tag == "dialog" and element.get("open") is None:
        return True
    if not properties:
        return False
    if properties.get("display") == "none" or properties.get("mso-hide") == "all":
        return True
    if properties.get("content-visibility") == "hidden" or _is_zero(properties.get("opacity")):
        return True
    return _is_away(properties) or _is_cut(properties) or "scale(0)" in properties.get("transform", "")


def _ground(properties: Properties, outer: tuple[float, ...] | None) -> tuple[float, ...] | None:
    """Return the colour behind the text of an element; None if it is a picture or a gradient."""
    picture = properties.get("background-image", properties.get("background", ""))
    if "url(" in picture or "gradient" in picture:
        return None
    fill = properties.get("background-color") or properties.get("background")
    own = _colour(fill) if fill else None
    return outer if own is None or len(own) == 4 else own


def _is_away(properties: Properties) -> bool:
    if (_length(properties.get("text-indent")) or 0) <= _FAR:
        return True
    placed = properties.get("position") in ("absolute", "fixed", "relative")
    sides = [_length(properties.get(side)) or 0 for side in ("left", "top", "right", "margin-left")]
    return (placed and min(sides[:3]) <= _FAR) or sides[3] <= _FAR


def _is_cut(properties: Properties) -> bool:
    clip = re.sub(r"\s+", "", properties.get("clip", ""))
    if properties.get("position") in ("absolute", "fixed") and re.match(r"rect\((?:[01](?:px)?,?){4}\)", clip):
        return True
    if re.match(r"inset\((?:50|100)%", properties.get("clip-path", "")):
        return True
    sizes = [_length(properties.get(name)) for name in ("width", "height", "max-height", "max-width")]
    return properties.get("overflow") in ("hidden", "clip") and any(size is not None and size <= 1 for size in sizes)


def level_of(properties: Properties) -> int | None:
    """Return 1 for raised text, -1 for lowered text, 0 for text brought back to its line; None if nothing says it.

    Lengths under three pixels adjust a line; they raise nothing.
    """
    align = properties.get("vertical-align", "")
    named = {"super": 1, "text-top": 1, "sub": -1, "text-bottom": -1, "baseline": 0}.get(align)
    if named is not None:
        return named
    position = {"super": 1, "sub": -1}.get(properties.get("font-variant-position", ""))
    if position is not None:
        return position
    raised = _length(align) or _length(properties.get("mso-text-raise"))
    if raised is None and properties.get("position") == "relative":
        top, bottom = _length(properties.get("top")), _length(properties.get("bottom"))
        raised = -top if top else bottom
    if raised is None or not _RAISES <= abs(raised) <= _RAISES_MOST:
        return None
    return 1 if raised > 0 else -1


def display_of(properties: Properties, look: Look) -> str:
    """Return ``block``, ``column``, ``apart`` (words on the same line stay apart) or blank, as the styles say."""
    if not properties and look.outer not in _CONTAINERS:
        return ""
    own = properties.get("display", "")
    if own in _BLOCKS:
        return "block"
    if own in ("table-cell", "inline-flex", "inline-grid", "inline-table") or look.outer in _CONTAINERS:
        return "column"
    if properties.get("float") in ("left", "right") or properties.get("position") in ("absolute", "fixed"):
        return "column"
    if own == "inline-block":
        return "apart"
    names = ("margin-left", "margin-right", "padding-left", "padding-right", "margin", "padding")
    if any((_length(properties.get(name, "").split(" ")[-1]) or 0) > _APART for name in names):
        return "apart"
    return ""


def _rules(parsed: Any) -> list[tuple[str, list[tuple[str, str, bool]]]]:
    rules = []
    for rule in parsed:
        if rule.type == "qualified-rule":
            declarations = _declarations(tinycss2.parse_blocks_contents(rule.content))
            if declarations:
                rules.append((tinycss2.serialize(rule.prelude).strip(), declarations))
        elif rule.type == "at-rule" and rule.lower_at_keyword in ("media", "supports", "layer") and rule.content:
            condition = tinycss2.serialize(rule.prelude).strip().lower()
            if rule.lower_at_keyword != "media" or condition in ("all", "screen", "only screen"):
                rules += _rules(tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True))
    return rules


def _declarations(parsed: Any) -> list[tuple[str, str, bool]]:
    return [
        (one.lower_name, _said(one), one.important)
        for one in parsed
        if one.type == "declaration" and one.lower_name in _USED
    ]


def _said(declaration: Any) -> str:
    words = str(tinycss2.serialize(declaration.value).strip())
    return words if declaration.lower_name == "content" else words.lower()


def _compiled(selectors: str) -> list[Any]:
    """Return the selectors of a rule; none if one is of a kind that is not known, as browsers do."""
    try:
        return list(cssselect2.compile_selector_list(selectors))
    except (cssselect2.SelectorError, ValueError):
        return []


@lru_cache(maxsize=4_096)
def _length(text: str | None, base: float | None = None) -> float | None:
    """Return a length in pixels, about; None if it is relative to something unknown."""
    match = re.fullmatch(r"(-?\d*\.?\d+)(px|pt|em|rem|ex|%|cm|mm|in|vw|vh)?", (text or "").strip())
    if not match:
        return None
    number, unit = float(match[1]), match[2] or "px"
    if number == 0:
        return 0.0
    if unit in ("em", "%", "ex"):
        return number / (100 if unit == "%" else 1) * (16 if base is None else base)
    return number * {"px": 1, "pt": 4 / 3, "rem": 16, "cm": 38, "mm": 3.8, "in": 96, "vw": 10, "vh": 10}[unit]


def _is_zero(text: str | None) -> bool:
    return re.fullmatch(r"0*\.?0+%?", text or "x") is not None


@lru_cache(maxsize=4_096)
def _colour(text: str) -> tuple[float, ...] | None:
    """Return red, green and blue from 0 to 1; with a fourth part 0 if the colour is transparent."""
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


def _near(colour: tuple[float, ...], ground: tuple[float, ...]) -> bool:
    if len(colour) == 4:  # transparent
        return True
    return len(ground) == 3 and max(abs(a - b) for a, b in zip(colour, ground, strict=True)) < 0.02
