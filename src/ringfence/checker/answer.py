"""Check results of answer tasks: every place that a claim rests on is read again, and every number is looked up."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..contracts import Citation, Claim, CorpusAnswer, Result
from ..documents import Document, ReadingOptions, Source, read_documents
from .kind import Fault, KindChecker
from .summarise import numbers_missing

__all__ = ["CHECKER", "columns", "faults_of_result"]

KEPT_TEXTS = 64  # the answers of a run cite the same documents again and again


def columns(task: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The answer."""
    return {"answer": {"kind": "written", "required": False}}


def faults_of_result(result: Result, task: Mapping[str, Any], document: Document) -> Iterator[Fault]:
    """Claims that are shown but not supported, cited places that do not say what they are said to, missing numbers."""
    behind = result.from_corpus
    if result.status != "done":
        return
    if behind is None:
        yield "answer", "it does not say what its answer rests on"
        return
    shown = [claim for claim in behind.claims if claim.verdict == "supported"]
    if (result.value("answer") or "") != "\n".join(claim.text for claim in shown):
        yield "answer", "the answer is not that of its supported claims"
    if not shown and "not-in-the-documents" not in result.field("answer").flags:
        yield "answer", "it has no claim, and no flag says so"
    for number, claim in enumerate(shown, 1):
        for fault in _faults_of_claim(claim, behind, task, document.text):
            yield "answer", f"claim {number} {fault}"
    for claim in behind.claims:
        if claim.verdict != "supported":
            yield from (("answer", f"a refused claim {fault}") for fault in _faults_of_refused(claim, behind))
    named = any(flag.startswith("sources-conflict") for flag in result.field("answer").flags)
    if named != any(claim.conflicts for claim in shown):
        yield "answer", "its flags do not say whether its sources conflict"
    others = [("a source that contradicts", place) for claim in behind.claims for place in claim.conflicts]
    for what, place in [*others, *((f"passage {place.passage}", place) for place in behind.nearest)]:
        if wrong := _fault_of_place(place, behind):
            yield "answer", f"{what} {wrong}"


def _faults_of_claim(claim: Claim, behind: CorpusAnswer, task: Mapping[str, Any], question: str) -> Iterator[str]:
    if claim.faults:
        yield "is shown as supported, but carries faults"
    if claim.support is None or claim.support < task["support"]:
        yield "is shown, but its support is under the bound of the task"
    if claim.relevance is not None and claim.relevance < task.get("relevance", 0):
        yield "is shown, but its places are under the bound of the task for an answer"
    if not claim.citations:
        yield "rests on no place"
    read = {passage.passage: passage for passage in behind.nearest}
    said = [question]
    for place in claim.citations:
        if wrong := _fault_of_place(place, behind):
            yield wrong
        whole = read.get(place.passage)
        inside = whole and whole.span[0] <= place.span[0] and place.span[1] <= whole.span[1]
        if whole is None or not inside or whole.document != place.document:
            yield "rests on a place that was not read"
        else:
            said += [whole.title, whole.lead, whole.text]
    stated = claim.text
    if claim.calculation:
        # A year has 12 months and a whole 100 percent: such factors stand in no document.
        stated_factors = re.sub(
            r"(?<=[*/])\s*(?:2|4|12|24|52|60|100|360|365|1,?000)(?![\d.,])", " ", claim.calculation.expression
        )
        stated = f"{stated.replace(claim.calculation.result, ' ')} {stated_factors}"
        if not _is_result(claim.calculation.expression, claim.calculation.result):
            yield f"says that {claim.calculation.expression} is {claim.calculation.result}"
    for raw in numbers_missing(stated, "\n".join(said)):
        yield f"states the number {raw}, which its places do not"


def _faults_of_refused(claim: Claim, behind: CorpusAnswer) -> Iterator[str]:
    if not claim.faults:
        yield "does not say what is wrong with it"
    for place in claim.citations:
        if wrong := _fault_of_place(place, behind):
            yield wrong


def _fault_of_place(place: Citation, behind: CorpusAnswer) -> str | None:
    text = _text_of(place, behind)
    if text is None:
        return f"rests on {place.document}, which cannot be read again as it was"
    said = text[place.span[0] : place.span[1]] if 0 <= place.span[0] < place.span[1] <= len(text) else ""
    return None if said == place.text else f"cites {place.text[:60]!r} where {place.document} says {said[:60]!r}"


def _text_of(place: Citation, behind: CorpusAnswer) -> str | None:
    """Return the text of the cited document; None if it cannot be read again, or has changed."""
    path = Path(place.path)
    try:
        stamp = path.stat()
    except OSError:
        return None
    source, reading = place.source or place.document, json.dumps(behind.reading, sort_keys=True)
    return _read(place.path, source, place.document, place.sha256, reading, stamp.st_mtime_ns, stamp.st_size)


@lru_cache(maxsize=KEPT_TEXTS)
def _read(path: str, source: str, document: str, sha256: str, reading: str, *stamp: int) -> str | None:
    """Return the text of a document in a file. ``stamp`` is the file's time and size: one that changed is read anew.

    The file is read to its end: a worker whose answer is dropped is stopped, and the next one takes half a second.
    """
    texts = [
        outcome.text
        for outcome in read_documents(Source(Path(path), source), ReadingOptions(**json.loads(reading)))
        if isinstance(outcome, Document) and outcome.id == document and outcome.sha256 == sha256
    ]
    return texts[0] if texts else None


def _is_result(expression: str, result: str) -> bool:
    value = _worked_out(expression)
    try:
        return value is not None and math.isclose(value, float(_plain_number(result)), rel_tol=1e-5, abs_tol=1e-9)
    except ValueError:
        return False


def _plain_number(raw: str) -> str:
    """A printed number with a point before its decimals and without groups: of two signs the last one is decimal."""
    if "," in raw and "." in raw:
        group = "," if raw.rfind(".") > raw.rfind(",") else "."
        return raw.replace(group, "").replace(",", ".")
    if re.fullmatch(r"-?\d{1,3}(?:,\d{3})+", raw) or raw.count(".") > 1:
        return raw.replace(",", "").replace(".", "")
    return raw.replace(",", ".")


def _worked_out(expression: str) -> float | None:
    """Return the value of a sum, difference, product or quotient: a shunting-yard of our own, without the decoder's."""
    plain = re.sub(r"[$€£\s]", "", expression)
    if re.search(r"\d,\d{1,2}(?!\d)|\d,\d{4}", plain):  # where a comma stands before decimals, it does so in 1,250 too
        plain = re.sub(r"(?<![\d.,])(\d+),(\d{3})(?![\d.,])", r"\1.\2", plain)
    plain = re.sub(r"\d[\d.,]*", lambda number: _plain_number(number.group().rstrip(".,")), plain)
    hundredths = re.search(r"[*/]", plain) is not None
    plain = re.sub(r"(\d[\d.]*)%", lambda number: f"({number[1]}/100)" if hundredths else number[1], plain)
    plain = re.sub(r"(?<![\d)])-", "0-", plain)
    tokens = re.findall(r"\d+(?:\.\d+)?|[-+*/()]", plain)
    rank = {"+": 1, "-": 1, "*": 2, "/": 2}
    values: list[float] = []
    waiting: list[str] = []

    def apply() -> None:
        right, left, sign = values.pop(), values.pop(), waiting.pop()
        values.append(
            {"+": left + right, "-": left - right, "*": left * right, "/": left / right if right else 0}[sign]
        )

    try:
        for token in tokens:
            if token == "(":
                waiting.append(token)
            elif token == ")":
                while waiting[-1] != "(":
                    apply()
                waiting.pop()
            elif token in rank:
                while waiting and waiting[-1] != "(" and rank[waiting[-1]] >= rank[token]:
                    apply()
                waiting.append(token)
            else:
                values.append(float(token))
        while waiting:
            apply()
    except (IndexError, KeyError):
        return None
    return values[0] if len(values) == 1 else None


CHECKER = KindChecker(columns, faults_of_result)
