"""Read the text layer of a PDF with the position of every character (pdfium does the parsing)."""

from __future__ import annotations

import ctypes
import math
import unicodedata
from collections.abc import Iterator
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from ..errors import DocumentError
from .model import Block, Document, Line, Page
from .pdf_layout import Glyph, lay_out
from .reading import ReadingOptions, Source, sha256_of

__all__ = ["PdfReader", "open_pdf", "render_page"]

_LIGATURES = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st", "\x02": "-", "\xad": "-"}


def open_pdf(data: bytes, passwords: tuple[str, ...] = ()) -> Any:
    """Open a PDF, trying no password and then each of ``passwords``. Raises DocumentError with the reason."""
    if b"%PDF-" not in data[:1024]:
        raise DocumentError("wrong-extension", "the name ends in .pdf but the content is not a PDF")
    for password in (None, *passwords):
        try:
            return pdfium.PdfDocument(data, password=password)
        except pdfium.PdfiumError as error:
            if "password" in str(error).lower():
                continue
            truncated = b"%%EOF" not in data[-2048:]
            reason = "it ends too early (the end mark of a PDF is missing)" if truncated else "its structure is broken"
            raise DocumentError(
                "truncated" if truncated else "damaged", f"the PDF cannot be opened: {reason}"
            ) from None
    if passwords:
        raise DocumentError("encrypted", "the PDF is encrypted and none of the given passwords opens it")
    raise DocumentError("encrypted", "the PDF is encrypted; give its password with --password-file")


def render_page(pdf: Any, number: int, scale: float) -> Any:
    """Page ``number`` (from 1) as a Pillow image at ``scale`` times 72 dots an inch."""
    return pdf[number - 1].render(scale=scale).to_pil()


class PdfReader:
    """PDF files that carry text."""

    name = "pdf"
    version = 1
    extensions = ("pdf",)

    def read(self, source: Source, data: bytes, options: ReadingOptions) -> Iterator[Document]:
        """Yield the one document of the file."""
        pdf = open_pdf(data, options.passwords)
        try:
            yield self._document(source, data, pdf)
        finally:
            pdf.close()

    def _document(self, source: Source, data: bytes, pdf: Any) -> Document:
        if len(pdf) == 0:
            raise DocumentError("empty", "the PDF has no pages")
        text: list[str] = []
        boxes: list[tuple[float, float, float, float] | None] = []
        pages: list[Page] = []
        blocks: list[Block] = []
        lines: list[Line] = []

        def write(piece: str, box: tuple[float, float, float, float] | None = None) -> None:
            text.append(piece)
            boxes.append(box)

        for number in range(1, len(pdf) + 1):
            try:
                page = pdf[number - 1]
            except pdfium.PdfiumError:
                raise DocumentError("damaged", f"page {number} of the PDF cannot be read") from None
            width, height = page.get_size()
            if number > 1:
                write("\n")
                write("\n")
            page_start = len(text)
            for block in lay_out(_glyphs(page)):
                if len(text) > page_start:
                    write("\n")
                    write("\n")
                block_start = len(text)
                for row in block:
                    if len(text) > block_start:
                        write("\n")
                    line_start = len(text)
                    for glyph in row:
                        write(glyph.text, glyph.box)
                    lines.append(Line(line_start, len(text)))
                blocks.append(Block(block_start, len(text)))
            pages.append(Page(number, width, height, page_start, len(text)))
        if not lines:
            raise DocumentError("no-text-layer", "no page of the PDF has a text layer; reading scans (OCR) comes later")
        metadata = {
            key: value
            for key, value in pdf.get_metadata_dict(skip_empty=True).items()
            if key in ("Title", "CreationDate")
        }
        return Document(
            id=source.id,
            path=source.path.as_posix(),
            sha256=sha256_of(data),
            text="".join(text),
            pages=pages,
            blocks=blocks,
            lines=lines,
            read_by=f"{self.name}/{self.version}",
            metadata=metadata | {"pages_without_text": [page.number for page in pages if page.start == page.end]},
            char_boxes=boxes,
        )


def _glyphs(page: Any) -> list[Glyph]:
    """The characters of a page in content order, boxes from the top left with the page's rotation applied."""
    textpage = page.get_textpage()
    to_device = _device_transform(page)
    quarter_turns = page.get_rotation() // 90
    found: list[Glyph] = []
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    rectangle = raw.FS_RECTF()
    high_surrogate = 0
    for index in range(textpage.count_chars()):
        code = raw.FPDFText_GetUnicode(textpage, index)
        if code in (0, 0xFFFE, 0xFFFF) or raw.FPDFText_IsGenerated(textpage, index) == 1:
            continue
        if 0xD800 <= code < 0xDC00:
            high_surrogate = code
            continue
        if 0xDC00 <= code < 0xE000:
            if not high_surrogate:
                continue
            code = 0x10000 + ((high_surrogate - 0xD800) << 10) + (code - 0xDC00)
        high_surrogate = 0
        raw.FPDFText_GetLooseCharBox(textpage, index, rectangle)
        x0, y0, x1, y1 = rectangle.left, rectangle.bottom, rectangle.right, rectangle.top
        if x1 <= x0 or y1 <= y0:
            raw.FPDFText_GetCharBox(textpage, index, left, right, bottom, top)
            x0, y0, x1, y1 = left.value, bottom.value, right.value, top.value
        (ax, ay), (bx, by) = to_device(x0, y0), to_device(x1, y1)
        box = (min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))
        turns = (round(raw.FPDFText_GetCharAngle(textpage, index) / (math.pi / 2)) + quarter_turns) % 4
        _append(found, chr(code), box, turns)
    textpage.close()
    return found


def _append(found: list[Glyph], character: str, box: tuple[float, float, float, float], turns: int) -> None:
    """Add a character in canonical form: composed with the accent before it, ligatures spelled out."""
    if unicodedata.combining(character) and found:
        composed = unicodedata.normalize("NFC", found[-1].text + character)
        if len(composed) == 1:
            found[-1] = Glyph(composed, found[-1].box, found[-1].turns)
            return
    spelled = _LIGATURES.get(character) or unicodedata.normalize("NFC", character)
    for letter in spelled:
        if unicodedata.category(letter) in ("Cc", "Cs", "Zs", "Zl", "Zp"):
            letter = " "
        found.append(Glyph(letter, box, turns))


def _device_transform(page: Any) -> Any:
    """The map from page space to points from the top left, read off pdfium at three points (it knows crop and turn)."""
    width, height = page.get_size()
    fine = 64  # pdfium answers in whole units

    def device(x: float, y: float) -> tuple[float, float]:
        out_x, out_y = ctypes.c_int(), ctypes.c_int()
        raw.FPDF_PageToDevice(page, 0, 0, round(width * fine), round(height * fine), 0, x, y, out_x, out_y)
        return out_x.value / fine, out_y.value / fine

    (ox, oy), (ux, uy), (vx, vy) = device(0, 0), device(1000, 0), device(0, 1000)

    def transform(x: float, y: float) -> tuple[float, float]:
        return ox + (ux - ox) * x / 1000 + (vx - ox) * y / 1000, oy + (uy - oy) * x / 1000 + (vy - oy) * y / 1000

    return transform
