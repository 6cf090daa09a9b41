"""Bills with tables of three looks, with gold: what a ranker learns of lists from in tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.conftest import task_of
from tests.letters import write_labelled

__all__ = ["BILL", "bill", "gold_of_bill", "write_bills"]

BILL = task_of(
    locale={"date_order": "dmy", "decimal": "."},
    checks=["sum(lines.amount) == total", "lines.quantity * lines.price == lines.amount"],
    total={"kind": "money", "description": "the total"},
    lines={
        "kind": "list",
        "description": "what was sold",
        "fields": {
            "name": {"kind": "text", "description": "name of the article"},
            "quantity": {"kind": "number"},
            "price": {"kind": "number", "description": "price of one"},
            "amount": {"kind": "number"},
        },
    },
)
_COLOURS = ("red", "green", "blue", "black", "white", "grey", "brown")
_THINGS = ("Hammer", "Pliers", "Ladder", "Bucket", "Shovel", "Rope", "Brush", "Torch", "Saw", "Drill", "Vice")


def _lines(number: int) -> list[tuple[str, int, int]]:
    """Name, quantity and price of each line of a bill."""
    found = []
    for row in range(1 + number * 7 % 4):
        name = f"{_THINGS[(3 * number + row) % 11]} {_COLOURS[(number + 2 * row) % 7]}"
        found.append((name, 2 + (5 * number + row) % 8, 11 + (13 * number + 29 * row) % 60))
    return found


def bill(number: int) -> str:
    """A bill; its look is ``number % 3``. Every look has a line before and after the table that looks like an item."""
    lines, total = _lines(number), sum(quantity * price for _, quantity, price in _lines(number))
    if number % 3 == 0:
        head = f"Order {4000 + number}   3 parcels   12.00 kg\n\nArticle   Quantity   Price   Amount\n"
        rows = [f"{name}   {many}   {price}.00   {many * price}.00\n" for name, many, price in lines]
        return f"{head}{''.join(rows)}\nTotal   {total}.00 EUR\nParcels   3   4.00   12.00\n"
    if number % 3 == 1:
        head = f"Bill {4000 + number}\nWeight   2   6.00   12.00\n\nNo   Pieces   What   Each   Sum\n"
        rows = [
            f"{place}   {many}   {name}   {price}.00   {many * price}.00\nfrom stock, box {20 + place}\n"
            for place, (name, many, price) in enumerate(lines, 1)
        ]
        return f"{head}{''.join(rows)}\nTo pay   {total}.00 EUR\nThanks for 2 orders of 6.00 and 12.00\n"
    head = f"Delivery {4000 + number} of 3 parcels, 4.00 each, 12.00\n\nCode   Price   Pieces   Amount\nName\n\n"
    rows = [
        f"X{100 + place}   {price}.00   {many} pcs   {many * price}.00\n{name}\n\n"
        for place, (name, many, price) in enumerate(lines, 1)
    ]
    return f"{head}{''.join(rows)}Sum   {total}.00 EUR\nParcels   4.00   3 pcs   12.00\nThanks\n"


def gold_of_bill(number: int) -> dict[str, Any]:
    """The gold of a bill."""
    lines = _lines(number)
    return {
        "total": {"amount": f"{sum(many * price for _, many, price in lines)}.00", "currency": "EUR"},
        "lines": [
            {"name": name, "quantity": str(many), "price": f"{price}.00", "amount": f"{many * price}.00"}
            for name, many, price in lines
        ],
    }


def write_bills(folder: Path, count: int) -> tuple[Path, Path]:
    """Write ``count`` bills and their gold; return the folder of the bills and the gold file."""
    gold = folder / "gold.jsonl"
    return write_labelled(
        folder / "bills", gold, [(bill(number), gold_of_bill(number)) for number in range(count)]
    ), gold
