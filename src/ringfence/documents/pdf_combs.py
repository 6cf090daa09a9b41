"""Comb fields: rows of boxes that hold one character each. Their characters are one word.

A row of single characters at an equal pitch may as well be the cells of a table. It is a comb if short rules stand
between the characters, or below each of them, and no such rules continue above or below, as they do in a table. Where
the boxes are part of the paper or of a picture, no rules are there: then the pitch must be exact, the lines above and
below must be no heads of columns, and the characters no scale such as 1 2 3 4 5.
"""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Iterator, Sequence
from statistics import median_low
from typing import Any

from pypdfium2 import raw

from .page_words import Extent, Glyph
from .pdf_glyphs import PageGlyphs, device_transform
from .pdf_objects import Matrix, handle_of, mapped, objects_of, path_matrix

__all__ = ["closed_combs"]

FEWEST = 4  # characters of a comb
NARROWEST, WIDEST = 0.75, 2.6  # the pitch of a comb in letter sizes
THIN = 2.0  # in points: a path that is narrower is a rule
WHITE = 250  # of 255


def closed_combs(page: Any, printed: PageGlyphs, fields: Sequence[Extent] = ()) -> list[Glyph]:
    """Return the glyphs with the boxes of comb characters widened until they touch, so that they join to words.

    ``fields`` are the boxes of form fields that are known to be combs.
    """
    glyphs = printed.glyphs
    runs = list(_runs(glyphs)) if _may_hold_combs(printed) else []
    if not runs:
        return glyphs
    rules = [rule for rule in _rules(page) if rule[2] - rule[0] < THIN or rule[3] - rule[1] < THIN]
    closed = list(glyphs)
    for members, pitch in runs:
        boxes = [_box(glyphs[member]) for member in members]
        heads = _has_heads(glyphs, members, [others for others, _ in runs])
        known = any(_is_within(boxes, field) for field in fields)
        if known or (
            not heads
            and (_is_comb(boxes, pitch, glyphs[members[0]].size, rules) or _is_bare_comb(glyphs, members, pitch, rules))
        ):
            for member, following in zip(members, [*members[1:], members[-1]], strict=True):
                closed[member] = _widened(glyphs[member], _box(glyphs[following])[0], pitch)
    return closed


def _may_hold_combs(printed: PageGlyphs) -> bool:
    """Return whether some letters in a row have gaps on both sides; on most pages none have."""
    boxes = printed.boxes()[[glyph.text != " " for glyph in printed.glyphs]] if printed.glyphs else printed.boxes()
    gaps, heights = boxes[1:, 0] - boxes[:-1, 2], boxes[1:, 3] - boxes[1:, 1]
    apart = (gaps > 0.1 * heights) & (gaps < 3 * WIDEST * heights)
    return bool((apart[:-2] & apart[1:-1] & apart[2:]).any())


def _box(glyph: Glyph) -> Extent:
    assert glyph.box is not None
    return glyph.box


def _is_within(boxes: list[Extent], field: Extent) -> bool:
    middle = (boxes[0][1] + boxes[0][3]) / 2
    return field[0] <= boxes[0][0] + 1 and boxes[-1][2] <= field[2] + 1 and field[1] < middle < field[3]


def _widened(glyph: Glyph, end: float, pitch: float) -> Glyph:
    """Widen a box to the next character; across an empty box, a space remains."""
    x0, y0, x1, y1 = _box(glyph)
    if end > x0 + 1.5 * pitch:
        end -= 0.4 * glyph.size
    return glyph._replace(box=(x0, y0, max(x1, end), y1), on_paper=glyph.box, apart=False)


def _runs(glyphs: Sequence[Glyph]) -> Iterator[tuple[list[int], float]]:
    """Yield runs of single upright characters on one baseline whose places are multiples of a pitch apart."""
    run: list[int] = []
    end = size = base = 0.0
    for position, (text, box, turns, _, _, size_now, base_now, _) in enumerate(glyphs):
        if text == " " or box is None:
            continue
        gap, level = box[0] - end, _is_level(size, size_now, base, base_now)
        touches = level and -size_now < gap < 0.15 * size_now  # it is a letter of a word, as is the one before
        if gap < 0.15 * size_now or gap > 2 * WIDEST * size_now or turns or not level:
            if touches and run:
                run.pop()
            if len(run) >= FEWEST:
                yield from _with_pitch(glyphs, run)
            run = []
        if turns == 0 and not touches:
            run.append(position)
        end, size, base = box[2], size_now, base_now
    if len(run) >= FEWEST:
        yield from _with_pitch(glyphs, run)


def _is_level(size: float, other: float, base: float, other_base: float) -> bool:
    return abs(base - other_base) <= 0.05 * size and abs(size - other) <= 0.05 * size


def _with_pitch(glyphs: Sequence[Glyph], run: list[int]) -> Iterator[tuple[list[int], float]]:
    """Yield the longest parts of a run in which every step is one pitch, or a few for empty boxes.

    Printers centre each character in its box, or begin all of them at the same distance from its edge.
    """
    boxes = [_box(glyphs[position]) for position in run]
    size = glyphs[run[0]].size
    centred = list(_even_parts([(box[0] + box[2]) / 2 for box in boxes], size))
    begun = list(_even_parts([box[0] for box in boxes], size))
    for start, end, pitch in max(centred, begun, key=lambda parts: sum(part[1] - part[0] for part in parts)):
        yield run[start:end], pitch


def _even_parts(places: list[float], size: float) -> Iterator[tuple[int, int, float]]:
    """Yield the longest even parts of a row of places as (start, end, pitch)."""
    steps = [right - left for left, right in itertools.pairwise(places)]
    start = 0
    while start + FEWEST <= len(places):
        pitch = median_low(steps[start : start + FEWEST - 1])
        end = start
        while end < len(steps) and _is_multiple(steps[end], pitch):
            end += 1
        if end - start + 1 >= FEWEST and NARROWEST < pitch / size < WIDEST:
            yield start, end + 1, pitch
            start = end + 1
        else:
            start += 1


def _is_multiple(step: float, pitch: float) -> bool:
    return 0 < round(step / pitch) <= 3 and abs(step / pitch - round(step / pitch)) < 0.12


def _has_heads(glyphs: Sequence[Glyph], members: list[int], runs: list[list[int]]) -> bool:
    """Return whether single characters stand above or below those of a run, such as the days over a table's numbers."""
    size = glyphs[members[0]].size
    lefts = [_box(glyphs[member])[0] for member in members]
    for others in runs:
        if 0.1 * size < abs(glyphs[others[0]].base - glyphs[members[0]].base) < 2.5 * size:
            aligned = sum(any(abs(_box(glyphs[other])[0] - left) < 0.5 * size for other in others) for left in lefts)
            if aligned > len(lefts) / 2:
                return True
    return False


def _is_comb(boxes: list[Extent], pitch: float, size: float, rules: list[Extent]) -> bool:
    """Return whether short rules part the characters, or underline each of them, and none continue in other rows."""
    top, bottom = boxes[0][1], boxes[0][3]
    near = [rule for rule in rules if rule[0] > boxes[0][0] - 2 * pitch and rule[2] < boxes[-1][2] + 2 * pitch]
    upright = [rule for rule in near if rule[2] - rule[0] < THIN and rule[3] - rule[1] > 0.2 * size]
    between = [rule for rule in upright if rule[3] > top and rule[1] < bottom + 0.5 * size]
    if any(rule[3] - rule[1] > 3 * size for rule in between):
        return False
    parted = sum(
        any(left[2] - 0.1 * size < (rule[0] + rule[2]) / 2 < right[0] + 0.1 * size for rule in between)
        for left, right in itertools.pairwise(boxes)
    )
    if parted == len(boxes) - 1:
        return not _continue(between, upright)
    lying = [rule for rule in near if rule[3] - rule[1] < THIN and 0.4 * pitch < rule[2] - rule[0] < 1.02 * pitch]
    below = [rule for rule in lying if -0.5 * size < rule[1] - bottom < 0.5 * size]
    return all(any(rule[0] <= (box[0] + box[2]) / 2 <= rule[2] for rule in below) for box in boxes)


def _is_bare_comb(glyphs: Sequence[Glyph], members: list[int], pitch: float, rules: list[Extent]) -> bool:
    """Return whether characters without any rules between them were printed into boxes that the file does not draw."""
    boxes = [_box(glyphs[member]) for member in members]
    size, base = glyphs[members[0]].size, glyphs[members[0]].base
    middles = [(box[0] + box[2]) / 2 for box in boxes]
    lefts = [box[0] for box in boxes]
    if not (_is_even(middles, size) or _is_even(lefts, size)) or _is_scale([glyphs[each].text for each in members]):
        return False
    if any(rule[0] < boxes[-1][2] and rule[2] > boxes[0][0] and rule[1] < base + size and rule[3] > base - 1.5 * size
           for rule in rules):  # fmt: skip
        return False
    starts: dict[float, int] = {}
    for before, glyph in itertools.pairwise(glyphs):
        near = 0.1 * size < abs(glyph.base - base) < 2.5 * size
        if near and glyph.text != " " and glyph.box and boxes[0][0] - pitch < glyph.box[0] < boxes[-1][2]:
            begins = before.text == " " or before.box is None or glyph.box[0] - before.box[2] > 0.5 * size
            starts[glyph.base] = starts.get(glyph.base, 0) + begins
    return all(count < 0.7 * len(members) for count in starts.values())


def _is_even(places: list[float], size: float) -> bool:
    """Return whether all steps are one pitch, or a few for empty boxes, as exactly as a printer sets them."""
    steps = [right - left for left, right in itertools.pairwise(places)]
    pitch = median_low(steps)
    return all(abs(step - round(step / pitch) * pitch) < 0.06 * size for step in steps)


def _is_scale(characters: list[str]) -> bool:
    """Return whether the characters follow each other, as the marks of a scale or the pages of a book do."""
    return (
        all(ord(right) - ord(left) == 1 for left, right in itertools.pairwise(characters)) or len(set(characters)) == 1
    )


def _continue(rules: list[Extent], others: list[Extent]) -> bool:
    """Return whether most rules end where another one begins above or below, as the cells of a table do."""
    touching = sum(
        any(
            abs(rule[0] - other[0]) < 1.5 and min(abs(rule[3] - other[1]), abs(rule[1] - other[3])) < 1.5
            for other in others
        )
        for rule in rules
    )
    return touching > len(rules) / 2


def _rules(page: Any) -> Iterator[Extent]:
    """Yield the straight segments of the page's paths as boxes, from the top left corner."""
    to_device = device_transform(page)
    for item in objects_of(page):
        if item.kind == raw.FPDF_PAGEOBJ_PATH and _is_drawn(handle_of(item.address)):
            for x0, y0, x1, y1 in _segments(handle_of(item.address), path_matrix(item)):
                (ax, ay), (bx, by) = to_device(x0, y0), to_device(x1, y1)
                yield min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)


def _segments(path: Any, matrix: Matrix) -> Iterator[Extent]:
    x, y = ctypes.c_float(), ctypes.c_float()
    start = last = (0.0, 0.0)
    for position in range(raw.FPDFPath_CountSegments(path)):
        segment = raw.FPDFPath_GetPathSegment(path, position)
        raw.FPDFPathSegment_GetPoint(segment, x, y)
        point = mapped(matrix, x.value, y.value)
        if raw.FPDFPathSegment_GetType(segment) == raw.FPDF_SEGMENT_MOVETO:
            start = point
        else:
            yield *last, *point
        if raw.FPDFPathSegment_GetClose(segment):
            yield *point, *start
        last = point


def _is_drawn(path: Any) -> bool:
    """Return whether a path is stroked or filled, and not in white."""
    fill, stroked = ctypes.c_int(), ctypes.c_int()
    raw.FPDFPath_GetDrawMode(path, fill, stroked)
    colour = [ctypes.c_uint() for _ in range(4)]
    (raw.FPDFPageObj_GetStrokeColor if stroked.value else raw.FPDFPageObj_GetFillColor)(path, *colour)
    red, green, blue, opacity = (part.value for part in colour)
    return bool(stroked.value or fill.value) and min(red, green, blue) < WHITE and opacity > 0
