"""What changes a figure and stands apart from its digits: signs, parentheses, scales and marks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.checker.derived import fault_of_derived
from ringfence.tasks.locale import Locale
from ringfence.tasks.values import (
    find_dates,
    find_durations,
    find_emails,
    find_money,
    find_numbers,
    find_percents,
    find_phones,
)
from tests.test_printed_forms import Find, never_another, unflagged

GAPS = st.sampled_from(["", " ", "  ", "      ", "\t", " | ", "\u00a0", "\u200f", "\u061c", " \u200e"])


@given(st.sampled_from(["", "$", "€"]), GAPS, GAPS, GAPS, st.sampled_from([find_money, find_numbers]))
def test_an_amount_in_parentheses_is_no_income_whatever_stands_between(
    mark: str, outside: str, before: str, behind: str, find: Find
) -> None:
    never_another(find, f"Net loss  {mark}{outside}({before}1,234.56{behind})", "en_US", "-1234.56")
    never_another(find, f"Net loss  {outside}({before}{mark}1,234.56{behind})", "en_US", "-1234.56")


@given(st.sampled_from(["", "£"]), st.sampled_from([" ", "  ", "        ", "\t", " | ", "\u200e", "\u200f\u00a0"]))
def test_a_hyphen_before_an_amount_is_not_passed_over_whatever_stands_between(mark: str, gap: str) -> None:
    for text in (
        f"Refund  -{mark}{gap}1,234.56",
        f"Refund  -{gap}{mark}{gap}1,234.56",
        f"Refund | -{mark}{gap}1,234.56",
    ):
        for find in (find_money, find_numbers):
            never_another(find, text, "en_GB", "-1234.56")


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("(1,234.56", []),
        ("Refund: -\n1.234,56 €", []),
        ("--12.50", []),
        (". / . 12.50", []),
        ("-\u200e€1,234.56", ["-1234.56"]),
        ("EUR \u00ad12.50", ["-12.50"]),
        ("⁻12.50", ["-12.50"]),
        ("➖12.50", ["-12.50"]),
        ("¬12.50", ["-12.50"]),
    ],
)
def test_an_unusual_minus_is_a_minus_or_in_doubt(text: str, right: list[str]) -> None:
    assert unflagged(find_money, text, "en") == right
    if right:
        value = next(find_money(text, Locale(language="en"))).value
        assert fault_of_derived("money", value, text, {"language": "en"}) is None


@pytest.mark.parametrize(
    ("find", "text", "right"),
    [
        (find_money, "Revenue  –  1,234.56  1,100.00", ["1234.56", "1100.00"]),  # the sign of an empty cell
        (find_money, "the fee (EUR 1,250.00\nplus tax) is due", ["1250.00"]),
        (find_money, "a) 1,250.00", ["1250.00"]),
        (find_money, "see note (1) 1,250.00", ["1250.00"]),
        (find_money, "12.50 EUR - 15.00 EUR", ["12.50", "15.00"]),
    ],
)
def test_dashes_and_parentheses_that_are_no_signs_leave_amounts_alone(find: Find, text: str, right: list[str]) -> None:
    assert unflagged(find, text, "en") == right


@pytest.mark.parametrize(
    ("text", "language", "right"),
    [
        ("12,5 mil Kč", None, []),
        ("12,5 mil Kč", "cs", ["12500000"]),
        ("12.5 mil USD", "en", []),
        ("12,5 mil. EUR", None, []),
        ("CHF 12,5 Mia.", "de", ["12500000000"]),
        ("12,5 mdkr", "sv", ["12500000000"]),
        ("12 tn kr", "sv", ["12000"]),
        ("12 tys. zł", None, ["12000"]),
        ("Rp 12 rb", None, ["12000"]),
        ("Rs. 5 L", None, []),
        ("R$ 12,5 mi", None, ["12500000"]),
        ("€ 12,5 bi", None, []),
        ("2.5T EUR", None, []),
        ("2.5 TEUR", None, ["2500"]),
        ("2.5兆円", "ja", ["2500000000000"]),
        ("2.5万亿元", "zh", ["2500000000000"]),
        ("¥3億5,000万", "ja", []),
        ("₹12 लाख", "hi", ["1200000"]),
        ("EUR 2,5 mila miliardi", "it", ["2500000000000"]),
        ("2.5 hundred thousand euros", "en", ["250000"]),
        ("Rs 2 crore 35 lakh", None, []),
        ("EUR 1 million 250 thousand", "en", []),
        ("EUR 12.5\nmillion", "en", []),
        ("EUR 12.5  million", "en", []),
        ("| EUR 12.5 | million |", "en", []),
        ("EUR 12.5¹ million", "en", []),
        ("EUR 12.5 (million)", "en", []),
        ("Umsatz 5,2 (Vorjahr: 4,8) Mio. EUR", "de", []),
        ("€ 12,5 bzw. 13,1 Mio.", "de", ["13100000"]),
        ("€4.8, €5.2 and €6.1 million", "en", ["6100000"]),
        ("(Mio. €) 12,50", "de", []),
        ("US$m 12.5", "en", []),
        ("K EUR 12,5", "de", []),
        ("тыс. руб. 12,50", None, []),
        ("Rs. in lakhs 12.50", None, []),
        ("in TEUR\nUmsatz   1.250,00", "de", []),
        ("(in thousands of EUR)\nRevenue   1,250.50", "en", []),
        ("Mio. EUR   2023   2022\nUmsatz   12,50   11,20", "de", []),
        ("Revenue in EUR million   12.5   11.2\nFee   12,500.00", "en", ["12500.00"]),
        ("Fee   12,500.00\nthe rent is paid in thousands", "en", ["12500.00"]),
    ],
)
def test_a_scale_is_read_or_the_amount_is_in_doubt(text: str, language: str | None, right: list[str]) -> None:
    assert unflagged(find_money, text, language) == right
    for one in find_money(text, Locale(language=language)):
        if one.value is not None:
            locale = {"language": language} if language else {}
            assert fault_of_derived("money", one.value, text[one.start : one.end], locale) is None


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("3 mil plastic bags", []),
        ("1 Bill of Lading", ["1"]),
        ("22 Million Street", []),
        ("2 Juta bags", []),
        ("12\u00a0M", []),
        ("1.2\u202fM", []),
        ("5 to 6 million people", ["6000000"]),
        ("5 Millionen Menschen", ["5000000"]),
        ("-1.23E+03", []),
        ("1E+21", []),
        ("1.5 x 10⁶", []),
        ("10⁶ m", []),
        ("1234 1/2", []),
        ("1·250", []),
        ("1´250.05", ["1250.05"]),
        ("Öffnungszeiten 10.30 - 12.45\nMenge 1.250", ["12.45"]),
        ("Python 3.12 and 3.13: 1.250 downloads", ["3.12", "3.13"]),
        ("Items 10,11 and 12,13 : 1,250 kg", ["10.11", "12.13"]),
    ],
)
def test_a_number_is_not_read_without_what_belongs_to_it(text: str, right: list[str]) -> None:
    assert unflagged(find_numbers, text, None) == right


@pytest.mark.parametrize(
    "text",
    [
        "9,85 Euro-Cent", "99 €-Cent", "9,85 Eurocent/kWh", "12 US cents", "9.85 c/kWh", "28.5 p/kWh", "¢9.85",
        "145.50 GBX", "145.50 GBp", "25 kuruş", "20 centavos", "20 Pfennig", "12 € 50", "5 Euro 50", "12€50",
    ],
)  # fmt: skip
def test_cents_by_any_name_are_no_whole_amounts(text: str) -> None:
    assert unflagged(find_money, text, None) == []


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("Windows 10 Pro 2021", []),
        ("iPad 9th Gen 2021", []),
        ("1 Mac 2019", []),
        ("12 LED 2020", []),
        ("12 set 2023", ["2023-09-12"]),
        ("5 May 2024", ["2024-05-05"]),
        ("Dep 12 MAR 1830 Arr 12 MAR 2015", []),
        ("12 Mar 1900 hrs", []),
        ("due 12.05.2024; ordered 04.30.2024", ["2024-04-30"]),
        ("04/05/2024, invoice 12.03.2024", ["2024-03-12"]),
        ("05/28/2024 and 04.05.2024", ["2024-05-28"]),
        ("28/05/2024 and 04.05.2024", ["2024-05-28", "2024-05-04"]),
    ],
)
def test_a_date_that_may_be_none_is_in_doubt(text: str, right: list[str]) -> None:
    assert unflagged(find_dates, text, None) == right


@pytest.mark.parametrize(
    ("find", "text", "language", "right"),
    [
        (find_percents, "Matrah 100,00 %18 18,00", "tr", ["18"]),
        (find_percents, "Matrah 100,00 %18 18,00", None, []),
        (find_percents, "12,5%-", "de", []),
        (find_percents, "5%o", None, []),
        (find_percents, "10 0 %", None, []),
        (find_phones, "+49 30 901820 10:00", None, ["+4930901820"]),
        (find_phones, "+49 30 901820 12.03.2024", None, ["+4930901820"]),
        (find_phones, "+49 30 90 18 20", None, ["+4930901820"]),
        (find_emails, "a@b.deTel", None, ["a@b.de"]),
        (find_emails, "a@b.comTel. 030", None, ["a@b.com"]),
        (find_emails, "a@b.de,c@d.de", None, ["a@b.de", "c@d.de"]),
        (find_emails, "{a,b}@c.de", None, []),
        (find_durations, "-30 days", None, []),
        (find_durations, "5 / 12 months", None, []),
        (find_durations, "- 30 days", None, ["P30D"]),
    ],
)
def test_a_figure_ends_where_its_neighbour_begins(
    find: Find, text: str, language: str | None, right: list[str]
) -> None:
    assert unflagged(find, text, language) == right


@pytest.mark.parametrize(
    ("find", "text", "language", "right"),
    [
        (find_money, "2 x 105.00 EUR = 210.00 EUR", "en", ["105.00", "210.00"]),
        (find_money, "€10²", None, ["10"]),
        (find_money, "Rent £850.00 p/m", "en_GB", ["850.00"]),
        (find_money, "The fee (EUR 1,250.00 plus VAT (19 %)) is due", "en", ["1250.00"]),
        (find_money, "Fee of €1,250.00, 3 million shares", "en", ["1250.00", "3000000"]),
        (find_money, "EUR 5,00 / 1 Mio. Abrufe", "de", ["5.00", "1000000"]),
        (find_money, "1,2 Mio. EUR   3,4 Mio. EUR", "de", ["1200000", "3400000"]),
        (find_money, "Mia: 12,50 €", "de", ["12.50"]),
        (find_money, "Trusted in thousands of homes\nFee 12.50", "en", ["12.50"]),
        (find_money, "⁃12.50 EUR rent", "en", ["12.50"]),  # a bullet
        (find_money, "5 mil euros", "es", ["5000"]),
        (find_numbers, "Revenue 1.2 million 2023 1.1 million 2022", "en", ["1200000", "2023", "1100000", "2022"]),
        (find_numbers, "in 2021 and 2022 (in millions):", "en", ["2021", "2022"]),
        (find_numbers, "12°30′250", None, ["12", "30", "250"]),
        (find_dates, "Check-in: 12 March 2024", "en", ["2024-03-12"]),
        (find_dates, "Departure: Fri, 15 Mar 2024", "en", ["2024-03-15"]),
        (find_dates, "12 SET 2023", None, ["2023-09-12"]),
        (find_dates, "31.12.2024 and 12.03.2024", "en_US", ["2024-12-31", "2024-03-12"]),
        (find_dates, "12.03.2024", "en_US", ["2024-12-03"]),
        (find_durations, "un préavis d'au moins 30 jours", "fr", ["P30D"]),
        (find_durations, "Laufzeit: –30 Tage", "de", ["P30D"]),
        (find_phones, "+33 1.23.45.67.89", None, ["+33123456789"]),
        (find_phones, "Tel. 089 / 289 - 01", "de", ["+498928901"]),
        (find_percents, "Q3 5 %", "en", ["5"]),
        (find_emails, "anna@x.coM", None, ["anna@x.com"]),
    ],
)
def test_what_only_looks_like_a_part_of_a_figure_leaves_it_alone(
    find: Find, text: str, language: str | None, right: list[str]
) -> None:
    assert unflagged(find, text, language) == right


@pytest.mark.parametrize("text", ["12,5 mil. EUR", "12 mil. Kč"])
def test_a_short_word_with_a_dot_that_two_languages_read_otherwise_is_in_doubt(text: str) -> None:
    for language in ("de", "fr", "it", "pl", None):
        assert unflagged(find_money, text, language) == []
