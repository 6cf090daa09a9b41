"""Type what a person writes by the same code as answers, and show values as a person reads them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from ..documents import Source
from ..documents.text import document_from_text
from ..tasks import AnswerField
from ..tasks.fields import CodeField, PatternField
from ..tasks.locale import Locale
from ..tasks.recognisers import find_candidates

__all__ = [
    "DURATION",
    "GoldValueError",
    "as_cell",
    "as_text",
    "is_decimal",
    "nested",
    "parse_gold_value",
    "says_yes",
]

DURATION = re.compile(r"-?P(?=[\dT])(\d+(\.\d+)?[YMWD])*(T(\d+(\.\d+)?[HMS])+)?")
_ACCOUNT = re.compile(r"[A-Z]{2}\d\d[A-Z0-9]{11,30}")
_YES = {"true", "yes", "y", "x", "1", "ja", "oui", "wahr", "vrai"}
_NO = {"false", "no", "n", "0", "nein", "non", "falsch", "faux"}


def says_yes(text: str) -> bool | None:
    """What a cell says that asks yes or no; None if that cannot be told."""
    said = text.strip().casefold().removesuffix(".0")
    return True if said in _YES else False if said in _NO else None


class GoldValueError(ValueError):
    """A value that does not fit its field; the text says why, and what to write."""


def parse_gold_value(field: AnswerField, raw: Any, locale: Locale, contract: bool = False) -> Any:
    """The value in the form of the contract, from what a table, a form or a JSON file holds; blank is null.

    With ``contract``, numbers that already have that form stay as they are: 1.250 is not a thousand there. Raises
    GoldValueError.
    """
    if contract and field.kind in ("number", "percent") and isinstance(raw, str) and is_decimal(raw):
        return raw
    if raw is None or (isinstance(raw, str) and not raw.strip()) or (isinstance(raw, float) and math.isnan(raw)):
        return None
    if field.kind in ("choices", "choice", "boolean"):
        return _judged(field, raw)
    if field.kind == "money":
        return _money(field, raw, locale)
    if field.kind == "period" and isinstance(raw, Mapping):
        return {end: str(raw.get(end)) for end in ("from", "to")}
    if field.kind == "percent" and isinstance(raw, float) and 0 < abs(raw) < 1:
        shown = f"{raw * 100:.10g}"
        raise GoldValueError(
            f"{field.path}: {raw:g} may be {shown} %, which a percent cell of a workbook holds so; "
            f"format the cell as text and write {shown}, or {raw:g}"
        )
    if field.kind in ("number", "percent"):
        return _number(field, raw.isoformat() if isinstance(raw, date) else raw, locale)
    return _written(field, raw, locale)


def _written(field: AnswerField, raw: Any, locale: Locale) -> Any:
    """The value of a field that people write as text, a date or a whole number."""
    if isinstance(raw, datetime):
        raw = raw.date()
    if isinstance(raw, date):
        raw = raw.isoformat()
    if isinstance(raw, float) and raw.is_integer():
        raw = int(raw)  # a workbook holds 4711 as 4711.0
    if not isinstance(raw, str | int | float) or isinstance(raw, bool):
        raise GoldValueError(f"{field.path}: {raw!r} is not a valid {field.kind}")
    text = str(raw).strip()
    if field.kind in ("text", "written", "address"):
        return text
    return _in_contract_form(field.kind, text) or _recognised(field, text, locale)


def _judged(field: AnswerField, raw: Any) -> Any:
    """The labels, label or boolean that a cell states."""
    if field.kind == "boolean":
        return _boolean(field, raw)
    if field.kind == "choice":
        return _chosen(field, raw)
    given = raw if isinstance(raw, list) else [part.strip() for part in str(raw).split(",")]
    return [_chosen(field, label) for label in given if label]


def _in_contract_form(kind: str, text: str) -> Any:
    """The value if text already has the form of the contract, which `gold draft` writes; else None."""
    if kind == "duration" and DURATION.fullmatch(text):
        return text
    # An account that stands so on the paper is gold, right or wrong; an import names those with wrong check digits.
    if kind == "iban" and _ACCOUNT.fullmatch(account := re.sub(r"[\s\-]", "", text).upper()):
        return account
    if kind == "phone" and re.fullmatch(r"\+\d{5,15}", text):
        return text
    if kind == "period" and (match := re.fullmatch(r"(\d{4}-\d\d-\d\d)/(\d{4}-\d\d-\d\d)", text)):
        return {"from": match.group(1), "to": match.group(2)}
    return None


def _chosen(field: AnswerField, raw: Any) -> str:
    text = str(int(raw)) if isinstance(raw, float) and raw.is_integer() else str(raw).strip()
    exact = [option for option in field.options if option == text]
    near = exact or [option for option in field.options if option.casefold() == text.casefold()]
    if len(near) != 1:
        shown = ", ".join(field.options[:12]) + (" ..." if len(field.options) > 12 else "")
        raise GoldValueError(f"{field.path}: {text!r} is not one of {shown}")
    return near[0]


def _boolean(field: AnswerField, raw: Any) -> bool:
    if (said := says_yes(str(raw))) is None:
        raise GoldValueError(f"{field.path}: {raw!r} is neither yes nor no")
    return said


def _plain_number(raw: Any) -> str | None:
    """The decimal string of a plain number; None for text that needs a recogniser."""
    if isinstance(raw, bool):
        return None
    if isinstance(raw, float):
        raw = repr(raw).removesuffix(".0") if abs(raw) < 1e15 else repr(raw)
    text = str(raw).strip()
    digits = text.lstrip("-")
    if digits.count(".") == 1 and len(digits.partition(".")[2]) == 4 and digits.endswith("0"):
        text, digits = text[:-1], digits[:-1]  # `as_cell` writes three decimals with a fourth
        return str(Decimal(text)) if set(digits) <= set("0123456789.") and digits[0] != "." else None
    # 1.250 is a thousand in parts of Europe, so the recogniser reads three decimals under the locale.
    if isinstance(raw, str) and digits.count(".") == 1 and len(digits.partition(".")[2]) == 3:
        return None
    try:
        return str(Decimal(text)) if digits[:1].isdigit() and set(digits) <= set("0123456789.") else None
    except InvalidOperation:
        return None


def _number(field: AnswerField, raw: Any, locale: Locale) -> str:
    return _plain_number(raw) or str(_recognised(field, str(raw).strip(), locale))


def _money(field: AnswerField, raw: Any, locale: Locale) -> dict[str, str | None]:
    if isinstance(raw, Mapping):
        amount = raw.get("amount")
        if not (isinstance(amount, str) and is_decimal(amount)):
            amount = _plain_number(amount)
        if amount is None:
            raise GoldValueError(f"{field.path}: {raw.get('amount')!r} is not an amount")
        currency = str(raw.get("currency") or "").strip().upper()
        if currency and not re.fullmatch(r"[A-Z]{3}", currency):
            raise GoldValueError(f"{field.path}: {raw['currency']!r} is no currency; write its code, such as EUR")
        return {"amount": amount, "currency": currency or None}
    plain = _plain_number(raw)
    if plain is not None:
        return {"amount": plain, "currency": None}
    text = str(raw).strip()
    head, _, tail = text.rpartition(" ")
    if head and len(tail) == 3 and tail.isalpha() and tail.isupper() and (amount := _plain_number(head)) is not None:
        return {"amount": amount, "currency": tail}
    found: dict[str, str | None] = _recognised(field, text, locale)
    return found


def _recognised(field: AnswerField, text: str, locale: Locale) -> Any:
    document = document_from_text(Source(Path("gold"), "gold"), text, "0" * 64, "text/1")
    spec = (
        CodeField.model_validate({"kind": "code", "pattern": field.pattern})
        if field.kind == "code"
        else PatternField.model_validate({"kind": field.kind})
    )
    found = find_candidates(spec, document, locale)
    whole = [candidate for candidate in found if (candidate.start, candidate.end) == (0, len(text))]
    for candidate in whole:
        if candidate.value is not None:
            return candidate.value
    readings = next((candidate.readings for candidate in whole if candidate.readings), ())
    if readings:
        raise GoldValueError(f"{field.path}: {text!r} could be {' or '.join(readings)}; write it that way")
    if field.kind == "code":
        return text  # a person may confirm what the pattern misses; evaluation counts that as an error
    raise GoldValueError(f"{field.path}: {text!r} is not a valid {field.kind}")


def is_decimal(text: str) -> bool:
    """Whether text is a number in the form of the contract: digits, with a point before decimals."""
    return re.fullmatch(r"-?\d+(\.\d+)?", text) is not None


def nested(flat: Mapping[str, Any], lists: Mapping[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Values in the shape of an answer, from values by path and the records of each list."""
    values: dict[str, Any] = {}
    for path, value in flat.items():
        record, _, leaf = path.rpartition(".")
        if record:
            values.setdefault(record, {})[leaf] = value
        else:
            values[path] = value
    return {**values, **lists}


def as_cell(field: AnswerField, value: Any) -> str:
    """A value as a person reads it and ``parse_gold_value`` takes it back.

    A number with three decimals gets a fourth: 1.250 might be a thousand in parts of Europe, 1.2500 is not.
    """
    if field.kind not in ("number", "money", "percent"):
        return as_text(value)
    return re.sub(r"(?<=\.)(\d{3})(?!\d)", r"\g<1>0", as_text(value))


def as_text(value: Any) -> str:
    """A value as a person reads it."""
    if value is None:
        return ""
    if isinstance(value, dict) and "from" in value:
        return f"{value['from']}/{value['to']}"
    if isinstance(value, dict):
        return f"{value['amount']} {value.get('currency') or ''}".strip()
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
