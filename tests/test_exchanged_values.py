"""A claim must not give a value of one part of a sentence to another part, nor exchange two names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.tasks.answer.claims import Draft, code_faults
from ringfence.tasks.answer.exchanged_names import exchanged_names
from ringfence.tasks.evidence import as_document
from ringfence.tasks.exchanged_values import exchanged_values
from ringfence.tasks.locale import Locale
from ringfence.tasks.stated import stated_values, written_values
from tests.conftest import passage_of

REVENUE = "Revenue rose from EUR 46.0 million in 2023 to EUR 52.7 million in 2024."
COMPARED = "In 2023, revenue was $46 million, compared with $52 million in 2024."
NOTICE = "The notice period is 3 months for employees and 6 months for managers."
TICKETS = "Adults pay EUR 12 and children EUR 6."
COMPANY = "The company was founded in 1998 in Ulm and listed on the stock exchange in 2004."
MIETE = "Die Miete beträgt 900 Euro, die Kaution 1.800 Euro."
LOYER = "Le loyer est de 900 euros et la caution de 1 800 euros."
WEIGHTS = "The pump weighs 12 kg and the motor 30 kg."
DEBT = "Debt decreased from $1.4 billion at December 31, 2022 to $1.1 billion at December 31, 2023."
VENTAS = "Las ventas pasaron de 30 millones de euros en 2021 a 36 millones de euros en 2022."
HEADCOUNT = "Alpha has 120 employees, Beta 85."


def exchanged(claim: str, text: str, question: str = "") -> list[str]:
    stated = stated_values(as_document(text), Locale())
    written = list(written_values(as_document(claim), Locale()))
    return [claim[start:end] for start, end in exchanged_values(claim, written, text, stated, question)]


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("Revenue was EUR 46.0 million in 2024.", REVENUE),
        ("Revenue was EUR 52.7 million in 2023.", REVENUE),
        ("Revenue rose from EUR 52.7 million in 2023 to EUR 46.0 million in 2024.", REVENUE),
        ("Revenue in 2024 was $46 million.", COMPARED),
        ("In 2023 revenue was $52 million.", COMPARED),
        ("The notice period for managers is 3 months.", NOTICE),
        ("The notice period for employees is 6 months.", NOTICE),
        ("Employees have 6 months, managers 3 months.", NOTICE),
        ("Children pay EUR 12.", TICKETS),
        ("Adults pay EUR 6 and children EUR 12.", TICKETS),
        ("The company was listed on the stock exchange in 1998.", COMPANY),
        ("The company was founded in 2004.", COMPANY),
        ("Die Kaution beträgt 900 Euro.", MIETE),
        ("La caution est de 900 euros.", LOYER),
        ("The motor weighs 12 kg.", WEIGHTS),
        ("Beta has 120 employees.", HEADCOUNT),
        ("It costs EUR 12 for children and EUR 6 for adults.", TICKETS),
        ("Debt was $1.4 billion at December 31, 2023.", DEBT),
        ("En 2022, las ventas fueron de 30 millones de euros.", VENTAS),
        ("It read 2.40 m on Tuesday.", "It read 2.10 m on Monday, 2.85 m on Tuesday and 2.40 m on Wednesday."),
        ("Line 2 produces 450 bottles.", "Line 1 produces 450 bottles and line 2 produces 380 bottles."),
        ("The two garages cost EUR 2,400.", "Rent is EUR 2,400 for the office and EUR 180 for the two garages."),
        (
            "Sales at home were $18.9 million.",
            "Sales at home rose 12% to $45.3 million, sales abroad fell 3% to $18.9 million.",
        ),
        (
            "La garantía de las baterías es de dos años.",
            "La garantía es de dos años para las máquinas y de seis meses para las baterías.",
        ),
        ("Kinderen betalen 11 euro.", "Volwassenen betalen 11 euro en kinderen 5 euro."),
        (
            "Line B runs at 120 bottles per minute.",
            "Line A runs at 120 bottles per minute; line B at 90 bottles per minute.",
        ),
    ],
)
def test_a_value_beside_the_words_of_another_is_a_fault(claim: str, text: str) -> None:
    faults = code_faults(Draft(claim, (0,)), "", [passage_of(text)], Locale())
    assert any(fault.startswith("order: ") for fault in faults)


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("Revenue was EUR 46.0 million in 2023.", REVENUE),
        ("In 2024, revenue rose to EUR 52.7 million, from EUR 46.0 million in 2023.", REVENUE),
        ("In 2023 and 2024 revenue was EUR 46.0 million and EUR 52.7 million, respectively.", REVENUE),
        ("Revenue reached EUR 52.7 million in 2024, up from EUR 46.0 million.", REVENUE),
        ("$52 million was the revenue in 2024.", COMPARED),
        ("Managers have a notice period of 6 months, employees of 3 months.", NOTICE),
        ("The price is EUR 6 for children and EUR 12 for adults.", TICKETS),
        ("The company, founded in 1998, was listed in 2004.", COMPANY),
        ("Die Kaution von 1.800 Euro entspricht zwei Mieten von 900 Euro.", MIETE),
        ("The pump and the motor weigh 12 kg and 30 kg.", WEIGHTS),
        ("The pump has a weight of 12 kg.", WEIGHTS),
        ("Beta has 85 employees.", HEADCOUNT),
        ("In 2024, revenue rose from EUR 46.0 million to EUR 52.7 million.", REVENUE),
        ("Compared with 2023, it increased to EUR 52.7 million.", REVENUE),
        ("Grown-ups pay EUR 12, twice as much as children.", TICKETS),
        ("Kids pay EUR 6, adults pay double.", TICKETS),
        ("Without the deposit the flat costs 900 euros.", "The rent is 900 euros and the deposit 1,800 euros."),
        ("In the previous year debt was $1.4 billion.", DEBT),
        ("Debt decreased to $1.1 billion at the end of 2023.", DEBT),
        ("En 2021, las ventas fueron de 30 millones de euros.", VENTAS),
        (
            "This year the premium will be EUR 5,480.",
            "The premium was EUR 5,120 last year and is forecast at EUR 5,480 this year.",
        ),
        ("Teams with at least five members pay $39.", "A licence costs $49; teams of five or more pay $39 per seat."),
        ("Scrap fell to 2.4%.", "Scrap fell from 3.1% to 2.4% within six months."),
        (
            "In 2022 costs were $27.5 million or 14% of revenue.",
            "Costs were $31.0 million or 15% (2022: $27.5 million or 14%).",
        ),
        (
            "Balder's offer comes to SEK 2.2 million.",
            "Offer 1 from Krona comes to SEK 1.9 million; offer 2 from Balder comes to SEK 2.2 million.",
        ),
        (
            "The bonus is 30% if targets are exceeded.",
            "The bonus is 20% if targets are met and 30% if they are exceeded.",
        ),
    ],
)
def test_a_value_beside_its_own_words_is_none(claim: str, text: str) -> None:
    assert exchanged(claim, text) == []


def test_a_question_says_what_a_short_claim_leaves_out() -> None:
    assert exchanged("It was EUR 46.0 million.", REVENUE, "What was the revenue in 2024?") == ["EUR 46.0 million"]
    assert exchanged("It was EUR 52.7 million.", REVENUE, "What was the revenue in 2024?") == []


def test_a_value_that_another_sentence_gives_to_these_words_is_none() -> None:
    assert exchanged("Children pay EUR 12.", f"{TICKETS} On Sundays, children pay EUR 12.") == []


_WORDS = st.sampled_from(["bread", "coffee", "butter", "sugar", "flour", "honey"])
_PRICES = st.integers(1, 999)


@given(things=st.lists(_WORDS, min_size=2, max_size=4, unique=True), data=st.data())
def test_of_a_list_of_prices_each_goes_with_its_own_thing_only(things: list[str], data: st.DataObject) -> None:
    prices = data.draw(st.lists(_PRICES, min_size=len(things), max_size=len(things), unique=True))
    text = (
        f"{', '.join(f'{thing} costs EUR {price}' for thing, price in zip(things, prices, strict=True))}.".capitalize()
    )
    for thing in things:
        for other, price in zip(things, prices, strict=True):
            assert bool(exchanged(f"The {thing} costs EUR {price}.", text)) == (thing != other)


SUCCESSION = "Meyer succeeded Schulz as head of the plant in 2019."
TAKEOVER = "Acme Corp was acquired by Beta Holdings in 2020."
FREIGHT = "The goods go from Hamburg to Rotterdam by sea."


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("Schulz succeeded Meyer as head of the plant in 2019.", SUCCESSION),
        ("Beta Holdings was acquired by Acme Corp in 2020.", TAKEOVER),
        ("Acme Corp acquired Beta Holdings in 2020.", TAKEOVER),
        ("The goods go from Rotterdam to Hamburg by sea.", FREIGHT),
        ("Beta acquired Acme.", "Acme Ltd acquired Beta Inc in May."),
        ("Solaris lent EUR 2 million to Nordbank.", "Nordbank lent EUR 2 million to Solaris."),
    ],
)
def test_two_names_exchanged_are_a_fault(claim: str, text: str) -> None:
    (fault,) = exchanged_names(claim, [passage_of(text)])
    assert "other way round" in fault


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("Schulz was succeeded by Meyer.", SUCCESSION),
        ("Beta Holdings acquired Acme Corp in 2020.", TAKEOVER),
        ("Goods go by sea from Hamburg to Rotterdam.", FREIGHT),
        ("Schulz met Meyer.", "Meyer met Schulz."),
        ("Smith received the invoice from Jones.", "Jones sent the invoice to Smith."),
        ("Beta was acquired by its rival Acme.", "Acme acquired Beta."),
        ("Schulz's successor was Meyer.", "Meyer succeeded Schulz."),
        (
            "In 2024 she went back from Marketing to Sales.",
            "She moved from Sales to Marketing; she went back to Sales.",
        ),
        ("Auf Schulz folgte Meyer.", "Meyer folgte Schulz nach."),
        ("Im Januar steigt der Beitrag auf 85 EUR.", "Der Beitrag steigt im Januar auf 85 EUR."),
        ("Schulz advised Meyer.", "Meyer advised Schulz. Later Schulz advised Meyer."),
    ],
)
def test_names_in_their_own_places_are_none(claim: str, text: str) -> None:
    assert exchanged_names(claim, [passage_of(text)]) == []
