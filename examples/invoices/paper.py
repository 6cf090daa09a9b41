"""What the example papers say: invented companies, items and words in two languages, and the gold of one paper."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

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
