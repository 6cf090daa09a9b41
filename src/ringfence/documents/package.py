"""Open XML packages (DOCX, PPTX, XLSX): the parts of the archive, as XML, and the relations between them.

Elements are told apart by local names: files of the strict and the transitional standard differ only in namespaces.
"""

from __future__ import annotations

import io
import posixpath
import urllib.parse
import zipfile
from collections.abc import Iterator
from typing import Any, NamedTuple

from ..errors import DocumentError
from .reader import Source
from .xml import DAMAGED_ZIP, parse_xml

__all__ = ["Package", "Relation", "child", "children", "descendants", "local", "option", "value"]


class Relation(NamedTuple):
    """A reference from one part to another: its kind (``styles``, ``header``, ``slide``) and the part's name."""

    kind: str
    part: str


class Package:
    """The parts of an Open XML file."""

    def __init__(self, data: bytes, source: Source) -> None:
        self._source = source
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(data))
        except DAMAGED_ZIP:
            raise DocumentError("damaged", "the file is damaged or truncated") from None
        self._names = {name.lower(): name for name in self._archive.namelist()}

    def read(self, part: str) -> bytes | None:
        """Return the bytes of a part; None if there is none. Raises DocumentError if it is damaged."""
        name = self._names.get(part.lower())
        if name is None:
            return None
        try:
            info = self._archive.getinfo(name)
            if self._source.expansion:
                self._source.expansion.add_bytes(info.file_size)
            return self._archive.read(info)
        except DAMAGED_ZIP:
            raise DocumentError("damaged", "the file is damaged or truncated") from None

    def root(self, part: str | None) -> Any:
        """Return the root element of an XML part; None if there is none."""
        data = self.read(part) if part else None
        return None if data is None else parse_xml(data)

    def relations(self, part: str) -> dict[str, Relation]:
        """Return the inner relations of a part by their id."""
        folder, name = posixpath.split(part)
        root = self.root(posixpath.join(folder, "_rels", f"{name}.rels"))
        found = {}
        for relation in () if root is None else root:
            if not isinstance(relation.tag, str) or relation.get("TargetMode") == "External":
                continue
            target = urllib.parse.unquote(relation.get("Target", ""))
            place = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
            kind = relation.get("Type", "").rsplit("/", 1)[-1]
            found[relation.get("Id", "")] = Relation(kind, posixpath.normpath(place))
        return found

    def related(self, part: str, kind: str) -> list[str]:
        """Return the parts that ``part`` refers to as ``kind``."""
        return [relation.part for relation in self.relations(part).values() if relation.kind == kind]

    def main_part(self) -> str:
        """Return the part that holds the document. Raises DocumentError if there is none."""
        parts = self.related("", "officeDocument")
        if not parts or parts[0].lower() not in self._names:
            raise DocumentError("damaged", "the file is damaged or truncated")
        return parts[0]


def local(element: Any) -> str:
    """Return the name of an element without its namespace; blank for comments."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def children(element: Any, *names: str) -> Iterator[Any]:
    """Yield the children with one of the names."""
    for one in () if element is None else element:
        if local(one) in names:
            yield one


def child(element: Any, *path: str) -> Any:
    """Return the first descendant along a path of names; None if there is none."""
    for name in path:
        element = next(children(element, name), None)
    return element


def descendants(element: Any, *names: str) -> Iterator[Any]:
    """Yield the descendants with one of the names, in document order."""
    for one in () if element is None else element.iter():
        if local(one) in names:
            yield one


def value(element: Any, name: str = "val") -> str | None:
    """Return an attribute by its name without its namespace; None if it or the element is missing."""
    if element is None:
        return None
    found = element.get(name)
    if found is not None:
        return str(found)
    return next((str(text) for key, text in element.attrib.items() if key.rpartition("}")[2] == name), None)


def option(element: Any, name: str) -> bool | None:
    """Return whether an on/off child such as ``<w:vanish/>`` is on; None if it is missing."""
    found = child(element, name)
    return None if found is None else value(found) not in ("0", "false", "off")
