"""The independent checker: it re-reads every document and confirms every value, without any code of the decoder."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import regex

from ..documents import Document, ReadingOptions, Source, read_documents
from ..errors import RunError
from ..locks import Lock
from .derived import fault_of_derived, names_a_currency
from .kinds import asked, faults_of_scores, faults_of_summary

__all__ = ["CheckReport", "Finding", "check_run"]


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be."""

    document: str
    field: str | None
    fault: str


@dataclass
class CheckReport:
    """What was looked at, by kind of value, and what was found."""

    documents: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    values: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)


def check_run(
    run: Path, passwords: tuple[str, ...] = (), on_document: Callable[[int], None] = lambda count: None
) -> CheckReport:
    """Check the run in ``run``. Raises RunError when it cannot be read at all."""
    facts, results = _load(run)
    report = CheckReport()
    reading = facts["reading"]
    options = ReadingOptions.of_run(reading, passwords)
    lock = Lock(**facts["lock"]["data"])
    if lock.digest != facts["lock"]["digest"]:
        report.findings.append(Finding("run.json", None, "the lock's digest is not that of its content"))
    task = facts["task"]
    if Lock(task=task).data["task"] != facts["lock"]["data"].get("task"):
        report.findings.append(Finding("run.json", None, "its task is not the task of the lock"))
    folder = Path(reading.get("folder", "."))
    by_source: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
    for identity, result in results.items():
        document = result["document"]
        by_source.setdefault((document["path"], document.get("source", identity)), {})[identity] = result
    for (path, source), expected in by_source.items():
        wanted = dict(expected)
        for outcome in read_documents(Source(folder / path, source), options):
            if isinstance(outcome, Document) and outcome.id in wanted:
                _check_result(wanted.pop(outcome.id), outcome, task, facts["lock"]["digest"], report)
                on_document(report.documents)
        for identity, result in wanted.items():
            report.documents += 1
            report.statuses[result["status"]] += 1
            if result["status"] == "done":
                report.findings.append(Finding(identity, None, "the document cannot be read again"))
    if facts["totals"] is not None and sum(facts["totals"].values()) != len(results):
        report.findings.append(
            Finding(
                "run.json",
                None,
                f"the totals say {sum(facts['totals'].values())} documents, the journal {len(results)}",
            )
        )
    return report


def _load(run: Path) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    try:
        facts = json.loads((run / "run.json").read_text(encoding="utf-8"))
        if facts.get("purged_at"):
            raise RunError(f"The content of the run in {run} was purged.", "There is nothing left to check.")
        results: dict[str, dict[str, Any]] = {}
        if (run / "results.jsonl").exists():
            with (run / "results.jsonl").open(encoding="utf-8") as stream:
                for line in stream:
                    if line.endswith("\n"):
                        result = json.loads(line)
                        if result["status"] == "superseded":
                            results.pop(result["document"]["id"], None)
                        else:
                            results[result["document"]["id"]] = result
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(
            f"{run} does not hold a run that can be read ({type(error).__name__}).", "Give the folder that --out named."
        ) from None
    return facts, results


def _check_result(
    result: dict[str, Any], document: Document, task: dict[str, Any], lock: str, report: CheckReport
) -> None:
    report.documents += 1
    report.statuses[result["status"]] += 1
    identity = result["document"]["id"]

    def found(name: str | None, fault: str) -> None:
        report.findings.append(Finding(identity, name, fault))

    try:
        if result["lock"] != lock:
            found(None, "it was answered under another lock than that of the run")
        if task["kind"] == "classify" and result["status"] in ("done", "abstained"):
            for wrong in faults_of_scores(result, task):
                found(None, wrong)
        if result["status"] != "done":
            if result["status"] not in ("failed", "abstained") or result["values"] is not None or not result["reason"]:
                found(None, f"it is {result['status']} but carries values, or no reason")
            return
        if result["document"]["sha256"] != document.sha256:
            found(None, "the document changed since the run")
            return
        specs = asked(task)
        expected = _expected(specs, result["values"])
        if expected is None or result["fields"].keys() != expected.keys():
            found(None, "its fields are not those of the task")
            return
        for name, wrong in _faults_of_rows(result, specs, document):
            found(name, wrong)
        if result["checks"].keys() != set(task.get("checks", ())):
            found(None, "its checks are not those of the task")
        if task["kind"] == "summarise":
            for wrong in faults_of_summary(result, document):
                found("summary", wrong)
    except (KeyError, TypeError, AttributeError):
        found(None, "it has not the form of a result")
        return
    windows = result["windows"]
    for name, (spec, value) in expected.items():
        try:
            entry = result["fields"][name]
            fault = _fault(value, entry, spec, document, task["locale"]) or _outside(entry, windows)
            report.values[entry["kind"]] += 1
        except (KeyError, TypeError, AttributeError, ValueError):
            fault = "it has not the form of a value"
        if fault:
            found(name, fault)


_Expected = dict[str, tuple[dict[str, Any], Any]]


def _expected(specs: dict[str, Any], values: dict[str, Any]) -> _Expected | None:
    """Every value that the task asks for by its path, with its specification; None where the values have another form."""
    if values.keys() != specs.keys():
        return None
    expected: _Expected = {}
    for name, spec in specs.items():
        if spec["kind"] not in ("record", "list"):
            expected[name] = (spec, values[name])
            continue
        records = {name: values[name]} if spec["kind"] == "record" else {
            f"{name}[{number}]": record for number, record in enumerate(values[name])
        }  # fmt: skip
        for path, record in records.items():
            if record.keys() != spec["fields"].keys():
                return None
            expected.update({f"{path}.{leaf}": (spec["fields"][leaf], record[leaf]) for leaf in record})
    return expected


def _faults_of_rows(result: dict[str, Any], specs: dict[str, Any], document: Document) -> list[tuple[str, str]]:
    """Lists whose records do not each stand on a row or block of their own, in the order of the document."""
    faults = []
    names = [name for name, spec in specs.items() if spec["kind"] == "list"]
    if set(result["rows"]) != set(names):
        return [("rows", "they are not those of the lists")]
    for name in names:
        rows = result["rows"][name]
        begins = {part.start for part in (document.blocks if specs[name]["anchor"] == "block" else document.lines)}
        begins |= {start for start, _ in result["windows"]}  # a window may begin inside a line that is very long
        if len(rows) != len(result["values"][name]) or any(one >= two for one, two in itertools.pairwise(rows)):
            faults.append((name, "a record is listed twice, out of order, or without a row"))
        elif not begins.issuperset(rows):
            faults.append((name, "a record begins where no row of the document does"))
    return faults


def _outside(entry: dict[str, Any], windows: list[list[int]]) -> str | None:
    """A value can only come from text that was read."""
    for start, end in [*entry["spans"], *entry["others"]]:
        if not any(low <= start and end <= high for low, high in windows):
            return f"its place {start} to {end} is in no window that was read"
    return None


def _fault(
    value: Any,
    entry: dict[str, Any],
    spec: dict[str, Any],
    document: Document,
    locale: dict[str, Any],
) -> str | None:
    """Why a value is not what its kind promises; None when it is."""
    kind, spans = entry["kind"], entry["spans"]
    if kind == "null":
        if value is not None or spans:
            return "a null carries a value or a span"
        return "it is required, and null without a flag" if spec["required"] and not entry["flags"] else None
    for start, end in [*spans, *entry["others"]]:
        if not 0 <= start < end <= len(document.text):
            return f"the span {start}-{end} lies outside the document"
    if spec["kind"] == "written":
        return None if kind == "written" and isinstance(value, str) and value else "it is no text that was written"
    if spec["kind"] == "choices":
        listed = isinstance(value, list) and 0 < len(set(value)) == len(value) and set(value) <= set(spec["options"])
        return None if kind == "judged" and listed else f"{value!r} are not labels of the task"
    if spec["kind"] in ("choice", "boolean"):
        options: list[Any] = spec["options"] if spec["kind"] == "choice" else [True, False]
        listed = any(type(value) is type(option) and value == option for option in options)
        return None if kind == "judged" and listed else f"{value!r} is not one of the task's options"
    if kind not in ("span", "derived"):
        return f"it claims to be {kind}, and a {spec['kind']} is read off the document"
    if len(spans) != 1:
        return f"it has {len(spans)} primary spans"
    raw = document.text[spans[0][0] : spans[0][1]]
    if raw != entry["raw"]:
        return f"the document says {raw!r} there, the result {entry['raw']!r}"
    for start, end in [*spans, *entry["others"]]:
        if _cuts(document.text, start, end):
            return f"the span {start}-{end} cuts a word or a number in two"
        if _essence(document.text[start:end], spec["kind"]) != _essence(raw, spec["kind"]):
            return f"the span {start}-{end} does not say the same"
    if [box.as_json() for box in document.boxes(*spans[0])] != entry["boxes"]:
        return "its boxes are not where the span is on the page"
    if entry["address"] != document.address(*spans[0]):
        return "its address is not that of the span"
    if entry["ocr"] != document.ocr_confidence(*spans[0]):
        return "what it says of OCR is not so"
    if value is None:
        return None if entry["flags"] else "it has a span and no value, and no flag says why"
    if kind == "span" and value != raw:
        return f"it claims to be the span, but {value!r} is not {raw!r}"
    if spec["kind"] == "code" and not regex.fullmatch(spec["pattern"], raw, timeout=5):
        return f"{raw!r} does not match the pattern of the field"
    if spec["kind"] == "money" and value["currency"] is None and names_a_currency(raw) and not entry["flags"]:
        return f"the currency in {raw!r} was dropped"
    return fault_of_derived(spec["kind"], value, raw, locale)


def _cuts(text: str, start: int, end: int) -> bool:
    """Whether a span begins or ends inside a word or inside a number."""
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
    """What occurrences of one value have in common: of amounts the digits, of all else the words."""
    return re.sub(r"[^\d.,]", "", raw) if kind == "money" else " ".join(raw.split())
