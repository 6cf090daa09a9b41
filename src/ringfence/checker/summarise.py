"""Check results of summarise tasks: the places of the sentences, and the numbers in them."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Mapping
from typing import Any

from text_to_num import alpha2digit

from ..contracts import Result
from ..documents import Document
from .kind import Fault, KindChecker
from .quantities import is_stated_otherwise

__all__ = ["CHECKER", "columns", "faults_of_result", "numbers_missing"]

_NUMBER = re.compile(r"\d+(?:[.,'’\u00a0\u202f ]\d{3}(?!\d))*(?:[.,]\d+)?")
_DAY = re.compile(r"(?<![\d.])(\d{1,2})\.(\d{1,2})\.(?=\d{4}|\D|$)")
ROUNDED = 1e-5  # more than what the rounding of a support changes
SPEAKER = 41  # characters at the beginning of a line that can name who speaks
_WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]


def columns(task: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The summary."""
    return {"summary": {"kind": "written", "required": False}}


def faults_of_result(result: Result, task: Mapping[str, Any], document: Document) -> Iterator[Fault]:
    """Sentences that rest on no place that was read, and unreported numbers that are not in the document."""
    if result.status != "done":
        return
    for faults in (
        _faults_of_sentences(result, document),
        _faults_of_support(result, task, document),
        _faults_of_numbers(result, document),
    ):
        for fault in faults:
            yield "summary", fault


def _faults_of_sentences(result: Result, document: Document) -> Iterator[str]:
    if result.sentences is None:
        yield "its sentences are missing"
    summary = result.value("summary") or ""
    for number, sentence in enumerate(result.sentences or [], start=1):
        for start, end in sentence.spans:
            inside = any(low <= start and end <= high for low, high in result.windows)
            if not (0 <= start < end <= len(document.text) and inside):
                yield f"sentence {number} rests on a place that was not read"
        if not sentence.spans and "no-source" not in result.field("summary").flags:
            yield f"sentence {number} rests on nothing, and no flag says so"
        if sentence.text not in summary:
            yield f"sentence {number} is not in the summary"


def _faults_of_support(result: Result, task: Mapping[str, Any], document: Document) -> Iterator[str]:
    """What sentences say of their own check that is not so; nothing for results from before sentences were checked."""
    sentences = result.sentences or []
    checked = [sentence for sentence in sentences if sentence.faults is not None]
    if checked and len(checked) < len(sentences):
        yield "some of its sentences were checked, and some not"
    for number, sentence in enumerate(sentences, start=1):
        if sentence.faults is None:
            continue
        stated = not {"not stated", "contradicted"} & set(sentence.faults)
        bound = task.get("support", 0.5)
        support = bound if sentence.support is None else sentence.support
        if not 0 <= support <= 1 or (abs(support - bound) > ROUNDED and (support >= bound) != stated):
            yield f"the support and the faults of sentence {number} do not go together"
        if not stated and task.get("unsupported") == "drop":
            yield f"sentence {number} is shown, though the task drops what is not supported"
        places = [document.text[start:end] for start, end in sentence.spans]
        lines = [document.text.rfind("\n", 0, start) + 1 for start, _ in sentence.spans]
        said = [task.get("question", ""), *places, *(document.text[start : start + SPEAKER] for start in lines)]
        for raw in numbers_missing(sentence.text, "\n".join(said)):
            if not any(raw in fault for fault in sentence.faults):
                yield f"sentence {number} states the number {raw}, which its places do not, and no fault says so"


def _faults_of_numbers(result: Result, document: Document) -> Iterator[str]:
    if result.unsupported is None:
        yield "it does not say which parts of the summary are unsupported"
        return
    reported = " ".join(unsupported.text for unsupported in result.unsupported)
    for raw in numbers_missing(result.value("summary") or "", document.text):
        if raw not in reported:
            yield f"the number {raw} is not in the document, and not reported"


def numbers_missing(written: str, source: str) -> Iterator[str]:
    """Numbers in digits that ``written`` states and ``source`` does not."""
    known = _numbers_of(source)
    written = _DAY.sub(r"\1 \2 ", written)
    for number in _NUMBER.finditer(written):
        raw = number.group()
        behind = written[number.end() :]
        ways = {_digits(raw), _digits(raw).lstrip("0") or "0", *_scaled(raw, behind)}
        if raw.isdigit() and re.match(r" ?p\.?m", behind, re.I):
            ways.add(str(int(raw) % 12 + 12))
        ways |= {
            str(int(raw) * factor)
            for unit, factor in _LONGER
            if raw.isdigit() and re.match(rf"[ -]?(?:{unit})\b", behind, re.I)
        }
        before = written[max(0, number.start() - 24) : number.start()]
        if not ways & known and not is_stated_otherwise(raw, before, behind, source):
            yield raw


def _numbers_of(text: str) -> set[str]:
    """Every number that a text states in digits, words, month names or short years."""
    text = _DAY.sub(r"\1 \2 ", text)
    known = {_digits(raw) for raw in _NUMBER.findall(text)} | set(re.findall(r"\d+", text))
    known |= {raw.rstrip("0").rstrip(".") for raw in re.findall(r"\d+\.\d{3}(?!\d)", text)}
    for number in _NUMBER.finditer(text):
        known |= set(_scaled(number.group(), text[number.end() :]))
    heads = {power for power, words in _SCALES for _ in re.finditer(rf"(?<!\w)(?:{words})(?!\w)", text, re.I)}
    known |= {_times(digits, power) for digits in set(known) for power in heads}
    for unit, factor in _LONGER:
        known |= {str(int(n) * factor) for n in re.findall(rf"\b(\d{{1,3}})[ -](?:{unit})\b", text, re.I)}
    known |= {str(int(hour) % 12 + 12) for hour in re.findall(r"\b(\d{1,2})(?::\d\d)? ?p\.?m", text, re.I)} | {
        "00",
        "0",
    }
    for language in ("en", "de", "fr", "es", "it", "nl"):
        known |= {_digits(raw) for raw in _NUMBER.findall(alpha2digit(text, language))}
    known |= {digits.lstrip("0") or "0" for digits in known}
    known |= {str(n) for n, word in enumerate(_WORDS, 1) if re.search(rf"\b{word}\b", text, re.I)}
    months = [n for n in range(1, 13) if re.search(rf"\b{calendar.month_abbr[n]}", text, re.I)]
    known |= {str(n) for n in months} | {f"{n:02}" for n in months}
    return known | {
        f"{century}{short}" for short in re.findall(r"(?:[./'-]|FY|Q)(\d\d)\b", text) for century in (19, 20)
    }


_LONGER = ((r"years?|jahre?n?|ans?|años?|ann[io]", 12), (r"weeks?|wochen?|semaines?", 7))  # in months, in days
_SCALES = (
    (3, r"k|thousands?|tsd\.?|tausend|miles|milliers|T€|TEUR|duizend"),
    (6, r"m|mn|M€|mio\.?|millions?|millionen|millones|milioni|miljoen"),
    (9, r"b|bn|Md€|mrd\.?|billions?|milliarden?|milliards?|miljard|miliardi"),
)


def _scaled(raw: str, behind: str) -> Iterator[str]:
    """The number with the scale behind it written out: 5.2 million is 5200000."""
    for power, words in _SCALES:
        if re.match(rf"[ \u00a0]?(?:{words})(?!\w)", behind, re.I):
            yield _times(_digits(raw), power)


def _times(digits: str, power: int) -> str:
    whole, _, rest = digits.partition(".")
    moved = whole + rest[:power].ljust(power, "0")
    left = rest[power:].rstrip("0")
    return (moved.lstrip("0") or "0") + (f".{left}" if left else "")


def _digits(raw: str) -> str:
    """A number without its grouping and without the zeros that end a fraction."""
    fraction = re.search(r"[.,](\d{1,2})$", raw)
    whole = re.sub(r"\D", "", raw[: fraction.start()] if fraction else raw)
    rest = fraction.group(1).rstrip("0") if fraction else ""
    return f"{whole}.{rest}" if rest else whole


CHECKER = KindChecker(columns, faults_of_result)
