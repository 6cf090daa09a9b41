"""A form that names another text as the field's, or has more in the cell of a text, says so with a flag."""

from __future__ import annotations

import pytest

from ringfence.tasks.extract.labelled_texts import flag_texts
from tests.conftest import text_flags


def flags(text: str, written: str, name: str = "advertiser", within: str = "line") -> list[str]:
    """The flags of a text field for which the model wrote ``written``."""
    return text_flags(flag_texts, text, written, name, within=within)


PAIRS = "Advertiser   Kathy Landing for Congress   Invoice   7432639\nAgency   River Media (9660)   Rep   Bell\n"
COLON = "Advertiser: Kathy Landing for Congress\nAgency: River Media\n"
HEADS = "Advertiser   Original Date   Agency\nKathy Landing for Congress   3 May 2024   River Media\n"


@pytest.mark.parametrize("text", [PAIRS, COLON, PAIRS.replace("Advertiser ", "REMIT TO Bell Broadcast Advertiser ")])
def test_a_text_is_flagged_where_the_label_stands_beside_another_one(text: str) -> None:
    assert flags(text, "River Media") == ["named-elsewhere"]
    assert flags(text, "Kathy Landing for Congress") == []


def test_a_text_is_flagged_where_another_one_stands_alone_below_the_head() -> None:
    assert flags(HEADS, "River Media") == ["named-elsewhere"]
    assert flags(HEADS + "Contract Dates   Estimate #   Product\n", "River Media") == ["named-elsewhere"]
    assert flags("KPAX\nPO Box 4827\n\n" + HEADS, "KPAX") == ["named-elsewhere"]


def test_a_label_is_not_what_it_names() -> None:
    text = PAIRS.replace("Advertiser ", "REMIT TO Bell Broadcast Advertiser ")
    assert flags(text, "REMIT TO Bell Broadcast Advertiser") == ["named-elsewhere"]


@pytest.mark.parametrize(
    ("text", "written", "name"),
    [
        (HEADS, "Kathy Landing for Congress", "advertiser"),  # heads of columns: it stands below
        (HEADS + "Blue Party   7 May 2024   Hill Media\n", "River Media", "advertiser"),  # a table of many
        (HEADS.replace("Kathy Landing for Congress", "4711"), "River Media", "advertiser"),
        ("Meier GmbH\n\nKunde   4711\nSachbearbeiter   Braun\n1   12,00\n", "Meier GmbH", "kunde"),  # a list, no heads
        ("Jane Brown\n\nTenant   Date\nJ. Petit   3 May 2024\n", "Jane Brown", "tenant"),  # who signs
        ("Advertiser   Kathy Landing\n", "Kathy Landing", "customer"),  # another word
        ("Advertiser   Agency:\nRiver Media\n", "River Media", "advertiser"),  # nothing is named
        ("Advertiser   7432639\nRiver Media\n", "River Media", "advertiser"),
        ("Harbour Company\nCompany Reg. No.: 725186-V\n", "Harbour Company", "company"),
        ("Advertiser   KATHY LANDING\nKathy Landing for Congress\n", "Kathy Landing for Congress", "advertiser"),
    ],
)
def test_what_the_page_does_not_name_otherwise_is_not_flagged(text: str, written: str, name: str) -> None:
    assert flags(text, written, name) == []


def test_a_text_that_stops_within_its_cell_says_that_there_is_more() -> None:
    assert flags("Advertiser   Mike Bloomberg 2020 Inc-D\n", "Mike Bloomberg") == ["more-behind"]
    assert flags("Advertiser   Mike Bloomberg 2020 Inc-D\n", "Mike Bloomberg 2020 Inc-D") == []
    assert flags("99 SPEED MART S/B (519537-X)\n", "99 SPEED MART S/B", "shop") == []
    assert flags("Mill Ltd - 12 Dock Road - Hull\n", "Mill Ltd", "shop") == []
    assert flags("Advertiser   Mike Bloomberg 2020 Inc-D\n", "Mike Bloomberg", within="block") == []


def test_prose_names_nothing() -> None:
    text = (
        "The advertiser Kathy Landing wrote to River Media that the orders of the year were all to be paid at once.\n"
    )
    assert flags(text * 3, "River Media") == []


@pytest.mark.parametrize(
    ("text", "written", "name"),
    [
        ("Customer\nKestrel Foods Ltd\n\nNote to customer: Thank you\n", "Kestrel Foods Ltd", "customer"),
        ("Tenant\nJane Brown\n\nUtilities paid by tenant: Electricity\n", "Jane Brown", "tenant"),
        ("Landlord\nJane Brown\n\nRepairs by landlord   Roof and windows\n", "Jane Brown", "landlord"),
        ("Client\nDurand\n\nSignature du client : J. Petit\n", "Durand", "client"),
        ("Kunde\nMeier\n\nUnterschrift Kunde   J. Braun\n", "Meier", "kunde"),
        ("Tenant\nJane Brown\n\nSub-tenant: Bill Hart\n", "Jane Brown", "tenant"),
        ("Contact\nJane Brown\n\nEmergency contact   Bill Hart\n", "Jane Brown", "contact"),
        ("Vendor\nTide Ltd\n\nApproved vendor: Yes\n", "Tide Ltd", "vendor"),
        ("Address\n12 Dock Road\nE-mail address: jane@kestrel.example\n", "12 Dock Road", "address"),
        ("Kestrel Foods Ltd\nCustomer: jane@kestrel.example\n", "Kestrel Foods Ltd", "customer"),
        ("Kestrel Foods Ltd\nCustomer: KESTRELF01\n", "Kestrel Foods Ltd", "customer"),
        ("Jane Brown   Bill Hart\n__________   _________\nTenant   Landlord\n", "Jane Brown", "tenant"),
        ("Rep   Customer   Terms\n      Kestrel Foods   net\n", "Kestrel Foods", "customer"),
        ("Pos   Project   Customer\n1   Hull Bridge   Kestrel\n", "Hull Bridge", "project"),
        ("Kestrel Foods Limited\nSupplier: Kestrel Foods Ltd\n", "Kestrel Foods Limited", "supplier"),
        ("Müller & Söhne GmbH\nLieferant: Mueller u. Soehne\n", "Müller & Söhne GmbH", "lieferant"),
        ("Jane Mary Brown\nEmployee: Brown, Jane\n", "Jane Mary Brown", "employee"),
    ],
)
def test_labels_of_something_else_and_names_in_another_spelling_name_no_other_text(
    text: str, written: str, name: str
) -> None:
    assert flags(text, written, name) == []


@pytest.mark.parametrize(
    "label", ["Customer name:", "Customer:", "Our customer:", "Customer(s):", "Customer  ", "Customer name  "]
)
def test_common_labels_name_a_text(label: str) -> None:
    assert flags(f"{label} Kestrel Foods\nAgency: River Media\n", "River Media", "customer") == ["named-elsewhere"]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Bath BA1 1UA\n", "Bath"),
        ("Dallas TX 75201\n", "Dallas"),
        ("Musterstr. 5 20457 Hamburg\n", "Musterstr. 5"),
        ("Contact   Jane Brown Tel 0123\n", "Jane Brown"),
        ("Sparkasse Hamburg BIC HASPDEHH\n", "Sparkasse Hamburg"),
        ("Kestrel Foods Ltd VAT No GB123\n", "Kestrel Foods Ltd"),
        ("Kestrel Foods Ltd INVOICE\n", "Kestrel Foods Ltd"),
        ("Durand SARL au capital de 8 000 EUR\n", "Durand SARL"),
        ("Jane Brown 3 May 2024\n", "Jane Brown"),
        ("Senior Engineer from 1 May 2024\n", "Senior Engineer"),
    ],
)
def test_what_is_no_part_of_a_name_may_follow_it(text: str, written: str) -> None:
    assert flags(text, written, "shop") == []


def test_a_text_behind_a_label_in_its_cell_may_go_on_too() -> None:
    assert flags("Advertiser: Mike Bloomberg 2020 Inc-D\n", "Mike Bloomberg") == ["more-behind"]
