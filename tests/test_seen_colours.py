"""Colours, shorthands and hidden fields of real pages and letters: what is seen is read, and is read once."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from tests.cases import codes, read_file
from tests.test_opendocument_files import read as read_odf
from tests.test_rtf_files import rtf
from tests.test_seen_pages import page
from tests.test_seen_text import slide
from tests.test_word_files import level, numbered, paragraph, run, text_of


@pytest.mark.parametrize(
    "html",
    [
        '<table><tr><td bgcolor="#ffffff" style="background:#0066cc;color:#fff">Pay 5</td></tr></table>',
        '<div style="background:rgba(0,0,0,.05)">Pay 5</div>',
        '<pre style="background:#0001">Pay 5</pre>',
        '<div style="background:#123"><div style="background:rgba(255,255,255,.1);color:#fff">Pay 5</div></div>',
        '<div style="background:var(--b);color:#fff">Pay 5</div>',
        '<div style="background:color-mix(in srgb, #000, #111);color:#fff">Pay 5</div>',
        '<table><tr><td color="#ffffff">Pay 5</td></tr></table>',
        '<p visibility="hidden" display="none">Pay 5</p>',
        '<div style="background:#123"><svg><text fill="#fff">Pay 5</text></svg></div>',
        '<div style="color:#fff;background:#123"><div style="background:#fff"><button>Pay 5</button></div></div>',
        '<div style="overflow:hidden;height:1%">Pay 5</div>',
        '<table><tr><td style="max-width:0;overflow:hidden;text-overflow:ellipsis">Pay 5</td></tr></table>',
        '<div style="height:0;overflow:hidden;padding-bottom:56.25%">Pay 5</div>',
        '<div style="margin-left:-9999px;padding-left:9999px">Pay 5</div>',
        '<div style="height:0;overflow:hidden;padding:0 0 56.25%">Pay 5</div>',
        '<div style="font-size:0"><span style="font:14px Arial">Pay 5</span></div>',
        "<svg><switch><foreignObject><div>Pay 5</div></foreignObject><text>Pay 5</text></switch></svg>",
        "<svg><defs><text>unused</text></defs><text>Pay 5</text></svg>",
    ],
)
def test_what_a_browser_shows_is_read_once(tmp_path: Path, html: str) -> None:
    document = read_file(page(tmp_path, html))
    assert document.text == "Pay 5"
    assert not document.unread


@pytest.mark.parametrize(
    ("style", "text"),
    [
        (".x{font-family:Wingdings}.y{font:14px Arial}", "Plain o"),
        (".x{font:14px Wingdings}.y{font-family:Arial}", "Plain o"),
        (".x{background-color:#fff}.y{background:#0d6efd;color:#fff}", "Plain o"),
        (".y{color:#fff;&.y{background:#123}}", "Plain o"),
        ("@import url('theme.css');body{background:#000}", "Plain o"),
        (":root{color-scheme:dark}body{background:#000}", "Plain o"),
        ("@supports not (display:grid){.y{display:none}}", "Plain o"),
        (".x{display:none}@media (hover:hover){.x{display:block}}", "Plain o"),
        (".x{display:none}@media (48rem <= width){.x{display:block}}", "Plain o"),
        (".x{display:none}@media (max-width:10px) or (min-width:600px){.x{display:block}}", "Plain o"),
    ],
)
def test_the_last_way_to_say_a_thing_counts(tmp_path: Path, style: str, text: str) -> None:
    assert read_file(page(tmp_path, '<p class="x y">Plain o</p>', style)).text == text


def test_a_page_may_be_white_on_black(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text('<html><body bgcolor="#000000" text="#ffffff"><p>Total 310</p></body></html>')
    assert read_file(path).text == "Total 310"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ('Order <small style="vertical-align:top;font-size:10px">4711</small> paid', "Order 4711 paid"),
        ('<b style="display:inline-block;vertical-align:top;font-size:9px">2024</b> Invoice', "2024 Invoice"),
        ('310<span style="vertical-align:top;font-size:60%">2</span> EUR', "310 ² EUR"),
        ('$19<sup><span style="vertical-align:baseline">99</span></sup>', "$19.99"),
        ('5<sup style="vertical-align:baseline;position:relative;top:-.5em">2</sup>', "5 ²"),
        ("<math><mn>5</mn><mtext>&nbsp;if&nbsp;</mtext><mi>y</mi></math>", "5 if y"),
        ("Due:<math display='block'><mn>5</mn></math>Next 7", "Due:\n5\nNext 7"),
        ("<b style='color:#fff'>&#8203;</b>Total 5", "Total 5"),
    ],
)
def test_small_raised_and_unseen_letters(tmp_path: Path, html: str, text: str) -> None:
    document = read_file(page(tmp_path, f"<p>{html}</p>"))
    assert document.text == text
    assert "hidden-text" not in codes(document)


def test_style_sheets_of_one_name_are_told_apart(tmp_path: Path) -> None:
    def part(kind: str, place: str, text: str) -> str:
        return f"--b\r\nContent-Type: {kind}\r\nContent-Location: http://x.test/{place}\r\n\r\n{text}\r\n"

    body = (
        '<link rel="stylesheet" href="/a/s.css"><link rel="alternate stylesheet" href="/c/t.css">'
        '<p class="old">Total 99</p><p>Total 310</p>'
    )
    parts = [part("text/html", "p.html", body), part("text/css", "a/s.css", ".old{display:none}")]
    parts += [part("text/css", "b/s.css", "p{display:none}"), part("text/css", "c/t.css", "p{display:none}")]
    path = tmp_path / "a.mht"
    head = 'Subject: S\r\nContent-Type: multipart/related; boundary="b"\r\n\r\n'
    path.write_text(f"{head}{''.join(parts)}--b--\r\n", newline="")
    assert read_file(path).text == "Subject: S\n\nTotal 310"


def test_blanks_behind_a_closing_quote_are_none_of_the_cell(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('no,name,price\n1,"A" ,10\n2,"B, C" ,20\n')
    document = read_file(path)
    assert document.text.splitlines()[1:] == ["1   A   10", "2   B, C   20"]
    assert not document.unread


def test_words_beside_an_automatic_sign_on_a_slide_stay_words(tmp_path: Path) -> None:
    fonts = '<a:latin typeface="Calibri"/><a:sym typeface="Wingdings"/>'
    shapes = f"<a:p><a:r><a:rPr>{fonts}</a:rPr><a:t>\uf0e0 Next: 5 items</a:t></a:r></a:p>"
    assert read_file(slide(tmp_path, shapes)).text == "Slide 1\n\n→ Next: 5 items"


def test_a_font_of_the_theme_is_none_of_signs() -> None:
    style = '<w:style w:styleId="S" w:type="paragraph"><w:rPr><w:rFonts w:ascii="Symbol" w:hAnsi="Symbol"/></w:rPr>'
    own = '<w:rFonts w:asciiTheme="minorHAnsi" w:hAnsiTheme="minorHAnsi"/>'
    body = paragraph(run("Total abc", own), properties='<w:pStyle w:val="S"/>')
    assert text_of(body, styles=f"{style}</w:style>") == "Total abc"


def test_text_recoloured_on_the_shading_of_its_style_is_seen() -> None:
    look = '<w:rPr><w:color w:val="123456"/><w:shd w:fill="123456"/></w:rPr>'
    styles = f'<w:style w:styleId="S" w:type="character">{look}</w:style>'
    seen = run("Total 5", '<w:rStyle w:val="S"/><w:color w:val="FFFFFF"/>')
    covered = run("secret", '<w:rStyle w:val="S"/>')
    assert text_of(paragraph(seen, covered), styles=styles) == "Total 5"


def test_a_clause_that_was_moved_away_is_not_counted() -> None:
    moved = numbered("gone", 0).replace("<w:pPr>", '<w:pPr><w:rPr><w:moveFrom w:id="1"/></w:rPr>')
    moved = moved.replace("<w:r>", '<w:moveFrom w:id="2"><w:r>').replace("</w:r>", "</w:r></w:moveFrom>")
    abstract = f'<w:abstractNum w:abstractNumId="1">{level(0, "decimal", "%1.")}</w:abstractNum>'
    numbering = f'{abstract}<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>'
    assert text_of(numbered("one", 0) + moved + numbered("two", 0), numbering=numbering) == "1. one\n2. two"


def test_the_band_behind_a_heading_ends_with_its_paragraph() -> None:
    colours = r"{\colortbl;\red255\green255\blue255;\red0\green0\blue0;\red0\green0\blue128;}"
    document = rtf(colours + r"\pard\cbpat3\cf1 Heading\par\pard\cf3 Blue text 5 EUR\par")
    assert document.text == "Heading\n\nBlue text 5 EUR"
    assert not document.unread


def test_conditional_fields_of_opendocument_show_unless_they_are_hidden() -> None:
    body = '<text:p><text:hidden-paragraph text:condition="ooow:1"/>Shown 500</text:p>'
    body += '<text:p>Fee <text:hidden-text text:string-value="VISIBLE"/></text:p>'
    assert read_odf(body).text == "Shown 500\n\nFee VISIBLE"


@pytest.mark.parametrize(
    ("header", "words"),
    [("&LAT&&T Inc&RInvoice 5", "AT&T Inc   Invoice 5"), ("&CP&&L Statement", "P&L Statement")],
)
def test_an_ampersand_of_a_header_is_no_code(tmp_path: Path, header: str, words: str) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("S")
        sheet.write("A1", "x")
        sheet.set_header(header)
    assert read_file(path).text == f"Sheet: S\n\n{words}\n\nx"


def test_icons_hide_numbers_and_no_text_and_stored_values_are_no_doubt(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet, signs = book.add_worksheet("S"), book.add_format({"font_name": "Wingdings"})
        sheet.write_row("A1", ["Acme 7", 400])
        sheet.write_formula("C1", "=B1+1", None, 401)
        sheet.conditional_format("A1:B1", {"type": "icon_set", "icon_style": "3_arrows", "icons_only": True})
        plain = book.add_format({"font_name": "Calibri"})
        sheet.write_rich_string("D1", plain, "Rich ", plain, "words", signs)
    document = read_file(path)
    assert document.text.splitlines()[-1] == "Acme 7   401   Rich words"
    assert codes(document) == ["hidden-text"]


def rewritten(path: Path, member: str, *changes: tuple[str, str]) -> Path:
    """The same workbook with another text in one of its parts."""
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    text = parts[member].decode()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    with zipfile.ZipFile(path, "w") as package:
        for name, data in {**parts, member: text.encode()}.items():
            package.writestr(name, data)
    return path


def test_a_formula_filled_down_from_one_that_changes_each_day_is_named_too(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("S")
        for row in range(2):
            sheet.write_formula(row, 0, f"=TODAY()-B{row + 1}", None, 7)
        sheet.write_formula(2, 0, "=B1+1", None, 8)
    first, second = "<f>TODAY()-B1</f>", "<f>TODAY()-B2</f>"
    shared = '<f t="shared" ref="A1:A2" si="0">TODAY()-B1</f>', '<f t="shared" si="0"/>'
    document = read_file(rewritten(path, "xl/worksheets/sheet1.xml", (first, shared[0]), (second, shared[1])))
    (named,) = document.unread
    assert named.code == "stale-formulas"
    assert "(S!A1, S!A2)" in named.what


def test_a_fill_without_a_pattern_covers_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        book.add_worksheet("S").write("A1", "Total 5", book.add_format({"bg_color": "#000000"}))
    fill = 'patternType="solid"><fgColor rgb="FF000000"/>', 'patternType="none"><fgColor rgb="FF000000"/>'
    document = read_file(rewritten(path, "xl/styles.xml", fill))
    assert document.text == "Sheet: S\n\nTotal 5"
    assert not document.unread


@pytest.mark.parametrize("shown", [True, False])
def test_the_fixed_words_of_a_master_show_unless_the_slide_hides_them(tmp_path: Path, shown: bool) -> None:
    names = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for short, name in (
            ("office", "office"), ("text", "text"), ("style", "style"), ("draw", "drawing"),
            ("presentation", "presentation"),
        )
    )  # fmt: skip

    def box(text: str) -> str:
        return f"<draw:frame><draw:text-box><text:p>{text}</text:p></draw:text-box></draw:frame>"

    look = f'presentation:background-objects-visible="{str(shown).lower()}"'
    style = (
        f'<style:style style:name="d" style:family="drawing-page"><style:drawing-page-properties {look}/></style:style>'
    )
    page_of = f'<draw:page draw:style-name="d" draw:master-page-name="M">{box("Total 5")}</draw:page>'
    path = tmp_path / "a.odp"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.presentation")
        package.writestr(
            "content.xml",
            f"<office:document-content {names}><office:automatic-styles>{style}</office:automatic-styles><office:body>"
            f"<office:presentation>{page_of}</office:presentation></office:body></office:document-content>",
        )
        package.writestr(
            "styles.xml",
            f"<office:document-styles {names}><office:master-styles>"
            f'<style:master-page style:name="M">{box("Nordwind AG")}</style:master-page></office:master-styles>'
            "</office:document-styles>",
        )
    assert read_file(path).text == "Slide 1\n\nTotal 5" + ("\n\nNordwind AG" if shown else "")
