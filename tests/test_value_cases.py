"""Printed values that were once read wrong without a flag: each is right now, or null with a flag."""

from __future__ import annotations

from typing import Any

import pytest

from ringfence.checker.derived import fault_of_derived
from ringfence.gold.values import as_cell, parse_gold_value
from ringfence.tasks.fields import PatternField
from ringfence.tasks.locale import Locale
from ringfence.tasks.recognisers import find_candidates
from tests.conftest import document_of, task_of

Found = list[tuple[str, Any]]


def read(kind: str, text: str, **locale: Any) -> Found:
    """The raw text of each candidate with its value; for a null its first flag, with a question mark."""
    document = document_of(text)
    found: Found = []
    for candidate in find_candidates(PatternField.model_validate({"kind": kind}), document, Locale(**locale)):
        raw = document.text[candidate.start : candidate.end]
        value = candidate.value
        if value is None:
            assert candidate.flags, raw
            found.append((raw, f"{candidate.flags[0]}?"))
            continue
        assert value == raw or fault_of_derived(kind, value, raw, locale) is None, (raw, value)
        if isinstance(value, dict) and "amount" in value:
            value = " ".join(part for part in (value["amount"], value["currency"]) if part)
        found.append((raw, value))
    return found


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("the sum of Five Thousand Dollars (USD 5,000.00) to", ["5000.00 USD"]),
        ("in Worten fünftausend Euro (5.000,00 EUR)", ["5000.00 EUR"]),
        ("the fee (EUR 500.00) is due", ["ambiguous-sign?"]),
        ("Net loss   (1,234.56)", ["-1234.56"]),
        ("Net income (loss): (1,234.56)", ["-1234.56"]),
        ("Loss of the year (1,250,000)", ["-1250000"]),
        ("Tax USD (740,000.00)", ["-740000.00 USD"]),
        ("price USD 7.5 million, payable", ["7500000 USD"]),
        ("Umsatz 12,3 Mio. EUR", ["12300000 EUR"]),
        ("kostet 250 TEUR netto", ["250000 EUR"]),
        ("capped at $5k", ["5000"]),
        ("capped at $5M", ["ambiguous-scale?"]),
        ("₹3.5 lakh only", ["350000 INR"]),
        ("Total ₹12,34,567.00", ["1234567.00 INR"]),
        ("Deposit EUR 10 000.00", ["10000.00 EUR"]),
        ("Invoice total 1 234.56 USD", ["ambiguous-number?"]),
        ("Total 1\u2009234,56 €", ["1234.56 EUR"]),
        ("Total 1\u00a0234\u00a0567,80 zł", ["1234567.80 PLN"]),
        ("Nach Ziffer 4.10 zahlt der Käufer EUR 12.500 an", ["4.10", "ambiguous-number?"]),
        ("Section 2.30 says USD 1,500 and no more", ["2.30", "ambiguous-number?"]),
        ("Price per unit: $12.50-$15.00 each", ["12.50", "15.00"]),
        ("between 12.50-15.00 EUR", ["12.50 EUR", "15.00 EUR"]),
        ("Balance: - 1,234.56", ["-1234.56"]),
        ("Credit note EUR - 350.00", ["-350.00 EUR"]),
        ("Refund 350.00 €-", ["-350.00 EUR"]),
        ("Refund 350.00-", ["-350.00"]),
        ("Correction \u201112.50 EUR", ["-12.50 EUR"]),
        ("Rebate \u201280.00 EUR", ["-80.00 EUR"]),
        ("Hotel - 350.00 EUR", ["ambiguous-sign?"]),
        ("Pauschale 100,- EUR", ["100 EUR"]),
        ("Preis CHF 50.–", ["50 CHF"]),
        ("Total: CNY ¥1,234.00", ["1234.00 CNY"]),
        ("Freight: ¥88.50 CNY", ["88.50 CNY"]),
        ("Loss USD (1,234.56)", ["-1234.56 USD"]),
        ("Fee HK$ 20.00", ["20.00 HKD"]),
        ("Preço R$ 1.234,56", ["1234.56 BRL"]),
        ("Betrag 1.234,56 Euro", ["1234.56 EUR"]),
        ("Rent KWD 1,250.500", ["1250.500 KWD"]),
        ("Rent EUR 1,250.001", ["unusual-decimals?"]),
        ("Sum eur 99.00", ["99.00 EUR"]),
        ("Total:1,234.56", ["1234.56"]),
        ("Sum 1,234.56EUR", ["1234.56 EUR"]),
        ("Rate EUR 12,50/Stunde", ["12.50 EUR"]),
        ("Advance Rs 5,000/- only", ["5000 INR"]),
        ("Basic rent.....................1,150.00", ["1150.00"]),
        ("Amount EUR\n1   Bolts   100,00", ["100.00"]),
        ("Now $19⁹⁹ only", ["raised-digits?"]),
        ("Rent EUR 1,250.00 ¹ a month", ["1250.00 EUR"]),
        ("costs 20 cents each", ["minor-unit?"]),
    ],
)
def test_amounts(text: str, values: list[str]) -> None:
    assert [value for _, value in read("money", text)] == values


def test_a_currency_that_several_countries_use_is_flagged() -> None:
    (found,) = find_candidates(PatternField(kind="money"), document_of("Total ¥88.50"), Locale())
    assert found.value == {"amount": "88.50", "currency": None}
    assert "open-currency" in found.flags


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("Pieces made: 1 234 567", ["ambiguous-number?"]),
        ("Net income (loss): (1,234.56)", ["-1234.56"]),
        ("المبلغ ١٢٣٤٫٥٦", ["1234.56"]),
        ("合計 １２５０ 円", ["1250"]),
        ("sold 7.5 million units", ["7500000"]),
        ("ratio .75 of it", ["0.75"]),
        ("Balance: - 1,234.56", ["-1234.56"]),
        ("Change   - 12", ["-12"]),
        ("Hotel - 350", ["ambiguous-sign?"]),
        ("grew 3.2- in May", ["-3.2"]),
    ],
)
def test_numbers(text: str, values: list[str]) -> None:
    assert [value for _, value in read("number", text)] == values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("runs for twenty-five years.", ["P25Y"]),
        ("within one hundred and ten days", ["P110D"]),
        ("a period of forty-eight hours", ["PT48H"]),
        ("binnen fünfundvierzig Tagen", ["P45D"]),
        ("Die Laufzeit beträgt dreißig Tage.", ["P30D"]),
        ("Looptijd 4 jaren.", ["P4Y"]),
        ("Plazo de 8 horas.", ["PT8H"]),
        ("either 10,000 hours or 1,095 days", ["ambiguous-number?", "P1095D"]),
        ("The term is 10 years and 6 months.", ["P10Y6M"]),
        ("Notice period: 1/2 year.", ["P6M"]),
        ("within forty-five (45) days", ["P45D"]),
        ("at most one hundred eighty (180) days", ["P180D"]),
        ("within thirty (60) days", ["ambiguous-duration?"]),
        ("Delivery takes 30-60 days", ["P30D", "P60D"]),
        ("repairs 10 to 15 days", ["P10D", "P15D"]),
        ("start: 2024-03-14\nMonths of term: 24 months", ["P24M"]),
        ("zahlt EUR 12.500 an den Verkäufer, USD 25 an hour", []),
        ("une durée de 2 ans", ["P2Y"]),
        ("one and a half years", []),
    ],
)
def test_durations(text: str, values: list[str]) -> None:
    assert [value for _, value in read("duration", text)] == values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("Leistungszeitraum 01.-15.03.2024", ["2024-03-01", "2024-03-15"]),
        ("Event: March 30 - April 2, 2024", ["2024-03-30", "2024-04-02"]),
        ("vom 1. bis 3. März 2024", ["2024-03-01", "2024-03-03"]),
        ("in Bonn, March 1-3, 2024", ["2024-03-01", "2024-03-03"]),
        ("on 1 and 3 March 2024", ["2024-03-01", "2024-03-03"]),
        ("30.12.-02.01.2025", ["2024-12-30", "2025-01-02"]),
        ("3. Mrz 2024", ["2024-03-03"]),
        ("3. Jänner 2024", ["2024-01-03"]),
        ("le 3ème mars 2024", ["2024-03-03"]),
        ("March 3,2024", ["2024-03-03"]),
        ("1° marzo 2024", ["2024-03-01"]),
        ("2024年3月3日", ["2024-03-03"]),
        ("Date of issue: 3 March 2567 B.E.", ["implausible-year?"]),
        ("birthday:2020-07-08", ["2020-07-08"]),
        ("DATE 21/05/2018TIME 10:30", ["2018-05-21"]),
        ("created 2024-03-14T10:00:00Z", ["2024-03-14"]),
        ("The parties have agreed that payment is due on 14\nMarch 2024 at the latest.", ["2024-03-14"]),
        ("This agreement is made on the 14 March\n2024 between them", ["2024-03-14"]),
        ("Item 14\nMarch 2024", ["over-line-end?"]),
        ("5. listopadu 2024 / 5. listopada 2024", ["2024-11-05", "ambiguous-date?"]),
    ],
)
def test_dates(text: str, values: list[str]) -> None:
    assert [value for _, value in read("date", text)] == values


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Flight 06/02/20-06/28/20", {"from": "2020-06-02", "to": "2020-06-28"}),
        ("From 06/22/20 to 06/28/20", {"from": "2020-06-22", "to": "2020-06-28"}),
        ("Leistungszeitraum 01.-15.03.2024", {"from": "2024-03-01", "to": "2024-03-15"}),
        ("vom 1. März 2024 bis zum 31. Mai 2024", {"from": "2024-03-01", "to": "2024-05-31"}),
        ("28.03.2024 – 02.03.2024", "reversed-period?"),
        ("03/04/2024 - 05/04/2024", "ambiguous-period?"),
    ],
)
def test_periods(text: str, value: Any) -> None:
    assert [found for _, found in read("period", text)] == [value]


def test_two_dates_with_anything_else_between_are_no_period() -> None:
    assert read("period", "Order date 2024-03-01   Due date 2024-03-31") == []
    assert read("period", "on 1 and 3 March 2024") == []
    assert [value for _, value in read("period", "between 1 and 3 March 2024")] == [
        {"from": "2024-03-01", "to": "2024-03-03"}
    ]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("IBAN DE89 3704 0044 0532 0130 00 65", ["DE89370400440532013000"]),
        ("IBAN (OCR) DE89370400440532013OOO", ["iban-check-digits?"]),
        ("DE89-3704-0044-0532-0130-00", ["DE89370400440532013000"]),
        ("de89 3704 0044 0532 0130 00", ["DE89370400440532013000"]),
        ("DE 89  3704  0044  0532  0130  00", ["DE89370400440532013000"]),
        ("IBAN DE89 3704 0044\n0532 0130 00", ["DE89370400440532013000"]),
        ("NL91 ABNA 0417 1643 00 BIC ABNANL2A", ["NL91ABNA0417164300"]),
    ],
)
def test_accounts(text: str, values: list[str]) -> None:
    assert [value for _, value in read("iban", text)] == values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("mary.o'brien@example.com or r&d@example.com", ["mary.o'brien@example.com", "r&d@example.com"]),
        ("'ann@example.com'", ["ann@example.com"]),
        ("<mailto:ann@büro.example>", ["ann@büro.example"]),
    ],
)
def test_emails(text: str, values: list[str]) -> None:
    assert [value for _, value in read("email", text)] == values


@pytest.mark.parametrize(
    ("text", "locale", "values"),
    [
        ("Tel. +49 30 901820", {}, ["+4930901820"]),
        ("Tel. 030/901820", {"language": "de"}, ["+4930901820"]),
        ("Tel. 030 901820", {}, ["no-country-code?"]),
        ("call (212) 555-0123", {"language": "en_US"}, ["+12125550123"]),
    ],
)
def test_phones(text: str, locale: dict[str, str], values: list[str]) -> None:
    assert [value for _, value in read("phone", text, **locale)] == values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("VAT 7.5 %", ["7.5"]),
        ("KDV %18", ["18"]),
        ("zzgl. 19 Prozent USt", ["19"]),
        ("margin of 25 basis points", ["not-percent?"]),
        ("change: -3,2%", ["-3.2"]),
    ],
)
def test_percentages(text: str, values: list[str]) -> None:
    assert [value for _, value in read("percent", text)] == values


def test_addresses_run_from_the_street_to_the_country() -> None:
    text = "Nordwind GmbH\nHafenstraße 12a\n20457 Hamburg\nDeutschland\n\nTel. 040 123"
    values = [value for _, value in read("address", text)]
    assert "Hafenstraße 12a, 20457 Hamburg, Deutschland" in values
    assert [value for _, value in read("address", "paid at 221B Baker Street, London NW1 6XE today")] == [
        "221B Baker Street, London NW1 6XE"
    ]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("duration", "P14D"),
        ("duration", "P10Y6M"),
        ("duration", "PT36H"),
        ("percent", "7.50"),
        ("percent", "1.250"),
        ("period", {"from": "2024-03-01", "to": "2024-03-31"}),
        ("phone", "+4930901820"),
        ("iban", "DE89370400440532013000"),
        ("address", "Hafenstraße 12a, 20457 Hamburg"),
        ("date", "2024-03-14"),
        ("money", {"amount": "-1250.001", "currency": "KWD"}),
    ],
)
def test_a_value_in_a_drafted_table_comes_back_as_it_was(kind: str, value: Any) -> None:
    (field,) = task_of(value={"kind": kind}).answer_fields().values()
    assert parse_gold_value(field, as_cell(field, value), Locale()) == value
