"""Notice digits whose picture is another digit: a font can map the picture of a 1 to the character 2.

Letters that are wrong form no words, which ``text_quality`` sees; wrong digits form numbers. The picture of each
digit of each font is looked at once: how many holes it has, and where its ink lies. That is no proof, as fonts differ;
OCR decides.
"""

from __future__ import annotations

import ctypes
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pypdfium2 import raw

from .page_words import Glyph
from .pdf_glyphs import PageGlyphs, object_at
from .pdf_objects import handle_of

__all__ = ["DigitCheck", "same_numbers"]

FAINT, DARK = 40, 127  # of 255: in a small picture, thin strokes are faint, and dark ones may touch
SMALL, LARGE = 24.0, 72.0  # pixels of a digit: the second look is closer, and decides
WIDEST = 40.0  # heights: pictures of longer lines take long
HOLES = {
    "0": (1, 2),
    "1": (0,),
    "2": (0,),
    "3": (0,),
    "4": (0, 1),
    "5": (0,),
    "6": (1,),
    "7": (0,),
    "8": (2,),
    "9": (1,),
}
LEAST_INK = 20  # pixels


class DigitCheck:
    """Looks at the digits of one PDF."""

    def __init__(self, pdf: Any) -> None:
        self._pdf = pdf
        self._seen: set[tuple[int, str]] = set()
        self._unlike: set[int] = set()
        self._trusted: set[int] = set()

    def doubtful_fonts(self, page: Any, textpage: Any, printed: PageGlyphs) -> set[int]:
        """Return the fonts of a page whose digits look like other digits."""
        fonts: dict[int, int] = {}
        on_page: set[int] = set()
        last, font, owner = -2, 0, 0
        for glyph, place in zip(printed.glyphs, printed.places, strict=True):
            if glyph[0] not in HOLES or place < 0:
                continue
            if place != last + 1:  # the digits of a number have one font
                owner = object_at(textpage, place)
                if owner not in fonts:
                    fonts[owner] = _font_of(owner)
                font = fonts[owner]
                on_page.add(font)
            last = place
            if (font, glyph.text) not in self._seen:
                self._seen.add((font, glyph.text))
                owner = object_at(textpage, place)
                small = self._picture(page, textpage, owner, place, SMALL)
                if all(_looks_like(glyph.text, small > level) for level in (FAINT, DARK)):
                    continue
                if not _looks_like(glyph.text, self._picture(page, textpage, owner, place, LARGE) > DARK):
                    self._unlike.add(font)
        return on_page & (self._unlike - self._trusted)

    def trust(self, fonts: set[int]) -> None:
        """Doubt these fonts no more: OCR reads the same digits."""
        self._trusted |= fonts

    def _picture(self, page: Any, textpage: Any, owner: int, place: int, height: float) -> NDArray[np.uint8]:
        """Return how much ink is in each pixel of a character."""
        left, right, bottom, top = (ctypes.c_double() for _ in range(4))
        raw.FPDFText_GetCharBox(textpage.raw, place, left, right, bottom, top)
        sides = [ctypes.c_float() for _ in range(4)]
        handle = handle_of(owner)
        raw.FPDFPageObj_GetBounds(handle, *sides)
        high, wide = top.value - bottom.value, right.value - left.value
        nothing = np.zeros((0, 0), dtype=np.uint8)
        if high <= 0 or wide <= 0 or (sides[2].value - sides[0].value) > WIDEST * high:
            return nothing
        scale = height / high
        bitmap = raw.FPDFTextObj_GetRenderedBitmap(self._pdf.raw, page.raw, handle, scale)
        if not bitmap:
            return nothing
        ink = _ink_of(bitmap)
        raw.FPDFBitmap_Destroy(bitmap)
        x, y = (left.value - sides[0].value) * scale, (sides[3].value - top.value) * scale
        area = (
            slice(max(round(y), 0), round(y + high * scale) + 1),
            slice(max(round(x), 0), round(x + wide * scale) + 1),
        )
        slack = 0.15 * height  # of the bounds that pdfium gives
        right_end, lower_end = x + wide * scale - slack, y + high * scale - slack
        whole = min(x, y) > -slack and right_end < ink.shape[1] and lower_end < ink.shape[0]
        return ink[area] if whole else nothing


def _font_of(owner: int) -> int:
    return ctypes.cast(raw.FPDFTextObj_GetFont(handle_of(owner)), ctypes.c_void_p).value or 0


def _ink_of(bitmap: Any) -> NDArray[np.uint8]:
    width, height, stride = (
        raw.FPDFBitmap_GetWidth(bitmap), raw.FPDFBitmap_GetHeight(bitmap), raw.FPDFBitmap_GetStride(bitmap),
    )  # fmt: skip
    data = ctypes.string_at(raw.FPDFBitmap_GetBuffer(bitmap), stride * height)
    pixels = np.frombuffer(data, dtype=np.uint8).reshape(height, stride)[:, : 4 * width].reshape(height, width, 4)
    ink: NDArray[np.uint8] = pixels[:, :, 3]
    return ink


def _looks_like(digit: str, ink: NDArray[np.bool_]) -> bool:
    """Return whether a picture may be that of ``digit``; true of a picture that shows too little."""
    if ink.size == 0 or ink.sum() < LEAST_INK:
        return True
    quick = 1 - _parts_less_holes(ink)  # right if all ink hangs together
    return quick in HOLES[digit] or _holes_in(ink) in HOLES[digit]


def _holes_in(ink: NDArray[np.bool_]) -> int:
    """Return the number of parts of the ground that the ink encloses, without specks."""
    ground = ~np.pad(ink, 1)
    outside = np.zeros_like(ground)
    outside[0] = outside[-1] = outside[:, 0] = outside[:, -1] = True
    while True:
        wider = outside.copy()
        wider[1:] |= outside[:-1]
        wider[:-1] |= outside[1:]
        wider[:, 1:] |= outside[:, :-1]
        wider[:, :-1] |= outside[:, 1:]
        wider &= ground
        if (wider == outside).all():
            break
        outside = wider
    holes = ground & ~outside
    core = holes[:-1, :-1] & holes[1:, :-1] & holes[:-1, 1:] & holes[1:, 1:]  # without specks
    return _parts_less_holes(core)


def _parts_less_holes(area: NDArray[np.bool_]) -> int:
    """Return the number of parts of an area less that of its holes, by counting the patterns of two by two pixels."""
    padded = np.pad(area, 1).astype(np.int8)
    quads = padded[:-1, :-1] + padded[1:, :-1] + padded[:-1, 1:] + padded[1:, 1:]
    diagonal = (quads == 2) & (padded[:-1, :-1] == padded[1:, 1:])
    return int(((quads == 1).sum() - (quads == 3).sum() - 2 * diagonal.sum()) // 4)


def same_numbers(printed: list[Glyph], seen: list[Glyph]) -> bool:
    """Return whether most numbers of a text layer are among those that OCR sees."""
    numbers = [number for number in numbers_of(printed) if len(number) > 1]
    found = Counter(numbers_of(seen))
    return 2 * (Counter(numbers) & found).total() >= len(numbers)


def numbers_of(glyphs: list[Glyph]) -> Iterator[str]:
    """Yield the digits of each number, without the signs in it."""
    run = ""
    for glyph in [*glyphs, Glyph(" ", None)]:
        if glyph.text.isdigit():
            run += glyph.text
        elif glyph.text not in ".,-/:'" and run:
            yield run
            run = ""
