"""Read Excel workbooks (XLSX): each cell as its format shows it, text boxes, and what is hidden."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import Any

from lxml import etree

from ..errors import DocumentError
from .cell_format import shown
from .cell_look import CellLook, cell_looks, is_struck, is_white
from .cell_rules import REFERENCE, Area, apply_rules, area_of, coloured_areas
from .drawings import diagram_lines, drawn_runs, drawn_words, is_large_picture
from .package import (
    Package,
    child,
    children,
    descendants,
    local,
    value,
)
from .raised import Run, join_runs
from .reader import Source
from .sheet import AMPERSAND, Note, Sheet, check_rows, column_index, fixed_words
from .symbol_fonts import with_symbols
from .unread_counts import UnreadCounts

__all__ = ["read_workbook"]

_CONTROLS = ("CheckBox", "Radio", "Drop", "List", "Spin", "Scroll")  # they show a value; a button shows its label
_TODAY = re.compile(r"\b(?:TODAY|NOW|RAND|RANDBETWEEN)\(")


class _Book:
    """The parts that all sheets share."""

    def __init__(self, package: Package, unread: UnreadCounts) -> None:
        self.package = package
        self.main = package.main_part()
        self.root = package.root(self.main)
        self.relations = package.relations(self.main)
        self.epoch_1904 = value(child(self.root, "workbookPr"), "date1904") in ("1", "true", "on")
        calculation = child(self.root, "calcPr")
        self.stale = value(calculation, "fullCalcOnLoad") in ("1", "true", "on")
        # Libraries that write workbooks always ask for it, and store the values that they were given.
        self.recalculated = self.stale and value(calculation, "calcId") != "124519"
        related = {relation.kind: relation.part for relation in self.relations.values()}
        self.strings = [_rich_text(item) for item in children(package.root(related.get("sharedStrings")), "si")]
        styles = package.root(related.get("styles"))
        self.looks = cell_looks(styles)
        self.differences = list(children(child(styles, "dxfs"), "dxf"))  # that rules make
        self.unread = unread


def read_workbook(package: Package, rows_left: int, source: Source, unread: UnreadCounts) -> list[Sheet]:
    """Return the sheets of a workbook and count what is not read in ``unread``. Raises DocumentError."""
    book = _Book(package, unread)
    sheets = []
    for entry in descendants(child(book.root, "sheets"), "sheet"):
        relation = book.relations.get(value(entry, "id") or "")
        if relation is None or relation.kind != "worksheet":
            if relation is not None and relation.kind == "chartsheet":
                book.unread.add("charts")
            continue
        sheet = Sheet(value(entry, "name") or "", value(entry, "state") in ("hidden", "veryHidden"))
        data = package.read(relation.part)
        if data is None:
            raise DocumentError("damaged", "the workbook is damaged or truncated")
        try:
            _read_sheet(book, sheet, data, relation.part)
        except (ValueError, IndexError, ArithmeticError, etree.XMLSyntaxError):
            raise DocumentError("damaged", "the workbook is damaged or truncated") from None
        rows_left -= len(sheet.rows)
        check_rows(rows_left)
        sheets.append(sheet)
        source.progress()
    return sheets


@dataclass(frozen=True)
class _Words:
    """A text of a cell as it shows, and its parts that are struck through, or as white as the sheet."""

    text: str
    struck: str = ""
    white: str = ""
    fonts: bool = False  # its parts name their own


def _rich_text(item: Any) -> _Words:
    """Return a text with its runs, without the reading aids of East Asian words."""
    runs: dict[str, list[Run]] = {"text": [], "struck": [], "white": []}
    for one in item:
        if local(one) == "t":
            runs["text"].append(Run(one.text or ""))
        elif local(one) == "r":
            raised = value(child(one, "rPr", "vertAlign"))
            level = {"superscript": 1, "subscript": -1}.get(raised or "", 0)
            words = "".join(t.text or "" for t in children(one, "t"))
            words = with_symbols(words, value(child(one, "rPr", "rFont")) or "")
            white = is_white(child(one, "rPr", "color"))
            kind = "struck" if is_struck(child(one, "rPr")) else "white" if white else "text"
            runs[kind].append(Run(words, level))
    texts = {
        kind: re.sub(r"_x([0-9A-Fa-f]{4})_", lambda match: chr(int(match[1], 16)), join_runs(parts))
        for kind, parts in runs.items()
    }
    fonts = next(descendants(item, "rFont"), None) is not None
    return _Words(texts["text"], texts["struck"], texts["white"], fonts)


def _read_sheet(book: _Book, sheet: Sheet, data: bytes, part: str) -> None:
    beside: dict[str, list[Any]] = {}
    row_number = -1
    column_number = -1
    parser = etree.iterparse(
        io.BytesIO(data), events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False,
        huge_tree=False,
    )  # fmt: skip
    for event, element in parser:
        name = local(element)
        if event == "start":
            if name == "row":
                row_number = int(element.get("r") or row_number + 2) - 1
                column_number = -1
                if _is_on(element, "hidden") or value(element, "ht") == "0":
                    sheet.hidden_rows.add(row_number)
            elif name == "sheetView":
                sheet.hides_zeros = value(element, "showZeros") in ("0", "false")
            continue
        if name == "c":
            if match := REFERENCE.fullmatch(element.get("r") or ""):
                column_number = column_index(match[1])
            else:
                column_number += 1
            _read_cell(book, sheet, element, (row_number, column_number))
        elif name == "row":
            element.clear()
        elif name in ("cols", "mergeCells", "headerFooter", "conditionalFormatting", "tableParts"):
            beside.setdefault(name, []).append(element)
    _read_columns(sheet, beside)
    _settle_white(
        sheet, [*coloured_areas(book.differences, beside.get("conditionalFormatting", ())), *_tables(book, part)]
    )
    apply_rules(book.differences, sheet, beside.get("conditionalFormatting", ()))
    _read_beside(book, sheet, part)
    for element in beside.get("headerFooter", ()):
        _read_surroundings(sheet, element)


def _is_on(element: Any, name: str) -> bool:
    """Return whether an attribute is on."""
    return value(element, name) in ("1", "true", "on")


def _read_cell(book: _Book, sheet: Sheet, element: Any, place: tuple[int, int]) -> None:
    kind = element.get("t") or "n"
    stored = child(element, "v")
    content = None if stored is None else stored.text
    style = element.get("s") or "0"
    look = book.looks[int(style)] if style.isdigit() and int(style) < len(book.looks) else CellLook("General", False)
    formula = child(element, "f")
    has_formula = formula is not None
    if kind == "inlineStr":
        inline = child(element, "is")
        plain = text = _shown_words(sheet, place, _Words("") if inline is None else _rich_text(inline), look.code)
    elif content is None or (has_formula and book.stale and kind == "n" and float(content) == 0):
        # A program that does not calculate stores no value, or zero and the wish to calculate when the file is opened.
        if has_formula and kind != "str":
            sheet.without_value.append(place)
        return
    elif kind == "e" and element.get("vm"):  # a picture inside the cell; programs that know none show an error
        book.unread.add("pictures", place=sheet.address(*place))
        return
    elif kind == "s":
        plain = text = _shown_words(sheet, place, book.strings[_place(content)], look.code)
    else:
        plain, text = _texts(book, kind, content, look.code)
        if sheet.hides_zeros and kind == "n" and float(content) == 0:
            text = ""
    if has_formula and (book.recalculated or _changes_daily(sheet, formula)):
        sheet.stale.append(place)
    if kind == "n":
        sheet.numbers.add(place)
    if kind != "s" or not book.strings[_place(str(content))].fonts:
        text = with_symbols(text, look.font)
    if look.struck and text.strip():
        sheet.struck[place] = text
        return
    if not text.strip() or look.unseen:
        if plain.strip():
            (sheet.white if look.unseen and text.strip() else sheet.unseen)[place] = plain
        return
    sheet.rows.setdefault(place[0], {})[place[1]] = text


def _changes_daily(sheet: Sheet, formula: Any) -> bool:
    """True for a formula that gives another value each day, or one filled down from such a formula."""
    shared = formula.get("si")
    if _TODAY.search(formula.text or ""):
        sheet.volatile |= {shared} if shared else set()
        return True
    return shared in sheet.volatile


def _shown_words(sheet: Sheet, place: tuple[int, int], words: _Words, code: str) -> str:
    """What a text shows in a cell; its parts that are struck through or white are kept apart."""
    if words.struck.strip():
        sheet.struck[place] = words.struck
    if words.white.strip():
        sheet.unseen[place] = words.white
    return shown(words.text, code)


def _texts(book: _Book, kind: str, content: str, code: str) -> tuple[str, str]:
    """Return the plain value of a cell without a shared text, and what the cell shows."""
    if kind == "str":
        plain = re.sub(r"_x([0-9A-Fa-f]{4})_", lambda match: chr(int(match[1], 16)), content)
        return plain, shown(plain, code)
    if kind == "b":
        plain = shown(content.strip() in ("1", "true"), code)
        return plain, plain
    if kind == "e":
        return content, content
    if kind == "d":
        plain = content.replace("T", " ").removesuffix(" 00:00:00")
        return plain, plain
    number = float(content)
    whole = int(content) if re.fullmatch(r"-?\d{1,15}", content) else number
    text = shown(whole, code, book.epoch_1904)
    return text or shown(number, "General"), text


def _place(text: str) -> int:
    """Return a place in a list. Raises ValueError if it is negative, which would count from the end."""
    place = int(text)
    if place < 0:
        raise ValueError(text)
    return place


def _read_columns(sheet: Sheet, beside: dict[str, list[Any]]) -> None:
    for columns in beside.get("cols", ()):
        for column in children(columns, "col"):
            if _is_on(column, "hidden") or value(column, "width") == "0":
                first, last = int(value(column, "min") or 1), int(value(column, "max") or 1)
                sheet.hidden_columns |= set(range(first - 1, min(last, 16_384)))
    for merges in beside.get("mergeCells", ()):
        for merge in children(merges, "mergeCell"):
            ends = re.fullmatch(r"([A-Z]+)(\d+):([A-Z]+)(\d+)", value(merge, "ref") or "")
            if ends:
                left, right = column_index(ends[1]), column_index(ends[3])
                top, bottom = int(ends[2]) - 1, int(ends[4]) - 1
                rows = range(top, bottom + 1) if bottom - top < len(sheet.rows) else sheet.rows.keys()
                sheet.covered |= {
                    (row, column)
                    for row in rows
                    for column in sheet.rows.get(row, ())
                    if left <= column <= right and top <= row <= bottom and (row, column) != (top, left)
                }
                _show_merged(sheet, range(top, bottom + 1), range(left, right + 1))


def _show_merged(sheet: Sheet, rows: range, columns: range) -> None:
    """Move the text of a merged cell to the first of its rows and columns that is shown."""
    row = next((row for row in rows if row not in sheet.hidden_rows), rows[0])
    column = next((column for column in columns if column not in sheet.hidden_columns), columns[0])
    if (row, column) != (rows[0], columns[0]) and columns[0] in sheet.rows.get(rows[0], ()):
        sheet.rows.setdefault(row, {})[column] = sheet.rows[rows[0]].pop(columns[0])
        sheet.covered.discard((row, column))


def _tables(book: _Book, part: str) -> list[Area]:
    """The areas whose background the style of a table may colour."""
    parts = [one.part for one in book.package.relations(part).values() if one.kind == "table"]
    return [area for one in parts if (area := area_of(value(book.package.root(one), "ref") or ""))]


def _settle_white(sheet: Sheet, areas: list[Area]) -> None:
    """White text counts as seen where something may colour its background, and else as unseen."""
    for (row, column), text in sheet.white.items():
        if any(row in rows and column in columns for rows, columns in areas):
            sheet.rows.setdefault(row, {})[column] = text
        else:
            sheet.unseen[row, column] = text
    sheet.white = {}


def _read_beside(book: _Book, sheet: Sheet, part: str) -> None:
    """Read the text boxes, diagrams and notes of a sheet; count its charts, pictures and embedded files."""
    for relation in book.package.relations(part).values():
        if relation.kind == "comments":
            for note in descendants(book.package.root(relation.part), "comment"):
                body = child(note, "text")
                words = _rich_text(body).text if body is not None else ""
                sheet.notes.append(Note(words, f"{sheet.name}!{value(note, 'ref') or ''}"))
        elif relation.kind == "drawing":
            _read_drawing(book, sheet, relation.part)
        elif relation.kind in ("oleObject", "package"):
            book.unread.add("embedded-files", place=sheet.name)
        elif relation.kind == "ctrlProp" and value(book.package.root(relation.part), "objectType") in _CONTROLS:
            book.unread.add("form-controls", place=sheet.name)


def _read_drawing(book: _Book, sheet: Sheet, part: str) -> None:
    relations = book.package.relations(part)
    # A fallback is for programs that do not know the choice, such as "This chart is not available".
    root = book.package.root(part)
    unseen = {shape for fallback in descendants(root, "Fallback") for shape in descendants(fallback, "sp", "pic")}
    for shape in descendants(root, "sp", "pic"):
        if shape in unseen:
            continue
        groups = [child(up, "nvGrpSpPr", "cNvPr") for up in shape.iterancestors() if local(up) == "grpSp"]
        hidden = any(_is_on(one, "hidden") for one in (*descendants(shape, "cNvPr"), *groups) if one is not None)
        if local(shape) == "pic" and is_large_picture(shape) and not hidden:
            book.unread.add("pictures", place=sheet.name)
        paragraphs = list(descendants(child(shape, "txBody"), "p"))
        words = "\n".join(row for row in map(drawn_words, paragraphs) if row.strip())
        for run, struck in (each for paragraph in paragraphs for each in drawn_runs(paragraph)):
            if struck:
                book.unread.add("struck-text", run.text, sheet.name)
        if words and hidden:
            book.unread.add("hidden-text", words, sheet.name)
        elif words:
            sheet.boxes.append(words)
    for relation in relations.values():
        if relation.kind in ("chart", "chartEx"):
            book.unread.add("charts", place=sheet.name)
        elif relation.kind == "diagramData":
            sheet.boxes += diagram_lines(book.package, relation.part)


def _read_surroundings(sheet: Sheet, element: Any) -> None:
    for kind, pieces in (("Header", sheet.before), ("Footer", sheet.after)):
        names = [f"odd{kind}"]
        names += [f"even{kind}"] if _is_on(element, "differentOddEven") else []
        names += [f"first{kind}"] if _is_on(element, "differentFirst") else []
        for one in children(element, *names):
            code = (one.text or "").replace("&&", AMPERSAND)
            parts = re.split(r"&[LCR]", re.sub(r'&"[^"]*"|&K[0-9A-Fa-f]{6}|&K\d\d[+-]\d{3}', "", code))
            # What changes from page to page or from day to day is not in the file.
            fixed = [fixed_words(re.sub(r"&\d+|&[BIUESXYGZF]", "", part)) for part in parts]
            text = "\t".join(fixed).replace("&A", sheet.name).replace(AMPERSAND, "&")
            if re.search(r"\w", text.replace(sheet.name, "")) and text not in pieces:
                pieces.append(text)
