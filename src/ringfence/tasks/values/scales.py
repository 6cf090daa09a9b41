"""Words that multiply a number: million, Tsd., lakh, bn."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

import babel

from .known_names import known_names

__all__ = ["Scale", "scale_after", "scaled", "scales_in"]

# Words that CLDR's short number patterns lack. Long scale: a German Billion is a million millions.
_MORE = {
    "thousand": 3, "thd": 3, "tsd": 3, "tausend": 3, "mio": 6, "mill": 6, "mln": 6, "mn": 6, "mm": 6, "mrd": 9,
    "mld": 9, "bn": 9, "bln": 9, "trn": 12, "lakh": 5, "lakhs": 5, "lac": 5, "lacs": 5, "crore": 7, "crores": 7,
    "cr": 7, "hundred": 2, "millionen": 6, "million": 6, "millions": 6, "milliarden": 9, "milliarde": 9,
    "billionen": 12, "trillion": 12, "miljoen": 6, "miljard": 9, "mil": 3,
}  # fmt: skip
_LETTERS = {"k": 3, "m": None, "b": 9, "t": None}  # 5M is five million, or five thousand in older accounts
_AFTER = re.compile(r"[ \u00a0]?(?:d[ei][ \u00a0])?([^\W\d_]+)(?!\w)\.?|[ \u00a0]?([万億亿千百만억천])")
_CJK = {"万": 4, "億": 8, "亿": 8, "千": 3, "百": 2, "만": 4, "억": 8, "천": 3}


@dataclass(frozen=True)
class Scale:
    """The power of ten of a word and the end of the word in the text; ``power`` is None if it reads two ways."""

    power: int | None
    end: int
    powers: tuple[int, ...] = ()


@cache
def _words(language: str | None) -> dict[str, set[int]]:
    if language is None:
        return {word: set(powers) for word, powers in known_names()["scales"].items()}
    return scales_in((language,), every=False)


def scales_in(languages: Iterable[str], every: bool) -> dict[str, set[int]]:
    """Return the powers of ten by word in these languages, from CLDR; ``every`` if they stand for all languages."""
    words: dict[str, set[int]] = {}
    for tag in languages:
        formats = babel.Locale.parse(tag).compact_decimal_formats
        for width in ("long", "short"):
            for forms in formats.get(width, {}).values():
                for size, pattern in forms.items():
                    text = str(pattern.pattern)
                    zeros = text.count("0")
                    word = re.sub(r"[0\s'’.\u00a0\u200e\u200f¤]", "", text).lower()
                    if zeros and len(word) >= (3 if word.isascii() else 2) and word.isalpha():
                        words.setdefault(word, set()).add(len(str(size)) - zeros)
    for word, power in _MORE.items():
        if word not in words or (word != "mil" and every):
            words[word] = {power}
    return words


def scale_after(text: str, position: int, language: str | None, marked: bool) -> Scale | None:
    """Return the scale word that follows a number ending at ``position``; None if there is none.

    ``marked`` allows single letters (``$5k``), which mean something else behind a number without a currency.
    """
    match = _AFTER.match(text, position)
    if match is None:
        return None
    if match.group(2):
        return Scale(_CJK[match.group(2)], match.end())
    word = match.group(1).lower()
    end = match.end(1) + (text[match.end(1) : match.end(1) + 1] == "." and word in ("mio", "mrd", "tsd", "mill", "mln"))
    if word in _LETTERS and text[position : position + 1].isalpha() and marked:
        power = _LETTERS[word]
        return Scale(power, end, () if power is not None else ((3, 6) if word == "m" else (3, 12)))
    if word in {"billion", "billions"}:
        english = (language or "en").startswith("en")
        return Scale(9 if english else 12, end)
    powers = _words(language).get(word)
    if not powers:
        return None
    if len(powers) > 1:
        return Scale(None, end, tuple(sorted(powers)))
    power = next(iter(powers))
    following = scale_after(text, end, language, marked=False) if power == 3 else None
    if following and following.power == 6:  # mil millones
        return Scale(power + 6, following.end)
    return Scale(power, end)


def scaled(number: str, power: int) -> str:
    """Return a decimal string multiplied by a power of ten, without trailing zeros behind the point."""
    value = Decimal(number).scaleb(power)
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
