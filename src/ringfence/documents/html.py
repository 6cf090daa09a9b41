"""Read HTML: the visible text, block by block. External resources are never fetched."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import lxml.html
from lxml import etree

from ..errors import DocumentError
from . import charset
from .css_values import BLACK, Colour
from .flow_text import LayerBuilder, heading_mark
from .html_form import form_text
from .html_formulas import formula_runs
from .html_hidden import is_removed
from .html_lists import numbers_of, written
from .html_style import LIBRARIES, Look, PageStyle, Properties, display_of, level_at_number, level_of, list_marks
from .model import Document
from .raised import Run, join_runs
from .reader import ReadingOptions, Source, sha256_of
from .symbol_fonts import with_symbols
from .unread_counts import UnreadCounts

__all__ = ["HtmlReader", "write_html"]

_INVISIBLE = {
    "script", "style", "head", "datalist", "rt", "rp", "area", "map", "param", "source", "track", "title", "desc",
    "metadata", "defs", "symbol",
}  # fmt: skip
_UNSEEN = {"noscript", "template"}  # these may hold words
_OUTSIDE = {"object", "iframe", "embed", "frame", "audio", "video", "canvas"}
_BLOCKS = {
    "p", "div", "section", "article", "header", "footer", "main", "aside", "nav", "ul", "ol", "dl", "dt", "dd", "li",
    "table", "blockquote", "pre", "form", "fieldset", "address", "figure", "figcaption", "h1", "h2", "h3", "h4", "h5",
    "h6", "hr", "body", "center", "details", "summary", "tr", "td", "th", "legend", "caption", "menu", "dir", "search",
    "hgroup", "dialog", "option", "optgroup", "textarea", "xmp", "listing", "plaintext", "marquee",
}  # fmt: skip
_LABEL = re.compile(r"[^\W\d_]{3,}$|:$")
_AMOUNT = re.compile(r"[-+(]?(?:\d|[$€£¥]|[A-Z]{3}\s?\d)")
_LISTS = ("ul", "ol", "menu", "dir")
_PART = "\x1f"  # between what styles set apart, until it is known what stands on both sides
_PARTED = re.compile(r"(?:(?<=\d)|(?<=\d[%€$£)]))[ ]*\x1f[ \x1f]*(?=[-+(€$£]{0,2}\d)")
_INLINE = {"span", "b", "strong", "em", "i", "a", "label", "font"}
_RAISED = {"sup": 1, "sub": -1}
# The colours that browsers give to text and to what is behind it.
_GREY = (0.94, 0.94, 0.94)
_OWN_COLOURS: dict[str, tuple[Colour, Colour | None]] = {
    "a": ((0.0, 0.0, 0.93), None), "mark": (BLACK, (1.0, 1.0, 0.0)), "button": (BLACK, _GREY),
}  # fmt: skip
_DRAWN = {"text": "column", "tspan": "apart", "foreignobject": "block"}  # in a drawing
MAX_DEPTH = 400
MAX_SPAN = 1_000


class HtmlReader:
    """Reader for web pages."""

    name = "html"
    version = 6
    libraries = ("lxml", *LIBRARIES, *charset.LIBRARIES)
    extensions = ("html", "htm", "xhtml", "xht")

    def read(self, source: Source, data: bytes, options: ReadingOptions) -> Iterator[Document]:
        """Yield the file as one document."""
        layer = LayerBuilder()
        write_html(layer, data, hidden=options.hidden)
        yield layer.document(source, sha256_of(data), f"{self.name}/{self.version}")


def write_html(
    layer: LayerBuilder, data: bytes | str, mark: str = "", hidden: bool = False,
    sheets: Callable[[str], str | None] = lambda name: None,
) -> None:  # fmt: skip
    """Write the visible text of an HTML page. Raises DocumentError if it cannot be parsed.

    ``hidden`` keeps what the page's styles hide; ``sheets`` gives the text of a style sheet that is not in the page.
    """
    if isinstance(data, bytes):
        declared = re.search(rb"(?:charset|encoding)\s*=\s*[\"']?\s*([\w-]+)", data[:4096], re.I)
        data, unread = _decoded(data, declared[1].decode() if declared else None)
        layer.unread += unread
    text = re.sub(r"^\s*<\?xml[^>]*>", "", data.replace("\0", " "))
    parser = lxml.html.HTMLParser(
        encoding="utf-8", no_network=True, huge_tree=True, remove_comments=True, remove_pis=True
    )
    try:
        root = lxml.html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError, AssertionError):
        raise DocumentError("damaged", "it contains no readable HTML") from None
    titles = (one for one in root.iter("title") if not any(up.tag == "svg" for up in one.iterancestors()))
    title = next(titles, None)
    if title is not None and title.text and not mark:
        layer.paragraph(title.text, None, heading_mark(1))
    style = PageStyle(root, sheets)
    walker = _Walker(layer, style, hidden)
    walker.walk(root, mark, style.first_look)
    layer.end_block()
    walker.unread.write(layer, walker.cents)


def _decoded(data: bytes, declared: str | None) -> charset.Decoded:
    try:
        return charset.decode(data, declared)
    except DocumentError:  # some pages hold zero bytes
        return charset.decode(data.replace(b"\0", b" "), declared)


class _Walker:
    """Writes the elements of a page; inline text is collected until its block ends."""

    def __init__(self, layer: LayerBuilder, style: PageStyle, hidden: bool) -> None:
        self._layer, self._style, self._keep_hidden = layer, style, hidden
        self._inline: list[Run] = []
        self._items = 0  # of lists around what is written
        self._item_mark = ""  # of an item of which nothing is written yet
        self._numbers: dict[Any, dict[Any, int]] = {}  # of the items of lists
        self.unread = UnreadCounts()
        self.cents: list[str] = []

    def walk(self, element: Any, mark: str, outer: Look, depth: int = 0, level: int = 0) -> None:
        """Write ``element`` and its descendants. ``level`` is 1 inside raised text."""
        tag = element.tag if isinstance(element.tag, str) else ""
        if tag in _INVISIBLE or not tag:
            return
        if depth > MAX_DEPTH:
            raise DocumentError("nested-too-deep", f"its elements are nested more than {MAX_DEPTH} levels deep")
        properties = self._style.of(element)
        if self._is_left_out(element, tag, is_removed(element, properties)):
            return
        look = self._look(tag, properties, outer)
        level = _RAISED.get(tag) or level_of(properties) or level
        if not level and self._inline and self._inline[-1].text[-1:].isdigit():
            level = level_at_number(properties)
        shape = "block" if tag in _BLOCKS else _DRAWN.get(tag) or display_of(properties, outer)
        if tag == "table" and _is_data(element):
            self._flush(mark)
            self._table(element, mark, look, depth)
            return
        if self._write_atom(element, tag, look):
            return
        if shape == "block":
            self._flush(mark)
        elif shape:
            self._inline.append(Run(_PART if shape == "column" else " "))
        if tag == "li":
            self._items += 1
            self._item_mark = self._mark_of(element, look)
        elif tag in _LISTS and not self._items:
            self._layer.end_block()
        inner = _inner_mark(tag, mark)
        self._draw(element, "before", tag, look, level)
        self._text(element.text, tag, look, level)
        # Of what a drawing switches between, the first that a browser can draw is seen.
        for child in element if tag != "switch" else element[:1]:
            self._part_from(child)
            self.walk(child, inner, look, depth + 1, level)
            self._text(child.tail, tag, look, level)
        self._draw(element, "after", tag, look, level)
        if shape == "block":
            self._flush(inner, keep=tag in ("dt", "dd"))
        elif shape:
            self._inline.append(Run(_PART if shape == "column" else " "))
        if tag == "li":
            self._items -= 1
            self._item_mark = ""

    def _look(self, tag: str, properties: Properties, outer: Look) -> Look:
        look = self._style.look(properties, outer)
        if tag == "svg":
            look = replace(look, ground=None)  # what else is drawn
        elif tag in _OWN_COLOURS:
            colour, ground = _OWN_COLOURS[tag]
            look = replace(
                look,
                colour=look.colour if "color" in properties else colour,
                ground=look.ground if ground is None or "background-color" in properties else ground,
            )
        if tag in ("s", "strike", "del") and "text-decoration" not in properties:
            look = replace(look, struck=True)
        if tag in _LISTS and look.marks:  # every list has its own marks
            look = replace(look, marks=list_marks(properties))
        return look

    def _mark_of(self, item: Any, look: Look) -> str:
        """The mark of an item with a space behind it; blank where the styles draw none."""
        properties = self._style.of(item)
        styled = list_marks(properties) or item.get("type") or look.marks
        if styled == "none" or properties.get("display", "list-item") != "list-item":
            return ""
        parent = item.getparent()
        if styled == "-" or (parent.tag != "ol" and not styled):
            return "- "
        if parent not in self._numbers:
            shown = [one for one in parent if one.tag == "li" and not is_removed(one, self._style.of(one))]
            self._numbers[parent] = numbers_of(parent, shown)
        return f"{written(self._numbers[parent].get(item, 1), styled or parent.get('type') or '1')}. "

    def _is_left_out(self, element: Any, tag: str, removed: bool) -> bool:
        """Return whether an element is not written, and count what is lost with it."""
        if tag in _OUTSIDE:
            if element.get("src") or element.get("data") or element.get("srcdoc"):
                self.unread.add("embedded-files")
            return True
        if tag in _UNSEEN or (removed and not self._keep_hidden):
            self.unread.add("hidden-text", "".join(element.itertext()))
            return True
        return False

    def _write_atom(self, element: Any, tag: str, look: Look) -> bool:
        """Write an element that is not walked: a break, a picture, a field of a form or a drawing."""
        if tag == "br":
            self._inline.append(Run("\n"))
        elif tag == "img":
            if element.get("alt") and look.visible:
                self._inline.append(Run(f" [{element.get('alt')}] "))
        elif tag in ("input", "select"):
            if look.visible and (text := form_text(element)):
                self._inline.append(Run(f"{_PART}{text}{_PART}"))
        elif tag == "math":
            if not look.seen:
                self.unread.add("hidden-text", "".join(element.itertext()))
            else:
                apart = Run("\n" if element.get("display") == "block" else "")
                self._inline += [apart, *formula_runs(element), apart]
        else:
            return False
        return True

    def _part_from(self, child: Any) -> None:
        """Part a number from a word of another element right before it: their distance is often in a style sheet."""
        previous = child.getprevious()
        if previous is None or (previous.tail or "").strip() or child.tag not in _INLINE or not self._inline:
            return
        if _LABEL.search(self._inline[-1].text[-20:]) and _AMOUNT.match(child.text or ""):
            self._inline.append(Run(" "))

    def _draw(self, element: Any, place: str, tag: str, look: Look, level: int) -> None:
        """Write what styles draw before or after an element."""
        words, whole, properties = self._style.generated(element, place)
        own = self._style.look(properties, look) if properties else look
        if not whole:
            self.unread.add("generated-text")
        if not words or not own.seen:
            return
        shape = display_of(properties, Look())
        apart = Run("\n" if shape == "block" else _PART if shape else "")
        if place == "after":
            self._inline.append(apart)
        self._text(words, tag, own, level)
        if place == "before":
            self._inline.append(apart)

    def _text(self, text: str | None, tag: str, look: Look, level: int) -> None:
        if not text:
            return
        if (look.struck or not look.seen) and any(map(_is_seen, text)):
            self.unread.add("hidden-text" if not look.seen else "struck-text")
            if not self._keep_hidden:
                return
        raw = look.spaced or tag in ("pre", "textarea", "xmp", "listing", "plaintext")
        text = with_symbols(text, look.font)
        kept = text if raw else re.sub(r"[ \t\n\r\f\v]+", " ", text)
        if not raw and self._inline and self._inline[-1].text.endswith(" "):
            kept = kept.removeprefix(" ")  # spaces collapse across elements
        self._inline.append(Run(kept, level))

    def _flush(self, mark: str, keep: bool = False) -> None:
        """Write the collected text as a block, or with ``keep`` and in lists as lines of the open block."""
        text, self._inline = join_runs(self._inline, self.cents), []
        text = re.sub(r"[ \x1f]*\x1f[ \x1f]*", " ", _PARTED.sub("   ", text))
        if not text.strip():
            return
        text, self._item_mark = f"{self._item_mark}{text.lstrip()}" if self._item_mark else text, ""
        if keep or self._items:
            self._layer.lines(text, None, mark)
        else:
            self._layer.paragraph(text, None, mark)

    def _table(self, table: Any, mark: str, look: Look, depth: int) -> None:
        self._layer.end_block()
        for caption in table.iter("caption"):
            self._layer.lines(self._words(caption, look, depth), None, mark)
        rows: list[list[tuple[str, str | None]]] = []
        covered: set[tuple[int, int]] = set()
        for number, (row, inner) in enumerate(self._rows(table, look)):
            if isinstance(row, str):
                rows.append([(row, None)])
                continue
            cells: list[tuple[str, str | None]] = []
            for cell in _parts(row, "td", "th"):
                while (number, len(cells)) in covered:
                    cells.append(("", None))
                if isinstance(cell, str):  # words beside the cells
                    cells.append((cell, None))
                    continue
                width, height = _span(cell.get("colspan")), _span(cell.get("rowspan"))
                first = len(cells)
                covered |= {(number + down, first + right) for down in range(1, height) for right in range(width)}
                cells += [(self._words(cell, inner, depth), None), *[("", None)] * (width - 1)]
            rows.append(cells)
        self._layer.table(rows, mark)
        self._layer.end_block()

    def _rows(self, parent: Any, outer: Look) -> Iterator[tuple[Any, Look]]:
        """Yield the rows of a part of a table with their looks; words outside of rows are rows of their own."""
        for one in _parts(parent, "tr", "tbody", "thead", "tfoot"):
            if isinstance(one, str):
                yield one, outer
                continue
            properties = self._style.of(one)
            if self._is_left_out(one, "tr", is_removed(one, properties)):
                continue
            look = self._style.look(properties, outer)
            if one.tag == "tr" and next(one.iterdescendants("tr"), None) is None:
                yield one, look
            else:
                yield from self._rows(one, look)

    def _words(self, element: Any, look: Look, depth: int) -> str:
        """Return the visible text of a cell or a caption on one line."""
        inner = _Walker(LayerBuilder(), self._style, self._keep_hidden)
        inner.unread, inner.cents = self.unread, self.cents
        inner.walk(element, "", look, depth + 1)
        inner._flush("")
        return "\n".join(inner._layer.rows())


def _is_seen(letter: str) -> bool:
    return not letter.isspace() and unicodedata.category(letter) != "Cf"


def _is_data(table: Any) -> bool:
    """Return whether a table holds data and is not there for the layout of the page."""
    if table.xpath("boolean(.//table)"):
        return False
    rows = table.xpath(".//tr")
    if len(rows) > 1:
        return True
    return len(rows) == 1 and len(rows[0]) > 1 and not rows[0].xpath("boolean(.//p|.//div|.//ul|.//ol|.//h1|.//h2)")


def _parts(parent: Any, *tags: str) -> Iterator[Any]:
    """Yield the children with one of the tags, also inside elements that do not belong there, and words beside them."""
    if (parent.text or "").strip():
        yield parent.text
    for one in parent:
        if one.tag in tags:
            yield one
        elif isinstance(one.tag, str) and one.tag not in ("caption", "colgroup", "col", *_INVISIBLE, *_UNSEEN):
            if next(one.iterdescendants(*tags), None) is not None or one.tag in ("td", "th"):
                yield from _parts(one, *tags)
            elif words := " ".join("".join(one.itertext()).split()):
                yield words
        if (one.tail or "").strip():
            yield one.tail


def _span(text: str | None) -> int:
    return min(max(int(text), 1), MAX_SPAN) if text and text.strip().isdigit() else 1


def _inner_mark(tag: str, mark: str) -> str:
    if tag == "blockquote":
        return f"{mark}> "
    if tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
        return f"{mark}{heading_mark(int(tag[1]))}"
    return mark
