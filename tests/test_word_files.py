"""A Word file is read as its paper shows it: numbers, marks, columns and notes, and nothing that nobody sees."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.documents import ReadingOptions
from tests.cases import case, codes, read_file

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
_KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def word(path: Path, body: str, **parts: str) -> Path:
    """A Word file with ``body`` as its XML; further parts by their kind (``footnotes``, ``numbering``)."""
    targets = "".join(f'<Relationship Id="{kind}" Type="{_KIND}/{kind}" Target="{kind}.xml"/>' for kind in parts)
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        main = f'<Relationship Id="r" Type="{_KIND}/officeDocument" Target="word/document.xml"/>'
        archive.writestr("_rels/.rels", f'<Relationships xmlns="{package}">{main}</Relationships>')
        archive.writestr("word/_rels/document.xml.rels", f'<Relationships xmlns="{package}">{targets}</Relationships>')
        archive.writestr("word/document.xml", f"<w:document {_W} {_R}><w:body>{body}</w:body></w:document>")
        for kind, xml in parts.items():
            archive.writestr(f"word/{kind}.xml", f"<w:{kind} {_W}>{xml}</w:{kind}>")
    return path


def text_of(body: str, options: ReadingOptions | None = None, **parts: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        return read_file(word(Path(folder) / "a.docx", body, **parts), options).text


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(*runs: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr>{''.join(runs)}</w:p>"


def row(*cells: str) -> str:
    return f"<w:tr>{''.join(cells)}</w:tr>"


def cell(text: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{paragraph(run(text))}</w:tc>"


RAISED = '<w:vertAlign w:val="superscript"/>'


def test_the_mark_of_a_footnote_stands_apart_from_the_number_before_it() -> None:
    assert case("32-*").text == "Fee EUR 1,250.00 ¹\n\nUnits 48 ²"


@given(st.integers(0, 10**7), st.integers(1, 120))
@settings(max_examples=25, deadline=None)
def test_no_raised_number_joins_a_number(number: int, mark: int) -> None:
    words = text_of(paragraph(run(f"Fee EUR {number:,}.50"), run(str(mark), RAISED), run(" net")))
    assert f"EUR {number:,}.50 " in words
    assert str(mark) not in words.replace(f"{number:,}.50", "")


def test_a_note_is_read_at_its_end_with_its_mark() -> None:
    notes = '<w:footnote w:id="7"><w:p><w:r><w:t>plus VAT EUR 14.25</w:t></w:r></w:p></w:footnote>'
    body = paragraph(run("Fee EUR 75"), '<w:r><w:footnoteReference w:id="7"/></w:r>', run(" due"))
    assert text_of(body, footnotes=notes) == "Fee EUR 75 ¹ due\n\n¹ plus VAT EUR 14.25"


def test_a_no_break_hyphen_is_a_hyphen() -> None:
    assert "-1,234.56 EUR" in case("41-*").text
    assert text_of(paragraph(run("\u2011\u00ad9.50"))) == "-9.50"


def test_a_tab_keeps_words_apart() -> None:
    assert "4711   14.03.2024" in case("42-*").text
    assert text_of(paragraph(run("5"), "<w:r><w:tab/></w:r>", run("000"))) == "5   000"


def test_clauses_have_their_automatic_numbers() -> None:
    assert case("43-*").text == ("7. Price\n7.1 The price is EUR 10.00\n7.2 It is due in 30 days\n\nas stated in 7.2")


def level(number: int, form: str, text: str, start: int = 1, more: str = "") -> str:
    return (
        f'<w:lvl w:ilvl="{number}"><w:start w:val="{start}"/><w:numFmt w:val="{form}"/>{more}'
        f'<w:lvlText w:val="{text}"/></w:lvl>'
    )


def numbered(text: str, depth: int, numbering: int = 1) -> str:
    place = f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{numbering}"/></w:numPr>'
    return paragraph(run(text), properties=place)


def test_numbers_restart_below_a_new_clause_and_where_a_list_says_so() -> None:
    levels = level(0, "upperRoman", "§ %1", 3) + level(1, "lowerLetter", "(%2)") + level(2, "decimal", "%1.%3", 1,
                                                                                      "<w:isLgl/>")  # fmt: skip
    numbering = (
        f'<w:abstractNum w:abstractNumId="0">{levels}</w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="0"/>'
        '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="9"/></w:lvlOverride></w:num>'
    )
    places = [(0, 1), (1, 1), (1, 1), (2, 1), (0, 1), (1, 1), (0, 2), (0, 2)]
    body = "".join(numbered("x", depth, own) for depth, own in places)
    marks = [line.removesuffix(" x") for line in text_of(body, numbering=numbering).split("\n")]
    assert marks == ["§ III", "(a)", "(b)", "3.1", "§ IV", "(a)", "§ IX", "§ X"]


def test_a_blank_cell_shows_which_column_a_value_is_in() -> None:
    assert case("44-blank-cells-docx").text == "Account   Debit   Credit\nBank   ·   500.00\nRent   500.00"
    assert case("44-*-other").text == "Account   Debit   Credit\nBank   500.00\nRent   ·   500.00"


def test_a_merged_cell_covers_its_columns_and_rows() -> None:
    span, start, covered = '<w:gridSpan w:val="2"/>', '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    rows = [
        row(cell("Item", start), cell("2024", span), cell("2023")),
        row(cell("", covered), cell("Q1"), cell("Q2"), cell("all")),
        row(cell("Fee", ""), cell(""), cell("5"), cell("9")),
    ]
    table = f"<w:tbl>{''.join(rows)}</w:tbl>"
    assert text_of(table) == "Item   2024   ·   2023\n·   Q1   Q2   all\nFee   ·   5   9"


def test_what_nobody_sees_is_left_out_and_named_and_kept_if_asked_for(tmp_path: Path) -> None:
    comment = '<w:comment w:author="Ann"><w:p><w:r><w:t>too low</w:t></w:r></w:p></w:comment>'
    body = paragraph(
        run("Fee EUR 75"), run(" hidden EUR 80", "<w:vanish/>"), run(" white EUR 85", '<w:color w:val="FFFFFF"/>'),
        f"<w:del>{run('').replace('w:t', 'w:delText').replace('></w:delText', '>EUR 99</w:delText')}</w:del>",
    )  # fmt: skip
    path = word(tmp_path / "a.docx", body, comments=comment)
    document = read_file(path)
    assert document.text == "Fee EUR 75"
    assert sorted(codes(document)) == ["comments", "deleted-text", "hidden-text"]
    kept = read_file(path, ReadingOptions(hidden=True)).text
    assert "hidden EUR 80 white EUR 85" in kept
    assert "Comment (Ann): too low" in kept
    assert "EUR 99" not in kept


def test_text_too_small_or_in_the_colour_of_its_background_is_named(tmp_path: Path) -> None:
    body = paragraph(
        run("Fee EUR 75"), run(" EUR 80", '<w:sz w:val="2"/>'),
        run(" EUR 85", '<w:color w:val="336699"/><w:shd w:val="clear" w:fill="336699"/>'),
        run(" net", '<w:color w:val="FFFFFF"/><w:shd w:val="clear" w:fill="336699"/>'),
    )  # fmt: skip
    document = read_file(word(tmp_path / "a.docx", body))
    assert document.text == "Fee EUR 75 net"
    assert [part.what for part in document.unread] == ["2 pieces of hidden text"]


def test_a_text_box_is_read_once() -> None:
    box = f"<w:txbxContent>{paragraph(run('in box EUR 5'))}</w:txbxContent>"
    names = 'xmlns:mc="mc" xmlns:v="v" xmlns:wps="wps"'
    both = (
        f"<mc:Choice><w:drawing><wps:txbx>{box}</wps:txbx></w:drawing></mc:Choice><mc:Fallback><w:pict><v:textbox>{box}"
    )
    drawn = f"<w:r><mc:AlternateContent {names}>{both}</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    assert text_of(paragraph(run("before"), drawn, run(" after"))) == "before after\n\nin box EUR 5"


def test_changes_and_fields_are_read_as_they_stand_now() -> None:
    assert case("75-*").text == "The price is EUR 52,500.00 in total."
    assert case("76-*").text == "Nordwind GmbH\n\nNo. RE-2024-0815"


def test_two_spaces_keep_two_numbers_apart_and_part_no_words() -> None:
    assert text_of(paragraph(run("EUR 95  760.00"))) == "EUR 95   760.00"
    assert text_of(paragraph(run("8  EUR 95%  760.00  -5"))) == "8 EUR 95%   760.00   -5"
    assert text_of(paragraph(run("It ends.  The buyer  pays."))) == "It ends. The buyer pays."


def test_what_is_struck_through_is_left_out_and_named() -> None:
    body = paragraph(
        run("Notice "),
        run("30", "<w:strike/>"),
        run("60"),
        run(" days, ", '<w:strike w:val="0"/>'),
        run("EUR 9", "<w:dstrike/>"),
    )
    with tempfile.TemporaryDirectory() as folder:
        document = read_file(word(Path(folder) / "a.docx", body))
        kept = read_file(word(Path(folder) / "a.docx", body), ReadingOptions(hidden=True))
    assert document.text.rstrip() == "Notice 60 days,"
    assert codes(document) == ["struck-text"]
    assert "3060" in kept.text


def test_signs_of_symbol_fonts_are_read_and_no_tick_is_an_empty_box() -> None:
    def sign(font: str, code: str) -> str:
        return f'<w:r><w:sym w:font="{font}" w:char="{code}"/></w:r>'

    signs = [("Wingdings 2", "F0A3"), ("Wingdings 2", "F050"), ("Wingdings 2", "F053"), ("Webdings", "F061"),
             ("Wingdings", "F0A8"), ("Wingdings", "F0FC"), ("Symbol", "F0A3"), ("Wingdings", "F001")]  # fmt: skip
    assert text_of(paragraph(*(sign(*one) for one in signs))) == "☐✓☒✓☐✓≤\ufffd"
    fonts = '<w:rFonts w:ascii="Wingdings" w:hAnsi="Wingdings"/>'
    assert text_of(paragraph(run("\uf0fe", fonts), run(" Yes "), run("\uf0a8", fonts), run(" No"))) == "☒ Yes ☐ No"


def test_a_formula_keeps_what_belongs_together() -> None:
    def part(text: str) -> str:
        return f"<w:r><w:t>{text}</w:t></w:r>"

    def half(top: str, bottom: str) -> str:
        return f"<w:f><w:num>{part(top)}</w:num><w:den>{part(bottom)}</w:den></w:f>"

    assert text_of(paragraph(run("Hours 1"), half("1", "2"))) == "Hours 1 1/2"
    assert text_of(paragraph(half("100+20", "4"))) == "(100+20)/4"
    assert text_of(paragraph(f"<w:rad><w:e>{part('16')}</w:e></w:rad>")) == "√16"
    assert text_of(paragraph(part("1000·"), f"<w:d><w:e>{part('1+0.05')}</w:e></w:d>")) == "1000·(1+0.05)"


def test_a_symbol_font_changes_only_the_letters_that_it_has() -> None:
    symbols = '<w:rFonts w:ascii="Symbol" w:hAnsi="Symbol"/>'
    assert text_of(paragraph(run("≥ 18 € 日本 5", symbols))) == "≥ 18 € 日本 5"
    assert text_of(paragraph(run("– 5 °", '<w:rFonts w:ascii="Symbol" w:hAnsi="Times New Roman"/>'))) == "– 5 °"
    assert text_of(paragraph(run("☒", '<w:rFonts w:ascii="Wingdings" w:hAnsi="Wingdings"/>'), run(" Yes"))) == "☒ Yes"


def test_every_part_of_a_formula_is_read() -> None:
    def part(text: str) -> str:
        return f"<w:e><w:r><w:t>{text}</w:t></w:r></w:e>"

    cube = f"<w:rad><w:deg><w:r><w:t>3</w:t></w:r></w:deg>{part('27')}</w:rad>"
    assert text_of(paragraph(cube)) == "³√27"
    assert text_of(paragraph(f"<w:d>{part('10')}{part('20')}</w:d>")) == "(10|20)"
    rows = f"<w:eqArr>{part('5, a')}{part('7, b')}</w:eqArr>"
    marks = '<w:dPr><w:begChr w:val="{"/><w:endChr w:val=""/></w:dPr>'
    assert text_of(paragraph(f"<w:d>{marks}<w:e>{rows}</w:e></w:d>")) == "{5, a\n7, b"
