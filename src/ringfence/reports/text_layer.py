"""A page of text layers: blocks and segments as boxes over page images, beside the text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2

from ..documents import PICTURE_SCALE, Document, Page, ReadingOptions, Source, page_pictures
from ..files import write_whole

__all__ = ["write_text_layer"]

MOST_BOXES = 200  # per block


@dataclass(frozen=True)
class _Box:
    """A block (``b``) or a segment (``s``), in per cent of the page."""

    kind: str
    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class _Page:
    number: int
    picture: str | None
    boxes: list[_Box]
    text: str


@dataclass(frozen=True)
class _Document:
    document: Document
    pages: list[_Page]


def write_text_layer(documents: Sequence[Document], target: Path, options: ReadingOptions | None = None) -> None:
    """Write one self-contained page for ``documents``."""
    environment = jinja2.Environment(loader=jinja2.PackageLoader("ringfence.reports", "."), autoescape=True)
    views = []
    for document in documents:
        pictures = _pictures(document, options)
        pages = [
            _Page(
                page.number,
                pictures.get(page.number),
                list(_boxes(document, page)),
                document.text[page.start : page.end],
            )
            for page in document.pages
        ]
        views.append(_Document(document, pages))
    page = environment.get_template("text_layer.html.j2").render(documents=views)
    write_whole(target, page, private=True)


def _pictures(document: Document, options: ReadingOptions | None) -> Mapping[int, str]:
    """Return the page images by number; none for a format without pages."""
    if not document.on_paper or not document.pages:
        return {}
    source = Source(Path(document.path), document.metadata.get("source", document.id))
    numbers = [page.number for page in document.pages]
    pictures = page_pictures(source, document.id, document.sha256, numbers, PICTURE_SCALE, options)
    return {picture.number: picture.address for picture in pictures}


def _boxes(document: Document, page: Page) -> Iterator[_Box]:
    if not page.width:
        return
    for kind, most, parts in (("b", MOST_BOXES, document.blocks), ("s", None, document.segments)):
        for part in parts:
            if not page.start <= part.start < page.end:
                continue
            for box in document.boxes(part.start, part.end)[:most]:
                yield _Box(
                    kind,
                    left=round(100 * box.x0 / page.width, 2),
                    top=round(100 * box.y0 / page.height, 2),
                    width=round(100 * (box.x1 - box.x0) / page.width, 2),
                    height=round(100 * (box.y1 - box.y0) / page.height, 2),
                )
