"""A mail is read as its program shows it: the right version, the right encoding, and what is signed."""

from __future__ import annotations

import tempfile
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.documents import Document, ReadingOptions, Source, Unreadable, read_here
from ringfence.engines.fake import FakeEngine
from ringfence.inference import Answerer, LoadedModel
from ringfence.tasks import load_task
from tests.cases import CASES, case, codes, outcomes, read_file
from tests.files import mail


def test_a_stub_beside_html_is_not_read() -> None:
    document = case("56-*")
    assert "Amount due   EUR 1,480.75\nDue   30 March 2024" in document.text
    assert "mail program" not in document.text
    assert codes(document) == ["other-version"]


@given(st.integers(1, 10**6), st.booleans())
@settings(max_examples=20, deadline=None)
def test_every_number_of_the_shown_version_is_read(amount: int, complete: bool) -> None:
    message = EmailMessage()
    message["From"], message["Subject"] = "a@example.com", "Invoice"
    words = f"Your invoice 4711 over EUR {amount:,}.50 is due now"
    message.set_content(words if complete else "Your invoice 4711 is attached. Please see below for details.")
    message.add_alternative(f"<p>{words}</p>", subtype="html")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m.eml"
        path.write_bytes(message.as_bytes())
        assert f"EUR {amount:,}.50" in read_file(path).text


def test_the_encodings_of_the_cases() -> None:
    assert "Gesamtbetrag: € 1.480,75 – sofort" in case("57-*").text
    assert "收款人：陈镕 金额：1,480.75元" in case("58-*").text
    assert "Betrag € 1.480,75 für L\ufffdbeck" in case("59-*").text
    assert codes(case("59-*")) == ["bad-bytes"]


@pytest.mark.parametrize(
    ("declared", "encoding", "words"),
    [
        ("iso-8859-1", "cp1252", "€ 5 – „Müller“"), ("gb2312", "gb18030", "陈镕 1,480元"),
        ("x-sjis", "cp932", "①請求書"),
        ("ks_c_5601-1987", "cp949", "청구서 똠방"), ("us-ascii", "cp1252", "5 €"), ("windows-874", "cp874", "ยอดรวม"),
        ("iso-8859-8-i", "iso8859-8", "שלום"), ("iso-2022-jp", "iso2022_jp", "請求書"), ("big5", "big5", "總計"),
        ("utf-8", "utf-8", "für"), ("us-ascii", "utf-8", "für 5 €"),
    ],
)  # fmt: skip
def test_names_of_encodings_mean_what_mail_programs_mean(
    declared: str, encoding: str, words: str, tmp_path: Path
) -> None:
    head = f"From: a@b.c\nSubject: S\nContent-Type: text/plain; charset={declared}\nContent-Transfer-Encoding: 8bit\n\n"
    (tmp_path / "m.eml").write_bytes(head.encode() + words.encode(encoding))
    document = read_file(tmp_path / "m.eml")
    assert document.text.endswith(f"\n\n{words}")
    assert codes(document) == []


def test_a_subject_is_read_in_any_encoding(tmp_path: Path) -> None:
    (tmp_path / "m.eml").write_bytes(
        b"From: =?gb2312?B?s8LpRg==?= <a@b.c>\nSubject: Rechnung f\xfcr M\xfcller\n"
        b"To: =?utf-8?q?J=C3=B6rg?= <j@b.c>\n\nx"
    )
    text = read_file(tmp_path / "m.eml").text
    assert "From: 陈镕 <a@b.c>" in text
    assert "Subject: Rechnung für Müller" in text
    assert "To: Jörg <j@b.c>" in text


def test_signed_words_are_read_without_a_key() -> None:
    document = case("60-*")
    assert document.text.endswith("Signed order: EUR 2,500.00")
    assert "Subject: Invoice" in document.text


def test_what_cannot_be_opened_is_said() -> None:
    path = next(CASES.glob("61-*"))
    failures = [one for one in read_here(Source(path, path.name)) if isinstance(one, Unreadable)]
    assert [(one.id.partition("!")[2], one.code) for one in failures] == [("winmail.dat", "unsupported")]


def test_a_forward_in_a_forward_is_read() -> None:
    (path,) = CASES.glob("62-*")
    texts = outcomes(path)
    assert len(texts) == 3
    assert list(texts.values())[-1].endswith("Total EUR 99.00")


def mail_with(folder: Path, *attachments: str) -> Path:
    message = EmailMessage()
    message["From"], message["Subject"] = "a@example.com", "Invoice"
    message.set_content("Dear all, the invoice is attached.")
    for number, text in enumerate(attachments, 1):
        message.add_attachment(text, filename=f"a{number}.txt")
    path = folder / "m.eml"
    path.write_bytes(message.as_bytes())
    return path


@pytest.mark.parametrize(
    ("mail", "attachments", "read"),
    [
        ("documents", ["Total 5"], ["m.eml", "m.eml!a1.txt"]),
        ("attachments", ["Total 5", "Total 6"], ["m.eml!a1.txt", "m.eml!a2.txt"]),
        ("attachments", [], ["m.eml"]),
        ("case", ["Total 5", "Total 6"], ["m.eml"]),
    ],
)
def test_a_task_can_leave_out_the_words_of_a_mail_that_only_carries_others(
    tmp_path: Path, mail: str, attachments: list[str], read: list[str]
) -> None:
    path = mail_with(tmp_path, *attachments)
    task = load_task({"name": "t", "kind": "extract", "mail": mail, "fields": {"total": {"kind": "number"}}})
    answerer = Answerer(LoadedModel(FakeEngine(lambda request, prompt: " null\n"), None, None), task)
    reading = answerer.options.reading
    assert [outcome.id for outcome in read_here(Source(path, path.name), reading)] == read
    assert ("mail" in answerer.lock.data["reading"]) is (mail != "documents")
    assert ("mail" in task.canonical()) is (mail != "documents")


def test_a_mail_and_what_is_in_it_is_one_case(tmp_path: Path) -> None:
    path = mail_with(tmp_path, "Order 17\n\nTotal 5", "Total 6")
    (document,) = read_here(Source(path, path.name), ReadingOptions(mail="case"))
    assert isinstance(document, Document)
    assert "Attachment: a1.txt\n\nOrder 17\n\nTotal 5\n" in document.text
    assert [document.text[line.start : line.end] for line in document.lines][-5:] == [
        "Attachment: a1.txt", "Order 17", "Total 5", "Attachment: a2.txt", "Total 6",
    ]  # fmt: skip
    at = document.text.index("Total 6")
    assert document.address(at, at + 7) == "a2.txt"


def test_what_cannot_be_read_of_a_case_is_said(tmp_path: Path) -> None:
    message = EmailMessage()
    message["From"], message["Subject"] = "a@example.com", "Plans"
    message.set_content("See the drawing.")
    message.add_attachment(b"\x00\x01\x02 not a drawing", "application", "octet-stream", filename="plan.dwg")
    path = tmp_path / "m.eml"
    path.write_bytes(message.as_bytes())
    (document,) = read_here(Source(path, path.name), ReadingOptions(mail="case"))
    assert isinstance(document, Document)
    assert [part.code for part in document.unread] == ["unsupported"]


@pytest.mark.parametrize(
    ("plain", "html", "read"),
    [
        (
            "Was EUR 5,000.00\nTotal EUR 4,200.00",
            '<p style="display:none">Was EUR 5,000.00</p><p>Total EUR 4,200.00',
            "4,200.00",
        ),
        ("Balance EUR 500.00", "<p>Balance EUR -500.00", "-500.00"),
        ("Balance $ 500.00", "<p>Balance € 500.00", "€ 500.00"),
        ("Net 500\nGross 600", "<p>Net 600<p>Gross 500", "Net 600"),
    ],
)
def test_of_two_versions_that_differ_in_a_figure_the_shown_one_is_read(
    tmp_path: Path, plain: str, html: str, read: str
) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(bytes(mail("Offer", plain, html=html)))
    document = read_file(path)
    assert read in document.text
    assert "5,000" not in document.text
    assert "other-version" in codes(document)


def test_who_got_a_copy_of_an_outlook_mail_is_no_recipient(data: Path) -> None:
    path = next((data / "files").rglob("*fake-email-with-cc-and-bcc.msg"), None)
    if path is None:
        pytest.skip("the shared files are absent")
    text = read_file(path).text
    assert "To: John Jennings <john-ctr@unstructured.io>\nCc: steve@unstructured.io\nBcc: hello@unstructured.io" in text


@pytest.mark.parametrize(
    ("plain", "html"),
    [
        ("* 5 days\nTotal 7", "<ul><li>5 days</ul><p>Total 7"),
        ("call 123<tel:123> now", "<p>call <a href='tel:123'>123</a> now"),
        ("Fee 1'250 net", "<p>Fee 1’250 net"),
    ],
)
def test_versions_that_differ_only_in_marks_are_the_same(tmp_path: Path, plain: str, html: str) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(bytes(mail("Offer", plain, html=html)))
    assert codes(read_file(path)) == []
