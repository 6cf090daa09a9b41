"""What a passage says of one side of a contract, a claim must not say of the other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.tasks.answer.party_roles import exchanged_roles
from tests.conftest import passage_of

LEASE = (
    "The monthly rent is EUR 2,450. Subletting requires the written consent of the landlord. The tenant bears the cost "
    "of minor repairs up to EUR 120 per case. The landlord returns the deposit within six months."
)
MINUTES = (
    "Ms Keller reported that the migration is delayed. Mr Brandt proposed to engage a second supplier; the proposal "
    "was rejected by five votes to two."
)
VERTRAG = "Der Verkäufer liefert die Ware frei Haus bis zum 3. Mai. Der Käufer trägt die Kosten der Montage vor Ort."


@pytest.mark.parametrize(
    ("claim", "text", "who"),
    [
        ("The landlord bears the cost of minor repairs up to EUR 120 per case.", LEASE, "landlord"),
        ("Subletting requires the written consent of the tenant.", LEASE, "tenant"),
        ("Ms Keller proposed to engage a second supplier, and the proposal was rejected.", MINUTES, "Keller"),
        ("Der Verkäufer trägt die Kosten der Montage vor Ort.", VERTRAG, "verkaufer"),
        ("Der Käufer liefert die Ware frei Haus bis zum 3. Mai.", VERTRAG, "kaufer"),
    ],
)
def test_what_is_said_of_the_other_side_is_a_fault(claim: str, text: str, who: str) -> None:
    (fault,) = exchanged_roles(claim, [passage_of(text)])
    assert fault.startswith(who)


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("The tenant bears the cost of minor repairs up to EUR 120 per case.", LEASE),
        ("The lessee bears the cost of minor repairs up to EUR 120 per case.", LEASE),
        ("Minor repairs up to EUR 120 per case are borne by the tenant.", LEASE),
        ("The tenant gets the deposit back within six months.", LEASE),
        ("The tenant, not the landlord, bears the cost of minor repairs.", LEASE),
        ("The tenant must ask for the written consent of the landlord.", LEASE),
        ("Mr Brandt proposed to engage a second supplier.", MINUTES),
        ("Brandt proposed to engage a second supplier.", MINUTES),
        ("Mr Brandt proposed what Ms Keller reported.", MINUTES),
        ("The supplier is engaged.", MINUTES),
        ("Der Käufer trägt die Kosten der Montage.", VERTRAG),
        ("The landlord pays.", LEASE),
    ],
)
def test_the_side_that_the_passage_names_and_other_words_for_it_are_none(claim: str, text: str) -> None:
    assert exchanged_roles(claim, [passage_of(text)]) == []


def test_a_sentence_that_says_it_of_both_is_no_exchange() -> None:
    text = "The landlord bears the cost of major repairs. The tenant bears the cost of major repairs that he caused."
    assert exchanged_roles("The landlord bears the cost of major repairs.", [passage_of(text)]) == []


@given(st.lists(st.sampled_from([*LEASE.split(), *MINUTES.split(), *VERTRAG.split()]), min_size=1, max_size=30))
def test_a_copied_text_exchanges_nothing(words: list[str]) -> None:
    text = " ".join(words)
    assert exchanged_roles(text, [passage_of(text)]) == []
