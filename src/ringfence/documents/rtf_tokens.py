"""The tokens of RTF: groups, control words and text, with bytes decoded by the code pages of the fonts."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import NamedTuple

from .symbol_fonts import is_symbol_font

__all__ = [
    "CHARACTERS",
    "READ_ANYWAY",
    "READ_STARRED",
    "SKIPPED",
    "SURROUNDINGS",
    "RtfTables",
    "Token",
    "tokens_of",
]

_TOKEN = re.compile(
    rb"\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,10})? ?|\\'(?P<byte>[0-9a-fA-F]{2})|\\(?P<sign>[^a-zA-Z])"
    rb"|(?P<group>[{}])|[\r\n]+|(?P<text>[^\\{}\r\n]+)",
    re.S,
)
# Groups without words of the document.
SKIPPED = {
    b"fonttbl", b"colortbl", b"stylesheet", b"info", b"pict", b"objdata", b"objclass", b"themedata", b"datastore",
    b"listtable", b"listoverridetable", b"rsidtbl", b"generator", b"xmlnstbl", b"nonshppict", b"filetbl",
    b"latentstyles", b"revtbl", b"bkmkstart", b"bkmkend", b"atnid", b"atnauthor", b"atrfstart", b"atrfend", b"atndate",
    b"atntime", b"atnicn", b"atnref", b"ffname", b"ffdeftext", b"xe", b"tc", b"rxe", b"template", b"sp", b"shpinst",
    b"do", b"aftnsep", b"aftnsepc", b"ftnsep", b"ftnsepc", b"ftncn", b"aftncn", b"mmathPr", b"wgrffmtfilter", b"pn",
    b"pnseclvl", b"passwordhash", b"shprslt", b"htmltag",
}  # fmt: skip
# Text boxes stand in groups that are skipped otherwise.
READ_ANYWAY = {b"shptxt", b"dptxbxtext"}
# A star says that a program may skip a group that it does not know; these it should know.
READ_STARRED = {b"fldinst", b"shppict", b"annotation", b"footnote", b"nesttableprops"}
SURROUNDINGS = {
    b"header": "header", b"headerl": "header", b"headerr": "header", b"headerf": "header",
    b"footer": "footer", b"footerl": "footer", b"footerr": "footer", b"footerf": "footer",
}  # fmt: skip
CHARACTERS = {
    b"tab": "\t", b"line": "\n", b"lbr": "\n", b"softline": "\n", b"emdash": "—", b"endash": "–", b"lquote": "‘",
    b"rquote": "’", b"ldblquote": "“", b"rdblquote": "”", b"bullet": "•", b"emspace": " ", b"enspace": " ",
    b"qmspace": " ",
}  # fmt: skip
# The character sets of fonts (\fcharset) as Python's names of code pages.
CODE_PAGES = {
    0: "cp1252", 77: "mac-roman", 128: "cp932", 129: "cp949", 134: "gb18030", 136: "cp950", 161: "cp1253",
    162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874",
    238: "cp1250", 255: "cp437",
}  # fmt: skip


class Token(NamedTuple):
    """One token: its kind (``word``, ``byte``, ``sign``, ``group`` or ``text``), its content and its number."""

    kind: str
    content: bytes
    number: int | None = None


def tokens_of(data: bytes) -> Iterator[Token]:
    """Yield the tokens of an RTF file; binary data is skipped."""
    place = 0
    while place < len(data):
        match = _TOKEN.match(data, place)
        if match is None:  # a backslash at the end
            return
        place = match.end()
        kind = match.lastgroup
        if kind is None:
            continue
        if kind in ("word", "number"):
            number = int(match["number"]) if match["number"] else None
            if match["word"] == b"bin":
                place += max(number or 0, 0)
                continue
            yield Token("word", match["word"], number)
        elif kind == "byte":
            yield Token("byte", bytes([int(match["byte"], 16)]))
        else:
            yield Token(kind, match[kind])


class RtfTables:
    """The code pages of the fonts and the places of white among the colours."""

    def __init__(self) -> None:
        self._page = "cp1252"
        self._default = -1
        self._pages: dict[int, str] = {}
        self.white: set[int] = set()
        self._symbols: dict[int, str] = {}
        self._colours: list[list[bytes]] = []

    def read(self, data: bytes) -> None:
        """Read the head of a file."""
        head = data[:200_000]
        if match := re.search(rb"\\ansicpg(\d+)", head):
            self._page = known if (known := _known_page(int(match[1]))) else self._page
        elif re.search(rb"\\(mac|pcaa?|pc)\b", head[:200]):
            self._page = "mac-roman" if b"\\mac" in head[:200] else "cp437"
        if match := re.search(rb"\\deff(\d+)", head):
            self._default = int(match[1])
        for font, words in re.findall(rb"\{\\f(\d+)((?:[^{};]|\{[^{}]*\})*);", head):
            name = re.sub(rb"\{[^{}]*\}|\\[a-z]+-?\d* ?", b"", words).decode("latin-1").strip()
            if b"\\fcharset2" in words and is_symbol_font(name):
                self._symbols.setdefault(int(font), name)
        for font, charset in re.findall(rb"\\f(\d+)(?=[^{}]{0,200}?\\fcharset(\d+))", head):
            if page := CODE_PAGES.get(int(charset)) if int(charset) > 1 else None:
                self._pages.setdefault(int(font), page)
        if match := re.search(rb"\{\\colortbl([^{}]*)\}", head):
            self._colours = [re.findall(rb"\\(?:red|green|blue)(\d+)", part) for part in match[1].split(b";")]
            self.white = {place for place, part in enumerate(self._colours) if part == [b"255"] * 3}

    def are_one(self, first: int, second: int) -> bool:
        """True if two numbers stand for one colour."""
        known = range(len(self._colours))
        return first in known and second in known and self._colours[first] == self._colours[second]

    def symbol_font(self, font: int) -> str:
        """Return the name of a symbol font; blank for other fonts."""
        return self._symbols.get(self._default if font < 0 else font, "")

    def code_page(self, font: int) -> str:
        """Return the code page of a font; of the default font if the number is -1."""
        return self._pages.get(self._default if font < 0 else font, self._page)


def _known_page(number: int) -> str | None:
    name = {65001: "utf-8", 936: "gb18030", 10000: "mac-roman"}.get(number, f"cp{number}")
    try:
        return codecs.lookup(name).name
    except LookupError:
        return None
