"""What a PDF holds beside its text: form fields, notes, layers, hidden text and files. All of it is read or named."""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from ringfence.documents import ReadingOptions, Source, Unreadable, read_documents
from ringfence.documents.model import Document
from ringfence.documents.pdf import open_pdf, render_page
from tests.conftest import REPOSITORY

CASES = REPOSITORY / "tests" / "data" / "cases"
NO_OCR = ReadingOptions(ocr="never")
HIDDEN = ReadingOptions(ocr="never", hidden=True)
amounts = st.integers(100, 99_999).map(lambda cents: f"{cents // 100}.{cents % 100:02}")


def read(path: Path, options: ReadingOptions = NO_OCR) -> Document:
    (document,) = read_documents(Source(path, path.name), options)
    assert isinstance(document, Document), document
    return document


def codes(document: Document) -> list[str]:
    return [part.code for part in document.unread]


def drawn(draw: Callable[[Canvas], object], options: ReadingOptions = NO_OCR) -> Document:
    """Return the document of a page that ``draw`` draws under the words ``To be seen``."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.pdf"
        pen = Canvas(str(path), pagesize=A4, invariant=1)
        pen.drawString(60, 780, "To be seen")
        draw(pen)
        pen.save()
        return read(path, options)


def say(pen: Canvas, words: str, y: float = 700, colour: colors.Color = colors.black, mode: int = 0) -> Canvas:
    """Draw words in a colour and a render mode of PDF."""
    pen.saveState()
    line = pen.beginText(60, y)
    line.setFont("Helvetica", 11)
    line.setFillColor(colour)
    if mode:
        line.setTextRenderMode(mode)
    line.textOut(words)
    pen.drawText(line)
    pen.restoreState()
    return pen


def box(pen: Canvas, colour: colors.Color, y: float = 700) -> Canvas:
    """Fill a box as wide as a line of words."""
    pen.saveState()
    pen.setFillColor(colour)
    pen.rect(55, y - 4, 300, 16, fill=1, stroke=0)
    pen.restoreState()
    return pen


def test_the_values_of_a_form_stand_beside_their_labels() -> None:
    lines = [line for line in read(CASES / "26-acroform-values.pdf").text.split("\n") if line]
    assert lines == [
        "Applicant:   Martha Quandt", "Amount in EUR:   1.480,75", "Country:   Austria", "Paid already:   ☒",
    ]  # fmt: skip


def test_the_picture_of_a_page_shows_the_values_of_its_form() -> None:
    pdf = open_pdf((CASES / "26-acroform-values.pdf").read_bytes())
    field = render_page(pdf, 1, 1.0).convert("L").crop((202, 842 - 768, 398, 842 - 752))
    assert field.getextrema()[0] < 120


@settings(max_examples=15, deadline=None)
@given(amounts, st.booleans(), st.booleans(), st.booleans())
def test_fields_are_read_with_and_without_their_picture(amount: str, ticked: bool, second: bool, bare: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "form.pdf"
        pen = Canvas(str(path), pagesize=A4, invariant=1)
        pen.drawString(60, 705, "Amount")
        pen.acroForm.textfield(name="amount", x=150, y=700, width=120, height=20, value=amount)
        for name, chosen, y in (("gas", ticked, 660), ("water", second, 640)):
            pen.acroForm.checkbox(name=name, x=60, y=y, size=14, checked=chosen)
            pen.drawString(80, y + 3, name)
        pen.save()
        if bare:  # without appearance streams of the text field
            data = path.read_bytes()
            path.write_bytes(re.sub(rb"/AP <<(?=\s*/N \d+ 0 R\s*>> /BS)", b"/XP <<", data, count=1))
        lines = [line for line in read(path).text.split("\n") if line]
    assert lines == [f"Amount   {amount}", f"{'☒' if ticked else '☐'} gas", f"{'☒' if second else '☐'} water"]


def test_a_field_that_is_not_shown_is_named() -> None:
    document = drawn(
        lambda pen: pen.acroForm.textfield(name="h", x=60, y=700, value="secret 9.00", annotationFlags="hidden")
    )
    assert document.text == "To be seen"
    assert [(part.code, part.what) for part in document.unread] == [
        ("hidden-text", "1 field that is not shown on page 1")
    ]


def test_typed_text_on_a_page_is_read_at_its_place() -> None:
    document = read(CASES / "27-freetext-annotation.pdf")
    assert document.text.endswith("approved: EUR 590,00")
    (place,) = document.boxes(document.text.index("590,00"), len(document.text))
    assert 842 - 680 < place.y0 < place.y1 < 842 - 655
    bare = (CASES / "27-freetext-annotation.pdf").read_bytes().replace(b"/AP <<", b"/XP <<")
    assert "approved: EUR 590,00" in read_bytes_of(bare).text


def test_notes_are_named_and_counted() -> None:
    def draw(pen: Canvas) -> None:
        for page in (1, 2):
            pen.textAnnotation("Ask the seller", Rect=[60, 600, 80, 620])
            if page == 1:
                pen.showPage()
                pen.drawString(60, 700, "Second page")

    (part,) = drawn(draw).unread
    assert (part.code, part.what) == ("annotations", "2 notes on pages 1 and 2")


def read_bytes_of(data: bytes, options: ReadingOptions = NO_OCR) -> Document:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file.pdf"
        path.write_bytes(data)
        return read(path, options)


def test_a_layer_that_is_switched_off_is_named_and_left_out() -> None:
    document = read(CASES / "28-hidden-layer.pdf")
    assert "9.800,00" in document.text
    assert "7.400,00" not in document.text
    assert codes(document) == ["hidden-layer"]
    assert "7.400,00" in read(CASES / "28-hidden-layer.pdf", HIDDEN).text
    shown = (CASES / "28-hidden-layer.pdf").read_bytes().replace(b"/OFF [ 3 0 R ]", b"/OFF [       ]")
    assert "7.400,00" in read_bytes_of(shown).text


def test_a_file_inside_a_pdf_is_a_document() -> None:
    path = CASES / "29-pdf-portfolio.pdf"
    outcomes = list(read_documents(Source(path, path.name), NO_OCR))
    assert [outcome.id for outcome in outcomes] == [path.name, f"{path.name}!contract.pdf"]
    assert isinstance(outcomes[1], Document)
    assert "12.300,00" in outcomes[1].text


def test_a_dynamic_form_is_refused_with_a_reason() -> None:
    path = CASES / "30-xfa-form.pdf"
    (outcome,) = read_documents(Source(path, path.name), NO_OCR)
    assert isinstance(outcome, Unreadable)
    assert (outcome.code, "XFA" in outcome.reason) == ("xfa-form", True)


def test_text_off_the_page_and_white_text_are_left_out() -> None:
    document = read(CASES / "40-text-nobody-sees.pdf")
    assert document.text == "Total EUR 100,00"
    assert [(part.code, part.what) for part in document.unread] == [
        ("hidden-text", "9 words that no reader of the page sees on page 1")
    ]
    assert all(f"{digit * 3},00" in read(CASES / "40-text-nobody-sees.pdf", HIDDEN).text for digit in "234")


HIDDEN_WAYS: dict[str, Callable[[Canvas, str], object]] = {
    "white": lambda pen, words: say(pen, words, colour=colors.white),
    "nearly white": lambda pen, words: say(pen, words, colour=colors.Color(0.985, 0.985, 0.985)),
    "invisible": lambda pen, words: say(pen, words, mode=3),
    "covered": lambda pen, words: (say(pen, words), box(pen, colors.black)),
    "covered in white": lambda pen, words: (say(pen, words), box(pen, colors.white)),
    "black on black": lambda pen, words: (box(pen, colors.black), say(pen, words)),
    "above the page": lambda pen, words: say(pen, words, y=900),
    "under an empty picture": lambda pen, words: (
        say(pen, words), pen.drawImage(ImageReader(Image.new("L", (30, 2), 255)), 55, 696, 300, 16),
    ),
}  # fmt: skip
SEEN_WAYS: dict[str, Callable[[Canvas, str], object]] = {
    "plain": say,
    "grey": lambda pen, words: say(pen, words, colour=colors.Color(0.75, 0.75, 0.75)),
    "white on navy": lambda pen, words: (box(pen, colors.navy), say(pen, words, colour=colors.white)),
    "black on white": lambda pen, words: (box(pen, colors.white), say(pen, words)),
    "beside a box": lambda pen, words: (say(pen, words), box(pen, colors.black, 650)),
}


@pytest.mark.parametrize("way", HIDDEN_WAYS)
@settings(max_examples=4, deadline=None)
@given(amount=amounts)
def test_what_no_reader_sees_is_named_and_left_out(way: str, amount: str) -> None:
    words = f"Total EUR {amount}"
    document = drawn(lambda pen: HIDDEN_WAYS[way](pen, words))
    assert document.text == "To be seen"
    assert codes(document) == ["hidden-text"]
    assert words in drawn(lambda pen: HIDDEN_WAYS[way](pen, words), HIDDEN).text


@pytest.mark.parametrize("way", SEEN_WAYS)
@settings(max_examples=4, deadline=None)
@given(amount=amounts)
def test_what_a_reader_sees_is_kept(way: str, amount: str) -> None:
    document = drawn(lambda pen: SEEN_WAYS[way](pen, f"Total EUR {amount}"))
    assert f"Total EUR {amount}" in document.text
    assert not document.unread


def test_tiny_letters_are_left_out() -> None:
    document = drawn(lambda pen: (pen.setFont("Helvetica", 0.5), pen.drawString(60, 700, "EUR 3.00")))
    assert (document.text, codes(document)) == ("To be seen", ["hidden-text"])


@pytest.mark.parametrize("under", [True, False])
def test_what_ocr_has_read_of_a_scan_stays(under: bool) -> None:
    scan = Image.new("L", (600, 850), 255)
    ImageDraw.Draw(scan).text((60, 60), "Invoice EUR 20.00", fill=0)

    def draw(pen: Canvas) -> None:
        if not under:
            pen.drawImage(ImageReader(scan), 0, 0, *A4)
        for line in range(8):
            say(pen, f"Invoice EUR 20.0{line}", y=760 - 20 * line, mode=0 if under else 3)
        if under:
            pen.drawImage(ImageReader(scan), 0, 0, *A4)

    document = drawn(draw)
    assert all(f"20.0{line}" in document.text for line in range(8))
    assert not document.unread


def test_a_file_that_no_reader_reads_is_named(tmp_path: Path) -> None:
    import pypdfium2

    path = tmp_path / "with.pdf"
    pen = Canvas(str(path), invariant=1)
    pen.drawString(60, 700, "See the files")
    pen.save()
    pdf = pypdfium2.PdfDocument(path)
    for name, content in (("terms.txt", b"Rent 500.00"), ("factur.joboptions", b"\x00\x01binary")):
        pdf.new_attachment(name).set_data(content)
    stream = io.BytesIO()
    pdf.save(stream)
    (tmp_path / "out.pdf").write_bytes(stream.getvalue())
    outcomes = list(read_documents(Source(tmp_path / "out.pdf", "out.pdf"), NO_OCR))
    assert [outcome.id for outcome in outcomes] == ["out.pdf", "out.pdf!terms.txt"]
    assert isinstance(outcomes[0], Document)
    assert [part.what for part in outcomes[0].unread] == ["1 file inside it: factur.joboptions"]
