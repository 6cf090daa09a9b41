"""Read ZIP, TAR and GZ as folders: each member is a document of its own. Nothing is unpacked to disk."""

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
_BROKEN = (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)  # fmt: skip


def _all_of(stream: Any, source: Source) -> bytes:
    """Everything that a compressed stream holds, counted while it unpacks: what a header says of sizes may be a lie."""
    pieces = []
    while piece := stream.read(CHUNK):
        if source.expansion:
            source.expansion.add_bytes(len(piece))
        pieces.append(piece)
    return b"".join(pieces)


class ZipReader(ContainerReader):
    """ZIP archives."""

    name = "zip"
    version = 1
    extensions = ("zip",)

    def children(self, source: Source, data: bytes, options: ReadingOptions) -> Iterator[Child]:
        """Each member that is a file."""
        names, found = ChildNames(), 0
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                for info in archive.infolist():
                    if info.is_dir() or _is_litter(info.filename):
                        continue
                    found += 1
                    child = source.child(names.of(info.filename, f"member-{found}"))
                    yield self._content(archive, info, child, options)
        except zipfile.BadZipFile:
            raise DocumentError("damaged", "the archive is damaged or truncated") from None
        if not found:
            raise DocumentError("empty", "the archive holds no file")

    def _content(
        self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, child: Source, options: ReadingOptions
    ) -> Child:
        if (info.external_attr >> 16) & 0o170000 == 0o120000:
            return unreadable(child, "link", "it is a link, and links in archives are not followed")
        encrypted = bool(info.flag_bits & 1)
        for password in (password.encode() for password in options.passwords) if encrypted else [None]:
            try:
                with archive.open(info, pwd=password) as stream:
                    return child, _all_of(stream, child)
            except _BROKEN:  # of an encrypted member: a wrong password, which is known by its rubbish only, or AES
                continue
        if encrypted:
            return unreadable(
                child, "encrypted", "it is encrypted; give its password with --password-file (AES is not known)"
            )
        return unreadable(child, "damaged", "this member of the archive is damaged")


class TarReader(ContainerReader):
    """TAR archives, plain or compressed."""

    name = "tar"
    version = 1
    extensions = ("tar", "tgz", "tbz2", "txz")

    def children(self, source: Source, data: bytes, options: ReadingOptions) -> Iterator[Child]:
        """Each member that is a file; links and devices are named and not followed."""
        names, found = ChildNames(), 0
        try:
            with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
                for info in archive:
                    if info.isdir() or _is_litter(info.name):
                        continue
                    found += 1
                    child = source.child(names.of(info.name, f"member-{found}"))
                    stream = archive.extractfile(info) if info.isreg() else None
                    if stream is None:
                        yield unreadable(child, "link", "it is a link or a device, and those are not followed")
                    else:
                        yield child, _all_of(stream, child)
                # The library takes a damaged header for the end of the archive.
                if data[archive.offset : archive.offset + 512].strip(b"\0"):
                    raise DocumentError("damaged", "the archive is damaged: what comes behind its last file is none")
        except _BROKEN:
            raise DocumentError("damaged", "the archive is damaged or truncated") from None
        if not found:
            raise DocumentError("empty", "the archive holds no file")


class CompressedReader(ContainerReader):
    """One compressed file: GZ, BZ2, XZ. A TAR inside is taken as an archive."""

    name = "compressed"
    version = 1
    extensions = ("gz", "bz2", "xz")

    def children(self, source: Source, data: bytes, options: ReadingOptions) -> Iterator[Child]:
        """The one file inside."""
        opened: Any = gzip if data.startswith(b"\x1f\x8b") else bz2 if data.startswith(b"BZh") else lzma
        stem = source.name.rsplit("/", 1)[-1]
        for ending in (".gz", ".bz2", ".xz", ".tgz", ".tbz2", ".txz"):
            if stem.lower().endswith(ending):
                stem = stem[: -len(ending)] + (".tar" if ending.startswith(".t") else "")
        child = source.child(ChildNames().of(stem, "content"))
        try:
            yield child, _all_of(opened.open(io.BytesIO(data)), child)
        except _BROKEN:
            raise DocumentError("damaged", "the compressed file is damaged or truncated") from None


def _is_litter(name: str) -> bool:
    """What operating systems leave in archives beside people's files."""
    return name.startswith("__MACOSX/") or name.rsplit("/", 1)[-1] in (".DS_Store", "Thumbs.db", "desktop.ini")
