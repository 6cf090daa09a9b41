"""Make the example documents: supplier invoices, credit notes and letters as real PDFs, with their gold answers.

    python examples/invoices/make_documents.py OUTPUT_FOLDER

Writes OUTPUT_FOLDER/documents/*.pdf and OUTPUT_FOLDER/gold.jsonl. The same seed gives the same bytes. Every company,
person and account is invented. The traps are those of real paper: a subtotal, a tax and a total that all look like
the amount; two dates and sometimes three; the addresses of both sides; credit notes; letters that mention amounts in
running text; and fields that are simply not there.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

SEED = 20261124
WIDTH, HEIGHT = A4
CENT = Decimal("0.01")

SUPPLIERS = {
    "en": [
        ("Harrow & Pike Ltd", "14 Canal Street", "Leeds LS2 7AB", "accounts@harrowpike.example"),
        ("Bluestone Office Supplies", "Unit 9, Mill Park", "Bristol BS1 4QT", "billing@bluestone.example"),
        ("Northgate Cleaning Services Ltd", "201 North Gate", "York YO1 9PX", "office@northgate.example"),
        ("Fennimore Engineering plc", "3 Forge Lane", "Sheffield S3 8LN", "ledger@fennimore.example"),
        ("Tidewater Logistics", "Dock Road 77", "Hull HU3 2BN", "invoices@tidewater.example"),
        ("Orchard IT Consulting LLP", "5 Temple Row", "Birmingham B2 5JX", "finance@orchardit.example"),
        ("Castle Print Works", "88 Castle Hill", "Lincoln LN1 3AA", "hello@castleprint.example"),
    ],
    "de": [
        ("Nordwind Energietechnik GmbH", "Hafenstraße 12", "20457 Hamburg", "buchhaltung@nordwind.example"),
        ("Bäckerei Söllner KG", "Lindenweg 3", "86150 Augsburg", "info@soellner.example"),
        ("Alpenblick Reinigung AG", "Bergstraße 45", "83435 Bad Reichenhall", "kontakt@alpenblick.example"),
        ("Rheintal Maschinenbau GmbH & Co. KG", "Industriering 8", "79713 Bad Säckingen", "rechnung@rheintal.example"),
        ("Schreinerei Vogt", "Am Anger 21", "99084 Erfurt", "post@vogt-holz.example"),
        ("Grünwald Bürobedarf OHG", "Kaiserallee 100", "76133 Karlsruhe", "service@gruenwald.example"),
        ("Elbtal Spedition GmbH", "Speicherstraße 6", "01067 Dresden", "faktura@elbtal.example"),
    ],
}
CUSTOMERS = {
    "en": [
        ("Marlow Foundation", "7 Chapel Yard", "Oxford OX1 2JD"),
        ("Kestrel Foods Ltd", "Riverside House", "Bath BA1 1UA"),
    ],
    "de": [
        ("Stadtwerke Lindach", "Rathausplatz 1", "73525 Lindach"),
        ("Kupfer & Söhne GmbH", "Werkstraße 17", "44135 Dortmund"),
    ],
}
ITEMS = {
    "en": [
        "Desk lamp, adjustable",
        "Copier paper A4, 80 g",
        "Site inspection",
        "Pallet delivery, zone 2",
        "Spare filter set",
        "On-call support, weekend",
        "Window cleaning, floors 1-4",
        "Safety gloves, pair",
        "Cable duct 40 x 60",
    ],
    "de": [
        "Schreibtischlampe, verstellbar",
        "Kopierpapier A4, 80 g",
        "Wartung vor Ort",
        "Palettenlieferung, Zone 2",
        "Filtersatz",
        "Bereitschaft am Wochenende",
        "Fensterreinigung, Etage 1-4",
        "Schutzhandschuhe, Paar",
        "Kabelkanal 40 x 60",
    ],
}
MONTHS = {
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    "de": [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ],
}
WORDS = {
    "en": {
        "invoice": "INVOICE",
        "credit_note": "CREDIT NOTE",
        "number": "Invoice no.",
        "cn_number": "Credit note no.",
        "date": "Invoice date",
        "delivery": "Delivery date",
        "order": "Your order of",
        "due": "Payment due",
        "subtotal": "Subtotal",
        "discount": "Discount",
        "net": "Net amount",
        "tax": "VAT",
        "total": "Total payable",
        "refund": "Total refunded",
        "to": "Bill to",
        "qty": "Qty",
        "item": "Description",
        "price": "Unit price",
        "amount": "Amount",
        "iban": "IBAN",
        "mail": "E-mail",
        "customer": "Customer no.",
        "thanks": "Thank you for your business.",
    },
    "de": {
        "invoice": "RECHNUNG",
        "credit_note": "GUTSCHRIFT",
        "number": "Rechnungsnr.",
        "cn_number": "Gutschriftsnr.",
        "date": "Rechnungsdatum",
        "delivery": "Lieferdatum",
        "order": "Ihre Bestellung vom",
        "due": "Zahlbar bis",
        "subtotal": "Zwischensumme",
        "discount": "Rabatt",
        "net": "Nettobetrag",
        "tax": "MwSt.",
        "total": "Rechnungsbetrag",
        "refund": "Erstattungsbetrag",
        "to": "Rechnung an",
        "qty": "Menge",
        "item": "Bezeichnung",
        "price": "Einzelpreis",
        "amount": "Betrag",
        "iban": "IBAN",
        "mail": "E-Mail",
        "customer": "Kundennr.",
        "thanks": "Vielen Dank für Ihren Auftrag.",
    },
}


@dataclass
class Paper:
    """Everything that one document says; None means that it is not printed."""

    language: str
    kind: str
    supplier: tuple[str, str, str, str]
    customer: tuple[str, str, str]
    number: str | None
    issued: date
    other_date: date
    due: date | None
    lines: list[tuple[int, str, Decimal]]
    discount: Decimal
    rate: int
    show_net: bool
    iban: str | None
    show_mail: bool
    date_style: str
    currency_style: str
    words: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.words = WORDS[self.language]

    @property
    def subtotal(self) -> Decimal:
        return sum((quantity * price for quantity, _, price in self.lines), Decimal(0)).quantize(CENT)

    @property
    def net(self) -> Decimal:
        return self.subtotal - self.discount

    @property
    def tax(self) -> Decimal:
        return (self.net * self.rate / 100).quantize(CENT)

    @property
    def total(self) -> Decimal:
        return self.net + self.tax

    @property
    def currency(self) -> str:
        return "EUR" if self.language == "de" else "GBP"

    def day(self, value: date) -> str:
        if self.date_style == "words":
            month = MONTHS[self.language][value.month - 1]
            return (
                f"{value.day}. {month} {value.year}" if self.language == "de" else f"{value.day} {month} {value.year}"
            )
        if self.date_style == "iso":
            return value.isoformat()
        return value.strftime("%d.%m.%Y" if self.language == "de" else "%d/%m/%Y")

    def money(self, value: Decimal, bare: bool = False) -> str:
        text = f"{value:,.2f}"
        if self.language == "de":
            text = text.translate(str.maketrans(",.", ".,"))
        if bare:
            return text
        symbol = {"EUR": "€", "GBP": "£"}[self.currency]
        if self.currency_style == "code":
            return f"{self.currency} {text}"
        return f"{text} {symbol}" if self.language == "de" else f"{symbol}{text}"

    def gold(self) -> dict[str, object]:
        def amount(value: Decimal) -> dict[str, str]:
            return {"amount": str(value), "currency": self.currency}

        return {
            "document_type": self.kind,
            "supplier": self.supplier[0],
            "number": self.number,
            "date": self.issued.isoformat(),
            "due_date": self.due.isoformat() if self.due else None,
            "net": amount(self.net) if self.show_net else None,
            "tax": amount(self.tax) if self.show_net else None,
            "total": amount(self.total),
            "iban": self.iban.replace(" ", "") if self.iban else None,
            "email": self.supplier[3] if self.show_mail else None,
        }


def iban(language: str, random_source: random.Random) -> str:
    """An IBAN with right check digits (ISO 13616: move the country to the end, letters to numbers, 98 - n mod 97)."""
    digits = "".join(random_source.choice("0123456789") for _ in range(18 if language == "de" else 14))
    country, account = ("DE", digits) if language == "de" else ("GB", "NWBK" + digits)
    as_number = "".join(str(int(character, 36)) for character in account + country + "00")
    text = f"{country}{98 - int(as_number) % 97:02d}{account}"
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


class Pen:
    """A canvas with a position that moves down the page."""

    def __init__(self, path: Path) -> None:
        self.canvas = Canvas(str(path), pagesize=A4, invariant=1)
        self.y = HEIGHT - 25 * mm

    def text(
        self, x: float, text: str, size: float = 10, bold: bool = False, right: bool = False, dy: float = 0
    ) -> None:
        self.canvas.setFont("Helvetica-Bold" if bold else "Helvetica", size)
        (self.canvas.drawRightString if right else self.canvas.drawString)(x, self.y + dy, text)

    def down(self, points: float = 14) -> None:
        self.y -= points

    def rule(self, left: float = 20 * mm, right: float = WIDTH - 20 * mm) -> None:
        self.canvas.line(left, self.y + 9, right, self.y + 9)

    def rows(self, x: float, rows: list[str], **style: object) -> None:
        for row in rows:
            self.text(x, row, **style)  # type: ignore[arg-type]
            self.down()


def heading_facts(paper: Paper) -> list[tuple[str, str]]:
    words = paper.words
    facts = [(words["customer"], f"K-{abs(hash_of(paper.customer[0])) % 9000 + 1000}")]
    if paper.number:
        facts.insert(0, (words["cn_number" if paper.kind == "credit_note" else "number"], paper.number))
    facts.append(
        (
            words["date"]
            if paper.kind == "invoice"
            else words["date"].replace("Invoice ", "").replace("Rechnungsd", "D").capitalize(),
            paper.day(paper.issued),
        )
    )
    facts.append((words["delivery"], paper.day(paper.other_date)))
    if paper.due:
        facts.append((words["due"], paper.day(paper.due)))
    return facts


def hash_of(text: str) -> int:
    return sum((position + 1) * ord(character) for position, character in enumerate(text))


def item_table(pen: Pen, paper: Paper, left: float = 20 * mm, ruled: bool = True) -> None:
    words, right = paper.words, WIDTH - 20 * mm
    for x, name, aligned in (
        (left, "qty", False),
        (left + 16 * mm, "item", False),
        (right - 30 * mm, "price", True),
        (right, "amount", True),
    ):
        pen.text(x, words[name], 9, bold=True, right=aligned)
    pen.down()
    if ruled:
        pen.rule(left)
    for quantity, name, price in paper.lines:
        pen.text(left, str(quantity), 9)
        pen.text(left + 16 * mm, name, 9)
        pen.text(right - 30 * mm, paper.money(price, bare=True), 9, right=True)
        pen.text(right, paper.money(quantity * price, bare=True), 9, right=True)
        pen.down()
    if ruled:
        pen.rule(left)
    pen.down(6)


def totals(pen: Pen, paper: Paper, label_x: float | None = None) -> None:
    words, right = paper.words, WIDTH - 20 * mm
    x = label_x or right - 75 * mm
    rows = []
    if paper.show_net:
        if paper.discount:
            rows += [(words["subtotal"], paper.subtotal), (words["discount"], -paper.discount)]
        rows += [(words["net"], paper.net), (f"{words['tax']} {paper.rate} %", paper.tax)]
    rows.append((words["refund" if paper.kind == "credit_note" else "total"], paper.total))
    for position, (label, value) in enumerate(rows):
        last = position == len(rows) - 1
        pen.text(x, label, 10, bold=last)
        pen.text(right, paper.money(value), 10, bold=last, right=True)
        pen.down()


def footer(pen: Pen, paper: Paper, x: float = 20 * mm) -> None:
    pen.down(10)
    if paper.iban:
        pen.text(x, f"{paper.words['iban']}: {paper.iban}", 9)
        pen.down()
    if paper.show_mail:
        pen.text(x, f"{paper.words['mail']}: {paper.supplier[3]}", 9)
        pen.down()
    pen.text(x, paper.words["thanks"], 9)


def classic(pen: Pen, paper: Paper) -> None:
    """Letterhead at the left, facts as label and value, one table."""
    pen.text(20 * mm, paper.supplier[0], 16, bold=True)
    pen.down(18)
    pen.rows(20 * mm, [paper.supplier[1], paper.supplier[2]], size=9)
    pen.down(10)
    pen.rows(20 * mm, [paper.words["to"] + ":", *paper.customer])
    pen.down(10)
    pen.text(20 * mm, paper.words[paper.kind], 14, bold=True)
    pen.down(20)
    for label, value in heading_facts(paper):
        pen.text(20 * mm, label + ":")
        pen.text(60 * mm, value)
        pen.down()
    pen.down(8)
    item_table(pen, paper)
    totals(pen, paper)
    footer(pen, paper)


def two_sides(pen: Pen, paper: Paper) -> None:
    """Customer and supplier side by side, the way window envelopes want it."""
    top = pen.y
    pen.rows(20 * mm, [*paper.customer])
    pen.y = top
    pen.rows(120 * mm, [*paper.supplier[:3]])
    pen.down(24)
    pen.text(20 * mm, f"{paper.words[paper.kind]}  {paper.number or ''}".strip(), 13, bold=True)
    pen.down(22)
    for label, value in [fact for fact in heading_facts(paper) if fact[1] != paper.number]:
        pen.text(120 * mm, label)
        pen.text(WIDTH - 20 * mm, value, right=True)
        pen.down()
    pen.down(12)
    item_table(pen, paper)
    totals(pen, paper)
    footer(pen, paper)


def boxed(pen: Pen, paper: Paper) -> None:
    """Facts as a table of one row under its headings."""
    pen.text(WIDTH / 2 - 40 * mm, paper.words[paper.kind], 18, bold=True)
    pen.down(26)
    pen.text(20 * mm, " · ".join(paper.supplier[:3]), 8)
    pen.down(24)
    pen.rows(20 * mm, [*paper.customer])
    pen.down(14)
    facts = heading_facts(paper)
    step = (WIDTH - 40 * mm) / len(facts)
    for position, (label, _) in enumerate(facts):
        pen.text(20 * mm + position * step, label, 8, bold=True)
    pen.down()
    for position, (_, value) in enumerate(facts):
        pen.text(20 * mm + position * step, value, 8)
    pen.rule()
    pen.down(24)
    item_table(pen, paper)
    totals(pen, paper)
    footer(pen, paper)


def sidebar(pen: Pen, paper: Paper) -> None:
    """A narrow column with the supplier beside the body."""
    top = pen.y
    pen.canvas.setFillGray(0.92)
    pen.canvas.rect(0, 0, 62 * mm, HEIGHT, stroke=0, fill=1)
    pen.canvas.setFillGray(0)
    pen.text(8 * mm, paper.supplier[0], 9, bold=True)
    pen.down(16)
    pen.rows(8 * mm, [paper.supplier[1], paper.supplier[2]], size=8)
    if paper.show_mail:
        pen.rows(8 * mm, [paper.supplier[3]], size=8)
    if paper.iban:
        pen.down(8)
        pen.rows(8 * mm, ["IBAN", paper.iban], size=7)
    pen.y = top
    pen.text(70 * mm, paper.words[paper.kind], 16, bold=True)
    pen.down(24)
    pen.rows(70 * mm, [paper.words["to"], *paper.customer], size=9)
    pen.down(8)
    for label, value in heading_facts(paper):
        pen.text(70 * mm, label, 9)
        pen.text(110 * mm, value, 9)
        pen.down()
    pen.down(10)
    item_table(pen, paper, left=70 * mm)
    totals(pen, paper, label_x=110 * mm)


def till(pen: Pen, paper: Paper) -> None:
    """Narrow and centred like a till receipt, with dotted leaders."""
    left, right = 55 * mm, WIDTH - 55 * mm
    pen.rows(left, [*paper.supplier[:3]], size=10)
    if paper.show_mail:
        pen.rows(left, [paper.supplier[3]], size=8)
    pen.down(6)
    pen.text(left, paper.words[paper.kind], 11, bold=True)
    pen.down(16)
    for label, value in heading_facts(paper):
        pen.text(left, label, 9)
        pen.text(right, value, 9, right=True)
        pen.down(12)
    pen.down(6)
    for quantity, name, price in paper.lines:
        pen.text(left, f"{quantity} x {name}", 9)
        pen.text(right, paper.money(quantity * price, bare=True), 9, right=True)
        pen.down(12)
    pen.text(left, "." * 66, 9)
    pen.down()
    rows = (
        [(paper.words["net"], paper.net), (f"{paper.words['tax']} {paper.rate} %", paper.tax)] if paper.show_net else []
    )
    if paper.show_net and paper.discount:
        rows = [(paper.words["subtotal"], paper.subtotal), (paper.words["discount"], -paper.discount), *rows]
    rows.append((paper.words["refund" if paper.kind == "credit_note" else "total"], paper.total))
    for label, value in rows:
        pen.text(left, label, 9, bold=value == paper.total)
        pen.text(right, paper.money(value), 9, right=True, bold=value == paper.total)
        pen.down(12)
    pen.down(8)
    pen.text(left, f"{paper.customer[0]}, {paper.customer[2]}", 8)
    if paper.iban:
        pen.down(12)
        pen.text(left, paper.iban, 8)


def letter(pen: Pen, paper: Paper) -> None:
    """A reminder: the facts stand in sentences."""
    number = paper.number
    pen.text(WIDTH - 20 * mm, paper.supplier[0], 13, bold=True, right=True)
    pen.down(16)
    pen.text(WIDTH - 20 * mm, f"{paper.supplier[1]}, {paper.supplier[2]}", 8, right=True)
    pen.down(36)
    pen.rows(20 * mm, [*paper.customer])
    pen.down(16)
    german = paper.language == "de"
    town = paper.supplier[2].split(maxsplit=1)[1] if german else paper.supplier[2].split()[0]
    pen.text(WIDTH - 20 * mm, f"{town}, {paper.day(paper.issued)}", right=True)
    pen.down(28)
    order, total, due = (
        paper.day(paper.other_date),
        paper.money(paper.total),
        paper.day(paper.due) if paper.due else None,
    )
    if german:
        body = [
            "Zahlungserinnerung" + (f" zur Rechnung {number}" if number else ""),
            "",
            "Sehr geehrte Damen und Herren,",
            "",
            f"für unsere Lieferung vom {order} haben wir bis heute keine Zahlung erhalten.",
            f"Offen ist ein Betrag von insgesamt {total}.",
        ]
        body += (
            [f"Darin sind {paper.money(paper.tax)} Umsatzsteuer auf {paper.money(paper.net)} netto enthalten."]
            if paper.show_net
            else []
        )
        body += (
            [f"Bitte überweisen Sie den Betrag bis zum {due}" + (" auf unser Konto" if paper.iban else "") + "."]
            if due
            else []
        )
        body += [f"IBAN {paper.iban}"] if paper.iban else []
        body += [
            "Eine Mahngebühr von 5,00 € wird erst bei einer zweiten Erinnerung erhoben.",
            "",
            "Mit freundlichen Grüßen",
            "",
            "Helga Brandt",
        ]
        body += [f"Fragen? {paper.supplier[3]}"] if paper.show_mail else []
    else:
        body = [
            "Payment reminder" + (f" for invoice {number}" if number else ""),
            "",
            "Dear Sir or Madam,",
            "",
            f"We have not yet received payment for the goods delivered on {order}.",
            f"The total outstanding is {total}.",
        ]
        body += (
            [f"This includes VAT of {paper.money(paper.tax)} on a net amount of {paper.money(paper.net)}."]
            if paper.show_net
            else []
        )
        body += [f"Please pay by {due}" + (" into the account below" if paper.iban else "") + "."] if due else []
        body += [f"IBAN {paper.iban}"] if paper.iban else []
        body += [
            "A reminder fee of £5.00 will only be charged with a second reminder.",
            "",
            "Yours faithfully,",
            "",
            "Alan Whitcombe",
        ]
        body += [f"Questions? Write to {paper.supplier[3]}"] if paper.show_mail else []
    pen.text(20 * mm, body[0], 11, bold=True)
    pen.down()
    pen.rows(20 * mm, body[1:])


LAYOUTS: list[Callable[[Pen, Paper], None]] = [classic, two_sides, boxed, sidebar, till, letter, letter]


def compose(index: int, source: random.Random) -> tuple[Paper, Callable[[Pen, Paper], None]]:
    layout = LAYOUTS[index % len(LAYOUTS)]
    language = "en" if index % 2 == 0 else "de"
    kind = "letter" if layout is letter else "credit_note" if index % 5 == 3 else "invoice"
    issued = date(2024, 1, 8) + timedelta(days=source.randrange(600))
    lines = [
        (source.randint(1, 12), item, Decimal(source.randint(350, 48000)) / 100)
        for item in source.sample(ITEMS[language], source.randint(2, 5))
    ]
    subtotal = sum((quantity * price for quantity, _, price in lines), Decimal(0))
    prefix = {
        "invoice": "INV" if language == "en" else "RE",
        "credit_note": "CN" if language == "en" else "GS",
        "letter": "INV" if language == "en" else "RE",
    }[kind]
    paper = Paper(
        language=language,
        kind=kind,
        supplier=SUPPLIERS[language][(index // 2) % len(SUPPLIERS[language])],
        customer=source.choice(CUSTOMERS[language]),
        number=None if source.random() < 0.15 else f"{prefix}-{issued.year}-{source.randint(100, 9999):04d}",
        issued=issued,
        other_date=issued - timedelta(days=source.randint(2, 30)),
        due=None
        if kind == "credit_note" or source.random() < 0.3
        else issued + timedelta(days=source.choice([14, 21, 30])),
        lines=lines,
        discount=(subtotal / 20).quantize(CENT) if source.random() < 0.4 else Decimal(0),
        rate=19 if language == "de" else 20,
        show_net=source.random() < 0.8,
        iban=iban(language, source) if source.random() < 0.65 else None,
        show_mail=source.random() < 0.65,
        date_style=source.choice(["numeric", "words", "iso"] if language == "en" else ["numeric", "numeric", "words"]),
        currency_style=source.choice(["code", "symbol"]),
    )
    return paper, layout


def make(folder: Path, count: int = 28, seed: int = SEED) -> Path:
    """Write ``count`` documents and their gold into ``folder``; returns the folder of the PDFs."""
    documents = folder / "documents"
    documents.mkdir(parents=True, exist_ok=True)
    source = random.Random(seed)
    gold = []
    for index in range(count):
        paper, layout = compose(index, source)
        name = f"{index + 1:02d}-{layout.__name__.replace('_', '-')}-{paper.language}.pdf"
        pen = Pen(documents / name)
        layout(pen, paper)
        pen.canvas.save()
        gold.append(
            {
                "schema": 1,
                "document": name,
                "values": paper.gold(),
                "by": "make_documents.py",
                "at": "2026-11-24T00:00:00Z",
                "note": f"layout {layout.__name__}, language {paper.language}",
            }
        )
    (folder / "gold.jsonl").write_text(
        "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in gold), encoding="utf-8"
    )
    return documents


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: make_documents.py OUTPUT_FOLDER")
    print(make(Path(sys.argv[1])))
