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

from ..contracts import UnreadPart
from ..errors import DocumentError
from . import charset
from .case import case_of
from .containers import (
    Child,
    ChildNames,
    ContainerReader,
    read_children,
    unreadable,
)
from .flow_text import LayerBuilder
from .html import write_html
from .html_style import LIBRARIES
from .mail_words import has_same_words, header_text, says_same, unflowed, words_of_html
from .model import Document
from .reader import (
    ReadingOptions,
    Source,
    Unreadable,
    sha256_of,
)
from .signed import is_mail_part, is_sealed, signed_content

__all__ = ["EmlReader", "MboxReader", "MsgReader"]

_HEADERS = ("From", "To", "Cc", "Date", "Subject")
_RECIPIENT_TYPE = 0x0C15
_HTML_PROPERTY, _RTF_PROPERTY = 0x1013, 0x1009
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
    unread: list[UnreadPart] = field(default_factory=list)
    sheets: dict[str, str] = field(default_factory=dict)  # style sheets of a saved page by their addresses

    def document(self, source: Source, data: bytes, read_by: str, hidden: bool) -> Document:
        layer = LayerBuilder()
        layer.unread += self.unread
        for name, value in self.headers:
            layer.line([(f"{name}: {value}", f"header {name}")])
        layer.end_block()
        for kind, body in self.bodies:
            try:
                if kind == "html":
                    write_html(layer, body, hidden=hidden, sheets=self._sheet)
                else:
                    _write_plain(layer, str(body))
            except DocumentError as error:  # the body has no text, but the headers are still a document
                if error.code == "nested-too-deep":
                    raise
        names = ", ".join(name for name, _ in self.attachments)
        if names:
            layer.paragraph(f"Attachments: {names}", "attachments")
        return layer.document(source, sha256_of(data), read_by)

    def _sheet(self, name: str) -> str | None:
        """The style sheet that a page names: by its whole address, or by the end of it if only one has that."""
        name = name.removeprefix("cid:")
        ends = {place for place in self.sheets if place.endswith(name.lstrip("./"))}
        return self.sheets.get(name if name in self.sheets else ends.pop() if len(ends) == 1 else "")


def _write_plain(layer: LayerBuilder, text: str) -> None:
    """Write the body as it is: blank lines separate blocks, and quoted lines keep their ``>``."""
    for block in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n")):
        layer.paragraph(block)


def _mail_of(message: EmailMessage, depth: int = 0) -> _Mail:
    mail = _Mail([(name, text) for name in _HEADERS if (text := header_text(message, name))])
    _collect(message, mail, depth)
    return mail


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
    elif kind in ("text/plain", "text/html") and not attached:
        declared = part.get_content_charset()
        if kind == "text/html" and not declared:
            mail.bodies.append(("html", _payload(part)))
            return
        text = _decoded(part, declared, mail)
        if kind == "text/plain" and str(part.get_param("format", "")).lower() == "flowed":
            text = unflowed(text, str(part.get_param("delsp", "")).lower() == "yes")
        mail.bodies.append((kind.removeprefix("text/"), text))
    elif kind == "text/css" and not attached:  # of a saved page
        place = str(part.get("Content-Location") or part.get("Content-ID") or "").strip("<> ")
        mail.sheets[place.removeprefix("cid:")] = _decoded(part, part.get_content_charset(), mail)
    elif kind in ("application/pkcs7-mime", "application/x-pkcs7-mime"):
        _collect_signed(part, mail, depth)
    elif kind not in ("application/pkcs7-signature", "application/pgp-signature"):
        mail.attachments.append((_name_of(part, kind), _payload(part)))


def _collect_signed(part: Any, mail: _Mail, depth: int) -> None:
    """Collect what is in a signed part: a mail or another document. What cannot be opened stays an attachment."""
    name, data = _name_of(part, "application/pkcs7-mime"), _payload(part)
    try:
        content = signed_content(data)
    except DocumentError:
        mail.attachments.append((name, data))
        return
    if is_mail_part(content):
        inner = email.message_from_bytes(content, policy=email.policy.default)
        _collect(inner, mail, depth + 1)
    else:
        mail.attachments.append((name.removesuffix(".p7m") or "content", content))


def _collect_best(part: Any, mail: _Mail, depth: int) -> None:
    """Collect one of several equivalent bodies: a plain one if it has the words of the others, else the HTML one.

    Attachments of all are kept.
    """
    alternatives = []
    for inner in part.get_payload() if isinstance(part.get_payload(), list) else []:
        alternative = _Mail()
        _collect(inner, alternative, depth + 1)
        alternatives.append(alternative)
        mail.attachments += alternative.attachments
        mail.sheets |= alternative.sheets
    bodies = [alternative for alternative in alternatives if alternative.bodies]
    plain = [one for one in bodies if all(kind == "plain" and str(text).strip() for kind, text in one.bodies)]
    html = [one for one in bodies if any(kind == "html" for kind, _ in one.bodies)]
    chosen = next(iter([*plain, *html, *bodies]), None)
    if plain and html:
        shown = "\n".join(words_of_html(body) if kind == "html" else str(body) for kind, body in html[-1].bodies)
        read = "\n".join(str(body) for _, body in plain[0].bodies)
        if shown.strip() and not has_same_words(read, shown):
            chosen = html[-1]
            if not (says_same(read, shown) and says_same(shown, read)):
                what = "a plain text version that differs from the HTML version"
                mail.unread.append(UnreadPart(code="other-version", what=what))
    if chosen:
        mail.bodies += chosen.bodies
        mail.unread += chosen.unread


def _name_of(part: Any, kind: str) -> str:
    try:
        name = part.get_filename() or ""
    except (ValueError, LookupError, TypeError, AttributeError):
        name = ""
    return name or f"attachment{_EXTENSIONS.get(kind, '')}"


def _payload(part: Any) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _decoded(part: Any, declared: str | None, mail: _Mail) -> str:
    try:
        text, unread = charset.decode(_payload(part), declared)
    except DocumentError:  # zero bytes, as some programs write
        text, unread = charset.decode(_payload(part).replace(b"\0", b" "), declared)
    mail.unread += unread
    return text


class _MailReader:
    """Base class of readers of single mails."""

    name = ""
    version = 5

    def _mail(self, source: Source, data: bytes) -> _Mail:
        raise NotImplementedError

    def read(self, source: Source, data: bytes, options: ReadingOptions) -> Iterator[Document | Unreadable]:
        """Yield the mail, then its attachments; or, if the task says so, the attachments alone, or all as one case."""
        mail = self._mail(source, data)
        inside = read_children(_attachments_of(mail, source), options)
        if options.mail != "attachments" or not mail.attachments:
            words = mail.document(source, data, f"{self.name}/{self.version}", options.hidden)
            yield case_of(words, inside) if options.mail == "case" else words
        yield from inside

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
    libraries = ("asn1crypto", *LIBRARIES, *charset.LIBRARIES)
    extensions = ("eml", "mht", "mhtml", "p7m", "p7s")

    def _mail(self, source: Source, data: bytes) -> _Mail:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            data = data.decode("utf-16", "replace").encode()
        elif data[1:2] == b"\0" or data[:1] == b"\0":  # UTF-16 without byte order mark
            data = data.decode("utf-16-le" if data[1:2] == b"\0" else "utf-16-be", "replace").encode()
        if is_sealed(data):
            content = signed_content(data)
            if not is_mail_part(content):
                name = source.name.rsplit("/", 1)[-1].removesuffix(".p7m").removesuffix(".p7s")
                return _Mail(attachments=[(name or "content", content)])
            data = content
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
    libraries = ("olefile", "python-oxmsg", *LIBRARIES, *charset.LIBRARIES)
    extensions = ("msg",)

    def _mail(self, source: Source, data: bytes) -> _Mail:
        import oxmsg

        _register_windows_encodings()
        try:
            message = oxmsg.Message.load(io.BytesIO(data))
            groups: dict[int, list[str]] = {}
            for one in message.recipients:  # 1 To, 2 Cc, 3 Bcc (MS-OXPROPS, PidTagRecipientType)
                kind = one.properties.int_prop_value(_RECIPIENT_TYPE)
                groups.setdefault(kind if kind in (2, 3) else 1, []).append(_person(one.name, one.email_address))
            sent = message.sent_date.isoformat(" ", "seconds") if message.sent_date else ""
            headers = [
                ("From", message.sender or ""),
                *((name, ", ".join(groups.get(kind, ()))) for kind, name in ((1, "To"), (2, "Cc"), (3, "Bcc"))),
                ("Date", sent),
                ("Subject", message.subject or ""),
            ]
            attachments = [
                (item.file_name or f"attachment-{number}", item.file_bytes)
                for number, item in enumerate(message.attachments, start=1)
            ]
            html = _html_of(message)
            plain = message.body or ""
            # An HTML body that is stored as a string is often in another encoding than its mail says.
            differs = isinstance(html, bytes) and not has_same_words(plain, words_of_html(html))
            body: tuple[str, bytes | str] = ("html", html) if differs or not plain.strip() else ("plain", plain)
            mail = _Mail([(name, value) for name, value in headers if value], [body] if body[1] else [], attachments)
            if not plain.strip() and not html and message.properties.binary_prop_value(_RTF_PROPERTY):
                mail.unread.append(UnreadPart(code="rtf-body", what="the body, which is stored as compressed RTF only"))
            return mail
        except Exception:  # the library raises arbitrary exceptions on malformed input
            raise DocumentError("damaged", "the Outlook mail is damaged or of an unsupported type") from None


def _html_of(message: Any) -> bytes | str:
    """Return the HTML body; as bytes in UTF-8 if its encoding is known."""
    data = message.properties.binary_prop_value(_HTML_PROPERTY)
    if not data:
        return message.html_body or ""
    # The page itself may name another encoding than its mail, and the library does not look for that.
    declared = None if b"charset" in data[:4096].lower() else message.properties.body_encoding
    return bytes(data) if declared is None else charset.decode(data, declared).text.encode()


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
            charset.decode(data)
            raise DocumentError("wrong-extension", "it contains no mail")
        if data[: starts[0]].strip():  # the first mail lacks a valid "From " line
            starts.insert(0, 0)
        for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(data)], strict=True), start=1):
            content = data[start:end].partition(b"\n")[2]
            yield source.child(f"{number:05}.eml"), content.replace(b"\n>From ", b"\nFrom ")
