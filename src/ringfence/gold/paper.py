"""What a person sees of a document beside its values: page images, text, flags and broken checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..contracts import Result
from ..documents import PICTURE_SCALE, Document, page_pictures
from ..runs import RunFolder
from ..runs.source_documents import source_of

__all__ = ["Paper", "papers_of"]

MOST_TEXT = 200_000  # characters of a document that are shown
MOST_PAGES = 6
MOST_BYTES = 45_000_000  # of images, over all documents; the rest show their text alone
WITH_PAGES = ("pdf/", "image/")  # readers whose documents have page images


@dataclass(frozen=True)
class Paper:
    """The text of a document, images of its pages as data URLs, flags by path, and the checks that broke.

    ``reason`` says why there is no answer; ``more_pages`` counts pages that have no image here.
    """

    text: str
    pages: tuple[str, ...] = ()
    flags: Mapping[str, str] = field(default_factory=dict)
    broken: tuple[str, ...] = ()
    more_pages: int = 0
    reason: str = ""


def papers_of(
    folder: RunFolder,
    results: Mapping[str, Result],
    documents: Mapping[str, Document],
    passwords: tuple[str, ...] = (),
    blind: bool = False,
) -> dict[str, Paper]:
    """What is shown of each result; ``documents`` are those that could be read again.

    Flags and checks speak of the answers, so a ``blind`` form has none.
    """
    options, base, room = folder.reading_options(passwords), folder.base(), MOST_BYTES
    found = {}
    for identity, result in results.items():
        why = "" if blind else result.reason or ""
        if (document := documents.get(identity)) is None:
            found[identity] = Paper("The document is missing, changed or unreadable.", reason=why)
            continue
        count = len(document.pages)
        pages: tuple[str, ...] = ()
        if document.read_by.startswith(WITH_PAGES) and room > 0:
            numbers = range(1, min(count, MOST_PAGES) + 1)
            source = source_of(result.document, base)
            shown = page_pictures(source, identity, document.sha256, numbers, PICTURE_SCALE, options)
            pages = tuple(picture.address for picture in shown)
            room -= sum(map(len, pages))
        flags = {} if blind else {path: _words(result, path) for path in result.fields or {}}
        broken = [] if blind else [check for check, outcome in (result.checks or {}).items() if outcome == "broken"]
        found[identity] = Paper(
            document.text[:MOST_TEXT],
            pages,
            {path: words for path, words in flags.items() if words},
            tuple(broken),
            count - len(pages) if pages else 0,
            why,
        )
    return found


def _words(result: Result, path: str) -> str:
    """The flags of a value, and its readings."""
    answer = result.field(path)
    said = [flag for flag in answer.flags if not flag.startswith("check: ")]
    return "; ".join([*said, *([f"could be {' or '.join(answer.readings)}"] if answer.readings else [])])
