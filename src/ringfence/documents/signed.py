"""Open signed containers (S/MIME, P7M): the content can be read without a key; the signature is not checked."""

from __future__ import annotations

import base64
import binascii
import email
import re
import zlib

from ..errors import DocumentError

__all__ = ["is_mail_part", "is_sealed", "signed_content"]

_PEM = re.compile(rb"\s*-----BEGIN (?:PKCS7|CMS)-----(.*?)-----END", re.S)
_MAX_LAYERS = 5


def is_sealed(data: bytes) -> bool:
    """Return whether bytes look like a container of signed or encrypted content."""
    return _container(data) is not None


def is_mail_part(content: bytes) -> bool:
    """Return whether content begins with the headers of a mail or of a part of one."""
    head = email.message_from_bytes(content[:4096].lstrip(b"\r\n"))
    return any(name.lower() in ("content-type", "from", "mime-version", "content-transfer-encoding") for name in head)


def signed_content(data: bytes) -> bytes:
    """Return what is signed. Raises DocumentError if the container is encrypted, empty or damaged."""
    from asn1crypto import cms

    for _ in range(_MAX_LAYERS):
        container = _container(data)
        if container is None:
            return data
        try:
            info = cms.ContentInfo.load(container)
            kind = info["content_type"].native
            if kind == "signed_data":
                inner = info["content"]["encap_content_info"]["content"].native
            elif kind == "compressed_data":
                inner = zlib.decompress(info["content"]["encap_content_info"]["content"].native)
            elif kind in ("enveloped_data", "encrypted_data", "authenticated_enveloped_data", "authenticated_data"):
                raise DocumentError("encrypted", "the mail is encrypted (S/MIME)")
            else:
                inner = None
        except (ValueError, TypeError, KeyError, AttributeError, zlib.error):
            raise DocumentError("damaged", "the signed container is damaged") from None
        if not isinstance(inner, bytes) or not inner:
            raise DocumentError("empty", "it is a signature without the signed content")
        data = inner
    raise DocumentError("nested-too-deep", f"it is signed more than {_MAX_LAYERS} times")


def _container(data: bytes) -> bytes | None:
    """Return the container in binary form; None if it is none."""
    if match := _PEM.match(data):
        data = match[1]
    if not data.startswith(b"0") and re.match(rb"\s*MI[A-Za-z0-9+/]{20}", data[:64]):
        try:
            data = base64.b64decode(b"".join(data.split()), validate=True)
        except (ValueError, binascii.Error):
            return None
    # A sequence that begins with the number of the PKCS #7 family (1.2.840.113549.1.7 or .1.9).
    is_one = data.startswith(b"0") and re.search(rb"\x06[\x09\x0b]\x2a\x86\x48\x86\xf7\x0d\x01[\x07\x09]", data[:32])
    return data if is_one else None
