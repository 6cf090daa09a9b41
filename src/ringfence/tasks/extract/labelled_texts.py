"""What a form says of its text values: another one stands beside the label, or the value is not all of its cell.

Of 60 advertising orders 4 advertisers stand elsewhere than beside the label *Advertiser*, all wrong, and 2 stop early
in their cell, both wrong; of 41 right ones, and of 60 receipts, none does either.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ...contracts import FieldAnswer
from ..fields import TextField
from .named_values import NAMED_ELSEWHERE, wanted_words
from .page_labels import PageLabels
from .plan import Prepared

__all__ = ["MORE_BEHIND", "flag_texts"]

MORE_BEHIND = "more-behind"
_WORD_BEHIND = re.compile(r" \w")


def flag_texts(prepared: Prepared, fields: Mapping[str, FieldAnswer]) -> None:
    """Flag the texts of single fields that a form names elsewhere, or of which its cell has more."""
    if not prepared.is_form:
        return
    labels, text = PageLabels(prepared.document), prepared.document.text
    for path, spec in prepared.task.flat.items():
        answer = fields.get(path)
        if not isinstance(spec, TextField) or spec.within != "line" or answer is None or not answer.spans:
            continue
        start, end = answer.spans[0]
        cell = labels.cell_at(start)
        if len(answer.spans) == 1 and cell and cell[0] == start and _WORD_BEHIND.match(text, end, cell[1]):
            answer.flags.append(MORE_BEHIND)
        if "." not in path and _is_named_elsewhere(labels, answer, wanted_words(path)):
            answer.flags.append(NAMED_ELSEWHERE)


def _is_named_elsewhere(labels: PageLabels, answer: FieldAnswer, wanted: frozenset[str]) -> bool:
    text = labels.document.text
    places = labels.texts_beside(wanted)
    own = [*answer.spans, *answer.others]
    if not places or any(start < last and first < end for start, end in own for first, last in places):
        return False
    said = _letters(answer.raw or "")
    return not any(said in each or (each and each in said) for each in (_letters(text[slice(*at)]) for at in places))


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text)).casefold()
