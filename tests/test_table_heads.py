"""A number of a table is one of its row and column: a claim that names others, and not those, does not state it."""

from __future__ import annotations

import pytest

from ringfence.tasks.tables import table_cells

from .test_stated_values import faults

PLANS = "Plan   Price per month   Users\nBasic   EUR 10   5\nTeam   EUR 45   25\nBusiness   EUR 99   100"
RESULTS = (
    "In thousands   2022   2021\nRevenue   5,100   4,800\nCost of revenue   3,050   2,900\n"
    "Research and development   640   610\nNet income   410   380"
)
YEARS = "Year   Visitors\n2019   41,200\n2020   9,300\n2021   17,850"
MARKDOWN = "| Pump | Pressure | Weight |\n|---|---|---|\n| P-20 | 6 bar | 11 kg |\n| P-45 | 16 bar | 23 kg |"
SALES = "Region\tPrinters\tScanners\nNorth\t31\t18\nSouth\t24\t40"
FORM = "Invoice date   3 May 2024\nDelivery   7 June 2024\nDue on   2 July 2024\nNet   EUR 200.00\nTotal   EUR 238.00"


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("The Team plan costs EUR 45 a month.", PLANS),
        ("Basic has 5 users, Business has 100.", PLANS),
        ("EUR 45 is the price for 25 users.", PLANS),
        ("Prices go from EUR 10 to EUR 99.", PLANS),
        ("The plan for 100 users costs EUR 99, Basic EUR 10.", PLANS),
        ("Revenue was 5,100 thousand.", RESULTS),
        ("The cost of revenue was 3,050 thousand.", RESULTS),
        ("Research expenses were 640 thousand.", RESULTS),
        ("The net income was 410 thousand, and revenue 5,100 thousand.", RESULTS),
        ("Turnover was 5,100 thousand, and net income 410 thousand.", RESULTS),
        ("In 2020 there were 9,300 visitors.", YEARS),
        ("Visitors fell from 41,200 in 2019 to 9,300 in 2020.", YEARS),
        ("The P-45 weighs 23 kg.", MARKDOWN),
        ("The invoice of 3 May 2024 is due on 2 July 2024.", FORM),
        ("The total is EUR 238.00, with EUR 200.00 net.", FORM),
        ("The price of Team is EUR 45.", PLANS),
        ("Team is for 25 users, at a monthly price of EUR 45.", PLANS),
        ("The users of Team pay EUR 45 a month.", PLANS),
        ("The pressure of the P-45 is 16 bar.", MARKDOWN),
        ("The pump P-45 weighs 23 kg.", MARKDOWN),
        ("Basic costs EUR 10 and Team EUR 45.", PLANS),
        ("Basic and Team cost EUR 10 and EUR 45.", PLANS),
        ("EUR 45 is for Team and EUR 10 for Basic.", PLANS),
        ("A team may want Basic or Team: Team costs EUR 45, Basic EUR 10.", PLANS),
        ("Team costs EUR 45 for 25 users, Basic EUR 10 for 5.", PLANS),
        ("Basic costs EUR 99 since May.", f"{PLANS}\n\nSince May the price of Basic is EUR 99 too."),
    ],
)
def test_a_number_of_a_row_that_is_named_or_that_no_other_is_named_for_is_stated(claim: str, text: str) -> None:
    assert faults(claim, text) == []


@pytest.mark.parametrize(
    ("claim", "text", "wrong"),
    [
        ("The Basic plan costs EUR 45 a month.", PLANS, "EUR 45"),
        ("The Team plan has 100 users.", PLANS, "100"),
        ("Revenue was 3,050 thousand.", RESULTS, "3,050"),
        ("The net income was 640 thousand.", RESULTS, "640"),
        ("In 2021 there were 9,300 visitors.", YEARS, "9,300"),
        ("The P-20 weighs 23 kg.", MARKDOWN, "23"),
        ("The net amount is EUR 238.00.", FORM, "EUR 238.00"),
        ("The Team plan is for 45 users.", PLANS, "45"),
        ("The Basic price is 5 a month.", PLANS, "5"),
        ("North sold 18 printers.", SALES, "18"),
        ("Basic costs EUR 45 and Team EUR 10.", PLANS, "EUR 45"),
        ("Basic and Team cost EUR 45 and EUR 10.", PLANS, "EUR 45"),
        ("Revenue was 410 thousand, the net income 5,100 thousand.", RESULTS, "5,100"),
    ],
)
def test_a_number_of_another_row_is_a_fault(claim: str, text: str, wrong: str) -> None:
    assert any(wrong in fault for fault in faults(claim, text))


def test_rows_are_read_by_their_heads_and_a_line_of_prose_ends_a_block() -> None:
    prose = "This long sentence has no cells at all, and the table that stood above it is at its end by now."
    found = list(table_cells(f"Basic   EUR 10   5\nTeam   EUR 45   25\n{prose}\nNorth   7"))
    assert [(sorted(each.row.head), len(each.block)) for each in found] == [
        (["basic"], 2), (["basic"], 2), (["team"], 2), (["team"], 2), (["north"], 1),
    ]  # fmt: skip


def columns(text: str) -> list[list[str]]:
    return [sorted(each.table.columns[each.column]) if each.column is not None else [] for each in table_cells(text)]


def test_columns_have_the_heads_of_the_lines_above_them_in_rows_of_their_width() -> None:
    assert columns("Price   Load\nBasic   10   5") == [["price"], ["load"]]
    assert columns("Plan   Price   Users\nBasic   10   5\nTeam   45") == [["price"], ["user"], []]
    assert columns("Plan   Price   ·   Users\n·   Month   Year\nBasic   10   100   5") == [
        ["month", "price"], ["price", "year"], ["user"],
    ]  # fmt: skip
    assert columns("   2022      2021\nLamp   Sold   Back   Sold   Back\nA   1   2   3   4") == [
        ["2022", "sold"], ["2022", "back"], ["2021", "sold"], ["2021", "back"],
    ]  # fmt: skip
