"""How the example papers look: one function for each layout, which draws a paper with a pen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from paper import Paper
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

WIDTH, HEIGHT = A4


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
