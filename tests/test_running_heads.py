"""Lines that pages repeat at their edges are no rows."""

from __future__ import annotations

from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from ringfence.documents import Document, read_document
from ringfence.tasks.extract.running_heads import running_heads

HEAD, FOOT = "Example papers for Form 2.2, (c) 2022", "HRB 4711   Bank 12 34 56"


def document_of_pages(path: Path, *pages: list[str]) -> Document:
    """A PDF whose pages have these lines."""
    canvas = Canvas(str(path))
    for lines in pages:
        for number, line in enumerate(lines):
            canvas.drawString(72, 780 - 20 * number, line)
        canvas.showPage()
    canvas.save()
    return read_document(path)


def heads_of(document: Document) -> set[str]:
    return {document.text[start:end].strip() for start, end in running_heads(document)}


def test_heads_and_feet_are_found_on_every_page(tmp_path: Path) -> None:
    rows = [f"Item {number}" for number in range(5)]
    document = document_of_pages(tmp_path / "paper.pdf", [HEAD, *rows, FOOT], [HEAD, *rows[::-1], "Sum 5", FOOT])
    assert {HEAD, FOOT.replace("   ", " ")} >= {" ".join(said.split()) for said in heads_of(document)} != set()


def test_rows_that_are_alike_are_rows_where_one_of_them_stands_within_a_page(tmp_path: Path) -> None:
    days = ["Advice, a day 800.00"] * 6
    document = document_of_pages(tmp_path / "paper.pdf", [HEAD, "July", "Week", *days], [HEAD, "July", "Week", *days])
    assert not any("Advice" in said for said in heads_of(document))


@pytest.mark.parametrize("row", ["Delivery   1   25.00   25.00", "Account fee 2.50", "Su   off   0", "Meal 5"])
def test_a_row_that_is_the_last_of_two_pages_is_no_foot(tmp_path: Path, row: str) -> None:
    document = document_of_pages(tmp_path / "paper.pdf", [HEAD, "One 1.00", "Two", row], [HEAD, "Ten 3.00", "Six", row])
    assert {" ".join(said.split()) for said in heads_of(document)} == {HEAD}


def test_a_document_of_one_page_has_none(tmp_path: Path) -> None:
    assert not heads_of(document_of_pages(tmp_path / "paper.pdf", [HEAD, "Item 1", HEAD]))
