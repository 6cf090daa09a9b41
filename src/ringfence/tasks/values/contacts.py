"""E-mail addresses, bank accounts and telephone numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import babel.core

from ..locale import Locale
from .candidate import Candidate, ParsedValue, candidate_at
from .characters import is_wrapped, plain

__all__ = ["find_emails", "find_ibans", "find_phones", "iban_is_valid"]

_ATOM = r"[\w!#$%&'*+/?^`{|}~-]"
_LETTER = r"[A-Za-z\u00df-\u00f6\u00f8-\u024f\u0400-\u04ff]"
_EMAIL = re.compile(
    rf"(?<![\w.+-])(?:(?<=')|(?<!['&!#$%*/?^`{{|}}~])){_ATOM}+(?:\.{_ATOM}+)*"
    rf"@[^\W_](?:[\w-]*[^\W_])?(?:\.[^\W_](?:[\w-]*[^\W_])?)*\.{_LETTER}{{2,}}(?![\w-])"
)
_NEXT_SENTENCE = re.compile(r"(?:(?<=\.[a-z]{2})|(?<=\.[a-z]{3}))(?:[A-Z][a-z]\w*|\.[A-Z][a-z]+)\Z")
# What is found behind one of these is the end of an address that began before.
_BEGUN_BEFORE = re.compile(r"[.-]\n\Z|\{[^{}@\s]*\Z|(?<![\w@.-])[\w.-]+,[\w.]*\Z|://[^\s]*\Z")


def find_emails(text: str, locale: Locale) -> Iterator[Candidate]:
    """Yield e-mail addresses, in lower case. Quotation marks around one, and the next sentence, are no part of it."""
    form = plain(text)
    for match in _EMAIL.finditer(form):
        whole = match.group()
        start = match.start() + len(whole) - len(whole.lstrip("'/=|*?!`{"))
        end = match.end()
        if glued := _NEXT_SENTENCE.search(form, start, end):
            end = glued.start()
        if _BEGUN_BEFORE.search(form[max(0, start - 60) : start]) or "}" in form[start:end]:
            continue
        yield candidate_at(text, start, end, ParsedValue(text[start:end].lower()))


# Country, then the structure of the account: n digits, a capitals, c capitals and digits (SWIFT, IBAN registry, and for
# countries that are not in it the lists of their central banks).
_STRUCTURES = (
    "AD8n12c AE19n AL8n16c AO21n AT16n AX14n AZ4a20c BA16n BE12n BF2c22n BG4a6n8c BH4a14c BI23n BJ2c22n BL10n11c2n "
    "BR8c15n2c BY4c4n16c CF23n CG23n CH5n12c CI2a22n CM23n CR18n CV21n CY8n16c CZ20n DE18n DJ23n DK14n DO4c20n DZ22n "
    "EE16n EG25n ES20n FI14n FK2a12n FO14n FR10n11c2n GA23n GB4a14n GE2a16n GF10n11c2n GG4a14n GI4a15c GL14n "
    "GP10n11c2n GQ23n GR7n16c GT24c GW2c19n HN4a20n HR17n HU24n IE4a14n IL19n IM4a14n IQ4a15n IR22n IS22n IT1a10n12c "
    "JE4a14n JO4a4n18c KM23n KW4a22c KZ3n13c LB4n20c LC4a24c LI5n12c LT16n LU3n13c LV4a13c LY21n MA24n MC10n11c2n "
    "MD20c ME18n MF10n11c2n MG23n MK3n10c2n ML2c22n MN16n MQ10n11c2n MR23n MT4a5n18c MU4a19n3a MZ21n NC10n11c2n "
    "NE2a22n NI4a20n NL4a10n NO11n OM3n16c PF10n11c2n PK4a16c PL24n PM10n11c2n PS4a21c PT21n QA4a21c RE10n11c2n "
    "RO4a16c RS18n RU14n15c SA2n18c SC4a20n3a SD14n SE20n SI15n SK20n SM1a10n12c SN2a22n SO19n ST21n SV4a20n TD23n "
    "TF10n11c2n TG2a22n TL19n TN20n TR6n16c UA6n19c VA18n VG4a16n WF10n11c2n XK16n YE4a4n18c YT10n11c2n"
)
_SETS = {"n": r"\d", "a": "[A-Z]", "c": r"[A-Z\d]"}
_IBAN = re.compile(
    r"(?<![A-Za-z0-9])(?:[A-Za-z]{2}[ ]?\d{2}(?:(?:[ -]{0,2}|\n)[A-Za-z0-9]){11,30}"
    r"|[A-Z] [A-Z] \d \d(?: [A-Z0-9]){11,30})(?![A-Za-z0-9])"  # one character to a box of a form
)


@cache
def _structures() -> dict[str, re.Pattern[str]]:
    patterns = {}
    for entry in _STRUCTURES.split():
        parts = re.findall(r"(\d+)([nac])", entry[2:])
        patterns[entry[:2]] = re.compile("".join(f"{_SETS[kind]}{{{count}}}" for count, kind in parts))
    return patterns


def iban_is_valid(compact: str) -> bool:
    """True if an IBAN has the structure of its country and right check digits (ISO 13616)."""
    structure = _structures().get(compact[:2])
    if structure is None or not compact[2:4].isdigit() or not structure.fullmatch(compact[4:]):
        return False
    return int("".join(str(int(character, 36)) for character in compact[4:] + compact[:4])) % 97 == 1


def find_ibans(text: str, locale: Locale) -> Iterator[Candidate]:
    """Yield valid IBANs; where text only looks like one, with a flag. Groups, hyphens and small letters are allowed."""
    position = 0
    form = plain(text).replace("\u00a0", " ")
    while match := _IBAN.search(form, position):
        start, end = match.span()
        newline = form.find("\n", start, end)
        if newline >= 0 and not is_wrapped_account(form, start, newline):
            end = newline
        valid = next((stop for stop in _ends(form, start, end) if iban_is_valid(_compact(form[start:stop]))), None)
        position = match.end()
        if valid is not None:
            yield candidate_at(text, start, valid, ParsedValue(_compact(form[start:valid])))
            position = valid
        elif form[start:end][:2].isupper() and len(_compact(form[start:end])) >= 15:
            yield candidate_at(text, start, end, ParsedValue(None, ("iban-check-digits",)))


def is_wrapped_account(text: str, start: int, newline: int) -> bool:
    """True if an account goes on after the line end: its country's number of characters is not reached before it."""
    return len(_compact(text[start:newline])) < _length(text, start) or is_wrapped(text, newline)


def _length(text: str, start: int) -> int:
    """The characters of an account of the country that the text at ``start`` names."""
    structure = _structures().get(_compact(text[start : start + 3])[:2])
    return 4 + sum(map(int, re.findall(r"\{(\d+)\}", structure.pattern))) if structure else 0


def _ends(text: str, start: int, end: int) -> Iterator[int]:
    """The places where the account can end: at the length of its country, before another group or a stop."""
    wanted, count = _length(text, start), 0
    for position in range(start, end):
        count += text[position].isalnum()
        if count == wanted:
            if not text[position + 1 : position + 2].isalnum():
                yield position + 1
            return


def _compact(text: str) -> str:
    return re.sub(r"[\s-]", "", text).upper()


_EXTENSION = re.compile(r"[ ]?(?:/|[ ]?-)[ ]?-?\d{1,3}(?!\d)")
_NUMBERED = re.compile(
    r"(?:nr|no|nummer|number|konto|account|invoice|rechnung|order|bestell\w*|kunden\w*|zähler\w*|aktenzeichen|az|steuer\w*|"
    r"iban(?: \w+)*|[A-Z]{2}\d{2}(?: \d{4})*)[.:#]*[ ]?\Z",
    re.I,
)
# What parts numbers: cells, times, dates, and numbers behind a slash with blanks, which are extensions or others.
_NOT_OF_PHONES = re.compile(
    r"[ \u00a0]{2,}|\||(?<![\d.])\d{1,2}:\d{2}(?!\d)"
    r"|(?<![\d.])(?:0?[1-9]|[12]\d|3[01])\.(?:0?[1-9]|1[0-2])\.(?:19|20)\d{2}(?![\d.])"
    r"|(?<=\d)[ ]/[ ]\d{1,2}(?!\d|[ ]?[/-][ ]?\d|[ ]\d)"
)
_NATIONAL = re.compile(r"(?<![\w/.+-])\(?0\d{1,5}\)?[ /-]{0,3}\d[\d /-]{3,14}\d(?![\w/-])")


def find_phones(text: str, locale: Locale) -> Iterator[Candidate]:
    """Yield telephone numbers in international form (E.164).

    A national number belongs to the country of the declared language (``de_AT``); without one it is null with a flag.
    """
    import phonenumbers

    region = _region(locale.language)
    form = plain(text)
    # Cells of a table are no parts of one number.
    apart = _NOT_OF_PHONES.sub(lambda gap: ";" * len(gap.group()), form)
    taken: list[tuple[int, int]] = []
    for match in phonenumbers.PhoneNumberMatcher(apart, region):
        international = form[match.start : match.start + 1] == "+" or form.startswith("00", match.start)
        if not international and _NUMBERED.search(form, max(0, match.start - 24), match.start):
            continue
        value = phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
        extension = bool(match.number.extension) or _EXTENSION.match(form, match.end) is not None
        taken.append((match.start, match.end))
        yield candidate_at(
            text, match.start, match.end, ParsedValue(value, ("extension-left-out",) if extension else ())
        )
    if region is None:
        for found in _NATIONAL.finditer(apart):
            begun = any(start < found.end() and found.start() < end for start, end in taken)
            if not begun and not _NUMBERED.search(form, max(0, found.start() - 24), found.start()):
                yield candidate_at(text, found.start(), found.end(), ParsedValue(None, ("no-country-code",)))


def _region(language: str | None) -> str | None:
    """The country of a language tag: the stated one, else the likely one of CLDR; None for English and others."""
    if language is None:
        return None
    locale = babel.Locale.parse(language)
    if locale.territory:
        return str(locale.territory)
    if locale.language in ("en", "es", "pt", "fr", "ar", "zh"):  # spoken in many countries
        return None
    likely = babel.core.get_global("likely_subtags").get(locale.language, "")
    return likely.rpartition("_")[2] or None
