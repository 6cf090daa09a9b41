"""What a cell of a workbook shows of a day or a time."""

from __future__ import annotations

import datetime
import re
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from .cell_tokens import literal, unit_of

__all__ = ["Moment", "date_of", "shown_moment"]

_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Moment(NamedTuple):
    """A date value: its calendar date (None for a time alone) and its seconds."""

    date: datetime.date | None
    seconds: Decimal  # of the day
    total: Decimal

    @classmethod
    def of(cls, value: float, epoch_1904: bool) -> Moment | None:
        """Return the moment of a serial number of days; None if there is none."""
        total = (Decimal(repr(value)) * 86400).quantize(Decimal("0.001"), ROUND_HALF_UP)
        days, seconds = divmod(total, 86400)
        if value < 0:
            return cls(None, abs(total) % 86400, total)
        try:
            return cls(date_of(int(days), epoch_1904), seconds, total)
        except OverflowError:
            return None

    def rounded(self, decimals: int) -> Moment:
        """The moment to so many decimals of a second: a cell shows the nearest second."""
        total = self.total.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
        days = total // 86400 - self.total // 86400 if self.date else 0
        date = self.date + datetime.timedelta(int(days)) if self.date and days else self.date
        return Moment(date, abs(total) % 86400, total)


def date_of(days: int, epoch_1904: bool = False) -> datetime.date:
    """Return the date of a day's number. Raises OverflowError if it is beyond the calendar."""
    if epoch_1904:
        return datetime.date(1904, 1, 1) + datetime.timedelta(days)
    # The workbook calendar has a 29th of February 1900.
    return datetime.date(1899, 12, 31 if days < 60 else 30) + datetime.timedelta(days)


def shown_moment(moment: Moment, tokens: tuple[str, ...]) -> str:
    """Return a moment as a format writes it; a whole date as in ISO 8601."""
    units = [unit for token in tokens if (unit := unit_of(token))]
    letters = "".join(unit[0] for unit in units)
    if "s" in letters or ("h" in letters and not {"y", "d"} & {*letters}):  # a day alone is never rounded to the next
        moment = moment.rounded(max((len(token.partition(".")[2]) for token in tokens if unit_of(token)), default=0))
    minutes = _minute_tokens(tokens)
    months = any(token[:1].lower() == "m" and index not in minutes for index, token in enumerate(tokens))
    if moment.date and "y" in letters and "d" in letters and months:
        clock = [
            (i, t) for i, t in enumerate(tokens) if i in minutes or t[:1].lower() in "hs[" or t in ("AM/PM", "A/P")
        ]
        if not any(unit[0] in "hs" for unit in units):
            return moment.date.isoformat()
        seconds = any(token[:1].lower() == "s" for _, token in clock)
        hour, rest = divmod(int(moment.seconds), 3600)
        time = f"{hour:02}:{rest // 60:02}" + (f":{rest % 60:02}" if seconds else "")
        return f"{moment.date.isoformat()} {time}"
    text = " ".join("".join(_date_pieces(moment, tokens, minutes)).split())
    return f"-{text}" if moment.total < 0 and re.search(r"[1-9]", text) and not text.startswith("-") else text


def _minute_tokens(tokens: tuple[str, ...]) -> set[int]:
    """Return the places of the ``m`` that mean minutes: those after hours or before seconds."""
    timed = [(index, unit_of(token)) for index, token in enumerate(tokens) if unit_of(token)]
    found = set()
    for position, (index, unit) in enumerate(timed):
        if unit[0] != "m" or len(unit) > 2:
            continue
        before = timed[position - 1][1][0] if position else ""
        after = timed[position + 1][1][0] if position + 1 < len(timed) else ""
        if before == "h" or after == "s" or tokens[index].startswith("["):
            found.add(index)
    return found


def _date_pieces(moment: Moment, tokens: tuple[str, ...], minutes: set[int]) -> list[str]:
    half = any(token.upper() in ("AM/PM", "A/P") for token in tokens)
    seconds = int(moment.seconds)
    hour, minute, second = seconds // 3600, seconds // 60 % 60, seconds % 60
    pieces = []
    total = abs(moment.total)
    sign = "-" if moment.total < 0 else ""
    for index, token in enumerate(tokens):
        unit = unit_of(token)
        if token.startswith("[") and unit:
            size = {"h": 3600, "m": 60, "s": 1}[unit[0]]
            pieces.append(f"{sign}{int(total // size):0{len(unit)}}")
        elif token.upper() in ("AM/PM", "A/P"):
            pieces.append("AM" if hour < 12 else "PM")
        elif not unit:
            pieces.append(literal(token))
        elif unit[0] == "h":
            pieces.append(f"{(hour % 12 or 12) if half else hour:0{min(len(unit), 2)}}")
        elif index in minutes:
            pieces.append(f"{minute:0{len(unit)}}")
        elif unit[0] == "s":
            decimals = len(token.partition(".")[2])
            fraction = f"{moment.seconds % 1:.{decimals}f}"[1:] if decimals else ""
            pieces.append(f"{second:0{min(len(unit), 2)}}{fraction}")
        else:
            pieces.append(_calendar_piece(moment.date, unit))
    return pieces


def _calendar_piece(date: datetime.date | None, unit: str) -> str:
    if date is None:
        return ""
    if unit[0] == "y":
        return f"{date.year:04}" if len(unit) > 2 else f"{date.year % 100:02}"
    if unit[0] == "m":
        name = _MONTHS[date.month - 1]
        forms = {1: str(date.month), 2: f"{date.month:02}", 3: name[:3], 5: name[0]}
        return forms.get(len(unit), name)
    day = _DAYS[date.weekday()]
    return {1: str(date.day), 2: f"{date.day:02}", 3: day[:3]}.get(len(unit), day)
