"""Cells of a row that hold words: a name or a description is none of the codes and numbers beside it.

Many tables have the number of an article before its name, and a model takes what comes first, without doubting a token:
of 20 invoices with the 1.5B, 6 had such names. A code is read as the name beside it, but stays among the choices: when
it was not, the model did not take the name instead, but turned to other lines, on 2 of the 20.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..fields import TextField
from .text_runs import Match, RunRule

__all__ = ["asks_for_words", "is_code", "with_words"]

# The last word of a field's name that asks for words. What is sold is a name too, but a product may be a model number.
_NAMES = frozenset(
    """
    name description title designation text wording label subject bezeichnung beschreibung benennung leistung
    artikelbezeichnung artikelname produktname produktbezeichnung warenbezeichnung denomination libelle intitule nom
    descrizione denominazione nome descripcion denominacion nombre descricao naam omschrijving benaming beskrivning
    benamning namn navn nazwa opis nev megnevezes nazev popis nimi kuvaus
    """.split()  # noqa: SIM905 - a list of strings would take a line for each
)
# Units stand in cells of their own, and are no names.
_UNITS = frozenset(
    """
    piece pieces unit units each hour hours days month months year years pack packs package packages carton cartons
    box boxes bottle bottles metre metres meter meters litre litres pair pairs sheet sheets lump lumpsum flat stück
    stueck stunde stunden tage monat monate jahr jahre packung packungen paket pakete karton kartons flasche
    flaschen liter paar blatt kiste kisten pauschal pauschale satz rolle rollen dose dosen sack einheit einheiten
    pièce pièces unité unités heure heures jours mois année boîte bouteille bouteilles forfait pezzo pezzi ore
    giorni mese mesi confezione pieza piezas unidad unidades hora horas días meses caja stuk stuks uren dagen maand
    maanden doos styck timmar sztuka sztuk godzin
    """.split()  # noqa: SIM905
)
_NUMBER = re.compile(r"[\d\s.,:;/%()€$£+*x-]+")
_LEAST_LETTERS = 4
LONGEST_MARK = 3


def asks_for_words(name: str, row: Mapping[str, Any]) -> bool:
    """Whether a text field of a row wants words: as it says itself, else by its name.

    Where the row has other text fields, the words can be theirs (the role of the server ``SRV-DB-01``).
    """
    if row[name].holds is not None:
        return bool(row[name].holds == "words")
    return name.rpartition("_")[2] in _NAMES and sum(isinstance(leaf, TextField) for leaf in row.values()) == 1


def with_words(rule: RunRule, match: Match) -> Match:
    """The cell with words that a value in a code stands for: the next in its line, else the nearest of the row.

    For a number it is one of the same line. It is ``match`` itself if the value is part of another cell, or if no cell
    surely has words.
    """
    start, end = match.spans[0]
    text = rule.document.text
    cell = next((span for span in rule.cells if span[0] <= start and end <= span[1]), None)
    if cell is None or not all(map(is_code, text[slice(*cell)].split())):  # 1 TB100A4
        return match

    def way(other: tuple[int, int]) -> tuple[bool, bool, int]:
        low, high = min(other[0], start), max(other[1], end)
        return "\n" in text[low:high], other[0] < start, high - low

    fitting = [
        span
        for span in rule.cells
        if _has_words(text[slice(*span)])
        and rule.segment_count(*span) <= rule.spec.max_segments
        and not (_is_number(text[slice(*cell)]) and way(span)[0])
    ]
    return replace(match, spans=(min(fitting, key=way),)) if fitting else match


def _is_number(cell: str) -> bool:
    return _NUMBER.fullmatch(cell) is not None


def is_code(cell: str) -> bool:
    """True for a number, and for a word of capitals and digits; not for a short mark (3M), nor a file or a user."""
    return _is_number(cell) or (
        len(cell.split()) == 1
        and any(map(str.isdigit, cell))
        and not any(map(str.islower, cell))
        and sum(map(str.isalnum, cell)) > LONGEST_MARK
    )


def _has_words(cell: str) -> bool:
    """True if a cell begins with a word of some length that is no unit of measure."""
    words = cell.split()
    first = words[0].strip(".,:;()") if words else ""
    letters = len(first) >= _LEAST_LETTERS and first.replace("-", "").isalpha()
    return letters and first.casefold() not in _UNITS
