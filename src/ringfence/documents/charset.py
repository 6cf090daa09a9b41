"""Decode the bytes of text files, mails and web pages: by their marks, by what they declare, else by a guess.

A guess is named in ``Document.unread``. Names of encodings mean what browsers mean by them: iso-8859-1 is windows-1252
and gb2312 is gb18030, because that is what programs write under these names.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from typing import NamedTuple

from ..contracts import UnreadPart
from ..errors import DocumentError

__all__ = ["LIBRARIES", "Decoded", "decode", "python_name"]

LIBRARIES = ("chardet", "webencodings")
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
# gb18030 has all characters of gbk, and more.
_WIDER = {"gbk": "gb18030", "x-user-defined": "cp1252"}
# Browsers no longer read these three, mails still hold them.
_SEVEN_BITS = {"hz-gb-2312": "hz", "iso-2022-kr": "iso2022_kr", "utf-7": "utf-7", "iso-2022-jp": "iso2022_jp"}
_MANY_BYTES = {"gb18030", "cp932", "cp949", "big5hkscs", "euc-jp", "utf-8"}
_CANDIDATES = (
    "cp1250", "iso8859-2", "cp1251", "koi8-r", "cp932", "euc-jp", "gb18030", "big5", "cp949", "cp1253",
    "cp1254", "cp1255", "cp1256", "cp1257", "cp874", "cp850", "mac-roman",
)  # fmt: skip
_TITLES = {"cp1252": "windows-1252", "cp1250": "windows-1250", "cp1251": "windows-1251", "cp1253": "windows-1253",
           "cp1254": "windows-1254", "cp1255": "windows-1255", "cp1256": "windows-1256", "cp1257": "windows-1257",
           "iso8859-15": "ISO-8859-15", "cp932": "Shift-JIS", "cp949": "EUC-KR", "iso8859-2": "ISO-8859-2"}  # fmt: skip
_SAMPLE = 65_536
# The letters beyond ASCII of Western European languages; the others of windows-1252 point to another encoding.
_WESTERN = set("äöüßéèêëàâçñóíúáôœæøåïîûùìòãšžÿÄÖÜÉÈÊËÀÂÇÑÓÍÚÁÔŒÆØÅÎÕ")
_WESTERN_MARKS = set("€–—‘’“”„‚‹›«»…•°§£¥¢©®™±²³¹½¼¾µ·¿¡ºª\u00a0\u00ad×†‰´¨")


class Decoded(NamedTuple):
    """Decoded text, and what to say of it if its encoding was guessed or broken."""

    text: str
    unread: tuple[UnreadPart, ...] = ()


def python_name(label: str | None) -> str | None:
    """Return Python's name for an encoding as declared in a mail or a page; None if it is unknown."""
    import webencodings

    label = (label or "").strip().strip("\"'").lower()
    if label in _SEVEN_BITS:
        return _SEVEN_BITS[label]
    known = webencodings.lookup(label)
    name = known.codec_info.name if known else label
    if known:
        name = _WIDER.get(known.name, name)
    elif match := re.fullmatch(r"(?:windows|ibm|ms|x-cp)[-_]?(\d+)", label):
        name = f"cp{match[1]}"
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    return name if found._is_text_encoding else None  # base64 is a codec too


def decode(data: bytes, declared: str | None = None) -> Decoded:
    """Decode text; ``declared`` is the encoding that its mail or page names.

    Raises DocumentError for binary content.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _marked(data, encoding)
    if wide := _wide_encoding(data):
        return _marked(data, wide)
    if b"\0" in data[:4096]:
        raise DocumentError("wrong-extension", "the name suggests text but the content is binary")
    name = python_name(declared)
    if name in _SEVEN_BITS.values() or (name in _MANY_BYTES and name != "utf-8" and _valid(data, name)):
        return Decoded(data.decode(name or "utf-8", "replace"))
    if _valid(data, "utf-8"):
        if b"\x1b$" in data[:_SAMPLE] and data.isascii():
            return Decoded(data.decode("iso2022_jp", "replace"))
        return Decoded(data.decode("utf-8"))
    if name and name != "utf-8" and not (name in _MANY_BYTES and _is_mostly(data, "utf-8")):
        return _with_faults(data, name)
    if _is_mostly(data, "utf-8"):
        return _with_faults(data, "utf-8")
    return _guessed(data)


def _marked(data: bytes, encoding: str) -> Decoded:
    """Decode by a byte order mark, which is trusted."""
    try:
        return Decoded(data.decode(encoding).removeprefix("\ufeff"))
    except UnicodeDecodeError:
        if encoding == "utf-8":
            return _with_faults(data[3:], encoding)
        title = encoding.upper().removesuffix("-LE").removesuffix("-BE")
        raise DocumentError("damaged", f"the file is not valid {title} text") from None


def _wide_encoding(data: bytes) -> str | None:
    """Return the encoding of text without a mark whose characters have two or four bytes, most of them zero."""
    sample = data[:4096]
    if len(sample) < 8 or b"\0" not in sample:
        return None
    zeros = [sample[place::4].count(0) * 4 / len(sample) for place in range(4)]
    shapes = {
        "utf-32-le": (False, True, True, True), "utf-32-be": (True, True, True, False),
        "utf-16-le": (False, True, False, True), "utf-16-be": (True, False, True, False),
    }  # fmt: skip
    for encoding, shape in shapes.items():
        if all((share > 0.7) if zero else (share < 0.1) for share, zero in zip(zeros, shape, strict=True)):
            return encoding
    return None


def _valid(data: bytes, encoding: str | None) -> bool:
    try:
        data.decode(encoding or "utf-8")
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def _is_mostly(data: bytes, encoding: str) -> bool:
    """Return whether a few bad bytes stand in text that is otherwise in ``encoding``."""
    text = data.decode(encoding, "replace")
    bad = text.count("\ufffd")
    return sum(not c.isascii() for c in text) - bad > bad


def _with_faults(data: bytes, encoding: str) -> Decoded:
    text = data.decode(encoding, "replace")
    faults = text.count("\ufffd") - data.count("\ufffd".encode(), 0) if encoding == "utf-8" else text.count("\ufffd")
    if not faults:
        return Decoded(text)
    said = f"{faults:,} character{'s' if faults > 1 else ''} not valid in {_TITLES.get(encoding, encoding)}"
    return Decoded(text, (UnreadPart(code="bad-bytes", what=said),))


def _guessed(data: bytes) -> Decoded:
    name = _guess(data[:_SAMPLE])
    what = f"the encoding of the characters, which was guessed to be {_TITLES.get(name, name)}"
    text, faults = _with_faults(data, name)
    return Decoded(text, (UnreadPart(code="guessed-encoding", what=what), *faults))


def _guess(sample: bytes) -> str:
    """Return the most plausible encoding.

    chardet alone takes 9 of 20 short Western texts for something else, so these are tried first.
    """
    import chardet

    text = sample.decode("cp1252", "replace")
    if _looks_western(text.replace("¤", "€")):  # nobody writes the sign for any currency; it is the euro of ISO-8859-15
        return "iso8859-15" if "¤" in text else "cp1252"
    found = chardet.detect_all(
        sample, ignore_threshold=True, include_encodings=_CANDIDATES, compat_names=False, no_match_encoding="cp850"
    )
    names = [name for one in found if (name := python_name(one["encoding"])) and _valid(sample[:-4] or sample, name)]
    shaped = [name for name in names if _has_words(sample.decode(name, "replace"))]
    return next(iter([*shaped, *names]), "cp1252")


def _looks_western(text: str) -> bool:
    """Return whether the characters beyond ASCII stand as Western languages use them."""
    high = {character for character in text if character > "\x7f"}
    letters = high - _WESTERN_MARKS
    if letters - _WESTERN or (letters & set("øØ") and letters & set("èìíùáò")):  # Czech: ř, č and ě
        return False
    for word in re.findall(r"[^\W\d_]{2,}", text):
        foreign = sum(character > "\x7f" for character in word)
        if foreign > 2 and foreign * 2 > len(word):
            return False
        if word[0] in "èìùòï" or (re.search(r"[a-zß-ÿ][A-ZÀ-Þ][a-zß-ÿ]*[A-ZÀ-Þ]?$", word) and word[-1] > "\x7f"):
            return False
    inside = re.search(r"[^\W\d_][£¥¢©®±²³¹¼½¾¿¡ºª«»€†‰“”„‚‹›•…™§][^\W\d_]", text)
    if re.search(r"\b[£¥¢¹²³¼½¾±][a-zà-ÿ]|[a-ln-zà-ÿ][¹²³]\b|[£¥¢][¹²³]", text):  # £ódŸ and z³ are Łódź and zł
        return False
    runs = re.findall(r"[^\x00-\x7f\s]{3,}", text)
    return inside is None and all(run.isalpha() or not any(map(str.isalpha, run)) for run in runs)


def _has_words(text: str) -> bool:
    """Return whether no word mixes scripts or has symbols and capital letters inside."""
    if any(unicodedata.category(c) in ("Co", "Cn", "Cc") and c not in "\t\n\r\f" for c in text):
        return False
    for word in re.findall(r"[^\W\d_]{2,}", text):
        scripts = {unicodedata.name(c, "").partition(" ")[0] for c in word if c > "\x7f"}
        mixed = scripts and not scripts & {"LATIN", "CJK", "HIRAGANA", "KATAKANA"} and re.search("[A-Za-z]", word)
        if mixed or re.search(r"[a-zа-яё][A-ZА-ЯЁ]", word):
            return False
    return True
