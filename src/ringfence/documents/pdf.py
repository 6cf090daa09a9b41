"""Read the text layer of a PDF with the position of every character, parsed by pdfium."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pypdfium2 as pdfium
from pypdfium2 import raw

from ..errors import DocumentError
from . import ocr
from .model import Document
from .page_text import PaperBuilder
from .page_words import Glyph
from .pdf_combs import closed_combs
from .pdf_forms import drawn_form
from .pdf_glyphs import glyphs_of
from .reader import ReadingOptions, Source, sha256_of
from .text_quality import fault_of_text

__all__ = ["PdfReader", "open_pdf", "render_page"]

FEW_CHARACTERS = 100  # a scanned page with fewer has only a stamp or a page number as text


def open_pdf(data: bytes, passwords: tuple[str, ...] = ()) -> Any:
    """Open a PDF without a password, then with each of ``passwords``. Raises DocumentError with the reason."""
    if b"%PDF-" not in data[:1024]:
        raise DocumentError("wrong-extension", "the name ends in .pdf but the content is not a PDF")
    for password in (None, *passwords):
        try:
            pdf = pdfium.PdfDocument(data, password=password)
            pdf.init_forms()
            return pdf
        except pdfium.PdfiumError as error:
            if "password" in str(error).lower():
                continue
            truncated = b"%%EOF" not in data[-2048:]
            reason = "it is cut off (the end-of-file marker is missing)" if truncated else "its structure is broken"
            raise DocumentError(
                "truncated" if truncated else "damaged", f"the PDF cannot be opened: {reason}"
            ) from None
    if passwords:
        raise DocumentError("encrypted", "the PDF is encrypted and none of the given passwords opens it")
    raise DocumentError("encrypted", "the PDF is encrypted; give its password with --password-file")


def render_page(pdf: Any, number: int, scale: float) -> Any:
    """Render page ``number`` (from 1) as a Pillow image at ``scale`` times 72 dpi."""
    return pdf[number - 1].render(scale=scale).to_pil()


class PdfReader:
    """Reader for PDF files: their text layer, or OCR for pages without a usable one."""

    name = "pdf"
    version = 3
    libraries = ("numpy", "pypdfium2")
    extensions = ("pdf",)

    def read(self, source: Source, data: bytes, options: ReadingOptions) -> Iterator[Document]:
        """Yield the file as one document."""
        pdf = open_pdf(data, options.passwords)
        try:
            yield self._document(source, data, pdf, options)
        finally:
            pdf.close()

    def _document(self, source: Source, data: bytes, pdf: Any, options: ReadingOptions) -> Document:
        if len(pdf) == 0:
            raise DocumentError("empty", "the PDF has no pages")
        if len(pdf) > options.limits.pages:
            raise DocumentError("too-many-pages", f"it has {len(pdf):,} pages, more than {options.limits.pages:,}")
        paper = PaperBuilder()
        ocr_missing = False
        for number in range(1, len(pdf) + 1):
            try:
                page, form = drawn_form(pdf, number)
            except pdfium.PdfiumError:
                raise DocumentError("damaged", f"page {number} of the PDF cannot be read") from None
            width, height = page.get_size()
            textpage = page.get_textpage()
            printed = glyphs_of(page, textpage)
            textpage.close()
            printed.print_once()
            form.fill_in(page, printed)
            paper.leave_out("annotations", ("note", "notes"), number, form.notes)
            paper.leave_out(
                "hidden-text", ("field that is not shown", "fields that are not shown"), number, form.not_shown
            )
            glyphs, unmapped = closed_combs(page, printed.glyphs, form.combs), printed.unmapped
            reason = _reason_for_ocr(page, glyphs, unmapped, options)
            if reason and ocr.available():
                ocr_glyphs = ocr.read_picture(_picture(page), width, height)
                if ocr_glyphs and _is_better(ocr_glyphs, glyphs, reason):
                    glyphs = ocr_glyphs
                    paper.pages_by_ocr[number] = reason
            ocr_missing = ocr_missing or bool(reason and not ocr.available())
            paper.add_page(width, height, glyphs)
            page.close()
            source.progress()
            if paper.size > options.limits.characters:
                raise DocumentError("too-long", f"it has more than {options.limits.characters:,} characters of text")
        if paper.empty:
            raise DocumentError(*_why_empty(ocr_missing, options))
        metadata = {
            key: value
            for key, value in pdf.get_metadata_dict(skip_empty=True).items()
            if key in ("Title", "CreationDate")
        }
        return paper.document(source, sha256_of(data), f"{self.name}/{self.version}", metadata)


def _why_empty(ocr_missing: bool, options: ReadingOptions) -> tuple[str, str]:
    if options.ocr == "never":
        return "no-text-layer", "no page has a text layer, and OCR is switched off"
    if ocr_missing:
        return "ocr-missing", "no page has a text layer, and OCR is not installed: pip install 'ringfence[ocr]'"
    return "no-text", "no page has a text layer, and OCR finds no text"


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
        return confident and fault_of_text([glyph.text for glyph in words]) is None
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
