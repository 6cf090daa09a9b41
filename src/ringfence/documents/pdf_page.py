"""The text of one page of a PDF: what is printed on it, or what OCR reads there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pypdfium2 import raw

from . import ocr
from .page_text import PaperBuilder
from .page_words import Glyph, words_of
from .pdf_attachments import File
from .pdf_combs import closed_combs
from .pdf_digits import DigitCheck, same_numbers
from .pdf_forms import drawn_form
from .pdf_glyphs import PageGlyphs, glyphs_of
from .pdf_visibility import unseen
from .reader import ReadingOptions
from .text_quality import fault_of_recognised, fault_of_text

__all__ = ["PageReader"]

FEW_CHARACTERS = 100  # a scanned page with fewer has only a stamp or a page number as text
HIDDEN = {
    "hidden-text": ("word that no reader of the page sees", "words that no reader of the page sees"),
    "hidden-layer": ("word on a layer that is switched off", "words on a layer that is switched off"),
}
DISAGREE = ("text layer whose digits may not be those printed", "text layers whose digits may not be those printed")


@dataclass
class PageReader:
    """Reads the pages of one PDF into ``paper``. ``layered`` says that the file may have layers."""

    pdf: Any
    paper: PaperBuilder
    options: ReadingOptions
    layered: bool = False
    ocr_missing: bool = False
    fields: int = 0
    files: list[File] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._digits = DigitCheck(self.pdf)
        self._doubtful: set[int] = set()

    def add(self, number: int) -> None:
        """Add page ``number``, counted from 1."""
        page, form = drawn_form(self.pdf, number)
        try:
            printed = self._printed(page, number)
            form.fill_in(page, printed)
            self.fields += form.fields
            self.files += form.files
            self.paper.leave_out("annotations", ("note", "notes"), number, form.notes)
            self.paper.leave_out(
                "hidden-text", ("field that is not shown", "fields that are not shown"), number, form.not_shown
            )
            glyphs = self._read_again(page, number, closed_combs(page, printed, form.combs), printed.unmapped)
            width, height = page.get_size()
            self.paper.add_page(width, height, glyphs)
        finally:
            page.close()

    def _printed(self, page: Any, number: int) -> PageGlyphs:
        """Return the glyphs that a reader of the page sees, each once; the others are counted."""
        textpage = page.get_textpage()
        try:
            printed = glyphs_of(page, textpage)
            self._doubtful = self._digits.doubtful_fonts(page, textpage, printed)
            if not self.options.hidden:
                reasons = unseen(page, textpage, printed, self.layered)
                for code in sorted(set(filter(None, reasons))):
                    letters = [glyph for glyph, why in zip(printed.glyphs, reasons, strict=True) if why == code]
                    self.paper.leave_out(code, HIDDEN[code], number, len(words_of(letters)))
                printed.keep([not reason for reason in reasons])
        finally:
            textpage.close()
        printed.print_once()
        return printed

    def _read_again(self, page: Any, number: int, glyphs: list[Glyph], unmapped: int) -> list[Glyph]:
        """Return what OCR reads if the text layer of the page is not usable and OCR reads more; else ``glyphs``."""
        reason = _reason_for_ocr(page, glyphs, unmapped, self.options)
        if reason is None and self._doubtful:
            return self._with_checked_digits(page, number, glyphs)
        if reason and ocr.available():
            seen = ocr.read_picture(_picture(page), *page.get_size())
            if seen and _is_better(seen, glyphs, reason):
                self.paper.pages_by_ocr[number] = reason
                return seen
        self.ocr_missing = self.ocr_missing or bool(reason and not ocr.available())
        return glyphs

    def _with_checked_digits(self, page: Any, number: int, glyphs: list[Glyph]) -> list[Glyph]:
        """Return what OCR reads if its numbers are others than those of the text layer, whose digits are in doubt."""
        if self.options.ocr == "never" or not ocr.available():
            self.paper.leave_out("glyphs-disagree", DISAGREE, number)
            return glyphs
        seen = ocr.read_picture(_picture(page), *page.get_size())
        if same_numbers(glyphs, seen):
            self._digits.trust(self._doubtful)
            return glyphs
        if not seen:
            self.paper.leave_out("glyphs-disagree", DISAGREE, number)
            return glyphs
        self.paper.pages_by_ocr[number] = "its digits are not those of the text layer"
        return seen


def _reason_for_ocr(page: Any, glyphs: list[Glyph], unmapped: int, options: ReadingOptions) -> str | None:
    """Return why a page needs OCR, or None if its text layer is usable."""
    if options.ocr == "never":
        return None
    if options.ocr == "always":
        return "requested"
    visible = [glyph.text for glyph in glyphs if not glyph.text.isspace()]
    if not visible:
        return "no text layer" if _draws_something(page) else None
    if fault := fault_of_text(visible, unmapped):
        return f"poor text layer: {fault}"
    if (fault := fault_of_recognised(word.text for word in words_of(glyphs))) and _picture_share(page) > 0.5:
        return f"poor text layer: {fault}"
    if len(visible) < FEW_CHARACTERS and _picture_share(page) > 0.5:
        return "an image with little text over it"
    return None


def _is_better(ocr_glyphs: list[Glyph], glyphs: list[Glyph], reason: str) -> bool:
    """Return whether OCR replaces the text layer; a page with a poor text layer may really contain only symbols."""
    if reason in ("no text layer", "requested"):
        return True
    words = [glyph for glyph in ocr_glyphs if glyph.confidence is not None]
    confident = sum(glyph.confidence or 0 for glyph in words) / len(words) > 0.75
    if reason.startswith("poor"):
        read = [word.text for word in words_of(ocr_glyphs)]
        return confident and fault_of_text("".join(read)) is None and fault_of_recognised(read) is None
    return confident and len(words) > 3 * sum(not glyph.text.isspace() for glyph in glyphs)


def _draws_something(page: Any) -> bool:
    return next(iter(page.get_objects(max_depth=2)), None) is not None


def _picture_share(page: Any) -> float:
    """Return the share of the page that its largest image covers."""
    width, height = page.get_size()
    largest = 0.0
    for position, item in enumerate(page.get_objects(filter=(raw.FPDF_PAGEOBJ_IMAGE,), max_depth=2)):
        left, bottom, right, top = item.get_bounds()
        largest = max(largest, (right - left) * (top - bottom))
        if position > 200:
            break
    return largest / (width * height) if width and height else 0.0


def _picture(page: Any) -> Any:
    """Render the page at the resolution for OCR."""
    width, height = page.get_size()
    scale = min(ocr.OCR_PIXELS / max(width, height, 1.0), 8.0)
    return page.render(scale=scale).to_pil()
