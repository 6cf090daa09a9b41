"""Claims that say more than their source: a change as an amount, a maybe as a fact, a total as one of its parts."""

from __future__ import annotations

import pytest

from ringfence.tasks.answer.claims import Draft, code_faults
from ringfence.tasks.locale import Locale
from tests.conftest import passage_of


def faults(claim: str, text: str) -> list[str]:
    return code_faults(Draft(claim, (0,)), "", [passage_of(text)], Locale())


@pytest.mark.parametrize(
    ("source", "claim"),
    [
        ("Research expenses increased $1.1 billion or 19 %.", "The firm invested $1.1 billion in research."),
        ("Research expenses increased by $1.1 billion.", "Research expenses were $1.1 billion."),
        ("Revenue was $52.7 billion, an increase of $6.7 billion.", "Revenue was $6.7 billion."),
        ("Costs fell by EUR 300 to EUR 900.", "Costs were EUR 300."),
        ("Services revenue grew 13 %.", "Services represented 13 % of revenue."),
        ("Der Umsatz stieg um 40 Mio. Euro.", "Der Umsatz betrug 40 Mio. Euro."),
        ("Les ventes ont augmenté de 40 millions d'euros.", "Les ventes étaient de 40 millions d'euros."),
        ("Costs increased by nearly $3 million.", "Costs were $3 million."),
        ("Costs increased by approximately $3 million.", "Costs were $3 million."),
        ("Der Umsatz wuchs um rund 40 Mio. Euro.", "Der Umsatz betrug 40 Mio. Euro."),
        ("Der Umsatz ist um 40 Mio. Euro gestiegen.", "Der Umsatz war 40 Mio. Euro."),
        ("Der Umsatz nahm um 40 Mio. Euro zu.", "Der Umsatz lag bei 40 Mio. Euro."),
        ("Costs were $3 million higher than before.", "Costs were $3 million."),
        ("The increase in sales was $3 million.", "Sales were $3 million."),
        ("The strike raised the costs of the plant by EUR 20.", "The costs of the plant were EUR 20."),
        ("The board reduced the yearly rent by EUR 200.", "The yearly rent was EUR 200."),
        ("Las ventas cayeron 40 millones de euros.", "Las ventas fueron 40 millones de euros."),
    ],
)
def test_what_something_changed_by_is_not_what_it_is(source: str, claim: str) -> None:
    assert faults(claim, source)
    assert faults(source, source) == []


@pytest.mark.parametrize(
    ("source", "claim"),
    [
        ("Costs fell by EUR 300 to EUR 900.", "Costs were EUR 900."),
        ("Costs fell by EUR 300 to EUR 900.", "Costs were EUR 300 lower."),
        ("Research expenses increased $1.1 billion.", "The increase in research expenses was $1.1 billion."),
        ("Research expenses increased $1.1 billion.", "Research expenses were $1.1 billion higher."),
        ("Revenue was $52.7 billion, an increase of $6.7 billion.", "Revenue totaled $52.7 billion."),
        ("Sales rose 8 %. The margin was 8 %.", "The margin was 8 %."),
        ("Costs of heating increased $200.", "The additional costs of heating were $200."),
        ("The fund raised $40 million.", "The proceeds were $40 million."),
        ("The decrease was due to a charge of $20 million.", "The charge was $20 million."),
        ("The decline in income included an impairment of $20 million.", "The impairment was $20 million."),
        ("Loans of $500 million more than 90 days past due exist.", "Loans past due were $500 million."),
        ("The fee is $500 less any discount.", "The fee is $500."),
        ("Der Streit geht um 5.000 Euro Miete.", "Die Miete beträgt 5.000 Euro."),
        ("Die Schicht ist um 8 Uhr zu Ende.", "Das Ende der Schicht ist 8 Uhr."),
        ("The rent was reduced by the 2 owners.", "The owners are 2."),
        ("A night shift pays $50 more.", "The night shift premium is $50."),
        ("The price was 5 % higher, and the limit is $500.", "The limit is $500."),
        ("The fund raised $40 million from banks.", "The fund generated $40 million."),
        ("The firm gained 500 customers.", "The number of new customers was 500."),
        ("The tower rises 40 m.", "The tower is 40 m high."),
        ("El tipo reducido del 10 % se aplica.", "El tipo reducido es del 10 %."),
        ("La croissance de la France est forte : 8 %.", "La croissance est de 8 %."),
    ],
)
def test_a_change_may_be_told_in_other_words(source: str, claim: str) -> None:
    assert faults(claim, source) == []


@pytest.mark.parametrize(
    ("source", "claim"),
    [
        (
            "Shortages of components or excess inventory may increase our cost of revenue.",
            "Shortages of components and excess inventory increased the cost of revenue.",
        ),
        (
            "A delay of the permit could, in some cases, postpone the opening of the northern bridge.",
            "A delay of the permit postpones the opening of the northern bridge.",
        ),
        (
            "Ein Mangel an Bauteilen könnte die Auslieferung der Pumpen verzögern.",
            "Ein Mangel an Bauteilen verzögert die Auslieferung der Pumpen.",
        ),
    ],
)
def test_what_may_happen_is_not_what_happens(source: str, claim: str) -> None:
    assert [fault.partition(":")[0] for fault in faults(claim, source)] == ["certainty"]
    assert faults(source, source) == []


@pytest.mark.parametrize(
    ("source", "claim"),
    [
        (
            "The Supplier may not assign the contract to others.",
            "The Supplier is excluded from assigning the contract.",
        ),
        ("The Supplier may not assign the contract to others.", "The Supplier does not assign the contract to others."),
        ("Data may only be stored in Europe by the processor.", "The processor stores data only in Europe."),
        ("Passengers may carry two bags and one coat on board.", "Passengers carry two bags and one coat on board."),
        ("The landlord may terminate by written notice.", "The landlord terminates by written notice."),
        (
            "In May increased shipments of pumps lifted the revenue of the plant.",
            "Increased shipments of pumps lifted the revenue of the plant.",
        ),
        (
            "The lessee may increase the deposit by a written notice.",
            "The lessee increases the deposit by a written notice.",
        ),
        ("The colour may vary between the batches of paint.", "The colour varies between the batches of paint."),
        ("The pumps could not be cleaned before the winter.", "The pumps were not cleaned before the winter."),
        (
            "The tenant may sublet the rooms to other firms.",
            "The tenant is allowed to sublet the rooms to other firms.",
        ),
        ("Shortages may increase the cost of revenue.", "Shortages are a risk for the cost of revenue."),
        (
            "Marrow may be found within the spongy portions of bones.",
            "Marrow is found within the spongy portions of bones.",
        ),
        (
            "Shortages may increase our cost of revenue. In March shortages increased our cost of revenue.",
            "Shortages increased the cost of revenue in March.",
        ),
        (
            "The lease began in May and the tenant pays each quarter.",
            "The lease began in May, and the tenant pays each quarter.",
        ),
    ],
)
def test_rights_risks_and_facts_beside_a_maybe_are_no_fault(source: str, claim: str) -> None:
    assert faults(claim, source) == []


def test_the_total_is_not_the_row_that_is_named() -> None:
    table = (
        "Product   2024   2023\nPumps   39,669   40,665\nValves   6,840   7,382\nTotal net sales   81,797   82,959\n"
    )
    assert faults("The total sales of pumps were 81,797 in 2024.", table)
    assert faults("The sales of pumps were 39,669 in 2024.", table) == []
    assert faults("Total net sales were 81,797 in 2024.", table) == []
    assert faults("Total net sales were 81,797 in 2024, those of pumps 39,669.", table) == []
    assert faults("Net sales, with pumps at the top, were 81,797 in 2024.", table) == []
    assert faults("All sales were 81,797 in 2024, mostly of pumps.", table) == []
    assert faults("Pumps and valves together had sales of 81,797 in 2024.", table) == []
    assert faults("Sales were 81,797 in 2024, of which pumps were the largest part.", table) == []
