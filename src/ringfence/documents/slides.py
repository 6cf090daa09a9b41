"""Read PowerPoint files (PPTX): the shapes of each slide with titles, items, table rows, charts and notes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from .drawings import alt_text, diagram_lines, drawn_runs, is_large_picture, write_chart
from .flow_text import LayerBuilder, heading_mark
from .package import (
    Package,
    child,
    children,
    descendants,
    local,
    value,
)
from .raised import join_runs
from .reader import Source
from .symbol_fonts import item_mark
from .unread_counts import UnreadCounts
from .word_numbers import letters, roman

__all__ = ["write_slides"]

_TITLES = ("title", "ctrTitle")
_UNSEEN_FIELDS = {"sldImg", "hdr"}
_DEPTH = 50


class _Slide(NamedTuple):
    """A slide that is read: its part, its relations and its place."""

    part: str
    relations: Any
    address: str


def write_slides(layer: LayerBuilder, package: Package, source: Source, hidden: bool) -> None:
    """Write the slides. ``hidden`` keeps what the show does not show."""
    writer = _Writer(layer, package, hidden)
    main = package.main_part()
    relations = package.relations(main)
    root = package.root(main)
    size = child(root, "sldSz")
    writer.size = (_whole(value(size, "cx")), _whole(value(size, "cy")))
    for number, entry in enumerate(children(child(root, "sldIdLst"), "sldId"), start=1):
        # The id of the relation has a namespace; the id of the slide, under the same name, has none.
        names = [text for key, text in entry.attrib.items() if key.endswith("}id")]
        relation = relations.get(names[0] if names else "")
        if relation:
            writer.write(relation.part, number)
            source.progress()
    writer.unread.write(layer, writer.cents)


class _Writer:
    """Writes slides and counts what is not read."""

    def __init__(self, layer: LayerBuilder, package: Package, hidden: bool) -> None:
        self._layer, self._package, self._keep_hidden = layer, package, hidden
        self.size = (0, 0)
        self.unread = UnreadCounts()
        self.cents: list[str] = []
        self._layouts: set[str] = set()  # that are written

    def write(self, part: str, number: int) -> None:
        """Write one slide as a page."""
        root = self._package.root(part)
        slide = _Slide(part, self._package.relations(part), f"slide {number}")
        if root is None:
            return
        if value(root, "show") in ("0", "false"):
            self.unread.add("hidden-slides", place=slide.address)
            if not self._keep_hidden:
                return
        self._layer.page()
        self._layer.paragraph(f"Slide {number}", slide.address)
        shapes = list(self._shapes(child(root, "cSld", "spTree"), 0))
        for shape in sorted(shapes, key=lambda one: _kind(one) not in _TITLES):
            self._shape(shape, slide)
        self._write_layouts(root, slide)
        for relation in slide.relations.values():
            if relation.kind == "notesSlide":
                self._notes(relation.part, number)
            elif relation.kind == "comments":
                self.unread.add("comments", place=slide.address)

    def _write_layouts(self, root: Any, slide: _Slide) -> None:
        """Write the fixed shapes of the layout and of its master, on the first slide that shows them."""
        part = slide.part
        for kind in ("slideLayout", "slideMaster"):
            if value(root, "showMasterSp") in ("0", "false"):
                return
            related = self._package.related(part, kind)
            part = related[0] if related else ""
            root = self._package.root(part)
            if root is None or part in self._layouts:
                return
            self._layouts.add(part)
            layout = _Slide(part, self._package.relations(part), slide.address)
            for shape in self._shapes(child(root, "cSld", "spTree"), 0):
                if not _kind(shape) and local(shape) != "pic":
                    self._shape(shape, layout)

    def _shapes(self, parent: Any, depth: int) -> Iterator[Any]:
        """Yield the shapes that can be seen, also those in groups."""
        for one in () if parent is None or depth > _DEPTH else parent:
            name = local(one)
            if name == "AlternateContent":
                choice = child(one, "Choice")
                yield from self._shapes(choice if choice is not None else child(one, "Fallback"), depth + 1)
            elif name in ("sp", "graphicFrame", "pic", "grpSp", "cxnSp"):
                if self._is_hidden(one, inside=depth > 0):
                    self.unread.add("hidden-text", "".join(t.text or "" for t in descendants(one, "t")))
                    if not self._keep_hidden:
                        continue
                if name == "grpSp":
                    yield from self._shapes(one, depth + 1)
                else:
                    yield one

    def _is_hidden(self, shape: Any, inside: bool) -> bool:
        names = [one for part in shape for one in children(part, "cNvPr")]
        if any(value(one, "hidden") in ("1", "true") for one in names):
            return True
        place = child(shape, "xfrm") if local(shape) == "graphicFrame" else child(shape, "spPr", "xfrm")
        place = child(shape, "grpSpPr", "xfrm") if local(shape) == "grpSp" else place
        if inside or place is None or not all(self.size):  # shapes in groups are placed by the group
            return False
        offset, extent = child(place, "off"), child(place, "ext")
        left, top = _whole(value(offset, "x")), _whole(value(offset, "y"))
        width, height = _whole(value(extent, "cx")), _whole(value(extent, "cy"))
        return left >= self.size[0] or top >= self.size[1] or left + width <= 0 or top + height <= 0

    def _shape(self, shape: Any, slide: _Slide) -> None:
        self._layer.end_block()
        if local(shape) == "graphicFrame":
            self._frame(shape, slide)
        elif local(shape) == "pic":
            if alt := alt_text(shape):
                self._layer.paragraph(f"[{alt}]", slide.address)
            elif is_large_picture(shape):
                self.unread.add("pictures", place=slide.address)
        else:
            self._body(child(shape, "txBody"), slide.address, _kind(shape) in _TITLES)

    def _frame(self, frame: Any, slide: _Slide) -> None:
        table = next(descendants(frame, "tbl"), None)
        if table is not None:
            self._table(table, slide.address)
        for graphic in descendants(frame, "chart", "relIds", "oleObj"):
            name = local(graphic)
            relation = slide.relations.get(value(graphic, "dm" if name == "relIds" else "id") or "")
            if name == "oleObj":
                self.unread.add("embedded-files", place=slide.address)
            elif relation and name == "chart":
                if not write_chart(self._layer, self._package, relation.part, slide.address):
                    self.unread.add("charts", place=slide.address)
            elif relation:
                for line in diagram_lines(self._package, relation.part):
                    self._layer.paragraph(line, slide.address)

    def _body(self, body: Any, address: str, title: bool) -> None:
        """Write the paragraphs of a shape; items with a mark of their own are lines of one block."""
        counts: dict[int, int] = {}
        for paragraph in children(body, "p"):
            text = self._text(paragraph)
            if not text.strip():
                continue
            mark = _item_mark(paragraph, counts)
            if title:
                self._layer.paragraph(text, address, heading_mark(1))
            elif mark:
                self._layer.lines(f"{mark} {text.lstrip()}", address)
            else:
                self._layer.paragraph(text, address)
        self._layer.end_block()

    def _table(self, table: Any, address: str) -> None:
        rows = []
        for number, row in enumerate(children(table, "tr"), start=1):
            cells: list[tuple[str, str | None]] = []
            for position, cell in enumerate(children(row, "tc"), start=1):
                covered = any(value(cell, name) in ("1", "true") for name in ("hMerge", "vMerge"))
                words = [self._text(paragraph) for paragraph in children(child(cell, "txBody"), "p")]
                cells.append(("" if covered else "\n".join(words), f"{address}, row {number}, cell {position}"))
            rows.append(cells)
        self._layer.table(rows)
        self._layer.end_block()

    def _text(self, paragraph: Any) -> str:
        runs = []
        for run, struck in drawn_runs(paragraph):
            if struck:
                self.unread.add("struck-text", run.text)
            if not struck or self._keep_hidden:
                runs.append(run)
        return join_runs(runs, self.cents)

    def _notes(self, part: str, number: int) -> None:
        lines = []
        for shape in descendants(self._package.root(part), "sp"):
            if _kind(shape) not in (*_UNSEEN_FIELDS, "sldNum", "dt", "ftr"):
                lines += [self._text(paragraph) for paragraph in children(child(shape, "txBody"), "p")]
        words = "\n".join(line for line in lines if line.strip())
        if words:
            self._layer.paragraph(f"Notes: {words}", f"notes of slide {number}")


def _kind(shape: Any) -> str:
    """Return the kind of placeholder that a shape is; blank if it is none."""
    holder = next((one for part in shape for one in children(child(part, "nvPr"), "ph")), None)
    return "" if holder is None else value(holder, "type") or "body"


def _item_mark(paragraph: Any, counts: dict[int, int]) -> str:
    """Return the number or bullet that a paragraph names for itself."""
    properties = child(paragraph, "pPr")
    level = _whole(value(properties, "lvl"))
    numbered = child(properties, "buAutoNum")
    for deeper in [one for one in counts if one > level or (one == level and numbered is None)]:
        del counts[deeper]
    if numbered is None:
        bullet = child(properties, "buChar")
        font = value(child(properties, "buFont"), "typeface") or ""
        return "" if bullet is None else item_mark(value(bullet, "char") or "", font)
    start = _whole(value(numbered, "startAt")) or 1
    counts[level] = counts.get(level, start - 1) + 1
    form = value(numbered, "type") or "arabicPeriod"
    number = str(counts[level])
    if form.startswith("alpha"):
        number = letters(counts[level])
    elif form.startswith("roman"):
        number = roman(counts[level]).lower()
    number = number.upper() if "Uc" in form else number
    return (
        f"({number})"
        if form.endswith("ParenBoth")
        else f"{number})"
        if form.endswith("ParenR")
        else (f"{number}." if form.endswith("Period") else number)
    )


def _whole(text: str | None) -> int:
    try:
        return int(text or "0")
    except ValueError:
        return 0
