"""A date that stands behind the label of another one carries a flag; what a paper means does not."""

from __future__ import annotations

import pytest

from ringfence.tasks.extract.other_labels import flag_labelled_otherwise
from tests.conftest import text_flags

DUE = "date by which it has to be paid, without discount"


def flags(text: str, written: str, name: str, description: str = "") -> list[str]:
    """The flags of the only field of a task, a date, for which the model wrote ``written``."""
    return text_flags(flag_labelled_otherwise, text, written, name, kind="date", description=description)


@pytest.mark.parametrize(
    ("text", "written", "name", "said"),
    [
        ("Invoice 4711\nLiefer- und Leistungsdatum:   06.03.2018\n", "06.03.2018", "due_date", "delivery"),
        ("Lieferschein-Datum : 30.09.2013\n", "30.09.2013", "due_date", "delivery"),
        ("Date de livraison : 30/09/2013\n", "30/09/2013", "date_echeance", "delivery"),
        ("Leverdatum: 30-09-2013\n", "30-09-2013", "vervaldatum", "delivery"),
        ("Fecha de entrega: 30/09/2013\n", "30/09/2013", "vencimiento", "delivery"),
        ("Order date   Delivery date\n3 May 2024   7 May 2024\n", "7 May 2024", "due_date", "delivery"),
        ("Billing period: 9 July 2018 to 11 July 2018\n", "11 July 2018", "due_date", "period"),
        ("Date of birth: 4 June 1979\n", "4 June 1979", "invoice_date", "birth"),
        ("Bestelldatum   13.03.2024\n", "13.03.2024", "rechnungsdatum", "order"),
        ("INVOICE\nOrder date: 3 May 2024\n", "3 May 2024", "invoice_date", "order"),
        ("Delivery date: 7 May 2024\nPayment terms: net\n", "7 May 2024", "due_date", "delivery"),
        ("Date of issue: 3 May 2024\n", "3 May 2024", "due_date", "issue"),
        ("Payment due: 3 May 2024\n", "3 May 2024", "issue_date", "due"),
        ("Factuurdatum: 04-05-2024\n", "04-05-2024", "due_date", "invoice"),
        ("Fällig am: 03.06.2024\n", "03.06.2024", "rechnungsdatum", "due"),
    ],
)
def test_a_date_behind_the_label_of_another_one_is_flagged(text: str, written: str, name: str, said: str) -> None:
    assert flags(f"{text}Hull, 2 February 2017\n", written, name) == [f"labelled-otherwise: {said}"]


@pytest.mark.parametrize(
    ("text", "written", "name", "description"),
    [
        ("Fällig am:   06.03.2018\n", "06.03.2018", "due_date", DUE),
        ("Faellig am: 06.03.2018\n", "06.03.2018", "faelligkeit", "bis wann die Rechnung zu begleichen ist"),
        ("Zahlbar bis   06.03.2018\n", "06.03.2018", "due_date", DUE),
        ("Échéance : 06/03/2018\n", "06/03/2018", "due_date", DUE),
        ("ECHEANCE : 06/03/2018\n", "06/03/2018", "date_echeance", "date limite de règlement de la facture"),
        ("Facture à régler avant le : 06/03/2018\n", "06/03/2018", "due_date", ""),
        ("Fattura da saldare entro il 06/03/2018\n", "06/03/2018", "scadenza", ""),
        ("Rechnungsbetrag wird abgebucht am: 06.03.2018\n", "06.03.2018", "due_date", "date of payment"),
        ("Please settle this invoice by: 15 March 2024\n", "15 March 2024", "payment_deadline", "last day to pay"),
        ("Fecha de vencimiento: 06/03/2018\n", "06/03/2018", "fecha_limite", "fecha límite de pago de la factura"),
        ("Date: 06.03.2018\n", "06.03.2018", "due_date", DUE),  # says nothing
        ("Delivery date: 06.03.2018\n", "06.03.2018", "date", "day of the paper"),  # so does the field
        ("Delivery date: 06.03.2018\nDue date: 06.03.2018\n", "06.03.2018", "due_date", DUE),
        ("Delivery date: 06.03.2018\nHull, 06.03.2018\n", "06.03.2018", "due_date", DUE),  # a place without a label
        ("Delivery and due date: 06.03.2018\n", "06.03.2018", "due_date", DUE),
        ("Leistungsdatum: 06.03.2018\n", "06.03.2018", "delivery_date", ""),
        ("Date of service: 6 March 2018\n", "6 March 2018", "delivery_date", ""),  # as on German invoices
        ("Leistungszeitraum: 01.03.2018 - 31.03.2018\n", "31.03.2018", "delivery_date", "day of delivery or service"),
        ("PURCHASE ORDER 33\nDue date: 7 May 2024\n", "7 May 2024", "delivery_date", ""),  # of the goods
        ("Invoice date: 6 March 2018\n", "6 March 2018", "date", "date of the invoice"),
        ("Invoice date and tax point: 6 March 2018\n", "6 March 2018", "supply_date", "date of supply"),
        ("Invoice date: 6 March 2018\n", "6 March 2018", "purchase_date", "date of purchase"),
        ("PURCHASE ORDER 33\nOrder date: 7 May 2024\n", "7 May 2024", "issue_date", ""),
        ("Invoice date: 7 May 2024\n", "7 May 2024", "date", "the day on which the paper was issued"),
        ("Bill of lading date: 1 May 2024\n", "1 May 2024", "ship_date", "day of shipment"),
        ("Expiry date: 30 June 2026\n", "30 June 2026", "contract_end", ""),
        ("Scade il: 30/06/2026\n", "30/06/2026", "contract_end", ""),
        ("Data di scadenza: 06/06/2024\n", "06/06/2024", "expiry_date", ""),
        ("Offer open until: 30 June 2024\n", "30 June 2024", "valid_until", "last day of validity"),
        ("Service start date: 1 May 2024\n", "1 May 2024", "contract_start", "day on which the contract starts"),
        ("Insurance period: 1 May 2024 - 30 April 2025\n", "30 April 2025", "expiry_date", ""),
        ("Policy expires: 3 May 2025\n", "3 May 2025", "renewal_date", "date the next premium is due"),
        ("Gewährleistung bis: 01.01.2026\n", "01.01.2026", "due_date", ""),
        ("The delivery on 6 March 2018 was late.\n", "6 March 2018", "due_date", DUE),  # prose has no labels
    ],
)
def test_a_date_that_may_be_meant_is_not_flagged(text: str, written: str, name: str, description: str) -> None:
    assert flags(text, written, name, description) == []


def test_what_is_payable_at_once_is_not_due_on_the_day_of_the_delivery() -> None:
    text = "Liefer- und Leistungsdatum:   06.03.2018\nZahlungsreferenz: 181301674\nZahlbar sofort rein netto\n"
    assert flags(text, "06.03.2018", "due_date") == ["labelled-otherwise: delivery"]


def test_where_a_paper_has_one_date_only_a_day_to_pay_is_doubted() -> None:
    assert flags("Order date: 3 May 2024\n", "3 May 2024", "invoice_date") == []
    assert flags("Order date: 3 May 2024\n", "3 May 2024", "due_date") == ["labelled-otherwise: order"]


@pytest.mark.parametrize(
    "line",
    [
        "Leistungsdatum entspricht Rechnungsdatum.",
        "Lieferdatum = Rechnungsdatum",
        "Leistungsdatum: siehe Rechnungsdatum",
        "Leistung am Tag der Rechnung",
        "Delivery date is the invoice date unless stated",
    ],
)
def test_a_paper_may_say_that_two_dates_are_one(line: str) -> None:
    text = "Rechnungsdatum: 06.03.2018\nKunde: 4711\n{}\nGeburtstag: 01.02.2001\n"
    assert flags(text.format("Es gelten unsere Rechnungs- und Lieferbedingungen"), "06.03.2018", "leistungsdatum") == [
        "labelled-otherwise: invoice"
    ]
    assert flags(text.format(line), "06.03.2018", "leistungsdatum") == []
    receipt = "Invoice date: 6 March 2018\nHull\nPayment due upon receipt\n"
    assert flags(receipt, "6 March 2018", "due_date") == []


def test_the_name_of_a_field_tells_what_its_date_is() -> None:
    text = "Delivery date: 3 May 2024\nHull, 1 February 2017\n"
    excluding = "day by which to pay, not the order date, the invoice date or the delivery date (Lieferdatum)"
    assert flags(text, "3 May 2024", "due_date", excluding) == ["labelled-otherwise: delivery"]
    assert flags(text, "3 May 2024", "due_date", "day by which the goods must be delivered") == []
    assert flags(text, "3 May 2024", "deadline", "day by which to pay") == []  # such words are often of other things


@pytest.mark.parametrize(
    ("text", "written", "name"),
    [
        ("Lieferscheindatum: 07.05.2024\n", "07.05.2024", "ausstellungsdatum"),  # the day of that paper
        ("Zahlungserinnerung vom 07.05.2024\n", "07.05.2024", "ausstellungsdatum"),
        ("Payment reminder date: 7 May 2024\n", "7 May 2024", "issue_date"),
        ("Zahlungsart   Rechnungsdatum   Nummer\nBarzahlung   03.05.2024   12\n", "03.05.2024", "rechnungsdatum"),
        ("Ship via   Invoice date   Terms\nShipping by DHL   3 May 2024   net\n", "3 May 2024", "invoice_date"),
        ("Leverkusen, den 03.05.2024\n", "03.05.2024", "rechnungsdatum"),
        ("Payless Ltd   3 May 2024\n", "3 May 2024", "invoice_date"),
        ("Statement period: 1 May 2024 - 31 May 2024\n", "31 May 2024", "paid_until"),
        ("Überweisungsauftrag vom: 03.05.2024\n", "03.05.2024", "payment_date"),
        ("Airway bill date: 3 May 2024\n", "3 May 2024", "ship_date"),
    ],
)
def test_what_only_looks_like_the_label_of_another_date_is_none(text: str, written: str, name: str) -> None:
    assert flags(f"{text}Hull, 2 February 2017\n", written, name) == []


def test_days_of_a_pair_are_of_their_period() -> None:
    text = "Invoice period: 1 May 2024 - 31 May 2024\n"
    others = {"order_last": {"kind": "date"}}
    assert flags(text, "1 May 2024", "order_first") == ["labelled-otherwise: period"]
    assert text_flags(flag_labelled_otherwise, text, "1 May 2024", "order_first", others=others, kind="date") == []
