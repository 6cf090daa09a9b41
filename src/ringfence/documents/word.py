"""Read Word files (DOCX): headings, numbered paragraphs, table rows, text boxes, notes, headers and footers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from .drawings import alt_text, diagram_lines, is_large_picture, write_chart
from .flow_text import LayerBuilder, heading_mark
from .package import (
    Package,
    child,
    children,
    descendants,
    local,
    option,
    value,
)
from .raised import Run, join_runs
from .symbol_fonts import UNKNOWN, with_symbols
from .unread_counts import UnreadCounts
from .word_fields import WordFields, drawn
from .word_formulas import formula_runs
from .word_numbers import WordNumbers, letters, roman
from .word_styles import ParagraphStyle, RunStyle, WordStyles, merged, paragraph_style, run_style

__all__ = ["write_word"]

_SKIPPED = {"del", "moveFrom", "pPr", "rPr", "instrText", "delText", "sdtPr", "sdtEndPr", "tblPr", "fldData", "rubyPr"}


def write_word(layer: LayerBuilder, package: Package, hidden: bool) -> None:
    """Write the document. ``hidden`` keeps the text that no reader of the paper sees."""
    _Writer(layer, package, hidden).write()


class _Writer:
    """Writes the body and what belongs to it; numbers its paragraphs, notes and comments."""

    def __init__(self, layer: LayerBuilder, package: Package, hidden: bool) -> None:
        self._layer, self._package, self._keep_hidden = layer, package, hidden
        self._main = package.main_part()
        self._relations = package.relations(self._main)
        related = {relation.kind: relation.part for relation in self._relations.values()}
        self._parts = related
        self._styles = WordStyles(package.root(related.get("styles")))
        self._numbers = WordNumbers(package.root(related.get("numbering")))
        self._numbers.link_styles(self._styles.numberings())
        self._settings = package.root(related.get("settings"))
        self._paragraphs = 0
        self._notes: dict[str, list[tuple[str, str]]] = {"footnote": [], "endnote": []}  # (id, mark)
        self._unread = UnreadCounts()
        self._cents: list[str] = []
        self._boxes: list[Any] = []
        self._charts: list[str] = []
        self._in_table = 0
        self._lists_open = False
        self._begun = ""  # of a line that the next paragraph continues: its own end is deleted, hidden, or a drop cap
        self._fields = WordFields()

    def write(self) -> None:
        root = self._package.root(self._main)
        body = child(root, "body")
        for words in self._surroundings(body, "header"):
            self._layer.paragraph(words, "header")
        self._blocks(body, None)
        self._end_line(None)
        self._layer.end_block()
        for kind in ("footnote", "endnote"):
            self._write_notes(kind)
        for words in self._surroundings(body, "footer"):
            self._layer.paragraph(words, "footer")
        self._write_comments()
        self._unread.write(self._layer, self._cents)

    def _surroundings(self, body: Any, kind: str) -> list[str]:
        """Return the distinct headers or footers that some page shows."""
        found: dict[str, None] = {}
        both = option(self._settings, "evenAndOddHeaders") is True
        parts: dict[str, str] = {}  # by kind of page; a section inherits them from the one before it
        for section in descendants(body, "sectPr"):
            for reference in children(section, f"{kind}Reference"):
                if relation := self._relations.get(value(reference, "id") or ""):
                    parts[value(reference, "type") or "default"] = relation.part
            pages = {"first": option(section, "titlePg"), "default": True, "even": both}
            for part in (part for page, part in parts.items() if pages.get(page)):
                rows = self._rows_of(self._package.root(part))
                if rows:
                    found.setdefault("\n".join(rows))
        return list(found)

    def _rows_of(self, element: Any) -> list[str]:
        """Return the lines of a header, a note or a comment: its paragraphs and table rows."""
        inner = LayerBuilder()
        outer, self._layer = self._layer, inner
        begun, self._begun = self._begun, ""
        try:
            self._blocks(element, "part")
            self._end_line("part")
        finally:
            self._layer, self._begun = outer, begun
        return inner.rows()

    def _blocks(self, parent: Any, address: str | None) -> None:
        for element in () if parent is None else parent:
            name = local(element)
            if name == "p":
                self._paragraph(element, address)
            elif name == "tbl":
                self._table(element, address)
            elif name == "AlternateContent":
                self._blocks(_chosen(element), address)
            elif name == "sdt":
                self._blocks(child(element, "sdtContent"), address)
            elif name == "altChunk":
                self._unread.add("embedded-files")
            elif name in ("del", "moveFrom"):
                self._unread.add("deleted-text", "".join(element.itertext()))
            elif name not in _SKIPPED and name != "sectPr":
                self._blocks(element, address)

    def _paragraph(self, element: Any, address: str | None) -> None:
        style = self._style_of(element)
        boxes, self._boxes = self._boxes, []
        text, self._begun = self._begun + self._text(element, style), ""
        properties = child(element, "pPr")
        end = child(properties, "rPr")
        deleted = next(children(end, "del", "moveFrom"), None) is not None
        unended = deleted or (option(end, "vanish") is True and not self._keep_hidden)
        uncounted = deleted or style.numbering is None or (unended and not text.strip())
        mark = None if uncounted else self._numbers.mark(style.numbering or "", style.level or 0)
        if unended or value(child(properties, "framePr"), "dropCap") in ("drop", "margin"):
            text, self._begun = "", _marked(text, mark or "")
        place = address or f"paragraph {self._paragraphs + 1}"
        if text.strip():
            self._paragraphs += address is None
            if mark is not None and not style.heading:
                if not self._lists_open:
                    self._layer.end_block()
                self._layer.lines(_marked(text, mark), place)
                self._lists_open = True
            else:
                self._end_list()
                self._layer.paragraph(_marked(text, mark or ""), place, heading_mark(style.heading or 0))
        self._in_table += 1  # the background of a box is not looked up either
        for box in self._boxes:
            self._end_list()
            self._blocks(box, address)
        self._in_table -= 1
        self._boxes = boxes
        for part in self._charts:
            if not write_chart(self._layer, self._package, part, place):
                self._unread.add("charts")
        self._charts = []

    def _end_line(self, address: str | None) -> None:
        """Write a line that no paragraph continues."""
        text, self._begun = self._begun, ""
        if text.strip():
            self._end_list()
            self._paragraphs += address is None
            self._layer.paragraph(text, address or f"paragraph {self._paragraphs}")

    def _end_list(self) -> None:
        self._layer.end_block()
        self._lists_open = False

    def _style_of(self, element: Any) -> ParagraphStyle:
        properties = child(element, "pPr")
        name = value(child(properties, "pStyle")) or self._styles.default
        base, own = self._styles.style(name), paragraph_style(properties, None)
        style = merged(base, own)
        if style.numbering and own.numbering is None and base.level is None:
            style.level = self._numbers.level_of_style(style.numbering, name)
        return style

    def _text(self, element: Any, style: ParagraphStyle) -> str:
        return join_runs(list(self._runs(element, style.run)), self._cents)

    def _runs(self, element: Any, look: RunStyle) -> Iterator[Run]:
        for one in element:
            name = local(one)
            if name == "r":
                properties = child(one, "rPr")
                named = self._styles.style(value(child(properties, "rStyle"))).run
                yield from self._shown(one, look.under(named).under(run_style(properties)))
            elif name == "AlternateContent":
                yield from self._runs(_chosen(one), look)
            elif name in ("del", "moveFrom"):
                self._unread.add("deleted-text", "".join(t.text or "" for t in descendants(one, "delText", "t")))
            elif name == "fldSimple" and next(descendants(one, "t"), None) is None:
                yield self._field(drawn(value(one, "instr") or ""), look)
            elif (parts := formula_runs(one, partial(self._runs, look=look))) is not None:
                yield from parts
            elif name not in _SKIPPED and name not in ("p", "tbl"):
                yield from self._runs(one, look)

    def _shown(self, run: Any, look: RunStyle) -> Iterator[Run]:
        """Yield the text of a run, unless nobody sees it."""
        pieces = list(self._pieces(run, look))
        unseen = look.hidden or look.covered or (look.white and not look.shaded and not self._in_table)
        if unseen or look.struck:
            code = "hidden-text" if unseen else "struck-text"
            self._unread.add(code, "".join(piece.text for piece in pieces))
            if not self._keep_hidden:
                return
        yield from pieces

    def _pieces(self, run: Any, look: RunStyle) -> Iterator[Run]:
        level = look.level or 0
        for one in run:
            name = local(one)
            if name == "t":
                self._fields.say(one.text or "")
                yield Run(with_symbols(one.text or "", look.font or "", look.wide_font), level)
            elif name == "instrText":
                self._fields.instruct(one.text or "")
            elif name in ("tab", "ptab"):
                yield Run("\t")
            elif name in ("br", "cr"):
                yield Run("\n")
            elif name == "noBreakHyphen":
                yield Run("-", level)
            elif name == "sym":
                self._fields.say("x")
                yield Run(_symbol(value(one, "char") or "", value(one, "font") or ""), level)
            elif name in ("footnoteReference", "endnoteReference"):
                yield from self._note_mark(one, name.removesuffix("Reference"))
            elif name == "AlternateContent":
                yield from self._pieces(_chosen(one), look)
            elif name in ("drawing", "pict", "object"):
                yield from self._drawing(one)
            elif name == "fldChar" and (box := child(one, "ffData", "checkBox")) is not None:
                ticked = option(box, "checked")
                yield Run("☒ " if (option(box, "default") if ticked is None else ticked) else "☐ ")
            elif name == "fldChar" and (choice := child(one, "ffData", "ddList")) is not None:
                entries = [value(entry) or "" for entry in children(choice, "listEntry")]
                chosen = value(child(choice, "result")) or value(child(choice, "default")) or "0"
                yield Run(entries[int(chosen)] if chosen.isdigit() and int(chosen) < len(entries) else "")
            elif name == "fldChar":
                yield self._field(self._fields.follow(value(one, "fldCharType") or ""), look)
            elif name == "ruby":
                yield from self._runs(child(one, "rubyBase"), RunStyle())

    def _field(self, shown: tuple[str, bool], look: RunStyle) -> Run:
        sign, lost = shown
        if lost:
            self._unread.add("fields")
        return Run(sign, look.level or 0)

    def _note_mark(self, reference: Any, kind: str) -> Iterator[Run]:
        number = len(self._notes[kind]) + 1
        own_mark = value(reference, "customMarkFollows") in ("1", "true", "on")
        mark = "" if own_mark else _note_number(self._settings, kind, number)
        self._notes[kind].append((value(reference, "id") or "", mark))
        if mark:
            yield Run(mark, 1, note=True)

    def _drawing(self, element: Any) -> Iterator[Run]:
        """Keep the text boxes of a drawing for after the paragraph; name what is not read of it."""
        if (
            any(value(one, "hidden") in ("1", "true") for one in descendants(element, "docPr"))
            and not self._keep_hidden
        ):
            self._unread.add("hidden-text", "".join(t.text or "" for t in descendants(element, "t")))
            return
        boxes = [box for box in descendants(element, "txbxContent") if not _inside_fallback(box)]
        self._boxes += [box for box in boxes if not any(local(up) == "txbxContent" for up in box.iterancestors())]
        for graphic in descendants(element, "relIds", "chart", "OLEObject"):
            name = local(graphic)
            if name == "relIds":
                relation = self._relations.get(value(graphic, "dm") or "")
                lines = diagram_lines(self._package, relation.part if relation else None)
                yield from (Run(f"\n{line}\n") for line in lines)
            elif name == "chart":
                relation = self._relations.get(value(graphic, "id") or "")
                self._charts += [relation.part] if relation else []
            else:
                self._unread.add("embedded-files")
        for art in descendants(element, "textpath"):  # letters as a drawing, such as a watermark
            yield Run(f"\n{value(art, 'string') or ''}\n")
        if alt := alt_text(element):
            yield Run(f" [{alt}] ")
        elif is_large_picture(element):
            self._unread.add("pictures")

    def _table(self, table: Any, address: str | None) -> None:
        self._end_line(address)
        self._end_list()
        self._paragraphs += address is None
        place = address or f"table at paragraph {self._paragraphs}"
        self._in_table += 1
        rows = []
        for number, row in enumerate(_rows(table), start=1):
            properties = child(row, "trPr")
            if child(properties, "del") is not None:
                self._unread.add("deleted-text", "".join(t.text or "" for t in descendants(row, "delText", "t")))
                continue
            rows.append(self._cells(row, properties, f"{place}, row {number}"))
        self._in_table -= 1
        self._layer.table(rows)
        self._layer.end_block()

    def _cells(self, row: Any, properties: Any, place: str) -> list[tuple[str, str | None]]:
        before = value(child(properties, "gridBefore")) or "0"
        cells: list[tuple[str, str | None]] = [("", None)] * _span(before)
        for position, cell in enumerate(_inside(row, "tc"), start=1):
            look = child(cell, "tcPr")
            merges = [child(look, name) for name in ("vMerge", "hMerge")]
            covered = any(merge is not None and value(merge) != "restart" for merge in merges)
            text = "\n".join(self._rows_of(cell))
            removed = child(look, "cellDel") is not None
            if covered or removed:
                self._unread.add("deleted-text" if removed else "hidden-text", text)
            text = text if self._keep_hidden or not (covered or removed) else ""
            cells.append((text, f"{place}, cell {position}"))
            cells += [("", None)] * (_span(value(child(look, "gridSpan")) or "1") - 1)
        return cells

    def _write_notes(self, kind: str) -> None:
        part = self._parts.get(f"{kind}s")
        if not self._notes[kind] or part is None:
            return
        notes = {value(note, "id"): note for note in children(self._package.root(part), kind)}
        for number, (identity, mark) in enumerate(self._notes[kind], start=1):
            note = notes.get(identity)
            words = "\n".join(self._rows_of(note)) if note is not None else ""
            raised = join_runs([Run(mark, 1, note=True), Run(f" {words}")])
            if words.strip():
                self._layer.paragraph(raised, f"{kind} {number}")

    def _write_comments(self) -> None:
        """Comments stand beside the paper, so they are named and kept only with the hidden text."""
        comments = list(children(self._package.root(self._parts.get("comments")), "comment"))
        for number, comment in enumerate(comments, start=1):
            self._unread.add("comments")
            if self._keep_hidden:
                words = "\n".join(self._rows_of(comment))
                self._layer.paragraph(
                    f"Comment ({value(comment, 'author') or 'unnamed'}): {words}", f"comment {number}"
                )


def _marked(text: str, mark: str) -> str:
    return f"{mark} {text.lstrip()}" if mark else text


def _chosen(alternatives: Any) -> Any:
    """Return the content that a current Word shows of several alternatives."""
    choice = child(alternatives, "Choice")
    fallback = child(alternatives, "Fallback")
    return fallback if choice is None or (fallback is not None and not len(choice)) else choice


def _inside_fallback(element: Any) -> bool:
    for up in element.iterancestors():
        if local(up) == "Fallback" and child(up.getparent(), "Choice") is not None:
            return True
    return False


def _inside(parent: Any, name: str) -> Iterator[Any]:
    """Yield the rows of a table or the cells of a row, also those inside content controls and insertions."""
    for one in parent:
        if local(one) == name:
            yield one
        elif local(one) in ("sdt", "sdtContent", "customXml", "ins", "moveTo", "smartTag"):
            yield from _inside(one, name)


def _rows(table: Any) -> Iterable[Any]:
    return _inside(table, "tr")


def _span(text: str) -> int:
    return min(int(text), 100) if text.isdigit() else 1


def _symbol(code: str, font: str) -> str:
    """Return the character that a code shows in a font."""
    try:
        number = int(code, 16)
        return with_symbols(chr(number), font)
    except (ValueError, OverflowError):
        return UNKNOWN


def _note_number(settings: Any, kind: str, number: int) -> str:
    """Return the mark of a note: footnotes are counted 1, 2, endnotes i, ii, unless the document says otherwise."""
    form = value(child(settings, f"{kind}Pr", "numFmt")) or ("decimal" if kind == "footnote" else "lowerRoman")
    if form in ("lowerLetter", "upperLetter"):
        text = letters(number)
        return text if form == "lowerLetter" else text.upper()
    if form in ("lowerRoman", "upperRoman"):
        text = roman(number)
        return text.lower() if form == "lowerRoman" else text
    return str(number)
