"""Documents: read files into a text layer that spans point into."""

from .cell_lines import Below, CellLines, cells_of, ends_open, joined_lines
from .containers import Container, holds_several
from .inputs import expand_inputs
from .model import (
    Block,
    Box,
    Document,
    Line,
    Page,
)
from .ocr import weights_digest as ocr_weights
from .reader import (
    Reader,
    ReadingLimits,
    ReadingOptions,
    Source,
    Unreadable,
    read_here,
    readers,
    reading_libraries,
    sha256_of_file,
)
from .segments import Segment, cut_segments
from .worker_pool import (
    PICTURE_SCALE,
    PagePicture,
    page_pictures,
    read_ahead,
    read_document,
    read_documents,
    start_worker,
)

__all__ = [
    "Below",
    "Block",
    "Box",
    "CellLines",
    "Container",
    "Document",
    "Line",
    "Page",
    "PagePicture",
    "Reader",
    "ReadingLimits",
    "ReadingOptions",
    "Segment",
    "cut_segments",
    "Source",
    "Unreadable",
    "cells_of",
    "ends_open",
    "expand_inputs",
    "holds_several",
    "joined_lines",
    "ocr_weights",
    "PICTURE_SCALE",
    "page_pictures",
    "read_ahead",
    "start_worker",
    "read_document",
    "read_documents",
    "read_here",
    "readers",
    "reading_libraries",
    "sha256_of_file",
]
