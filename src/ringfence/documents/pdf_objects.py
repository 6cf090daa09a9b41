"""The objects of a PDF page in the order in which they are drawn, with those inside forms.

A page has thousands of objects. The declared prototypes of pdfium make a pointer object of each, which takes longer
than to ask for all that is needed; here an object is its address.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import Any, NamedTuple

from pypdfium2 import raw

from .page_words import Extent

__all__ = [
    "Matrix",
    "PageObject",
    "bounds_of",
    "colour_of",
    "handle_of",
    "mapped",
    "objects_of",
    "path_matrix",
    "render_mode_of",
]

DEEPEST = 6  # forms inside forms
Matrix = tuple[float, float, float, float, float, float]
_SAME: Matrix = (1, 0, 0, 1, 0, 0)


def _plain(function: Any, result: Any, *arguments: Any) -> Any:
    return ctypes.CFUNCTYPE(result, *arguments)(ctypes.cast(function, ctypes.c_void_p).value or 0)


_pointer, _int = ctypes.c_void_p, ctypes.c_int
_on_page = _plain(raw.FPDFPage_GetObject, _pointer, _pointer, _int)
_in_form = _plain(raw.FPDFFormObj_GetObject, _pointer, _pointer, ctypes.c_ulong)
_kind_of = _plain(raw.FPDFPageObj_GetType, _int, _pointer)
_mode_of = _plain(raw.FPDFTextObj_GetTextRenderMode, _int, _pointer)
_fill_of = _plain(raw.FPDFPageObj_GetFillColor, _int, _pointer, *[_pointer] * 4)


class PageObject(NamedTuple):
    """An object: its address, its type in pdfium, the map from its space to the page, and its top object's number."""

    address: int
    kind: int
    matrix: Matrix
    top: int
    nested: bool


def objects_of(page: Any) -> Iterator[PageObject]:
    """Yield the objects of a page from back to front; forms come before what is in them."""
    handle = page.raw
    for position in range(raw.FPDFPage_CountObjects(handle)):
        address = _on_page(handle, position)
        if address:
            kind = _kind_of(address)
            yield PageObject(address, kind, _SAME, position, False)
            if kind == raw.FPDF_PAGEOBJ_FORM:
                yield from _inside(address, _SAME, position, DEEPEST)


def _inside(form: int, outer: Matrix, top: int, depth: int) -> Iterator[PageObject]:
    handle = handle_of(form)
    matrix = _times(_matrix_of(handle), outer)
    for position in range(max(raw.FPDFFormObj_CountObjects(handle), 0)):
        address = _in_form(form, position)
        if address:
            kind = _kind_of(address)
            yield PageObject(address, kind, matrix, top, True)
            if kind == raw.FPDF_PAGEOBJ_FORM and depth:
                yield from _inside(address, matrix, top, depth - 1)


def handle_of(address: int) -> Any:
    """Return the object as pdfium's declared functions take it."""
    return ctypes.cast(address, raw.FPDF_PAGEOBJECT)


def render_mode_of(address: int) -> int:
    """Return how a text object is drawn: filled, stroked, invisible."""
    return int(_mode_of(address))


_PARTS = [ctypes.c_uint() for _ in range(4)]
_RED, _GREEN, _BLUE, _OPACITY = _PARTS
_ADDRESSES = [ctypes.addressof(part) for part in _PARTS]


def colour_of(address: int) -> tuple[int, int]:
    """Return the colour that an object is filled with, as 0xRRGGBB, and its opacity; opaque black if it has none."""
    if not _fill_of(address, *_ADDRESSES):
        return 0, 255
    return _RED.value << 16 | _GREEN.value << 8 | _BLUE.value, _OPACITY.value


def bounds_of(item: PageObject) -> Extent:
    """Return the box of an object in the space of the page."""
    sides = [ctypes.c_float() for _ in range(4)]
    raw.FPDFPageObj_GetBounds(handle_of(item.address), *sides)
    left, bottom, right, top = (side.value for side in sides)
    corners = [mapped(item.matrix, x, y) for x in (left, right) for y in (bottom, top)]
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return min(xs), min(ys), max(xs), max(ys)


def path_matrix(item: PageObject) -> Matrix:
    """Return the map from the points of a path to the page."""
    return _times(_matrix_of(handle_of(item.address)), item.matrix)


def _matrix_of(handle: Any) -> Matrix:
    matrix = raw.FS_MATRIX()
    raw.FPDFPageObj_GetMatrix(handle, matrix)
    return matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f


def _times(inner: Matrix, outer: Matrix) -> Matrix:
    a, b, c, d, e, f = inner
    k, l, m, n, o, p = outer  # the letters of the two matrices
    return a * k + b * m, a * l + b * n, c * k + d * m, c * l + d * n, e * k + f * m + o, e * l + f * n + p


def mapped(matrix: Matrix, x: float, y: float) -> tuple[float, float]:
    """Return a point after ``matrix``."""
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f
