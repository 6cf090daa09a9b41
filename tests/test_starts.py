"""Where text values begin: what the model wrote, moved to the start of its line or cell or behind its label."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.contracts import FieldAnswer
from ringfence.tasks import WindowAnswer, prepare
from ringfence.tasks.extract.starts import is_form
from tests.conftest import document_of, task_of

RECEIPT = (
    "FY EAGLE ENTERPRISE\nNO 37, JALAN MANIS 7\n81200 JOHOR\n\nAgency: Ax   Buyer: Mr Sam Hill   43\nTotal   5.00\n"
)
SENTENCE = "This agreement is made between the parties named below and is governed by the law of Kent.\n"


def read(written: str, text: str = RECEIPT, logprob: float = -0.5, **spec: Any) -> FieldAnswer:
    """The answer ``written`` for one text field; its first token has the log-probability ``logprob``."""
    plan = prepare(task_of(value={"kind": "text", **spec}), document_of(text)).plan()
    part: WindowAnswer = plan.read(f" {written}\n", (2, len(written) + 1, len(written) + 2), (logprob, 0.0, 0.0))
    return part.single["value"].answer


def test_a_value_of_a_form_is_moved_to_the_beginning_of_its_line_and_stays_an_exact_span() -> None:
    got = read("JALAN MANIS 7 81200 JOHOR", within="block")
    assert got.raw == "NO 37, JALAN MANIS 7\n81200 JOHOR"
    assert RECEIPT[slice(*got.spans[0])] == got.raw
    assert got.features["start_moved"] == 1
    assert got.flags == []


def test_a_value_that_begins_where_its_line_does_tells_nothing() -> None:
    got = read("NO 37, JALAN MANIS 7")
    assert got.raw == "NO 37, JALAN MANIS 7"
    assert "start_moved" not in got.features


@pytest.mark.parametrize(
    ("starts", "raw"),
    [
        ("line", "Agency: Ax   Buyer: Mr Sam Hill"),
        ("cell", "Buyer: Mr Sam Hill"),
        ("label", "Mr Sam Hill"),
        ("anywhere", "Hill"),
    ],
)
def test_the_task_may_say_where_values_begin(starts: str, raw: str) -> None:
    assert read("Hill", logprob=0.0, starts=starts).raw == raw


def test_by_default_only_a_start_that_the_model_doubts_is_moved() -> None:
    assert read("EAGLE ENTERPRISE").raw == "FY EAGLE ENTERPRISE"
    assert read("EAGLE ENTERPRISE", logprob=-0.05).raw == "EAGLE ENTERPRISE"


def test_by_default_a_value_behind_a_bare_number_stays_such_as_a_city_behind_its_postcode() -> None:
    assert read("JOHOR").raw == "JOHOR"
    assert read("JOHOR", starts="line").raw == "81200 JOHOR"


def test_by_default_nothing_is_moved_in_prose() -> None:
    assert is_form(document_of(RECEIPT))
    assert not is_form(document_of(SENTENCE * 3))
    assert read("EAGLE ENTERPRISE", RECEIPT + SENTENCE * 3).raw == "EAGLE ENTERPRISE"


def test_a_value_never_grows_beyond_its_limit_nor_over_half_a_bracket() -> None:
    assert read("EAGLE ENTERPRISE", max_segments=2).raw == "EAGLE ENTERPRISE"
    assert read("TEBRAU", "MR DIY (TESCO TEBRAU)\n").raw == "TEBRAU"
    assert read("TEBRAU", "MR (DIY) TEBRAU\n").raw == "MR (DIY) TEBRAU"


def test_only_occurrences_with_the_same_words_before_them_remain() -> None:
    got = read("EAGLE", "FY EAGLE\nMY EAGLE\nAgain: FY EAGLE\n")
    assert got.raw == "FY EAGLE"
    assert got.others == [(25, 33)]


def test_a_task_that_says_nothing_of_starts_has_the_canonical_form_of_earlier_versions() -> None:
    assert "starts" not in task_of(value={"kind": "text"}).canonical()["fields"]["value"]
    assert task_of(value={"kind": "text", "starts": "cell"}).canonical()["fields"]["value"]["starts"] == "cell"


@given(st.text(alphabet="ab :|(\t\n", min_size=1, max_size=40), st.sampled_from(["line", "cell", "label", None]))
def test_a_moved_value_has_the_end_of_the_written_one_and_lies_in_the_same_line(text: str, starts: str | None) -> None:
    document = document_of("a" + text)
    text = document.text
    words = [text[segment.start : segment.end] for segment in document.segments if text[segment.start].isalnum()]
    for word in words:
        written, moved = read(word, text, starts="anywhere"), read(word, text, starts=starts)
        (start, end), (low, high) = written.spans[0], moved.spans[0]
        assert low <= start
        assert high == end
        assert "\n" not in text[low:high]
        assert moved.raw == text[low:high]


POPULAR = (
    "POPULAR BOOK\nCO. (M) SDN BHD\nLOT 5, 2ND FLOOR, PLAZA ONE,\nJALAN BESAR,\n53300 KUALA LUMPUR\nTOTAL   5.00\n"
)


@pytest.mark.parametrize(
    ("text", "whole", "flags"),
    [
        (POPULAR, "POPULAR BOOK\nCO. (M) SDN BHD", ["over-lines"]),
        (POPULAR.replace("POPULAR BOOK", "Invoice 17"), "CO. (M) SDN BHD", []),
        (POPULAR.replace("POPULAR BOOK", "Seller:"), "CO. (M) SDN BHD", []),
        (POPULAR.replace("POPULAR BOOK", "Company type"), "CO. (M) SDN BHD", []),
        (POPULAR.replace("POPULAR BOOK", "One   Two"), "CO. (M) SDN BHD", []),
        (POPULAR.replace("POPULAR BOOK\n", "POPULAR BOOK\n\n"), "CO. (M) SDN BHD", []),
        (POPULAR.replace("POPULAR BOOK\n", ""), "CO. (M) SDN BHD", []),
    ],
)
def test_a_name_is_not_only_its_legal_form(text: str, whole: str, flags: list[str]) -> None:
    got = read("CO. (M) SDN BHD", text)
    assert (got.raw, got.flags) == (whole, flags)


@pytest.mark.parametrize("name", ["und Partner", "et Fils"])
def test_a_name_does_not_begin_with_what_joins_it_to_the_line_above(name: str) -> None:
    assert read(name, f"Anna Huber\n{name}\nTotal   5.00\n").raw == f"Anna Huber\n{name}"


@pytest.mark.parametrize(
    ("above", "name"),
    [
        ("Poster", "Limited Edition Print"),
        ("Legal form", "GmbH & Co. KG"),
        ("Acme", "GmbH"),
        ("Signed by", "S.A. Khan"),
        ("Ann Murphy", "Co. Cork"),
        ("Ship to", "Corp. Headquarters"),
        ("Taxes", "inc. VAT 20%"),
        ("Ann Lee", "Andrew Hill"),
        ("GmbH", "PLC Ltd"),
    ],
)
def test_other_names_begin_as_they_do(above: str, name: str) -> None:
    assert read(name, f"{above}\n{name}\nTotal   5.00\n").raw == name


def address(written: str, text: str) -> FieldAnswer:
    """The answer ``written`` for an address over several lines."""
    plan = prepare(task_of(address={"kind": "text", "within": "block"}), document_of(text)).plan()
    return (
        plan.read(f" {written}\n", (2, len(written) + 1, len(written) + 2), (-0.5, 0.0, 0.0)).single["address"].answer
    )


def test_an_address_goes_back_over_lines_in_parts_with_a_number() -> None:
    got = address("JALAN BESAR, 53300 KUALA LUMPUR", POPULAR)
    assert (got.raw, got.flags) == ("LOT 5, 2ND FLOOR, PLAZA ONE,\nJALAN BESAR,\n53300 KUALA LUMPUR", ["over-lines"])
    assert got.features["start_moved"] == 1
    assert read("JALAN BESAR, 53300 KUALA LUMPUR", POPULAR, within="block").flags == []  # a field of another name


@pytest.mark.parametrize(
    "above",
    [
        "Yours sincerely,",
        "Order no 4711,",
        "No 4711, 3 boxes,",
        "Studio 54 Ltd,",
        "MR D.I.Y. (M) SDN BHD (860671-D),",
        "Registered in England No. 123456,",
        "Born 1.2.1980,",
        "ann7@example.com,",
        "Anna Muster, Lange Gasse 5, 10115 Berlin",
        "Anna Muster, Lange Gasse 5, 10115 Berlin\nHerr Max Beispiel",
        "Desk 4, room 12\nMrs Ann Lee",
        "Bolts, blue, 4.50",
        "Hall 3, east\nThe Courtyard\nOld Mill",
        "Smith & Co, 4 Mill Lane, Leeds LS1 4AB",
        "Smith & Co, 4 Mill Lane, Leeds LS1 4AB\nAnn Lee",
        "Firma Berg, Sveavägen 7, 111 52 Stockholm\nAnna Berg",
        "SARL Dupont, BP 12, Lyon Cedex 03\nM. Martin",
        "7 Low Road, York",
        "7 Low Road, York\nDeliver to",
        "Unit 7, Low Road\nDeliver to",
        "Mon - Sat, 8 - 22",
        "STORE 0123, TILL 4",
        "Ann Lee, aged 43",
        "2 x bolts, blue\nDelivery",
        "3 copies, one each\nAcme House",
        "Room 214, 2 guests",
        "Tower crane 2, hired",
        "Flat 3, 14 Low Road, Hull",
        "Etage 4, Hr. Klein",
    ],
)
def test_lines_that_are_no_part_of_an_address_stay_above_it(above: str) -> None:
    assert address("12 High Street, London", f"{above}\n12 High Street, London\n").raw == "12 High Street, London"


@pytest.mark.parametrize(
    ("above", "written"),
    [
        ("LOT 28, JALAN ANGSA\nTAMAN BERKELEY", "41150 KLANG, SELANGOR"),
        ("12, JALAN TAMPOI 7/4,KAWASAN ONE", "TAMPOI,81200 JOHOR BAHRU"),
        ("Unit 5, The Maltings", "12 High Street, London"),
        ("1504, Batu 8", "46000 PETALING JAYA"),
        ("NO 43-45-47G,", "TAMAN SEJATI, IJOK, 45600 BESTARI JAYA"),
        ("LOT S25, AEON TEBRAU CITY\nJUSCO", "NO 1, JLN DESA TEBRAU, 81100 JOHOR BAHRU"),
    ],
)
def test_an_address_that_seems_to_begin_with_its_town_begins_above(above: str, written: str) -> None:
    assert address(written, f"ACME\n{above}\n{written}\nTotal   5.00\n").raw == f"{above}\n{written}"


@pytest.mark.parametrize("number", ["789417-W", "002065464-X", "(1118258-K)", "GST NO: 001536708608", "HRB 123456"])
def test_an_address_does_not_begin_with_the_number_of_a_company(number: str) -> None:
    whole = "NO.53, JALAN SAGU 18\n81100 JOHOR BAHRU"
    text = f"ACME SDN BHD\n{number}\n{whole}\nTotal   5.00\n"
    assert address(f"{number} NO.53, JALAN SAGU 18 81100 JOHOR BAHRU", text).raw == whole
    assert address("NO.53, JALAN SAGU 18 81100 JOHOR BAHRU", text).raw == whole


@pytest.mark.parametrize(
    "first",
    [
        "12345 Berlin",
        "NO: 28, JALAN ASTANA",
        "PO Box 123456, Leeds",
        "PO Box 123456",
        "Postfach 101010",
        "B.P. 123456",
        "Mumbai 400001",
        "101000",
        "12345678",
        "Postnummer 12345678",
        "1200 Main Street",
        "Regent Street 100-110",
        "Company Road 12-14",
        "Regensburger Straße 10-12",
        "Co Rd 12500",
    ],
)
def test_other_lines_with_numbers_begin_an_address(first: str) -> None:
    assert address(f"{first} Germany", f"ACME\n{first}\nGermany\nTotal   5.00\n").raw == f"{first}\nGermany"


def test_a_number_alone_stays_an_address() -> None:
    assert address("789417-W", "ACME\n789417-W\nTotal   5.00\n").raw == "789417-W"


@pytest.mark.parametrize(
    "value", ["1200 Elm Street, Dallas, TX 75201", "1200 Elm Street, Dallas", "PO Box 1234, Dallas"]
)
@pytest.mark.parametrize("above", ["3 boxes, 2 pallets", "Ann Lee, 42", "5 High Street, Leeds"])
def test_an_address_with_a_number_of_its_own_takes_no_other_line(above: str, value: str) -> None:
    assert address(value, f"ACME\n{above}\n{value}\nTotal   5.00\n").raw == value


def test_the_number_of_a_customer_of_a_packing_station_stays() -> None:
    whole = "123456789\nPackstation 145\n10115 Berlin"
    assert address(whole.replace("\n", " "), f"Ann Lee\n{whole}\nTotal   5.00\n").raw == whole


@pytest.mark.parametrize(
    ("line", "name", "flags"),
    [
        ("Friends of Ann Lee (33871)", "Friends of Ann Lee", ["number-behind"]),
        ("Friends of Ann Lee(33871)", "Friends of Ann Lee", ["number-behind"]),
        ("Friends of Ann Lee (33871)", "Friends of Ann Lee (33871)", ["number-behind"]),
        ("Friends of Ann Lee (2020)", "Friends of Ann Lee", []),
        ("Friends of Ann Lee (R)", "Friends of Ann Lee", []),
        ("Friends of Ann Lee   (33871)", "Friends of Ann Lee", []),
    ],
)
def test_a_number_in_parentheses_may_belong_to_a_name(line: str, name: str, flags: list[str]) -> None:
    assert read(name, f"{line}\nTotal   5.00\n").flags == flags
