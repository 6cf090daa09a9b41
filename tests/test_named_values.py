"""A form that names one value with the words of a field decides; where that cannot be said, a value is flagged."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.contracts import FieldAnswer
from ringfence.tasks import prepare
from ringfence.tasks.extract.answer import Answer
from ringfence.tasks.extract.assignment import conclude
from ringfence.tasks.extract.merge import gather
from ringfence.tasks.extract.named_values import flag_named_elsewhere, with_named_values
from tests.conftest import document_of, task_of

CODE = {"kind": "code", "pattern": r"\d{5,6}"}
DATE = {"kind": "date"}


def answered(text: str, written: str, **fields: Any) -> Answer:
    """The answer after the model wrote ``written`` (a line for each field) about a text."""
    task = task_of(**fields)
    document = document_of(text)
    prepared = prepare(task, document)
    gathered = gather(task, [prepared.plan().read(f" {written}\n")])
    answer = conclude(task, with_named_values(prepared, gathered, [(0, len(text))]))
    flag_named_elsewhere(prepared, answer.fields)
    return answer


def only(text: str, written: str, **fields: Any) -> FieldAnswer:
    """The answer of the only field."""
    (name,) = fields
    return answered(text, written, **fields).fields[name]


LABELS = "Invoice # 17402   Order # 297735\nDue date: 2024-05-03\nInvoice date: 2024-04-03\n"
TABLE = "Flight Dates              Printed\n2024-05-01 - 2024-05-07   2024-04-03\n"
FLIGHT = {"flight_from": DATE, "flight_to": DATE}


@pytest.mark.parametrize(
    ("name", "spec", "written", "taken"),
    [
        ("order_number", CODE, "17402", "297735"),
        ("due_date", DATE, "2024-04-03", "2024-05-03"),
    ],
)
def test_the_only_value_that_is_named_counts_and_a_flag_says_what_the_model_chose(
    name: str, spec: dict[str, Any], written: str, taken: str
) -> None:
    found = only(LABELS, written, **{name: spec})
    assert (found.raw, found.chosen_by, found.flags) == (taken, "label", [f"model-chose: {written}"])


@pytest.mark.parametrize(
    ("name", "spec", "written"),
    [
        ("order_number", CODE, "297735"),
        ("due_date", DATE, "2024-05-03"),
        ("date", DATE, "2024-04-03"),  # a word that every date has
        ("paid_on", DATE, "2024-04-03"),  # a word that no date has
        ("due_date", DATE, "null"),
    ],
)
def test_other_values_stay_as_the_model_chose_them(name: str, spec: dict[str, Any], written: str) -> None:
    found = only(LABELS, written, **{name: spec})
    assert (found.raw, found.chosen_by, found.flags) == (None if written == "null" else written, None, [])


@pytest.mark.parametrize(
    ("text", "name", "written"),
    [
        ("Order # 11111\nOrder # 22222\nInvoice # 33333\n", "order_number", "33333"),  # two are named
        ("This letter is about the order 11111 that you sent to us, and about 33333, of which we know nothing at all.\n"
         "We ask you to look at what you wrote in it once more, and to tell us what you think of all that.\n",
         "order_number", "33333"),  # prose has no labels
        ("Purchase ref 11111\nOther 33333\n", "purchase_order", "33333"),  # only some of the words
    ],
)  # fmt: skip
def test_what_may_be_meant_otherwise_is_flagged_and_left(text: str, name: str, written: str) -> None:
    found = only(text, written, **{name: CODE})
    assert (found.raw, found.chosen_by, found.flags) == (written, None, ["named-elsewhere"])


def test_a_number_that_is_named_as_another_field_too_does_not_count() -> None:
    text = "Invoice to customer no 55667\nNo. 33333\n"
    both = answered(text, "33333\ncustomer_number: 55667", invoice_number=CODE, customer_number=CODE)
    assert both.values == {"invoice_number": "33333", "customer_number": "55667"}
    other = answered(text, "33333\nclient: 55667", invoice_number=CODE, client=CODE)
    assert other.values == {"invoice_number": "33333", "client": "55667"}


def test_fields_of_a_record_are_left_alone_since_parties_have_the_same_labels() -> None:
    party = {"kind": "record", "fields": {"vat_code": CODE}}
    found = answered("VAT 11111\nSold to 33333\n", "33333", buyer=party)
    assert found.values == {"buyer": {"vat_code": "33333"}}


def test_the_days_of_the_only_range_that_is_named_count() -> None:
    found = answered(TABLE, "2024-04-03\nflight_to: 2024-04-03", **FLIGHT)
    assert found.values == {"flight_from": "2024-05-01", "flight_to": "2024-05-07"}
    assert [each.chosen_by for each in found.fields.values()] == ["label", "label"]


def test_of_two_named_ranges_none_counts() -> None:
    text = f"{TABLE}Flight: 2024-06-01 - 2024-06-07\n"
    found = answered(text, "2024-04-03\nflight_to: 2024-04-03", **FLIGHT)
    assert found.values == {"flight_from": "2024-04-03", "flight_to": "2024-04-03"}
    assert found.fields["flight_from"].flags == ["named-elsewhere"]


def test_codes_beside_each_other_are_no_range() -> None:
    text = "Contract / Revision   Alt Order\n300525   /\n26905 West Road   x\n"
    assert only(text, "26905", contract_number=CODE).raw == "300525"


def test_a_label_may_stand_above_its_value_and_is_that_of_a_whole_range() -> None:
    assert only(TABLE, "2024-05-07", flight_to=DATE).flags == []
    assert only(TABLE, "2024-04-03", flight_to=DATE).flags == ["named-elsewhere"]


def test_a_value_that_is_named_once_is_named_wherever_it_stands() -> None:
    assert only("2024-05-03\nDue 2024-05-03, sent 2024-04-03\n", "2024-05-03", due_date=DATE).flags == []


def test_an_amount_is_left_alone_since_every_one_is_a_total_of_something() -> None:
    assert only("Net 5.00\nTotal 6.00\n", "5.00", total={"kind": "money"}).flags == []


NUMBERS = st.integers(10000, 99999).map(str)
WORDS = st.sampled_from(["Order #", "Invoice #", "Ref", "Order", "Contract no"])


@given(st.lists(st.tuples(WORDS, NUMBERS), min_size=1, max_size=5), st.data())
def test_whatever_is_taken_is_a_span_of_the_text_below_or_behind_its_label(
    cells: list[tuple[str, str]], data: st.DataObject
) -> None:
    text = "".join(f"{label} {number}\n" for label, number in cells)
    written = data.draw(st.sampled_from([number for _, number in cells]))
    found = only(text, written, order_number=CODE)
    ((start, end),) = found.spans
    assert text[start:end] == found.raw
    if found.chosen_by:
        assert text[:start].rsplit("\n", 1)[-1].startswith("Order")
        assert {number for label, number in cells if label.startswith("Order")} == {found.raw}
    else:
        assert found.raw == written
