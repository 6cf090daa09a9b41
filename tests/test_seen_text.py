"""What people see in a file is what is read; what they do not see is left out and named."""

from __future__ import annotations

import zipfile
from email.message import EmailMessage
from pathlib import Path

import pytest
import xlsxwriter

from tests.cases import codes, read_file


def test_parts_of_a_cell_that_are_struck_white_or_in_a_symbol_font_show_as_in_the_sheet(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet, plain = book.add_worksheet("S"), book.add_format()
        struck, white = book.add_format({"font_strikeout": True}), book.add_format({"font_color": "#FFFFFF"})
        signs = book.add_format({"font_name": "Wingdings"})
        sheet.write_rich_string("A1", struck, "EUR 310 ", plain, "EUR 295")
        sheet.write_rich_string("A2", plain, "open", white, " 77")
        sheet.write_rich_string("A3", signs, "\xfe", plain, " accepted")
        sheet.write("A4", "\xa8", signs)
    document = read_file(path)
    assert document.text.splitlines()[2:] == ["EUR 295", "open", "☒ accepted", "☐"]
    assert sorted(codes(document)) == ["hidden-text", "struck-text"]


def test_rows_that_exist_are_seen_though_all_unused_ones_are_hidden(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("S")
        sheet.set_default_row(hide_unused_rows=True)
        sheet.write("A1", "Total")
        sheet.write("B1", 310)
    document = read_file(path)
    assert "Total   310" in document.text
    assert not document.unread


def test_a_sheet_that_shows_no_zeros_shows_none(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("S")
        sheet.hide_zero()
        sheet.write_row("A1", ["Balance", 0, 31])
    document = read_file(path)
    assert document.text.splitlines()[-1] == "Balance   31"
    assert codes(document) == ["hidden-text"]


def test_what_is_blacked_out_in_a_sheet_is_left_out_and_named(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("S")
        sheet.write("A1", "Name")
        sheet.write("B1", "Eva Lund", book.add_format({"bg_color": "#000000"}))
        sheet.write("C1", "EL-7", book.add_format({"bg_color": "#000000", "font_color": "#000000"}))
        sheet.write("D1", "seen", book.add_format({"bg_color": "#000000", "font_color": "#FFFFFF"}))
    document = read_file(path)
    assert document.text.splitlines()[-1] == "Name   seen"
    assert codes(document) == ["hidden-text"]


@pytest.mark.parametrize(
    "style",
    [
        "position:relative;top:-4pt",
        "mso-text-raise:4pt",
        "vertical-align:5px",
        "vertical-align:30%",
        "vertical-align:super",
        "vertical-align:text-top",
        "font-variant-position:super",
    ],
)
def test_a_raised_digit_is_no_digit_of_the_number(tmp_path: Path, style: str) -> None:
    path = tmp_path / "a.html"
    path.write_text(f'<p>Total 310<span style="{style}">2</span> EUR</p>')
    assert "3102" not in read_file(path).text


@pytest.mark.parametrize("style", ["position:relative;top:-1px", "vertical-align:1px", "vertical-align:middle"])
def test_a_digit_that_is_adjusted_by_a_pixel_is_one(tmp_path: Path, style: str) -> None:
    path = tmp_path / "a.html"
    path.write_text(f'<p>Total 310<span style="{style}">2</span> EUR</p>')
    assert "3102" in read_file(path).text


@pytest.mark.parametrize(
    ("plain", "html", "seen"),
    [
        ("The offer has been accepted by us today", "<p>The offer has <b>not</b> been accepted by us today</p>", "not"),
        ("Deliver to Eva Tal in Oslo on Monday", "<p>Deliver to Eva Lund in Oslo on Monday</p>", "Eva Lund"),
        ("Sold by Berg Tal Ltd in Oslo", "<p>Sold by <s>Berg</s> Tal Ltd in Oslo</p>", "Sold by Tal"),
    ],
)
def test_a_mail_is_read_as_its_html_shows_it_where_the_words_differ(
    tmp_path: Path, plain: str, html: str, seen: str
) -> None:
    message = EmailMessage()
    message["Subject"] = "S"
    message.set_content(plain)
    message.add_alternative(html, subtype="html")
    path = tmp_path / "a.eml"
    path.write_bytes(bytes(message))
    text = read_file(path).text
    assert seen in text
    assert plain not in text


def slide(tmp_path: Path, shapes: str) -> Path:
    """A presentation of one slide with a text body in DrawingML."""
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    names = (
        f'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:r="{office}" '
        'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    )
    relations = "http://schemas.openxmlformats.org/package/2006/relationships"

    def links(kind: str, target: str) -> str:
        one = f'<Relationship Id="rId1" Type="{office}/{kind}" Target="{target}"/>'
        return f'<Relationships xmlns="{relations}">{one}</Relationships>'

    kind = "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"
    path = tmp_path / "a.pptx"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            f'<Override PartName="/ppt/presentation.xml" ContentType="{kind}"/></Types>',
        )
        package.writestr("_rels/.rels", links("officeDocument", "ppt/presentation.xml"))
        package.writestr("ppt/_rels/presentation.xml.rels", links("slide", "slides/slide1.xml"))
        package.writestr(
            "ppt/presentation.xml",
            f'<p:presentation {names}><p:sldIdLst><p:sldId id="256" r:id="rId1"/></p:sldIdLst></p:presentation>',
        )
        body = f"<p:sp><p:txBody>{shapes}</p:txBody></p:sp>"
        package.writestr(
            "ppt/slides/slide1.xml", f"<p:sld {names}><p:cSld><p:spTree>{body}</p:spTree></p:cSld></p:sld>"
        )
    return path


def test_a_symbol_font_on_a_slide_shows_its_signs(tmp_path: Path) -> None:
    run = '<a:r><a:rPr><a:latin typeface="Wingdings"/></a:rPr><a:t>\xfe</a:t></a:r><a:r><a:t> agreed</a:t></a:r>'
    assert "☒ agreed" in read_file(slide(tmp_path, f"<a:p>{run}</a:p>")).text


def test_a_book_is_read_as_its_style_sheet_shows_it(tmp_path: Path) -> None:
    container = '<container><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>'
    book = (
        '<package><manifest><item id="a" href="text/a.xhtml"/><item id="s" href="css/s.css"/></manifest>'
        '<spine><itemref idref="a"/></spine></package>'
    )
    page = (
        '<html><head><title>T</title><link rel="stylesheet" href="../css/s.css"/></head><body>'
        '<p>Total 310<span class="note">2</span> EUR</p><p class="old">Price 90</p><p class="away">draft</p>'
        "</body></html>"
    )
    path = tmp_path / "a.epub"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("META-INF/container.xml", container)
        package.writestr("OPS/book.opf", book)
        package.writestr("OPS/text/a.xhtml", page)
        sheet = ".note{vertical-align:super}.old{text-decoration:line-through}.away{display:none}"
        package.writestr("OPS/css/s.css", sheet)
    document = read_file(path)
    assert document.text == "# T\n\nTotal 310 ² EUR"
    assert sorted(codes(document)) == ["hidden-text", "struck-text"]


@pytest.mark.parametrize(
    ("rows", "cells"),
    [
        (['"Lund";"C:\\Export\\";"100"', '"Tal";"C:\\Import\\";"200"'], ["C:\\Export\\", "C:\\Import\\"]),
        (['"Lund";"a \\"big\\" box";"1"', '"Tal";"C:\\temp\\new";"2"'], ['a "big" box', "C:\\temp\\new"]),
    ],
)
def test_a_backslash_in_a_csv_file_escapes_quotes_and_nothing_else(
    tmp_path: Path, rows: list[str], cells: list[str]
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("name;what;count\n" + "\n".join(rows) + "\n")
    text = read_file(path).text
    for cell in cells:
        assert cell in text


def test_a_cell_of_an_opendocument_sheet_is_read_as_its_styles_show_it(tmp_path: Path) -> None:
    names = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for short, name in (
            ("office", "office"), ("text", "text"), ("table", "table"), ("style", "style"), ("fo", "xsl-fo-compatible")
        )
    )  # fmt: skip
    line = 'style:text-line-through-style="solid"'
    styles = (
        f'<style:style style:name="S" style:family="text"><style:text-properties {line}/></style:style>'
        '<style:style style:name="U" style:family="text"><style:text-properties style:text-position="super 58%"/>'
        '</style:style><style:style style:name="C" style:family="table-cell">'
        f"<style:text-properties {line}/></style:style>"
        '<style:style style:name="W" style:family="text"><style:text-properties fo:color="#ffffff"/></style:style>'
    )
    cells = (
        '<text:p><text:span text:style-name="S">310 </text:span>295 EUR</text:p>',
        '<text:p>12<text:span text:style-name="U">3</text:span></text:p>',
        '<text:p><text:span text:style-name="W">head on a dark ground</text:span></text:p>',
    )
    row = "".join(f"<table:table-cell>{cell}</table:table-cell>" for cell in cells)
    row += '<table:table-cell table:style-name="C"><text:p>void</text:p></table:table-cell>'
    content = (
        f"<office:document-content {names}><office:automatic-styles>{styles}</office:automatic-styles><office:body>"
        f'<office:spreadsheet><table:table table:name="S"><table:table-row>{row}</table:table-row></table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    path = tmp_path / "a.ods"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        package.writestr("content.xml", content)
    document = read_file(path)
    assert document.text.splitlines()[-1] == "295 EUR   12 ³   head on a dark ground"
    assert codes(document) == ["struck-text"]


@pytest.mark.parametrize(("look", "seen"), [({"bg_color": "#000000"}, True), ({"bold": True}, False)])
def test_only_a_rule_that_colours_the_ground_shows_white_text(
    tmp_path: Path, look: dict[str, object], seen: bool
) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("S")
        sheet.write_row("A1", ["Fee", 400])
        sheet.write("C1", 999, book.add_format({"font_color": "#FFFFFF"}))
        sheet.conditional_format("C1", {"type": "no_blanks", "format": book.add_format(look)})
    assert ("999" in read_file(path).text) is seen
