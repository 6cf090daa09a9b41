"""The words of mails: headers in any encoding, and whether one version of a body says what another says."""

from __future__ import annotations

import email.header
import re
from collections import Counter
from email.message import EmailMessage

from ..errors import DocumentError
from . import charset
from .flow_text import LayerBuilder
from .html import write_html

__all__ = ["has_same_words", "header_text", "says_all", "says_same", "unflowed", "words_of_html"]

_WORDS = 0.8  # of the other version's words that a version holds if both say the same; of its numbers, all


def header_text(message: EmailMessage, name: str) -> str:
    """Return a header as text on one line; blank if it cannot be read."""
    raw = next((str(value) for key, value in message.raw_items() if key.lower() == name.lower()), "")
    foreign = re.search(r"=\?(?!utf-8|us-ascii)[\w-]+\?[bq]\?", raw, re.I) is not None
    if raw.isascii() and not foreign:
        try:
            return " ".join(str(message[name]).split()) if raw else ""
        except (
            ValueError,
            LookupError,
            AttributeError,
            TypeError,
            ArithmeticError,
        ):  # it fails on some malformed headers
            pass
    try:
        return " ".join(_decoded_header(raw).split())  # the email package knows encodings by Python's names only
    except (ValueError, DocumentError):
        return ""


def _decoded_header(raw: str) -> str:
    data = raw.encode("ascii", "surrogateescape") if not raw.isascii() else raw.encode()
    text = re.sub(r"\r?\n(?=[ \t])", "", charset.decode(data).text)
    pieces = email.header.decode_header(text)
    return "".join(charset.decode(piece, label).text if isinstance(piece, bytes) else piece for piece, label in pieces)


def words_of_html(body: bytes | str) -> str:
    """Return the visible text of an HTML body; blank if it has none."""
    layer = LayerBuilder()
    try:
        write_html(layer, body)
    except DocumentError:
        return ""
    return "\n".join(layer.rows())


def says_all(text: str, other: str) -> bool:
    """Return whether ``text`` holds nearly all words, and all numbers, of ``other``."""
    mine, others = _counted(text), _counted(other)
    numbers = Counter({word: count for word, count in others.items() if any(map(str.isdigit, word))})
    return _share(mine, others) >= _WORDS and not numbers - mine


def has_same_words(text: str, other: str) -> bool:
    """Return whether two versions of a body have the same words in the same order, and the same figures.

    A word more or less can be a *not*, and what one version strikes through the other one states.
    """
    words = [re.findall(r"[^\W_]+", _without_marks(each).lower()) for each in (text, other)]
    return words[0] == words[1] and _figures(text) == _figures(other)


_FIGURE = re.compile(
    r"(?P<sign>[-−–(]?)\s?(?P<mark>[€$£¥]?)\s?(?P<inner>[-−]?)(?P<digits>\d+(?:[.,'’]\d+)*)"
    r"[ \u00a0]?(?P<behind>[€$£¥%]?)"
)


def says_same(text: str, other: str) -> bool:
    """Return whether ``text`` holds nearly all words of ``other``, and the same figures with their signs."""
    return says_all(text, other) and _figures(text) == _figures(other) and _labelled(text) == _labelled(other)


def _without_marks(text: str) -> str:
    """A text without what programs add to one version of a body: marks of items, links, names of pictures."""
    text = re.sub(r"(?m)^[\s>]*[-*•·–]\s+", "", text.replace("’", "'"))
    return re.sub(r"<(?:tel|mailto|https?):[^>]*>|https?://\S+|\[[^\]\n]*\]", "", text)


def _labelled(text: str) -> Counter[str]:
    """The figures of a text, each with the last word before it: Net 500 and Gross 600 are not Net 600, Gross 500."""
    return Counter(
        " ".join(found) for found in re.findall(r"([^\W\d_]+)[\W_]*(\d+(?:[.,]\d+)*)", _without_marks(text.lower()))
    )


def _figures(text: str) -> Counter[str]:
    """The figures of a text, each with the sign, the parenthesis and the currency that stand beside it."""
    found = (match.groups() for match in _FIGURE.finditer(_without_marks(text)))
    return Counter("".join("-" if part in "−–" and part else part for part in parts) for parts in found)


def _counted(text: str) -> Counter[str]:
    return Counter(re.findall(r"[^\W_]+", re.sub(r"https?://\S+", "", text).lower()))


def _share(mine: Counter[str], others: Counter[str]) -> float:
    return (mine & others).total() / others.total() if others else 1.0


def unflowed(text: str, joined: bool = False) -> str:
    """Return the paragraphs of a text in the format ``flowed`` (RFC 3676), each on one line.

    ``joined`` says that the space at which a line is cut is no part of the text (``delsp=yes``).
    """
    lines: list[str] = []
    open_depth = None  # of the line before, which goes on
    for line in text.replace("\r\n", "\n").split("\n"):
        words = line.lstrip(">")
        depth = len(line) - len(words)
        words = words.removeprefix(" ")
        goes_on = words.endswith(" ") and words != "-- "
        cut = words[:-1] if goes_on and joined else words
        if open_depth == depth and words != "-- ":
            lines[-1] += cut
        else:
            lines.append(f"{'>' * depth} {cut}" if depth else cut)
        open_depth = depth if goes_on else None
    return "\n".join(lines)
