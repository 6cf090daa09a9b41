"""A value is looked up with what the words around it say of it, with its unit, its place in a pair and its column."""

from __future__ import annotations

import pytest

from ringfence.checker.summarise import numbers_missing
from ringfence.tasks.columns import column_years
from ringfence.tasks.literals import fractions, literals
from ringfence.tasks.ordered_pairs import turned_pairs
from ringfence.tasks.qualifiers import contradict, qualifiers
from ringfence.tasks.units import end_of_unit

from .test_stated_values import faults

STATED = [
    ("The hose is 2.5 m long.", "The hose is 250 cm long."),
    ("The rule says in section 2: no pets.", "2: No pets."),
    ("Phase 3: it opens at 12:30.", "Phase 3 opens at 12:30."),
    ("It weighs 1.4 t.", "It weighs 1,400 kg."),
    ("The test takes 150 minutes.", "The test takes 2.5 hours."),
    ("The motor has 2.2 kW.", "The motor has 2200 W."),
    ("The margin is 0.75%.", "The margin is 75 basis points."),
    ("The stamp costs EUR 0.85.", "The stamp costs 85 cents."),
    ("The pipe is 3.5 inches wide.", "The pipe is 3 1/2 inches wide."),
    ("The pipe is 3.5 inches wide.", "The pipe is 3½ inches wide."),
    ("The share is 75%.", "The share is three quarters of it."),
    ("Der Umsatz war 700.000 Euro.", "Der Umsatz war TEUR 700."),
    ("The loss was $3.4 million.", "The loss was $(3.4) million."),
    ("It froze at -8 °C.", "It froze at minus 8 °C."),
    ("It is open on Monday.", "It is open Mon. 4 May 2020."),
    ("Sales fell in 2018-19.", "Sales fell in 2018/19."),
    ("The shop shuts at noon.", "The shop shuts at 12:00."),
    ("The vote was 9 to 4.", "The vote was 9-4."),
    ("It is about 5.2 million euros.", "It is 5,243,100 euros."),
    ("It took roughly 12%.", "It took 12.3%."),
    ("The tenant is Müller GmbH.", "The tenant is Mueller GmbH."),
    ("Die Deutsche Bank zahlt.", "Der Vorstand der Deutschen Bank zahlt."),
    ("Tal's CEO resigned.", "The CEO of Tal resigned."),
    ("The lease names Article 5.", "The lease names Art. 5."),
    ("Release v2.10.3 is out.", "The release 2.10.3 is out."),
    ("At least 500 came.", "No fewer than 500 came."),
    ("Anybody may claim at most EUR 500.", "No person may claim more than EUR 500 at most."),
    ("Section 12 applies to it.", "12. Section of the tenant\nSection 7 applies to it."),
    ("Sales rose by 5%.", "Sales grew; the rise was 5%, more than the fall by 2%."),
    ("The load must not exceed 500 kg here.", "The load here is at most 500 kg; it must hold."),
    ("Sales rose by 12%.", "There was an increase of sales of 12%."),
]
NOT_STATED = [
    ("Room 2: the board met.", "The board met in a room."),
    ("You may claim more than EUR 500.", "No person may claim more than EUR 500."),
    ("Die Gebühr beträgt mindestens 900 Euro.", "Die Gebühr darf 900 Euro nicht überschreiten."),
    ("The rent is EUR 900 per year.", "The monthly rent is EUR 900."),
    ("The net amount is EUR 900.", "The gross amount is EUR 900."),
    ("The profit before tax was EUR 5 million.", "The profit after tax was EUR 5 million."),
    ("Sales fell to EUR 54 million.", "Sales rose to EUR 54 million."),
    ("Die Preise wurden um 5 % gesenkt.", "Die Preise wurden um 5 % angehoben."),
    ("Der Umsatz nahm um 8 % ab.", "Der Umsatz nahm um 8 % zu."),
    ("The company made a loss of EUR 3 million.", "The company made a profit of EUR 3 million."),
    ("The notice is two months.", "The notice is two years."),
    ("Section 12 applies to it.", "Section 7 applies to it for 12 months."),
    ("Seite 12 zeigt es.", "Seite 21 zeigt es. Es gibt 12 Teile."),
    ("The invoice says EUR 700.", "The invoice says TEUR 700."),
    ("Sales (all) were EUR 1,250.", "Sales (in thousands of euros): 1,250"),
    ("The fee is 2021 euros.", "The fee began in 2021."),
    ("The fee is USD 500.", "The fee is EUR 500; room 500 is open."),
    ("The stamp costs 85 euros.", "The stamp costs 85 cents."),
    ("It froze at 8 °C.", "It froze at minus 8 °C."),
    ("More than 500 came.", "Fewer than 500 came."),
    ("It is above 5 °C.", "It is below 5 °C."),
    ("The pH is > 7.", "The pH is < 7."),
    ("Es sind mindestens 5 Tage.", "Es sind höchstens 5 Tage."),
    ("It ends before 1 May 2021.", "It ends after 1 May 2021."),
    ("It rose by 12%.", "It fell by 12%."),
    ("Rent is EUR 500 per year.", "Rent is EUR 500 per month."),
    ("The fee is €5/kg.", "The fee is €5/t."),
    ("It is due in 10 calendar days.", "It is due in 10 business days."),
    ("Rent is 500 EUR net.", "Rent is 500 EUR gross."),
    ("It rose from 500 to 400.", "It rose from 400 to 500."),
    ("The plate is 10 x 20 mm.", "The plate is 20 x 10 mm."),
    ("It is open on Monday.", "It is open on Tuesday."),
    ("Sales fell in 2019/20.", "Sales fell in 2018/19."),
    ("The shop shuts at noon.", "The shop shuts at midnight."),
    ("It is half of the area.", "It is a third of the area."),
    ("The VIN is 1HGCM82633A004352.", "The VIN is 1HGCM82633A004353."),
    ("Commit 3f2a91c mends it.", "Commit 3f2a92c mends it."),
    ("File 2021/0345 is closed.", "File 2021/0346 is closed."),
    ("Call 030-123456 now.", "Call 030-654321 now."),
    ("Use SKU 00123 here.", "Use SKU 123 here."),
    ("Mrs. Lund signed it.", "Mr. Lund signed it."),
    ("Herr Meier stellte den Antrag.", "Herr Schulz stellte den Antrag."),
]


@pytest.mark.parametrize(("claim", "text"), STATED)
def test_the_same_quantity_in_other_words_is_stated(claim: str, text: str) -> None:
    assert faults(claim, text) == []


@pytest.mark.parametrize(("claim", "text"), NOT_STATED)
def test_what_words_turn_into_something_else_is_a_fault(claim: str, text: str) -> None:
    assert faults(claim, text)


def test_words_that_only_one_of_two_values_has_contradict_nothing() -> None:
    assert faults("About 500 came.", "More than 500 came.") == []
    assert faults("Rent is EUR 500.", "Rent is EUR 500 per month.") == []
    assert contradict(frozenset({("per", "month")}), frozenset({("tax", "net")})) is False


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("not be less than 500 kg", {("bound", "least")}),
        ("nicht mehr als 500 kg", {("bound", "most")}),
        ("≤ 500 kg", {("bound", "most")}),
        ("500 or more", {("bound", "least")}),
        ("500 EUR/Monat", {("per", "month")}),
        ("500 € zzgl. MwSt.", {("tax", "net")}),
        ("500 Werktage", {("days", "working")}),
        ("income rose and costs fell by 500", {("change", "fall")}),
        ("costs fell by EUR 500", {("change", "fall"), ("amount", "of a change")}),
        ("costs fell; then 500 came", set()),
    ],
)
def test_the_words_of_the_same_clause_qualify(text: str, said: set[tuple[str, str]]) -> None:
    start = text.index("500")
    assert qualifiers(text, start, end_of_unit(text, start + 3)) == said


TABLE = """Three months ended
June 25,   June 26,
2022   2021
Products   $   63,355   $   63,948
Other   (10)   243
Note 5   19   20   21
A long sentence that has nothing to do with the table above it, and which ends that table for what follows.
2024   2,897
"""


def test_an_amount_belongs_to_the_year_over_it() -> None:
    found = {TABLE[column.start : column.end].strip(): column.year for column in column_years(TABLE)}
    assert found == {"63,355": "2022", "63,948": "2021", "(10)": "2022", "243": "2021"}
    assert faults("Products brought 63,355 in 2022.", TABLE) == []
    assert faults("Products fell from 63,948 in 2021 to 63,355 in 2022.", TABLE) == []
    assert faults("Products brought 63,355 in 2021.", TABLE)
    assert faults("In fiscal 2021, which ended in 2022, products brought 63,355.", TABLE) == []


def test_the_columns_of_years_may_stand_among_others() -> None:
    heads = (
        "Item | 2023 | 2022 | Change\n",
        "| Item | Note | 2023 | 2022 |\n|---|---|---|---|\n",
        "in TEUR | 31.12.2023 | 31.12.2022\n",
    )
    rows = ("Revenue | 540 | 500 | 40", "| Revenue | 4 | 540 | 500 |", "Revenue | 540 | 500")
    for head, row in zip(heads, rows, strict=True):
        assert faults("Revenue in 2023 was 540.", head + row) == [], head
        assert faults("Revenue in 2022 was 540.", head + row), head
    other = "Item | 2023 | 2022\nRevenue | 540 | 500\nArea | Europe | Asia\nSales | 7 | 9"
    assert faults("Sales of Europe in 2022 were 7.", other) == []


def test_pairs_are_compared_in_their_order() -> None:
    assert list(turned_pairs("from EUR 10 to EUR 15", "from EUR 15 to EUR 10")) == [(9, 21)]
    assert list(turned_pairs("1 in 4", "1 in 4, once 4 in 1")) == []
    assert list(turned_pairs("10 to 15", "15 x 10")) == []


def test_literals_and_fractions_have_one_reading_whatever_their_form() -> None:
    text = "Mondays, montags, Sun 4 May, so 5; 2018/19, 2018/0019; 12 noon, midnight; FY22, FY2022/23"
    assert [reading for _, _, reading in literals(text)] == [
        "12:00", "00:00", "weekday 1", "weekday 1", "weekday 7", "2018/2019", "2022/2023", "2022", "#2018_0019",
    ]  # fmt: skip
    text = "4½, 4 1/2, 1/3, a third, half of it, 7/12"
    assert [(reading, bool(parts)) for _, _, reading, parts in fractions(text)] == [
        ("4.5", False), ("4.5", False), ("1/3", False), ("7/12", False), ("1/3", True), ("0.5", True),
    ]  # fmt: skip


@pytest.mark.parametrize(("claim", "text"), STATED)
def test_the_checker_takes_them_too(claim: str, text: str) -> None:
    assert list(numbers_missing(claim, text)) == []


def test_two_of_what_the_source_counts_otherwise_are_a_fault() -> None:
    assert faults("Two pumps run in the hall.", "Three pumps run in the hall.")
    assert faults("Two pumps run in the hall.", "Three pumps run in the hall, 2 of them fast.") == []
    assert faults("The two parties agree to it.", "Tal and Berg, the parties, agree to it.") == []


def test_a_prefix_of_a_unit_counts_by_its_letter_case() -> None:
    assert faults("The motor has 60 MW here.", "The motor has 60 mW here.")
    assert faults("The line has 60 MB here.", "The line has 60 Mb here.")
