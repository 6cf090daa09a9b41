"""A date whose label says that it is another one: a due date out of *Delivery date: 3 May 2024*.

Of the dates that a 1.5B took from 28 example papers, 20 invoices, 60 orders and 60 receipts 7 carry the flag: due dates
out of a delivery (5) or a period (2), all wrong. The same rule for amounts (net, tax, total, paid) was tried and left:
papers say *Total excl. VAT* and *net to pay*, and a reviewer's ordinary ones broke it 130 times.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ...contracts import FieldAnswer, Span
from ...documents import cells_of
from .date_pairs import date_pairs
from .date_roles import PAPER, in_plain_letters, roles_of_date, roles_of_label
from .page_labels import printed_ranges
from .plan import Prepared

__all__ = ["LABELLED_OTHERWISE", "flag_labelled_otherwise"]

LABELLED_OTHERWISE = "labelled-otherwise"
MOST_WORDS = 5  # of a label; more are a sentence
# What no date of a role is. One date may be of a delivery and its period; an order is issued on the date of the order.
_OTHERS = {
    "invoice": frozenset({"order", "delivery", "due", "birth", "print", "period"}),
    "issue": frozenset({"delivery", "due", "birth", "period"}),
    "order": frozenset({"invoice", "delivery", "due", "birth", "print", "period"}),
    "delivery": frozenset({"invoice", "order", "print"}),
    "due": frozenset({"invoice", "issue", "order", "delivery", "birth", "print", "period", PAPER}),
    "birth": frozenset({"invoice", "issue", "order", "due", "print", "period", PAPER}),
}
_END_OF_PERIOD = re.compile(
    r"(?:^|_)(?:end|ende|until|till|to|through|bis|closing|opening|start|begin\w*|from|von|renewal)(?:_|$)"
)
_SAME_DAY = re.compile(r"\b(?:up)?on receipt|\bimmediate|\bsofort|\breception|\ba vista|\bcontado")  # of an invoice
_A_DAY = re.compile(r"dat(?:e|um|a)\b|\b(?:tag|day|jour|fecha|giorno|dag)\b", re.IGNORECASE)
# What a description says that a date is not: *not the delivery date, the order date or ...*
_EXCEPT = re.compile(r"\b(?:not|nicht|kein\w*|pas|non|no|niet|geen)\b[^.;]*", re.IGNORECASE)


def flag_labelled_otherwise(prepared: Prepared, fields: Mapping[str, FieldAnswer]) -> None:
    """Flag the date of a single field if each of its places has a label that says that it is another date.

    The name of a field tells what its date is; where a paper has no other date than that, it may be meant, but for a
    day on which to pay. Both days of a range are of its period, whatever they are called. A page may say that two dates
    are one (*Leistungsdatum entspricht Rechnungsdatum*).
    """
    flat = prepared.task.flat
    ends = {path for pair in date_pairs(flat) for path in (pair.first, pair.last)}
    for path, spec in flat.items():
        answer, name = fields.get(path), path.rpartition(".")[2]
        own = roles_of_date(name)
        if spec.kind != "date" or path in ends or not own or answer is None or not answer.spans:
            continue
        if own != {"due"} and len({str(each.value) for each in prepared.candidates[path]}) == 1:
            continue
        ranges = _ranges_of_days(prepared, path)
        places = (ranges.get(start, (start, end)) for start, end in (*answer.spans, *answer.others))
        labels = [_roles_at(prepared, path, place, own) for place in places]
        said = frozenset().union(*labels)
        # A due date is often described by the invoice that has to be paid.
        meant = roles_of_date(_EXCEPT.sub("", spec.description)) - {"invoice"}
        meant |= {"period"} if _END_OF_PERIOD.search(name) else frozenset()
        others = frozenset.intersection(*(_OTHERS.get(role, frozenset()) for role in own))
        if all(labels) and said <= others and said.isdisjoint(meant) and not _is_one(prepared, own, said):
            answer.flags.append(f"{LABELLED_OTHERWISE}: {' '.join(sorted(said - {PAPER}))}")


def _ranges_of_days(prepared: Prepared, path: str) -> dict[int, Span]:
    """The printed range of each date that is a day of one, by where the date starts; of two the first."""
    found: dict[int, Span] = {}
    for first, last in printed_ranges(prepared.candidates[path], prepared.document):
        for day in (first, last):
            found.setdefault(day.start, (first.start, last.end))
    return found


def _roles_at(prepared: Prepared, path: str, place: Span, own: frozenset[str]) -> frozenset[str]:
    """The roles of the label of a place.

    None where the words around a place say an ``own`` role and its label may be the value of another column.
    """
    candidates, labels = prepared.candidates[path], prepared.labels
    label = labels.label_text(*place, candidates)
    cell = labels.cell_at(place[0])
    is_plain = ":" in label or (cell is not None and roles_of_date(prepared.document.text[cell[0] : place[0]]))
    of_another = not is_plain and own & roles_of_date(" ".join(labels.words_around(*place)))
    return frozenset() if of_another or len(label.split()) > MOST_WORDS else roles_of_label(label)


def _is_one(prepared: Prepared, own: frozenset[str], said: frozenset[str]) -> bool:
    """Whether a line of one cell, without a date, speaks of the days of both roles, or of payment at once."""
    for line in prepared.document.lines:
        text = prepared.document.text[line.start : line.end]
        if any(map(str.isdigit, text)) or len(list(cells_of(prepared.document.text, line.start, line.end))) > 1:
            continue
        roles = roles_of_date(text)
        at_once = "due" in own and said <= {"invoice", "issue"} and _SAME_DAY.search(in_plain_letters(text))
        if roles & own and (at_once or (roles & said and _A_DAY.search(text))):
            return True
    return False
