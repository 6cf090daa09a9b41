"""Check one value of a result against the place in the document that the result claims."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import regex

from ..contracts import FieldAnswer, Span
from ..documents import Document
from .derived import fault_of_derived
from .written_forms import names_a_currency

__all__ = ["fault_of_value"]

_Spec = Mapping[str, Any]
_GROUPS = re.compile(r"(?<=\d)[.,'’ \u00a0\u202f](?=\d{3}(?!\d))")  # 15.387,08 is printed as 15387,08 elsewhere
CHOOSERS = ("check", "ranker")
RANGE = "period"  # a day that one printed range states together with the other day, not weighed against others
EDGE = 0.5  # of the height of a line: the left edges of one cell differ by less
LABEL = "label"  # a value beside or below words of its field's name
LINES_OF_A_LABEL = 4  # with words, up to that of the value
BESIDE = 40  # characters between the two days of a range, at most
ROUNDING = 1e-3  # five probabilities with six digits, from sums of rounded logarithms


def fault_of_value(
    value: Any,
    answer: FieldAnswer,
    spec: _Spec | None,
    document: Document,
    locale: Mapping[str, Any],
    windows: Sequence[Span],
    *,
    path: str,
) -> str | None:
    """Why the value at ``path`` is not what its kind promises; None if it is.

    ``spec`` is its specification; without one (a kind of task that has no checker) only its places are checked.
    """
    if answer.chosen_by == LABEL:
        if not _has_label(answer, path, document):
            return "it was chosen by its label, but no word of its field's name stands before it"
    elif fault := _fault_of_alternatives(value, answer, spec, document):
        return fault
    if answer.kind == "null":
        return _fault_of_null(value, answer, spec)
    for start, end in [*answer.spans, *answer.others]:
        if not 0 <= start < end <= len(document.text):
            return f"the span {start}-{end} lies outside the document"
        if not any(low <= start and end <= high for low, high in windows):
            return f"its place {start} to {end} is in no window that was read"
    if spec is None:
        return _fault_of_place(answer, document) if answer.kind in ("span", "derived") else None
    if spec["kind"] in ("written", "choices", "choice", "boolean"):
        return _fault_of_choice(value, answer.kind, spec)
    if answer.kind not in ("span", "derived"):
        return f"it claims to be {answer.kind}, but a {spec['kind']} is read from the document"
    return (
        _fault_of_place(answer, document)
        or _fault_of_occurrences(answer, spec, document)
        or _fault_of_text(value, answer, spec, document, locale)
    )


def _fault_of_alternatives(value: Any, answer: FieldAnswer, spec: _Spec | None, document: Document) -> str | None:
    """Why the alternatives are not values that the document has; nor may their probabilities exceed one together."""
    listed = answer.alternatives
    if answer.chosen_by == RANGE:
        stands = _stands_in_a_range(answer, spec, document)
        return None if stands else "it was chosen as an end of a range that is not there"
    if answer.chosen_by and not (answer.chosen_by in CHOOSERS and listed):
        return f"it was chosen by {answer.chosen_by!r}, which is not known, or has no alternatives"
    if not listed:
        return None
    probabilities = [one.probability for one in listed if one.probability is not None]
    if len(probabilities) < len(listed) or min(probabilities) < 0 or sum(probabilities) > 1 + ROUNDING:
        return "the probabilities of its alternatives are not those of different values"
    if not any(one.value == value and one.raw == answer.raw and one.spans[:1] == answer.spans[:1] for one in listed):
        return "the value is not among its alternatives"
    for one in listed:
        if (one.raw is None) == bool(one.spans):
            return "an alternative has a text without a place, or a place without a text"
        inside = all(0 <= start < end <= len(document.text) for start, end in one.spans)
        said = [document.text[start:end] if inside else "" for start, end in one.spans]
        lines = ["\n".join(said[: 1 + below]) for below in range(len(said))]  # the lines of its cell, then other places
        if lines and one.raw not in lines:
            return f"the document says {said[0]!r} where an alternative says {one.raw!r}"
        judged = spec is not None and one.raw is None and one.value is not None
        if judged and (fault := _fault_of_choice(one.value, "judged", spec or {})):
            return f"an alternative is none: {fault}"
    return None


def _has_label(answer: FieldAnswer, path: str, document: Document) -> bool:
    """Whether a word of the field's name stands before a value in its line, or in the lines above it."""
    start = answer.spans[0][0] if answer.spans else 0
    lines = [line for line in document.text[:start].casefold().split("\n") if line.strip()]
    before = "\n".join(lines[-LINES_OF_A_LABEL:])
    words = set(re.findall(r"[^\W\d_]{3,}", path.casefold())) - {"num", "number", "date", "code", "from", "until"}
    return any(word in before for word in words)


def _stands_in_a_range(answer: FieldAnswer, spec: _Spec | None, document: Document) -> bool:
    """Whether a day has another number right beside it, with no more than a few words or a dash between."""
    if spec is None or spec["kind"] != "date" or len(answer.spans) != 1:
        return False
    start, end = answer.spans[0]
    before, behind = document.text[max(0, start - BESIDE) : start], document.text[end : end + BESIDE]
    return any(character.isdigit() for character in before + behind)


def _fault_of_null(value: Any, answer: FieldAnswer, spec: _Spec | None) -> str | None:
    if value is not None or answer.spans:
        return "a null carries a value or a span"
    required = spec is not None and spec["required"]
    return "it is required, but null without a flag" if required and not answer.flags else None


def _fault_of_choice(value: Any, kind: str, spec: _Spec) -> str | None:
    """Values that have no span: written by the model, or chosen from a closed list."""
    if spec["kind"] == "written":
        return None if kind == "written" and isinstance(value, str) and value else "it is not a written text"
    if spec["kind"] == "choices":
        listed = isinstance(value, list) and 0 < len(set(value)) == len(value) and set(value) <= set(spec["options"])
        return None if kind == "judged" and listed else f"{value!r} are not labels of the task"
    options: list[Any] = spec["options"] if spec["kind"] == "choice" else [True, False]
    listed = any(type(value) is type(option) and value == option for option in options)
    return None if kind == "judged" and listed else f"{value!r} is not one of the task's options"


def _fault_of_place(answer: FieldAnswer, document: Document) -> str | None:
    """Why the document does not have the raw text at the span, or at the lines of its cell."""
    if not answer.spans or (len(answer.spans) > 1 and "over-lines" not in answer.flags):
        return f"it has {len(answer.spans)} primary spans"
    raw = "\n".join(document.text[start:end] for start, end in answer.spans)
    if raw != answer.raw:
        return f"the document says {raw!r} there, the result {answer.raw!r}"
    return next(filter(None, (_fault_of_lines(*pair, document) for pair in pairwise(answer.spans))), None)


def _fault_of_lines(upper: Span, lower: Span, document: Document) -> str | None:
    """Why ``lower`` is not the line of a cell below ``upper``: a whole cell of the next line, at the same left edge."""
    text, name = document.text, f"the span {lower[0]}-{lower[1]}"
    if text[upper[1] : lower[0]].count("\n") != 1:
        return f"{name} is not on the line below {upper[0]}-{upper[1]}"
    beside = [text[end:].split("\n", 1)[0] for _, end in (upper, lower)]
    if any(rest.strip() and not re.match(r"[ \u00a0]{3}|\t| \| ", rest) for rest in beside):
        return f"{name} or the one above it is not all of its cell"
    if all(re.search(r"\d", rest) for rest in beside):
        return f"beside {name} stand numbers of another row"
    lines = [text.rfind("\n", 0, start) + 1 for start, _ in (upper, lower)]
    apart = upper[0] - lines[0] != lower[0] - lines[1]
    if document.on_paper:
        above, below = document.boxes(*upper)[:1], document.boxes(*lower)[:1]
        height = above[0].y1 - above[0].y0 if above else 0
        near = above and below and below[0].y0 - above[0].y1 < height
        apart = not near or abs(above[0].x0 - below[0].x0) > EDGE * height
    return f"{name} does not begin under {upper[0]}-{upper[1]}" if apart else None


def _fault_of_occurrences(answer: FieldAnswer, spec: _Spec, document: Document) -> str | None:
    """Why a span cuts a word, or one of several spans says something else."""
    raw = answer.raw or ""
    for start, end in [*answer.spans, *answer.others]:
        if _cuts(document.text, start, end):
            return f"the span {start}-{end} cuts a word or a number in two"
        if len(answer.spans) == 1 and _essence(document.text[start:end], spec["kind"]) != _essence(raw, spec["kind"]):
            return f"the span {start}-{end} does not say the same"
    return None


def _fault_of_text(
    value: Any, answer: FieldAnswer, spec: _Spec, document: Document, locale: Mapping[str, Any]
) -> str | None:
    """Why the value does not follow from the text at the span, or the text is not where the answer says on the page."""
    raw, kind = answer.raw or "", spec["kind"]
    if [box.facts() for span in answer.spans for box in document.boxes(*span)] != answer.boxes:
        return "its boxes are not where the span is on the page"
    if answer.address != document.address(*answer.spans[0]):
        return "its address is not that of the span"
    read = [document.ocr_confidence(*span) for span in answer.spans]
    if answer.ocr != min((confidence for confidence in read if confidence is not None), default=None):
        return "its OCR confidence is not that of the span"
    if len(answer.spans) > 1 and (answer.others or kind != "text"):
        return "only a text without other places can go on below"
    if value is None:
        return None if answer.flags else "it has a span but no value, and no flag says why"
    if answer.kind == "span" and value != raw:
        return f"it claims to be the span, but {value!r} is not {raw!r}"
    if kind == "code" and not regex.fullmatch(spec["pattern"], raw, timeout=5):
        return f"{raw!r} does not match the pattern of the field"
    if kind == "money" and value["currency"] is None and names_a_currency(raw) and not answer.flags:
        return f"the currency in {raw!r} was dropped"
    return fault_of_derived(kind, value, raw, locale)


def _cuts(text: str, start: int, end: int) -> bool:
    """Whether a span begins or ends inside a word or a number."""
    for position in (start, end):
        around = text[max(position - 2, 0) : position], text[position : position + 2]
        if not around[0] or not around[1]:
            continue
        before, after = around[0][-1], around[1][0]
        if (before.isalpha() and after.isalpha()) or (before.isdigit() and after.isdigit()):
            # A currency may be written against the number, and then against a word: RM30.90
            return True
        if re.fullmatch(r"\d[.,]", around[0]) and after.isdigit():
            return True
        if before.isdigit() and re.fullmatch(r"[.,]\d", around[1]):
            return True
    return False


def _essence(raw: str, kind: str) -> str:
    """What all occurrences of a value share: the digits of a number without its groups, the words of anything else."""
    if kind not in ("money", "number"):
        return " ".join(raw.split())
    return re.sub(r"[^\d.]", "", _GROUPS.sub("", raw).replace(",", "."))
