"""The rows of a store's tables as documents and passages."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..contracts import BoxFacts, UnreadPart
from .database import damaged
from .store import StoredDocument, StoredPassage

__all__ = ["boxes_text", "document_of_row", "lengths_of", "passage_of_row", "value_of_json", "word_sum"]


def word_sum(word: str, times: int) -> int:
    """Return a number for a word and how often a passage has it."""
    return zlib.crc32(f"{times} {word}".encode())


def lengths_of(data: bytes) -> npt.NDArray[np.int32]:
    """The numbers of words of passages."""
    if len(data) % 4:
        raise damaged("The store of the corpus", "the lengths of passages are cut")
    return np.frombuffer(data, "<i4")


def value_of_json(text: Any) -> Any:
    """The value of a column of JSON. Raises InputError if it is damaged."""
    try:
        return json.loads(text)
    except (ValueError, TypeError):
        raise damaged("The store of the corpus", "a value is not JSON") from None


def document_of_row(row: Sequence[Any]) -> StoredDocument:
    """A document, from the columns of its table in their order."""
    number, identity, path, sha256, text, text_sha256, read_by, pages, language, title, source, unread, *life = row
    return StoredDocument(
        *(identity, path, sha256, text, text_sha256, read_by, pages, language, title, source),
        unread=tuple(UnreadPart(**part) for part in value_of_json(unread)),
        number=number,
        added=life[0],
        removed=life[1],
    )


def boxes_text(passage: StoredPassage) -> str:
    """The boxes of a passage as they are stored."""
    return json.dumps([[*span, *box.model_dump().values()] for span, box in passage.boxes], separators=(",", ":"))


def passage_of_row(row: Sequence[Any]) -> StoredPassage:
    """A passage: its span, page, lead, text and boxes."""
    start, end, page, lead, text, boxes = row
    placed = tuple(
        ((entry[0], entry[1]), BoxFacts(**dict(zip(("page", "x0", "y0", "x1", "y1"), entry[2:], strict=True))))
        for entry in value_of_json(boxes)
    )
    return StoredPassage((start, end), page, lead, text, placed)
