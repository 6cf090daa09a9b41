"""Signs of numbers: a minus, a hyphen, the dash of a range or of a list, the parentheses of accounts."""

from __future__ import annotations

import re
from itertools import accumulate

from .characters import has_cents_at
from .currency import mark_after, mark_before

__all__ = [
    "dash_before",
    "has_sign_apart",
    "is_lone_parenthesis",
    "is_minus",
    "minus_before",
    "parentheses_around",
    "side_of_account",
    "sign_of_parentheses",
    "trailing_minus",
    "word_minus",
]

_DASH = re.compile(r"(?P<lead>\n|\t|[:=(]|\S|\A|\s{2})[ \u00a0]?[-–][ \u00a0]\Z")


def is_minus(text: str, position: int) -> bool:
    """True if ``text[position]`` is the minus of the number or currency behind it, no hyphen and no dash of a range."""
    if position < 0 or text[position : position + 1] not in ("-", "–"):
        return False
    before, further = text[max(0, position - 1) : position], text[max(0, position - 2) : position - 1]
    return (
        not before
        or before.isspace()
        or before in _OPENS
        or (before == "*" and _BOLD.search(text[max(0, position - 4) : position]) is not None)
        or (before == "," and not further.isdigit() and not mark_before(text, position - 1, touching=True))
        or (before in _QUOTES and not _CLOSED.search(further))
        or bool(mark_before(text, position, touching=True))
    )


def minus_before(text: str, start: int) -> int | None:
    """The place of the minus right before ``start``, also with an invisible mark between; None without one."""
    position = start - 1
    while position >= 0 and text[position] == "\u200e":
        position -= 1
    return position if is_minus(text, position) else None


_APART = re.compile(
    r"(?:\A|[\s|(:=*\u200e])(?P<dash>--?)(?P<gap>[ \u00a0\t|\u200e]{0,40})"
    r"(?:(?P<mark>[^\s\d|.,()-]{1,4})(?P<more>[ \u00a0\t|\u200e]{0,40}))?\Z|[:=][ \u00a0]?(?P<end>-)\n[ \u00a0]*\Z"
)


def has_sign_apart(text: str, start: int) -> bool:
    """True if a hyphen is the last ink before a number, but a wide gap, a wall of a table or a currency lie between.

    It is a minus as accounts print it in a cell, or the sign of the empty cell before.
    """
    found = _APART.search(text[max(0, start - 60) : start])
    if found is None or found["end"]:
        return found is not None
    if len(found["dash"]) > 1:
        return re.match(r"\d+[.,]\d", text[start : start + 24]) is not None  # --12.50, but --1---- of a timetable
    if (sign := found["mark"]) and mark_before(f"{sign} ", len(sign) + 1) is None:
        return False
    between = found["gap"] + (found["more"] or "")
    return len(between) > (2 if sign else 1) or between.strip(" \u00a0") != ""


_REACH = 40  # characters between a parenthesis and its number


def parentheses_around(text: str, start: int, end: int) -> tuple[int | None, int | None]:
    """The places of the parentheses before ``start`` and behind ``end``, across blanks, walls and invisible marks."""
    first, last = start - 1, end
    while first >= max(0, start - _REACH) and text[first] in " \u00a0\t|\u200e":
        first -= 1
    while last < min(len(text), end + _REACH) and text[last] in " \u00a0\t|\u200e":
        last += 1
    opens = first >= 0 and text[first] == "("
    return first if opens else None, last if text[last : last + 1] == ")" else None


def is_lone_parenthesis(text: str, opens: int | None, closes: int | None) -> bool:
    """True if only one of two parentheses around a number is there, and the other one nowhere near."""
    if opens is not None and closes is None:
        depths = accumulate({"(": 1, ")": -1}.get(character, 0) for character in text[opens : opens + 400])
        return 0 not in depths
    if closes is not None and opens is None:
        line = text[text.rfind("\n", 0, closes) + 1 : closes]
        before = text[max(0, closes - 400) : closes]
        return "(" not in line and before.rfind("(") <= before.rfind(")")
    return False


_OPENS = "(:=|\u200e€$£¥₹[{;<>•·~→`„«‹@…"  # a dash behind one of these begins a number
_QUOTES = "\"'“”»"  # and behind these, unless they close something: "-12.50", but 5"-10"
_BOLD = re.compile(r"(?:\A|[\s|])\*{1,2}\Z")  # **-12.50**, and no ****-1234 of a card
_CLOSED = re.compile(r"[\w)\]}%.]\Z")


def dash_before(text: str, position: int) -> tuple[int, bool | None] | None:
    """Where a dash with a space behind it stands before a number, and whether it is a minus; None without a dash.

    It is one behind a colon or a column gap. Elsewhere, as in "Hotel - 350.00", nobody can tell; between two amounts
    it is the dash of a range, and then there is none.
    """
    match = _DASH.search(text[max(0, position - 5) : position])
    if match is None:
        touches = text[max(0, position - 1) : position] in ("-", "–") and position > 1
        return (position - 1, None) if touches and text[position - 2] in ")]}," + _QUOTES else None
    dash = position - 2
    lead = match["lead"]
    if lead in (":", "=", "(") or (lead.isspace() and lead != "\n"):
        return dash, True
    if re.search(r"\d[ \u00a0]?\S{0,4}[ \u00a0]?\Z", text[max(0, dash - 8) : dash]):
        return None
    return dash, None


def trailing_minus(text: str, end: int) -> bool | None:
    """True if a minus of accounts follows the digits: 350.00-; False for 12.50-$15.00, 100,- or 5-Zimmer.

    None if nobody can tell: 12,50-€, 3.00-A, or another number one space behind it.
    """
    if text[end : end + 1] not in ("-", "–"):
        return False
    after = text[end + 1 : end + 9].split("\n", maxsplit=1)[0]
    if not after:
        return True
    cents = has_cents_at(text, end)
    if cents and re.match(r"[A-Z]{1,2}[ \u00a0]*\Z", after):  # the code of a tax, or of a section
        return None
    if not after[0].isspace():
        if mark := mark_after(text, end + 1):
            return None if text[mark.end : mark.end + 1] in ("", " ", "\n", ".", ",", ")") else False
        return cents and after[0] in ")|\"'”]};"
    if re.match(r"[ \u00a0](?:[^\w\s]{1,2}|[A-Z]{3}[ \u00a0])?\d", after):
        return None if cents else False
    return text[end] == "-" or re.match(r"[ \u00a0]{2}|[ \u00a0]*\Z", after) is not None


_LAST = r"(?=[ \u00a0]*(?:\n|\Z|\|)|[ \u00a0]{2}|[),;])"  # nothing follows in the column
_SIDE = re.compile(  # credit, debit, overdrawn
    r"[ \u00a0]{0,6}\|?[ \u00a0]{0,3}(?:\((?:[CcDd][Rr]|[SHCD-])\)|(?:CR|DR|Cr|Dr|cr|dr)(?![\w.]|[ ][A-Z][a-z])"
    rf"|(?:[CcDd][Rr]\.|O/?D|DB|Db){_LAST})"
)
_SIDES = {
    "de": re.compile(rf"[ \u00a0]{{1,6}}(?:Soll|Haben|SOLL|HABEN|[SH]){_LAST}"),
    "nl": re.compile(rf"[ \u00a0]{{1,6}}(?:[Aa]f|AF|[Bb]ij|BIJ){_LAST}"),
    "pl": re.compile(rf"[ \u00a0]{{1,6}}(?:Wn|Ma|WN|MA){_LAST}"),
}
_BRAZILIAN_SIDE = re.compile(rf"[ \u00a0]{{1,6}}[DC]{_LAST}")
_SIDE_BEFORE = re.compile(r"(?:\A|\n|[ ]{2}|\|[ ]?|\()(?:DR|Dr|CR|Cr|OD|Soll|Haben|-)[):.]{0,2}[ \u00a0]{1,3}\Z")


def side_of_account(text: str, start: int, end: int, language: str | None, money: bool = True) -> bool:
    """True if one side of an account is named beside the amount ``text[start:end]``: 25,000.00 Cr, 45,67 Af.

    Which side is negative depends on whose account it is. For a number that is no
    money, H and S count only behind grouped digits with cents.
    """
    amount = text[start:end]
    if not re.search(r"\d[.,' \u00a0]\d{2,3}(?!\d)", amount):
        return False
    if _SIDE.match(text, end) or _SIDE_BEFORE.search(text[max(0, start - 9) : start]):
        return True
    if not money and not re.search(r"\d[.']\d{3},\d{2}\Z", amount):  # 7,50 H are hours
        return False
    own = _SIDES.get((language or "de")[:2])  # H and S stand behind German amounts, whatever the language is said to be
    if own and own.match(text, end) and (language or re.search(r",\d{2}\D{0,5}\Z", amount)):
        return re.search(r"[.,]\d{2}\D{0,5}\Z", amount) is not None
    return "R$" in amount and _BRAZILIAN_SIDE.match(text, end) is not None


def word_minus(text: str, position: int) -> bool:
    """True if a word or a sign for minus, such as ./. or ▲, stands before the number at ``position``."""
    return _WORD_MINUS.search(text[max(0, position - 16) : position]) is not None


_WORD_MINUS = re.compile(
    r"(?:(?<!au )(?<!al )(?<!ao )(?<!elo )(?<! lo )\b(?:minus|moins|menos|meno)[ \u00a0]{1,3}"  # not: au moins
    r"|\.[ \u00a0]?/[ \u00a0]?\.[ \u00a0]{0,2}|[▲△▼÷][ \u00a0]?)\Z",
    re.I,
)


_LOSS = re.compile(
    r"\A\W*(?:net |total )?(?:loss(?:es)?|income \(loss\)|verlust|perte|pérdida|verlies|deficit|fehlbetrag|abzgl|"
    r"abzüglich|less(?! than)|minus|(?:jahres|netto)\w*fehlbetrag|\w*verlust)\b[^.;]{0,40}\Z",
    re.I,
)
_IN_WORDS = re.compile(
    r"(?:hundred|thousand|million|billion|only|dollars?|euros?|pounds?|sterling|cents?|francs?|rupees|reais|kronor|kroner|"
    r"zloty|pesos|yen|pence|"
    r"\w*(?:hundert|tausend)\w*|millionen|pfund|franken|mille|millions?|mil|milioni?|honderd|duizend)[\W]*\Z",
    re.I,
)


def sign_of_parentheses(text: str, start: int) -> bool | None:
    """Whether an amount in parentheses that open at ``text[start]`` is negative; None if nobody can tell.

    In a column, or behind a colon or a loss, it is: accounts write -1,250.00 as (1,250.00). Behind an amount in words
    it is not: Five Thousand Dollars (USD 5,000.00).
    """
    line = text[text.rfind("\n", 0, start) + 1 : start]
    before = line.rstrip()
    gap = len(line) - len(before)
    if _IN_WORDS.search(before):
        return False
    if not before or gap > 1 or "\t" in line[len(before) :] or before[-1] in ":=|" or _LOSS.search(before):
        return True
    mark = mark_before(text, start)
    if mark and not re.search(r"\d[ \u00a0]?\Z", text[max(0, mark.start - 2) : mark.start]):
        return True
    return None
