"""Read RTF: plain text, paragraph by paragraph."""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import DocumentError
from .flow_text import LayerBuilder
from .model import Document
from .reader import ReadingOptions, Source, sha256_of

__all__ = ["RtfReader"]


class RtfReader:
    """Reader for rich text files."""

    name = "rtf"
    version = 1
    libraries = ("striprtf",)
    extensions = ("rtf",)

    def read(self, source: Source, data: bytes, options: ReadingOptions) -> Iterator[Document]:
        """Yield the file as one document."""
        from striprtf.striprtf import rtf_to_text

        try:
            text = str(rtf_to_text(data.decode("latin-1"), errors="replace"))  # type: ignore[no-untyped-call]
        except (ValueError, LookupError, IndexError, KeyError, AttributeError, OverflowError):
            raise DocumentError("damaged", "the RTF is damaged") from None
        layer = LayerBuilder()
        for number, paragraph in enumerate(text.split("\n"), start=1):
            # striprtf separates the cells of a row with |.
            cells = paragraph.split("|") if paragraph.count("|") > 1 else [paragraph]
            if len(cells) > 1:
                layer.line((cell, f"paragraph {number}") for cell in cells)
            else:
                layer.paragraph(paragraph, f"paragraph {number}")
        yield layer.document(source, sha256_of(data), f"{self.name}/{self.version}")
