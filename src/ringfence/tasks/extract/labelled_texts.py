"""What a form says of its text values: another one stands beside the label, or the value is not all of its cell.

Of 60 advertising orders 3 advertisers stand elsewhere than beside the label *Advertiser*, all wrong, and 2 stop early
in their cell, both wrong; of 41 right ones, and of 60 receipts, none does either.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ...contracts import FieldAnswer
from ..evidence import without_accents
from ..fields import TextField
from .named_values import NAMED_ELSEWHERE
from .page_labels import PageLabels, letters_of, wanted_words
from .plan import Prepared

__all__ = ["MORE_BEHIND", "flag_texts"]

MORE_BEHIND = "more-behind"
# What follows a name in its cell and is none of it: numbers but years, codes, dates, states; and what ends a name.
_APART = re.compile(
    r"(?!(?:19|20)\d\d [^\W\d])\S*\d|[A-Z]{2} \d{5}|"
    r"(?:tel|phone|fax|vat|bic|iban|siret|siren|hr[ab]|reg(?:istered)?|ust|no|nr|id|dated?|vom|from|since|until|to|ab|"
    r"bis|seit|au|du|invoice|order|rechnung|page|seite|mr|mrs|ms|herrn?|frau)\b",
    re.IGNORECASE,
)
_WHOLE = re.compile(
    r"\b(?:ltd|limited|inc|llc|llp|plc|corp|gmbh|mbh|kg|ohg|ag|e\.?k|s\.?a\.?r\.?l|sas|s\.?a|s\.?p\.?a|s\.?r\.?l|b\.?v|n\.?v|bhd)\.?$",
    re.IGNORECASE,
)
_FORMS = re.compile(
    r"ltd|limited|inc|llc|llp|plc|corp|co|company|gmbh|mbh|kg|ohg|ag|sarl|sas|sa|spa|srl|bv|nv|mr|mrs|ms|dr|herrn?|frau|und|u|and|the"
)


def flag_texts(prepared: Prepared, fields: Mapping[str, FieldAnswer]) -> None:
    """Flag the texts of single fields that a form names elsewhere, or of which its cell has more."""
    if not prepared.is_form:
        return
    labels = prepared.labels
    for path, spec in prepared.task.flat.items():
        answer = fields.get(path)
        if not isinstance(spec, TextField) or spec.within != "line" or answer is None or not answer.spans:
            continue
        if _goes_on(labels, answer):
            answer.flags.append(MORE_BEHIND)
        if "." not in path and _is_named_elsewhere(labels, answer, wanted_words(path)):
            answer.flags.append(NAMED_ELSEWHERE)


def _goes_on(labels: PageLabels, answer: FieldAnswer) -> bool:
    """Whether a text is the beginning of its cell, or of what stands behind a label in it, and words follow it."""
    text, (start, end) = labels.document.text, answer.spans[0]
    cell = labels.cell_at(start)
    if cell is None or len(answer.spans) > 1 or _WHOLE.search(text[start:end]):
        return False
    before, behind = text[cell[0] : start].rstrip(), text[end : cell[1]]
    return (not before or before.endswith(":")) and bool(re.match(r" \w", behind)) and not _APART.match(behind.lstrip())


def _is_named_elsewhere(labels: PageLabels, answer: FieldAnswer, wanted: frozenset[str]) -> bool:
    places = labels.named_texts(wanted)
    own = [*answer.spans, *answer.others]
    if not places or any(start < last and first < end for start, end in own for first, last in places):
        return False
    return not any(_is_same(answer.raw or "", labels.document.text[slice(*at)]) for at in places)


def _is_same(one: str, other: str) -> bool:
    """Whether two texts are one name in two spellings: with and without its legal form, a title, a middle name."""
    left, right = letters_of(one), letters_of(other)
    few, many = sorted((_names(one), _names(other)), key=len)
    return left in right or (bool(right) and right in left) or (bool(few) and few <= many)


def _names(text: str) -> frozenset[str]:
    words = re.findall(r"[^\W\d_]+", without_accents(text.casefold()))
    return frozenset(re.sub(r"([aou])e", r"\1", word) for word in words if not _FORMS.fullmatch(word))
