"""Small WEBP images of pages, for reports; rendered in the worker processes that read files."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from ..errors import DocumentError
from .containers import content_of
from .file_type import kind_of
from .image import frames_of, points_of
from .pdf import open_pdf, render_page
from .reader import (
    Expansion,
    ReadingOptions,
    Source,
    sha256_of,
)

__all__ = ["pictures_of"]

QUALITY = 55


def pictures_of(
    source: Source, document: str, sha256: str, pages: Sequence[int], scale: float, options: ReadingOptions
) -> Iterator[tuple[int, float, float, bytes]]:
    """Yield ``pages`` (numbered from 1) of a document, each as its number, width and height in points, and WEBP image.

    Yields nothing if the document can no longer be opened, does not match ``sha256``, or has no pages. ``scale`` is in
    pixels per point.
    """
    source = replace(source, expansion=Expansion(options.limits))
    try:
        content = content_of(source, source.path.read_bytes(), document, options)
        if content is None:
            return
        inner, data = content
        if sha256_of(data) != sha256:
            return
        if kind_of(data, inner.extension) == "pdf":
            pdf = open_pdf(data, options.passwords)
            for number in pages:
                if number <= len(pdf):
                    yield number, *pdf[number - 1].get_size(), _webp(render_page(pdf, number, scale))
            pdf.close()
        else:
            for number, frame in enumerate(frames_of(data), start=1):
                if number in pages:
                    width, height = points_of(frame)
                    frame.thumbnail((width * scale, height * scale))
                    yield number, width, height, _webp(frame)
    except (OSError, DocumentError):
        return


def _webp(image: Any) -> bytes:
    stream = io.BytesIO()
    image.convert("RGB").save(stream, "WEBP", quality=QUALITY, method=2)
    return stream.getvalue()
