"""A claim that says what its source denies, or denies what it says."""

from __future__ import annotations

import pytest

from ringfence.tasks.answer.claims import Draft, code_faults
from ringfence.tasks.answer.negation import negation_faults
from ringfence.tasks.locale import Locale

from .conftest import passage_of


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("Smoking is allowed in the plant.", "Smoking is not allowed in the plant."),
        ("The fee is refundable.", "The fee is not refundable."),
        ("Der Mieter darf Haustiere halten.", "Der Mieter darf keine Haustiere halten."),
        ("Le locataire peut sous-louer le logement.", "Le locataire ne peut pas sous-louer le logement."),
        ("Notice need not be given in writing.", "Notice must be given in writing."),
        ("Run the pump dry.", "Never run the pump dry."),
        ("Die Kaution ist nicht verzinslich.", "Die Kaution ist verzinslich."),
        ("The supplier isn't liable for delays.", "The supplier is liable for delays, and for nothing else."),
        (
            "In winter the manager closes the outer gate at night, and guards don't patrol the northern fence hourly.",
            "In winter the manager closes the outer gate at night. Guards patrol the northern fence hourly.",
        ),
    ],
)
def test_the_contrary_of_the_source_is_a_fault(claim: str, text: str) -> None:
    assert any(
        fault.startswith("negation: ") for fault in code_faults(Draft(claim, (0,)), "", [passage_of(text)], Locale())
    )


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("The fee is not refundable.", "The fee is not refundable."),
        ("Pets are allowed.", "Pets are allowed, but cats are not."),
        ("Cats are not allowed.", "Pets are allowed, but cats are not allowed."),
        ("Smoking is prohibited in the plant.", "Smoking is not allowed in the plant."),
        ("The tenant may sublet the flat.", "The tenant may sublet the flat. The tenant may not sublet the garage."),
        ("The seller does not pay taxes.", "Taxes are not paid by the seller."),
        ("Delivery takes at most five days.", "Delivery takes not more than five days."),
        ("The report covers the plant.", "The report covers not only the plant but the office."),
        ("It is large and not allowed.", "It is large. It is allowed."),
        ("The supplier is excluded from assigning the contract.", "The supplier may not assign the contract."),
        ("The fee is void.", "The fee is not void of sense."),
    ],
)
def test_what_the_source_says_in_one_of_its_parts_is_none(claim: str, text: str) -> None:
    assert negation_faults(claim, text) == []
