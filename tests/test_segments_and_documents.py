"""Text layers: what every format promises, and each way in which a file cannot be read."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from ringfence.documents import (
    Document,
    ReadingOptions,
    Source,
    Unreadable,
    expand_inputs,
    read_document,
    read_documents,
)
from ringfence.documents.reader import canonical
from ringfence.documents.segments import cut_segments
from ringfence.errors import DocumentError, InputError


@given(st.text())
def test_segments_are_in_order_apart_and_cover_everything_but_white_space(text: str) -> None:
    segments = cut_segments(text)
    covered = set()
    last = 0
    for segment in segments:
        assert last <= segment.start < segment.end <= len(text)
        covered |= set(range(segment.start, segment.end))
        last = segment.end
    assert all(index in covered for index, character in enumerate(text) if not character.isspace())


@given(st.text())
def test_canonical_text_is_stable(text: str) -> None:
    once = canonical(text)
    assert canonical(once) == once
    assert "\r" not in once


def test_numbers_keep_their_inner_punctuation() -> None:
    text = "EUR 1,249.50 on 25/12/2018, don't"
    assert [text[s.start : s.end] for s in cut_segments(text)] == ["EUR", "1,249.50", "on", "25/12/2018", ",", "don't"]


def only(path: Path, options: ReadingOptions | None = None) -> Document | Unreadable:
    (outcome,) = read_documents(Source(path, path.name), options)
    return outcome


def refused(path: Path, options: ReadingOptions | None = None) -> str:
    outcome = only(path, options)
    assert isinstance(outcome, Unreadable)
    assert outcome.reason
    return outcome.code


def canvas(path: Path, **options: object) -> Canvas:
    return Canvas(str(path), pagesize=A4, invariant=1, **options)


def test_a_table_row_of_a_pdf_reads_as_a_row(tmp_path: Path) -> None:
    pen = canvas(tmp_path / "t.pdf")
    for row, cells in enumerate(
        [("Item", "Qty", "Price"), ("Desk lamp, tall", "2", "10.00"), ("Chair", "14", "1,250.00")]
    ):
        for x, cell in zip((60, 300, 420), cells, strict=True):
            pen.drawString(x, 700 - 16 * row, cell)
    pen.save()
    text = read_document(tmp_path / "t.pdf").text
    assert text.split("\n") == ["Item   Qty   Price", "Desk lamp, tall   2   10.00", "Chair   14   1,250.00"]


def test_columns_of_prose_do_not_interleave(tmp_path: Path) -> None:
    pen = canvas(tmp_path / "c.pdf")
    left = [f"the left column says number {word} here" for word in ["one", "two", "three", "four", "five", "six"]]
    right = [
        f"while on the right stands {word} again" for word in ["seven", "eight", "nine", "ten", "eleven", "twelve"]
    ]
    for row, (a, b) in enumerate(zip(left, right, strict=True)):
        pen.drawString(50, 700 - 14 * row, a)
        pen.drawString(320, 700 - 14 * row, b)
    pen.save()
    assert read_document(tmp_path / "c.pdf").text.split("\n") == [*left, "", *right]


def test_two_addresses_side_by_side_stay_apart(examples: Path) -> None:
    text = read_document(examples / "documents" / "02-two-sides-de.pdf").text
    assert text.startswith(
        "Kupfer & Söhne GmbH\nWerkstraße 17\n44135 Dortmund\n\nNordwind Energietechnik GmbH\nHafenstraße 12"
    )


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_boxes_lie_on_the_page_where_the_text_is_seen_however_the_page_is_turned(tmp_path: Path, turn: int) -> None:
    pen = canvas(tmp_path / "r.pdf")
    pen.setPageRotation(turn)
    pen.setFont("Helvetica", 20)
    pen.drawString(100, 400, "Corner")
    pen.save()
    document = read_document(tmp_path / "r.pdf")
    start = document.text.index("Corner")
    (box,) = document.boxes(start, start + 6)
    page = document.pages[0]
    width, height = A4  # reportlab turns the sheet too, so that a turned page is seen upright
    assert (page.width, page.height) == pytest.approx((width, height), abs=1)
    # The corner of the text, (100, 400) from the bottom left of the sheet, as it is seen after the turn.
    x, y = {0: (100, height - 400), 90: (400, 100), 180: (width - 100, 400), 270: (width - 400, height - 100)}[turn]
    assert box.x0 - 12 <= x <= box.x1 + 12
    assert box.y0 - 12 <= y <= box.y1 + 12


def test_every_character_on_paper_has_a_box_inside_its_page(examples: Path) -> None:
    for path in sorted((examples / "documents").glob("*.pdf"))[:7]:
        document = read_document(path)
        assert len(document.char_boxes) == len(document.text)
        page = document.pages[0]
        for character, box in zip(document.text, document.char_boxes, strict=True):
            assert bool(np.isnan(box).all()) == character.isspace()
            if not np.isnan(box).any():
                assert 0 <= box[0] <= box[2] <= page.width
                assert 0 <= box[1] <= box[3] <= page.height


def test_an_encrypted_pdf_asks_for_its_password_and_opens_with_it(tmp_path: Path) -> None:
    path = tmp_path / "locked.pdf"
    pen = canvas(path, encrypt=StandardEncryption("open sesame", canPrint=0))
    pen.drawString(100, 700, "the secret")
    pen.save()
    assert refused(path) == "encrypted"
    assert refused(path, ReadingOptions(passwords=("wrong",))) == "encrypted"
    opened = only(path, ReadingOptions(passwords=("wrong", "open sesame")))
    assert isinstance(opened, Document)
    assert opened.text == "the secret"


def test_a_pdf_without_a_text_layer_and_without_text_to_see_says_so(tmp_path: Path) -> None:
    pen = canvas(tmp_path / "scan.pdf")
    pen.rect(100, 100, 200, 200, fill=1)
    pen.save()
    outcome = only(tmp_path / "scan.pdf")
    assert isinstance(outcome, Unreadable)
    assert outcome.code == "no-text"
    assert "OCR" in outcome.reason
    assert refused(tmp_path / "scan.pdf", ReadingOptions(ocr="never")) == "no-text-layer"


def test_each_unreadable_file_has_its_own_reason(tmp_path: Path, examples: Path) -> None:
    whole = (examples / "documents" / "01-classic-en.pdf").read_bytes()
    files = {
        "cut.pdf": (whole[:300], "truncated"),
        "empty.pdf": (b"", "empty"),
        "blank.txt": (b" \n\n", "empty"),
        "really-a-zip.pdf": (b"PK\x03\x04" + b"x" * 50, "damaged"),
        "binary.txt": (b"a\x00b" * 20, "wrong-extension"),
        "photo.png": (b"\x89PNG....", "damaged"),
        "sheet.xlsx": (b"PK\x03\x04....", "damaged"),
        "thing.qqq": (b"hello", "unsupported"),
    }
    for name, (content, code) in files.items():
        (tmp_path / name).write_bytes(content)
        assert refused(tmp_path / name) == code, name
    assert refused(tmp_path / "gone.txt") == "missing"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_text_is_read_in_the_encodings_that_people_have(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "n.txt").write_bytes("Größe: 5 €\r\nzweite Zeile".encode(encoding))
    assert read_document(tmp_path / "n.txt").text == "Größe: 5 €\nzweite Zeile"


def test_a_csv_file_is_one_document_or_one_for_each_row(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text('name;amount\n"Müller; Sohn";12,50\n\nVogt;7,00\n', encoding="utf-8")
    assert read_document(path).text == "name   amount\nMüller; Sohn   12,50\nVogt   7,00"
    rows = list(read_documents(Source(path, "list.csv"), ReadingOptions(csv_rows=True)))
    assert [(r.id, r.text) for r in rows if isinstance(r, Document)] == [
        ("list.csv#2", "name: Müller; Sohn\namount: 12,50"),
        ("list.csv#4", "name: Vogt\namount: 7,00"),
    ]


def test_a_damaged_line_of_a_jsonl_file_is_accounted_for_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    lines = [
        json.dumps({"key": "k1", "body": "one"}),
        "{broken",
        json.dumps({"key": 7, "body": "two\u2028three"}),
        json.dumps({"body": ""}),
        json.dumps({"key": "x"}),
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    outcomes = list(read_documents(Source(path, "in.jsonl"), ReadingOptions(text_field="body", id_field="key")))
    seen = [(o.id, o.text if isinstance(o, Document) else o.code) for o in outcomes]
    assert seen == [
        ("k1", "one"),
        ("in.jsonl#2", "damaged"),
        ("7", "two\u2028three"),
        ("in.jsonl#4", "empty"),
        ("in.jsonl#5", "no-text-field"),
    ]


def test_ids_are_paths_relative_to_the_given_folder_and_never_clash(tmp_path: Path) -> None:
    for name in ("a/x.txt", "a/sub/y.txt", "b/x.txt", "a/.hidden/z.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("t")
    assert [s.id for s in expand_inputs([tmp_path / "a"])] == ["sub/y.txt", "x.txt"]
    both = [s.id for s in expand_inputs([tmp_path / "a", tmp_path / "b"])]
    assert sorted(both) == ["a/x.txt", "b/x.txt", "sub/y.txt"]
    assert [s.id for s in expand_inputs([str(tmp_path / "*" / "x.txt"), tmp_path / "a" / "x.txt"])] == [
        "a/x.txt",
        "b/x.txt",
    ]


def test_an_input_that_names_nothing_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="names no file") as caught:
        expand_inputs([tmp_path / "nothing*"])
    assert caught.value.hint


def test_a_file_of_many_documents_is_not_read_as_one(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"text": "a"}\n{"text": "b"}\n')
    with pytest.raises(DocumentError) as caught:
        read_document(tmp_path / "in.jsonl")
    assert caught.value.code == "several"
