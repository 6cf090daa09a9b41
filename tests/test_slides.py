"""A slide is read as it is shown: marks apart, columns, numbers, and nothing that lies beside it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.documents import Document, ReadingOptions
from tests.cases import codes, read_file
from tests.files import zipped

_KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_NAMES = f'xmlns:a="a" xmlns:p="p" xmlns:r="{_KIND}"'


def read(*slides: str, options: ReadingOptions | None = None, notes: str = "", layout: str = "") -> Document:
    def relations(*entries: tuple[str, str]) -> bytes:
        rows = "".join(f'<Relationship Id="r{n}" Type="{_KIND}/{k}" Target="{t}"/>' for n, (k, t) in enumerate(entries))
        return f"<Relationships>{rows}</Relationships>".encode()

    entries = "".join(f'<p:sldId id="{256 + number}" r:id="r{number}"/>' for number in range(len(slides)))
    size = '<p:sldSz cx="9144000" cy="6858000"/>'
    members = [
        ("[Content_Types].xml", b"<Types/>"),
        ("_rels/.rels", relations(("officeDocument", "ppt/presentation.xml"))),
        ("ppt/presentation.xml", f"<p:p {_NAMES}><p:sldIdLst>{entries}</p:sldIdLst>{size}</p:p>".encode()),
        ("ppt/_rels/presentation.xml.rels", relations(*(("slide", f"s{n}.xml") for n in range(len(slides))))),
    ]
    for number, slide in enumerate(slides):
        members.append((f"ppt/s{number}.xml", slide.encode()))
        related = [("slideLayout", "l.xml"), *([("notesSlide", "n.xml")] if notes else [])]
        members.append((f"ppt/_rels/s{number}.xml.rels", relations(*related)))
    members.append(("ppt/l.xml", layout.encode() or f"<p:l {_NAMES}/>".encode()))
    members.append(
        ("ppt/n.xml", f"<p:notes {_NAMES}><p:cSld><p:spTree>{shape(notes)}</p:spTree></p:cSld></p:notes>".encode())
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.pptx"
        path.write_bytes(zipped(*members))
        return read_file(path, options)


def slide(*shapes: str, more: str = "") -> str:
    return f"<p:sld {_NAMES} {more}><p:cSld><p:spTree>{''.join(shapes)}</p:spTree></p:cSld></p:sld>"


def paragraph(*runs: str, properties: str = "") -> str:
    return f"<a:p>{properties}{''.join(runs)}</a:p>"


def run(text: str, look: str = "") -> str:
    return f"<a:r><a:rPr {look}/><a:t>{text}</a:t></a:r>"


def shape(*paragraphs: str, x: int = 0, more: str = "", kind: str = "") -> str:
    holder = f'<p:nvPr><p:ph type="{kind}"/></p:nvPr>' if kind else "<p:nvPr/>"
    place = f'<p:spPr><a:xfrm><a:off x="{x}" y="0"/><a:ext cx="90000" cy="90000"/></a:xfrm></p:spPr>'
    return (
        f"<p:sp><p:nvSpPr><p:cNvPr {more}/>{holder}</p:nvSpPr>{place}<p:txBody>{''.join(paragraphs)}</p:txBody></p:sp>"
    )


@given(st.integers(0, 10**6), st.integers(1, 200))
@settings(max_examples=25, deadline=None)
def test_no_raised_number_joins_a_number(amount: int, mark: int) -> None:
    body = paragraph(run(f"EUR {amount:,}.50"), run(str(mark), 'baseline="30000"'), run(" net"))
    text = read(slide(shape(body))).text.removeprefix("Slide 1\n\n")
    assert text.startswith(f"EUR {amount:,}.50 ")
    assert str(mark) not in text.removeprefix(f"EUR {amount:,}.50")


def test_the_title_comes_first_and_items_have_their_marks() -> None:
    numbered = '<a:pPr><a:buAutoNum type="arabicPeriod" startAt="7"/></a:pPr>'
    body = shape(
        paragraph(run("Price"), properties=numbered), paragraph(run("Term"), properties=numbered),
        paragraph(run("note"), properties='<a:pPr><a:buChar char="x"/></a:pPr>'),
    )  # fmt: skip
    text = read(slide(body, shape(paragraph(run("Offer")), kind="title")), notes=paragraph(run("say it"))).text
    assert text == "Slide 1\n\n# Offer\n\n7. Price\n8. Term\n- note\n\nNotes: say it"


def test_a_blank_cell_shows_which_column_a_value_is_in() -> None:
    def row(*cells: tuple[str, str]) -> str:
        inner = "".join(f"<a:tc {more}><a:txBody>{paragraph(run(text))}</a:txBody></a:tc>" for text, more in cells)
        return f"<a:tr>{inner}</a:tr>"

    rows = [
        row(("Account", ""), ("2024", 'gridSpan="2"'), ("", 'hMerge="1"'), ("2023", "")),
        row(("Bank", ""), ("", ""), ("500", "")),
        row(("Rent", ""), ("", ""), ("", ""), ("7", "")),
    ]
    table = f"<a:graphic><a:graphicData><a:tbl>{''.join(rows)}</a:tbl></a:graphicData></a:graphic>"
    text = read(slide(f"<p:graphicFrame><p:nvGraphicFramePr/>{table}</p:graphicFrame>")).text
    assert text.endswith("Account   2024   ·   2023\nBank   ·   500\nRent   ·   ·   7")


def test_hidden_slides_and_shapes_and_those_beside_the_slide_are_named() -> None:
    first = slide(
        shape(paragraph(run("shown"))), shape(paragraph(run("EUR 80")), x=9_200_000),
        shape(paragraph(run("EUR 90")), more='hidden="1"'),
    )  # fmt: skip
    slides = (first, slide(shape(paragraph(run("EUR 70"))), more='show="0"'))
    document = read(*slides)
    assert document.text == "Slide 1\n\nshown"
    assert codes(document) == ["hidden-text", "hidden-slides"]
    kept = read(*slides, options=ReadingOptions(hidden=True)).text
    assert all(f"EUR {amount}" in kept for amount in (70, 80, 90))


def test_the_fixed_words_of_a_layout_are_read_once() -> None:
    layout = slide(shape(paragraph(run("ACME GmbH"))), shape(paragraph(run("Click to add")), kind="body"))
    slides = (slide(shape(paragraph(run("one")))), slide(shape(paragraph(run("two")))))
    assert read(*slides, layout=layout).text == "Slide 1\n\none\n\nACME GmbH\n\nSlide 2\n\ntwo"


def test_what_is_struck_through_is_left_out_and_named() -> None:
    document = read(
        slide(
            shape(
                paragraph(run("Price "), run("EUR 1,200", 'strike="sngStrike"'), run(" EUR 990", 'strike="noStrike"'))
            )
        )
    )
    assert document.text.endswith("Price EUR 990")
    assert codes(document) == ["struck-text"]
