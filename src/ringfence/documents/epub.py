"""Read books (EPUB): the pages of the spine, in order, each as a web page."""

from __future__ import annotations

import io
import posixpath
import urllib.parse
import zipfile
from collections.abc import Iterator
from functools import partial

from ..errors import DocumentError
from . import charset
from .flow_text import LayerBuilder
from .html import write_html
from .html_style import LIBRARIES
from .model import Document
from .reader import ReadingOptions, Source, sha256_of
from .xml import DAMAGED_ZIP, parse_xml

__all__ = ["EpubReader"]


class EpubReader:
    """Reader for books: the pages of the spine, in order."""

    name = "epub"
    version = 5
    libraries = ("lxml", *LIBRARIES, *charset.LIBRARIES)
    extensions = ("epub",)

    def read(self, source: Source, data: bytes, options: ReadingOptions) -> Iterator[Document]:
        """Yield the file as one document; each chapter is a page."""
        layer = LayerBuilder()
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                for name in _spine(archive, source):
                    try:
                        content = _member(archive, name, source)
                    except KeyError:
                        continue
                    layer.page()
                    write_html(layer, content, hidden=options.hidden, sheets=partial(_sheet, archive, source, name))
                    source.progress()
        except DAMAGED_ZIP:
            raise DocumentError("damaged", "the book is damaged, truncated or protected") from None
        yield layer.document(source, sha256_of(data), f"{self.name}/{self.version}")


def _sheet(archive: zipfile.ZipFile, source: Source, chapter: str, name: str) -> str | None:
    """The style sheet that a chapter names; None if the book lacks it."""
    place = posixpath.normpath(posixpath.join(posixpath.dirname(chapter), urllib.parse.unquote(name)))
    try:
        return _member(archive, place, source).decode("utf-8", "replace")
    except KeyError:
        return None


def _member(archive: zipfile.ZipFile, name: str, source: Source) -> bytes:
    info = archive.getinfo(name)
    if source.expansion:
        source.expansion.add_bytes(info.file_size)
    return archive.read(info)


def _spine(archive: zipfile.ZipFile, source: Source) -> list[str]:
    container = parse_xml(_member(archive, "META-INF/container.xml", source))
    package = container.xpath("string(//*[local-name()='rootfile']/@full-path)")
    root = parse_xml(_member(archive, package, source))
    files = {
        item.get("id"): item.get("href") for item in root.xpath("//*[local-name()='manifest']/*[local-name()='item']")
    }
    order = [item.get("idref") for item in root.xpath("//*[local-name()='spine']/*[local-name()='itemref']")]
    base = posixpath.dirname(package)
    return [
        posixpath.normpath(posixpath.join(base, urllib.parse.unquote(files[name]))) for name in order if files.get(name)
    ]
