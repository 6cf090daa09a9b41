"""How numbers and dates are written: as the task declares, else as the document itself shows."""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

import babel.dates
import babel.numbers
from pydantic import BaseModel, ConfigDict, field_validator

__all__ = ["DateOrder", "Locale", "decimal_sign_of", "month_names"]

DateOrder = Literal["dmy", "mdy", "ymd"]
_LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt")
_BOTH_SIGNS = re.compile(r"(?<![\w.,])\d{1,3}(?:([.,])\d{3})+(?!\1)([.,])\d{1,2}(?![\w.,]*\d)")
_CENTS = re.compile(r"(?<![\w.,/:-])\d+([.,])\d{2}(?![.,/:-]?\w)")


class Locale(BaseModel):
    """Number and date conventions of the documents. Omitted values are detected; ambiguous values get a flag."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    language: str | None = None
    date_order: DateOrder | None = None
    decimal: Literal[".", ","] | None = None

    @field_validator("language")
    @classmethod
    def _known(cls, language: str | None) -> str | None:
        if language is not None:
            try:
                return str(babel.Locale.parse(language.replace("-", "_")))
            except (babel.UnknownLocaleError, ValueError):
                raise ValueError(f"unknown language {language!r}; use a CLDR tag such as en, de or fr") from None
        return None

    def decimal_for(self, text: str) -> str | None:
        """The decimal sign: the declared one, else that of the declared language, else the document's, else None."""
        if self.decimal:
            return self.decimal
        if self.language:
            return str(babel.numbers.get_decimal_symbol(self.language))
        return decimal_sign_of(text)


def decimal_sign_of(text: str) -> str | None:
    """The decimal sign that the unambiguous numbers in ``text`` use; None if they do not agree.

    Numbers such as 1,249.50 and amounts with exactly two decimals count; one sign must lead by four to one.
    """
    votes = {".": 0, ",": 0}
    for match in _BOTH_SIGNS.finditer(text):
        votes[match.group(2)] += 4
    for match in _CENTS.finditer(text):
        votes[match.group(1)] += 1
    best, other = (".", ",") if votes["."] >= votes[","] else (",", ".")
    return best if votes[best] >= max(1, 4 * votes[other]) else None


@cache
def month_names(language: str | None = None) -> dict[str, int]:
    """Month numbers by name and abbreviation (lower case, no final dot), in one language or all common ones."""
    names = {"sept": 9}
    for tag in (language,) if language else _LANGUAGES:
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                for month, name in babel.dates.get_month_names(width, context, locale=tag).items():
                    names.setdefault(name.lower().rstrip("."), month)
    return {name: month for name, month in names.items() if not name.isdigit()}
