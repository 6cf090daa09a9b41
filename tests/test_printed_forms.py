"""Printed forms that read easily as another value: the right value, or none with a flag, but never a wrong one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ringfence.gold.agreement import values_match
from ringfence.gold.values import GoldValueError, parse_gold_value
from ringfence.tasks.extract.checks import CheckSyntaxError, parse_check, run_check
from ringfence.tasks.locale import Locale
from ringfence.tasks.values import find_dates, find_durations, find_money, find_numbers, find_percents
from ringfence.tasks.values.candidate import Candidate
from tests.conftest import task_of

Find = Callable[[str, Locale], Iterator[Candidate]]
HARMLESS = {"open-currency", "two-digit-year"}  # flags that do not doubt the figure


def unflagged(find: Find, text: str, language: str | None) -> list[Any]:
    """The figures that are given without doubt."""
    found = [
        one for one in find(text, Locale(language=language)) if one.value is not None and set(one.flags) <= HARMLESS
    ]
    return [one.value["amount"] if isinstance(one.value, dict) else one.value for one in found]


def never_another(find: Find, text: str, language: str | None, *right: str) -> None:
    """Assert that no figure but these is given without doubt."""
    assert [value for value in unflagged(find, text, language) if value not in right] == []


@pytest.mark.parametrize(
    ("find", "text", "language", "right"),
    [
        (find_money, '{"discount": "-12.50"}', "en", "-12.50"),
        (find_money, "Rabatt;-12.50;EUR", "en", "-12.50"),
        (find_money, "Saldo [-12.50]", "en", "-12.50"),
        (find_money, "**-12.50**", "en", "-12.50"),
        (find_money, "Rabatt,-12.50,EUR", "en", "-12.50"),
        (find_money, "„-12,50“", "de", "-12.50"),
        (find_numbers, '"-12.50"', "en", "-12.50"),
        (find_percents, "'-12.50 %'", "en", "-12.50"),
        (find_money, "Miete 850,00-  1.234,56", "de", "-850.00"),
        (find_percents, "2,50%-", "de", "-2.50"),
    ],
)
def test_a_minus_is_kept_whatever_touches_it(find: Find, text: str, language: str, right: str) -> None:
    assert unflagged(find, text, language)[0] == right


@pytest.mark.parametrize(
    ("find", "text", "language", "right"),
    [
        (find_money, "Gutschrift 12,50-€", "de", ["-12.50"]),
        (find_money, "INSTANT SAVINGS 3.00-A", "en_US", ["-3.00"]),
        (find_money, "Saldo 850,00-EUR", "de", ["-850.00"]),
        (find_money, "Endsaldo 1.234,56 EUR H\nAnfangssaldo 500,00 EUR S", "de", []),
        (find_money, "1.234,56 EUR  H", "de", []),
        (find_money, "Soll 1.234,56", "de", []),
        (find_money, "Dr: 25,000.00", "en_IN", []),
        (find_money, "25,000.00    Dr", "en_IN", []),
        (find_money, "25,000.00 | CR", "en_IN", []),
        (find_money, "250.00 O/D", "en_GB", []),
        (find_money, "123,45 Wn", "pl", []),
        (find_money, "R$ 100,00 (-)", "pt_BR", ["-100.00"]),
        (find_money, "(-) R$ 100,00", "pt_BR", ["-100.00"]),
        (find_money, "minus  12,50 €", "de", ["-12.50"]),
        (find_numbers, "minus EUR 12,50", "de", ["-12.50"]),
        (find_money, "▲12,500円", "ja", ["-12500"]),
        (find_money, "Preis CHF,-50", "de_CH", []),
        (find_money, "Rs. 25,000 Cr", "en_IN", []),
        (find_money, "₹25,000.00 cr", "en_IN", []),
        (find_money, "Rabatt ./. 12,50 €", "de", ["-12.50"]),
        (find_money, "Saldo 850,00- 1.234,56", "de", ["1234.56"]),
        (find_percents, "Growth   (2.5%)", "en_US", ["-2.5"]),
        (find_percents, "Veränderung: (2,5 %)", "de", ["-2.5"]),
        (find_percents, "minus 2,5 %", "de", ["-2.5"]),
        (find_money, "Closing balance Rs. 25,000.00 Cr", "en_IN", []),
        (find_money, "₹25,000.00 CR", "en_IN", []),
        (find_money, "Rs. 1,234.56 (Dr)", "en_IN", []),
        (find_money, "£250.00 OD", "en_GB", []),
        (find_money, "45,67 Af", "nl", []),
        (find_money, "R$ 100,00 D", "pt_BR", []),
        (find_money, "250,000.00 DB", "en", []),
        (find_money, "1.234,56 Soll", "de", []),
        (find_money, "DR 1,234.56", "en_GB", []),
        (find_numbers, "1,234.56 Cr", "en_IN", []),
        (find_numbers, "1.234,56 S", "de", []),
    ],
)
def test_a_sign_that_nobody_can_tell_is_no_plus(find: Find, text: str, language: str, right: list[str]) -> None:
    never_another(find, text, language, *right)


@pytest.mark.parametrize(
    ("text", "language", "right"),
    [
        ("Revenue € 12.5 m", "en", "12500000"),
        ("turnover of £1.5 m", "en_GB", "1500000"),
        ("sales of $3 B", "en_US", "3000000000"),
        ("$1.5-million", "en_US", "1500000"),
        ("budget £2.5mil", "en_GB", "2500000"),
        ("2,5 mln. €", "it", "2500000"),
        ("12,5 Mds €", "fr", "12500000000"),
        ("250 TSEK", "sv", "250000"),
        ("250 tkr", "sv", "250000"),
        ("R$ 2,5 bi", "pt_BR", "2500000000"),
        ("CTC ₹5L", "en_IN", "500000"),
        ("Rs 1.2 lakh crore", "en_IN", "1200000000000"),
        ("人民币12万元整", "zh", "120000"),
        ("₹2.50 Cr", "en_IN", "25000000"),
        ("$1.5tn", "en_US", "1500000000000"),
        ("3 mia. kr.", "da", "3000000000"),
        ("MEUR 12.5", "en", "12500000"),
        ("TDKK 250", "da", "250000"),
        ("SEKm 120", "sv", "120000000"),
        ("£'000 1,250", "en_GB", "1250000"),
        ("250 kkr", "sv", "250000"),
    ],
)
def test_a_scale_is_never_dropped(text: str, language: str, right: str) -> None:
    never_another(find_money, text, language, right)


def test_a_hyphen_before_a_letter_is_no_minus() -> None:
    assert "-10" not in unflagged(find_money, "Form 10-Q of 2022, 1,250.00", "en_US")
    assert "-49" not in unflagged(find_numbers, "49-Euro-Ticket", "de")


def test_plain_scales_are_read() -> None:
    assert unflagged(find_money, "$1.5-million", "en_US") == ["1500000"]
    assert unflagged(find_money, "250 TSEK", "sv") == ["250000"]
    assert unflagged(find_money, "Rs 2.5 Cr", "en_IN") == ["25000000"]
    assert unflagged(find_money, "Rs 1.2 lakh crore", "en_IN") == ["1200000000000"]
    assert unflagged(find_numbers, "5 mln mieszkańców", "pl") == ["5000000"]
    assert unflagged(find_numbers, "3 bn users", "en") == ["3000000000"]
    assert unflagged(find_money, "Bread $ 12.50 B", "en_US") == ["12.50"]  # the code of a tax rate


@pytest.mark.parametrize(
    ("text", "language", "right"),
    [
        ("Version 2.1, March 2024", "en", []),
        ("Page 1, March 2024", "en", []),
        ("Page 1 - March 2024", "en", []),
        ("Issue 3/March 2024", "en", []),
        ("Table 3. March 2024", "en", []),
        ("No. 3, March 2024", "en", []),
        ("at 14:30 March 2024", "en", []),
        ("Strom 45,31 Mai 2024", "de", []),
        ("1  Januar 2024  850,00\n2  Februar 2024  850,00", "de", []),
        ("Tax Year 2023 April 15, 2024", "en_US", ["2024-04-15"]),
        ("FY 2023 Jan 31, 2024", "en_US", ["2024-01-31"]),
        ("Rev. 04.15.2024   Service date: 03/04/2024", None, ["2024-04-15", "2024-03-04"]),
        ("Due 03/04/24", "en", []),
    ],
)
def test_a_number_beside_a_month_is_no_day_and_an_order_is_not_guessed(
    text: str, language: str | None, right: list[str]
) -> None:
    never_another(find_dates, text, language, *right)


def test_dates_beside_other_numbers_are_read() -> None:
    assert unflagged(find_dates, "Tax Year 2023 April 15, 2024", "en_US") == ["2024-04-15"]
    assert unflagged(find_dates, "3 March 2024; 4. März 2024; 2024 March 5", None) == [
        "2024-03-03", "2024-03-04", "2024-03-05",
    ]  # fmt: skip
    assert unflagged(find_money, "Strom 45,31 Mai 2024", "de") == ["45.31"]
    assert unflagged(find_money, "20   $1,985.00   $1,687.25   May 2020   20", "en_US") == ["1985.00", "1687.25"]
    assert unflagged(find_dates, "Oct 1, 2022   Sep 25, 2021   Oct 1, 2022", "en") == [
        "2022-10-01", "2021-09-25", "2022-10-01",
    ]  # fmt: skip
    assert unflagged(find_dates, "Due 03/04/24", "en_GB") == ["2024-04-03"]


@pytest.mark.parametrize(
    ("text", "language", "right"),
    [
        ("Pris 12 345:-", "sv", ["12345"]),
        ("Total: R12 345.67", None, ["12345.67"]),
        ("Prix 10 000F", "fr", ["10000"]),
        ("Loyer 1 250/mois", "fr", ["1250"]),
    ],
)
def test_a_part_of_a_grouped_number_is_no_amount(text: str, language: str | None, right: list[str]) -> None:
    never_another(find_money, text, language, *right)


def test_the_currency_of_another_amount_is_not_taken() -> None:
    def read(text: str, language: str) -> list[tuple[str, str | None]]:
        found = [one for one in find_money(text, Locale(language=language)) if isinstance(one.value, dict)]
        return [(one.value["amount"], one.value["currency"]) for one in found]

    assert read("Total 95.00 EUR $103.20", "en") == [("95.00", "EUR"), ("103.20", None)]
    assert read("95.00 CHF $103.20", "de_CH") == [("95.00", "CHF"), ("103.20", None)]
    assert read("CNY ¥1,234.00", "en") == [("1234.00", "CNY")]
    assert ("21.50", "IDR") not in read("Energie 21.50 Rp./kWh", "de_CH")
    assert read("Harga Rp 50.000", "id") == [("50000", "IDR")]


@pytest.mark.parametrize(
    ("find", "text", "language", "right"),
    [
        (find_numbers, "4 1/2-Zimmer-Wohnung", "de_CH", ["4.5"]),
        (find_numbers, "4 ½ Zimmer", "de_CH", ["4.5"]),
        (find_durations, "a term of 2-1/2 years", "en", ["P30M"]),
        (find_money, "cena 123 zł 45 gr", "pl", ["123.45"]),
        (find_money, "12 Euro 50 Cent", "de", ["12.50"]),
        (find_durations, "2 years, 6 months and 10 days", "en", ["P2Y6M10D"]),
        (find_durations, "3 years 2 months 15 days", "en", ["P3Y2M15D"]),
        (find_durations, "2 yrs 3 mos", "en", ["P2Y3M"]),
        (find_durations, "2 år och 6 månader", "sv", ["P2Y6M"]),
        (find_durations, "2 years & 6 months", "en", ["P2Y6M"]),
        (find_durations, "2 years, 6 months, 10 days", "en", ["P2Y6M10D"]),
        (find_money, "12 Euro und 50 Cent", "de", ["12.50"]),
        (find_money, "12 dollars and 50 cents", "en", ["12.50"]),
        (find_money, "123 zł, 45 gr", "pl", ["123.45"]),
        (find_money, "£12 50p", "en_GB", ["12.50"]),
        (find_numbers, "4 11/16 in", "en_US", ["4.6875"]),
    ],
)
def test_a_compound_value_is_not_cut(find: Find, text: str, language: str, right: list[str]) -> None:
    never_another(find, text, language, *right)


def test_compound_durations_are_read_and_two_terms_stay_two() -> None:
    assert unflagged(find_durations, "2 years, 6 months and 10 days", "en") == ["P2Y6M10D"]
    assert unflagged(find_durations, "3 years 2 months 15 days", "en") == ["P3Y2M15D"]
    assert unflagged(find_durations, "5 years, 30 days notice", "en") == ["P5Y", "P30D"]


KINDS = {"date": "date", "due": "date", "net": "money", "tax": "money", "price": "number"}


def money(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


@pytest.mark.parametrize(
    ("check", "values", "outcome"),
    [
        ("date == '2024-03-12'", {"date": "2024-03-12"}, "holds"),
        ("date != '2024-03-12'", {"date": "2024-03-12"}, "broken"),
        ("date >= '2024-01-01'", {"date": "2024-03-12"}, "holds"),
        ("date in ('2024-03-12', '2024-03-13')", {"date": "2024-03-13"}, "holds"),
        ("due - date <= 30", {"due": "2024-03-30", "date": "2024-03-12"}, "holds"),
        ("due - date <= 30", {"due": "2024-05-30", "date": "2024-03-12"}, "broken"),
        ("net * 0.1 == tax", {"net": money("12.45"), "tax": money("1.25")}, "holds"),
        ("net * 0.19 == tax", {"net": money("50.50"), "tax": money("9.60")}, "holds"),
        ("net * 0.19 == tax", {"net": money("50.50"), "tax": money("9.61")}, "broken"),
        ("price > 0", {"price": "0.0035"}, "holds"),
        ("price > 0", {"price": "0"}, "broken"),
    ],
)
def test_checks_reckon_with_dates_days_and_halves_of_a_cent(check: str, values: dict[str, Any], outcome: str) -> None:
    assert run_check(check, values, KINDS) == outcome


def test_a_date_beside_a_text_that_is_none_is_refused() -> None:
    with pytest.raises(CheckSyntaxError, match="write it as"):
        parse_check("date >= '01.02.2024'", KINDS)


def test_gold_that_says_the_same_otherwise_is_right() -> None:
    assert values_match("duration", "P1Y", "P12M")
    assert values_match("duration", "P1.5Y", "P18M")
    assert values_match("duration", "P14D", "P2W")
    assert values_match("duration", "PT90M", "PT1H30M")
    assert not values_match("duration", "P1M", "P30D")
    assert values_match("address", "Hauptstr. 12, 12345 Berlin", "Hauptstr 12 12345 Berlin")
    assert not values_match("address", "Hauptstr. 1-2, 12345 Berlin", "Hauptstr. 12, 12345 Berlin")


def test_a_percent_cell_of_a_workbook_is_not_taken_for_a_hundredth() -> None:
    field = task_of(vat={"kind": "percent"}).answer_fields()["vat"]
    with pytest.raises(GoldValueError, match=r"0\.19 may be 19 %"):
        parse_gold_value(field, 0.19, Locale())
    assert parse_gold_value(field, 19.0, Locale()) == "19"
    assert parse_gold_value(field, "0.19", Locale()) == "0.19"
    assert parse_gold_value(field, "19 %", Locale()) == "19"


@pytest.mark.parametrize(
    ("find", "text", "language", "right"),
    [
        (find_percents, "CGST 9%- SGST 9%-", "en_IN", ["9", "9"]),
        (find_percents, "VAT 20%- £45.00", "en_GB", ["20"]),
        (find_percents, "5%- bis 10%ige Lösung", "de", ["5", "10"]),
        (find_percents, "au moins 50 % des voix", "fr", ["50"]),
        (find_percents, "al menos 5 % del capital", "es", ["5"]),
        (find_percents, "VAT: (20%) 45.00", "en_GB", ["20"]),
        (find_percents, "USt.   (19 %)   45,00", "de", ["19"]),
        (find_numbers, "die 5-%-Hürde", "de", ["5"]),
        (find_numbers, "Clause 12-(a)", "en", ["12"]),
        (find_numbers, "50-€-Gutschein", "de", ["50"]),
        (find_money, "ein 12,50-€-Gutschein", "de", ["12.50"]),
        (find_money, "Section 2.10-A of the Agreement", "en_US", ["2.10"]),
        (find_money, "Payment $250.00 MD Anderson Cancer Center", "en_US", ["250.00"]),
        (find_numbers, "Total effort 35 MDs", "en", ["35"]),
        (find_money, "EUR 500 Md. Weber", "de", ["500"]),
        (find_money, "EUR 500 M. Schmidt", "de", ["500"]),
        (find_money, "£1,250 B/F", "en_GB", ["1250"]),
        (find_money, "R$ 5 mil", None, ["5000"]),
        (find_numbers, "6-mil poly sheet", "en", ["6"]),
        (find_numbers, "Card ****-****-****-1234", "en", ["1234"]),
        (find_money, "Papier A4 450,00 €", "de", ["450.00"]),
        (find_money, "Kabel CAT6 150,00 €", "de", ["150.00"]),
        (find_money, "04/12 200.00", "en_US", ["200.00"]),
        (find_money, "14.03. 15:42 250,00 EUR", "de", ["250.00"]),
        (find_money, "Beratung 1.200,00 EUR 19", "de", ["1200.00"]),
        (find_money, "Servizio 1.000,00 € 22", "it", ["1000.00"]),
        (find_money, "Fahrkarte 89,90 € DB Fernverkehr AG", "de", ["89.90"]),
        (find_numbers, "Arbeitszeit 7,50 H", "de", ["7.50"]),
        (find_numbers, "Pipe OD 60 mm", "en", ["60"]),
        (find_numbers, "Room 12 Dr. Smith", "en", ["12"]),
        (find_money, "Sunset Dr 450.00", "en_US", ["450.00"]),
        (find_money, "Totaal € 45,00 Bij betaling vermelden", "nl", ["45.00"]),
        (find_money, "Subtotal 1,000.00\nTotal 1,250.00 1/2", "en_US", ["1000.00", "1250.00"]),
        (find_dates, "15/16 mars 2024", "fr", ["2024-03-16"]),
        (find_dates, "2024 MAR 05 1250.00", "en", ["2024-03-05"]),
        (find_dates, "2024 May 12 2024 May 15", "en", ["2024-05-12", "2024-05-15"]),
        (find_durations, "1 to 1 1/2 years", "en", ["P18M"]),
    ],
)
def test_what_reads_without_doubt_is_read(find: Find, text: str, language: str | None, right: list[str]) -> None:
    found = unflagged(find, text, language)
    assert [value for value in found if value in right] == right
    assert [value for value in found if value.startswith("-")] == []


def test_the_currency_beside_a_date_belongs_to_the_amount() -> None:
    (found,) = [one for one in find_money("Due 2024-03-31 USD $1,200.00", Locale(language="en")) if not one.flags]
    assert found.value == {"amount": "1200.00", "currency": "USD"}


@pytest.mark.parametrize(
    ("check", "values", "outcome"),
    [
        ("due == date + 30", {"due": "2024-04-11", "date": "2024-03-12"}, "holds"),
        ("date - 30 <= due", {"due": "2024-04-11", "date": "2024-03-12"}, "holds"),
        ("due - '2024-01-01' <= 90", {"due": "2024-03-12"}, "holds"),
        ("price == 0", {"price": "0.005"}, "broken"),
    ],
)
def test_checks_add_days_and_tell_small_numbers_apart(check: str, values: dict[str, Any], outcome: str) -> None:
    assert run_check(check, values, KINDS) == outcome


def test_a_postcode_with_a_space_or_a_hyphen_is_the_same() -> None:
    assert values_match("address", "Sveavägen 1, 114 55 Stockholm", "Sveavägen 1, 11455 Stockholm")
    assert values_match("address", "ul. Prosta 1, 00-950 Warszawa", "ul. Prosta 1, 00950 Warszawa")
    with pytest.raises(CheckSyntaxError):
        parse_check("date >= 20240101", KINDS)
