"""The characters of a PDF page with their boxes, as pdfium reads them.

pdfium knows the width of each font's space, and sees gaps that the boxes alone do not show: where it generates a space
or a line end, a ``Glyph`` says that it stands apart.
"""

from __future__ import annotations

import ctypes
import math
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pypdfium2 import raw

from .page_words import Extent, Glyph

__all__ = ["PageGlyphs", "PrintedText", "device_transform", "glyphs_of"]

_LIGATURES = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st", "\x02": "-", "\xad": "-"}
_NO_CHARACTER = (0, 0xFFFE, 0xFFFF)
OVERPRINT = 0.12  # in letter heights: a letter printed again within this distance makes it bold
GRID = 4.0  # in points: neighbours are looked up in a grid of this step


class PrintedText(NamedTuple):
    """One text object of the page: its address in pdfium, quarter turns, letter size in points and baseline."""

    address: int
    turns: int
    size: float
    base: float


@dataclass
class PageGlyphs:
    """The glyphs of a page in content order, and how many of its glyphs have no character.

    ``texts`` holds the text object of each glyph, in the same order.
    """

    glyphs: list[Glyph] = field(default_factory=list)
    texts: list[PrintedText] = field(default_factory=list)
    unmapped: int = 0

    def keep(self, kept: Sequence[bool]) -> None:
        """Drop the glyphs that are not ``kept``."""
        if all(kept):
            return
        self.glyphs = [glyph for glyph, stays in zip(self.glyphs, kept, strict=True) if stays]
        self.texts = [text for text, stays in zip(self.texts, kept, strict=True) if stays]

    def print_once(self) -> None:
        """Drop letters that stand at the place of the same letter: a page drawn twice, or bold made by a shift."""
        printed: dict[tuple[str, int, int, int], Extent] = {}
        self.keep([glyph.text == " " or _is_new(glyph, printed) for glyph in self.glyphs])


def _is_new(glyph: Glyph, printed: dict[tuple[str, int, int, int], Extent]) -> bool:
    assert glyph.box is not None
    left, top, right, bottom = glyph.box
    shift = OVERPRINT * (bottom - top if glyph.turns % 2 == 0 else right - left)
    column, line = round(left / GRID), round(top / GRID)
    for across in (column, column + (1 if left / GRID > column else -1)):
        for down in (line, line + (1 if top / GRID > line else -1)):
            other = printed.get((glyph.text, glyph.turns, across, down))
            if other and abs(other[0] - left) < shift and abs(other[1] - top) < shift:
                return False
    printed[glyph.text, glyph.turns, column, line] = glyph.box
    return True


def glyphs_of(page: Any) -> PageGlyphs:
    """Return the characters of a page; boxes are in points from the top left corner, with the page's rotation."""
    textpage = page.get_textpage()
    found = _Collector(page, textpage)
    high_surrogate = 0
    apart = False
    for index in range(textpage.count_chars()):
        code = raw.FPDFText_GetUnicode(textpage, index)
        if raw.FPDFText_IsGenerated(textpage, index) == 1:
            apart = True
            continue
        if code in _NO_CHARACTER:
            found.page.unmapped += 1
            continue
        if 0xD800 <= code < 0xDC00:
            high_surrogate = code
            continue
        if 0xDC00 <= code < 0xE000:
            if not high_surrogate:
                continue
            code = 0x10000 + ((high_surrogate - 0xD800) << 10) + (code - 0xDC00)
        high_surrogate = 0
        found.add(index, chr(code), apart)
        apart = False
    textpage.close()
    return found.finished()


class _Collector:
    """Collects the characters of one page in canonical form."""

    def __init__(self, page: Any, textpage: Any) -> None:
        self.page = PageGlyphs()
        self._textpage = textpage
        self._to_device = device_transform(page)
        self._quarter_turns = page.get_rotation() // 90
        self._texts: dict[int, PrintedText] = {}
        self._rectangle = raw.FS_RECTF()
        self._sides = tuple(ctypes.c_double() for _ in range(4))
        self._piece: list[str] = []  # the letters of one glyph, such as a ligature
        self._corners: Extent | None = None
        self._box: Extent = (0.0, 0.0, 0.0, 0.0)
        self._text: PrintedText | None = None
        self._apart = False

    def add(self, index: int, character: str, apart: bool) -> None:
        """Add the character at ``index`` of the page's text."""
        corners = self._corners_of(index)
        text = self._text_of(index)
        if self._piece and text is self._text and corners == self._corners and not apart:
            self._piece.append(character)  # pdfium gives each letter of a ligature the box of the whole
            return
        self._flush()
        (ax, ay), (bx, by) = self._to_device(corners[0], corners[1]), self._to_device(corners[2], corners[3])
        self._box = (min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))
        self._piece, self._corners, self._text, self._apart = [character], corners, text, apart

    def finished(self) -> PageGlyphs:
        """Return what was collected."""
        self._flush()
        return self.page

    def _corners_of(self, index: int) -> Extent:
        rectangle = self._rectangle
        raw.FPDFText_GetLooseCharBox(self._textpage, index, rectangle)
        if rectangle.right > rectangle.left and rectangle.top > rectangle.bottom:
            return rectangle.left, rectangle.bottom, rectangle.right, rectangle.top
        left, right, bottom, top = self._sides
        raw.FPDFText_GetCharBox(self._textpage, index, left, right, bottom, top)
        return left.value, bottom.value, right.value, top.value

    def _text_of(self, index: int) -> PrintedText:
        handle = raw.FPDFText_GetTextObject(self._textpage, index)
        address = ctypes.cast(handle, ctypes.c_void_p).value or 0
        text = self._texts.get(address)
        if text is None:
            text = self._texts[address] = self._new_text(index, address)
        return text

    def _new_text(self, index: int, address: int) -> PrintedText:
        angle = raw.FPDFText_GetCharAngle(self._textpage, index)
        turns = (round(angle / (math.pi / 2)) + self._quarter_turns) % 4
        matrix = raw.FS_MATRIX()
        raw.FPDFText_GetMatrix(self._textpage, index, matrix)
        size = raw.FPDFText_GetFontSize(self._textpage, index) * math.hypot(matrix.c, matrix.d)
        x, y = ctypes.c_double(), ctypes.c_double()
        raw.FPDFText_GetCharOrigin(self._textpage, index, x, y)
        across, down = self._to_device(x.value, y.value)
        base = {0: down, 1: -across, 2: -down, 3: across}[turns]
        return PrintedText(address, turns, size, base)

    def _flush(self) -> None:
        """Add the open glyph, each of its letters with its share of the box."""
        if not self._piece or self._text is None:
            return
        piece = unicodedata.normalize("NFC", "".join(self._piece)) if len(self._piece) > 1 else self._piece[0]
        self._piece = []
        if unicodedata.combining(piece[0]) and self.page.glyphs and self.page.glyphs[-1].text != " ":
            last = self.page.glyphs[-1]
            self.page.glyphs[-1] = last._replace(text=unicodedata.normalize("NFC", last.text + piece))
            return
        letters = _letters(piece)
        for letter, box in zip(letters, _shares(self._box, letters, self._text.turns), strict=True):
            self.page.glyphs.append(
                Glyph(letter, box, self._text.turns, None, None, self._text.size, self._text.base, self._apart)
            )
            self.page.texts.append(self._text)
            self._apart = False


def _letters(piece: str) -> list[str]:
    """Return the letters of a glyph in canonical form: accents on their letters, ligatures spelled out."""
    spelled = _LIGATURES.get(piece)
    if spelled is None:
        arabic_form = "\ufb50" <= piece[0] <= "\ufdff" or "\ufe70" <= piece[0] <= "\ufefc"
        spelled = unicodedata.normalize("NFKC" if arabic_form else "NFC", piece)
    if len(spelled) == 2 and spelled[0] in "اأإآ" and spelled[1] == "ل":
        spelled = spelled[::-1]  # pdfium turns the lam-alef of some fonts round
    letters: list[str] = []
    for letter in spelled:
        if letters and unicodedata.combining(letter):
            letters[-1] += letter
        else:
            blank = unicodedata.category(letter) in ("Cc", "Cs", "Zs", "Zl", "Zp")
            letters.append(" " if blank else letter)
    return letters


def _shares(box: Extent, letters: Sequence[str], turns: int) -> list[Extent]:
    """Divide the box of a glyph among its letters, in the direction in which they are read."""
    count = len(letters)
    if count == 1:
        return [box]
    x0, y0, x1, y1 = box
    backwards = unicodedata.bidirectional(letters[0][0]) in ("R", "AL")
    wide, high = (x1 - x0) / count, (y1 - y0) / count
    if turns % 2:
        shares = [(x0, y0 + high * n, x1, y0 + high * (n + 1)) for n in range(count)]
        backwards = backwards != (turns == 3)
    else:
        shares = [(x0 + wide * n, y0, x0 + wide * (n + 1), y1) for n in range(count)]
        backwards = backwards != (turns == 2)
    return shares[::-1] if backwards else shares


def device_transform(page: Any) -> Callable[[float, float], tuple[float, float]]:
    """Return the map from page space to points from the top left corner.

    It is derived from three points that pdfium maps, which accounts for the crop box and the rotation.
    """
    width, height = page.get_size()
    fine = 64  # pdfium returns whole units

    def device(x: float, y: float) -> tuple[float, float]:
        out_x, out_y = ctypes.c_int(), ctypes.c_int()
        raw.FPDF_PageToDevice(page, 0, 0, round(width * fine), round(height * fine), 0, x, y, out_x, out_y)
        return out_x.value / fine, out_y.value / fine

    (ox, oy), (ux, uy), (vx, vy) = device(0, 0), device(1000, 0), device(0, 1000)

    def transform(x: float, y: float) -> tuple[float, float]:
        return ox + (ux - ox) * x / 1000 + (vx - ox) * y / 1000, oy + (uy - oy) * x / 1000 + (vy - oy) * y / 1000

    return transform
