"""The single sentences of a document, as a model is asked of them: whole, without headings, and not too long."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ...contracts import Span
from ...documents import Document
from ...documents.sentences import sentences_of

__all__ = ["LONGEST", "Sentence", "sentences_in"]

SIGNS = 4  # of a sentence in Chinese or Japanese
LONGEST = 1500  # characters of a sentence in a prompt; longer ones are cut into parts
HEADING = 8  # words that a heading has at most
_WORDS = re.compile(r"[^\W\d_]{2,}")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")
_IS_ENTRY = re.compile(r"[^\W\d_][\w /&-]{1,39}:[ \t]+\S")  # TERM: two years
_LISTED = re.compile(r"(?:[-–•*>·] |\(?(?:[a-z]{1,3}|\d{1,2})[.)] )")
_NUMBERED = re.compile(r"\(?\d+[.)]|§|\d+\.\d")
_MARK = re.compile(r"\(?(?:\d{1,3}(?:\.\d{1,3})*|[ivx]{1,5}|[a-z])(?:[.)]+\s+|\t|   +)(?!\d)")
_BEGINS_INSIDE = re.compile(r"(?:[-–•*>·] |\(?(?:[a-z]{1,3}|\d{1,2})\) |[\"“‘(\[])*([^\W\d_])")
_ENDS = re.compile(r"[.!?…。！？][\"'”’»)\]」』）]*\Z")
_LEADS_IN = re.compile(r"[:,]\Z")
# A sentence that ends in one of them goes on.
_UNFINISHED = re.compile(
    r"(?:[,;(–-]|\b(?:of|the|a|an|and|or|to|from|by|with|without|in|on|at|for|that|which|who|not|be|is|are|shall|will|may|"
    r"must|its|his|her|their|any|such|this|under|between|than|as|if|von|vom|und|oder|der|die|das|des|dem|den|ein|eine|zu|"
    r"zum|zur|mit|ohne|für|in|im|auf|bei|nach|nicht|ist|sind|wird|de|du|des|le|la|les|et|ou|à|au|aux|par|pour|sans|dans|"
    r"sur|que|qui|el|los|las|y|o|con|sin|por|para|en|del|al|di|il|lo|e|che|per|senza|van|het|een|met|voor|op))\Z",
    re.I,
)


@dataclass(frozen=True)
class Sentence:
    """A sentence in every place where a document has it.

    ``begins_open`` and ``ends_open`` say that it seems to be only the end, or the beginning, of a longer one.
    """

    places: tuple[Span, ...]
    text: str
    begins_open: bool = False
    ends_open: bool = False


@dataclass(frozen=True)
class _Piece:
    """A part of a text; ``whole`` if it is a row of a table or an entry of a list of labels."""

    start: int
    end: int
    whole: bool = False


def sentences_in(document: Document) -> list[Sentence]:
    """The different sentences of a document, in order."""
    found: dict[str, Sentence] = {}
    before = ""
    for piece in _joined(document):
        parts = list(_short(document.text, piece.start, piece.end))
        for start, end in parts:
            text = " ".join(document.text[start:end].split())
            if same := found.get(text):
                found[text] = replace(same, places=(*same.places, (start, end)))
            elif _says_something(text):
                is_part = len(parts) > 1
                begins = is_part or (not piece.whole and (_begins_inside(text) or _is_unfinished(before)))
                ends = is_part or not (piece.whole or _ENDS.search(text))
                found[text] = Sentence(((start, end),), text, begins, ends)
            if not _is_furniture(text):
                before = "" if piece.whole else text
    return list(found.values())


def _says_something(text: str) -> bool:
    """True for more than a heading or a number: three words, a label with its value, a sentence of two words."""
    words = _WORDS.findall(text)
    if len(words) > 2 or (len(words) == 2 and ":" in text[:-1]):
        return True
    ends = _ENDS.search(text) is not None
    signs = len(_UNSPACED.findall(text))
    return signs > 2 * SIGNS or (ends and (signs >= SIGNS or (len(words) == 2 and not _NUMBERED.match(text))))


def _is_furniture(text: str) -> bool:
    """True for what stands between the pages of a text: numbers of pages, lines in capitals, headings."""
    words = _WORDS.findall(text)
    return text.isupper() or len(words) <= 2 or re.match(r"(?:page|seite|pagina|página)\W*\d", text, re.I) is not None


def _begins_inside(text: str) -> bool:
    first = _BEGINS_INSIDE.match(text)
    return first is not None and first[1].islower()


def _is_unfinished(text: str) -> bool:
    """True if a text ends in a comma or a word that nothing ends in, or in no mark though it is no heading."""
    if not text or _ENDS.search(text):
        return False
    words = _WORDS.findall(text)
    titled = sum(word[0].isupper() for word in words) * 2 > len(words)
    return bool(_UNFINISHED.search(text)) or (len(words) > HEADING and not titled)


def _joined(document: Document) -> Iterator[_Piece]:
    """The sentences of all blocks; those that were cut at a line or a paragraph are joined again."""
    text = document.text
    held: _Piece | None = None
    for piece in (piece for block in document.blocks for piece in _of_block(text, block.start, block.end)):
        if held and not piece.whole and _goes_on(text, held, piece):
            held = _Piece(held.start, piece.end)
            continue
        if held:
            yield held
        held = piece
    if held:
        yield held


def _of_block(text: str, start: int, end: int) -> Iterator[_Piece]:
    """The rows of a table and the entries of a list of labels one by one; else sentences."""
    lines = [(start + line.start(), start + line.end()) for line in re.finditer(r"\S[^\n]*(?<=\S)", text[start:end])]
    entries = [_is_row(text[slice(*line)]) for line in lines]
    if len(lines) > 1 and 2 * sum(entries) > len(lines):
        yield from (_Piece(*line, whole=is_row) for line, is_row in zip(lines, entries, strict=True))
    else:
        only = len(lines) == 1 and entries[0]
        for first, last in sentences_of(text, start, end):
            mark = _MARK.match(text, first, last)
            begins = mark.end() if mark and mark.end() < last and not text[mark.end()].islower() else first
            yield _Piece(begins, last, whole=only)


def _is_row(line: str) -> bool:
    """True for a line with cells, apart from one behind the mark of a list, or a label with its value."""
    mark = _MARK.match(line)
    cells = re.split(r"\t| \| |   +", line[mark.end() if mark else 0 :].strip())
    few = sum(len(cell.split()) for cell in cells) <= HEADING * len(cells)
    return not _UNFINISHED.search(line) and ((len(cells) > 1 and few) or _IS_ENTRY.match(line) is not None)


def _goes_on(text: str, held: _Piece, piece: _Piece) -> bool:
    """True if a piece, in the next line or paragraph, belongs to the sentence before it."""
    before, between, after = text[held.start : held.end], text[held.end : piece.start], text[piece.start : piece.end]
    if held.whole or held.end - held.start > LONGEST or between.strip() or _ENDS.search(before):
        return False
    across = between.count("\n") > 1
    if across and (_is_furniture(after) or not _is_unfinished(before)):  # a heading, or the number of a page
        return False
    if _UNFINISHED.search(before):
        return True
    return _begins_inside(after) or bool(_LEADS_IN.search(before) and _LISTED.match(after))


def _short(text: str, start: int, end: int) -> Iterator[Span]:
    """A sentence, or its parts if it is longer than a prompt should be: at semicolons, else at words."""
    while end - start > LONGEST:
        reach = start + LONGEST
        cut = max(text.rfind(mark, start + LONGEST // 2, reach) + len(mark) for mark in ("; ", ";\n", ": ", "。"))
        if cut <= start + LONGEST // 2:
            cut = max(text.rfind(mark, start + 1, reach) for mark in (" ", "\n", "，", "、")) + 1
        if cut <= start + 1:
            cut = reach
        yield start, start + len(text[start:cut].rstrip())
        start = cut + len(text[cut:end]) - len(text[cut:end].lstrip())
    if start < end:
        yield start, end
