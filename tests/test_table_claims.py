"""A claim takes the numbers of a table from the rows, columns and years that it names, one by one."""

from __future__ import annotations

import pytest

from ringfence.tasks.answer.claims import Draft, code_faults
from ringfence.tasks.locale import Locale
from tests.conftest import passage_of
from tests.test_table_heads import PLANS, RESULTS, SALES

ASSETS = (
    "In EUR million   2023   2022\nTotal assets   5,410   5,120\nof which cash   812   640\n"
    "of which receivables   1,230   1,410\nTotal liabilities   3,300   3,150\nof which loans   1,100   1,250"
)
DAYS = (
    "Phase   Start   End\nDesign   2024-01-08   2024-02-16\nBuild   2024-02-19   2024-06-28\n"
    "Test   2024-07-01   2024-08-09"
)
MILESTONES = "Milestone   Date\nKick-off   3 May 2024\nAcceptance   7 June 2024\nWarranty ends   7 June 2026"
SECTIONS = (
    "Segment results   Revenue   Profit\nGermany\nPrinters   310   40\nScanners   120   15\n"
    "France\nPrinters   250   22\nScanners   95   9"
)
GROUPS = "Germany   Printers   310\n·   Scanners   120\nFrance   Printers   250\n·   Scanners   95"
TWO_HEADS = (
    "   2022      2021\nProduct   Sold   Back   Sold   Back\nLamps   410   12   380   19\nChairs   220   31   205   27"
)
MERGED = "Plan   Price   ·   Users\n·   Month   Year\nBasic   10   100   5\nTeam   45   450   25"
PEOPLE = "Name   Role   Phone   Room\nAnna Berg   Manager   4711   210\nKarl Thal   Engineer   4712   305"
UNEVEN = "Plan   Price   Users\nBasic   10   5\nTeam   45   25\nTotal      30"
UNITS = "Parameter   Unit   Value\nPressure   bar   16\nTemperature   °C   85\nPower   kW   7.5"
MODELS = "Model   Weight (kg)   Length (mm)   Price (EUR)\nA10   12   340   199\nB20   18   410   249"
TRAINS = "Train   From   Departure   To\nICE 73   Hamburg   09:24   Basel\nEC 9   Hamburg   10:24   Zürich"
ACCOUNT = "Date   Text   Amount\n02.03.2024   Rent   850.00\n05.03.2024   Salary   2,500.00\n09.03.2024   Power   89.90"
ITEMS = "No.   Item   Price\n1   Lamp   45.00\n2   Chair   31.00"
LETTER = (
    "Customer number   4711\nInvoice number   2024-88\nInvoice date   31 March 2024\nDue date   14 April 2024\n"
    "Amount due   1,250.00"
)
LOSS = "Item   First   Second\nOperating result   (120)   85\nInterest   30   (12)"
DUE = "Balance   September 24, 2022   September 25, 2021\nCash   27,502   34,940\nInventories   4,946   6,580"


def faults(claim: str, text: str) -> list[str]:
    return code_faults(Draft(claim, (0,)), "", [passage_of(text)], Locale())


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        # One right number of a row excuses no wrong one.
        (PLANS, "Team costs EUR 10 a month for 25 users."),
        (PLANS, "The Team plan costs EUR 45 a month and has 100 users."),
        (RESULTS, "Net income rose from 380 thousand in 2021 to 3,050 thousand in 2022."),
        (RESULTS, "Revenue rose from 4,800 to 3,050 thousand."),
        (MILESTONES, "The acceptance is on 3 May 2024."),
        (MILESTONES, "The warranty ends on 7 June 2024."),
        (DAYS, "The build phase starts on 1 July 2024."),
        (DAYS, "The build phase ends on 8 January 2024."),
        # Columns and years have not each other's numbers.
        (RESULTS, "Revenue was 4,800 thousand in 2022 and 5,100 thousand in 2021."),
        (RESULTS, "Revenue fell from 5,100 thousand in 2021 to 4,800 thousand in 2022."),
        (DUE, "Cash was 34,940 in 2022 and 27,502 in 2021."),
        (SALES, "North sold 18 printers and 31 scanners."),
        (PLANS.replace("EUR ", ""), "Basic costs 45 and Team costs 45."),
        # The head of a row may be part of the head that is named.
        (RESULTS, "The cost of revenue was 5,100 thousand in 2022."),
        ("Position   Amount\nAssets   5,410\nCurrent assets   1,230", "Current assets were 5,410."),
        ("Land   Branches\nSachsen   310\nSachsen-Anhalt   250", "Sachsen-Anhalt has 310 branches."),
        # Heads may be numbers, letters, months, or long words that begin alike.
        ("Room   Seats\nRoom 1   40\nRoom 2   25", "Room 2 seats 40 people."),
        ("Class   Price\nClass I   40\nClass II   25", "Class II costs 40 euros."),
        ("Region   Share\nEU   40\nUS   55", "The EU share is 55."),
        ("Item   Q1   Q2\nRevenue   310   280", "Revenue in Q2 was 310."),
        ("Item   Jan   Mar\nRevenue   310   280", "Revenue in March was 310."),
        ("Audit   Cost\nInternal   40\nInternational   55", "International audits cost 40."),
        ("Plan   Price 2024   Users\nBasic   10   5\nTeam   45   25", "Team has 45 users."),
        # Sections, groups and two lines of heads.
        (SECTIONS, "Printers in Germany had revenue of 250."),
        (GROUPS, "In France, 120 scanners were sold."),
        (GROUPS, "In Germany, 120 printers were sold."),
        (TWO_HEADS, "In 2022, 380 lamps were sold."),
        (MERGED, "Basic costs 100 a month."),
        (MERGED, "Basic has 100 users."),
        # A row is named by what only it has.
        (ASSETS, "Cash was EUR 1,230 million in 2023."),
        (ASSETS, "Assets were EUR 812 million in 2023."),
        (ASSETS, "Loans were EUR 3,300 million in 2023."),
        (PEOPLE, "The phone of Berg is 4712."),
        (PEOPLE, "The manager's phone is 4712."),
        (UNEVEN, "Team has 45 users."),
        # A first cell that is a day, a number or a code.
        (TRAINS, "The train to Zürich leaves at 09:24."),
        (ACCOUNT, "The rent was 89.90."),
        (ITEMS, "The lamp costs 31.00."),
        (ITEMS, "The chair costs 45.00 and the lamp 31.00."),
        # Units of columns, losses in parentheses, bare numbers elsewhere.
        (UNITS, "The temperature is 85 °F."),
        (UNITS, "The power is 7.5 MW."),
        (MODELS, "The A10 weighs 12 g."),
        (MODELS, "The A10 has a length of 340 cm."),
        (LOSS, "The operating result was a profit of 120."),
        ("Plan   Price\nBasic   EUR 10\nTeam   EUR 45\n\nOur office: Lindenstr. 45", "The Basic plan costs EUR 45."),
    ],
)
def test_a_number_of_another_row_column_or_unit_is_a_fault(text: str, claim: str) -> None:
    assert faults(claim, text)


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        (PLANS, "Team costs EUR 45 a month for 25 users."),
        (RESULTS, "Revenue was 5,100 thousand in 2022 and 4,800 thousand in 2021."),
        (RESULTS, "Net income rose from 380 thousand in 2021 to 410 thousand in 2022."),
        (RESULTS, "Revenue was 5,100 thousand, and the cost of revenue 3,050 thousand."),
        (MILESTONES, "The acceptance is on 7 June 2024."),
        (DAYS, "The build phase runs from 19 February 2024 to 28 June 2024."),
        (DUE, "Cash was 27,502 in 2022 and 34,940 in 2021."),
        (SALES, "North sold 31 printers and 18 scanners."),
        ("Position   Amount\nAssets   5,410\nCurrent assets   1,230", "Assets were 5,410, current assets 1,230."),
        ("Room   Seats\nRoom 1   40\nRoom 2   25", "Room 2 seats 25 people."),
        ("Item   Jan   Mar\nRevenue   310   280", "Revenue in March was 280."),
        (SECTIONS, "Printers in Germany had revenue of 310."),
        (SECTIONS, "In France, printers had revenue of 250 and a profit of 22."),
        (GROUPS, "In France, 95 scanners were sold."),
        (TWO_HEADS, "In 2022, 410 lamps were sold and 12 came back."),
        (MERGED, "Basic costs 10 a month, or 100 a year."),
        (ASSETS, "Total assets rose from EUR 5,120 million in 2022 to EUR 5,410 million in 2023."),
        (ASSETS, "Cash was EUR 812 million in 2023."),
        (PEOPLE, "The phone of Berg is 4711, that of Thal 4712."),
        (UNEVEN, "Team has 25 users."),
        (UNITS, "The temperature is 85 °C, the pressure 16 bar."),
        (MODELS, "The A10 weighs 12 kg and is 34 cm long."),
        (LOSS, "The operating result was -120."),
        (TRAINS, "The train to Zürich leaves at 10:24."),
        (ACCOUNT, "The rent was 850.00."),
        (ITEMS, "The lamp costs 45.00 and the chair 31.00."),
        (LETTER, "The customer must pay 1,250.00 by 14 April 2024."),
        (LETTER, "The customer received invoice 2024-88 over 1,250.00."),
    ],
)
def test_a_number_of_the_row_and_column_that_are_named_is_stated(text: str, claim: str) -> None:
    assert faults(claim, text) == []


@pytest.mark.parametrize(
    ("source", "claim"),
    [
        ("Assets rose from EUR 5 million to EUR 6 million.", "Assets rose from EUR 6 million to EUR 5 million."),
        ("The weight fell from 95 kg to 80 kg.", "The weight fell from 80 kg to 95 kg."),
        ("The pressure rose from 6 bar to 16 bar.", "The pressure rose from 16 bar to 6 bar."),
        ("Er stieg von 4,8 Mio. Euro auf 5,1 Mio. Euro.", "Er sank von 5,1 Mio. Euro auf 4,8 Mio. Euro."),
        ("Der Umsatz stieg um 8 %.", "Der Umsatz fiel um 8 %."),
        ("Las ventas subieron un 8 %.", "Las ventas bajaron un 8 %."),
        ("Les ventes ont augmenté de 8 %.", "Les ventes ont chuté de 8 %."),
        ("Le vendite sono salite dell'8 %.", "Le vendite sono scese dell'8 %."),
        ("Sales rose by 8 %.", "Sales plunged by 8 %."),
        ("Sales rose 8 %.", "Sales slipped 8 %."),
        ("It runs from 1 January 2024 to 31 December 2026.", "It runs from 31 December 2026 to 1 January 2024."),
    ],
)
def test_what_rises_does_not_fall_and_nothing_ends_before_it_begins(source: str, claim: str) -> None:
    assert faults(claim, source)
    assert faults(source, source) == []


@pytest.mark.parametrize(
    "said",
    [
        "The euro rose from $1.085 to $1.12.",
        "Reduced fares for children from 6 to 14 years apply.",
        "Lower prices are valid from 1 to 24 December.",
        "The rank rose from 5 to 3.",
        "The deadline moved from 30 June 2024 to 15 June 2024.",
    ],
)
def test_what_the_source_says_itself_is_not_turned_around(said: str) -> None:
    assert faults(said, said) == []
