"""Every format gives its words in reading order, with the structure that helps, at addresses that people know."""

from __future__ import annotations

import base64
import gzip
import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from ringfence.documents import (
    Document,
    ReadingOptions,
    Source,
    Unreadable,
    read_document,
    read_documents,
)
from ringfence.documents.containers import ChildNames
from tests.files import OFFER, epub, mail, odt, office, workbook, zipped

DATA = Path(os.environ.get("RINGFENCE_DATA", Path(__file__).parents[2] / "shared" / "data")) / "files" / "files"


def read(path: Path, options: ReadingOptions | None = None) -> list[Document | Unreadable]:
    return list(read_documents(Source(path, path.name), options))


def texts(path: Path) -> dict[str, str]:
    return {one.id: one.text if isinstance(one, Document) else one.code for one in read(path)}


def place(document: Document, words: str) -> str | None:
    start = document.text.index(words)
    return document.address(start, start + len(words))


def test_a_word_file_keeps_headings_items_table_rows_and_the_number_of_each_paragraph(tmp_path: Path) -> None:
    document = read_document(office(tmp_path / "offer.docx"))
    assert document.text == "# Offer\n\nDear Ann,\n\n- first\n- second\n\nItem   Price\nBolt   7.50"
    assert place(document, "Dear Ann") == "paragraph 2"
    assert place(document, "7.50") == "table at paragraph 5, row 2, cell 2"
    assert len(document.char_boxes) == 0


def test_a_presentation_names_its_slides(tmp_path: Path) -> None:
    document = read_document(office(tmp_path / "talk.pptx", "# One\n\nfirst words\n\n# Two\n\nsecond words\n"))
    assert "Slide 1\n\n# One" in document.text
    assert place(document, "first words") == "slide 1"
    assert document.text.index("first words") < document.text.index("second words")


def test_a_sheet_shows_what_its_cells_show_at_their_addresses(tmp_path: Path) -> None:
    document = read_document(workbook(tmp_path / "prices.xlsx"))
    assert "Sheet: Prices\n\nItem   Price\n\nBolt   1,249.50 EUR" in document.text
    assert place(document, "1,249.50 EUR") == "Prices!D5"
    assert place(document, "Item") == "Prices!C3"
    assert place(document, "=not a formula") == "Notes!A1"
    assert len(document.pages) == 2


def test_an_opendocument_text_keeps_spaces_headings_lists_and_tables(tmp_path: Path) -> None:
    body = (
        '<text:h>Offer</text:h><text:p>Dear<text:s text:c="2"/>Ann,<text:line-break/>hello</text:p>'
        "<text:list><text:list-item><text:p>first</text:p><text:list><text:list-item><text:p>inner</text:p>"
        "</text:list-item></text:list></text:list-item></text:list>"
        "<table:table><table:table-row><table:table-cell><text:p>Bolt</text:p></table:table-cell>"
        "<table:table-cell><text:p>7.50</text:p></table:table-cell></table:table-row></table:table>"
    )
    document = read_document(odt(tmp_path / "o.odt", body))
    assert document.text == "# Offer\n\nDear Ann,\nhello\n\n- first\n- inner\n\nBolt   7.50"
    assert place(document, "7.50") is not None


def test_an_opendocument_presentation_names_its_slides(tmp_path: Path) -> None:
    page = "<draw:page><draw:frame><draw:text-box><text:p>{}</text:p></draw:text-box></draw:frame></draw:page>"
    document = read_document(odt(tmp_path / "o.odp", page.format("one") + page.format("two")))
    assert place(document, "two") == "slide 2"


def test_html_is_what_a_person_sees(tmp_path: Path) -> None:
    (tmp_path / "p.html").write_bytes(
        "<html><head><title>T</title><script>evil()</script></head><body><h1>Größe</h1><p>one<br>two</p>"
        "<div style='display: none'>unseen</div><ul><li>a<li>b</ul><blockquote><p>said</p></blockquote>"
        "<table><tr><th>Item<th>Price<tr><td>Bolt<td>7.50</table>"
        "<img src=http://example.org/x.png alt=plan></body>".encode()
    )
    document = read_document(tmp_path / "p.html")
    assert document.text == "# T\n\n# Größe\n\none\ntwo\n\n- a\n- b\n\n> said\n\nItem   Price\nBolt   7.50\n\n[plan]"


def test_a_book_is_read_in_the_order_of_its_spine(tmp_path: Path) -> None:
    document = read_document(epub(tmp_path / "b.epub", "<h1>One</h1><p>first</p>", "<p>second</p>"))
    assert document.text == "# One\n\nfirst\n\nsecond"
    assert len(document.pages) == 2


def test_rtf_is_read_by_paragraphs_and_rows(tmp_path: Path) -> None:
    (tmp_path / "r.rtf").write_bytes(rb"{\rtf1\ansi Dear Ann,\par the price is 7\'80.\par}")
    assert read_document(tmp_path / "r.rtf").text == "Dear Ann,\n\nthe price is 7€."


def test_a_mail_is_its_headers_and_body_and_its_attachments_are_children(tmp_path: Path) -> None:
    inner = mail("inner", "deep words", ("list.csv", b"a,b\n1,2\n"))
    message = mail("Offer", "Hello Bob,\n\n> you asked\n\nhere it is.", ("offer.txt", b"Bolt 7.50"))
    message.add_attachment(inner)
    (tmp_path / "m.eml").write_bytes(message.as_bytes())
    found = texts(tmp_path / "m.eml")
    assert list(found) == [
        "m.eml",
        "m.eml!offer.txt",
        "m.eml!attachment.eml",
        "m.eml!attachment.eml!list.csv",
    ]
    assert found["m.eml"].startswith("From: Ann <ann@example.org>\nTo: bob@example.org\nDate: ")
    assert "Subject: Offer\n\nHello Bob,\n\n> you asked\n\nhere it is." in found["m.eml"]
    assert found["m.eml!offer.txt"] == "Bolt 7.50"
    assert "deep words" in found["m.eml!attachment.eml"]
    children = [one for one in read(tmp_path / "m.eml") if "!" in one.id]
    assert all(isinstance(one, Document) and one.metadata["source"] == "m.eml" for one in children)


def test_a_mail_with_html_only_is_read_as_html(tmp_path: Path) -> None:
    (tmp_path / "m.eml").write_bytes(mail("S", "", html="<p>Hello <b>Bob</b></p>").as_bytes())
    assert texts(tmp_path / "m.eml")["m.eml"].endswith("Subject: S\n\nHello Bob")


def test_a_mailbox_gives_each_mail_and_its_attachments(tmp_path: Path) -> None:
    box = b"".join(
        b"From ann@example.org Tue Mar 12 10:00:00 2024\n"
        + mail(f"S{n}", f"body {n}", ("a.txt", b"x")).as_bytes()
        + b"\n"
        for n in (1, 2)
    )
    (tmp_path / "b.mbox").write_bytes(box)
    assert list(texts(tmp_path / "b.mbox")) == [
        "b.mbox!00001.eml",
        "b.mbox!00001.eml!a.txt",
        "b.mbox!00002.eml",
        "b.mbox!00002.eml!a.txt",
    ]


def test_archives_are_folders(tmp_path: Path) -> None:
    (tmp_path / "z.zip").write_bytes(
        zipped(("a/one.txt", b"1 one"), ("two.md", b"2 two"), ("x.zip", zipped(("in.txt", b"deep"))))
    )
    assert texts(tmp_path / "z.zip") == {
        "z.zip!a/one.txt": "1 one",
        "z.zip!two.md": "2 two",
        "z.zip!x.zip!in.txt": "deep",
    }
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        info = tarfile.TarInfo("a/one.txt")
        info.size = 3
        archive.addfile(info, io.BytesIO(b"one"))
    (tmp_path / "t.tar").write_bytes(stream.getvalue())
    assert texts(tmp_path / "t.tar") == {"t.tar!a/one.txt": "one"}
    (tmp_path / "t.tar.gz").write_bytes(gzip.compress(stream.getvalue()))
    assert texts(tmp_path / "t.tar.gz") == {"t.tar.gz!t.tar!a/one.txt": "one"}


def test_what_a_file_is_counts_more_than_its_name(tmp_path: Path, examples: Path) -> None:
    (tmp_path / "really-a-pdf.txt").write_bytes((examples / "documents" / "01-classic-en.pdf").read_bytes())
    assert read_document(tmp_path / "really-a-pdf.txt").read_by.startswith("pdf/")
    (tmp_path / "old.doc").write_bytes(rb"{\rtf1 words}")
    assert read_document(tmp_path / "old.doc").text == "words"
    office(tmp_path / "a.docx", OFFER).rename(tmp_path / "a")
    assert read_document(tmp_path / "a").text.startswith("# Offer")
    (tmp_path / "page.doc").write_bytes(b"<html><body><p>words</p></body></html>")
    assert read_document(tmp_path / "page.doc").text == "words"


@pytest.mark.data
@pytest.mark.skipif(not DATA.exists(), reason="RINGFENCE_DATA is not here")
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("f00481_test_TIKA-1251.doc", "Ansvarsvakt"),
        ("f01817_legacy_sample.ppt", "Test Table Slide"),
        ("f00225_testEXCEL.xls", "Numbers and their Squares"),
        ("f00291_testMSG_att_doc.msg", "test pièce jointe"),
        ("f00293_testMSG_chinese.msg", "Subject"),
    ],
)
def test_formats_that_only_others_write_are_read(name: str, words: str) -> None:
    first = read(DATA / name)[0]
    assert isinstance(first, Document)
    assert words in first.text


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("../../etc/passwd", "etc/passwd"),
        ("/abs/olute.txt", "abs/olute.txt"),
        ("C:\\windows\\a.txt", "windows/a.txt"),
        ("a\x1b[2J\u202eb.txt", "a [2J b.txt"),
        ("..", "fallback"),
        ("in!side.txt", "in_side.txt"),
    ],
)
def test_names_of_children_are_harmless(told: str, name: str) -> None:
    assert ChildNames().of(told, "fallback") == name


def test_names_of_children_are_distinct() -> None:
    names = ChildNames()
    assert [names.of("a.txt", "f") for _ in range(3)] == ["a.txt", "a#2.txt", "a#3.txt"]


def multipart(kind: str, *parts: str) -> bytes:
    body = "".join(f"--b\r\n{part}\r\n" for part in parts)
    return f"From: a@b.c\r\nSubject: S\r\nContent-Type: multipart/{kind}; boundary=b\r\n\r\n{body}--b--\r\n".encode(
        "latin-1"
    )


HTML_PART = "Content-Type: text/html\r\n\r\n<p>Invoice total 500 EUR</p>"
PLAIN_PART = "Content-Type: text/plain\r\n\r\nlist footer"


def test_all_bodies_of_a_mail_are_read_and_of_alternatives_one(tmp_path: Path) -> None:
    (tmp_path / "m.eml").write_bytes(multipart("mixed", HTML_PART, PLAIN_PART))
    assert texts(tmp_path / "m.eml")["m.eml"].endswith("Invoice total 500 EUR\n\nlist footer")
    (tmp_path / "m.eml").write_bytes(multipart("alternative", PLAIN_PART, HTML_PART))
    # What a mail program shows is the HTML version; the plain one counts only if it says the same.
    assert texts(tmp_path / "m.eml")["m.eml"].endswith("Subject: S\n\nInvoice total 500 EUR")


def test_the_charset_of_a_mail_part_counts_for_html_too(tmp_path: Path) -> None:
    part = "Content-Type: text/html; charset=iso-8859-2\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    part += base64.b64encode("<p>Łódź żółć</p>".encode("iso-8859-2")).decode()
    (tmp_path / "m.eml").write_bytes(multipart("mixed", part))
    assert texts(tmp_path / "m.eml")["m.eml"].endswith("Łódź żółć")


def test_an_empty_attachment_is_accounted_for(tmp_path: Path) -> None:
    part = 'Content-Type: application/pdf\r\nContent-Disposition: attachment; filename="c.pdf"\r\n\r\n'
    (tmp_path / "m.eml").write_bytes(multipart("mixed", PLAIN_PART, part))
    assert texts(tmp_path / "m.eml")["m.eml!c.pdf"] == "empty"


def test_a_mailbox_loses_no_mail_whose_first_line_is_odd(tmp_path: Path) -> None:
    box = (
        b"From a@b.c\n"
        + mail("S0", "zero").as_bytes()
        + b"\nFrom a@b.c Tue Mar 12 10:00:00 2024\n"
        + mail("S1", "one").as_bytes()
    )
    (tmp_path / "b.mbox").write_bytes(box)
    found = list(texts(tmp_path / "b.mbox").values())
    assert [("zero" in text, "one" in text) for text in found] == [(True, False), (False, True)]


def test_html_in_utf_16_is_read(tmp_path: Path) -> None:
    (tmp_path / "p.html").write_bytes("<p>Total 1,249.50 EUR</p>".encode("utf-16"))
    assert texts(tmp_path / "p.html") == {"p.html": "Total 1,249.50 EUR"}


def test_html_that_is_nested_beyond_reason_fails_and_loses_nothing_silently(tmp_path: Path) -> None:
    for depth, expected in ((300, "before\n\nTotal 500\n\nafter"), (900, "nested-too-deep")):
        (tmp_path / "p.html").write_text("before" + "<div>" * depth + "Total 500" + "</div>" * depth + "after")
        assert texts(tmp_path / "p.html") == {"p.html": expected}


def test_a_workbook_with_one_damaged_sheet_is_not_read_in_part(tmp_path: Path) -> None:
    whole = zipfile.ZipFile(workbook(tmp_path / "w.xlsx"))
    members = [(name, whole.read(name)) for name in whole.namelist()]
    cut = [(n, data[: len(data) // 2] if n.endswith("sheet2.xml") else data) for n, data in members]
    (tmp_path / "w.xlsx").write_bytes(zipped(*cut))
    text = texts(tmp_path / "w.xlsx")["w.xlsx"]
    assert text == "damaged"


def test_the_letterhead_of_an_opendocument_text_is_read(tmp_path: Path) -> None:
    path = odt(tmp_path / "o.odt", "<text:p>Dear Ann</text:p>")
    names = "urn:oasis:names:tc:opendocument:xmlns"
    style = f'xmlns:style="{names}:style:1.0" xmlns:text="{names}:text:1.0"'
    header = "<style:header><text:p>ACME GmbH</text:p></style:header>"
    page = f'<style:master-page style:name="Standard">{header}</style:master-page>'
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("styles.xml", f"<s {style}>{page}</s>")
    document = read_document(path)
    assert document.text == "ACME GmbH\n\nDear Ann"
    assert place(document, "ACME") == "header"
