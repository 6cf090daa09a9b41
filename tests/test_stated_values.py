"""What a claim says is looked up as a value with its unit, sign and scale; names by their words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.checker.summarise import numbers_missing
from ringfence.tasks.answer.calculation import calculated, result_of
from ringfence.tasks.answer.claims import Draft, code_faults, read_claims
from ringfence.tasks.evidence import as_document
from ringfence.tasks.locale import Locale
from ringfence.tasks.number_words import number_words
from ringfence.tasks.stated_dates import partial_dates, quarters
from ringfence.tasks.unsupported import unsupported
from tests.conftest import passage_of


def faults(claim: str, text: str, lead: str = "") -> list[str]:
    return code_faults(Draft(claim, (0,)), "", [passage_of(text, lead)], Locale())


STATED = [
    ("The plant cost EUR 7 million.", "The plant cost EUR 7,000,000."),
    ("The plant cost $3.4 million.", "The plant cost $3.4M."),
    ("The plant cost $1.8 billion.", "The plant cost $1.8bn."),
    ("Sales were EUR 2.5 million.", "Sales were EUR 2.5 and 2.1 million."),
    ("Der Ertrag war 300.000 Euro.", "Der Ertrag war 300 TEUR."),
    ("Le coût est de 3,4 millions d'euros.", "Le coût est de 3,4 M€."),
    ("The notice is 45 days.", "The notice is forty-five days."),
    ("The notice is sixty days.", "The notice is 60 days."),
    ("Die Frist ist 6 Monate.", "Die Frist ist sechs Monate."),
    ("The lease runs for 36 months.", "The lease runs for 3 years."),
    ("It opened in 2019.", "It opened on June 3, 2019."),
    ("It opened in June 2019.", "It opened on 2019-06-03."),
    ("It opened in June 2019.", "It opened in 06/2019."),
    ("It opens on 3 June.", "It opens on June 3, 2019."),
    ("Assets at June 30, 2018 were low.", "Assets at June 30, 2019 and 2018 were low."),
    ("Sales rose in Q3 2020.", "Sales rose in the third quarter of 2020."),
    ("Sales rose in fiscal 2020.", "Sales rose in FY20."),
    ("The shop shuts at 4 pm.", "The shop shuts at 16:00."),
    ("The coupon is 4.5%.", "The coupon is 4.500%."),
    ("Children aged 6 to 12 may join.", "Children aged 6-12 may join."),
    ("The motor has 400 V.", "The motor has 400V."),
    ("The panel is 30 x 40 cm.", "The panel is 30x40 cm."),
    ("Sales fell by 8 percent.", "The change in sales was -8%."),
    ("EN 1090 applies to it.", "EN 1090-2 applies to it."),
    ("This is the 14th report.", "This is the fourteenth report."),
    ("Berg and Tal built the bridge.", "Tal and Berg built the bridge."),
    ("Chairwoman Eva Lund spoke.", "Eva Lund, the chairwoman, spoke."),
    ("Mr. Lund spoke to them.", "Erik Lund spoke to them."),
    ("Erik Lund spoke to them.", "Erik B. Lund spoke to them."),
    ("The seller is Tal Ltd.", "The seller is Tal Limited."),
    ("The seller is O'Hara.", "The seller is O’Hara."),
    ("Owners of Tal agreed to it.", "Tal's owners agreed to it."),
    ("The WTO rejected it.", "The World Trade Organization rejected it."),
    ("Die Feier ist am 24. Dezember 2022.", "Die Feier ist am 24.12.2022."),
    (
        "Revenue rose from EUR 46.0 million in 2023 to EUR 52.7 million.",
        "It was EUR 52.7 million, after EUR 46.0 million in 2023.",
    ),
    ("The deductible is CHF 1'000.", "The deductible is CHF 1,000 per claim."),
    ("Le prix est de 1 000 euros.", "The price is EUR 1,000."),
    ("Part AB-1234/5 costs EUR 10.", "AB 1234/5   EUR 10"),
    ("It is certified to ISO 9001.", "Certified to ISO 9001-2015."),
    ("The lease starts on 1 May 2026 and ends on 30 April 2027.", "It runs from 1 May 2026; it ends on 30 April 2027."),
    ("The term ends on 1 May 2026.", "The term expires on 1 May 2026."),
    ("Net income was EUR 4 million.", "The net profit was EUR 4 million."),
]
NOT_STATED = [
    ("The plant cost EUR 7 million.", "The plant cost EUR 7 billion."),
    ("The plant cost EUR 7.", "The plant cost EUR 7 million."),
    ("The plant cost EUR 1,700 million.", "The plant cost EUR 1,700 thousand."),
    ("The plant cost $900.", "The plant cost €900."),
    ("The plant cost $900.", "The plant cost JPY 900."),
    ("The notice is 18 months.", "The notice is 18 days."),
    ("The notice is six months.", "The notice is nine months."),
    ("The rate is 4%.", "The rate is 4 basis points."),
    ("The bonus is EUR 6.", "The bonus is 6%."),
    ("The dose is 20 mg.", "The dose is 20 g."),
    ("The result was EUR 8 million.", "The result was EUR -8 million."),
    ("The chair has seven legs.", "The chair has four legs."),
    ("It opened in June 2019.", "It opened in July 2019."),
    ("Le bail commence en juin 2019.", "Le bail commence en août 2019."),
    ("It opens on 3 June.", "It opens on 4 June 2019."),
    ("Sales rose in Q3 2020.", "Sales rose in the fourth quarter of 2020."),
    ("The shop shuts at 4 pm.", "The shop shuts at 4 am."),
    ("The shop shuts at 17:45.", "The shop shuts at 18:45."),
    ("The motor has 400V.", "The motor has 230V."),
    ("The panel is 30x40 cm.", "The panel is 50x60 cm."),
    ("Section 3.1 applies.", "Section 3.10 applies."),
    ("Item 2(b) applies.", "Item 2(c) applies."),
    ("Order 2020-0099 was sent.", "Order 2020-0098 was sent."),
    ("Write to eva@tal.example now.", "Write to erik@tal.example now."),
    ("The steel is type 904L.", "The steel is type 316L."),
    ("Model TX20 was sold.", "Model TX200 was sold."),
    ("This is the 14th report.", "This is the 15th report."),
    ("The share is ¾ of it.", "The share is ½ of it."),
    ("The contract names Eva Tal.", "The contract names Eva Berg and Erik Tal."),
    ("The text says ‘the seller pays’.", "The text says the buyer pays."),
    ("Part AB-12345 costs EUR 10.", "Part AB-1234/5 costs EUR 10."),
    ("Part AB-1234 costs EUR 10.", "Part AB-1234/5 costs EUR 10."),
    ("The standard is EN 12464.", "Lighting follows EN 12464-1."),
    ("Revenue was EUR 2,023.", "It rose from EUR 46 million in 2023 to EUR 52 million."),
    ("The contract ends on 1 May 2026.", "The contract starts on 1 May 2026."),
    ("Der Vertrag endet am 1. Mai 2026.", "Der Vertrag beginnt am 1. Mai 2026."),
    ("The net income for the year was EUR 4 million.", "The net loss for the year was EUR 4 million."),
]


@pytest.mark.parametrize(("claim", "text"), STATED)
def test_the_same_fact_in_another_notation_is_stated(claim: str, text: str) -> None:
    assert faults(claim, text) == []
    assert list(numbers_missing(claim, text)) == [], "nor has the checker, which shares no code, anything against it"


@pytest.mark.parametrize(("claim", "text"), NOT_STATED)
def test_another_number_unit_sign_date_or_name_is_a_fault(claim: str, text: str) -> None:
    assert faults(claim, text)


def test_the_head_of_a_table_scales_the_numbers_below_it() -> None:
    assert faults("Sales were EUR 4,500,000.", "Sales | 4,500", lead="in thousands of EUR") == []
    assert faults("Sales were EUR 4,500 million.", "Sales | 4,500", lead="EUR million") == []
    assert faults("Sales were EUR 4,500.", "Sales | 4,500", lead="EUR million")


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Sie endet am 31. Mai 2022. Danach ruht sie.", ["Sie endet am 31. Mai 2022.", "Danach ruht sie."]),
        ("Im 3. Quartal stieg es auf 5 Mio. Euro. Gut.", ["Im 3. Quartal stieg es auf 5 Mio. Euro.", "Gut."]),
        ("It ends on Dec. 31, 2022. Then it rests.", ["It ends on Dec. 31, 2022.", "Then it rests."]),
        ("The limit is 5. The rest is free.", ["The limit is 5.", "The rest is free."]),
    ],
)
def test_a_day_or_an_abbreviation_ends_no_sentence(text: str, sentences: list[str]) -> None:
    assert [draft.text for draft in read_claims(text, [passage_of(text)], True)] == sentences


def test_a_minus_at_the_beginning_is_no_bullet() -> None:
    claims = read_claims("-4 °C is the lowest.\n- It is cold.", [passage_of("x")], True)
    assert [draft.text for draft in claims] == ["-4 °C is the lowest.", "It is cold."]


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("2,400 * 5%", "120"),
        ("7,5 - 2", "5,5"),
        ("1.250,50 + 250", "1500,5"),
        ("12,345,678.25 + 1,000", "12346678.25"),
        ("1,000,000,007 / 3", "333333335.67"),
        ("10 / 3", "3.33333"),
        ("$900 - €300", None),
        ("1.250 - 250", None),
        ("12 15", None),
        ("10 % 3", None),
    ],
)
def test_numbers_of_a_calculation_are_read_as_they_are_printed(expression: str, result: str | None) -> None:
    assert result_of(expression) == result


def test_a_quotient_in_front_of_a_percent_sign_is_one_of_hundreds() -> None:
    assert calculated("It rose by {(90 - 75) / 75}%.")[0] == "It rose by 20%."
    assert calculated("It rose by {(90 - 75) / 75 * 100} percent.")[0] == "It rose by 20 percent."


def test_a_calculation_may_use_months_and_hundreds_and_the_scale_of_its_result() -> None:
    def checked(claim: str, text: str) -> list[str]:
        (draft,) = read_claims(claim, [passage_of(text)], True)
        return code_faults(draft, "", [passage_of(text)], Locale())

    assert checked("The rent is {800 * 12} euros a year.", "The rent is 800 euros a month.") == []
    assert checked("It rose by {91 - 70} million euros.", "It rose from 70 million euros to 91 million euros.") == []
    assert checked("The rent is {800 * 13} euros a year.", "The rent is 800 euros a month.")
    assert checked("The rent is {1.250 - 250} euros.", "The rent is 1.250 euros, less 250 euros.")


def test_number_words_are_those_of_the_language_of_the_text() -> None:
    assert [found[2] for found in number_words("the first of twenty-four rooms, and once more")] == ["24"]
    assert [found[2] for found in number_words("das ist der Preis für vierundzwanzig Zimmer")] == ["24"]
    assert [found[2] for found in number_words("il y a quatre-vingts pages dans le livre")] == ["80"]


def test_parts_of_dates_and_quarters_are_found_where_they_stand() -> None:
    text = "From May 2021 and on 3 June, in the second quarter, H1 and 2Q23, he may 5 times."
    assert [(text[start:end], reading) for start, end, reading in partial_dates(text, [])] == [
        ("May 2021", "2021-05"), ("3 June", "--06-03"),
    ]  # fmt: skip
    assert [reading for _, _, reading in quarters(text)] == ["Q2", "H1", "Q2"]


WORDS = """
EUR $ € kr 1,250 1.250 12 2023 5.2 million Mio. % percent -5 (1,250) Q2 2nd third three twenty-four months days
24V 10x20 mm 17:30 AB-1234/5 § 5a ½ 1/2 FY23 2018-2020 3-5 km O'Neill US the of and drei Monate 500k 5M
info@a.com . , | ( ; 00123 2023-0045 12/345 kWh °C 2:1 1e6 ² – ISO 9001 Anna Meier Mr. Smith Ltd 4 May 2021
31.12.2023 December 31, 2022
"""


@given(st.lists(st.sampled_from(WORDS.split()), min_size=1, max_size=14), st.sampled_from([" ", "  ", "\n", "\u00a0"]))
def test_a_text_states_all_that_it_says(words: list[str], space: str) -> None:
    text = as_document(space.join(["x", *words]))
    assert unsupported(text, text, Locale()) == []
