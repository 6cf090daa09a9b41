"""A form that names one value with the words of a field decides; where that cannot be said, a value is flagged."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.checker import check_run
from ringfence.contracts import FieldAnswer
from ringfence.engines import FakeEngine
from ringfence.learning import Mixture, fit_ranker
from ringfence.runs import RunFolder
from ringfence.tasks import prepare
from ringfence.tasks.extract.answer import Answer
from ringfence.tasks.extract.assignment import conclude
from ringfence.tasks.extract.merge import gather
from ringfence.tasks.extract.named_values import flag_named_elsewhere, with_named_values
from tests.conftest import document_of, task_of
from tests.test_ranked_lists import labelled
from tests.test_ranker import run_on
from tests.test_replay import replayed

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
    text = "Contract / Revision: 300525   /\n26905 West Road   x\n"
    assert only(text, "26905", contract_number=CODE).raw == "300525"


def test_a_label_may_stand_above_its_value_and_is_that_of_a_whole_range() -> None:
    assert only(TABLE, "2024-05-07", flight_to=DATE).flags == []
    assert only(TABLE, "2024-04-03", flight_to=DATE).flags == ["named-elsewhere"]


def test_a_value_that_is_named_once_is_named_wherever_it_stands() -> None:
    assert only("2024-05-03\nDue 2024-05-03, sent 2024-04-03\n", "2024-05-03", due_date=DATE).flags == []


def test_an_amount_is_left_alone_since_every_one_is_a_total_of_something() -> None:
    assert only("Net 5.00\nTotal 6.00\n", "5.00", total={"kind": "money"}).flags == []


# Ordinary papers in which a word of the field's name stands near a value that is something else.
MEANT_OTHERWISE = [
    ("invoice_number", CODE, "17402", "INVOICE\nCustomer no. 55667\nNo. 17402\nTotal 5.00\n"),
    ("invoice_number", CODE, "17402", "TAX INVOICE\nGST ID 123456\nBill 17402\n"),
    ("order_number", CODE, "778899", "PURCHASE ORDER\nVendor # 55667\nPO # 778899\n"),
    ("order_number", CODE, "17402", "Your order no.:\nCustomer no.: 55667\nRef 17402\n"),
    ("order_number", CODE, "22222", "Order no.   Amount\n11111   5.00\n22222   6.00\nRef 22222\n"),
    ("order_number", CODE, "17402", "Order no.   Customer no.   Date\n   55667   2024-04-03\nRef 17402\n"),
    ("order_number", CODE, "17402", "No. 17402\nOrders 9-5. Order hotline: 555123\n"),
    ("invoice_number", CODE, "17402", "No. 17402\nInvoice total 12500 EUR\n"),
    ("invoice_number", CODE, "20881", "CREDIT NOTE 20881\nOriginal invoice: 17402\n"),
    ("customer_number", CODE, "55667", "Account: 55667\nCustomer order: 778899\n"),
    ("customer_number", CODE, "55667", "Account 55667\nCustomer\n75201 Dallas\n"),
    ("reference", CODE, "33333", "Ref. 33333\nBank reference 55555\n"),
    ("policy_number", CODE, "65432", "Certificate no. 65432\nReplaces policy 12345\n"),
    ("invoice_date", DATE, "2024-04-03", "INVOICE\nDue: 2024-05-03\nDate: 2024-04-03\n"),
    ("invoice_date", DATE, "2024-04-03", "Date: 2024-04-03\nThis invoice is payable by 2024-05-03\n"),
    ("due_date", DATE, "2024-05-03", "Pay by: 2024-05-03\nPrevious amount due 2024-03-03\n"),
    ("due_date", DATE, "03/04/2024", "Due date: 03/04/2024\nhello\nDue: 15/04/2024\n"),  # reads two ways
    ("delivery_date", DATE, "2024-04-12", "Pos   Delivery date\n1   2024-04-10\n2   2024-04-12\nDone: 2024-04-12\n"),
    ("end_date", DATE, "2025-12-31", "Expires: 2025-12-31\nYear end 2024-12-31\n"),
    ("invoice_number", CODE, "17402", "Bill 17402\nInvoice date: 040324\n"),
    ("invoice_number", CODE, "17402", "ACME Ltd      INVOICE\nPhone 1       555123\nNo. 17402\n"),
    ("order_number", CODE, "17402", "17402\n__________\nOrder no.\n55667\n__________\nCustomer no.\n"),
    ("invoice_number", CODE, "17402", "INVOICE\n\n\n\n555123\nAnn Lee\nLondon\nNo. 17402\n"),
    ("customer_number", CODE, "55667", "Customer:\n10115\nBerlin\nGermany\nAccount 55667\n"),
    ("invoice_number", CODE, "17402", "No. 17402\nInvoice: € 12500\n"),
    ("order_number", CODE, "33333", "Ref 33333\nOrder no. 11111-22222\n"),
    ("order_number", CODE, "17402", "Order/customer no. 55667\nNr. 17402\n"),
    ("order_number", CODE, "33333", "Previous | Order no. | 11111\nCurrent | PO | 33333\n"),
    ("order_number", CODE, "33333", "Ref 33333\n> Order 11111\n"),
    ("order_number", CODE, "33333", "Order no. 11111\nreplaced by 33333\n"),
    ("issue_date", DATE, "2024-04-03", "Issued: 2024-04-03\nPassport\nDate of issue: 2019-02-02\n"),
    ("valid_until", DATE, "2024-12-31", "Valid: 2024-01-01\nExpires: 2024-12-31\n"),
    ("last_invoice_number", CODE, "17300", "Invoice number: 17402\nPrevious bill: 17300\n"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "spec", "written", "text"), MEANT_OTHERWISE)
def test_a_word_of_the_field_beside_something_else_changes_nothing(
    name: str, spec: dict[str, Any], written: str, text: str
) -> None:
    found = only(text, written, **{name: spec})
    assert (found.raw, found.chosen_by) == (written, None)


def test_half_a_range_is_not_taken_beside_a_null() -> None:
    spec = {"valid_from": DATE, "valid_until": DATE}
    text = "Effective: 2024-06-01\nValid: 2024-01-01 - 2024-03-31\n"
    found = answered(text, "2024-06-01\nvalid_until: null", **spec)
    assert found.values == {"valid_from": "2024-06-01", "valid_until": None}


def test_a_row_with_a_number_has_no_label_of_the_whole_document() -> None:
    text = "Contract dates: 2024-05-01 - 2024-05-31\nLine 1 flight 2024-05-01 - 2024-05-07\n"
    found = answered(text, "2024-05-01\nflight_to: 2024-05-31", **FLIGHT)
    assert found.values == {"flight_from": "2024-05-01", "flight_to": "2024-05-31"}


def test_two_fields_of_the_same_words_are_left_alone() -> None:
    text = "Order # 11111\nRef 33333\nRef 44444\n"
    found = answered(text, "33333\norder_number: 44444", order_id=CODE, order_number=CODE)
    assert found.values == {"order_id": "33333", "order_number": "44444"}


def test_no_check_is_broken_that_held() -> None:
    text = "Date: 2024-04-03\nPay by: 2024-05-03\nDue: 2024-03-03\n"
    task = task_of(invoice_date=DATE, due_date=DATE).model_copy(update={"checks": ["due_date >= invoice_date"]})
    prepared = prepare(task, document_of(text))
    gathered = gather(task, [prepared.plan().read(" 2024-04-03\ndue_date: 2024-05-03\n")])
    assert with_named_values(prepared, gathered, [(0, len(text))]).values["due_date"] == "2024-05-03"


def test_only_places_that_were_read_count() -> None:
    text = "Order # 11111\nInvoice # 33333\n" + "hello\n" * 50 + "see 11111\n"
    prepared = prepare(task_of(order_number=CODE), document_of(text))
    gathered = gather(prepared.task, [prepared.plan().read(" 33333\n")])
    entry = with_named_values(prepared, gathered, [(0, 40)]).fields["order_number"]
    assert (entry.raw, entry.others) == ("11111", [])
    assert with_named_values(prepared, gathered, [(15, len(text))]).fields["order_number"].raw == "33333"


def paper(number: int) -> str:
    return f"Invoice # {17000 + number}\nOrder # {29000 + number}\nTotal 5.00\n"


@pytest.mark.parametrize("with_ranker", [False, True])
def test_a_named_value_holds_in_a_run_its_check_and_its_replay(tmp_path: Path, with_ranker: bool) -> None:
    """A ranker that leaves the choice to the model is given what the page names as the model's choice."""
    task = task_of(order_number=CODE)
    papers = [(paper(n), {"order_number": str(29000 + n)}) for n in range(12)]
    ranker = dataclasses.replace(fit_ranker(task, labelled(task, papers), {}), mixture=Mixture(0.0, 1.0, 5.0))
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text(paper(50))
    engine = FakeEngine(lambda request, prompt: " 17050\n")
    out = tmp_path / "run"
    run_on(engine, out, tmp_path / "in", task, ranker=ranker if with_ranker else None)
    (result,) = RunFolder.open(out).latest()
    assert result.values == {"order_number": "29050"}
    assert result.field("order_number").chosen_by == "label"
    assert check_run(out).findings == []
    assert replayed(RunFolder.open(out), engine).totals == {"IDENTICAL": 1}


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
