"""Detect the type of a file by its first bytes; files may have a wrong extension, and attachments may have none."""

from __future__ import annotations

import io
import re
import zipfile
import zlib

import olefile

from ..errors import DocumentError

__all__ = ["kind_of"]

LIBRARIES = ("olefile",)

_SIGNATURES = {
    b"%PDF-": "pdf",
    b"\x89PNG": "png",
    b"\xff\xd8\xff": "jpg",
    b"II*\x00": "tiff",
    b"MM\x00*": "tiff",
    b"GIF8": "gif",
    b"BM": "bmp",
    b"{\\rtf": "rtf",
    b"\x1f\x8b": "gz",
    b"BZh": "bz2",
    b"\xfd7zXZ\x00": "xz",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!": "rar",
    b"!BDN": "pst",
    b"AT&TFORM": "djvu",
    b"\xffWPC": "wpd",
}
_TEXTUAL = {
    "txt", "text", "md", "markdown", "csv", "tsv", "json", "jsonl", "ndjson", "html", "htm", "xhtml", "eml", "xml",
    "mht", "mhtml", "mbox", "rst", "log", "ics", "fodt", "fods", "fodp",
}  # fmt: skip
_IMAGES = {"png", "jpg", "jpeg", "tif", "tiff", "gif", "bmp", "webp"}
# Extensions ("" for none) of formats with a signature: without it, the content is something else.
_WITH_SIGNATURE = {
    *_IMAGES, "", "pdf", "zip", "docx", "xlsx", "pptx", "doc", "dot", "xls", "ppt", "odt", "ods", "odp", "epub", "msg",
    "rtf", "gz",
}  # fmt: skip
_OOXML = {"word": "docx", "xl": "xlsx", "ppt": "pptx"}
_OOXML_NAMES = {
    "docx": {"docx", "docm", "dotx", "dotm"},
    "xlsx": {"xlsx", "xlsm", "xltx", "xltm", "xlsb"},
    "pptx": {"pptx", "pptm", "ppsx", "ppsm", "potx", "potm"},
}
_ODF = {"text": "odt", "spreadsheet": "ods", "presentation": "odp"}


def kind_of(data: bytes, named: str) -> str | None:
    """Return the extension that selects the reader of ``data``; None if it cannot be determined.

    ``named`` is the file's own extension, used if the bytes are less specific. Raises DocumentError if the content is
    encrypted as a whole, or if it is not in the format that the name promises.
    """
    head = data[:1024]
    kind = next((kind for start, kind in _SIGNATURES.items() if data.startswith(start)), None)
    if kind == "bmp" and named not in _IMAGES and named in _TEXTUAL:
        kind = None  # text can start with BM
    if data.startswith(b"PK\x03\x04"):
        kind = _kind_of_zip(data, named)
    elif data.startswith(b"\xd0\xcf\x11\xe0"):
        kind = _kind_of_ole(data, named)
    elif data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        kind = "webp"
    elif data[257:262] == b"ustar":
        kind = "tar"
    elif b"%PDF-" in head and named == "pdf":
        kind = "pdf"
    if kind:
        return kind
    if named not in _WITH_SIGNATURE:
        return named
    text = head.decode("utf-8", "replace").lstrip("\ufeff \t\r\n").lower()
    if text.startswith(("<!doctype html", "<html")):
        return "html"
    if re.match(r"(?:received|return-path|from|date|message-id|mime-version|delivered-to): \S", text):
        return "eml"
    if named in ("doc", "dot", "xls", "rtf") and b"\0" not in data:  # plain text with an Office extension
        return "txt"
    if named == "":
        return None if b"\0" in head else "txt"
    raise DocumentError("wrong-extension", f"the name ends in .{named} but the content is something else")


def _kind_of_zip(data: bytes, named: str) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()[:10_000]
            if "mimetype" in names:
                with archive.open("mimetype") as stream:
                    mimetype = stream.read(100).decode("ascii", "replace")
                if "epub" in mimetype:
                    return "epub"
                if match := re.search(r"opendocument\.(text|spreadsheet|presentation)", mimetype):
                    return _ODF[match.group(1)]
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, NotImplementedError, RuntimeError, EOFError, KeyError):
        if named in ("", "zip", *_TEXTUAL):
            return "zip"
        raise DocumentError("damaged", "the file is a damaged or truncated archive") from None
    if "[Content_Types].xml" in names:
        folders = {name.split("/")[0] for name in names}
        for folder, kind in _OOXML.items():
            if folder in folders:
                return named if named in _OOXML_NAMES[kind] else kind
    return "zip" if named in ("zip", "", *_TEXTUAL, *_IMAGES, *_OOXML.values(), "pdf") else named


def _kind_of_ole(data: bytes, named: str) -> str:
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as container:
            streams = {"/".join(entry).lower() for entry in container.listdir(streams=True, storages=False)}
    except Exception:  # olefile raises many exception types on damaged containers
        raise DocumentError("damaged", "the OLE container of the file is damaged") from None
    if "encryptedpackage" in streams:
        raise DocumentError("encrypted", "the file is encrypted, and Ringfence cannot open encrypted Office files")
    if "worddocument" in streams:
        return "doc"
    if streams & {"workbook", "book"}:
        return "xls"
    if "powerpoint document" in streams:
        return "ppt"
    if "__properties_version1.0" in streams:
        return "msg"
    return named if named not in ("doc", "xls", "ppt", "msg", *_TEXTUAL) else "ole"
