"""Web pages, mails and tables are read as a screen shows them: style sheets, symbol fonts, formulas, flowed lines."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.documents import Source, Unreadable, read_here
from ringfence.documents.mail_words import unflowed
from tests.cases import codes, read_file


def page(tmp_path: Path, body: str, style: str = "") -> Path:
    path = tmp_path / "a.html"
    path.write_text(f'<html><head><meta charset="utf-8"><style>{style}</style></head><body>{body}</body></html>')
    return path


@pytest.mark.parametrize(
    ("media", "seen"),
    [
        ("(min-width: 600px)", True),
        ("screen and (min-width:40em)", True),
        ("only screen and (max-width: 480px)", False),
        ("(max-width:600px), print", False),
        ("print", False),
        ("not print", True),
        ("(width >= 600px)", True),
        ("(prefers-color-scheme: dark)", False),
        ("(min-width: 300px) and (max-width: 480px)", False),
    ],
)
def test_a_page_is_read_as_the_screen_of_a_desk_shows_it(tmp_path: Path, media: str, seen: bool) -> None:
    style = f".wide {{display:none}} @media {media} {{ .wide {{display:block}} .small {{display:none}} }}"
    body = '<p class="wide">Total 310</p><p class="small">Total 295</p>'
    assert read_file(page(tmp_path, body, style)).text == ("Total 310" if seen else "Total 295")


@pytest.mark.parametrize(
    "style",
    [
        "font:0/0 a",
        "opacity:0.01",
        "filter:opacity(0)",
        "transform:translateX(-9999px)",
        "position:absolute;bottom:-9999px",
        "position:absolute;inset:-9999px auto auto -9999px",
        "display:block;margin-top:-9999px",
        "display:block;margin:0 0 0 -9999px",
        "clip-path:circle(0)",
        "display:block;height:0;overflow-y:hidden",
        "display:block;text-indent:100%;white-space:nowrap;overflow:hidden",
        "-webkit-text-fill-color:transparent",
        "background:#000",
        "background:black;color:rgb(0 0 0)",
    ],
)
def test_what_a_style_takes_out_of_sight_is_left_out_and_named(tmp_path: Path, style: str) -> None:
    document = read_file(page(tmp_path, f'<p>Total 310 <span style="{style}">77</span></p>'))
    assert document.text == "Total 310"
    assert codes(document) == ["hidden-text"]


@pytest.mark.parametrize(
    "style",
    ["opacity:0.6", "transform:translateX(4px)", "font:12px/1 Arial", "background:#000;color:#fff", "overflow:hidden"],
)
def test_what_a_style_only_moves_or_colours_is_read(tmp_path: Path, style: str) -> None:
    document = read_file(page(tmp_path, f'<p>Total <span style="{style}">310</span></p>'))
    assert document.text == "Total 310"
    assert not document.unread


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ('<span style="font-family:Wingdings">\xfe</span> agreed', "☒ agreed"),
        ('<font face="Wingdings">o</font> refused', "☐ refused"),
        ('5 <span style="font-family:Symbol">m</span>g', "5 μg"),
        ('<span style="font:10pt Wingdings">\xfc</span> paid', "✓ paid"),
        ('<span style="font-family:Wingdings">\xfe <b style="font-family:Arial">yes</b></span>', "☒ yes"),
        ('<span style="font-family:Arial, Wingdings">o</span>', "o"),
    ],
)
def test_a_symbol_font_of_a_page_shows_its_signs(tmp_path: Path, html: str, text: str) -> None:
    assert read_file(page(tmp_path, f"<p>{html}</p>")).text.replace("\xb5", "μ") == text


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        ("<mn>10</mn><msup><mn>10</mn><mn>6</mn></msup>", "1010 ⁶"),
        ("<mfrac><mn>1</mn><mn>2</mn></mfrac>", "1/2"),
        ("<mn>1</mn><mo>\u2064</mo><mfrac><mn>1</mn><mn>2</mn></mfrac>", "1 1/2"),
        ("<mfrac><mrow><mn>1</mn><mo>+</mo><mn>2</mn></mrow><mn>4</mn></mfrac>", "(1+2)/4"),
        ("<msubsup><mi>x</mi><mn>1</mn><mn>2</mn></msubsup>", "x₁²"),
        ("<mroot><mn>8</mn><mn>3</mn></mroot>", "³√8"),
        ("<semantics><mn>5</mn><annotation>\\frac{5}{1}</annotation></semantics>", "5"),
    ],
)
def test_a_formula_of_a_page_keeps_what_belongs_together(tmp_path: Path, formula: str, text: str) -> None:
    assert read_file(page(tmp_path, f"<p>f: <math>{formula}</math></p>")).text.split(": ", 1)[1].strip() == text


def test_the_words_of_a_drawing_are_read_as_they_show(tmp_path: Path) -> None:
    svg = (
        "<svg><title>tip</title><text>Base 100</text><text visibility='hidden'>200</text>"
        "<text text-decoration='line-through'>300</text><foreignObject><p>Extra 400</p></foreignObject></svg>"
    )
    document = read_file(page(tmp_path, svg))
    assert document.text.split() == ["Base", "100", "Extra", "400"]
    assert sorted(codes(document)) == ["hidden-text", "struck-text"]


def test_a_number_cut_at_the_end_of_a_flowed_line_is_one(tmp_path: Path) -> None:
    body = "The IBAN is DE12 3456 7890 12 \r\n34 5678 90 and the sum is 12 \r\n34.56 EUR\r\n"
    path = tmp_path / "a.eml"
    path.write_bytes(b"Subject: S\r\nContent-Type: text/plain; format=flowed; delsp=yes\r\n\r\n" + body.encode("ascii"))
    assert read_file(path).text.endswith("DE12 3456 7890 1234 5678 90 and the sum is 1234.56 EUR")


@given(st.lists(st.text(st.sampled_from("ab1,. "), max_size=12), max_size=6), st.booleans())
def test_flowed_lines_lose_no_words(lines: list[str], joined: bool) -> None:
    text = unflowed("\n".join(lines), joined)
    assert text.replace(" ", "").replace("\n", "") == "".join(lines).replace(" ", "")


def test_a_saved_page_is_read_with_the_style_sheet_saved_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "a.mht"
    path.write_bytes(
        b'Subject: S\r\nContent-Type: multipart/related; boundary="b"\r\n\r\n--b\r\nContent-Type: text/html\r\n'
        b"Content-Location: http://x.test/p/a.html\r\n\r\n"
        b'<link rel="stylesheet" href="look.css"><p class="old">Total 99</p><p>Total 310</p>\r\n--b\r\n'
        b"Content-Type: text/css\r\nContent-Location: http://x.test/p/look.css\r\n\r\n.old{display:none}\r\n--b--\r\n"
    )
    document = read_file(path)
    assert document.text == "Subject: S\n\nTotal 310"
    assert codes(document) == ["hidden-text"]


@pytest.mark.parametrize(
    ("lines", "cells"),
    [
        (['27" Monitor,199', '"27" Monitor",299'], ['27" Monitor', '27" Monitor']),
        (['5" pipe,10', '"half quote,20'], ['5" pipe', '"half quote']),
    ],
)
def test_quotes_that_enclose_nothing_are_kept_and_named(tmp_path: Path, lines: list[str], cells: list[str]) -> None:
    path = tmp_path / "a.csv"
    path.write_text("item,price\n" + "\n".join(lines) + "\n")
    document = read_file(path)
    assert codes(document) == ["stray-quotes"]
    for cell in cells:
        assert cell in document.text


def test_a_file_with_a_stray_quote_and_uneven_rows_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('item,price\n"27" Monitor,199\nbox,3,4\n')
    (unreadable,) = read_here(Source(path, path.name))
    assert isinstance(unreadable, Unreadable)
    assert "valid CSV" in unreadable.reason
