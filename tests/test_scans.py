"""Scans: words with places and confidence, whichever way the paper lay; a poor text layer is noticed and said so."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from ringfence.checker import check_run
from ringfence.documents import (
    Document,
    ReadingOptions,
    expand_inputs,
    read_document,
)
from ringfence.documents.text_quality import fault_of_recognised, fault_of_text
from ringfence.runs import RunFolder
from tests.conftest import answering, fake_lock, task_of
from tests.fake_runs import latest, run
from tests.files import picture

ROWS = (
    "Nordwind GmbH",
    "Invoice 4711 of 12.03.2024",
    "Item   Amount",
    "Bolts   1,249.50",
    "Washers and nuts   17.25",
    "Total due now   1,266.75",
)


def words_of(document: Document) -> list[str]:
    return document.text.split()


@pytest.fixture(scope="module")
def upright(tmp_path_factory: pytest.TempPathFactory) -> Document:
    path = tmp_path_factory.mktemp("scan") / "scan.png"
    picture(*ROWS).save(path)
    return read_document(path)


def test_a_picture_is_read_with_a_place_and_a_confidence_for_every_word(upright: Document) -> None:
    assert [" ".join(line.split()) for line in upright.text.split("\n") if line] == [
        " ".join(row.split()) for row in ROWS
    ]
    assert "Bolts   1,249.50" in upright.text
    start = upright.text.index("1,249.50")
    confidence = upright.ocr_confidence(start, start + 8)
    assert confidence is not None
    assert 0.5 < confidence <= 1
    (box,) = upright.boxes(start, start + 8)
    assert 0 < box.x0 < box.x1 < upright.pages[0].width
    assert upright.metadata["pages_by_ocr"] == {"1": "picture"}


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_turned_page_is_read_upright_and_its_boxes_lie_where_the_words_are(
    tmp_path: Path, upright: Document, turn: int
) -> None:
    picture(*ROWS).rotate(turn, expand=True).save(tmp_path / "t.png")
    document = read_document(tmp_path / "t.png")
    assert words_of(document) == words_of(upright)
    start = document.text.index("1,249.50")
    (box,) = document.boxes(start, start + 8)
    at = upright.text.index("1,249.50")
    (seen,) = upright.boxes(at, at + 8)
    page, straight = document.pages[0], upright.pages[0]
    scale = page.width / (straight.width if turn == 180 else straight.height)
    x, y = (seen.x0 + seen.x1) / 2, (seen.y0 + seen.y1) / 2
    x, y = {90: (y, straight.width - x), 180: (straight.width - x, straight.height - y), 270: (straight.height - y, x)}[
        turn
    ]
    assert (box.x0 + box.x1) / 2 == pytest.approx(x * scale, abs=12)
    assert (box.y0 + box.y1) / 2 == pytest.approx(y * scale, abs=12)


def test_a_page_that_lay_askew_keeps_its_rows(tmp_path: Path, upright: Document) -> None:
    picture(*ROWS).rotate(1.7, expand=True, fillcolor="white", resample=Image.Resampling.BICUBIC).save(
        tmp_path / "s.png"
    )
    assert words_of(read_document(tmp_path / "s.png")) == words_of(upright)


def test_pages_of_a_tiff_are_pages(tmp_path: Path) -> None:
    first, second = picture("first page here"), picture("second page there")
    first.save(tmp_path / "p.tiff", save_all=True, append_images=[second])
    document = read_document(tmp_path / "p.tiff")
    assert [document.text[page.start : page.end].strip() for page in document.pages] == [
        "first page here",
        "second page there",
    ]


def scanned_pdf(path: Path, *pages: str | Image.Image) -> Path:
    pen = Canvas(str(path), pagesize=(500, 350))
    for page in pages:
        if isinstance(page, str):
            pen.drawString(50, 300, page)
        else:
            stream = io.BytesIO()
            page.save(stream, "PNG")
            pen.drawImage(ImageReader(stream), 0, 0, 500, 350)
        pen.showPage()
    pen.save()
    return path


def test_only_the_pages_of_a_pdf_without_text_are_read_by_ocr(tmp_path: Path) -> None:
    path = scanned_pdf(tmp_path / "mixed.pdf", "Ann pays 5.00 for typed words", picture(*ROWS))
    document = read_document(path)
    assert document.metadata["pages_by_ocr"] == {"2": "no text layer"}
    typed = document.text.index("typed")
    assert document.ocr_confidence(typed, typed + 5) is None
    assert "Bolts   1,249.50" in document.text
    assert "pages_by_ocr" in read_document(path, ReadingOptions(ocr="always")).metadata
    assert "1,249.50" not in read_document(path, ReadingOptions(ocr="never")).text


def shifted(text: str) -> str:
    """What a font with a wrong table says: each letter as the third one behind it."""
    return "".join(chr((ord(c) - 97 + 3) % 26 + 97) if c.islower() else c for c in text)


PROSE = "the delivery shall be made to the seat of the buyer at his own expense and risk unless agreed otherwise "


def test_a_text_layer_of_a_wrong_encoding_is_noticed() -> None:
    assert fault_of_text(list(PROSE)) is None
    assert (
        fault_of_text(list("die lieferung erfolgt an den sitz des käufers auf dessen kosten und gefahr soweit nichts"))
        is None
    )
    assert fault_of_text(list(shifted(PROSE))) == "its letters do not form words"
    assert fault_of_text(["\ue003"] * 40 + list("abc")) == "the font does not map its glyphs to characters"
    assert fault_of_text(list("1,249.50 17.25 33.00" * 20)) is None
    assert fault_of_text([]) is None


def scan_with_layer(path: Path, text: str, *, drawn: bool = True) -> Document:
    """A page with a picture of ROWS, and the invisible layer that scanners write."""
    pen = Canvas(str(path), pagesize=(500, 350))
    if drawn:
        stream = io.BytesIO()
        picture(*ROWS).save(stream, "PNG")
        pen.drawImage(ImageReader(stream), 0, 0, 500, 350)
    layer = pen.beginText(50, 300)
    layer.setTextRenderMode(3 if drawn else 0)
    for start in range(0, len(text), 60):
        layer.textLine(text[start : start + 60])
    pen.drawText(layer)
    pen.save()
    return read_document(path)


def test_a_poor_text_layer_gives_way_to_what_is_seen_and_the_result_says_so(tmp_path: Path) -> None:
    document = scan_with_layer(tmp_path / "poor.pdf", shifted((PROSE * 4)[:300]))
    assert document.metadata["pages_by_ocr"] == {"1": "poor text layer: its letters do not form words"}
    assert "Nordwind GmbH" in document.text
    assert shifted("delivery") not in document.text


UPSIDE_DOWN = dict(zip("abdehlmnpqrtuwyz", "eqpayjwudbJjnMAZ", strict=True))
LETTER = (
    "Wednesday January printed contract advertiser agency product separation sales office salesperson station comments "
    "broadcast standard billing cycle number schedule dates entered modified package national political account types "
    "commission total amount invoice payment delivery remarks"
)


def recognised_upside_down(text: str) -> str:
    """What a recogniser makes of a page that lies upside down: words from their ends, with letters that look alike."""
    return " ".join("".join(UPSIDE_DOWN.get(c, c) for c in reversed(word)) for word in text.split())


def test_a_layer_that_was_recognised_upside_down_gives_way_to_what_is_seen(tmp_path: Path) -> None:
    document = scan_with_layer(tmp_path / "scan.pdf", recognised_upside_down(LETTER))
    assert document.metadata["pages_by_ocr"] == {"1": "poor text layer: its words mix large and small letters"}
    assert "Washers and nuts   17.25" in document.text


def test_a_layer_that_reads_well_stays_and_so_does_text_that_was_never_recognised(tmp_path: Path) -> None:
    good = scan_with_layer(tmp_path / "good.pdf", LETTER)
    assert "pages_by_ocr" not in good.metadata
    assert "Wednesday January" in good.text
    names = " ".join(f"get{word.capitalize()}" for word in LETTER.split())
    printed = scan_with_layer(tmp_path / "printed.pdf", names, drawn=False)
    assert "pages_by_ocr" not in printed.metadata
    assert "getJanuary" in printed.text


def test_capitals_inside_words_tell_a_bad_recognition_and_names_do_not() -> None:
    assert fault_of_recognised(LETTER.split()) is None
    assert fault_of_recognised([*LETTER.split(), *["GmbH", "MwSt"] * 50]) is None
    assert fault_of_recognised(recognised_upside_down(LETTER).split()) == "its words mix large and small letters"
    assert fault_of_recognised(["eWLONe'ZT", "jeuHION"]) is None  # too few to judge


def test_a_value_that_was_read_by_ocr_says_so_in_its_result(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    picture(*ROWS).save(tmp_path / "in" / "scan.png")
    task = task_of(total={"kind": "money"}, who={"kind": "text"})
    run(
        task,
        expand_inputs([tmp_path / "in"]),
        answering(total="1,266.75", who="null"),
        fake_lock(task),
        tmp_path / "run",
    )
    result = next(latest(RunFolder.open(tmp_path / "run")))
    assert result["fields"]["total"]["ocr"] > 0.5
    assert result["fields"]["total"]["features"]["ocr"] == result["fields"]["total"]["ocr"]
    assert result["fields"]["who"]["ocr"] is None
    assert result["document"]["pages_by_ocr"] == {"1": "picture"}
    assert check_run(tmp_path / "run").findings == []
