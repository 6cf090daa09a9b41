"""Short letters of three looks, with gold: what a ranker learns from in tests."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ringfence.contracts import GoldLine
from tests.conftest import task_of

__all__ = ["TASK", "gold_of", "letter", "write_labelled", "write_letters"]

TASK = task_of(
    locale={"date_order": "dmy", "decimal": "."},
    seller={"kind": "text", "description": "who sells"},
    day={"kind": "date", "description": "date of the invoice"},
    total={"kind": "money", "description": "the total"},
)
_NAMES = ("Nordwind", "Hansa", "Alster", "Brocken", "Kiel", "Spree", "Havel", "Lahn", "Isar", "Elbe", "Saale", "Weser")


def letter(number: int) -> str:
    """A letter; its look is ``number % 3``. Every look has a wrong date and a wrong amount before the right one."""
    seller, day, due = f"{_NAMES[number % 12]} {number} GmbH", f"{1 + number % 27:02}.03.2024", "28.11.2024"
    net, total = f"{100 + number}.00", f"{200 + 3 * number}.50"
    if number % 3 == 0:
        return (
            f"To Ms Example\nDue: {due}\nSeller: {seller}\nInvoice date: {day}\nNet   {net} EUR\nTotal   {total} EUR\n"
        )
    if number % 3 == 1:
        return f"Payable until {due}\n{seller}\nDate of invoice {day}\nSum {net} EUR\nGrand total {total} EUR\nThanks\n"
    return f"INVOICE\nfrom   {seller}\ndue   {due}\nissued   {day}\nbefore tax   {net} EUR\nto pay   {total} EUR\n"


def gold_of(number: int) -> dict[str, Any]:
    """The gold of a letter."""
    return {
        "seller": f"{_NAMES[number % 12]} {number} GmbH",
        "day": f"2024-03-{1 + number % 27:02}",
        "total": {"amount": f"{200 + 3 * number}.50", "currency": "EUR"},
    }


def write_letters(folder: Path, count: int) -> tuple[Path, Path]:
    """Write ``count`` letters and their gold; return the folder of the letters and the gold file."""
    gold = folder / "gold.jsonl"
    return write_labelled(
        folder / "letters", gold, [(letter(number), gold_of(number)) for number in range(count)]
    ), gold


def write_labelled(folder: Path, gold: Path, documents: Sequence[tuple[str, dict[str, Any]]]) -> Path:
    """Write texts into a new ``folder``, as 0.txt and so on, and their gold values; return the folder."""
    folder.mkdir()
    with gold.open("w", encoding="utf-8") as file:
        for number, (text, values) in enumerate(documents):
            (folder / f"{number}.txt").write_text(text, encoding="utf-8")
            file.write(json.dumps(GoldLine(document=f"{number}.txt", values=values).as_json()) + "\n")
    return folder
