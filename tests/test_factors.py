"""The quantity and the price of a row that a model exchanged."""

from __future__ import annotations

from typing import Any

import pytest

from ringfence.tasks import prepare
from ringfence.tasks.extract.answer import Answer
from ringfence.tasks.extract.factors import flag_exchanged_factors
from ringfence.tasks.extract.merge import gather
from tests.conftest import document_of, task_of


def flags_of(row: str, written: str, quantity: str = "quantity", price: str = "unit_price") -> list[list[str]]:
    """The flags of quantity and price in the one row of a paper, for which the model ``written`` this."""
    number: dict[str, Any] = {"kind": "number"}
    fields = {"item": {"kind": "text"}, quantity: number, price: number, "amount": number}
    task = task_of(lines={"kind": "list", "fields": fields})
    prepared = prepare(task, document_of(f"Item   Price   Pieces   Amount\n{row}\n"))
    answer: Answer = gather(task, [prepared.plan().read(f"\n- {written}\n")])
    flag_exchanged_factors(prepared, answer.fields)
    return [answer.fields[f"lines[0].{leaf}"].flags for leaf in (quantity, price)]


EXCHANGED = [["exchanged"], ["exchanged"]]
SPADE = "Spade | 9.90 | 20 | 198.00"


@pytest.mark.parametrize(
    "row",
    [
        "Spade   9.90   20 pcs   198.00",
        "Spade   9.90   20 Stk   198.00",
        "Spade   20 kg   9.90   198.00",
        "Spade   9.90 EUR   20 pieces   198.00",
    ],
)
def test_a_unit_behind_the_price_says_that_it_is_the_quantity(row: str) -> None:
    assert flags_of(row, SPADE) == EXCHANGED


@pytest.mark.parametrize(
    "row",
    [
        "Spade   9.90   20   198.00",
        "Spade   9.90 kg   20 EUR   198.00",
        "Spade   9.90 pcs   20 pcs   198.00",
        "Spade   9.90   20 %   198.00",
        "Spade   9.90   20 / pcs   198.00",
        "Spade   9.90   20 EUR/pcs   198.00",
        "Spade   9.90   20 ct   198.00",
    ],
)
def test_a_price_without_a_unit_or_a_quantity_with_one_says_nothing(row: str) -> None:
    assert flags_of(row, SPADE) == [[], []]


@pytest.mark.parametrize(
    ("quantity", "price", "found"),
    [
        ("menge", "einzelpreis", EXCHANGED),
        ("qty", "price_net", EXCHANGED),
        ("hours", "hourly_rate", EXCHANGED),
        ("width", "height", [[], []]),
        ("quantity", "weight", [[], []]),
    ],
)
def test_only_fields_of_a_quantity_and_a_price_are_compared(quantity: str, price: str, found: list[list[str]]) -> None:
    assert flags_of("Spade   9.90   20 pcs   198.00", SPADE, quantity, price) == found
