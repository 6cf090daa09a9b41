"""Digits whose picture is another digit: noticed by their shapes, decided by OCR, else named."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from ringfence.documents import ReadingOptions, Source, read_documents
from ringfence.documents.model import Document
from ringfence.documents.ocr import available
from tests.conftest import REPOSITORY

CASE = REPOSITORY / "tests" / "data" / "cases" / "39-wrong-tounicode-of-digits.pdf"
FONTS = ["Helvetica", "Times-Roman", "Courier", "Helvetica-Bold", "Times-BoldItalic"]


def read(path: Path, ocr: str = "never") -> Document:
    (document,) = read_documents(Source(path, path.name), ReadingOptions(ocr=ocr))
    assert isinstance(document, Document)
    return document


def map_of_digits(meant: str) -> bytes:
    """Return a ToUnicode map in which the codes of 0 to 9 mean the digits of ``meant``."""
    digits = " ".join(f"<3{code}> <003{digit}>" for code, digit in enumerate(meant))
    return (
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def "
        b"1 begincodespacerange <00> <FF> endcodespacerange "
        b"2 beginbfrange <20> <2F> <0020> <3A> <7E> <003A> endbfrange "
        + f"10 beginbfchar {digits} endbfchar endcmap end end".encode()
    )


def page(font: str, words: str, meant: str) -> Document:
    """Return the document of a page whose font maps the pictures of 0 to 9 to the digits of ``meant``."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.pdf"
        pen = Canvas(str(path), pageCompression=0, invariant=1, initialFontName=font)
        pen.setFont(font, 11)
        pen.drawString(72, 700, words)
        pen.save()
        data = path.read_bytes()
        content = map_of_digits(meant)
        stream = b"90 0 obj\n<< /Length %d >>\nstream\n%s\nendstream\nendobj\n" % (len(content), content)
        # pdfium rebuilds the table of objects of a file whose table is wrong
        data = data.replace(b"/Subtype /Type1", b"/ToUnicode 90 0 R /Subtype /Type1")
        data = data.replace(b"\nxref\n", b"\n" + stream + b"xref\n")
        path.write_bytes(data)
        return read(path)


def test_what_is_printed_is_read_not_what_the_font_says() -> None:
    if not available():
        pytest.skip("needs OCR")
    document = read(CASE, ocr="auto")
    assert document.text == "Total amount to be paid within thirty days: EUR 1,250.00"
    assert document.metadata["pages_by_ocr"] == {"1": "its digits are not those of the text layer"}


def test_without_ocr_the_doubt_is_named() -> None:
    assert [part.code for part in read(CASE).unread] == ["glyphs-disagree"]


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(FONTS), st.integers(1, 9), st.integers(1000, 99999))
def test_digits_that_are_shifted_are_noticed(font: str, shift: int, number: int) -> None:
    meant = "".join(str((digit + shift) % 10) for digit in range(10))
    document = page(font, f"Total EUR {number}.80 of 60", meant)
    assert [part.code for part in document.unread] == ["glyphs-disagree"]


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(FONTS), st.integers(0, 99999))
def test_right_digits_raise_no_doubt(font: str, number: int) -> None:
    assert not page(font, f"Total EUR {number}.80 of 1234567890", "0123456789").unread
