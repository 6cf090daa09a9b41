"""A date whose label says that it is another one: a due date out of *Delivery date: 3 May 2024*.

Of the dates that a 1.5B took from 28 example papers, 20 invoices, 60 orders and 60 receipts 7 carry the flag: due dates
out of a delivery (5) or a period (2), all wrong. The same rule for amounts (net, tax, total, paid) was tried and left:
papers say *Total excl. VAT* and *net to pay*, and a reviewer's ordinary ones broke it 130 times.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from ...contracts import FieldAnswer, Span
from .date_pairs import date_pairs
from .page_labels import printed_ranges
from .plan import Prepared

__all__ = ["LABELLED_OTHERWISE", "flag_labelled_otherwise"]

LABELLED_OTHERWISE = "labelled-otherwise"
MOST_WORDS = 5  # of a label; more are a sentence
# Letters without accents. German and Dutch write compounds: Rechnungsdatum, Leverdatum.
_ROLES = {
    role: re.compile(pattern)
    for role, pattern in {
        "invoice": r"\binvoice|(?<!ab)rechnung(?!sbetrag)|\bfactu|\bfattur|\bbill\b(?! of lading)|\bstatement",
        "issue": r"\bissue|ausstell|ausgestellt|\bemission|\bemis\b|\bemisi|\buitgifte",
        "order": r"\border|bestel|auftrag|\bcommande|\bordine\b|\bpedido",
        "delivery": r"\bdeliver|\bship|\bd[ei]spatch|\bservice|\bsuppl[iy]|\btax point|liefer|(?<!gewahr)leistung|"
        r"versand|zustell|\blivraison|\bexpedition|\bprestati|\bconsegna|\bspedizione|\bentrega|\bservicio|\blever|"
        r"\bverzend",
        "due": r"\bdue\b|\bpay|\bpaid\b|\bsettle|fa?e?llig|zahl|begleich|abgebucht|\becheance|\bregle|"
        r"\bpaiement|\bscadenza|\bpaga|\bsaldare|\bvencimiento|\bpago|verval|\bbetal",
        "birth": r"\bbirth|\bborn\b|\bdob\b|gebur|gebor|\bgeboorte|\bnaissance|\bnee? le\b|\bnascita|"
        r"\bnacimiento",
        "print": r"\bprint|gedruckt|druckdatum|\bimprime|\bimpression|\bstampa\b|\bafgedrukt",
        "period": r"period|zeitraum|tijdvak",
    }.items()
}
# What no date of a role is. One date may be of a delivery and its period; an order is issued on the date of the order.
_OTHERS = {
    "invoice": frozenset({"order", "delivery", "due", "birth", "print", "period"}),
    "issue": frozenset({"delivery", "due", "birth", "period"}),
    "order": frozenset({"invoice", "delivery", "due", "birth", "print", "period"}),
    "delivery": frozenset({"invoice", "order", "birth", "print"}),
    "due": frozenset({"invoice", "issue", "order", "delivery", "birth", "print", "period"}),
    "birth": frozenset({"invoice", "issue", "order", "delivery", "due", "print", "period"}),
}
# What a description says that a date is not: *not the delivery date*.
_EXCEPT = re.compile(
    r"\b(?:not|never|no|without|except|nicht|kein\w*|ohne|pas|sans|non|senza|sin|niet|geen)\b[^,.;]*", re.IGNORECASE
)
_ONE_AND_THE_SAME = re.compile(r"\b(?:entspricht|gleich|identisch|equals|same as|identique|gelijk)\b", re.IGNORECASE)


def flag_labelled_otherwise(prepared: Prepared, fields: Mapping[str, FieldAnswer]) -> None:
    """Flag the date of a single field if each of its places has a label that says that it is another date.

    The name of a field tells what its date is, or its description where the name does not. Both days of a range are of
    its period, whatever they are called. A page may say that two dates are one (*Leistungsdatum entspricht
    Rechnungsdatum*).
    """
    flat = prepared.task.flat
    ends = {path for pair in date_pairs(flat) for path in (pair.first, pair.last)}
    for path, spec in flat.items():
        answer = fields.get(path)
        if spec.kind != "date" or path in ends or answer is None or not answer.spans:
            continue
        own = _roles(path.rpartition(".")[2]) or _roles(_EXCEPT.sub("", spec.description))
        labels = [_roles_of_label(prepared, path, place) for place in (*answer.spans, *answer.others)]
        said = frozenset().union(*labels)
        others = [_OTHERS.get(role, frozenset[str]()) for role in own]
        if own and all(labels) and all(said <= of_others for of_others in others) and not _is_one(prepared, own):
            answer.flags.append(f"{LABELLED_OTHERWISE}: {' '.join(sorted(said))}")


def _roles(text: str) -> frozenset[str]:
    """The roles that words give to a date; of a period nothing else counts (*billing period*)."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("_", " "))
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    found = frozenset(role for role, pattern in _ROLES.items() if pattern.search(plain))
    return found & {"period"} or found


def _roles_of_label(prepared: Prepared, path: str, place: Span) -> frozenset[str]:
    """The roles of the label of a place; of a day of a printed range, of the label of the range."""
    candidates = prepared.candidates[path]
    ranges = printed_ranges(candidates, prepared.document)
    place = next(((first.start, last.end) for first, last in ranges if place[0] in (first.start, last.start)), place)
    label = prepared.labels.label_text(*place, candidates)
    return _roles(label) if len(label.split()) <= MOST_WORDS else frozenset()


def _is_one(prepared: Prepared, own: frozenset[str]) -> bool:
    """Whether a line says that a date of these roles is the same as another one."""
    text = prepared.document.text
    lines = (text[line.start : line.end] for line in prepared.document.lines)
    return any(_ONE_AND_THE_SAME.search(line) and own & _roles(line) for line in lines)
