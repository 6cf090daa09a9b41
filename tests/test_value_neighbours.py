"""What stands beside a value is no part of it: units, labels, other numbers, the credit side, the next sentence."""

from __future__ import annotations

from typing import Any

import pytest

from ringfence.checker.derived import fault_of_derived
from tests.test_value_cases import read


@pytest.mark.parametrize(
    ("kind", "text", "values"),
    [
        ("duration", "Der Käufer zahlt EUR 12.500 an den Verkäufer des Grundstücks.", []),
        ("duration", "USD 25 an hour in Des Moines", []),
        ("duration", "10:30 hours", []),
        ("duration", "at 1700 hours", ["ambiguous-duration?"]),
        ("duration", "in 2024 weeks later", ["ambiguous-duration?"]),
        ("duration", "5 years, 30 days notice", ["P5Y", "P30D"]),
        ("duration", "deux ans et demi", ["ambiguous-duration?"]),
        ("duration", "several hundred days", []),
        ("duration", "1 Std. 30 Min.", ["PT1H30M"]),
        ("number", "Rohr 15 mm", ["15"]),
        ("number", "about 10k users", ["ambiguous-scale?"]),
        ("number", "1½ Zimmer", []),
        ("number", "minus 5 Grad", ["ambiguous-sign?"]),
        ("money", "Balance £1,250.00 CR", ["ambiguous-sign?"]),
        ("money", "Preis 12 mn EUR", ["12000000 EUR"]),
        ("money", "USD 2.5 to 3.5 million", ["scale-elsewhere?", "3500000"]),
        ("money", "Umsatz TEUR 250,00", ["scale-elsewhere?"]),
        ("money", "kostet 2,5 M € netto", ["2500000 EUR"]),
        ("money", "€100.00 €19.00 £119.00", ["100.00 EUR", "19.00 EUR", "119.00 GBP"]),
        ("money", "PLZ 20457 Hamburg, 12,50 EUR", ["12.50 EUR"]),
        ("money", "EUR 1,200.00 (USD 1,310.40)", ["1200.00 EUR", "ambiguous-sign?"]),
        ("money", "not less than Ten Thousand Dollars ($10,000.00)", ["10000.00"]),
        ("money", "Betrag 2.500,00 EUR. Quote: USD 2,500", ["2500.00 EUR", "ambiguous-number?"]),
        ("money", "zu 10.000 JPY oder 12,50 EUR", ["10000 JPY", "12.50 EUR"]),
        ("money", "ROUNDING   RM-0.02", ["-0.02 MYR"]),
        ("money", "WATER   RM.50   S", ["0.50 MYR"]),
        ("money", "CHF -.50", ["ambiguous-sign?"]),
        ("money", "minus 250,00 EUR", ["ambiguous-sign?"]),
        ("money", "EUR   1 4 8 0 , 7 5", ["ambiguous-number?"]),
        ("number", "in Kästchen 2 0 4 1 7", ["ambiguous-number?"]),
        ("iban", "D E 8 9 3 7 0 4 0 0 4 4 0 5 3 2 0 1 3 0 0 0", ["DE89370400440532013000"]),
        ("number", "5kg Mehl", ["5"]),
        ("number", "A4, 4G und 12V", []),
        ("money", "Total   EUR   500,00", ["500.00 EUR"]),
        ("money", "500,00   EUR\n20,00   EUR", ["500.00 EUR", "20.00 EUR"]),
        ("money", "70,00   EUR   518,99", ["70.00", "518.99"]),
        ("money", "Subtotal 500\nTax 12.50", ["500", "12.50"]),
        ("money", "Room 4\nFloor 2   12.50", ["12.50"]),
        ("date", "ab 1. Mai 65 EUR", []),
        ("date", "am 14. März 2000 Euro", []),
        ("date", "1. März - 15. April 2024", ["2024-03-01", "2024-04-15"]),
        ("date", "Issue 4 - March 14, 2024", ["2024-03-14"]),
        ("date", "Rechnung 12 - 14.03.2024", ["2024-03-14"]),
        ("date", "14-Mar-24", ["2024-03-14"]),
        ("date", "28 MAR 18 18:32:36", ["2018-03-28"]),
        ("date", "28 MAR 18 Time: 18:32", ["2018-03-28"]),
        ("period", "Seite 5 - 14.03.2024", []),
        ("period", "vom 1. März bis zum 15. April 2024", [{"from": "2024-03-01", "to": "2024-04-15"}]),
        ("period", "01.03.2024 und 15.04.2024", []),
        ("email", "mary.o’brien@example.com", ["mary.o’brien@example.com"]),
        ("email", "write to ann@example.com.Please reply", ["ann@example.com"]),
        ("phone", "Tel +49 30 901820   100", ["+4930901820"]),
        ("percent", "Zins 3,125 % von 1.000,50", ["ambiguous-number?"]),
    ],
)
def test_neighbours(kind: str, text: str, values: list[Any]) -> None:
    assert [value for _, value in read(kind, text)] == values


@pytest.mark.parametrize(
    ("kind", "value", "raw"),
    [
        ("number", "7.5", "7.5 million"),
        ("money", {"amount": "12.5", "currency": "EUR"}, "12,5 Mio. EUR"),
        ("date", "2024-07-04", "4 September 2024"),
        ("date", "2024-08-04", "Montag 4 März 2024"),
        ("date", "2024-01-15", "1.-15.03.2024"),
        ("date", "2023-03-01", "March 1-3, 2024"),
        ("date", "2024-03-04", "03.04.2024"),
        ("duration", "P6Y10M", "10 years and 6 months"),
        ("duration", "P95D", "1,095 days"),
        ("duration", "PT5H", "5 orders"),
        ("phone", "+43901820", "030 901820"),
        ("phone", "+493090182", "+49 30 901820"),
    ],
)
def test_the_checker_refuses_what_the_text_does_not_say(kind: str, value: Any, raw: str) -> None:
    assert fault_of_derived(kind, value, raw, {}) is not None


@pytest.mark.parametrize(
    ("kind", "text", "values"),
    [
        ("percent", "Rabatt 5-10 % je Stück", ["5", "10"]),
        ("percent", "5 to 10 percent", ["5", "10"]),
        ("percent", "von -5 bis 10 %", ["-5", "10"]),
        ("percent", "Position 4 - 15 %", ["ambiguous-range?", "15"]),
        ("percent", "2024-15 %", []),
        ("money", "10-15 €", ["10 EUR", "15 EUR"]),
        ("money", "EUR 10 bis 15", ["10 EUR", "15 EUR"]),
        ("money", "EUR 10 bis 15 Tage", ["10 EUR"]),
        ("money", "€10-15", ["10 EUR", "15 EUR"]),
        ("money", "10.50 - 15.00 €", ["10.50 EUR", "15.00 EUR"]),
        ("money", "Zimmer 4 - 15 €", ["ambiguous-range?", "15 EUR"]),
        ("duration", "two to three weeks", ["P2W", "P3W"]),
        ("duration", "zwei bis drei Wochen", ["P2W", "P3W"]),
        ("duration", "30, 60 and 90 days", ["P30D", "P60D", "P90D"]),
        ("duration", "30/60/90 days", ["P30D", "P60D", "P90D"]),
        ("duration", "sechsmonatige Frist", ["P6M"]),
        ("duration", "14-tägige Frist", ["P14D"]),
        ("duration", "langjährige Erfahrung, monatliche Zahlung", []),
    ],
)
def test_both_ends_of_a_range_are_found(kind: str, text: str, values: list[str]) -> None:
    """The lower end does not vanish while the upper one stands alone."""
    assert [value for _, value in read(kind, text)] == values
