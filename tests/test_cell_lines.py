"""A name that a narrow column breaks over lines is read as a whole, from as many spans as it has lines."""

from __future__ import annotations

import io
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table

from ringfence.checker.value import fault_of_value
from ringfence.contracts import FieldAnswer
from ringfence.documents import CellLines, Document, ReadingOptions, Source, ends_open, joined_lines, read_documents
from ringfence.learning.places import text_places
from ringfence.tasks import prepare
from ringfence.tasks.fields import TextField
from tests.conftest import document_of, task_of

TABLE = """\
Pos   Article        Price      Amount
1     Garden hose    12.50      25.00
      20 metres
2     Spade          19.00      19.00
"""
TASK = task_of(
    lines={
        "kind": "list",
        "fields": {"name": {"kind": "text"}, "price": {"kind": "number"}, "amount": {"kind": "number"}},
    }
)


def read(document: Document, written: str) -> tuple[Any, FieldAnswer]:
    """The name in the first record, after the model wrote ``written``."""
    found = prepare(TASK, document).plan().read(f"\n- {written}\n").lists["lines"][0].values["name"]
    return found.value, found.answer


def below(text: str, cell: str) -> list[str]:
    """The lines that are found below a cell."""
    start = text.index(cell)
    return [text[first:last] for first, last in CellLines(document_of(text)).below(start, start + len(cell))]


def fault(value: Any, answer: FieldAnswer, document: Document) -> str | None:
    spec = {"kind": "text", "required": False}
    return fault_of_value(value, answer, spec, document, {}, [(0, len(document.text))])


def test_a_name_goes_on_in_the_line_below_its_cell() -> None:
    document = document_of(TABLE)
    value, answer = read(document, "Garden hose | 12.50 | 25.00")
    assert value == "Garden hose 20 metres"
    assert [document.text[start:end] for start, end in answer.spans] == ["Garden hose", "20 metres"]
    assert (answer.raw, answer.kind, answer.flags) == ("Garden hose\n20 metres", "derived", ["over-lines"])
    assert answer.features["cell_lines"] == 2
    assert fault(value, answer, document) is None


def test_an_article_number_may_stand_beside_the_second_line() -> None:
    text = TABLE.replace("      20 metres", "H-20  20 metres")
    assert below(text, "Garden hose") == ["20 metres"]


@pytest.mark.parametrize(
    "second",
    [
        "      Rake           9.00       9.00",  # another row
        "2     20 metres",  # another row, with its number
        "      Art. No: 4711",  # a label with its value
        "      - 20 metres",  # a point of a list
        "    20 metres",  # another left edge
        "Witn. 20 metres",  # words beside it
        "      20 metres, delivered to your door by our own drivers",  # a sentence under the table
        "",  # another block
        "      20 metres      9.00",  # it has a price
    ],
)
def test_other_lines_are_no_part_of_the_cell(second: str) -> None:
    assert below(TABLE.replace("      20 metres", second), "Garden hose") == []


def test_a_line_below_a_short_one_was_begun_on_purpose() -> None:
    wide = "1     {}12.50      25.00\n      20 metres\n"
    assert below(wide.format("Hose".ljust(40)), "Hose") == []
    assert below(wide.format("Hose of good, durable rubber".ljust(40)), "Hose of good, durable rubber") == ["20 metres"]


def test_in_a_text_without_pages_only_an_indented_line_goes_on() -> None:
    rows = "Garden hose    12.50      25.00\n{}20 metres\n"
    assert below(rows.format(""), "Garden hose") == []
    assert below("1  " + rows.format("   "), "Garden hose") == ["20 metres"]


FORM = """\
Agency: ASSEMBLY     Advertiser: Friends of Ann,    Market: Springfield
{}
Product: MAYOR       Office: BOSTON                 Spots: 8
"""


@pytest.mark.parametrize(
    ("second", "value", "flags"),
    [
        (" " * 33 + "Inc", "Friends of Ann, Inc", ["over-lines"]),
        (" " * 33 + "Inc           East", "Friends of Ann, Inc", ["over-lines"]),
        ("711 Third Avenue" + " " * 17 + "Inc", "Friends of Ann, Inc", ["over-lines"]),
        (" " * 33 + "Inc, the committee of all friends", "Friends of Ann,", ["ends-open"]),  # into the next column
        ("Inc", "Friends of Ann,", ["ends-open"]),  # at another edge
        ("", "Friends of Ann,", ["ends-open"]),
    ],
)
def test_a_single_value_that_ends_open_goes_on_below_or_says_so(second: str, value: str, flags: list[str]) -> None:
    document = document_of(FORM.format(second))
    found = (
        prepare(task_of(advertiser={"kind": "text"}), document).plan().read(" Friends of Ann,\n").single["advertiser"]
    )
    assert (found.value, found.answer.flags) == (value, flags)
    assert fault(found.value, found.answer, document) is None


@pytest.mark.parametrize("text", ["Ann for", "ANN FOR", "Ann &", "Ann (Bob", "Büro für", "Café et"])
def test_what_ends_open(text: str) -> None:
    assert ends_open(text)


@pytest.mark.parametrize("text", ["Ann", "For", "Plan A", "Vitamin D", "Ann (Bob)", "Log In", "Add-on", "2020-"])
def test_what_may_end_there(text: str) -> None:
    assert not ends_open(text)


def test_a_code_has_no_further_lines() -> None:
    assert below(TABLE.replace("Garden hose", "TB-100-A4-X"), "TB-100-A4-X") == []


def test_a_line_that_was_broken_at_a_hyphen_or_a_slash_is_joined_without_a_space() -> None:
    assert joined_lines(["Beamer-", "Deckenhalterung"]) == "Beamer-Deckenhalterung"
    assert joined_lines(["TGA", "Obermonteur/", "Monteur"]) == "TGA Obermonteur/Monteur"
    assert joined_lines(["A -", "B"]) == "A - B"
    document = document_of(TABLE.replace("Garden hose", "Garden-    ").replace("20 metres", "hose, long"))
    value, answer = read(document, "Garden- | 12.50 | 25.00")
    assert value == "Garden-hose, long"
    assert fault(value, answer, document) is None


def printed(name: str, width: float) -> Document:
    """A PDF with an invoice table whose column for names is ``width`` points wide."""
    style = ParagraphStyle("cell", fontName="Helvetica", fontSize=10, leading=12)
    rows = [["Pos", "Name", "Price", "Amount"], ["1", Paragraph(name, style), "12.50", "25.00"]]
    rows.append(["2", Paragraph("Spade", style), "19.00", "19.00"])
    stream = io.BytesIO()
    table = Table(
        rows,
        colWidths=[40, width, 80, 80],
        style=[("VALIGN", (0, 0), (-1, -1), "TOP"), ("ALIGN", (2, 0), (-1, -1), "RIGHT")],
    )
    SimpleDocTemplate(stream).build([table])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "invoice.pdf"
        path.write_bytes(stream.getvalue())
        (document,) = read_documents(Source(path, "invoice.pdf"), ReadingOptions(ocr="never"))
    assert isinstance(document, Document)
    return document


WORDS = st.sampled_from(
    ["Garden", "hose", "green", "with", "brass", "coupling", "and", "twenty", "metres", "of", "Spare"]
)


@given(st.lists(WORDS, min_size=2, max_size=6), st.integers(80, 160))
def test_what_a_pdf_wraps_is_read_whole_or_up_to_an_end_of_a_line(words: list[str], width: int) -> None:
    name = " ".join(["Washing", *words])
    document = printed(name, width)
    start = document.text.index("Washing")
    first = document.text[start:].split("   ")[0].split("\n")[0]
    whole = CellLines(document).below(start, start + len(first))
    said = joined_lines([first, *(document.text[low:high] for low, high in whole)])
    assert name.startswith(said)
    if len(first) < len(name):
        assert whole, document.text


def test_the_checker_finds_lines_that_are_not_those_of_the_cell() -> None:
    document = document_of(TABLE)
    value, answer = read(document, "Garden hose | 12.50 | 25.00")
    spade = document.text.index("Spade")
    other = answer.model_copy(update={"spans": [answer.spans[0], (spade, spade + 5)], "raw": "Garden hose\nSpade"})
    assert "is not on the line below" in str(fault("Garden hose Spade", other, document))
    number = document.text.index("metres")
    aside = answer.model_copy(update={"spans": [answer.spans[0], (number, number + 6)], "raw": "Garden hose\nmetres"})
    assert "does not begin under" in str(fault("Garden hose metres", aside, document))
    unsaid = answer.model_copy(update={"flags": []})
    assert "2 primary spans" in str(fault(value, unsaid, document))
    assert "is not" in str(fault("Garden hose", answer, document))


def test_a_ranker_knows_the_same_cells() -> None:
    document = document_of(TABLE)
    places = {place.value: place for place in text_places(document, TextField(kind="text"), in_rows=True)}
    assert "Garden hose 20 metres" in places
    assert places["Garden hose 20 metres"].flags == ("over-lines",)
    assert "Garden hose" not in places
    assert replace(places["Spade"], below=()) == places["Spade"]


def test_a_name_over_more_segments_than_allowed_is_none() -> None:
    task = task_of(
        lines={"kind": "list", "fields": {"name": {"kind": "text", "max_segments": 3}, "amount": {"kind": "number"}}}
    )
    found = prepare(task, document_of(TABLE)).plan().read("\n- Garden hose | 25.00\n").lists["lines"][0].values["name"]
    assert (found.value, found.answer.flags) == (None, ["over-max-segments"])
