"""How numbers and dates are written: as the task declares, else as the document itself shows."""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

import babel
import babel.numbers
from pydantic import BaseModel, ConfigDict, field_validator

__all__ = ["DateOrder", "Locale", "decimal_sign_of"]

DateOrder = Literal["dmy", "mdy", "ymd"]
_BOTH_SIGNS = re.compile(r"(?<![\w.,])\d{1,3}(?:([.,])\d{3})+(?!\1)([.,])\d{1,2}(?![\w.,]*\d)")
_MARKED = re.compile(
    r"(?:€|£|\$|₹|RM|EUR|USD|GBP|CHF)[ \u00a0]?-?\d+([.,])\d{2}(?![.,]?\d)"
    r"|(?<![\w.,])\d+([.,])\d{2}[ \u00a0]?(?:€|£|\$|EUR|USD|GBP|CHF)(?!\w)"
)
# A number with two decimals may also be a clause, a version or a time.
_CENTS = re.compile(
    r"(?<![\w.,/:§-])(?<!Nr\.)(?<!No\.)\d+([.,])\d{2}(?![.,/:-]?\w)"
    r"(?![ \u00a0]?(?:%|‰|Uhr|h\b|am\b|pm\b|a\.m|p\.m|percent|Prozent))"
)
_DAY = re.compile(r"(?:0?[1-9]|[12]\d|3[01])[.,](?:0[1-9]|1[0-2])")  # 24.12. may be a day
_JOINED = re.compile(r"\d[.,]\d{2}[.]?[ ]?[-–][ ]?\d{1,2}[.,]\d{2}")  # 10.30 - 12.45 may be times
_NO_AMOUNT_BEFORE = re.compile(
    r"(?:§|Ziffer|Ziff|Nummer|Nr|No|Abschnitt|Abs|Artikel|Art|Kapitel|Punkt|Anlage|Ausgabe|Version|Release|Clause|Section|"
    r"Article|Paragraph|Chapter|Schedule|Annex|Exhibit|Figure|Table|Abbildung|Tabelle|um|at|ab|bis|von)\.?\s*\Z",
    re.I,
)
_MOST_CENTS_VOTES = 400


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

    @property
    def groups_by_spaces(self) -> bool:
        """True if the declared language groups digits by spaces."""
        return bool(self.language) and str(babel.numbers.get_group_symbol(self.language)).isspace()

    @property
    def order_of_dates(self) -> DateOrder | None:
        """The order of numeric dates: the declared one, else that of the declared language, else None."""
        return self.date_order or _order_of_language(self.language)

    def decimal_for(self, text: str) -> str | None:
        """The decimal sign: the declared one, else that of the declared language, else the document's, else None."""
        if self.decimal:
            return self.decimal
        if self.language:
            sign = str(babel.numbers.get_decimal_symbol(self.language))
            return "." if sign == "٫" else sign
        return decimal_sign_of(text)


@cache
def _order_of_language(language: str | None) -> DateOrder | None:
    """The order in a language that has one (CLDR). English has two: en alone says nothing, en_GB does."""
    if language is None or language == "en":
        return None
    pattern = str(babel.Locale.parse(language).date_formats["short"].pattern)
    letters = "".join(dict.fromkeys(re.findall(r"[dMy]", pattern))).lower()
    return letters if letters in ("dmy", "mdy", "ymd") else None  # type: ignore[return-value]


def decimal_sign_of(text: str) -> str | None:
    """The decimal sign that the unambiguous numbers in ``text`` use; None if they do not agree.

    Numbers such as 1,249.50 and amounts with a currency count four votes, plain numbers with two decimals one; a single
    plain number decides nothing, because it may be a clause or a time. One sign must lead by four to one.
    """
    votes = {".": 0, ",": 0}
    for match in _BOTH_SIGNS.finditer(text):
        votes[match.group(2)] += 4
    for match in _MARKED.finditer(text):
        votes[match.group(1) or match.group(2)] += 4
    for count, match in enumerate(_CENTS.finditer(text)):
        if count > _MOST_CENTS_VOTES:
            break
        if not (
            _DAY.fullmatch(match.group())
            or _is_joined(text, match)
            or _NO_AMOUNT_BEFORE.search(text, max(0, match.start() - 16), match.start())
            or _heads_a_line(text, match)
        ):
            votes[match.group(1)] += 1
    best, other = (".", ",") if votes["."] >= votes[","] else (",", ".")
    return best if votes[best] >= max(2, 4 * votes[other]) else None


def _is_joined(text: str, match: re.Match[str]) -> bool:
    """True if a dash joins the number to another one, as it joins times: 10.30 - 12.45."""
    return any(
        joined.start() < match.end() and match.start() < joined.end()
        for joined in _JOINED.finditer(text, max(0, match.start() - 10), match.end() + 10)
    )


def _heads_a_line(text: str, match: re.Match[str]) -> bool:
    """True for 4.10 Liability: a clause number before its heading."""
    begins = match.start() == 0 or text[match.start() - 1] == "\n"
    after = text[match.end() : match.end() + 4].lstrip(" \t")
    return begins and after[:1].isupper()
