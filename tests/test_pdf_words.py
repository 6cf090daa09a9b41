"""Words of a PDF: what stands apart on the page stands apart in the text layer, and what is one word stays one."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from ringfence.documents import ReadingOptions, Source, read_documents
from ringfence.documents.model import Document
from tests.conftest import REPOSITORY

CASES = REPOSITORY / "tests" / "data" / "cases"
FONT = "Helvetica"
DEJAVU = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
amounts = st.tuples(st.integers(1, 999), st.integers(0, 99)).map(lambda part: f"{part[0]}.{part[1]:02}")


def text_of(path: Path) -> str:
    (document,) = read_documents(Source(path, path.name), ReadingOptions(ocr="never"))
    assert isinstance(document, Document), document
    return document.text


def printed(draw: Callable[[Canvas], object], size: float = 10) -> str:
    """Return the text layer of a page that ``draw`` draws."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.pdf"
        pen = Canvas(str(path), pagesize=A4, invariant=1)
        pen.setFont(FONT, size)
        draw(pen)
        pen.save()
        return text_of(path)


def in_a_row(pen: Canvas, words: list[str], gap: float, size: float) -> None:
    """Draw words one by one, ``gap`` letter sizes apart, without a space character."""
    x = 60.0
    for word in words:
        pen.drawString(x, 700, word)
        x += pen.stringWidth(word, FONT, size) + gap * size


def with_mark(pen: Canvas, word: str, mark: str, after: str = "") -> None:
    """Draw a word with a small raised mark behind it."""
    pen.drawString(60, 700, word)
    x = 60 + pen.stringWidth(word, FONT, 10)
    pen.setFont(FONT, 6)
    pen.drawString(x, 703.8, mark)
    pen.setFont(FONT, 10)
    pen.drawString(x + pen.stringWidth(mark, FONT, 6), 700, after)


def test_words_set_close_to_each_other_stay_apart() -> None:
    words = ["Pay", "EUR", "75.00", "by", "20", "June", "2024", "at", "the", "latest"]
    assert printed(lambda pen: in_a_row(pen, words, 0.18, 12), 12) == "Pay EUR 75.00 by 20 June 2024 at the latest"


@settings(max_examples=25, deadline=None)
@given(amounts, st.sampled_from(["4", "P-2", "NM", "12"]), st.floats(0.16, 3.0), st.sampled_from([7.0, 10.0, 14.0]))
def test_an_amount_never_joins_the_next_column(amount: str, code: str, gap: float, size: float) -> None:
    text = printed(lambda pen: in_a_row(pen, ["$" + amount, code], gap, size), size)
    assert text.split() == ["$" + amount, code]


@settings(max_examples=25, deadline=None)
@given(st.from_regex(r"[A-Za-z0-9.,$%-]{2,20}", fullmatch=True), st.floats(0.0, 0.06))
def test_letters_drawn_one_by_one_are_one_word(word: str, gap: float) -> None:
    assert printed(lambda pen: in_a_row(pen, list(word), gap, 10)) == word


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 99), st.integers(100, 999), st.integers(0, 99)), min_size=3, max_size=6))
def test_a_quantity_never_joins_a_price(rows: list[tuple[int, int, int]]) -> None:
    def draw(pen: Canvas) -> None:
        for line, (quantity, whole, cents) in enumerate(rows):
            pen.drawString(60, 700 - 14 * line, "Item")
            pen.drawRightString(180, 700 - 14 * line, str(quantity))
            pen.drawRightString(218, 700 - 14 * line, f"{whole},{cents:02}")

    lines = printed(draw).split("\n")
    assert lines == [f"Item   {quantity}   {whole},{cents:02}" for quantity, whole, cents in rows]


def test_columns_with_narrow_gaps_are_known_by_their_heads() -> None:
    def draw(pen: Canvas) -> None:
        for line, (quantity, price) in enumerate([("Qty", "Unit price"), ("2", "350,00"), ("14", "120,50")]):
            pen.drawRightString(180, 700 - 14 * line, quantity)
            pen.drawRightString(217 if line else 260, 700 - 14 * line, price)
        pen.drawRightString(180, 658, "Qty")
        pen.drawRightString(217, 658, "Pr.")

    assert "2   350,00\n14   120,50" in printed(draw)


@pytest.mark.parametrize("space", [0.0, 4.0])
def test_spaces_inside_a_number_stay_spaces(space: float) -> None:
    def draw(pen: Canvas) -> None:
        line = pen.beginText(60, 700)
        line.setWordSpace(space)  # as in justified prose
        line.textOut("The sum of EUR 2 350,00 is due, of it 1 200,00 in March")
        pen.drawText(line)

    assert "EUR 2 350,00 is" in printed(draw)


def test_ligatures_keep_their_letters() -> None:
    assert text_of(CASES / "34-ligatures.pdf").split("\n")[:2] == [
        "Supplier: Griffin Office Supplies", "att. Steffi Hoffmann",
    ]  # fmt: skip


def test_a_page_drawn_twice_is_read_once() -> None:
    text = text_of(CASES / "38-page-drawn-twice.pdf")
    assert "Tenant: Martha Quandt" in text
    assert text.count("1.150,00") == 1


@settings(max_examples=20, deadline=None)
@given(st.floats(-0.9, 0.9), st.floats(-0.9, 0.9), st.sampled_from(["Llull 11.11", "EUR 1.150,00", "Hoffmann"]))
def test_words_printed_again_with_a_shift_are_read_once(across: float, down: float, words: str) -> None:
    def draw(pen: Canvas) -> None:
        for dx, dy in ((0.0, 0.0), (across, down)):
            pen.drawString(60 + dx, 700 + dy, words)
            pen.drawString(60 + dx, 650 + dy, "between")

    assert printed(draw).split("\n\n") == [words, "between"]


@settings(max_examples=20, deadline=None)
@given(amounts, st.integers(1, 99))
def test_the_mark_of_a_note_never_joins_an_amount(amount: str, mark: int) -> None:
    raised = str(mark).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    assert printed(lambda pen: with_mark(pen, "EUR " + amount, str(mark), " net")) == f"EUR {amount} {raised} net"


@pytest.mark.parametrize(
    ("word", "mark", "after", "read"),
    [
        ("on the 19", "th", " of May", "on the 19th of May"),
        ("le 1", "er", " mai", "le 1er mai"),
        ("150 m", "2", " of floor", "150 m2 of floor"),
        ("Acme Ltd", "3", ", London", "Acme Ltd 3, London"),
        ("EUR 1,250.00", "a", " net", "EUR 1,250.00 a net"),
        ("5 %", "2", " tax", "5 % 2 tax"),
    ],
)
def test_raised_letters_stay_on_the_line_of_their_word(word: str, mark: str, after: str, read: str) -> None:
    assert printed(lambda pen: with_mark(pen, word, mark, after)) == read


@pytest.mark.parametrize("boxes", ["squares", "ticks", "lines", "boxes apart", "on the paper"])
@pytest.mark.parametrize("content", ["DE89370400440532013000", "1480,75", "04052024"])
def test_the_characters_of_a_comb_are_one_word(content: str, boxes: str) -> None:
    assert printed(lambda pen: comb(pen, content, boxes)) == f"Field   {content}"


@pytest.mark.parametrize(
    ("number", "after", "gap", "read"),
    [
        ("2.1", "General", 0.1, "2.1 General"),
        ("1", "$15,000.00", 0.1, "1 $15,000.00"),
        ("2.4", "Within", 0.07, "2.4 Within"),
        ("(a)", "the Party", 0.1, "(a) the Party"),
        ("5", "kg", 0.02, "5kg"),
        ("2", "nd", 0.0, "2nd"),
    ],
)
def test_a_small_gap_in_tight_type_parts_a_number_from_what_follows(
    number: str, after: str, gap: float, read: str
) -> None:
    def draw(pen: Canvas) -> None:
        pen.setFont("Helvetica", 12)
        pen.drawString(60, 704, number)
        pen.drawString(60 + pen.stringWidth(number) + 12 * gap, 704, after)

    assert printed(draw) == read


@pytest.mark.parametrize("content", ["DE89370400440532013000", "1480,75", "7263"])
def test_characters_that_begin_at_an_even_distance_are_one_word(content: str) -> None:
    def draw(pen: Canvas) -> None:
        pen.drawString(60, 704, "EUR")
        for place, character in enumerate(content):
            pen.drawString(120 + 14 * place, 704, character)

    assert printed(draw) == f"EUR   {content}"


@pytest.mark.parametrize("heads", ["Mon Tue Wed Thu Fri", ""])
def test_a_row_of_cells_without_rules_is_no_comb(heads: str) -> None:
    row = ["4", "1", "3", "1", "2"] if heads else ["1", "2", "3", "4", "5"]  # a row of a table, the marks of a scale

    def draw(pen: Canvas) -> None:
        pen.setFont("Helvetica", 8)
        for place, head in enumerate(heads.split()):
            pen.drawCentredString(120 + 20 * place, 714, head)
        for place, cell in enumerate(row):
            pen.drawCentredString(120 + 20 * place, 704, cell)

    assert printed(draw).split() == [*heads.split(), *row]


def test_an_empty_box_of_a_comb_is_a_space() -> None:
    assert printed(lambda pen: comb(pen, "MARTHA QUANDT", "squares")) == "Field   MARTHA QUANDT"


def comb(pen: Canvas, content: str, boxes: str) -> None:
    """Draw one character to a box."""
    pen.drawString(60, 704, "Field")
    pitch, count = 15.0, len(content)
    if boxes == "ticks":
        pen.rect(120, 700, count * pitch, 18)
    for place, character in enumerate(content):
        x = 120 + place * pitch
        if boxes == "squares":
            pen.rect(x, 700, pitch, 18)
        elif boxes == "ticks" and place:
            pen.line(x, 700, x, 707)
        elif boxes == "lines":
            pen.line(x + 1.5, 700, x + pitch - 1.5, 700)
        elif boxes == "boxes apart":
            pen.rect(x + 1, 700, pitch - 2, 18)
        pen.drawCentredString(x + pitch / 2, 704, character)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 9), min_size=7, max_size=7), min_size=1, max_size=4),
    st.sampled_from(["cells", "long lines", "none"]),
)
def test_the_cells_of_a_table_are_no_comb(rows: list[list[int]], rules: str) -> None:
    table = [list("MTWTFSS"), *([str(number) for number in row] for row in rows)]

    def draw(pen: Canvas) -> None:
        for line, row in enumerate(table):
            for place, cell in enumerate(row):
                pen.drawString(124 + 15 * place, 704 - 15 * line, cell)
                if rules == "cells":
                    pen.rect(120 + 15 * place, 700 - 15 * line, 15, 15)
        for place in range(8 if rules == "long lines" else 0):
            pen.line(120 + 15 * place, 715, 120 + 15 * place, 715 - 15 * len(table))

    assert [line.split() for line in printed(draw).split("\n")] == table


@pytest.mark.skipif(not DEJAVU.exists(), reason="needs a font with Hebrew and Arabic letters")
@pytest.mark.parametrize(
    ("visual", "read"),
    [
        ("מספר חשבונית"[::-1], "מספר חשבונית"),
        ("סכום לתשלום"[::-1], "סכום לתשלום"),
        ("2024-17 :" + "חשבונית מספר"[::-1], "חשבונית מספר: 2024-17"),
        ("EUR 1,250.00 " + "סכום"[::-1], "סכום EUR 1,250.00"),
        ("\ufe93\ufead\ufeee\ufe97\ufe8e\ufed3", "فاتورة"),
        ("\ufee1\ufefc\ufeb3", "سلام"),
        ("Invoice for " + "משה כהן"[::-1] + " of 19 May", "Invoice for משה כהן of 19 May"),
    ],
)
def test_right_to_left_lines_are_read_in_their_order(visual: str, read: str) -> None:
    pdfmetrics.registerFont(TTFont("DejaVu", str(DEJAVU)))

    def draw(pen: Canvas) -> None:
        pen.setFont("DejaVu", 12)
        pen.drawRightString(500, 700, visual)

    assert printed(draw) == read


def test_a_wide_gap_inside_a_column_does_not_make_a_table() -> None:
    text = text_of(CASES / "80-two-columns-with-one-wide-gap.pdf")
    left, right = text.split("\n\n")
    assert left.startswith("This agreement covers the supply of\npumps")
    assert right.startswith("The buyer pays EUR 4.800 in March\nand the rest")
