"""The quantity and the price of a row that a model exchanged."""

from __future__ import annotations

from typing import Any

import pytest

from ringfence.tasks import prepare
from ringfence.tasks.extract.answer import Answer
from ringfence.tasks.extract.factors import with_factors_in_place
from ringfence.tasks.extract.merge import gather
from tests.conftest import document_of, task_of


def answer_of(row: str, written: str, **kinds: str) -> Answer:
    """The answer for a paper with one row, for which the model ``written`` this; ``kinds`` are those of two fields."""
    kinds = kinds or {"quantity": "number", "unit_price": "number"}
    numbers = {name: {"kind": kind} for name, kind in {**kinds, "amount": "number"}.items()}
    task = task_of(lines={"kind": "list", "fields": {"item": {"kind": "text"}, **numbers}})
    prepared = prepare(task, document_of(f"Item   Price   Pieces   Amount\n{row}\n"))
    return with_factors_in_place(prepared, gather(task, [prepared.plan().read(f"\n- {written}\n")]))


def flags_of(row: str, written: str, quantity: str = "quantity", price: str = "unit_price") -> list[list[str]]:
    """The flags of quantity and price in the one row of a paper, for which the model ``written`` this."""
    found = answer_of(row, written, **{quantity: "number", price: "number"})
    return [found.fields[f"lines[0].{leaf}"].flags for leaf in (quantity, price)]


def factors_of(row: str, written: str, **kinds: str) -> list[Any]:
    """The quantity and the price of the one row of a paper, after the program exchanged them where it had to."""
    answer = answer_of(row, written, **kinds)
    return [answer.values["lines"][0][leaf] for leaf in ("quantity", "unit_price")]


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


def test_numbers_that_are_exchanged_are_put_in_their_places_with_their_evidence() -> None:
    row = "Spade   9.90   20 pcs   198.00"
    assert factors_of(row, SPADE) == ["20", "9.90"]
    answer = answer_of(row, SPADE)
    assert [answer.fields[f"lines[0].{leaf}"].raw for leaf in ("quantity", "unit_price")] == ["20", "9.90"]


def test_a_number_and_an_amount_of_money_are_only_flagged() -> None:
    kinds = {"quantity": "number", "unit_price": "money"}
    row, written = "Spade   9.90   20.00 kg   198.00", "Spade | 9.90 | 20.00 | 198.00"
    assert factors_of(row, written, **kinds) == ["9.90", {"amount": "20.00", "currency": None}]
    assert answer_of(row, written, **kinds).fields["lines[0].unit_price"].flags == ["exchanged"]


@pytest.mark.parametrize(
    ("row", "written"),
    [
        ("Apples   3   2.49 kg   7.47", "Apples | 3 | 2.49 | 7.47"),
        ("Advice   3   90.00 h   270.00", "Advice | 3 | 90.00 | 270.00"),
        ("Sand   2 Sack   15.00 kg   30.00", "Sand | 2 | 15.00 | 30.00"),
        ("Tea   2 15.00 Box of tea   30.00", "Tea | 2 | 15.00 | 30.00"),
    ],
)
def test_a_price_with_a_unit_stays_where_it_has_more_decimals(row: str, written: str) -> None:
    found = answer_of(row, written)
    assert factors_of(row, written) == written.split(" | ")[1:3]
    assert found.fields["lines[0].quantity"].flags == []


def test_numbers_with_as_many_decimals_are_only_flagged() -> None:
    row, written = "Apples   2.50   3.00 kg   7.50", "Apples | 2.50 | 3.00 | 7.50"
    assert factors_of(row, written) == ["2.50", "3.00"]
    assert answer_of(row, written).fields["lines[0].quantity"].flags == ["exchanged"]
