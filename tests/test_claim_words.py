"""What a claim says in words that no passage puts together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.tasks.answer.claim_words import loose_words

BANK = "The central bank raised its key rate to 4 percent in March. Its governor warned that prices may rise further."
CITY = "Seven bridges cross the river between the old town and the harbour. The oldest was built of stone in 1480."


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ("The central bank raised its key rate to 4 percent in March.", BANK),
        ("In March, the key rate of the central bank was raised to 4 percent by the bank.", BANK),
        ("Between the harbour and the old town, the river is crossed by seven bridges.", CITY),
        ("The oldest of the bridges across the river was built of stone in the year 1480.", CITY),
        ("Rates rose.", BANK),
        ("The bridge is old.", CITY),
        (
            "All faults and repairs have to be recorded in a log book kept by the operator of the plant.",
            "The operator of the plant keeps a log book in which all faults and repairs are entered.",
        ),
        ("", BANK),
    ],
)
def test_what_a_passage_says_may_be_said_in_its_words_in_another_order(claim: str, said: str) -> None:
    assert loose_words(claim, said, "") == []


@pytest.mark.parametrize(
    ("claim", "said", "loose"),
    [
        (
            "The central bank caused a severe economic downturn, followed by a decline of exports and imports.",
            BANK,
            "caused",
        ),
        (
            "The harbour was founded by merchants who came along the river from northern cities in 1480.",
            CITY,
            "founded",
        ),
        ("Elephants migrate northwards.", CITY, "Elephants"),
    ],
)
def test_what_is_made_up_around_a_few_words_of_a_passage_is_loose(claim: str, said: str, loose: str) -> None:
    assert loose in loose_words(claim, said, "What happened to the bank and the harbour?")


def test_words_of_the_question_tie_nothing_but_a_short_or_worked_out_claim() -> None:
    question = "Which merchants founded the harbour in the northern cities along the river?"
    claim = "Merchants founded the harbour in the northern cities along the river in 1480."
    assert loose_words(claim, CITY, question)
    assert not loose_words(claim, CITY, question, is_worked_out=True)
    assert not loose_words("Merchants founded it.", CITY, question)


WORDS = ["alpha", "beta", "gamma", "delta", "epsilon", "theta", "kappa", "12", "3.5"]


@given(st.lists(st.sampled_from(WORDS), max_size=30))
def test_a_copied_sentence_is_never_loose(words: list[str]) -> None:
    claim = " ".join(words)
    assert loose_words(claim, f"Before it. {claim}. Behind it.", "") == []


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=40), st.booleans())
def test_only_words_of_the_claim_are_named(claim: str, said: str, question: str, is_worked_out: bool) -> None:
    assert all(word in claim for word in loose_words(claim, said, question, is_worked_out))
