"""The characters of a PDF page with their boxes, as pdfium reads them.

pdfium knows the width of each font's space, and sees gaps that the boxes alone do not show: where it generates a space,
a ``Glyph`` says that it stands apart.
"""

from __future__ import annotations

import ctypes
import math
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pypdfium2 import raw

from .page_words import Extent, Glyph

__all__ = ["PageGlyphs", "device_transform", "glyphs_of", "object_at"]

_LIGATURES = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st", "\x02": "-", "\xad": "-"}
_NO_CHARACTER = (0, 0xFFFE, 0xFFFF)
_GENERATED = (0x20, 0x0D, 0x0A)
_PLAIN = frozenset(range(0x21, 0x250)) - frozenset(range(0x7F, 0xA1)) - {0xAD}  # needs no canonical form
OVERPRINT = 0.12  # in letter heights: a letter printed again within this distance makes it bold
_NOWHERE = (math.nan,) * 4
OBJECT_GAP = 0.12  # in letter sizes: a gap before another text object parts words; letters of one stand closer
GRID = 4.0  # in points: neighbours are looked up in a grid of this step

# The declared prototype returns a pointer object, which costs more than all other calls for a character.
_object_at = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)(
    ctypes.cast(raw.FPDFText_GetTextObject, ctypes.c_void_p).value or 0
)


class _Look(NamedTuple):
    """Quarter turns, letter size in points and baseline of text."""

    turns: int
    size: float
    base: float


@dataclass
class PageGlyphs:
    """The glyphs of a page in content order, and how many of its glyphs have no character.

    ``places`` holds the index of each glyph in pdfium's text of the page; -1 for a glyph that was added.
    """

    glyphs: list[Glyph] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    unmapped: int = 0
    smallest: float = math.inf  # letter size in points
    _boxes: NDArray[np.float64] | None = None

    def boxes(self) -> NDArray[np.float64]:
        """Return the boxes of the glyphs, with NaN for those that are not on the page."""
        if self._boxes is None:
            rows = [glyph.box or _NOWHERE for glyph in self.glyphs]
            self._boxes = np.array(rows, dtype=float).reshape(-1, 4)
        return self._boxes

    def replaced(self, glyphs: list[Glyph], places: list[int]) -> None:
        """Take other glyphs instead."""
        self.glyphs, self.places, self._boxes = glyphs, places, None

    def keep(self, kept: Sequence[bool]) -> None:
        """Drop the glyphs that are not ``kept``."""
        if not all(kept):
            self.replaced(
                [glyph for glyph, stays in zip(self.glyphs, kept, strict=True) if stays],
                [place for place, stays in zip(self.places, kept, strict=True) if stays],
            )

    def print_once(self) -> None:
        """Drop letters that stand at the place of the same letter: a page drawn twice, or bold made by a shift."""
        printed: dict[tuple[str, int, int, int], Extent] = {}
        close = _close_repeats(self.glyphs, self.boxes())
        if close:
            again = {position for position in sorted(close) if not _is_new(self.glyphs[position], printed)}
            if again:
                self.keep([position not in again for position in range(len(self.glyphs))])


def _close_repeats(glyphs: Sequence[Glyph], boxes: NDArray[np.float64]) -> set[int]:
    """Return the positions of glyphs that may repeat another one: the same letter in the same cell of a grid.

    Two letters closer than half a cell share a cell in one of four grids that are shifted against each other.
    """
    if not glyphs:
        return set()
    letters = np.array([ord(glyph.text[0]) & 0xFFFF for glyph in glyphs])
    marks = np.flatnonzero((letters != ord(" ")) & ~np.isnan(boxes[:, 0]))
    close: set[int] = set()
    for across in (0.0, 0.5):
        for down in (0.0, 0.5):
            cells = np.floor(boxes[marks, :2] / GRID + (across, down)).astype(np.int64)
            keys = (cells[:, 0] << 40) ^ (cells[:, 1] << 16) ^ letters[marks]
            _, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
            close.update(map(int, marks[counts[inverse] > 1]))
    return close


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


def object_at(textpage: Any, index: int) -> int:
    """Return the address of the text object that holds the character at ``index``; 0 if there is none."""
    return _object_at(textpage.raw, index) or 0


def glyphs_of(page: Any, textpage: Any) -> PageGlyphs:
    """Return the characters of a page; boxes are in points from the top left corner, with the page's rotation."""
    found = _Collector(page, textpage)
    handle, unicode_at, is_generated = textpage.raw, raw.FPDFText_GetUnicode, raw.FPDFText_IsGenerated
    high_surrogate = 0
    apart = False
    for index in range(textpage.count_chars()):
        code = unicode_at(handle, index)
        if code in _GENERATED and is_generated(handle, index) == 1:
            apart = apart or code == 0x20  # on a page of few letters, pdfium sees a line end between any two
            continue
        if code in _NO_CHARACTER:
            found.page.unmapped += 1
            continue
        if 0xD800 <= code < 0xE000:
            if code < 0xDC00:
                high_surrogate = code
                continue
            if not high_surrogate:
                continue
            code = 0x10000 + ((high_surrogate - 0xD800) << 10) + (code - 0xDC00)
            high_surrogate = 0
        found.add(index, code, apart)
        apart = False
    found.flush()
    return found.page


class _Collector:
    """Collects the characters of one page in canonical form."""

    def __init__(self, page: Any, textpage: Any) -> None:
        self.page = PageGlyphs()
        self._textpage = textpage.raw
        self._to_device = device_transform(page)
        (ox, oy), (ux, uy), (vx, vy) = (self._to_device(*corner) for corner in ((0, 0), (1, 0), (0, 1)))
        self._map = ux - ox, uy - oy, vx - ox, vy - oy, ox, oy
        self._quarter_turns = page.get_rotation() // 90
        self._rectangle = raw.FS_RECTF()
        self._sides = tuple(ctypes.c_double() for _ in range(4))
        self._levels: tuple[float, float] | None = None
        self._add_glyph, self._add_place = self.page.glyphs.append, self.page.places.append
        self._looks: dict[tuple[float, float], _Look] = {}
        self._look = _Look(0, 0.0, 0.0)
        self._corners: Extent | None = None
        self._piece = ""  # the letters of one glyph, such as a ligature
        self._place = 0
        self._apart = False

    def add(self, index: int, code: int, apart: bool) -> None:
        """Add the character at ``index`` of the page's text."""
        corners = self._corners_of(index)
        if corners == self._corners and not apart and self._is_same_object(index):
            self._piece += chr(code)  # pdfium gives each letter of a ligature the box of the whole
            return
        before, size = self._corners, self._look.size
        if before and OBJECT_GAP * size < corners[0] - before[2] < size and not self._is_same_object(index):
            apart = True  # letters of a word that is set wide stand in one object
        self.flush()
        levels = corners[1], corners[3]
        if levels != self._levels:  # letters of one look stand level; to ask for each takes too long
            if levels not in self._looks:
                self._looks[levels] = self._look_of(index)
            self._look, self._levels = self._looks[levels], levels
        self._piece, self._corners, self._place, self._apart = chr(code), corners, index, apart

    def flush(self) -> None:
        """Add the open glyph, each of its letters with its share of the box."""
        if not self._piece or self._corners is None:
            return
        piece, self._piece = self._piece, ""
        a, b, c, d, e, f = self._map
        x0, y0, x1, y1 = self._corners
        left, top = a * x0 + c * y0 + e, b * x0 + d * y0 + f
        right, bottom = a * x1 + c * y1 + e, b * x1 + d * y1 + f
        box = (
            left if left < right else right,
            top if top < bottom else bottom,
            right if left < right else left,
            bottom if top < bottom else top,
        )
        if len(piece) == 1 and ord(piece) in _PLAIN:
            self._append(piece, box)
            return
        glyphs = self.page.glyphs
        if len(piece) > 1:
            piece = unicodedata.normalize("NFC", piece)
        if unicodedata.combining(piece[0]) and glyphs and glyphs[-1].text != " ":
            glyphs[-1] = glyphs[-1]._replace(text=unicodedata.normalize("NFC", glyphs[-1].text + piece))
            return
        letters = _letters(piece)
        for letter, share in zip(letters, _shares(box, letters, self._look.turns), strict=True):
            self._append(letter, share)
            self._apart = False

    def _append(self, letter: str, box: Extent) -> None:
        turns, size, base = self._look
        self._add_glyph(Glyph(letter, box, turns, None, None, size, base, self._apart))
        self._add_place(self._place)

    def _corners_of(self, index: int) -> Extent:
        rectangle = self._rectangle
        raw.FPDFText_GetLooseCharBox(self._textpage, index, rectangle)
        x0, y0, x1, y1 = rectangle.left, rectangle.bottom, rectangle.right, rectangle.top
        if x1 > x0 and y1 > y0:
            return x0, y0, x1, y1
        left, right, bottom, top = self._sides
        raw.FPDFText_GetCharBox(self._textpage, index, left, right, bottom, top)
        return left.value, bottom.value, right.value, top.value

    def _is_same_object(self, index: int) -> bool:
        return bool(_object_at(self._textpage, index) == _object_at(self._textpage, self._place))

    def _look_of(self, index: int) -> _Look:
        angle = raw.FPDFText_GetCharAngle(self._textpage, index)
        turns = (round(angle / (math.pi / 2)) + self._quarter_turns) % 4
        matrix = raw.FS_MATRIX()
        raw.FPDFText_GetMatrix(self._textpage, index, matrix)
        size = raw.FPDFText_GetFontSize(self._textpage, index) * math.hypot(matrix.c, matrix.d)
        x, y = ctypes.c_double(), ctypes.c_double()
        raw.FPDFText_GetCharOrigin(self._textpage, index, x, y)
        across, down = self._to_device(x.value, y.value)
        self.page.smallest = min(self.page.smallest, size or math.inf)
        return _Look(turns, size, {0: down, 1: -across, 2: -down, 3: across}[turns])


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
