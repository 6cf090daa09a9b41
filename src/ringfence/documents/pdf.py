"""Read the text layer of a PDF with the position of every character, parsed by pdfium."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import Any

import pypdfium2 as pdfium
from pypdfium2 import raw

from ..contracts import UnreadPart
from ..errors import DocumentError
from .containers import Child, read_children
from .model import Document
from .page_text import PaperBuilder
from .pdf_attachments import File, children_of, files_of, unread_names
from .pdf_forms import drawn_form
from .pdf_page import PageReader
from .pdf_visibility import has_layers
from .reader import ReadingOptions, Source, Unreadable, sha256_of

__all__ = ["PdfReader", "open_pdf", "render_page"]

PLACEHOLDER = 2_000  # characters of a page that only asks for another viewer
_ASKS_FOR_VIEWER = re.compile(r"please wait|viewer|reader|adobe", re.IGNORECASE)


def open_pdf(data: bytes, passwords: tuple[str, ...] = ()) -> Any:
    """Open a PDF without a password, then with each of ``passwords``. Raises DocumentError with the reason."""
    if b"%PDF-" not in data[:1024]:
        raise DocumentError("wrong-extension", "the name ends in .pdf but the content is not a PDF")
    for password in (None, *passwords):
        try:
            pdf = pdfium.PdfDocument(data, password=password)
            with warnings.catch_warnings():  # this build of pdfium has no XFA, which _refuse_dynamic_form answers
                warnings.simplefilter("ignore")
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
    version = 4
    libraries = ("numpy", "pypdfium2")
    extensions = ("pdf",)

    def read(self, source: Source, data: bytes, options: ReadingOptions) -> Iterator[Document | Unreadable]:
        """Yield the file as one document, then the documents inside it."""
        pdf = open_pdf(data, options.passwords)
        try:
            files = list(files_of(pdf))
            yield self._document(source, data, pdf, options, files)
            yield from read_children(children_of(files, source), options)
        finally:
            pdf.close()

    def children(self, source: Source, data: bytes, options: ReadingOptions) -> Iterator[Child]:
        """Yield each file inside the PDF."""
        pdf = open_pdf(data, options.passwords)
        try:
            files = list(files_of(pdf))
            for number in range(1, len(pdf) + 1):
                page, form = drawn_form(pdf, number)
                files += form.files
                page.close()
            yield from children_of(files, source)
        finally:
            pdf.close()

    def _document(self, source: Source, data: bytes, pdf: Any, options: ReadingOptions, files: list[File]) -> Document:
        """Return the PDF's own document, and add the files pinned to its pages to ``files``."""
        if len(pdf) == 0:
            raise DocumentError("empty", "the PDF has no pages")
        if len(pdf) > options.limits.pages:
            raise DocumentError("too-many-pages", f"it has {len(pdf):,} pages, more than {options.limits.pages:,}")
        paper = PaperBuilder()
        pages = PageReader(pdf, paper, options, has_layers(pdf, data))
        for number in range(1, len(pdf) + 1):
            try:
                pages.add(number)
            except pdfium.PdfiumError:
                raise DocumentError("damaged", f"page {number} of the PDF cannot be read") from None
            source.progress()
            if paper.size > options.limits.characters:
                raise DocumentError("too-long", f"it has more than {options.limits.characters:,} characters of text")
        _refuse_dynamic_form(pdf, pages.fields, paper)
        files += pages.files
        if names := unread_names(files, source):
            which = f"{len(names)} file{'s' * (len(names) > 1)} inside it: {', '.join(names[:5])}"
            paper.unread.append(UnreadPart(code="attachments", what=which))
        if paper.empty:
            raise DocumentError(*_why_empty(pages.ocr_missing, options))
        metadata = {
            key: value
            for key, value in pdf.get_metadata_dict(skip_empty=True).items()
            if key in ("Title", "CreationDate")
        }
        return paper.document(source, sha256_of(data), f"{self.name}/{self.version}", metadata)


def _refuse_dynamic_form(pdf: Any, fields: int, paper: PaperBuilder) -> None:
    """Raise DocumentError if the content is an XFA form, which only its own viewer lays out on pages.

    The pages of such a file ask for that viewer. A form with fields on its pages, or with text of its own, is read.
    """
    kind = pdf.get_formtype()
    if kind not in (raw.FORMTYPE_XFA_FULL, raw.FORMTYPE_XFA_FOREGROUND) or fields:
        return
    if kind == raw.FORMTYPE_XFA_FULL or (paper.size < PLACEHOLDER and _ASKS_FOR_VIEWER.search(paper.text)):
        raise DocumentError("xfa-form", "it is a dynamic XFA form: its content is not in its pages; print it to a PDF")
    what = "an XFA form, whose data may not be on its pages"
    paper.unread.append(UnreadPart(code="xfa-form", what=what))


def _why_empty(ocr_missing: bool, options: ReadingOptions) -> tuple[str, str]:
    if options.ocr == "never":
        return "no-text-layer", "no page has a text layer, and OCR is switched off"
    if ocr_missing:
        return "ocr-missing", "no page has a text layer, and OCR is not installed: pip install 'ringfence[ocr]'"
    return "no-text", "no page has a text layer, and OCR finds no text"
