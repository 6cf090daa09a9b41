"""An OpenDocument file is read as its paper shows it: marks apart, numbers of items, columns, and nothing unseen."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.documents import Document, ReadingOptions
from tests.cases import case, codes, read_file
from tests.files import zipped

_NAMES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{place}:1.0"'
    for name, place in [
        ("office", "office"), ("text", "text"), ("table", "table"), ("draw", "drawing"), ("style", "style"),
        ("fo", "xsl-fo-compatible"), ("presentation", "presentation"),
    ]
)  # fmt: skip
STYLES = (
    '<style:style style:name="up" style:family="text"><style:text-properties style:text-position="super 58%"/>'
    '</style:style><style:style style:name="gone" style:family="text"><style:text-properties text:display="none"/>'
    '</style:style><style:style style:name="white" style:family="text"><style:text-properties fo:color="#ffffff"/>'
    '</style:style><text:list-style style:name="L"><text:list-level-style-number text:level="1" style:num-suffix="."'
    ' style:num-format="1" text:start-value="7"/><text:list-level-style-number text:level="2" style:num-format="1"'
    ' text:display-levels="2"/></text:list-style>'
    '<style:style style:name="struck" style:family="text"><style:text-properties'
    ' style:text-line-through-style="solid"/></style:style>'
    '<style:style style:name="off" style:family="drawing-page">'
    '<style:drawing-page-properties presentation:visibility="hidden"/></style:style>'
)


def read(body: str, kind: str = "text", options: ReadingOptions | None = None) -> Document:
    ending = {"text": "odt", "presentation": "odp", "spreadsheet": "ods"}[kind]
    content = (
        f"<office:document-content {_NAMES}><office:automatic-styles>{STYLES}</office:automatic-styles>"
        f"<office:body><office:{kind}>{body}</office:{kind}></office:body></office:document-content>"
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a.{ending}"
        mimetype = f"application/vnd.oasis.opendocument.{kind}".encode()
        path.write_bytes(zipped(("mimetype", mimetype), ("content.xml", content.encode())))
        return read_file(path, options)


def test_a_note_stands_apart_from_the_amount_before_it() -> None:
    assert case("74-*").text == "Price EUR 1,250.00 ¹ per year\n\n¹ 19 % VAT included"


@given(st.integers(0, 10**6), st.integers(1, 200))
@settings(max_examples=25, deadline=None)
def test_no_raised_number_joins_a_number(amount: int, mark: int) -> None:
    text = read(f'<text:p>EUR {amount:,}.50<text:span text:style-name="up">{mark}</text:span> net</text:p>').text
    assert text.startswith(f"EUR {amount:,}.50 ")
    assert str(mark) not in text.removeprefix(f"EUR {amount:,}.50")


def test_items_have_their_numbers() -> None:
    inner = "<text:list><text:list-item><text:p>a</text:p></text:list-item><text:list-item><text:p>b</text:p>"
    items = f"<text:list-item><text:p>Price</text:p>{inner}</text:list-item></text:list></text:list-item>"
    assert read(f'<text:list text:style-name="L">{items}</text:list>').text == "7. Price\n7.1 a\n7.2 b"


def test_what_nobody_sees_is_left_out_and_named() -> None:
    body = (
        "<text:tracked-changes><text:changed-region><text:deletion><text:p>EUR 99</text:p></text:deletion>"
        "</text:changed-region></text:tracked-changes><text:p>Fee EUR 75"
        '<text:span text:style-name="gone"> EUR 80</text:span><text:span text:style-name="white"> EUR 85</text:span>'
        "<office:annotation><text:p>too low</text:p></office:annotation></text:p>"
        '<text:section text:display="none"><text:p>EUR 70</text:p></text:section>'
    )
    document = read(body)
    assert document.text == "Fee EUR 75"
    assert sorted(codes(document)) == ["comments", "deleted-text", "hidden-text"]
    kept = read(body, options=ReadingOptions(hidden=True)).text
    assert "Fee EUR 75 EUR 80 EUR 85" in kept
    assert "EUR 70" in kept
    assert "EUR 99" not in kept


def cell(text: str, more: str = "") -> str:
    return f"<table:table-cell {more}><text:p>{text}</text:p></table:table-cell>"


def test_a_blank_cell_shows_which_column_a_value_is_in() -> None:
    blank = "<table:table-cell/>"
    covered = '<table:covered-table-cell table:number-columns-repeated="1"/>'
    rows = [
        cell("Account") + cell("2024", 'table:number-columns-spanned="2"') + covered + cell("2023"),
        cell("Bank") + blank + cell("500.00"),
        cell("Rent") + '<table:table-cell table:number-columns-repeated="2"/>' + cell("7"),
    ]
    table = "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
    text = read(f"<table:table>{table}</table:table>").text
    assert text == "Account   2024   ·   2023\nBank   ·   500.00\nRent   ·   ·   7"


def test_a_hidden_slide_is_named() -> None:
    page = "<draw:page{}><draw:frame><draw:text-box><text:p>{}</text:p></draw:text-box></draw:frame></draw:page>"
    document = read(page.format("", "shown") + page.format(' draw:style-name="off"', "hidden"), "presentation")
    assert document.text == "Slide 1\n\nshown"
    assert [part.what for part in document.unread] == ["1 hidden slide (slide 2)"]


@pytest.mark.parametrize(
    ("attributes", "shown", "text"),
    [
        ('office:value-type="currency" office:value="-1249.5"', "1.249,50 €", "-1.249,50 €"),
        ('office:value-type="currency" office:value="-1249.5"', "(1.249,50 €)", "(1.249,50 €)"),
        ('office:value-type="float" office:value="1067"', "01067", "01067"),
        ('office:value-type="time" office:time-value="PT36H30M"', "36:30", "36:30"),
        ('office:value-type="percentage" office:value="0.19"', "19,00 %", "19,00 %"),
        ('office:value-type="string"', "a   b", "a b"),
    ],
)
def test_a_cell_of_a_sheet_is_read_as_shown(attributes: str, shown: str, text: str) -> None:
    rows = f"<table:table-row>{cell('x')}{cell(shown, attributes)}</table:table-row>"
    assert read(f'<table:table table:name="S">{rows}</table:table>', "spreadsheet").text.endswith(f"x   {text}")


def test_hidden_rows_of_a_sheet_are_named() -> None:
    rows = f"<table:table-row>{cell('Total')}{cell('9')}</table:table-row>"
    hidden = f'<table:table-row table:visibility="collapse">{cell("Margin")}{cell("2")}</table:table-row>'
    document = read(f'<table:table table:name="S">{rows}{hidden}</table:table>', "spreadsheet")
    assert document.text == "Sheet: S\n\nTotal   9"
    assert [part.what for part in document.unread] == ["1 hidden row (S!2)"]


def test_what_is_struck_through_is_left_out_and_two_spaces_keep_numbers_apart() -> None:
    document = read('<text:p>Price <text:span text:style-name="struck">EUR 1,200</text:span> EUR 990</text:p>')
    assert document.text == "Price EUR 990"
    assert codes(document) == ["struck-text"]
    assert read('<text:p>EUR 95<text:s text:c="2"/>760.00</text:p>').text == "EUR 95   760.00"


def test_large_pictures_and_fields_of_a_form_are_named() -> None:
    def frame(width: str) -> str:
        return f'<draw:frame draw:width="{width}" draw:height="24cm"><draw:image/></draw:frame>'

    document = read(f"<text:p>Scan {frame('17cm')} logo {frame('2cm')} Amount <draw:control/></text:p>")
    assert [(part.code, part.what) for part in document.unread] == [
        ("pictures", "1 large picture"), ("form-controls", "1 field of a form"),
    ]  # fmt: skip
