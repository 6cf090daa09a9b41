"""Documents: files become a text layer that spans can point into."""

from .inputs import expand_inputs
from .model import Block, Box, Document, Line, Page
from .reading import Reader, ReadingOptions, Source, Unreadable, read_document, read_documents, readers
from .segments import Segment

__all__ = [
    "Block",
    "Box",
    "Document",
    "Line",
    "Page",
    "Reader",
    "ReadingOptions",
    "Segment",
    "Source",
    "Unreadable",
    "expand_inputs",
    "read_document",
    "read_documents",
    "readers",
]
