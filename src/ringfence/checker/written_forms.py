"""How texts write digits, signs, currencies and powers of ten, for the checks of derived values."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from itertools import pairwise

import babel
import babel.numbers

__all__ = ["LANGUAGES", "folded", "names_a_currency", "states_currency", "states_scale"]

LANGUAGES = (
    "en", "de", "fr", "es", "it", "nl", "pt", "sv", "da", "nb", "fi", "is", "pl", "cs", "sk", "sl", "hr", "hu", "ro",
    "bg", "ru", "uk", "el", "tr", "et", "lv", "lt", "ca", "gl", "eu", "ga", "af", "id", "ms", "vi", "ja", "zh", "ko",
    "sr_Latn", "bs",
)  # fmt: skip
_MARKS = {
    "EUR": "€ euro", "GBP": "£ STG sterling", "JPY": "¥ 円 yen", "CNY": "¥ 元 RMB 人民币 yuan renminbi",
    "USD": "US$ $US U$S u.s.",
    "INR": "₹ Rs", "MYR": "RM", "PLN": "zł złot", "CHF": "Fr Franken", "CZK": "Kč", "HUF": "Ft forint",
    "BGN": "лв", "UAH": "грн",
    "RUB": "руб", "KRW": "원", "BRL": "R$", "HKD": "HK$", "AUD": "A$ AU$", "CAD": "C$ CA$ CAN$ CDN$", "NZD": "NZ$",
    "SGD": "S$ SG$", "TWD": "NT$", "MXN": "MX$", "DEM": "DM", "IDR": "Rp rupiah",
    "NGN": "₦", "KZT": "₸", "CRC": "₡", "PYG": "₲", "GHS": "₵", "AZN": "₼", "GEL": "₾", "MNT": "₮", "LAK": "₭",
    "BDT": "৳",
}  # fmt: skip
_PLAIN_MARKS = re.compile(r"[€£₹]|zł|(?<!\w)(?:EUR|USD|GBP|CHF|JPY|INR|MYR|PLN|RM|US\$)(?!\w)")
_SCALES = {
    2: "hundred 百", 3: "thousand thd tsd tausend k T mil mila mille duizend 千 천 tūk tis tys",
    4: "万 만 萬", 5: "lakh lac lakhs lacs लाख", 6: "million mio mill mln mn mm m milj", 7: "crore cr crores करोड़",
    8: "億 亿 억", 9: "billion milliard bn bln mrd mld miljard b mia md mdr",
    12: "trillion billion trn bill biljoen t 兆 조",
}  # fmt: skip


_MINUS_SIGNS = "−⁻˗➖─¬"
_PLAIN = {"٫": ".", "٬": ",", "،": ",", "٪": "%", **dict.fromkeys("’‘´`′ˈ", "'")}


def folded(text: str) -> str:
    """Return ``text`` in lower case, with ASCII digits, one kind of minus, apostrophe and space, no invisible marks."""
    written = []
    for character in re.sub(r"\u00ad(?=\W{0,3}\d)", "-", text):  # some programs print a minus as a soft hyphen
        if character.isdecimal():
            written.append(str(unicodedata.decimal(character)))
        elif unicodedata.category(character) == "Pd" or character in _MINUS_SIGNS:
            written.append("-")
        elif unicodedata.category(character) == "Zs":
            written.append(" ")
        elif unicodedata.category(character) != "Cf":
            written.append(_PLAIN.get(character, character))
    return unicodedata.normalize("NFKC", "".join(written)).lower()


@cache
def _currency_words(code: str, declared: str | None) -> frozenset[str]:
    words = {code.lower(), *(mark.lower() for mark in _MARKS.get(code, "").split())}
    for language in (*LANGUAGES, declared) if declared else LANGUAGES:
        symbol = babel.numbers.get_currency_symbol(code, language).lower()
        if symbol not in ("$", "kr", "kr."):
            words.add(symbol)
        words.update(babel.numbers.get_currency_name(code, count, language).lower() for count in (1, 2, 5, 1.5, 20))
    return frozenset(" ".join(word.split()) for word in words)


def states_currency(raw: str, code: str, language: str | None) -> bool:
    """True if ``raw`` names the currency by its code, a sign that only it has, or its name."""
    text = " ".join(raw.lower().split())
    return any(word in text for word in _currency_words(code, language))


def names_a_currency(raw: str) -> bool:
    """Whether a text names a currency by one of the commonest marks."""
    return _PLAIN_MARKS.search(raw) is not None


@cache
def _scale_words(power: int) -> frozenset[str]:
    words = set(_SCALES.get(power, "").lower().split())
    for language in LANGUAGES:
        formats = babel.Locale.parse(language).compact_decimal_formats
        for forms in (*formats.get("long", {}).values(), *formats.get("short", {}).values()):
            for size, pattern in forms.items():
                text = str(pattern.pattern)
                if len(str(size)) - text.count("0") == power:
                    words.add(re.sub(r"[0\s'.\u00a0\u200e]", "", text).lower())
    return frozenset(words - {""})


@cache
def calling_code(language: str | None) -> str | None:
    """The telephone code of the country of a language tag; None if it names none and has no likely one."""
    import phonenumbers

    if not language:
        return None
    locale = babel.Locale.parse(language.replace("-", "_"))
    likely = str(babel.core.get_global("likely_subtags").get(locale.language, ""))
    region = locale.territory or likely.rpartition("_")[2]
    code = phonenumbers.country_code_for_region(region) if region else 0
    return str(code) if code else None


_UNITS = frozenset("mm cr mi bi mill bin bil tril mil".split())  # noqa: SIM905 - also millimetres, credit and others


@cache
def _codes() -> frozenset[str]:
    return frozenset(babel.numbers.list_currencies())


def _is_product(said: list[str], power: int) -> bool:
    """True if two scales in a row give the power: hundred thousand, mila miliardi, 万亿."""
    found = [[each for each in (2, 3, 4, 5, 6, 7, 8, 9) if word in _scale_words(each)] for word in said]
    return any(a + b == power for left, right in pairwise(found) for a in left for b in right)


def states_scale(form: str, power: int, certain: bool = False) -> bool:
    """True if the folded text has a word for this power of ten; with ``certain``, one that is nothing else."""
    said = re.findall(r"(?:[^\W\d_]|[\u0900-\u0d7f])+", form)
    said += [
        word[:size]
        for word in said
        for size in (1, 2, 3)
        if word[size:].startswith("eur") or word[size:] == "kr" or word[size:].upper() in _codes()
    ]
    said += [each for word in said for each in word if not each.isascii() and len(word) > 1]
    if not certain and _is_product(said, power):
        return True
    if certain:
        said = [word for word in said if word not in _UNITS and len(word) > 2]
    elif power == 9 and re.search(r"\b(?:mil|mille|milers) (?:d[ei] )?m", form):
        return True
    words = _scale_words(power)
    long_words = [word for word in words if len(word) > 4]
    return any(word in words or any(word.startswith(each) for each in long_words) for word in said)
