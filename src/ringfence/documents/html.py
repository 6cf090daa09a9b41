"""Read HTML and EPUB: the visible text, block by block. External resources are never fetched."""

from __future__ import annotations

import io
import posixpath
import re
import urllib.parse
import zipfile
from collections.abc import Iterator
from typing import Any

import lxml.html
from lxml import etree

from ..errors import DocumentError
from .flow_text import LayerBuilder
from .model import Document
from .reader import ReadingOptions, Source, sha256_of
from .xml import DAMAGED_ZIP, parse_xml

__all__ = ["EpubReader", "HtmlReader", "write_html"]

_INVISIBLE = {"script", "style", "head", "noscript", "template", "object", "iframe", "svg", "math", "select", "option"}
_BLOCKS = {
    "p", "div", "section", "article", "header", "footer", "main", "aside", "nav", "ul", "ol", "dl", "dt", "dd", "li",
    "table", "blockquote", "pre", "form", "fieldset", "address", "figure", "figcaption", "h1", "h2", "h3", "h4", "h5",
    "h6", "hr", "body", "center", "details", "summary", "tr", "td", "th",
}  # fmt: skip
MAX_DEPTH = 400


class HtmlReader:
    """Reader for web pages."""

    name = "html"
    version = 1
    libraries = ("lxml",)
    extensions = ("html", "htm", "xhtml", "xht")

    def read(self, source: Source, data: bytes, options: ReadingOptions) -> Iterator[Document]:
        """Yield the file as one document."""
        layer = LayerBuilder()
        write_html(layer, data)
        yield layer.document(source, sha256_of(data), f"{self.name}/{self.version}")


def write_html(layer: LayerBuilder, data: bytes | str, mark: str = "") -> None:
    """Write the visible text of an HTML page. Raises DocumentError if it cannot be parsed."""
    if isinstance(data, bytes) and data.startswith((b"\xff\xfe", b"\xfe\xff")):
        data = data.decode("utf-16", "replace")
    encoding = "utf-8" if isinstance(data, str) else _encoding_of(data)
    data = data.encode("utf-8", "replace") if isinstance(data, str) else data
    parser = lxml.html.HTMLParser(
        encoding=encoding, no_network=True, huge_tree=True, remove_comments=True, remove_pis=True
    )
    try:
        root = lxml.html.document_fromstring(data.replace(b"\0", b" "), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError, AssertionError):
        raise DocumentError("damaged", "it contains no readable HTML") from None
    title = root.find(".//title")
    if title is not None and title.text and not mark:
        layer.paragraph(title.text, None, "# ")
    _Walker(layer).walk(root, mark)
    layer.end_block()


def _encoding_of(data: bytes) -> str | None:
    """Return ``utf-8`` if the bytes are valid UTF-8, else None or ``windows-1252``.

    None means that the page declares another encoding, which the parser applies.
    """
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        declared = re.search(rb"charset\s*=\s*[\"']?\s*([\w-]+)", data[:4096], re.I)
        return None if declared and declared.group(1).lower() != b"utf-8" else "windows-1252"
    return "utf-8"


class _Walker:
    """Writes the elements of a page; inline text is collected until its block ends."""

    def __init__(self, layer: LayerBuilder) -> None:
        self._layer = layer
        self._inline: list[str] = []
        self._heading = False

    def walk(self, element: Any, mark: str, depth: int = 0) -> None:
        """Write ``element`` and its descendants."""
        tag = element.tag if isinstance(element.tag, str) else ""
        if tag in _INVISIBLE or _hidden(element):
            return
        if depth > MAX_DEPTH:
            raise DocumentError("nested-too-deep", f"its elements are nested more than {MAX_DEPTH} levels deep")
        if tag == "br":
            self._inline.append("\n")
        if tag == "img" and element.get("alt"):
            self._inline.append(f" [{element.get('alt')}] ")
        if tag == "table" and not element.xpath(".//table") and len(element.xpath(".//tr")) > 1:
            self._flush(mark)
            self._table(element, mark)
            return
        if tag in _BLOCKS:
            self._flush(mark)
        inner = mark
        if tag == "blockquote":
            inner = mark + "> "
        elif tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
            inner = mark + "# "
        elif tag == "li":
            inner = mark + "- "
        self._text(element.text, tag)
        for child in element:
            self.walk(child, inner, depth + 1)
            self._text(child.tail, tag)
        if tag in _BLOCKS:
            self._flush(inner, keep=tag in ("li", "dt", "dd"))

    def _text(self, text: str | None, tag: str) -> None:
        if text:
            self._inline.append(text if tag == "pre" else re.sub(r"\s+", " ", text))

    def _flush(self, mark: str, keep: bool = False) -> None:
        """Write the collected text as a block, or with ``keep`` as lines of the open block (items of a list)."""
        text, self._inline = "".join(self._inline), []
        if not text.strip():
            return
        if keep:
            self._layer.lines(text, None, mark)
        else:
            self._layer.paragraph(text, None, mark)

    def _table(self, table: Any, mark: str) -> None:
        self._layer.end_block()
        for caption in table.iter("caption"):
            self._layer.line([(mark + _visible(caption), None)])
        for row in table.iter("tr"):
            cells = [cell for cell in row if cell.tag in ("td", "th") and not _hidden(cell)]
            texts = [" ".join(_visible(cell).split()) for cell in cells]
            if mark and any(texts):
                texts[0] = mark + texts[0]
            self._layer.line((text, None) for text in texts)
        self._layer.end_block()


def _hidden(element: Any) -> bool:
    style = (element.get("style") or "").replace(" ", "").lower()
    return element.get("hidden") is not None or "display:none" in style


def _visible(element: Any) -> str:
    pieces = [element.text or ""]
    for child in element:
        tag = child.tag if isinstance(child.tag, str) else ""
        if tag not in _INVISIBLE and not _hidden(child):
            pieces.append(" " if tag in ("br", *_BLOCKS) else "")
            pieces.append(_visible(child))
        pieces.append(child.tail or "")
    return "".join(pieces)


class EpubReader:
    """Reader for books: the pages of the spine, in order."""

    name = "epub"
    version = 1
    libraries = ("lxml",)
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
                    write_html(layer, content)
                    source.progress()
        except DAMAGED_ZIP:
            raise DocumentError("damaged", "the book is damaged, truncated or protected") from None
        yield layer.document(source, sha256_of(data), f"{self.name}/{self.version}")


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
