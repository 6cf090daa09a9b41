"""A copy of a text, character by character, in which digits, spaces and signs have their plain form."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["HARD_SPACE", "has_cents_at", "is_wrapped", "plain"]

HARD_SPACE = "\u00a0"  # a space at which no line breaks; inside a number it groups digits
_INVISIBLE = "\u200e"
_CENTS = re.compile(r"[.,]\d{2}\Z")
_FORMS = {
    HARD_SPACE: "\u00a0\u202f\u2007\u2008\u2009\u200a\u2005\u2006",
    _INVISIBLE: "\u200e\u200f\u061c\u200b\u2060\ufeff\u00ad\u2066\u2067\u2068\u2069",
    "-": "−‐‑‒﹣－⁻˗➖─¬",
    "–": "–—―⸺",
    "'": "’‘ʼ＇",
    ".": "٫．",
    ",": "٬，،",
    "%": "％٪﹪",
    "(": "（",
    ")": "）",
    ":": "：",
    "/": "／⁄",
    "$": "＄﹩",
    "£": "￡",
    "¥": "￥",
}


_BY_CHARACTER = {character: form for form, characters in _FORMS.items() for character in characters}


def has_cents_at(text: str, end: int) -> bool:
    """True if two decimals end there, as those of an amount do."""
    return _CENTS.search(text[max(0, end - 3) : end]) is not None


_GROUPING = re.compile(r"(?<=\d)[´`ˈ](?=\d{3}(?!\d))")  # 1´250.05; elsewhere they are accents, quotes and minutes
_SOFT_MINUS = re.compile(r"\u00ad(?=[ \u00a0]?[€$£¥]?[ \u00a0]?\d)")  # some programs print a minus as a soft hyphen


def plain(text: str) -> str:
    """Return a text of the same length: ASCII digits, one kind of hard space, hyphen, dash and apostrophe."""
    if text.isascii():
        return _GROUPING.sub("'", text) if "`" in text else text
    if "\u00ad" in text:
        text = _SOFT_MINUS.sub("-", text)
    form = text.translate({ord(character): _form(character) for character in set(text) if not character.isascii()})
    return _GROUPING.sub("'", form)


def _form(character: str) -> str:
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    return _BY_CHARACTER.get(character, character)


def is_wrapped(text: str, position: int) -> bool:
    """True if the line end at ``position`` is inside running text, so that a value may continue on the next line.

    The line before it is long prose (at least 40 characters), or a few words of a sentence, without a column gap. In a
    form or a table, the end of one line and the beginning of the next do not belong together.
    """
    line = text[text.rfind("\n", 0, position) + 1 : position]
    if not text[position + 1 : position + 2].strip() or re.search(r"\S\s{3,}\S", line):
        return False
    words = line.split()
    return len(line) >= 40 or (len(words) >= 5 and sum(word.isalpha() and word.islower() for word in words) >= 3)
