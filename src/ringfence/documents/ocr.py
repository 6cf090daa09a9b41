"""Read images of text offline with the PP-OCR weights in the rapidocr wheel: words with positions and confidence.

The line recogniser reads a rotated page badly but does not report it. If its confidence is low, or most lines are
vertical, the image is tried in the other orientations and the best reading is kept.
"""

from __future__ import annotations

import hashlib
import math
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ..errors import DocumentError
from .page_words import Extent, Glyph

__all__ = ["OCR_PIXELS", "available", "read_picture", "weights_digest"]

LIBRARIES = (
    "numpy",
    "onnxruntime",
    "opencv-python",
    "opencv-python-headless",
    "pillow",
    "pyclipper",
    "rapidocr",
    "shapely",
)

OCR_PIXELS = 2000  # the longer side of a page; more improved no receipt and slowed every page
CONFIDENT = 0.85  # mean confidence that accepts a page as it is; clean pages upside down had 0.67 to 0.80
CONFIDENT_SYMBOL = 0.95
MIN_CONFIDENCE = 0.5  # lines below this are noise of the paper
_MODELS = {"Det": "PP-OCRv6_det_small.onnx", "Rec": "PP-OCRv6_rec_small.onnx"}
_NARROW, _WIDE = set("iljtfrI1.,:;'|!()[]"), set("mwMWQ@%&")


@dataclass(frozen=True)
class _Word:
    """A word and its corners in pixels, clockwise from the top left of the word."""

    text: str
    confidence: float
    corners: tuple[tuple[float, float], ...]


def available() -> bool:
    """Return whether OCR is installed."""
    return find_spec("rapidocr") is not None and find_spec("onnxruntime") is not None


def _models() -> dict[str, Path]:
    spec = find_spec("rapidocr")
    if spec is None or spec.origin is None or not available():
        raise DocumentError(
            "ocr-missing", "it is an image of text, and OCR is not installed: pip install 'ringfence[ocr]'"
        )
    return {part: Path(spec.origin).parent / "models" / name for part, name in _MODELS.items()}


@cache
def weights_digest() -> str | None:
    """Return one sha256 over the OCR weights, for the lock; None if OCR is not installed."""
    if not available():
        return None
    digest = hashlib.sha256()
    for path in _models().values():
        digest.update(path.read_bytes())
    return f"sha256:{digest.hexdigest()}"


@cache
def _recogniser() -> Any:
    """Load the OCR pipeline, once per process. The explicit paths keep it from looking up or fetching weights."""
    models = _models()
    from rapidocr import RapidOCR

    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.use_cls": False,
            "Global.text_score": MIN_CONFIDENCE,
            "Global.max_side_len": OCR_PIXELS,
            **{f"{part}.model_path": str(path) for part, path in models.items()},
        }
    )


def read_picture(image: Image.Image, width: float, height: float) -> list[Glyph]:
    """Return the characters in the image of a page of ``width`` x ``height`` points; empty if OCR finds no text.

    If the page is rotated or skewed, glyph boxes are straightened; ``on_paper`` holds their real position.
    Raises DocumentError if OCR is not installed.
    """
    turns, words = _best_reading(image.convert("RGB"))
    turned_size = image.size if turns % 2 == 0 else image.size[::-1]
    scale_x, scale_y = width / image.size[0], height / image.size[1]
    skew = _skew(words)
    glyphs: list[Glyph] = []
    for word, (top, bottom) in zip(words, _levels(words, skew), strict=True):
        for text, corners in _characters(word):
            left, _, right, _ = _extent([_rotated(corner, -skew) for corner in corners])
            straight = (left, top, right, bottom)
            paper = _extent([_turned_back(corner, turns, turned_size) for corner in corners])
            glyphs.append(
                Glyph(
                    text,
                    (straight[0] * scale_x, straight[1] * scale_y, straight[2] * scale_x, straight[3] * scale_y),
                    0,
                    word.confidence,
                    (paper[0] * scale_x, paper[1] * scale_y, paper[2] * scale_x, paper[3] * scale_y),
                )
            )
        glyphs.append(Glyph(" ", None))
    return glyphs


def _best_reading(image: Image.Image) -> tuple[int, list[_Word]]:
    """Return the quarter turns (counter-clockwise) after which the image reads best, and its words."""
    words, vertical_share = _words(image)
    if not words:
        return 0, words
    if _confidence(words)[0] >= CONFIDENT and vertical_share < 0.5:
        return 0, words
    # The recogniser rotates vertical lines itself, and their word boxes then lie across the line: a last resort.
    readings = [] if vertical_share >= 0.5 else [(0, words)]
    for turns in (1, 3) if vertical_share >= 0.5 else (2, 1, 3):
        turned_words, turned_vertical_share = _words(image.rotate(90 * turns, expand=True))
        if turned_vertical_share < 0.5:
            readings.append((turns, turned_words))
            if _confidence(turned_words)[0] >= CONFIDENT:
                break
    return max(readings, key=lambda reading: _confidence(reading[1])[1], default=(0, words))


def _confidence(words: list[_Word]) -> tuple[float, float]:
    """Return the mean confidence of the characters, and a score: the characters weighted by confidence above 0.5."""
    size = sum(len(word.text) for word in words)
    total = sum(len(word.text) * word.confidence for word in words)
    score = sum(len(word.text) * max(0.0, word.confidence - 0.5) for word in words)
    return (total / size if size else 0.0), score


def _words(image: Image.Image) -> tuple[list[_Word], float]:
    """Return the words of an image, and the share of their characters in vertical lines."""
    result = _recogniser()(np.asarray(image)[:, :, ::-1], return_word_box=True)
    if result.txts is None or result.boxes is None:
        return [], 0.0
    words: list[_Word] = []
    tall = total = 0
    for text, score, box, parts in zip(result.txts, result.scores, result.boxes, _parts(result), strict=True):
        corners = np.asarray(box, dtype=float)
        across = np.linalg.norm(corners[1] - corners[0]) + np.linalg.norm(corners[2] - corners[3])
        down = np.linalg.norm(corners[3] - corners[0]) + np.linalg.norm(corners[2] - corners[1])
        total += len(text)
        tall += len(text) * bool(down > 1.5 * across and len(text) > 2)
        words += [word for word in _split(text, float(score), corners, parts) if not _is_noise(word)]
    return words, tall / total if total else 0.0


def _is_noise(word: _Word) -> bool:
    """Return whether a word is a single doubtful symbol; OCR reads rules, boxes and specks as such."""
    symbol = len(word.text) == 1 and not (word.text.isascii() and word.text.isalnum())
    return symbol and word.confidence < CONFIDENT_SYMBOL


def _parts(result: Any) -> Iterator[Any]:
    parts = result.word_results
    yield from parts if parts and len(parts) == len(result.txts) else [()] * len(result.txts)


def _split(text: str, score: float, corners: Any, parts: Any) -> list[_Word]:
    """Split a line into words, at the recogniser's own word boxes if their text matches that of the line."""
    boxed = [part for part in parts or () if len(part) == 3 and part[0].strip()]
    if boxed and "".join(part[0] for part in boxed).replace(" ", "") == text.replace(" ", ""):
        words: list[_Word] = []
        for part_text, part_score, box in boxed:
            words.append(_Word(part_text, round(float(part_score), 3), tuple((float(x), float(y)) for x, y in box)))
        return _joined(words, text)
    split, position, size = [], 0, max(len(text), 1)
    for piece in text.split(" "):
        if piece:
            quad = _slice(corners, position / size, (position + len(piece)) / size)
            split.append(_Word(piece, round(score, 3), quad))
        position += len(piece) + 1
    return split


def _joined(words: list[_Word], text: str) -> list[_Word]:
    """Merge parts that have no space between them in the text of the line."""
    joined: list[_Word] = []
    rest = text
    for word in words:
        stripped = rest.lstrip(" ")
        close = len(stripped) == len(rest)
        rest = stripped[len(word.text) :] if stripped.startswith(word.text) else stripped
        if joined and close:
            last = joined[-1]
            corners = (last.corners[0], word.corners[1], word.corners[2], last.corners[3])
            joined[-1] = _Word(last.text + word.text, min(last.confidence, word.confidence), corners)
        else:
            joined.append(word)
    return joined


def _slice(corners: Any, start: float, end: float) -> tuple[tuple[float, float], ...]:
    """Return the part of a quadrilateral between two fractions of its width."""
    top, bottom = corners[1] - corners[0], corners[2] - corners[3]
    points = (corners[0] + start * top, corners[0] + end * top, corners[3] + end * bottom, corners[3] + start * bottom)
    return tuple((float(x), float(y)) for x, y in points)


def _characters(word: _Word) -> Iterator[tuple[str, tuple[tuple[float, float], ...]]]:
    """Yield each character with its corners; the word's width is divided by the typical widths of its letters."""
    widths = [0.5 if c in _NARROW else 1.5 if c in _WIDE else 1.0 for c in word.text]
    whole, position = sum(widths), 0.0
    corners = np.asarray(word.corners)
    for character, width in zip(word.text, widths, strict=True):
        if not character.isspace():
            yield character, _slice(corners, position / whole, (position + width) / whole)
        position += width


def _skew(words: list[_Word]) -> float:
    """Return the median angle of the long words in radians; 0 if there are too few or the angle is implausible."""
    angles = []
    for word in words:
        (x0, y0), (x1, y1) = word.corners[0], word.corners[1]
        if len(word.text) >= 5 and x1 > x0:
            angles.append(math.atan2(y1 - y0, x1 - x0))
    if len(angles) < 5:
        return 0.0
    middle = statistics.median(angles)
    return middle if 0.003 < abs(middle) < 0.3 else 0.0


def _levels(words: list[_Word], skew: float) -> list[tuple[float, float]]:
    """Return the top and bottom of each word, made equal for all words of a line.

    Without this, the detector's boxes in a line differ by up to a fifth of their height, and a table looks like
    columns.
    """
    spans = []
    for word in words:
        _, top, _, bottom = _extent([_rotated(corner, -skew) for corner in word.corners])
        spans.append((top, bottom))
    levels = list(spans)
    order = sorted(range(len(spans)), key=lambda index: sum(spans[index]))
    line: list[int] = []
    for index in [*order, None]:
        if line and (index is None or not _same_line(spans[index], spans[line[0]])):
            top = statistics.median(spans[member][0] for member in line)
            bottom = statistics.median(spans[member][1] for member in line)
            for member in line:
                levels[member] = (top, bottom)
            line = []
        if index is not None:
            line.append(index)
    return levels


def _same_line(first: tuple[float, float], second: tuple[float, float]) -> bool:
    heights = first[1] - first[0], second[1] - second[0]
    return abs(sum(first) - sum(second)) / 2 < 0.3 * min(heights) and max(heights) < 1.6 * min(heights)


def _rotated(point: tuple[float, float], angle: float) -> tuple[float, float]:
    cosine, sine = math.cos(angle), math.sin(angle)
    return point[0] * cosine - point[1] * sine, point[0] * sine + point[1] * cosine


def _turned_back(point: tuple[float, float], turns: int, size: tuple[int, int]) -> tuple[float, float]:
    """Map a point of the turned image (``size`` in pixels) back to the original image."""
    x, y = point
    return {0: (x, y), 1: (size[1] - y, x), 2: (size[0] - x, size[1] - y), 3: (y, size[0] - x)}[turns]


def _extent(points: list[tuple[float, float]]) -> Extent:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)
