"""Signs of numbers: a minus, a hyphen, the dash of a range or of a list, the parentheses of accounts."""

from __future__ import annotations

import re

from .currency import mark_before

__all__ = ["dash_before", "is_minus", "is_trailing_minus", "sign_of_parentheses"]

_DASH = re.compile(r"(?P<lead>\n|[:=(]|\S|\A|\s{2})[ \u00a0]?[-–][ \u00a0]\Z")


def is_minus(text: str, position: int) -> bool:
    """True if ``text[position]`` is the minus of the number or currency behind it, no hyphen and no dash of a range."""
    if position < 0 or text[position : position + 1] not in ("-", "–"):
        return False
    before = text[max(0, position - 1) : position]
    return (
        not before
        or before.isspace()
        or before in "(:=|\u200e€$£¥₹"
        or bool(mark_before(text, position, touching=True))
    )


def dash_before(text: str, position: int) -> tuple[int, bool | None] | None:
    """Where a dash with a space behind it stands before a number, and whether it is a minus; None without a dash.

    It is one behind a colon or a column gap. Elsewhere, as in "Hotel - 350.00", nobody can tell; between two amounts
    it is the dash of a range, and then there is none.
    """
    match = _DASH.search(text[max(0, position - 5) : position])
    if match is None:
        return None
    dash = position - 2
    lead = match["lead"]
    if lead in (":", "=", "(") or (lead.isspace() and lead != "\n"):
        return dash, True
    if re.search(r"\d[ \u00a0]?\S{0,4}[ \u00a0]?\Z", text[max(0, dash - 8) : dash]):
        return None
    return dash, None


def is_trailing_minus(text: str, end: int) -> bool:
    """True if a minus of accounts follows the digits: 350.00-, but not 12.50-$15.00 or 100,-."""
    if text[end : end + 1] != "-":
        return False
    after = text[end + 1 : end + 2]
    if after and not (after.isspace() or after in ");|"):
        return False
    return not re.match(r"[ \u00a0]{0,2}\S{0,4}?\d", text[end + 1 : end + 8].split("\n", maxsplit=1)[0])


_LOSS = re.compile(
    r"\b(?:loss(?:es)?|less|minus|credit|discount|deficit|rebate|refund|verlust|abzgl|abzüglich|rabatt|gutschrift|perte|"
    r"pérdida|verlies|remise)\b[^.;]{0,40}\Z",
    re.I,
)


_IN_WORDS = re.compile(
    r"(?:hundred|thousand|million|billion|only|dollars?|euros?|pounds?|cents?|francs?|rupees|"
    r"\w*(?:hundert|tausend)\w*|millionen|pfund|franken|mille|millions?|mil|milioni?|honderd|duizend)\W*\Z",
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
    if not before or gap > 1 or "\t" in line[len(before) :] or before[-1] in ":=|" or _LOSS.search(before):
        return True
    if mark_before(text, start):
        return True
    if before[-1].isdigit() or before[-1] in ")%":
        return True
    if _IN_WORDS.search(before):
        return False
    return None
