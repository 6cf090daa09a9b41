"""The fields of a Word document whose words are their instructions, such as a symbol or a number of its own."""

from __future__ import annotations

import re

from .symbol_fonts import UNKNOWN, with_symbols

__all__ = ["WordFields", "drawn"]

_DRAWN = {"AUTONUM", "AUTONUMLGL", "AUTONUMOUT", "LISTNUM", "EQ", "MACROBUTTON"}  # Word stores no result of these


class WordFields:
    """Follows the fields of a text, which may be inside each other."""

    def __init__(self) -> None:
        self._open: list[list[str]] = []  # the instruction, and what is stored as its result

    def instruct(self, text: str) -> None:
        """Add words of an instruction."""
        if self._open:
            self._open[-1][0] += text

    def say(self, text: str) -> None:
        """Note words of the text, which may be stored results."""
        for one in self._open if text.strip() else ():
            one[1] += text

    def follow(self, kind: str) -> tuple[str, bool]:
        """Follow a character that begins or ends a field (``begin``, ``end``).

        At the end of a field without a stored result, return the symbol that it shows, and whether it shows words that
        are not worked out here.
        """
        if kind == "begin":
            self._open.append(["", ""])
        elif kind == "end" and self._open:
            instruction, result = self._open.pop()
            return ("", False) if result else drawn(instruction)
        return "", False


def drawn(instruction: str) -> tuple[str, bool]:
    """The symbol that a field without a result shows, and whether it shows words that are not worked out here."""
    words = instruction.split()
    name = words[0].upper() if words else ""
    if name != "SYMBOL" or len(words) < 2:
        return "", name in _DRAWN
    code, font = words[1], re.search(r'\\f\s+(?:"([^"]*)"|(\S+))', instruction)
    written = re.fullmatch(r"0x([\da-f]+)|(\d+)", code.lower())
    number = (int(written[1], 16) if written[1] else int(written[2])) if written else 0
    if not 0x20 <= number <= 0xFFFF:
        return UNKNOWN, False
    return with_symbols(chr(number), (font[1] or font[2]) if font else "Symbol"), False
