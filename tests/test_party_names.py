"""The name of a party below its number."""

from __future__ import annotations

from typing import Any

import pytest

from ringfence.contracts import FieldAnswer
from ringfence.tasks import prepare
from tests.conftest import document_of, task_of


def named(text: str, written: str, field: str = "buyer_name", **spec: Any) -> FieldAnswer:
    """The answer of a single text field for which the model ``written`` this."""
    task = task_of(None, **{field: {"kind": "text", **spec}})
    answer: FieldAnswer = prepare(task, document_of(text)).plan().read(f" {written}\n").single[field].answer
    return answer


BELOW = "Käufer:\n{}\nKunden AG Mitte\nKundenstraße 15\nDE 69876 Frankfurt\n"


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("GE2020211", "GE2020211"),
        ("Nummer   : GE2020211", "GE2020211"),
        ("Nummer: 549910", "Nummer: 549910"),
        ("Globale Nummer: 4000001123452 (GTIN)", "Globale Nummer: 4000001123452 (GTIN)"),
        ("Customer No. 17-4432", "17-4432"),
        ("Nummer: GE2020211\nGLN 4000001987658", "GE2020211"),
    ],
)
def test_a_number_above_a_name_stands_for_the_name(line: str, written: str) -> None:
    answer = named(BELOW.format(line), written)
    assert (answer.raw, answer.flags) == ("Kunden AG Mitte", [])
    assert answer.features["cell_moved"] == 1


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Buyer\nGE2020211\nHigh Street 12\nYork YO1 8AQ\n", "GE2020211"),
        ("Buyer\nGE2020211\nOrder: 17 spades\n", "GE2020211"),
        ("Buyer\nGE2020211\n\nTerms of payment\n", "GE2020211"),
        ("Buyer\nGE2020211\nMr\nJohn Smith\n", "GE2020211"),
        ("GE2020211\n", "GE2020211"),
        ("Kunde: 10023\nRechnung\n", "Kunde: 10023"),
        ("Buyer: 4432\nSeller\n", "4432"),
        ("Buyer: 4432\nAccounts Payable\n", "4432"),
        ("Jansen BV\nKvK: 12345678\nAmsterdam\n", "KvK: 12345678"),
        ("Zwischen Südwind GmbH\nHRB: 12345\nNordwind AG\n", "HRB: 12345"),
        ("Southwind Ltd\nCompany No. 12345678\nNorthwind Ltd\n", "Company No. 12345678"),
        ("Kunde: 10023\nLieferung ab 12 Uhr\n", "10023"),
        ("Kundennr. 10023\nRechnung\n", "Kundennr. 10023"),
        ("SIREN 552 100 554\nFacture\n", "SIREN 552 100 554"),
    ],
)
def test_a_number_above_no_name_stays_and_says_so(text: str, written: str) -> None:
    answer = named(text, written)
    assert (answer.raw, answer.flags) == (written, ["no-words"])


def test_the_place_above_a_name_counts_where_a_number_stands_in_several() -> None:
    text = "Kundennummer\n10023\nRechnung\n\nKäufer\n10023\nKunden AG\nKundenstraße 15\n"
    assert named(text, "10023").raw == "Kunden AG"


@pytest.mark.parametrize(
    "name", ["Tesco", "Max Müller", "Stadt Köln", "Weber & Söhne", "Rossi S.p.A.", "Autohaus Klein e.K."]
)
def test_a_name_is_known_by_its_legal_form_or_the_street_below_it(name: str) -> None:
    assert named(f"Käufer\nKunden-Nr. 10023\n{name}\nHauptweg 12\n50667 Köln\n", "10023").raw == name


@pytest.mark.parametrize("written", ["3M", "Studio 54", "Bolt 2020", "X5 Retail", "Kunden AG Mitte", "A1", "1&1"])
def test_a_name_with_a_number_is_a_name(written: str) -> None:
    answer = named(f"Buyer\n{written}\nKunden GmbH\n", written)
    assert (answer.raw, answer.flags) == (written, [])


@pytest.mark.parametrize(
    ("field", "spec"),
    [
        ("buyer_number", {}),
        ("reference", {}),
        ("product_name", {"description": "the model"}),
        ("customer", {"description": "number of the customer"}),
        ("file_name", {"description": "file that the customer sent"}),
        ("carrier", {"description": "SCAC of the carrier"}),
        ("buyer_name", {"holds": "anything"}),
    ],
)
def test_other_fields_keep_their_codes(field: str, spec: dict[str, str]) -> None:
    answer = named(BELOW.format("GE2020211"), "GE2020211", field, **spec)
    assert (answer.raw, answer.flags) == ("GE2020211", [])


@pytest.mark.parametrize("field", ["supplier", "company", "firma", "seller_name", "kaeufer", "razon_social"])
def test_fields_of_parties_are_known_by_their_names(field: str) -> None:
    assert named(BELOW.format("GE2020211"), "GE2020211", field).raw == "Kunden AG Mitte"


@pytest.mark.parametrize(
    "title",
    [
        "Herrn",
        "An",
        "To:",
        "Herrn Dr.",
        "Madame",
        "Firma",
        "M. et Mme",
        "Mr. & Mrs.",
        "Spett.le Ditta",
        "T.a.v.",
        "z. Hd.",
        "Aan",
    ],
)
def test_a_title_alone_is_no_name_and_says_so(title: str) -> None:
    assert "no-words" in named(f"Buyer\n{title}\nMax Mustermann\n", title).flags


@pytest.mark.parametrize(
    "name", ["Mara", "Leto", "Herrn GmbH", "Frau Anna Klein", "Dr. Oetker", "Mr D.I.Y.", "An Post", "Madame Tussauds"]
)
def test_a_name_with_a_title_stays(name: str) -> None:
    answer = named(f"Buyer\n{name}\nHigh Street 12\n", name)
    assert (answer.raw, answer.flags) == (name, [])


@pytest.mark.parametrize(
    ("name", "flags"),
    [
        ("KOSTENLIEFERANT GMBH, Werk 3, HAUPTSTR. 1, 99199 MUSTERHAUSEN", ["more-than-name"]),
        ("Müller GmbH, D-50667 Köln", ["more-than-name"]),
        ("Müller GmbH | Hauptweg 12 | 50667 Köln", ["more-than-name"]),
        ("Müller GmbH – Hauptweg 12 – 50667 Köln", ["more-than-name"]),
        ("Jansen BV, Kerkstraat 1, 1012 AB Amsterdam", ["more-than-name"]),
        ("Acme Ltd, 1 High Street, London SW1A 1AA", ["more-than-name"]),
        ("Acme Inc., 12 Main St, Springfield, IL 62704", ["more-than-name"]),
        ("Durand SA, 76600 Le Havre", ["more-than-name"]),
        ("Müller GmbH Hauptweg 12 50667 Köln", ["more-than-name"]),
        ("Acme Ltd, 1 High Street, Leeds", ["more-than-name"]),
        ("Acme Ltd VAT GB123456789", ["more-than-name"]),
        ("Müller GmbH, Köln, den 12.03.2024", ["more-than-name"]),
        ("AEON CO. (M) BHD (126926-H)", []),
        ("Durand SA Tél. 01 23 45 67 89", ["more-than-name"]),
        ("Müller GmbH info@mueller.de", ["more-than-name"]),
        ("Müller, Klein & Partner mbB", []),
        ("Fonds 2020, Serie 12 AG", []),
        ("Pizza, Pasta & More 2000 GmbH", []),
        ("Sonne/Wind 2020 GmbH & Co. KG", []),
        ("Friends of Ann Lee, 2022 Campaign", []),
        ("Telefon Schmidt GmbH", []),
        ("Mike Bloomberg 2020, Inc", []),
    ],
)
def test_a_name_with_its_address_says_so(name: str, flags: list[str]) -> None:
    assert named(f"Verkäufer\n{name}\n", name).flags == flags


def test_a_name_with_its_number_is_no_number() -> None:
    answer = named("Buyer\nAcme Ltd VAT GB123456789\nGlobex Inc\n", "Acme Ltd VAT GB123456789")
    assert answer.raw == "Acme Ltd VAT GB123456789"
