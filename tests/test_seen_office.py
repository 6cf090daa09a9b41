"""Office files are read as their paper shows them: lines that go on, bullets that are boxes, rules of sheets."""

from __future__ import annotations

from pathlib import Path

import pytest
import xlsxwriter

from tests.cases import codes, read_file
from tests.test_opendocument_files import cell as odf_cell
from tests.test_opendocument_files import read as read_odf
from tests.test_rtf_files import rtf
from tests.test_seen_text import slide
from tests.test_word_files import cell, level, numbered, paragraph, row, run, text_of, word

_MATHS = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'


@pytest.mark.parametrize(
    ("first", "second", "text"),
    [
        ('<w:rPr><w:del w:id="1"/></w:rPr>', "00 EUR", "Total 500 EUR"),  # the end of the paragraph is deleted
        ("<w:rPr><w:vanish/><w:specVanish/></w:rPr>", " net", "Total 5 net"),
        ('<w:framePr w:dropCap="drop"/>', "00 EUR", "Total 500 EUR"),
    ],
)
def test_a_line_goes_on_where_its_end_is_deleted_or_hidden_or_a_drop_cap(first: str, second: str, text: str) -> None:
    assert text_of(paragraph(run("Total 5"), properties=first) + paragraph(run(second))) == text


def test_a_line_that_nothing_continues_is_written() -> None:
    last = paragraph(run("Total 5"), properties='<w:rPr><w:del w:id="1"/></w:rPr>')
    assert text_of(paragraph(run("a")) + last) == "a\n\nTotal 5"
    table = f"<w:tbl>{row(cell('x'), cell('y'))}</w:tbl>"
    assert text_of(last + table) == "Total 5\n\nx   y"


def test_a_clause_that_nobody_sees_has_no_number() -> None:
    hidden = numbered("secret", 0).replace("<w:pPr>", "<w:pPr><w:rPr><w:vanish/></w:rPr>")
    hidden = hidden.replace("<w:rPr></w:rPr>", "<w:rPr><w:vanish/></w:rPr>")
    levels = level(0, "decimal", "%1.")
    abstract = f'<w:abstractNum w:abstractNumId="1">{levels}</w:abstractNum>'
    numbering = f'{abstract}<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>'
    assert text_of(numbered("one", 0) + hidden + numbered("two", 0), numbering=numbering) == "1. one\n2. two"


def test_a_number_is_padded_as_its_form_says_and_a_bullet_may_be_a_box() -> None:
    form = '<w:numFmt w:val="custom" w:format="001, 002, 003, ..."/>'
    padded = level(0, "decimal", "INV-%1").replace('<w:numFmt w:val="decimal"/>', form)
    box = level(0, "bullet", "\uf0fe", more='<w:rPr><w:rFonts w:ascii="Wingdings"/></w:rPr>')
    for own, text in ((padded, "INV-001 a"), (box, "☒ a")):
        numbering = f'<w:abstractNum w:abstractNumId="1">{own}</w:abstractNum>'
        numbering += '<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>'
        assert text_of(numbered("a", 0), numbering=numbering) == text


def test_a_field_shows_its_symbol_or_is_named(tmp_path: Path) -> None:
    def drawn(instruction: str) -> str:
        begin, end = ('<w:r><w:fldChar w:fldCharType="begin"/></w:r>', '<w:r><w:fldChar w:fldCharType="end"/></w:r>')
        return f"{begin}<w:r><w:instrText>{instruction}</w:instrText></w:r>{end}"

    body = paragraph(drawn(r" SYMBOL 254 \f &quot;Wingdings&quot; \s 12 "), run(" agreed"))
    body += paragraph(drawn(" AUTONUMLGL "), run(" Payment terms"))
    document = read_file(word(tmp_path / "a.docx", body))
    assert document.text == "☒ agreed\n\nPayment terms"
    assert codes(document) == ["fields"]
    stored = '<w:fldSimple w:instr="REF x"><w:r><w:t>7.2</w:t></w:r></w:fldSimple>'
    assert text_of(paragraph(run("See "), stored)) == "See 7.2"


def test_a_covered_or_deleted_cell_shows_nothing(tmp_path: Path) -> None:
    rows = row(cell("seen", '<w:vMerge w:val="restart"/>'), cell("1"))
    rows += row(cell("covered 55", "<w:vMerge/>"), cell("2"))
    rows += row(cell("gone", '<w:cellDel w:id="1"/>'), cell("3"))
    document = read_file(word(tmp_path / "a.docx", f"<w:tbl>{rows}</w:tbl>"))
    assert document.text == "seen   1\n·   2\n·   3"
    assert sorted(codes(document)) == ["deleted-text", "hidden-text"]


def test_a_symbol_font_may_come_from_a_style() -> None:
    style = '<w:style w:styleId="S" w:type="character"><w:rPr><w:rFonts w:ascii="Wingdings" w:hAnsi="Wingdings"/>'
    box = run("o", '<w:rStyle w:val="S"/>')
    assert text_of(paragraph(box, run(" box")), styles=f"{style}</w:rPr></w:style>") == "☐ box"


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        ("<m:sSup><m:e><m:r><m:t>10</m:t></m:r></m:e><m:sup><m:r><m:t>6</m:t></m:r></m:sup></m:sSup>", "10 ⁶"),
        ("<m:f><m:num><m:r><m:t>1</m:t></m:r></m:num><m:den><m:r><m:t>2</m:t></m:r></m:den></m:f>", "1/2"),
        (
            '<m:nary><m:naryPr><m:chr m:val="∑"/></m:naryPr><m:sub><m:r><m:t>i=1</m:t></m:r></m:sub>'
            "<m:sup><m:r><m:t>10</m:t></m:r></m:sup><m:e><m:r><m:t>5x</m:t></m:r></m:e></m:nary>",
            "∑(i=1) ¹⁰ 5x",
        ),
    ],
)
def test_a_formula_reads_the_same_on_a_slide_and_in_a_letter(tmp_path: Path, formula: str, text: str) -> None:
    maths = f"<m:oMath {_MATHS}>{formula}</m:oMath>"
    assert text_of(paragraph(maths)) == text
    drawn = f'<a14:m xmlns:a14="a14"><m:oMathPara {_MATHS}>{maths}</m:oMathPara></a14:m>'
    assert read_file(slide(tmp_path, f"<a:p>{drawn}</a:p>")).text == f"Slide 1\n\n{text}"


def test_a_bullet_on_a_slide_may_be_a_box(tmp_path: Path) -> None:
    def item(sign: str, text: str) -> str:
        properties = f'<a:pPr><a:buFont typeface="Wingdings"/><a:buChar char="{sign}"/></a:pPr>'
        return f"<a:p>{properties}<a:r><a:t>{text}</a:t></a:r></a:p>"

    shapes = item("\xfe", "ticked") + item("o", "unticked") + item("\xa7", "plain")
    assert read_file(slide(tmp_path, shapes)).text == "Slide 1\n\n☒ ticked\n☐ unticked\n- plain"


@pytest.mark.parametrize(
    ("body", "text", "named"),
    [
        (r'{\field{\*\fldinst SYMBOL 254 \\f "Wingdings" \\s 12}{\fldrslt\f3 }} agreed\par', "☒ agreed", []),
        (r"{\colortbl;\red0\green0\blue0;}Name {\cf1\chcbpat1 Eva Lund} seen\par", "Name seen", ["hidden-text"]),
    ],
)
def test_rtf_shows_symbols_of_fields_and_hides_what_is_blacked_out(body: str, text: str, named: list[str]) -> None:
    document = rtf(body)
    assert document.text == text
    assert codes(document) == named


def test_cells_that_a_rule_may_show_otherwise_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("S")
        sheet.write_row("A1", ["Fee", 400, 500, 600, 700])
        sheet.conditional_format("B1", {"type": "no_blanks", "format": book.add_format({"num_format": '0 "USD"'})})
        sheet.conditional_format("C1", {"type": "no_blanks", "format": book.add_format({"font_strikeout": True})})
        sheet.conditional_format("D1", {"type": "no_blanks", "format": book.add_format({"bold": True})})
        sheet.conditional_format("E1", {"type": "icon_set", "icon_style": "3_arrows", "icons_only": True})
    document = read_file(path)
    assert document.text.splitlines()[-1] == "Fee   400   500   600"
    assert {part.code: part.what.rpartition(" (")[2] for part in document.unread} == {
        "hidden-text": "S!E1)",
        "conditional-formats": "S!B1, S!C1)",
    }


def test_a_merged_cell_shows_in_its_first_column_that_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("S")
        sheet.merge_range("A1:C1", "Total 310")
        sheet.write("D1", "net")
        sheet.set_column("A:A", None, None, {"hidden": True})
    assert read_file(path).text.splitlines()[-1] == "Total 310   net"


def test_a_day_that_changes_each_day_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("S")
        sheet.write("A1", "Date")
        sheet.write_formula("B1", "=TODAY()", book.add_format({"num_format": "yyyy-mm-dd"}), 45_000)
    assert "stale-formulas" in codes(read_file(path))


def test_only_headers_that_pages_use_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("S")
        sheet.write("A1", "x")
        sheet.set_header("&LUsed 5")
    assert read_file(path).text == "Sheet: S\n\nUsed 5\n\nx"


def test_a_sheet_of_opendocument_names_charts_and_reads_every_shape() -> None:
    shapes = (
        "<table:shapes><draw:frame><draw:object/></draw:frame><draw:rect><text:p>Fee 500</text:p></draw:rect>"
        "<draw:frame><draw:text-box><text:list><text:list-item><text:p>100</text:p></text:list-item><text:list-item>"
        "<text:p>200</text:p></text:list-item></text:list></draw:text-box></draw:frame></table:shapes>"
    )
    line = f"<table:table-row>{odf_cell('x')}</table:table-row>"
    document = read_odf(f'<table:table table:name="S">{shapes}{line}</table:table>', "spreadsheet")
    assert document.text == "Sheet: S\n\nx\n\nFee 500\n\n100\n200"
    assert codes(document) == ["charts"]


def test_hidden_shapes_and_paragraphs_of_opendocument_are_named() -> None:
    hidden = '<text:p>Old 999<text:hidden-paragraph text:is-hidden="true"/></text:p>'
    box = '<draw:frame draw:display="none"><draw:text-box><text:p>77</text:p></draw:text-box></draw:frame>'
    shape = f"<text:p>Total{box}</text:p>"
    section = '<text:section text:display="condition"><text:p>Fee 42</text:p></text:section>'
    document = read_odf(hidden + shape + section)
    assert document.text == "Total\n\nFee 42"
    assert codes(document) == ["hidden-text"]
