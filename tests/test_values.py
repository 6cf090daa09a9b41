"""Typed values: what parses one way is typed, what parses two ways is flagged, nothing is guessed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import babel.dates
import babel.numbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.checker.derived import fault_of_derived
from ringfence.tasks.fields import CodeField, PatternField
from ringfence.tasks.locale import Locale, decimal_sign_of
from ringfence.tasks.recognisers import find_candidates
from ringfence.tasks.values import (
    iban_is_valid,
    type_date,
    type_duration,
    type_number,
)
from tests.conftest import document_of

AMOUNTS = st.decimals(min_value=Decimal("-9999999"), max_value=Decimal("9999999"), places=2)
DAYS = st.dates(min_value=date(1970, 1, 1), max_value=date(2068, 12, 31))


@pytest.mark.parametrize(
    ("raw", "decimal", "value"),
    [
        ("1,249.50", None, "1249.50"),
        ("1.249,50", None, "1249.50"),
        ("1'249.50", None, "1249.50"),
        ("1 249,50", None, "1249.50"),
        ("1,234,567", None, "1234567"),
        ("30.90", None, "30.90"),
        ("30,90", None, "30.90"),
        ("0.125", None, "0.125"),
        ("1,250", ".", "1250"),
        ("1,250", ",", "1.250"),
        ("(12.50)", None, "-12.50"),
        ("12,50-", None, "-12.50"),
        ("-3", None, "-3"),
        (".50", None, "0.50"),
    ],
)
def test_numbers_as_they_are_printed(raw: str, decimal: str | None, value: str) -> None:
    assert type_number(raw, decimal).value == value


def test_a_number_that_reads_two_ways_is_null_with_both_readings() -> None:
    typed = type_number("1,250", None)
    assert typed.value is None
    assert typed.flags == ("ambiguous-number",)
    assert set(typed.readings) == {"1.250", "1250"}


@pytest.mark.parametrize("raw", ["1.2.3", "12,34,56", "abc", "", "1,23.456,7"])
def test_what_is_no_number_is_flagged(raw: str) -> None:
    assert type_number(raw, None).value is None


@given(AMOUNTS, st.sampled_from(["en", "de", "fr", "de_CH"]))
def test_amounts_printed_in_a_locale_come_back_as_they_were(amount: Decimal, language: str) -> None:
    printed = babel.numbers.format_decimal(amount, "#,##0.00", locale=language)
    typed = type_number(printed, str(babel.numbers.get_decimal_symbol(language)))
    assert Decimal(typed.value) == amount
    assert fault_of_derived("number", typed.value, printed, {}) is None


@pytest.mark.parametrize(
    ("raw", "order", "value"),
    [
        ("2024-03-12", None, "2024-03-12"),
        ("12.03.2024", None, "2024-03-12"),
        ("12/03/2024", "dmy", "2024-03-12"),
        ("12/03/2024", "mdy", "2024-12-03"),
        ("25/12/2018", None, "2018-12-25"),
        ("18-11-18", "dmy", "2018-11-18"),
        ("4/17/20", "mdy", "2020-04-17"),
        ("1st of March 2024", None, "2024-03-01"),
        ("March 1st, 2024", None, "2024-03-01"),
        ("12. März 2024", None, "2024-03-12"),
        ("20-MAR-2018", None, "2018-03-20"),
        ("3 Sept. 2021", None, "2021-09-03"),
    ],
)
def test_dates_as_they_are_printed(raw: str, order: str | None, value: str) -> None:
    assert type_date(raw, order).value == value  # type: ignore[arg-type]


def test_a_date_that_reads_two_ways_is_null_with_both_readings() -> None:
    typed = type_date("03/04/2023", None)
    assert (typed.value, typed.flags, typed.readings) == (
        None,
        ("ambiguous-date",),
        ("2023-03-04", "2023-04-03"),
    )


@pytest.mark.parametrize("raw", ["31.02.2024", "99/99/2024", "soon", "2024-13-01"])
def test_what_is_no_date_is_flagged(raw: str) -> None:
    assert type_date(raw, "dmy").value is None
    assert type_date(raw, "dmy").flags


@given(DAYS, st.sampled_from(["en", "de", "fr", "es", "it", "nl"]), st.sampled_from(["long", "medium"]))
def test_dates_written_in_words_come_back_as_they_were(day: date, language: str, width: str) -> None:
    printed = babel.dates.format_date(day, width, locale=language)
    text = f"Paid on {printed} in full"
    found = find_candidates(PatternField(kind="date"), document_of(text), Locale(date_order="dmy"))
    assert [candidate.value for candidate in found] == [day.isoformat()]
    raw = text[found[0].start : found[0].end]
    assert fault_of_derived("date", day.isoformat(), raw, {"date_order": "dmy"}) is None


@given(DAYS, st.sampled_from(["dmy", "mdy"]), st.sampled_from("/-"))
def test_numeric_dates_follow_the_declared_order(day: date, order: str, sign: str) -> None:
    printed = day.strftime(sign.join(f"%{part}" for part in order).replace("y", "Y"))
    typed = type_date(printed, order)  # type: ignore[arg-type]
    assert typed.value == day.isoformat()
    assert fault_of_derived("date", typed.value, printed, {"date_order": order}) is None


@given(DAYS, DAYS, st.sampled_from(["dmy", "mdy"]))
def test_the_checker_refuses_every_other_day(day: date, other: date, order: str) -> None:
    printed = day.strftime("/".join(f"%{part}" for part in order).replace("y", "Y"))
    fault = fault_of_derived("date", other.isoformat(), printed, {"date_order": order})
    assert (fault is None) == (day == other)


@given(AMOUNTS, AMOUNTS)
def test_the_checker_refuses_every_other_amount(amount: Decimal, other: Decimal) -> None:
    printed = f"EUR {amount:,.2f}"
    fault = fault_of_derived("money", {"amount": str(other), "currency": "EUR"}, printed, {})
    assert (fault is None) == (amount == other)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("30 days", "P30D"),
        ("thirty (30) days", "P30D"),
        ("three months", "P3M"),
        ("14 Tage", "P14D"),
        ("zwei Jahre", "P2Y"),
        ("24-month", "P24M"),
        ("8 hours", "PT8H"),
        ("10 business days", "P10D"),
    ],
)
def test_durations_as_they_are_printed(raw: str, value: str) -> None:
    assert type_duration(raw).value == value
    assert fault_of_derived("duration", value, raw, {}) is None
    assert fault_of_derived("duration", "P31D", raw, {}) is not None


def test_a_duration_that_contradicts_itself_is_flagged() -> None:
    assert type_duration("thirty (60) days").readings == ("30", "60")


def test_iban_check_digits_are_worked_out() -> None:
    assert iban_is_valid("DE89370400440532013000")
    assert not iban_is_valid("DE89370400440532013001")
    text = "Konto DE89 3704 0044 0532 0130 00 BIC COBADEFF und DE89 3704 0044 0532 0130 01"
    good, bad = find_candidates(PatternField(kind="iban"), document_of(text), Locale())
    assert (text[good.start : good.end], good.value) == ("DE89 3704 0044 0532 0130 00", "DE89370400440532013000")
    assert (bad.value, bad.flags) == (None, ("iban-check-digits",))


def test_the_decimal_sign_is_taken_from_the_document_when_it_gives_it_away() -> None:
    assert decimal_sign_of("total 1.250,00") == ","
    assert decimal_sign_of("9.00 and 3.50") == "."
    assert decimal_sign_of("1,250 pieces") is None
    (found,) = find_candidates(PatternField(kind="money"), document_of("1.250 EUR"), Locale())
    assert found.flags == ("ambiguous-number",)


@pytest.mark.parametrize(
    ("text", "raw", "amount", "currency"),
    [
        ("TOTAL RM30.90", "RM30.90", "30.90", "MYR"),
        ("pay $20,400.00 now", "$20,400.00", "20400.00", None),
        ("Betrag 1.249,50 €.", "1.249,50 €", "1249.50", "EUR"),
        ("less £-350.44", "£-350.44", "-350.44", "GBP"),
        ("EUR 5000", "EUR 5000", "5000", "EUR"),
        ("credit -£350.44", "-£350.44", "-350.44", "GBP"),
        ("loss (1,250.00)", "(1,250.00)", "-1250.00", None),
        ("loss ($1,250.00)", "($1,250.00)", "-1250.00", None),
    ],
)
def test_money_takes_in_the_currency_that_stands_beside_it(
    text: str, raw: str, amount: str, currency: str | None
) -> None:
    (found,) = find_candidates(PatternField(kind="money"), document_of(text), Locale())
    assert text[found.start : found.end] == raw
    assert found.value == {"amount": amount, "currency": currency}


def test_both_dates_of_a_range_without_spaces_are_found() -> None:
    text = "flight 06/02/20-06/08/20, 18-11-18-19 is none"
    found = find_candidates(PatternField(kind="date"), document_of(text), Locale(date_order="mdy"))
    assert [candidate.value for candidate in found] == ["2020-06-02", "2020-06-08"]


def test_each_currency_belongs_to_one_number() -> None:
    text = "100.00 USD 200.00 EUR"
    found = find_candidates(PatternField(kind="money"), document_of(text), Locale())
    assert [(text[c.start : c.end], c.value["currency"]) for c in found] == [
        ("100.00 USD", "USD"),
        ("200.00 EUR", "EUR"),
    ]


@pytest.mark.parametrize("text", ["EUR 12 345", "12 345 EUR", "3 250.00", "1 234 567"])
def test_an_amount_that_may_be_grouped_by_spaces_is_flagged(text: str) -> None:
    found = [c for c in find_candidates(PatternField(kind="money"), document_of(text), Locale()) if c.end - c.start > 3]
    assert [(c.value, c.flags) for c in found] == [(None, ("ambiguous-number",))]


def test_dates_and_parts_of_words_are_no_amounts() -> None:
    text = "12.03.2024 at 10:30, ref AB-12.50, call 030/1234"
    assert [
        text[c.start : c.end] for c in find_candidates(PatternField(kind="number"), document_of(text), Locale())
    ] == []


def test_a_pattern_that_never_ends_is_stopped_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ringfence.tasks.recognisers.PATTERN_SECONDS", 0.2)
    with pytest.raises(ValueError, match="did not finish within"):
        find_candidates(CodeField(kind="code", pattern="(a|aa)+$b"), document_of("a" * 60), Locale())


@given(st.text(alphabet="0123456789.,-/ €$RMEUR\naäz", max_size=60))
def test_recognisers_never_fail_and_their_spans_are_exact(text: str) -> None:
    text = "x " + text
    document = document_of(text)
    for kind in ("number", "money", "date", "duration", "email", "iban"):
        for found in find_candidates(PatternField(kind=kind), document, Locale()):
            raw = document.text[found.start : found.end]
            assert raw.strip() == raw != ""
            assert found.value is not None or found.flags
            if found.value is not None and found.value != raw:
                assert fault_of_derived(kind, found.value, raw, {}) is None, (kind, raw, found.value)
