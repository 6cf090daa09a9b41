"""Tables: items are told from the rows that sum them up, and one paragraph can hold several values of a field."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.tasks import prepare
from ringfence.tasks.extract.answer import Answer
from ringfence.tasks.extract.checks import CheckSyntaxError, parse_check, run_check
from ringfence.tasks.extract.grammar import CandidateRule
from ringfence.tasks.extract.list_grammar import ListRule
from ringfence.tasks.extract.merge import merge
from ringfence.tasks.extract.summary_rows import is_bare_of_amounts, is_summary_row
from ringfence.tasks.extract.task import ExtractTask
from tests.conftest import document_of, task_of

LINES = {"kind": "list", "fields": {"item": {"kind": "text"}, "amount": {"kind": "money"}}}
PAPER = """Item   Amount
Bolt M8   100.00
Carried forward to page 2   100.00
Total station rental   50.00
Subtotal   150.00
VAT 19 %   28.50
Grand total EUR   178.50
"""


def amounts(task: ExtractTask, text: str) -> list[str]:
    """The distinct amounts that the rows of the list offer."""
    rule = prepare(task, document_of(text)).plan().rules["lines"]
    assert isinstance(rule, ListRule)
    offered = [unit.rules["amount"] for unit in rule.units]
    return [found.surface for each in offered if isinstance(each, CandidateRule) for found in each.candidates]


SUMMARIES = (
    "Umsatzsteuer (S)   15387,08   19   2923,55", "VAT (S)   202,33   7   14,16", "Rechnungssumme ohne USt.   177,49",
    "Gesamtbetrag der Zuschläge   0,00", "Erhaltene Anzahlungen   -0,00", "Steuerbasisbetrag USt. 7%   275,00   19,25",
    "Subtotal   150.00", "Net total   12,00 EUR", "VAT 19 %   28.50", "Übertrag auf Seite 2   1.250,00",
    "CHANGE   3.10", "Zwischensumme   12", "Gesamtbetrag EUR   99,00", "Total TTC   120,00 €",
    "Sub-total (excl. GST)   40.00",
    "TOTAL AMOUNT DUE   5.00", "Carried forward   100.00", "Rounding Adj   0.02",
)  # fmt: skip
ITEMS = (
    "Total station rental   50.00",
    "Bolt   1.00",
    "12   3.00",
    "Tax advice, March   400.00",
    "Net curtain   15.00",
)


@pytest.mark.parametrize("row", SUMMARIES)
def test_rows_that_only_sum_up_are_told_by_their_words(row: str) -> None:
    assert is_summary_row(row)


@pytest.mark.parametrize("row", ITEMS)
def test_an_item_whose_name_holds_such_a_word_stays_an_item(row: str) -> None:
    assert not is_summary_row(row)


@pytest.mark.parametrize(
    "line",
    [
        "Seite 2 von 3", "Example Ltd   Page 2 of 3", "page: 4", "Pagina 1/2", "Blatt 3", "Strona 1 z 4",
        "p. 1/2", "Blz. 1 van 2", "Seite 1 (von 3)", "Page (1/3)", "Sida 1 (2)", "Page 1 out of 3", "Page n° 1",
        "Zahlbar innerhalb 30 Tagen netto bis 12.08.2018, 3%", "Payable within 14 days, 2 % discount",
        "Payment terms: 30 days net", "2,5 % Skonto innerhalb 8 Tagen", "À payer sous 30 jours, escompte 2 %",
        "Zahlbar inner halb 30 Tagen netto bis 04.04.2020, 3% Skonto inner halb 10 Tagen bis 15.03.2020.",
    ],
)  # fmt: skip
def test_numbers_of_pages_and_terms_of_payment_make_no_row(line: str) -> None:
    assert is_bare_of_amounts(line)


@pytest.mark.parametrize(
    "line",
    [
        "Seminar, 10 days   2   300.00", "Page layout   3   40.00", "Payment terminal   2   199.00", "Rate 5 %",
        "2 % Skonto bei Zahlung in 8 Tagen   12,40", "Seite 12 A4 farbig   0,20", "Rent for 3 months   900.00",
        "No number at all", "Schleifpapier   Blatt   50", "Lektorat   Seite   80", "Copies   page   200",
        "Sheet 1   Site plan", "Introduction   page 3", "Steel sheet 5 mm", "Payment on signing   30 %",
        "Zahlung bei Auftrag   30 %", "Skonto   2 %", "Early booking discount   10 %",
        "Notes payable   4.25%   2030-06-15", "Due diligence   5 days", "Payment gateway integration (5 days)",
        "Einrichtung Zahlungsverkehr   2 Tage",
        "Zahlungsmodul, Laufzeit 12 Monate", "04.03.2024   Early   Novak", "Camera doppia due notti 12/03/2024",
        "The Hobbit   due 12/03/2024", "12.03.2024   Zahlung Miete", "12.03.2024 Payment by card",
        "Payment by 2024-05-01", "Sheet   40", "Zahlung bei Lieferung 40 %",
        "Payment terms consulting 12 days", "Payment by delivery 40 %", "Advert on page 7",
        "Early access plan 12 months",
    ],
)  # fmt: skip
def test_a_line_with_any_other_number_may_be_a_row(line: str) -> None:
    assert not is_bare_of_amounts(line)


def test_a_list_offers_items_and_no_summary_rows() -> None:
    assert amounts(task_of(lines=LINES), PAPER) == ["100.00", "50.00"]
    assert "178.50" in amounts(task_of(lines={**LINES, "summary_rows": True}), PAPER)


def answer(task: ExtractTask, text: str, written: str) -> Answer:
    return merge(task, [prepare(task, document_of(text)).plan().read(written)])


def test_a_list_of_one_field_takes_several_values_from_one_paragraph() -> None:
    task = task_of(parties={"kind": "list", "fields": {"name": {"kind": "text"}}})
    text = "This contract is between Nordwind GmbH, Berlin, and Quandt & Co. KG, Hamburg.\n"
    got = answer(task, text, "\n- Nordwind GmbH\n- Quandt & Co. KG\n")
    assert [party["name"] for party in got.values["parties"]] == ["Nordwind GmbH", "Quandt & Co. KG"]
    assert got.rows["parties"] == sorted(set(got.rows["parties"]))


def test_a_list_of_one_field_names_no_place_twice() -> None:
    task = task_of(parties={"kind": "list", "fields": {"name": {"kind": "text"}}})
    got = answer(task, "Between Nordwind GmbH and Quandt KG.\n", "\n- Nordwind GmbH\n- Nordwind GmbH\n")
    assert [party["name"] for party in got.values["parties"]] == ["Nordwind GmbH"]


@given(st.lists(st.integers(1, 9999), min_size=1, max_size=8, unique=True))
def test_every_amount_of_a_sentence_can_be_listed(numbers: list[int]) -> None:
    task = task_of(fees={"kind": "list", "fields": {"fee": {"kind": "money"}}})
    text = "The fees are " + ", ".join(f"EUR {number}.50" for number in numbers) + ".\n"
    got = answer(task, text, "".join(f"\n- {number}.50" for number in numbers) + "\n")
    assert [row["fee"]["amount"] for row in got.values["fees"]] == [f"{number}.50" for number in numbers]


KINDS = {"net": "money", "total": "money", "lines": "list", "lines.amount": "money"}


def money(amount: str | None) -> dict[str, Any] | None:
    return {"amount": amount, "currency": "EUR"} if amount else None


@pytest.mark.parametrize(
    ("net", "total", "outcome"),
    [
        ("150.00", "178.50", "holds"),  # prices without tax
        ("126.05", "150.00", "holds"),  # prices with tax
        (None, "150.00", "holds"),
        ("150.00", None, "holds"),
        ("1.00", "2.00", "broken"),
        (None, None, "not-applicable"),
    ],
)
def test_a_sum_may_equal_one_of_two_fields(net: str | None, total: str | None, outcome: str) -> None:
    values = {
        "net": money(net),
        "total": money(total),
        "lines": [{"amount": money("100.00")}, {"amount": money("50.00")}],
    }
    assert run_check("sum(lines.amount) in (net, total)", values, KINDS) == outcome


@pytest.mark.parametrize("check", ["net in total", "net == (net, total)", "net in (1, [2])"])
def test_what_follows_in_is_a_list_of_values(check: str) -> None:
    with pytest.raises(CheckSyntaxError):
        parse_check(check, KINDS)


def test_the_same_digits_with_two_meanings_are_null_with_both() -> None:
    task = task_of(total={"kind": "money"})
    got = answer(task, "Paid   1,250.00\nNet loss   (1,250.00)\n", " 1,250.00\n")
    assert got.values["total"] is None
    assert "several-values" in got.fields["total"].flags
    assert got.fields["total"].readings == ["-1250.00", "1250.00"]
