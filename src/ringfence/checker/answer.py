"""Check results of answer tasks: every place that a claim rests on is read again, and every number is looked up."""

from __future__ import annotations

import json
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

READ_FILES = 32  # whose texts are kept: the answers of a run cite the same files again and again
_Texts = dict[tuple[str, str], str | None]
"""The texts of the cited documents by path and id; None if the document cannot be read again, or has changed."""


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
    texts: _Texts = {}
    for number, claim in enumerate(shown, 1):
        for fault in _faults_of_claim(claim, behind, task, document.text, texts):
            yield "answer", f"claim {number} {fault}"
    for claim in behind.claims:
        if claim.verdict != "supported":
            yield from (("answer", f"a refused claim {fault}") for fault in _faults_of_refused(claim, behind, texts))
    named = any(flag.startswith("sources-conflict") for flag in result.field("answer").flags)
    if named != any(claim.conflicts for claim in shown):
        yield "answer", "its flags do not say whether its sources conflict"
    others = [("a source that contradicts", place) for claim in behind.claims for place in claim.conflicts]
    for what, place in [*others, *((f"passage {place.passage}", place) for place in behind.nearest)]:
        if wrong := _fault_of_place(place, behind, texts):
            yield "answer", f"{what} {wrong}"


def _faults_of_claim(
    claim: Claim, behind: CorpusAnswer, task: Mapping[str, Any], question: str, texts: _Texts
) -> Iterator[str]:
    if claim.faults:
        yield "is shown as supported, but carries faults"
    if claim.support is None or claim.support < task["support"]:
        yield "is shown, but its support is under the bound of the task"
    if not claim.citations:
        yield "rests on no place"
    read = {passage.passage: passage for passage in behind.nearest}
    said = [question]
    for place in claim.citations:
        if wrong := _fault_of_place(place, behind, texts):
            yield wrong
        whole = read.get(place.passage)
        inside = whole and whole.span[0] <= place.span[0] and place.span[1] <= whole.span[1]
        if whole is None or not inside or whole.document != place.document:
            yield "rests on a place that was not read"
        else:
            said += [whole.title, whole.lead, whole.text]
    stated = claim.text
    if claim.calculation:
        stated = f"{stated.replace(claim.calculation.result, ' ')} {claim.calculation.expression}"
        if _worked_out(claim.calculation.expression) != _number(claim.calculation.result):
            yield f"says that {claim.calculation.expression} is {claim.calculation.result}"
    for raw in numbers_missing(stated, "\n".join(said)):
        yield f"states the number {raw}, which its places do not"


def _faults_of_refused(claim: Claim, behind: CorpusAnswer, texts: _Texts) -> Iterator[str]:
    if not claim.faults:
        yield "does not say what is wrong with it"
    for place in claim.citations:
        if wrong := _fault_of_place(place, behind, texts):
            yield wrong


def _fault_of_place(place: Citation, behind: CorpusAnswer, texts: _Texts) -> str | None:
    key = (place.path, place.document)
    if key not in texts:
        texts[key] = _text_of(place, behind)
    text = texts[key]
    if text is None:
        return f"rests on {place.document}, which cannot be read again as it was"
    said = text[place.span[0] : place.span[1]] if 0 <= place.span[0] < place.span[1] <= len(text) else ""
    return None if said == place.text else f"cites {place.text[:60]!r} where {place.document} says {said[:60]!r}"


def _text_of(place: Citation, behind: CorpusAnswer) -> str | None:
    path = Path(place.path)
    try:
        stamp = path.stat()
    except OSError:
        return None
    source = (place.path, place.source or place.document, json.dumps(behind.reading, sort_keys=True))
    return _texts_of(*source, stamp.st_mtime_ns, stamp.st_size).get((place.document, place.sha256))


@lru_cache(maxsize=READ_FILES)
def _texts_of(path: str, identity: str, reading: str, *stamp: int) -> dict[tuple[str, str], str]:
    """The texts of all documents in a file, by id and sha256. ``stamp`` is its time and size: a changed file is new."""
    options = ReadingOptions(**json.loads(reading))
    found = read_documents(Source(Path(path), identity), options)
    return {(one.id, one.sha256): one.text for one in found if isinstance(one, Document)}


def _number(text: str) -> float | None:
    try:
        return round(float(text), 4)
    except ValueError:
        return None


def _worked_out(expression: str) -> float | None:
    """Return the value of a sum, difference, product or quotient: a shunting-yard of our own, without the decoder's."""
    tokens = re.findall(r"\d+(?:\.\d+)?|[-+*/()]", re.sub(r"[,$€£%\s]", "", expression))
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
    return round(values[0], 4) if len(values) == 1 else None


CHECKER = KindChecker(columns, faults_of_result)
