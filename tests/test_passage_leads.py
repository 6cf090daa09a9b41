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

    @pytest.mark.parametrize(
        ("text", "words", "lead"),
        [
            ("## Install\n\n### Linux\n\nUse apt here.\n\n## Pricing\n\nIt costs 5 EUR.", "costs", "Pricing"),
            (
                "1 Budget\n\n1.1 Staff\n\nStaff is dear.\n\n2 Plan\n\n2.1 Goals\n\nWe grow.",
                "We grow",
                "2 Plan > 2.1 Goals",
            ),
            (
                "Master Agreement\n\n1. Payment\n\n1.1 Due Dates\n\nSoon.\n\n2. Liability\n\n2.1 Cap\n\nIt is low.",
                "low",
                "Master Agreement > 2. Liability > 2.1 Cap",
            ),
            ("Article 9 Law\n\nGerman law holds.\n\nAppendix A\n\nWood is dear.", "Wood", "Appendix A"),
            (
                "Handbook\n\nPart I Staff\n\nChapter 1 Leave\n\nLong.\n\nPart II Guests\n\nChapter 3 Badge\n\nWear it.",
                "Wear",
                "Handbook > Part II Guests > Chapter 3 Badge",
            ),
            ("# Setup\n\n```\n# Run Server\n\npython run.py\n```\n\nAfter that, open it.", "open it", "Setup"),
            ("Perks\n\n\u2022 Company Car\n\n\u2022 Health Insurance\n\nEmployees get these.", "get these", "Perks"),
            ("Lease\n\nTenant: Ben Jones\n\nThe tenant pays 500 EUR.", "pays", "Lease"),
            ("Order\n\nSubtotal 100.00 EUR\n-----\n\nThank you for it.", "Thank", "Order"),
        ],
    )
    def test_a_heading_stands_over_its_own_part_alone(self, text: str, words: str, lead: str) -> None:
        assert lead_over(words, text) == lead

    @pytest.mark.parametrize(
        ("text", "words", "lead"),
        [
            (
                "\u00a7 1 Gegenstand\nEr liefert Holz.\n\u00a7 2 Preis\n(1) Er zahlt 500 EUR.\n(2) Sofort.",
                "500",
                "\u00a7 2 Preis",
            ),
            ("2.1 Scope\nThe seller delivers wood\n2.2 Price\nThe price is 500 EUR.", "500", "2.2 Price"),
            (
                "2.1 Scope\nThe seller delivers.\n2.2 Rights and obligations of the parties under it\nThey are equal.",
                "equal",
                "2.2 Rights and obligations of the parties under it",
            ),
            (
                "Article 2 - Prix\nLe prix est bas.\nArticle 3 : Dur\u00e9e du contrat\nUn an.",
                "Un an",
                "Article 3 : Dur\u00e9e du contrat",
            ),
            ("1. Prices\nThey are low.\n2. The seller pays all taxes of this sale.\nIt is so.", "It is so", ""),
            (
                "Our offices:\n1. Acme GmbH, Berlin\nHauptstra\u00dfe 5\n2. Acme SARL, Paris\nRue de Rivoli 10",
                "Rivoli",
                "",
            ),
            ("Das B\u00fcro liegt in Berlin.\n3. Stock Links\nBitte klingeln.", "Stock", ""),
            ("Paid in May.\n1. Mai Miete\nDie Miete ging ein.", "1. Mai", ""),
        ],
    )
    def test_a_number_that_follows_the_last_one_opens_or_ends_a_section(self, text: str, words: str, lead: str) -> None:
        assert lead_over(words, text) == lead


class TestTables:
    ROWS = "\n".join(f"Plan {n}   EUR {n + 500}" for n in range(40))

    @pytest.mark.parametrize(("first", "second"), [("Europe", "Asia"), ("| **Europe** | |", "| **Asia** | |")])
    def test_rows_stand_under_the_last_label_of_a_section(self, first: str, second: str) -> None:
        document = document_of(f"Product   Fee\n{first}\n{self.ROWS}\n{second}\n{self.ROWS}")
        passages = [(document.text[p.start : p.end], p.lead) for p in cut_passages(document)]
        assert {lead for text, lead in passages if "Plan 39" in text} == {
            f"Product   Fee\n{n}" for n in (first, second)
        }
        assert not any("Plan 39" in text and "Plan 0" in text for text, _ in passages)

    def test_rows_of_small_sections_are_one_passage(self) -> None:
        text = "Cost   EUR\nRent\nJanuary   500\nPower\nJanuary   50\nWater\nJanuary   20"
        assert len(leads_of(text)) == 1

    @pytest.mark.parametrize(
        ("rows", "words"),
        [
            ("Europe\nPlan X   EUR 1\nAsia\nPlan Y   EUR 2\nTotal   EUR 3", "Total"),
            ("Desk   EUR 9\ngoods in oak\nLamp   EUR 2", "Lamp"),
            ("Desk   EUR 9\nAll prices net of VAT\nLamp   EUR 2", "Lamp"),
            ("Europe\nDesk   EUR 9\nAsia\nTable   EUR 1\n(see page 5)\nLamp   EUR 2", "Lamp"),
        ],
    )
    def test_a_sum_a_note_and_the_rest_of_a_cell_end_or_tell_no_section(self, rows: str, words: str) -> None:
        document = document_of(f"Product   Fee\n{self.ROWS}\n{rows}\n{self.ROWS}")
        assert all(p.lead == "Product   Fee" for p in cut_passages(document)[-2:])

    @pytest.mark.parametrize(
        ("table", "head"),
        [
            ("·   Plan   ·   Actual\nRegion   2024   2025   2024   2025\nNorth   1000   2000   3000   4000", 2),
            ("Article   Net price\n·   2025   2026\nPX-1   10.50 EUR   11.50 EUR", 2),
            ("Part   Pressure (bar)   Price\nmin   max   2025   2026\nV-1   2   11   13,50   14,50", 2),
            ("Size   Weight 1   Weight 2\n·   kg   kg\nS0   0   1", 2),
            ("Name   From   To\nSmith   2001   2004\nMiller   2003   2019", 1),
            ("Name   Role   Since\nAnna   Director   unknown\nBen   Clerk   2019", 1),
            ("Product   Status   Price\nChair   sold out   on request\nLamp   available   20", 1),
            ("Deutsch   English\nVerkäufer   Seller\nPreis: 10 EUR   Price: 10 EUR", 1),
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

    def test_an_answer_below_a_quote_is_its_writers_own(self) -> None:
        wrote = "On Fri, 3 May 2024, Ben Jones wrote:"
        text = f"{HEAD}{wrote}\n> The price is 500 EUR.\n\nNo, we pay 400 EUR.\n\n> Delivery is Monday."
        assert lead_over("500", text) == lead_over("Monday", text) == wrote
        assert lead_over("400", text) == ""

    def test_a_quote_in_a_quote_has_its_own_writer(self) -> None:
        inner = "On Thu, 2 May 2024 Carla wrote:"
        text = f"{HEAD}On Fri, 3 May 2024 Ben wrote:\n\n> Fine.\n>\n> {inner}\n>\n> > The price is 500 EUR."
        assert lead_over("500", text) == inner
        assert lead_over("Fine", text) == "On Fri, 3 May 2024 Ben wrote:"

    def test_a_sentence_above_a_reply_line_is_the_writers_own(self) -> None:
        wrote = "On Fri, 3 May 2024, Ben Jones wrote:"
        text = f"{HEAD}On Monday we met.\n{wrote}\n> The price is 500 EUR."
        assert lead_over("On Monday", text) == ""
        assert lead_over("500", text) == wrote

    def test_a_reply_line_right_below_the_answer_begins_the_quote(self) -> None:
        wrote = "On Fri, 3 May 2024 at 09:12, Ben Jones <ben@example.com> wrote:"
        assert lead_over("500", f"{HEAD}We accept.\n{wrote}\n> Our price is 500 EUR.") == wrote

    @pytest.mark.parametrize(
        "text",
        [
            "On page 5 of the contract the lawyers wrote the following:\n\nThe fee is 500 EUR.",
            "Le directeur a \u00e9crit :\n\nThe fee is 500 EUR.",
            "Date: 5 May 2024\nTo: Rome\nFare: 5 EUR\n\nThe fee is 500 EUR.",
            "A: We pay 500 EUR.\nA: We pay nothing.",
        ],
    )
    def test_a_form_or_a_sentence_begins_no_other_mail(self, text: str) -> None:
        assert lead_over("500 EUR", HEAD + text) == ""

    def test_a_memo_keeps_its_headings(self) -> None:
        text = "To: All\nFrom: Board\nDate: 1 May\n\nNew Offices\n\nWe move in June."
        assert lead_over("June", text) == "New Offices"
