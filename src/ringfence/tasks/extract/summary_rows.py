"""Lines with numbers that are no items: subtotals, tax, totals, amounts carried forward, pages, terms of payment."""

from __future__ import annotations

import re

from ..values.currency import is_currency_code

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
_PAGE = re.compile(
    r"(?<!\w)(?:seiten?|pages?|pagina|página|p[áa]g|sida|side|strona|strana|oldal|blatt|sheet)\b\.?\s*:?\s*(?:no\.?|nr\.?)?\s*"
    r"\d+(?:\s*(?:von|of|de|di|sur|van|av|af|z|/|-)\s*\d+)?(?![\w.,]*\d)",
    re.IGNORECASE,
)
_PAYMENT = re.compile(
    r"\b(?:zahlbar|zahlung\w*|skonto\w*|payable|payment|paid|terms|due|cash discount|early|paiement|escompte|"
    r"échéance|pagamento|pagabile|sconto|pago|pagadero|vencimiento|betaling|betaalbaar|betalen|korting)\b",
    re.IGNORECASE,
)
_TERM = re.compile(
    r"\d[\d.,]*\s*(?:%|(?:tage?n?|tag\(e\)|days?|jours?|giorni|gg|días?|dias?|dagen|dagar|dage|wochen?|weeks?|monate?n?|months?|"
    r"mois|mesi|meses)(?!\w))|\b\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b",
    re.IGNORECASE,
)
_CATEGORY = re.compile(r"\([A-Z]{1,2}\)")  # of a tax: VAT (S)


def is_bare_of_amounts(text: str) -> bool:
    """True if all numbers of a line count pages, or are days, rates and dates of terms of payment.

    Of 45 invoices 7 lost their items to one: a list goes on from its first record, so nothing above it is read.
    """
    left = _PAGE.sub(" ", text)
    if _PAYMENT.search(left):
        left = _TERM.sub(" ", left)
    return left != text and not any(map(str.isdigit, left))


def is_summary_row(text: str) -> bool:
    """True if the words of a row say only that it sums up: "Net total", "VAT (S) 19 %", "Übertrag auf Seite 2".

    An item whose name holds such a word among others ("Total station rental") is none.
    """
    words = [word for word in re.findall(r"[^\W\d_]+", _CATEGORY.sub(" ", text)) if not is_currency_code(word)]
    folded = [word.casefold() for word in words]
    heads = [word in _HEADS or _COMPOUND.fullmatch(word) is not None for word in folded]
    return any(heads) and all(head or word in _FILLERS for head, word in zip(heads, folded, strict=True))
