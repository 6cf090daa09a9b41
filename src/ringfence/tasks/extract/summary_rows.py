"""Lines with numbers that are no items: subtotals, tax, totals, amounts carried forward, pages, terms of payment."""

from __future__ import annotations

import re

from ..values.currency import is_currency_code
from .starts import CELL_BORDER

__all__ = ["is_bare_of_amounts", "is_summary_row"]

_HEADS = frozenset(
    """
    total totals subtotal net nett netto gross brutto vat tax taxes gst
    sst hst pst mwst ust umsatzsteuer mehrwertsteuer steuer tva iva btw moms summe gesamt
    übertrag uebertrag carried brought balance payable montant totale
    imponibile subtotaal totaal subtotale summa reporte somme saldo rounding rundung cash change rückgeld paid tendered
    amount due sous basis steuerbasis bemessungsgrundlage warenwert anzahlung anzahlungen
    """.split()  # noqa: SIM905 - a list of strings would take a line for each
)
_FILLERS = frozenset(
    """
    sub grand final overall of the to from page seite pagina incl excl including excluding inclusive exclusive inkl exkl
    zzgl plus und and auf aus von vom in for zu zur zum sum invoice order rechnung forward over b f c d at on per rate
    zahlen betrag hors taxe taxes ttc ht de la le du des a à al dovuto pagar pagare te betalen before after less sales
    rm adj adjustment amt value items item qty ohne mit der die erhaltene geleistete zuschläge abschläge
    """.split()  # noqa: SIM905
)
_COMPOUND = re.compile(r"\w+(?:summe|betrag)")  # Zwischensumme, Steuerbasisbetrag
_PAGE = (
    r"(?:seite|page|pagina|página|pág|pag|blz|bladzijde|sida|side|sivu|strona|strana|str|oldal|blatt|sheet|p)\b\.?:?"
)
_PAGE_OF_PAGES = re.compile(
    rf"(?<!\w){_PAGE}\s*\(?\d+\s*(?:\(?(?:von|of|out of|de|di|sur|van|av|af|z|/|\|)\s*|\()\d+\)?(?![\w.,]*\d)",
    re.IGNORECASE,
)
_PAGE_ALONE = re.compile(rf"\W*{_PAGE} ?(?:n[o°r]\.?|\#)? ?\d+\W*", re.IGNORECASE)
_PAYMENT = re.compile(
    r"\b(?:zahlbar|zahlung(?:sziel|sbedingung(?:en)?)?|skonto(?:vereinbarung)?|payable|payment|discount|paiement|payer|"
    r"escompte|règlement|pagamento|sconto|pago|betaling|betalen|betalingstermijn|płatności|betalning)\b",
    re.IGNORECASE,
)
_WITHIN = re.compile(
    r"\b(?:innerhalb|innert|inner|binnen|bis|netto|rein|within|by|net|sous|dans|sotto|entro|dentro|termin|inom)\b",
    re.IGNORECASE,
)
_DAYS = re.compile(
    r"\d+\s*(?:tage?n?|tag\(e\)|days?|jours?|giorni|gg|días?|dias?|dagen|dagar|dage|dni|wochen?|weeks?)(?!\w)",
    re.IGNORECASE,
)
_RATE = re.compile(r"\d[\d.,]*\s*%")
_DATE = re.compile(r"\b\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b")
_NUMBER_FIRST = re.compile(r"\s*\d(?![\d.,]* ?%.)")
_CATEGORY = re.compile(r"\([A-Z]{1,2}\)")  # of a tax: VAT (S)


def is_bare_of_amounts(text: str) -> bool:
    """True if all numbers of a line count pages, or are days, rates and dates within a sentence on terms of payment.

    Of 45 invoices 7 lost their items to one: a list goes on from its first record, so nothing above it is read. A
    number in a cell of its own may be what a row counts: *Lektorat   Seite   80*, *Payment on signing   30 %*.
    """
    if _PAGE_ALONE.fullmatch(text):
        return True
    left = _PAGE_OF_PAGES.sub(" ", text)
    cells = [cell for cell in CELL_BORDER.split(text) if cell.strip()]
    in_cells = any(_NUMBER_FIRST.match(cell) for cell in cells)
    if not in_cells and all(each.search(left) for each in (_PAYMENT, _WITHIN, _DAYS)):
        for each in (_DAYS, _RATE, _DATE):
            left = each.sub(" ", left)
    return left != text and not any(map(str.isdigit, left))


def is_summary_row(text: str) -> bool:
    """True if the words of a row say only that it sums up: "Net total", "VAT (S) 19 %", "Übertrag auf Seite 2".

    An item whose name holds such a word among others ("Total station rental") is none.
    """
    words = [word for word in re.findall(r"[^\W\d_]+", _CATEGORY.sub(" ", text)) if not is_currency_code(word)]
    folded = [word.casefold() for word in words]
    heads = [word in _HEADS or _COMPOUND.fullmatch(word) is not None for word in folded]
    return any(heads) and all(head or word in _FILLERS for head, word in zip(heads, folded, strict=True))
