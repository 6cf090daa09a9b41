"""The numbers of the items of lists on web pages, as the types of HTML write them."""

from __future__ import annotations

import re
from typing import Any

from .word_numbers import letters, roman

__all__ = ["numbers_of", "written"]


def numbers_of(parent: Any, items: list[Any]) -> dict[Any, int]:
    """The numbers of the items of a list."""
    reverse = parent.get("reversed") is not None
    start = _whole(parent.get("start"))
    count = (len(items) if reverse else 1) if start is None else start
    numbers = {}
    for one in items:
        own = _whole(one.get("value"))
        numbers[one] = count = count if own is None else own
        count += -1 if reverse else 1
    return numbers


def written(number: int, form: str) -> str:
    """A number of an item as a type of HTML writes it: 1, a, A, i or I."""
    forms = {"a": letters(number), "A": letters(number).upper(), "i": roman(number).lower(), "I": roman(number)}
    return forms.get(form, str(number)) or str(number)


def _whole(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"\s*-?\d{1,9}\s*", text) else None
