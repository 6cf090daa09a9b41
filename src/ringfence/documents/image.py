"""Read images of paper (PNG, JPEG, TIFF with several pages, WEBP, BMP, GIF) by OCR."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from typing import Any

from PIL import Image, ImageOps, UnidentifiedImageError

from ..errors import DocumentError
from . import ocr
from .model import Document
from .page_text import PaperBuilder
from .reader import ReadingOptions, Source, sha256_of

__all__ = ["ImageReader", "frames_of", "points_of"]

MAX_PIXELS = 120_000_000  # A3 at 600 dpi has 70 million
UPSCALED_BELOW = 1000  # pixels on the longer side; the letters of smaller images are too small to recognise


def frames_of(data: bytes, max_pages: int = 5_000) -> Iterator[Image.Image]:
    """Yield the pages of an image, rotated as its EXIF data states.

    Raises DocumentError if the data is not an image, is too large or has more than ``max_pages`` pages.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data)) as image:
                count = getattr(image, "n_frames", 1) if image.format in ("TIFF",) else 1
                if count > max_pages:
                    raise DocumentError("too-many-pages", f"it has {count:,} pages, more than {max_pages:,}")
                for number in range(count):
                    image.seek(number)
                    if image.width * image.height > MAX_PIXELS:
                        raise DocumentError("too-large", f"it has more than {MAX_PIXELS:,} pixels")
                    upright = ImageOps.exif_transpose(image)
                    yield _on_white(upright or image)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError):
        raise DocumentError("damaged", "the image is damaged or in an unsupported format") from None


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        white.alpha_composite(rgba)
        return white.convert("RGB")
    return image.convert("RGB")


def points_of(image: Image.Image) -> tuple[float, float]:
    """Return the size in points, from the image's own resolution if it is plausible, else as a page 11 inches long."""
    stated: Any = image.info.get("dpi")
    dpi = float(stated[0]) if isinstance(stated, tuple) and 70 <= float(stated[0]) <= 1200 else max(image.size) / 11
    return image.width * 72 / dpi, image.height * 72 / dpi


class ImageReader:
    """Reader for images of text."""

    name = "image"
    version = 1
    libraries = ("pillow",)
    extensions = ("png", "jpg", "jpeg", "tif", "tiff", "webp", "bmp", "gif")

    def read(self, source: Source, data: bytes, options: ReadingOptions) -> Iterator[Document]:
        """Yield the file as one document, one page per frame."""
        if options.ocr == "never":
            raise DocumentError("no-text-layer", "it is an image, and OCR is switched off")
        paper = PaperBuilder()
        for number, frame in enumerate(frames_of(data, options.limits.pages), start=1):
            width, height = points_of(frame)
            paper.add_page(width, height, ocr.read_picture(_for_ocr(frame), width, height))
            paper.pages_by_ocr[number] = "picture"
            source.progress()
        if paper.empty:
            raise DocumentError("no-text", "it is an image, and OCR finds no text in it")
        yield paper.document(source, sha256_of(data), f"{self.name}/{self.version}", {})


def _for_ocr(image: Image.Image) -> Image.Image:
    longer = max(image.size)
    if longer >= UPSCALED_BELOW:
        return image
    factor = min(2.0, UPSCALED_BELOW / longer)
    return image.resize((round(image.width * factor), round(image.height * factor)), Image.Resampling.LANCZOS)
