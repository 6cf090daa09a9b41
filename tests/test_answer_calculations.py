"""What the program works out for an answer, what it refuses to, and the places that it shows for it."""

from __future__ import annotations

import pytest

from ringfence.checker.answer import _is_result
from ringfence.tasks.answer.calculation import calculated, result_of
from ringfence.tasks.answer.claims import Draft, citation_of, code_faults, read_claims
from ringfence.tasks.locale import Locale
from tests.conftest import passage_of


def faults(sentence: str, text: str, question: str = "") -> list[str]:
    (draft,) = read_claims(sentence, [passage_of(text)], True)
    return code_faults(draft, question, [passage_of(text)], Locale())


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("200 - 10%", None),
        ("10% + 5", None),
        ("200 * (1 - 10%)", "180"),
        ("10% + 5%", "15"),
        ("200 * 10% - 5", "15"),
        ("1,250 + 2,5", "3,75"),
        ("1,250.50 + 2", "1252.5"),
        ("12 − 3", None),
    ],
)
def test_percents_are_added_to_percents_and_commas_agree(expression: str, result: str | None) -> None:
    assert result_of(expression) == result
    assert result is None or _is_result(expression, result)


def test_a_quotient_of_percents_stays_in_percent() -> None:
    said = "The rate of plan A is 4% and the rate of plan B is 6%."
    assert calculated("The average rate is {(4 + 6) / 2}%.", said)[0] == "The average rate is 5%."
    assert calculated("It rose by {(90 - 75) / 75}%.", "It rose from 75 to 90.")[0] == "It rose by 20%."
    assert calculated("It is {(4 + 75) / 75}%.", "It is 4% of 75.")[1] is None


def test_signs_of_print_are_signs_and_braces_that_stay_are_a_fault() -> None:
    text = "The first costs 12 euros and the second costs 3 euros."
    assert calculated("The difference is {12 − 3} euros.", text)[0] == "The difference is 9 euros."
    assert calculated("It is {3 × 12} euros.", text)[0] == "It is 36 euros."
    assert "calculation: {12 or 3}" in faults("The difference is {12 or 3} euros.", text)


def test_a_number_that_may_be_a_thousand_times_as_large_is_not_reckoned_with() -> None:
    german = "Das Teil wiegt 1,250 kg und ist das größte von den Teilen, die der Händler hat."
    assert calculated("Zwei wiegen {1,250 * 2} kg.", german)[1] is None
    assert calculated("Two weigh {1,250 * 2} kg.", "The part has 1,250 kg and is the largest of the lot.")[1]


def test_a_sum_is_of_like_units() -> None:
    text = "Revenue was 100 euros. The costs were 50 dollars. The tax was 20 euros."
    assert faults("The difference of revenue and costs is {100 - 50} euros.", text)
    assert faults("The difference of revenue and tax is {100 - 20} euros.", text) == []
    assert faults("The difference of revenue and tax is {100 - 20} dollars.", text)
    assert faults("The difference of revenue and tax is {100 - 20} million euros.", text)
    assert (
        faults("The rise is {91 - 70} million euros.", "The rise is from 70 million euros to 91 million euros.") == []
    )


def test_a_quotation_is_made_of_whole_words_in_any_quotation_marks() -> None:
    text = "The manual says that the valve is unsafe to open under pressure. Stop it."
    for left, right in ('""', "“”", "„“", "«»", "「」", "‚‘"):
        claim = f"The manual says that the valve is {left}safe to open{right} under pressure."
        assert code_faults(Draft(claim, (0,)), "", [passage_of(text)], Locale()), left
    assert code_faults(Draft('The manual says "go" of the valve.', (0,)), "", [passage_of(text)], Locale())
    assert code_faults(Draft('The manual says "stop it" of the valve.', (0,)), "", [passage_of(text)], Locale()) == []


def test_an_amount_that_only_the_question_states_is_a_fault() -> None:
    text = "The fine for late delivery is 3,000 euros."
    claim = "The fine for late delivery is 5,000 euros."
    assert faults(claim, text, "Is the fine for late delivery 5,000 euros?")
    assert faults("The fine for late delivery is 3,000 euros.", text, "Is the fine 5,000 euros?") == []


def test_the_place_beside_a_claim_has_its_numbers() -> None:
    text = f"The pump was bought by the plant. {'The plant has halls and people. ' * 4}Its weight is 350 kg."
    place = citation_of("The pump that the plant bought has 350 kg.", 1, passage_of(text))
    assert "350" in place.text
    (draft,) = read_claims("Two of the pumps weigh {350 * 2} kg.", [passage_of(text)], True)
    assert "700" in draft.text
    assert "350" in citation_of(draft.stated, 1, passage_of(text)).text
