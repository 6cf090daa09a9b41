"""Join the glyphs of a page to words: by their gaps, with raised marks apart and right-to-left letters in place.

The glyphs of a word stand from left to right, as on the page.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from .raised import SUPERSCRIPTS

__all__ = ["Extent", "Glyph", "Word", "reads_leftwards", "words_of"]

WORD_GAP = 0.17  # in heights of the loose box; a gap inside a word is smaller
SURE_GAP = 0.01  # in letter sizes; a gap that pdfium takes for a space is wider
OVERLAP = 0.35
LATIN = "\u0590"  # letters from here on may be written from right to left
NUMBER_ENDS = frozenset("0123456789.)")
SMALL = 0.86  # a raised mark is smaller than the letters before it by this factor
Extent = tuple[float, float, float, float]


class Glyph(NamedTuple):
    """A character, its box (x0, y0, x1, y1) from the top left corner, and its quarter turns relative to the page.

    For a character read by OCR, ``confidence`` is that of its word (0 to 1), and ``on_paper`` is its real box;
    ``box`` is straightened for the layout. ``size`` is the letter size and ``base`` the baseline in points, both 0 if
    they are not known. A glyph stands ``apart`` if the library saw a space before it.
    """

    text: str
    box: Extent | None
    turns: int = 0
    confidence: float | None = None
    on_paper: Extent | None = None
    size: float = 0.0
    base: float = 0.0
    apart: bool = False


@dataclass
class Word:
    """Glyphs without a gap between them. ``y0`` and ``y1`` are those of the line that a raised mark belongs to."""

    glyphs: list[Glyph]
    x0: float
    y0: float
    x1: float
    y1: float
    is_mark: bool = False  # raised beside a number

    @property
    def middle(self) -> float:
        """The height of its middle on the page."""
        return (self.y0 + self.y1) / 2

    @property
    def height(self) -> float:
        """The height of its line."""
        return self.y1 - self.y0

    @property
    def text(self) -> str:
        """Its letters from left to right."""
        return "".join(glyph.text for glyph in self.glyphs)


def reads_leftwards(text: str) -> bool:
    """Return whether a letter belongs to a script that is written from right to left."""
    return text[0] > "\u0590" and unicodedata.bidirectional(text[0]) in ("R", "AL")


def words_of(glyphs: Iterable[Glyph]) -> list[Word]:
    """Return the words in the order of their first glyphs."""
    words: list[Word] = []
    last: Glyph | None = None  # the glyph before, unless a space stands between
    for glyph in glyphs:
        if glyph.text == " " or glyph.box is None:
            last = None
            continue
        if last is None or not words:
            words.append(_new_word(None, None, glyph))
        elif not (_follows(words[-1], last, glyph) or _continues(words[-1], last, glyph)):
            words.append(_new_word(words[-1] if words and last else None, last, glyph))
        last = glyph
    for word in words:
        if word.is_mark:
            word.glyphs = [_as_superscript(glyph) for glyph in word.glyphs]
    return words


def _as_superscript(glyph: Glyph) -> Glyph:
    return glyph._replace(text=glyph.text.translate(SUPERSCRIPTS)) if glyph.text.isdigit() else glyph


def _new_word(before: Word | None, last: Glyph | None, glyph: Glyph) -> Word:
    """Start a word; a raised mark gets the line of the word beside it."""
    assert glyph.box is not None
    x0, y0, x1, y1 = glyph.box
    word = Word([glyph], x0, y0, x1, y1)
    if before and last and not _level(last, glyph) and -OVERLAP < (x0 - before.x1) / max(before.height, 0.1) < 1:
        if _raised(last, glyph):
            word.y0, word.y1 = before.y0, before.y1
            word.is_mark = last.text.isdigit() and last.box is not None and y1 < last.box[3]
        elif _raised(glyph, last) and len(before.glyphs) < 4:
            before.y0, before.y1 = y0, y1
    return word


def _follows(word: Word, last: Glyph, glyph: Glyph) -> bool:
    """Add ``glyph`` to ``word`` in the common case: the next letter of the same size on the same baseline."""
    box = glyph.box
    if box is None or glyph.base != last.base or glyph.size != last.size or glyph.apart or glyph.text > LATIN:
        return False
    if last.text in NUMBER_ENDS and _begins_title(word, last, glyph):
        return False
    high = box[3] - box[1]
    if word.x1 - OVERLAP * high < box[0] < word.x1 + WORD_GAP * high and high and last.text < LATIN and glyph.size:
        word.glyphs.append(glyph)
        word.x1 = max(word.x1, box[2])
        if box[1] < word.y0 and word.glyphs[0].base == glyph.base:
            word.y0 = box[1]
        if box[3] > word.y1 and word.glyphs[0].base == glyph.base:
            word.y1 = box[3]
        return True
    return False


def _continues(word: Word, last: Glyph, glyph: Glyph) -> bool:
    """Add ``glyph`` to ``word`` if it belongs to it, and return whether it does."""
    assert glyph.box is not None
    x0, y0, x1, y1 = glyph.box
    height = max(y1 - y0, 0.1)
    level = _level(last, glyph)
    closes = _raised(glyph, last) and glyph.text in ",.;:)"
    if not level and not closes and not (_raised(last, glyph) and _belongs(word.text, glyph.text)):
        return False
    widest = WORD_GAP * height
    if glyph.apart or (last.text in NUMBER_ENDS and _begins_title(word, last, glyph)):
        widest = min(widest, SURE_GAP * (glyph.size or height))
    leftwards = reads_leftwards(glyph.text) or reads_leftwards(word.glyphs[0].text)
    overlap = OVERLAP * height
    if last.box and x0 > last.box[0] + 0.05 * height and not glyph.apart:
        overlap = height  # fonts that are not embedded lend their widths: letters overlap by half their size
    if leftwards and x0 < word.x0 and -OVERLAP * height < word.x0 - x1 < widest:
        word.glyphs.insert(0, glyph)
    elif -overlap < x0 - word.x1 < widest:
        word.glyphs.append(glyph)
    else:
        return False
    word.x0, word.x1 = min(x0, word.x0), max(x1, word.x1)
    if level:
        word.y0, word.y1 = min(y0, word.y0), max(y1, word.y1)
    return True


def _begins_title(word: Word, last: Glyph, glyph: Glyph) -> bool:
    """Return whether a small gap parts a number from what follows: 2.1 General, 4 $15.00, but not 5kg or 2nd.

    In tight type, a gap of a sixteenth of the letter size is wide; it is measured against the gap before it.
    """
    if last.box is None or glyph.box is None or not glyph.size or not (glyph.text.isalpha() or glyph.text in "$€£“"):
        return False
    gap = glyph.box[0] - last.box[2]
    before = word.glyphs[-2].box if len(word.glyphs) > 1 else None
    usual = last.box[0] - before[2] if before else 0.0
    return gap > 0.06 * glyph.size and gap - usual > 0.045 * glyph.size


def _level(first: Glyph, second: Glyph) -> bool:
    """Return whether two glyphs stand on one line of letters."""
    assert first.box is not None
    assert second.box is not None
    if _raised(first, second) or _raised(second, first):
        return False
    heights = first.box[3] - first.box[1], second.box[3] - second.box[1]
    between = abs(first.box[1] + first.box[3] - second.box[1] - second.box[3]) / 2
    return between < 0.35 * max(min(heights), 0.1)


def _raised(main: Glyph, mark: Glyph) -> bool:
    """Return whether ``mark`` is smaller than ``main`` and raised or lowered beside it."""
    if not main.size or not mark.size or mark.size > SMALL * main.size:
        return False
    return 0.1 * main.size < abs(main.base - mark.base) < 0.8 * main.size


def _belongs(word: str, mark: str) -> bool:
    """Return whether a raised mark is part of the word: 19th, m2 and CO2, but not the mark of a note at an amount."""
    if mark.isalpha():
        return not word[-1].isdigit() or word.lstrip("([").isdigit()
    if mark.isdigit():
        return word.isalpha() and len(word) <= 2
    return not mark.isalnum() and mark not in "()[]"
