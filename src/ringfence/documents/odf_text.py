"""Write the body of an OpenDocument text or presentation: paragraphs, numbers, tables, notes and slides."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .flow_text import LayerBuilder, heading_mark
from .odf_styles import OdfLook, OdfNumbers, OdfStyles
from .package import child, children, descendants, local, value
from .raised import Run, join_runs
from .symbol_fonts import with_symbols
from .unread_counts import UnreadCounts

__all__ = ["OdfWriter", "is_large"]

MAX_REPEATED_SPACES = 1_000
_MAX_REPEATED = 1_000
_DRAWING = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
_SKIPPED = {
    "footer-decl", "header-decl", "date-time-decl",
    "tracked-changes", "sequence-decls", "variable-decls", "user-field-decls", "forms", "ruby-text", "annotation-end",
    "table-of-content-source", "alphabetical-index-source", "illustration-index-source", "table-index-source",
    "object-index-source", "user-index-source", "bibliography-source", "dde-connection-decls",
}  # fmt: skip
_TABLE_GROUPS = {"table-rows", "table-header-rows", "table-row-group"}


class OdfWriter(LayerBuilder):
    """Writes a document and numbers its paragraphs, slides and notes."""

    def __init__(self, styles: OdfStyles, keep_hidden: bool) -> None:
        super().__init__()
        self._styles, self._keep_hidden = styles, keep_hidden
        self._numbers = OdfNumbers(styles)
        self._paragraphs = 0
        self._slides = 0
        self._notes: list[tuple[str, Any]] = []  # the mark and the body
        self._counts = UnreadCounts()
        self._cents: list[str] = []
        self._footers: dict[str | None, str] = {}  # of slides, by their names
        self._masters: set[str | None] = set()  # that are written
        self._inside = 0  # tables and shapes, whose background is not looked up

    def write(self, body: Any) -> None:
        """Write the body, then its notes."""
        self._footers = {value(one, "name"): "".join(one.itertext()) for one in descendants(body, "footer-decl")}
        self._walk(body)
        self.end_block()
        for number, (mark, note) in enumerate(self._notes, start=1):
            words = "\n".join(self.words(paragraph) for paragraph in descendants(note, "p", "h"))
            self.paragraph(join_runs([Run(mark, 1, note=True), Run(f" {words.lstrip()}")]), f"note {number}")

    def name_unread(self) -> None:
        """Name what was left out."""
        self._counts.write(self, self._cents)

    def words(self, element: Any, look: OdfLook | None = None) -> str:
        """Return the text of a paragraph with its spaces, tabs and line breaks, without its text boxes."""
        own = self._styles.look("paragraph", value(element, "style-name"))
        return join_runs(list(self._runs(element, look or own)), self._cents)

    def _address(self) -> str:
        self._paragraphs += 1
        return f"slide {self._slides}" if self._slides else f"paragraph {self._paragraphs}"

    def _walk(self, element: Any) -> None:
        for one in element:
            name = local(one)
            if name in ("h", "p"):
                self._paragraph(one, name)
            elif name == "list":
                self.end_block()
                self._list(one, 1, "")
                self.end_block()
            elif name == "table":
                self._table(one)
            elif name == "page":
                self._slide(one)
            elif name == "notes":
                words = "\n".join(text for p in descendants(one, "p") if (text := self.words(p)).strip())
                if words:
                    self.paragraph(f"Notes: {words}", f"notes of slide {self._slides}")
            elif name == "tracked-changes":
                for deletion in descendants(one, "deletion"):
                    self._counts.add("deleted-text", "".join(deletion.itertext()))
            elif name == "section" and self._is_hidden(one):
                self._counts.add("hidden-text", "".join(one.itertext()))
            elif name == "annotation":
                self._count(one, name)
            elif name and one.tag.startswith(_DRAWING):
                self._shape(one, name)
            elif name and name not in _SKIPPED:
                self._walk(one)

    def _shape(self, shape: Any, name: str) -> None:
        """Write the words of a shape, and count what else it is."""
        if value(shape, "display") == "none":
            self._counts.add("hidden-text", "".join(shape.itertext()))
            if not self._keep_hidden:
                return
        if name in ("object", "object-ole", "plugin"):
            self._count(shape, name)
        elif name == "control":
            self._counts.add("form-controls")
        else:
            if name == "frame" and child(shape, "image") is not None and is_large(shape):
                self._counts.add("pictures")
            self._walk(shape)

    def _is_hidden(self, section: Any) -> bool:
        display = value(section, "display")
        hidden = display == "none" or (display == "condition" and value(section, "is-hidden") == "true")
        return hidden and not self._keep_hidden

    def _slide(self, page: Any) -> None:
        if self._styles.hides("drawing-page", value(page, "style-name")):
            self._counts.add("hidden-slides", place=f"slide {self._slides + 1}")
            if not self._keep_hidden:
                self._slides += 1
                return
        self._slides += 1
        self.page()
        self.paragraph(f"Slide {self._slides}", f"slide {self._slides}")
        self._walk(page)
        self._surround(page)

    def _surround(self, page: Any) -> None:
        """Write the fixed words of the master of a slide, and its footer, once for all slides that have the same."""
        master, style = value(page, "master-page-name"), value(page, "style-name")
        if master not in self._masters and self._styles.shows("background-objects-visible", style) is not False:
            self._masters.add(master)
            for shape in self._styles.pages.get(master, ()):
                if value(shape, "class") is None and local(shape) != "notes" and value(shape, "placeholder") != "true":
                    self._walk([shape])
        name = value(page, "use-footer-name")
        if name in self._footers and self._styles.shows("display-footer", style):
            self.paragraph(self._footers.pop(name), f"slide {self._slides}, footer")

    def _paragraph(self, element: Any, name: str) -> None:
        number = mark = ""
        if any(value(one, "is-hidden") == "true" for one in descendants(element, "hidden-paragraph")):
            self._counts.add("hidden-text", "".join(element.itertext()))
            if not self._keep_hidden:
                return
        if name == "h":
            outline = value(element, "outline-level") or ""
            level = int(outline) if outline.isdigit() else 1
            mark = heading_mark(level)
            if value(element, "is-list-header") != "true":
                number = self._numbers.heading(level, value(element, "start-value"))
        text = self.words(element)
        if text.strip():
            self.paragraph(f"{number} {text.lstrip()}" if number else text, self._address(), mark)
        self._boxes_in(element)

    def _boxes_in(self, paragraph: Any) -> None:
        """Write the text boxes and shapes anchored in a paragraph, and count what else is."""
        for one in paragraph:
            if not isinstance(one.tag, str):
                continue
            if one.tag.startswith(_DRAWING):
                self._inside += 1
                self._walk([one])
                self._inside -= 1
            elif local(one) not in ("note", "annotation"):
                self._boxes_in(one)

    def _count(self, element: Any, name: str) -> None:
        if name == "annotation":
            self._counts.add("comments")
            if self._keep_hidden:
                words = "\n".join(self.words(paragraph) for paragraph in descendants(element, "p"))
                self.paragraph(f"Comment: {words}", "comment")
        else:
            self._counts.add("embedded-files")

    def _list(self, element: Any, level: int, style: str) -> None:
        own = value(element, "style-name") or style
        if not own:  # the style of a list may be that of its first paragraph
            first = next(descendants(element, "p", "h"), None)
            own = self._styles.list_style_of(value(first, "style-name")) or ""
        continued = value(element, "continue-numbering") == "true" or value(element, "continue-list") is not None
        if level == 1 and not continued:
            self._numbers.restart(own, level)
        for item in children(element, "list-item", "list-header"):
            mark = self._numbers.item(own, level, value(item, "start-value")) if local(item) == "list-item" else ""
            for one in item:
                if local(one) == "list":
                    self._list(one, level + 1, own)
                elif local(one) in ("p", "h"):
                    text = self.words(one)
                    if text.strip():
                        self.lines(f"{mark} {text.lstrip()}" if mark else text, self._address())
                        mark = ""
                    self._boxes_in(one)
                else:
                    self._walk([one])

    def _table(self, table: Any) -> None:
        self.end_block()
        address = self._address()
        rows = []
        for number, row in enumerate(_rows(table), start=1):
            cells: list[tuple[str, str | None]] = []
            for position, cell in enumerate(children(row, "table-cell", "covered-table-cell"), start=1):
                repeated = value(cell, "number-columns-repeated") or "1"
                text = "" if local(cell) == "covered-table-cell" else self._cell(cell)
                entry = (text, f"{address}, row {number}, cell {position}")
                cells += [entry] * min(int(repeated) if repeated.isdigit() else 1, _MAX_REPEATED)
            rows.append(cells)
        self.table(rows)
        self.end_block()

    def _cell(self, cell: Any) -> str:
        """Return the words of a cell, with those of lists, boxes and tables in it."""
        inner = OdfWriter(self._styles, self._keep_hidden)
        inner._inside = 1
        inner._numbers, inner._counts, inner._notes, inner._cents = (
            self._numbers,
            self._counts,
            self._notes,
            self._cents,
        )
        inner._walk(cell)
        return "\n".join(re.sub(r"^#{1,6} ", "", row) for row in inner.rows())

    def _runs(self, element: Any, look: OdfLook) -> Iterator[Run]:
        yield from self._shown(element.text, look)
        for one in element:
            name = local(one)
            if name == "note":
                yield from self._note(one)
            elif name == "annotation":
                self._count(one, name)
            elif name == "span":
                yield from self._runs(one, look.under(self._styles.look("text", value(one, "style-name"))))
            elif name == "hidden-text":
                hidden = value(one, "is-hidden") == "true"
                text = one.text or value(one, "string-value")
                yield from self._shown(text, look.under(OdfLook(hidden=True)) if hidden else look)
            elif name and name not in _SKIPPED and not one.tag.startswith(_DRAWING):
                yield from self._character(one, name, look)
            yield from self._shown(one.tail, look)

    def _character(self, element: Any, name: str, look: OdfLook) -> Iterator[Run]:
        if name == "s":
            count = value(element, "c") or "1"
            yield Run(" " * min(int(count) if count.isdigit() else 1, MAX_REPEATED_SPACES))
        elif name == "tab":
            yield Run("\t")
        elif name == "line-break":
            yield Run("\n")
        else:
            yield from self._runs(element, look)

    def _shown(self, text: str | None, look: OdfLook) -> Iterator[Run]:
        if not text:
            return
        unseen = look.white and not look.shaded and not self._inside and not self._slides
        unseen = unseen or look.covered
        if look.hidden or unseen or look.struck:
            self._counts.add("hidden-text" if look.hidden or unseen else "struck-text", text)
            if not self._keep_hidden:
                return
        yield Run(with_symbols(text, look.font or ""), look.level or 0)

    def _note(self, note: Any) -> Iterator[Run]:
        mark = "".join(child(note, "note-citation").itertext()) if child(note, "note-citation") is not None else ""
        self._notes.append((mark, child(note, "note-body")))
        yield Run(mark, 1, note=True)


def _rows(table: Any) -> Iterator[Any]:
    for one in table:
        if local(one) == "table-row":
            yield one
        elif local(one) in _TABLE_GROUPS:
            yield from _rows(one)


_CENTIMETRES = {"cm": 1.0, "mm": 0.1, "in": 2.54, "pt": 2.54 / 72, "pc": 2.54 / 6}


def is_large(frame: Any) -> bool:
    """Return whether a picture may hold words, such as a scan: it is over 100 square centimetres large."""
    area = 1.0
    for side in ("width", "height"):
        match = re.fullmatch(r"([\d.]+)(cm|mm|in|pt|pc)", value(frame, side) or "")
        area *= float(match[1]) * _CENTIMETRES[match[2]] if match else 0.0
    return area >= 100
