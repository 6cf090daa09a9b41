"""What a passage stands under: headings of every level, sheets, the labels of rows, and whose mail it is."""

from __future__ import annotations

import pytest

from ringfence.corpus.passages import cut_passages
from ringfence.corpus.table_heads import head_lines

from .conftest import document_of

HEAD = "From: Anna Keller <anna@example.com>\nTo: bob@example.org\nSubject: Re: Offer\n\n"


def leads_of(text: str) -> dict[str, str]:
    """The lead of each passage, by the beginning of its text."""
    document = document_of(text)
    return {document.text[p.start : p.end][:20].split("\n")[0]: p.lead for p in cut_passages(document)}


def lead_over(words: str, text: str) -> str:
    document = document_of(text)
    return next(p.lead for p in cut_passages(document) if words in document.text[p.start : p.end])


class TestHeadings:
    @pytest.mark.parametrize(
        "text",
        [
            "# Handbook\n\n## Model A\n\n### Oil\n\nAfter 500 hours.\n\n## Model B\n\n### Oil\n\nAfter 900 hours.",
            "Handbook\n========\n\nModel A\n-------\n\n### Oil\n\nAfter 500 hours.\n\nModel B\n-------\n\n### Oil\n\n"
            "After 900 hours.",
        ],
    )
    def test_a_heading_ends_those_of_its_level_and_below(self, text: str) -> None:
        assert leads_of(text) == {
            "After 500 hours.": "Handbook > Model A > Oil",
            "After 900 hours.": "Handbook > Model B > Oil",
        }

    def test_a_title_stands_over_headings_of_its_own_level(self) -> None:
        assert leads_of("# Contract\n\n# Price\n\nTen euros.\n\n# Term\n\nOne year.") == {
            "Ten euros.": "Contract > Price",
            "One year.": "Contract > Term",
        }

    def test_a_numbered_line_right_above_its_text_is_a_heading(self) -> None:
        text = (
            "Maintenance contract\n§ 1 Subject\nThe contractor maintains the lamps.\n§ 2 Price\nThe price is EUR 5.\n"
            "It rises each year."
        )
        assert lead_over("maintains", text) == "§ 1 Subject"
        assert lead_over("rises", text) == "§ 2 Price"

    @pytest.mark.parametrize(
        "text",
        [
            "Bring these:\n1. Bolts And Nuts\n2. Large Washers\n3. Oil",
            "The contract of\n5. Mai 2024\nbinds both.",
            "It was agreed in\nSection 4 Of The Lease\nthat rent is due.",
            "We ask that you read the whole of\n2.1 The Price List\nBefore you order.",
        ],
    )
    def test_an_item_or_a_line_in_a_sentence_is_no_heading(self, text: str) -> None:
        document = document_of(text)
        assert {p.lead for p in cut_passages(document)} == {""}


class TestTables:
    ROWS = "\n".join(f"Plan {n}   EUR {n + 500}" for n in range(40))

    @pytest.mark.parametrize(("first", "second"), [("Europe", "Asia"), ("| **Europe** | |", "| **Asia** | |")])
    def test_rows_stand_under_the_last_label_of_a_section(self, first: str, second: str) -> None:
        document = document_of(f"Product   Fee\n{first}\nPlan X   EUR 1\nPlan Y   EUR 2\n{second}\n{self.ROWS}")
        passages = [(document.text[p.start : p.end], p.lead) for p in cut_passages(document)]
        assert [lead for text, lead in passages if "Plan 39" in text] == [f"Product   Fee\n{second}"]
        assert not any("Plan Y" in text and "Plan 0" in text for text, _ in passages)

    def test_a_total_ends_the_section(self) -> None:
        text = f"Product   Fee\nEurope\nPlan X   EUR 1\nTotal   EUR 1\n{self.ROWS}"
        assert lead_over("Plan 39", text) == "Product   Fee"

    @pytest.mark.parametrize(
        ("table", "head"),
        [
            ("·   Plan   ·   Actual\nRegion   2024   2025   2024   2025\nNorth   1000   2000   3000   4000", 2),
            ("Article   Net price\n·   2025   2026\nPX-1   10.50 EUR   11.50 EUR", 2),
            ("Part   Pressure (bar)   Price\nmin   max   2025   2026\nV-1   2   11   13,50   14,50", 2),
            ("Size   Weight 1   Weight 2\n·   kg   kg\nS0   0   1", 2),
            ("Name   From   To\nSmith   2001   2004\nMiller   2003   2019", 1),
            ("Room 1   Floor 2\nRoom 3   Floor 4", 0),
        ],
    )
    def test_a_second_row_of_years_or_units_belongs_to_the_head(self, table: str, head: int) -> None:
        assert head_lines(table.split("\n")) == head

    def test_prose_and_headings_beside_the_rows_are_none_of_the_table(self) -> None:
        table = "Part   Price\n" + "\n".join(f"V-{n}   {n}.50" for n in range(9))
        text = f"1. Prices\nAll prices exclude value added tax.\n{table}\n2. Delivery\nDelivery takes five days."
        assert lead_over("five days", text) == "2. Delivery"
        assert lead_over("V-3", text).startswith("1. Prices")
        assert lead_over("exclude", text) == "1. Prices"

    def test_the_rest_of_a_long_row_says_of_which_row_it_is(self) -> None:
        rows = "\n".join(f"q{n}   What is {n}?   {'It is so and so in every case. ' * 40}" for n in range(3))
        document = document_of(f"id   question   answer\n{rows}")
        rest = [p for p in cut_passages(document) if not document.text[p.start : p.end].startswith(("id", "q"))]
        assert {p.lead for p in rest} == {f"id   question   answer\nq{n}   What is {n}?" for n in range(3)}

    def test_a_long_head_is_cut_between_columns(self) -> None:
        columns = "   ".join(f"Column {chr(65 + n)} with a name of some length" for n in range(20))
        text = f"{columns}\n" + "\n".join("   ".join(f"{n}.50" for n in range(20)) for _ in range(30))
        document = document_of(text)
        assert cut_passages(document)[-1].lead.endswith(" with a name of some length")


class TestMails:
    def test_the_name_below_a_reply_is_no_heading_of_what_it_quotes(self) -> None:
        text = f"{HEAD}We accept EUR 4,800.\n\nAnna Keller\n\nOn 1 March 2026, Bob wrote:\n> We ask for EUR 5,200."
        assert lead_over("5,200", text) == "On 1 March 2026, Bob wrote:"
        assert lead_over("4,800", text) == ""

    @pytest.mark.parametrize(
        ("border", "writer"),
        [
            ("Von: Bob Stone\nGesendet: 1. März 2026\nAn: Anna Keller\nBetreff: Angebot", "Von: Bob Stone"),
            ("-----Original Message-----\nFrom: Bob Stone\nSent: 1 March 2026\nTo: Anna", "From: Bob Stone"),
            ("De : Bob Stone\nEnvoyé : 1 mars 2026\nÀ : Anna Keller\nObjet : Offre", "De : Bob Stone"),
            ("Am 1. März 2026 um 10:00 schrieb Bob Stone:", "Am 1. März 2026 um 10:00 schrieb Bob Stone:"),
            ("Le 1 mars 2026, Bob Stone a écrit :", "Le 1 mars 2026, Bob Stone a écrit :"),
        ],
    )
    def test_a_quoted_mail_without_marks_is_a_passage_of_its_own(self, border: str, writer: str) -> None:
        text = f"{HEAD}We pay EUR 4,800.\n\n{border}\n\nWe want EUR 5,200."
        assert lead_over("5,200", text) == writer
        assert lead_over("4,800", text) == ""

    def test_a_memo_keeps_its_headings(self) -> None:
        text = "To: All\nFrom: Board\nDate: 1 May\n\nNew Offices\n\nWe move in June."
        assert lead_over("June", text) == "New Offices"
