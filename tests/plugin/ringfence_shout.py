"""A reader that a stranger could have written: files that end in .shout are read in capital letters."""

from collections.abc import Iterator

from ringfence.documents import Document, ReadingOptions, Source
from ringfence.documents.plain import document_from_text


class ShoutReader:
    """Text, louder."""

    name = "shout"
    version = 1
    extensions = ("shout",)

    def read(self, source: Source, data: bytes, options: ReadingOptions) -> Iterator[Document]:
        """Yield the one document of the file."""
        yield document_from_text(source, data.decode().upper(), "0" * 64, "shout/1")
