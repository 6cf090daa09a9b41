"""What CLDR prints in a stated locale comes back exactly, or flagged: never as another value."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import babel.dates
import babel.numbers
import babel.units
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ringfence.checker.derived import fault_of_derived
from ringfence.tasks.fields import PatternField
from ringfence.tasks.locale import Locale
from ringfence.tasks.recognisers import find_candidates
from ringfence.tasks.values.characters import plain
from ringfence.tasks.values.known_names import known_names, names_from_cldr
from tests.conftest import document_of

LOCALES = st.sampled_from((
    "en_US", "en_GB", "en_IN", "de", "de_CH", "fr", "es", "it", "nl", "pt", "sv", "fi", "pl", "cs", "hu", "ru", "el",
    "tr", "lt", "vi", "ja", "zh", "ko",
))  # fmt: skip
CONTEXTS = st.sampled_from(("{}", "The sum is {} as agreed.", "Total:   {}   A", "Gesamt: {}", "| {} |", "see {}; x"))
DAYS = st.dates(min_value=date(1970, 1, 1), max_value=date(2068, 12, 31))


def values_at(kind: str, printed: str, context: str, locale: str) -> list[Any]:
    """The values found where ``printed`` stands; the checker agrees with each."""
    document = document_of(context.format(printed))
    start = document.text.find(printed)
    spec, stated = PatternField.model_validate({"kind": kind}), Locale(language=locale)
    found = []
    for candidate in find_candidates(spec, document, stated):
        if candidate.end <= start or candidate.start >= start + len(printed):
            continue
        raw = document.text[candidate.start : candidate.end]
        if candidate.value is None:
            assert candidate.flags
        else:
            assert fault_of_derived(kind, candidate.value, raw, stated.model_dump()) is None
            found.append(candidate.value)
    return found


@settings(deadline=None, max_examples=150)
@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2), LOCALES, CONTEXTS)
def test_numbers(number: Decimal, locale: str, context: str) -> None:
    printed = babel.numbers.format_decimal(number, "#,##0.00", locale=locale)
    assert [Decimal(value) for value in values_at("number", printed, context, locale)] == [number]


@settings(deadline=None, max_examples=150)
@given(
    st.decimals(min_value=-(10**7), max_value=10**7, places=2),
    st.sampled_from(["EUR", "USD", "GBP", "CHF", "PLN"]),
    st.sampled_from(["standard", "accounting", "name"]),
    LOCALES,
    CONTEXTS,
)
def test_amounts(amount: Decimal, code: str, form: Any, locale: str, context: str) -> None:
    printed = babel.numbers.format_currency(amount, code, locale=locale, format_type=form)
    for value in values_at("money", printed, context, locale):
        assert Decimal(value["amount"]) == amount
        assert value["currency"] in (code, None)


@settings(deadline=None, max_examples=150)
@given(DAYS, st.sampled_from(["medium", "long", "full"]), LOCALES, CONTEXTS)
def test_dates(day: date, width: Any, locale: str, context: str) -> None:
    printed = babel.dates.format_date(day, width, locale=locale)
    assert set(values_at("date", printed, context, locale)) <= {day.isoformat()}


@settings(deadline=None, max_examples=100)
@given(DAYS, st.integers(1, 300), st.sampled_from([" - ", "–", " bis ", " to "]), LOCALES)
def test_periods(first: date, days: int, dash: str, locale: str) -> None:
    last = date.fromordinal(first.toordinal() + days)
    printed = dash.join(babel.dates.format_date(day, "long", locale=locale) for day in (first, last))
    assert values_at("period", printed, "from {} at the latest", locale) in (
        [{"from": first.isoformat(), "to": last.isoformat()}],
        [],
    )


@settings(deadline=None, max_examples=100)
@given(st.integers(1, 2000), st.sampled_from([("year", "Y"), ("month", "M"), ("day", "D")]), LOCALES, CONTEXTS)
def test_durations(count: int, unit: tuple[str, str], locale: str, context: str) -> None:
    printed = babel.units.format_unit(count, f"duration-{unit[0]}", "long", locale=locale)
    assert set(values_at("duration", printed, context, locale)) <= {f"P{count}{unit[1]}"}


@pytest.mark.parametrize("words", [False, True])
@settings(deadline=None, max_examples=60)
@given(count=st.integers(1, 999_000), context=CONTEXTS)
def test_thousands_and_millions(count: int, context: str, words: bool) -> None:
    printed = f"EUR {count} million" if words else f"{count:,} TEUR".replace(",", ".")
    power = 6 if words else 3
    for value in values_at("money", printed, context, "en_GB" if words else "de"):
        assert value == {"amount": str(count * 10**power), "currency": "EUR"}


@given(st.text(max_size=80))
def test_the_plain_copy_of_a_text_has_its_length(text: str) -> None:
    assert len(plain(text)) == len(text)


@settings(deadline=None, max_examples=300)
@given(st.text(alphabet="0123456789.,-–/'() \u00a0€$£¥%\nEURkMiohundredtoJan", max_size=70))
@example("0-£1")
@example("10 to £15")
@example("7611.93'4Tage")
@example("62'752.5days")
@example("- 401 bis 3105.13")
@example("6r% -5")
@example("4€ 11436 bis \n")
@example("$123698MioUSD")
@example(".1064€ to 82")
@example("£75- - 635.1")
@example("–€0 bis 78")
@example("0-3-17")
@example("2ano")
@example("kr.74")
def test_no_text_makes_a_value_that_the_checker_refuses(text: str) -> None:
    document = document_of("x " + text)
    for kind in ("number", "money", "percent", "date", "period", "duration", "email", "iban", "phone", "address"):
        for found in find_candidates(PatternField.model_validate({"kind": kind}), document, Locale()):
            raw = document.text[found.start : found.end]
            assert raw.strip() == raw != ""
            assert found.value is not None or found.flags
            if found.value is not None and found.value != raw:
                assert fault_of_derived(kind, found.value, raw, {}) is None, (kind, raw, found.value)


def test_the_names_worked_out_beforehand_are_those_of_cldr() -> None:
    assert known_names() == names_from_cldr(), "run `make docs`"
