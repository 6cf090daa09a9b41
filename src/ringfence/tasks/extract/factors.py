"""The two factors of a row, how many and at what price: a model exchanges them, and their product stays right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from ...contracts import FieldAnswer, field_of, value_at
from ..evidence import without_accents
from ..fields import ListField
from ..units import unit_after
from .answer import Answer, copy_values, put_value
from .contradictions import records_of
from .plan import Prepared

__all__ = ["EXCHANGED", "with_factors_in_place"]

EXCHANGED = "exchanged"
# By the last words of a field's name, in plain letters.
_COUNT = re.compile(
    r"(?:^|_)(?:quantity|qty|count|hours|units|pieces|menge|anzahl|stueck\w*|stunden|quantite|nombre|heures|cantidad|"
    r"quantita|aantal|antal)$"
)
_PRICE = re.compile(
    r"(?:^|_)(?:\w*price|\w*preis|rate|\w*satz|tarif|prix|prezzo|precio|prijs|pris)(?:_(?:unit|net|netto))?$"
)
# What is counted, beside units of measure. A price is followed by a currency, or by *per* and a unit.
_PIECES = re.compile(
    r"[ \u00a0]?(?:st(?:c?k|ück)?|std|pcs?|pieces?|ea|units?|pk|pkg|packs?|packung|pakete?|kart(?:on)?s?|boxe?s?|"
    r"flaschen?|bottles?|rollen?|rolls?|paar|pairs?|pièces?|unités?|pezzi|pz|unidades?|uds?|stuks?|kwh)\b\.?(?! ?[/%])",
    re.IGNORECASE,
)
_NOT_COUNTED = frozenset({"percent", "point", "basis point", "permille", "cent", "share"})


def with_factors_in_place(prepared: Prepared, answer: Answer) -> Answer:
    """The answer with the quantity and the price of a row exchanged, and flagged, if the unit stands behind the price.

    Of 111 rows of 45 invoices that a 1.5B read 4 were so (*9.90   20 pcs*), and nothing else said it: their product is
    right. A price may have a unit too (*3   2.49 kg*), but then it has more decimals than the quantity. Where both have
    as many, or the kinds differ (a number, an amount of money), the two are only flagged.
    """
    values, fields = copy_values(answer.values), dict(answer.fields)
    for count, price in _exchanged(prepared, answer):
        both = [fields[path].model_copy(update={"flags": [*fields[path].flags, EXCHANGED]}) for path in (count, price)]
        kinds = {prepared.task.kinds[field_of(path)] for path in (count, price)}
        moves = len(kinds) == 1 and _decimals(fields[price]) < _decimals(fields[count])
        fields[count], fields[price] = reversed(both) if moves else both
        if moves:
            for path, other in ((count, price), (price, count)):
                put_value(values, path, value_at(answer.values, other))
    return replace(answer, values=values, fields=fields)


def _exchanged(prepared: Prepared, answer: Answer) -> Iterator[tuple[str, str]]:
    """The paths of the quantity and the price of each row where the unit stands behind the price."""
    for name, spec in prepared.task.fields.items():
        if not isinstance(spec, ListField):
            continue
        plain = {leaf: without_accents(leaf.casefold()) for leaf, each in spec.fields.items() if each.kind != "text"}
        counts = [leaf for leaf, said in plain.items() if _COUNT.search(said)]
        prices = [leaf for leaf, said in plain.items() if _PRICE.search(said)]
        if len(counts) != 1 or len(prices) != 1:
            continue
        for number, record in enumerate(records_of(name, spec, answer.fields)):
            count, price = record.get(counts[0]), record.get(prices[0])
            if not (count and price and count.spans and price.spans) or _decimals(price) > _decimals(count):
                continue
            if _is_counted(prepared, price) and not _is_counted(prepared, count):
                yield f"{name}[{number}].{counts[0]}", f"{name}[{number}].{prices[0]}"


def _decimals(answer: FieldAnswer) -> int:
    """How many decimals a number is printed with."""
    found = re.search(r"[.,](\d+)$", re.sub(r"[^\d.,]+$", "", answer.raw or ""))
    return len(found[1]) if found else 0


def _is_counted(prepared: Prepared, answer: FieldAnswer) -> bool:
    """Whether a unit stands right behind a number; a number in several places has one in each."""
    text = prepared.document.text
    return all(
        _PIECES.match(text, end) is not None or bool(unit_after(text, end) - _NOT_COUNTED)
        for _, end in (*answer.spans, *answer.others)
    )
