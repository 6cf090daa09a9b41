"""The styles of a web page, as far as they decide what a reader sees: what is hidden, and what stands apart.

Only styles inside the page count; none are fetched.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import cssselect2
import tinycss2

from .css_values import BLACK, WHITE, Colour, blend, colour_of, expanded, family_of, is_screen, length, near
from .html_hidden import is_removed

__all__ = ["LIBRARIES", "Look", "PageStyle", "Properties", "display_of", "level_at_number", "level_of", "list_marks"]

LIBRARIES = ("cssselect2", "tinycss2")
_USED = {
    "display", "visibility", "opacity", "font-size", "color", "background-color", "background", "background-image",
    "position", "left", "top", "right", "text-indent", "clip", "clip-path", "width", "height", "max-height",
    "max-width", "overflow", "transform", "float", "margin-left", "margin-right", "padding-left", "padding-right",
    "vertical-align", "mso-hide", "content-visibility", "list-style-type", "list-style", "margin", "padding",
    "white-space", "text-decoration", "text-decoration-line", "content", "bottom", "mso-text-raise",
    "font-variant-position", "font", "font-family", "overflow-x", "overflow-y", "filter", "inset", "margin-top",
    "-webkit-text-fill-color", "padding-bottom",
}  # fmt: skip
_MAX_RULES = 5_000
_APART = 2  # pixels between words
_SMALL = 10  # pixels; letters of this size at the top of a line are raised
_RAISES, _RAISES_MOST = 2.6, 15  # pixels above or below the line; Word raises by two points and more
_CONTAINERS = {"flex", "grid", "inline-flex", "inline-grid"}
_BLOCKS = {"block", "flex", "grid", "table", "list-item", "table-row", "table-caption", "flow-root"}
_DRAWN = {"svg", "g", "text", "tspan", "foreignobject"}
_ATTRIBUTES = (  # what an attribute sets, on which elements if not on all
    ("bgcolor", "background-color", "{}", None), ("background", "background-image", "url({})", None),
    ("color", "color", "{}", {"font", "basefont"}), ("face", "font-family", "{}", {"font", "basefont"}),
    ("text", "color", "{}", {"body"}), ("visibility", "visibility", "{}", _DRAWN), ("display", "display", "{}", _DRAWN),
    ("text-decoration", "text-decoration", "{}", _DRAWN),
)  # fmt: skip
# Values of a background that leave what is behind.
_SEEN_THROUGH = {"transparent", "none", "initial", "unset", "revert", "revert-layer", "inherit", "currentcolor"}
_DARK = re.compile(r"color-scheme\s*:\s*(?:only\s+)?dark")

Properties = dict[str, str]


@dataclass(frozen=True, slots=True)
class Look:
    """What an element passes on to its descendants."""

    visible: bool = True
    size: float | None = None
    colour: Colour | None = BLACK  # None: unknown
    ground: Colour | None = WHITE  # None: a picture or several colours
    outer: str = ""  # the display of the parent
    spaced: bool = False  # line ends and runs of spaces are kept
    struck: bool = False
    marks: str = ""  # the style of list marks
    font: str = ""

    @property
    def seen(self) -> bool:
        """True if text of this look can be seen."""
        same = self.colour is not None and self.ground is not None and near(self.colour, self.ground)
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
        if any(one.get("name") == "color-scheme" and _is_dark(one) for one in root.iter("meta")):
            self.first_look = Look(colour=None, ground=None)
        for sheet in root.iter("style", "link"):
            linked = sheet.tag == "link"
            words = (sheet.get("rel") or "").lower().split()
            if linked and ("stylesheet" not in words or "alternate" in words):
                continue
            if not is_screen(sheet.get("media") or "all"):
                continue
            text = sheets(sheet.get("href") or "") if linked else sheet.text or ""
            if text is None:  # it may colour any background
                self.first_look = Look(colour=None, ground=None)
                continue
            parsed = tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True)
            if _DARK.search(text) or any(one.type == "at-rule" and one.lower_at_keyword == "import" for one in parsed):
                self.first_look = Look(colour=None, ground=None)
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
        for attribute, name, form, tags in _ATTRIBUTES:
            if element.get(attribute) and name not in found and (tags is None or element.tag in tags):
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
            size = length(own, outer.size)
        colour = outer.colour
        named = properties.get("-webkit-text-fill-color") or properties.get("color")
        if named is not None and named != "inherit":
            colour = colour_of(named)
        return Look(
            visible, size, colour, _ground(properties, outer.ground), properties.get("display", ""), spaced,
            struck, marks, family_of(properties) or outer.font,
        )  # fmt: skip


_MARKS = {
    "none": "none", "decimal": "1", "decimal-leading-zero": "1", "lower-alpha": "a", "lower-latin": "a",
    "upper-alpha": "A", "upper-latin": "A", "lower-roman": "i", "upper-roman": "I", "disc": "-", "circle": "-",
    "square": "-",
}  # fmt: skip


def _is_dark(meta: Any) -> bool:
    return (meta.get("content") or "").replace("only", "").strip().lower() == "dark"


def list_marks(properties: Properties) -> str:
    """The marks of lists as the types of HTML name them: 1, a, A, i, I, ``-``, ``none``; blank if nothing says so."""
    words = f"{properties.get('list-style-type', '')} {properties.get('list-style', '')}".split()
    return next((_MARKS[word] for word in words if word in _MARKS), "")


def _ground(properties: Properties, outer: Colour | None) -> Colour | None:
    """Return the colour behind the text of an element; None if it is a picture or a gradient, or unknown."""
    if re.search(r"url\(|gradient\(|image-set\(", properties.get("background-image", "")):
        return None
    fill = properties.get("background-color", "transparent")
    if fill in _SEEN_THROUGH:
        return outer
    own = colour_of(fill)
    return None if own is None else blend(own, outer)


def level_of(properties: Properties) -> int:
    """Return 1 for raised text, -1 for lowered text, 0 for text on the line of what is around it.

    Lengths under three pixels adjust a line; they raise nothing.
    """
    align = properties.get("vertical-align", "")
    named = {"super": 1, "text-top": 1, "sub": -1, "text-bottom": -1}.get(align)
    named = named or {"super": 1, "sub": -1}.get(properties.get("font-variant-position", ""))
    if named:
        return named
    raised = length(align) or length(properties.get("mso-text-raise"))
    if raised is None and properties.get("position") == "relative":
        top, bottom = length(properties.get("top")), length(properties.get("bottom"))
        raised = -top if top else bottom
    if raised is None or not _RAISES <= abs(raised) <= _RAISES_MOST:
        return 0
    return 1 if raised > 0 else -1


def level_at_number(properties: Properties) -> int:
    """The level of small letters at the top or the bottom of a line, which right behind a number are raised."""
    align, size = properties.get("vertical-align"), length(properties.get("font-size"))
    if size is None or size > _SMALL or properties.get("display", "inline") != "inline":
        return 0
    return {"top": 1, "bottom": -1}.get(align or "", 0)


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
    names = ("margin-left", "margin-right", "padding-left", "padding-right")
    if any((length(properties.get(name)) or 0) > _APART for name in names):
        return "apart"
    return ""


def _rules(parsed: Any, parent: str = "") -> list[tuple[str, list[tuple[str, str, bool]]]]:
    """The selectors and declarations of rules, also of those that are nested in others."""
    rules = []
    for rule in parsed:
        if rule.type == "qualified-rule":
            own = tinycss2.serialize(rule.prelude).strip()
            nested = own.replace("&", f":is({parent})") if "&" in own else f":is({parent}) {own}"
            rules += _rules_of(rule, nested if parent else own)
        elif rule.type == "at-rule" and rule.content and _holds(rule):
            if parent:
                rules += _rules_of(rule, parent)
            else:
                rules += _rules(tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True))
    return rules


def _rules_of(rule: Any, selector: str) -> list[tuple[str, list[tuple[str, str, bool]]]]:
    contents = tinycss2.parse_blocks_contents(rule.content)
    declarations = _declarations(contents)
    return [*([(selector, declarations)] if declarations else []), *_rules(contents, selector)]


def _holds(rule: Any) -> bool:
    """Whether the rules inside a rule count."""
    name, condition = rule.lower_at_keyword, tinycss2.serialize(rule.prelude).strip().lower()
    if name == "supports":
        return not condition.startswith("not")
    return name == "layer" or (name == "media" and is_screen(condition))


def _declarations(parsed: Any) -> list[tuple[str, str, bool]]:
    return [
        (name, text, one.important)
        for one in parsed
        if one.type == "declaration" and one.lower_name in _USED
        for name, text in expanded(one.lower_name, _said(one))
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
