"""The automatic numbers of a Word document: what stands before a numbered paragraph ("7.1", "(a)", "§ 3")."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .package import child, children, descendants, option, value
from .symbol_fonts import item_mark

__all__ = ["WordNumbers", "letters", "roman"]

_LEVELS = 9


@dataclass
class _Level:
    format: str = "decimal"
    text: str = ""
    start: int = 1
    restart: int | None = None
    legal: bool = False
    style: str | None = None
    font: str = ""  # of a bullet


@dataclass
class _List:
    levels: dict[int, _Level] = field(default_factory=dict)
    link: str | None = None


class WordNumbers:
    """Counts the numbered paragraphs of a document in reading order."""

    def __init__(self, numbering: Any) -> None:
        self._lists: dict[str, _List] = {}
        self._abstract: dict[str, str] = {}  # of each numbering
        self._own: dict[str, dict[int, _Level]] = {}  # the levels that a numbering overrides
        self._starts: dict[tuple[str, int], int] = {}
        self._counts: dict[str, list[int | None]] = {}
        self._started: set[tuple[str, int]] = set()
        for one in children(numbering, "abstractNum"):
            levels = {_number(value(level, "ilvl")): _level(level) for level in children(one, "lvl")}
            self._lists[value(one, "abstractNumId") or ""] = _List(levels, value(child(one, "numStyleLink")))
        for one in children(numbering, "num"):
            name = value(one, "numId") or ""
            self._abstract[name] = value(child(one, "abstractNumId")) or ""
            for override in children(one, "lvlOverride"):
                level = _number(value(override, "ilvl"))
                if (inner := child(override, "lvl")) is not None:
                    self._own.setdefault(name, {})[level] = _level(inner)
                if (start := value(child(override, "startOverride"))) is not None:
                    self._starts[name, level] = _number(start, 1)

    def link_styles(self, numbering_of_style: dict[str, str]) -> None:
        """Follow the lists that take their levels from a list style; the styles name their numbering."""
        for one in self._lists.values():
            name = numbering_of_style.get(one.link or "")
            if not one.levels and name in self._abstract:
                one.levels = self._lists.get(self._abstract[name], one).levels

    def level_of_style(self, numbering: str, style: str) -> int:
        """Return the level of a numbering that belongs to a paragraph style; 0 if none does."""
        levels = self._lists.get(self._abstract.get(numbering, ""), _List()).levels
        return next((number for number, level in levels.items() if level.style == style), 0)

    def mark(self, numbering: str, level: int) -> str | None:
        """Count one paragraph and return what stands before it: its number, its box or tick, or ``-`` for a bullet.

        None if the paragraph is not in a list.
        """
        abstract = self._abstract.get(numbering)
        if numbering == "0" or abstract is None or not 0 <= level < _LEVELS:
            return None
        own = self._level(numbering, level)
        counts = self._counts.setdefault(abstract, [None] * _LEVELS)
        if (numbering, level) in self._starts and (numbering, level) not in self._started:
            self._started.add((numbering, level))
            counts[level] = self._starts[numbering, level]
        else:
            count = counts[level]
            counts[level] = own.start if count is None else count + 1
        for deeper in range(level + 1, _LEVELS):
            restart = self._level(numbering, deeper).restart
            if restart is None or (restart and level < restart):
                counts[deeper] = None
        for higher in range(level):
            if counts[higher] is None:
                counts[higher] = self._level(numbering, higher).start
        if own.format == "bullet":
            return item_mark(own.text, own.font)
        return self._shown(numbering, own, counts).strip()

    def _level(self, numbering: str, level: int) -> _Level:
        own = self._own.get(numbering, {}).get(level)
        one = self._lists.get(self._abstract.get(numbering, ""), _List())
        return own or one.levels.get(level) or _Level()

    def _shown(self, numbering: str, own: _Level, counts: list[int | None]) -> str:
        def number(match: re.Match[str]) -> str:
            place = int(match[1]) - 1
            form = self._level(numbering, place).format
            if own.legal and form != "none":
                form = "decimal"
            return _formatted(counts[place] or 0, form)

        return re.sub(r"%([1-9])", number, own.text)


def _level(element: Any) -> _Level:
    restart = value(child(element, "lvlRestart"))
    number_format = child(element, "numFmt")
    if number_format is None:  # inside mc:AlternateContent, for formats that are newer than the standard
        number_format = next(descendants(element, "numFmt"), None)
    return _Level(
        format=_padded(value(number_format, "format")) or value(number_format) or "decimal",
        text=value(child(element, "lvlText")) or "",
        start=_number(value(child(element, "start")), 1 if child(element, "start") is not None else 0),
        restart=None if restart is None else _number(restart),
        legal=option(element, "isLgl") is True,
        style=value(child(element, "pStyle")),
        font=value(child(element, "rPr", "rFonts"), "ascii") or "",
    )


def _padded(pattern: str | None) -> str:
    """The form of a pattern of Word such as ``001, 002, 003, ...``; blank for others."""
    match = re.match(r"0+1,", pattern or "")
    return f"padded {len(match[0]) - 1}" if match else ""


def _number(text: str | None, default: int = 0) -> int:
    try:
        return int(text or "")
    except ValueError:
        return default


def _formatted(count: int, form: str) -> str:
    if form in ("lowerLetter", "upperLetter"):
        text = letters(count)
        return text if form == "lowerLetter" else text.upper()
    if form in ("lowerRoman", "upperRoman"):
        text = roman(count)
        return text.lower() if form == "lowerRoman" else text
    if form in ("none", "bullet"):
        return ""
    if form == "decimalZero":
        return f"{count:02}"
    if form.startswith("padded "):
        return f"{count:0{form.removeprefix('padded ')}}"
    if form == "ordinal":
        ending = "th" if 10 <= count % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(count % 10, "th")
        return f"{count}{ending}"
    return str(count)


def letters(count: int) -> str:
    """Return a count as Word writes it in letters: a to z, then aa, bb."""
    return "" if count < 1 else chr(97 + (count - 1) % 26) * ((count - 1) // 26 + 1)


def roman(count: int) -> str:
    """Return a count as a Roman number."""
    return "".join(_roman_digits(count)) if 0 < count < 4000 else str(count)


def _roman_digits(count: int) -> Iterator[str]:
    for amount, digits in (
        (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"),
        (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
    ):  # fmt: skip
        while count >= amount:
            yield digits
            count -= amount
