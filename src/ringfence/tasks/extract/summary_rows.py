"""Rows of a table that sum up others: subtotals, tax, totals, amounts carried forward. They are no items."""

from __future__ import annotations

import re

from ..values.currency import is_currency_code

__all__ = ["is_summary_row"]

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
_CATEGORY = re.compile(r"\([A-Z]{1,2}\)")  # of a tax: VAT (S)


def is_summary_row(text: str) -> bool:
    """True if the words of a row say only that it sums up: "Net total", "VAT (S) 19 %", "Übertrag auf Seite 2".

    An item whose name holds such a word among others ("Total station rental") is none.
    """
    words = [word for word in re.findall(r"[^\W\d_]+", _CATEGORY.sub(" ", text)) if not is_currency_code(word)]
    folded = [word.casefold() for word in words]
    heads = [word in _HEADS or _COMPOUND.fullmatch(word) is not None for word in folded]
    return any(heads) and all(head or word in _FILLERS for head, word in zip(heads, folded, strict=True))
