"""What stands on a PDF page beside its content: form fields and annotations.

pdfium draws the fields, typed text and stamps into the page, so that their text stands at its place, as on paper.
Ticks become ☒ and ☐. Notes that open at a click are on no paper: they are counted.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pypdfium2 import raw

from .page_words import Extent, Glyph
from .pdf_attachments import File, pinned_file
from .pdf_glyphs import PageGlyphs, device_transform

__all__ = ["PageForm", "drawn_form"]

TICKED, UNTICKED = "☒", "☐"
NOT_SHOWN = raw.FPDF_ANNOT_FLAG_HIDDEN | raw.FPDF_ANNOT_FLAG_NOVIEW
COMB = 1 << 24  # of a text field's flags
PASSWORD = 1 << 13
_TICKS = (raw.FPDF_FORMFIELD_CHECKBOX, raw.FPDF_FORMFIELD_RADIOBUTTON)
_VALUES = (raw.FPDF_FORMFIELD_TEXTFIELD, raw.FPDF_FORMFIELD_COMBOBOX, raw.FPDF_FORMFIELD_LISTBOX)
_NOT_ON_PAPER = (
    raw.FPDF_ANNOT_TEXT, raw.FPDF_ANNOT_POPUP, raw.FPDF_ANNOT_LINK, raw.FPDF_ANNOT_HIGHLIGHT,
    raw.FPDF_ANNOT_UNDERLINE, raw.FPDF_ANNOT_SQUIGGLY, raw.FPDF_ANNOT_STRIKEOUT, raw.FPDF_ANNOT_FILEATTACHMENT,
)  # fmt: skip
_NO_NOTES = (raw.FPDF_ANNOT_POPUP, raw.FPDF_ANNOT_LINK, raw.FPDF_ANNOT_WIDGET, raw.FPDF_ANNOT_FREETEXT)


@dataclass(frozen=True)
class _Entry:
    """A field or typed text: its box in points of the page, and its value."""

    box: Extent
    value: str
    whole: bool = False  # the page shows more than the value, as a list of choices does


@dataclass
class PageForm:
    """The fields and annotations of one page."""

    ticks: list[_Entry] = field(default_factory=list)
    entries: list[_Entry] = field(default_factory=list)
    combs: list[Extent] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    fields: int = 0
    notes: int = 0
    not_shown: int = 0
    drawn: bool = False

    def fill_in(self, page: Any, printed: PageGlyphs) -> None:
        """Add ticks to the glyphs of the page, and values of fields that have no picture of their own."""
        if not self.ticks and not self.entries:
            return
        to_device = device_transform(page)
        for tick in self.ticks:
            box = _on_device(to_device, tick.box)
            _clear(printed, box)
            _write(printed, tick.value, _middle_of(box))
        for entry in self.entries:
            box = _on_device(to_device, entry.box)
            if entry.whole:
                _clear(printed, box)
            if not any(_inside(glyph, box) for glyph in printed.glyphs):
                _write_lines(printed, entry.value, box)
        _align(printed, [_on_device(to_device, entry.box) for entry in (*self.ticks, *self.entries)])
        printed.replaced(printed.glyphs, printed.places)
        self.combs = [_on_device(to_device, box) for box in self.combs]


def drawn_form(pdf: Any, number: int) -> tuple[Any, PageForm]:
    """Return page ``number`` (from 1) with its fields and annotations drawn into its content, and what they are."""
    page = pdf[number - 1]
    form = PageForm()
    count = raw.FPDFPage_GetAnnotCount(page)
    if count <= 0:
        return page, form
    left_out = []
    for position in range(count):
        annotation = raw.FPDFPage_GetAnnot(page, position)
        if not annotation:
            continue
        kind = raw.FPDFAnnot_GetSubtype(annotation)
        _note(form, annotation, kind, pdf.formenv)
        if kind == raw.FPDF_ANNOT_FILEATTACHMENT and (file := pinned_file(pdf, annotation)):
            form.files.append(file)
        if kind in _NOT_ON_PAPER:
            left_out.append(position)
        raw.FPDFPage_CloseAnnot(annotation)
    if len(left_out) == count:
        return page, form
    for position in reversed(left_out):
        raw.FPDFPage_RemoveAnnot(page, position)
    form.drawn = raw.FPDFPage_Flatten(page, raw.FLAT_NORMALDISPLAY) == raw.FLATTEN_SUCCESS
    if form.drawn:
        page.close()
        page = pdf[number - 1]
    return page, form


def _note(form: PageForm, annotation: Any, kind: int, environment: Any) -> None:
    """Add one annotation to what is known of the page."""
    contents = _string(annotation, b"Contents")
    if raw.FPDFAnnot_GetFlags(annotation) & NOT_SHOWN:
        shown = contents if kind != raw.FPDF_ANNOT_WIDGET else _value(annotation, environment)
        form.not_shown += bool(shown.strip()) and kind not in (raw.FPDF_ANNOT_POPUP, raw.FPDF_ANNOT_LINK)
        return
    rectangle = raw.FS_RECTF()
    raw.FPDFAnnot_GetRect(annotation, rectangle)
    box = (rectangle.left, rectangle.bottom, rectangle.right, rectangle.top)
    if kind == raw.FPDF_ANNOT_WIDGET and environment:
        _note_field(form, annotation, box, environment)
    elif kind == raw.FPDF_ANNOT_FREETEXT and contents.strip():
        form.entries.append(_Entry(box, contents))
    elif kind not in _NO_NOTES and contents.strip():
        form.notes += 1


def _note_field(form: PageForm, annotation: Any, box: Extent, environment: Any) -> None:
    form.fields += 1
    kind = raw.FPDFAnnot_GetFormFieldType(environment, annotation)
    flags = raw.FPDFAnnot_GetFormFieldFlags(environment, annotation)
    if kind in _TICKS:
        ticked = raw.FPDFAnnot_IsChecked(environment, annotation)
        form.ticks.append(_Entry(box, TICKED if ticked else UNTICKED))
    elif kind in _VALUES and not (kind == raw.FPDF_FORMFIELD_TEXTFIELD and flags & PASSWORD):
        value = _value(annotation, environment)
        if value.strip() or kind == raw.FPDF_FORMFIELD_LISTBOX:
            form.entries.append(_Entry(box, value, whole=kind == raw.FPDF_FORMFIELD_LISTBOX))
        if kind == raw.FPDF_FORMFIELD_TEXTFIELD and flags & COMB:
            form.combs.append(box)


def _value(annotation: Any, environment: Any) -> str:
    if not environment:
        return _string(annotation, b"V")
    size = raw.FPDFAnnot_GetFormFieldValue(environment, annotation, None, 0)
    buffer = (ctypes.c_ushort * (size // 2 + 1))()
    raw.FPDFAnnot_GetFormFieldValue(environment, annotation, buffer, size)
    return bytes(buffer)[: max(size - 2, 0)].decode("utf-16-le", "replace")


def _string(annotation: Any, key: bytes) -> str:
    size = raw.FPDFAnnot_GetStringValue(annotation, key, None, 0)
    buffer = (ctypes.c_ushort * (size // 2 + 1))()
    raw.FPDFAnnot_GetStringValue(annotation, key, buffer, size)
    return bytes(buffer)[: max(size - 2, 0)].decode("utf-16-le", "replace")


def _on_device(to_device: Any, box: Extent) -> Extent:
    (ax, ay), (bx, by) = to_device(box[0], box[1]), to_device(box[2], box[3])
    return min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)


def _inside(glyph: Glyph, box: Extent) -> bool:
    if glyph.box is None or glyph.text == " ":
        return False
    x, y = (glyph.box[0] + glyph.box[2]) / 2, (glyph.box[1] + glyph.box[3]) / 2
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def _align(printed: PageGlyphs, boxes: list[Extent]) -> None:
    """Put the one line of a field on the line of the words beside it: its label, or the words after a tick.

    Fields and labels seldom have one baseline, and would be read as two columns.
    """
    owners = [next((n for n, box in enumerate(boxes) if _inside(glyph, box)), None) for glyph in printed.glyphs]
    words = [glyph for glyph, owner in zip(printed.glyphs, owners, strict=True) if owner is None and glyph.box]
    for number, box in enumerate(boxes):
        members = [position for position, owner in enumerate(owners) if owner == number]
        bases = {round(printed.glyphs[member].base) for member in members}
        label = _beside(words, box)
        if label is None or label.box is None or len(bases) != 1:
            continue
        for member in members:
            glyph = printed.glyphs[member]
            assert glyph.box is not None
            level = (glyph.box[0], label.box[1], glyph.box[2], label.box[3])
            printed.glyphs[member] = glyph._replace(box=level, on_paper=glyph.box, base=label.base)


def _beside(words: list[Glyph], box: Extent) -> Glyph | None:
    """Return the glyph nearest to the left or right of a box on one of its lines."""
    nearest, least = None, 0.0
    for glyph in words:
        if glyph.box and glyph.turns == 0 and glyph.text != " ":
            gap = max(glyph.box[0] - box[2], box[0] - glyph.box[2])
            if gap > -1 and box[1] <= (glyph.box[1] + glyph.box[3]) / 2 <= box[3] and (not nearest or gap < least):
                nearest, least = glyph, gap
    return nearest


def _clear(printed: PageGlyphs, box: Extent) -> None:
    """Drop what a field shows, such as the letter of a symbol font that looks like a tick."""
    printed.keep([not _inside(glyph, box) for glyph in printed.glyphs])


def _middle_of(box: Extent) -> Extent:
    """Return the middle of a box, as far from the words beside it as a space, and as high as a line."""
    wide, high = 0.6 * min(box[2] - box[0], 20.0), min(box[3] - box[1], 20.0)
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return x - wide / 2, y - high / 2, x + wide / 2, y + high / 2


def _write(printed: PageGlyphs, character: str, box: Extent) -> None:
    size = box[3] - box[1]
    printed.glyphs.append(Glyph(" ", None))
    printed.glyphs.append(Glyph(character, box, 0, None, None, size, box[3], True))
    printed.places += [-1, -1]


def _write_lines(printed: PageGlyphs, value: str, box: Extent) -> None:
    """Write a value that no viewer has drawn yet into its box."""
    lines = value.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for (top, bottom), line in zip(_levels(box, len(lines)), lines, strict=True):
        wide = min((box[2] - box[0]) / max(len(line), 1), 0.5 * (bottom - top))
        for place, character in enumerate(line):
            left = box[0] + place * wide
            glyph = Glyph(character, (left, top, left + wide, bottom), 0, None, None, bottom - top, bottom, not place)
            printed.glyphs.append(Glyph(" ", None) if character.isspace() else glyph)
            printed.places.append(-1)


def _levels(box: Extent, count: int) -> Iterator[tuple[float, float]]:
    high = min((box[3] - box[1]) / count, 14.0)
    top = box[1] if count > 1 else (box[1] + box[3] - high) / 2
    for line in range(count):
        yield top + line * high, top + (line + 1) * high
