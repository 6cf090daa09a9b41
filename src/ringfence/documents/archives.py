"""Read archives (ZIP, TAR, GZ, BZ2, XZ). Each member is a document of its own; nothing is unpacked to disk."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from ..errors import DocumentError
from .containers import (
    Child,
    ChildNames,
    ContainerReader,
    unreadable,
)
from .reader import ReadingOptions, Source

__all__ = ["CompressedReader", "TarReader", "ZipReader"]

CHUNK = 1 << 20
_BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


def _unpack(stream: Any, source: Source) -> bytes:
    """Return the content of a compressed stream, counting bytes as it unpacks: sizes in headers can be false."""
    pieces = []
    while piece := stream.read(CHUNK):
        if source.expansion:
            source.expansion.add_bytes(len(piece))
        pieces.append(piece)
    return b"".join(pieces)


class ZipReader(ContainerReader):
    """Reader for ZIP archives."""

    name = "zip"
    version = 1
    extensions = ("zip",)

    def children(self, source: Source, data: bytes, options: ReadingOptions) -> Iterator[Child]:
        """Yield each member that is a file."""
        names, members = ChildNames(), 0
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                for info in archive.infolist():
                    if info.is_dir() or _is_system_file(info.filename):
                        continue
                    members += 1
                    child = source.child(names.of(info.filename, f"member-{members}"))
                    yield self._content(archive, info, child, options)
        except zipfile.BadZipFile:
            raise DocumentError("damaged", "the archive is damaged or truncated") from None
        if not members:
            raise DocumentError("empty", "the archive contains no files")

    def _content(
        self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, child: Source, options: ReadingOptions
    ) -> Child:
        if (info.external_attr >> 16) & 0o170000 == 0o120000:
            return unreadable(child, "link", "it is a link, and links in archives are not followed")
        encrypted = bool(info.flag_bits & 1)
        for password in (password.encode() for password in options.passwords) if encrypted else [None]:
            try:
                with archive.open(info, pwd=password) as stream:
                    return child, _unpack(stream, child)
            except _BROKEN:  # if encrypted: AES, or a wrong password, which shows only in unpacking garbage
                continue
        if encrypted:
            return unreadable(
                child,
                "encrypted",
                "it is encrypted; give its password with --password-file (AES encryption is not supported)",
            )
        return unreadable(child, "damaged", "this member of the archive is damaged")


class TarReader(ContainerReader):
    """Reader for TAR archives."""

    name = "tar"
    version = 1
    extensions = ("tar", "tgz", "tbz2", "txz")

    def children(self, source: Source, data: bytes, options: ReadingOptions) -> Iterator[Child]:
        """Yield each member that is a file; links and devices are yielded as Unreadable, not followed."""
        names, members = ChildNames(), 0
        try:
            with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
                for info in archive:
                    if info.isdir() or _is_system_file(info.name):
                        continue
                    members += 1
                    child = source.child(names.of(info.name, f"member-{members}"))
                    stream = archive.extractfile(info) if info.isreg() else None
                    if stream is None:
                        yield unreadable(child, "link", "it is a link or a device, and those are not read")
                    else:
                        yield child, _unpack(stream, child)
                # tarfile mistakes a damaged header for the end of the archive.
                if data[archive.offset : archive.offset + 512].strip(b"\0"):
                    raise DocumentError("damaged", "the archive is damaged after its last readable file")
        except _BROKEN:
            raise DocumentError("damaged", "the archive is damaged or truncated") from None
        if not members:
            raise DocumentError("empty", "the archive contains no files")


class CompressedReader(ContainerReader):
    """Reader for a single compressed file: GZ, BZ2 or XZ. A TAR inside it is read as an archive."""

    name = "compressed"
    version = 1
    extensions = ("gz", "bz2", "xz")

    def children(self, source: Source, data: bytes, options: ReadingOptions) -> Iterator[Child]:
        """Yield the file inside."""
        opened: Any = gzip if data.startswith(b"\x1f\x8b") else bz2 if data.startswith(b"BZh") else lzma
        stem = source.name.rsplit("/", 1)[-1]
        for ending in (".gz", ".bz2", ".xz", ".tgz", ".tbz2", ".txz"):
            if stem.lower().endswith(ending):
                stem = stem[: -len(ending)] + (".tar" if ending.startswith(".t") else "")
        child = source.child(ChildNames().of(stem, "content"))
        try:
            yield child, _unpack(opened.open(io.BytesIO(data)), child)
        except _BROKEN:
            raise DocumentError("damaged", "the compressed file is damaged or truncated") from None


def _is_system_file(name: str) -> bool:
    """Return whether a member was added by the operating system, not by a person."""
    return name.startswith("__MACOSX/") or name.rsplit("/", 1)[-1] in (".DS_Store", "Thumbs.db", "desktop.ini")
