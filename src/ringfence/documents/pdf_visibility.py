"""Find the text of a PDF page that no reader of the page sees.

Text is suspect if it is white, transparent, in the colour of a box around it, invisible, under a box that is drawn
later, or if the file has layers. The picture of the page decides: it is drawn with the suspects and without them, and
a letter whose place does not change was not to be seen. Invisible text over the picture of a scan is what OCR has
read there, and stays.
"""

from __future__ import annotations

import ctypes
import io
import re
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pypdfium2 import raw

from .page_words import Extent, Glyph, words_of
from .pdf_glyphs import PageGlyphs, device_transform, object_at
from .pdf_objects import PageObject, bounds_of, colour_of, handle_of, objects_of, render_mode_of

__all__ = ["has_layers", "unseen"]

SMALLEST = 1.0  # letter size in points; smaller letters are not readable
NEARLY_WHITE = 245  # of 255, each of red, green and blue
OPAQUE = 250
THINNEST = 3.0  # in points: a narrower box is a rule, and covers no text
SCALE = 1.5  # pixels a point
CHANGE = 6  # of 255: less is no ink
SCAN = 0.5  # share of the page: a larger image is a scan, and text with it is what OCR has read
AFTER_ALL = 1 << 40
GROUPS = 8  # layers that are switched one by one
_SWITCHES = re.compile(rb"/OFF\s*\[\s*\d|/BaseState\s*/OFF|/AS\s*\[\s*<<")
UNLAYERED = -1, ""
INVISIBLE = (raw.FPDF_TEXTRENDERMODE_INVISIBLE, raw.FPDF_TEXTRENDERMODE_CLIP)
_Boxes = NDArray[np.float64]


@dataclass
class _Surface:
    """What is drawn on a page, in the order of drawing. Colours are numbers; black, 0, is not kept."""

    order: dict[int, int] = field(default_factory=dict)  # of each text object
    colours: dict[int, int] = field(default_factory=dict)
    groups: dict[int, object] = field(default_factory=dict)
    suspects: set[int] = field(default_factory=set)
    invisible: set[int] = field(default_factory=set)
    boxes: list[tuple[int, Extent, int]] = field(default_factory=list)
    images: list[tuple[int, Extent]] = field(default_factory=list)


def has_layers(pdf: Any, data: bytes) -> bool:
    """Return whether a layer of a PDF may be switched off. pdfium tells nothing of layers; the file itself does."""
    if b"/Encrypt" in data:
        stream = io.BytesIO()
        pdf.save(stream, flags=raw.FPDF_REMOVE_SECURITY)
        data = stream.getvalue()
    return any(b"/OCProperties" in part and _SWITCHES.search(part) for part in _parts_of(data))


def _parts_of(data: bytes) -> Iterator[bytes]:
    """Yield a PDF and its compressed object streams."""
    yield data
    for match in re.finditer(rb"/ObjStm\b.{0,400}?stream\r?\n", data, re.DOTALL):
        try:
            yield zlib.decompressobj().decompress(data[match.end() :], 8 << 20)
        except zlib.error:
            continue


def unseen(page: Any, textpage: Any, printed: PageGlyphs, layered: bool) -> list[str]:
    """Return for each glyph why no reader of the page sees it: a code, or nothing if it is seen."""
    if not printed.glyphs:
        return []
    width, height = page.get_size()
    boxes = printed.boxes()
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    hidden = (middles < 0).any(axis=1) | (middles[:, 0] > width) | (middles[:, 1] > height)
    if printed.smallest < SMALLEST:
        hidden |= np.array([0 < glyph.size < SMALLEST for glyph in printed.glyphs])
    surface = _surface_of(page, layered)
    if surface.suspects or surface.boxes or surface.images:
        owners = [object_at(textpage, place) if place >= 0 else 0 for place in printed.places]
        suspect = _suspects(surface, owners, middles, width * height) & ~hidden
        if suspect.any():
            suspect &= np.array([glyph.text != " " for glyph in printed.glyphs])
            hidden |= _without_ink(page, boxes, owners, suspect, surface)
    if not hidden.any():
        return [""] * len(printed.glyphs)
    on_layer = {address for address, group in surface.groups.items() if group != UNLAYERED}
    return [
        "" if not unread else "hidden-layer" if place >= 0 and object_at(textpage, place) in on_layer else "hidden-text"
        for unread, place in zip(_whole_words(hidden, printed.glyphs), printed.places, strict=True)
    ]


def _surface_of(page: Any, layered: bool) -> _Surface:
    surface = _Surface()
    to_device = device_transform(page)
    for order, item in enumerate(objects_of(page)):
        if item.kind == raw.FPDF_PAGEOBJ_TEXT:
            _note_text(surface, item, order, layered)
        elif item.kind == raw.FPDF_PAGEOBJ_PATH:
            colour = _fill_of(item)
            if colour is not None:
                box = _on_device(to_device, bounds_of(item))
                if min(box[2] - box[0], box[3] - box[1]) > THINNEST:
                    surface.boxes.append((order, box, colour))
        elif item.kind == raw.FPDF_PAGEOBJ_IMAGE:
            surface.images.append((order, _on_device(to_device, bounds_of(item))))
    return surface


def _note_text(surface: _Surface, item: PageObject, order: int, layered: bool) -> None:
    address = item.address
    surface.order[address] = order
    mode = render_mode_of(address)
    colour, opacity = colour_of(address)
    if colour:
        surface.colours[address] = colour
        pale = colour & 0xFF >= NEARLY_WHITE and colour >> 8 & 0xFF >= NEARLY_WHITE and colour >> 16 >= NEARLY_WHITE
        if pale and mode != raw.FPDF_TEXTRENDERMODE_STROKE:
            surface.suspects.add(address)
    if mode in INVISIBLE:
        surface.invisible.add(address)
    if layered or opacity == 0 or mode in INVISIBLE:
        surface.suspects.add(address)
    if layered:
        surface.groups[address] = (item.top, "") if item.nested else _layer_of(handle_of(address))


def _fill_of(path: PageObject) -> int | None:
    """Return the colour of a filled, opaque path."""
    fill, stroked = ctypes.c_int(), ctypes.c_int()
    raw.FPDFPath_GetDrawMode(handle_of(path.address), fill, stroked)
    colour, opacity = colour_of(path.address)
    return colour if fill.value and opacity >= OPAQUE else None


def _layer_of(handle: Any) -> tuple[int, str]:
    """Return the name of the layer that marks an object; objects of one layer are switched together."""
    size, buffer = ctypes.c_ulong(), (ctypes.c_ushort * 128)()
    for position in range(max(raw.FPDFPageObj_CountMarks(handle), 0)):
        mark = raw.FPDFPageObj_GetMark(handle, position)
        raw.FPDFPageObjMark_GetName(mark, buffer, ctypes.sizeof(buffer), size)
        if bytes(buffer)[: max(size.value - 2, 0)].decode("utf-16-le", "replace") == "OC":
            found = raw.FPDFPageObjMark_GetParamStringValue(mark, b"Name", buffer, ctypes.sizeof(buffer), size)
            return -1, bytes(buffer)[: size.value].decode("utf-16-le", "replace") if found else "OC"
    return UNLAYERED


def _suspects(surface: _Surface, owners: Sequence[int], middles: _Boxes, area: float) -> NDArray[np.bool_]:
    """Return which glyphs may be hidden.

    They are those of suspect objects, and those inside a box that is drawn later or has their colour.
    """
    texts, each = np.unique(np.array(owners, dtype=np.uint64), return_inverse=True)
    known = list(map(int, texts))
    order = np.array([surface.order.get(owner, AFTER_ALL) for owner in known])[each]
    suspect = np.array([owner in surface.suspects for owner in known])[each]
    invisible = np.array([owner in surface.invisible for owner in known])[each]
    colours = np.array([surface.colours.get(owner, 0) for owner in known])[each]
    last, painted = order[order < AFTER_ALL].max(initial=0), set(map(int, colours))
    first = order.min(initial=AFTER_ALL)
    for number, box, colour in surface.boxes:
        if number > first or colour in painted:
            suspect |= ((order < number) | (colours == colour)) & _within(middles, box)
    for number, box in surface.images:
        inside = _within(middles, box) if number > first or invisible.any() else np.zeros(len(each), dtype=bool)
        if (box[2] - box[0]) * (box[3] - box[1]) < SCAN * area:
            suspect |= inside & (order < number)
        else:
            suspect &= ~(inside & (invisible | (order < number)))
    hidden: NDArray[np.bool_] = suspect & (order <= last)
    return hidden


def _within(middles: _Boxes, box: Extent) -> NDArray[np.bool_]:
    x, y = middles[:, 0], middles[:, 1]
    return (x > box[0]) & (x < box[2]) & (y > box[1]) & (y < box[3])


def _without_ink(page: Any, boxes: _Boxes, owners: Sequence[int], suspect: Any, surface: _Surface) -> NDArray[np.bool_]:
    """Return which suspect glyphs leave no trace in the picture of the page."""
    whole = _picture(page)
    members: dict[object, set[int]] = defaultdict(set)
    for position in map(int, np.flatnonzero(suspect)):
        members[surface.groups.get(owners[position], "")].add(owners[position])
    if len(members) > GROUPS:
        members = {"": set().union(*members.values())}
    traces: dict[int, NDArray[np.bool_]] = {}
    for addresses in members.values():
        with_less = _picture_without(page, addresses)
        changed = np.abs(whole.astype(np.int16) - with_less) > CHANGE
        traces |= dict.fromkeys(addresses, changed)
    hidden = np.zeros(len(owners), dtype=bool)
    for position in map(int, np.flatnonzero(suspect)):
        x0, y0, x1, y1 = (boxes[position] * SCALE).round().astype(int)
        area = slice(max(y0, 0), max(y1, y0 + 1)), slice(max(x0, 0), max(x1, x0 + 1))
        if not traces[owners[position]][area].any():
            under = _within_any(boxes[position], owners[position], surface)
            hidden[position] = not (under and np.ptp(whole[area]) > 60 if whole[area].size else False)
    return hidden


def _within_any(box: Any, owner: int, surface: _Surface) -> bool:
    """Return whether an image lies over a glyph, or under an invisible one: the glyph may be what OCR has read."""
    middle = np.array([[(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]])
    order, invisible = surface.order.get(owner, 0), owner in surface.invisible
    return any((number > order or invisible) and _within(middle, place)[0] for number, place in surface.images)


def _picture(page: Any) -> NDArray[np.uint8]:
    picture: NDArray[np.uint8] = np.array(page.render(scale=SCALE, grayscale=True).to_pil())
    return picture


def _picture_without(page: Any, addresses: set[int]) -> NDArray[np.uint8]:
    handles = [handle_of(address) for address in addresses]
    for handle in handles:
        raw.FPDFPageObj_SetIsActive(handle, False)
    try:
        return _picture(page)
    finally:
        for handle in handles:
            raw.FPDFPageObj_SetIsActive(handle, True)


def _whole_words(hidden: NDArray[np.bool_], glyphs: Sequence[Glyph]) -> NDArray[np.bool_]:
    """Return the flags with one answer for each word, that of most of its letters and digits.

    A pale full stop leaves too little ink to tell, and the edge of a cell cuts a letter off a word.
    """
    if not hidden.any():
        return hidden
    places = {id(glyph): place for place, glyph in enumerate(glyphs)}
    whole = hidden.copy()
    for word in words_of(glyphs):
        members = [places[id(glyph)] for glyph in word.glyphs]
        telling = [place for place in members if glyphs[place].text[0].isalnum()] or members
        whole[members] = sum(map(bool, hidden[telling])) > len(telling) / 2
    return whole


def _on_device(to_device: Any, box: Extent) -> Extent:
    (ax, ay), (bx, by) = to_device(box[0], box[1]), to_device(box[2], box[3])
    return min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)
