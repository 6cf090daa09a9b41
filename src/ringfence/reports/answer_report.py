"""answer.html: the claims of an answer, each beside the page or the text that it rests on."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ..clock import now
from ..contracts import Citation, Claim, CorpusAnswer, Result
from ..documents import PICTURE_SCALE, ReadingOptions, Source, page_pictures
from ..files import write_whole
from .document_views import PageView, page_view
from .evaluation_report import page_environment

__all__ = ["write_answer"]

HUE = 45


@dataclass(frozen=True)
class _Place:
    """A cited place: its page with the lines marked, or the words of its passage around the marked ones."""

    citation: Citation
    page: PageView | None = None
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class _Claim:
    claim: Claim
    places: list[_Place] = field(default_factory=list)
    conflicts: list[_Place] = field(default_factory=list)


def write_answer(question: str, result: Result, target: Path, show_unsupported: bool = False) -> Path:
    """Write the page, which only its owner can read, and return its path.

    Page images come from the documents' files; of a file that is missing or has changed, the words of the corpus stand
    in their place.
    """
    behind = result.from_corpus or CorpusAnswer(corpus="", version=0)
    claims = [_viewed(claim, behind) for claim in behind.claims if claim.verdict == "supported" or show_unsupported]
    text = page_environment().get_template("answer.html.j2").render(
        question=question, result=result, behind=behind, claims=claims, made_at=now(),
        shown=[one for one in claims if one.claim.verdict == "supported"],
        nearest=[_place(passage, behind) for passage in behind.nearest],
        flags=[flag for flag in result.field("answer").flags if flag != "not-in-the-documents"],
    )  # fmt: skip
    write_whole(target, text, private=True)
    return target


def _viewed(claim: Claim, behind: CorpusAnswer) -> _Claim:
    places, conflicts = (
        [_place(citation, behind) for citation in places] for places in (claim.citations, claim.conflicts)
    )
    return _Claim(claim, places, conflicts)


def _place(citation: Citation, behind: CorpusAnswer) -> _Place:
    if citation.boxes and citation.page:
        source = Source(Path(citation.path), citation.source or citation.document)
        reading = ReadingOptions(**behind.reading)
        pictures = page_pictures(source, citation.document, citation.sha256, [citation.page], PICTURE_SCALE, reading)
        for picture in pictures:
            return _Place(citation, page_view(picture, [("", box) for box in citation.boxes], {"": HUE}))
    for passage in behind.nearest:
        start, end = (offset - passage.span[0] for offset in citation.span)
        if passage.passage == citation.passage and passage.text[start:end] == citation.text:
            return _Place(citation, None, passage.text[:start], passage.text[end:])
    return _Place(citation)
