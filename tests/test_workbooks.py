"""A cell of a workbook is read as it shows its value, and a negative value always shows its sign."""

from __future__ import annotations

import re
import tempfile
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.documents import Document, ReadingOptions
from ringfence.documents.cell_format import BUILT_IN, shown
from tests.cases import case, codes, read_file


def test_a_blank_cell_shows_which_column_a_value_is_in() -> None:
    assert case("45-*").text == "Sheet: L\n\nAccount   Debit   Credit\nBank   ·   500\nRent   500"


def test_an_accounting_format_keeps_minus_and_currency() -> None:
    assert re.findall(r"\(.*\)", case("46-*").text) == ["($1,249.50)", "(USD 1,249.50)"]


def test_a_negative_value_that_only_a_colour_shows_gets_its_sign() -> None:
    assert re.findall(r"(?m)\S*1,249.50.*$", case("47-*").text) == ["-1,249.50", "-$1,249.50", "-1,249.50 €"]


def test_leading_zeros_are_read() -> None:
    assert "Postcode   01067\nCustomer   K-0123\nCost centre   000045" in case("48-*").text


def test_a_formula_without_a_stored_value_is_named() -> None:
    document = case("49-*")
    assert "Net   100" in document.text
    assert [(part.code, part.what) for part in document.unread] == [
        ("formulas-without-values", "2 formulas without stored values (Invoice!B2, Invoice!B3)")
    ]


def test_a_hidden_value_leaves_the_other_formats_alone() -> None:
    document = case("50-*")
    assert document.text.endswith("A   19%   1,249.50 EUR\nB   7%   99.00 EUR\nmemo")
    assert codes(document) == ["hidden-text"]


def test_hours_may_be_more_than_a_day() -> None:
    assert case("51-*").text.endswith("Hours worked   36:30\nStart   09:00")


def test_the_calendar_of_1904_is_known() -> None:
    assert case("52-*").text.endswith("due   2024-03-14")


def test_hidden_rows_and_sheets_are_left_out_and_named() -> None:
    document = case("53-*")
    assert document.text == "Sheet: Offer\n\nTotal   9800"
    assert codes(document) == ["hidden-sheet", "hidden-rows"]
    assert "Margin   2400" in case("53-*", ReadingOptions(hidden=True)).text


def test_a_text_box_is_read_and_a_note_is_named() -> None:
    document = case("54-*")
    assert document.text.endswith("Sum   5\n\nValid until 30.06.2024")
    assert codes(document) == ["notes"]


def test_a_cell_of_an_opendocument_sheet_is_read_as_shown() -> None:
    assert case("55-*").text.endswith("Total   1.249,50 €   01067   19,00 %")


FORMATS = [
    *(BUILT_IN[number] for number in (2, 4, 7, 8, 37, 38, 39, 40, 43, 44)),
    '#,##0.00 "€";[Red]#,##0.00 "€"', '#,##0.00;[Red]#,##0.00', '[$CHF] #,##0.00;[Red][$CHF] #,##0.00',
    '_-* #,##0.00\\ [$€-407]_-;\\-* #,##0.00\\ [$€-407]_-;_-* "-"??\\ [$€-407]_-;_-@_-',
    '#,##0.00_);\\(#,##0.00\\)', '#,##0.00" EUR";(#,##0.00" EUR")', "#,##0.00;▼ #,##0.00",
    '_-"€"\\ * #,##0.00_-;\\-"€"\\ * #,##0.00_-;_-"€"\\ * "-"??_-;_-@_-',
    '_ "CHF" * #,##0.00_ ;_ "CHF" * -#,##0.00_ ;_ "CHF" * "-"??_ ;_ @_ ', '#,##0.00 "kr";-#,##0.00 "kr"',
    '#,##0.00_-;#,##0.00-', '_($* #,##0.00_);[Red]_($* (#,##0.00);_($* "-"??_);_(@_)', "0.00_ ;[Red]-0.00 ",
    '[>=0]#,##0.00;[Red]#,##0.00', "General",
]  # fmt: skip


@given(st.decimals(Decimal("0.01"), Decimal("99999999.99"), places=2), st.sampled_from(FORMATS))
@settings(max_examples=200)
def test_a_negative_value_shows_its_sign_under_every_format(amount: Decimal, code: str) -> None:
    negative, positive = shown(-float(amount), code), shown(float(amount), code)
    assert re.search(r"(^|\s)-\S|\(\S.*\)|\d-$", negative)
    assert not re.search(r"[-(]", positive)
    digits = re.sub(r"[^\d.]", "", positive)
    places = len(digits.partition(".")[2])
    assert abs(Decimal(digits) - amount) <= Decimal(5).scaleb(-places - 1)
    assert re.sub(r"[^\d.]", "", negative) == digits


@given(st.integers(0, 10**9), st.integers(1, 12))
def test_a_format_of_zeros_pads(number: int, width: int) -> None:
    assert shown(number, "0" * width) == str(number).zfill(width)


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (0.195, "0.0%", "19.5%"), (1_234_567.891, '0.0,,"M"', "1.2M"), (123456789, "000-00-0000", "123-45-6789"),
        (12.5, "# ?/?", "12 1/2"), (12345.678, "0.00E+00", "1.23E+04"), (0.1 + 0.2, "General", "0.3"),
        (45365.0, "mmm yyyy", "Mar 2024"), (45365.5, "dd/mm/yyyy hh:mm", "2024-03-14 12:00"),
        (1.5, "[h]:mm:ss", "36:00:00"),
        (0.375, "h:mm AM/PM", "9:00 AM"), (True, "0", "TRUE"), ("x", '"no. "@', "no. x"), (7, ";;;", ""),
        (1234.5, '#,##0.00 [$€-407]', "1,234.50 €"), (59, "yyyy-mm-dd", "1900-02-28"), (61, "yyyy-mm-dd", "1900-03-01"),
    ],
)  # fmt: skip
def test_a_format_shows_what_excel_shows(value: float | str, code: str, text: str) -> None:
    assert shown(value, code) == text


@given(
    st.lists(
        st.lists(st.sampled_from(["", "", "a", "1,250.00", "x y"]), min_size=4, max_size=4), min_size=2, max_size=5
    )
)
@settings(max_examples=40, deadline=None)
def test_a_row_shows_the_column_of_every_value(rows: list[list[str]]) -> None:
    heads = ["A", "B", "C", "D"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.xlsx"
        with xlsxwriter.Workbook(str(path)) as book:
            sheet = book.add_worksheet("S")
            for number, cells in enumerate([heads, *rows]):
                for column, text in enumerate(cells):
                    sheet.write_string(number, column, text) if text else None
        lines = read_file(path).text.split("\n")[2:]
    shown_rows = [line.split("   ") for line in lines if line]
    padded = [[*(cell if cell != "·" else "" for cell in cells), *[""] * (4 - len(cells))] for cells in shown_rows]
    assert padded == [heads, *(cells for cells in rows if any(cells))]


def test_a_merged_cell_is_read_once_and_errors_and_booleans_as_shown(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("S")
        sheet.merge_range("A1:C1", "Prices 2024")
        sheet.write_row("A2", ["Item", "Net", "Paid"])
        sheet.write("A3", "Bolt")
        sheet.write_formula("B3", "=1/0", None, "#DIV/0!")
        sheet.write_boolean("C3", True)
        sheet.write_rich_string("A4", "Nut EUR 48", book.add_format({"font_script": 1}), "2", " each")
    assert read_file(path).text.endswith("Prices 2024\nItem   Net   Paid\nBolt   #DIV/0!   TRUE\nNut EUR 48 ² each")


def test_an_old_workbook_is_read_by_the_formats_of_its_cells() -> None:
    document = case("formats-of-cells")
    assert document.text == (
        "Sheet: S\n\nItem   Debit   Credit\na   ·   ($1,249.50)\n01067   36:30   -5.50\n2024-03-14   TRUE\n\n"
        "merged   ·   3\nEUR 48 ²"
    )
    assert sorted(codes(document)) == ["hidden-columns", "hidden-rows", "hidden-sheet", "hidden-text"]
    assert document.address(document.text.index("36:30"), document.text.index("36:30") + 5) == "S!B3"


def read_sheet(folder: Path, table: str = "", rule: str = "") -> Document:
    """A sheet with a zero that its format hides, a white value, a struck one, and perhaps a table or a rule."""
    path = folder / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("S")
        sheet.write("A1", "Fee")
        sheet.write("B1", 0, book.add_format({"num_format": "#,##0.00;-#,##0.00;"}))
        sheet.write("C1", 999, book.add_format({"font_color": "#FFFFFF"}))
        sheet.write("D1", 500, book.add_format({"font_strikeout": True}))
        sheet.write("E1", 400)
        if table:
            sheet.add_table(table)
        if rule:
            sheet.conditional_format(rule, {"type": "no_blanks", "format": book.add_format({"bg_color": "#FF0000"})})
    return read_file(path)


@pytest.mark.parametrize(("table", "rule"), [("", ""), ("H1:I3", ""), ("", "A2:A3")])
def test_a_table_or_a_rule_elsewhere_shows_no_hidden_value(tmp_path: Path, table: str, rule: str) -> None:
    document = read_sheet(tmp_path, table, rule)
    assert document.text.splitlines()[2].startswith("Fee   400")
    assert {part.code for part in document.unread} == {"hidden-text", "struck-text"}


@pytest.mark.parametrize(("table", "rule"), [("", "A1:C1"), ("", "C1")])
def test_white_text_that_a_rule_may_colour_is_read(tmp_path: Path, table: str, rule: str) -> None:
    assert "999" in read_sheet(tmp_path, table, rule).text


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (-1500, '#,##0.00 "US-$";[Red]#,##0.00 "US-$"', "-1,500.00 US-$"),
        (-1500, '#,##0" (net)";[Red]#,##0" (net)"', "-1,500 (net)"),
        (-1500, "#,##0_);(#,##0)", "(1,500)"),
        (12345, "##0.0E+0", "12.3E+3"),
        (0.00123, "##0.0E+0", "1.2E-3"),
        (1234, '0.00E+00" kg"', "1.23E+03 kg"),
        (2.5, '# ?/?" in"', "2 1/2 in"),
        (1234.5, "#,##0.00 EUR", "1,234.50 EUR"),
        (1234.5, "EUR #,##0.00", "EUR 1,234.50"),
        (5, "0 Stk", "5 Stk"),
        (45356, "e/m/d", "2024-03-05"),
        (45356, '[$-411]ggge"Y"m"M"d"D"', "2024-03-05"),
        (-5.256, "0.00;@", "-5.26"),
        (0, "#,##0.00;-#,##0.00;@", "0.00"),
        ("note", "0.00;@", "note"),
    ],
)
def test_what_a_format_shows(value: float | str, code: str, text: str) -> None:
    assert shown(value, code) == text


@pytest.mark.parametrize("code", ["h:mm", "hh:mm;@", "[h]:mm"])
def test_a_negative_time_of_the_calendar_of_1904_keeps_its_sign(code: str) -> None:
    assert shown(-0.0625, code, True).lstrip("0") in ("-1:30", "-01:30")


def test_the_fixed_words_beside_a_page_number_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("S")
        sheet.write("A1", "Fee")
        sheet.set_footer("&LInvoice 4711, due 2024-05-31, page &P of &N&RSeite &P")
    assert read_file(path).text.splitlines()[-1] == "Invoice 4711, due 2024-05-31"


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (12.25, ".00", "12.25"),
        (0.25, ".00", ".25"),
        (12.25, "0.00E+00", "1.23E+01"),
        (0.045, "0E+0", "5E-2"),
        (999.995, "##0.0E+0", "1.0E+3"),
        (1234567.0, "0.0E-00", "1.2E06"),
        (0.327138, "[h]:mm:ss", "7:51:05"),
        (0.914902, "hh:mm:ss", "21:57:28"),
        (0.99999999, "[h]:mm", "24:00"),
        (45291.999999, "yyyy-mm-dd hh:mm:ss", "2024-01-01 00:00:00"),
        (-0.004, "# ?/?", "0"),
        (-1234.5, '#,##0.00" DR";#,##0.00" CR"', "1,234.50 CR"),
        (-1234.5, "#,##0.00;[Red]#,##0.00", "-1,234.50"),
        (-5.0, '0.00;[Red]0.00 "EUR"', "-5.00 EUR"),
        (-5.0, "[$USD] 0.00;[Red][$US$] 0.00", "-US$ 5.00"),
        (-5.0, '0 "kg";0 "Kg"', "-5 Kg"),
        (45000 + 86399.997 / 86400, "dd.mm.yyyy", "2023-03-15"),
        (45016 + 86399.997 / 86400, "mmm yyyy", "Mar 2023"),
    ],
)
def test_a_number_shows_as_its_format_says(value: float, code: str, text: str) -> None:
    assert shown(value, code) == text
