"""Currency marks: codes, signs and names, and the currency that each one states."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import babel
import babel.numbers

from .known_names import known_names

__all__ = [
    "Mark",
    "is_currency_code",
    "mark_after",
    "mark_before",
    "mark_in_next_cell",
    "minor_digits",
    "named_currencies",
]

_SIGNS = {
    "Euro": "EUR", "EURO": "EUR", "US-Dollar": "USD", "CDN$": "CAD", "MXN$": "MXN", "FCFA": "XAF",
    "€": "EUR", "£": "GBP", "₹": "INR", "₩": "KRW", "₽": "RUB", "₺": "TRY", "₴": "UAH", "₪": "ILS", "₫": "VND",
    "฿": "THB", "₦": "NGN", "₱": "PHP", "₸": "KZT", "₡": "CRC", "₲": "PYG", "₵": "GHS", "₼": "AZN", "₾": "GEL",
    "₮": "MNT", "₭": "LAK", "৳": "BDT", "zł": "PLN", "Kč": "CZK", "Ft": "HUF", "RM": "MYR", "Rs": "INR", "Rs.": "INR",
    "Rp": "IDR", "Rp.": "IDR", "DM": "DEM", "SFr.": "CHF", "SFr": "CHF", "Fr.": "CHF", "sFr.": "CHF", "円": "JPY",
    "元": "CNY", "人民币": "CNY", "원": "KRW", "руб.": "RUB", "руб": "RUB", "лв.": "BGN", "лв": "BGN", "грн": "UAH",
    "US$": "USD", "USD$": "USD", "U$S": "USD", "$US": "USD", "R$": "BRL", "HK$": "HKD", "A$": "AUD", "AU$": "AUD",
    "AUD$": "AUD", "C$": "CAD", "CA$": "CAD", "CAN$": "CAD", "CAD$": "CAD", "NZ$": "NZD", "S$": "SGD", "SG$": "SGD",
    "NT$": "TWD", "MX$": "MXN", "RMB": "CNY", "CN¥": "CNY", "JP¥": "JPY", "STG": "GBP",
}  # fmt: skip
_OPEN = ("$", "kr", "kr.", "¥", "Kr", "Kr.", "lei", "Lei")  # several countries use them
# Codes that are also words in capitals, as in ALL 500.00 or TOP 10.00.
_WORDS = frozenset("ALL TOP CUP MOP PEN SOS COP BOB GEL MAD BAM ANG LAK PAB STD MRO ERN VES SHP XXX XTS".split())  # noqa: SIM905
_NAMES = {
    "euro": "EUR", "euros": "EUR", "yen": "JPY", "yuan": "CNY", "renminbi": "CNY", "sterling": "GBP", "złotych": "PLN",
    "zloty": "PLN", "zlotys": "PLN", "forint": "HUF", "ringgit": "MYR", "baht": "THB", "rupiah": "IDR",
    "schweizer franken": "CHF", "us-dollar": "USD", "us dollars": "USD", "us dollar": "USD", "u.s. dollars": "USD",
    "pounds sterling": "GBP", "franken": "CHF",
}  # fmt: skip
_OPEN_NAMES = frozenset(
    [
        "dollars",
        "dollar",
        "pounds",
        "pound",
        "francs",
        "franc",
        "rupees",
        "rupee",
        "kronor",
        "kroner",
        "krone",
        "krona",
        "kronen",
        "pesos",
        "peso",
        "dirhams",
        "dinars",
        "reais",
        "pfund",
        "libras",
        "dólares",
        "roubles",
    ]
)
_COUNTS = (1, 2, 5, 1.5, 20)  # one of each plural form of CLDR
MINOR = re.compile(
    r"[ \u00a0]?(?:(?:(?:US|euro|EUR|€|\$)[- ]?)?(?:cents?|ct|cts)|pence|c\.?t\.?|centimes?|céntimos?|centesimi|"
    r"[øö]re|¢|rappen|rp\.?|grosz[ye]?|gr|paise?|kuru[sş]|centavos?|haléř\w*|halier\w*|pfennige?|kop(?:eks?|\.)|копе\w+|"
    r"коп\.?|fils|stotin\w*|bani|fillér|(?-i:GBX|GBp|p)(?=[ \u00a0]?/|(?<=GBX)|(?<=GBp))|c(?=/[^\W\d_]))(?!\w)",
    re.I,
)


@dataclass(frozen=True)
class Mark:
    """A currency mark at ``text[start:end]``; ``code`` is None if several currencies use it."""

    start: int
    end: int
    code: str | None


@cache
def _codes() -> frozenset[str]:
    return frozenset(code for code in babel.numbers.list_currencies() if code not in _WORDS)


@cache
def _by_text() -> dict[str, str | None]:
    marks: dict[str, str | None] = {**_SIGNS, **dict.fromkeys(_OPEN)}
    for code in _codes():
        marks[code] = code
    for code in ("EUR", "USD", "GBP", "CHF", "JPY", "SEK", "NOK", "DKK", "PLN", "CZK", "AUD", "CAD", "INR", "HKD"):
        marks[code.lower()] = marks[code.capitalize()] = code
    for word in _WORDS - {"XXX", "XTS"}:
        marks[word] = None
    return marks


@cache
def _names(language: str | None) -> dict[str, str | None]:
    """Currencies by name in the common languages and the declared one; None for a name that several have."""
    common: dict[str, str | None] = known_names()["currencies"]
    return {**common, **currencies_in((language,)), **_own_names()} if language else {**common, **_own_names()}


def _own_names() -> dict[str, str | None]:
    return {**dict.fromkeys(_OPEN_NAMES), **_NAMES}


def currencies_in(languages: Iterable[str]) -> dict[str, str | None]:
    """Return the currencies by name in these languages, from CLDR; None for a name that several have."""
    names: dict[str, set[str]] = {}
    for tag in languages:
        for code in _codes():
            for count in _COUNTS:
                name = babel.numbers.get_currency_name(code, count, tag)
                for form in {name, name.lower()} - {code, code.lower()}:
                    names.setdefault(form, set()).add(code)
    return {name: next(iter(codes)) if len(codes) == 1 else None for name, codes in names.items()}


@cache
def _signs(language: str | None) -> dict[str, str | None]:
    """Currencies by code and sign, with the signs that the declared language uses ($US, £GB)."""
    marks = dict(_by_text())
    for code in _codes() if language else ():
        symbol = babel.numbers.get_currency_symbol(code, language)
        telling = "$" in symbol or not (symbol.isascii() or symbol.isalpha())
        if symbol not in marks and telling:
            marks[symbol] = code
    return marks


@cache
def _pattern(texts: tuple[str, ...]) -> str:
    return "|".join(re.escape(text) for text in sorted(texts, key=len, reverse=True))


@cache
def _before(language: str | None) -> re.Pattern[str]:
    signs = _pattern(tuple(_signs(language)))
    return re.compile(rf"(?:(?<![^\W\d_])|(?<=\d))({signs})(?P<gap>[ \u00a0\u200e:]{{0,2}})\Z")


@cache
def _after(language: str | None) -> re.Pattern[str]:
    return re.compile(rf"[ \u00a0\u200e]?({_pattern(tuple(_signs(language)))})(?![^\W\d_])")


_PART = r"(?:[^\W\d_]|[.'’-])+"
_NAME = re.compile(rf"[ \u00a0\u200e]?(?:de[ ])?({_PART}(?:[ \u00a0]{_PART}){{0,3}})")


def _named_after(text: str, position: int, language: str | None) -> Mark | None:
    """The name of a currency that begins at ``position``: the longest of up to four words."""
    match = _NAME.match(text, position)
    if match is None:
        return None
    names, start, end = _names(language), match.start(1), match.end(1)
    while end > start:
        name = text[start:end].replace("\u00a0", " ")
        found = name if name in names else name.lower()
        if found in names and not text[end : end + 1].isalnum():
            return Mark(start, end, names[found])
        shorter = max(text.rfind(" ", start, end), text.rfind("\u00a0", start, end))
        end = end - 1 if name[-1] in ".'’-" else shorter
    return None


def mark_before(text: str, position: int, language: str | None = None, touching: bool = False) -> Mark | None:
    """Return the currency mark that ends at ``position``, with at most two spaces between; with ``touching``, none."""
    low = max(0, position - 8)
    match = _before(language).search(text[low:position])
    if match is None or (touching and match["gap"]):
        return None
    start, end = low + match.start(1), low + match.end(1)
    if text[end:position].strip(" \u00a0\u200e:") or (start and text[start - 1].isdigit() and match.group(1).isalpha()):
        return None
    return Mark(start, end, _signs(language)[match.group(1)])


def mark_after(text: str, position: int, language: str | None = None) -> Mark | None:
    """Return the currency mark or name that begins at ``position``, with at most one space between."""
    if named := _named_after(text, position, language):
        return named
    match = _after(language).match(text, position)
    if match and match.group(1) in ("Rp", "Rp."):
        return None  # before an amount rupiah, behind it Rappen
    return Mark(match.start(1), match.end(1), _signs(language)[match.group(1)]) if match else None


_CELL_BEFORE = re.compile(r"(?:\A|\n|(?P<digit>\d?)[ ]{2,}|\|[ ]?)(?P<mark>[^\s\d]{1,4})[ ]{2,}\Z")
_CELL_AFTER = re.compile(r"[ ]{2,}(?P<mark>[^\s\d]{1,4})(?=[ ]{2,}(?P<digit>\d?)|[ ]?\||\n|\Z)")


def mark_in_next_cell(text: str, start: int, end: int, language: str | None = None) -> Mark | None:
    """Return the currency that fills the table cell before or behind the amount at ``text[start:end]``.

    Its code is None if the cell stands between two numbers and may belong to either.
    """
    marks = _signs(language)
    low = max(0, start - 16)
    before, after = _CELL_BEFORE.search(text[low:start]), _CELL_AFTER.match(text, end)
    if before and before["mark"] in marks:
        code = None if before["digit"] else marks[before["mark"]]
        return Mark(low + before.start("mark"), low + before.end("mark"), code)
    if after and after["mark"] in marks:
        return Mark(after.start("mark"), after.end("mark"), None if after["digit"] else marks[after["mark"]])
    return None


def is_currency_code(word: str) -> bool:
    """True for an ISO 4217 code in capitals that is not also a word."""
    return word in _codes()


def minor_digits(code: str | None) -> int:
    """Return the usual number of decimals of a currency; 2 if it is not known."""
    return babel.numbers.get_currency_precision(code) if code else 2


def named_currencies(text: str, codes: Iterable[str]) -> set[str]:
    """Return which of ``codes`` the text states by their code or name, anywhere."""
    words = {"CNY": r"CNY|RMB|yuan|renminbi|元|人民币", "JPY": r"JPY|yen|円|日本"}
    return {code for code in codes if re.search(words.get(code, re.escape(code)), text)}
