"""Which lines of a document are headings, and how deep they are."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["PLACE", "Heading", "Numbering", "heading_of", "is_title", "numbering_of", "opens_section"]

LONGEST = 100  # characters that a heading has at most
MOST_OF_TITLE = 32  # characters of a line above the first numbered heading, which may be the title
PLACE = 0  # the depth of the name of a sheet or slide, and of a title
UNNUMBERED = 20  # the depth of a line that only looks like a heading
_DEPTHS = {"part": 7, "chapter": 8, "section": 9}  # below those of marks (#); a number without a word is deeper

_WORD = re.compile(
    r"(?P<part>part|teil|partie|parte|annex|annexe|appendix|anlage|anhang|exhibit|schedule|allegato|anexo)|"
    r"(?P<chapter>chapter|kapitel|chapitre|capítulo|capitolo)|"
    r"(?P<section>section|article|artikel|artículo|articolo|artigo|clause|cláusula|clausola|item|§+)",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\s?(?P<number>\d{1,3}(?:\.\d{1,2})*|[IVXLC]{1,6}|[A-Z])\b[a-z]?[.:]?(?:\s+[-–:]\s+|\s+|\Z)")
_PLAIN = re.compile(r"(?P<number>\d{1,2}(?:\.\d{1,2})*)(?P<dot>\.?)\s+")
_ROMAN = re.compile(r"(?P<number>[IVX]{1,5})\.\s+")
_UNDERLINED = re.compile(r"([^\n]+)\n(={3,}|-{3,})")  # in Markdown
_PLACE = re.compile(r"Sheet: .+|Slide \d+")
_ITEM = re.compile(r"[-•*–·>]|\(?[A-Za-z0-9]{1,2}\)")
_ENDS = ".,;:!?"
_PAIR = re.compile(r"[^\d:]{1,40}:\s+\S")  # Tenant: Ben Jones
_AMOUNT = re.compile(r"\d[\d.,]*\s?(?:EUR|USD|CHF|GBP|[€$£])|(?:EUR|USD|CHF|GBP|[€$£])\s?\d|\d[.,]\d\d(?!\d|\.\d)")
_MONTH = re.compile(
    r"(?:jan|feb|fév|mar|mär|apr|avr|may|mai|mag|jun|jui|giu|jul|lug|aug|aoû|sep|okt|oct|ott|nov|dec|dez|déc|dic)", re.I
)


@dataclass(frozen=True)
class Numbering:
    """The number that a line begins with: its ``kind`` (part, chapter, section, or none), its parts, and its end."""

    kind: str
    parts: tuple[int, ...]
    end: int
    dotted: bool = True

    @property
    def depth(self) -> int:
        """How deep a heading with it is: 1.1 below 1, and both below a section."""
        return _DEPTHS[self.kind] if self.kind else 9 + max(1, len(self.parts))

    def follows(self, last: tuple[int, ...]) -> bool:
        """True if it is the next number after ``last`` at its own level or above it, or the first below it."""
        same = self.parts[:-1] == last[: len(self.parts) - 1] and len(self.parts) <= len(last)
        return self.parts == (*last, 1) or (same and self.parts[-1] == last[len(self.parts) - 1] + 1)


@dataclass(frozen=True)
class Heading:
    """A heading and its depth; without words it only ends those of its depth."""

    depth: int
    words: str


def numbering_of(line: str) -> Numbering | None:
    """Return the number that a line begins with; None if it has none."""
    word = _WORD.match(line)
    if word and (number := _NUMBER.match(line, word.end())):
        return Numbering(str(word.lastgroup), _parts(number["number"]), number.end())
    if plain := _PLAIN.match(line):
        return Numbering("", _parts(plain["number"]), plain.end(), bool(plain["dot"]) or "." in plain["number"])
    if roman := _ROMAN.match(line):
        return Numbering("", (), roman.end())
    return None


def _parts(number: str) -> tuple[int, ...]:
    return tuple(int(part) for part in number.split(".")) if number[0].isdigit() else ()


def heading_of(block: str, opens_page: bool, in_mail: bool) -> Heading | None:
    """Return the heading that a block is; None if it is none.

    It is marked, or one short line that is no sentence. ``opens_page``: the block is the first of a sheet or slide,
    which it may name. In a mail a line without a mark is rather the name of its writer.
    """
    block = block.strip()
    if (under := _UNDERLINED.fullmatch(block)) and _is_free(under[1].strip()):
        return Heading(1 if under[2][0] == "=" else 2, under[1].strip())
    words = block.lstrip("#").strip()
    if not words or "\n" in words or "\t" in words or len(words) > LONGEST:
        return None
    if block.startswith("#"):
        return Heading(len(block) - len(block.lstrip("#")), words)
    if opens_page and _PLACE.fullmatch(words):
        return Heading(PLACE, words)
    if in_mail or _ITEM.match(block):
        return None
    if number := numbering_of(words):
        rest = words[number.end :]
        return Heading(number.depth, words) if not rest or (_is_free(rest) and _is_titled(rest)) else None
    return Heading(UNNUMBERED, words) if _is_free(words) and not _PAIR.match(words) and _is_titled(words) else None


def is_title(heading: Heading, following: Heading) -> bool:
    """True if the first heading of a document is the title of all: the next is of its level, and it has no number."""
    return following.depth <= heading.depth and not (
        numbering_of(heading.words) or re.match(r"[A-Z]\. ", heading.words)
    )


def opens_section(line: str, before: str, following: str, last: dict[str, tuple[int, ...]]) -> Heading | None:
    """Return the numbered heading that a line of a block is, of the lines right below it; None if it is none.

    ``last`` has the last number of each kind. A line whose number follows it is a heading where it may be one, and
    where it is none, it ends the last one. Another has to begin a count, behind the end of a sentence. ``following``
    begins anew: it neither goes on with a small letter, nor is it the next item of a list.
    """
    words = line.strip()
    number = numbering_of(words)
    if not number or not number.parts or not number.dotted or "   " in words or "\t" in words:
        return None
    rest, known = words[number.end :], last.get(number.kind)
    follows = known is not None and number.follows(known)
    next_number = numbering_of(following.strip())
    is_item = bool(next_number and next_number.kind == number.kind and next_number.parts == _next(number.parts))
    begins = following.strip()[:1]
    may_be = (
        (not rest or _is_free(rest))
        and len(words) <= LONGEST
        and not is_item
        and not begins.islower()
        and not _MONTH.match(rest)
        and bool(begins)
    )
    if follows:
        return Heading(number.depth, words if may_be or re.match(r"[a-z]\)", following.strip()) else "")
    is_short = len(before) <= MOST_OF_TITLE and before[:1].isupper() and before[-1:] not in ",:"
    ended = not before or before[-1] in ".;!?" or is_short
    counts = number.kind or len(number.parts) > 1 or (number.parts == (1,) and known is None)
    if may_be and ended and counts and (not rest or _is_titled(rest)):
        return Heading(number.depth, words)
    return None


def _next(parts: tuple[int, ...]) -> tuple[int, ...]:
    return (*parts[:-1], parts[-1] + 1)


def _is_free(words: str) -> bool:
    """True for words that are neither a sentence nor an amount."""
    return len(words) <= LONGEST and words[-1] not in _ENDS and not _AMOUNT.search(words)


def _is_titled(words: str) -> bool:
    """True for a line of letters that no mark ends, of whose words half or more begin with a capital."""
    split = words.split()
    if not split or words[-1] in _ENDS:
        return False
    titled = sum(word[0].isupper() for word in split if word[0].isalpha()) * 2 >= len(split)
    return titled and sum(c.isalpha() for c in words) * 2 >= len(words)
