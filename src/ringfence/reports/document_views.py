"""Views of documents in the report: page images with boxes, or the text with marked spans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..contracts import BoxFacts, FieldAnswer, Result, Span, SummarySentence
from ..documents import PICTURE_SCALE, Document, PagePicture, ReadingOptions, Source, page_pictures, read_documents

__all__ = ["BoxView", "DocumentTexts", "DocumentView", "PageView", "PieceView", "page_view", "view_document"]

MOST_PAGES = 6
MOST_TEXT = 60_000
PAPER = ("pdf/", "image/")  # readers whose documents have page images
AROUND = 1_500  # characters shown on either side of a span in a longer text
_Hues = Mapping[str, int]
"""The hue of each value, by path."""


@dataclass(frozen=True)
class BoxView:
    """A box on a page, in per cent of its size."""

    name: str
    hue: int
    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class PageView:
    """A page as an image, with boxes."""

    number: int
    picture: str
    boxes: list[BoxView]
    ratio: float


@dataclass(frozen=True)
class PieceView:
    """A piece of text. ``name`` lists the paths of the values that rest on it."""

    text: str
    name: str | None = None
    hue: int = 0


@dataclass(frozen=True)
class DocumentView:
    """The pages of a document, or the pieces of its text; neither if it is missing or has changed."""

    pages: list[PageView] = field(default_factory=list)
    pieces: list[PieceView] = field(default_factory=list)

    @property
    def size(self) -> int:
        """About how many bytes the view adds to the report."""
        return sum(len(page.picture) for page in self.pages) + sum(len(piece.text) for piece in self.pieces)


class DocumentTexts:
    """Reads documents again for the report. A file of many records is read once, and only wanted records are kept."""

    def __init__(self, results: Mapping[str, Result], options: ReadingOptions, folder: Path) -> None:
        self._options, self._folder = options, folder
        self._wanted: dict[Source, set[str]] = {}
        for identity, result in results.items():
            self._wanted.setdefault(self._source(result), set()).add(identity)
        self._read: dict[Source, dict[str, Document]] = {}

    def _source(self, result: Result) -> Source:
        document = result.document
        return Source(self._folder / document.path, document.source or document.id)

    def pictures(self, result: Result, pages: list[int]) -> list[PagePicture]:
        """Return images of pages of the document; none if it is missing or has changed."""
        document = result.document
        if document.sha256 is None:
            return []
        return page_pictures(self._source(result), document.id, document.sha256, pages, PICTURE_SCALE, self._options)

    def get(self, result: Result) -> Document | None:
        """Return the document of a result; None if it is missing or has changed."""
        source = self._source(result)
        if source not in self._read:
            wanted = self._wanted[source]
            outcomes = read_documents(source, self._options)
            documents = (outcome for outcome in outcomes if isinstance(outcome, Document))
            self._read[source] = {document.id: document for document in documents if document.id in wanted}
        document = self._read[source].pop(result.document.id, None)
        return document if document and document.sha256 == result.document.sha256 else None


def view_document(result: Result, hues: _Hues, texts: DocumentTexts) -> DocumentView:
    """Return page images with boxes if the document has pages, else its text with marked spans."""
    boxes: list[tuple[str, BoxFacts]] = []
    places: dict[Span, list[str]] = {}
    sentences = {f"s{number}": sentence for number, sentence in enumerate(result.sentences or [], 1)}
    answers: dict[str, FieldAnswer | SummarySentence] = {**(result.fields or {}), **sentences}
    for path, answer in answers.items():
        boxes += [(path, box) for box in answer.boxes]
        for span in answer.spans if path != "summary" else ():
            places.setdefault(span, []).append(path)
    if boxes or (result.document.read_by or "").startswith(PAPER):
        numbers = sorted({1, *(box.page for _, box in boxes)})[:MOST_PAGES]
        return DocumentView(pages=[page_view(picture, boxes, hues) for picture in texts.pictures(result, numbers)])
    document = texts.get(result)
    if document is None:
        return DocumentView()
    spans = sorted((start, end, " ".join(names)) for (start, end), names in places.items())
    return DocumentView(pieces=list(_pieces(document.text, spans, hues)))


def page_view(picture: PagePicture, boxes: list[tuple[str, BoxFacts]], hues: _Hues) -> PageView:
    """Return a page with its boxes, which come from the result, so the file is not read again for them."""
    width, height = picture.width, picture.height
    views = [
        BoxView(
            path,
            hues[path],
            left=100 * box.x0 / width,
            top=100 * box.y0 / height,
            width=100 * (box.x1 - box.x0) / width,
            height=100 * (box.y1 - box.y0) / height,
        )
        for path, box in boxes
        if box.page == picture.number
    ]
    return PageView(picture.number, picture.address, views, height / width)


def _pieces(text: str, spans: list[tuple[int, int, str]], hues: _Hues) -> Iterator[PieceView]:
    """Yield the text with marked spans; a long text is cut to the surroundings of the spans."""
    position, room = 0, MOST_TEXT
    for start, end, path in spans:
        if start < position or end > len(text) or room <= 0:
            continue
        yield from _between(text, position, start, room)
        yield PieceView(text[start:end], path, hues[path.partition(" ")[0]])
        room -= min(start - position, 2 * AROUND) + end - start
        position = end
    yield from _between(text, position, len(text), room)


def _between(text: str, start: int, end: int, room: int) -> Iterator[PieceView]:
    """Yield the text between two spans, shortened if the document is long."""
    if len(text) <= MOST_TEXT or end - start <= 2 * AROUND:
        yield PieceView(text[start:end] if room > 0 else "")
    else:
        yield PieceView(text[start : start + AROUND] if start else "")
        yield PieceView(f"\n[... {end - start - 2 * AROUND:,} characters ...]\n")
        yield PieceView(text[end - AROUND : end] if end < len(text) else "")
