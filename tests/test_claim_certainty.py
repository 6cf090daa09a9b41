"""Claims that say more than their source: a change as an amount, a maybe as a fact, the words of another document."""

from __future__ import annotations

import pytest

from ringfence.contracts import FoundPassage
from ringfence.tasks.answer.claims import Draft, code_faults
from ringfence.tasks.locale import Locale


def passage(text: str, document: str = "a.txt", title: str = "") -> FoundPassage:
    return FoundPassage(
        number=1, document=document, path="", sha256="0" * 64, span=(0, len(text)), title=title, lead="", text=text
    )


def faults(claim: str, text: str, question: str = "", others: tuple[FoundPassage, ...] = ()) -> list[str]:
    cited = passage(text)
    return code_faults(Draft(claim, (0,)), question, [cited], Locale(), found=[cited, *others])


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
            "A delay of the permit could postpone the opening of the northern bridge.",
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


def test_a_name_that_only_other_documents_have_is_a_fault() -> None:
    claim = "Exchange rates reduced the revenue of Nordwind in the first quarter."
    said = "Exchange rates reduced our reported revenue in the first quarter."
    question = "How did exchange rates affect Nordwind?"
    other = passage("Nordwind sells pumps.", "nordwind.txt")
    same = passage("Nordwind sells pumps.", "a.txt")
    assert faults(claim, said, question, (other,)) == ["name: Nordwind, of another document"]
    assert faults(claim, said, question, (same,)) == [], "the document says elsewhere that it is Nordwind's"
    assert faults(claim, said, question) == [], "nothing tells whose report it is"


def test_the_total_is_not_the_row_that_is_named() -> None:
    table = (
        "Product   2024   2023\nPumps   39,669   40,665\nValves   6,840   7,382\nTotal net sales   81,797   82,959\n"
    )
    assert faults("The total sales of pumps were 81,797 in 2024.", table)
    assert faults("The sales of pumps were 39,669 in 2024.", table) == []
    assert faults("Total net sales were 81,797 in 2024.", table) == []
    assert faults("Total net sales were 81,797 in 2024, those of pumps 39,669.", table) == []
