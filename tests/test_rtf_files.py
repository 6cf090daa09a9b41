"""RTF is read as its paper shows it: notes, headers and footers, without hidden and deleted text."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.documents import Document, ReadingOptions
from tests.cases import case, codes, read_file


def rtf(body: str, options: ReadingOptions | None = None) -> Document:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.rtf"
        path.write_bytes(
            rf"{{\rtf1\ansi\ansicpg1252\deff0{{\fonttbl{{\f0\fcharset0 A;}}{{\f1\fcharset204 B;}}}}{body}}}".encode(
                "latin-1"
            )
        )
        return read_file(path, options)


def test_notes_headers_and_footers_are_read_and_hidden_and_deleted_text_is_named() -> None:
    document = case("73-*")
    assert document.text == ("Ref 111\n\nFee EUR 75.00\n\nplus VAT EUR 14.25\n\nIBAN DE89 3704 0044 0532 0130 00")
    assert codes(document) == ["hidden-text", "deleted-text"]
    kept = case("73-*", ReadingOptions(hidden=True)).text
    assert "hidden EUR 90.00" in kept
    assert "deleted EUR 80.00" not in kept


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (r"EUR 75{\super 1} due", "EUR 75 ¹ due"),
        (r"EUR 75\up6 2\up0  due", "EUR 75 ² due"),
        (r"Fee 75{\super\chftn}{\footnote\pard{\super\chftn} net}\par", "Fee 75 ¹\n\n¹ net"),
        (r"1\_24 and \u8722?9\u8364?\~5", "1-24 and −9€ 5"),
        (r"\u-10179?\u-8704? ok", "😀 ok"),
        (r"\f1 \'d1\'f3\'ec\'ec\'e0\f0  5", "Сумма 5"),
        (r"a\tab 5\tab 000", "a   5   000"),
        (r"{\listtext 7.1\tab}Price{\*\unknown gone}{\field{\*\fldinst REF x}{\fldrslt 7.2}}", "7.1   Price7.2"),
        (r"{\shp{\*\shpinst{\sp{\sn x}{\sv 1}}{\shptxt in a box\par}}}body\par", "body\n\nin a box"),
        (r"{\bin3 \{}kept", "kept"),
    ],
)  # fmt: skip
def test_what_the_paper_shows(body: str, text: str) -> None:
    assert rtf(body).text == text


def test_a_blank_cell_shows_which_column_a_value_is_in() -> None:
    rows = r"\trowd\cellx1\cellx2\cellx3\intbl Account\cell Debit\cell Credit\cell\row"
    rows += r"\trowd\cellx1\cellx2\cellx3\intbl Bank\cell\cell 500.00\cell\row\pard after\par"
    document = rtf(rows)
    assert document.text == "Account   Debit   Credit\nBank   ·   500.00\n\nafter"
    assert document.address(document.text.index("500"), document.text.index("500") + 6) == (
        "table at paragraph 1, row 2, cell 3"
    )


@given(st.lists(st.sampled_from(["Fee EUR 5", "größer – als €", "Сумма", "{\\}", "日本", "𐌲"]), min_size=1, max_size=5))
@settings(max_examples=40, deadline=None)
def test_all_characters_are_read(words: list[str]) -> None:
    def escaped(text: str) -> str:
        units = [int.from_bytes(pair, "little") for pair in zip(*[iter(text.encode("utf-16-le"))] * 2, strict=True)]
        return "".join(
            ("\\" if chr(unit) in "\\{}" else "") + chr(unit) if unit < 128 else f"\\u{(unit + 2**15) % 2**16 - 2**15}?"
            for unit in units
        )

    assert rtf("".join(f"{escaped(one)}\\par " for one in words)).text == "\n\n".join(words)


def test_what_is_struck_through_is_left_out_and_named() -> None:
    document = rtf(r"Notice {\strike 30}{\ul 60}\strike  or 90\strike0  days")
    assert document.text == "Notice 60 days"
    assert codes(document) == ["struck-text", "struck-text"] or codes(document) == ["struck-text"]


def test_signs_of_symbol_fonts_are_read() -> None:
    fonts = r"{\fonttbl{\f5\froman\fcharset2 Symbol;}{\f6\fcharset2 Wingdings;}}"
    assert rtf(fonts + r"Delay {\f5\'a3} 5 days; {\f6\'fe} Yes {\f6\'a8} No").text == "Delay ≤ 5 days; ☒ Yes ☐ No"


def test_pictures_objects_and_fields_of_a_form_are_named() -> None:
    picture = r"{\pict\pngblip\picwgoal9000\pichgoal12000 8950}"
    box = r"{\field{\*\fldinst {FORMCHECKBOX {\*\formfield{\fftype1\ffres1{\*\ffname C1}}}}}{\fldrslt }}"
    document = rtf(
        rf"Scan{{\*\shppict{picture}}}{{\nonshppict{picture}}} Agree {box}{{\object\objemb{{\*\objdata 01}}}} end"
    )
    assert document.text == "Scan Agree end"
    assert [(part.code, part.what) for part in document.unread] == [
        ("pictures", "1 large picture"), ("form-controls", "1 field of a form"), ("embedded-files", "1 embedded file"),
    ]  # fmt: skip


def test_fonts_with_a_panose_and_private_codes_are_symbol_fonts_too() -> None:
    fonts = r"{\fonttbl{\f7\fnil\fcharset2\fprq2{\*\panose 05000000000000000000}Wingdings;}}"
    assert rtf(fonts + r"{\f7\'fe} Yes {\f7\u-3928 ?} No").text == "☒ Yes ☐ No"
