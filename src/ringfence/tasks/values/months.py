"""Names of months in the languages of CLDR, and the forms in which languages write whole dates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache

import babel
import babel.dates

from .known_names import known_names

__all__ = ["date_forms", "is_doubtful_month", "month_names", "month_pattern", "months_in"]

# Forms that CLDR lacks: Mrz and Mär for März, the Austrian Jänner and Feber, Sept in English and German.
_MORE = {"mrz": 3, "mär": 3, "jänner": 1, "jän": 1, "feber": 2, "sept": 9, "setiembre": 9, "maerz": 3}
_COMMON = ("en", "de", "fr", "nl", "es", "it", "pt", "sv", "da", "nb", "fi", "pl")
# Short names of months in those that are also words of products and papers: Set of 12, Gen 9, Mag 7, time out.
_ALSO_WORDS = frozenset("set gen mag out ago des elo lip lis gru sie sty".split())  # noqa: SIM905
_ONLY_MONTHS = frozenset("febr ian iul iun jaan dets".split())  # noqa: SIM905
_SHORT = 4  # letters
_FIELDS = re.compile(r"'(?P<quoted>[^']*)'|(?P<field>([A-Za-z])\3*)|(?P<other>[^A-Za-z']+)")


@cache
def month_names(language: str | None = None) -> Mapping[str, frozenset[int]]:
    """Month numbers by name and abbreviation (lower case, no final dot), in one language or all known ones.

    A name has several numbers if languages disagree about it: listopad is October in Croatian, November in Czech.
    """
    if language is None:
        return {name: frozenset(months) for name, months in known_names()["months"].items()}
    return months_in((language,))


def months_in(languages: Iterable[str]) -> dict[str, frozenset[int]]:
    """Return the months by name in these languages, from CLDR."""
    names: dict[str, set[int]] = {name: {month} for name, month in _MORE.items()}
    for tag in languages:
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                for month, name in babel.dates.get_month_names(width, context, locale=tag).items():
                    names.setdefault(name.lower().rstrip("."), set()).add(month)
    return {name: frozenset(months) for name, months in names.items() if not re.match(r"\d", name)}


def is_doubtful_month(name: str, language: str | None) -> bool:
    """True for a short name that, where no language is declared, may be another word: Windows 10 Pro 2021.

    Less common languages write such names small.
    """
    if language is not None or len(name) > _SHORT or not name.isascii():
        return False
    word = name.lower().rstrip(".")
    return (word in _ALSO_WORDS and name.istitle()) or (word not in _common_names() and word not in _ONLY_MONTHS)


@cache
def _common_names() -> frozenset[str]:
    return frozenset(months_in(_COMMON))


def month_pattern(names: Iterable[str]) -> str:
    """Return a pattern for any of the names, longest first; a space in a name may be a hard one."""
    escaped = sorted((re.escape(name).replace(r"\ ", r"[ \u00a0]") for name in names), key=len, reverse=True)
    return "|".join(escaped)


@cache
def _weekdays(language: str) -> frozenset[str]:
    names = (
        babel.dates.get_day_names(width, context, locale=language).values()
        for width in ("wide", "abbreviated")
        for context in ("format", "stand-alone")
    )
    # Shorter ones are also words: "to" is Thursday in Finnish.
    return frozenset(name.rstrip(".") for each in names for name in each if len(name) > 2 or not name.isascii())


@cache
def date_forms(language: str) -> tuple[re.Pattern[str], ...]:
    """Return a pattern for each way in which CLDR writes a date in the language; groups d, m (or name), y (or yy)."""
    locale = babel.Locale.parse(language)
    patterns = {str(locale.date_formats[width].pattern) for width in ("short", "medium", "long", "full")}
    return tuple(
        re.compile(rf"(?<![\w])(?<!\d[./,-]){_form(pattern, locale)}(?!\d|[./-]\d)", re.I)
        for pattern in sorted(patterns)
    )


def _form(pattern: str, locale: babel.Locale) -> str:
    """The regular expression for one CLDR date pattern."""
    written = []
    for match in _FIELDS.finditer(pattern):
        if match["quoted"] is not None:
            written.append(re.escape(match["quoted"] or "'"))
        elif match["other"] is not None:
            written.append(_separators(match["other"]))
        else:
            written.append(_field(match["field"], locale))
    return "".join(written)


def _separators(text: str) -> str:
    spaced = re.sub(r"[\s\u00a0\u202f]+", " ", text)
    return "".join(r"(?:[ \u00a0]{1,2}|\n)" if character == " " else re.escape(character) for character in spaced)


def _field(field: str, locale: babel.Locale) -> str:
    letter, width = field[0], len(field)
    if letter == "d":
        return r"(?P<d>\d{1,2})"
    if letter in "ML":
        if width <= 2:
            return r"(?P<m>\d{1,2})"
        return rf"(?P<name>{month_pattern(month_names(str(locale)))})\.?"
    if letter in "yu":
        return r"(?P<yy>\d{2})" if width == 2 else r"(?P<y>\d{4})"
    if letter in "Ec":
        return rf"(?:{month_pattern(_weekdays(str(locale)))})\.?"
    if letter == "G":
        return r"(?:[^\W\d_]+[.]?)"
    return r"\w*"
