"""A name that a narrow column breaks over lines is read as a whole, from as many spans as it has lines."""

from __future__ import annotations

import io
import json
import re
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
from ringfence.contracts import DocumentFacts, FieldAnswer, Result
from ringfence.documents import (
    Below,
    CellLines,
    Document,
    ReadingOptions,
    Source,
    ends_open,
    joined_lines,
    read_documents,
)
from ringfence.gold.label_studio import read_label_studio, tasks_of
from ringfence.learning.places import text_places
from ringfence.tasks import prepare
from ringfence.tasks.fields import TextField
from ringfence.tasks.windows import Window
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
    return [text[first:last] for first, last in CellLines(document_of(text)).below(start, start + len(cell)).lines]


def fault(value: Any, answer: FieldAnswer, document: Document) -> str | None:
    spec = {"kind": "text", "required": False}
    return fault_of_value(value, answer, spec, document, {}, [(0, len(document.text))], path="name")


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
        ("711 Third Avenue" + " " * 17 + "Inc", "Friends of Ann,", ["ends-open"]),  # it may have a label
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
    assert joined_lines(["Garten-", "und Hausgeräte"]) == "Garten- und Hausgeräte"
    document = document_of(TABLE.replace("Garden hose", "Garden-    ").replace("20 metres", "hose, long"))
    value, answer = read(document, "Garden- | 12.50 | 25.00")
    assert value == "Garden-hose, long"
    assert fault(value, answer, document) is None


def printed(names: list[str], width: float, aligned: str = "TOP", padding: float = 4) -> Document:
    """A PDF with an invoice table whose column for names is ``width`` points wide."""
    style = ParagraphStyle("cell", fontName="Helvetica", fontSize=10, leading=12)
    rows: list[list[Any]] = [["Pos", "Name", "Price", "Amount"]]
    rows += [[str(n), Paragraph(name, style), "12.50", "25.00"] for n, name in enumerate(names, 1)]
    looks: list[Any] = [("VALIGN", (0, 0), (-1, -1), aligned), ("ALIGN", (2, 0), (-1, -1), "RIGHT")]
    looks += [(f"{side}PADDING", (0, 0), (-1, -1), padding) for side in ("TOP", "BOTTOM")]
    stream = io.BytesIO()
    SimpleDocTemplate(stream).build([Table(rows, colWidths=[40, width, 80, 80], style=looks)])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "invoice.pdf"
        path.write_bytes(stream.getvalue())
        (document,) = read_documents(Source(path, "invoice.pdf"), ReadingOptions(ocr="never"))
    assert isinstance(document, Document)
    return document


def cell_at(document: Document, word: str) -> tuple[str, Below]:
    """The first line of the cell that begins with ``word``, and what is below it."""
    start = document.text.index(word)
    first = document.text[start:].split("   ")[0].split("\n")[0]
    return first, CellLines(document).below(start, start + len(first))


WORDS = st.sampled_from(
    ["Garden", "hose", "green", "with", "brass", "coupling", "and", "twenty", "metres", "of", "Spare"]
)


@given(st.lists(WORDS, min_size=2, max_size=6), st.integers(80, 160))
def test_what_a_pdf_wraps_is_read_whole_or_up_to_an_end_of_a_line(words: list[str], width: int) -> None:
    name = " ".join(["Washing", *words])
    document = printed([name, "Spade"], width)
    first, below = cell_at(document, "Washing")
    said = joined_lines([first, *(document.text[low:high] for low, high in below.lines)])
    assert name.startswith(said)
    if len(first) < len(name):
        assert below.lines, document.text


@given(
    st.lists(st.lists(WORDS, min_size=1, max_size=5), min_size=1, max_size=4),
    st.integers(80, 160),
    st.sampled_from(["TOP", "MIDDLE", "BOTTOM"]),
    st.sampled_from([0, 1, 2, 3, 6]),
)
def test_however_a_table_is_aligned_no_name_takes_words_of_another(
    names: list[list[str]], width: int, aligned: str, padding: int
) -> None:
    whole = [f"Washing {' '.join(words)}" for words in names]
    document = printed(whole, width, aligned, padding)
    for first in re.finditer("Washing", document.text):
        cell = document.text[first.start() :].split("   ")[0].split("\n")[0]
        below = CellLines(document).below(first.start(), first.start() + len(cell)).lines
        said = joined_lines([cell, *(document.text[low:high] for low, high in below)])
        assert any(name.startswith(said) for name in whole), (said, document.text)


@pytest.mark.parametrize("aligned", ["MIDDLE", "BOTTOM"])
def test_a_cell_whose_numbers_stand_beside_another_line_says_that_more_may_belong_to_it(aligned: str) -> None:
    document = printed(["Washing machine, large, with dryer", "Spade"], 100, aligned)
    for line in re.findall(r"(?m)^(?:\d   )?([A-Z][a-z ,]+?)(?:   |$)", document.text):
        if "Washing" in line:
            start = document.text.index(line)
            assert CellLines(document).below(start, start + len(line)) == Below((), more=True), document.text


def test_where_lines_are_as_near_as_rows_nobody_can_tell() -> None:
    _, below = cell_at(printed(["Washing machine, large", "Spade"], 100, padding=0), "Washing")
    assert below == Below((), more=True)


def test_the_lines_of_a_right_to_left_table_are_left_alone() -> None:
    text = TABLE.replace("Garden hose ", "12.50       ").replace("    12.50      25.00", "    Garden hose     ")
    assert below(text, "Garden hose") == []


def test_the_checker_finds_lines_that_are_not_those_of_the_cell() -> None:
    document = document_of(TABLE)
    value, answer = read(document, "Garden hose | 12.50 | 25.00")
    spade = document.text.index("Spade")
    other = answer.model_copy(update={"spans": [answer.spans[0], (spade, spade + 5)], "raw": "Garden hose\nSpade"})
    assert "is not on the line below" in str(fault("Garden hose Spade", other, document))
    number = document.text.index("metres")
    aside = answer.model_copy(update={"spans": [answer.spans[0], (number, number + 6)], "raw": "Garden hose\nmetres"})
    assert "does not begin under" in str(fault("Garden hose metres", aside, document))
    rows = document.text.replace("      20 metres", "      20 metres    9.00")
    there = rows.index("20 metres")
    beside = answer.model_copy(update={"spans": [answer.spans[0], (there, there + 9)]})
    assert "numbers of another row" in str(fault(value, beside, document_of(rows)))
    part = answer.model_copy(
        update={"spans": [(answer.spans[0][0], answer.spans[0][0] + 6), answer.spans[1]], "raw": "Garden\n20 metres"}
    )
    assert "not all of its cell" in str(fault("Garden 20 metres", part, document))
    unsaid = answer.model_copy(update={"flags": []})
    assert "2 primary spans" in str(fault(value, unsaid, document))
    assert "is not" in str(fault("Garden hose", answer, document))


def test_a_ranker_knows_the_same_cells() -> None:
    document = document_of(TABLE)
    places = {place.value: place for place in text_places(CellLines(document), TextField(kind="text"), in_rows=True)}
    assert "Garden hose 20 metres" in places
    assert places["Garden hose 20 metres"].flags == ("over-lines",)
    assert "Garden hose" not in places
    assert replace(places["Spade"], below=()) == places["Spade"]


def test_a_ranker_may_choose_a_cell_that_goes_on_below_where_its_first_line_is_a_part_of_another_place() -> None:
    document = document_of(FORM.format(" " * 33 + "Inc"))
    places = {place.value: place for place in text_places(CellLines(document), TextField(kind="text"))}
    assert places["Friends of Ann, Inc"].flags == ("over-lines",)
    assert places["Friends of Ann"].below == ()


def test_a_line_that_the_window_does_not_have_is_told() -> None:
    document = document_of(TABLE)
    plan = prepare(TASK, document).plan(Window(0, TABLE.index("      20 metres")))
    found = plan.read("\n- Garden hose | 12.50 | 25.00\n").lists["lines"][0].values["name"]
    assert (found.value, found.answer.flags) == ("Garden hose", ["more-below"])


def test_a_label_of_several_lines_is_one_value_again() -> None:
    document = document_of(FORM.format(" " * 33 + "Inc"))
    task = task_of(advertiser={"kind": "text"})
    found = prepare(task, document).plan().read(" Friends of Ann,\n").single["advertiser"]
    result = Result(
        document=DocumentFacts(id=document.id),
        status="done",
        values={"advertiser": found.value},
        fields={"advertiser": found.answer},
    )
    (shown,) = tasks_of({document.id: result}, [document], task, blind=False)
    data = {**shown, "annotations": [{"result": shown["predictions"][0]["result"]}]}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.json"
        path.write_text(json.dumps([data]), encoding="utf-8")
        (row,) = read_label_studio(path, task)
    assert row.cells["advertiser"] == "Friends of Ann, Inc"


@pytest.mark.parametrize(
    "text", ["Due 3 May 2024\nPay by 3 May 2024\n", "ACME Ltd\nACME Ltd\n", "Buyer ACME Ltd\nSeller Ann Lee\n"]
)
def test_a_value_that_is_labelled_at_two_places_is_one_value(text: str) -> None:
    words = ["3 May 2024"] * 2 if "May" in text else ["ACME Ltd", "Ann Lee" if "Ann" in text else "ACME Ltd"]
    places, after = [], 0
    for word in words:
        start = text.index(word, after)
        after = start + len(word)
        value = {"start": start, "end": after, "text": word, "labels": ["who"]}
        places.append({"from_name": "label", "to_name": "text", "type": "labels", "value": value})
    data = {"data": {"document": "a.txt", "text": text}, "annotations": [{"result": places}]}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.json"
        path.write_text(json.dumps([data]), encoding="utf-8")
        (row,) = read_label_studio(path, task_of(who={"kind": "text"}))
    assert row.cells["who"] == words[0]


def test_a_name_over_more_segments_than_allowed_is_none() -> None:
    task = task_of(
        lines={"kind": "list", "fields": {"name": {"kind": "text", "max_segments": 3}, "amount": {"kind": "number"}}}
    )
    found = prepare(task, document_of(TABLE)).plan().read("\n- Garden hose | 25.00\n").lists["lines"][0].values["name"]
    assert (found.value, found.answer.flags) == (None, ["over-max-segments"])


@pytest.mark.parametrize(
    ("upper", "lower", "cell"),
    [
        ("Street:    12 High Street,", "City:      London", "12 High Street,"),
        ("Name   Ann Smith,   left", "Name   Bob Jones,   left", "Ann Smith,"),
        ("Dear     Ms. Smith,", "Tel:     040 123", "Ms. Smith,"),
    ],
)
def test_the_next_record_of_a_form_is_no_further_line(upper: str, lower: str, cell: str) -> None:
    text = f"{upper}\n{lower}\n"
    start = text.index(cell)
    assert CellLines(document_of(text)).below(start, start + len(cell), in_row=False) == Below()


@pytest.mark.parametrize(
    "text", ["NEW ORLEANS, LA", "BERLIN DE", "https://www.acme.com/", "ACME CORP /DE/", "Sorry :("]
)
def test_states_addresses_of_the_web_and_faces_end_there(text: str) -> None:
    assert not ends_open(text)
