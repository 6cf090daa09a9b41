"""Words that multiply a number: million, Tsd., lakh, bn."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

import babel

from .characters import has_cents_at, is_wrapped
from .currency import mark_after
from .known_names import known_names

__all__ = ["CJK", "Scale", "scale_after", "scaled", "scales_in"]

# Words that CLDR's short number patterns lack. Long scale: a German Billion is a million millions.
_MORE = {
    "thousand": 3, "thd": 3, "tsd": 3, "tausend": 3, "mio": 6, "mill": 6, "mln": 6, "mn": 6, "mm": 6, "mrd": 9,
    "mld": 9, "bn": 9, "bln": 9, "trn": 12, "lakh": 5, "lakhs": 5, "lac": 5, "lacs": 5, "crore": 7, "crores": 7,
    "cr": 7, "hundred": 2, "millionen": 6, "million": 6, "millions": 6, "milliarden": 9, "milliarde": 9,
    "billionen": 12, "trillion": 12, "miljoen": 6, "miljard": 9, "mil": 3, "tn": 12, "milliers": 3,
    "mia": 9, "tys": 3, "tis": 3, "mdr": 9,
}  # fmt: skip
# Without a currency these are units, or the credit side of a bank statement (1,250.00 CR).
_ONLY_WITH_CURRENCY = frozenset("mm mn mill cr lac lacs bil bill bin tril mi mia bi tn rb jt tr md tys tis".split())  # noqa: SIM905
_ABBREVIATED = frozenset("mio mrd tsd mill mln mld mia tys tis mdr".split())  # noqa: SIM905
_LETTERS = {"k": 3, "m": None, "b": 9, "t": None}  # 5M is five million, or five thousand in older accounts
_APART = {"k": (0, 3), "m": (0, 3, 6), "b": (0, 9)}  # behind a space, as in £1.5 m, a letter may also mean a unit
_BRAZILIAN = {"mi": 6, "bi": 9, "tri": 12}
_ENGLISH = frozenset("hundred thousand million billion trillion lakh crore".split())  # noqa: SIM905
_NEXT_OF_NAME = re.compile(r"[ \u00a0](?:of[ ])?[A-Z][a-z]")
_LONGEST_FOREIGN = 5  # letters
_THOUSANDS, _OF_MILLIONS = ("es", "pt", "gl", "ca"), ("cs", "sk", "hr", "sl", "ro", "bs", "sr")  # what mil is there
_INDONESIAN = {"rb": 3, "jt": 6}
_INDIAN = re.compile(r"(?:₹|Rs|INR)")
CJK = {"万": 4, "億": 8, "亿": 8, "千": 3, "百": 2, "兆": 12, "만": 4, "억": 8, "천": 3, "조": 12}
_LETTER = r"(?:[^\W\d_]|[\u0900-\u0d7f])"  # vowel signs of India are letters as well
_AFTER = re.compile(
    rf"[ \u00a0]?(?P<cjk>[{''.join(CJK)}]+)"
    rf"|(?:[ \u00a0]|-(?=[^\W\d_]{{5}}))?(?:d[ei][ \u00a0])?(?P<word>{_LETTER}+)(?!\w)\.?"
)


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
                    shortest = 4 if every and word.isascii() else 2  # "bin" is a thousand only in Turkish
                    if zeros and len(word) >= shortest and re.fullmatch(rf"{_LETTER}+", word):
                        words.setdefault(word, set()).add(len(str(size)) - zeros)
    for word, power in _MORE.items():
        if word not in words or (word != "mil" and every):
            words[word] = {power}
    return words


def scale_after(text: str, position: int, language: str | None, marked: bool) -> Scale | None:
    """Return the scale word that follows a number ending at ``position``; None if there is none.

    ``marked`` allows single letters (``$5k``), which mean something else behind a number without a currency.
    """
    if text[position : position + 1] == "\n" and is_wrapped(text, position):
        position += 1  # $17.6 and billion in two lines of running text
        if not re.match(r"[a-z]{4}", text[position : position + 4]):
            return None
    match = _AFTER.match(text, position)
    if match is None:
        return None
    if match["cjk"]:
        return Scale(sum(CJK[each] for each in match["cjk"]), match.end())
    word, last = match["word"].lower(), match.end("word")
    dotted = text[last : last + 1] == "." and (word in _ABBREVIATED or mark_after(text, last + 1, language) is not None)
    end = last + dotted
    if word == "cr":
        return _crore(text, position, match, end)
    bare = not (marked or mark_after(text, end, language))
    if match["word"] in ("Md", "Mds"):
        french = marked and (language or "").startswith("fr") and not has_cents_at(text, position)
        return Scale(9, end) if french or mark_after(text, end, language) else None
    if marked and (short := _short(word, text, position, end, language)):
        return short
    if word in _ONLY_WITH_CURRENCY and bare and (language or "")[:2] + word != "trbin":
        return None
    return _named(match["word"], text, end, language, bare)


def _named(printed: str, text: str, end: int, language: str | None, bare: bool) -> Scale | None:
    """The scale of a word as it is printed; ``bare`` if the number has no currency."""
    word = printed.lower()
    powers = _powers(word, language)
    own = (language or "en")[:2]
    in_doubt = (own not in _THOUSANDS and own not in _OF_MILLIONS) or (text[end - 1] == "." and own in _THOUSANDS)
    if word == "mil" and in_doubt and not _MILLIONS.match(text, end):
        powers = {0, 3, 6} if bare else {3, 6}  # a thousand in Spanish, a million in Czech and English
    if not powers:
        return None
    if len(powers) > 1:
        return Scale(None, end, tuple(sorted(powers)))
    power = next(iter(powers))
    following = scale_after(text, end, language, marked=False)
    if following and following.power and following.power > power:  # mil millones, lakh crore, hundred thousand
        return Scale(power + following.power, following.end)
    if bare and (_is_part_of_name(printed, text, end) or (language is None and _is_foreign(word))):
        return Scale(None, end, (0, power))
    return Scale(power, end)


def _is_part_of_name(word: str, text: str, end: int) -> bool:
    """True for 22 Million Street: in English a scale that is written large is part of a name."""
    return word.istitle() and word.lower() in _ENGLISH and _NEXT_OF_NAME.match(text, end) is not None


def _is_foreign(word: str) -> bool:
    """True for a short word that is a scale in less common languages only: 2 Juta bags."""
    return word.isascii() and len(word) <= _LONGEST_FOREIGN and word not in _MORE


def _powers(word: str, language: str | None) -> set[int]:
    """The powers of ten of a word; several if languages disagree."""
    if word in {"billion", "billions"}:
        return {9 if (language or "en").startswith("en") else 12}
    return _words(language).get(word) or ({_MORE[word]} if word in ("bn", "bln", "mln", "mld", "tn") else set())


def _short(word: str, text: str, position: int, end: int, language: str | None) -> Scale | None:
    """The scale of a letter or two, which stands only behind an amount with a currency."""
    if word in _LETTERS:
        return _letter(word, text, position, end)
    if word == "l" and _INDIAN.search(text, max(0, position - 24), position):  # ₹5L: lakh
        return Scale(5, end) if text[position].isalpha() else Scale(None, end, (0, 5))
    before = text[max(0, position - 14) : position]
    for words, own, sign in ((_BRAZILIAN, "pt", "R$"), (_INDONESIAN, "id", "Rp")):
        if word in words and ((language or "").startswith(own) or sign in before):
            return Scale(words[word], end)
        if word in words and word != "tri" and language is None and not has_cents_at(text, position):
            return Scale(None, end, (0, words[word]))
    return Scale(3, end) if word == "mil" and "R$" in before else None


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
