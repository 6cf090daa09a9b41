"""Words that multiply a number: million, Tsd., lakh, bn."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

import babel

from .characters import has_cents_at
from .currency import mark_after
from .known_names import known_names

__all__ = ["Scale", "scale_after", "scaled", "scales_in"]

# Words that CLDR's short number patterns lack. Long scale: a German Billion is a million millions.
_MORE = {
    "thousand": 3, "thd": 3, "tsd": 3, "tausend": 3, "mio": 6, "mill": 6, "mln": 6, "mn": 6, "mm": 6, "mrd": 9,
    "mld": 9, "bn": 9, "bln": 9, "trn": 12, "lakh": 5, "lakhs": 5, "lac": 5, "lacs": 5, "crore": 7, "crores": 7,
    "cr": 7, "hundred": 2, "millionen": 6, "million": 6, "millions": 6, "milliarden": 9, "milliarde": 9,
    "billionen": 12, "trillion": 12, "miljoen": 6, "miljard": 9, "mil": 3, "tn": 12, "milliers": 3,
}  # fmt: skip
# Without a currency these are units, or the credit side of a bank statement (1,250.00 CR).
_ONLY_WITH_CURRENCY = frozenset("mm mn mill cr lac lacs bil bin tril mi mia bi tn".split())  # noqa: SIM905
_LETTERS = {"k": 3, "m": None, "b": 9, "t": None}  # 5M is five million, or five thousand in older accounts
_APART = {"k": (0, 3), "m": (0, 3, 6), "b": (0, 9)}  # behind a space, as in £1.5 m, a letter may also mean a unit
_BRAZILIAN = {"mi": 6, "bi": 9, "tri": 12}
_INDIAN = re.compile(r"(?:₹|Rs|INR)")
_AFTER = re.compile(
    r"[ \u00a0]?(?P<cjk>[万億亿千百만억천])"
    r"|(?:[ \u00a0]|-(?=[^\W\d_]{5}))?(?:d[ei][ \u00a0])?(?P<word>[^\W\d_]+)(?!\w)\.?"
)
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
                    shortest = 2 if not word.isascii() else 4 if every else 3  # "bin" is a thousand only in Turkish
                    if zeros and len(word) >= shortest and word.isalpha():
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
    if match["cjk"]:
        return Scale(_CJK[match["cjk"]], match.end())
    word, last = match["word"].lower(), match.end("word")
    end = last + (text[last : last + 1] == "." and word in ("mio", "mrd", "tsd", "mill", "mln", "mld", "mia"))
    if word == "cr":
        return _crore(text, position, match, end)
    if match["word"] in ("Md", "Mds"):
        french = marked and (language or "").startswith("fr") and not has_cents_at(text, position)
        return Scale(9, end) if french or mark_after(text, end, language) else None
    if marked and (short := _short(word, text, position, end, language)):
        return short
    if word in _ONLY_WITH_CURRENCY and not (marked or mark_after(text, end, language)):
        return None
    powers = _powers(word, language)
    if not powers:
        return None
    if len(powers) > 1:
        return Scale(None, end, tuple(sorted(powers)))
    power = next(iter(powers))
    following = scale_after(text, end, language, marked=False) if power in (3, 5) else None
    if following and (power, following.power) in ((3, 6), (5, 7)):  # mil millones, lakh crore
        return Scale(power + (following.power or 0), following.end)
    return Scale(power, end)


def _powers(word: str, language: str | None) -> set[int]:
    """The powers of ten of a word; several if languages disagree."""
    if word in {"billion", "billions"}:
        return {9 if (language or "en").startswith("en") else 12}
    return _words(language).get(word) or ({_MORE[word]} if word in ("bn", "bln", "mln", "mld", "tn") else set())


def _short(word: str, text: str, position: int, end: int, language: str | None) -> Scale | None:
    """The scale of a letter or two, which stands only behind an amount with a currency."""
    if word in _LETTERS:
        return _letter(word, text, position, end)
    if word == "l" and text[position].isalpha() and _INDIAN.search(text, max(0, position - 24), position):
        return Scale(5, end)  # ₹5L: lakh
    if word in _BRAZILIAN and (language or "").startswith("pt"):
        return Scale(_BRAZILIAN[word], end)
    if word == "mil" and "R$" in text[max(0, position - 14) : position]:
        return Scale(3, end)
    if word == "mil" and (language is None or language.startswith("en")) and not _MILLIONS.match(text, end):
        return Scale(None, end, (3, 6))  # a thousand in Spanish, a million in English
    return None


_MILLIONS = re.compile(r"[ \u00a0]mill", re.I)


def _letter(word: str, text: str, position: int, end: int) -> Scale | None:
    """The scale of a single letter behind an amount with a currency; 12.50 B is an amount with a tax code."""
    if text[position : position + 1].isalpha():
        power = _LETTERS[word]
        return Scale(power, end, () if power is not None else ((3, 6) if word == "m" else (3, 12)))
    if re.match(r"/|\.[ \u00a0]?[A-Z]", text[end : end + 3]):  # £1,250 B/F; EUR 500 M. Schmidt
        return None
    if word not in _APART or has_cents_at(text, position):
        return None
    return Scale(None, end, _APART[word])


def _crore(text: str, position: int, match: re.Match[str], end: int) -> Scale | None:
    """Ten million behind rupees, as in Rs 2.5 Cr; none where it marks a credit, as in Rs. 25,000.00 Cr."""
    rupees = _INDIAN.search(text, max(0, position - 24), position)
    if (
        not rupees
        or match["word"].isupper()
        or re.search(r"\d[.,]\d{2,3}[.,]\d+\Z", text[max(0, position - 12) : position])
    ):
        return None
    doubtful = has_cents_at(text, position) or re.search(r"\d,\d{3}\Z", text[max(0, position - 6) : position])
    return Scale(None, end, (0, 7)) if doubtful else Scale(7, end)


def scaled(number: str, power: int) -> str:
    """Return a decimal string multiplied by a power of ten, without trailing zeros behind the point."""
    value = Decimal(number).scaleb(power)
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
