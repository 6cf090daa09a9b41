"""Read pictures of paper (PNG, JPEG, TIFF with pages, WEBP, BMP, GIF) by OCR."""

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

MOST_PIXELS = 120_000_000  # A3 at 600 dots an inch is 70 million
UPSCALED_BELOW = 1000  # pixels on the longer side; letters of a small picture are too small to read


def frames_of(data: bytes, most: int = 5_000) -> Iterator[Image.Image]:
    """The pages of a picture, upright as its camera says. Raises DocumentError for what is no picture, or too large."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data)) as image:
                count = getattr(image, "n_frames", 1) if image.format in ("TIFF",) else 1
                if count > most:
                    raise DocumentError("too-many-pages", f"it has {count:,} pages, more than {most:,}")
                for number in range(count):
                    image.seek(number)
                    if image.width * image.height > MOST_PIXELS:
                        raise DocumentError("too-large", f"it has more than {MOST_PIXELS:,} pixels")
                    upright = ImageOps.exif_transpose(image)
                    yield _on_white(upright or image)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError):
        raise DocumentError("damaged", "the picture is damaged, or of a kind that is not known") from None


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        white.alpha_composite(rgba)
        return white.convert("RGB")
    return image.convert("RGB")


def points_of(image: Image.Image) -> tuple[float, float]:
    """The size in points: by the picture's own resolution where it tells a likely one, else a page 11 inches long."""
    told: Any = image.info.get("dpi")
    dots = float(told[0]) if isinstance(told, tuple) and 70 <= float(told[0]) <= 1200 else max(image.size) / 11
    return image.width * 72 / dots, image.height * 72 / dots


class ImageReader:
    """Pictures of text."""

    name = "image"
    version = 1
    libraries = ("pillow",)
    extensions = ("png", "jpg", "jpeg", "tif", "tiff", "webp", "bmp", "gif")

    def read(self, source: Source, data: bytes, options: ReadingOptions) -> Iterator[Document]:
        """Yield the one document of the file, a page for each frame."""
        if options.ocr == "never":
            raise DocumentError("no-text-layer", "it is a picture, and OCR is switched off")
        paper = PaperBuilder()
        for number, frame in enumerate(frames_of(data, options.limits.pages), start=1):
            width, height = points_of(frame)
            paper.add_page(width, height, ocr.read_picture(_for_ocr(frame), width, height))
            paper.pages_by_ocr[number] = "picture"
            source.progress()
        if paper.empty:
            raise DocumentError("no-text", "it is a picture, and OCR finds no text in it")
        yield paper.document(source, sha256_of(data), f"{self.name}/{self.version}", {})


def _for_ocr(image: Image.Image) -> Image.Image:
    longer = max(image.size)
    if longer >= UPSCALED_BELOW:
        return image
    factor = min(2.0, UPSCALED_BELOW / longer)
    return image.resize((round(image.width * factor), round(image.height * factor)), Image.Resampling.LANCZOS)
