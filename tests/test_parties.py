"""Two parties of a letterhead that only their place tells apart: a value that is one of them says who the other is."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.contracts import FieldAnswer
from ringfence.documents import read_document
from ringfence.tasks import prepare
from ringfence.tasks.extract.parties import flag_other_party
from tests.conftest import document_of, task_of, text_flags

TOWNS = [
    "20457 Hamburg",
    "D-20457 Hamburg",
    "CH-8001 Zürich",
    "75011 Paris",
    "1012 AB Amsterdam",
    "111 22 Stockholm",
    "00-950 Warszawa",
    "1000-001 Lisboa",
    "Bath BA1 1UA",
    "Bath BA1 1UA, United Kingdom",
    "Toronto M5V 2T6",
    "Dublin D02 X285",
    "Dallas, TX 75201",
    "Dallas TX 75201-1234, USA",
]


def beside(left: list[str], right: list[str]) -> str:
    """Two columns of a text."""
    return "".join(f"{one}     {other}\n" for one, other in zip(left, right, strict=True))


def flags(text: str, written: str, name: str = "supplier") -> list[str]:
    """The flags of a text field for which the model wrote ``written``."""
    return text_flags(flag_other_party, text, written, name)


@pytest.mark.parametrize("town", TOWNS)
def test_of_two_addresses_side_by_side_each_says_the_other(town: str) -> None:
    text = beside(["Kestrel Foods Ltd", "Riverside House", town], ["Tidewater Logistics", "Dock Road 77", town])
    assert flags(text, "Kestrel Foods Ltd") == ["other-party: Tidewater Logistics"]
    assert flags(text, "Tidewater Logistics") == ["other-party: Kestrel Foods Ltd"]


@pytest.mark.parametrize("sign", [" · ", " • ", " | ", ", ", " - ", " – "])
def test_the_line_of_a_sender_above_the_window_of_an_envelope_is_another_party(sign: str) -> None:
    line = sign.join(("Bluestone Office Supplies", "Mill Park", "Bristol BS1 4QT"))
    text = f"INVOICE\n\n{line}\n\nKestrel Foods Ltd\nRiverside House\nBath BA1 1UA\n"
    assert flags(text, "Kestrel Foods Ltd") == ["other-party: Bluestone Office Supplies"]
    assert flags(text, "Bluestone Office Supplies" if sign != ", " else line) == ["other-party: Kestrel Foods Ltd"]


LEFT, RIGHT = (
    ["Kestrel Foods Ltd", "Riverside House", "Bath BA1 1UA"],
    ["Tidewater Ltd", "Dock Road 77", "Hull HU3 2BN"],
)


@pytest.mark.parametrize(
    "text",
    [
        "\n".join([*LEFT, "", *RIGHT]) + "\n",  # one below the other: a head, and whom it writes to
        beside(["Bill to", *LEFT], ["From", *RIGHT]),
        beside(["Bill to:", *LEFT], ["Tidewater Ltd", "Sales", *RIGHT[1:]]),  # who is left has sent it
        beside(["Rechnung an", *LEFT], ["Lieferanschrift", *RIGHT]),
        "Buyer          Seller\n\n" + beside(LEFT, RIGHT),
        beside([f"To:   {LEFT[0]}", *LEFT[1:]], [f"From:   {RIGHT[0]}", *RIGHT[1:]]),
        beside(LEFT, [LEFT[0], "Harbour House", "Hull HU3 2BN"]),  # two houses of one party
        beside(LEFT, ["Date 3 May 2024", "Order 1777", "Net 12.00 GBP"]),
        beside(LEFT[:2], RIGHT[:2]),  # no towns
    ],
)
def test_what_words_or_lines_tell_apart_is_not_flagged(text: str) -> None:
    assert flags(text, "Kestrel Foods Ltd") == []


def test_on_paper_parties_stand_side_by_side_by_their_boxes(examples: Path) -> None:
    document = read_document(examples / "documents" / "02-two-sides-de.pdf")
    first = document.text.index("Kupfer & Söhne GmbH")
    fields = {"supplier": FieldAnswer(kind="text", raw="Kupfer & Söhne GmbH", spans=[(first, first + 19)])}
    flag_other_party(prepare(task_of(supplier={"kind": "text"}), document), fields)
    assert fields["supplier"].flags == ["other-party: Nordwind Energietechnik GmbH"]


def test_values_that_are_neither_party_are_not_flagged() -> None:
    text = beside(LEFT, RIGHT) + "\nSite inspection   320.67\n"
    assert flags(text, "Site inspection", "item") == []


@given(st.text(alphabet="Aa1 ,·\n:-", max_size=80))
def test_any_text_is_read(text: str) -> None:
    prepared = prepare(task_of(supplier={"kind": "text"}), document_of(f"{text}\nAa\nAa\n11111 Aa"))
    fields = {"supplier": FieldAnswer(kind="text", raw="Aa", spans=[(len(text) + 1, len(text) + 3)])}
    flag_other_party(prepared, fields)
    assert all(flag.startswith("other-party: ") for flag in fields["supplier"].flags)


WINDOW = "Kestrel Foods Ltd\nWeg 2\n28195 Bremen\n"


def both(left: str, right: str) -> str:
    """Two parties below what stands above them."""
    return f"{left}     {right}\n\n" + beside(LEFT, RIGHT)


@pytest.mark.parametrize(
    "text",
    [
        both("Locataire", "Bailleur"),
        both("Loading point", "Unloading point"),
        both("Exporteur", "Importeur"),  # in whatever words
        beside(LEFT, RIGHT) + "\nSupplier: Kestrel Foods Ltd\n",
        beside(LEFT, RIGHT) + "\nBuyer   Tidewater Ltd\n",
        beside([f"{LEFT[0]} (Seller)", *LEFT[1:]], [f"{RIGHT[0]} (Buyer)", *RIGHT[1:]]),
        beside([*LEFT, "- Landlord -"], [*RIGHT, "- Tenant -"]),
        beside(LEFT, ["Objekt", "Am Wall 2", "28195 Bremen"]),
        beside(LEFT, ["Bestellung", "Abruf", "5000 Stück"]),
        beside(LEFT, ["Lieferung", "Zahlung netto", "2024 Mai"]),
        beside(LEFT, ["Sparkasse Hamburg", "Am Markt 1", "20095 Hamburg"]),
        "Kestrel Foods Ltd, Mill Lane, Bath BA1 1UA\nRegistered office\nDelamare Road\nCheshunt EN8 9SL\n",
        "Absender: Tidewater Ltd · Dock Road 77 · Hull HU3 2BN\n\n" + "\n".join(LEFT) + "\n",
        "Abs. Tidewater Ltd · Dock Road 77 · Hull HU3 2BN\n\n" + "\n".join(LEFT) + "\n",
    ],
)  # fmt: skip
def test_a_party_that_the_page_names_somewhere_is_not_flagged(text: str) -> None:
    written = f"{LEFT[0]} (Seller)" if "(Seller)" in text else LEFT[0]
    assert flags(text, written) == []


def test_whom_a_letter_greets_is_its_recipient() -> None:
    text = "Tidewater Ltd, Dock Road 77, Hull HU3 2BN\n\nJane Brown\n4 Hill Street\nBath BA1 1UA\n\n{} Ms Brown,\n"
    assert flags(text.format("Dear"), "Jane Brown", "employee") == []
    assert flags(text.format("From"), "Jane Brown", "employee") == ["other-party: Tidewater Ltd"]


@pytest.mark.parametrize(
    ("text", "other"),
    [
        (f"Blum, Kern & Partner, Kupferweg 3, 20457 Hamburg\n\n{WINDOW}", "Blum, Kern & Partner"),
        (f"Acme Widgets, Inc., 12 Mill St, Dallas, TX 75201\n\n{WINDOW}", "Acme Widgets, Inc."),
        (f"Blum & Partner · Kupferweg 3 · 20457 Hamburg · Tel. 040 12345\n\n{WINDOW}", "Blum & Partner"),
        (f"Druckhaus 24 GmbH / Kupferweg 3 / 20457 Hamburg\n\n{WINDOW}", "Druckhaus 24 GmbH"),
        ("Blum, Weg 3, 13001 Marseille\n\nPURCHASE ORDER\nKestrel Foods Ltd\nDock Road 77\nHull HU3 2BN\n", "Blum"),
        ("Blum, Weg 3, 75007 Paris Cedex 07\n\nFirma\nKestrel Foods Ltd\nDock Road 77\nSydney NSW 2000\n", "Blum"),
        ("Tidewater        Kestrel Foods Ltd\nDock Road 77     Riverside House\nHull HU3 2BN     Unit 4\n"
         "                 Bath BA1 1UA\n", "Tidewater"),
    ],
)  # fmt: skip
def test_the_other_party_is_found_in_common_forms_with_its_whole_name(text: str, other: str) -> None:
    assert flags(text, "Kestrel Foods Ltd") == [f"other-party: {other}"]
