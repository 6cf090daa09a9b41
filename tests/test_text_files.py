"""Text and CSV files are read in the encoding and the dialect they were written in, or a guess is named."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.documents import Document, ReadingOptions, Source, read_here
from ringfence.documents.charset import decode, python_name
from tests.cases import CASES, case, codes, read_file

LANGUAGES = {
    "cp1252": "Gesamtbetrag: € 1.480,75 – sofort fällig, Größe 5 m²",
    "iso8859-15": "Gesamtbetrag: € 1.480,75 für Müller",
    "cp1250": "Łódź, faktura nr 12. Kwota należności: 1 250,00 zł. Termin płatności",
    "iso8859-2": "Příjemce: Dvořák, částka 1 250,00 Kč, splatnost",
    "cp1251": "Сумма договора 1 250,00 руб.",
    "koi8-r": "Сумма договора 1 250,00 руб.",
    "cp932": "請求書 合計金額 1,480円 支払期限",
    "gb18030": "收款人:陈镕 金额:1,480.75元",
    "big5": "發票 總計 1,480 元 付款期限",
    "cp949": "청구서 합계 1,480,000원 지급기한",
    "cp1253": "Σύνολο τιμολογίου 1.250,00 ευρώ",
    "cp1254": "Toplam tutar 1.250,00 TL ödeme süresi için şirket",
    "cp1255": 'סה"כ לתשלום 1,250.00',
    "cp1256": "المبلغ الإجمالي 1,250.00",
    "cp874": "ยอดรวม 1,250.00 บาท",
}


@pytest.mark.parametrize("encoding", LANGUAGES)
def test_a_legacy_encoding_is_guessed_and_named(encoding: str) -> None:
    text, unread = decode(LANGUAGES[encoding].encode(encoding))
    assert text == LANGUAGES[encoding]
    assert [part.code for part in unread] == ["guessed-encoding"]


def test_the_encodings_of_the_cases() -> None:
    assert "Сумма договора 1 250,00 руб." in case("71-*").text
    assert codes(case("71-*")) == ["guessed-encoding"]
    assert case("72-*").text.strip() == "Total EUR 5.00"
    assert "Łódź" in case("84-*").text
    assert codes(case("84-*")) == []


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"]), min_size=6),
    st.sampled_from(["utf-8-sig", "utf-16", "utf-32", "utf-8"]),
)
def test_text_in_unicode_is_read_as_it_is(words: str, encoding: str) -> None:
    assert decode(words.encode(encoding)).text == words.removeprefix("\ufeff")


@given(st.text("abc 12,.", min_size=20), st.sampled_from(["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]))
def test_wide_characters_are_known_without_a_mark(words: str, encoding: str) -> None:
    assert decode(words.encode(encoding)).text == words


def test_one_bad_byte_leaves_the_rest_alone() -> None:
    text, unread = decode("Betrag € 1.480,75 für L".encode() + b"\xfcbeck", "utf-8")
    assert text == "Betrag € 1.480,75 für L\ufffdbeck"
    assert [part.what for part in unread] == ["1 character not valid in utf-8"]


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("iso-8859-1", "cp1252"), ("latin1", "cp1252"), ("gb2312", "gb18030"), ("x-sjis", "cp932"),
        ("windows-874", "cp874"), ("iso-8859-8-i", "iso8859-8"), ("ks_c_5601-1987", "cp949"), ("base64", None),
        ("iso-8859-9", "cp1254"), ("nonsense", None), ("windows-1251", "cp1251"), ("cp850", "cp850"),
    ],
)  # fmt: skip
def test_names_of_encodings_mean_what_browsers_mean(label: str, name: str | None) -> None:
    assert python_name(label) == name


def test_the_dialects_of_the_cases() -> None:
    assert case("66-*").text == "Bolt   1,50\nNut   2,75\nWasher   0,10"
    assert case("67-*").text == "Report for March 2024\nname   qty   sum\nA, red   2   10,00\nB, blue   3   20,00"
    assert case("68-*").text == "a   b,c\n1   2,50\n3   4,50"
    assert case("69-*").text == "name   sum\nA   1,00"
    assert case("69-*", ReadingOptions(csv_rows=True)).text == "name: A\nsum: 1,00"
    assert case("70-*").text == "name   sum\nA   1,00"


def test_the_header_of_rows_is_below_a_title(tmp_path: Path) -> None:
    path = next(CASES.glob("67-*"))
    documents = list(read_here(Source(path, "t.csv"), ReadingOptions(csv_rows=True)))
    assert [one.text for one in documents if isinstance(one, Document)] == [
        "name: A, red\nqty: 2\nsum: 10,00",
        "name: B, blue\nqty: 3\nsum: 20,00",
    ]
    assert [codes(one) for one in documents if isinstance(one, Document)] == [["title-lines"]] * 2


def test_a_single_column_of_decimals_is_one_column_and_a_draw_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("12,50\n1.480,75\n0,10\n")
    document = read_file(tmp_path / "a.csv")
    assert document.text == "12,50\n1.480,75\n0,10"
    assert codes(document) == ["guessed-dialect"]


amounts = st.decimals(min_value=0, max_value=99_999, places=2).map(lambda amount: f"{amount:.2f}".replace(".", ","))
names = st.sampled_from(["Bolt", "Nut, large", "Washer M8", 'Ring 5"', "Größe L", "Kabel; 3 m", ""])
rows = st.lists(st.tuples(names, st.integers(1, 99).map(str), amounts), min_size=2, max_size=12)


@given(rows, st.sampled_from(";\t|,"), st.booleans(), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
@settings(max_examples=150, deadline=None)
def test_amounts_with_a_decimal_comma_stay_whole(
    cells: list[tuple[str, str, str]], delimiter: str, title: bool, encoding: str
) -> None:
    stream = io.StringIO()
    stream.write("Report for March 2024\n" if title else "")
    csv.writer(stream, delimiter=delimiter).writerows([("name", "count", "sum"), *cells])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_bytes(stream.getvalue().encode(encoding))
        document = read_file(path)
    lines = document.text.split("\n")[1 + title :]
    assert lines == ["   ".join((name or "·", count, amount)) for name, count, amount in cells] or (
        [line.removeprefix("·   ") for line in lines] == ["   ".join(row[1:]) for row in cells]
    )


def test_long_lines_of_a_calendar_are_whole(tmp_path: Path) -> None:
    (tmp_path / "a.ics").write_bytes(
        b"BEGIN:VCALENDAR\r\nSUMMARY:Fee EUR 1\\,2\r\n 50.00\\; due\\nnow\r\nEND:VCALENDAR\r\n"
    )
    assert "SUMMARY:Fee EUR 1,250.00; due\nnow" in read_file(tmp_path / "a.ics").text
