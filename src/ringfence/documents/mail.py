"""Read mails (EML, MSG, MBOX, MHTML): headers and body as one document, attachments as child documents."""

from __future__ import annotations

import base64
import codecs
import email
import email.policy
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from functools import cache
from typing import Any

from ..errors import DocumentError
from .containers import (
    Child,
    ChildNames,
    ContainerReader,
    read_children,
    unreadable,
)
from .flow_text import LayerBuilder
from .html import write_html
from .model import Document
from .reader import (
    ReadingOptions,
    Source,
    Unreadable,
    sha256_of,
)
from .text import decode

__all__ = ["EmlReader", "MboxReader", "MsgReader"]

_HEADERS = ("From", "To", "Cc", "Date", "Subject")
_EXTENSIONS = {
    "text/plain": ".txt",
    "text/html": ".html",
    "message/rfc822": ".eml",
    "application/pdf": ".pdf",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "text/calendar": ".ics",
}


@dataclass
class _Mail:
    """The content of a mail, in any format."""

    headers: list[tuple[str, str]] = field(default_factory=list)
    bodies: list[tuple[str, bytes | str]] = field(default_factory=list)  # ("plain" or "html", text), in order
    attachments: list[tuple[str, bytes | None]] = field(default_factory=list)  # (name, content; None: not extractable)

    def document(self, source: Source, data: bytes, read_by: str) -> Document:
        layer = LayerBuilder()
        for name, value in self.headers:
            layer.line([(f"{name}: {value}", f"header {name}")])
        layer.end_block()
        for kind, body in self.bodies:
            try:
                if kind == "html":
                    write_html(layer, body)
                else:
                    _write_plain(layer, str(body))
            except DocumentError as error:  # the body has no text, but the headers are still a document
                if error.code == "nested-too-deep":
                    raise
        names = ", ".join(name for name, _ in self.attachments)
        if names:
            layer.paragraph(f"Attachments: {names}", "attachments")
        return layer.document(source, sha256_of(data), read_by)


def _write_plain(layer: LayerBuilder, text: str) -> None:
    """Write the body as it is: blank lines separate blocks, and quoted lines keep their ``>``."""
    for block in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n")):
        layer.paragraph(block)


def _mail_of(message: EmailMessage, depth: int = 0) -> _Mail:
    mail = _Mail([(name, _header(message, name)) for name in _HEADERS if message.get(name)])
    _collect(message, mail, depth)
    return mail


def _header(message: EmailMessage, name: str) -> str:
    try:
        return " ".join(str(message[name]).split())
    except (ValueError, LookupError, AttributeError, TypeError, IndexError):  # `email` fails on some malformed headers
        return ""


def _collect(part: Any, mail: _Mail, depth: int) -> None:
    if depth > 50:
        raise DocumentError("nested-too-deep", "its parts are nested deeper than 50 levels")
    kind = part.get_content_type()
    if kind == "multipart/alternative":
        _collect_best(part, mail, depth)
        return
    if part.is_multipart() and kind != "message/rfc822":
        for inner in part.iter_parts() if isinstance(part, EmailMessage) else part.get_payload():
            _collect(inner, mail, depth + 1)
        return
    attached = part.get_content_disposition() == "attachment" or bool(part.get_filename())
    if kind == "message/rfc822":
        for inner in part.get_payload() if isinstance(part.get_payload(), list) else []:
            content = inner.as_bytes()
            encoding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
            if encoding == "base64":  # violates RFC 2046 but occurs
                try:
                    content = base64.b64decode(content)
                except ValueError:
                    pass
            mail.attachments.append((_name_of(part, kind), content))
    elif kind == "text/plain" and not attached:
        mail.bodies.append(("plain", _decoded(part)))
    elif kind == "text/html" and not attached:
        declared = part.get_content_charset()
        mail.bodies.append(("html", _decoded(part) if declared else _payload(part)))
    elif kind not in ("application/pkcs7-signature", "application/pgp-signature"):
        mail.attachments.append((_name_of(part, kind), _payload(part)))


def _collect_best(part: Any, mail: _Mail, depth: int) -> None:
    """Collect one of several equivalent bodies: a plain one with text, else the first. Attachments of all are kept."""
    alternatives = []
    for inner in part.get_payload() if isinstance(part.get_payload(), list) else []:
        alternative = _Mail()
        _collect(inner, alternative, depth + 1)
        alternatives.append(alternative)
        mail.attachments += alternative.attachments
    bodies = [alternative.bodies for alternative in alternatives if alternative.bodies]
    plain = [body for body in bodies if all(kind == "plain" and str(text).strip() for kind, text in body)]
    mail.bodies += next(iter([*plain, *bodies]), [])


def _name_of(part: Any, kind: str) -> str:
    try:
        name = part.get_filename() or ""
    except (ValueError, LookupError, TypeError, AttributeError):
        name = ""
    return name or f"attachment{_EXTENSIONS.get(kind, '')}"


def _payload(part: Any) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _decoded(part: Any) -> str:
    charset = part.get_content_charset() or "utf-8"
    data = _payload(part)
    for name in (charset, "utf-8"):
        try:
            return data.decode(name)
        except (LookupError, UnicodeDecodeError):
            continue
    return data.decode("cp1252", "replace")


class _MailReader:
    """Base class of readers of single mails."""

    name = ""
    version = 1

    def _mail(self, source: Source, data: bytes) -> _Mail:
        raise NotImplementedError

    def read(self, source: Source, data: bytes, options: ReadingOptions) -> Iterator[Document | Unreadable]:
        """Yield the mail, then its attachments."""
        mail = self._mail(source, data)
        yield mail.document(source, data, f"{self.name}/{self.version}")
        yield from read_children(_attachments_of(mail, source), options)

    def children(self, source: Source, data: bytes, options: ReadingOptions) -> Iterator[Child]:
        """Yield the attachments."""
        yield from _attachments_of(self._mail(source, data), source)


def _attachments_of(mail: _Mail, source: Source) -> Iterator[Child]:
    names = ChildNames()
    for number, (name, content) in enumerate(mail.attachments, start=1):
        child = source.child(names.of(name, f"attachment-{number}"))
        if content is None:
            reason = "it is an embedded Outlook item, which cannot be extracted"
            yield unreadable(child, "unsupported", reason)
        else:
            yield child, content


class EmlReader(_MailReader):
    """Reader for mails in transport format (EML) and web pages saved as MHTML."""

    name = "mail"
    extensions = ("eml", "mht", "mhtml", "p7m", "p7s")

    def _mail(self, source: Source, data: bytes) -> _Mail:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            data = data.decode("utf-16", "replace").encode()
        elif data[1:2] == b"\0" or data[:1] == b"\0":  # UTF-16 without byte order mark
            data = data.decode("utf-16-le" if data[1:2] == b"\0" else "utf-16-be", "replace").encode()
        if data.startswith(b"\x30") and b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03" in data[:64]:
            raise DocumentError("encrypted", "the mail is encrypted (S/MIME)")
        try:
            message = email.message_from_bytes(data.lstrip(b"\r\n"), policy=email.policy.default)
        except (ValueError, LookupError, AttributeError, TypeError, IndexError):
            raise DocumentError("damaged", "the mail cannot be parsed") from None
        if not message.keys():
            raise DocumentError("wrong-extension", "it has no mail headers")
        return _mail_of(message)


class MsgReader(_MailReader):
    """Reader for Outlook mails."""

    name = "msg"
    libraries = ("olefile", "python-oxmsg")
    extensions = ("msg",)

    def _mail(self, source: Source, data: bytes) -> _Mail:
        import oxmsg

        _register_windows_encodings()
        try:
            message = oxmsg.Message.load(io.BytesIO(data))
            recipients = ", ".join(_person(r.name, r.email_address) for r in message.recipients)
            sent = message.sent_date.isoformat(" ", "seconds") if message.sent_date else ""
            headers = [
                ("From", message.sender or ""),
                ("To", recipients),
                ("Date", sent),
                ("Subject", message.subject or ""),
            ]
            attachments = [
                (item.file_name or f"attachment-{number}", item.file_bytes)
                for number, item in enumerate(message.attachments, start=1)
            ]
            html = message.html_body or ""
            plain = message.body or ""
            body: tuple[str, bytes | str] = ("plain", plain) if plain.strip() else ("html", html)
            return _Mail([(name, value) for name, value in headers if value], [body] if body[1] else [], attachments)
        except Exception:  # the library raises arbitrary exceptions on malformed input
            raise DocumentError("damaged", "the Outlook mail is damaged or of an unsupported type") from None


@cache
def _register_windows_encodings() -> None:
    """Register the names of code pages that Outlook uses: ``windows-950`` is ``cp950`` in Python."""
    codecs.register(
        lambda name: codecs.lookup(f"cp{name[8:]}") if name.startswith("windows_") and name[8:].isdigit() else None
    )


def _person(name: str | None, address: str | None) -> str:
    return f"{name} <{address}>" if name and address and name != address else name or address or ""


class MboxReader(ContainerReader):
    """Reader for mailboxes (MBOX): each mail is a child document."""

    name = "mbox"
    version = 1
    extensions = ("mbox",)

    def children(self, source: Source, data: bytes, options: ReadingOptions) -> Iterator[Child]:
        """Yield each mail in the mailbox."""
        starts = [match.start() for match in re.finditer(rb"(?m)^From (?=\S+ .*\d{2}:\d{2})", data)]
        if not starts:
            decode(data)
            raise DocumentError("wrong-extension", "it contains no mail")
        if data[: starts[0]].strip():  # the first mail lacks a valid "From " line
            starts.insert(0, 0)
        for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(data)], strict=True), start=1):
            content = data[start:end].partition(b"\n")[2]
            yield source.child(f"{number:05}.eml"), content.replace(b"\n>From ", b"\nFrom ")
